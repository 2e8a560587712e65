//! Boards: their list, and programs run on them in emulators. `manifest` reads board.toml, `firmware` makes what runs, `emulator`
//! runs it; this file is the tasks.
//!
//! The test of a board is its program `hello`: its output and exit code are compared, and flash and RAM with the figures in
//! board.toml, from which targets/README.md has its table. Boards that say so run guests in Rust and C, too: `small`.

mod bench;
mod emulator;
mod firmware;
mod log;
mod manifest;
mod memory;
mod small;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::process::{self, cargo, root, show};
use crate::tally::Tally;
pub use bench::{Wanted, gate as bench_gate, run as bench};
pub use firmware::kernels;
use firmware::{Firmware, HELLO};
use manifest::{Manifest, Usage};

/// What the guest of the test ends with: an emulator that ends by itself does not end with this.
const EXIT_CODE: i32 = 42;
/// How long a board's test may take: the slowest takes a second on a shared two-core machine.
const TEST_LIMIT: Duration = Duration::from_secs(60);
/// What `hello` prints, whatever the board.
const GREETING: &str = "hello from WebAssembly: fib(20) = 6765\n";
/// By how much flash and RAM may be more than board.toml says, a fraction: compilers of two versions differ by 2 % (measured).
const TOLERANCE: f64 = 0.05;
/// Between these lines targets/README.md holds the table.
const MARKS: [&str; 2] =
    ["<!-- written by `cargo xtask gen` from board.toml -->\n", "<!-- end of what is written -->\n"];

/// Prints the boards.
///
/// # Errors
/// A board.toml cannot be read.
pub fn list() -> Result<()> {
    let boards = manifest::all()?;
    println!("{:14} {:42} {:28} {:>9} {:>9}  tier", "board", "chip", "target", "flash", "RAM");
    for board in &boards {
        let (flash, ram) = (show_flash(board), show_bytes(board.ram_bytes));
        println!("{:14} {:42} {:28} {flash:>9} {ram:>9}  {}", board.name, board.chip, board.triple, board.tier);
    }
    Ok(())
}

/// How a program is to be run.
pub struct How {
    /// `translate` instead of `hello`.
    pub translate: bool,
    /// On hardware: it may write to the board's flash.
    pub probe: bool,
    pub limit: Duration,
}

/// Runs `guest` (else the greeting) on a board and gives its exit code.
///
/// # Errors
/// There is no such board; the emulator or a compiler is missing; the program does not build, or does not end in time.
pub fn run(name: &str, guest: Option<&Path>, how: &How) -> Result<ExitCode> {
    let board = find(name, how.probe)?;
    emulator::prepare(&board)?;
    let here = std::env::current_dir().unwrap_or_default();
    let guest = guest.map_or_else(|| root().join(HELLO), |guest| here.join(guest));
    let firmware =
        if how.translate { firmware::translator(&board, &guest)? } else { firmware::build(&board, &guest, None)? };
    println!("+ {}", show(&emulator::command(&board, &firmware.elf)));
    let outcome = emulator::run(&board, &firmware.elf, how.limit)?;
    Ok(ExitCode::from(outcome.code as u8))
}

/// The board of a name, which is hardware if and only if a probe is to be used.
fn find(name: &str, probe: bool) -> Result<Manifest> {
    let board = manifest::find(name)?;
    match (board.is_hardware(), probe) {
        (true, false) => Err(Error::new(format!("{name} is hardware: no emulator runs it"))
            .hint("--probe writes the program to the flash of a board that is plugged in, and runs it there")),
        (false, true) => Err(Error::new(format!("{name} runs in {}, not by way of a probe", board.runner.shown()))
            .hint("leave --probe out")),
        _ => Ok(board),
    }
}

/// Runs the official test suite on a board, by way of its program `conformance`; gives whether all went well.
///
/// # Errors
/// There is no such board, or it has no such program; the emulator or a compiler is missing; something does not build.
pub fn conformance(name: &str, probe: bool, args: &[OsString]) -> Result<bool> {
    let mut command = player(&find(name, probe)?, args)?;
    println!("+ {}", show(&command));
    run_to_end(&mut command)
}

/// Runs the official test suite on some boards: nothing may fail, and as many assertions must pass as their board.toml says.
///
/// # Errors
/// As [`conformance`].
pub fn test_conformance(names: &[&str]) -> Result<Tally> {
    let mut tally = Tally::default();
    for name in names {
        let board = find(name, false)?;
        let found = process::run_counting(&mut player(&board, &[])?)?;
        let known = board.conformance.ok_or_else(|| Error::new(format!("{name}: board.toml has no [conformance]")))?;
        let is_same = found.passed() == known.passed;
        if !is_same {
            println!("FAILED {name}: {} assertions passed, board.toml has {}", found.passed(), known.passed);
        }
        tally = tally + Tally::new(found.passed(), found.failed() + u64::from(!is_same));
    }
    println!("{tally}");
    Ok(tally)
}

/// The command that plays the suite on a board, with the player built.
fn player(board: &Manifest, args: &[OsString]) -> Result<Command> {
    emulator::prepare(board)?;
    let elf = firmware::player(board)?;
    let emulator = emulator::command(board, &elf);
    let mut command = cargo(&crate::ci::CONFORMANCE);
    if !args.iter().any(|arg| arg == "--slice") {
        command.args(["--slice", "wasm-1.0", "--slice", "wasm-2.0"]);
    }
    command.args(args).arg("--").arg(emulator.get_program()).args(emulator.get_args());
    Ok(command)
}

/// Runs a command of ours that reports failures itself, with an exit code of 1.
fn run_to_end(command: &mut Command) -> Result<bool> {
    let status = command.status().map_err(|error| Error::new(format!("`{}`: {error}", show(command))))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(Error::new(format!("`{}` failed: {status}", show(command)))),
    }
}

/// Tests the boards of these names, or all; with `bless` also writes what they take to their board.toml.
///
/// # Errors
/// A board.toml cannot be read or written; there is no board of a name.
pub fn test(names: &[String], bless: bool) -> Result<Tally> {
    // A workspace of its own: the step `fmt` does not see it.
    let mut formatted = cargo(&["fmt", "--all", "--check", "--manifest-path"]);
    let mut tally = process::run_counting(formatted.arg(manifest::targets().join("Cargo.toml")))?;
    let guest = firmware::test_guest(EXIT_CODE)?;
    let boards = match names {
        [] => manifest::all()?,
        names => names.iter().map(|name| manifest::find(name)).collect::<Result<_>>()?,
    };
    for board in &boards {
        let mut problems = Vec::new();
        if let Err(error) = test_one(board, &guest, bless, &mut problems) {
            problems.push(error.to_string());
        }
        for name in &board.guests {
            if let Err(error) = test_small(board, name, &mut problems) {
                problems.push(format!("{name}: {error}"));
            }
        }
        // Last, since `least` has the engine compiled anew.
        if let Err(error) = memory::test(board, &mut problems) {
            problems.push(error.to_string());
        }
        problems.iter().for_each(|problem| println!("  FAILED {}: {problem}", board.name));
        tally = tally + Tally::new(problems.is_empty().into(), (!problems.is_empty()).into());
    }
    println!("{tally}");
    Ok(tally)
}

/// Runs `hello` on a board and notes what is wrong.
fn test_one(board: &Manifest, guest: &Path, bless: bool, problems: &mut Vec<String>) -> Result<()> {
    println!("{} ({}, {})", board.name, board.chip, board.triple);
    if !board.is_hardware() {
        emulator::prepare(board)?;
    }
    let hello = check(board, "hello", &firmware::build(board, guest, None)?, problems)?;
    let is_tested = board.translate.is_some() || bless && board.has("translate");
    let translate =
        if is_tested { Some(check(board, "translate", &firmware::translator(board, guest)?, problems)?) } else { None };
    if bless {
        return write_usage(board, hello, translate);
    }
    compare("hello", hello, board.hello, problems);
    if let (Some(found), Some(known)) = (translate, board.translate) {
        compare("translate", found, known, problems);
    }
    Ok(())
}

/// Runs a guest of `examples/guests/small` on a board and notes what is wrong. What it takes is printed, and must only fit.
fn test_small(board: &Manifest, name: &str, problems: &mut Vec<String>) -> Result<()> {
    let guest = small::find(name)?;
    println!("{}: {name}, {} bytes of wasm", board.name, guest.wasm_bytes);
    let firmware = firmware::build(board, &guest.wasm, guest.rodata)?;
    let outcome = emulator::run(board, &firmware.elf, TEST_LIMIT)?;
    if outcome.code != guest.exit_code {
        problems.push(format!("{name}: exit code {}, not {}", outcome.code, guest.exit_code));
    }
    if !outcome.text.contains(&guest.text) {
        problems.push(format!("{name}: did not print what is in examples/guests/small/expect/{name}.txt"));
    }
    Ok(())
}

/// Runs a program with the test's guest, unless the board is hardware, notes what is wrong, and gives what it takes.
fn check(board: &Manifest, program: &str, firmware: &Firmware, problems: &mut Vec<String>) -> Result<Usage> {
    let mut usage = Usage { flash_bytes: firmware.flash_bytes, ram_bytes: 0 };
    if board.is_hardware() {
        println!("  {program}: {} bytes of flash; built, not run", show_count(usage.flash_bytes));
        return Ok(usage);
    }
    let outcome = emulator::run(board, &firmware.elf, TEST_LIMIT)?;
    if outcome.code != EXIT_CODE {
        problems.push(format!("{program}: exit code {}, not {EXIT_CODE}", outcome.code));
    }
    if !outcome.text.contains(GREETING) {
        problems.push(format!("{program} did not print `{}`", GREETING.trim_end()));
    }
    let logged = format!("INFO  {program}: exit code {EXIT_CODE}");
    if !outcome.log.contains(&logged) {
        problems.push(format!("{program} did not log `{logged}`"));
    }
    match ram_bytes(firmware, &outcome.text) {
        Some(ram_bytes) => usage.ram_bytes = ram_bytes,
        None => problems.push(format!("{program} did not print what memory it took")),
    }
    println!("  {program}: {} bytes of flash, {} of RAM", show_count(usage.flash_bytes), show_count(usage.ram_bytes));
    Ok(usage)
}

/// Notes what a program takes more than it took.
fn compare(program: &str, found: Usage, known: Usage, problems: &mut Vec<String>) {
    for (what, found, known) in
        [("flash", found.flash_bytes, known.flash_bytes), ("RAM", found.ram_bytes, known.ram_bytes)]
    {
        if found as f64 > known as f64 * (1.0 + TOLERANCE) {
            problems.push(format!(
                "{program}: {found} bytes of {what}, board.toml has {known}: `cargo xtask board test --bless`"
            ));
        }
    }
}

/// What RAM a program took, by its ELF file and the line it prints: `memory: 1 bytes of the arena's 2, 3 of native stack`.
fn ram_bytes(firmware: &Firmware, text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("memory: "))?;
    let numbers: Vec<u64> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    let [used, arena, stack] = *numbers else { return None };
    Some(firmware.variables_bytes.checked_sub(arena)? + used + stack)
}

/// Writes what programs take, the last tables of a board.toml.
fn write_usage(board: &Manifest, hello: Usage, translate: Option<Usage>) -> Result<()> {
    let path = board.folder().join("board.toml");
    let cannot = |error: std::io::Error| Error::new(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(cannot)?;
    let mut text = text.split_once("[hello]\n").map_or(&*text, |(rest, _)| rest).to_string();
    let table = |name: &str, Usage { flash_bytes, ram_bytes }: Usage| {
        format!("[{name}]\nflash_bytes = {flash_bytes}\nram_bytes = {ram_bytes}\n")
    };
    text.push_str(&table("hello", hello));
    if let Some(translate) = translate {
        let _ = write!(text, "\n# The same of `translate`.\n{}", table("translate", translate));
    }
    std::fs::write(&path, text).map_err(cannot)
}

/// targets/README.md as it should be: the table in it written anew.
///
/// # Errors
/// It or a board.toml cannot be read, or it has no place for the table.
pub fn readme() -> Result<String> {
    let path = root().join("targets/README.md");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::new(format!("targets/README.md: {error}")))?;
    let parts = text.split_once(MARKS[0]).and_then(|(head, rest)| Some((head, rest.split_once(MARKS[1])?.1)));
    let (head, tail) = parts.ok_or_else(|| Error::new("targets/README.md has no place for the table of boards"))?;
    Ok(format!("{head}{}{}{}{tail}", MARKS[0], matrix(&manifest::all()?), MARKS[1]))
}

/// The table of boards in Markdown.
fn matrix(boards: &[Manifest]) -> String {
    let mut text = "| board | chip | target | flash / RAM | `hello` takes flash / RAM | `translate` takes | test suite: passed / skipped | runs in | tier | notes |\n\
        |---|---|---|---:|---:|---:|---:|---|---|---|\n"
        .to_string();
    for board in boards {
        let Manifest { name, chip, triple, tier, notes, runner, .. } = board;
        let has = format!("{} / {}", show_flash(board), show_bytes(board.ram_bytes));
        let show = |usage: Usage| format!("{} / {}", show_count(usage.flash_bytes), show_ram(usage));
        let (takes, translate) = (show(board.hello), board.translate.map_or_else(String::new, show));
        let suite = board
            .conformance
            .map_or_else(String::new, |suite| format!("{} / {}", show_count(suite.passed), show_count(suite.skipped)));
        let _ = writeln!(
            text,
            "| [{name}]({name}/README.md) | {chip} | {triple} | {has} | {takes} | {translate} | {suite} | {} | {tier} | {notes} |",
            runner.shown()
        );
    }
    text
}

/// RAM that was measured, where it was.
fn show_ram(usage: Usage) -> String {
    if usage.ram_bytes == 0 { "not measured".into() } else { show_count(usage.ram_bytes) }
}

fn show_flash(board: &Manifest) -> String {
    if board.flash_bytes == 0 { "in RAM".into() } else { show_bytes(board.flash_bytes) }
}

/// Bytes in the largest unit that divides them.
fn show_bytes(bytes: u64) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

/// A number with commas.
fn show_count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_what_hello_prints() {
        let firmware = Firmware { elf: "x".into(), flash_bytes: 30_000, variables_bytes: 8292 };
        let text = "hello\nmemory: 1000 bytes of the arena's 8192, 600 of native stack\n";
        assert_eq!(ram_bytes(&firmware, text), Some(1700));
        assert_eq!(ram_bytes(&firmware, "hello\n"), None);
    }

    #[test]
    fn numbers_are_shown_for_readers() {
        assert_eq!([1 << 20, 65_536, 1000].map(show_bytes), ["1 MiB", "64 KiB", "1000 B"]);
        assert_eq!([7, 999, 1000, 1_234_567].map(show_count), ["7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_readme_has_a_place_for_the_table() {
        assert!(readme().unwrap().contains("| board | chip |"));
    }
}
