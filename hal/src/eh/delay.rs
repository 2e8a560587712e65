//! Waiting by an `embedded-hal` 1.0 delay driver.

use embedded_hal::delay::DelayNs;

use crate::cap::{Result, Sleep};

/// A delay driver as [`Sleep`].
pub struct Delay<D>(pub D);

impl<D: DelayNs + Send> Sleep for Delay<D> {
    fn sleep_ns(&mut self, duration_ns: u64) -> Result<()> {
        // The driver takes 32 bits: whole milliseconds first (they reach 49 days at a time), then the rest.
        let mut left_ms = duration_ns / 1_000_000;
        while left_ms > 0 {
            let step_ms = u32::try_from(left_ms).unwrap_or(u32::MAX);
            self.0.delay_ms(step_ms);
            left_ms -= u64::from(step_ms);
        }
        // Below a million, so the cast keeps it.
        self.0.delay_ns((duration_ns % 1_000_000) as u32);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Total(u128);

    impl DelayNs for Total {
        fn delay_ns(&mut self, ns: u32) {
            self.0 += u128::from(ns);
        }

        fn delay_ms(&mut self, ms: u32) {
            self.0 += u128::from(ms) * 1_000_000;
        }
    }

    #[test]
    fn waits_for_exactly_what_was_asked() {
        for duration_ns in [0, 1, 999_999, 1_000_000, 1_500_000_001, u64::MAX] {
            let mut delay = Delay(Total(0));
            delay.sleep_ns(duration_ns).unwrap();
            assert_eq!(delay.0.0, u128::from(duration_ns));
        }
    }
}
