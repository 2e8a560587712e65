//! Translation for the commands that look at images: `compile` and `inspect`.

use crate::{
    Failure, features,
    rodata::{self, Rodata},
    source::Source,
};
use clap::Args;
use sheave_interp::{
    image::OwnedImage,
    isa,
    translate::{Config, translate},
};
use std::path::Path;

/// How a module is translated: the options that `compile` and `inspect` share.
#[derive(Args, Clone, Copy)]
pub struct Translation {
    /// Leave out the checks that --timeout and interruption need: faster, but a running guest cannot be stopped
    #[arg(long)]
    pub no_signal: bool,
    /// Charge fuel, one unit an operator, so that `run --fuel` works
    #[arg(long)]
    pub fuel: bool,
    /// Make every NaN canonical, so that results are the same bit for bit on every machine
    #[arg(long)]
    pub canonicalize_nans: bool,
    /// Leave out function names and Wasm offsets: smaller, but backtraces say less
    #[arg(long)]
    pub no_debug_names: bool,
    /// Use superinstructions: faster, but the image runs on hosts only (64-bit, same version of Sheave)
    #[arg(long)]
    pub host: bool,
    /// Use only instructions that builds of this level have: base for the smallest boards, full for all others
    #[arg(long, value_enum, default_value_t = Level::Full, conflicts_with = "host")]
    pub level: Level,
    /// Read-only data stay in flash: firmware built with feature `rodata` of crate sheave does not copy them into RAM
    ///
    /// SEGMENT is the number of an active data segment; without it, the one that the linker has named .rodata. You promise that the guest
    /// never writes there; if it does, it traps (out of bounds memory access) in such a firmware, and nothing is damaged. So does an access
    /// that begins inside of the data and ends outside. What lies below the data costs as much as ever; reading the data, and all access
    /// to what lies above them, takes about a hundred machine instructions more. So link with --stack-first (Rust does). The segment's address must be a constant,
    /// its memory not imported, not shared and with addresses of 32 bits, and no other segment may go there. Other builds copy it as ever.
    #[arg(long, value_name = "SEGMENT", num_args = 0..=1, require_equals = true, default_missing_value = ".rodata", value_parser = rodata::parse)]
    pub rodata: Option<Rodata>,
}

/// How many of the instructions an image may use.
#[derive(clap::ValueEnum, Clone, Copy)]
pub enum Level {
    /// Those that every build has
    Base,
    /// More operand forms: faster and smaller
    Full,
}

/// Makes an image of a module; one that is an image already is only verified.
///
/// # Errors
/// The module is not valid, or not supported; the image is damaged, or of another version.
pub fn image(path: &Path, source: Source, how: Translation) -> Result<OwnedImage, Failure> {
    let bytes = match source {
        Source::Image(bytes) => bytes,
        Source::Wasm(wasm) => {
            let config = Config {
                features: features::needed(&wasm),
                signal: !how.no_signal,
                fuel: how.fuel,
                canonicalize_nans: how.canonicalize_nans,
                debug_names: !how.no_debug_names,
                fusion: true,
                superinstructions: how.host,
                level: match how.level {
                    Level::Base => isa::Level::Base,
                    Level::Full => isa::Level::Full,
                },
                rodata: how.rodata.map(|rodata| rodata::find(path, &wasm, rodata)).transpose()?,
            };
            translate(&wasm, &config).map_err(|error| rejected(path, &wasm, &error))?
        }
    };
    let bad = |error: sheave_interp::error::Error| bad_image(path, &error);
    let image = OwnedImage::new(&bytes).map_err(bad)?;
    sheave_interp::image::verify(&image.parse().map_err(bad)?).map_err(bad)?;
    Ok(image)
}

/// Why a module in the binary format was refused.
pub fn rejected(path: &Path, wasm: &[u8], error: &dyn std::fmt::Display) -> Failure {
    Failure::module(format!("{}: {error}", path.display())).hint(features::missing(wasm))
}

/// Why an image was refused.
pub fn bad_image(path: &Path, error: &sheave_interp::error::Error) -> Failure {
    use sheave_interp::error::{ErrorKind, ImageErrorKind as Kind};
    let hint = match error.kind() {
        ErrorKind::Image(Kind::Version | Kind::IsaHash) => {
            Some("it was made by another version of Sheave: compile the module again")
        }
        ErrorKind::Image(Kind::Checksum | Kind::Length) => Some("it was damaged or cut: copy or compile it again"),
        _ => None,
    };
    Failure::module(format!("{}: {error}", path.display())).hint(hint.map(str::to_owned))
}
