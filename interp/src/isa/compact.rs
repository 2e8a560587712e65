//! In the place of `layout.rs` in builds that only execute: what an instruction is made of, by token, from tables that build.rs
//! makes of the same table. They have no names, and nothing of the instructions that the build has no handlers for.
//!
//! A *run* is rows of one shape and the same types, one behind the other, with the tokens of their forms at one level. A token's run is
//! searched; row and form follow by a division.

use crate::isa::{Level, Role, Row, Ty, kind};

#[allow(clippy::unreadable_literal)]
mod tables {
    include!(concat!(env!("OUT_DIR"), "/compact.rs"));
}
use tables::{FIRST_PLACES, FIRST_TOKENS, LETTERS, OPERANDS, PLACES, RUN_FORMS, RUN_OPERANDS, RUN_ROWS};

/// Roles and types of operands, one after the other, packed five bits each.
#[derive(Clone, Copy)]
pub struct Signature {
    packed: u32,
    left: u8,
}

impl Iterator for Signature {
    type Item = (Role, Option<Ty>);

    fn next(&mut self) -> Option<(Role, Option<Ty>)> {
        const ROLES: [Role; 4] = [Role::In, Role::Out, Role::InOut, Role::Aux];
        const TYPES: [Option<Ty>; 8] =
            [None, Some(Ty::I32), Some(Ty::I64), Some(Ty::F32), Some(Ty::F64), Some(Ty::Ref), Some(Ty::V128), None];
        self.left = self.left.checked_sub(1)?;
        let operand = self.packed as usize;
        self.packed >>= 5;
        Some((ROLES[operand & 3], TYPES[operand >> 2 & 7]))
    }
}

/// An instruction without its fields.
pub struct Layout {
    /// Its row.
    pub row: Row,
    /// One letter an operand.
    pub form: &'static [u8],
    /// Level it belongs to.
    pub level: Level,
    /// Whether control never passes to the next instruction.
    pub ends_block: bool,
    /// Units, a branch table counting with one target.
    pub len: usize,
    /// Its operands.
    pub signature: Signature,
}

/// The layout of the instruction with this token, if this build has it.
pub fn of(token: u16) -> Option<Layout> {
    let run = FIRST_TOKENS.partition_point(|&first| first <= token).checked_sub(1)?;
    let bits = *RUN_ROWS.get(run)?;
    let (number, forms) = (usize::from(token - FIRST_TOKENS[run]), usize::from(RUN_FORMS[run]));
    let (row, form) = (usize::from(bits & 0x7ff) + number.checked_div(forms)?, number.checked_rem(forms)?);
    let place = usize::from(FIRST_PLACES[run]) + form;
    if crate::isa::unavailable(token).is_some() || token >= crate::isa::TOKENS {
        return None;
    }
    let count = usize::from(bits >> 11 & 7);
    let form = LETTERS.get(usize::from(*PLACES.get(place)?)..)?.get(..count)?;
    Some(Layout {
        row: Row::from_index(row)?,
        form,
        level: if bits & 0x4000 == 0 { Level::Base } else { Level::Full },
        ends_block: bits & 0x8000 != 0,
        len: 1 + form.iter().map(|letter| kind::units(*letter)).sum::<usize>(),
        signature: Signature { packed: OPERANDS[usize::from(RUN_OPERANDS[run])], left: count as u8 },
    })
}

/// Row and units of a token; a branch table counts with one target.
pub fn row_and_len(token: u16) -> Option<(Row, usize)> {
    of(token).map(|layout| (layout.row, layout.len))
}
