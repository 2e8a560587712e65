//! `cargo xtask board bench`: executed instructions of the kernels in `targets/common/kernels`, on boards in QEMU, by engine. A plugin
//! (counter.c) counts them between marks in the board's program `bench`; no clock is involved, so every run gives the same.
//!
//! Three things come of it: tables for the terminal; docs/benchmarks-boards.md; and a gate, Sheave's counts in targets/counts.txt.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::manifest::{self, Kind, Manifest};
use super::{emulator, firmware, show_count};
use crate::error::{Error, Result};
use crate::process::{output, program, root, rustc, target_dir};
use crate::tally::Tally;

/// The boards whose counts are published and compared: Cortex-M0, M4F and RV32.
const BOARDS: [&str; 3] = ["microbit", "mps2-an386", "riscv32-virt"];
/// Where Sheave's counts are, below the root.
const COUNTS: &str = "targets/counts.txt";
/// The page.
const PAGE: &str = "docs/benchmarks-boards.md";
/// By how much a count may grow, a fraction: compilers of two versions differ.
const TOLERANCE: f64 = 0.05;
/// How long a board may take: wasmi translates first, and the emulator counts each instruction.
const LIMIT: Duration = Duration::from_secs(300);
/// What a board needs to have room for wasmi and its heap.
const WASMI_RAM_BYTES: u64 = 1 << 20;
/// How many functions are listed by `--symbols`.
const SYMBOLS_MAX: usize = 20;

/// What is to be done.
#[derive(Default)]
pub struct Wanted {
    /// Names of boards; all of [`BOARDS`] if there are none.
    pub names: Vec<String>,
    /// Without wasmi.
    pub sheave_only: bool,
    /// List functions.
    pub symbols: bool,
    /// Where counts are written, for scripts.
    pub json: Option<PathBuf>,
    /// Write [`COUNTS`] and [`PAGE`].
    pub bless: bool,
}

/// A kernel's count by an engine.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    engine: String,
    kernel: String,
    checksum: String,
    instructions: u64,
}

/// What was counted on a board.
struct Counted {
    board: Manifest,
    counts: Vec<Count>,
}

/// Counts, prints tables, and judges.
///
/// # Errors
/// A board is unknown or has no emulator that counts; something is missing or does not build; a program does not end as it should.
pub fn run(wanted: &Wanted) -> Result<Tally> {
    let names: Vec<&str> =
        if wanted.names.is_empty() { BOARDS.to_vec() } else { wanted.names.iter().map(String::as_str).collect() };
    let counter = counter()?;
    let (mut all, mut failed) = (Vec::new(), Vec::new());
    for name in names {
        let board = manifest::find(name)?;
        if !matches!(board.runner.kind, Kind::QemuArm | Kind::QemuRiscv32) {
            return Err(Error::new(format!("{name} does not run in QEMU, whose plugin counts instructions"))
                .hint("boards of the same core do: microbit (M0), mps2-an386 (M4F)"));
        }
        println!("{name} ({}, {})", board.chip, board.triple);
        let counts = count(&board, &counter, wanted)?;
        failed.extend(differing(&counts).into_iter().map(|kernel| format!("{name}: checksums of {kernel} differ")));
        print!("{}", table(&counts, false));
        all.push(Counted { board, counts });
    }
    if let Some(path) = &wanted.json {
        std::fs::write(path, json(&all)).map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
    }
    let path = root().join(COUNTS);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if wanted.bless && failed.is_empty() {
        let write = |path: &str, text: String| {
            std::fs::write(root().join(path), text).map_err(|error| Error::new(format!("{path}: {error}")))?;
            println!("{path}: written");
            Ok::<_, Error>(())
        };
        write(COUNTS, blessed(&known, &all))?;
        if wanted.names.is_empty() && !wanted.sheave_only {
            write(PAGE, page(&all)?)?;
        }
    } else {
        failed.extend(all.iter().flat_map(|counted| grown(&known, counted)));
    }
    failed.iter().for_each(|problem| println!("  FAILED {problem}"));
    let judged: usize = all.iter().map(|counted| counted.counts.len()).sum();
    let tally = Tally::new((judged - failed.len().min(judged)) as u64, failed.len() as u64);
    println!("{tally}");
    Ok(tally)
}

/// What CI does: Sheave's counts are compared, and the program is built for the other boards.
///
/// # Errors
/// As [`run`].
pub fn gate() -> Result<Tally> {
    let mut tally = run(&Wanted { sheave_only: true, ..Wanted::default() })?;
    for board in manifest::all()?.iter().filter(|board| !BOARDS.contains(&board.name.as_str())) {
        let built = firmware::bench(board, false);
        match &built {
            Ok(_) => println!("{}: builds", board.name),
            Err(error) => println!("  FAILED {}: {error}", board.name),
        }
        tally = tally + Tally::new(built.is_ok().into(), built.is_err().into());
    }
    println!("{tally}");
    Ok(tally)
}

/// Compiles the plugin; gives its file.
fn counter() -> Result<PathBuf> {
    let (folder, source) = (target_dir().join("boards"), root().join("xtask/src/board/counter.c"));
    std::fs::create_dir_all(&folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
    let plugin = folder.join("counter.so");
    let mut command = program(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    command.args(["-std=c11", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-o"]).arg(&plugin).arg(source);
    output(&mut command).map_err(|error| {
        Error::new(format!("the plugin that counts does not compile: {error}"))
            .hint("it needs a C compiler as `cc`, or its name in CC")
    })?;
    Ok(plugin)
}

/// Builds and runs `bench` on a board.
fn count(board: &Manifest, counter: &std::path::Path, wanted: &Wanted) -> Result<Vec<Count>> {
    emulator::prepare(board)?;
    // Without compare-and-swap there is no `Arc`, which wasmi is made of.
    let with_wasmi = !wanted.sheave_only && board.ram_bytes >= WASMI_RAM_BYTES && !board.triple.starts_with("thumbv6m");
    let elf = firmware::bench(board, with_wasmi)?;
    let out = target_dir().join(format!("boards/{}.counts", board.name));
    let mut command = emulator::command(board, &elf);
    let symbols = if wanted.symbols { ",symbols=1" } else { "" };
    command.arg("-plugin").arg(format!("{},out={}{symbols}", counter.display(), out.display()));
    let outcome = emulator::run_quietly(&mut command, LIMIT)?;
    let bad = |what: String| Error::new(format!("bench on {}: {what}\n{}", board.name, outcome.text.trim_end()));
    if outcome.code != 0 {
        return Err(bad(format!("exit code {}", outcome.code)));
    }
    let counted = std::fs::read_to_string(&out).map_err(|error| {
        bad(format!("the plugin wrote no {}: {error}", out.display())).hint("it is made for QEMU 7.2 to 8")
    })?;
    let (symbols, numbers): (Vec<&str>, Vec<&str>) = counted.lines().partition(|line| line.starts_with("symbol "));
    print_symbols(&symbols);
    join(&outcome.text, &numbers).ok_or_else(|| bad(format!("{} counts do not fit what it printed", numbers.len())))
}

/// Lines of the program and counts of the plugin, which come in the same order.
fn join(text: &str, numbers: &[&str]) -> Option<Vec<Count>> {
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("bench ")).collect();
    if lines.len() != numbers.len() || lines.is_empty() {
        return None;
    }
    let count = |(line, number): (&&str, &&str)| {
        let [engine, kernel, checksum] = line.split(' ').collect::<Vec<_>>()[..] else { return None };
        let instructions = number.parse().ok()?;
        Some(Count { engine: engine.into(), kernel: kernel.into(), checksum: checksum.into(), instructions })
    };
    lines.iter().zip(numbers).map(count).collect()
}

/// Prints the functions that most instructions are in.
fn print_symbols(lines: &[&str]) {
    let mut symbols: Vec<(u64, &str)> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("symbol ")?.split_once(' '))
        .filter_map(|(count, name)| Some((count.parse().ok()?, name)))
        .collect();
    symbols.sort_unstable_by_key(|(count, _)| std::cmp::Reverse(*count));
    for (count, name) in symbols.iter().take(SYMBOLS_MAX) {
        println!("{:>14} {}", show_count(*count), crate::elf::readable(name));
    }
}

/// Kernels that did not give the same by all engines.
fn differing(counts: &[Count]) -> Vec<&str> {
    kernels(counts)
        .into_iter()
        .filter(|kernel| {
            let mut checksums = counts.iter().filter(|count| count.kernel == **kernel).map(|count| &count.checksum);
            let first = checksums.next();
            checksums.any(|checksum| Some(checksum) != first)
        })
        .collect()
}

/// Names of kernels, or with the other function of engines, in the order in which they came.
fn kernels(counts: &[Count]) -> Vec<&str> {
    distinct(counts.iter().map(|count| count.kernel.as_str()))
}

fn engines(counts: &[Count]) -> Vec<&str> {
    distinct(counts.iter().map(|count| count.engine.as_str()))
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.fold(Vec::new(), |mut seen, name| {
        if !seen.contains(&name) {
            seen.push(name);
        }
        seen
    })
}

fn instructions(counts: &[Count], engine: &str, kernel: &str) -> Option<u64> {
    counts.iter().find(|count| count.engine == engine && count.kernel == kernel).map(|count| count.instructions)
}

/// The table of a board: counts, then ratios to native code, then Sheave's to wasmi.
fn table(counts: &[Count], is_markdown: bool) -> String {
    let (kernels, engines) = (kernels(counts), engines(counts));
    let mut ratios: Vec<(&str, &str)> =
        engines.iter().filter(|engine| **engine != "native").map(|engine| (*engine, "native")).collect();
    if engines.contains(&"wasmi") {
        ratios.extend([("full", "wasmi"), ("base", "wasmi")]);
    }
    let titles = engines.iter().map(ToString::to_string).chain(ratios.iter().map(|(a, b)| format!("{a} / {b}")));
    let mut rows = vec![std::iter::once("kernel".to_string()).chain(titles).collect::<Vec<_>>()];
    let ratio = |kernel: &str, (a, b): (&str, &str)| {
        Some(instructions(counts, a, kernel)? as f64 / instructions(counts, b, kernel)?.max(1) as f64)
    };
    for kernel in &kernels {
        let found = |engine: &&str| instructions(counts, engine, kernel).map_or("-".into(), show_count);
        let row = std::iter::once(kernel.to_string()).chain(engines.iter().map(found));
        rows.push(row.chain(ratios.iter().map(|pair| ratio(kernel, *pair).map_or("-".into(), show_ratio))).collect());
    }
    let mean = |pair: &(&str, &str)| {
        let logs: Vec<f64> = kernels.iter().filter_map(|kernel| ratio(kernel, *pair)).map(f64::ln).collect();
        show_ratio((logs.iter().sum::<f64>() / logs.len().max(1) as f64).exp())
    };
    let blank = engines.iter().map(|_| String::new());
    rows.push(std::iter::once("geometric mean".to_string()).chain(blank).chain(ratios.iter().map(mean)).collect());
    if is_markdown { markdown(&rows) } else { aligned(&rows) }
}

fn show_ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = if column == 0 { write!(text, "  {cell:width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

fn markdown(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "|---|{}", "---:|".repeat(row.len() - 1));
        }
    }
    text
}

/// The counts of the gate by what they are of: `BOARD ENGINE KERNEL`.
fn read_counts(text: &str) -> BTreeMap<String, u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).filter_map(|(key, n)| Some((key.into(), n.parse().ok()?))).collect()
}

/// What the gate compares: Sheave's counts.
fn gated(counted: &Counted) -> impl Iterator<Item = (String, u64)> {
    let of_sheave = counted.counts.iter().filter(|count| ["full", "base"].contains(&count.engine.as_str()));
    of_sheave.map(|count| (format!("{} {} {}", counted.board.name, count.engine, count.kernel), count.instructions))
}

/// What has grown, or is not known, in words. Other boards than those of the file are not compared.
fn grown(known: &str, counted: &Counted) -> Vec<String> {
    if !BOARDS.contains(&counted.board.name.as_str()) {
        return Vec::new();
    }
    let known = read_counts(known);
    let judge = |(key, count): (String, u64)| match known.get(&key) {
        None => Some(format!("{key}: {count}, and {COUNTS} has none: `cargo xtask board bench --bless`")),
        Some(known) if count as f64 > *known as f64 * (1.0 + TOLERANCE) => Some(format!(
            "{key}: {count} instructions, {COUNTS} has {known}: `cargo xtask board bench --bless` if that is meant"
        )),
        Some(_) => None,
    };
    gated(counted).filter_map(judge).collect()
}

/// The file of counts with new ones.
fn blessed(known: &str, all: &[Counted]) -> String {
    let mut counts = read_counts(known);
    for counted in all.iter().filter(|counted| BOARDS.contains(&counted.board.name.as_str())) {
        counts.retain(|key, _| !key.starts_with(&format!("{} ", counted.board.name)));
        counts.extend(gated(counted));
    }
    let mut text = format!(
        "# Executed instructions by board, level of the image and kernel: written by `cargo xtask board bench --bless`. Step `boards`\n# of `cargo xtask test` fails if one grows by more than {:.0} %.\n",
        100.0 * TOLERANCE
    );
    counts.iter().for_each(|(key, count)| {
        let _ = writeln!(text, "{key} {count}");
    });
    text
}

/// All counts, for scripts.
fn json(all: &[Counted]) -> String {
    let object = |board: &str, count: &Count| {
        let Count { engine, kernel, checksum, instructions } = count;
        format!(
            "  {{\"board\": \"{board}\", \"engine\": \"{engine}\", \"kernel\": \"{kernel}\", \"checksum\": \"{checksum}\", \"instructions\": {instructions}}}"
        )
    };
    let objects: Vec<String> =
        all.iter().flat_map(|counted| counted.counts.iter().map(|count| object(&counted.board.name, count))).collect();
    format!("[\n{}\n]\n", objects.join(",\n"))
}

/// The page in Markdown.
fn page(all: &[Counted]) -> Result<String> {
    let compiler = |board: &Manifest| -> Result<String> {
        let toolchain = crate::sysroot::Toolchain::find(&board.triple)?;
        let mut command = rustc();
        if let crate::sysroot::Toolchain::Debian(folder) = &toolchain {
            command = program(folder.join("bin/rustc"));
        }
        Ok(output(command.arg("-V"))?.trim().to_string())
    };
    let emulator = output(program("qemu-system-arm").arg("--version"))?;
    let emulator = emulator.lines().next().unwrap_or_default();
    let mut text = format!(
        "<!-- Generated by `cargo xtask board bench --bless`; do not edit. -->\n# Benchmarks on microcontrollers\n\n{}",
        include_str!("page.md")
    );
    let _ = writeln!(text, "\n- command: `cargo xtask board bench --bless`\n- emulator: {emulator}");
    for Counted { board, .. } in all {
        let _ = writeln!(text, "- {}: {}, {}, {}", board.name, board.chip, board.triple, compiler(board)?);
    }
    for Counted { board, counts } in all {
        let core = board.chip.rsplit(": ").next().unwrap_or(&board.chip);
        let _ = writeln!(text, "\n## {core}, {}\n\n{}", board.name, table(counts, true).trim_end());
        if !engines(counts).contains(&"wasmi") {
            text.push_str(
                "\nwasmi does not run here: it needs an allocator and more RAM than this board has, and it does not compile without\ncompare-and-swap instructions (`alloc::sync::Arc`).\n",
            );
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "bench native fib 0000000a\nnoise\nbench full fib 0000000a\nbench wasmi fib 0000000b\n";

    #[test]
    fn lines_and_counts_are_joined_in_order() {
        let counts = join(TEXT, &["100", "400", "800"]).unwrap();
        assert_eq!(counts[1].engine, "full");
        assert_eq!(instructions(&counts, "wasmi", "fib"), Some(800));
        assert_eq!(differing(&counts), ["fib"], "wasmi's checksum is another");
        assert!(join(TEXT, &["100", "400"]).is_none() && join("", &[]).is_none());
        let table = table(&counts, false);
        assert!(table.contains("4.00") && table.contains("0.50"), "{table}");
    }

    #[test]
    fn a_count_that_grows_or_is_unknown_fails() {
        let counted = |instructions| {
            let count = |engine: &str, instructions| Count {
                engine: engine.into(),
                kernel: "fib".into(),
                checksum: "0".into(),
                instructions,
            };
            let counts = vec![count("native", 9), count("full", instructions)];
            Counted { board: manifest::find("microbit").unwrap(), counts }
        };
        let known = blessed("", &[counted(1000)]);
        assert!(known.ends_with("\nmicrobit full fib 1000\n"), "{known}");
        assert!(grown(&known, &counted(1050)).is_empty());
        assert_eq!(grown(&known, &counted(1051)).len(), 1);
        assert_eq!(grown("", &counted(1)).len(), 1);
    }
}
