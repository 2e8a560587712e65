//! The accumulators where machine registers are few: only the lower half of r0 has one, its upper half and f0 are in the context.
//! In a match a register that few arms use costs all of them moves.
//!
//! `accumulators.rs` is the other half, with the same functions.

use super::{
    context::{Context, Registers},
    machine::Machine,
};

/// r0 as [`Machine`] has it: its lower half.
pub type Integer = u32;
/// f0 as [`Machine`] has it.
pub type Float = ();

impl Machine {
    /// The machine as it was saved.
    ///
    /// # Safety
    /// The context is up to date.
    #[inline(always)]
    pub unsafe fn resume(cx: *mut Context) -> Machine {
        // SAFETY: as the caller promises.
        let (Registers { ip, fp, r0, .. }, memory) = unsafe { ((*cx).saved, (*cx).memory_base) };
        Machine { ip, fp, cx, memory, r0: r0 as u32, f0: () }
    }

    /// The registers as plain data.
    #[inline(always)]
    pub fn registers(&self) -> Registers {
        Registers { ip: self.ip, fp: self.fp, r0: self.integer(), f0: self.float() }
    }

    /// The lower half of r0.
    #[inline(always)]
    pub fn low(&self) -> u32 {
        self.r0
    }

    /// Sets the lower half of r0.
    #[inline(always)]
    pub fn set_low(&mut self, value: u32) {
        self.r0 = value;
    }

    /// All of r0.
    #[inline(always)]
    pub fn integer(&self) -> u64 {
        self.context().saved.r0 >> 32 << 32 | u64::from(self.r0)
    }

    /// Sets all of r0.
    #[inline(always)]
    pub fn set_integer(&mut self, value: u64) {
        self.r0 = value as u32;
        // SAFETY: no borrow of the context outlives a handler's use of it: see `context`.
        unsafe { (*self.cx).saved.r0 = value };
    }

    /// f0.
    #[inline(always)]
    pub fn float(&self) -> f64 {
        self.context().saved.f0
    }

    /// Sets f0.
    #[inline(always)]
    pub fn set_float(&mut self, value: f64) {
        // SAFETY: as in `set_integer`.
        unsafe { (*self.cx).saved.f0 = value };
    }
}
