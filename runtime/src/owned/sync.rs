//! Shared ownership and counters on every target: single-core chips without compare-and-swap get the plain kind.

#[cfg(not(target_has_atomic = "ptr"))]
pub(crate) use alloc::rc::Rc as Arc;
#[cfg(target_has_atomic = "ptr")]
pub(crate) use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A number that no other store of this process has.
///
/// # Panics
/// After 2^32 stores: handles of one could pass for those of another.
#[cfg(target_has_atomic = "32")]
pub(crate) fn unique_number() -> u32 {
    NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(1)).expect("fewer than 2^32 stores")
}

/// A number that no other store of this process has.
///
/// # Panics
/// After 2^32 stores: handles of one could pass for those of another.
#[cfg(not(target_has_atomic = "32"))]
pub(crate) fn unique_number() -> u32 {
    // Such a chip has one core; stores are not made in interrupt handlers, which could come in between.
    let n = NEXT.load(Ordering::Relaxed);
    NEXT.store(n.checked_add(1).expect("fewer than 2^32 stores"), Ordering::Relaxed);
    n
}
