//! In the place of `superinstruction.rs` where a build has no superinstructions: without tail calls, or without the feature.

#[cfg(feature = "translate")]
use crate::error::OutOfMemory;
#[cfg(feature = "translate")]
use alloc::vec::Vec;

/// There are none.
pub const SUPERINSTRUCTIONS: u16 = 0;

/// None stands for others.
#[cfg_attr(not(compact), inline)]
pub const fn superinstruction(_: u16) -> Option<&'static [u16]> {
    None
}

/// Nothing is to come.
#[derive(Clone, Copy)]
pub struct Rest;

impl Rest {
    /// None.
    pub const NONE: Rest = Rest;

    /// Whether none is to come.
    #[inline]
    pub fn is_over(self) -> bool {
        true
    }

    /// Nothing is to come.
    #[inline]
    pub fn behind(self, _: u16) -> Option<Rest> {
        Some(self)
    }
}

/// Nothing goes on as one.
#[cfg(feature = "translate")]
#[derive(Clone, Copy, Debug)]
pub struct Joint;

/// Leaves the code as it is.
///
/// # Errors
/// None.
#[cfg(feature = "translate")]
pub fn combine(_: &mut [u16], _: usize, _: &[u32], _: &mut Vec<Joint>) -> Result<(), OutOfMemory> {
    Ok(())
}
