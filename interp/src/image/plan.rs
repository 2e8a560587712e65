//! What the verifier has to look at in an instruction that only computes, one word a token, made from the table at build time.
//!
//! Most instructions read and write slots and accumulators, and perhaps branch: for those the table's forms say in advance
//! where slots stand and of which type. Saves most of the verifier's time. On 64-bit hosts only: elsewhere the table's
//! room counts more, and every instruction is decoded.

use crate::isa::{Row, Ty};

/// Length, flags, and up to four slots: field and type of each.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_pointer_width = "64"), allow(dead_code))]
pub(super) struct Plan(u32);

const LEN: u32 = 0xf;
const FULL: u32 = 1 << 4;
const MEMORY: u32 = 1 << 5;
const BRANCH: u32 = 1 << 6;
const SLOTS_SHIFT: u32 = 8;
const SLOT_BITS: u32 = 5;

impl Plan {
    /// Units of the instruction.
    pub(super) fn len(self) -> usize {
        (self.0 & LEN) as usize
    }

    /// Whether it is of level full.
    pub(super) fn is_full(self) -> bool {
        self.0 & FULL != 0
    }

    /// Whether it needs memory 0.
    pub(super) fn accesses_memory(self) -> bool {
        self.0 & MEMORY != 0
    }

    /// Whether its last unit is a branch offset.
    pub(super) fn branches(self) -> bool {
        self.0 & BRANCH != 0
    }

    /// The slots: number of the unit, and type. Widths and references are all that counts.
    pub(super) fn slots(self) -> impl Iterator<Item = (usize, Ty)> {
        let mut slots = self.0 >> SLOTS_SHIFT;
        core::iter::from_fn(move || {
            let ty = match slots & 3 {
                0 => return None,
                1 => Ty::I32,
                2 => Ty::I64,
                _ => Ty::Ref,
            };
            let field = (slots >> 2 & 7) as usize;
            slots >>= SLOT_BITS;
            Some((field, ty))
        })
    }
}

/// Whether a row loads from or stores to memory 0.
pub(super) const fn accesses_memory(row: usize) -> bool {
    row >= Row::I32Load as usize && row <= Row::F64Store as usize
}

/// The plan of an instruction that only computes.
#[cfg(target_pointer_width = "64")]
pub(super) fn of(token: u16) -> Option<Plan> {
    table::PLANS.get(usize::from(token)).copied().filter(|plan| plan.0 != 0)
}

/// No table: every instruction is decoded.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn of(_: u16) -> Option<Plan> {
    None
}

#[cfg(target_pointer_width = "64")]
mod table {
    use super::*;
    use crate::isa::{Role, TOKENS, kind, table::ROWS};

    const SLOTS_MAX: u32 = 4;

    pub(super) static PLANS: [Plan; TOKENS as usize] = plans();

    const fn plans() -> [Plan; TOKENS as usize] {
        let mut plans = [Plan(0); TOKENS as usize];
        let (mut token, mut row) = (0, 0);
        while row < ROWS.len() {
            let mut form = 0;
            while form < ROWS[row].shape.forms_count() {
                plans[token] = plan(row, form);
                token += 1;
                form += 1;
            }
            row += 1;
        }
        plans
    }

    /// Zero for an instruction that has to be decoded: any operand beyond those of computing, or that ends a block.
    const fn plan(row: usize, form: usize) -> Plan {
        let (types, shape) = (ROWS[row].types, ROWS[row].shape);
        let letters = shape.form(form);
        let is_special = row == Row::Fuel as usize || row == Row::Signal as usize || shape.ends_block;
        let mut plan = 0;
        if form >= shape.base.len() {
            plan |= FULL;
        }
        if accesses_memory(row) {
            plan |= MEMORY;
        }
        let (mut field, mut ty, mut slots, mut i) = (1, 0, 0, 0);
        while i < letters.len() {
            match letters[i] {
                kind::SLOT | kind::WRITE => {
                    if slots == SLOTS_MAX {
                        return Plan(0);
                    }
                    let class = match types[ty] {
                        Ty::Ref => 3,
                        ty if ty.bytes() == 4 => 1,
                        _ => 2,
                    };
                    plan |= (class | field << 2) << (SLOTS_SHIFT + SLOT_BITS * slots);
                    slots += 1;
                }
                kind::REL16 if i + 1 == letters.len() => plan |= BRANCH,
                kind::REG if matches!(types[ty], Ty::Ref) => return Plan(0),
                kind::REG | kind::NONE | kind::IMM16 | kind::IMM32 | kind::IMM64 | kind::OFF16 => {}
                _ => return Plan(0),
            }
            if !matches!(shape.roles[i], Role::Aux) {
                ty += 1;
            }
            field += kind::units(letters[i]) as u32;
            i += 1;
        }
        if is_special || letters.is_empty() || field > 8 { Plan(0) } else { Plan(plan | field) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{TOKENS, decode, kind};

    /// Every plan says what decoding says; most tokens have one on hosts.
    #[test]
    fn plans_agree_with_the_decoder() {
        let mut planned = 0;
        for token in 0..TOKENS {
            let mut code = [0; 24];
            code[0] = token;
            let instruction = decode(&code, 0).expect("long enough");
            let Some(plan) = of(token) else { continue };
            planned += 1;
            assert_eq!(plan.len(), instruction.len);
            assert_eq!(plan.is_full(), instruction.level != crate::isa::Level::Base);
            assert!(!instruction.row.get().shape.ends_block);
            let mut slots = plan.slots();
            for operand in instruction.operands() {
                match operand.kind {
                    kind::SLOT | kind::WRITE => {
                        let (field, ty) = slots.next().expect("as many slots");
                        let expected = operand.ty.expect("slots have types");
                        assert_eq!(field, operand.field);
                        assert_eq!((ty.bytes(), ty == Ty::Ref), (expected.bytes(), expected == Ty::Ref));
                    }
                    kind::REL16 => assert!(plan.branches() && operand.field + 1 == plan.len()),
                    kind::REG => assert_ne!(operand.ty, Some(Ty::Ref)),
                    kind::NONE | kind::IMM16 | kind::IMM32 | kind::IMM64 | kind::OFF16 => {}
                    other => panic!("operand kind {} needs decoding", other as char),
                }
            }
            assert!(slots.next().is_none());
        }
        assert!(planned > usize::from(TOKENS) / 2 || cfg!(not(target_pointer_width = "64")));
    }
}
