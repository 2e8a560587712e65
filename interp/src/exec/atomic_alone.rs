//! Handlers of atomic accesses where no other thread has a memory: plain reads and writes. See `atomic.rs`.
//!
//! One function does all of them, since such builds are to be small.

use super::{
    Instruction,
    atomic::{AtomicAccess, Rmw, place},
    context::Context,
    machine::{Exit, Flow, Machine, Put, Read, Reg, Slot},
    memory::Index,
    registers::IntegerRegister,
};
use core::{marker::PhantomData, ptr};

/// What is done with a place in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Load,
    Store,
    Modify(Rmw),
    CompareExchange,
}

/// An access.
#[derive(Clone, Copy)]
struct Access {
    what: What,
    /// Of the place.
    bytes: u8,
    /// Whether operands and the result have 64 bits.
    is_64: bool,
}

/// Does an access, whose fields begin at `ip`: memory, offset, operands; the address is in r0, and so is the result. Gives where the next instruction is
/// and r0, or null and the trap.
///
/// # Safety
/// As for [`Instruction::run`].
#[inline(never)]
unsafe fn access(
    cx: *mut Context,
    fp: *mut u8,
    ip: *const u16,
    r0: IntegerRegister,
    access: Access,
) -> (*const u16, IntegerRegister) {
    // SAFETY: the fields are there; `place` gives a place that is aligned and inside.
    unsafe {
        let mut machine = Machine { ip, fp, r0, ..Machine::resume(cx) };
        let machine = &mut machine;
        let address = Reg::read::<i64>(machine);
        let place = match place(machine, address, access.bytes.into()) {
            Ok(place) => place.first,
            Err(exit) => return (ptr::null(), exit.0.into()),
        };
        let mut operand =
            || -> u64 { if access.is_64 { machine.read::<i64>().number() } else { machine.read::<i32>().number() } };
        // Of two operands the first is the expected value. One that is wider than what is in memory is never there.
        let expected = if access.what == What::CompareExchange { operand() } else { 0 };
        let operand = if access.what == What::Load { 0 } else { operand() };
        let old = match access.bytes {
            1 => place.read().into(),
            2 => place.cast::<u16>().read().into(),
            4 => place.cast::<u32>().read().into(),
            _ => place.cast::<u64>().read(),
        };
        let new = match access.what {
            What::Load => old,
            What::CompareExchange => {
                if old == expected {
                    operand
                } else {
                    old
                }
            }
            What::Modify(Rmw::Add) => old.wrapping_add(operand),
            What::Modify(Rmw::Sub) => old.wrapping_sub(operand),
            What::Modify(Rmw::And) => old & operand,
            What::Modify(Rmw::Or) => old | operand,
            What::Modify(Rmw::Xor) => old ^ operand,
            What::Store | What::Modify(Rmw::Xchg) => operand,
        };
        match access.bytes {
            1 => place.write(new as u8),
            2 => place.cast::<u16>().write(new as u16),
            4 => place.cast::<u32>().write(new as u32),
            _ => place.cast::<u64>().write(new),
        }
        if access.what != What::Store {
            if access.is_64 { Reg::put(machine, old as i64) } else { Reg::put(machine, old as i32) }
        }
        (machine.ip, machine.r0)
    }
}

/// The access of a row.
///
/// # Safety
/// As for [`Instruction::run`].
#[inline(always)]
unsafe fn run<O: AtomicAccess>(machine: &mut Machine, what: What) -> Flow {
    let of = Access { what, bytes: size_of::<O::Width>() as u8, is_64: size_of::<O::Value>() == 8 };
    // SAFETY: as the caller promises.
    let (ip, r0) = unsafe { access(machine.cx, machine.fp, machine.ip, machine.r0, of) };
    if ip.is_null() {
        return Err(Exit(r0 as u32));
    }
    (machine.ip, machine.r0) = (ip, r0);
    Ok(())
}

macro_rules! handlers { ($($(#[$doc:meta])* $name:ident<O, $($operand:ident $kind:ident),*> $what:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<O, $($operand),*>(PhantomData<(O, $($operand),*)>);
    impl<O: AtomicAccess> Instruction for $name<O, $($kind),*> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: memory, offset, then operands in slots; address and result are r0.
            unsafe { run::<O>(machine, $what) }
        }
    }
)* } }
handlers! {
    /// Load.
    AtomicLoad<O, A Reg, D Reg> What::Load;
    /// Store.
    AtomicStore<O, A Reg, V Slot> What::Store;
    /// Read, modify, write.
    AtomicRmw<O, A Reg, V Slot, D Reg> What::Modify(O::RMW);
    /// Compare and exchange.
    AtomicCmpxchg<O, A Reg, E Slot, V Slot, D Reg> What::CompareExchange;
}
