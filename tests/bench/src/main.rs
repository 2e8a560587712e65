//! `sheave-bench`: how fast Sheave runs and loads the programs of `programs.toml`, beside its peers.
//!
//! `engine.rs` says what an engine must do and `adapters/` does it for each; `programs.rs` reads the programs; `run.rs`
//! and `load.rs` measure; `report.rs` prints, `objects.rs` the part about programs with objects. Invariant: no time is reported for a run whose checksum was wrong.
//! Read `main`, then `run.rs`.

#![forbid(unsafe_code)]

mod adapters;
mod chart;
mod circumstances;
mod count;
mod engine;
mod large;
mod load;
mod objects;
mod programs;
mod report;
mod run;
mod stats;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measure Sheave beside its peers: run time, load time, memory
///
/// Build it with `--release`: a debug build measures nothing. Engines come in through Cargo features: wasmi and tinywasm by
/// default, `sheave`, and `wasmtime` (Pulley and Cranelift; minutes of building).
#[derive(Parser)]
#[command(
    name = "sheave-bench",
    after_help = "Examples:
  Tune one thing:     sheave-bench --engines sheave,wasmi --programs crc32,fib --rounds 9 --no-load
  Without noise:      sheave-bench --callgrind --engines sheave,wasmi --programs crc32
  A quick look:       sheave-bench --quick
  The published page: sheave-bench --rounds 9 --markdown docs/benchmarks.md

Times are CPU times of this process. On a shared machine trust the geomean of minima, and more rounds."
)]
struct Options {
    /// Programs to run, separated by commas [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    programs: Option<Vec<String>>,
    /// Engines to measure, separated by commas [default: all of this build]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    engines: Option<Vec<String>>,
    /// How often each engine runs each program
    ///
    /// [default: 5, or 1 with --quick]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// One round, no load measurement
    #[arg(long)]
    quick: bool,
    /// Count instructions under valgrind instead of measuring time (a build without target-cpu=native; slow: name programs)
    #[arg(long, conflicts_with_all = ["rounds", "quick", "load_only", "no_load"])]
    callgrind: bool,
    /// Leave out the load measurement
    #[arg(long)]
    no_load: bool,
    /// Only the load measurement
    #[arg(long, conflicts_with_all = ["no_load", "quick"])]
    load_only: bool,
    /// Also write all figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the tables as a Markdown page, and a chart beside it (.svg)
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// List engines and programs, and stop
    #[arg(long)]
    list: bool,
    /// Write the generated module that loading is measured with, and stop
    #[arg(long, value_name = "FILE")]
    write_large: Option<PathBuf>,
    /// Print how far memory rises while this engine loads the large module (what the load measurement starts)
    #[arg(long, hide = true, value_name = "ENGINE")]
    peak_of: Option<String>,
}

fn main() -> ExitCode {
    match work(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(options: &Options) -> Result<()> {
    if let Some(engine) = &options.peak_of {
        println!("{}", load::peak_of(engine)?);
        return Ok(());
    }
    if let Some(path) = &options.write_large {
        return std::fs::write(path, large::module()?).with_context(|| format!("cannot write {}", path.display()));
    }
    let [engines, object_engines] = engine::select(options.engines.as_deref())?;
    let programs = programs::read(options.programs.as_deref())?;
    if options.list {
        let is_known = |name: &str| engines.iter().any(|engine| engine.name() == name);
        let engines = engines.iter().chain(object_engines.iter().filter(|engine| !is_known(engine.name())));
        engines.for_each(|engine| println!("engine   {:14} {}", engine.name(), engine.about()));
        let all = programs.all.iter().chain(&programs.vectors).chain(&programs.objects);
        all.for_each(|program| println!("program  {:14} {}", program.name, program.what));
        return Ok(());
    }
    ensure!(
        !engines.is_empty() || !object_engines.is_empty(),
        "this build has no engine: it was made without default features"
    );
    if cfg!(debug_assertions) {
        eprintln!("warning: this is a debug build; its times mean nothing");
    }
    let rounds = options.rounds.unwrap_or(if options.quick || options.callgrind { 1 } else { 5 });
    ensure!(rounds > 0, "--rounds must be at least 1");
    let timed = !options.load_only && !options.callgrind;
    let measure = |engines: &[Box<dyn engine::Engine>], programs: &[programs::Program]| {
        let counts = if options.callgrind { count::measure(engines, programs)? } else { Vec::new() };
        let runs = if timed { run::measure(engines, programs, rounds)? } else { Vec::new() };
        anyhow::Ok((counts, runs))
    };
    let (counts, runs) = measure(&engines, &programs.all)?;
    let (vector_counts, vectors) = measure(&engines, &programs.vectors)?;
    let (object_counts, object_runs) = measure(&object_engines, &programs.objects)?;
    let loads = if options.no_load || options.quick || options.callgrind {
        Vec::new()
    } else {
        load::measure(&engines, rounds)?
    };
    let report = report::Report {
        circumstances: circumstances::collect(rounds),
        base: report::base(&engines),
        engines: engines.iter().map(|engine| (engine.name(), engine.about())).collect(),
        programs: programs.all.into_iter().map(|program| (program.name, program.what)).collect(),
        runs,
        counts,
        vector_programs: programs.vectors.into_iter().map(|program| (program.name, program.what)).collect(),
        vectors,
        vector_counts,
        loads,
        objects: objects::Objects::new(&object_engines, programs.objects, object_runs, object_counts),
    };
    print!("{}", report.text());
    if let Some(path) = &options.markdown {
        let (chart, chart_path) = (chart::svg(&report), path.with_extension("svg"));
        let name = chart_path.file_name().map(|name| name.to_string_lossy());
        let write = |path: &Path, text: &str| {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
        };
        write(path, &report.markdown(chart.as_ref().and(name.as_deref())))?;
        if let Some(chart) = chart {
            write(&chart_path, &chart)?;
        }
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
