//! Fusion: the only place where two operators become one instruction beyond what operand forms do.
//!
//! `Config::fusion` switches it off. Longer sequences are the business of `isa/superinstruction.rs`, after translation.
//!
//! Compare and branch, test and branch, chains of two operations, sum and load, steps of locals, rotations of lanes, loop edge. Comparisons and
//! branches are found by the order of their rows in the table, chains by their names there; listings in `tests/translate`
//! pin both down, and `tests/regress/fusions.wat` runs each.

use super::{
    emit::Emitted,
    func::{Func, Refusal},
    stack::{Entry, Place},
};
use crate::isa::{
    Level, Role, Row, Ty, chain,
    encode::{Field, Form, form_of, token_of},
    kind, table,
};

/// Order of integer comparisons in the table: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u.
const INT_NEGATED: [usize; 10] = [1, 0, 8, 9, 6, 7, 4, 5, 2, 3];
const INT_EXCHANGED: [usize; 10] = [0, 1, 4, 5, 2, 3, 8, 9, 6, 7];
/// The same for floats: eq ne lt gt le ge.
const FLOAT_EXCHANGED: [usize; 6] = [0, 1, 3, 2, 5, 4];

/// Families of comparisons: first comparison, first `br_if`, how many; for floats the first `br_unless` of lt gt le ge.
struct Family {
    compare: Row,
    branch: Row,
    len: usize,
    unless: Option<Row>,
    edge: Option<Row>,
}
const FAMILIES: [Family; 4] = [
    Family { compare: Row::I32Eq, branch: Row::BrIfI32Eq, len: 10, unless: None, edge: Some(Row::LoopI32Eq) },
    Family { compare: Row::I64Eq, branch: Row::BrIfI64Eq, len: 10, unless: None, edge: Some(Row::LoopI64Eq) },
    Family { compare: Row::F32Eq, branch: Row::BrIfF32Eq, len: 6, unless: Some(Row::BrUnlessF32Lt), edge: None },
    Family { compare: Row::F64Eq, branch: Row::BrIfF64Eq, len: 6, unless: Some(Row::BrUnlessF64Lt), edge: None },
];

/// The row so many behind one.
pub fn offset(row: Row, index: usize) -> Row {
    Row::from_index(row as usize + index).expect("families lie inside the table")
}

/// Family and number of a row among those that begin with `first`.
fn find(row: Row, first: fn(&Family) -> Option<Row>) -> Option<(&'static Family, usize)> {
    FAMILIES.iter().find_map(|family| {
        let index = (row as usize).checked_sub(first(family)? as usize)?;
        (index < family.len).then_some((family, index))
    })
}

/// The comparison with its operands exchanged.
pub fn exchanged(row: Row) -> Option<Row> {
    let (family, index) = find(row, |family| Some(family.compare))?;
    let exchanged = if family.edge.is_some() { INT_EXCHANGED[index] } else { FLOAT_EXCHANGED[index] };
    Some(offset(family.compare, exchanged))
}

/// The branch that is taken when `row` holds, or when it does not.
fn branch_row(row: Row, when: bool) -> Option<Row> {
    if let Some((family, index)) = find(row, |family| Some(family.compare)) {
        return Some(if when {
            offset(family.branch, index)
        } else if family.edge.is_some() {
            offset(family.branch, INT_NEGATED[index])
        } else {
            match index {
                0 => offset(family.branch, 1),
                1 => offset(family.branch, 0),
                _ => offset(family.unless?, index - 2),
            }
        });
    }
    Some(match (row, when) {
        (Row::I32Eqz, true) => Row::BrIfI32Eqz,
        (Row::I32Eqz, false) => Row::BrUnlessI32Eqz,
        (Row::I64Eqz, true) => Row::BrIfI64Eqz,
        (Row::I64Eqz, false) => Row::BrUnlessI64Eqz,
        _ => return None,
    })
}

/// A set of rows as bits, for what is asked about nearly every instruction.
pub struct RowSet([u64; table::ROWS.len().div_ceil(64)]);

impl RowSet {
    /// So many rows from each of these on.
    pub const fn of(ranges: &[(Row, usize)]) -> RowSet {
        let mut bits = [0; table::ROWS.len().div_ceil(64)];
        let mut i = 0;
        while i < ranges.len() {
            let mut row = ranges[i].0 as usize;
            let end = row + ranges[i].1;
            while row < end {
                bits[row / 64] |= 1 << (row % 64);
                row += 1;
            }
            i += 1;
        }
        RowSet(bits)
    }

    /// Whether the row is one of them.
    #[inline(always)]
    pub fn contains(&self, row: Row) -> bool {
        self.0[row as usize / 64] >> (row as usize % 64) & 1 != 0
    }
}

/// Instructions that may be taken back, so that the one before is the last again: integer comparisons, tests that may follow any
/// comparison, a sum, a step, the shifts of a rotation.
pub static RETRACTABLE: RowSet = RowSet::of(&[
    (Row::I32Eq, INT_NEGATED.len()),
    (Row::I64Eq, INT_NEGATED.len()),
    (Row::I32Eqz, 1),
    (Row::I64Eqz, 1),
    (Row::I32Add, 1),
    (Row::I64Add, 1),
    (Row::I32Step, 1),
    (Row::I32x4Shl, 1),
    (Row::I32x4ShrU, 1),
]);

/// Numeric operations that can trap: divisions, and truncations that do not saturate.
pub static TRAPPING: RowSet = RowSet::of(&[
    (Row::I32DivS, 4),
    (Row::I64DivS, 4),
    (Row::I32TruncF32S, Row::I64TruncF64U as usize - Row::I32TruncF32S as usize + 1),
]);

/// Whether the last operand of a row is a result.
pub fn has_result(row: Row) -> bool {
    row.get().shape.roles.last() == Some(&Role::Out)
}

/// A conditional branch that is ready to be emitted: everything but its target.
pub struct Condition {
    row: Row,
    operands: [Field; 2],
    len: usize,
}

impl Condition {
    /// That the reference in a slot is null, or is not.
    pub fn null(slot: Field, is_null: bool) -> Condition {
        let row = if is_null { Row::BrOnNull } else { Row::BrOnNonNull };
        Condition { row, operands: [slot, Field::NONE], len: 1 }
    }

    /// That the reference in a slot is of a type, or is not.
    pub fn cast(slot: Field, ty: Field, is_of: bool) -> Condition {
        let row = if is_of { Row::BrOnCast } else { Row::BrOnCastFail };
        Condition { row, operands: [slot, ty], len: 2 }
    }
}

/// A loop edge to emit.
struct LoopEdge {
    /// Where the instruction stands that it replaces.
    at: usize,
    row: Row,
    /// The local and what it is stepped by.
    step: [Field; 2],
    bound: Field,
    /// The step that stands before it.
    other: Option<[Field; 2]>,
}

/// Length of a step: token, slot, immediate.
const STEP_UNITS: usize = 3;

impl Func<'_> {
    /// Turns the i32 operand `entry`, just popped, into a branch condition: taken when it is not zero, or when it is.
    /// Takes a comparison or test back that was only made for this.
    pub fn condition(&mut self, entry: &Entry, when: bool) -> Result<Condition, Refusal> {
        let mut condition = self.comparison(entry, when)?;
        // Whether a conjunction is zero, which was only computed for this.
        if condition.operands[0] == Field::REG
            && let Some(row) = match condition.row {
                Row::BrIfI32Eqz => Some(Row::BrUnlessI32And),
                Row::BrUnlessI32Eqz => Some(Row::BrIfI32And),
                _ => None,
            }
            && let Some(last) = self.last()
            && last.row == Row::I32And
            && last.last_field() == Some(Field::REG)
        {
            condition = Condition { row, operands: [last.field(0), last.field(1)], len: 2 };
            self.retract();
        }
        Ok(condition)
    }

    fn comparison(&mut self, entry: &Entry, mut when: bool) -> Result<Condition, Refusal> {
        if entry.place == Place::Accumulator {
            // `i32.eqz` of a truth value turns it round.
            if let Some(last) = self.last()
                && last.row == Row::I32Eqz
                && last.field(0).kind == kind::REG
                && self.recent.get(1).is_some_and(|last| produces_truth(last, self.level()))
            {
                self.retract();
                when = !when;
            }
            if let Some(last) = self.last()
                && produces_truth(last, self.level())
                && let Some(row) = branch_row(last.row, when)
            {
                let condition = Condition { row, operands: [last.field(0), last.field(1)], len: last.len - 1 };
                self.retract();
                return Ok(condition);
            }
        }
        let field = self.field(entry)?;
        let row = if when { Row::BrUnlessI32Eqz } else { Row::BrIfI32Eqz };
        Ok(Condition { row, operands: [field, Field::NONE], len: 1 })
    }

    /// Emits a conditional branch with a 16-bit offset; returns the unit offset of its target field.
    pub fn emit_branch_if(&mut self, condition: &Condition, distance: i64) -> Result<usize, Refusal> {
        let mut fields = [Field::NONE; 3];
        fields[..condition.len].copy_from_slice(&condition.operands[..condition.len]);
        fields[condition.len] = Field::new(kind::REL16, distance);
        self.emit_any(condition.row, &fields[..=condition.len])?;
        self.seal();
        Ok(self.code.len() - 1)
    }

    /// Emits a conditional branch back to unit `target`, as a loop edge where the compared local was just stepped.
    /// Returns whether the distance fitted.
    pub fn emit_branch_back(&mut self, condition: &Condition, target: usize) -> Result<bool, Refusal> {
        if let Some(edge) = self.loop_edge(condition) {
            let field = edge.at + edge.other.map_or(0, |_| STEP_UNITS) + STEP_UNITS + kind::units(edge.bound.kind);
            let distance = target as i64 - field as i64;
            if i16::try_from(distance).is_err() {
                return Ok(false);
            }
            self.retract();
            if let Some(other) = edge.other {
                self.emit(Row::I32Step, &other)?;
            }
            self.emit(edge.row, &[edge.step[0], edge.step[1], edge.bound, Field::new(kind::REL16, distance)])?;
            self.seal();
            return Ok(true);
        }
        let operand_units: usize =
            condition.operands[..condition.len].iter().map(|field| kind::units(field.kind)).sum();
        let distance = target as i64 - (self.code.len() + 1 + operand_units) as i64;
        if i16::try_from(distance).is_err() {
            return Ok(false);
        }
        self.emit_branch_if(condition, distance)?;
        Ok(true)
    }

    /// Emits a binary operation, or both where its left operand was just computed for it and a row does the work of two.
    pub fn emit_chained(&mut self, row: Row, form: Form, left: Field, right: Field) -> Result<(), Refusal> {
        if (left == Field::REG || right == Field::REG)
            && let Some(last) = self.last()
            && last.last_field() == Some(Field::REG)
            && let Some(chain) = chain(last.row, row)
        {
            let other = if left == Field::REG { Some(right) } else { is_commutative(row).then_some(left) };
            if let Some(other) = other {
                let fields = [last.field(0), last.field(1), other, Field::REG];
                if let Some(form) = form_of(chain, &fields, self.level()) {
                    self.retract();
                    return self.emit_form(chain, form, &fields);
                }
            }
        }
        self.emit_form(row, form, &[left, right, Field::REG])
    }

    /// The two addends of an address that was just computed only to be loaded from; their sum is taken back.
    pub fn sum(&mut self, address: &Entry) -> Option<[Field; 2]> {
        if self.level() == Level::Base {
            return None;
        }
        let add = if address.ty == Ty::I64 { Row::I64Add } else { Row::I32Add };
        let last = self.last().filter(|last| last.row == add && last.last_field() == Some(Field::REG))?;
        if last.field(1).kind == kind::IMM64 {
            return None;
        }
        let addends = (address.place == Place::Accumulator).then(|| [last.field(0), last.field(1)])?;
        self.retract();
        Some(addends)
    }

    /// The vector and the amount of a rotation to the left, of which the last two instructions computed the parts to be united; they are
    /// taken back.
    pub fn rotation(&mut self, left: &Entry, right: &Entry) -> Option<[Field; 2]> {
        let home = match (left.place, right.place) {
            (Place::Home, Place::Accumulator) => left.home,
            (Place::Accumulator, Place::Home) => right.home,
            _ => return None,
        };
        let home = self.slot(home);
        let (first, second) = (self.recent.get(1)?, self.last()?);
        let amount = match (first.row, second.row) {
            (Row::I32x4Shl, Row::I32x4ShrU) => first.field(1),
            (Row::I32x4ShrU, Row::I32x4Shl) => second.field(1),
            _ => return None,
        };
        let (of_first, of_second) = (first.field(0), second.field(0));
        let is_same = of_second.kind == kind::SLOT
            && (of_first == of_second || self.recent.shifted() == Some((first.at, of_second.value)));
        let are_immediates = first.field(1).kind == kind::IMM16 && second.field(1).kind == kind::IMM16;
        let is_united = first.field(2) == Field::new(kind::WRITE, home.value) && second.field(2) == Field::REG;
        if !is_same || !are_immediates || !is_united || (first.field(1).value + second.field(1).value) % 32 != 0 {
            return None;
        }
        if self.level() == Level::Base {
            return None;
        }
        self.retract();
        self.retract();
        Some([of_first, amount])
    }

    /// Where the last instruction adds to a local in place, makes it a step, and two steps of two locals one instruction.
    pub fn step(&mut self) -> Result<(), Refusal> {
        let Some(last) = self.last() else { return Ok(()) };
        let step = match last.row {
            Row::I32Add => Row::I32Step,
            Row::I64Add => Row::I64Step,
            _ => return Ok(()),
        };
        let [x, addend, result] = [last.field(0), last.field(1), last.field(2)];
        let in_place = x.kind == kind::SLOT && result.kind == kind::WRITE && x.value == result.value;
        if !in_place || addend.kind != kind::IMM16 {
            return Ok(());
        }
        self.retract();
        if step == Row::I32Step
            && self.level() > Level::Base
            && let Some(first) = self.last().filter(|first| first.row == step)
        {
            let [y, first] = [first.field(0), first.field(1)];
            self.retract();
            return self.emit(Row::I32StepTwo, &[y, first, x, addend]);
        }
        self.emit(step, &[x, addend])
    }

    /// `x += k` just emitted, and `x` compared with a slot or a short immediate.
    fn loop_edge(&self, condition: &Condition) -> Option<LoopEdge> {
        let last = self.last()?;
        // A test against zero is a comparison with it.
        let (row, operands) = match condition.row {
            Row::BrIfI32Eqz => (Row::BrIfI32Eq, [condition.operands[0], Field::immediate(0)]),
            Row::BrUnlessI32Eqz => (Row::BrIfI32Ne, [condition.operands[0], Field::immediate(0)]),
            Row::BrIfI64Eqz => (Row::BrIfI64Eq, [condition.operands[0], Field::immediate(0)]),
            Row::BrUnlessI64Eqz => (Row::BrIfI64Ne, [condition.operands[0], Field::immediate(0)]),
            row => (row, condition.operands),
        };
        let (family, index) = find(row, |family| Some(family.branch))?;
        let edge = family.edge?;
        let steps = if edge == Row::LoopI32Eq { Row::I32Step } else { Row::I64Step };
        let (step, other) = match last.row {
            row if row == steps => ([last.field(0), last.field(1)], None),
            Row::I32StepTwo if steps == Row::I32Step => {
                ([last.field(2), last.field(3)], Some([last.field(0), last.field(1)]))
            }
            _ => return None,
        };
        let x = step[0];
        let is_x = |field: Field| field.kind == kind::REG || (field.kind == kind::SLOT && field.value == x.value);
        let [left, right] = operands;
        let bounds = |field: Field| {
            matches!(field.kind, kind::IMM16 | kind::IMM32) || (field.kind == kind::SLOT && field.value != x.value)
        };
        if is_x(left) && bounds(right) {
            Some(LoopEdge { at: last.at, row: offset(edge, index), step, bound: right, other })
        } else if is_x(right) && bounds(left) {
            Some(LoopEdge { at: last.at, row: offset(edge, INT_EXCHANGED[index]), step, bound: left, other })
        } else {
            None
        }
    }
}

/// Whether the operands of a row may be exchanged.
pub fn is_commutative(row: Row) -> bool {
    let shape = row.get().shape;
    core::ptr::eq(shape, &table::COMMUTATIVE)
        || core::ptr::eq(shape, &table::COMMUTATIVE64)
        || core::ptr::eq(shape, &table::VECTOR_COMMUTATIVE)
        || matches!(row, Row::F32Add | Row::F32Mul | Row::F64Add | Row::F64Mul)
        || matches!(row, Row::F32x4Add | Row::F32x4Mul | Row::F64x2Add | Row::F64x2Mul)
}

/// The load at a sum that belongs to a load, if there is one.
pub fn at_sum(load: Row) -> Option<Row> {
    match load {
        Row::V128Load => Some(Row::V128LoadSum),
        _ if load as usize > Row::F64Load as usize => None,
        _ => Some(offset(Row::I32LoadSum, load as usize - Row::I32Load as usize)),
    }
}

/// Whether an instruction leaves a truth value in r0 that a branch can test itself.
fn produces_truth(emitted: &Emitted, level: Level) -> bool {
    emitted.last_field() == Some(Field::REG)
        && branch_row(emitted.row, true)
            .is_some_and(|row| token_of(row, emitted.letters_with_last(kind::REL16), level).is_some())
}
