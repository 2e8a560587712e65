//! Numeric operators and select: picks the operand form.

use super::{
    emit::accumulator_of,
    func::{Func, Refusal},
    fuse,
    stack::{Entry, Place},
};
use crate::isa::{
    Level, Row, Ty,
    encode::{Field, Form, form_of},
    kind,
};

/// Operators on floats that are about bits. Section 4.3.3 of the specification, "Floating-Point Operations": `fneg`, `fabs`, `fcopysign`.
const KEEPS_NAN: [Row; 8] = [
    Row::F32Abs,
    Row::F32Neg,
    Row::F32Copysign,
    Row::F32ReinterpretI32,
    Row::F64Abs,
    Row::F64Neg,
    Row::F64Copysign,
    Row::F64ReinterpretI64,
];

impl Func<'_> {
    /// An operator that computes one operand from one or two, of the row's types.
    pub fn numeric(&mut self, row: Row) -> Result<(), Refusal> {
        if row.get().types.len() == 2 { self.unary(row) } else { self.binary(row) }
    }

    /// A unary operator: operand type and result type are the row's.
    fn unary(&mut self, row: Row) -> Result<(), Refusal> {
        let entry = self.pop(row.get().types[0])?;
        let operand = self.field(&entry)?;
        self.unary_field(row, operand)
    }

    fn unary_field(&mut self, row: Row, operand: Field) -> Result<(), Refusal> {
        let result = row.get().types[1];
        self.claim(accumulator_of(result))?;
        self.map_if_trapping(row)?;
        self.emit(row, &[operand, Field::REG])?;
        self.canonicalize(row)?;
        self.push_accumulator(result)
    }

    /// An operator that only looks at the same bits as another type of the same or a smaller width: free for a slot.
    pub fn wrap(&mut self) -> Result<(), Refusal> {
        let entry = self.pop(Ty::I64)?;
        match entry.place {
            Place::Const(bits) => self.push(Ty::I32, Place::Const(u64::from(bits as u32))),
            Place::Accumulator => self.push_accumulator(Ty::I32),
            _ => {
                let operand = self.field(&entry)?;
                self.unary_field(Row::I32WrapI64, operand)
            }
        }
    }

    /// Notes the place of an operator that can trap.
    fn map_if_trapping(&mut self, row: Row) -> Result<(), Refusal> {
        if fuse::TRAPPING.contains(row) { self.map_here() } else { Ok(()) }
    }

    /// Adds the instruction that makes any NaN the canonical one, when that is asked for and the operator may give any: those that
    /// are about bits change no other bits of a NaN than the sign.
    pub fn canonicalize(&mut self, row: Row) -> Result<(), Refusal> {
        let row = match row.get().types.last() {
            _ if KEEPS_NAN.contains(&row) => return Ok(()),
            Some(Ty::F32) => Row::F32CanonicalizeNan,
            Some(Ty::F64) => Row::F64CanonicalizeNan,
            Some(Ty::V128) => match super::simd::canonical(row) {
                Some(row) => row,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        if self.module.config.canonicalize_nans { self.emit(row, &[Field::REG, Field::REG]) } else { Ok(()) }
    }

    /// A binary operator.
    fn binary(&mut self, row: Row) -> Result<(), Refusal> {
        let [left, right, _] = row.get().types else { unreachable!("a binary operation has three types") };
        let right = self.pop(*right)?;
        let left = self.pop(*left)?;
        self.binary_of(row, left, right)
    }

    /// A binary operator on these operands.
    pub fn binary_of(&mut self, row: Row, left: Entry, right: Entry) -> Result<(), Refusal> {
        if row == Row::V128Or
            && let Some([vector, amount]) = self.rotation(&left, &right)
        {
            self.emit(Row::I32x4Rotl, &[vector, amount, Field::REG])?;
            return self.push_accumulator(Ty::V128);
        }
        let shifted = left;
        let (row, form, [left, right]) = self.binary_operands(row, left, right)?;
        let result = row.get().types[2];
        self.claim(accumulator_of(result))?;
        self.map_if_trapping(row)?;
        if result == Ty::V128
            && left == Field::REG
            && let Place::Local(local) = shifted.place
        {
            let slot = self.local_slot(local).value;
            self.recent.note_shift(self.code.len(), slot);
        }
        self.emit_chained(row, form, left, right)?;
        self.canonicalize(row)?;
        self.push_accumulator(result)
    }

    /// Row, form and operand fields that exist.
    fn binary_operands(&mut self, row: Row, left: Entry, right: Entry) -> Result<(Row, Form, [Field; 2]), Refusal> {
        let (row, right) = subtraction_as_addition(row, right);
        let mut a = self.immediate_or_field(&left, row, 0)?;
        let mut b = self.immediate_or_field(&right, row, 1)?;
        // Both in the accumulator: the same local twice. One of them is read from its slot.
        if a == Field::REG && b == Field::REG && accumulator_of(left.ty) == accumulator_of(right.ty) {
            b = self.slot_field(&right)?;
        }
        let level = self.level();
        if let Some(found) = either_way(row, a, b, level) {
            return Ok(found);
        }
        // An immediate that no form takes becomes a slot.
        if is_immediate(b) {
            b = self.constant_slot(&right)?;
        }
        if is_immediate(a) && either_way(row, a, b, level).is_none() {
            a = self.constant_slot(&left)?;
        }
        Ok(either_way(row, a, b, level).expect("binary operations take slots and accumulators"))
    }

    /// A constant as the shortest immediate, that of a float by its bits; else the operand where it is.
    fn immediate_or_field(&mut self, entry: &Entry, row: Row, index: usize) -> Result<Field, Refusal> {
        match (entry.place, row.get().types[index]) {
            (Place::Const(bits), Ty::I32) => Ok(Field::immediate(i64::from(bits as u32 as i32))),
            (Place::Const(bits), Ty::I64) => Ok(Field::immediate(bits as i64)),
            (Place::Const(bits), Ty::F32) => Ok(Field::new(kind::IMM32, i64::from(bits as u32 as i32))),
            (Place::Const(bits), Ty::F64) => Ok(Field::new(kind::IMM64, bits as i64)),
            _ => self.field(entry),
        }
    }

    /// A constant in its home.
    pub fn constant_slot(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        let slot = self.home_slot(entry);
        let Place::Const(bits) = entry.place else { return Ok(slot) };
        self.store_const(entry.ty, bits, slot)?;
        Ok(slot)
    }

    /// select, with or without a type
    pub fn select(&mut self, ty: Option<Ty>) -> Result<(), Refusal> {
        let condition = self.pop(Ty::I32)?;
        let right = self.pop_any()?;
        let ty = ty.unwrap_or(right.ty);
        let left = self.pop(ty)?;
        self.prove(right.ty == ty)?;
        // The values are immediates or read from slots; nothing on the way to them may touch the accumulator that holds the condition.
        let a = self.choice_field(&left)?;
        let b = self.choice_field(&right)?;
        let condition = self.field(&condition)?;
        match ty {
            Ty::Ref => {
                self.push(Ty::Ref, Place::Home)?;
                let home = self.stack.last().expect("just pushed").home;
                let to = self.slot(home);
                self.emit(Row::RefSelect, &[condition, a, b, to])
            }
            _ => {
                let row = match ty {
                    Ty::I32 => Row::I32Select,
                    Ty::I64 => Row::I64Select,
                    Ty::F32 => Row::F32Select,
                    Ty::V128 => Row::V128Select,
                    _ => Row::F64Select,
                };
                self.claim(accumulator_of(ty))?;
                self.emit(row, &[condition, a, b, Field::REG])?;
                self.push_accumulator(ty)
            }
        }
    }

    /// A value to choose: a short integer constant as an immediate, anything else in a slot.
    fn choice_field(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        let immediate = match (entry.place, entry.ty) {
            (Place::Const(bits), Ty::I32) => Field::immediate(i64::from(bits as u32 as i32)),
            (Place::Const(bits), Ty::I64) => Field::immediate(bits as i64),
            _ => return self.slot_field(entry),
        };
        if immediate.kind == kind::IMM16 && self.level() > Level::Base { Ok(immediate) } else { self.slot_field(entry) }
    }

    /// i64.add128, i64.sub128: four operands, two results, all in slots.
    pub fn wide(&mut self, row: Row, operands: usize) -> Result<(), Refusal> {
        let mut fields = [Field::NONE; 6];
        for index in (0..operands).rev() {
            let entry = self.pop(row.get().types[index])?;
            fields[index] = self.slot_field(&entry)?;
        }
        for index in 0..2 {
            self.push(Ty::I64, Place::Home)?;
            let home = self.stack.last().expect("just pushed").home;
            fields[operands + index] = self.slot(home);
        }
        self.emit_any(row, &fields[..operands + 2])
    }
}

/// The form of a row for these operands, or that of the row that takes them exchanged.
#[inline]
fn either_way(row: Row, a: Field, b: Field, level: Level) -> Option<(Row, Form, [Field; 2])> {
    if let Some(form) = form_of(row, &[a, b, Field::REG], level) {
        return Some((row, form, [a, b]));
    }
    let mirrored = if fuse::is_commutative(row) { row } else { fuse::exchanged(row)? };
    form_of(mirrored, &[b, a, Field::REG], level).map(|form| (mirrored, form, [b, a]))
}

fn is_immediate(field: Field) -> bool {
    matches!(field.kind, kind::IMM16 | kind::IMM32 | kind::IMM64)
}

/// `x - k` as `x + -k`, which has more forms.
fn subtraction_as_addition(row: Row, mut right: Entry) -> (Row, Entry) {
    match (row, right.place) {
        (Row::I32Sub, Place::Const(bits)) => {
            right.place = Place::Const(u64::from((bits as u32).wrapping_neg()));
            (Row::I32Add, right)
        }
        (Row::I64Sub, Place::Const(bits)) => {
            right.place = Place::Const(bits.wrapping_neg());
            (Row::I64Add, right)
        }
        _ => (row, right),
    }
}
