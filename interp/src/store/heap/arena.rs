//! A region that the caller hands over, used from its start to its end, as a source of a store's memory.
//!
//! Same interface as `global.rs`. Only the block allocated last can grow in place or be given back; others that grow
//! leave their old place unused until the whole store goes.

use crate::store::OutOfMemory;
use core::{alloc::Layout, ptr::NonNull};

/// A region of memory.
#[derive(Debug)]
pub struct Arena {
    next: NonNull<u8>,
    left: usize,
}

impl Arena {
    /// All of a region.
    ///
    /// # Safety
    /// Nothing else uses the region while this is in use.
    pub unsafe fn new(arena: NonNull<[u8]>) -> Arena {
        Arena { next: arena.cast(), left: arena.len() }
    }

    /// Bytes not yet handed out.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Zeroed memory of this layout.
    ///
    /// # Errors
    /// The arena has no more room.
    #[cfg_attr(compact, inline(never))]
    pub fn allocate(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        let padding = self.next.align_offset(layout.align());
        let bytes = padding.checked_add(layout.size()).filter(|bytes| *bytes <= self.left).ok_or(OutOfMemory)?;
        // SAFETY: `left` bytes from `next` on are the arena's, and nobody else's until now.
        unsafe {
            let block = self.next.add(padding);
            block.write_bytes(0, layout.size());
            self.next = self.next.add(bytes);
            self.left -= bytes;
            Ok(block)
        }
    }

    /// A block of `size` bytes, not less than before, that begins with the bytes of this one and ends in zeros.
    ///
    /// # Errors
    /// The arena has no more room; the old block is as it was.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn grow(&mut self, block: NonNull<u8>, layout: Layout, size: usize) -> Result<NonNull<u8>, OutOfMemory> {
        let old = layout.size();
        // SAFETY: the block lies in the arena.
        if unsafe { block.add(old) } == self.next {
            let more = Layout::from_size_align(size - old, 1).map_err(|_| OutOfMemory)?;
            self.allocate(more)?;
            return Ok(block);
        }
        let new = Layout::from_size_align(size, layout.align()).map_err(|_| OutOfMemory)?;
        let place = self.allocate(new)?;
        // SAFETY: both blocks hold `old` bytes and are distinct.
        unsafe { place.copy_from_nonoverlapping(block, old) };
        Ok(place)
    }

    /// Gives a block back, if it is the last one.
    ///
    /// # Safety
    /// `block` was allocated here with `layout`, and nothing points into it.
    pub unsafe fn free(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the block lies in the arena.
        if unsafe { block.add(layout.size()) } == self.next {
            self.next = block;
            self.left += layout.size();
        }
    }
}
