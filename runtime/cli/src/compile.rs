//! `sheave compile`: a module to an image.

use crate::{
    Failure, output,
    source::{Source, plain},
    translation::{self, Translation},
    units::show_bytes,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Translate a module into an image
///
/// An image is the module as register bytecode: free of addresses, the same on every machine, verified when it is
/// loaded. `sheave run` takes it like a module, without translating; boards read it from flash.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave compile app.wasm -o app.image                    then: sheave run app.image
  sheave compile --fuel app.wasm -o app.image             then: sheave run --fuel 1000000 app.image
  sheave compile --no-signal --no-debug-names app.wasm -o app.image    as small as it gets")]
pub struct Args {
    /// Module, binary or text
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the image goes
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    how: Translation,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let source = Source::read(&args.file)?;
    let Source::Wasm(wasm) = &source else {
        let message = format!("{}: an image already", args.file.display());
        return Err(Failure::module(message).hint(Some("compile the module that it was made from".to_owned())));
    };
    let wasm_bytes = wasm.len() as u64;
    let image = translation::image(&args.file, source, args.how)?;
    write(&args.output, image.as_bytes())?;
    output::to_stderr(&format!(
        "{}: {} from {} of wasm\n",
        args.output.display(),
        show_bytes(image.as_bytes().len() as u64),
        show_bytes(wasm_bytes)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Writes a whole file or none: a reader never sees half of one.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed =
        |error: &std::io::Error| Failure::module(format!("{}: cannot write: {}", path.display(), plain(error)));
    // Devices and pipes, such as /dev/stdout, cannot be renamed onto.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, bytes).map_err(|error| failed(&error));
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, path)).map_err(|error| {
        let _ = fs::remove_file(&part);
        failed(&error)
    })
}
