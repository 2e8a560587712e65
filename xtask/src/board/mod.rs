//! Boards: their list, and programs run on them in emulators. `manifest` reads board.toml, `firmware` makes what runs, `emulator`
//! runs it; this file is the tasks.
//!
//! The test of a board is its program `hello`: its output and exit code are compared, and flash and RAM with the figures in
//! board.toml, from which targets/README.md has its table. Boards that say so run guests in Rust and C, too: `small`.

mod bench;
mod emulator;
mod firmware;
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

/// Runs `guest` (else the greeting) on a board and gives its exit code.
///
/// # Errors
/// There is no such board; the emulator or a compiler is missing; the program does not build, or does not end within `limit`.
pub fn run(name: &str, guest: Option<&Path>, limit: Duration) -> Result<ExitCode> {
    let board = manifest::find(name)?;
    emulator::prepare(&board)?;
    let here = std::env::current_dir().unwrap_or_default();
    let guest = guest.map_or_else(|| root().join(HELLO), |guest| here.join(guest));
    let firmware = firmware::build(&board, &guest)?;
    let mut command = emulator::command(&board, &firmware.elf);
    println!("+ {}", show(&command));
    let outcome = emulator::run(&mut command, limit)?;
    Ok(ExitCode::from(outcome.code as u8))
}

/// Runs the official test suite on a board, by way of its program `conformance`; gives whether all went well.
///
/// # Errors
/// There is no such board, or it has no such program; the emulator or a compiler is missing; something does not build.
pub fn conformance(name: &str, args: &[OsString]) -> Result<bool> {
    let board = manifest::find(name)?;
    emulator::prepare(&board)?;
    let elf = firmware::player(&board)?;
    let emulator = emulator::command(&board, &elf);
    let mut command = cargo(&crate::ci::CONFORMANCE);
    if !args.iter().any(|arg| arg == "--slice") {
        command.args(["--slice", "wasm-1.0", "--slice", "wasm-2.0"]);
    }
    command.args(args).arg("--").arg(emulator.get_program()).args(emulator.get_args());
    println!("+ {}", show(&command));
    run_to_end(&mut command)
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

/// Tests all boards, or those `only` that are named; with `bless` also writes what they take to their board.toml.
///
/// # Errors
/// There is no such board; a board.toml cannot be read or written.
pub fn test(only: &[String], bless: bool) -> Result<Tally> {
    // A workspace of its own: the step `fmt` does not see it.
    let mut formatted = cargo(&["fmt", "--all", "--check", "--manifest-path"]);
    let mut tally = process::run_counting(formatted.arg(manifest::targets().join("Cargo.toml")))?;
    let guest = firmware::test_guest(EXIT_CODE)?;
    only.iter().try_for_each(|name| manifest::find(name).map(drop))?;
    for board in manifest::all()?.iter().filter(|board| only.is_empty() || only.contains(&board.name)) {
        let mut problems = Vec::new();
        if let Err(error) = test_one(board, &guest, bless, &mut problems) {
            problems.push(error.to_string());
        }
        if let Err(error) = memory::test(board, &mut problems) {
            problems.push(error.to_string());
        }
        for name in &board.guests {
            if let Err(error) = test_small(board, name, &mut problems) {
                problems.push(format!("{name}: {error}"));
            }
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
    emulator::prepare(board)?;
    let firmware = firmware::build(board, guest)?;
    let outcome = emulator::run(&mut emulator::command(board, &firmware.elf), TEST_LIMIT)?;
    if outcome.code != EXIT_CODE {
        problems.push(format!("exit code {}, not {EXIT_CODE}", outcome.code));
    }
    if !outcome.text.contains(GREETING) {
        problems.push(format!("did not print `{}`", GREETING.trim_end()));
    }
    let Some(usage) = usage(&firmware, &outcome.text) else {
        problems.push("did not print what memory it took".into());
        return Ok(());
    };
    println!("  {} bytes of flash, {} of RAM", show_count(usage.flash_bytes), show_count(usage.ram_bytes));
    if bless {
        return write_usage(board, usage);
    }
    for (what, found, known) in
        [("flash", usage.flash_bytes, board.hello.flash_bytes), ("RAM", usage.ram_bytes, board.hello.ram_bytes)]
    {
        if found as f64 > known as f64 * (1.0 + TOLERANCE) {
            problems.push(format!("{found} bytes of {what}, board.toml has {known}: `cargo xtask board test --bless`"));
        }
    }
    Ok(())
}

/// Runs a guest of `examples/guests/small` on a board and notes what is wrong. What it takes is printed, and must only fit.
fn test_small(board: &Manifest, name: &str, problems: &mut Vec<String>) -> Result<()> {
    let guest = small::find(name)?;
    println!("{}: {name}, {} bytes of wasm", board.name, guest.wasm_bytes);
    let firmware = firmware::build(board, &guest.wasm)?;
    let outcome = emulator::run(&mut emulator::command(board, &firmware.elf), TEST_LIMIT)?;
    if outcome.code != guest.exit_code {
        problems.push(format!("{name}: exit code {}, not {}", outcome.code, guest.exit_code));
    }
    if !outcome.text.contains(&guest.text) {
        problems.push(format!("{name}: did not print what is in examples/guests/small/expect/{name}.txt"));
    }
    Ok(())
}

/// What `hello` took, by its ELF file and the line it prints: `memory: 1 bytes of the arena's 2, 3 of native stack`.
fn usage(firmware: &Firmware, text: &str) -> Option<Usage> {
    let line = text.lines().find_map(|line| line.strip_prefix("memory: "))?;
    let numbers: Vec<u64> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    let [used, arena, stack] = *numbers else { return None };
    let ram_bytes = firmware.variables_bytes.checked_sub(arena)? + used + stack;
    Some(Usage { flash_bytes: firmware.flash_bytes, ram_bytes })
}

/// Writes what `hello` takes, the last table of a board.toml.
fn write_usage(board: &Manifest, usage: Usage) -> Result<()> {
    let path = board.folder().join("board.toml");
    let cannot = |error: std::io::Error| Error::new(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(cannot)?;
    let rest = text.split_once("[hello]\n").map_or(&*text, |(rest, _)| rest);
    let (flash, ram) = (usage.flash_bytes, usage.ram_bytes);
    std::fs::write(&path, format!("{rest}[hello]\nflash_bytes = {flash}\nram_bytes = {ram}\n")).map_err(cannot)
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
    let mut text = "| board | chip | target | flash / RAM | `hello` takes flash / RAM | runs in | tier | notes |\n\
        |---|---|---|---:|---:|---|---|---|\n"
        .to_string();
    for board in boards {
        let Manifest { name, chip, triple, tier, notes, runner, .. } = board;
        let has = format!("{} / {}", show_flash(board), show_bytes(board.ram_bytes));
        let takes = format!("{} / {}", show_count(board.hello.flash_bytes), show_count(board.hello.ram_bytes));
        let _ = writeln!(
            text,
            "| [{name}]({name}/README.md) | {chip} | {triple} | {has} | {takes} | {} | {tier} | {notes} |",
            runner.shown()
        );
    }
    text
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
        assert_eq!(usage(&firmware, text), Some(Usage { flash_bytes: 30_000, ram_bytes: 1700 }));
        assert_eq!(usage(&firmware, "hello\n"), None);
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
