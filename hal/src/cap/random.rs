//! Random numbers, fit for keys.

use super::Result;

/// A source of random bytes. It must be cryptographically secure: guests make keys and hash seeds of it.
pub trait Random: Send {
    /// Fills `buf` completely.
    ///
    /// # Errors
    /// The source's, when it has no entropy to give; `buf` may then be partly written.
    fn fill(&mut self, buf: &mut [u8]) -> Result<()>;
}
