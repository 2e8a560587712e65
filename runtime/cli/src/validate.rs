//! `sheave validate`: whether a file is a module that Sheave runs.

use crate::{Failure, features, output, source::Source, translation};
use serde::Serialize;
use sheave_interp::translate::{SUPPORTED, validate};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Check that a module is valid, without running it
///
/// Prints one line and exits with 0 if the module is valid, with 1 if it is not, or needs a feature that is not
/// supported. Images are verified.
///
/// Supported: WebAssembly 1.0, mutable-global, sign-extension, saturating-float-to-int, multi-value, bulk-memory,
/// reference-types, tail-call, extended-const, multi-memory, custom-page-sizes, wide-arithmetic, simd, relaxed-simd.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave validate app.wasm
  sheave validate --json app.wasm | jq .features")]
pub struct Args {
    /// Module, binary or text, or image
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print the result as JSON, also if it is not valid
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verdict {
    file: String,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    features: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let file = args.file.display().to_string();
    let found = check(&args.file);
    if args.json {
        let code = ExitCode::from(u8::from(found.is_err()));
        let verdict = match found {
            Ok((kind, features)) => {
                Verdict { file, valid: true, kind: Some(kind), features: Some(features), error: None }
            }
            Err(failure) => {
                Verdict { file, valid: false, kind: None, features: None, error: Some(failure.message().into()) }
            }
        };
        output::to_stdout(&output::json(&verdict))?;
        return Ok(code);
    }
    let (kind, features) = found?;
    let needs = if features.is_empty() { "WebAssembly 1.0 without floats".into() } else { features.join(", ") };
    output::to_stdout(&format!("{file}: valid {kind}, needs: {needs}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What a file is and which features it needs.
fn check(path: &Path) -> Result<(&'static str, Vec<&'static str>), Failure> {
    match Source::read(path)? {
        Source::Wasm(wasm) => {
            validate(&wasm, SUPPORTED).map_err(|error| translation::rejected(path, &wasm, &error))?;
            Ok(("module", features::names(features::needed(&wasm))))
        }
        Source::Image(bytes) => {
            let bad = |error: sheave_interp::error::Error| translation::bad_image(path, &error);
            let image = sheave_interp::image::OwnedImage::new(&bytes).map_err(bad)?;
            let parsed = image.parse().map_err(bad)?;
            sheave_interp::image::verify(&parsed).map_err(bad)?;
            Ok(("image", features::names(parsed.features())))
        }
    }
}
