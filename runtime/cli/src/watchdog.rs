//! Stops a guest when its time is over.

use crate::Failure;
use sheave::InterruptHandle;
use std::{
    process,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

/// How long a guest may take to notice: a host function that waits, as for input, does not look at the signal.
const GRACE: Duration = Duration::from_millis(200);

/// Interrupts a guest unless it is dropped in time.
#[derive(Debug)]
pub struct Watchdog {
    /// Its end is what the thread waits for.
    _alive: Sender<()>,
}

impl Watchdog {
    /// Begins to count.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(timeout: Duration, handle: InterruptHandle) -> Result<Watchdog, Failure> {
        let (alive, ended) = channel::<()>();
        let is_over = move |wait| ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        let watch = move || {
            if is_over(timeout) {
                handle.interrupt();
                if is_over(GRACE) {
                    // Nothing else can end a host function; what the guest wrote has been flushed.
                    Failure::trap("trap: interrupt, while the guest waited in a host function")
                        .hint(hint(timeout))
                        .report();
                    process::exit(crate::failure::TRAP.into());
                }
            }
        };
        thread::Builder::new()
            .name("watchdog".into())
            .spawn(watch)
            .map_err(|error| Failure::module(format!("--timeout: {error}")))?;
        Ok(Watchdog { _alive: alive })
    }
}

/// Advice on a guest that was interrupted.
pub fn hint(timeout: Duration) -> String {
    format!("--timeout {timeout:?} is over")
}
