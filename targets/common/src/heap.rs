//! The heap of the programs that need one: all of the arena, by first fit.
//!
//! It remembers the most that was in use at once, and keeps a reserve for small pieces: what the engine asks for may be refused, and
//! then it says so; texts and the nodes of maps may not, since Rust's library panics without them.

use core::alloc::{GlobalAlloc, Layout};
use embedded_alloc::LlffHeap;
use portable_atomic::{AtomicUsize, Ordering};

/// A piece of up to so many bytes may come out of the reserve.
const SMALL_BYTES: usize = 128;
/// Of the heap, for small pieces only.
const RESERVE_BYTES: usize = 768;

#[global_allocator]
static HEAP: Heap = Heap { free_blocks: LlffHeap::empty(), peak_bytes: AtomicUsize::new(0) };

struct Heap {
    free_blocks: LlffHeap,
    peak_bytes: AtomicUsize,
}

// SAFETY: memory comes from the list of free blocks and goes back to it; nothing else is done with it.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > SMALL_BYTES && self.free_blocks.free() < layout.size() + RESERVE_BYTES {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise is the same.
        let block = unsafe { self.free_blocks.alloc(layout) };
        // One core, and no interrupt allocates: nothing comes between the two halves.
        let peak_bytes = self.peak_bytes.load(Ordering::Relaxed).max(self.free_blocks.used());
        self.peak_bytes.store(peak_bytes, Ordering::Relaxed);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is the same, and `alloc` got the block there.
        unsafe { self.free_blocks.dealloc(block, layout) };
    }
}

/// Makes the arena the heap, once and before anything is allocated.
///
/// # Panics
/// On the second call.
pub fn init(arena: &'static mut [u8]) {
    // SAFETY: the arena is nobody else's for ever, and the heap panics if it has one already.
    unsafe { HEAP.free_blocks.init(arena.as_mut_ptr().addr(), arena.len()) };
}

/// The most bytes that were in use at once since the last time of asking.
#[cfg(any(feature = "conformance", feature = "translate"))]
pub fn take_peak_bytes() -> usize {
    HEAP.peak_bytes.swap(HEAP.free_blocks.used(), Ordering::Relaxed)
}
