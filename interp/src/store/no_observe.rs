//! In the place of `observe.rs` where the build's dispatch cannot be observed: every wish is refused.

use super::{CannotObserve, OutOfMemory, Store};
use crate::exec::context::Count;

/// Asks a store's guest for samples: there is none in this build.
#[derive(Clone, Copy, Debug)]
pub enum SampleRequest {}

impl SampleRequest {
    /// Never called.
    ///
    /// # Safety
    /// None; in other builds there is.
    pub unsafe fn send(&self) {
        match *self {}
    }
}

impl Store {
    /// Counts what guests execute, in other builds.
    ///
    /// # Errors
    /// `LoopDispatch`.
    pub fn start_counting(&mut self) -> Result<(), CannotObserve> {
        Err(CannotObserve::LoopDispatch)
    }

    /// Does nothing: nothing is counted.
    pub fn stop_counting(&mut self) {}

    /// Does nothing: nothing is counted.
    pub(crate) fn count_also(&mut self, _: &[u16]) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// Does nothing: nothing is counted.
    #[cfg(feature = "translate")]
    pub(super) fn count_longer(&mut self, _: u32, _: usize) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// `None`: nothing is counted.
    pub fn counts(&self, _: u32) -> Option<&[Count]> {
        None
    }

    /// No.
    pub fn is_counting(&self) -> bool {
        false
    }

    /// `None`: nothing is counted.
    pub fn stack_peak_bytes(&self) -> Option<usize> {
        None
    }

    /// A handle for asking for samples, in other builds.
    ///
    /// # Errors
    /// `LoopDispatch`.
    pub fn sample_request(&self) -> Result<SampleRequest, CannotObserve> {
        Err(CannotObserve::LoopDispatch)
    }

    /// Does nothing: there are no requests.
    pub fn withdraw_sample_request(&mut self) {}
}
