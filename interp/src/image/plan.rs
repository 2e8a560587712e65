//! A quick yes to most instructions: their slots are compared with the frame all at once.
//!
//! Beside the exact rules of `verify/`, which alone say no: an instruction that is not accepted here is looked at there, and
//! refused by the name of a rule, or accepted after all. Most instructions read and write slots and accumulators, and
//! perhaps branch, or call; a table made from the instruction table at build time has a word for each token, which says where its slots
//! stand and how wide they are. The four units behind the token, which have all the slots here, are lanes of 16 bits in one number.
//!
//! Invariant: what [`Frame::admits`] accepts, the exact rules for slots accept. References are always looked at exactly. On
//! 64-bit hosts with all handlers only: elsewhere the table's room counts more, and every instruction is decoded.

use crate::{
    isa::{HEADER_BYTES, Row},
    types::CELL_BYTES,
};

/// Lane `i` is about unit `i + 1` of the instruction: the cells of the slot there, 0 if none is. Lane 0 has length and flags
/// besides.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_pointer_width = "64"), allow(dead_code))]
pub(super) struct Plan(u64);

/// Whether this build has plans: not if it lacks handlers, which plans do not know of.
pub(super) const EXIST: bool = cfg!(target_pointer_width = "64") && crate::isa::IS_COMPLETE;
/// Units that have lanes: those behind the token. What an instruction has beyond them is no slot.
pub(super) const LANES: usize = 4;
/// Bit 0 of each lane.
const ONES: u64 = 0x0001_0001_0001_0001;
/// The highest bit of each lane.
const TOPS: u64 = 0x8000 * ONES;
const CELLS: u64 = 3 * ONES;
const LEN_SHIFT: u32 = 4;
const LEN: u64 = 7;
const _: () = assert!(LANES < LEN as usize);

impl Plan {
    /// The instruction is of level full.
    pub(super) const FULL: u64 = 1 << 8;
    /// It needs a memory 0 with 64-bit addresses.
    pub(super) const MEMORY64: u64 = 1 << 7;
    /// It needs a memory 0 with 32-bit addresses.
    pub(super) const MEMORY: u64 = 1 << 9;
    /// Its last unit is a branch offset.
    pub(super) const BRANCH: u64 = 1 << 10;
    /// Control never passes to the next instruction.
    pub(super) const ENDS: u64 = 1 << 11;
    /// It is `call`: an entry, in two units relative to the first, and the place of the window.
    pub(super) const CALL: u64 = 1 << 12;
    /// It has to be looked at exactly; nothing else is said of it.
    pub(super) const EXACT: u64 = 1 << 13;
    /// The token is a superinstruction's, of which the instruction is the first.
    pub(super) const SUPER: u64 = 1 << 14;

    /// Units of the instruction.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn len(self) -> usize {
        (self.0 >> LEN_SHIFT & LEN) as usize
    }

    /// Whether any of these flags is set.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn has(self, flags: u64) -> bool {
        self.0 & flags != 0
    }

    /// Cells of the slot at a unit; 0 if none is there.
    #[cfg(test)]
    fn cells(self, field: usize) -> u32 {
        (self.0 >> (16 * (field - 1)) & 3) as u32
    }
}

/// Where slots of data may be, in every lane: cells below 2^14, so that the highest bit is free for comparing.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    end: u64,
    /// The cells that no data may be in: the header, and all references with what is between them.
    hole: (u64, u64),
}

impl Frame {
    /// A frame of so many cells, with its header at a cell, and its reference cells, if any, in a range.
    pub(super) fn new(cells: u32, header: u32, refs: Option<(u32, u32)>) -> Frame {
        // More than any slot reaches.
        let lanes = |cell: u32| u64::from(cell.min(0x7fff)) * ONES;
        let header_end = header + HEADER_BYTES / CELL_BYTES;
        let (first, end) = refs.map_or((header, header_end), |(first, end)| (first.min(header), end.max(header_end)));
        Frame { end: lanes(cells), hole: (lanes(first), lanes(end)) }
    }

    /// Whether all slots of an instruction are aligned, inside the frame, and clear of the hole.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn admits(self, plan: Plan, units: u64) -> bool {
        let cells = plan.0 & CELLS;
        // A one in the lanes of slots, and from it all ones.
        let slot = (cells | cells >> 1) & ONES;
        let slots = units & ((slot << 16).wrapping_sub(slot));
        // If a slot is not aligned its low bits get into the lane below, and the result does not count.
        let aligned = slots & CELLS == 0;
        let first = slots >> 2;
        let end = first + cells;
        // Lane by lane: the highest bit stays if what is taken off is not more. No slot is [0, 0), below everything.
        let inside = (self.end | TOPS).wrapping_sub(end);
        let below = (self.hole.0 | TOPS).wrapping_sub(end);
        let above = (first | TOPS).wrapping_sub(self.hole.1);
        aligned && inside & (below | above) & TOPS == TOPS
    }
}

/// Units as lanes, the first in the lowest.
#[cfg_attr(not(compact), inline)]
pub(super) fn lanes(units: [u16; LANES]) -> u64 {
    let [a, b, c, d] = units.map(u64::from);
    a | b << 16 | c << 32 | d << 48
}

/// Whether a row loads from or stores to memory 0, if that has 32-bit addresses.
pub(super) const fn accesses_memory(row: usize) -> bool {
    row >= Row::I32Load as usize && row <= Row::F64Store as usize
        || row >= Row::V128Load as usize && row <= Row::V128Store as usize
}

/// The same, if it has 64-bit addresses.
pub(super) const fn accesses_memory64(row: usize) -> bool {
    row >= Row::I32LoadMemory64 as usize && row <= Row::F64StoreMemory64 as usize
}

/// The same, if it is shared and has 32-bit addresses.
pub(super) const fn accesses_shared(row: usize) -> bool {
    row >= Row::I32LoadShared as usize && row <= Row::F64StoreShared as usize
}

/// The plan of an instruction.
#[cfg(target_pointer_width = "64")]
#[cfg_attr(not(compact), inline)]
pub(super) fn of(token: u16) -> Plan {
    table::PLANS.get(usize::from(token)).copied().unwrap_or(Plan(Plan::EXACT))
}

/// No table: every instruction is decoded.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn of(_: u16) -> Plan {
    Plan(Plan::EXACT)
}

#[cfg(target_pointer_width = "64")]
mod table {
    use super::*;
    use crate::isa::{BASES, Role, SUPERINSTRUCTIONS, TOKENS, Ty, first_of, kind, table::ROWS};

    const PLANS_COUNT: usize = (TOKENS + SUPERINSTRUCTIONS) as usize;
    pub(super) static PLANS: [Plan; PLANS_COUNT] = plans();

    const fn plans() -> [Plan; PLANS_COUNT] {
        let mut plans = [Plan(Plan::EXACT); PLANS_COUNT];
        let mut row = 0;
        while row < ROWS.len() {
            let (mut form, base, firsts) = (0, ROWS[row].shape.base.len(), BASES[row]);
            while form < ROWS[row].shape.forms_count() {
                let token = if form < base { firsts[0] as usize + form } else { firsts[1] as usize + form - base };
                plans[token] = plan(row, form);
                form += 1;
            }
            row += 1;
        }
        let mut token = TOKENS as usize;
        while token < PLANS_COUNT {
            plans[token] = Plan(plans[first_of(token as u16) as usize].0 | Plan::SUPER);
            token += 1;
        }
        plans
    }

    /// Exact is an instruction beyond the lanes, or with any operand beyond those of computing, or with a slot of more than three cells.
    const fn plan(row: usize, form: usize) -> Plan {
        const EXACT: Plan = Plan(Plan::EXACT);
        let (types, shape) = (ROWS[row].types, ROWS[row].shape);
        let letters = shape.form(form);
        let mut plan = 0;
        if form >= shape.base.len() {
            plan |= Plan::FULL;
        }
        if accesses_memory(row) {
            plan |= Plan::MEMORY;
        }
        if accesses_memory64(row) {
            plan |= Plan::MEMORY64;
        }
        if shape.ends_block {
            plan |= Plan::ENDS;
        }
        let (mut field, mut ty, mut i) = (1, 0, 0);
        while i < letters.len() {
            match letters[i] {
                kind::SLOT | kind::WRITE if field <= LANES && !matches!(types[ty], Ty::Ref | Ty::V128) => {
                    plan |= (types[ty].bytes() / CELL_BYTES) as u64 * (1 << (16 * (field - 1)));
                }
                kind::REL16 if i + 1 == letters.len() => plan |= Plan::BRANCH,
                kind::REG if matches!(types[ty], Ty::Ref) => return EXACT,
                kind::REG | kind::NONE | kind::IMM16 | kind::IMM32 | kind::IMM64 | kind::OFF16 => {}
                kind::ENTRY | kind::DELTA if row == Row::Call as usize => plan |= Plan::CALL,
                _ => return EXACT,
            }
            if !matches!(shape.roles[i], Role::Aux) {
                ty += 1;
            }
            field += kind::units(letters[i]);
            i += 1;
        }
        // These have rules of their own.
        let is_special = row == Row::Exit as usize
            || row == Row::ReturnCross as usize
            || row == Row::Lazy as usize
            || row == Row::Fuel as usize
            || row == Row::Signal as usize
            || accesses_shared(row);
        if is_special || field > LEN as usize { EXACT } else { Plan(plan | (field as u64) << LEN_SHIFT) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{SUPERINSTRUCTIONS, TOKENS, Ty, decode, kind, superinstruction};

    /// Every plan says what decoding says; most tokens have one on hosts.
    #[test]
    fn plans_agree_with_the_decoder() {
        let mut planned = 0;
        for token in 0..TOKENS + SUPERINSTRUCTIONS {
            let mut code = [0; 24];
            code[0] = token;
            let instruction = decode(&code, 0).expect("long enough");
            let plan = of(token);
            if plan.has(Plan::EXACT) {
                continue;
            }
            planned += u16::from(token < TOKENS);
            assert_eq!(plan.has(Plan::SUPER), superinstruction(token).is_some());
            assert_eq!(plan.len(), instruction.len);
            assert_eq!(plan.has(Plan::FULL), instruction.level != crate::isa::Level::Base);
            assert_eq!(plan.has(Plan::ENDS), instruction.ends_block);
            let mut cells = [0; LANES];
            let mut branches = false;
            for operand in instruction.operands() {
                match operand.kind {
                    kind::SLOT | kind::WRITE => {
                        let ty = operand.ty.expect("slots have types");
                        assert_ne!(ty, Ty::Ref);
                        cells[operand.field - 1] = ty.bytes() / CELL_BYTES;
                    }
                    kind::REL16 => {
                        branches = true;
                        assert_eq!(operand.field + 1, plan.len());
                    }
                    kind::REG => assert_ne!(operand.ty, Some(Ty::Ref)),
                    kind::NONE | kind::IMM16 | kind::IMM32 | kind::IMM64 | kind::OFF16 => {}
                    kind::ENTRY => assert_eq!((plan.has(Plan::CALL), operand.field), (true, 1)),
                    kind::DELTA => assert_eq!((plan.has(Plan::CALL), operand.field), (true, 3)),
                    other => panic!("operand kind {} needs decoding", other as char),
                }
            }
            assert_eq!(plan.has(Plan::BRANCH), branches);
            assert_eq!(core::array::from_fn(|lane| plan.cells(lane + 1)), cells);
        }
        assert!(planned > TOKENS / 2 || cfg!(not(target_pointer_width = "64")));
    }

    /// Lanes give the answer of plain comparisons, for all kinds of slots and frames, at every edge.
    #[test]
    fn lanes_agree_with_plain_comparisons() {
        let slots = || (0..80).chain(0x7ff8..0x8008).chain(0xfff0..=0xffff_u32);
        for (cells, header, refs) in [
            (10, 3, None),
            (19, 0, None),
            (19, 2, Some((0, 9))),
            (19, 2, Some((6, 7))),
            (0x2004, 4, None),
            (0x4000, 16, Some((17, 18))),
            (0x8000, 4, Some((10, 0x8000))),
        ] {
            let frame = Frame::new(cells, header, refs);
            let (refs_first, refs_end) = refs.unwrap_or((header, header + 2));
            let plain = |slot: u32, width: u32| {
                let (first, end) = (slot / 4, slot / 4 + width);
                let (hole_first, hole_end) = (refs_first.min(header), refs_end.max(header + 2));
                slot.is_multiple_of(4) && end <= cells && (end <= hole_first || first >= hole_end)
            };
            for (slot, width) in slots().flat_map(|slot| [(slot, 1), (slot, 2)]) {
                for lane in 0..LANES {
                    // Beside it immediates of any value, and a slot that is right or wrong.
                    for (other, other_width) in [(0xffff, 0), (0, 0), (0, 1), (4 * (cells - 1), 1), (2, 2)] {
                        let neighbour = (lane + 1) % LANES;
                        let plan = Plan(u64::from(width) << (16 * lane) | u64::from(other_width) << (16 * neighbour));
                        let mut units = [0xfffe; LANES];
                        units[lane] = slot as u16;
                        units[neighbour] = other as u16;
                        let fits = other_width == 0 || plain(u32::from(other as u16), other_width);
                        assert_eq!(frame.admits(plan, lanes(units)), fits && plain(slot, width));
                    }
                }
            }
        }
    }
}
