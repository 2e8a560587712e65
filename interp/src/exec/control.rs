//! Handlers of control: branches, returns, moves of results and references, fuel and signal.

use super::{
    Instruction,
    context::Registers,
    machine::{Cell, Exit, Flow, Machine, Put, Read, address, read32},
};
use crate::trap::Trap;
use core::{marker::PhantomData, sync::atomic::Ordering};

/// Superinstruction: an instruction and the one behind it.
pub struct Then<A, B>(PhantomData<(A, B)>);
impl<A: Instruction, B: Instruction> Instruction for Then<A, B> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: `image::verify` has checked that `B` is behind `A`, or at its target; build.rs puts only such instructions first.
        unsafe { A::then::<B>(machine) }
    }
}

/// Stands, where a table must not have gaps, for an instruction that this build has no handler for. The verifier lets none through.
pub struct Missing;
impl Instruction for Missing {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        Err(Exit::trap(Trap::Unreachable))
    }
}

/// unreachable.
pub struct Unreachable;
impl Instruction for Unreachable {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        Err(Exit::trap(Trap::Unreachable))
    }
}

/// br.
pub struct Branch;
impl Instruction for Branch {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: a target checked by `image::verify`, relative to the field.
        unsafe {
            let distance = machine.unit(0) as i16;
            machine.ip = machine.ip.offset(distance as isize);
        }
        Ok(())
    }
}

/// br with a wide offset.
pub struct BranchWide;
impl Instruction for BranchWide {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: a target checked by `image::verify`, relative to the field.
        unsafe {
            let distance = read32(machine.ip) as i32;
            machine.ip = machine.ip.offset(distance as isize);
        }
        Ok(())
    }
}

/// br_table.
pub struct BranchTable<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchTable<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: index, count, count + 1 targets, each checked by `image::verify` and relative to its own field.
        unsafe {
            let index = A::read::<u32>(machine);
            let count = machine.next32();
            machine.ip = machine.ip.add(2 * index.min(count) as usize);
            let distance = read32(machine.ip) as i32;
            machine.ip = machine.ip.offset(distance as isize);
        }
        Ok(())
    }
}

/// Where the header of the current frame is.
pub trait Header {
    /// Its address.
    ///
    /// # Safety
    /// A field that names it is the next; it is that of the current frame.
    unsafe fn place(machine: &Machine) -> *mut u8;
}

/// The next field is its offset.
pub struct HeaderField;
impl Header for HeaderField {
    #[inline(always)]
    unsafe fn place(machine: &Machine) -> *mut u8 {
        // SAFETY: the field was checked by `image::verify`.
        unsafe { address(machine.fp, machine.unit(0) as usize) }
    }
}

/// It has this offset: what follows a return then waits for the frame pointer alone, and not for a field of the callee's code.
pub struct HeaderAt<const OFFSET: usize>;
impl<const OFFSET: usize> Header for HeaderAt<OFFSET> {
    #[inline(always)]
    unsafe fn place(machine: &Machine) -> *mut u8 {
        // SAFETY: the header lies in the frame.
        unsafe { machine.fp.add(OFFSET) }
    }
}

/// Goes back to the frame that the header names.
///
/// # Safety
/// As for [`Header::place`]; a call has written the header.
#[inline(always)]
unsafe fn leave_frame<H: Header>(machine: &mut Machine) -> Flow {
    // SAFETY: the header holds a return offset that a call of verified code wrote, or a reserved one, and the distance to the
    // caller's frame.
    unsafe {
        let header = H::place(machine);
        machine.ip = machine.context().code.byte_add(u32::load(header) as usize);
        machine.fp = machine.fp.sub(u32::load(header.add(4)) as usize);
    }
    Ok(())
}

/// return.
pub struct Return<H>(PhantomData<H>);
impl<H: Header> Instruction for Return<H> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: the frame's header offset, checked by `image::verify`.
        unsafe { leave_frame::<H>(machine) }
    }
}

/// return with a value.
pub struct ReturnValue<T, A, H>(PhantomData<(T, A, H)>);
impl<T: Cell, A: Read, H: Header> Instruction for ReturnValue<T, A, H> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: value, header offset.
        unsafe {
            A::read::<T>(machine).to_accumulator(machine);
            leave_frame::<H>(machine)
        }
    }
}

/// Moves a value from a slot to a result cell or into a call window.
pub struct Move<T, A>(PhantomData<(T, A)>);
impl<T: Cell, A: Read> Instruction for Move<T, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: source slot, destination cell; both in the frame or its call window.
        unsafe {
            let value = A::read::<T>(machine);
            let cell = machine.slot();
            value.store(cell);
        }
        Ok(())
    }
}

/// Moves a reference from a call window to a slot.
pub struct Take<T, D>(PhantomData<(T, D)>);
impl<T: Cell, D: Put> Instruction for Take<T, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: window cell, destination slot.
        unsafe {
            let cell = machine.slot();
            D::put(machine, T::load(cell));
        }
        Ok(())
    }
}

/// Charges fuel, or leaves with `ip` at this instruction.
pub struct Fuel;
impl Instruction for Fuel {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: the charge; one unit before it is this instruction's token. The context is not borrowed elsewhere.
        unsafe {
            let charge = machine.next32();
            let cx = &mut *machine.cx;
            match cx.fuel.checked_sub(u64::from(charge)) {
                Some(left) => cx.fuel = left,
                None => {
                    machine.ip = machine.ip.sub(3);
                    return Err(Exit::OUT_OF_FUEL);
                }
            }
        }
        Ok(())
    }
}

/// Leaves if the signal word is set.
pub struct Signal;
impl Instruction for Signal {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the store's creator promised a signal word that outlives the store.
        let signal = unsafe { (*machine.context().signal).load(Ordering::Relaxed) };
        if signal == 0 { Ok(()) } else { Err(Exit::SIGNAL) }
    }
}

/// Call of a function that is not translated yet.
pub struct CallLazy;
impl Instruction for CallLazy {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        Err(Exit::LAZY)
    }
}

/// End of a call from the host.
pub struct ExitHost;
impl Instruction for ExitHost {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        Err(Exit::FINISHED)
    }
}

impl Machine {
    /// The registers as plain data.
    pub fn registers(&self) -> Registers {
        Registers { ip: self.ip, fp: self.fp, r0: self.r0, f0: self.float() }
    }
}
