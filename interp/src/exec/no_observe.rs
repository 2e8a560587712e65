//! In the place of `observe.rs` where a build cannot observe: without tail calls, or without the feature.

use super::context::Context;
use core::ptr::NonNull;

/// A context and nothing else.
#[repr(transparent)]
pub struct Observed(Context);

impl Observed {
    /// A context.
    pub const fn new(context: Context) -> Observed {
        Observed(context)
    }

    /// The context in it.
    ///
    /// # Safety
    /// None; in the other file there is.
    pub unsafe fn context(observed: NonNull<Observed>) -> NonNull<Context> {
        observed.cast()
    }

    /// What a context stands in.
    ///
    /// # Safety
    /// None; in the other file there is.
    pub unsafe fn of(context: NonNull<Context>) -> NonNull<Observed> {
        context.cast()
    }
}

/// The handlers by token.
///
/// # Safety
/// None; in the other file there is.
#[cfg(dispatch = "tail")]
#[inline(always)]
pub(super) unsafe fn table(_: *const Context) -> *const super::dispatch::Handler {
    super::dispatch::TABLE.as_ptr()
}
