//! What the guests share: reading the file an argument names (or stdin), writing bytes to stdout, and leaving with a message.
#![forbid(unsafe_code)]

use std::fs;
use std::io::{self, Read, Write};
use std::process;

/// The bytes of the file `path`, or of stdin if there is none or it is `-`. Leaves the program if they cannot be read.
pub fn read_input(path: Option<&str>) -> Vec<u8> {
    let result = match path {
        None | Some("-") => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        Some(path) => fs::read(path),
    };
    result.unwrap_or_else(|error| fail(&format!("{}: {}", path.unwrap_or("stdin"), describe(&error))))
}

/// As [`read_input`], for text.
pub fn read_text(path: Option<&str>) -> String {
    String::from_utf8(read_input(path)).unwrap_or_else(|_| fail(&format!("{}: not UTF-8", path.unwrap_or("stdin"))))
}

/// Writes `bytes` to stdout. A reader that went away ends the program quietly.
pub fn write_stdout(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    if stdout.write_all(bytes).and_then(|()| stdout.flush()).is_err() {
        process::exit(1);
    }
}

/// Prints `message` on stderr and leaves with code 2.
pub fn fail(message: &str) -> ! {
    eprintln!("{message}");
    process::exit(2)
}

/// An error's kind in words that are the same on every system.
pub fn describe(error: &io::Error) -> String {
    error.kind().to_string()
}

/// The command line after the program's name: options are taken out one by one, what is left are operands.
pub struct Args(Vec<String>);

impl Args {
    /// The arguments this process was started with.
    pub fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    /// Removes the first argument equal to one of `names`; whether there was one.
    pub fn flag(&mut self, names: &[&str]) -> bool {
        let found = self.0.iter().position(|arg| names.contains(&arg.as_str()));
        found.map(|index| self.0.remove(index)).is_some()
    }

    /// Removes `name VALUE` and returns the value.
    pub fn value(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|arg| arg == name)?;
        self.0.remove(index);
        if index == self.0.len() {
            fail(&format!("{name} needs a value"));
        }
        Some(self.0.remove(index))
    }

    /// As [`Args::value`], for a number of at least one.
    pub fn number(&mut self, name: &str) -> Option<usize> {
        let value = self.value(name)?;
        match value.parse() {
            Ok(number) if number > 0 => Some(number),
            _ => fail(&format!("{name} needs a number above 0, not `{value}`")),
        }
    }

    /// What is left, which must hold no option any more; `usage` is shown otherwise.
    pub fn operands(self, usage: &str) -> Vec<String> {
        if self.0.iter().any(|arg| arg.starts_with('-') && arg != "-") {
            fail(usage);
        }
        self.0
    }
}
