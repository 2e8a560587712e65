//! The host's clocks and its sleep.

use libstd::{
    thread,
    time::{Duration, Instant, SystemTime},
};

use crate::cap::{Clock, ErrorKind, Result, Sleep};

/// Time of day.
pub struct RealtimeClock;

impl Clock for RealtimeClock {
    fn now_ns(&mut self) -> Result<u64> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| ErrorKind::Overflow)?;
        u64::try_from(since.as_nanos()).map_err(|_| ErrorKind::Overflow)
    }
}

/// Time since the capability was made, so that a guest does not learn for how long the host has run.
pub struct MonotonicClock {
    start: Instant,
}

impl MonotonicClock {
    /// A clock that begins at 0 now.
    #[must_use]
    pub fn new() -> Self {
        MonotonicClock { start: Instant::now() }
    }
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MonotonicClock {
    fn now_ns(&mut self) -> Result<u64> {
        u64::try_from(self.start.elapsed().as_nanos()).map_err(|_| ErrorKind::Overflow)
    }
}

/// Processor time used by the host's process or by the thread that asks.
#[cfg(unix)]
pub enum CpuClock {
    /// Of the process.
    Process,
    /// Of the thread.
    Thread,
}

#[cfg(unix)]
impl CpuClock {
    fn id(&self) -> rustix::time::ClockId {
        match self {
            CpuClock::Process => rustix::time::ClockId::ProcessCPUTime,
            CpuClock::Thread => rustix::time::ClockId::ThreadCPUTime,
        }
    }
}

/// A time of the system in ns.
#[cfg(unix)]
fn to_ns(time: rustix::time::Timespec) -> Result<u64> {
    let seconds = u64::try_from(time.tv_sec).map_err(|_| ErrorKind::Overflow)?;
    let rest_ns = u64::try_from(time.tv_nsec).map_err(|_| ErrorKind::Overflow)?;
    seconds.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(rest_ns)).ok_or(ErrorKind::Overflow)
}

#[cfg(unix)]
impl Clock for CpuClock {
    fn now_ns(&mut self) -> Result<u64> {
        to_ns(rustix::time::clock_gettime(self.id()))
    }

    fn resolution_ns(&self) -> u64 {
        to_ns(rustix::time::clock_getres(self.id())).unwrap_or(1)
    }
}

/// Puts the host's thread to sleep.
pub struct HostSleep;

impl Sleep for HostSleep {
    fn sleep_ns(&mut self, duration_ns: u64) -> Result<()> {
        thread::sleep(Duration::from_nanos(duration_ns));
        Ok(())
    }

    fn yield_now(&mut self) {
        thread::yield_now();
    }
}
