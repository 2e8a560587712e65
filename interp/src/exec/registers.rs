//! What of the machine's state has a register of the processor, where it has many or handlers are called: both accumulators.
//!
//! `registers_few.rs` is the other half, with the same functions.

use super::{
    context::{Context, Registers},
    machine::Machine,
};

/// v0 as [`Machine`] has it: where handlers jump to each other a register, elsewhere the context's.
#[cfg(all(dispatch = "tail", feature = "simd"))]
pub type VectorRegister = crate::num::V128;
/// v0 as [`Machine`] has it: the context's.
#[cfg(not(all(dispatch = "tail", feature = "simd")))]
pub type VectorRegister = ();

/// r0 as [`Machine`] has it.
pub type IntegerRegister = u64;
/// f0 as [`Machine`] has it.
pub type FloatRegister = f64;
/// [`Context::memory_len`] as [`Machine`] has it: the context does.
pub type LengthRegister = ();

impl Machine {
    /// The machine as it was saved.
    ///
    /// # Safety
    /// The context is up to date.
    #[inline(always)]
    pub unsafe fn resume(cx: *mut Context) -> Machine {
        // SAFETY: as the caller promises.
        let (Registers { ip, fp, r0, f0 }, memory) = unsafe { ((*cx).saved, (*cx).memory_base) };
        // SAFETY: as the caller promises.
        Machine { ip, fp, cx, memory, len: (), r0, f0, v0: unsafe { vector(cx) } }
    }

    /// The registers as plain data.
    #[inline(always)]
    pub fn registers(&self) -> Registers {
        Registers { ip: self.ip, fp: self.fp, r0: self.r0, f0: self.f0 }
    }

    /// Length of memory 0 in bytes.
    #[inline(always)]
    pub fn memory_len(&self) -> usize {
        self.context().memory_len
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

    /// The f32 in f0: its bits are the lower half.
    #[inline(always)]
    pub fn single(&self) -> f32 {
        f32::from_bits(self.f0.to_bits() as u32)
    }

    /// Puts an f32 into f0.
    #[inline(always)]
    pub fn set_single(&mut self, value: f32) {
        self.f0 = widen(value);
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

/// v0 as it rests in the context.
///
/// # Safety
/// The context is there.
#[inline(always)]
#[allow(unused_variables)]
pub unsafe fn vector(cx: *mut Context) -> VectorRegister {
    #[cfg(all(dispatch = "tail", feature = "simd"))]
    // SAFETY: as the caller promises.
    unsafe {
        (*cx).v0.into()
    }
}

/// Puts v0 to rest.
///
/// # Safety
/// As for [`vector`].
#[inline(always)]
#[cfg_attr(not(all(dispatch = "tail", feature = "simd")), allow(unused_variables, dead_code))]
pub unsafe fn save_vector(cx: *mut Context, v0: VectorRegister) {
    #[cfg(all(dispatch = "tail", feature = "simd"))]
    // SAFETY: as the caller promises.
    unsafe {
        (*cx).v0 = v0.into();
    }
}

/// The bits of an f32 as the low half of an f64. Stays in the vector register, where the plain way goes through an
/// integer one.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2", not(miri)))]
#[inline(always)]
fn widen(value: f32) -> f64 {
    use core::arch::x86_64::{_mm_castps_pd, _mm_cvtsd_f64, _mm_set_ss};
    // SAFETY: these need SSE2, which the condition on this function asks for.
    unsafe { _mm_cvtsd_f64(_mm_castps_pd(_mm_set_ss(value))) }
}

/// The bits of an f32 as the low half of an f64.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2", not(miri))))]
#[inline(always)]
fn widen(value: f32) -> f64 {
    f64::from_bits(u64::from(value.to_bits()))
}
