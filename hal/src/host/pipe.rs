//! Streams in memory: what a guest reads is given beforehand, what it writes can be looked at afterwards.

use alloc::{sync::Arc, vec::Vec};
use libstd::sync::{Mutex, PoisonError};

use crate::cap::{ErrorKind, InputStream, OutputStream, Result};

/// Input from bytes; then the end of the stream.
pub struct MemoryInput {
    bytes: Vec<u8>,
    read_count: usize,
}

impl MemoryInput {
    /// A stream of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        MemoryInput { bytes: bytes.into(), read_count: 0 }
    }
}

impl InputStream for MemoryInput {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let rest = self.bytes.get(self.read_count..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.read_count += count;
        Ok(count)
    }
}

/// Output that is kept, up to a limit. Clones share the bytes: give one away, keep the other.
#[derive(Clone)]
pub struct MemoryOutput {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit_bytes: usize,
}

impl MemoryOutput {
    /// A stream that takes at most `limit_bytes` and then answers "no space".
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        MemoryOutput { bytes: Arc::default(), limit_bytes }
    }

    /// What was written so far.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl OutputStream for MemoryOutput {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = buf.len().min(self.limit_bytes.saturating_sub(bytes.len()));
        if count == 0 && !buf.is_empty() {
            return Err(ErrorKind::NoSpace);
        }
        bytes.try_reserve(count).map_err(|_| ErrorKind::OutOfMemory)?;
        bytes.extend_from_slice(buf.get(..count).unwrap_or_default());
        Ok(count)
    }
}
