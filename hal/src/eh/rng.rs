//! Random numbers from a `rand_core` 0.9 generator: a chip's true random number generator, or one seeded from it.

use rand_core::{CryptoRng, RngCore};

use crate::cap::{Random, Result};

/// A generator as [`Random`]. It must be one for keys, which `CryptoRng` asserts.
pub struct Rng<R>(pub R);

impl<R: RngCore + CryptoRng + Send> Random for Rng<R> {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        self.0.fill_bytes(buf);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);

    impl RngCore for Counter {
        fn next_u32(&mut self) -> u32 {
            u32::from_le_bytes([0; 4].map(|_: u8| self.next_u64() as u8))
        }

        fn next_u64(&mut self) -> u64 {
            self.0 += 1;
            u64::from(self.0)
        }

        fn fill_bytes(&mut self, buf: &mut [u8]) {
            buf.iter_mut().for_each(|byte| *byte = self.next_u64() as u8);
        }
    }

    // Not fit for keys, but a test must know what to expect.
    impl CryptoRng for Counter {}

    #[test]
    fn fills_the_whole_buffer() {
        let mut buf = [0; 3];
        Rng(Counter(0)).fill(&mut buf).unwrap();
        assert_eq!(buf, [1, 2, 3]);
    }
}
