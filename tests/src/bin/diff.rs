//! `diff`: the differential run as a command. `cargo xtask diff N` builds and starts it.
//!
//! Exit code 0 if all modules agree, 1 if one differs, 2 if an option is wrong. A crash of the whole process names no seed by itself: repeat
//! with `--jobs 1 --trace`.

use clap::Parser;
use sheave_tests::differential::{Reference, Statistics, case, compare, is_wrong};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Run seeded modules on Sheave and on another engine; results, traps, memories, globals and tables must be the same.
#[derive(Parser)]
#[command(
    after_help = "Example: diff 1 --seed 4711 --dump case.wasm   writes that module, and what each engine did to case.wasm.txt"
)]
struct Options {
    /// How many modules.
    #[arg(default_value_t = 500)]
    modules: u64,
    /// Seed of the first module; the next one has the next number.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The other engine.
    #[arg(long, value_enum, default_value_t)]
    reference: Reference,
    /// How many modules at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Write the module to this file, and what each engine did to the same name with .txt behind it. With one module only.
    #[arg(long)]
    dump: Option<PathBuf>,
    /// Print each seed before its module runs.
    #[arg(long)]
    trace: bool,
}

/// Native stack of a thread: Wasmtime's guests run on it.
const STACK_BYTES: usize = 16 << 20;

/// What all threads share.
struct Progress {
    next: AtomicU64,
    failed: AtomicU64,
    statistics: Mutex<Statistics>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(file) = &options.dump {
        if options.modules != 1 {
            eprintln!("error: --dump takes one module: diff 1 --seed N --dump {}", file.display());
            return ExitCode::from(2);
        }
        if let Err(error) = dump(&options, file) {
            eprintln!("error: {}: {error}", file.display());
            return ExitCode::from(2);
        }
    }
    let progress = Progress { next: AtomicU64::new(0), failed: AtomicU64::new(0), statistics: Mutex::default() };
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            let worker = std::thread::Builder::new().stack_size(STACK_BYTES);
            worker.spawn_scoped(scope, || work(&options, &progress)).expect("a thread");
        }
    });
    let failed = progress.failed.into_inner();
    let statistics = progress.statistics.into_inner().expect("no thread panicked");
    report(&options, &statistics);
    println!("{} passed, {failed} failed", options.modules - failed);
    ExitCode::from(u8::from(failed > 0))
}

/// Takes one seed after the other until none is left.
fn work(options: &Options, progress: &Progress) {
    let shows_progress = std::io::stderr().is_terminal() && !options.trace;
    loop {
        let number = progress.next.fetch_add(1, Ordering::Relaxed);
        if number >= options.modules {
            return;
        }
        let seed = options.seed + number;
        if options.trace {
            eprintln!("seed {seed}");
        } else if shows_progress && number.is_multiple_of(20) {
            eprint!("\r{number} of {}", options.modules);
            let _ = std::io::stderr().flush();
        }
        let verdict = std::panic::catch_unwind(|| compare(&case(seed, options.reference), options.reference));
        let difference = match verdict {
            Ok(verdict) => {
                progress.statistics.lock().expect("no thread panicked").add(&verdict.statistics);
                verdict.difference
            }
            Err(_) => Some("panicked".to_owned()),
        };
        let known = is_wrong(options.reference, seed);
        let difference = match (difference, known) {
            (Some(_), Some(reason)) => {
                println!("seed {seed}: {} is known to be wrong: {reason}", options.reference.name());
                None
            }
            (None, Some(_)) => Some("no longer differs: strike it off the seeds in compare.rs".to_owned()),
            (difference, None) => difference,
        };
        if let Some(difference) = difference {
            progress.failed.fetch_add(1, Ordering::Relaxed);
            println!("seed {seed}: {difference}\n  again: {} --dump case.wasm", again(options, seed));
        }
    }
}

/// The command that runs this seed again.
fn again(options: &Options, seed: u64) -> String {
    let reference = match options.reference {
        Reference::Wasmi => "",
        #[cfg(feature = "wasmtime")]
        Reference::Wasmtime => " --reference wasmtime",
    };
    format!("cargo xtask diff 1 --seed {seed}{reference}")
}

/// Writes the module of the seed, then what the engines did.
fn dump(options: &Options, file: &PathBuf) -> std::io::Result<()> {
    let case = case(options.seed, options.reference);
    std::fs::write(file, &case.wasm)?;
    let text = file.with_added_extension("txt");
    std::fs::write(&text, compare(&case, options.reference).traces)?;
    println!("wrote {} and {}", file.display(), text.display());
    Ok(())
}

fn report(options: &Options, statistics: &Statistics) {
    let Statistics { instantiated, refused, calls, limited, damaged, outcomes } = statistics;
    if std::io::stderr().is_terminal() {
        eprint!("\r                        \r");
    }
    println!("seeds {} to {}", options.seed, (options.seed + options.modules).saturating_sub(1));
    println!("modules: {instantiated} instantiated, {refused} refused by both engines");
    println!(
        "damaged modules: {} found valid, {} found invalid by translator and validator",
        damaged.accepted, damaged.refused
    );
    println!("calls: {calls} compared, {limited} ended by an engine's own limit");
    for (name, count) in outcomes {
        println!("  {name:<22} {count}");
    }
}
