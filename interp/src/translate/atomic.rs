//! Atomic operators, and everything on shared memories.
//!
//! Plain accesses to a shared memory 0 with 32-bit addresses take the forms of plain ones; all others, and atomic operators, take an address of 64
//! bits in r0, to which an i32 is extended. Vectors have no rows here: they are loaded and stored as numbers of 64 bits or less, to
//! which the memory model of the threads proposal gives leave: an access of 16 bytes may tear.

use super::{
    func::{Func, Refusal},
    fuse::offset,
    memory::memory_field,
    read::MemArg,
    stack::{Accumulator, Entry, Place},
};
use crate::isa::{Role, Row, Ty, encode::Field, kind};
use wasmparser::Operator;

/// The row of an operator with a memory argument, and that argument. Rows are named as wasmparser names operators.
macro_rules! atomics { ($operator:expr; $($name:ident)*) => {
    match *$operator {
        $(Operator::$name { ref memarg } => Some((Row::$name, memarg)),)*
        _ => None,
    }
} }

impl Func<'_> {
    /// Whether a memory is shared.
    pub fn is_shared(&self, memory: u32) -> bool {
        self.module.memories.get(memory as usize).is_some_and(|ty| ty.is_shared)
    }

    /// An atomic operator, if it is one. It has been validated.
    pub fn atomic(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        if matches!(operator, Operator::AtomicFence { .. }) {
            return self.emit(Row::AtomicFence, &[]);
        }
        let found = atomics! { operator;
            MemoryAtomicNotify MemoryAtomicWait32 MemoryAtomicWait64
            I32AtomicLoad I64AtomicLoad I32AtomicLoad8U I32AtomicLoad16U I64AtomicLoad8U I64AtomicLoad16U I64AtomicLoad32U
            I32AtomicStore I64AtomicStore I32AtomicStore8 I32AtomicStore16 I64AtomicStore8 I64AtomicStore16 I64AtomicStore32
            I32AtomicRmwAdd I64AtomicRmwAdd I32AtomicRmw8AddU I32AtomicRmw16AddU I64AtomicRmw8AddU I64AtomicRmw16AddU I64AtomicRmw32AddU
            I32AtomicRmwSub I64AtomicRmwSub I32AtomicRmw8SubU I32AtomicRmw16SubU I64AtomicRmw8SubU I64AtomicRmw16SubU I64AtomicRmw32SubU
            I32AtomicRmwAnd I64AtomicRmwAnd I32AtomicRmw8AndU I32AtomicRmw16AndU I64AtomicRmw8AndU I64AtomicRmw16AndU I64AtomicRmw32AndU
            I32AtomicRmwOr I64AtomicRmwOr I32AtomicRmw8OrU I32AtomicRmw16OrU I64AtomicRmw8OrU I64AtomicRmw16OrU I64AtomicRmw32OrU
            I32AtomicRmwXor I64AtomicRmwXor I32AtomicRmw8XorU I32AtomicRmw16XorU I64AtomicRmw8XorU I64AtomicRmw16XorU I64AtomicRmw32XorU
            I32AtomicRmwXchg I64AtomicRmwXchg I32AtomicRmw8XchgU I32AtomicRmw16XchgU I64AtomicRmw8XchgU I64AtomicRmw16XchgU I64AtomicRmw32XchgU
            I32AtomicRmwCmpxchg I64AtomicRmwCmpxchg I32AtomicRmw8CmpxchgU I32AtomicRmw16CmpxchgU I64AtomicRmw8CmpxchgU I64AtomicRmw16CmpxchgU
            I64AtomicRmw32CmpxchgU
        };
        let (row, memarg) = found.ok_or(Refusal::Operator)?;
        let (shape, types) = (row.get().shape, row.get().types);
        // A target of another kind, or a weaker ordering, is of a proposal that is off.
        let wasmparser::MemArgTarget::Memory(memory) = memarg.target else { return Err(Refusal::Operator) };
        let memory_arg = [memory_field(memory), Field::new(kind::OFF64, memarg.offset as i64)];
        let (mut fields, mut len) = ([Field::REG, memory_arg[0], memory_arg[1], Field::REG, Field::REG, Field::REG], 3);
        // Behind the address.
        let operands = shape.roles.iter().filter(|role| **role == Role::In).count() - 1;
        for index in (0..operands).rev() {
            let entry = self.pop(types[1 + index])?;
            fields[3 + index] = self.slot_field(&entry)?;
            len += 1;
        }
        let address = self.pop(self.address_type(memory)?)?;
        self.wide_address(&address)?;
        let result = (shape.roles.last() == Some(&Role::Out)).then(|| types[types.len() - 1]);
        self.map_here()?;
        self.emit_any(row, &fields[..len + usize::from(result.is_some())])?;
        match result {
            Some(result) => self.push_accumulator(result),
            None => Ok(()),
        }
    }

    /// A load from a shared memory, but for those that [`with_sharing`] has a row for.
    pub fn load_shared(&mut self, far: Row, address: &Entry, memarg: MemArg) -> Result<(), Refusal> {
        let result = *far.get().types.last().expect("a load has a result");
        self.wide_address(address)?;
        self.claim(super::emit::accumulator_of(result))?;
        let [memory, offset] = wide_fields(memarg);
        self.emit_mapped(shared_far(far), &[Field::REG, memory, offset, Field::REG])?;
        self.push_accumulator(result)
    }

    /// A store to a shared memory, but for those that [`with_sharing`] has a row for.
    pub fn store_shared(&mut self, far: Row, address: &Entry, value: &Entry, memarg: MemArg) -> Result<(), Refusal> {
        let value = self.slot_field(value)?;
        self.wide_address(address)?;
        let [memory, offset] = wide_fields(memarg);
        self.emit_mapped(shared_far(far), &[Field::REG, memory, offset, value])
    }

    /// A load of a vector from a shared memory, made of loads of numbers.
    pub fn load_vector_shared(&mut self, row: Row, address: Entry, memarg: MemArg) -> Result<(), Refusal> {
        let (load, splat, extend) = match row {
            Row::V128Load => return self.load_halves_shared(address, memarg),
            Row::V128Load32Zero => return self.load_zero_shared(Row::I64Load32UFar, &address, memarg),
            Row::V128Load64Zero => return self.load_zero_shared(Row::I64LoadFar, &address, memarg),
            Row::V128Load8Splat => (Row::I32Load8UFar, Row::I8x16Splat, None),
            Row::V128Load16Splat => (Row::I32Load16UFar, Row::I16x8Splat, None),
            Row::V128Load32Splat => (Row::I32LoadFar, Row::I32x4Splat, None),
            Row::V128Load64Splat => (Row::I64LoadFar, Row::I64x2Splat, None),
            Row::V128Load8x8S => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I16x8ExtendLowI8x16S)),
            Row::V128Load8x8U => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I16x8ExtendLowI8x16U)),
            Row::V128Load16x4S => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I32x4ExtendLowI16x8S)),
            Row::V128Load16x4U => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I32x4ExtendLowI16x8U)),
            Row::V128Load32x2S => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I64x2ExtendLowI32x4S)),
            Row::V128Load32x2U => (Row::I64LoadFar, Row::I64x2Splat, Some(Row::I64x2ExtendLowI32x4U)),
            _ => return Err(Refusal::Operator),
        };
        self.load_shared(load, &address, memarg)?;
        self.numeric(splat)?;
        extend.map_or(Ok(()), |row| self.numeric(row))
    }

    /// v128.load: two halves into the home of the result. The upper one first, for the address may be in the cells of the lower one.
    fn load_halves_shared(&mut self, address: Entry, memarg: MemArg) -> Result<(), Refusal> {
        let address = self.kept(address)?;
        self.push(Ty::V128, Place::Home)?;
        let home = self.stack.last().expect("just pushed").home;
        for at in [8, 0] {
            self.wide_address(&address)?;
            let [memory, offset] = wide_fields(behind(memarg, at));
            self.emit_mapped(Row::I64LoadSharedFar, &[Field::REG, memory, offset, Field::REG])?;
            let to = self.slot(home + at as u32);
            self.store_accumulator(Ty::I64, to)?;
        }
        Ok(())
    }

    /// v128.load*_zero: a number of 64 bits in a vector of zeros.
    fn load_zero_shared(&mut self, load: Row, address: &Entry, memarg: MemArg) -> Result<(), Refusal> {
        self.load_shared(load, address, memarg)?;
        let value = self.take();
        self.claim(Accumulator::Vector)?;
        let zero = Field::new(kind::IMM64, 0);
        self.emit(Row::V128Const, &[zero, zero, Field::REG])?;
        let value = self.field(&value)?;
        self.emit(Row::I64x2ReplaceLane, &[Field::REG, Field::immediate(0), value, Field::REG])?;
        self.push_accumulator(Ty::V128)
    }

    /// v128.store to a shared memory: two halves. The upper one first: where that is inside, the lower one is too, and nothing is
    /// written before a trap.
    pub fn store_vector_shared(&mut self, address: Entry, value: &Entry, memarg: MemArg) -> Result<(), Refusal> {
        let value = self.slot_field(value)?;
        let address = self.kept(address)?;
        for at in [8, 0] {
            self.wide_address(&address)?;
            let [memory, offset] = wide_fields(behind(memarg, at));
            let half = Field::new(value.kind, value.value + at as i64);
            self.emit_mapped(Row::I64StoreSharedFar, &[Field::REG, memory, offset, half])?;
        }
        Ok(())
    }

    /// An operand that is read more than once: one in an accumulator goes to its home.
    fn kept(&mut self, mut entry: Entry) -> Result<Entry, Refusal> {
        if entry.place == Place::Accumulator {
            self.slot_field(&entry)?;
            entry.place = Place::Home;
        }
        Ok(entry)
    }

    /// Loads an address into r0, as one of 64 bits.
    fn wide_address(&mut self, address: &Entry) -> Result<(), Refusal> {
        if address.ty == Ty::I64 {
            self.load_accumulator(address)?;
            return self.claim(Accumulator::Int);
        }
        if let Place::Const(bits) = address.place {
            self.claim(Accumulator::Int)?;
            return self.emit(Row::I64Const, &[Field::immediate(i64::from(bits as u32)), Field::REG]);
        }
        let field = self.field(address)?;
        self.claim(Accumulator::Int)?;
        self.emit(Row::I64ExtendI32U, &[field, Field::REG])
    }
}

/// The place so many bytes on; where that is behind all that there can be, an offset that no memory reaches either.
fn behind(memarg: MemArg, bytes: u64) -> MemArg {
    MemArg { offset: memarg.offset.saturating_add(bytes), ..memarg }
}

fn wide_fields(memarg: MemArg) -> [Field; 2] {
    [memory_field(memarg.memory), Field::new(kind::OFF64, memarg.offset as i64)]
}

/// The row of a load from, or a store to, a shared memory 0 with 32-bit addresses.
pub fn with_sharing(row: Row, is_shared: bool) -> Row {
    match row {
        _ if !is_shared => row,
        _ if row as usize >= Row::I32Store as usize => {
            offset(Row::I32StoreShared, row as usize - Row::I32Store as usize)
        }
        _ => offset(Row::I32LoadShared, row as usize - Row::I32Load as usize),
    }
}

/// The row for any shared memory of a load or store with any offset.
fn shared_far(far: Row) -> Row {
    offset(Row::I32LoadSharedFar, far as usize - Row::I32LoadFar as usize)
}

/// The row of a bulk operator on one memory, shared, with addresses of this type.
pub fn bulk_shared(row: Row, ty: Ty) -> Row {
    let first = match row {
        Row::MemorySize => Row::MemorySizeShared,
        Row::MemoryGrow => Row::MemoryGrowShared,
        Row::MemoryFill => Row::MemoryFillShared,
        _ => Row::MemoryInitShared,
    };
    offset(first, usize::from(ty == Ty::I64))
}

/// The row of a copy of which a memory is shared.
pub fn copy_shared(to: Ty, from: Ty) -> Row {
    match (to, from) {
        (Ty::I64, Ty::I64) => Row::MemoryCopySharedMemory64,
        (Ty::I64, _) => Row::MemoryCopySharedMemory64From32,
        (_, Ty::I64) => Row::MemoryCopySharedMemory64To32,
        _ => Row::MemoryCopyShared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::table::ROWS;
    use alloc::format;

    #[test]
    fn rows_are_found_by_their_order() {
        let mut found = 0;
        for (index, row) in ROWS.iter().enumerate() {
            let is_access = ["Load", "Store", "LoadFar", "StoreFar"].contains(&row.shape.handler);
            let is_other =
                row.name.contains("memory64") || row.name.contains("shared") || row.types.contains(&Ty::V128);
            if !is_access || is_other {
                continue;
            }
            let plain = Row::from_index(index).expect("a row");
            let (shared, name) = match row.name.strip_suffix(".far") {
                Some(name) => (shared_far(plain), format!("{name}.shared.far")),
                None => (with_sharing(plain, true), format!("{}.shared", row.name)),
            };
            assert_eq!(shared.get().name, name);
            found += 1;
        }
        assert_eq!(
            found,
            ROWS.iter().filter(|row| row.name.contains("shared") && !row.name.starts_with("memory")).count()
        );
        for row in [Row::MemorySize, Row::MemoryGrow, Row::MemoryFill, Row::MemoryInit] {
            assert_eq!(bulk_shared(row, Ty::I32).get().name, format!("{}.shared", row.get().name));
            assert_eq!(bulk_shared(row, Ty::I64).get().name, format!("{}.shared.memory64", row.get().name));
        }
    }
}
