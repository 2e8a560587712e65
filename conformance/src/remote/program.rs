//! A device behind a program, such as an emulator with semihosting: it is started in a folder where it finds the stream as
//! `requests.bin` and appends its replies to `replies.bin`. What it prints is kept for messages.

use std::{
    env, fs,
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    process::{self, Child, Command, Stdio},
};

use super::{Device, LastWords};

/// How much of what a program has printed a message repeats.
const WORDS_CHARS: usize = 300;
/// The exit code of a board's program whose heap is used up.
const EXIT_MEMORY: i32 = 137;

/// A device that is a program.
pub struct Program {
    command: Vec<String>,
    folder: PathBuf,
    child: Option<Child>,
    read_bytes: u64,
}

impl Program {
    /// Started by this command, a program and its arguments.
    ///
    /// # Errors
    ///
    /// There is no folder for temporary files.
    pub fn new(command: Vec<String>) -> Result<Self, String> {
        let folder = env::temp_dir().join(format!("sheave-conformance-{}", process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { command, folder, child: None, read_bytes: 0 })
    }

    fn start_child(&self, requests: &[u8]) -> std::io::Result<Child> {
        fs::write(self.folder.join("requests.bin"), requests)?;
        fs::write(self.folder.join("replies.bin"), [])?;
        let console = File::create(self.folder.join("console.txt"))?;
        let (name, args) = self.command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(name);
        command.args(args).current_dir(&self.folder).stdin(Stdio::null()).stdout(console.try_clone()?).stderr(console);
        command.spawn()
    }

    fn read_replies(&mut self, replies: &mut Vec<u8>) -> std::io::Result<()> {
        let mut file = File::open(self.folder.join("replies.bin"))?;
        file.seek(SeekFrom::Start(self.read_bytes))?;
        self.read_bytes += file.read_to_end(replies)? as u64;
        Ok(())
    }
}

impl Device for Program {
    fn start(&mut self, requests: Vec<u8>) -> Result<(), String> {
        let name = self.command.first().cloned().unwrap_or_default();
        self.child = Some(self.start_child(&requests).map_err(|error| format!("cannot start {name:?}: {error}"))?);
        self.read_bytes = 0;
        Ok(())
    }

    fn poll(&mut self, replies: &mut Vec<u8>) -> Result<bool, String> {
        // In this order: what comes last is not missed.
        let status = self.child.as_mut().map(Child::try_wait).transpose().map_err(|error| error.to_string())?;
        let is_running = matches!(status, Some(None));
        self.read_replies(replies).map_err(|error| format!("replies.bin: {error}"))?;
        Ok(is_running)
    }

    fn stop(&mut self) -> LastWords {
        let Some(mut child) = self.child.take() else { return LastWords::default() };
        // It may have ended by itself, which is an error of `kill` and just as well.
        let _ = child.kill();
        let status = child.wait();
        let is_out_of_memory = status.as_ref().is_ok_and(|status| status.code() == Some(EXIT_MEMORY));
        let status = status.map_or(String::new(), |status| status.to_string());
        let printed = fs::read(self.folder.join("console.txt")).unwrap_or_default();
        let printed = String::from_utf8_lossy(&printed).trim().replace('\n', " / ");
        let skipped_chars = printed.chars().count().saturating_sub(WORDS_CHARS);
        let text = format!("{status}; {}", printed.chars().skip(skipped_chars).collect::<String>());
        LastWords { text, is_out_of_memory }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
        // What cannot be removed is a temporary file of the system's.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
