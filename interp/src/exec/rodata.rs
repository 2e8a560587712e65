//! Memories that have read-only data in the image: what an access does that is not in the part of the memory below those.
//!
//! Such a memory has a *window*, the range of its addresses that a segment of read-only data covers. Only what lies below the window and above it is in RAM,
//! in one block: `len`, which every access is compared with, is where the window begins, so that all below costs nothing. What fails that comparison is executed again by the
//! general arm, which comes here before it traps. Each access lies in one of the three parts; one that crosses a border traps, as does a store into the window. The other half is
//! `no_rodata.rs`, of builds that copy such data as any other.

use super::context::MemoryEntity;

/// The part of a memory that is not in RAM.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Window {
    /// First byte, in the image. The window begins at the memory's `len`.
    pub base: *const u8,
    /// Number of bytes; 0 if there is no window.
    pub len: usize,
}

impl Window {
    /// None.
    pub const EMPTY: Window = Window { base: core::ptr::null(), len: 0 };

    /// That of these bytes.
    pub fn of(bytes: &'static [u8]) -> Window {
        Window { base: bytes.as_ptr(), len: bytes.len() }
    }
}

/// Size of a memory in bytes.
pub fn size(memory: &MemoryEntity) -> usize {
    memory.capacity + memory.window.len
}

/// Place of `size` bytes that begin at `start`, if they are in the window and only read, or above it.
///
/// # Safety
/// The memory exists, and so does the image that its window is in.
#[cold]
#[inline(never)]
pub unsafe fn beyond(memory: *const MemoryEntity, start: usize, size: usize, is_store: bool) -> Option<*mut u8> {
    // SAFETY: the caller promises the memory.
    let MemoryEntity { base, len, capacity, window, .. } = unsafe { *memory };
    let is_inside = |first: usize, bytes: usize| bytes.checked_sub(first).is_some_and(|room| size <= room);
    let from_window = start.checked_sub(len)?;
    match from_window.checked_sub(window.len) {
        Some(above) => is_inside(above, capacity - len).then(|| base.wrapping_add(len + above)),
        None => {
            (!is_store && is_inside(from_window, window.len)).then(|| window.base.wrapping_add(from_window).cast_mut())
        }
    }
}
