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

/// Goes back to the frame that the header at `header` names.
///
/// # Safety
/// `header` is the offset of the current frame's header, which a call has written.
#[inline(always)]
unsafe fn leave_frame(machine: &mut Machine, header: u16) -> Flow {
    // SAFETY: the header holds a return offset that a call of verified code wrote, or a reserved one; in either case the
    // unit before it is the distance to the caller's frame.
    unsafe {
        let offset = u32::load(address(machine.fp, header as usize));
        machine.ip = machine.context().code.byte_add(offset as usize);
        let delta = *machine.ip.sub(1);
        machine.fp = machine.fp.sub(delta as usize);
    }
    Ok(())
}

/// return.
pub struct Return;
impl Instruction for Return {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: the frame's header offset, checked by `image::verify`.
        unsafe {
            let header = machine.unit(0);
            leave_frame(machine, header)
        }
    }
}

/// return with a value.
pub struct ReturnValue<T, A>(PhantomData<(T, A)>);
impl<T: Cell, A: Read> Instruction for ReturnValue<T, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: value, header offset.
        unsafe {
            A::read::<T>(machine).to_accumulator(machine);
            let header = machine.unit(0);
            leave_frame(machine, header)
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
        Registers { ip: self.ip, fp: self.fp, r0: self.r0, f0: self.f0 }
    }
}
