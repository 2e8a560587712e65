//! Child processes: how cargo and other programs are started, shown and judged.
//! Every command runs at the root of the workspace and with an empty standard input, so that a task behaves the same
//! in a terminal and in CI.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::tally::Tally;

/// The root of the workspace: the folder above this crate.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("xtask lies one folder below the root of the workspace").to_path_buf()
}

/// The folder cargo builds into.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// A command that runs at the root of the workspace.
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The cargo that started this task (else the one in the path), with `args`.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Waits until no other process holds the lock of this name, and holds it until the file is dropped: steps of the test command run beside
/// one another, and what they install or assemble is the same for all.
///
/// # Errors
/// The file cannot be made or locked.
pub fn lock(name: &str) -> Result<std::fs::File> {
    let path = target_dir().join(format!("{name}.lock"));
    let opened = std::fs::create_dir_all(target_dir()).and_then(|()| std::fs::File::create(&path));
    let locked = opened.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Error::new(format!("{}: {error}", path.display())))
}

/// The compiler the user builds with.
pub fn rustc() -> Command {
    program(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The command as one would type it, with the variables it sets.
pub fn show(command: &Command) -> String {
    let mut words = Vec::new();
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", key.to_string_lossy(), quote(&value.to_string_lossy())));
        }
    }
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    words.push(name.to_string_lossy().into_owned());
    words.extend(command.get_args().map(|arg| quote(&arg.to_string_lossy())));
    words.join(" ")
}

fn quote(word: &str) -> String {
    if word.is_empty() || word.contains([' ', '"', '$']) { format!("'{word}'") } else { word.to_string() }
}

/// Runs a command whose output goes straight to the reader.
///
/// # Errors
/// The program cannot be started, or its exit code is not 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(Error::new(format!("`{}` failed: {status}", show(command)))) }
}

/// Runs a command, shows its output as it comes, and counts the tests it reports on standard output.
///
/// A command that fails without reporting a failed test (say, it did not compile) counts as one failure, and so does one
/// that reports to have run no test; one that succeeds and reports nothing counts as one success.
///
/// # Errors
/// The program cannot be started.
pub fn run_counting(command: &mut Command) -> Result<Tally> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    let pipe = child.stdout.take().expect("standard output is piped by the line above");
    let mut tally = Tally::default();
    let mut line = Vec::new();
    let mut reader = BufReader::new(pipe);
    let mut out = std::io::stdout();
    // A reader of ours that went away must not stop the run: write errors are ignored.
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let _ = out.write_all(&line).and_then(|()| out.flush());
        tally.read_line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    let status = child.wait().map_err(|error| cannot_start(command, &error))?;
    if status.success() && tally.ran_nothing() {
        println!("error: `{}` ran no test", show(command));
    }
    Ok(tally.judged_by(status.success()))
}

/// Runs a command and gives back what it prints on standard output.
///
/// # Errors
/// The program cannot be started, its exit code is not 0 (its standard error is in the message), or it prints
/// something that is not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(Error::new(format!("`{}` failed: {}\n{}", show(command), output.status, stderr.trim_end())));
    }
    String::from_utf8(output.stdout).map_err(|_| Error::new(format!("`{}` printed bytes, not text", show(command))))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Error {
    let name = command.get_program().to_string_lossy();
    Error::new(format!("cannot run `{name}`: {error}")).hint(format!("install `{name}`, or put its folder into PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_typed() {
        let mut command = Command::new("/some/where/cargo");
        command.args(["doc", "--no-deps", "a b"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("RUSTFLAGS");
        assert_eq!(show(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'a b'");
    }

    #[test]
    fn output_of_a_failing_command_is_an_error_that_names_it() {
        let error = output(&mut cargo(&["no-such-subcommand"])).unwrap_err().to_string();
        assert!(error.contains("cargo no-such-subcommand"), "{error}");
    }

    #[test]
    fn a_program_that_is_missing_is_named_with_a_hint() {
        let error = run(&mut program("sheave-no-such-program")).unwrap_err().to_string();
        assert!(error.contains("cannot run `sheave-no-such-program`") && error.contains("\nhint: "), "{error}");
    }
}
