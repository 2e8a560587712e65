//! Handlers of tables and element segments. An element is a handle; ranges are checked whole before a write.

use super::{
    Instruction,
    context::TableEntity,
    machine::{Exit, Flow, Machine, Put, Read, Slot},
    memory::{charge, range},
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
pub struct TableGet<A, D>(PhantomData<(A, D)>);
impl Instruction for TableGet<Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, index, result; the index is checked against the length.
        unsafe {
            let table = table(machine);
            let index: u32 = machine.read();
            if index >= (*table).len {
                return OUT_OF_BOUNDS;
            }
            Slot::put::<u32>(machine, *(*table).elements.add(index as usize));
        }
        Ok(())
    }
}

/// table.set.
pub struct TableSet<A, B>(PhantomData<(A, B)>);
impl Instruction for TableSet<Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, index, value; the index is checked against the length.
        unsafe {
            let table = table(machine);
            let (index, value): (u32, u32) = (machine.read(), machine.read());
            if index >= (*table).len {
                return OUT_OF_BOUNDS;
            }
            *(*table).elements.add(index as usize) = value;
        }
        Ok(())
    }
}

/// table.size.
pub struct TableSize<D>(PhantomData<D>);
impl<D: Put> Instruction for TableSize<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, result.
        unsafe {
            let table = table(machine);
            D::put(machine, (*table).len as i32);
        }
        Ok(())
    }
}

/// table.grow: leaves the loop; the store grows the table, sets r0 and goes on.
pub struct TableGrow<A, B, D>(PhantomData<(A, B, D)>);
impl<D> Instruction for TableGrow<Slot, Slot, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, value, count; the result is r0.
        unsafe {
            let table = table(machine);
            let (value, count): (u32, u32) = (machine.read(), machine.read());
            let cx = &mut *machine.cx;
            cx.request.address = table.offset_from(cx.tables) as u32;
            cx.request.is_table = true;
            cx.request.delta = u64::from(count);
            cx.request.value = value;
        }
        Err(Exit::GROW)
    }
}

/// table.fill.
pub struct TableFill<A, B, C>(PhantomData<(A, B, C)>);
impl Instruction for TableFill<Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, destination, value, length; the range is checked first.
        unsafe {
            let table = table(machine);
            let (start, value, len): (u32, u32, u32) = (machine.read(), machine.read(), machine.read());
            if !range(start, len, (*table).len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len / 16)?;
            for index in start..start + len {
                *(*table).elements.add(index as usize) = value;
            }
        }
        Ok(())
    }
}

/// table.copy.
pub struct TableCopy<A, B, C>(PhantomData<(A, B, C)>);
impl Instruction for TableCopy<Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both tables, destination, source, length; both ranges are checked first, and may overlap.
        unsafe {
            let (to, from) = (table(machine), table(machine));
            let (destination, source, len): (u32, u32, u32) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, (*to).len as usize) || !range(source, len, (*from).len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len / 16)?;
            let from = (*from).elements.wrapping_add(source as usize);
            (*to).elements.wrapping_add(destination as usize).copy_from(from, len as usize);
        }
        Ok(())
    }
}

/// table.init.
pub struct TableInit<A, B, C>(PhantomData<(A, B, C)>);
impl Instruction for TableInit<Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: table, segment, destination, source, length; both ranges are checked first.
        unsafe {
            let table = table(machine);
            let index = machine.next32();
            let segment = *machine.context().spaces.elems.add(index as usize);
            let (destination, source, len): (u32, u32, u32) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, (*table).len as usize) || !range(source, len, segment.len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len / 16)?;
            let from = segment.base.wrapping_add(source as usize);
            (*table).elements.wrapping_add(destination as usize).copy_from(from, len as usize);
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
