//! What an instruction is made of, by token: row, form, level, and the role and type of each operand. From the table itself.
//!
//! Builds that only execute have `compact.rs` in the place of this file: the same interface over tables without names.

use super::{Level, Role, Row, Ty, table::Shape};

/// Roles and types of operands, one after the other.
#[derive(Clone, Copy)]
pub struct Signature {
    roles: &'static [Role],
    types: &'static [Ty],
}

impl Iterator for Signature {
    type Item = (Role, Option<Ty>);

    #[cfg_attr(not(compact), inline)]
    fn next(&mut self) -> Option<(Role, Option<Ty>)> {
        let (role, roles) = self.roles.split_first()?;
        self.roles = roles;
        if *role == Role::Aux {
            return Some((*role, None));
        }
        let (ty, types) = self.types.split_first()?;
        self.types = types;
        Some((*role, Some(*ty)))
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

/// The layout of the instruction with this token, if there is one.
#[cfg_attr(not(compact), inline)]
pub fn of(token: u16) -> Option<Layout> {
    let (row, form, len) = look_up(token)?;
    let Shape { roles, base, ends_block, .. } = row.get().shape;
    Some(Layout {
        row,
        form: row.get().shape.form(form),
        level: if form < base.len() { Level::Base } else { Level::Full },
        ends_block: *ends_block,
        len,
        signature: Signature { roles, types: row.get().types },
    })
}

/// Row and units of a token; a branch table counts with one target.
#[cfg_attr(not(compact), inline)]
pub fn row_and_len(token: u16) -> Option<(Row, usize)> {
    let (row, _, len) = look_up(token)?;
    Some((row, len))
}

/// Row, form number and units of a token; a branch table counts with one target.
#[cfg_attr(not(compact), inline)]
pub fn look_up(token: u16) -> Option<(Row, usize, usize)> {
    let decoded = *super::rows::DECODED.get(usize::from(token))?;
    Some((Row::from_index((decoded & 0xffff) as usize)?, (decoded >> 16 & 0xff) as usize, (decoded >> 24) as usize))
}

/// The smaller table says what this one does, of every instruction that it has.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{BASES, TOKENS, compact, table::ROWS, unavailable};

    #[test]
    fn the_compact_table_agrees() {
        let mut seen = 0;
        for token in 0..TOKENS {
            let found = compact::of(token);
            if unavailable(token).is_some() {
                assert!(found.is_none(), "{token}");
                continue;
            }
            let (found, expected) = (found.expect("it is there"), of(token).expect("it is there"));
            assert_eq!((found.row, found.form, found.level), (expected.row, expected.form, expected.level));
            assert_eq!((found.ends_block, found.len), (expected.ends_block, expected.len));
            assert!(found.signature.eq(expected.signature), "{token}");
            assert_eq!(compact::row_and_len(token), row_and_len(token));
            seen += 1;
        }
        assert!(seen > 0 && compact::of(TOKENS).is_none());
    }

    /// The tokens of a row are where its bases say.
    #[test]
    fn tokens_are_decoded_to_what_they_were_made_of() {
        for (index, row) in ROWS.iter().enumerate() {
            let named = Row::from_index(index).expect("a row");
            for form in 0..row.shape.forms_count() {
                assert_eq!(look_up(named.token(form)).map(|(row, form, _)| (row, form)), Some((named, form)));
            }
        }
        assert_eq!(BASES.len(), ROWS.len());
    }
}
