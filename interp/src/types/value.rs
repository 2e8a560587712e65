//! Value types and the number of frame cells that a value takes.

use core::fmt;

/// Bytes of a frame cell. Everything in a frame is aligned to this and to nothing more.
pub const CELL_BYTES: u32 = 4;

/// A reference type: what a reference may refer to, and whether it may be null.
///
/// Today these are `funcref` and `externref`, both nullable. The bits are the byte of the Wasm binary format; they are
/// private so that the other heap types can be added without a change elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefType {
    bits: u8,
}

impl RefType {
    /// `funcref`.
    pub const FUNC: RefType = RefType { bits: 0x70 };
    /// `externref`.
    pub const EXTERN: RefType = RefType { bits: 0x6f };

    /// The type with this byte in the Wasm binary format.
    pub const fn from_byte(byte: u8) -> Option<RefType> {
        match byte {
            0x70 => Some(RefType::FUNC),
            0x6f => Some(RefType::EXTERN),
            _ => None,
        }
    }

    /// The byte of the type in the Wasm binary format.
    pub const fn to_byte(self) -> u8 {
        self.bits
    }

    /// Whether values are references to functions.
    pub const fn is_func(self) -> bool {
        self.bits == RefType::FUNC.bits
    }

    /// Whether values are references to things of the host.
    pub const fn is_extern(self) -> bool {
        self.bits == RefType::EXTERN.bits
    }

    /// Whether null is a value of the type.
    pub const fn is_nullable(self) -> bool {
        true
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_func() { "funcref" } else { "externref" })
    }
}

/// The bits of a value, zero-extended: as many as the widest of the build has.
#[cfg(feature = "simd")]
pub type Bits = u128;
/// The bits of a value, zero-extended: as many as the widest of the build has.
#[cfg(not(feature = "simd"))]
pub type Bits = u64;

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ValType {
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
    /// Reference.
    Ref(RefType),
}

const _: () = assert!(size_of::<ValType>() <= 2);

impl ValType {
    /// `funcref`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNC);
    /// `externref`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERN);

    /// The type with this byte in the Wasm binary format and in images.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub const fn from_byte(byte: u8) -> Option<ValType> {
        Some(match byte {
            0x7f => ValType::I32,
            0x7e => ValType::I64,
            0x7d => ValType::F32,
            0x7c => ValType::F64,
            0x7b => ValType::V128,
            _ => match RefType::from_byte(byte) {
                Some(ty) => ValType::Ref(ty),
                None => return None,
            },
        })
    }

    /// The byte of the type in the Wasm binary format and in images.
    #[cfg_attr(not(compact), inline)]
    pub const fn to_byte(self) -> u8 {
        match self {
            ValType::I32 => 0x7f,
            ValType::I64 => 0x7e,
            ValType::F32 => 0x7d,
            ValType::F64 => 0x7c,
            ValType::V128 => 0x7b,
            ValType::Ref(ty) => ty.to_byte(),
        }
    }

    /// Frame cells that a value takes: 1, 2 or 4.
    #[cfg_attr(not(compact), inline)]
    pub const fn cells(self) -> u32 {
        match self {
            ValType::I32 | ValType::F32 | ValType::Ref(_) => 1,
            ValType::I64 | ValType::F64 => 2,
            ValType::V128 => 4,
        }
    }

    /// Bytes that a value takes in a frame or a global: 4, 8 or 16.
    #[cfg_attr(not(compact), inline)]
    pub const fn bytes(self) -> u32 {
        self.cells() * CELL_BYTES
    }

    /// Whether values are references.
    #[cfg_attr(not(compact), inline)]
    pub const fn is_ref(self) -> bool {
        matches!(self, ValType::Ref(_))
    }

    /// The reference type, if it is one.
    #[cfg_attr(not(compact), inline)]
    pub const fn as_ref(self) -> Option<RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// Whether a value starts as a zero that the specification defines: true of every type there is so far.
    #[cfg_attr(not(compact), inline)]
    pub const fn is_defaultable(self) -> bool {
        match self {
            ValType::Ref(ty) => ty.is_nullable(),
            _ => true,
        }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        ValType::Ref(ty)
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => ty.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_and_name_seven_types() {
        let types = (0..=255).filter_map(|byte| ValType::from_byte(byte).map(|ty| (byte, ty)));
        let mut count = 0;
        for (byte, ty) in types {
            assert_eq!(ty.to_byte(), byte);
            count += 1;
        }
        assert_eq!(count, 7);
    }
}
