//! Emission: appends instructions, remembers the last two, and lets the last one write a slot itself.
//!
//! Only here and in `fuse` is an emitted instruction changed. What is remembered is forgotten at every block start, since
//! code from elsewhere arrives there.

use super::{func::Func, stack::Accumulator};
use crate::{
    error::Error,
    isa::{
        Row, Ty,
        encode::{self, Field},
        kind,
    },
};

/// The accumulator for a type of data.
pub fn accumulator_of(ty: Ty) -> Accumulator {
    match ty {
        Ty::F32 | Ty::F64 => Accumulator::Float,
        _ => Accumulator::Int,
    }
}

/// An instruction that has been emitted and may still be changed.
#[derive(Clone, Copy, Debug)]
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

impl Emitted {
    /// Operand number `index`; absent ones too have a place.
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

impl Func<'_> {
    /// Appends an instruction.
    pub fn emit(&mut self, row: Row, fields: &[Field]) -> Result<(), Error> {
        self.reserve(1 + 4 * fields.len())?;
        let at = encode::push(self.code, row, fields);
        // What stands before an instruction matters if that is taken back.
        self.previous = if super::fuse::may_be_retracted(row) { self.last } else { None };
        // Field by field: the operands were just stored, and a wide copy would wait for that.
        let last =
            self.last.insert(Emitted { at, row, letters: 0, values: [0; encode::FIELDS_MAX], len: fields.len() });
        for (index, field) in fields.iter().enumerate() {
            last.letters |= u64::from(field.kind) << (8 * index);
            last.values[index] = field.value;
        }
        Ok(())
    }

    /// Appends an instruction that may trap or call: its place is noted for backtraces.
    pub fn emit_mapped(&mut self, row: Row, fields: &[Field]) -> Result<(), Error> {
        self.map_here()?;
        self.emit(row, fields)
    }

    /// Notes that the next instruction comes from the current operator.
    pub fn map_here(&mut self) -> Result<(), Error> {
        let entry = (self.code.len() as u32, self.wasm_offset);
        if let Some(last) = self.source_map.last_mut()
            && last.0 == entry.0
        {
            *last = entry;
            return Ok(());
        }
        self.source_map.try_reserve(1).map_err(|_| Error::OUT_OF_MEMORY)?;
        self.source_map.push(entry);
        Ok(())
    }

    /// Room for `units` more units.
    pub fn reserve(&mut self, units: usize) -> Result<(), Error> {
        self.code.try_reserve(units).map_err(|_| Error::OUT_OF_MEMORY)
    }

    /// Forgets the emitted instructions: they may no longer be changed.
    pub fn seal(&mut self) {
        self.last = None;
        self.previous = None;
    }

    /// Removes the last instruction.
    pub fn retract(&mut self, emitted: &Emitted) {
        self.code.truncate(emitted.at);
        while self.source_map.last().is_some_and(|&(at, _)| at as usize > emitted.at) {
            self.source_map.pop();
        }
        self.last = self.previous.take();
    }

    /// Makes the last instruction, which left a result of type `ty` in the accumulator, write it to a slot too, if it has
    /// that form.
    pub fn write_through(&mut self, ty: Ty, to: Field) -> bool {
        let Some(last) = &mut self.last else { return false };
        let writes_accumulator = last.last_field() == Some(Field::REG) && super::fuse::has_result(last.row);
        if !writes_accumulator || last.row.get().types.last() != Some(&ty) {
            return false;
        }
        let letters = last.letters_with_last(kind::WRITE);
        let Some(token) = encode::token_of(last.row, letters) else { return false };
        // The result comes last and had no field before.
        last.letters = letters;
        last.values[last.len - 1] = to.value;
        self.code[last.at] = token;
        self.code.push(to.value as u16);
        true
    }
}
