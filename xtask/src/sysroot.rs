//! Which compiler builds for a bare-metal target. The rule:
//!
//! 1. the user's own, if it has the target's libraries (`rustup target add`);
//! 2. else, on Debian, one assembled in the user's cache folder from `rustc-web` (a compiler newer than the
//!    workspace's `rust-version`) and `rust-web-src` (the sources of `core` and `alloc`, compiled here once a target);
//! 3. else an error that says what to install.
//!
//! The assembled toolchain is a folder that `rustc --sysroot` accepts: links to Debian's host libraries, two wrappers,
//! and per target the compiled libraries with a stamp that holds the compiler's version; for programs also a linker. Nothing of it is configured
//! anywhere: a task passes the compiler to cargo through the environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::error::{Error, Result};
use crate::process::{cargo, lock, output, program, run, rustc, show};

/// Where Debian's packages put the compiler.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// The libraries a `no_std` crate needs.
const LIBRARIES: [&str; 3] = ["core", "alloc", "compiler_builtins"];

/// A compiler that has the libraries of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one the user builds everything else with.
    Own,
    /// The one assembled from Debian's packages; the folder is its root.
    Debian(PathBuf),
}

impl Toolchain {
    /// The compiler for `target`, installed and assembled first where that is necessary and possible.
    ///
    /// # Errors
    /// There is none; the message says what to install.
    pub fn find(target: &str) -> Result<Self> {
        if own_has(target) {
            return Ok(Self::Own);
        }
        let missing = || Error::new(format!("the Rust toolchain has no target {target}"));
        if !debian::has_apt() {
            return Err(missing().hint(format!("rustup target add {target}")));
        }
        debian::install(&["rustc-web", "rust-web-src"]).map_err(|error| {
            missing().hint(format!("rustup target add {target}; or, with Debian's compiler: {error}"))
        })?;
        assemble(target).map(Self::Debian)
    }

    /// As [`Toolchain::find`], with a linker: for programs, where libraries need none.
    ///
    /// # Errors
    /// There is no compiler, or no linker; the message says what to install.
    pub fn find_with_linker(target: &str) -> Result<Self> {
        let toolchain = Self::find(target)?;
        if let Self::Debian(folder) = &toolchain {
            link_linker(folder)?;
        }
        Ok(toolchain)
    }

    /// Tells a cargo command to use this compiler.
    pub fn apply(&self, command: &mut Command) {
        if let Self::Debian(folder) = self {
            command.env("RUSTC", folder.join("bin/rustc")).env("RUSTDOC", folder.join("bin/rustdoc"));
        }
    }

    /// One line for the reader.
    pub fn name(&self) -> String {
        match self {
            Self::Own => "your toolchain".into(),
            Self::Debian(folder) => format!("Debian's rustc-web, assembled in {}", folder.display()),
        }
    }
}

/// Whether the user's compiler has the libraries of `target`. It prints a folder for every target it knows of; the
/// folder exists only where the libraries are installed.
fn own_has(target: &str) -> bool {
    let folder = output(rustc().args(["--print", "target-libdir", "--target", target]));
    folder.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Assembles the toolchain, as far as it is not there yet, and gives its folder.
fn assemble(target: &str) -> Result<PathBuf> {
    let version = output(debian_rustc().arg("-vV"))?;
    let field = |name: &str| {
        let value = version.lines().find_map(|line| line.strip_prefix(name));
        value.map(str::to_string).ok_or_else(|| Error::new(format!("`{DEBIAN_RUSTC} -vV` prints no `{name}`")))
    };
    let folder = cache_folder()?.join(format!("toolchain-{}", field("release: ")?));
    let rustlib = folder.join("lib/rustlib");
    let stamp = rustlib.join(target).join("stamp");
    let _lock = lock("toolchain")?;
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built == version) {
        return Ok(folder);
    }
    link_host_part(&folder, &field("host: ")?)?;
    println!("+ compiling core and alloc for {target} into {}", folder.display());
    compile_libraries(target, &rustlib.join(target).join("lib"))?;
    write(&stamp, &version)?;
    Ok(folder)
}

/// Debian's compiler. Cargo from rustup points the dynamic linker at rustup's own libraries, which are not Debian's.
fn debian_rustc() -> Command {
    let mut command = program(DEBIAN_RUSTC);
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// `$XDG_CACHE_HOME/sheave`, else `~/.cache/sheave`.
fn cache_folder() -> Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    cache.map(|cache| cache.join("sheave")).ok_or_else(|| {
        Error::new("there is no folder to keep the assembled toolchain in").hint("set HOME or XDG_CACHE_HOME")
    })
}

/// Links Debian's host libraries into `folder` and writes the wrappers.
fn link_host_part(folder: &Path, host: &str) -> Result<()> {
    let debian = PathBuf::from(output(debian_rustc().args(["--print", "sysroot"]))?.trim()).join("lib/rustlib");
    let ours = folder.join("lib/rustlib");
    create(&ours.join(host))?;
    create(&folder.join("bin"))?;
    for part in [format!("{host}/lib"), "src".into()] {
        run(program("ln").arg("-sfn").arg(debian.join(&part)).arg(ours.join(&part)))?;
    }
    for tool in ["rustc", "rustdoc"] {
        let script = format!(
            "#!/bin/sh\n# Debian's {tool} with the libraries in this folder.\nunset LD_LIBRARY_PATH\nexec /usr/bin/{tool} --sysroot '{}' \"$@\"\n",
            folder.display()
        );
        let file = folder.join("bin").join(tool);
        write(&file, &script)?;
        run(program("chmod").arg("+x").arg(&file))?;
    }
    Ok(())
}

/// Links a linker into `folder` as `rust-lld`, the name that bare-metal targets ask for: the one of the user's toolchain, else
/// Debian's.
fn link_linker(folder: &Path) -> Result<()> {
    let host = output(debian_rustc().arg("-vV"))?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let place = Path::new("lib/rustlib").join(host).join("bin");
    let own =
        output(rustc().args(["--print", "sysroot"])).map(|own| Path::new(own.trim()).join(&place).join("rust-lld"));
    let linker = match own {
        Ok(own) if own.is_file() => own,
        _ => {
            debian::install(&["lld"])?;
            PathBuf::from("/usr/bin/ld.lld")
        }
    };
    create(&folder.join(&place))?;
    run(program("ln").arg("-sfn").arg(linker).arg(folder.join(&place).join("rust-lld")))
}

/// Compiles the libraries of `target` from Debian's sources, by way of an empty crate, into the folder `libraries`.
///
/// The bitcode is embedded because release profiles with fat LTO need it. `RUSTC_BOOTSTRAP` lets a stable compiler
/// compile its own library; it is set for this one command only.
fn compile_libraries(target: &str, libraries: &Path) -> Result<()> {
    let scratch = libraries.with_file_name("scratch");
    create(&scratch.join("src"))?;
    write(&scratch.join("src/lib.rs"), "#![no_std]\n")?;
    write(
        &scratch.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [profile.release]\nopt-level = \"s\"\npanic = \"abort\"\ncodegen-units = 1\n",
    )?;
    let mut command = cargo(&["build", "--release", "--quiet", "--target", target]);
    command.args(["-Zbuild-std=core,alloc", "-Zbuild-std-features=compiler-builtins-mem"]);
    command.current_dir(&scratch).env_remove("LD_LIBRARY_PATH");
    command.env("RUSTC", DEBIAN_RUSTC).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Cembed-bitcode=yes");
    command.env("CARGO_TARGET_DIR", scratch.join("target"));
    run(&mut command).map_err(|error| {
        Error::new(format!("core and alloc do not compile for {target}: {error}"))
            .hint("is the package rust-web-src of the same version as rustc-web?")
    })?;
    copy_libraries(&scratch.join("target").join(target).join("release/deps"), libraries)?;
    std::fs::remove_dir_all(&scratch).map_err(|error| cannot("remove", &scratch, &error))
}

/// Copies each of [`LIBRARIES`] from `built`, where its file name carries a hash.
fn copy_libraries(built: &Path, libraries: &Path) -> Result<()> {
    if libraries.exists() {
        std::fs::remove_dir_all(libraries).map_err(|error| cannot("remove", libraries, &error))?;
    }
    create(libraries)?;
    let entries = std::fs::read_dir(built).map_err(|error| cannot("read", built, &error))?;
    let mut copied = 0;
    for file in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let wanted = LIBRARIES.iter().any(|library| name.starts_with(&format!("lib{library}-")));
        if wanted && name.ends_with(".rlib") {
            std::fs::copy(&file, libraries.join(&*name)).map_err(|error| cannot("copy", &file, &error))?;
            copied += 1;
        }
    }
    if copied == LIBRARIES.len() {
        return Ok(());
    }
    let listing = show(program("ls").arg(built));
    Err(Error::new(format!("expected one file each of {}, found {copied}", LIBRARIES.join(", "))).hint(listing))
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| cannot("write", file, &error))
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("cannot {verb} {}: {error}", path.display()))
}
