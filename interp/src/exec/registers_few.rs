//! What of the machine's state has a register of the processor, where the dispatch is a match: what most arms use. The upper half of r0 and
//! f0 are in the context: a register that few arms use would cost all of them moves. The length of memory is in one, for a field of
//! the context would be reached through its own address, which the compiler keeps on the stack.
//!
//! `registers.rs` is the other half, with the same functions.

use super::{
    context::{Context, Registers},
    machine::{Cell, Machine},
};

/// v0 as [`Machine`] has it: the context's.
pub type VectorRegister = ();
/// r0 as [`Machine`] has it: its lower half.
pub type IntegerRegister = u32;
/// f0 as [`Machine`] has it.
pub type FloatRegister = ();
/// [`Context::memory_len`] as [`Machine`] has it.
pub type LengthRegister = usize;

impl Machine {
    /// The machine as it was saved.
    ///
    /// # Safety
    /// The context is up to date.
    #[inline(always)]
    pub unsafe fn resume(cx: *mut Context) -> Machine {
        // SAFETY: as the caller promises.
        let (Registers { ip, fp, r0, .. }, memory, len) = unsafe { ((*cx).saved, (*cx).memory_base, (*cx).memory_len) };
        Machine { ip, fp, cx, memory, len, r0: r0 as u32, f0: (), v0: () }
    }

    /// The registers as plain data.
    #[inline(always)]
    pub fn registers(&self) -> Registers {
        Registers { ip: self.ip, fp: self.fp, r0: self.integer(), f0: self.context().saved.f0 }
    }

    /// Length of memory 0 in bytes.
    #[inline(always)]
    pub fn memory_len(&self) -> usize {
        self.len
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
        // SAFETY: the context is there and not written meanwhile.
        u64::from(self.r0) | u64::from(unsafe { *high_of_r0(self.cx) }) << 32
    }

    /// Sets all of r0.
    #[inline(always)]
    pub fn set_integer(&mut self, value: u64) {
        self.r0 = value as u32;
        // SAFETY: no borrow of the context outlives a handler's use of it: see `context`.
        unsafe { *high_of_r0(self.cx) = (value >> 32) as u32 };
    }

    /// The f32 in f0: its bits are the lower half.
    #[inline(always)]
    pub fn single(&self) -> f32 {
        // SAFETY: as in `integer`.
        unsafe { *f0(self.cx).cast::<f32>() }
    }

    /// Puts an f32 into f0. The upper half stays what it was.
    #[inline(always)]
    pub fn set_single(&mut self, value: f32) {
        // SAFETY: as in `set_integer`.
        unsafe { *f0(self.cx).cast::<f32>() = value };
    }

    /// f0.
    #[inline(always)]
    pub fn float(&self) -> f64 {
        // SAFETY: as in `integer`.
        unsafe { f64::load(f0(self.cx).cast()) }
    }

    /// Sets f0.
    #[inline(always)]
    pub fn set_float(&mut self, value: f64) {
        // SAFETY: as in `set_integer`.
        unsafe { value.store(f0(self.cx).cast()) };
    }
}

/// The upper half of r0. Halves, for the compiler has no addressing of 64 bits with an offset: it would keep the address in a register.
///
/// # Safety
/// The context is there.
#[inline(always)]
unsafe fn high_of_r0(cx: *mut Context) -> *mut u32 {
    const { assert!(cfg!(target_endian = "little"), "the upper half is the second word") };
    // SAFETY: as the caller promises; the field has two words.
    unsafe { (&raw mut (*cx).saved.r0).cast::<u32>().add(1) }
}

/// f0, as two words.
///
/// # Safety
/// The context is there.
#[inline(always)]
unsafe fn f0(cx: *mut Context) -> *mut u32 {
    // SAFETY: as the caller promises.
    unsafe { (&raw mut (*cx).saved.f0).cast() }
}
