//! How much memory the guests of a session may take together, and what was refused them.
//!
//! Memories and tables count; what the engine itself needs does not, so that a device has to offer less than its heap.
//! Entities of a store are never freed before the store, hence nothing is given back here.

use alloc::{format, string::String, vec::Vec};

use sheave::{ResourceLimiter, errors::LimiterError};

/// Bytes of an element of a table: a handle.
const ELEMENT_BYTES: u64 = 4;

/// The state of a session's store.
#[derive(Debug)]
pub(super) struct Budget {
    limit_bytes: u64,
    used_bytes: u64,
    /// What would have been enough for the growth that was refused.
    refused_bytes: Option<u64>,
}

impl Budget {
    /// So much, and nothing used yet.
    pub(super) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, used_bytes: 0, refused_bytes: None }
    }

    /// How much there is.
    pub(super) fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// What was refused since the last time of asking, in words.
    pub(super) fn take_shortage(&mut self) -> Option<String> {
        let needed = self.refused_bytes.take()?;
        let text = || format!("needs {needed} bytes of memory, the board has {}", self.limit_bytes);
        let scattered = || format!("needs more memory in one piece than is left, with {needed} bytes in use");
        Some(if needed > self.limit_bytes { text() } else { scattered() })
    }

    /// Whether there is a limit: memory is what a device has.
    fn is_device(&self) -> bool {
        self.limit_bytes != u64::MAX
    }

    /// What an error of the engine means on a device whose heap is used up although the budget is not.
    pub(super) fn exhausted(&self, message: &str) -> Option<String> {
        let left = self.limit_bytes - self.used_bytes;
        let text = || format!("needs more memory in one piece than is left of {left} bytes");
        (self.is_device() && message == "out of memory").then(text)
    }

    fn grow(&mut self, current: u64, desired: u64) -> bool {
        // Whatever grows may have to move: the old block is in use until its content is in the new one.
        let needed = self.used_bytes.saturating_add(desired);
        if needed > self.limit_bytes || self.is_device() && !is_free(desired) {
            self.refused_bytes = Some(needed);
            return false;
        }
        self.used_bytes += desired - current;
        true
    }
}

/// Whether the heap has so many bytes in one piece.
fn is_free(bytes: u64) -> bool {
    usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        Ok(self.grow(current as u64, desired as u64))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        Ok(self.grow(current as u64 * ELEMENT_BYTES, desired as u64 * ELEMENT_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_counts_what_is_used_and_says_what_it_needs() {
        let mut budget = Budget::new(100);
        assert_eq!(budget.memory_growing(0, 40, None), Ok(true));
        assert_eq!(budget.table_growing(0, 5, None), Ok(true));
        assert_eq!(budget.memory_growing(40, 41, None), Ok(false));
        assert_eq!(budget.take_shortage().as_deref(), Some("needs 101 bytes of memory, the board has 100"));
        assert_eq!((budget.take_shortage(), budget.memory_growing(40, 40, None)), (None, Ok(true)));
    }
}
