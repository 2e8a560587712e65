//! Encoder: appends instructions to a code buffer, choosing the token by row and operand letters.
//!
//! Used by `translate` only. An operand that has no form in its row is a defect of the translator and panics; guest
//! bytes cannot cause it, because the translator asks [`has_form`] or uses forms that the shape lists.

use super::{BASES, Row, kind, rows::KEYS};
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

/// Token of the form of `row` with these letters, as [`table::key`](super::table::key) packs them.
#[inline]
pub fn token_of(row: Row, letters: u64) -> Option<u16> {
    let (first, end) = (BASES[row as usize] as usize, BASES[row as usize + 1] as usize);
    let form = KEYS[first..end].iter().position(|&form| form == letters)?;
    Some((first + form) as u16)
}

/// Token of the form of `row` that takes these operands.
#[inline]
fn token(row: Row, fields: &[Field]) -> Option<u16> {
    let letters = fields.iter().enumerate().fold(0, |key, (index, field)| key | u64::from(field.kind) << (8 * index));
    token_of(row, letters)
}

/// Whether `row` has a form that takes these operands.
#[inline]
pub fn has_form(row: Row, fields: &[Field]) -> bool {
    token(row, fields).is_some()
}

/// Appends one instruction; returns the unit offset of its token.
///
/// # Panics
/// If the row has no such form.
#[inline]
pub fn push(code: &mut Vec<u16>, row: Row, fields: &[Field]) -> usize {
    let Some(token) = token(row, fields) else { missing(row, fields) };
    let at = code.len();
    code.push(token);
    for field in fields {
        let value = field.value as u64;
        for unit in 0..UNITS[usize::from(field.kind)] {
            code.push((value >> (16 * unit)) as u16);
        }
    }
    at
}

/// Units by letter, for looking up instead of deciding.
static UNITS: [u8; 128] = {
    let (mut units, mut letter) = ([0; 128], 0);
    while letter < units.len() {
        units[letter] = kind::units(letter as u8) as u8;
        letter += 1;
    }
    units
};

/// The most operands of an instruction.
pub const FIELDS_MAX: usize = 6;

#[cold]
fn missing(row: Row, fields: &[Field]) -> ! {
    let letters: alloc::string::String = fields.iter().map(|field| field.kind as char).collect();
    panic!("{} has no form {letters}", row.get().name)
}

/// Writes a 32-bit field at unit `at`.
pub fn put32(code: &mut [u16], at: usize, value: u32) {
    code[at] = value as u16;
    code[at + 1] = (value >> 16) as u16;
}
