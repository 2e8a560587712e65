//! Types that a module defines: functions, structures and arrays, in recursion groups, with supertypes.
//!
//! All of them are views of bytes, in an image or in a store, where [`TypeSpace`] finds what an index stands for. Within a space two
//! indices are different types: the translator makes them so in images, the store for what it runs.
//!
//! Source: WebAssembly specification 3.0, sections 2.3.8 to 2.3.11 (types) and 3.3 (matching).

use super::{FuncType, HeapType, RefType, TypeIndex, ValType};

/// The most supertypes above one another; the limit that Wasm engines share.
pub const DEPTH_MAX: u8 = 63;

/// What a defined type is a type of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum CompositeKind {
    /// A function.
    Func = 0,
    /// A structure.
    Struct = 1,
    /// An array.
    Array = 2,
}

impl CompositeKind {
    /// The abstract type above all of the kind.
    pub const fn heap(self) -> HeapType {
        match self {
            CompositeKind::Func => HeapType::Func,
            CompositeKind::Struct => HeapType::Struct,
            CompositeKind::Array => HeapType::Array,
        }
    }
}

/// What a field or an element holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StorageType {
    /// 8 bits of an i32.
    I8,
    /// 16 bits of an i32.
    I16,
    /// A value.
    Val(ValType),
}

impl StorageType {
    /// Whether values of both are kept alike.
    pub fn is_like(self, other: StorageType) -> bool {
        match (self, other) {
            (StorageType::Val(a), StorageType::Val(b)) => a.is_like(b),
            (a, b) => a == b,
        }
    }

    /// What the operators that read and write it have on the stack.
    pub const fn unpacked(self) -> ValType {
        match self {
            StorageType::I8 | StorageType::I16 => ValType::I32,
            StorageType::Val(ty) => ty,
        }
    }
}

/// A field of a structure, or the element of an array.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FieldType {
    /// What it holds.
    pub storage: StorageType,
    /// Whether it can be set.
    pub is_mutable: bool,
}

const I8: u8 = 0x78;
const I16: u8 = 0x77;

impl FieldType {
    /// Bytes of the coding, with how many of them count: those of the storage, as in the Wasm binary format or of a value type, then 1 if it
    /// can be set, else 0.
    pub const fn to_bytes(self) -> ([u8; 5], usize) {
        let ([a, b, c, d], len) = match self.storage {
            StorageType::I8 => ([I8, 0, 0, 0], 1),
            StorageType::I16 => ([I16, 0, 0, 0], 1),
            StorageType::Val(ty) => ty.to_bytes(),
        };
        let is_mutable = self.is_mutable as u8;
        if len == 1 { ([a, is_mutable, 0, 0, 0], 2) } else { ([a, b, c, d, is_mutable], 5) }
    }
}

/// Fields of a structure, or the one element of an array, viewed as their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldTypes<'a> {
    bytes: &'a [u8],
}

impl<'a> FieldTypes<'a> {
    /// The fields with these bytes; `None` if some name no field.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<FieldTypes<'a>> {
        let mut rest = FieldTypes { bytes };
        while !rest.bytes.is_empty() {
            rest.next()?;
        }
        Some(FieldTypes { bytes })
    }

    /// The fields with bytes that were checked before.
    pub(crate) fn from_checked_bytes(bytes: &'a [u8]) -> FieldTypes<'a> {
        FieldTypes { bytes }
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }
}

impl Iterator for FieldTypes<'_> {
    type Item = FieldType;

    fn next(&mut self) -> Option<FieldType> {
        let (&first, mut rest) = self.bytes.split_first()?;
        let storage = match first {
            I8 => StorageType::I8,
            I16 => StorageType::I16,
            _ => {
                let (ty, others) = super::ValTypes::from_unchecked_bytes(self.bytes).split_first()?;
                rest = others.as_bytes();
                StorageType::Val(ty)
            }
        };
        let (&is_mutable, rest) = rest.split_first().filter(|(byte, _)| **byte <= 1)?;
        self.bytes = rest;
        Some(FieldType { storage, is_mutable: is_mutable == 1 })
    }
}

/// What a defined type is, without its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompositeType<'a> {
    /// A function.
    Func(FuncType<'a>),
    /// A structure of these fields.
    Struct(FieldTypes<'a>),
    /// An array of this element, the only field.
    Array(FieldTypes<'a>),
}

impl<'a> CompositeType<'a> {
    /// What it is a type of.
    pub const fn kind(self) -> CompositeKind {
        match self {
            CompositeType::Func(_) => CompositeKind::Func,
            CompositeType::Struct(_) => CompositeKind::Struct,
            CompositeType::Array(_) => CompositeKind::Array,
        }
    }

    /// The function type, if it is one.
    pub const fn func(self) -> Option<FuncType<'a>> {
        match self {
            CompositeType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Whether values of a type declared as a subtype are kept as those of this one, as far as that knows them: so that what is made for
    /// this one can do with the other. References are of one kind here: what they refer to is looked at where they are used.
    pub fn is_like(self, sub: CompositeType<'_>) -> bool {
        match (self, sub) {
            (CompositeType::Func(a), CompositeType::Func(b)) => {
                a.params().are_like(b.params()) && a.results().are_like(b.results())
            }
            (CompositeType::Struct(mut a), CompositeType::Struct(mut b))
            | (CompositeType::Array(mut a), CompositeType::Array(mut b)) => a.all(|field| {
                b.next().is_some_and(|sub| field.storage.is_like(sub.storage) && field.is_mutable == sub.is_mutable)
            }),
            _ => false,
        }
    }
}

/// A defined type, with its place among others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubType<'a> {
    /// What it is.
    pub composite: CompositeType<'a>,
    /// The type above, before this one.
    pub supertype: Option<TypeIndex>,
    /// Whether no type may have it as its supertype.
    pub is_final: bool,
    /// First type of its recursion group: the others follow, up to the first of another one.
    pub group: TypeIndex,
    /// Number of types above.
    pub depth: u8,
}

/// Where type indices mean something.
pub trait TypeSpace {
    /// What a type is a type of.
    fn kind(&self, ty: TypeIndex) -> Option<CompositeKind>;

    /// The type above.
    fn supertype(&self, ty: TypeIndex) -> Option<TypeIndex>;

    /// Whether a type is another one, or below it.
    fn is_subtype(&self, mut sub: TypeIndex, ty: TypeIndex) -> bool {
        // Supertypes come before their subtypes.
        while sub.0 > ty.0 {
            match self.supertype(sub) {
                Some(above) => sub = above,
                None => return false,
            }
        }
        sub == ty
    }

    /// Whether everything that is of the first heap type is of the second.
    fn heap_matches(&self, sub: HeapType, ty: HeapType) -> bool {
        use HeapType as H;
        let kind = |index| self.kind(index).map_or(H::NoFunc, CompositeKind::heap);
        match (sub, ty) {
            (a, b) if a == b => true,
            (H::Concrete(a), H::Concrete(b)) => self.is_subtype(a, b),
            (H::Concrete(a), ty) => self.heap_matches(kind(a), ty),
            (H::NoFunc, H::Concrete(b)) => kind(b) == H::Func,
            (H::None, H::Concrete(b)) => kind(b) != H::Func,
            (H::NoFunc, H::Func) | (H::NoExtern, H::Extern) | (H::NoExn, H::Exn) => true,
            (H::None, H::I31 | H::Struct | H::Array | H::Eq | H::Any) => true,
            (H::I31 | H::Struct | H::Array, H::Eq | H::Any) | (H::Eq, H::Any) => true,
            _ => false,
        }
    }

    /// Whether every value of the first type is one of the second.
    fn ref_matches(&self, sub: RefType, ty: RefType) -> bool {
        sub == ty
            || (ty.is_nullable() || !sub.is_nullable())
                && (cfg!(feature = "function-references") && self.heap_matches(sub.heap(), ty.heap()))
    }

    /// Whether every value of the first type is one of the second.
    fn val_matches(&self, sub: ValType, ty: ValType) -> bool {
        match (sub, ty) {
            (ValType::Ref(sub), ValType::Ref(ty)) => self.ref_matches(sub, ty),
            (sub, ty) => sub == ty,
        }
    }
}

#[cfg(all(test, feature = "function-references"))]
mod tests {
    use super::*;

    /// 0 a function, 1 a structure, 2 below 1, 3 an array, 4 below 2.
    struct Some5;

    impl TypeSpace for Some5 {
        fn kind(&self, ty: TypeIndex) -> Option<CompositeKind> {
            [
                CompositeKind::Func,
                CompositeKind::Struct,
                CompositeKind::Struct,
                CompositeKind::Array,
                CompositeKind::Struct,
            ]
            .get(ty.to_usize())
            .copied()
        }

        fn supertype(&self, ty: TypeIndex) -> Option<TypeIndex> {
            match ty.0 {
                2 => Some(TypeIndex(1)),
                4 => Some(TypeIndex(2)),
                _ => None,
            }
        }
    }

    #[test]
    fn heap_types_match_as_the_specification_says() {
        use HeapType as H;
        let defined = |index| H::Concrete(TypeIndex(index));
        let chains: [&[H]; 7] = [
            &[H::None, defined(4), defined(2), defined(1), H::Struct, H::Eq, H::Any],
            &[H::None, defined(3), H::Array, H::Eq, H::Any],
            &[H::None, H::I31, H::Eq, H::Any],
            &[H::NoFunc, defined(0), H::Func],
            &[H::NoExtern, H::Extern],
            &[H::NoExn, H::Exn],
            &[],
        ];
        let all = chains.iter().copied().flatten().copied();
        for (sub, ty) in all.clone().flat_map(|sub| all.clone().map(move |ty| (sub, ty))) {
            let place = |chain: &[H], heap| chain.iter().position(|each| *each == heap);
            let is_below = chains.iter().any(|chain| match (place(chain, sub), place(chain, ty)) {
                (Some(sub), Some(ty)) => sub <= ty,
                _ => false,
            });
            assert_eq!(Some5.heap_matches(sub, ty), is_below, "{sub} {ty}");
        }
        let (any, null) = (RefType::new(false, H::Any), RefType::new(true, H::Any));
        assert!(Some5.ref_matches(any, null) && !Some5.ref_matches(null, any));
    }

    #[test]
    fn fields_round_trip() {
        let field = |storage, is_mutable| FieldType { storage, is_mutable };
        let fields = [
            field(StorageType::I8, true),
            field(StorageType::Val(ValType::I64), false),
            field(StorageType::Val(ValType::Ref(RefType::new(true, HeapType::Concrete(TypeIndex(300))))), true),
            field(StorageType::I16, false),
        ];
        let (mut bytes, mut len) = ([0; 20], 0);
        for field in fields {
            let (coding, count) = field.to_bytes();
            bytes[len..len + count].copy_from_slice(&coding[..count]);
            len += count;
        }
        assert!(FieldTypes::from_bytes(&bytes[..len]).unwrap().eq(fields));
        assert_eq!(FieldTypes::from_bytes(&bytes[..len - 1]), None);
        bytes[1] = 2;
        assert_eq!(FieldTypes::from_bytes(&bytes[..len]), None);
    }
}
