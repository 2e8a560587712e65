//! The global allocator, fallibly, as a source of a store's memory.
//!
//! Same interface as `arena.rs`, which says what its functions promise. Nothing here can abort for want of memory.

use crate::store::OutOfMemory;
use alloc::alloc::{alloc_zeroed, dealloc, realloc};
use core::{alloc::Layout, ptr::NonNull};

/// The global allocator.
#[derive(Debug)]
pub struct Global;

impl Global {
    /// Zeroed memory of this layout.
    ///
    /// # Errors
    /// The allocator has none.
    pub fn allocate(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        if layout.size() == 0 {
            return Ok(NonNull::without_provenance(layout.align().try_into().map_err(|_| OutOfMemory)?));
        }
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(OutOfMemory)
    }

    /// A block of `size` bytes, not less than before, that begins with the bytes of this one and ends in zeros.
    ///
    /// # Errors
    /// The allocator has none; the old block is as it was.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn grow(&mut self, block: NonNull<u8>, layout: Layout, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let old = layout.size();
        let new = Layout::from_size_align(size, layout.align()).map_err(|_| OutOfMemory)?;
        // Fresh pages come zeroed from the system without being touched: for large steps this beats clearing them here.
        if old == 0 || size - old > old {
            let place = self.allocate(new)?;
            // SAFETY: both blocks hold `old` bytes and are distinct; the caller gives up the old one.
            unsafe {
                place.copy_from_nonoverlapping(block, old);
                self.free(block, layout);
            }
            return Ok(place);
        }
        // SAFETY: the block is ours and not empty; the new size is a valid layout and not zero.
        let place = NonNull::new(unsafe { realloc(block.as_ptr(), layout, size) }).ok_or(OutOfMemory)?;
        // SAFETY: the block has `size` bytes now.
        unsafe { place.add(old).write_bytes(0, size - old) };
        Ok(place)
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        if layout.size() != 0 {
            // SAFETY: as the caller promises.
            unsafe { dealloc(block.as_ptr(), layout) };
        }
    }
}
