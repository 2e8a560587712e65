//! Encoder: appends instructions to a code buffer, choosing the token by row and operand letters.
//!
//! Used by `translate` only. An operand that has no form in its row is a defect of the translator and panics; guest
//! bytes cannot cause it, because the translator asks [`form_of`] or uses forms that the shape lists.

use super::{
    BASES, Level, Row, kind,
    rows::{FORM_KEYS, FORM_NUMBERS, FORM_TABLES, ROW_FORM_TABLES},
};
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

    /// A frame header at this byte offset, in the shortest way that there is up to `level`.
    pub fn header(offset: u32, level: Level) -> Field {
        let cell = u32::from(b'0') + offset / 4;
        let is_short = cell <= u32::from(kind::HEADER_MAX) && level > Level::Base;
        let kind = if is_short { cell as u8 } else { kind::HEADER };
        Field { kind, value: offset as i64 }
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

/// Token of the form of `row` with these letters, as [`table::key`](super::table::key) packs them, if there is one up to `level`.
#[cfg_attr(not(compact), inline)]
pub fn token_of(row: Row, letters: u64, level: Level) -> Option<u16> {
    let table = &FORM_TABLES[usize::from(ROW_FORM_TABLES[row as usize])];
    let slot = usize::from(table.first) + (letters.wrapping_mul(table.factor) >> table.shift) as usize;
    // The highest bit says which level's forms the others count.
    let number = u16::from(FORM_NUMBERS[slot]);
    let is_above = u8::from(level == Level::Base) << 7 & FORM_NUMBERS[slot];
    (FORM_KEYS[slot] == letters && is_above == 0)
        .then(|| BASES[row as usize][usize::from(number >> 7)] + (number & 0x7f))
}

/// The letters of operands, as [`table::key`](super::table::key) packs them.
#[inline(always)]
fn letters<const N: usize>(fields: &[Field; N]) -> u64 {
    fields.iter().enumerate().fold(0, |key, (index, field)| key | u64::from(field.kind) << (8 * index))
}

/// The form of a row that takes certain operands.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Its token.
    pub token: u16,
    /// The letters of its operands, as [`table::key`](super::table::key) packs them.
    pub letters: u64,
}

/// The form of `row` that takes these operands, if it has one up to `level`.
#[inline(always)]
pub fn form_of<const N: usize>(row: Row, fields: &[Field; N], level: Level) -> Option<Form> {
    let letters = letters(fields);
    token_of(row, letters, level).map(|token| Form { token, letters })
}

/// The most units of an instruction with `operands` operands and one target.
pub const fn units_max(operands: usize) -> usize {
    1 + VALUE_UNITS * operands
}
const VALUE_UNITS: usize = 4;

/// Appends one instruction; returns the unit offset of its token. Nothing here depends on what the operands are but how many
/// units of each count: no branch to be mispredicted.
///
/// # Panics
/// If `code` has no room for [`units_max`] units.
#[inline(always)]
pub fn push<const N: usize>(code: &mut Vec<u16>, form: Form, fields: &[Field; N]) -> usize {
    let at = code.len();
    let room = &mut code.spare_capacity_mut()[..units_max(N)];
    room[0].write(form.token);
    let mut len = 1;
    for field in fields {
        for (index, unit) in room[len..len + VALUE_UNITS].iter_mut().enumerate() {
            unit.write((field.value as u64 >> (16 * index)) as u16);
        }
        len += usize::from(UNITS[usize::from(field.kind)]);
    }
    // SAFETY: `len` units behind the old end have been written: the token, and for each field four, of which no more count.
    unsafe { code.set_len(at + len) };
    at
}

/// Units by letter, for looking up instead of deciding.
static UNITS: [u8; 256] = {
    let (mut units, mut letter) = ([0; 256], 0);
    while letter < units.len() {
        units[letter] = kind::units(letter as u8) as u8;
        assert!(units[letter] as usize <= VALUE_UNITS);
        letter += 1;
    }
    units
};

/// The most operands of an instruction.
pub const FIELDS_MAX: usize = 6;

/// Tells the translator's mistake.
#[cold]
pub fn missing(row: Row, fields: &[Field]) -> ! {
    let letters: alloc::string::String = fields.iter().map(|field| field.kind as char).collect();
    panic!("{} has no form {letters}", row.get().name)
}

/// Writes a 32-bit field at unit `at`.
pub fn put32(code: &mut [u16], at: usize, value: u32) {
    code[at] = value as u16;
    code[at + 1] = (value >> 16) as u16;
}
