//! Byte streams: what standard input, output and error are made of.

use super::{ErrorKind, Result};

/// A source of bytes.
pub trait InputStream: Send {
    /// Reads at most `buf.len()` bytes, waiting for the first one; 0 means the end of the stream.
    ///
    /// # Errors
    /// The device's.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize>;

    /// Waits until a read would not wait, at most `timeout_ns` (`None`: without end), and says whether it is so.
    /// Streams that never make one wait keep the default.
    ///
    /// # Errors
    /// The device's.
    fn wait_ready(&mut self, timeout_ns: Option<u64>) -> Result<bool> {
        let _ = timeout_ns;
        Ok(true)
    }

    /// Whether a person sits at the other end.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// A sink of bytes.
pub trait OutputStream: Send {
    /// Writes a part of `buf`, at least one byte if it has one, and says how many. Nothing is held back: what was
    /// written is on its way when the method returns.
    ///
    /// # Errors
    /// The device's.
    fn write(&mut self, buf: &[u8]) -> Result<usize>;

    /// Whether a person sits at the other end.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// Writes all of `buf`.
///
/// # Errors
/// The stream's; [`ErrorKind::BrokenPipe`] if it takes nothing.
pub fn write_all(stream: &mut dyn OutputStream, mut buf: &[u8]) -> Result<()> {
    while !buf.is_empty() {
        let count = stream.write(buf)?;
        if count == 0 {
            return Err(ErrorKind::BrokenPipe);
        }
        buf = buf.get(count..).unwrap_or_default();
    }
    Ok(())
}
