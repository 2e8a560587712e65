//! Tags: what exceptions are told apart by. What can be done with them is in `exception.rs`.

use super::store::Handle;

/// A tag in a store. The same tag, whoever imports it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag(pub(crate) Handle);
