//! In the place of `observe.rs` where there is no std, and thus no thread to take samples.

use sheave_interp::store::Store;

/// Observes nothing.
#[derive(Default)]
pub(crate) struct Observer;

impl Observer {
    /// Does nothing: no samples are asked for.
    pub(crate) fn sample(&mut self, _: &Store) {}

    /// Does nothing: no samples are asked for.
    pub(crate) fn sample_host(&mut self, _: &Store) {}
}
