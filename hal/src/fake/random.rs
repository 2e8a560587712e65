//! Random numbers that a test can foresee.

use crate::cap::{Random, Result};

/// Counts up from 1.
#[derive(Default)]
pub struct FakeRandom {
    /// The byte given last.
    pub last: u8,
}

impl Random for FakeRandom {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        for byte in buf {
            self.last = self.last.wrapping_add(1);
            *byte = self.last;
        }
        Ok(())
    }
}
