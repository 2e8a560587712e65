//! Addresses and indices of 64 bits: what the handlers of `memory`, `table` and `call` take where a memory or table has them.
//!
//! The handlers are those of 32 bits, instantiated for i64: `isa/ops_memory64.rs` has the rows. Invariant: no sum of address, offset
//! and size overflows unseen, whatever they are.

use super::{
    machine::Machine,
    memory::{Address, Index},
};

impl Index for i64 {
    #[inline(always)]
    fn number(self) -> u64 {
        self as u64
    }
    #[inline(always)]
    fn saturated(self) -> u32 {
        u32::try_from(self as u64).unwrap_or(u32::MAX)
    }
}

impl Address for i64 {
    type Offset = u64;
    #[inline(always)]
    unsafe fn read_offset(machine: &mut Machine) -> u64 {
        // SAFETY: the caller promises a field of four units.
        unsafe { u64::from(machine.next32()) | u64::from(machine.next32()) << 32 }
    }
    #[inline(always)]
    fn sum(self, other: i64) -> i64 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn start(self, offset: u64) -> usize {
        usize::try_from((self as u64).saturating_add(offset)).unwrap_or(usize::MAX)
    }
    #[inline(always)]
    fn place(self, base: *mut u8, len: usize, offset: u64, size: usize) -> Option<*mut u8> {
        let start = (self as u64).checked_add(offset)?;
        let end = start.checked_add(size as u64)?;
        // What is inside of the memory fits a `usize`.
        if end > len as u64 { None } else { Some(base.wrapping_add(start as usize)) }
    }
    #[inline(always)]
    fn place_near(self, machine: &Machine, offset: u32, size: usize) -> Option<*mut u8> {
        #[cfg(target_pointer_width = "64")]
        {
            let (start, overflows) = (self as u64).overflowing_add(u64::from(offset));
            if !overflows && start < machine.context().memory_easy as u64 {
                return Some(machine.memory.wrapping_add(start as usize));
            }
            core::hint::cold_path();
        }
        self.place(machine.memory, machine.memory_len(), u64::from(offset), size)
    }
}
