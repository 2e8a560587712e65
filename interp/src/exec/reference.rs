//! Handlers of typed references to functions: calls by reference, checks for null.
//!
//! Cells do not tell kinds of references apart, so what a reference refers to is looked at here, whatever the type says that the
//! module has for it.

use super::{
    Instruction,
    call::{call_callee, last_fields, of_type, return_call_callee},
    functions::Callee,
    handle,
    machine::{Exit, Flow, Handle, Machine, Read, read32},
    numeric::branch_if,
};
use crate::trap::Trap;
use core::marker::PhantomData;

/// The function that a reference refers to, which is of the expected type.
///
/// # Safety
/// `ty` is a type index of the current instance, of a function.
#[inline(always)]
unsafe fn function(machine: &Machine, handle: Handle, ty: u32, leave: Exit) -> Result<Callee, Exit> {
    let Some(address) = handle::to_func(handle) else {
        return Err(Exit::trap(Trap::NullFunctionReference));
    };
    // SAFETY: a handle of a function holds the address of one; `image::verify` has checked the index.
    unsafe { of_type(machine, address, ty, leave) }
}

/// call_ref.
pub struct CallRef<A>(PhantomData<A>);
impl<A: Read> Instruction for CallRef<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, delta.
        unsafe {
            let handle = A::read::<u32>(machine);
            let fields = last_fields(machine, 3);
            let callee = function(machine, handle, read32(fields), Exit::CALL_BELOW)?;
            call_callee(machine, callee, *fields.add(2))
        }
    }
}

/// return_call_ref.
pub struct ReturnCallRef<A>(PhantomData<A>);
impl<A: Read> Instruction for ReturnCallRef<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, header offset, delta.
        unsafe {
            let handle = A::read::<u32>(machine);
            let fields = last_fields(machine, 4);
            let callee = function(machine, handle, read32(fields), Exit::RETURN_CALL_BELOW)?;
            return_call_callee(machine, callee, *fields.add(2), *fields.add(3))
        }
    }
}

/// ref.as_non_null.
pub struct RefAsNonNull<A>(PhantomData<A>);
impl<A: Read> Instruction for RefAsNonNull<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: reference.
        if unsafe { A::read::<u32>(machine) } == 0 { Err(Exit::trap(Trap::NullReference)) } else { Ok(()) }
    }
}

/// br_on_null.
pub struct BranchOnNull<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchOnNull<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, target.
        unsafe {
            let is_taken = A::read::<u32>(machine) == 0;
            branch_if(machine, is_taken)
        }
    }
}

/// br_on_non_null.
pub struct BranchOnNonNull<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchOnNonNull<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, target.
        unsafe {
            let is_taken = A::read::<u32>(machine) != 0;
            branch_if(machine, is_taken)
        }
    }
}
