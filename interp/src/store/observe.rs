//! Observing a store's guests: counts of what they execute, and samples of where they are.
//!
//! The mechanism is in `exec::observe`; here it gets memory, and an interface that is safe but for the lifetime of a
//! [`SampleRequest`]. `no_observe.rs` stands in for this file where the build's dispatch cannot be observed.

use super::{CannotObserve, OutOfMemory, Store};
use crate::exec::{
    context::{Context, Count},
    observe::{self, Counts},
};
use alloc::{boxed::Box, vec::Vec};
use core::ptr::{self, NonNull};

/// Asks a store's guest for samples, from any thread.
#[derive(Clone, Copy, Debug)]
pub struct SampleRequest {
    context: NonNull<Context>,
}

// SAFETY: what it points to is an atomic; that it is still there is for the caller of `send` to see to.
unsafe impl Send for SampleRequest {}

impl SampleRequest {
    /// The guest that runs, or the next to run, stops with [`Stop::Sample`](super::Stop::Sample) at its next instruction.
    ///
    /// # Safety
    /// The store has not been dropped.
    pub unsafe fn send(&self) {
        // SAFETY: the pointer is the store's own, and the store is there.
        unsafe { observe::request_sample(self.context.as_ptr()) };
    }
}

impl Store {
    /// Counts what guests execute from now on: each instruction by itself, which takes many times as long. Counts begin at 0.
    ///
    /// # Errors
    /// `OutOfMemory`: the counts take 16 bytes a unit of the code of all instances.
    pub fn start_counting(&mut self) -> Result<(), CannotObserve> {
        self.stop_counting();
        let mut counts = Box::new(Counts::NONE);
        for instance in 0..self.instances_count() {
            add_instance(&mut counts, self.code(instance)).map_err(|_| CannotObserve::OutOfMemory)?;
        }
        // SAFETY: the context is this store's, whose guests do not run; the box is kept there until counting stops.
        unsafe { observe::count_into(self.context.as_ptr(), Box::into_raw(counts)) };
        Ok(())
    }

    /// Forgets the counts, if there are any.
    pub fn stop_counting(&mut self) {
        // SAFETY: the context is this store's, whose guests do not run; what is there was made of a box above.
        unsafe {
            let counts = observe::counts(self.context.as_ptr());
            if !counts.is_null() {
                observe::count_into(self.context.as_ptr(), ptr::null_mut());
                drop(Box::from_raw(counts));
            }
        }
    }

    /// Makes room for the counts of an instance that is about to be, if anything is counted.
    pub(crate) fn count_also(&mut self, code: &[u16]) -> Result<(), OutOfMemory> {
        // SAFETY: no guest of this store runs, for it is borrowed; nobody else has a reference to the counts.
        match unsafe { observe::counts(self.context.as_ptr()).as_mut() } {
            Some(counts) => {
                // One may have counts already that then failed to come into being.
                counts.instances.truncate(self.instances.len());
                add_instance(counts, code)
            }
            None => Ok(()),
        }
    }

    /// Makes room for the counts of code that is about to be longer, if anything is counted.
    #[cfg(feature = "translate")]
    pub(super) fn count_longer(&mut self, instance: u32, len: usize) -> Result<(), OutOfMemory> {
        // SAFETY: as above.
        if let Some(counts) = unsafe { observe::counts(self.context.as_ptr()).as_mut() } {
            let units = &mut counts.instances[instance as usize];
            units.try_reserve(len - units.len()).map_err(|_| OutOfMemory)?;
            units.resize(len, Count::default());
        }
        Ok(())
    }

    fn counts_now(&self) -> Option<&Counts> {
        // SAFETY: the store is borrowed, so that no guest of it runs and the counts stay.
        unsafe { observe::counts(self.context.as_ptr()).as_ref() }
    }

    /// The counts of an instance, one a unit of its code; `None` if nothing is counted.
    pub fn counts(&self, instance: u32) -> Option<&[Count]> {
        self.counts_now()?.instances.get(instance as usize).map(Vec::as_slice)
    }

    /// Whether anything is counted.
    pub fn is_counting(&self) -> bool {
        self.counts_now().is_some()
    }

    /// How much of the guest stack was used since counting began, up to the end of the deepest frame, in bytes; `None` if
    /// nothing is counted.
    pub fn stack_peak_bytes(&self) -> Option<usize> {
        let (fp, instance, unit) = self.counts_now()?.deepest;
        let func = if instance < self.instances_count() { self.place_at(instance, unit) } else { None };
        // The instruction at the end of a call stands in no function; nor is there one before the first call.
        Some(func.map_or(0, |func| fp as usize - self.stack.as_ptr() as usize + func.frame_bytes as usize))
    }

    /// A handle for asking this store's guests for samples. Not while anything is counted: then there are none.
    ///
    /// # Errors
    /// None in this build.
    pub fn sample_request(&self) -> Result<SampleRequest, CannotObserve> {
        Ok(SampleRequest { context: self.context })
    }

    /// Takes back a request that no guest has met.
    pub fn withdraw_sample_request(&mut self) {
        // SAFETY: the context is this store's, whose guests do not run.
        unsafe { observe::stop_sampling(self.context.as_ptr()) };
    }
}

fn add_instance(counts: &mut Counts, code: &[u16]) -> Result<(), OutOfMemory> {
    let mut units = Vec::new();
    units.try_reserve_exact(code.len()).map_err(|_| OutOfMemory)?;
    units.resize(code.len(), Count::default());
    counts.instances.try_reserve(1).map_err(|_| OutOfMemory)?;
    counts.instances.push(units);
    Ok(())
}
