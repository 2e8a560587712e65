//! Handlers of atomic operators: loads, stores, read-modify-write, compare-and-exchange, fence, wait and notify.
//!
//! All are sequentially consistent, as the proposal asks. They work on any memory; what is waited on must be shared. Where memories can be
//! shared between threads (cfg `shared`), they are the machine's atomics; elsewhere nothing can come between a read and a write of the one thread
//! that has a memory, so that they are plain, also on machines without compare-and-exchange. Waiting and waking are the store's business.
//!
//! Source: WebAssembly threads proposal, "Atomic Memory Accesses".

use super::{
    Instruction,
    context::MemoryEntity,
    machine::{Cell, Exit, Flow, Machine, Put, Read, Slot},
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
    type Width: Width;
    /// As it lies in a register or slot.
    type Value: Index;
    /// What it does.
    const RMW: Rmw;
}

/// A type that is accessed atomically; places are aligned to its size.
pub trait Width: Copy {
    /// The low bits of a number.
    fn wrap(number: u64) -> Self;
    /// Zero-extended.
    fn number(self) -> u64;
    /// Loads.
    ///
    /// # Safety
    /// The place is inside of a memory, and aligned.
    unsafe fn load(place: *mut Self) -> Self;
    /// Stores.
    ///
    /// # Safety
    /// As for [`Width::load`].
    unsafe fn store(place: *mut Self, value: Self);
    /// Modifies; gives the old value.
    ///
    /// # Safety
    /// As for [`Width::load`].
    unsafe fn modify(place: *mut Self, rmw: Rmw, operand: Self) -> Self;
    /// Exchanges the value if it is `expected`; gives the old one.
    ///
    /// # Safety
    /// As for [`Width::load`].
    unsafe fn compare_exchange(place: *mut Self, expected: Self, new: Self) -> Self;
}

macro_rules! width { ($($int:ident $atomic:ident),*) => { $(
    impl Width for $int {
        #[inline(always)]
        fn wrap(number: u64) -> $int {
            number as $int
        }
        #[inline(always)]
        fn number(self) -> u64 {
            u64::from(self)
        }
        #[cfg(shared)]
        #[inline(always)]
        unsafe fn load(place: *mut $int) -> $int {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: the caller promises an aligned place, which others touch by atomics or in assembly only.
            unsafe { $atomic::from_ptr(place) }.load(SeqCst)
        }
        #[cfg(shared)]
        #[inline(always)]
        unsafe fn store(place: *mut $int, value: $int) {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: as for `load`.
            unsafe { $atomic::from_ptr(place) }.store(value, SeqCst);
        }
        #[cfg(shared)]
        #[inline(always)]
        unsafe fn modify(place: *mut $int, rmw: Rmw, operand: $int) -> $int {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: as for `load`.
            let place = unsafe { $atomic::from_ptr(place) };
            match rmw {
                Rmw::Add => place.fetch_add(operand, SeqCst),
                Rmw::Sub => place.fetch_sub(operand, SeqCst),
                Rmw::And => place.fetch_and(operand, SeqCst),
                Rmw::Or => place.fetch_or(operand, SeqCst),
                Rmw::Xor => place.fetch_xor(operand, SeqCst),
                Rmw::Xchg => place.swap(operand, SeqCst),
            }
        }
        #[cfg(shared)]
        #[inline(always)]
        unsafe fn compare_exchange(place: *mut $int, expected: $int, new: $int) -> $int {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: as for `load`.
            let exchanged = unsafe { $atomic::from_ptr(place) }.compare_exchange(expected, new, SeqCst, SeqCst);
            exchanged.unwrap_or_else(|old| old)
        }
        #[cfg(not(shared))]
        #[inline(always)]
        unsafe fn load(place: *mut $int) -> $int {
            // SAFETY: the caller promises an aligned place, which nothing else touches.
            unsafe { place.read() }
        }
        #[cfg(not(shared))]
        #[inline(always)]
        unsafe fn store(place: *mut $int, value: $int) {
            // SAFETY: as for `load`.
            unsafe { place.write(value) }
        }
        #[cfg(not(shared))]
        #[inline(always)]
        unsafe fn modify(place: *mut $int, rmw: Rmw, operand: $int) -> $int {
            // SAFETY: as for `load`.
            unsafe {
                let old = place.read();
                place.write(match rmw {
                    Rmw::Add => old.wrapping_add(operand),
                    Rmw::Sub => old.wrapping_sub(operand),
                    Rmw::And => old & operand,
                    Rmw::Or => old | operand,
                    Rmw::Xor => old ^ operand,
                    Rmw::Xchg => operand,
                });
                old
            }
        }
        #[cfg(not(shared))]
        #[inline(always)]
        unsafe fn compare_exchange(place: *mut $int, expected: $int, new: $int) -> $int {
            // SAFETY: as for `load`.
            unsafe {
                let old = place.read();
                if old == expected {
                    place.write(new);
                }
                old
            }
        }
    }
)* } }
width! { u8 AtomicU8, u16 AtomicU16, u32 AtomicU32, u64 AtomicU64 }

/// A place in a memory, aligned and inside.
struct Place {
    memory: *mut MemoryEntity,
    /// Bytes from the memory's first.
    start: u64,
    first: *mut u8,
}

/// The place of an atomic access of `size` bytes.
///
/// # Safety
/// The next fields are memory and offset.
#[inline(always)]
unsafe fn place(machine: &mut Machine, address: i64, size: usize) -> Result<Place, Exit> {
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

/// Load.
pub struct AtomicLoad<O, A, D>(PhantomData<(O, A, D)>);
impl<O: AtomicAccess, A: Read, D: Put> Instruction for AtomicLoad<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, result; `place` gives a place that is aligned and inside.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, size_of::<O::Width>())?;
            D::put(machine, O::Value::from_immediate(O::Width::load(place.first.cast()).number() as i64));
        }
        Ok(())
    }
}

/// Store.
pub struct AtomicStore<O, A, V>(PhantomData<(O, A, V)>);
impl<O: AtomicAccess, A: Read, V: Read> Instruction for AtomicStore<O, A, V> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, value; as in `AtomicLoad`.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, size_of::<O::Width>())?;
            let value = V::read::<O::Value>(machine);
            O::Width::store(place.first.cast(), O::Width::wrap(value.number()));
        }
        Ok(())
    }
}

/// Read, modify, write.
pub struct AtomicRmw<O, A, V, D>(PhantomData<(O, A, V, D)>);
impl<O: AtomicAccess, A: Read, V: Read, D: Put> Instruction for AtomicRmw<O, A, V, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, operand, result; as in `AtomicLoad`.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, size_of::<O::Width>())?;
            let operand = O::Width::wrap(V::read::<O::Value>(machine).number());
            let old = O::Width::modify(place.first.cast(), O::RMW, operand);
            D::put(machine, O::Value::from_immediate(old.number() as i64));
        }
        Ok(())
    }
}

/// Compare and exchange. An expected value that is wider than what is in memory is never there.
pub struct AtomicCmpxchg<O, A, E, V, D>(PhantomData<(O, A, E, V, D)>);
impl<O: AtomicAccess, A: Read, E: Read, V: Read, D: Put> Instruction for AtomicCmpxchg<O, A, E, V, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, expected value, new value, result; as in `AtomicLoad`.
        unsafe {
            let address = A::read::<i64>(machine);
            let place = place(machine, address, size_of::<O::Width>())?.first.cast::<O::Width>();
            let (expected, new) = (E::read::<O::Value>(machine).number(), V::read::<O::Value>(machine).number());
            let narrow = O::Width::wrap(expected);
            let old = if narrow.number() == expected {
                O::Width::compare_exchange(place, narrow, O::Width::wrap(new))
            } else {
                O::Width::load(place)
            };
            D::put(machine, O::Value::from_immediate(old.number() as i64));
        }
        Ok(())
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
