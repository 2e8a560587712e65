//! Run time: interleaved rounds of every engine on every program, in CPU time of this process.
//!
//! In a round each engine runs the program once, in a fresh instance; the order rotates from round to round, so that a
//! slow spell of the machine hits all alike. Only the call is timed. Every checksum is compared.

use crate::engine::Engine;
use crate::programs::Program;
use crate::stats::{median, minimum};
use anyhow::{Context, Result, ensure};
use cpu_time::ProcessTime;
use serde::Serialize;

/// Times of one program, one cell an engine.
#[derive(Serialize)]
pub struct ProgramTimes {
    /// The program.
    pub program: String,
    /// In the order of the engines.
    pub cells: Vec<Cell>,
}

/// Times of one engine on one program.
#[derive(Serialize)]
pub struct Cell {
    /// CPU seconds, one value a round.
    pub seconds: Vec<f64>,
    /// Their median.
    pub median: f64,
    /// Their minimum.
    pub minimum: f64,
}

/// Runs everything.
///
/// # Errors
/// An engine refuses a program, traps, or returns a wrong checksum.
pub fn measure(engines: &[Box<dyn Engine>], programs: &[Program], rounds: usize) -> Result<Vec<ProgramTimes>> {
    programs
        .iter()
        .enumerate()
        .map(|(at, program)| {
            eprint!("[{:2}/{}] {:14}", at + 1, programs.len(), program.name);
            let times = measure_program(engines, program, rounds, at)
                .inspect_err(|_| eprintln!())
                .with_context(|| format!("program {}", program.name))?;
            for (engine, cell) in engines.iter().zip(&times.cells) {
                eprint!("  {} {:.0} ms", engine.name(), cell.median * 1e3);
            }
            eprintln!();
            Ok(times)
        })
        .collect()
}

fn measure_program(
    engines: &[Box<dyn Engine>],
    program: &Program,
    rounds: usize,
    first: usize,
) -> Result<ProgramTimes> {
    let modules = engines
        .iter()
        .map(|engine| engine.load(&program.wasm).with_context(|| format!("{} refuses the module", engine.name())))
        .collect::<Result<Vec<_>>>()?;
    let mut seconds = vec![Vec::with_capacity(rounds); engines.len()];
    for round in 0..rounds {
        for step in 0..engines.len() {
            let at = (first + round + step) % engines.len();
            let name = engines[at].name();
            let mut instance = modules[at].instantiate().with_context(|| format!("{name} does not instantiate it"))?;
            let start = ProcessTime::now();
            let checksum = instance.run(&program.arguments);
            seconds[at].push(start.elapsed().as_secs_f64());
            let checksum = checksum.with_context(|| format!("{name} traps"))?;
            ensure!(
                checksum == program.checksum,
                "{name} returns {checksum} for run({:?}), and programs.toml says {}",
                program.arguments,
                program.checksum
            );
        }
    }
    let cells = seconds
        .into_iter()
        .map(|seconds| Cell { median: median(&seconds), minimum: minimum(&seconds), seconds })
        .collect();
    Ok(ProgramTimes { program: program.name.clone(), cells })
}
