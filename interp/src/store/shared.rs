//! Memories that several stores have, in several threads: one block of the largest size, so that it never moves, and who waits on it.
//!
//! Invariants: the block lives as long as anyone has the memory; its length only grows. Its bytes are touched by what `exec/shared.rs` and
//! `exec/atomic.rs` do and by copies here, never through a reference. Whoever waits is in the list while the list is locked for
//! looking at the value and for waking, so that no notification is lost in between.
//!
//! Source: WebAssembly threads proposal, "Wait and Notify operators".

use crate::{
    error::{Error, ErrorKind},
    exec::shared,
    store::{BLOCK_ALIGN, OutOfMemory},
    types::MemoryType,
};
use alloc::{
    alloc::{alloc_zeroed, dealloc},
    sync::Arc,
    vec::Vec,
};
use core::{
    alloc::Layout,
    fmt,
    ptr::NonNull,
    sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Instant,
};

/// How often a guest that waits looks whether it is to stop, in milliseconds.
const LOOK_MS: u64 = 20;

/// A memory that threads share. Clones are the same memory.
#[derive(Clone)]
pub struct SharedMemory(Arc<Inner>);

struct Inner {
    base: NonNull<u8>,
    layout: Layout,
    /// Bytes that guests may use.
    len: AtomicUsize,
    /// As it was declared.
    ty: MemoryType,
    waiting: Mutex<Waiting>,
}

// SAFETY: the block is touched by atomics and in assembly only, and is freed by the last who has it.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// Threads that wait, those that came first in front.
#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    next_ticket: u64,
}

struct Entry {
    /// Bytes from the memory's first.
    place: u64,
    ticket: u64,
    thread: Thread,
}

/// How a wait ended; the numbers are those that the operator gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// Another thread woke this one.
    Ok = 0,
    /// The value in memory was not the expected one.
    Mismatch = 1,
    /// Time was up.
    TimedOut = 2,
}

impl SharedMemory {
    /// A memory of zeros, which takes addresses for its maximum at once, though not the memory behind them where the system gives that when it is touched.
    ///
    /// # Errors
    /// `OutOfMemory` if there is not so much; `Limit` if the type has no maximum.
    pub fn new(ty: MemoryType) -> Result<SharedMemory, Error> {
        let max = ty.limits.max.ok_or(Error::new(ErrorKind::Limit("shared memory without a maximum")))?;
        let [len, capacity] = [ty.limits.min, max].map(|pages| usize::try_from(ty.bytes(pages)));
        let (len, capacity) = (len.map_err(|_| OutOfMemory)?, capacity.map_err(|_| OutOfMemory)?);
        let layout = Layout::from_size_align(capacity.max(1), BLOCK_ALIGN).map_err(|_| OutOfMemory)?;
        // SAFETY: the size is not zero.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(OutOfMemory)?;
        let waiting = Mutex::new(Waiting::default());
        Ok(SharedMemory(Arc::new(Inner { base, layout, len: AtomicUsize::new(len), ty, waiting })))
    }

    /// Its declared type.
    pub fn ty(&self) -> MemoryType {
        self.0.ty
    }

    /// Size in bytes.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.0.len.load(Ordering::Acquire)
    }

    /// Size in pages.
    pub fn pages(&self) -> u64 {
        self.len() as u64 >> self.0.ty.page_size_log2
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.0.base.as_ptr()
    }

    pub(super) fn len_ptr(&self) -> *const AtomicUsize {
        &raw const self.0.len
    }

    /// Whether both are the same memory.
    pub fn is_same(&self, other: &SharedMemory) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number of the memory as long as anyone has it.
    pub fn id(&self) -> usize {
        self.base() as usize
    }

    /// Adds pages; the size in pages before, or `None` beyond the maximum, or if `allow` does not allow to grow from so many bytes to so many.
    pub fn grow(&self, delta: u64, mut allow: impl FnMut(u64, u64) -> bool) -> Option<u64> {
        let mut current = self.len();
        loop {
            let desired = self.0.ty.bytes(delta).checked_add(current as u64)?;
            let new = usize::try_from(desired).ok().filter(|new| *new <= self.0.layout.size())?;
            if desired > self.0.ty.bytes(self.0.ty.limits.max?) || !allow(current as u64, desired) {
                return None;
            }
            match self.0.len.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(current as u64 >> self.0.ty.page_size_log2),
                Err(other) => current = other,
            }
        }
    }

    /// Copies bytes out; whether they are all inside. Other threads may write them at the same time.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> bool {
        let Some(first) = self.place(offset, buffer.len()) else { return false };
        // SAFETY: the range is inside of the memory.
        unsafe { shared::copy(buffer.as_mut_ptr(), first, buffer.len()) };
        true
    }

    /// Copies bytes in; whether they are all inside, else nothing is written.
    pub fn write(&self, offset: usize, buffer: &[u8]) -> bool {
        let Some(first) = self.place(offset, buffer.len()) else { return false };
        // SAFETY: the range is inside of the memory.
        unsafe { shared::copy(first, buffer.as_ptr(), buffer.len()) };
        true
    }

    fn place(&self, offset: usize, len: usize) -> Option<*mut u8> {
        offset.checked_add(len).filter(|end| *end <= self.len()).map(|_| self.base().wrapping_add(offset))
    }

    /// Waits until it is notified, if the `width_bytes` bytes at `place`, 4 or 8 of them, are `expected`; for so long, if there is a time. `None` if `stop`
    /// said so meanwhile, which is asked from time to time. The place is aligned and inside.
    ///
    /// # Panics
    /// If it is not.
    pub fn wait(
        &self,
        place: u64,
        expected: u64,
        width_bytes: usize,
        timeout: Option<Duration>,
        mut stop: impl FnMut() -> bool,
    ) -> Option<WaitResult> {
        assert!(place.is_multiple_of(width_bytes as u64), "an aligned place");
        let first = self.place(place as usize, width_bytes).expect("a place inside");
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut waiting = self.lock();
        // SAFETY: the place is aligned and inside, and is touched by atomics or in assembly only.
        let value = unsafe {
            match width_bytes {
                4 => AtomicU32::from_ptr(first.cast()).load(Ordering::SeqCst).into(),
                _ => AtomicU64::from_ptr(first.cast()).load(Ordering::SeqCst),
            }
        };
        if value != expected {
            return Some(WaitResult::Mismatch);
        }
        let ticket = waiting.next_ticket;
        waiting.next_ticket += 1;
        waiting.entries.push(Entry { place, ticket, thread: thread::current() });
        loop {
            drop(waiting);
            let look = Duration::from_millis(LOOK_MS);
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            thread::park_timeout(left.map_or(look, |left| left.min(look)));
            waiting = self.lock();
            let Some(index) = waiting.entries.iter().position(|entry| entry.ticket == ticket) else {
                return Some(WaitResult::Ok);
            };
            let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if is_late || stop() {
                waiting.entries.remove(index);
                return is_late.then_some(WaitResult::TimedOut);
            }
        }
    }

    /// Wakes threads that wait at `place`, at most so many, those first that came first; how many.
    pub fn notify(&self, place: u64, count: u32) -> u32 {
        let mut waiting = self.lock();
        let mut woken = 0;
        waiting.entries.retain(|entry| {
            let wakes = entry.place == place && woken < count;
            if wakes {
                woken += 1;
                entry.thread.unpark();
            }
            !wakes
        });
        woken
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that panics runs while it is locked but for `stop`, after which the list is as it should be.
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMemory").field("ty", &self.0.ty).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and nobody has the memory any more.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}
