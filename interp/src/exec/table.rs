//! Handlers of tables and element segments. An element is a handle; ranges are checked whole before a write.

use super::{
    Instruction,
    context::TableEntity,
    machine::{Exit, Flow, Machine, Put, Read, Slot},
    memory::{Index, charge, range},
};
use crate::trap::Trap;
use core::marker::PhantomData;

const OUT_OF_BOUNDS: Flow = Err(Exit::trap(Trap::TableOutOfBounds));

/// The entity of the table named by the next field.
///
/// # Safety
/// The next field is a table index of the current instance.
#[inline(always)]
pub unsafe fn table(machine: &mut Machine) -> *mut TableEntity {
    // SAFETY: the index was checked by `image::verify`, the address stems from instantiation.
    unsafe {
        let index = machine.next16();
        let cx = machine.context();
        cx.tables.add(*cx.spaces.tables.add(index as usize) as usize)
    }
}

/// table.get.
pub struct TableGet<I, A, D>(PhantomData<(I, A, D)>);
impl<I: Index> Instruction for TableGet<I, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, index, result; the index is checked against the length.
        unsafe {
            let table = table(machine);
            let index = machine.read::<I>().saturated();
            if index >= (*table).len {
                return OUT_OF_BOUNDS;
            }
            Slot::put::<u32>(machine, *(*table).elements.add(index as usize));
        }
        Ok(())
    }
}

/// table.set.
pub struct TableSet<I, A, B>(PhantomData<(I, A, B)>);
impl<I: Index> Instruction for TableSet<I, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, index, value; the index is checked against the length.
        unsafe {
            let table = table(machine);
            let (index, value): (u32, u32) = (machine.read::<I>().saturated(), machine.read());
            if index >= (*table).len {
                return OUT_OF_BOUNDS;
            }
            *(*table).elements.add(index as usize) = value;
        }
        Ok(())
    }
}

/// table.size.
pub struct TableSize<I, D>(PhantomData<(I, D)>);
impl<I: Index, D: Put> Instruction for TableSize<I, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, result.
        unsafe {
            let table = table(machine);
            D::put(machine, I::from_immediate(i64::from((*table).len)));
        }
        Ok(())
    }
}

/// table.grow: leaves the loop; the store grows the table, sets r0 and goes on.
pub struct TableGrow<I, A, B, D>(PhantomData<(I, A, B, D)>);
impl<I: Index, D> Instruction for TableGrow<I, Slot, Slot, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, value, count; the result is r0.
        unsafe {
            let table = table(machine);
            let (value, count): (u32, I) = (machine.read(), machine.read());
            let cx = &mut *machine.cx;
            cx.request.address = table.offset_from(cx.tables) as u32;
            cx.request.is_table = true;
            cx.request.delta = count.number();
            cx.request.value = value;
        }
        Err(Exit::GROW)
    }
}

/// table.fill.
pub struct TableFill<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for TableFill<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, destination, value, length; the range is checked first.
        unsafe {
            let table = table(machine);
            let (start, value, len): (I, u32, I) = (machine.read(), machine.read(), machine.read());
            if !range(start, len, (*table).len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 16)?;
            // Inside of the table, and so below 2^32.
            let start = start.saturated();
            for index in start..start + len.saturated() {
                *(*table).elements.add(index as usize) = value;
            }
        }
        Ok(())
    }
}

/// table.copy: the length has the narrower of both tables' index types.
pub struct TableCopy<I, J, N, A, B, C>(PhantomData<(I, J, N, A, B, C)>);
impl<I: Index, J: Index, N: Index> Instruction for TableCopy<I, J, N, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both tables, destination, source, length; both ranges are checked first, and may overlap.
        unsafe {
            let (to, from) = (table(machine), table(machine));
            let (destination, source, len): (I, J, N) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, (*to).len as usize) || !range(source, len, (*from).len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 16)?;
            let from = (*from).elements.wrapping_add(source.number() as usize);
            (*to).elements.wrapping_add(destination.number() as usize).copy_from(from, len.number() as usize);
        }
        Ok(())
    }
}

/// table.init.
pub struct TableInit<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for TableInit<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, segment, destination, source, length; both ranges are checked first.
        unsafe {
            let table = table(machine);
            let index = machine.next32();
            let segment = *machine.context().spaces.elems.add(index as usize);
            let (destination, source, len): (I, i32, i32) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, (*table).len as usize) || !range(source, len, segment.len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 16)?;
            let from = segment.base.wrapping_add(source.number() as usize);
            (*table).elements.wrapping_add(destination.number() as usize).copy_from(from, len.number() as usize);
        }
        Ok(())
    }
}

/// elem.drop.
pub struct ElemDrop;
impl Instruction for ElemDrop {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: a segment index of the current instance; the entry is this instance's own.
        unsafe {
            let index = machine.next32();
            (*machine.context().spaces.elems.add(index as usize)).len = 0;
        }
        Ok(())
    }
}

/// ref.null.
pub struct RefNull<D>(PhantomData<D>);
impl<D: Put> Instruction for RefNull<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: the result slot.
        unsafe { D::put(machine, 0_u32) };
        Ok(())
    }
}

/// ref.is_null.
pub struct RefIsNull<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for RefIsNull<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: the reference; the result is r0.
        unsafe {
            let handle = A::read::<u32>(machine);
            D::put(machine, i32::from(handle == 0));
        }
        Ok(())
    }
}

/// ref.func.
pub struct RefFunc<D>(PhantomData<D>);
impl<D: Put> Instruction for RefFunc<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: function index (checked by `image::verify`), result slot.
        unsafe {
            let index = machine.next32();
            let address = super::functions::address_of(machine.context(), index);
            D::put(machine, super::handle::from_func(address));
        }
        Ok(())
    }
}
