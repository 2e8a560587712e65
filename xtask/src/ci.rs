//! The test command: a table of steps, run in order, those for firmware beside the others. A failing step is named and the others still
//! run, so that one run shows everything that is wrong. Cheap checks come first, the workspace's own tests last.
//!
//! Profiles: lints, documents and the tests of step `tests` use `dev`, the only build with debug assertions and at
//! opt-level 0; what executes many instructions uses `quick`, a release build without link-time optimisation.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::process::{cargo, program, run_counting, show, target_dir};
use crate::tally::Tally;
use crate::{asm, board, count, growth, mcu, proposals, size, tidy};

/// Cargo's arguments that start the official test suite.
pub const CONFORMANCE: [&str; 6] = ["run", "--profile", "quick", "--package", "sheave-conformance", "--"];
/// Cargo's arguments that start the comparison with wasmi; a count and `--seed` follow.
pub const DIFF: [&str; 8] = ["run", "--profile", "quick", "--package", "sheave-tests", "--bin", "diff", "--"];
/// How many modules the comparison takes in the test command, and the first seed.
const SHORT_DIFF: [&str; 3] = ["500", "--seed", "0"];
/// Cargo's arguments for a dispatch loop where tail calls would hold.
pub const LOOP_DISPATCH: [&str; 2] = ["--features", "sheave/loop-dispatch"];

/// Everything but the benchmark, whose peers take long to compile.
const MOST: [&str; 3] = ["--workspace", "--exclude", "sheave-bench"];

/// One step of the test command.
struct Step {
    name: &'static str,
    what: &'static str,
    /// Whether `--fast` runs it too.
    fast: bool,
    /// Whether it takes other things than the rest and can run beside it: firmware has its own target folders, and most of the time one
    /// compiler or emulator of each step is at work, so that two steps use two cores.
    beside: bool,
    run: Run,
}

/// How a step is run.
enum Run {
    /// A cargo command, given in parts, with variables.
    Cargo(&'static [&'static [&'static str]], &'static [(&'static str, &'static str)]),
    /// A task of ours, and how one would run it alone.
    Task(fn() -> Result<Tally>, &'static str),
}

static STEPS: [Step; 20] = [
    Step {
        name: "fmt",
        what: "the sources are formatted by rustfmt",
        fast: true,
        beside: false,
        run: Run::Cargo(&[&["fmt", "--all", "--check"]], &[]),
    },
    Step {
        name: "tidy",
        what: "rules of docs/CONVENTIONS.md that a tool can check",
        fast: true,
        beside: false,
        run: Run::Task(check_conventions, "cargo xtask tidy"),
    },
    Step {
        name: "clippy",
        what: "no warning of the compiler or clippy, in tests and examples too",
        fast: true,
        beside: false,
        run: Run::Cargo(&[&["clippy", "--all-targets"], &MOST, &["--", "-D", "warnings"]], &[]),
    },
    Step {
        name: "doc",
        what: "the documentation builds without warnings; its links resolve",
        fast: false,
        beside: false,
        run: Run::Cargo(&[&["doc", "--no-deps"], &MOST], &[("RUSTDOCFLAGS", "-D warnings")]),
    },
    Step {
        name: "gen",
        what: "generated documents are what their sources say",
        fast: false,
        beside: false,
        run: Run::Task(check_generated, "cargo xtask gen --check"),
    },
    Step {
        name: "mcu",
        what: "the no_std crates build for microcontrollers, in each combination of features",
        fast: false,
        beside: true,
        run: Run::Task(build_for_microcontrollers, "cargo xtask mcu"),
    },
    Step {
        name: "boards",
        what: "the board crates build; `hello` runs in place from flash on each, in its emulator, and takes what it took",
        fast: false,
        beside: true,
        run: Run::Task(|| board::test(&[], false), "cargo xtask board test"),
    },
    Step {
        name: "board-bench",
        what: "no kernel takes more instructions on a board than committed (5 % allowed); the program builds for all boards",
        fast: false,
        beside: true,
        run: Run::Task(board::bench_gate, "cargo xtask board bench --sheave-only"),
    },
    Step {
        name: "size",
        what: "no build of the engine takes more flash on a microcontroller than committed",
        fast: false,
        beside: true,
        run: Run::Task(|| size::check(&[], false, false), "cargo xtask size"),
    },
    Step {
        name: "asm",
        what: "no hot handler calls anything or saves registers, in the machine code for x86-64 and AArch64",
        fast: false,
        beside: false,
        run: Run::Task(look_at_handlers, "cargo xtask asm --check"),
    },
    Step {
        name: "conformance",
        what: "the official test suite: with tail calls, with a loop, translated lazily, as images that a player reads, with a collection at each allocation; docs/proposals.md says what came of it",
        fast: false,
        beside: false,
        run: Run::Task(|| proposals::run(true), "cargo xtask proposals --check"),
    },
    Step {
        name: "device",
        what: "the same, of wasm 1.0 and 2.0, on a Cortex-M4F and a RISC-V in their emulators: what they judge, they judge as the host does",
        fast: false,
        beside: true,
        run: Run::Task(
            || board::test_conformance(&["mps2-an386", "riscv32-virt"]),
            "cargo xtask conformance --board mps2-an386",
        ),
    },
    Step {
        name: "diff",
        what: "generated modules give the same results, traps and memory as wasmi (a short run)",
        fast: false,
        beside: false,
        run: Run::Cargo(&[&DIFF, &SHORT_DIFF], &[]),
    },
    Step {
        name: "release",
        what: "the cross-crate tests and those of the core, optimised: native stack of the tail-call back end, guests, bad input, superinstructions",
        fast: false,
        beside: false,
        run: Run::Cargo(
            &[
                &["test", "--no-fail-fast", "--profile", "quick", "--package", "sheave-tests"],
                &["--package", "sheave-interp"],
            ],
            &[],
        ),
    },
    Step {
        name: "loop",
        what: "the cross-crate tests, dispatched by the loop that calls handlers",
        fast: false,
        beside: false,
        run: Run::Cargo(
            &[&["test", "--no-fail-fast", "--profile", "quick", "--package", "sheave-tests"], &LOOP_DISPATCH],
            &[],
        ),
    },
    Step {
        name: "count",
        what: "no program executes more instructions than committed (callgrind, 3 % allowed)",
        fast: false,
        beside: false,
        run: Run::Task(count_instructions, "cargo xtask count"),
    },
    Step {
        name: "growth",
        what: "translation of modules that grow by repetition stays linear (callgrind, a short run)",
        fast: false,
        beside: false,
        run: Run::Task(|| growth::check(0, 10), "cargo xtask growth 10"),
    },
    Step {
        name: "reduced",
        what: "builds that lack features run what they have and refuse the rest by its name",
        fast: false,
        beside: false,
        run: Run::Task(run_reduced, "cargo test --package sheave-reduced --features alone,…"),
    },
    Step {
        name: "xtask",
        what: "the tests of this tool",
        fast: false,
        beside: false,
        run: Run::Cargo(&[&["test", "--package", "xtask"]], &[]),
    },
    Step {
        name: "tests",
        what: "all tests of the workspace, with debug assertions, at opt-level 0; examples in the documentation",
        fast: true,
        beside: false,
        run: Run::Cargo(&[&["test", "--no-fail-fast"]], &[]),
    },
];

impl Step {
    /// Runs the step; what goes wrong is printed and counted.
    fn run(&self) -> Outcome {
        println!("\n==> {}: {}\n    {}", self.name, self.what, self.run.command_line());
        let start = Instant::now();
        let result = match &self.run {
            Run::Cargo(parts, variables) => run_counting(&mut command(parts, variables)),
            Run::Task(task, _) => task(),
        };
        let tally = result.unwrap_or_else(|error| {
            println!("error: {error}");
            Tally::new(0, 1)
        });
        let outcome = Outcome { name: self.name, tally, time: start.elapsed() };
        println!("<== {}: {} in {:.1} s", outcome.name, outcome.verdict(), outcome.time.as_secs_f64());
        outcome
    }
}

impl Run {
    /// What one would type to do the same.
    fn command_line(&self) -> String {
        match self {
            Self::Cargo(parts, variables) => show(&command(parts, variables)),
            Self::Task(_, line) => (*line).to_string(),
        }
    }
}

fn command(parts: &[&[&str]], variables: &[(&str, &str)]) -> Command {
    let mut command = cargo(&parts.concat());
    command.envs(variables.iter().copied());
    command
}

/// What became of a step.
struct Outcome {
    name: &'static str,
    tally: Tally,
    time: Duration,
}

impl Outcome {
    fn verdict(&self) -> &'static str {
        if self.tally.failed() == 0 { "ok" } else { "FAILED" }
    }
}

/// Prints the steps.
pub fn list() {
    for step in &STEPS {
        let fast = if step.fast { " (also with --fast)" } else { "" };
        println!("{:12} {}{fast}\n{:12} $ {}", step.name, step.what, "", step.run.command_line());
    }
}

/// Runs the steps named in `only` (all if it is empty), or those of the fast run; gives whether all went well.
///
/// # Errors
/// A name is not a step.
pub fn run(only: &[String], fast: bool) -> Result<bool> {
    let start = Instant::now();
    let (beside, here): (Vec<_>, Vec<_>) = chosen(only, fast)?.into_iter().partition(|step| step.beside);
    if beside.is_empty() || here.is_empty() {
        let outcomes: Vec<Outcome> = beside.into_iter().chain(here).map(Step::run).collect();
        return Ok(summarize(&outcomes, start.elapsed()));
    }
    let other = Beside::start(beside)?;
    let mut outcomes: Vec<Outcome> = here.into_iter().map(Step::run).collect();
    outcomes.extend(other.finish());
    Ok(summarize(&outcomes, start.elapsed()))
}

/// Steps in a second process, whose output is shown once it has ended.
struct Beside {
    steps: Vec<&'static Step>,
    child: Child,
    output: PathBuf,
}

impl Beside {
    fn start(steps: Vec<&'static Step>) -> Result<Beside> {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        let names = names.join(",");
        let output = target_dir().join("test-beside.txt");
        let cannot = |error: std::io::Error| Error::new(format!("{}: {error}", output.display()));
        std::fs::create_dir_all(target_dir()).map_err(cannot)?;
        let file = File::create(&output).map_err(cannot)?;
        let errors = file.try_clone().map_err(cannot)?;
        let mut command = program(std::env::current_exe().map_err(cannot)?);
        command.args(["test", "--only", &names]).stdout(file).stderr(errors);
        let child = command.spawn().map_err(cannot)?;
        println!("beside the others, shown when they have ended: {names}");
        Ok(Beside { steps, child, output })
    }

    /// Waits, shows what was printed, and gives what became of the steps: the process ends with a table of them.
    fn finish(mut self) -> Vec<Outcome> {
        let ended = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let bytes = std::fs::read(&self.output).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        let outcome = |step: &&'static Step| {
            text.lines().rev().find_map(|line| read_outcome(step.name, line)).unwrap_or_else(|| {
                println!("error: {} did not come to its end: {ended}", step.name);
                Outcome { name: step.name, tally: Tally::new(0, 1), time: Duration::ZERO }
            })
        };
        self.steps.iter().map(outcome).collect()
    }
}

/// What a line of [`summarize`] says of a step, if it is that step's.
fn read_outcome(name: &'static str, line: &str) -> Option<Outcome> {
    let [found, _, passed, failed, seconds, "s"] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
    let time = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    (found == name).then_some(Outcome { name, tally: Tally::new(passed.parse().ok()?, failed.parse().ok()?), time })
}

fn chosen(only: &[String], fast: bool) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = only.iter().find(|name| !STEPS.iter().any(|step| step.name == name.as_str())) {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(Error::new(format!("unknown step {unknown}")).hint(format!("one of {}", names.join(", "))));
    }
    let wanted = |step: &Step| (only.is_empty() || only.iter().any(|name| name == step.name)) && (!fast || step.fast);
    Ok(STEPS.iter().filter(|step| wanted(step)).collect())
}

/// Features of the reduced builds: none, those of Wasm 2.0 without vectors, and three mixtures that have each of the others once.
const REDUCED: [&str; 5] = [
    "",
    "level-full,i64,metering,reference-types,bulk-memory,far-memory,floats,tail-call,wide-arithmetic,extended-const",
    "metering,function-references,relaxed-simd",
    "gc,threads,simd",
    "exceptions,memory64,level-full",
];

fn run_reduced() -> Result<Tally> {
    REDUCED.iter().try_fold(Tally::default(), |tally, features| {
        let features = format!("alone,{features}");
        Ok(tally + run_counting(&mut cargo(&["test", "--package", "sheave-reduced", "--features", &features]))?)
    })
}

fn check_conventions() -> Result<Tally> {
    tidy::run().map(|is_good| Tally::default().judged_by(is_good))
}

fn check_generated() -> Result<Tally> {
    crate::generate::run(true).map(|()| Tally::default().judged_by(true))
}

fn look_at_handlers() -> Result<Tally> {
    asm::run(true)
}

fn count_instructions() -> Result<Tally> {
    count::check(false)
}

fn build_for_microcontrollers() -> Result<Tally> {
    mcu::run(&[])
}

/// Prints the table of steps, how to repeat the failed ones, and the last line; gives whether nothing failed.
fn summarize(outcomes: &[Outcome], elapsed: Duration) -> bool {
    println!("\n{:12} {:8} {:>8} {:>8} {:>8}", "step", "", "passed", "failed", "time");
    for outcome in outcomes {
        let (passed, failed) = (outcome.tally.passed(), outcome.tally.failed());
        let seconds = outcome.time.as_secs_f64();
        println!("{:12} {:8} {passed:>8} {failed:>8} {seconds:>6.1} s", outcome.name, outcome.verdict());
    }
    let seconds = elapsed.as_secs_f64();
    println!("{:12} {:8} {:>8} {:>8} {seconds:>6.1} s", "all", "", "", "");
    for outcome in outcomes.iter().filter(|outcome| outcome.tally.failed() > 0) {
        println!("FAILED: {}; to repeat it: cargo xtask test --only {}", outcome.name, outcome.name);
    }
    let sum = outcomes.iter().fold(Tally::default(), |sum, outcome| sum + outcome.tally);
    println!("{sum}");
    sum.failed() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_steps_are_distinct() {
        let mut names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }

    #[test]
    fn steps_are_chosen_by_name_and_by_speed() {
        let names = |only: &[&str], fast| -> Vec<&str> {
            let only: Vec<String> = only.iter().map(ToString::to_string).collect();
            chosen(&only, fast).unwrap().iter().map(|step| step.name).collect()
        };
        assert_eq!(names(&[], false).len(), STEPS.len());
        assert_eq!(names(&["diff", "fmt"], false), ["fmt", "diff"]);
        assert_eq!(names(&[], true), ["fmt", "tidy", "clippy", "tests"]);
    }

    #[test]
    fn an_unknown_step_is_named_with_those_there_are() {
        let error = chosen(&["clipy".into()], false).err().unwrap().to_string();
        assert!(error.contains("unknown step clipy") && error.contains("clippy"), "{error}");
    }

    #[test]
    fn one_failed_step_fails_the_run() {
        let outcome = |failed| Outcome { name: "x", tally: Tally::new(3, failed), time: Duration::ZERO };
        assert!(summarize(&[outcome(0), outcome(0)], Duration::ZERO));
        assert!(!summarize(&[outcome(0), outcome(1)], Duration::ZERO));
    }

    #[test]
    fn outcomes_of_another_process_are_read_from_its_table() {
        let outcome = read_outcome("size", "size         FAILED          9        1   41.5 s").unwrap();
        assert_eq!((outcome.tally.to_string().as_str(), outcome.time.as_millis()), ("9 passed, 1 failed", 41_500));
        for line in ["mcu          ok             33        0  273.0 s", "size", "<== size: ok in 41.5 s", ""] {
            assert!(read_outcome("size", line).is_none(), "{line}");
        }
    }
}
