//! Handlers of globals.
//!
//! Globals that the module defines stand in a row and are reached by number; `far` rows reach any, through the index.

use super::{
    Instruction,
    context::GlobalEntity,
    machine::{Cell, Flow, Machine, Put, Read, address},
};
use core::marker::PhantomData;

/// Place of the module's own global named by the next field.
///
/// # Safety
/// The next field is such a number.
#[inline(always)]
unsafe fn own(machine: &mut Machine) -> *mut u8 {
    // SAFETY: `image::verify` checked the number against the count of globals defined by the module.
    unsafe {
        let number = machine.next16();
        address(machine.context().own_globals.cast(), usize::from(number) * size_of::<GlobalEntity>())
    }
}

/// Place of the global whose index is the next field.
///
/// # Safety
/// The next field is a global index.
#[inline(always)]
pub unsafe fn any(machine: &mut Machine) -> *mut GlobalEntity {
    // SAFETY: `image::verify` checked the index; the address stems from instantiation.
    unsafe {
        let index = machine.next32();
        let cx = machine.context();
        cx.globals.add(*cx.spaces.globals.add(index as usize) as usize)
    }
}

/// global.get of an own global.
pub struct GlobalGet<T, D>(PhantomData<(T, D)>);
impl<T: Cell, D: Put> Instruction for GlobalGet<T, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, result.
        unsafe {
            let place = own(machine);
            D::put(machine, T::load(place));
        }
        Ok(())
    }
}

/// global.set of an own global.
pub struct GlobalSet<T, A>(PhantomData<(T, A)>);
impl<T: Cell, A: Read> Instruction for GlobalSet<T, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, value.
        unsafe {
            let place = own(machine);
            A::read::<T>(machine).store(place);
        }
        Ok(())
    }
}

/// global.get of any global.
pub struct GlobalGetFar<T, D>(PhantomData<(T, D)>);
impl<T: Cell, D: Put> Instruction for GlobalGetFar<T, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, result.
        unsafe {
            let place = any(machine);
            D::put(machine, T::load(place.cast()));
        }
        Ok(())
    }
}

/// global.set of any global.
pub struct GlobalSetFar<T, A>(PhantomData<(T, A)>);
impl<T: Cell, A: Read> Instruction for GlobalSetFar<T, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, value.
        unsafe {
            let place = any(machine);
            A::read::<T>(machine).store(place.cast());
        }
        Ok(())
    }
}
