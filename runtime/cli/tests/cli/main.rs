//! The command as a whole: the built binary, small modules, exit codes and what is printed.

mod bound;
mod guests;
mod images;
mod look;
mod profile;
mod run;
mod shrink;
mod wasi;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Whether this build's dispatch can be observed: the command under test is of the same build.
pub fn can_observe() -> bool {
    sheave_interp::exec::BACK_END == "tail"
}

/// A folder for a test's files, and the command with that as its current folder.
pub struct Bench {
    folder: tempfile::TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Done {
    /// Exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub out: String,
    /// What it wrote to stderr.
    pub err: String,
}

impl Bench {
    /// An empty folder.
    pub fn empty() -> Bench {
        Bench { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A folder with one file.
    pub fn with(name: &str, content: impl AsRef<[u8]>) -> Bench {
        let bench = Bench::empty();
        bench.write(name, content);
        bench
    }

    /// Path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("its folder");
        std::fs::write(path, content).expect("a file");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sheave"));
        command.args(args).current_dir(self.folder.path());
        command
    }

    /// Runs `sheave` with these arguments and nothing on stdin.
    pub fn sheave(&self, args: &[&str]) -> Done {
        self.sheave_with_input(args, b"")
    }

    /// Runs `sheave` with this on stdin.
    pub fn sheave_with_input(&self, args: &[&str], input: &[u8]) -> Done {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        // One that does not read it closes the pipe, which is its right.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        done(child.wait_with_output().expect("the command ends"))
    }
}

fn done(Output { status, stdout, stderr }: Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Done { code: status.code().expect("no signal"), out: text(stdout), err: text(stderr) }
}

impl Done {
    /// Checks the exit code and that stderr has all these parts.
    #[track_caller]
    pub fn fails(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in {self:?}");
        }
    }

    /// Checks that it went well and printed this.
    #[track_caller]
    pub fn prints(&self, out: &str) {
        assert_eq!((self.code, self.out.as_str()), (0, out), "{self:?}");
    }
}
