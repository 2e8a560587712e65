//! Where the fields of an object lie: one rule for structs, arrays and exceptions.
//!
//! Depends on nothing but the list of field types, so that translator, verifier, store and handlers agree. A struct and an exception begin
//! with a header of two words, an array with one of three; fields follow in order, each aligned to its size, but to no more than a cell
//! of 4 bytes, as in frames. A field's offset hangs on the fields before it only: a subtype has its supertype's fields where that has them.

use crate::types::ValType;

/// Bytes in front of the fields of a struct or an exception: descriptor, and a word that is the collector's.
pub const HEADER_BYTES: u32 = 8;
/// Bytes in front of the elements of an array: the same, and the length.
pub const ARRAY_HEADER_BYTES: u32 = 12;
/// What objects are aligned to, and their sizes are a multiple of.
pub const OBJECT_ALIGN: u32 = 8;
/// The most bytes of an object: what fits a handle's range with room to add a header to.
pub const OBJECT_BYTES_MAX: u32 = 1 << 31;

/// What a field or an element holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Storage {
    /// 8-bit integer.
    I8,
    /// 16-bit integer.
    I16,
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference, as a handle.
    Ref,
}

impl Storage {
    /// Bytes that it takes: 1, 2, 4, 8 or 16.
    pub const fn bytes(self) -> u32 {
        match self {
            Storage::I8 => 1,
            Storage::I16 => 2,
            Storage::I32 | Storage::F32 | Storage::Ref => 4,
            Storage::I64 | Storage::F64 => 8,
            Storage::V128 => 16,
        }
    }

    const fn align(self) -> u32 {
        if self.bytes() < 4 { self.bytes() } else { 4 }
    }
}

impl From<ValType> for Storage {
    fn from(ty: ValType) -> Storage {
        match ty {
            ValType::I32 => Storage::I32,
            ValType::I64 => Storage::I64,
            ValType::F32 => Storage::F32,
            ValType::F64 => Storage::F64,
            ValType::V128 => Storage::V128,
            ValType::Ref(_) => Storage::Ref,
        }
    }
}

#[cfg(feature = "gc")]
impl From<crate::types::rec::StorageType> for Storage {
    fn from(ty: crate::types::rec::StorageType) -> Storage {
        use crate::types::rec::StorageType;
        match ty {
            StorageType::I8 => Storage::I8,
            StorageType::I16 => Storage::I16,
            StorageType::Val(ty) => ty.into(),
        }
    }
}

/// The fields of a struct or an exception, each with its byte offset in the object. A type has far fewer than 2^27 fields, so that offsets
/// fit.
pub fn fields(types: impl Iterator<Item = Storage>) -> impl Iterator<Item = (Storage, u32)> {
    types.scan(HEADER_BYTES, |next, storage| {
        let offset = next.next_multiple_of(storage.align());
        *next = offset + storage.bytes();
        Some((storage, offset))
    })
}

/// Bytes of a struct or an exception with these fields.
pub fn object_bytes(types: impl Iterator<Item = Storage>) -> u32 {
    let end = fields(types).last().map_or(HEADER_BYTES, |(storage, offset)| offset + storage.bytes());
    end.next_multiple_of(OBJECT_ALIGN)
}

/// Bytes of an array of `len` elements of so many bytes each; `None` if no object is that large.
#[inline(always)]
pub const fn array_bytes(element_bytes: u32, len: u32) -> Option<u32> {
    let bytes = element_bytes as u64 * len as u64 + (ARRAY_HEADER_BYTES + OBJECT_ALIGN - 1) as u64;
    if bytes > OBJECT_BYTES_MAX as u64 { None } else { Some(bytes as u32 & !(OBJECT_ALIGN - 1)) }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn fields_are_packed_to_cells_and_sizes_to_objects() {
        let types = [Storage::I8, Storage::I16, Storage::Ref, Storage::I8, Storage::I64, Storage::V128];
        let offsets: Vec<u32> = fields(types.into_iter()).map(|(_, offset)| offset).collect();
        assert_eq!(offsets, [8, 10, 12, 16, 20, 28]);
        assert_eq!(object_bytes(types.into_iter()), 48);
        assert_eq!(object_bytes(core::iter::empty()), 8);
    }

    #[test]
    fn a_subtype_has_its_supertypes_fields_where_that_has_them() {
        let types = [Storage::I16, Storage::Ref, Storage::I8, Storage::F64];
        let whole: Vec<_> = fields(types.into_iter()).collect();
        for len in 0..types.len() {
            assert_eq!(fields(types[..len].iter().copied()).collect::<Vec<_>>(), whole[..len]);
        }
    }

    #[test]
    fn arrays_too_large_for_a_handle_have_no_size() {
        assert_eq!(array_bytes(1, 0), Some(16));
        assert_eq!(array_bytes(4, 1), Some(16));
        assert_eq!(array_bytes(8, 1), Some(24));
        assert_eq!(array_bytes(1, u32::MAX), None);
        assert_eq!(array_bytes(16, 1 << 28), None);
        assert_eq!(array_bytes(16, (1 << 27) - 2), Some((1 << 31) - 16));
    }
}
