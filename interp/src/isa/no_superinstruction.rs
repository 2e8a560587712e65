//! In the place of `superinstruction.rs` where a build has no superinstructions: without tail calls, or without the feature.

/// None stands for others.
#[inline]
pub fn superinstruction(_: u16) -> Option<&'static [u16]> {
    None
}

/// Leaves the code as it is.
#[cfg(feature = "translate")]
pub fn combine(_: &mut [u16], _: usize, _: &[u32]) {}
