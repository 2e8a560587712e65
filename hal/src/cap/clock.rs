//! Time: reading a clock and waiting. Nanoseconds throughout, `u64`: 584 years.

use super::Result;

/// A clock that can be read. Realtime counts from 1970-01-01 UTC; the others from any fixed point.
pub trait Clock: Send {
    /// The clock's value now.
    ///
    /// # Errors
    /// The device's, when it cannot be read.
    fn now_ns(&mut self) -> Result<u64>;

    /// The step of the clock, at least 1.
    fn resolution_ns(&self) -> u64 {
        1
    }
}

/// Giving up the processor for a while.
pub trait Sleep: Send {
    /// Waits for at least `duration_ns`, unless interrupted.
    ///
    /// # Errors
    /// [`Interrupted`](super::ErrorKind::Interrupted) ends the guest's wait with `EINTR`: an embedding that wants to
    /// end long waits answers so.
    fn sleep_ns(&mut self, duration_ns: u64) -> Result<()>;

    /// Lets others run, if there are any.
    fn yield_now(&mut self) {}
}
