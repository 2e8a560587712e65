//! Handlers of atomic operators: loads, stores, read-modify-write, compare-and-exchange, fence, wait and notify.
//!
//! All are sequentially consistent, as the proposal asks. They work on any memory; what is waited on must be shared. Where memories can be
//! shared between threads (cfg `shared`), they are the machine's atomics, in `atomic_shared.rs`; elsewhere nothing can come between a read and a
//! write of the one thread that has a memory, so that they are plain, also on machines without compare-and-exchange, in `atomic_alone.rs`.
//! Waiting and waking are the store's business.
//!
//! Source: WebAssembly threads proposal, "Atomic Memory Accesses".

#[cfg(not(shared))]
pub use super::atomic_alone::*;
#[cfg(shared)]
pub use super::atomic_shared::*;
use super::{
    Instruction,
    context::MemoryEntity,
    machine::{Exit, Flow, Machine, Read, Slot},
    memory::{Address, Index, Touch, memory},
    shared::Shared,
};
use crate::trap::Trap;
use core::marker::PhantomData;

/// What a read-modify-write operator does with the value in memory and its operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rmw {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// The operand.
    Xchg,
}

/// An atomic row.
pub trait AtomicAccess {
    /// As it lies in memory.
    type Width;
    /// As it lies in a register or slot.
    type Value: Index;
    /// What it does.
    const RMW: Rmw;
}

/// A place in a memory, aligned and inside.
pub(super) struct Place {
    memory: *mut MemoryEntity,
    /// Bytes from the memory's first.
    start: u64,
    /// Where its first byte is.
    pub first: *mut u8,
}

/// The place of an atomic access of `size` bytes.
///
/// # Safety
/// The next fields are memory and offset.
#[cfg_attr(shared, inline(always))]
#[cfg_attr(not(shared), inline(never))]
pub(super) unsafe fn place(machine: &mut Machine, address: i64, size: usize) -> Result<Place, Exit> {
    // SAFETY: the fields are there; the range is checked against the memory's length.
    unsafe {
        let memory = memory(machine);
        let offset = i64::read_offset(machine);
        let out_of_bounds = Exit::trap(Trap::MemoryOutOfBounds);
        let start = (address as u64).checked_add(offset).ok_or(out_of_bounds)?;
        if start % size as u64 != 0 {
            return Err(Exit::trap(Trap::UnalignedAtomic));
        }
        let first = address.place((*memory).base, Shared::len(memory), offset, size).ok_or(out_of_bounds)?;
        Ok(Place { memory, start, first })
    }
}

/// Fence.
pub struct AtomicFence;
impl Instruction for AtomicFence {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        #[cfg(shared)]
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

/// Wait: leaves the loop; the store waits, sets r0 and goes on.
pub struct AtomicWait<T, A, E, N, D>(PhantomData<(T, A, E, N, D)>);
impl<T: Index, A: Read, D> Instruction for AtomicWait<T, A, Slot, Slot, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, expected value, timeout; the result is r0.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, size_of::<T>())?;
            if !(*place.memory).ty.is_shared {
                return Err(Exit::trap(Trap::ExpectedSharedMemory));
            }
            // The store reads the operands, which stay where they are.
            machine.ip = machine.ip.add(2);
            let cx = &mut *machine.cx;
            cx.request.address = place.memory.offset_from(cx.memories) as u32;
            cx.request.delta = place.start;
            cx.request.value = size_of::<T>() as u32;
        }
        Err(Exit::WAIT)
    }
}

/// Notify: leaves the loop; the store wakes, sets r0 and goes on.
pub struct AtomicNotify<A, N, D>(PhantomData<(A, N, D)>);
impl<A: Read, D> Instruction for AtomicNotify<A, Slot, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, count; the result is r0.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, 4)?;
            let count: u32 = machine.read();
            let cx = &mut *machine.cx;
            cx.request.address = place.memory.offset_from(cx.memories) as u32;
            cx.request.delta = place.start;
            cx.request.value = count;
        }
        Err(Exit::NOTIFY)
    }
}
