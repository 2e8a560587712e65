//! Every quantity a guest can make this crate spend, with its limit. Reaching one is an errno, never a panic.
//!
//! Guest memory itself bounds the lengths of buffers; nothing here allocates in proportion to a guest's number.

/// Longest path a guest may pass, bytes. Longer ones give `ENAMETOOLONG`.
pub const PATH_BYTES: usize = if cfg!(feature = "alloc") { 4096 } else { 256 };

/// Longest directory entry name, bytes: what common file systems allow.
pub const NAME_BYTES: usize = 255;

/// Most entries of one scatter/gather list, as Linux's `IOV_MAX`. More give `EINVAL`.
pub const IOVECS_COUNT: u32 = 1024;

/// Most subscriptions of one `poll_oneoff`. More give `EINVAL`.
pub const SUBSCRIPTIONS_COUNT: u32 = 4096;

/// Most descriptors a growing table holds. More give `ENFILE`. Borrowed tables end with their slice.
pub const DESCRIPTORS_COUNT: usize = 1024;

/// Most file systems one context holds.
pub const FILE_SYSTEMS_COUNT: usize = 4;

/// Most entries of one host directory held while a guest lists it. More give `EOVERFLOW`.
pub const DIRECTORY_ENTRIES_COUNT: usize = 1 << 20;
