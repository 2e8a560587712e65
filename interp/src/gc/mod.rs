//! The heap that objects of the guest live in: structs, arrays and exceptions. Built with feature `objects`, which `gc` and `exceptions` bring.
//!
//! ```text
//! handler ─► View::take: bump in the current run ─► handle
//!               │ no room: Exit::COLLECT, the instruction is executed again afterwards
//!               ▼
//!            Store::room_for_object ─► next run between marked objects ─► none left: collect, grow ─► still none: Trap::OutOfHeap
//! ```
//!
//! One bounded arena a store. A handle is an object's byte offset in it, a multiple of 8 and never 0, which leaves the low bits to tell it
//! from other references (`exec/handle.rs`). Objects never move, so that a handle means the same as long as it is reachable.
//!
//! # Collection
//! Mark only; there is no sweep. Marking sets a bit for each live object in a bitmap beside the heap (one bit for 8 bytes). Allocation bumps a
//! pointer through the gaps between marked objects, from the heap's start to its end, finding them in the bitmap as it goes; at the end
//! it is time for the next collection. What was allocated since then needs no bit, because the pointer never goes back.
//!
//! Marking takes no memory and does not recurse: objects that are found but not looked into yet form a list through the second word of
//! their headers. A pause is O(heap / 64 + roots + bytes of live objects), whatever the shape of the graph; nothing else stops the guest.
//!
//! # Roots
//! Precise, see `Store::collect` (`store/objects.rs`): cells of frames that the cell map calls references, globals, tables, element
//! segments, frames of suspended calls, and what the host has rooted (`root.rs`). Between two instructions no handle is anywhere else.
//!
//! # Why access by handle is safe
//! The verifier knows of a cell only that it holds a reference. A reference cell holds what the store made: null on entry, and written only from
//! other references or by instructions that make one (`image::verify`). The collector marks everything that any such cell holds, so a
//! handle with low bits 000 that a guest can get hold of is that of a live object: inside the heap, at an object's first byte, its header whole.
//! So an access needs to check two things: that the handle is not null and its low bits are 000, and that the descriptor in its header is
//! of the type that the instruction names. A handle of an object of another type, which a damaged image can
//! bring there, fails the second check.
//!
//! # Files
//! `layout` where fields lie; `heap` the arena, descriptors, allocation; `collect` marking; `root` what the host holds.

pub mod layout;

#[cfg(feature = "exec")]
mod collect;
#[cfg(feature = "exec")]
pub mod heap;
#[cfg(feature = "exec")]
pub(crate) mod root;
#[cfg(all(test, feature = "exec"))]
mod tests;

#[cfg(feature = "exec")]
pub use heap::{Kind, Layout, ObjectHeap, View};
