//! `cargo xtask growth`: whether translation stays linear. Modules that grow by repetition are translated at two sizes under
//! callgrind; four times the repetitions may take little more than four times the instructions.
//!
//! Instructions, not time: the same in every run. Validation is part of what is counted.

use crate::count::instructions;
use crate::debian;
use crate::error::Result;
use crate::process::{cargo, run};
use crate::tally::Tally;

/// Repetitions of the smaller module: enough that what each translation takes anyway does not show.
const REPETITIONS: u64 = 500;
/// How many times as many the larger has.
const FACTOR: u64 = 4;
/// How many times as many instructions it may take. Growing buffers and numbers that need more bytes take some of it.
const ALLOWED: f64 = 4.8;

/// Counts `seeds` modules from `first` on.
///
/// # Errors
/// Valgrind is missing and cannot be installed, or a module is refused.
pub fn check(first: u64, seeds: u64) -> Result<Tally> {
    debian::install(&["valgrind"])?;
    run(&mut cargo(&["build", "--profile", "quick", "--package", "sheave-tests", "--bin", "growth"]))?;
    let (mut passed, mut failed, mut worst) = (0, 0, (0.0, first));
    for seed in first..first + seeds {
        let taken = |repetitions: u64| -> Result<u64> {
            let (seed, repetitions) = (seed.to_string(), repetitions.to_string());
            let all = instructions("growth", &[&seed, &repetitions])?;
            Ok(all.saturating_sub(instructions("growth", &[&seed, &repetitions, "--only-make"])?))
        };
        let (small, large) = (taken(REPETITIONS)?, taken(FACTOR * REPETITIONS)?);
        let growth = large as f64 / small.max(1) as f64;
        if growth > worst.0 {
            worst = (growth, seed);
        }
        if growth <= ALLOWED {
            passed += 1;
        } else {
            failed += 1;
            println!("seed {seed}: {small} instructions become {large}, {growth:.2} times as many");
        }
    }
    println!("{FACTOR} times the module takes at most {:.2} times the instructions (seed {})", worst.0, worst.1);
    println!("{passed} passed, {failed} failed");
    Ok(Tally::new(passed, failed))
}
