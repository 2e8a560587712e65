//! The command: runs slices of the test suite or script files, in process or on a device, prints tables or JSON, exits 1 if
//! anything is wrong.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use sheave_conformance::{
    Options, Summary, html, remote, run_files, run_slices,
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
                  sheave-conformance --slice simd --json            one slice, for scripts\n  \
                  sheave-conformance my.wast                        your own scripts\n  \
                  sheave-conformance --stream                       as a device would run them, in process\n  \
                  sheave-conformance --slice wasm-1.0 -- qemu-system-arm ...   on a device, behind a program"
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
    /// Collect garbage at each allocation of a structure, an array or an exception, and overwrite what is free.
    #[arg(long)]
    collect_always: bool,
    /// Print every failure instead of the first few of each script.
    #[arg(long, short)]
    verbose: bool,
    /// Print the whole result as JSON.
    #[arg(long)]
    json: bool,
    /// List the slices and stop.
    #[arg(long)]
    list: bool,
    /// Write the result as JSON to this file too.
    #[arg(long, value_name = "FILE")]
    json_file: Option<PathBuf>,
    /// Write the report to this file too, as HTML.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Run the slices by way of the command stream that devices get, on a player in this process.
    #[arg(long, conflicts_with_all = ["scripts", "fuel", "lazy", "fail_fast"])]
    stream: bool,
    /// With --stream: bytes of memory that guests may take together, as if the device had no more.
    #[arg(long, value_name = "BYTES", requires = "stream")]
    memory: Option<u64>,
    /// Scripts to run instead of slices.
    #[arg(value_name = "FILE")]
    scripts: Vec<PathBuf>,
    /// A program that plays the command stream, started in a folder with requests.bin, and its arguments.
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = ["scripts", "fuel", "lazy", "fail_fast", "stream"])]
    device: Vec<String>,
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
    let options = Options {
        fail_fast: args.fail_fast,
        fuel: args.fuel,
        lazy: args.lazy,
        collects_always: args.collect_always,
        progress: true,
        ..Options::default()
    };
    match run(&args, &options).and_then(|summary| write_files(&args, &summary).map(|()| summary)) {
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

fn run(args: &Args, options: &Options) -> Result<Summary, String> {
    let (slices, filter) = (&args.slice, args.file.as_deref());
    if args.stream {
        let mut device = remote::InProcess::new(args.memory.unwrap_or(u64::MAX));
        return remote::run_slices(slices, filter, options, &mut device, args.memory.is_none());
    }
    if !args.device.is_empty() {
        let mut device = remote::Program::new(args.device.clone())?;
        return remote::run_slices(slices, filter, options, &mut device, false);
    }
    if args.scripts.is_empty() { run_slices(slices, filter, options) } else { run_files(&args.scripts, options) }
}

fn write_files(args: &Args, summary: &Summary) -> Result<(), String> {
    let write = |path: &Path, text| fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
    args.json_file.iter().try_for_each(|path| write(path, summary.to_json()))?;
    args.html.iter().try_for_each(|path| write(path, html::to_html(summary)))
}
