//! Loads, stores and the bulk memory operators.

use super::read::MemArg;
use super::{
    atomic::{bulk_shared, copy_shared, with_sharing},
    emit::accumulator_of,
    func::{Func, Refusal},
    fuse,
    memory64::{with_index, with_indices},
    stack::{Entry, Place},
};
use crate::isa::{Level, Row, Ty, encode::Field, kind};

impl Func<'_> {
    /// A load.
    pub fn load(&mut self, row: Row, far: Row, align: u32, memarg: MemArg) -> Result<(), Refusal> {
        let result = *row.get().types.last().expect("a load has a result");
        let address_ty = self.address_type(memarg.memory)?;
        let address = self.pop(address_ty)?;
        self.prove_access(memarg, align, address_ty)?;
        let is_shared = self.is_shared(memarg.memory);
        if is_shared && result == Ty::V128 {
            return self.load_vector_shared(row, address, memarg);
        }
        let near = memarg.memory == 0 && !(is_shared && address_ty == Ty::I64) && !is_far_only(address_ty, result);
        let with_memory = |row| with_index(with_sharing(row, is_shared), address_ty);
        match (self.absolute(&address, memarg.offset), u16::try_from(memarg.offset)) {
            (Some(absolute), _) if near => {
                self.claim(accumulator_of(result))?;
                self.emit_mapped(with_memory(row), &[absolute, Field::NONE, Field::REG])?;
            }
            (_, Ok(offset)) if near => {
                let offset = Field::new(kind::OFF16, i64::from(offset));
                if !is_shared
                    && let Some(at_sum) = fuse::at_sum(row)
                    && let Some([left, right]) = self.sum(&address)
                {
                    self.claim(accumulator_of(result))?;
                    self.emit_mapped(with_index(at_sum, address_ty), &[left, right, offset, Field::REG])?;
                } else {
                    let address = self.field(&address)?;
                    self.claim(accumulator_of(result))?;
                    self.emit_mapped(with_memory(row), &[address, offset, Field::REG])?;
                }
            }
            _ if is_shared => return self.load_shared(far, &address, memarg),
            _ => {
                self.load_accumulator(&address)?;
                self.claim(accumulator_of(result))?;
                let [memory, offset] = far_fields(memarg, address_ty);
                self.emit_mapped(with_index(far, address_ty), &[Field::REG, memory, offset, Field::REG])?;
            }
        }
        self.push_accumulator(result)
    }

    /// A store of an integer or a vector, or of a float by its bits.
    pub fn store(&mut self, row: Row, far: Row, ty: Ty, align: u32, memarg: MemArg) -> Result<(), Refusal> {
        let value = self.pop(ty)?;
        let address_ty = self.address_type(memarg.memory)?;
        let address = self.pop(address_ty)?;
        self.prove_access(memarg, align, address_ty)?;
        let float = match ty {
            Ty::F32 => Some(Row::F32Store),
            Ty::F64 => Some(Row::F64Store),
            _ => None,
        };
        let is_shared = self.is_shared(memarg.memory);
        if is_shared && ty == Ty::V128 {
            return self.store_vector_shared(address, &value, memarg);
        }
        let near = memarg.memory == 0 && !(is_shared && address_ty == Ty::I64) && !is_far_only(address_ty, ty);
        let absolute = self.absolute(&address, memarg.offset).filter(|_| near);
        let offset = u16::try_from(memarg.offset).ok().filter(|_| near);
        let Some(offset) =
            offset.map(|offset| Field::new(kind::OFF16, i64::from(offset))).or(absolute.map(|_| Field::NONE))
        else {
            if is_shared {
                return self.store_shared(far, &address, &value, memarg);
            }
            return self.store_far(far, &address, &value, memarg);
        };
        let (mut row, mut value_field) = (row, self.value_field(&value)?);
        if value_field == Field::REG
            && let Some(float) = float
        {
            row = float;
        }
        let (address, offset) = match absolute {
            Some(absolute) => (absolute, Field::NONE),
            None => (self.field(&address)?, offset),
        };
        let both_in_r0 = address == Field::REG && value_field == Field::REG && float.is_none() && ty != Ty::V128;
        if both_in_r0 {
            value_field = self.slot_field(&value)?;
        }
        self.emit_mapped(with_index(with_sharing(row, is_shared), address_ty), &[address, offset, value_field])
    }

    /// The value of a store: a short immediate, an accumulator, or a slot.
    fn value_field(&mut self, value: &Entry) -> Result<Field, Refusal> {
        match (value.place, value.ty) {
            (Place::Const(bits), Ty::I32 | Ty::F32) if i16::try_from(bits as u32 as i32).is_ok() => {
                Ok(Field::immediate(i64::from(bits as u32 as i32)))
            }
            (Place::Const(bits), Ty::I64 | Ty::F64) if i16::try_from(bits as i64).is_ok() => {
                Ok(Field::immediate(bits as i64))
            }
            _ => self.field(value),
        }
    }

    fn store_far(&mut self, far: Row, address: &Entry, value: &Entry, memarg: MemArg) -> Result<(), Refusal> {
        let address_ty = address.ty;
        let value = self.slot_field(value)?;
        let address_field = self.field(address)?;
        let [memory, offset] = far_fields(memarg, address_ty);
        self.emit_mapped(with_index(far, address_ty), &[address_field, memory, offset, value])
    }

    /// A constant address with its offset added, if the sum is an immediate.
    fn absolute(&self, address: &Entry, offset: u64) -> Option<Field> {
        let Place::Const(bits) = address.place else { return None };
        let bits = if address.ty == Ty::I64 { bits } else { bits & 0xffff_ffff };
        let sum = bits.checked_add(offset)?;
        let sum = i32::try_from(sum).ok().filter(|_| self.level() > Level::Base)?;
        Some(Field::new(kind::IMM32, i64::from(sum)))
    }

    /// Whether an access is valid, but for its operands; it may be aligned to so much.
    fn prove_access(&self, memarg: MemArg, align: u32, address: Ty) -> Result<(), Refusal> {
        self.prove(memarg.align <= align)?;
        self.prove(address == Ty::I64 || memarg.offset <= u64::from(u32::MAX))
    }

    /// memory.copy
    pub fn memory_copy(&mut self, to: u32, from: u32) -> Result<(), Refusal> {
        let (to_ty, from_ty) = (self.address_type(to)?, self.address_type(from)?);
        let is_shared = self.is_shared(to) || self.is_shared(from);
        let row = if is_shared { copy_shared(to_ty, from_ty) } else { with_indices(Row::MemoryCopy, to_ty, from_ty) };
        self.bulk(row, &[memory_field(to), memory_field(from)])
    }

    /// memory.fill
    pub fn memory_fill(&mut self, memory: u32) -> Result<(), Refusal> {
        let row = self.of_memory(Row::MemoryFill, memory)?;
        self.bulk(row, &[memory_field(memory)])
    }

    /// memory.size
    pub fn memory_size(&mut self, memory: u32) -> Result<(), Refusal> {
        let ty = self.address_type(memory)?;
        self.claim(super::stack::Accumulator::Int)?;
        self.emit(self.of_memory(Row::MemorySize, memory)?, &[memory_field(memory), Field::REG])?;
        self.push_accumulator(ty)
    }

    /// memory.grow
    pub fn memory_grow(&mut self, memory: u32) -> Result<(), Refusal> {
        let ty = self.address_type(memory)?;
        let pages = self.pop(ty)?;
        let pages = self.field(&pages)?;
        self.claim(super::stack::Accumulator::Int)?;
        self.emit_mapped(self.of_memory(Row::MemoryGrow, memory)?, &[memory_field(memory), pages, Field::REG])?;
        self.push_accumulator(ty)
    }

    /// The row of a bulk operator on one memory.
    pub fn of_memory(&self, row: Row, memory: u32) -> Result<Row, Refusal> {
        let ty = self.address_type(memory)?;
        Ok(if self.is_shared(memory) { bulk_shared(row, ty) } else { with_index(row, ty) })
    }

    /// An operator on three integer operands (or references) in slots, behind the given index fields.
    pub fn bulk(&mut self, row: Row, indices: &[Field]) -> Result<(), Refusal> {
        let mut fields = [Field::NONE; 5];
        fields[..indices.len()].copy_from_slice(indices);
        for index in (0..3).rev() {
            let entry = self.pop(row.get().types[index])?;
            fields[indices.len() + index] = self.slot_field(&entry)?;
        }
        self.map_here()?;
        self.emit_any(row, &fields[..indices.len() + 3])
    }
}

/// Vectors at addresses of 64 bits are seldom: they have no rows but those for any memory.
fn is_far_only(address: Ty, value: Ty) -> bool {
    address == Ty::I64 && value == Ty::V128
}

/// The index of a memory as a field.
pub fn memory_field(memory: u32) -> Field {
    Field::new(kind::MEMORY, i64::from(memory))
}

fn far_fields(memarg: MemArg, address: Ty) -> [Field; 2] {
    let letter = if address == Ty::I64 { kind::OFF64 } else { kind::OFF32 };
    [memory_field(memarg.memory), Field::new(letter, memarg.offset as i64)]
}
