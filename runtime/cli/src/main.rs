//! The command `sheave`: the way in to the runtime from a terminal or a script.
//!
//! One file a subcommand; each gives an exit code or a [`Failure`], which is printed here and nowhere else. `guest` is what
//! `run` and `profile` run, `source`
//! reads modules in any form, `units` and `values` parse arguments, `capability` says what imports need, `needs` what an image
//! needs of firmware, `report` is what `inspect` shows, `stack_depth` what `bound` finds out. Invariant: data goes to stdout, in one write
//! where possible, everything else to stderr.
#![forbid(unsafe_code)]

mod bound;
mod capability;
mod compile;
mod disassembly;
mod failure;
mod features;
mod guest;
mod inspect;
mod limits;
mod needs;
mod output;
mod profile;
mod report;
mod rodata;
mod run;
mod shrink;
mod source;
mod stack_depth;
mod stats;
mod translation;
mod units;
mod validate;
mod values;
mod wast;
mod watchdog;

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue},
};
use failure::Failure;
use std::{path::Path, process::ExitCode};

/// Run WebAssembly on an interpreter that needs no JIT.
///
/// Sheave translates a module once into a compact image of register bytecode and interprets that. Programs for WASI
/// preview 1 run as they are; they see no file, no directory and no environment variable that is not granted.
#[derive(Parser)]
#[command(name = "sheave", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sheave run hello.wasm                          a WASI program
  sheave run --dir . grep.wasm -r TODO .         one that may see this directory
  sheave run --invoke add math.wat 2 3           one function of a module in text
  sheave compile app.wasm -o app.image           translate ahead of time
  sheave inspect app.wasm                        what is in it, what it needs
  sheave shrink app.wasm                         how little memory it can do with
  sheave bound app.image                         what memory it takes on a microcontroller
  sheave profile app.wasm                        where it spends its time, as a flame graph

`sheave help run` and so on show more.";

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Profile(profile::Args),
    Compile(compile::Args),
    Validate(validate::Args),
    Inspect(inspect::Args),
    Shrink(shrink::Args),
    Bound(bound::Args),
    Wast(wast::Args),
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return without_command(&error).map_or_else(|| error.exit(), |failure| failure.report()),
    };
    let done = match args.command {
        Command::Run(args) => run::run(&args),
        Command::Profile(args) => profile::run(&args),
        Command::Compile(args) => compile::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Shrink(args) => shrink::run(&args),
        Command::Bound(args) => bound::run(&args),
        Command::Wast(args) => wast::run(&args),
    };
    done.unwrap_or_else(|failure: Failure| failure.report())
}

/// Better advice than clap's for `sheave FILE`.
fn without_command(error: &clap::Error) -> Option<Failure> {
    let file = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(text)) if Path::new(text).is_file() => text,
        _ => return None,
    };
    Some(Failure::usage(format!("{file}: a file where a command is expected")).hint(format!("sheave run {file}")))
}
