//! The capabilities on std, for hosts with an operating system. Directories go through cap-std.
//!
//! (The folder is not called `std`: a module of that name would hide the crate in every path here.)

mod clock;
mod error;
mod fs;
mod pipe;
mod random;
mod stdio;

#[cfg(unix)]
pub use clock::CpuClock;
pub use clock::{HostSleep, MonotonicClock, RealtimeClock};
pub use fs::HostFileSystem;
pub use pipe::{MemoryInput, MemoryOutput};
pub use random::HostRandom;
pub use stdio::{HostStderr, HostStdin, HostStdout};
