//! Emission: appends instructions, remembers the last two, and lets the last one write a slot itself.
//!
//! Only here and in `fuse` is an emitted instruction changed. What is remembered is forgotten at every block start, since
//! code from elsewhere arrives there.

use super::{
    func::{Func, Refusal},
    stack::Accumulator,
};
use crate::isa::{
    Level, Row, Ty,
    encode::{self, Field, Form},
    kind,
};
use crate::push::push;

/// The accumulator for a type of data.
pub fn accumulator_of(ty: Ty) -> Accumulator {
    match ty {
        Ty::F32 | Ty::F64 => Accumulator::Float,
        Ty::V128 => Accumulator::Vector,
        _ => Accumulator::Int,
    }
}

/// An instruction that has been emitted and may still be changed.
#[derive(Debug)]
pub struct Emitted {
    /// Unit offset of its token.
    pub at: usize,
    /// Its row.
    pub row: Row,
    /// Letters of its operands, as [`table::key`] packs them.
    letters: u64,
    /// Values of its operands.
    values: [i64; encode::FIELDS_MAX],
    /// How many operands it has.
    pub len: usize,
}

impl Default for Emitted {
    fn default() -> Emitted {
        Emitted { at: 0, row: Row::Unreachable, letters: 0, values: [0; encode::FIELDS_MAX], len: 0 }
    }
}

impl Emitted {
    /// Operand number `index`; absent ones too have a place, with a value of no meaning.
    pub fn field(&self, index: usize) -> Field {
        Field::new((self.letters >> (8 * index)) as u8, self.values[index])
    }

    /// The last operand.
    pub fn last_field(&self) -> Option<Field> {
        self.len.checked_sub(1).map(|index| self.field(index))
    }

    /// The letters with the last operand's changed.
    pub fn letters_with_last(&self, letter: u8) -> u64 {
        let shift = 8 * (self.len.max(1) - 1);
        self.letters & !(0xff << shift) | u64::from(letter) << shift
    }
}

/// The last instructions, written in place: copies of what was just stored in parts would wait for it.
#[derive(Default)]
pub struct Recent {
    instructions: [Emitted; 2],
    /// Which of them is the last.
    newest: usize,
    /// How many of them may still be changed.
    count: usize,
    /// Where the last operation on lanes stands that read v0 for a local, and the slot of that.
    shifted: Option<(usize, i64)>,
}

impl Recent {
    /// The instruction before `age` others.
    pub fn get(&self, age: usize) -> Option<&Emitted> {
        (age < self.count).then(|| &self.instructions[self.newest ^ age])
    }

    /// The last operation on lanes that read v0 for a local: where it stands, and the slot of that.
    pub fn shifted(&self) -> Option<(usize, i64)> {
        self.shifted
    }

    /// Notes that an operation on lanes comes next, which reads v0 for what is in this slot.
    pub fn note_shift(&mut self, at: usize, slot: i64) {
        self.shifted = Some((at, slot));
    }

    #[inline(always)]
    fn push<const N: usize>(&mut self, at: usize, row: Row, letters: u64, fields: &[Field; N]) {
        // What stands before an instruction matters only if that may be taken back.
        self.count = 1 + usize::from(self.count > 0 && super::fuse::RETRACTABLE.contains(row));
        self.newest ^= 1;
        let last = &mut self.instructions[self.newest & 1];
        for (index, field) in fields.iter().enumerate() {
            last.values[index] = field.value;
        }
        (last.at, last.row, last.letters, last.len) = (at, row, letters, N);
    }

    fn pop(&mut self) {
        self.newest ^= 1;
        self.count -= 1;
    }
}

impl Func<'_> {
    /// The highest level of instructions that may be emitted.
    pub fn level(&self) -> Level {
        self.module.config.level
    }

    /// Appends an instruction.
    pub fn emit<const N: usize>(&mut self, row: Row, fields: &[Field; N]) -> Result<(), Refusal> {
        let Some(form) = encode::form_of(row, fields, self.level()) else { encode::missing(row, fields) };
        self.emit_form(row, form, fields)
    }

    /// Appends an instruction in a form that was looked up.
    pub fn emit_form<const N: usize>(&mut self, row: Row, form: Form, fields: &[Field; N]) -> Result<(), Refusal> {
        if self.code.capacity() - self.code.len() < encode::units_max(N) {
            return self.emit_slowly(row, form, fields);
        }
        let at = encode::push(self.code, form, fields);
        // What is not remembered is not changed.
        if self.module.config.fusion {
            self.recent.push(at, row, form.letters, fields);
        }
        Ok(())
    }

    /// As `emit_form`, where the code has to grow first.
    #[cold]
    #[inline(never)]
    fn emit_slowly<const N: usize>(&mut self, row: Row, form: Form, fields: &[Field; N]) -> Result<(), Refusal> {
        self.reserve(encode::units_max(N))?;
        self.emit_form(row, form, fields)
    }

    /// Appends an instruction with a number of operands that only its row tells.
    pub fn emit_any(&mut self, row: Row, fields: &[Field]) -> Result<(), Refusal> {
        /// Of the right length, or they are not the ones to emit.
        fn exactly<const N: usize>(fields: &[Field]) -> &[Field; N] {
            fields.try_into().expect("the length was looked at")
        }
        match fields.len() {
            0 => self.emit::<0>(row, exactly(fields)),
            1 => self.emit::<1>(row, exactly(fields)),
            2 => self.emit::<2>(row, exactly(fields)),
            3 => self.emit::<3>(row, exactly(fields)),
            4 => self.emit::<4>(row, exactly(fields)),
            5 => self.emit::<5>(row, exactly(fields)),
            _ => self.emit::<{ encode::FIELDS_MAX }>(row, exactly(fields)),
        }
    }

    /// The last instruction, if it may still be changed.
    pub fn last(&self) -> Option<&Emitted> {
        self.recent.get(0)
    }

    /// Appends an instruction that may trap or call: its place is noted for backtraces.
    pub fn emit_mapped<const N: usize>(&mut self, row: Row, fields: &[Field; N]) -> Result<(), Refusal> {
        self.map_here()?;
        self.emit(row, fields)
    }

    /// Notes that the next instruction comes from the current operator.
    pub fn map_here(&mut self) -> Result<(), Refusal> {
        let entry = (self.code.len() as u32, self.wasm_offset);
        if let Some(last) = self.source_map.last_mut()
            && last.0 == entry.0
        {
            *last = entry;
            return Ok(());
        }
        Ok(push(self.source_map, entry)?)
    }

    /// Room for `units` more units.
    pub fn reserve(&mut self, units: usize) -> Result<(), Refusal> {
        self.code.try_reserve(units).map_err(|_| Refusal::OutOfMemory)
    }

    /// Forgets the emitted instructions: they may no longer be changed.
    pub fn seal(&mut self) {
        self.recent.count = 0;
    }

    /// Removes the last instruction, if there is one that may still be changed.
    pub fn retract(&mut self) {
        let Some(at) = self.last().map(|last| last.at) else { return };
        self.code.truncate(at);
        while self.source_map.last().is_some_and(|&(mapped, _)| mapped as usize > at) {
            self.source_map.pop();
        }
        self.recent.pop();
    }

    /// Makes the last instruction, which left a result of type `ty` in the accumulator, write it to a slot too, if it has
    /// that form.
    pub fn write_through(&mut self, ty: Ty, to: Field) -> bool {
        if self.recent.count == 0 {
            return false;
        }
        let last = &mut self.recent.instructions[self.recent.newest];
        let writes_accumulator = last.last_field() == Some(Field::REG) && super::fuse::has_result(last.row);
        if !writes_accumulator || last.row.get().types.last() != Some(&ty) {
            return false;
        }
        let letters = last.letters_with_last(kind::WRITE);
        let Some(token) = encode::token_of(last.row, letters, self.module.config.level) else { return false };
        // The result comes last and had no field before.
        last.letters = letters;
        last.values[last.len - 1] = to.value;
        self.code[last.at] = token;
        self.code.push(to.value as u16);
        true
    }
}
