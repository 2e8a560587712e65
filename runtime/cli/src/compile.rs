//! `sheave compile`: a module to an image.

use crate::{
    Failure,
    needs::Needs,
    output,
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
  sheave compile --rodata app.wasm -o app.image           constants stay in flash, on boards with feature rodata
  sheave compile --no-signal --no-debug-names app.wasm -o app.image    as small as it gets
  sheave compile --profile --handlers app.handlers app.wasm -o app.image    for firmware with what app needs, no more")]
pub struct Args {
    /// Module, binary or text
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the image goes
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Say which features of crate sheave a firmware needs to run the image, and how many handlers
    #[arg(long)]
    profile: bool,
    /// Write the names of the handlers that the image needs to this file
    ///
    /// Firmware built with SHEAVE_HANDLERS=FILE in the environment, an absolute path, has no others; several files, separated by colons,
    /// are for several images. An image that needs another is refused.
    #[arg(long, value_name = "FILE", conflicts_with = "host")]
    handlers: Option<PathBuf>,
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
    if args.profile || args.handlers.is_some() {
        let parsed = image.parse().map_err(|error| translation::bad_image(&args.output, &error))?;
        let needs = Needs::of(&parsed);
        if args.profile {
            needs.print();
        }
        if let Some(path) = &args.handlers {
            write(path, needs.list().as_bytes())?;
        }
    }
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
