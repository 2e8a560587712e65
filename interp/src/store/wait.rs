//! What the interpreter leaves to the store of waiting and waking: `memory.atomic.wait32`, `wait64`, `notify`.
//!
//! Only a memory that other threads may have can be waited on for long. In a store without such memories, and in builds without threads, a wait gives at once
//! what it would give in the end: that the value is another one, or that the time is up; where it would have to wait for something to happen
//! it is a trap, since nothing can.

use super::Store;
use crate::{exec::machine::Cell, trap::Trap};

/// Units of `memory.atomic.wait32` and `wait64`: token, memory, offset of four, two slots.
#[cfg(shared)]
const WAIT_UNITS: usize = 8;

impl Store {
    /// Waits as the interpreter has asked, and sets the result; false if the guest is to be stopped instead. It stands at the operator then, which
    /// begins anew when it goes on.
    pub(super) fn wait(&mut self) -> Result<bool, Trap> {
        let request = self.context().request;
        let (saved, width_bytes) = (self.context().saved, request.value as usize);
        // SAFETY: the interpreter stands behind the operator, whose last two fields are slots in the frame: of the expected value, which has that width,
        // and of the timeout, an i64.
        let (expected, timeout_ns) = unsafe {
            let slot = |units_back: usize| saved.fp.add(usize::from(*saved.ip.sub(units_back)));
            let expected = if width_bytes == 8 { i64::load(slot(2)) as u64 } else { u64::from(u32::load(slot(2))) };
            (expected, i64::load(slot(1)))
        };
        #[cfg(shared)]
        if let Some(memory) = self.shared_memory(request.address) {
            let timeout = u64::try_from(timeout_ns).ok().map(core::time::Duration::from_nanos);
            // SAFETY: whoever made the store promised that the word lives as long.
            let signal = unsafe { &*self.context().signal };
            let stop = || signal.load(core::sync::atomic::Ordering::Relaxed) != 0;
            let result = memory.wait(request.delta, expected, width_bytes, timeout, stop);
            let saved = &mut self.context_mut().saved;
            match result {
                Some(result) => saved.r0 = result as u64,
                // SAFETY: `ip` is behind the operator, which has so many units; its address is in r0 still.
                None => saved.ip = unsafe { saved.ip.sub(WAIT_UNITS) },
            }
            return Ok(result.is_some());
        }
        let (start, memory) = (request.delta as usize, self.memory(request.address));
        let mut bytes = [0; 8];
        // The handler has seen that they are inside.
        bytes[..width_bytes].copy_from_slice(&memory[start..start + width_bytes]);
        let result = match (u64::from_le_bytes(bytes) == expected, timeout_ns) {
            (false, _) => 1,
            (true, 0) => 2,
            (true, _) => return Err(Trap::EndlessWait),
        };
        self.context_mut().saved.r0 = result;
        Ok(true)
    }

    /// Wakes as the interpreter has asked, and sets the result.
    pub(super) fn notify(&mut self) {
        let request = self.context().request;
        #[cfg(shared)]
        let woken = self.shared_memory(request.address).map_or(0, |memory| memory.notify(request.delta, request.value));
        #[cfg(not(shared))]
        let woken = {
            let _ = request;
            0_u32
        };
        self.context_mut().saved.r0 = u64::from(woken);
    }
}
