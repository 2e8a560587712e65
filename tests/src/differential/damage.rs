//! Damaged bodies: what the translator takes for valid must be valid, and what is valid it must translate.
//!
//! The translator checks most functions itself, while it translates them; the validator, which it asks about all others, is asked
//! here about everything. Bytes in a body are replaced by what makes other operators, types and indices, so that
//! most of the body stays what it was.

use super::Case;
use crate::rng::Rng;
use sheave_interp::error::ErrorKind;
use sheave_interp::translate::{Config, SUPPORTED, translate, validate};
use std::ops::Range;
use wasmparser::{Parser, Payload};

/// How often a module is damaged.
const TRIES: usize = 100;

/// How many damaged modules both took, and how many both refused.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Verdicts {
    /// Valid, whatever they do.
    pub accepted: u64,
    /// Invalid or malformed.
    pub refused: u64,
}

/// Damages the case's module in several ways, the same each time.
///
/// # Errors
/// The difference in words, with the bytes that were replaced.
pub fn verdicts(case: &Case) -> Result<Verdicts, String> {
    let mut rng = Rng::new(case.wasm.iter().fold(0, |sum: u64, &byte| sum.wrapping_mul(31).wrapping_add(byte.into())));
    let bodies = bodies(&case.wasm);
    let mut verdicts = Verdicts::default();
    if bodies.is_empty() {
        return Ok(verdicts);
    }
    for _ in 0..TRIES {
        let (mut wasm, mut places) = (case.wasm.clone(), Vec::new());
        let body = bodies[rng.below(bodies.len() as u64) as usize].clone();
        for _ in 0..1 + rng.below(3) {
            let at = body.start + rng.below(body.len() as u64) as usize;
            wasm[at] = byte(&case.wasm[body.clone()], at - body.start, &mut rng);
            places.push((at, wasm[at]));
        }
        let ours = std::panic::catch_unwind(|| translate(&wasm, &Config::default()).map(drop));
        let theirs = validate(&wasm, SUPPORTED);
        match (ours, theirs) {
            (Ok(Ok(())), Ok(())) => verdicts.accepted += 1,
            (Ok(Err(error)), Ok(())) if matches!(error.kind(), ErrorKind::Limit(_)) => verdicts.accepted += 1,
            (Ok(Err(_)), Err(_)) => verdicts.refused += 1,
            (ours, theirs) => {
                return Err(format!(
                    "bytes (offset, value) {places:?} replaced: translator {ours:?}, validator {theirs:?}"
                ));
            }
        }
    }
    Ok(verdicts)
}

/// A byte to stand at `at` in a body.
fn byte(body: &[u8], at: usize, rng: &mut Rng) -> u8 {
    match rng.below(9) {
        0 => rng.next_u64() as u8,
        // Indices, small constants, opcodes of control.
        1 | 2 => rng.below(16) as u8,
        // An operator beside this one: often the same for another type.
        3 => body[at].wrapping_add(rng.pick(&[1, 0xff, 4, 11, 18])),
        // Block types, and signed numbers.
        4 => rng.pick(&[0x40, 0x7c, 0x7d, 0x7e, 0x7f, 0x70, 0x6f, 0x7b, 0x80, 0xff]),
        // Variables, stack operators.
        5 => rng.pick(&[0x1a, 0x1b, 0x1c, 0x20, 0x21, 0x22, 0x23, 0x24, 0x41, 0x45, 0x0f, 0x00]),
        // Prefixes of operators, exceptions, references, heap types.
        6 => rng.pick(&[
            0xfb, 0xfc, 0xfd, 0xfe, 0x08, 0x0a, 0x1f, 0x12, 0x14, 0x15, 0x63, 0x64, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
            0x71, 0x72, 0x73, 0x74, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6,
        ]),
        _ => body[rng.below(body.len() as u64) as usize],
    }
}

/// Where the bodies of functions are.
fn bodies(wasm: &[u8]) -> Vec<Range<usize>> {
    let payloads = Parser::new(0).parse_all(wasm).filter_map(Result::ok);
    payloads
        .filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body.range().start as usize..body.range().end as usize),
            _ => None,
        })
        .collect()
}
