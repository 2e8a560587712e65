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
    /// Its operands.
    pub fields: [Field; 6],
    /// How many operands it has.
    pub len: usize,
}

impl Emitted {
    /// Its operands.
    pub fn fields(&self) -> &[Field] {
        &self.fields[..self.len]
    }
}

impl Func<'_> {
    /// Appends an instruction.
    pub fn emit(&mut self, row: Row, fields: &[Field]) -> Result<(), Error> {
        self.reserve(1 + 4 * fields.len())?;
        let at = encode::push(self.code, row, fields);
        self.previous = self.last;
        self.last = None;
        if fields.len() <= 6 {
            let mut remembered = [Field::NONE; 6];
            remembered[..fields.len()].copy_from_slice(fields);
            self.last = Some(Emitted { at, row, fields: remembered, len: fields.len() });
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
        let Some(mut last) = self.last else { return false };
        let Some(result) = last.len.checked_sub(1) else { return false };
        let writes_accumulator = last.fields[result].kind == kind::REG && super::fuse::has_result(last.row);
        if !writes_accumulator || last.row.get().types.last() != Some(&ty) {
            return false;
        }
        last.fields[result] = Field::new(kind::WRITE, to.value);
        if !encode::has_form(last.row, last.fields()) {
            return false;
        }
        self.code.truncate(last.at);
        last.at = encode::push(self.code, last.row, last.fields());
        self.last = Some(last);
        true
    }
}
