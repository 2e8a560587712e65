//! The types of Wasm as every part of Sheave sees them: small, copyable, without an allocator.
//!
//! A value type is one byte in images, that of the Wasm binary format, or four if it has an index; a function type is a borrowed view of
//! such bytes, and so are structures and arrays (`rec.rs`), which builds without typed references do not know.
//! How values of a type lie in a frame, in cells of 4 bytes, is decided here too, because both follow from the type alone.

mod extern_type;
mod func;
mod index;
#[cfg_attr(not(feature = "function-references"), path = "no_rec.rs")]
pub mod rec;
mod value;

pub use extern_type::{ExternKind, ExternType, GlobalType, Limits, MemoryType, TableType};
pub use func::{FRAME_HEADER_BYTES, FuncType, ValTypes};
pub use index::{DataIndex, ElemIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex};
pub use rec::TypeSpace;
pub use value::{Bits, CELL_BYTES, HeapType, RefType, ValType};
