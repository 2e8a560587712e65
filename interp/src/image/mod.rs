//! The image: a translated module as bytes. Pointer-free, little-endian, the same on every target, read in place.
//!
//! The translator fills [`ImageParts`] and writes them; [`Image::parse`] reads any bytes back, from a file, from RAM or
//! from flash, without copying and without an allocator. Specified in `docs/image-format.md`; `format.rs` holds the same
//! layout as code, once for both directions.
//!
//! Invariant: an [`Image`] is structurally sound. Every index, range, string, type and limit in it has been checked, so
//! accessors are O(1) and never fail for an index below the count they belong to. What the *instructions* do is
//! checked by the verifier, which starts from an [`Image`].
//!
//! Read `format.rs`, then `read.rs`, `check.rs` (the structural rules), `func.rs` and `source_map.rs`; `write.rs` last.

#[cfg(target_endian = "big")]
compile_error!("images are little-endian and read in place: big-endian targets are not supported");

#[cfg(feature = "alloc")]
mod aligned;
#[cfg_attr(not(feature = "messages"), path = "no_broken.rs")]
mod broken;
mod check;
pub mod format;
mod func;
mod plan;
mod read;
mod source_map;
mod trusted;
mod utf8;
mod verify;
#[cfg(feature = "translate")]
mod write;

#[cfg(feature = "alloc")]
pub use aligned::OwnedImage;
pub use format::{ConstExpr, DataMode, ElemMode, Features, Options};
pub use func::{BlockStarts, CellMap, Func};
pub use read::{Data, Elem, ElemItems, Export, Global, Image, Import, Table};
pub use verify::{available, for_each_instruction, needed_groups, verify};
#[cfg(feature = "translate")]
pub use write::{CompositePart, DataPart, ElemPart, FuncPart, ImageParts, ImportPart, LazyFunc, RecPart};

#[cfg(all(test, feature = "translate"))]
mod tests;
