//! `cargo xtask sanitize`: tests of the portable dispatch loop under tools that watch memory. AddressSanitizer (with leak detection)
//! sees the core's own tests, the embedding API, the official suite, traps, faults of the past, bad input and guests; valgrind's
//! memcheck, far slower but aware of values that were never written, sees guests, traps and faults of the past; Miri, where it is
//! installed, the unit tests of the core's unsafe data structures.
//!
//! The loop, not the tail calls: every check is in the handlers, which are the same in both, and a sanitizer's frames would break the
//! jumps. `interp/build/` sees to that under AddressSanitizer and Miri; valgrind's build asks for it with a feature.
//!
//! Builds go to `sanitize/` in the target folder, in profile quick with debug assertions: std's own checks of unsafe calls are on, and
//! the translator's output is verified.

use std::process::Command;
use std::time::Instant;

use clap::ValueEnum;

use crate::debian;
use crate::error::Result;
use crate::process::{cargo, output, run_counting, rustc, show, target_dir};
use crate::tally::Tally;

/// A tool to run tests under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    /// AddressSanitizer and its leak detector: the core, the API, the official suite
    Asan,
    /// Valgrind's memcheck: guests, traps, faults of the past
    Valgrind,
    /// Miri, if it is installed: the core's unsafe data structures
    Miri,
}

/// What AddressSanitizer sees; arguments of cargo. The tests of the embedding API stand alone, so that it shows if none runs.
const ASAN: [&str; 4] = [
    "run --profile quick --package sheave-conformance",
    "test --no-fail-fast --profile quick --package sheave-interp --lib --tests",
    "test --no-fail-fast --profile quick --package sheave --features sheave/wat --lib --tests",
    "test --no-fail-fast --profile quick --package sheave-tests --test bad_input --test diff --test guests --test trap",
];
/// What valgrind sees; arguments of cargo. The second package is there for its feature.
const VALGRIND: [&str; 2] = [
    "test --no-fail-fast --profile quick --package sheave-tests --package sheave-interp \
     --features sheave-interp/loop-dispatch --test guests --test trap",
    "test --no-fail-fast --profile quick --package sheave-tests --package sheave-interp \
     --features sheave-interp/loop-dispatch --test diff -- faults_of_the_past",
];
/// What Miri sees: the store with its hand-made lists, memories and tables, and the reading of code as units.
const MIRI: [&str; 1] = ["miri test --package sheave-interp --lib -- store:: image::"];

/// Memcheck as cargo's runner: every finding fails the run, a block that nothing points to is one.
const MEMCHECK: &str = "valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite";

/// What became of a command.
struct Outcome {
    tool: Tool,
    command: String,
    tally: Tally,
    seconds: f64,
}

/// Runs the tests under the tools named in `only`, under all of them if it is empty.
///
/// # Errors
/// Valgrind is missing and cannot be installed, or the compiler does not say what it builds for.
pub fn run(only: &[Tool]) -> Result<Tally> {
    let mut outcomes = Vec::new();
    for tool in Tool::value_variants().iter().filter(|tool| only.is_empty() || only.contains(tool)) {
        let Some(commands) = commands(*tool)? else { continue };
        outcomes.extend(commands.into_iter().map(|command| watch(*tool, command)).collect::<Result<Vec<_>>>()?);
    }
    println!();
    for Outcome { tool, command, tally, seconds } in &outcomes {
        let verdict = if tally.failed() == 0 { "ok" } else { "FAILED" };
        println!("{:9} {verdict:7} {tally}, {seconds:.0} s: {command}", name(*tool));
    }
    let sum = outcomes.iter().fold(Tally::default(), |sum, outcome| sum + outcome.tally);
    println!("{sum}");
    Ok(sum)
}

/// The commands of a tool; none if it is not here and need not be.
fn commands(tool: Tool) -> Result<Option<Vec<Command>>> {
    let host = output(rustc().args(["--print", "host-tuple"]))?;
    Ok(Some(match tool {
        Tool::Asan => ASAN.iter().map(|args| asan(args, host.trim())).collect(),
        Tool::Valgrind => {
            debian::install(&["valgrind"])?;
            VALGRIND.iter().map(|args| valgrind(args, host.trim())).collect()
        }
        Tool::Miri if output(&mut cargo(&["miri", "--version"])).is_err() => {
            println!("\nmiri: NOT RUN: this toolchain has no `cargo miri` (rustup +nightly component add miri)");
            return Ok(None);
        }
        Tool::Miri => MIRI.iter().map(|args| build_apart(args, tool)).collect(),
    }))
}

/// Cargo with everything compiled for AddressSanitizer. A target is named because the flags must not reach build scripts. The sanitizer
/// comes with the stable compiler, its flag is an unstable one: hence `RUSTC_BOOTSTRAP`, for this command only.
fn asan(args: &str, host: &str) -> Command {
    let mut command = build_apart(args, Tool::Asan);
    // A variable, for `--target` would have to stand before the arguments of a test.
    command.env("CARGO_BUILD_TARGET", host).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command.env("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1");
    command
}

/// Cargo with valgrind as what runs its executables. Optimised more than this, safe code (wasmparser's) tests values before it looks
/// whether they were written, which changes no result and is reported all the same: 14 times at opt-level 3, never at 1.
/// What valgrind says of an unhandled system call 437 is not a finding: cap-std does without it.
fn valgrind(args: &str, host: &str) -> Command {
    let mut command = build_apart(args, Tool::Valgrind);
    command.env(format!("CARGO_TARGET_{}_RUNNER", host.to_uppercase().replace('-', "_")), MEMCHECK);
    command.env("CARGO_PROFILE_QUICK_OPT_LEVEL", "1");
    command
}

/// Cargo with a target folder of the tool's own, with debug assertions and line numbers for its reports.
fn build_apart(args: &str, tool: Tool) -> Command {
    let mut command = cargo(&args.split_whitespace().collect::<Vec<_>>());
    command.env("CARGO_TARGET_DIR", target_dir().join("sanitize").join(name(tool)));
    command.env("CARGO_PROFILE_QUICK_DEBUG", "line-tables-only").env("CARGO_PROFILE_QUICK_DEBUG_ASSERTIONS", "true");
    command
}

fn watch(tool: Tool, mut command: Command) -> Result<Outcome> {
    let line = show(&command);
    println!("\n==> {}: {line}", name(tool));
    let start = Instant::now();
    let tally = run_counting(&mut command)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("<== {}: {tally} in {seconds:.0} s", name(tool));
    Ok(Outcome { tool, command: line, tally, seconds })
}

fn name(tool: Tool) -> &'static str {
    match tool {
        Tool::Asan => "asan",
        Tool::Valgrind => "valgrind",
        Tool::Miri => "miri",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valgrind_runs_the_executables_of_the_host() {
        let line = show(&valgrind(VALGRIND[0], "x86_64-unknown-linux-gnu"));
        assert!(
            line.contains("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='valgrind --quiet --error-exitcode=99"),
            "{line}"
        );
        assert!(line.ends_with("--features sheave-interp/loop-dispatch --test guests --test trap"), "{line}");
    }

    #[test]
    fn flags_of_the_sanitizer_do_not_reach_build_scripts() {
        let line = show(&asan(ASAN[0], "x86_64-unknown-linux-gnu"));
        assert!(
            line.contains("CARGO_BUILD_TARGET=x86_64-unknown-linux-gnu") && line.contains("detect_leaks=1"),
            "{line}"
        );
    }
}
