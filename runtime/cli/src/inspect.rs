//! `sheave inspect`: what is in a module or image, and what it needs.

use crate::{
    Failure, disassembly, output,
    report::Report,
    source::Source,
    translation::{self, Translation},
};
use std::{path::PathBuf, process::ExitCode};

/// Show what is in a module or image: sections, sizes, features, imports by capability
///
/// A module is translated first, as `sheave compile` would with the same options, so the figures are those of its image.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave inspect app.wasm                   what it needs, where the bytes are
  sheave inspect app.wasm --code            all instructions, beside the Wasm offsets
  sheave inspect app.wasm --code main       those of one function, by name or index
  sheave inspect --json app.wasm | jq '.imports[] | select(.capability == \"files\")'")]
pub struct Args {
    /// Module, binary or text, or image
    #[arg(value_name = "FILE", required_unless_present = "code")]
    file: Option<PathBuf>,
    /// Show instructions instead: of all functions, or of one by index or name
    #[arg(long, value_name = "FUNC", num_args = 0..=1)]
    code: Option<Option<String>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    how: Translation,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    // In `inspect --code FILE`, what looks like a function is the file.
    let (file, code) = match (&args.file, &args.code) {
        (Some(file), code) => (file.clone(), code.clone()),
        (None, Some(Some(file))) => (PathBuf::from(file), Some(None)),
        (None, _) => return Err(Failure::usage("FILE is missing").hint("sheave inspect FILE --code [FUNC]".to_owned())),
    };
    let source = Source::read(&file)?;
    let wasm = match &source {
        Source::Wasm(wasm) => Some(wasm.clone()),
        Source::Image(_) => None,
    };
    let image = translation::image(&file, source, args.how)?;
    let image = image.parse().map_err(|error| translation::bad_image(&file, &error))?;
    let text = if let Some(func) = code {
        let listings = disassembly::listings(image, func.as_deref())?;
        if args.json { output::json(&listings) } else { disassembly::to_text(&listings) }
    } else {
        let report = Report::new(&file, image, wasm.as_deref());
        if args.json { output::json(&report) } else { report.to_text() }
    };
    output::to_stdout(&text)?;
    Ok(ExitCode::SUCCESS)
}
