//! The heap of programs that need an allocator: the player of the test suite, and peers in the benchmark.

use embedded_alloc::LlffHeap;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// Makes all of `arena` the heap.
pub fn init(arena: &'static mut [u8]) {
    // SAFETY: the arena is ours for good, and nothing was allocated before: nothing could be.
    unsafe { HEAP.init(arena.as_mut_ptr().addr(), arena.len()) };
}
