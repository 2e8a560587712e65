//! Handlers of what throws. They only say what is thrown: the store finds who catches it, since nothing of that is fast or frequent.
//! Between handlers and there the exception, or its payload, is in the request.

use super::{
    Instruction,
    machine::{Exit, Flow, Machine, Read},
};
use crate::trap::Trap;
use core::{marker::PhantomData, ptr};

/// throw.
pub struct Throw;
impl Instruction for Throw {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: tag (checked by `image::verify`), and where the payload stands in the frame.
        unsafe {
            let (tag, window) = (machine.next32(), machine.slot());
            let cx = &mut *machine.cx;
            (cx.request.address, cx.request.window) = (tag, window);
        }
        Err(Exit::THROW)
    }
}

/// throw_ref.
pub struct ThrowRef<A>(PhantomData<A>);
impl<A: Read> Instruction for ThrowRef<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: the exception.
        unsafe {
            let exception = A::read::<u32>(machine);
            if exception == 0 {
                return Err(Exit::trap(Trap::NullReference));
            }
            let cx = &mut *machine.cx;
            (cx.request.value, cx.request.window) = (exception, ptr::null_mut());
        }
        Err(Exit::THROW)
    }
}
