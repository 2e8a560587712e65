//! Where a store's memory comes from: the global allocator, or a region that the caller hands over.
//!
//! Every block is zeroed, and allocation is fallible.

mod arena;
#[cfg(feature = "alloc")]
mod global;

use super::OutOfMemory;
use arena::Arena;
use core::{alloc::Layout, ptr::NonNull};

/// Where a store's memory comes from.
#[derive(Debug)]
pub struct Heap(Source);

#[derive(Debug)]
enum Source {
    #[cfg(feature = "alloc")]
    Global(global::Global),
    Arena(Arena),
}

#[cfg(feature = "alloc")]
impl Default for Heap {
    fn default() -> Heap {
        Heap(Source::Global(global::Global))
    }
}

impl Heap {
    /// All of a region, used from its start to its end. Only the block allocated last can grow in place or be given back.
    ///
    /// # Safety
    /// Nothing else uses the region while the heap is in use.
    pub unsafe fn in_arena(arena: NonNull<[u8]>) -> Heap {
        // SAFETY: as the caller promises.
        Heap(Source::Arena(unsafe { Arena::new(arena) }))
    }

    /// Bytes of the region not yet handed out; `None` of the global allocator.
    pub fn left(&self) -> Option<usize> {
        match &self.0 {
            #[cfg(feature = "alloc")]
            Source::Global(_) => None,
            Source::Arena(arena) => Some(arena.left()),
        }
    }

    /// Zeroed memory of this layout.
    ///
    /// # Errors
    /// There is none.
    pub fn allocate(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        match &mut self.0 {
            #[cfg(feature = "alloc")]
            Source::Global(global) => global.allocate(layout),
            Source::Arena(arena) => arena.allocate(layout),
        }
    }

    /// A block of `size` bytes, not less than before, that begins with the bytes of this one and ends in zeros.
    ///
    /// # Errors
    /// There is no memory; the old block is as it was.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn grow(&mut self, block: NonNull<u8>, layout: Layout, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        match &mut self.0 {
            // SAFETY: as the caller promises.
            #[cfg(feature = "alloc")]
            Source::Global(global) => unsafe { global.grow(block, layout, size) },
            // SAFETY: as the caller promises.
            Source::Arena(arena) => unsafe { arena.grow(block, layout, size) },
        }
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        match &mut self.0 {
            // SAFETY: as the caller promises.
            #[cfg(feature = "alloc")]
            Source::Global(global) => unsafe { global.free(block, layout) },
            // SAFETY: as the caller promises.
            Source::Arena(arena) => unsafe { arena.free(block, layout) },
        }
    }
}
