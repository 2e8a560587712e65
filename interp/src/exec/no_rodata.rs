//! Without read-only data in the image: all of a memory is in RAM. See `rodata.rs`.

use super::context::MemoryEntity;

/// The part of a memory that is not in RAM: none.
#[derive(Clone, Copy, Debug)]
pub struct Window;

impl Window {
    /// None.
    pub const EMPTY: Window = Window;

    /// None.
    pub fn of(_: &'static [u8]) -> Window {
        Window
    }
}

/// Size of a memory in bytes.
#[inline(always)]
pub fn size(memory: &MemoryEntity) -> usize {
    memory.len
}

/// Nothing lies beyond the memory's length.
///
/// # Safety
/// None is needed.
#[inline(always)]
pub unsafe fn beyond(_: *const MemoryEntity, _: usize, _: usize, _: bool) -> Option<*mut u8> {
    None
}
