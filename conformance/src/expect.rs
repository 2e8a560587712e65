//! Known failures: `expect/<slice>.toml`, read at run time so that an edit needs no build.
//!
//! ```toml
//! [[failure]]
//! file = "linking.wast"
//! line = 12             # without it: the whole file is expected to fail somewhere
//! reason = "tables are not shared yet"
//! issue = 7
//! ```
//!
//! Every entry has a reason and an issue. The tests still run: an entry whose line passes (or is skipped, or no longer
//! exists) fails the run, until it is struck off.

use std::{fs, io, ops::Range, path::Path};

use serde::Deserialize;
use toml::Spanned;

use crate::Outcome;

/// One known failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The script within its slice.
    pub file: String,
    /// The line of the command; without one, any of the file.
    pub line: Option<u32>,
    /// Why it fails.
    pub reason: String,
    /// Where it is tracked.
    pub issue: u32,
    /// Where the entry stands: `expect/gc.toml:3`.
    pub place: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    failure: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    line: Option<u32>,
    reason: String,
    issue: u32,
}

/// Reads the known failures of one slice; none if the slice has no file.
///
/// # Errors
///
/// The file cannot be read, or an entry is malformed or has no reason: with file name and line.
pub fn read(folder: &Path, slice: &str) -> Result<Vec<Expectation>, String> {
    let path = folder.join(format!("{slice}.toml"));
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text, &format!("expect/{slice}.toml")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Parses the known failures of one slice; `name` is used in messages.
///
/// # Errors
///
/// As [`read`].
pub fn parse(text: &str, name: &str) -> Result<Vec<Expectation>, String> {
    let place = |span: Option<Range<usize>>| {
        let start = span.map_or(0, |span| span.start).min(text.len());
        format!("{name}:{}", text[..start].matches('\n').count() + 1)
    };
    let list: List = toml::from_str(text).map_err(|error| format!("{}: {}", place(error.span()), error.message()))?;
    list.failure
        .into_iter()
        .map(|entry| {
            let place = place(Some(entry.span()));
            let Entry { file, line, reason, issue } = entry.into_inner();
            if reason.trim().is_empty() {
                return Err(format!("{place}: the entry for {file:?} gives no reason"));
            }
            Ok(Expectation { file, line, reason, issue, place })
        })
        .collect()
}

/// Sets `expected[i]` where outcome `i` of `file` is a known failure.
///
/// Returns one message for every entry that did not come true; any message fails the run.
pub fn apply(
    expectations: &[Expectation],
    file: &str,
    outcomes: &[(u32, Outcome)],
    expected: &mut [bool],
) -> Vec<String> {
    let mut unexpected = Vec::new();
    for entry in expectations.iter().filter(|entry| entry.file == file) {
        let mut came_true = false;
        for ((line, outcome), expected) in outcomes.iter().zip(&mut *expected) {
            if entry.line.is_none_or(|it| it == *line) && matches!(outcome, Outcome::Failed(_)) {
                (came_true, *expected) = (true, true);
            }
        }
        if !came_true {
            let line = entry.line.map_or(String::new(), |line| format!(":{line}"));
            unexpected.push(format!("{}: {file}{line} was expected to fail, but did not; strike it off", entry.place));
        }
    }
    unexpected
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# known\n[[failure]]\nfile = \"a.wast\"\nline = 3\nreason = \"because\"\nissue = 7\n";

    fn outcomes() -> [(u32, Outcome); 3] {
        [(1, Outcome::Passed), (3, Outcome::Failed("x".into())), (5, Outcome::Skipped("needs gc".into()))]
    }

    /// Applies entries for `a.wast` to [`outcomes`]: which outcomes are expected failures, and how many messages.
    fn check(lines: &[Option<u32>], expected: [bool; 3], messages: usize) {
        let entries: Vec<_> = lines
            .iter()
            .map(|line| Expectation { line: *line, ..parse(GOOD, "expect/x.toml").expect("good")[0].clone() })
            .collect();
        let mut marks = [false; 3];
        assert_eq!(apply(&entries, "a.wast", &outcomes(), &mut marks).len(), messages, "{lines:?}");
        assert_eq!(marks, expected, "{lines:?}");
    }

    #[test]
    fn entries_come_true_or_are_reported() {
        check(&[Some(3)], [false, true, false], 0);
        check(&[None], [false, true, false], 0);
        check(&[Some(1)], [false; 3], 1);
        check(&[Some(5)], [false; 3], 1);
        check(&[Some(2), Some(3)], [false, true, false], 1);
    }

    #[test]
    fn other_files_are_left_alone() {
        let entries = parse(GOOD, "expect/x.toml").expect("good");
        let mut marks = [false; 3];
        assert!(apply(&entries, "b.wast", &outcomes(), &mut marks).is_empty());
        assert_eq!(marks, [false; 3]);
    }

    #[test]
    fn a_whole_file_that_passes_is_an_unexpected_pass() {
        let entries = vec![Expectation { line: None, ..parse(GOOD, "expect/x.toml").expect("good")[0].clone() }];
        let messages = apply(&entries, "a.wast", &[(1, Outcome::Passed)], &mut [false]);
        assert!(messages[0].starts_with("expect/x.toml:2: a.wast was expected to fail"), "{messages:?}");
    }

    #[test]
    fn bad_entries_name_file_and_line() {
        let error = |from: &str, to: &str| parse(&GOOD.replace(from, to), "expect/x.toml").expect_err("bad");
        assert!(error("\"because\"", "\" \"").starts_with("expect/x.toml:2: the entry for \"a.wast\" gives no reason"));
        assert!(error("reason = \"because\"\n", "").starts_with("expect/x.toml:2:"));
        assert!(error("issue = 7\n", "").starts_with("expect/x.toml:2:"));
        assert!(error("line = 3", "line = \"x\"").starts_with("expect/x.toml:4:"));
        assert!(error("line = 3", "lines = 3").starts_with("expect/x.toml:4:"));
        assert!(error("[[failure]]", "[[failure").starts_with("expect/x.toml:2:"));
    }
}
