//! Appending to a vector where memory may end: what `translate` and `image` fill their buffers with.

use crate::error::OutOfMemory;
use alloc::vec::Vec;

/// Appends one element.
///
/// # Errors
/// The allocator has no more room.
#[inline(always)]
pub fn push<T>(to: &mut Vec<T>, element: T) -> Result<(), OutOfMemory> {
    if to.len() == to.capacity() {
        return push_growing(to, element);
    }
    to.push(element);
    Ok(())
}

/// As `push`, to a vector that is full. Apart, so that those who push need no registers for growing.
#[cold]
#[inline(never)]
fn push_growing<T>(to: &mut Vec<T>, element: T) -> Result<(), OutOfMemory> {
    to.try_reserve(1).map_err(|_| OutOfMemory)?;
    to.push(element);
    Ok(())
}
