//! Flash that the engine takes on a microcontroller: the firmware in `xtask/size` with it, less the same firmware without.
//!
//! Each line of `xtask/budgets.txt` is a build, named, with its cargo features, what it is to take in the end, and what it may take
//! now. Builds are for a Cortex-M4F at opt-level s with link-time optimisation over everything and without unwinding, so
//! that every figure has the same conditions; only the compiler may differ, and is printed.

use crate::debian;
use crate::elf::{Elf, readable};
use crate::error::{Error, Result};
use crate::process::{cargo, output, root, run, rustc, target_dir};
use crate::sysroot::Toolchain;
use crate::tally::Tally;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The lines, below the root.
const BUDGETS: &str = "xtask/budgets.txt";
/// A Cortex-M4F: what the budgets are for.
const TARGET: &str = "thumbv7em-none-eabihf";
/// The feature of builds that have only the handlers of their image.
const LISTED: &str = "listed";
/// How many symbols are listed.
const SYMBOLS_MAX: usize = 40;
/// What `--bless` leaves a build to grow by, in percent: compilers differ.
const ROOM_PERCENT: u32 = 1;

/// A build and what it may take.
#[derive(Debug, PartialEq, Eq)]
struct Build {
    name: String,
    /// What it is to take in the end.
    goal_bytes: u32,
    /// More than this fails.
    budget_bytes: u32,
    /// Cargo's features of the firmware, separated by commas.
    features: String,
}

/// What the builds share.
struct Firmware {
    toolchain: Toolchain,
    linker: String,
    image: PathBuf,
    /// Names of the handlers that the image needs.
    handlers: PathBuf,
}

/// Builds everything in the file of budgets, or those `only` that are named, prints sizes, and judges them; with `bless` makes what
/// they take the new budgets instead. With `symbols` says what takes the room.
///
/// # Errors
/// The budgets cannot be read or written, there is no toolchain, or the firmware does not build.
pub fn check(only: &[String], bless: bool, symbols: bool) -> Result<Tally> {
    let path = root().join(BUDGETS);
    let text = std::fs::read_to_string(&path).map_err(|error| Error::new(format!("{BUDGETS}: {error}")))?;
    let builds = text.lines().filter(|line| !line.starts_with('#')).map(parse).collect::<Result<Vec<_>>>()?;
    if let Some(unknown) = only.iter().find(|name| builds.iter().all(|build| build.name != **name)) {
        let known: Vec<&str> = builds.iter().map(|build| build.name.as_str()).collect();
        return Err(Error::new(format!("unknown build {unknown}")).hint(format!("one of {}", known.join(", "))));
    }
    let firmware = Firmware::prepare()?;
    let without = Elf::read(&firmware.build("")?)?.flash_bytes();
    println!("{TARGET}, opt-level s, fat LTO, panic abort; {without} bytes without the engine, taken off");
    println!("{:20} {:>8} {:>8} {:>8}  features", "build", "bytes", "budget", "goal");
    let (mut passed, mut failed, mut found) = (0, 0, BTreeMap::new());
    for build in builds.iter().filter(|build| only.is_empty() || only.contains(&build.name)) {
        let elf = Elf::read(&firmware.build(&build.features)?)?;
        let bytes = elf.flash_bytes() - without;
        let is_good = bless || bytes <= build.budget_bytes;
        println!(
            "{:20} {bytes:>8} {:>8} {:>8}  {}{}",
            build.name,
            build.budget_bytes,
            build.goal_bytes,
            build.features,
            verdict(bytes, build, is_good)
        );
        if symbols {
            print!("{}", breakdown(&elf));
        }
        found.insert(build.name.as_str(), bytes);
        if is_good { passed += 1 } else { failed += 1 }
    }
    if bless {
        std::fs::write(&path, blessed(&text, &builds, &found))
            .map_err(|error| Error::new(format!("{BUDGETS}: {error}")))?;
        println!("{BUDGETS}: written");
    }
    println!("{passed} passed, {failed} failed");
    Ok(Tally::new(passed, failed))
}

fn verdict(bytes: u32, build: &Build, is_good: bool) -> String {
    if !is_good {
        return format!(": {} bytes OVER the budget; --symbols says what takes them", bytes - build.budget_bytes);
    }
    if bytes > build.goal_bytes { format!(": {} bytes over the goal", bytes - build.goal_bytes) } else { String::new() }
}

/// A line: name, goal, budget, features.
fn parse(line: &str) -> Result<Build> {
    let bad = || Error::new(format!("{BUDGETS}: not `name goal budget features`: {line}"));
    let [name, goal, budget, features] = line.split_whitespace().collect::<Vec<_>>()[..] else { return Err(bad()) };
    let number = |text: &str| text.parse().map_err(|_| bad());
    Ok(Build { name: name.into(), goal_bytes: number(goal)?, budget_bytes: number(budget)?, features: features.into() })
}

/// The file with new budgets: the goal where it is met, else what was found and some room.
fn blessed(text: &str, builds: &[Build], found: &BTreeMap<&str, u32>) -> String {
    let mut written = String::new();
    let mut builds = builds.iter();
    for line in text.lines() {
        if line.starts_with('#') {
            let _ = writeln!(written, "{line}");
            continue;
        }
        let Some(build) = builds.next() else { break };
        let budget =
            found.get(build.name.as_str()).map_or(build.budget_bytes, |bytes| match *bytes <= build.goal_bytes {
                true => build.goal_bytes,
                false => bytes + bytes * ROOM_PERCENT / 100,
            });
        let _ = writeln!(written, "{} {} {budget} {}", build.name, build.goal_bytes, build.features);
    }
    written
}

impl Firmware {
    /// Finds what builds need, and makes the image.
    fn prepare() -> Result<Firmware> {
        let toolchain = Toolchain::find(TARGET)?;
        let (folder, linker) = (target_dir().join("size"), linker()?);
        std::fs::create_dir_all(&folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
        let image = folder.join("guest.image");
        let mut compile = cargo(&["run", "--quiet", "--package", "sheave-cli", "--", "compile"]);
        compile.args(["--level", "base", "--no-signal", "--no-debug-names", "xtask/size/guest.wat", "--output"]);
        let handlers = folder.join("guest.handlers");
        run(compile.arg(&image).arg("--handlers").arg(&handlers))?;
        println!("built by {}", toolchain.name());
        Ok(Firmware { toolchain, linker, image, handlers })
    }

    /// The firmware with these features, and the engine if there are any.
    fn build(&self, features: &str) -> Result<Vec<u8>> {
        let (package, folder) = (root().join("xtask/size"), target_dir().join("size"));
        let mut command = cargo(&["build", "--quiet", "--release", "--locked", "--target", TARGET]);
        command.arg("--manifest-path").arg(package.join("Cargo.toml")).arg("--target-dir").arg(&folder);
        if !features.is_empty() {
            command.args(["--features", &format!("engine,{features}")]);
            if features.split(',').any(|feature| feature == LISTED) {
                command.env("SHEAVE_HANDLERS", &self.handlers);
            }
        }
        let script = package.join("link.x");
        let flags = ["-C", "linker", &self.linker, "-C", "link-arg", &format!("-T{}", script.display())];
        // Separated by this character, so that paths may have spaces.
        let flags: Vec<String> =
            flags.chunks(3).map(|flag| format!("{}\x1f{}={}", flag[0], flag[1], flag[2])).collect();
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env("SHEAVE_SIZE_IMAGE", &self.image);
        self.toolchain.apply(&mut command);
        output(&mut command)?;
        let file = folder.join(TARGET).join("release/sheave-size");
        std::fs::read(&file).map_err(|error| Error::new(format!("{}: {error}", file.display())))
    }
}

/// A linker for bare-metal ELF: the one that comes with the user's compiler, else Debian's.
fn linker() -> Result<String> {
    let version = output(rustc().arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let sysroot = output(rustc().args(["--print", "sysroot"]))?;
    let own = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin/rust-lld");
    if own.is_file() {
        return Ok(own.display().to_string());
    }
    debian::install(&["lld"])?;
    Ok("ld.lld".into())
}

/// What takes the room: by module, then the largest symbols. Bytes that no symbol has are what functions and constants are filled
/// up with, and constants without a name.
fn breakdown(elf: &Elf) -> String {
    let (mut text, mut modules) = (String::new(), BTreeMap::<String, u32>::new());
    let symbols = elf.in_flash();
    for symbol in &symbols {
        let name = readable(&symbol.name);
        let module = if symbol.name.starts_with(".L") {
            "constants".into()
        } else {
            name.trim_start_matches('<').split("::").take(2).collect::<Vec<_>>().join("::")
        };
        *modules.entry(module).or_default() += symbol.bytes;
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    modules.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (module, bytes) in modules.iter().take(SYMBOLS_MAX / 2) {
        let _ = writeln!(text, "  {bytes:>8} {module}");
    }
    text.push_str("  largest symbols:\n");
    for symbol in symbols.iter().take(SYMBOLS_MAX) {
        let _ = writeln!(text, "  {:>8} {}", symbol.bytes, readable(&symbol.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_judged_and_written() {
        let text = "# head\nfull 65536 90000 i64,floats\n";
        let build = parse("full 65536 90000 i64,floats").unwrap();
        assert_eq!((build.goal_bytes, build.budget_bytes, build.features.as_str()), (65536, 90000, "i64,floats"));
        assert!(parse("full 65536 i64").is_err() && parse("full x 1 i64").is_err());
        assert!(verdict(90001, &build, false).contains("1 bytes OVER"));
        assert!(verdict(70000, &build, true).contains("4464 bytes over the goal"));
        assert_eq!(verdict(65536, &build, true), "");
        let blessed =
            |bytes| blessed(text, &[parse("full 65536 90000 i64,floats").unwrap()], &BTreeMap::from([("full", bytes)]));
        assert_eq!(blessed(80000), "# head\nfull 65536 80800 i64,floats\n");
        assert_eq!(blessed(60000), "# head\nfull 65536 65536 i64,floats\n");
    }

    /// The lines that are committed are well formed.
    #[test]
    fn the_committed_budgets_are_well_formed() {
        let text = std::fs::read_to_string(root().join(BUDGETS)).unwrap();
        let builds: Vec<Build> =
            text.lines().filter(|line| !line.starts_with('#')).map(|line| parse(line).unwrap()).collect();
        assert!(builds.len() >= 4);
    }
}
