//! The command: runs slices of the test suite or script files, prints tables or JSON, exits 1 if anything is wrong.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use sheave_conformance::{
    Options, run_files, run_slices,
    suite::{Status, slices},
};

/// Run the official WebAssembly test suite on Sheave.
///
/// Without names the core slices run: everything in them must pass.
#[derive(Parser)]
#[command(
    name = "sheave-conformance",
    version,
    after_help = "Examples:\n  sheave-conformance                                the core slices\n  \
                  sheave-conformance --slice wasm-2.0 --file table  scripts of one slice by name\n  \
                  sheave-conformance --slice simd --json            a later slice, for scripts\n  \
                  sheave-conformance my.wast                        your own scripts"
)]
struct Args {
    /// A slice to run, or `all`; may be repeated.
    #[arg(long, value_name = "NAME", conflicts_with = "scripts")]
    slice: Vec<String>,
    /// Only scripts whose name contains this.
    #[arg(long, value_name = "TEXT", conflicts_with = "scripts")]
    file: Option<String>,
    /// Stop after the first script that fails.
    #[arg(long)]
    fail_fast: bool,
    /// Fuel for each call, so that an endless loop fails.
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Translate each function when it is first called.
    #[arg(long)]
    lazy: bool,
    /// Print every failure instead of the first few of each script.
    #[arg(long, short)]
    verbose: bool,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
    /// List the slices and stop.
    #[arg(long)]
    list: bool,
    /// Scripts to run instead of slices.
    #[arg(value_name = "FILE")]
    scripts: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        for slice in slices() {
            let status = if slice.status == Status::Core { "core" } else { "later" };
            println!("{:<38} {status:<6} {:>4} files {:>6} assertions", slice.name, slice.files, slice.assertions);
        }
        return ExitCode::SUCCESS;
    }
    let options =
        Options { fail_fast: args.fail_fast, fuel: args.fuel, lazy: args.lazy, progress: true, ..Options::default() };
    let result = if args.scripts.is_empty() {
        run_slices(&args.slice, args.file.as_deref(), &options)
    } else {
        run_files(&args.scripts, &options)
    };
    match result {
        Ok(summary) => {
            if args.json {
                println!("{}", summary.to_json());
            } else {
                print!("{}", summary.to_text(args.verbose));
            }
            ExitCode::from(u8::from(!summary.is_ok()))
        }
        Err(message) => {
            eprintln!("sheave-conformance: {message}");
            ExitCode::from(2)
        }
    }
}
