//! The accumulators where there are machine registers for both: r0 for integers, f0 for floats.
//!
//! `accumulators_small.rs` is the other half, with the same functions.

use super::{
    context::{Context, Registers},
    machine::Machine,
};

/// r0 as [`Machine`] has it.
pub type Integer = u64;
/// f0 as [`Machine`] has it.
pub type Float = f64;

impl Machine {
    /// The machine as it was saved.
    ///
    /// # Safety
    /// The context is up to date.
    #[inline(always)]
    pub unsafe fn resume(cx: *mut Context) -> Machine {
        // SAFETY: as the caller promises.
        let (Registers { ip, fp, r0, f0 }, memory) = unsafe { ((*cx).saved, (*cx).memory_base) };
        Machine { ip, fp, cx, memory, r0, f0 }
    }

    /// The registers as plain data.
    #[inline(always)]
    pub fn registers(&self) -> Registers {
        Registers { ip: self.ip, fp: self.fp, r0: self.r0, f0: self.f0 }
    }

    /// The lower half of r0.
    #[inline(always)]
    pub fn low(&self) -> u32 {
        self.r0 as u32
    }

    /// Sets the lower half of r0.
    #[inline(always)]
    pub fn set_low(&mut self, value: u32) {
        self.r0 = value.into();
    }

    /// All of r0.
    #[inline(always)]
    pub fn integer(&self) -> u64 {
        self.r0
    }

    /// Sets all of r0.
    #[inline(always)]
    pub fn set_integer(&mut self, value: u64) {
        self.r0 = value;
    }

    /// f0.
    #[inline(always)]
    pub fn float(&self) -> f64 {
        self.f0
    }

    /// Sets f0.
    #[inline(always)]
    pub fn set_float(&mut self, value: f64) {
        self.f0 = value;
    }
}
