//! Why a command could not do what it was asked: one message, perhaps a hint, an exit code.

use crate::output;
use std::{fmt::Display, process::ExitCode};

/// Exit code when the module, or the machine, is to blame.
pub const MODULE: u8 = 1;
/// Exit code when the command line is to blame; clap uses the same.
pub const USAGE: u8 = 2;
/// Exit code of a guest that was stopped by a trap, as of a process that aborts.
pub const TRAP: u8 = 134;

/// What is printed before the command exits.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The module, or the machine, is to blame.
    pub fn module(message: impl Display) -> Failure {
        Failure { code: MODULE, message: message.to_string(), hint: None }
    }

    /// The command line is to blame.
    pub fn usage(message: impl Display) -> Failure {
        Failure { code: USAGE, message: message.to_string(), hint: None }
    }

    /// The guest trapped.
    pub fn trap(message: impl Display) -> Failure {
        Failure { code: TRAP, message: message.to_string(), hint: None }
    }

    /// The same with advice on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Failure {
        self.hint = hint.into().or(self.hint);
        self
    }

    /// What went wrong, without the hint.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Prints it to stderr and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let mut text = format!("{} {}\n", output::paint_err("error:", output::RED), self.message);
        if let Some(hint) = &self.hint {
            text += &format!("{} {hint}\n", output::paint_err("hint:", output::BOLD));
        }
        output::to_stderr(&text);
        ExitCode::from(self.code)
    }
}

/// The candidate most like `name`, if any is like it.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Two wrong letters in five are a slip, more are another word.
    const LIKE: f64 = 0.59;
    let likeness = |candidate| strsim::normalized_damerau_levenshtein(name, candidate);
    let rated = candidates.into_iter().map(|candidate| (likeness(candidate), candidate));
    rated.filter(|(likeness, _)| *likeness > LIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_is_found_and_a_distant_one_is_not() {
        assert_eq!(closest("fd_wirte", ["fd_read", "fd_write", "proc_exit"]), Some("fd_write"));
        assert_eq!(closest("ad", ["div", "add"]), Some("add"));
        assert_eq!(closest("nope.wat", ["m.wat"]), None);
        assert_eq!(closest("zzz", ["fd_read", "fd_write"]), None);
    }
}
