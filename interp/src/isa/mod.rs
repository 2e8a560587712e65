//! The instruction set: rows × forms, and everything derived from its one table.
//!
//! Sits between `translate` (which encodes) and `exec` (which runs): both know instructions only from here. Invariants:
//! token numbers and [`HASH`] depend on the table alone, never on `cfg`; an instruction is a sequence of 16-bit units,
//! its token first and then the fields of its operands in order, as `Instruction::operands` lists them.
//!
//! Every code section begins with the reserved instructions, [`PRELUDE`]: plain returns jump there by an ordinary return
//! offset, so that returning tests nothing. Each defined function is preceded by [`FRAME_UNITS`] units that describe its
//! frame, read by calls.

#[cfg(all(test, not(unnamed)))]
mod compact;
mod decode;
#[cfg(not(unnamed))]
mod disasm;
#[cfg(feature = "translate")]
pub mod encode;
mod family;
#[cfg_attr(unnamed, path = "compact.rs")]
mod layout;
#[cfg_attr(not(superinstructions), path = "no_superinstruction.rs")]
mod superinstruction;
pub mod table;

#[cfg(not(unnamed))]
pub use decode::row_of;
pub use decode::{Instruction, Operand, Operands, decode, ends_block, first_of, length, next, unavailable};
#[cfg(not(unnamed))]
pub use disasm::{disassemble, isa_markdown, name};
pub use family::Family;
pub use table::{Role, Ty, kind};

#[allow(missing_docs)]
mod rows {
    include!(concat!(env!("OUT_DIR"), "/rows.rs"));
}
#[allow(dead_code)]
mod available {
    include!(concat!(env!("OUT_DIR"), "/available.rs"));
}
#[cfg(feature = "translate")]
pub use rows::chain;
pub use rows::{BASES, HASH, Row, TOKENS};
#[cfg(feature = "translate")]
pub use superinstruction::{Joint, combine};
pub use superinstruction::{Rest, SUPERINSTRUCTIONS, superinstruction};

/// How much of the table an image uses and a build runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Level {
    /// Slots, accumulators, short immediates, compare-and-branch, loop edges: what the smallest builds run.
    Base = 0,
    /// Everything: what builds with feature `level-full` run, and what the translator writes unless it is told otherwise.
    Full = 1,
    /// Superinstructions too: only what is to run where it is translated, or on hosts of the same version.
    Host = 2,
}

impl Level {
    /// The highest level that this build runs.
    pub const HIGHEST: Level = if cfg!(superinstructions) {
        Level::Host
    } else if cfg!(feature = "level-full") {
        Level::Full
    } else {
        Level::Base
    };
}

/// What this build has beside what all have: bits of [`table::group`].
pub const GROUPS: u32 = available::GROUPS;
/// Whether this build has a handler for every instruction.
pub const IS_COMPLETE: bool = available::LACKING.is_empty();

/// The units at the start of every code section: `exit` and `return.cross`, each behind a unit of value 0 that stands
/// where a call has its delta.
pub const PRELUDE: [u16; 4] = [0, Row::Exit.token(0), 0, Row::ReturnCross.token(0)];
/// Return offset, in bytes, of `exit`.
pub const EXIT_OFFSET: u32 = 2;
/// Return offset, in bytes, of `return.cross`.
pub const RETURN_CROSS_OFFSET: u32 = 6;

/// Units before a function's entry: index of the function ([`INDEX_UNITS`]), parameter bytes, header offset, bytes to zero
/// behind the header (two units), frame bytes (two units).
pub const FRAME_UNITS: usize = INDEX_UNITS + 6;
/// Units of a function's index.
pub const INDEX_UNITS: usize = 2;
/// Size of a frame header in bytes: return offset, and distance to the caller's frame.
pub const HEADER_BYTES: u32 = crate::types::FRAME_HEADER_BYTES;
/// Size in bytes of what a cross-instance call puts below the callee's frame.
pub const BRIDGE_BYTES: u32 = 16;

impl Row {
    /// The table's entry for this row. Builds that only execute have `layout.rs` alone: one look here at run time, and all names and what they say are
    /// in flash.
    #[cfg(not(unnamed))]
    #[cfg_attr(not(compact), inline)]
    pub const fn get(self) -> &'static table::Row {
        &table::ROWS[self as usize]
    }

    /// Token of this row's form number `form`.
    pub const fn token(self, form: usize) -> u16 {
        let shape = table::ROWS[self as usize].shape;
        debug_assert!(form < shape.forms_count());
        let [base, full] = BASES[self as usize];
        if form < shape.base.len() { base + form as u16 } else { full + (form - shape.base.len()) as u16 }
    }

    /// Row number `index` of the table.
    #[cfg_attr(not(compact), inline)]
    pub fn from_index(index: usize) -> Option<Row> {
        // SAFETY: `Row` is `repr(u16)`, has one variant per entry of `ROWS` without gaps, and `index` is below their number.
        (index < table::ROWS.len()).then(|| unsafe { core::mem::transmute::<u16, Row>(index as u16) })
    }
}
