//! The operating system's random numbers.

use crate::cap::{ErrorKind, Random, Result};

/// Random bytes from the operating system.
pub struct HostRandom;

impl Random for HostRandom {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        getrandom::fill(buf).map_err(|_| ErrorKind::Io)
    }
}
