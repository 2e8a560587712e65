//! Handlers of atomic accesses where threads share memories: the machine's atomics. See `atomic.rs`.

use super::{
    Instruction,
    atomic::{AtomicAccess, Rmw, place},
    machine::{Cell, Flow, Machine, Put, Read},
    memory::Index,
};
use core::marker::PhantomData;

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
        #[inline(always)]
        unsafe fn load(place: *mut $int) -> $int {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: the caller promises an aligned place, which others touch by atomics or in assembly only.
            unsafe { $atomic::from_ptr(place) }.load(SeqCst)
        }
        #[inline(always)]
        unsafe fn store(place: *mut $int, value: $int) {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: as for `load`.
            unsafe { $atomic::from_ptr(place) }.store(value, SeqCst);
        }
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
        #[inline(always)]
        unsafe fn compare_exchange(place: *mut $int, expected: $int, new: $int) -> $int {
            use core::sync::atomic::{$atomic, Ordering::SeqCst};
            // SAFETY: as for `load`.
            let exchanged = unsafe { $atomic::from_ptr(place) }.compare_exchange(expected, new, SeqCst, SeqCst);
            exchanged.unwrap_or_else(|old| old)
        }
    }
)* } }
width! { u8 AtomicU8, u16 AtomicU16, u32 AtomicU32, u64 AtomicU64 }

/// Load.
pub struct AtomicLoad<O, A, D>(PhantomData<(O, A, D)>);
impl<O: AtomicAccess<Width: Width>, A: Read, D: Put> Instruction for AtomicLoad<O, A, D> {
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
impl<O: AtomicAccess<Width: Width>, A: Read, V: Read> Instruction for AtomicStore<O, A, V> {
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
impl<O: AtomicAccess<Width: Width>, A: Read, V: Read, D: Put> Instruction for AtomicRmw<O, A, V, D> {
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
impl<O: AtomicAccess<Width: Width>, A: Read, E: Read, V: Read, D: Put> Instruction for AtomicCmpxchg<O, A, E, V, D> {
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
