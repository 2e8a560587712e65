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

const I8: u32 = 0x78;
const I16: u32 = 0x77;
/// Bit of the coding of a field's type: it can be set.
const IS_MUTABLE: u32 = 0x80;

/// A field with its place in an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlacedField {
    /// What it is.
    pub ty: FieldType,
    /// Bytes from the start of the object.
    pub offset: u16,
    /// How many references among the fields before it.
    pub refs: u16,
}

impl PlacedField {
    /// Bytes of the coding.
    pub const BYTES: usize = 8;

    /// The coding: that of a value type, 78 for 8 bits or 77 for 16, with bit 7 if it can be set, as a word; offset; references before.
    pub const fn to_bytes(self) -> [u8; PlacedField::BYTES] {
        let word = match self.ty.storage {
            StorageType::I8 => I8,
            StorageType::I16 => I16,
            StorageType::Val(ty) => ty.to_word(),
        };
        let [a, b, c, d] = (word | if self.ty.is_mutable { IS_MUTABLE } else { 0 }).to_le_bytes();
        let ([e, f], [g, h]) = (self.offset.to_le_bytes(), self.refs.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    fn from_bytes([a, b, c, d, e, f, g, h]: [u8; PlacedField::BYTES]) -> Option<PlacedField> {
        let word = u32::from_le_bytes([a, b, c, d]);
        let storage = match word & !IS_MUTABLE {
            I8 => StorageType::I8,
            I16 => StorageType::I16,
            word => StorageType::Val(ValType::from_word(word)?),
        };
        let ty = FieldType { storage, is_mutable: word & IS_MUTABLE != 0 };
        Some(PlacedField { ty, offset: u16::from_le_bytes([e, f]), refs: u16::from_le_bytes([g, h]) })
    }

    /// Whether it is a reference.
    pub const fn is_ref(self) -> bool {
        matches!(self.ty.storage, StorageType::Val(ValType::Ref(_)))
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
        let fields = FieldTypes { bytes };
        let is_whole =
            bytes.len().is_multiple_of(PlacedField::BYTES) && (0..fields.len()).all(|i| fields.get(i).is_some());
        is_whole.then_some(fields)
    }

    /// The fields with bytes that were checked before.
    pub(crate) fn from_checked_bytes(bytes: &'a [u8]) -> FieldTypes<'a> {
        FieldTypes { bytes }
    }

    /// Number of fields.
    pub fn len(self) -> usize {
        self.bytes.len() / PlacedField::BYTES
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// PlacedField `i`, if there are so many.
    pub fn get(self, i: usize) -> Option<PlacedField> {
        let first = i.checked_mul(PlacedField::BYTES)?;
        self.bytes.get(first..)?.first_chunk().copied().and_then(PlacedField::from_bytes)
    }

    /// The last field.
    pub fn last(self) -> Option<PlacedField> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The fields in order.
    pub fn iter(self) -> impl Iterator<Item = PlacedField> + Clone + 'a {
        (0..self.len()).map_while(move |i| self.get(i))
    }

    /// The field with this offset: offsets ascend.
    pub fn at_offset(self, offset: u16) -> Option<PlacedField> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle)?.offset < offset {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.get(low).filter(|field| field.offset == offset)
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
            (CompositeType::Struct(a), CompositeType::Struct(b))
            | (CompositeType::Array(a), CompositeType::Array(b)) => {
                let is_like = |(a, b): (PlacedField, PlacedField)| {
                    a.ty.storage.is_like(b.ty.storage) && a.ty.is_mutable == b.ty.is_mutable
                };
                a.len() <= b.len() && a.iter().zip(b.iter()).all(is_like)
            }
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
        let field =
            |storage, is_mutable, offset, refs| PlacedField { ty: FieldType { storage, is_mutable }, offset, refs };
        let fields = [
            field(StorageType::I8, true, 8, 0),
            field(StorageType::Val(ValType::I64), false, 12, 0),
            field(StorageType::Val(ValType::Ref(RefType::new(true, HeapType::Concrete(TypeIndex(300))))), true, 20, 0),
            field(StorageType::I16, false, 24, 1),
        ];
        let mut bytes: [u8; 32] = core::array::from_fn(|i| fields[i / 8].to_bytes()[i % 8]);
        let view = FieldTypes::from_bytes(&bytes).unwrap();
        assert!(view.iter().eq(fields));
        assert_eq!((view.at_offset(20), view.at_offset(21), view.at_offset(25)), (Some(fields[2]), None, None));
        assert_eq!(FieldTypes::from_bytes(&bytes[..31]), None);
        bytes[8] = 0x40;
        assert_eq!(FieldTypes::from_bytes(&bytes), None);
    }
}
