//! Value types and the number of frame cells that a value takes.

use super::TypeIndex;
use core::fmt;

/// Bytes of a frame cell. Everything in a frame is aligned to this and to nothing more.
pub const CELL_BYTES: u32 = 4;

/// What a [`RefType`] is kept in: builds without typed references know two types.
#[cfg(feature = "function-references")]
type RefBits = u32;
#[cfg(not(feature = "function-references"))]
type RefBits = u8;

/// Bit of a code: null is a value of the type.
const NULLABLE: u32 = 0x40;
/// Code of a type that the module defines, with that bit; its index stands above.
#[cfg(feature = "function-references")]
const CONCRETE: u32 = 0x63;

/// What a reference may refer to. Section 2.3.4 of the specification, "Heap Types".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Anything of the host.
    Extern,
    /// Anything of the guest but functions.
    Any,
    /// What can be compared.
    Eq,
    /// An integer of 31 bits.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// Any exception.
    Exn,
    /// Nothing, below `any`.
    None,
    /// Nothing, below `func`.
    NoFunc,
    /// Nothing, below `extern`.
    NoExtern,
    /// Nothing, below `exn`.
    NoExn,
    /// A function, structure or array of a type that is defined: by its index in the image, or in the store.
    Concrete(TypeIndex),
}

/// The abstract heap types in the order of their bytes in the Wasm binary format, the first of which is 0x69.
const ABSTRACT: [HeapType; 12] = [
    HeapType::Exn,
    HeapType::Array,
    HeapType::Struct,
    HeapType::I31,
    HeapType::Eq,
    HeapType::Any,
    HeapType::Extern,
    HeapType::Func,
    HeapType::None,
    HeapType::NoExtern,
    HeapType::NoFunc,
    HeapType::NoExn,
];
const ABSTRACT_FIRST: u32 = 0x69;

impl HeapType {
    /// The word of the text format; none for a type that is defined.
    pub const fn name(self) -> &'static str {
        match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
            HeapType::Any => "any",
            HeapType::Eq => "eq",
            HeapType::I31 => "i31",
            HeapType::Struct => "struct",
            HeapType::Array => "array",
            HeapType::Exn => "exn",
            HeapType::None => "none",
            HeapType::NoFunc => "nofunc",
            HeapType::NoExtern => "noextern",
            HeapType::NoExn => "noexn",
            HeapType::Concrete(_) => "",
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeapType::Concrete(index) => index.0.fmt(f),
            _ => f.write_str(self.name()),
        }
    }
}

/// A reference type: what a reference may refer to, and whether it may be null.
///
/// Kept as its coding in images: the byte that the Wasm binary format has for nullable references to an abstract heap type, without
/// bit 6 if null is not a value of the type; for a type that is defined 0x63, and 0x23, with the index in the three bytes above.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefType {
    bits: RefBits,
}

impl RefType {
    /// `funcref`.
    pub const FUNC: RefType = RefType { bits: 0x70 };
    /// `externref`.
    pub const EXTERN: RefType = RefType { bits: 0x6f };
    /// The most types that indices in reference types reach.
    pub const INDICES_MAX: u32 = 1 << 24;

    /// The type of references to this.
    ///
    /// # Panics
    /// If an index is [`RefType::INDICES_MAX`] or more.
    #[cfg(feature = "function-references")]
    pub const fn new(is_nullable: bool, heap: HeapType) -> RefType {
        let code = match heap {
            HeapType::Concrete(index) => {
                assert!(index.0 < RefType::INDICES_MAX, "so many types there are not");
                CONCRETE | index.0 << 8
            }
            HeapType::Exn => ABSTRACT_FIRST,
            HeapType::Array => ABSTRACT_FIRST + 1,
            HeapType::Struct => ABSTRACT_FIRST + 2,
            HeapType::I31 => ABSTRACT_FIRST + 3,
            HeapType::Eq => ABSTRACT_FIRST + 4,
            HeapType::Any => ABSTRACT_FIRST + 5,
            HeapType::Extern => ABSTRACT_FIRST + 6,
            HeapType::Func => ABSTRACT_FIRST + 7,
            HeapType::None => ABSTRACT_FIRST + 8,
            HeapType::NoExtern => ABSTRACT_FIRST + 9,
            HeapType::NoFunc => ABSTRACT_FIRST + 10,
            HeapType::NoExn => ABSTRACT_FIRST + 11,
        };
        RefType { bits: if is_nullable { code } else { code & !NULLABLE } }
    }

    /// The type of references to this.
    ///
    /// # Panics
    /// If it is neither `funcref` nor `externref`: this build knows no other.
    #[cfg(not(feature = "function-references"))]
    pub const fn new(is_nullable: bool, heap: HeapType) -> RefType {
        match (is_nullable, heap) {
            (true, HeapType::Func) => RefType::FUNC,
            (true, HeapType::Extern) => RefType::EXTERN,
            _ => panic!("a type of a build with typed references"),
        }
    }

    /// The type with this coding.
    #[cfg(feature = "function-references")]
    pub const fn from_word(word: u32) -> Option<RefType> {
        let nullable = word & 0xff | NULLABLE;
        let is_abstract = word <= 0x7f && ABSTRACT_FIRST <= nullable && nullable < ABSTRACT_FIRST + 12;
        if is_abstract || word & 0x80 == 0 && nullable == CONCRETE { Some(RefType { bits: word }) } else { None }
    }

    /// The type with this coding.
    #[cfg(not(feature = "function-references"))]
    pub const fn from_word(word: u32) -> Option<RefType> {
        match word {
            0x70 => Some(RefType::FUNC),
            0x6f => Some(RefType::EXTERN),
            _ => None,
        }
    }

    /// The coding of the type.
    #[allow(clippy::unnecessary_cast)] // Not in all builds.
    pub const fn to_word(self) -> u32 {
        self.bits as u32
    }

    /// What values refer to.
    pub const fn heap(self) -> HeapType {
        let nullable = self.to_word() & 0xff | NULLABLE;
        #[cfg(feature = "function-references")]
        if nullable == CONCRETE {
            return HeapType::Concrete(TypeIndex(self.bits >> 8));
        }
        ABSTRACT[(nullable - ABSTRACT_FIRST) as usize]
    }

    /// The index, if the type is one that is defined.
    pub const fn concrete(self) -> Option<TypeIndex> {
        match self.heap() {
            HeapType::Concrete(index) => Some(index),
            _ => None,
        }
    }

    /// Whether a byte begins the coding of a type that is defined, of four bytes.
    #[cfg(feature = "function-references")]
    pub(super) const fn is_concrete(byte: u8) -> bool {
        byte as u32 | NULLABLE == CONCRETE
    }

    /// Whether it is a type of references to functions that has no index.
    pub const fn is_func(self) -> bool {
        self.bits == RefType::FUNC.bits
    }

    /// Whether it is `externref`.
    pub const fn is_extern(self) -> bool {
        self.bits == RefType::EXTERN.bits
    }

    /// Whether null is a value of the type.
    pub const fn is_nullable(self) -> bool {
        self.to_word() & NULLABLE != 0
    }

    /// The same type with another index, if it has one.
    #[must_use]
    pub fn map(self, map: impl FnOnce(TypeIndex) -> TypeIndex) -> RefType {
        #[cfg(feature = "function-references")]
        if let Some(index) = self.concrete() {
            return RefType::new(self.is_nullable(), HeapType::Concrete(map(index)));
        }
        let _ = map;
        self
    }
}

impl fmt::Debug for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As in Wasm text: `funcref`, `(ref null 3)`.
impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_nullable(), self.heap()) {
            (true, HeapType::None) => f.write_str("nullref"),
            (true, HeapType::NoFunc | HeapType::NoExtern | HeapType::NoExn) => {
                write!(f, "null{}ref", &self.heap().name()[2..])
            }
            (true, HeapType::Concrete(index)) => write!(f, "(ref null {})", index.0),
            (true, heap) => write!(f, "{heap}ref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
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

const _: () = assert!(size_of::<ValType>() == 2 * size_of::<RefType>());

impl ValType {
    /// `funcref`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNC);
    /// `externref`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERN);

    /// The type with this coding in images: the byte of the Wasm binary format, or what [`RefType`] says.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub const fn from_word(word: u32) -> Option<ValType> {
        Some(match word {
            0x7f => ValType::I32,
            0x7e => ValType::I64,
            0x7d => ValType::F32,
            0x7c => ValType::F64,
            0x7b => ValType::V128,
            _ => match RefType::from_word(word) {
                Some(ty) => ValType::Ref(ty),
                None => return None,
            },
        })
    }

    /// The coding of the type in images.
    #[cfg_attr(not(compact), inline)]
    pub const fn to_word(self) -> u32 {
        match self {
            ValType::I32 => 0x7f,
            ValType::I64 => 0x7e,
            ValType::F32 => 0x7d,
            ValType::F64 => 0x7c,
            ValType::V128 => 0x7b,
            ValType::Ref(ty) => ty.to_word(),
        }
    }

    /// Bytes of the coding, with how many of them count: one, or four if it has an index.
    pub const fn to_bytes(self) -> ([u8; 4], usize) {
        let word = self.to_word();
        let is_indexed = matches!(self, ValType::Ref(ty) if ty.concrete().is_some());
        (word.to_le_bytes(), if is_indexed { 4 } else { 1 })
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

    /// Whether values of both are kept alike: they are of one type, or both references.
    #[cfg_attr(not(compact), inline)]
    pub fn is_like(self, other: ValType) -> bool {
        self == other || self.is_ref() && other.is_ref()
    }

    /// Whether a value starts as a zero that the specification defines.
    #[cfg_attr(not(compact), inline)]
    pub const fn is_defaultable(self) -> bool {
        match self {
            ValType::Ref(ty) => ty.is_nullable(),
            _ => true,
        }
    }

    /// The same type with another index, if it has one.
    #[must_use]
    pub fn map(self, map: impl FnOnce(TypeIndex) -> TypeIndex) -> ValType {
        match self {
            ValType::Ref(ty) => ValType::Ref(ty.map(map)),
            ty => ty,
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
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn codings_round_trip() {
        let types = (0..=0xffff).filter_map(|word| ValType::from_word(word).map(|ty| (word, ty)));
        let mut count = 0;
        for (word, ty) in types {
            assert_eq!(ty.to_word(), word);
            if let ValType::Ref(ty) = ty {
                #[cfg(feature = "function-references")]
                assert_eq!(RefType::new(ty.is_nullable(), ty.heap()), ty);
            }
            count += 1;
        }
        assert_eq!(count, if cfg!(feature = "function-references") { 5 + 2 * (12 + 256) } else { 7 });
    }

    #[test]
    #[cfg(feature = "function-references")]
    fn types_read_as_in_text() {
        for (ty, text) in [
            (RefType::FUNC, "funcref"),
            (RefType::EXTERN, "externref"),
            (RefType::new(true, HeapType::None), "nullref"),
            (RefType::new(true, HeapType::NoFunc), "nullfuncref"),
            (RefType::new(false, HeapType::Any), "(ref any)"),
            (RefType::new(true, HeapType::Concrete(TypeIndex(7))), "(ref null 7)"),
            (RefType::new(false, HeapType::Concrete(TypeIndex(0x12_3456))), "(ref 1193046)"),
        ] {
            assert_eq!(ty.to_string(), text);
        }
    }
}
