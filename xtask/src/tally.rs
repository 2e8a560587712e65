//! Counts of passed and failed tests, read from what the runners print.
//!
//! Two closing lines are understood: cargo's `test result: …`, one for each test binary, which add up; and the
//! `N passed, N failed` that our own runners end with, of which the last one counts.

use std::fmt;

/// How many passed and how many failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sum of cargo's lines.
    cargo: Option<(u64, u64)>,
    /// The last closing line of a runner of ours.
    own: Option<(u64, u64)>,
}

impl Tally {
    /// A count known without reading output.
    pub fn new(passed: u64, failed: u64) -> Self {
        Self { cargo: None, own: Some((passed, failed)) }
    }

    /// Takes the counts from a line, if it is one of the closing lines.
    pub fn read_line(&mut self, line: &str) {
        if let Some((passed, failed)) = read_cargo_line(line) {
            let sum = self.cargo.get_or_insert((0, 0));
            sum.0 += passed;
            sum.1 += failed;
        } else if let Some(counts) = read_own_line(line) {
            self.own = Some(counts);
        }
    }

    /// The count once the exit code is known. A run without counts is one test itself; one that ended badly has at least
    /// one failure; so has one that counted no test at all, for it would pass whatever it was meant to test.
    #[must_use]
    pub fn judged_by(self, success: bool) -> Self {
        match (success, self.passed(), self.failed()) {
            (true, 0, 0) if self.ran_nothing() => Self::new(0, 1),
            (true, 0, 0) => Self::new(1, 0),
            (false, passed, 0) => Self::new(passed, 1),
            _ => self,
        }
    }

    /// Whether there are counts, and they say that no test ran.
    pub fn ran_nothing(self) -> bool {
        (self.cargo.is_some() || self.own.is_some()) && self.passed() + self.failed() == 0
    }

    /// Tests that passed.
    pub fn passed(self) -> u64 {
        self.cargo.map_or(0, |counts| counts.0) + self.own.map_or(0, |counts| counts.0)
    }

    /// Tests that failed.
    pub fn failed(self) -> u64 {
        self.cargo.map_or(0, |counts| counts.1) + self.own.map_or(0, |counts| counts.1)
    }
}

impl std::ops::Add for Tally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.passed() + other.passed(), self.failed() + other.failed())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed(), self.failed())
    }
}

/// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
fn read_cargo_line(line: &str) -> Option<(u64, u64)> {
    let (_, counts) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let mut parts = counts.split("; ");
    Some((count(parts.next()?, "passed")?, count(parts.next()?, "failed")?))
}

/// `3 passed, 0 failed`, perhaps followed by more counts after a comma.
fn read_own_line(line: &str) -> Option<(u64, u64)> {
    let mut parts = line.trim().split(", ");
    Some((count(parts.next()?, "passed")?, count(parts.next()?, "failed")?))
}

fn count(text: &str, what: &str) -> Option<u64> {
    text.strip_suffix(what)?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Tally {
        let mut tally = Tally::default();
        text.lines().for_each(|line| tally.read_line(line));
        tally
    }

    #[test]
    fn lines_of_cargo_add_up() {
        let text = "running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\n\
            test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n";
        assert_eq!(read(text).to_string(), "7 passed, 2 failed");
    }

    #[test]
    fn the_last_own_line_counts() {
        let text = "i32.wast: 10 passed, 0 failed\n10 passed, 0 failed\n18413 passed, 1 failed, 7 skipped\n";
        assert_eq!(read(text).to_string(), "18413 passed, 1 failed");
    }

    #[test]
    fn other_lines_do_not_count() {
        let text = "12 passed\nN passed, N failed\ntest result: ok\n3 tests passed, 0 failed\n-1 passed, 0 failed\n";
        assert_eq!(read(text), Tally::default());
    }

    #[test]
    fn a_run_without_counts_is_one_test() {
        assert_eq!(Tally::default().judged_by(true).to_string(), "1 passed, 0 failed");
        assert_eq!(Tally::default().judged_by(false).to_string(), "0 passed, 1 failed");
    }

    #[test]
    fn a_run_of_no_tests_is_a_failure() {
        let text = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s\n";
        assert_eq!(read(text).judged_by(true).to_string(), "0 passed, 1 failed");
    }

    #[test]
    fn a_bad_exit_code_is_at_least_one_failure() {
        assert_eq!(Tally::new(5, 0).judged_by(false).to_string(), "5 passed, 1 failed");
        assert_eq!(Tally::new(5, 3).judged_by(false).to_string(), "5 passed, 3 failed");
    }
}
