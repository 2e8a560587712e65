//! Streams in memory, with control over how much moves at a time and over readiness.

use alloc::{collections::VecDeque, vec::Vec};

use crate::cap::{InputStream, OutputStream, Result};

/// Input from a queue.
#[derive(Default)]
pub struct FakeInput {
    /// What is still to be read.
    pub bytes: VecDeque<u8>,
    /// How often it answers "not ready" before it becomes ready.
    pub unready_count: u32,
    /// The timeouts of the waits.
    pub waits: Vec<Option<u64>>,
    /// Whether it claims to be a terminal.
    pub is_terminal: bool,
}

impl InputStream for FakeInput {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = buf.len().min(self.bytes.len());
        buf.iter_mut().zip(self.bytes.drain(..count)).for_each(|(to, from)| *to = from);
        Ok(count)
    }

    fn wait_ready(&mut self, timeout_ns: Option<u64>) -> Result<bool> {
        self.waits.push(timeout_ns);
        let is_ready = self.unready_count == 0;
        self.unready_count = self.unready_count.saturating_sub(1);
        Ok(is_ready)
    }

    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

/// Output that is kept.
pub struct FakeOutput {
    /// What was written.
    pub bytes: Vec<u8>,
    /// How much one write takes at most.
    pub at_once: usize,
}

impl Default for FakeOutput {
    fn default() -> Self {
        FakeOutput { bytes: Vec::new(), at_once: usize::MAX }
    }
}

impl OutputStream for FakeOutput {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let count = buf.len().min(self.at_once);
        self.bytes.extend(buf.iter().take(count));
        Ok(count)
    }
}
