//! What is known about a board: `targets/NAME/board.toml`, read into types. A key that is missing or unknown is an error that names
//! the file, the line and the key.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process::root;

/// A board.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// As the folder and the package.
    pub name: String,
    /// The chip and its core.
    pub chip: String,
    /// The target that its crate is built for.
    pub triple: String,
    pub flash_bytes: u64,
    pub ram_bytes: u64,
    /// What is promised: see targets/README.md.
    pub tier: u8,
    /// What differs from a real board, how it is wired: a sentence or two.
    pub notes: String,
    /// Guests of `examples/guests/small` that the board's test runs too: every one is a program more to link.
    #[serde(default)]
    pub guests: Vec<String>,
    pub runner: Runner,
    /// What `hello` takes, as `cargo xtask board test --bless` found it.
    pub hello: Usage,
    /// What `translate` takes, on boards that have it.
    pub translate: Option<Usage>,
    /// How the official test suite ends there, where that was tried.
    pub conformance: Option<Suite>,
    /// The programs that it can be given: those of its Cargo.toml.
    #[serde(skip)]
    pub programs: Vec<String>,
}

/// What runs the board's programs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runner {
    pub kind: Kind,
    /// The emulator's word for the board.
    pub machine: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    QemuArm,
    QemuRiscv32,
    Rp2040js,
    /// None: the board itself, by way of a debug probe. `machine` is the chip, as probe-rs names it.
    Probe,
}

/// What a program takes of a board.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Code, constants, the image and initial values.
    pub flash_bytes: u64,
    /// Variables without the arena, the arena's used bytes, and the most of the native stack.
    pub ram_bytes: u64,
}

/// How the official test suite, wasm 1.0 and 2.0 without SIMD, ends on a board.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    /// Assertions that passed; none failed.
    pub passed: u64,
    /// Assertions that need more memory than the board has.
    pub skipped: u64,
}

impl Runner {
    /// For readers.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::QemuArm | Kind::QemuRiscv32 => format!("QEMU `{}`", self.machine),
            Kind::Rp2040js => "rp2040js (npm)".into(),
            Kind::Probe => "hardware only; **never run by us**".into(),
        }
    }
}

impl Manifest {
    /// The folder of the board's crate.
    pub fn folder(&self) -> PathBuf {
        targets().join(&self.name)
    }

    /// Whether it can be given this program.
    pub fn has(&self, program: &str) -> bool {
        self.programs.iter().any(|name| name == program)
    }

    /// Whether it is run as hardware, by way of a debug probe, and not by an emulator.
    pub fn is_hardware(&self) -> bool {
        self.runner.kind == Kind::Probe
    }

    fn read(file: &Path) -> Result<Self> {
        let shown = file.strip_prefix(root()).unwrap_or(file).display().to_string();
        let text =
            std::fs::read_to_string(file).map_err(|error| Error::new(format!("cannot read {shown}: {error}")))?;
        let mut manifest: Self = toml::from_str(&text).map_err(|error| Error::new(format!("{shown}: {error}")))?;
        manifest.programs = programs(&file.with_file_name("Cargo.toml"))?;
        if file.parent().and_then(Path::file_name).is_some_and(|folder| *folder == *manifest.name) {
            return Ok(manifest);
        }
        Err(Error::new(format!("{shown}: the name {} is not the folder's", manifest.name)))
    }
}

/// The names of the programs in a Cargo.toml.
fn programs(file: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Package {
        bin: Vec<Program>,
    }
    #[derive(Deserialize)]
    struct Program {
        name: String,
    }
    let cannot = |error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| cannot(&error))?;
    let package: Package = toml::from_str(&text).map_err(|error| cannot(&error))?;
    Ok(package.bin.into_iter().map(|program| program.name).collect())
}

/// The folder of all boards.
pub fn targets() -> PathBuf {
    root().join("targets")
}

/// All boards, those with the most RAM first.
///
/// # Errors
/// A board.toml cannot be read, or does not say what it should.
pub fn all() -> Result<Vec<Manifest>> {
    let cannot = |error: std::io::Error| Error::new(format!("cannot read the folder targets: {error}"));
    let mut boards = Vec::new();
    for entry in std::fs::read_dir(targets()).map_err(cannot)? {
        let file = entry.map_err(cannot)?.path().join("board.toml");
        if file.is_file() {
            boards.push(Manifest::read(&file)?);
        }
    }
    boards.sort_by(|a, b| (b.ram_bytes, &a.name).cmp(&(a.ram_bytes, &b.name)));
    Ok(boards)
}

/// The board of a name.
///
/// # Errors
/// As [`all`]; there is no such board.
pub fn find(name: &str) -> Result<Manifest> {
    let mut boards = all()?;
    let names: Vec<String> = boards.iter().map(|board| board.name.clone()).collect();
    match names.iter().position(|known| known == name) {
        Some(index) => Ok(boards.swap_remove(index)),
        None => Err(Error::new(format!("unknown board {name}")).hint(format!("one of {}", names.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_has_the_same_files() {
        fn files(folder: &Path, prefix: &str, into: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    files(&entry.path(), &format!("{name}/"), into);
                } else {
                    into.push(name);
                }
            }
        }
        let lists = all().unwrap().into_iter().map(|board| {
            let mut list = Vec::new();
            files(&board.folder(), "", &mut list);
            list.sort();
            (board.name, list)
        });
        let lists: Vec<_> = lists.collect();
        for (name, list) in &lists {
            assert_eq!(list, &lists[0].1, "{name} and {}", lists[0].0);
        }
        for file in
            ["Cargo.toml", "README.md", "board.toml", "build.rs", "memory.x", "src/board.rs", "src/bin/hello.rs"]
        {
            assert!(lists[0].1.iter().any(|known| known == file), "no {file}");
        }
    }

    #[test]
    fn programs_are_those_of_the_package() {
        let board = find("mps2-an505").unwrap();
        assert!(board.has("hello") && board.has("translate") && !board.has("tetris"));
        assert!(!find("microbit").unwrap().has("translate"));
    }

    #[test]
    fn an_unknown_board_is_named_with_those_there_are() {
        let error = find("uno").err().unwrap().to_string();
        assert!(error.contains("unknown board uno") && error.contains("mps2-an386"), "{error}");
    }

    #[test]
    fn a_key_that_nobody_reads_is_an_error() {
        let error = toml::from_str::<Usage>("flash_bytes = 1\nram_bytes = 2\nheap_bytes = 3").unwrap_err();
        assert!(error.to_string().contains("heap_bytes"), "{error}");
    }
}
