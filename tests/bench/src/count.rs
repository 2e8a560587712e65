//! Executed instructions instead of time: this program again under valgrind's callgrind, once per engine and program.
//! On a busy machine it is the only figure that does not move; it says nothing about branches and caches.
//!
//! Start-up and loading of the program are counted too: a few million instructions beside about a thousand million.

use crate::engine::Engine;
use crate::programs::Program;
use anyhow::{Context, Result, bail};
use serde::Serialize;
use std::process::Command;

/// Instructions of one program, one figure an engine.
#[derive(Serialize)]
pub struct ProgramCounts {
    /// The program.
    pub program: String,
    /// Executed instructions, in the order of the engines.
    pub instructions: Vec<u64>,
}

/// Counts everything.
///
/// # Errors
/// No valgrind, or it does not know an instruction of this build; any error of a run.
pub fn measure(engines: &[Box<dyn Engine>], programs: &[Program]) -> Result<Vec<ProgramCounts>> {
    let count_all = |program: &Program| {
        eprintln!("[callgrind] {}", program.name);
        let instructions = engines.iter().map(|engine| count(engine.name(), &program.name)).collect::<Result<_>>()?;
        Ok(ProgramCounts { program: program.name.clone(), instructions })
    };
    programs.iter().map(count_all).collect()
}

fn count(engine: &str, program: &str) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--quick", "--engines", engine, "--programs", program])
        .output()
        .context("cannot start valgrind")?;
    let log = String::from_utf8_lossy(&output.stderr);
    let collected =
        log.lines().find_map(|line| line.split("Collected :").nth(1)).and_then(|count| count.trim().parse().ok());
    match collected {
        Some(count) if output.status.success() => Ok(count),
        _ => bail!(
            "{engine} on {program} fails under valgrind; if it stopped at an unknown instruction, build without \
             target-cpu=native:\n{log}"
        ),
    }
}
