//! The layout of an image as data: header, section numbers, records. `docs/image-format.md` says the same in words.
//!
//! Each record is declared once, its fields in order and without padding; reading and writing both come from that.

use crate::types::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex};

/// The first bytes of an image: one that no text begins with, the name, a line end that careless transfers would change.
pub const MAGIC: [u8; 8] = *b"\x93sheave\n";
/// Version of the format.
pub const VERSION: u32 = 3;
/// Alignment of an image and of each of its sections, in bytes.
pub const ALIGN: usize = 8;
/// Bytes of the header.
pub const HEADER_BYTES: usize = Header::BYTES;
/// Place of the checksum in the header.
pub const CHECKSUM_OFFSET: usize = 24;
/// The most sections that an image may have, known or not.
pub const SECTIONS_MAX: usize = 64;
/// Stands for an absent index.
pub const NONE: u32 = u32::MAX;
/// Section flag: a reader that does not know the section must refuse the image.
pub const SECTION_REQUIRED: u16 = 1;

/// Numbers of the sections. A section that is absent is empty.
pub mod section {
    /// [`TypeRecord`](super::TypeRecord)s.
    pub const TYPES: u16 = 1;
    /// Value types of the types' parameters and results, fields, and what stands before them.
    pub const TYPE_BYTES: u16 = 2;
    /// UTF-8 of import and export names.
    pub const STRINGS: u16 = 3;
    /// [`ImportRecord`](super::ImportRecord)s.
    pub const IMPORTS: u16 = 4;
    /// [`ExportRecord`](super::ExportRecord)s.
    pub const EXPORTS: u16 = 5;
    /// `u32` type indices of all functions: imported, defined, hidden.
    pub const FUNC_TYPES: u16 = 6;
    /// [`TableRecord`](super::TableRecord)s of all tables: imported, defined.
    pub const TABLES: u16 = 7;
    /// [`MemoryRecord`](super::MemoryRecord)s of all memories: imported, defined.
    pub const MEMORIES: u16 = 8;
    /// [`GlobalRecord`](super::GlobalRecord)s of all globals: imported, defined.
    pub const GLOBALS: u16 = 9;
    /// `u32` type indices of all tags: imported, defined.
    pub const TAGS: u16 = 10;
    /// [`FuncRecord`](super::FuncRecord)s of the functions with code: defined, hidden.
    pub const FUNCS: u16 = 11;
    /// Bits that tell reference cells from data cells.
    pub const CELL_MAPS: u16 = 12;
    /// Bits of the units at which blocks begin.
    pub const BLOCK_STARTS: u16 = 13;
    /// `u16` units: the instructions.
    pub const CODE: u16 = 14;
    /// [`DataRecord`](super::DataRecord)s.
    pub const DATA: u16 = 15;
    /// Bytes of all data segments.
    pub const DATA_BYTES: u16 = 16;
    /// [`ElemRecord`](super::ElemRecord)s.
    pub const ELEMS: u16 = 17;
    /// `u32` function indices of element segments.
    pub const ELEM_FUNCS: u16 = 18;
    /// [`ConstRecord`](super::ConstRecord)s of element segments.
    pub const ELEM_EXPRS: u16 = 19;
    /// [`HandlerRecord`](super::HandlerRecord)s, by ascending function, inner ones before outer ones.
    pub const HANDLERS: u16 = 20;
    /// One more than the largest section that a reader must know.
    pub const REQUIRED_END: u16 = 21;
    /// Optional: [`SourceMapRecord`](super::SourceMapRecord)s.
    pub const SOURCE_MAP: u16 = 32;
    /// Optional: the packed entries between those records.
    pub const SOURCE_MAP_BYTES: u16 = 33;
    /// Optional: [`NameRecord`](super::NameRecord)s, by ascending function index.
    pub const NAMES: u16 = 34;
    /// Optional: UTF-8 of the function names.
    pub const NAME_STRINGS: u16 = 35;
    /// Optional: UTF-8 of the module's name.
    pub const MODULE_NAME: u16 = 36;
}

/// A number of fixed size in an image.
pub(super) trait Field: Sized {
    const BYTES: usize;
    /// Reads from the start of `bytes`; what is missing reads as zero, so reading cannot fail.
    fn read(bytes: &[u8]) -> Self;
    /// Writes to the start of `out`, which has at least `BYTES` bytes.
    #[cfg(feature = "translate")]
    fn write(self, out: &mut [u8]);
}

macro_rules! integer_field {
    ($($ty:ty)*) => {$(
        impl Field for $ty {
            const BYTES: usize = size_of::<$ty>();
            #[inline(always)]
            fn read(bytes: &[u8]) -> $ty {
                bytes.first_chunk().map_or(0, |bytes| <$ty>::from_le_bytes(*bytes))
            }
            #[cfg(feature = "translate")]
            #[inline(always)]
            fn write(self, out: &mut [u8]) {
                out[..size_of::<$ty>()].copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
integer_field!(u8 u16 u32 u64);

macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $bytes:literal bytes { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// Bytes of the record in an image.
            pub const BYTES: usize = $bytes;
        }

        const _: () = assert!($bytes == 0 $(+ <$ty as Field>::BYTES)*);

        impl Field for $name {
            const BYTES: usize = $bytes;

            #[cfg_attr(not(compact), inline(always))]
            #[allow(unused_assignments)]
            fn read(bytes: &[u8]) -> $name {
                let mut rest = bytes;
                $(
                    let $field = <$ty as Field>::read(rest);
                    rest = rest.get(<$ty as Field>::BYTES..).unwrap_or(&[]);
                )*
                $name { $($field,)* }
            }

            #[cfg(feature = "translate")]
            #[allow(unused_assignments)]
            fn write(self, out: &mut [u8]) {
                let mut at = 0;
                $(
                    Field::write(self.$field, &mut out[at..]);
                    at += <$ty as Field>::BYTES;
                )*
            }
        }
    };
}

record! {
    /// The first 64 bytes.
    Header, 64 bytes {
        /// [`MAGIC`].
        magic: u64,
        /// [`VERSION`].
        version: u32,
        /// Bytes of the whole image, a multiple of 8.
        length: u32,
        /// Hash of the instruction table that the code was made with.
        isa_hash: u64,
        /// [`checksum`] of all other bytes.
        checksum: u64,
        /// [`Features`].
        features: u64,
        /// [`Options`].
        options: u32,
        /// Instruction families that the code uses, as bits.
        families: u32,
        /// Instruction set level: 0 base, 1 full.
        level: u16,
        /// Entries of the directory that follows the header.
        sections_count: u16,
        /// Start function, or [`NONE`].
        start: u32,
        /// How many of the last functions are hidden: code of constant expressions.
        hidden_count: u32,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// Entry of the section directory: ascending by id, and by offset.
    SectionRecord, 16 bytes {
        /// What the section holds.
        id: u16,
        /// [`SECTION_REQUIRED`] or zero.
        flags: u16,
        /// Where it begins in the image, a multiple of 8.
        offset: u32,
        /// Its bytes, without what follows up to the next multiple of 8.
        bytes: u32,
        /// Its records; bytes if it has none.
        count: u32,
    }
}

record! {
    /// A constant expression; see [`ConstExpr`].
    ConstRecord, 12 bytes {
        /// Which kind.
        kind: u32,
        /// Its operand.
        value: u64,
    }
}

record! {
    /// A type that the module defines. A function: parameters, then results, in `TYPE_BYTES`. A structure or an array: its fields.
    TypeRecord, 8 bytes {
        /// First byte in `TYPE_BYTES`.
        first: u32,
        /// Bytes of the parameters ([`PARAMS_BYTES`]), and what else there is to say of the type: [`TYPE_KIND`], [`TYPE_OPEN`], [`TYPE_PREFIXED`].
        params: u16,
        /// Bytes of the results, or of the fields.
        results: u16,
    }
}

/// Bits of a type: how many bytes its parameters take.
pub const PARAMS_BYTES: u16 = 0x0fff;
/// Bits of a type: a `CompositeKind`.
pub const TYPE_KIND: u16 = 0x3000;
/// Place of these bits.
pub const TYPE_KIND_SHIFT: u16 = 12;
/// Bit of a type: it may have subtypes.
pub const TYPE_OPEN: u16 = 0x4000;
/// Bit of a type: a [`TypePrefix`] stands right before its first byte. Without, it has no supertype, and is a recursion group of its own.
pub const TYPE_PREFIXED: u16 = 0x8000;

record! {
    /// What stands before the bytes of a type that is not alone.
    TypePrefix, 8 bytes {
        /// Its supertype, before it, or [`NONE`].
        supertype: u32,
        /// First type of its recursion group in the lower 24 bits, number of supertypes above it in the upper 8.
        group: u32,
    }
}

/// A type as an image or a store keeps it.
#[cfg(not(compact))]
#[derive(Clone, Copy)]
pub(crate) struct TypeParts<'a> {
    /// As in a [`TypeRecord`].
    pub(crate) params: u16,
    /// As in a [`TypeRecord`].
    pub(crate) results: u16,
    /// Index of the supertype, or [`NONE`].
    pub(crate) supertype: u32,
    /// Parameters and results, or fields.
    pub(crate) bytes: &'a [u8],
}

#[cfg(not(compact))]
impl<'a> TypeParts<'a> {
    /// The codings of its value types or fields, one by one.
    pub(crate) fn codings(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.bytes;
        core::iter::from_fn(move || {
            let len = match *rest.first()? {
                _ if self.params & TYPE_KIND != 0 => 8,
                code if has_index(code) => 4,
                _ => 1,
            };
            let (coding, others) = rest.split_at_checked(len)?;
            rest = others;
            Some(coding)
        })
    }

    /// The type as numbers, indices of types by other names: equal types have equal numbers if equal types have equal names.
    pub(crate) fn words<F: Fn(u32) -> u32 + Copy>(self, name: F) -> impl Iterator<Item = u32> + use<'a, F> {
        let supertype = if self.supertype == NONE { NONE } else { name(self.supertype) };
        let (mut codings, mut index) = (self.codings(), None);
        let rest = core::iter::from_fn(move || {
            index.take().or_else(|| {
                let coding = codings.next()?;
                // The index stands above the code of the type. Places of fields follow from what they are.
                if let [code, a, b, c, ..] = *coding
                    && has_index(code)
                {
                    index = Some(name(u32::from_le_bytes([a, b, c, 0])));
                }
                coding.first().copied().map(u32::from)
            })
        });
        [u32::from(self.params) | u32::from(self.results) << 16, supertype].into_iter().chain(rest)
    }
}

/// Whether a byte, where the coding of a type or of a field begins, is the first of four, the others being an index.
#[cfg(not(compact))]
pub(crate) fn has_index(byte: u8) -> bool {
    cfg!(feature = "function-references") && matches!(byte & 0x7f, 0x63 | 0x23)
}

record! {
    /// A range of bytes in a blob.
    RangeRecord, 8 bytes {
        /// First byte.
        first: u32,
        /// Number of bytes.
        length: u32,
    }
}

record! {
    /// An import. Those of one kind have ascending indices from 0.
    ImportRecord, 24 bytes {
        /// Module name in `STRINGS`.
        module: RangeRecord,
        /// Name in `STRINGS`.
        name: RangeRecord,
        /// An `ExternKind`.
        kind: u32,
        /// Index in the index space of the kind.
        index: u32,
    }
}

record! {
    /// An export.
    ExportRecord, 16 bytes {
        /// Name in `STRINGS`.
        name: RangeRecord,
        /// An `ExternKind`.
        kind: u32,
        /// Index in the index space of the kind.
        index: u32,
    }
}

/// Flag of tables and memories: `max` counts.
pub const HAS_MAX: u8 = 1;
/// Flag of tables and memories: indices or addresses are i64.
pub const IS_64: u8 = 2;
/// Flag of memories: shared.
pub const IS_SHARED: u8 = 4;
/// Flag of tables: no instruction but calls and `table.size` names it, and what is in it comes from one segment of functions, if from any.
pub const IS_FIXED: u8 = 8;

record! {
    /// A table.
    TableRecord, 36 bytes {
        /// Reference type of the elements, in its coding.
        element: u32,
        /// [`HAS_MAX`], [`IS_64`], [`IS_FIXED`].
        flags: u8,
        /// Zero.
        reserved: u8,
        /// Zero.
        reserved_high: u16,
        /// Elements at the start.
        min: u64,
        /// The most elements; zero without [`HAS_MAX`].
        max: u64,
        /// First value of each element.
        init: ConstRecord,
    }
}

record! {
    /// A memory.
    MemoryRecord, 20 bytes {
        /// Base-2 logarithm of the page size: 0 or 16.
        page_size_log2: u8,
        /// [`HAS_MAX`], [`IS_64`], [`IS_SHARED`].
        flags: u8,
        /// Zero.
        reserved: u16,
        /// Pages at the start.
        min: u64,
        /// The most pages; zero without [`HAS_MAX`].
        max: u64,
    }
}

/// Bit of a global's type: it can be set.
pub const IS_MUTABLE: u32 = 0x80;

record! {
    /// A global.
    GlobalRecord, 16 bytes {
        /// Value type, in its coding; [`IS_MUTABLE`] if it can be set.
        content: u32,
        /// First value.
        init: ConstRecord,
    }
}

record! {
    /// What catches exceptions that are thrown in a range of code: see [`Handler`].
    HandlerRecord, 28 bytes {
        /// First unit of the range.
        first: u32,
        /// Unit behind the range.
        end: u32,
        /// Unit at which the function goes on, the start of a block.
        target: u32,
        /// 0 `catch`, 1 `catch_ref`, 2 `catch_all`, 3 `catch_all_ref`.
        kind: u32,
        /// Tag that is caught; zero for the last two kinds.
        tag: u32,
        /// Byte offset in the frame at which the payload's numbers are put, one behind the other.
        data: u32,
        /// Byte offset in the frame at which its references are put, one behind the other, then the exception itself with kinds 1 and 3.
        refs: u32,
    }
}

/// What catches exceptions that are thrown in a range of code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// First unit of the range, and the one behind it.
    pub range: (u32, u32),
    /// Unit at which the function goes on, the start of a block.
    pub target: u32,
    /// The tag that is caught, if it is only one.
    pub tag: Option<TagIndex>,
    /// Whether the code gets the exception as a reference, too.
    pub has_ref: bool,
    /// Byte offset in the frame at which the payload's numbers are put, one behind the other.
    pub data: u32,
    /// Byte offset in the frame at which its references are put, one behind the other, then the exception itself.
    pub refs: u32,
}

impl Handler {
    /// The handler of a record, if its kind is known and no unused field is set.
    pub fn from_record(record: HandlerRecord) -> Option<Handler> {
        let tag = match (record.kind, record.tag) {
            (0 | 1, tag) => Some(TagIndex(tag)),
            (2 | 3, 0) => None,
            _ => return None,
        };
        let HandlerRecord { first, end, target, kind, data, refs, .. } = record;
        Some(Handler { range: (first, end), target, tag, has_ref: kind & 1 != 0, data, refs })
    }

    /// The record.
    pub fn to_record(self) -> HandlerRecord {
        HandlerRecord {
            first: self.range.0,
            end: self.range.1,
            target: self.target,
            kind: if self.tag.is_some() { 0 } else { 2 } | u32::from(self.has_ref),
            tag: self.tag.map_or(0, |tag| tag.0),
            data: self.data,
            refs: self.refs,
        }
    }

    /// The same in code that was moved by so many units.
    #[must_use]
    pub fn moved(self, by: u32) -> Handler {
        let (first, end) = self.range;
        Handler { range: (first + by, end + by), target: self.target + by, ..self }
    }

    /// Whether an exception thrown by the instruction that holds this unit can be caught.
    pub fn covers(&self, unit: u32) -> bool {
        self.range.0 <= unit && unit < self.range.1
    }
}

record! {
    /// A function with code. Its code ends where the frame units of the next one begin.
    FuncRecord, 12 bytes {
        /// First unit of its code; its index and six units that describe the frame stand before.
        entry: u32,
        /// First byte of its cell map in `CELL_MAPS`, or [`NONE`] if no cell holds a reference.
        cell_map: u32,
        /// Byte offset of its body in the wasm module.
        wasm_offset: u32,
    }
}

record! {
    /// A data segment.
    DataRecord, 28 bytes {
        /// 0 active, 1 passive.
        kind: u32,
        /// Memory of an active segment, else 0.
        memory: u32,
        /// Address of an active segment, else zero.
        offset: ConstRecord,
        /// Its bytes in `DATA_BYTES`.
        bytes: RangeRecord,
    }
}

record! {
    /// An element segment.
    ElemRecord, 32 bytes {
        /// 0 active, 1 passive, 2 declared.
        kind: u8,
        /// 0: items are in `ELEM_FUNCS`; 1: in `ELEM_EXPRS`.
        form: u8,
        /// Zero.
        reserved: u16,
        /// Reference type of the items, in its coding; of items in `ELEM_FUNCS` it is `funcref`, though none is null.
        element: u32,
        /// Table of an active segment, else 0.
        table: u32,
        /// Index in the table of an active segment, else zero.
        offset: ConstRecord,
        /// First item in its section, and how many.
        items: RangeRecord,
    }
}

record! {
    /// The first entry of a run of the source map, and where the others are packed.
    SourceMapRecord, 12 bytes {
        /// Unit offset in the code.
        code: u32,
        /// Byte offset in the wasm module.
        wasm: u32,
        /// First byte of the other entries in `SOURCE_MAP_BYTES`; they end where those of the next run begin.
        first: u32,
    }
}

record! {
    /// A function's name.
    NameRecord, 12 bytes {
        /// Function index.
        func: u32,
        /// Name in `NAME_STRINGS`.
        name: RangeRecord,
    }
}

/// A constant expression.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ConstExpr {
    /// Zero or null of any type.
    Zero,
    /// The bits of a number; the upper half is zero for types of 32 bits.
    Bits(u64),
    /// The value of an immutable global.
    GlobalGet(GlobalIndex),
    /// A reference to a function.
    RefFunc(FuncIndex),
    /// What a hidden function returns.
    Code(FuncIndex),
}

impl ConstExpr {
    /// The expression of a record, if its kind is known and its operand fits.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn from_record(record: ConstRecord) -> Option<ConstExpr> {
        let index = u32::try_from(record.value);
        Some(match record.kind {
            0 if record.value == 0 => ConstExpr::Zero,
            1 => ConstExpr::Bits(record.value),
            2 => ConstExpr::GlobalGet(GlobalIndex(index.ok()?)),
            3 => ConstExpr::RefFunc(FuncIndex(index.ok()?)),
            4 => ConstExpr::Code(FuncIndex(index.ok()?)),
            _ => return None,
        })
    }

    /// The record of the expression.
    pub const fn to_record(self) -> ConstRecord {
        let (kind, value) = match self {
            ConstExpr::Zero => (0, 0),
            ConstExpr::Bits(bits) => (1, bits),
            ConstExpr::GlobalGet(index) => (2, index.0 as u64),
            ConstExpr::RefFunc(index) => (3, index.0 as u64),
            ConstExpr::Code(index) => (4, index.0 as u64),
        };
        ConstRecord { kind, value }
    }
}

/// The kind of an active data segment that the module does not write to, so that it can be left where it is.
pub const READ_ONLY: u32 = 2;

/// What happens to a data segment when a module is instantiated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DataMode {
    /// It is copied into a memory.
    Active {
        /// The memory.
        memory: MemoryIndex,
        /// Address of the first byte.
        offset: ConstExpr,
    },
    /// Nothing.
    Passive,
}

impl DataMode {
    /// The mode of a record, if its kind is known and no unused field is set.
    #[cfg_attr(not(compact), inline)]
    pub fn from_record(record: DataRecord) -> Option<DataMode> {
        let offset = ConstExpr::from_record(record.offset)?;
        match (record.kind, record.memory, offset) {
            (0 | READ_ONLY, memory, offset) => Some(DataMode::Active { memory: MemoryIndex(memory), offset }),
            (1, 0, ConstExpr::Zero) => Some(DataMode::Passive),
            _ => None,
        }
    }
}

/// What happens to an element segment when a module is instantiated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElemMode {
    /// It is copied into a table.
    Active {
        /// The table.
        table: TableIndex,
        /// Index of the first element.
        offset: ConstExpr,
    },
    /// Nothing.
    Passive,
    /// It is dropped: it only declared functions.
    Declared,
}

impl ElemMode {
    /// The mode of a record, if its kind is known and no unused field is set.
    #[cfg_attr(not(compact), inline)]
    pub fn from_record(record: ElemRecord) -> Option<ElemMode> {
        let offset = ConstExpr::from_record(record.offset)?;
        match (record.kind, record.table, offset) {
            (0, table, offset) => Some(ElemMode::Active { table: TableIndex(table), offset }),
            (1, 0, ConstExpr::Zero) => Some(ElemMode::Passive),
            (2, 0, ConstExpr::Zero) => Some(ElemMode::Declared),
            _ => None,
        }
    }
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident($bits:ty) { $($(#[$flag_doc:meta])* $flag:ident = $bit:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
        pub struct $name(pub $bits);

        impl $name {
            $($(#[$flag_doc])* pub const $flag: $name = $name(1 << $bit);)*
            /// None.
            pub const NONE: $name = $name(0);
            /// All that are known.
            pub const ALL: $name = $name(0 $(| 1 << $bit)*);
            /// The known flags by name.
            pub const NAMED: &'static [(&'static str, $name)] = &[$(($text, $name::$flag),)*];

            /// Whether all flags of `other` are set.
            #[cfg_attr(not(compact), inline)]
            pub const fn contains(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }

            /// These flags and those of `other`.
            #[must_use]
            pub const fn with(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            /// Those of these flags that `other` lacks.
            #[must_use]
            pub const fn without(self, other: $name) -> $name {
                $name(self.0 & !other.0)
            }

            /// The name of the first known flag that is set.
            pub fn first_name(self) -> Option<&'static str> {
                Self::NAMED.iter().find(|(_, flag)| self.contains(*flag)).map(|(name, _)| *name)
            }
        }
    };
}

flags! {
    /// Wasm features: those that were allowed when a module was translated, or that it needs.
    Features(u64) {
        /// Imported or exported mutable globals.
        MUTABLE_GLOBAL = 0 "mutable-global",
        /// `i32.trunc_sat_f32_s` and its like.
        SATURATING_FLOAT_TO_INT = 1 "saturating-float-to-int",
        /// `i32.extend8_s` and its like.
        SIGN_EXTENSION = 2 "sign-extension",
        /// Several results, block parameters.
        MULTI_VALUE = 3 "multi-value",
        /// `memory.copy` and its like.
        BULK_MEMORY = 4 "bulk-memory",
        /// References as values, several tables.
        REFERENCE_TYPES = 5 "reference-types",
        /// Vectors of 128 bits.
        SIMD = 6 "simd",
        /// `return_call` and its like.
        TAIL_CALL = 7 "tail-call",
        /// Arithmetic in constant expressions.
        EXTENDED_CONST = 8 "extended-const",
        /// Several memories.
        MULTI_MEMORY = 9 "multi-memory",
        /// Memories and tables with 64-bit indices.
        MEMORY64 = 10 "memory64",
        /// Vector operators whose result may differ between targets.
        RELAXED_SIMD = 11 "relaxed-simd",
        /// Typed references to functions.
        FUNCTION_REFERENCES = 12 "function-references",
        /// Structures and arrays.
        GC = 13 "gc",
        /// Exceptions.
        EXCEPTIONS = 14 "exceptions",
        /// Shared memories, atomic operators.
        THREADS = 15 "threads",
        /// Pages of one byte.
        CUSTOM_PAGE_SIZES = 16 "custom-page-sizes",
        /// `i64.add128` and its like.
        WIDE_ARITHMETIC = 17 "wide-arithmetic",
        /// `f32` and `f64`.
        FLOATS = 18 "floats",
    }
}

flags! {
    /// How a module was translated.
    Options(u32) {
        /// Calls and loop edges test the signal word.
        SIGNAL = 0 "signal",
        /// Fuel is charged.
        FUEL = 1 "fuel",
        /// Results of float operators are canonical NaNs.
        CANONICALIZE_NAN = 2 "canonicalize-nan",
        /// The code is stubs, for a module that translates its functions when they are called. Refused by the verifier.
        LAZY = 3 "lazy",
    }
}

/// A multiplier with good diffusion: 2^64 divided by the golden ratio, made odd.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The checksum of an image: of all bytes but the eight of the checksum itself, which count as zeros.
///
/// A step is one-to-one in the word and in the state, so a change within one aligned 8-byte word is always found, any other
/// one but for a chance of about 2^-64. It finds accidents; against intent the verifier stands, not this. One multiplication
/// for 8 bytes and no table; four sums at once, because each step waits for the one before: 0.08 ns a byte instead of 0.25
/// (x86-64 virtual machine, release, best of 30, 2026-11).
pub fn checksum(image: &[u8]) -> u64 {
    if cfg!(compact) { checksum_by_word(image) } else { checksum_by_block(image) }
}

/// Adds a word to a sum.
#[inline(always)]
fn step(sum: u64, word: u64) -> u64 {
    let sum = (sum ^ word).wrapping_mul(FACTOR);
    sum ^ (sum >> 32)
}

/// The same in a fifth of the code, for images whose length is a multiple of 8.
fn checksum_by_word(image: &[u8]) -> u64 {
    let (words, _) = image.as_chunks();
    let mut sums = [0; SUMS];
    for i in 0..words.len().next_multiple_of(SUMS) {
        let word = words.get(i).filter(|_| i != CHECKSUM_OFFSET / 8).map_or(0, |word| u64::from_le_bytes(*word));
        sums[i % SUMS] = step(sums[i % SUMS], word);
    }
    sums.into_iter().fold(FACTOR, step)
}

fn checksum_by_block(image: &[u8]) -> u64 {
    const BLOCK: usize = 8 * SUMS;
    let mut sums = [0; SUMS];
    let mut add = |block: &[u8; BLOCK]| {
        let (words, _) = block.as_chunks();
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum = step(*sum, u64::from_le_bytes(*word)));
    };
    // The first block with zeros for the checksum, the last filled up with zeros.
    let (first, rest) = image.split_at(BLOCK.min(image.len()));
    let (blocks, last) = rest.as_chunks();
    let mut padded = [0; BLOCK];
    padded[..first.len()].copy_from_slice(first);
    padded[CHECKSUM_OFFSET..CHECKSUM_OFFSET + 8].fill(0);
    add(&padded);
    blocks.iter().for_each(&mut add);
    if !last.is_empty() {
        padded.fill(0);
        padded[..last.len()].copy_from_slice(last);
        add(&padded);
    }
    sums.into_iter().fold(FACTOR, step)
}

/// Sums that a checksum consists of.
const SUMS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_the_checksum_agree() {
        let bytes: [u8; 200] = core::array::from_fn(|i| (i * 37 + 11) as u8);
        for len in (Header::BYTES..=bytes.len()).step_by(ALIGN) {
            assert_eq!(checksum_by_word(&bytes[..len]), checksum_by_block(&bytes[..len]), "{len} bytes");
        }
    }
}
