//! The regression gate: executed instructions of some programs of the benchmark, counted by callgrind, against committed figures.
//! Unlike time they are the same in every run, on a busy machine too.
//!
//! Builds in profile quick and without options for this machine's processor, so that figures agree between machines. Loading is
//! counted by itself and taken off. The figures are in `tests/instructions.txt`.

use crate::debian;
use crate::error::{Error, Result};
use crate::process::{cargo, program, root, run, target_dir};
use crate::tally::Tally;
use std::fmt::Write as _;

/// Where the figures are, below the root.
const FIGURES: &str = "tests/instructions.txt";
/// By how much a program may get slower, and faster, without a word; a fraction.
const TOLERANCE: f64 = 0.03;

/// A line of the figures.
struct Figure {
    program: String,
    n: String,
    instructions: u64,
}

/// Counts all programs, prints them, and judges; with `bless` writes the counts as the new figures instead.
///
/// # Errors
/// The figures cannot be read or written, valgrind is missing, or a program does not run under it.
pub fn check(bless: bool) -> Result<Tally> {
    let path = root().join(FIGURES);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::new(format!("{FIGURES}: {error}")))?;
    debian::install(&["valgrind"])?;
    run(&mut cargo(&["build", "--profile", "quick", "--package", "sheave-tests", "--bin", "program"]))?;
    let (mut tally, mut written) = ((0, 0), String::new());
    for line in text.lines() {
        if line.starts_with('#') {
            let _ = writeln!(written, "{line}");
            continue;
        }
        let figure = parse(line)?;
        let file = format!("tests/bench/programs/wasm/{}.wasm", figure.program);
        let instructions =
            instructions("program", &[&file, &figure.n])?.saturating_sub(instructions("program", &[&file])?);
        let _ = writeln!(written, "{} {} {instructions}", figure.program, figure.n);
        let change = instructions as f64 / figure.instructions.max(1) as f64 - 1.0;
        let verdict = if bless { (true, "") } else { verdict(change) };
        println!("{:10} {instructions:>12} instructions, {:+.2} %{}", figure.program, 100.0 * change, verdict.1);
        if verdict.0 { tally.0 += 1 } else { tally.1 += 1 }
    }
    if bless {
        std::fs::write(&path, written).map_err(|error| Error::new(format!("{FIGURES}: {error}")))?;
        println!("{FIGURES}: written");
        return Ok(Tally::new(tally.0, tally.1));
    }
    println!("{} passed, {} failed", tally.0, tally.1);
    Ok(Tally::new(tally.0, tally.1))
}

/// Whether a change is allowed, and what is said about it.
fn verdict(change: f64) -> (bool, &'static str) {
    if change > TOLERANCE {
        (false, ": SLOWER than committed; `cargo xtask count --bless` if that is meant")
    } else if change < -TOLERANCE {
        (true, ": better than committed; `cargo xtask count --bless` keeps it")
    } else {
        (true, "")
    }
}

fn parse(line: &str) -> Result<Figure> {
    let bad = || Error::new(format!("{FIGURES}: not `program n instructions`: {line}"));
    let [program, n, instructions] = line.split(' ').collect::<Vec<_>>()[..] else { return Err(bad()) };
    let instructions = instructions.parse().map_err(|_| bad())?;
    Ok(Figure { program: program.into(), n: n.into(), instructions })
}

/// Executed instructions of a binary of `tests`, built before, with these arguments.
///
/// # Errors
/// Valgrind cannot be started, or the binary fails.
pub fn instructions(binary: &str, args: &[&str]) -> Result<u64> {
    let mut command = program("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(target_dir().join("quick").join(binary)).args(args);
    let output = command.output().map_err(|error| Error::new(format!("cannot start valgrind: {error}")))?;
    let log = String::from_utf8_lossy(&output.stderr);
    collected(&log).filter(|_| output.status.success()).ok_or_else(|| Error::new(format!("{args:?}: {log}")))
}

/// The figure in callgrind's closing lines.
fn collected(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.split("Collected :").nth(1))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_instructions_fail_and_fewer_are_told() {
        assert!(!verdict(0.031).0);
        assert!(verdict(0.029).0 && verdict(0.029).1.is_empty());
        assert!(verdict(-0.2).0 && verdict(-0.2).1.contains("bless"));
    }

    #[test]
    fn figures_and_counts_are_read() {
        assert_eq!(parse("fib 20 123").unwrap().instructions, 123);
        assert!(parse("fib 20").is_err() && parse("fib 20 x").is_err());
        assert_eq!(collected("==1== \n==1== Collected : 4711\n==1==\n"), Some(4711));
        assert_eq!(collected("nothing"), None);
    }
}
