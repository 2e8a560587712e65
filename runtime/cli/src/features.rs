//! Which Wasm features a module needs, found by validating it without each.

use sheave_conformance::{engine, features::reason_for_rejection};
use sheave_interp::{
    image::Features,
    translate::{SUPPORTED, validate},
};

/// The features without which a module would not be valid; all that are supported if it is not valid anyhow.
///
/// One pass of the validator a feature, and one to check: 0.07 s for each megabyte in all (measured with markdown.wasm:
/// x86-64, optimised, 2026-11).
pub fn needed(wasm: &[u8]) -> Features {
    let supported = Features::NAMED.iter().filter(|(_, feature)| SUPPORTED.contains(*feature));
    let needed = supported
        .filter(|(_, feature)| validate(wasm, SUPPORTED.without(*feature)).is_err())
        .fold(Features::NONE, |needed, (_, feature)| needed.with(*feature));
    // Where either of two features is enough, neither alone is missed.
    if validate(wasm, needed).is_ok() { needed } else { SUPPORTED }
}

/// Names of features.
pub fn names(features: Features) -> Vec<&'static str> {
    Features::NAMED.iter().filter(|(_, feature)| features.contains(*feature)).map(|(name, _)| *name).collect()
}

/// Advice on a module that was refused because it needs a feature that is not supported.
pub fn missing(wasm: &[u8]) -> Option<String> {
    let reason = reason_for_rejection(wasm, engine::supported())?;
    Some(format!("the module {reason}, not supported yet: build it without; see `sheave validate --help`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(names(needed(&wat::parse_str(text).expect("a module"))), expected, "{text}");
    }

    #[test]
    fn only_what_is_used_is_needed() {
        check("(module)", &[]);
        check("(module (func (result i32 i32) i32.const 1 i32.const 2))", &["multi-value"]);
        check("(module (func (param f32)))", &["floats"]);
        check("(module (func return_call 0))", &["tail-call"]);
        check("(module (memory 1) (memory 1))", &["multi-memory"]);
        check("(module (func (param v128)))", &["simd"]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let continuations = wat::parse_str("(module (type $f (func)) (type (cont $f)))").expect("a module");
        assert!(missing(&continuations).expect("advice").contains("needs stack-switching"));
        assert_eq!(missing(b"\0asm\x01\0\0\0"), None);
    }
}
