//! The translator's operand stack: where each Wasm operand is at this moment.
//!
//! Operands stay where they come from as long as they can: a local or a constant is only noted, a result waits in its
//! accumulator. An operand gets its *home*, a cell fixed by its place on the stack, when it must outlive that. Homes of
//! data operands are packed from the frame's temporaries upwards exactly as parameters are packed in a callee's frame, so
//! that the operands of a call already stand in the callee's frame. References have homes of their own, below all call
//! windows.
//!
//! Invariant: a local that is noted on the stack is copied home before it is written ([`Func::preserve`]); only the top
//! [`LAZY_WINDOW`] entries may be noted locals, which bounds that search.

use super::{
    emit::accumulator_of,
    func::{Func, Refusal},
};
use crate::isa::{Row, Ty, encode::Field, kind};

/// How deep a noted local may lie.
pub const LAZY_WINDOW: usize = 48;

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Still in this local.
    Local(u32),
    /// A constant, as bits; not of a vector.
    Const(u64),
    /// In the accumulator of its type.
    Accumulator,
    /// In its home.
    Home,
}

/// An operand.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Where it is.
    pub place: Place,
    /// Its type.
    pub ty: Ty,
    /// Byte offset of its home in the frame.
    pub home: u32,
}

/// The accumulators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Accumulator {
    /// r0.
    Int,
    /// f0.
    Float,
    /// v0.
    Vector,
}

impl Accumulator {
    /// All of them.
    pub const ALL: [Accumulator; 3] = [Accumulator::Int, Accumulator::Float, Accumulator::Vector];
}

/// What an accumulator holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// Nothing of use.
    Nothing,
    /// The stack entry at this index.
    Entry(usize),
    /// A copy of this local.
    Local(u32),
}

impl Func<'_> {
    /// Pushes an operand. Inlined, because nearly everywhere its place is known.
    #[inline(always)]
    pub fn push(&mut self, ty: Ty, place: Place) -> Result<(), Refusal> {
        match place {
            Place::Local(local) => *self.noted_mut(local) += 1,
            Place::Accumulator => self.hold(accumulator_of(ty), Held::Entry(self.stack.len())),
            Place::Const(_) | Place::Home => {}
        }
        if ty == Ty::Ref || self.stack.len() == self.stack.capacity() || self.stack.len() >= LAZY_WINDOW {
            return self.push_slowly(ty, place);
        }
        self.push_data(ty, place);
        Ok(())
    }

    #[inline(always)]
    fn push_data(&mut self, ty: Ty, place: Place) {
        let home = self.data_top;
        self.data_top += ty.bytes();
        self.frame_bytes = self.frame_bytes.max(self.data_top);
        self.stack.push(Entry { place, ty, home });
    }

    /// What is seldom: references, a stack that has to grow, or is so deep that no local may be noted at its bottom. Apart, so
    /// that the rest needs no registers to be saved.
    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, ty: Ty, place: Place) -> Result<(), Refusal> {
        self.stack.try_reserve(1).map_err(|_| Refusal::OutOfMemory)?;
        if ty == Ty::Ref {
            self.leave_to_validator()?;
            let home = self.refs_base + 4 * self.refs_len;
            self.refs_len += 1;
            self.check_refs();
            self.stack.push(Entry { place, ty, home });
        } else {
            self.push_data(ty, place);
        }
        if let Some(index) = self.stack.len().checked_sub(LAZY_WINDOW + 1)
            && matches!(self.stack[index].place, Place::Local(_))
        {
            self.settle(index)?;
        }
        Ok(())
    }

    /// Pushes a result that an instruction just left in its accumulator.
    pub fn push_accumulator(&mut self, ty: Ty) -> Result<(), Refusal> {
        self.push(ty, Place::Accumulator)
    }

    /// Pops an operand of this type. An operand in the accumulator stays there until that is claimed.
    #[inline]
    pub fn pop(&mut self, ty: Ty) -> Result<Entry, Refusal> {
        let is_there = self.stack.len() > self.floor && self.stack.last().is_some_and(|entry| entry.ty == ty);
        self.prove(is_there)?;
        Ok(self.take())
    }

    /// Pops an operand of any type.
    pub fn pop_any(&mut self) -> Result<Entry, Refusal> {
        self.prove(self.stack.len() > self.floor)?;
        Ok(self.take())
    }

    /// Whether operands of these types are on top.
    pub fn prove_top(&self, types: &[Ty]) -> Result<(), Refusal> {
        let is_there = self.stack.len() >= self.floor + types.len()
            && self.stack[self.stack.len() - types.len()..].iter().zip(types).all(|(entry, ty)| entry.ty == *ty);
        self.prove(is_there)
    }

    /// Whether operands of these types are all that the innermost block has.
    pub fn prove_all(&self, types: &[Ty]) -> Result<(), Refusal> {
        self.prove(self.stack.len() == self.floor + types.len())?;
        self.prove_top(types)
    }

    /// Takes the last operand, which is there.
    #[inline]
    pub fn take(&mut self) -> Entry {
        let entry = self.stack.pop().expect("the stack has an operand");
        if entry.ty == Ty::Ref {
            self.refs_len -= 1;
        } else {
            self.data_top = entry.home;
        }
        match entry.place {
            Place::Local(local) => *self.noted_mut(local) -= 1,
            Place::Accumulator => self.hold(accumulator_of(entry.ty), Held::Nothing),
            _ => {}
        }
        entry
    }

    /// What the accumulator for `ty` holds.
    pub fn held(&self, accumulator: Accumulator) -> Held {
        self.held[accumulator as usize]
    }

    /// Notes what an accumulator holds.
    pub fn hold(&mut self, accumulator: Accumulator, held: Held) {
        self.held[accumulator as usize] = held;
    }

    /// Makes an accumulator free to be written: an entry in it goes home.
    pub fn claim(&mut self, accumulator: Accumulator) -> Result<(), Refusal> {
        if let Held::Entry(index) = self.held(accumulator) {
            self.settle(index)?;
        }
        self.hold(accumulator, Held::Nothing);
        Ok(())
    }

    /// Makes all accumulators free to be written.
    pub fn claim_all(&mut self) -> Result<(), Refusal> {
        Accumulator::ALL.into_iter().try_for_each(|accumulator| self.claim(accumulator))
    }

    /// Forgets which locals the accumulators hold copies of: code from elsewhere arrives here.
    pub fn forget(&mut self) {
        debug_assert!(!self.held.iter().any(|held| matches!(held, Held::Entry(_))));
        self.held = [Held::Nothing; 3];
    }

    /// Puts entry `index` into its home.
    pub fn settle(&mut self, index: usize) -> Result<(), Refusal> {
        let entry = self.stack[index];
        if entry.place == Place::Home {
            return Ok(());
        }
        if let Place::Local(local) = entry.place {
            *self.noted_mut(local) -= 1;
        }
        if entry.place == Place::Accumulator {
            self.hold(accumulator_of(entry.ty), Held::Nothing);
        }
        self.stack[index].place = Place::Home;
        self.store_at(&entry, entry.home)
    }

    /// Puts all entries from `from` into their homes, accumulators included.
    pub fn settle_from(&mut self, from: usize) -> Result<(), Refusal> {
        for index in from..self.stack.len() {
            self.settle(index)?;
        }
        Ok(())
    }

    /// Puts all noted locals and accumulator entries into their homes, before code that can be left or joined elsewhere.
    pub fn settle_lazy(&mut self) -> Result<(), Refusal> {
        let from = self.stack.len().saturating_sub(LAZY_WINDOW);
        for index in from..self.stack.len() {
            if matches!(self.stack[index].place, Place::Local(_) | Place::Accumulator) {
                self.settle(index)?;
            }
        }
        self.claim_all()
    }

    /// Copies a local home wherever it is noted, before it is written.
    pub fn preserve(&mut self, local: u32) -> Result<(), Refusal> {
        let mut index = self.stack.len();
        while self.noted(local) > 0 {
            index -= 1;
            if self.stack[index].place == Place::Local(local) {
                self.settle(index)?;
            }
        }
        Ok(())
    }

    /// Writes an operand to a frame cell, by the shortest way.
    pub fn store_at(&mut self, entry: &Entry, offset: u32) -> Result<(), Refusal> {
        let to = self.slot(offset);
        match entry.place {
            Place::Accumulator => self.store_accumulator(entry.ty, to),
            Place::Const(bits) => self.store_const(entry.ty, bits, to),
            Place::Local(local) => {
                let accumulator = accumulator_of(entry.ty);
                if entry.ty != Ty::Ref && self.held(accumulator) == Held::Local(local) {
                    return self.emit(copy_row(entry.ty), &[Field::REG, to]);
                }
                let from = self.local_slot(local);
                self.copy(entry.ty, from, to)
            }
            Place::Home if entry.home == offset => Ok(()),
            Place::Home => {
                let from = self.slot(entry.home);
                self.copy(entry.ty, from, to)
            }
        }
    }

    /// Writes the accumulator to a slot; where the instruction just emitted can do that itself, it does.
    pub fn store_accumulator(&mut self, ty: Ty, to: Field) -> Result<(), Refusal> {
        if self.write_through(ty, to) {
            return Ok(());
        }
        self.emit(copy_row(ty), &[Field::REG, to])
    }

    /// Writes a constant to a slot.
    pub fn store_const(&mut self, ty: Ty, bits: u64, to: Field) -> Result<(), Refusal> {
        match ty {
            Ty::I32 | Ty::F32 => self.emit(Row::I32Const, &[Field::immediate(i64::from(bits as u32 as i32)), to]),
            Ty::I64 | Ty::F64 => self.emit(Row::I64Const, &[Field::immediate(bits as i64), to]),
            Ty::Ref => self.emit(Row::RefNull, &[to]),
            Ty::V128 => unreachable!("vectors are not noted as constants"),
        }
    }

    /// Copies between slots.
    pub fn copy(&mut self, ty: Ty, from: Field, to: Field) -> Result<(), Refusal> {
        let row = match ty {
            Ty::I32 | Ty::F32 => Row::I32Copy,
            Ty::I64 | Ty::F64 => Row::I64Copy,
            Ty::Ref => Row::RefCopy,
            Ty::V128 => Row::V128Copy,
        };
        self.emit(row, &[from, to])
    }

    /// The operand as a field that reads it where it is: accumulator or slot. A constant goes to its (free) home first.
    pub fn field(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        match entry.place {
            Place::Accumulator => Ok(Field::REG),
            Place::Local(local) => {
                if entry.ty != Ty::Ref && self.held(accumulator_of(entry.ty)) == Held::Local(local) {
                    return Ok(Field::REG);
                }
                Ok(self.local_slot(local))
            }
            Place::Home => Ok(self.slot(entry.home)),
            Place::Const(bits) => {
                let slot = self.home_slot(entry);
                self.store_const(entry.ty, bits, slot)?;
                Ok(slot)
            }
        }
    }

    /// The operand as a slot field; anything that is in no slot goes to its (free) home first.
    pub fn slot_field(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        match entry.place {
            Place::Accumulator => {
                let slot = self.home_slot(entry);
                self.store_accumulator(entry.ty, slot)?;
                Ok(slot)
            }
            Place::Local(local) => Ok(self.local_slot(local)),
            _ => self.field(entry),
        }
    }

    /// The home of an operand that has been popped, as a slot.
    pub fn home_slot(&mut self, entry: &Entry) -> Field {
        self.frame_bytes = self.frame_bytes.max(entry.home + entry.ty.bytes());
        self.slot(entry.home)
    }

    /// The operand in its accumulator: loads it if it is not there.
    pub fn load_accumulator(&mut self, entry: &Entry) -> Result<(), Refusal> {
        if self.field_is_accumulator(entry) {
            return Ok(());
        }
        self.claim(accumulator_of(entry.ty))?;
        match (entry.place, entry.ty) {
            (Place::Const(bits), Ty::I32) => {
                let value = Field::immediate(i64::from(bits as u32 as i32));
                self.emit(Row::I32Const, &[value, Field::REG])
            }
            (Place::Const(bits), Ty::I64) => self.emit(Row::I64Const, &[Field::immediate(bits as i64), Field::REG]),
            (Place::Const(bits), Ty::F32) => {
                self.emit(Row::F32Const, &[Field::new(kind::IMM32, bits as i64), Field::REG])
            }
            (Place::Const(bits), Ty::F64) => {
                self.emit(Row::F64Const, &[Field::new(kind::IMM64, bits as i64), Field::REG])
            }
            _ => {
                let from = self.slot_field(entry)?;
                self.emit(copy_row(entry.ty), &[from, Field::REG])
            }
        }
    }

    /// Whether the operand can be read from its accumulator.
    pub fn field_is_accumulator(&self, entry: &Entry) -> bool {
        match entry.place {
            Place::Accumulator => true,
            Place::Local(local) => entry.ty != Ty::Ref && self.held(accumulator_of(entry.ty)) == Held::Local(local),
            _ => false,
        }
    }
}

/// The row that copies between an accumulator and a slot.
pub fn copy_row(ty: Ty) -> Row {
    match ty {
        Ty::I32 => Row::I32Copy,
        Ty::I64 => Row::I64Copy,
        Ty::F32 => Row::F32Copy,
        Ty::F64 => Row::F64Copy,
        Ty::Ref => Row::RefCopy,
        Ty::V128 => Row::V128Copy,
    }
}
