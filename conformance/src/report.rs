//! What a run found, as data (JSON) and as tables for people.
//!
//! Numbers are assertions; a failing command of another kind (a module that does not instantiate) counts as one
//! failure, so that totals without failures are exactly the assertions of the scripts.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use crate::{Outcome, Script, expect, expect::Expectation, stream::Board};

/// Numbers of assertions by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Judged and right.
    pub passed: u32,
    /// Judged and wrong, not among the known failures.
    pub failed: u32,
    /// Judged and wrong, as listed in `expect/`.
    pub expected_failures: u32,
    /// Not judged.
    pub skipped: u32,
    /// Malformed text, rejected by the text parser; no engine involved.
    pub text_only: u32,
    /// Rejected wasm, judged on the host although the run is one on a device.
    pub host_only: u32,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.expected_failures += other.expected_failures;
        self.skipped += other.skipped;
        self.text_only += other.text_only;
        self.host_only += other.host_only;
    }
}

/// A command that did not do what its script demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReport {
    /// The line of the command.
    pub line: u32,
    /// Expected and got.
    pub message: String,
}

/// Commands that were not judged, all for the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SkipReport {
    /// The line of the first: mostly the module that the others need.
    pub first_line: u32,
    /// How many, modules included.
    pub commands: u32,
}

/// The result of one script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The name of the script.
    pub file: String,
    /// How many assertions the script has.
    pub assertions: u32,
    /// Assertions by outcome.
    pub counts: Counts,
    /// Failures that are not listed as known.
    pub failures: Vec<FailureReport>,
    /// Skipped commands by reason, modules included.
    pub skipped: BTreeMap<String, SkipReport>,
    /// Assertions judged on the host instead of the device, by reason.
    pub host_only: BTreeMap<String, u32>,
    /// Known failures that did not come true.
    pub unexpected_passes: Vec<String>,
}

impl FileReport {
    /// Counts the outcomes of a script, known failures apart.
    pub fn new(file: &str, script: &Script, outcomes: Vec<Outcome>, expectations: &[Expectation]) -> Self {
        let lines = script.steps.iter().map(|step| step.line);
        let outcomes: Vec<_> = lines.zip(outcomes).collect();
        let mut expected = vec![false; outcomes.len()];
        let unexpected_passes = expect::apply(expectations, file, &outcomes, &mut expected);
        let mut report = Self { unexpected_passes, ..Self::empty(file) };
        for ((step, (line, outcome)), expected) in script.steps.iter().zip(outcomes).zip(expected) {
            let assertions = step.command.assertions_count();
            report.assertions += assertions;
            let counts = &mut report.counts;
            match outcome {
                Outcome::Passed => counts.passed += assertions,
                Outcome::TextOnly => counts.text_only += assertions,
                Outcome::HostOnly(reason) => {
                    counts.host_only += assertions;
                    *report.host_only.entry(reason).or_default() += assertions;
                }
                Outcome::Skipped(reason) => {
                    counts.skipped += assertions;
                    report.skipped.entry(reason).or_insert(SkipReport { first_line: line, commands: 0 }).commands += 1;
                }
                Outcome::Failed(_) if expected => counts.expected_failures += 1,
                Outcome::Failed(message) => {
                    counts.failed += 1;
                    report.failures.push(FailureReport { line, message });
                }
            }
        }
        report
    }

    /// A script that could not be run at all: one failure.
    pub fn broken(file: &str, line: u32, message: String) -> Self {
        let counts = Counts { failed: 1, ..Counts::default() };
        Self { counts, failures: vec![FailureReport { line, message }], ..Self::empty(file) }
    }

    fn empty(file: &str) -> Self {
        Self {
            file: file.into(),
            assertions: 0,
            counts: Counts::default(),
            failures: Vec::new(),
            skipped: BTreeMap::new(),
            host_only: BTreeMap::new(),
            unexpected_passes: Vec::new(),
        }
    }

    /// Whether nothing failed and every known failure came true.
    pub fn is_ok(&self) -> bool {
        self.counts.failed == 0 && self.unexpected_passes.is_empty()
    }
}

/// The result of one slice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SliceReport {
    /// The name of the slice.
    pub slice: String,
    /// Its scripts, in order of their names.
    pub files: Vec<FileReport>,
    /// What is wrong with the slice itself: numbers that disagree with `suites.toml`, skips in a core slice.
    pub problems: Vec<String>,
}

impl SliceReport {
    /// The numbers of all its scripts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.files.iter().for_each(|file| counts.add(file.counts));
        counts
    }

    /// The assertions of all its scripts.
    pub fn assertions(&self) -> u32 {
        self.files.iter().map(|file| file.assertions).sum()
    }
}

/// What a run on a device adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceReport {
    /// The device, in its own words.
    pub board: Board,
    /// How long it took, in ms.
    pub milliseconds: u64,
    /// How long the stream was, in bytes.
    pub stream_bytes: u64,
    /// Assertions that both the device and a run in process, from wasm, have judged.
    pub compared: u32,
    /// Those of them with the same outcome.
    pub same: u32,
}

impl DeviceReport {
    /// Its lines above the totals.
    pub(crate) fn lines(&self) -> Vec<String> {
        let Board { name, pointer_bits, memory_bytes, stack_bytes, .. } = &self.board;
        let memory =
            if *memory_bytes == u64::MAX { "as much as there is".into() } else { format!("{memory_bytes} bytes") };
        let (seconds, tenths) = (self.milliseconds / 1000, self.milliseconds / 100 % 10);
        vec![
            format!("{name}: {pointer_bits} bits, guests get {memory} and a stack of {stack_bytes} bytes"),
            format!("{} bytes streamed, played in {seconds}.{tenths} s", self.stream_bytes),
            format!("the same {} of {} executable assertions as in process, from wasm", self.same, self.compared),
        ]
    }
}

/// The result of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The slices that were run.
    pub slices: Vec<SliceReport>,
    /// The device that it was run on, if that was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceReport>,
}

impl Summary {
    /// The numbers of all slices. Slices overlap: this says what the run did, not how large the suite is.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.slices.iter().for_each(|slice| counts.add(slice.counts()));
        counts
    }

    /// Whether nothing failed, every known failure came true, and no slice has a problem.
    pub fn is_ok(&self) -> bool {
        self.slices.iter().all(|slice| slice.problems.is_empty() && slice.files.iter().all(FileReport::is_ok))
    }

    /// The whole result for scripts.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Totals<'a> {
            ok: bool,
            counts: Counts,
            #[serde(flatten)]
            summary: &'a Summary,
        }
        let totals = Totals { ok: self.is_ok(), counts: self.counts(), summary: self };
        serde_json::to_string_pretty(&totals).expect("plain data with string keys")
    }

    /// The tables, the failures, and the totals in the last line. With `verbose` every failure is printed; without,
    /// at most [`FAILURES_SHOWN`] a file.
    pub fn to_text(&self, verbose: bool) -> String {
        let mut out = String::new();
        for slice in &self.slices {
            write_slice(&mut out, slice, verbose);
        }
        if self.slices.len() > 1 {
            writeln!(out, "{}", header("slice")).expect("a string grows");
            for slice in &self.slices {
                writeln!(out, "{}", row(&slice.slice, slice.assertions(), slice.counts())).expect("a string grows");
            }
            out.push_str("Slices overlap: the totals below are what this run did, not the size of the suite.\n");
        }
        let counts = self.counts();
        if counts.text_only > 0 {
            let text_only = counts.text_only;
            writeln!(out, "{text_only} more need only the text parser (malformed text): rejected as demanded")
                .expect("a string grows");
        }
        if counts.expected_failures > 0 {
            writeln!(out, "{} known failures failed as listed in expect/", counts.expected_failures)
                .expect("a string grows");
        }
        if counts.host_only > 0 {
            let host_only = counts.host_only;
            writeln!(out, "{host_only} more are host-only ({}): right, on the host", crate::images::NO_TRANSLATOR)
                .expect("a string grows");
        }
        for line in self.device.iter().flat_map(DeviceReport::lines) {
            writeln!(out, "{line}").expect("a string grows");
        }
        let Counts { passed, failed, skipped, .. } = counts;
        writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped").expect("a string grows");
        out
    }
}

/// How many failures of a file are printed unless asked for all.
pub const FAILURES_SHOWN: usize = 5;

fn header(first: &str) -> String {
    format!(
        "{first:<40} {:>10} {:>8} {:>7} {:>9} {:>8} {:>10} {:>10}",
        "assertions", "passed", "failed", "expected", "skipped", "text-only", "host-only"
    )
}

fn row(name: &str, assertions: u32, counts: Counts) -> String {
    let Counts { passed, failed, expected_failures, skipped, text_only, host_only } = counts;
    format!(
        "{name:<40} {assertions:>10} {passed:>8} {failed:>7} {expected_failures:>9} {skipped:>8} {text_only:>10} {host_only:>10}"
    )
}

fn write_slice(out: &mut String, slice: &SliceReport, verbose: bool) {
    writeln!(out, "{}", header(&slice.slice)).expect("a string grows");
    for file in &slice.files {
        writeln!(out, "  {}", &row(&file.file, file.assertions, file.counts)).expect("a string grows");
        for (reason, skip) in &file.skipped {
            writeln!(out, "      {}:{}: {reason}: {} skipped from here", file.file, skip.first_line, skip.commands)
                .expect("a string grows");
        }
        let shown = if verbose { usize::MAX } else { FAILURES_SHOWN };
        for failure in file.failures.iter().take(shown) {
            writeln!(out, "      {}:{}: {}", file.file, failure.line, failure.message).expect("a string grows");
        }
        if file.failures.len() > shown {
            writeln!(out, "      and {} more; --verbose shows all", file.failures.len() - shown)
                .expect("a string grows");
        }
        for message in &file.unexpected_passes {
            writeln!(out, "      {message}").expect("a string grows");
        }
    }
    writeln!(out, "{}", row("total", slice.assertions(), slice.counts())).expect("a string grows");
    for problem in &slice.problems {
        writeln!(out, "  {}: {problem}", slice.slice).expect("a string grows");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wast;

    fn report(outcomes: Vec<Outcome>, expectations: &[Expectation]) -> FileReport {
        let script = wast::parse("(module)\n(assert_return (invoke \"f\"))\n(assert_return (invoke \"g\"))");
        FileReport::new("a.wast", &script.expect("a script"), outcomes, expectations)
    }

    fn text(file: FileReport) -> String {
        let slice = SliceReport { slice: "s".into(), files: vec![file], problems: vec![] };
        Summary { slices: vec![slice], device: None }.to_text(false)
    }

    #[test]
    fn only_assertions_pass_but_every_failure_counts() {
        use Outcome::{Failed, Passed, Skipped};
        let all = report(vec![Passed, Passed, Passed], &[]);
        assert_eq!((all.assertions, all.counts.passed, all.is_ok()), (2, 2, true));
        let mixed = report(vec![Failed("no".into()), Skipped("needs gc".into()), Passed], &[]);
        assert_eq!((mixed.counts.passed, mixed.counts.failed, mixed.counts.skipped), (1, 1, 1));
        assert!(!mixed.is_ok());
        let text = text(mixed);
        assert!(text.contains("a.wast:1: no") && text.contains("a.wast:2: needs gc: 1 skipped"), "{text}");
        assert!(text.ends_with("\n1 passed, 1 failed, 1 skipped\n"), "{text}");
    }

    #[test]
    fn known_failures_are_counted_apart_and_an_unexpected_pass_fails() {
        let known = expect::parse(
            "[[failure]]\nfile = \"a.wast\"\nline = 2\nreason = \"because\"\nissue = 1\n",
            "expect/s.toml",
        )
        .expect("good");
        let fails = report(vec![Outcome::Passed, Outcome::Failed("x".into()), Outcome::Passed], &known);
        assert!(fails.is_ok());
        assert_eq!(fails.counts.expected_failures, 1);
        let passes = report(vec![Outcome::Passed; 3], &known);
        assert!(!passes.is_ok());
        assert!(text(passes).contains("expect/s.toml:1: a.wast:2 was expected to fail"));
    }
}
