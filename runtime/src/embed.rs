//! Images that the compiler verifies: what the expansion of `embed_image!` calls.
//!
//! Everything here is evaluated while a program is compiled and takes no place in it.

use sheave_interp::{image::format, isa};

/// An image as a [`Module`](crate::arena::Module) in a constant, verified while the program is compiled.
///
/// The path is one of `include_bytes!`: relative to the file that names it, or made with `concat!` and `env!`. Whatever
/// [`Module::from_image`](crate::arena::Module::from_image) would refuse on the device is an error of the compiler, as is an instruction
/// that the build has no handler for. So nothing is left to check on the device: the verifier and the rules of the format are not in the
/// program, which makes it some 13 KB smaller on a Cortex-M4 (`cargo xtask size`), and it starts at once. The bytes lie in flash, aligned,
/// and run there.
///
/// ```ignore
/// // Before: sheave compile --no-signal blink.wasm -o src/blink.image
/// static BLINK: sheave::arena::Module<'static> = sheave::embed_image!("blink.image");
/// ```
///
/// A file that is no image does not compile:
///
/// ```compile_fail
/// static NOT_AN_IMAGE: sheave::arena::Module<'static> = sheave::embed_image!("embed.rs");
/// ```
pub use sheave_macros::embed_image;

/// What a build must have to run an image: this version of the format, this instruction set, the groups with these bits and a handler for each of these tokens.
///
/// # Panics
/// While the program is compiled, with the message that stands beside the token that is missing.
#[doc(hidden)]
pub const fn require(version: u32, isa_hash: u64, groups: &[(u32, &str)], instructions: &[(u16, &str)]) {
    assert!(version == format::VERSION && isa_hash == isa::HASH, "sheave-macros is of another version than sheave");
    let mut i = 0;
    while i < groups.len() {
        let (bit, message) = groups[i];
        if isa::GROUPS & bit == 0 {
            panic!("{}", message);
        }
        i += 1;
    }
    i = 0;
    while i < instructions.len() {
        let (token, message) = instructions[i];
        if isa::unavailable(token).is_some() {
            panic!("{}", message);
        }
        i += 1;
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::{panic, string::String};

    fn refusal(
        version: u32,
        hash: u64,
        groups: &'static [(u32, &'static str)],
        instructions: &'static [(u16, &'static str)],
    ) -> Option<String> {
        let refused = panic::catch_unwind(|| require(version, hash, groups, instructions)).err()?;
        Some(
            refused
                .downcast_ref::<String>()
                .cloned()
                .or(refused.downcast_ref::<&str>().map(|text| String::from(*text)))
                .unwrap(),
        )
    }

    /// That a build lacks a handler shows only in builds that lack some: `cargo xtask size` makes such.
    #[test]
    fn another_version_is_refused() {
        let version = format::VERSION;
        assert_eq!(refusal(version, isa::HASH, &[(isa::table::group::I64, "i64")], &[(1, "one")]), None);
        assert!(refusal(version, isa::HASH ^ 1, &[], &[]).unwrap().contains("another version"));
        assert!(refusal(version - 1, isa::HASH, &[], &[]).unwrap().contains("another version"));
        assert_eq!(refusal(version, isa::HASH, &[(1 << 31, "no such feature")], &[]).unwrap(), "no such feature");
    }
}
