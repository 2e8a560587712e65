//! A clock that moves only by sleeping.

use alloc::vec::Vec;

use crate::cap::{Clock, ErrorKind, Result, Sleep};

/// Always the same time.
pub struct FakeClock {
    /// What it shows.
    pub now_ns: u64,
}

impl Clock for FakeClock {
    fn now_ns(&mut self) -> Result<u64> {
        Ok(self.now_ns)
    }

    fn resolution_ns(&self) -> u64 {
        7
    }
}

/// Records what it was asked to sleep, and answers at once with an interruption: a clock that stands still would
/// never end the wait.
#[derive(Default)]
pub struct FakeSleep {
    /// The durations asked for.
    pub asked_ns: Vec<u64>,
    /// How often others were let run.
    pub yields_count: u32,
}

impl Sleep for FakeSleep {
    fn sleep_ns(&mut self, duration_ns: u64) -> Result<()> {
        self.asked_ns.push(duration_ns);
        Err(ErrorKind::Interrupted)
    }

    fn yield_now(&mut self) {
        self.yields_count += 1;
    }
}
