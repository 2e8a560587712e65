//! Starts a program in the board's emulator, shows what it prints and logs as it comes, and gives its exit code; after a time limit
//! the emulator is stopped. Where the board is hardware, a program of ours at the other end of a debug probe takes the emulator's place.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::log::{Log, Texts};
use super::manifest::{Kind, Manifest, targets};
use crate::debian;
use crate::error::{Error, Result};
use crate::process::{self, cargo, output, program, root, show, target_dir};

/// How often the end of a program is looked for.
const POLL: Duration = Duration::from_millis(5);

/// What became of a program.
pub struct Outcome {
    pub code: i32,
    /// What it printed.
    pub text: String,
    /// What it logged, decoded.
    pub log: Vec<String>,
}

/// Makes sure that the emulator of `board` is there.
///
/// # Errors
/// It is not, and cannot be installed; the message says what to install.
pub fn prepare(board: &Manifest) -> Result<()> {
    let (emulator, package) = match board.runner.kind {
        Kind::QemuArm => ("qemu-system-arm", "qemu-system-arm"),
        Kind::QemuRiscv32 => ("qemu-system-riscv32", "qemu-system-misc"),
        Kind::Rp2040js => return prepare_rp2040js(board),
        Kind::Probe => return prepare_probe(),
    };
    // Whatever way it was installed: it need not be Debian's.
    if output(program(emulator).arg("--version")).is_ok() {
        return Ok(());
    }
    debian::install(&[package]).map_err(|error| {
        Error::new(format!("{} runs in {emulator}, which is not there: {error}", board.name))
            .hint("install QEMU 7.2 or newer with its Arm and RISC-V systems, or put its folder into PATH")
    })
}

/// Builds the program that speaks to debug probes; unoptimised, since the link is what it waits for.
fn prepare_probe() -> Result<()> {
    let mut command = cargo(&["build", "--manifest-path"]);
    command.arg(root().join("xtask/probe/Cargo.toml")).arg("--target-dir").arg(target_dir().join("probe"));
    println!("+ {}", show(&command));
    process::run(&mut command)
}

/// Installs the packages of `targets/common/rp2040js`, as their lock file says, into the folder of builds.
fn prepare_rp2040js(board: &Manifest) -> Result<()> {
    let folder = rp2040js();
    for tool in ["node", "npm"] {
        if output(program(tool).arg("--version")).is_err() {
            return Err(Error::new(format!(
                "{} runs in rp2040js, a program for Node.js: {tool} is not there",
                board.name
            ))
            .hint("install Node.js 18 or newer with npm, or put its folder into PATH"));
        }
    }
    let cannot = |error: std::io::Error| Error::new(format!("cannot write {}: {error}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(cannot)?;
    let mut is_new = !folder.join("node_modules/rp2040js").is_dir();
    for file in ["package.json", "package-lock.json", "run.mjs"] {
        let text = std::fs::read(targets().join("common/rp2040js").join(file)).map_err(cannot)?;
        if std::fs::read(folder.join(file)).is_ok_and(|old| old == text) {
            continue;
        }
        std::fs::write(folder.join(file), text).map_err(cannot)?;
        is_new = is_new || file == "package-lock.json";
    }
    if !is_new {
        return Ok(());
    }
    let mut command = program("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(&folder);
    println!("+ {}", show(&command));
    process::run(&mut command)
}

/// Where rp2040js is installed.
fn rp2040js() -> PathBuf {
    target_dir().join("boards/rp2040js")
}

/// The command that runs `elf` on `board`.
pub fn command(board: &Manifest, elf: &Path) -> Command {
    let mut command = program(match board.runner.kind {
        Kind::QemuArm => "qemu-system-arm",
        Kind::QemuRiscv32 => "qemu-system-riscv32",
        Kind::Rp2040js => {
            let mut command = program("node");
            command.arg(rp2040js().join("run.mjs")).arg(elf);
            return command;
        }
        Kind::Probe => {
            let mut command = program(target_dir().join("probe/debug/sheave-probe"));
            command.args(["--chip", &board.runner.machine]).arg(elf);
            return command;
        }
    });
    command.args(["-machine", &board.runner.machine]).args(["-display", "none", "-monitor", "none", "-serial", "none"]);
    if board.runner.kind == Kind::QemuRiscv32 {
        // The program is all there is: no firmware of QEMU's below it.
        command.args(["-bios", "none"]);
    }
    // Semihosting's console is QEMU's standard output.
    command.args(["-chardev", "stdio,id=console,signal=off"]);
    command.args(["-semihosting-config", "enable=on,target=native,chardev=console"]);
    command.arg("-kernel").arg(elf);
    command
}

/// Runs `elf` on `board`.
///
/// # Errors
/// The emulator cannot be started, takes longer than `limit`, or was killed; the program's log cannot be read.
pub fn run(board: &Manifest, elf: &Path, limit: Duration) -> Result<Outcome> {
    let folder = target_dir().join("boards/run").join(&board.name);
    std::fs::create_dir_all(&folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
    let texts = Texts::read(elf)?;
    let mut log = Log::new(&texts, &folder);
    let outcome = watch(command(board, elf).current_dir(&folder), limit, &mut || log.poll())?;
    Ok(Outcome { log: log.lines, ..outcome })
}

/// Runs `command` without showing what it prints.
///
/// # Errors
/// As [`run`].
pub fn run_quietly(command: &mut Command, limit: Duration) -> Result<Outcome> {
    watch_with(command, limit, &mut || (), |mut reader| {
        let mut text = Vec::new();
        // What cannot be read is an end.
        let _ = reader.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Runs `command`, an emulator with a program, and calls `poll` often and once more after its end.
///
/// # Errors
/// As [`run`].
pub fn watch(command: &mut Command, limit: Duration, poll: &mut dyn FnMut()) -> Result<Outcome> {
    watch_with(command, limit, poll, copy_lines)
}

fn watch_with(
    command: &mut Command,
    limit: Duration,
    poll: &mut dyn FnMut(),
    read: impl FnOnce(BufReader<ChildStdout>) -> String + Send + 'static,
) -> Result<Outcome> {
    let name = command.get_program().to_string_lossy().into_owned();
    let cannot = |error: std::io::Error| Error::new(format!("cannot run `{name}`: {error}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let pipe = child.stdout.take().expect("standard output is piped by the line above");
    let reader = std::thread::spawn(move || read(BufReader::new(pipe)));
    let status = wait(&mut child, limit, poll).map_err(cannot)?;
    poll();
    let text = reader.join().unwrap_or_default();
    let Some(status) = status else {
        return Err(Error::new(format!("the program did not end within {} s and was stopped", limit.as_secs_f64()))
            .hint("--timeout SECONDS gives it longer"));
    };
    let code = status.code().ok_or_else(|| Error::new(format!("`{name}` was ended: {status}")))?;
    Ok(Outcome { code, text, log: Vec::new() })
}

/// Shows every line as it comes, and gives all of them.
fn copy_lines(mut reader: impl BufRead) -> String {
    let mut text = Vec::new();
    let mut out = std::io::stdout();
    loop {
        let start = text.len();
        // What cannot be read is an end; a reader of ours that went away must not stop the run.
        if reader.read_until(b'\n', &mut text).map_or(true, |length| length == 0) {
            return String::from_utf8_lossy(&text).into_owned();
        }
        let _ = out.write_all(&text[start..]).and_then(|()| out.flush());
    }
}

/// Waits for the end of `child`; stops it at the limit, and then gives nothing.
fn wait(child: &mut Child, limit: Duration, poll: &mut dyn FnMut()) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        poll();
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn output_and_exit_code_are_those_of_the_program() {
        let mut command = program("sh");
        command.args(["-c", "echo one; printf two; exit 7"]);
        let outcome = watch(&mut command, Duration::from_secs(60), &mut || ()).unwrap();
        assert_eq!((outcome.code, &*outcome.text), (7, "one\ntwo"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_stopped() {
        let ended = watch(program("sleep").arg("60"), Duration::from_millis(20), &mut || ());
        let error = ended.err().unwrap().to_string();
        assert!(error.contains("did not end within 0.02 s") && error.contains("--timeout"), "{error}");
    }
}
