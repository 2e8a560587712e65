//! `sheave wast`: runs scripts of the specification's test suite.

use crate::{Failure, failure, output, source::check_readable};
use sheave_conformance::{Options, Summary, run_files};
use std::{path::PathBuf, process::ExitCode};

/// Run scripts of the WebAssembly test suite (.wast)
///
/// Prints a table of assertions by file, each failure with its line, and in the last line the sum: `N passed, N failed`.
/// What needs a feature that is not supported yet is skipped and listed as such. Exits with 1 if anything failed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave wast i32.wast
  sheave wast --fail-fast --fuel 100000000 tests/*.wast")]
pub struct Args {
    /// Scripts
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Stop after the first script that fails
    #[arg(long)]
    fail_fast: bool,
    /// Fuel for each call, so that an endless loop fails
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Print every failure instead of the first few of each script
    #[arg(long, short)]
    verbose: bool,
    /// Print the whole result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    args.files.iter().try_for_each(|file| check_readable(file))?;
    let options = Options { fail_fast: args.fail_fast, fuel: args.fuel, progress: !args.json, ..Options::default() };
    let summary = run_files(&args.files, &options).map_err(Failure::module)?;
    let text = if args.json { summary.to_json() + "\n" } else { table(&summary, args.verbose) };
    output::to_stdout(&text)?;
    Ok(if summary.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(failure::MODULE) })
}

/// The report with the last line that is promised: skipped assertions get a line of their own.
fn table(summary: &Summary, verbose: bool) -> String {
    let counts = summary.counts();
    let mut text = summary.to_text(verbose);
    // The report's own sum names the skipped in the same line.
    let sum_start = text.trim_end().rfind('\n').map_or(0, |line_end| line_end + 1);
    text.truncate(sum_start);
    if counts.skipped > 0 {
        text += &format!("{} skipped: they need features that are not supported yet, see above\n", counts.skipped);
    }
    text + &format!("{} passed, {} failed\n", counts.passed, counts.failed)
}
