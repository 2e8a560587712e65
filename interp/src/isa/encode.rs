//! Encoder: appends instructions to a code buffer, choosing the token by row and operand letters.
//!
//! Used by `translate` only. An operand that has no form in its row is a defect of the translator and panics; guest
//! bytes cannot cause it, because the translator asks [`has_form`] or uses forms that the shape lists.

use super::{Row, form_of, kind};
use alloc::vec::Vec;

/// An operand to encode: its letter and the value of its field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Letter, see [`kind`].
    pub kind: u8,
    /// Value; as many low bits as the field has are written.
    pub value: i64,
}

impl Field {
    /// The accumulator.
    pub const REG: Field = Field { kind: kind::REG, value: 0 };
    /// An absent operand.
    pub const NONE: Field = Field { kind: kind::NONE, value: 0 };

    /// An operand of the given letter.
    pub const fn new(kind: u8, value: i64) -> Field {
        Field { kind, value }
    }

    /// A slot by its byte offset.
    pub const fn slot(offset: u16) -> Field {
        Field { kind: kind::SLOT, value: offset as i64 }
    }

    /// The shortest immediate that holds `value` when sign-extended.
    pub const fn immediate(value: i64) -> Field {
        let kind = if value as i16 as i64 == value {
            kind::IMM16
        } else if value as i32 as i64 == value {
            kind::IMM32
        } else {
            kind::IMM64
        };
        Field { kind, value }
    }
}

/// Whether `row` has a form with these operand letters.
pub fn has_form(row: Row, letters: &[u8]) -> bool {
    form_of(row, letters).is_some()
}

/// Appends one instruction; returns the unit offset of its token.
///
/// # Panics
/// If the row has no such form.
pub fn push(code: &mut Vec<u16>, row: Row, fields: &[Field]) -> usize {
    let mut letters = [0; 8];
    for (letter, field) in letters.iter_mut().zip(fields) {
        *letter = field.kind;
    }
    let letters = &letters[..fields.len()];
    let Some(form) = form_of(row, letters) else {
        panic!("{} has no form {}", row.get().name, core::str::from_utf8(letters).unwrap_or("?"));
    };
    let at = code.len();
    code.push(row.token(form));
    for field in fields {
        let value = field.value as u64;
        for unit in 0..kind::units(field.kind) {
            code.push((value >> (16 * unit)) as u16);
        }
    }
    at
}

/// Writes a 32-bit field at unit `at`.
pub fn put32(code: &mut [u16], at: usize, value: u32) {
    code[at] = value as u16;
    code[at + 1] = (value >> 16) as u16;
}
