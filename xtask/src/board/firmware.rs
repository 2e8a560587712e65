//! Makes what runs on a board: an image from a guest, and the board's program with that image in it. Also says what the program
//! takes of flash and RAM, from the sections of its ELF file.

use std::path::{Path, PathBuf};
use std::process::Command;

use object::Endianness;
use object::elf::{FileHeader32, SHF_ALLOC, SHF_WRITE, SHT_NOBITS};
use object::read::elf::{FileHeader, SectionHeader};

use super::manifest::{Manifest, targets};
use crate::error::{Error, Result};
use crate::process::{cargo, output, root, run, target_dir};
use crate::sysroot::Toolchain;

/// The guest that runs where none is named.
pub const HELLO: &str = "targets/common/guests/hello.wat";
/// The kernels of the benchmark, compiled.
pub const KERNELS: &str = "targets/common/kernels/kernels.wasm";
/// What every image begins with.
const IMAGE_MAGIC: &[u8] = b"\x93sheave\n";

/// A program for a board.
pub struct Firmware {
    pub elf: PathBuf,
    /// Bytes of sections that are stored: code, constants, the image, initial values.
    pub flash_bytes: u64,
    /// Bytes of variables, the arena among them, without the stack.
    pub variables_bytes: u64,
}

/// Builds the program `hello` of `board` with `guest` in it: a module, which is translated, or an image. `rodata` is the data segment that
/// stays in flash.
///
/// # Errors
/// The guest cannot be read or is refused; there is no compiler; the program does not compile or link.
pub fn build(board: &Manifest, guest: &Path, rodata: Option<u32>) -> Result<Firmware> {
    let folder = target_dir().join("boards");
    let image = folder.join(format!("{}.image", board.name));
    make_image(guest, &image, "full", rodata)?;
    let elf = compile(board, "hello", |command| {
        command.env("SHEAVE_IMAGE", &image);
    })?;
    firmware(elf)
}

/// A program and what it takes.
fn firmware(elf: PathBuf) -> Result<Firmware> {
    let bytes = std::fs::read(&elf).map_err(|error| cannot("read", &elf, &error))?;
    let (flash_bytes, variables_bytes) =
        sizes(&bytes).map_err(|error| Error::new(format!("{}: {error}", elf.display())))?;
    Ok(Firmware { elf, flash_bytes, variables_bytes })
}

/// The guest of `least`.
const LEAST: &str = "targets/common/guests/least.wat";

/// Builds the program `least` of `board`, if it has one, with no handlers but those that its guest needs; gives its ELF file.
///
/// # Errors
/// As for [`build`].
pub fn least(board: &Manifest) -> Result<Option<PathBuf>> {
    if !board.has("least") {
        return Ok(None);
    }
    let (image, handlers) = (target_dir().join("boards/least.image"), target_dir().join("boards/least.handlers"));
    let mut command = cargo(&["run", "--quiet", "--bin", "sheave", "--", "compile"]);
    command.args(["--no-signal", "--no-debug-names", LEAST, "--output"]).arg(&image);
    output(command.arg("--handlers").arg(&handlers))?;
    compile(board, "least", |command| {
        command.env("SHEAVE_IMAGE", &image).env("SHEAVE_HANDLERS", &handlers);
    })
    .map(Some)
}

/// The folder of the guests of `memory`.
const MEMORY_GUESTS: &str = "targets/common/guests/memory";
/// Real programs, of which `memory` makes instances where there is room.
const PROGRAMS: &str = "examples/guests";

/// Guests of `memory` that need all features.
const COMPLETE_GUESTS: &str = "targets/common/guests/memory/complete";
/// RAM of a board that has room for large guests, and flash for all features.
const LARGE_BYTES: u64 = 1 << 20;

/// Builds the program `memory` of `board`, if it has one, with images of all its guests; gives its ELF file.
///
/// # Errors
/// A guest cannot be read or is refused; there is no compiler; the program does not compile or link.
pub fn memory(board: &Manifest) -> Result<Option<PathBuf>> {
    let mut guests = files(MEMORY_GUESTS, "wat")?;
    if board.ram_bytes > LARGE_BYTES {
        guests.extend(files(PROGRAMS, "wasm")?);
    }
    memory_of(board, &guests, &[])
}

/// The same of a large board with all features, and guests that need them.
///
/// # Errors
/// As for [`memory`].
pub fn memory_complete(board: &Manifest) -> Result<Option<PathBuf>> {
    if board.ram_bytes <= LARGE_BYTES {
        return Ok(None);
    }
    memory_of(board, &files(COMPLETE_GUESTS, "wat")?, &["--features", "sheave-board/complete"])
}

fn memory_of(board: &Manifest, guests: &[PathBuf], features: &[&str]) -> Result<Option<PathBuf>> {
    if !board.has("memory") {
        return Ok(None);
    }
    let folder = target_dir().join("boards/memory");
    let mut archive = Vec::new();
    for guest in guests {
        let name = guest.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = folder.join(format!("{name}.image"));
        make_image(guest, &path, "full", (name == "rodata").then_some(0))?;
        let image = std::fs::read(&path).map_err(|error| cannot("read", &path, &error))?;
        for length in [name.len(), image.len()] {
            archive.extend((length as u32).to_le_bytes());
        }
        archive.extend(name.as_bytes());
        archive.resize(archive.len().next_multiple_of(8), 0);
        archive.extend(image);
    }
    let path = folder.join(format!("{}.images", board.name));
    std::fs::write(&path, archive).map_err(|error| cannot("write", &path, &error))?;
    compile(board, "memory", |command| {
        command.args(features).env("SHEAVE_IMAGES", &path);
    })
    .map(Some)
}

/// The files of a folder with this extension, by name.
fn files(folder: &str, extension: &str) -> Result<Vec<PathBuf>> {
    let error = |error: std::io::Error| cannot("read", Path::new(folder), &error);
    let entries = std::fs::read_dir(root().join(folder)).map_err(error)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>().map_err(error)?;
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    Ok(paths)
}

/// Builds the program `translate` of `board` with the module `guest` in it, in text or binary.
///
/// # Errors
/// As [`build`]; the board has no such program.
pub fn translator(board: &Manifest, guest: &Path) -> Result<Firmware> {
    let path = root().join(guest);
    let bytes = std::fs::read(&path).map_err(|error| cannot("read", guest, &error))?;
    let bytes = wat::parse_bytes(&bytes).map_err(|error| Error::new(format!("{}: {error}", guest.display())))?;
    let wasm = target_dir().join("boards").join(format!("{}.wasm", board.name));
    create_folder_of(&wasm)?;
    write_if_new(&wasm, &bytes)?;
    firmware(compile(board, "translate", |command| {
        command.args(["--features", "translate"]).env("SHEAVE_WASM", &wasm);
    })?)
}

/// Builds the player of the test suite for `board`; gives its ELF file.
///
/// # Errors
/// The board has none; there is no compiler; the program does not compile or link.
pub fn player(board: &Manifest) -> Result<PathBuf> {
    compile(board, "conformance", |command| {
        command.args(["--features", "conformance"]);
    })
}

/// Compiles a program of `board` with what `adjust` adds to cargo's command; gives its ELF file.
fn compile(board: &Manifest, bin: &str, adjust: impl FnOnce(&mut Command)) -> Result<PathBuf> {
    if !board.has(bin) {
        return Err(Error::new(format!("{} has no program `{bin}`", board.name))
            .hint(format!("it has {}; why, says targets/README.md", board.programs.join(", "))));
    }
    let folder = target_dir().join("boards");
    let toolchain = Toolchain::find_with_linker(&board.triple)?;
    let mut command = cargo(&["build", "--release", "--bin", bin]);
    command.args(["--package", &board.name, "--target", &board.triple]);
    command.arg("--manifest-path").arg(targets().join("Cargo.toml")).arg("--target-dir").arg(&folder);
    command.env("RUSTFLAGS", "-D warnings");
    // Without it defmt leaves out everything but errors.
    command.env("DEFMT_LOG", std::env::var_os("DEFMT_LOG").unwrap_or_else(|| "info".into()));
    adjust(&mut command);
    toolchain.apply(&mut command);
    run(&mut command)?;
    Ok(folder.join(&board.triple).join("release").join(bin))
}

/// The greeting's guest, but with another exit code.
///
/// # Errors
/// It cannot be read or written, or has no exit code where this looks for it.
pub fn test_guest(exit_code: i32) -> Result<PathBuf> {
    let path = target_dir().join("boards/test.wat");
    let text = std::fs::read_to_string(root().join(HELLO)).map_err(|error| cannot("read", Path::new(HELLO), &error))?;
    let place = "(i32.const 0)) ;; the exit code";
    if !text.contains(place) {
        return Err(Error::new(format!("{HELLO} has no line that ends in `{place}`")));
    }
    create_folder_of(&path)?;
    let text = text.replace(place, &format!("(i32.const {exit_code}))"));
    std::fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
    Ok(path)
}

/// Builds the program `bench` of `board`, with the peer wasmi or without; gives its ELF file.
///
/// # Errors
/// The kernels are refused; there is no compiler; the program does not compile or link.
pub fn bench(board: &Manifest, with_wasmi: bool) -> Result<PathBuf> {
    let image = |level: &str| target_dir().join(format!("boards/kernels-{level}.image"));
    for level in ["full", "base"] {
        make_image(Path::new(KERNELS), &image(level), level, None)?;
    }
    compile(board, "bench", |command| {
        command.env("SHEAVE_IMAGE_FULL", image("full")).env("SHEAVE_IMAGE_BASE", image("base"));
        if with_wasmi {
            command.args(["--features", "sheave-board/wasmi"]);
        }
    })
}

/// Compiles the kernels to WebAssembly and writes them to [`KERNELS`]. Their memory is counted in bytes: what they keep on the stack,
/// and constants.
///
/// # Errors
/// There is no compiler; they do not compile or link; the file cannot be written.
pub fn kernels() -> Result<()> {
    const TRIPLE: &str = "wasm32-unknown-unknown";
    let folder = target_dir().join("boards");
    let toolchain = Toolchain::find_with_linker(TRIPLE)?;
    let mut command = cargo(&["rustc", "--release", "--package", "sheave-kernels", "--crate-type", "cdylib"]);
    command.args(["--target", TRIPLE]);
    command.arg("--manifest-path").arg(targets().join("Cargo.toml")).arg("--target-dir").arg(&folder);
    command.args(["--", "-Cstrip=symbols", "-Cpanic=abort"]);
    command
        .args(["--page-size=1", "-zstack-size=5248", "--stack-first"].map(|argument| format!("-Clink-arg={argument}")));
    toolchain.apply(&mut command);
    run(&mut command)?;
    let made = folder.join(TRIPLE).join("release/sheave_kernels.wasm");
    std::fs::copy(&made, root().join(KERNELS)).map_err(|error| cannot("copy", &made, &error))?;
    println!("{KERNELS}: written");
    Ok(())
}

/// Writes the image of `guest`, at a level of the instruction set, to `image`; what is an image already is copied.
fn make_image(guest: &Path, image: &Path, level: &str, rodata: Option<u32>) -> Result<()> {
    let path = root().join(guest);
    let bytes = std::fs::read(&path).map_err(|error| cannot("read", guest, &error))?;
    create_folder_of(image)?;
    let made = image.with_extension("new");
    if bytes.starts_with(IMAGE_MAGIC) {
        std::fs::write(&made, bytes).map_err(|error| cannot("write", &made, &error))?;
    } else {
        let mut command = cargo(&["run", "--quiet", "--bin", "sheave", "--", "compile"]);
        command.args(["--no-signal", "--no-debug-names", "--level", level]);
        command.args(rodata.map(|segment| format!("--rodata={segment}")));
        output(command.arg(&path).arg("-o").arg(&made))?;
    }
    let bytes = std::fs::read(&made).map_err(|error| cannot("read", &made, &error))?;
    write_if_new(image, &bytes)
}

/// Writes a file, but not if it is as it was: it keeps its time, so that the program need not be linked again.
fn write_if_new(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    std::fs::write(file, bytes).map_err(|error| cannot("write", file, &error))
}

fn create_folder_of(file: &Path) -> Result<()> {
    let folder = file.parent().expect("a file lies in a folder");
    std::fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))
}

/// Flash and variables of an ELF file.
fn sizes(bytes: &[u8]) -> object::Result<(u64, u64)> {
    let header = FileHeader32::<Endianness>::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let (mut flash, mut variables) = (0, 0);
    for section in sections.iter() {
        let (flags, size) = (section.sh_flags(endian), u64::from(section.sh_size(endian)));
        // The stack and the heap of riscv-rt are sections too: what is left of RAM, not what is taken.
        let is_rest = matches!(sections.section_name(endian, section)?, b".stack" | b".heap");
        if flags & SHF_ALLOC == 0 || is_rest {
            continue;
        }
        flash += if section.sh_type(endian) == SHT_NOBITS { 0 } else { size };
        variables += if flags & SHF_WRITE == 0 { 0 } else { size };
    }
    Ok((flash, variables))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("cannot {verb} {}: {error}", path.display()))
}
