//! Reading an image in place: the directory, and accessors to every record.
//!
//! `Image::parse` finds the sections and lets `check.rs` verify everything that accessors rely on. All reads are safe and
//! total: on bytes that were never checked they would give `None` or zero, not a panic.

use super::{
    check,
    format::{
        self, ConstExpr, DataMode, DataRecord, ElemMode, ElemRecord, ExportRecord, Features, Field, FuncRecord,
        GlobalRecord, HAS_MAX, Handler, HandlerRecord, Header, IS_64, IS_FIXED, IS_SHARED, ImportRecord, MemoryRecord,
        NONE, NameRecord, Options, READ_ONLY, RangeRecord, SectionRecord, SourceMapRecord, TableRecord, TypeRecord,
        section,
    },
    func::Func,
    source_map,
};
#[cfg(feature = "function-references")]
use crate::types::{
    HeapType,
    rec::{CompositeKind, CompositeType, FieldTypes, SubType},
};
use crate::{
    error::{Error, ImageErrorKind as Kind},
    types::{
        DataIndex, ElemIndex, ExternKind, ExternType, FuncIndex, FuncType, GlobalIndex, GlobalType, Limits,
        MemoryIndex, MemoryType, RefType, TableIndex, TableType, TagIndex, TypeIndex, TypeSpace, ValType, ValTypes,
    },
};
use core::marker::PhantomData;

/// A section of records.
#[derive(Debug)]
pub(super) struct Records<'a, R> {
    bytes: &'a [u8],
    record: PhantomData<R>,
}

impl<R> Clone for Records<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Records<'_, R> {}

impl<'a, R: Field + 'a> Records<'a, R> {
    pub(super) const fn new(bytes: &'a [u8]) -> Records<'a, R> {
        Records { bytes, record: PhantomData }
    }

    /// Number of records. A section has less than 4 GiB.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn len(self) -> u32 {
        (self.bytes.len() / R::BYTES) as u32
    }

    /// Where the first one is: a section is aligned to 8 bytes.
    #[cfg(all(compact, feature = "exec"))]
    pub(super) fn first_ptr<T>(self) -> *const T {
        self.bytes.as_ptr().cast()
    }

    #[cfg_attr(not(compact), inline)]
    pub(super) fn get(self, i: u32) -> Option<R> {
        self.bytes_of(i).map(R::read)
    }

    /// The bytes of record `i`.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn bytes_of(self, i: u32) -> Option<&'a [u8]> {
        let first = (i as usize).checked_mul(R::BYTES)?;
        self.bytes.get(first..first.checked_add(R::BYTES)?)
    }

    /// Records `first..first + count`, if there are that many.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn range(self, first: u32, count: u32) -> Option<Records<'a, R>> {
        let (first, count) = (first as usize, count as usize);
        let bytes = first.checked_mul(R::BYTES)?..first.checked_add(count)?.checked_mul(R::BYTES)?;
        self.bytes.get(bytes).map(Records::new)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = R> + Clone + 'a {
        self.bytes.chunks_exact(R::BYTES).map(R::read)
    }

    /// Number of leading records for which `before` holds; it must hold for none after the first for which it does not.
    pub(super) fn partition_point(self, before: impl Fn(R) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle).is_some_and(&before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// The bytes of a range in a blob.
#[cfg_attr(not(compact), inline)]
pub(super) fn slice(blob: &[u8], range: RangeRecord) -> Option<&[u8]> {
    let first = range.first as usize;
    blob.get(first..first.checked_add(range.length as usize)?)
}

/// The text of a range in a blob, if its ends lie between characters.
#[cfg_attr(not(compact), inline)]
pub(super) fn text(blob: &str, range: RangeRecord) -> Option<&str> {
    let first = range.first as usize;
    blob.get(first..first.checked_add(range.length as usize)?)
}

/// A translated module, structurally sound, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) header: Header,
    pub(super) types: Records<'a, TypeRecord>,
    pub(super) type_bytes: &'a [u8],
    pub(super) strings: &'a str,
    pub(super) imports: Records<'a, ImportRecord>,
    pub(super) exports: Records<'a, ExportRecord>,
    pub(super) func_types: Records<'a, u32>,
    pub(super) tables: Records<'a, TableRecord>,
    pub(super) memories: Records<'a, MemoryRecord>,
    pub(super) globals: Records<'a, GlobalRecord>,
    pub(super) tags: Records<'a, u32>,
    pub(super) handlers: Records<'a, HandlerRecord>,
    pub(super) funcs: Records<'a, FuncRecord>,
    pub(super) cell_maps: &'a [u8],
    pub(super) block_starts: &'a [u8],
    pub(super) code: &'a [u16],
    pub(super) data: Records<'a, DataRecord>,
    pub(super) data_bytes: &'a [u8],
    pub(super) elems: Records<'a, ElemRecord>,
    pub(super) elem_funcs: Records<'a, u32>,
    pub(super) elem_exprs: Records<'a, format::ConstRecord>,
    pub(super) source_map: Records<'a, SourceMapRecord>,
    pub(super) source_map_bytes: &'a [u8],
    pub(super) names: Records<'a, NameRecord>,
    pub(super) name_strings: &'a str,
    pub(super) module_name: &'a str,
    /// Number of imports of each kind, by `ExternKind`.
    pub(super) imported: [u32; 5],
}

/// An import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Import<'a> {
    /// Name of the module imported from.
    pub module: &'a str,
    /// Name of the thing imported.
    pub name: &'a str,
    /// Type required.
    pub ty: ExternType<'a>,
    /// Its index in the index space of its kind.
    pub index: u32,
}

/// An export.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Export<'a> {
    /// Name.
    pub name: &'a str,
    /// What it is.
    pub kind: ExternKind,
    /// Its index in the index space of its kind.
    pub index: u32,
}

/// A table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// Type.
    pub ty: TableType,
    /// First value of each element; [`ConstExpr::Zero`] if imported.
    pub init: ConstExpr,
}

/// A global.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Global {
    /// Type.
    pub ty: GlobalType,
    /// First value; [`ConstExpr::Zero`] if imported.
    pub init: ConstExpr,
}

/// A data segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Data<'a> {
    /// What happens to it at instantiation.
    pub mode: DataMode,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether the module says that it does not write there.
    pub is_read_only: bool,
}

/// An element segment.
#[derive(Clone, Copy, Debug)]
pub struct Elem<'a> {
    /// What happens to it at instantiation.
    pub mode: ElemMode,
    /// Type of the items.
    pub element: RefType,
    /// The items.
    pub items: ElemItems<'a>,
}

/// The items of an element segment.
#[derive(Clone, Copy, Debug)]
pub struct ElemItems<'a>(pub(super) Items<'a>);

#[derive(Clone, Copy, Debug)]
pub(super) enum Items<'a> {
    Funcs(Records<'a, u32>),
    Exprs(Records<'a, format::ConstRecord>),
}

impl ElemItems<'_> {
    /// Number of items.
    #[cfg_attr(not(compact), inline)]
    pub fn len(self) -> u32 {
        match self.0 {
            Items::Funcs(funcs) => funcs.len(),
            Items::Exprs(exprs) => exprs.len(),
        }
    }

    /// Whether there are no items.
    #[cfg_attr(not(compact), inline)]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Where they are if they are functions: words, as the machine has them. Of others, where there is none.
    #[cfg(all(compact, feature = "exec"))]
    pub(crate) fn first_func(self) -> *const u32 {
        match self.0 {
            Items::Funcs(funcs) => funcs.first_ptr(),
            Items::Exprs(_) => core::ptr::null(),
        }
    }

    /// Item `i`, if there are that many.
    #[cfg_attr(not(compact), inline)]
    pub fn get(self, i: u32) -> Option<ConstExpr> {
        match self.0 {
            Items::Funcs(funcs) => funcs.get(i).map(|index| ConstExpr::RefFunc(FuncIndex(index))),
            Items::Exprs(exprs) if cfg!(feature = "reference-types") => exprs.get(i).and_then(ConstExpr::from_record),
            Items::Exprs(_) => None,
        }
    }
}

impl<'a> Image<'a> {
    /// Reads an image in place. `bytes` must begin at a multiple of 8 and hold the image and nothing else.
    ///
    /// Checks everything but the instructions: those are the verifier's.
    ///
    /// # Errors
    /// `Image` with the kind of what is wrong and the byte offset of it; `Unsupported` with the name of a Wasm feature
    /// or option that this version does not know.
    pub fn parse(bytes: &'a [u8]) -> Result<Image<'a>, Error> {
        let header = check::header(bytes)?;
        check::checksum(bytes, &header)?;
        check::records(sections(bytes, header)?)
    }

    /// As [`Image::parse`], but for the checksum: for bytes that were written just now, with no time to change.
    ///
    /// # Errors
    /// As [`Image::parse`].
    pub fn parse_fresh(bytes: &'a [u8]) -> Result<Image<'a>, Error> {
        check::records(sections(bytes, check::header(bytes)?)?)
    }

    /// All bytes of the image.
    #[cfg_attr(not(compact), inline)]
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The checksum, which also serves to tell images apart.
    #[cfg_attr(not(compact), inline)]
    pub fn checksum(&self) -> u64 {
        self.header.checksum
    }

    /// Instruction set level: 0 base, 1 full.
    #[cfg_attr(not(compact), inline)]
    pub fn level(&self) -> u16 {
        self.header.level
    }

    /// Instruction families that the code uses, as bits.
    #[cfg_attr(not(compact), inline)]
    pub fn families(&self) -> u32 {
        self.header.families
    }

    /// Wasm features that were allowed when the module was translated.
    #[cfg_attr(not(compact), inline)]
    pub fn features(&self) -> Features {
        Features(self.header.features)
    }

    /// How the module was translated.
    #[cfg_attr(not(compact), inline)]
    pub fn options(&self) -> Options {
        Options(self.header.options)
    }

    /// The start function.
    #[cfg_attr(not(compact), inline)]
    pub fn start(&self) -> Option<FuncIndex> {
        (self.header.start != NONE).then_some(FuncIndex(self.header.start))
    }

    /// Number of types.
    #[cfg_attr(not(compact), inline)]
    pub fn types_count(&self) -> u32 {
        self.types.len()
    }

    /// A function type, if the index is one of a function.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn func_type(&self, index: TypeIndex) -> Option<FuncType<'a>> {
        let (record, params, results) = self.type_parts(index)?;
        if cfg!(feature = "function-references") && record.params & format::TYPE_KIND != 0 {
            return None;
        }
        Some(FuncType::new(ValTypes::from_checked_bytes(params), ValTypes::from_checked_bytes(results)))
    }

    /// The record of a type, with the bytes of parameters and of results.
    #[inline(always)]
    pub(super) fn type_parts(&self, index: TypeIndex) -> Option<(TypeRecord, &'a [u8], &'a [u8])> {
        let record = self.types.get(index.0)?;
        let params_bytes =
            if cfg!(feature = "function-references") { record.params & format::PARAMS_BYTES } else { record.params };
        let first = record.first as usize;
        let middle = first.checked_add(usize::from(params_bytes))?;
        let params = self.type_bytes.get(first..middle)?;
        let results = self.type_bytes.get(middle..middle.checked_add(usize::from(record.results))?)?;
        Some((record, params, results))
    }

    /// A type in parts, and the first type of its recursion group.
    #[cfg(all(not(compact), feature = "exec"))]
    pub(crate) fn type_and_group(&self, index: TypeIndex) -> Option<(format::TypeParts<'a>, TypeIndex)> {
        let (record, params, results) = self.type_parts(index)?;
        let first = record.first as usize;
        let bytes = self.type_bytes.get(first..first + params.len() + results.len())?;
        #[cfg(feature = "function-references")]
        let (supertype, group, _) = self.type_prefix(index, record)?;
        #[cfg(not(feature = "function-references"))]
        let (supertype, group) = (None::<TypeIndex>, index);
        let supertype = supertype.map_or(NONE, |above| above.0);
        Some((format::TypeParts { params: record.params, results: record.results, supertype, bytes }, group))
    }

    /// What stands before the bytes of a type: the supertype, the first type of the group, the number of types above.
    #[cfg(feature = "function-references")]
    fn type_prefix(&self, index: TypeIndex, record: TypeRecord) -> Option<(Option<TypeIndex>, TypeIndex, u8)> {
        if record.params & format::TYPE_PREFIXED == 0 {
            return Some((None, index, 0));
        }
        let first = (record.first as usize).checked_sub(format::TypePrefix::BYTES)?;
        let prefix = format::TypePrefix::read(self.type_bytes.get(first..record.first as usize)?);
        let supertype = (prefix.supertype != NONE).then_some(TypeIndex(prefix.supertype));
        Some((supertype, TypeIndex(prefix.group & 0xff_ffff), (prefix.group >> 24) as u8))
    }

    /// Whether there are types of structures or arrays.
    #[cfg(feature = "gc")]
    pub fn has_objects(&self) -> bool {
        self.types.iter().any(|ty| ty.params & format::TYPE_KIND != 0)
    }

    /// The first type of a type's recursion group.
    #[cfg(feature = "function-references")]
    pub(super) fn sub_type_group(&self, index: TypeIndex) -> Option<TypeIndex> {
        self.type_prefix(index, self.types.get(index.0)?).map(|(_, group, _)| group)
    }

    /// A type, with its place among others.
    #[cfg(feature = "function-references")]
    pub fn sub_type(&self, index: TypeIndex) -> Option<SubType<'a>> {
        let (record, params, results) = self.type_parts(index)?;
        let (supertype, group, depth) = self.type_prefix(index, record)?;
        let composite = match record.params >> format::TYPE_KIND_SHIFT & 3 {
            0 => CompositeType::Func(self.func_type(index)?),
            1 => CompositeType::Struct(FieldTypes::from_checked_bytes(results)),
            2 => CompositeType::Array(FieldTypes::from_checked_bytes(results)),
            _ => return None,
        };
        let is_final = record.params & format::TYPE_OPEN == 0;
        // Fields are results.
        let is_whole = params.is_empty() || matches!(composite, CompositeType::Func(_));
        is_whole.then_some(SubType { composite, supertype, is_final, group, depth })
    }

    /// Number of functions: imported, defined and hidden.
    #[cfg_attr(not(compact), inline)]
    pub fn func_types_count(&self) -> u32 {
        self.func_types.len()
    }

    /// Bytes of the parameters and results of all types.
    #[cfg_attr(not(compact), inline)]
    pub fn type_bytes_count(&self) -> usize {
        self.type_bytes.len()
    }

    /// The functions of an instance, with the places of records filled in.
    #[cfg(all(compact, feature = "exec"))]
    pub(crate) fn func_space(&self, rest: crate::exec::functions::FuncSpace) -> crate::exec::functions::FuncSpace {
        crate::exec::functions::FuncSpace {
            types: self.func_types.first_ptr(),
            records: self.funcs.first_ptr(),
            type_records: self.types.first_ptr(),
            type_bytes: self.type_bytes.as_ptr(),
            ..rest
        }
    }

    /// Number of imports of this kind; they come first in the index space of the kind.
    #[cfg_attr(not(compact), inline)]
    pub fn imported_count(&self, kind: ExternKind) -> u32 {
        self.imported[kind as usize]
    }

    /// Number of things of this kind, imported and defined; without hidden functions.
    #[cfg_attr(not(compact), inline)]
    pub fn count(&self, kind: ExternKind) -> u32 {
        match kind {
            ExternKind::Func => self.func_types.len().saturating_sub(self.header.hidden_count),
            ExternKind::Table => self.tables.len(),
            ExternKind::Memory => self.memories.len(),
            ExternKind::Global => self.globals.len(),
            ExternKind::Tag => self.tags.len(),
        }
    }

    /// Type of the thing with this index in the index space of the kind.
    pub fn extern_type(&self, kind: ExternKind, index: u32) -> Option<ExternType<'a>> {
        Some(match kind {
            ExternKind::Func => ExternType::Func(self.type_of_func(FuncIndex(index))?),
            ExternKind::Table => ExternType::Table(self.table(TableIndex(index))?.ty),
            ExternKind::Memory => ExternType::Memory(self.memory(MemoryIndex(index))?),
            ExternKind::Global => ExternType::Global(self.global(GlobalIndex(index))?.ty),
            ExternKind::Tag => ExternType::Tag(self.func_type(self.tag(TagIndex(index))?)?),
        })
    }

    /// Number of imports.
    #[cfg_attr(not(compact), inline)]
    pub fn imports_count(&self) -> u32 {
        self.imports.len()
    }

    /// Import `i`, in the module's order.
    pub fn import(&self, i: u32) -> Option<Import<'a>> {
        let record = self.imports.get(i)?;
        let kind = ExternKind::from_byte(u8::try_from(record.kind).ok()?)?;
        Some(Import {
            module: text(self.strings, record.module)?,
            name: text(self.strings, record.name)?,
            ty: self.extern_type(kind, record.index)?,
            index: record.index,
        })
    }

    /// What kind of thing import `i` is.
    pub fn import_kind(&self, i: u32) -> Option<ExternKind> {
        ExternKind::from_byte(u8::try_from(self.imports.get(i)?.kind).ok()?)
    }

    /// Names and type of import `i`, if it is a function: what [`Image::import`] says of one, without what there is to be said of others.
    pub fn func_import(&self, i: u32) -> Option<(&'a str, &'a str, FuncType<'a>)> {
        let record = self.imports.get(i).filter(|record| record.kind == ExternKind::Func as u32)?;
        let (module, name) = (text(self.strings, record.module)?, text(self.strings, record.name)?);
        Some((module, name, self.type_of_func(FuncIndex(record.index))?))
    }

    /// The imports, in the module's order.
    pub fn imports(self) -> impl Iterator<Item = Import<'a>> + Clone {
        (0..self.imports_count()).map_while(move |i| self.import(i))
    }

    /// Number of exports.
    #[cfg_attr(not(compact), inline)]
    pub fn exports_count(&self) -> u32 {
        self.exports.len()
    }

    /// Export `i`, in the module's order.
    #[cfg_attr(not(compact), inline)]
    pub fn export(&self, i: u32) -> Option<Export<'a>> {
        let record = self.exports.get(i)?;
        let kind = ExternKind::from_byte(u8::try_from(record.kind).ok()?)?;
        Some(Export { name: text(self.strings, record.name)?, kind, index: record.index })
    }

    /// The exports, in the module's order.
    pub fn exports(self) -> impl Iterator<Item = Export<'a>> + Clone {
        (0..self.exports_count()).map_while(move |i| self.export(i))
    }

    /// The export of this name, by looking through all.
    pub fn export_by_name(&self, name: &str) -> Option<Export<'a>> {
        self.exports().find(|export| export.name == name)
    }

    /// Number of functions with code: defined ones, then hidden ones.
    #[cfg_attr(not(compact), inline)]
    pub fn code_funcs_count(&self) -> u32 {
        self.funcs.len()
    }

    /// Number of hidden functions, which compute constant expressions. They are the last and cannot be named by the guest.
    #[cfg_attr(not(compact), inline)]
    pub fn hidden_funcs_count(&self) -> u32 {
        self.header.hidden_count
    }

    /// Whether the index is that of a hidden function.
    #[cfg_attr(not(compact), inline)]
    pub fn is_hidden(&self, index: FuncIndex) -> bool {
        index.0 >= self.count(ExternKind::Func) && index.0 < self.func_types.len()
    }

    /// Index of a function's type: imported, defined or hidden.
    #[cfg_attr(not(compact), inline)]
    pub fn func_type_index(&self, index: FuncIndex) -> Option<TypeIndex> {
        self.func_types.get(index.0).map(TypeIndex)
    }

    /// A function's type: imported, defined or hidden.
    #[cfg_attr(not(compact), inline)]
    pub fn type_of_func(&self, index: FuncIndex) -> Option<FuncType<'a>> {
        self.func_type(self.func_type_index(index)?)
    }

    /// A function with code, defined or hidden; `None` for an imported one.
    #[cfg_attr(not(compact), inline)]
    pub fn func(&self, index: FuncIndex) -> Option<Func<'a>> {
        self.code_func(index.0.checked_sub(self.imported_count(ExternKind::Func))?)
    }

    /// Function number `i` of those with code.
    #[cfg_attr(not(compact), inline)]
    pub fn code_func(&self, i: u32) -> Option<Func<'a>> {
        Func::read(self, i)
    }

    /// The functions with code, in order of index and of code.
    pub fn code_funcs(self) -> impl Iterator<Item = Func<'a>> + Clone {
        (0..self.code_funcs_count()).map_while(move |i| self.code_func(i))
    }

    /// The function whose code holds this unit offset.
    pub fn func_at(&self, code_offset: u32) -> Option<Func<'a>> {
        let i = self.funcs.partition_point(|func| func.entry <= code_offset).checked_sub(1)?;
        self.code_func(i).filter(|func| code_offset < func.end)
    }

    /// What catches exceptions in a function, inner handlers before outer ones.
    pub fn handlers_of(&self, func: &Func<'_>) -> impl Iterator<Item = Handler> + 'a {
        let (handlers, entry, end) = (self.handlers, func.entry, func.end);
        let first = handlers.partition_point(|record| record.target < entry);
        let all = (first..handlers.len()).map_while(move |i| handlers.get(i));
        all.take_while(move |record| record.target < end).filter_map(Handler::from_record)
    }

    /// Number of handlers of all functions.
    pub fn handlers_count(&self) -> u32 {
        self.handlers.len()
    }

    /// The instructions of all functions.
    #[cfg_attr(not(compact), inline)]
    pub fn code(&self) -> &'a [u16] {
        self.code
    }

    /// A table.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn table(&self, index: TableIndex) -> Option<Table> {
        let record = self.tables.get(index.0)?;
        let ty = TableType {
            element: RefType::from_word(record.element)?,
            limits: limits(record.flags, record.min, record.max),
            is_table64: record.flags & IS_64 != 0,
        };
        Some(Table { ty, init: ConstExpr::from_record(record.init)? })
    }

    /// Whether a table is one that no instruction writes.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn is_fixed_table(&self, index: TableIndex) -> bool {
        self.tables.get(index.0).is_some_and(|record| record.flags & IS_FIXED != 0)
    }

    /// A memory's type.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn memory(&self, index: MemoryIndex) -> Option<MemoryType> {
        let record = self.memories.get(index.0)?;
        Some(MemoryType {
            limits: limits(record.flags, record.min, record.max),
            page_size_log2: record.page_size_log2,
            is_memory64: record.flags & IS_64 != 0,
            is_shared: record.flags & IS_SHARED != 0,
        })
    }

    /// A global.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn global(&self, index: GlobalIndex) -> Option<Global> {
        let record = self.globals.get(index.0)?;
        let content = ValType::from_word(record.content & !format::IS_MUTABLE)?;
        let ty = GlobalType { content, is_mutable: record.content & format::IS_MUTABLE != 0 };
        Some(Global { ty, init: ConstExpr::from_record(record.init)? })
    }

    /// The type of a tag.
    #[cfg_attr(not(compact), inline)]
    pub fn tag(&self, index: TagIndex) -> Option<TypeIndex> {
        self.tags.get(index.0).map(TypeIndex)
    }

    /// Number of data segments.
    #[cfg_attr(not(compact), inline)]
    pub fn data_count(&self) -> u32 {
        self.data.len()
    }

    /// A data segment.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn data(&self, index: DataIndex) -> Option<Data<'a>> {
        let record = self.data.get(index.0)?;
        let is_read_only = record.kind == READ_ONLY;
        Some(Data { mode: DataMode::from_record(record)?, bytes: slice(self.data_bytes, record.bytes)?, is_read_only })
    }

    /// Whether any data segment is read-only.
    #[cfg(feature = "alloc")]
    pub fn has_read_only_data(&self) -> bool {
        (0..self.data_count()).any(|index| self.data(DataIndex(index)).is_some_and(|data| data.is_read_only))
    }

    /// The segment of read-only data of a memory, if it has one: the address of its first byte, and its bytes.
    #[cfg(any(rodata, not(compact)))]
    pub fn read_only_data(&self, memory: MemoryIndex) -> Option<(u32, &'a [u8])> {
        (0..self.data_count()).find_map(|index| {
            let data = self.data(DataIndex(index)).filter(|data| data.is_read_only)?;
            match data.mode {
                DataMode::Active { memory: of, offset: ConstExpr::Bits(start) } if of == memory => {
                    Some((start as u32, data.bytes))
                }
                _ => None,
            }
        })
    }

    /// Number of element segments.
    #[cfg_attr(not(compact), inline)]
    pub fn elems_count(&self) -> u32 {
        self.elems.len()
    }

    /// An element segment.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn elem(&self, index: ElemIndex) -> Option<Elem<'a>> {
        let record = self.elems.get(index.0)?;
        let RangeRecord { first, length } = record.items;
        let items = match record.form {
            0 => Items::Funcs(self.elem_funcs.range(first, length)?),
            1 => Items::Exprs(self.elem_exprs.range(first, length)?),
            _ => return None,
        };
        let mode = ElemMode::from_record(record)?;
        #[allow(unused_mut)]
        let mut element = RefType::from_word(record.element)?;
        #[cfg(feature = "function-references")]
        if record.form == 0 {
            element = RefType::new(false, HeapType::Func);
        }
        Some(Elem { mode, element, items: ElemItems(items) })
    }

    /// Byte offset in the wasm module of what the instruction at this unit offset came from, if the image has a source map.
    pub fn wasm_offset(&self, code_offset: u32) -> Option<u32> {
        source_map::lookup(self.source_map, self.source_map_bytes, code_offset)
    }

    /// The entries of the source map, in order: unit offset in the code, byte offset in the wasm module.
    pub fn source_map(&self) -> impl Iterator<Item = (u32, u32)> + 'a {
        source_map::entries(self.source_map, self.source_map_bytes)
    }

    /// Name of a function, if the image has one for it.
    pub fn func_name(&self, index: FuncIndex) -> Option<&'a str> {
        let i = self.names.partition_point(|name| name.func < index.0);
        let record = self.names.get(i).filter(|name| name.func == index.0)?;
        text(self.name_strings, record.name)
    }

    /// Name of the module, if the image has it.
    #[cfg_attr(not(compact), inline)]
    pub fn module_name(&self) -> Option<&'a str> {
        (!self.module_name.is_empty()).then_some(self.module_name)
    }
}

#[cfg(feature = "function-references")]
impl TypeSpace for Image<'_> {
    fn kind(&self, ty: TypeIndex) -> Option<CompositeKind> {
        Some(match self.types.get(ty.0)?.params >> format::TYPE_KIND_SHIFT & 3 {
            0 => CompositeKind::Func,
            1 => CompositeKind::Struct,
            _ => CompositeKind::Array,
        })
    }

    fn supertype(&self, ty: TypeIndex) -> Option<TypeIndex> {
        self.type_prefix(ty, self.types.get(ty.0)?)?.0
    }
}

#[cfg(not(feature = "function-references"))]
impl TypeSpace for Image<'_> {}

fn limits(flags: u8, min: u64, max: u64) -> Limits {
    Limits { min, max: (flags & HAS_MAX != 0).then_some(max) }
}

/// Finds the sections: bounds, order, alignment, whole records.
fn sections(bytes: &[u8], header: Header) -> Result<Image<'_>, Error> {
    const LAST: usize = if cfg!(compact) { section::REQUIRED_END } else { section::MODULE_NAME + 1 } as usize;
    let mut known: [&[u8]; LAST] = [&[]; LAST];
    let directory_end = Header::BYTES + usize::from(header.sections_count) * SectionRecord::BYTES;
    let directory = bytes.get(Header::BYTES..directory_end).ok_or_else(|| Error::image(Kind::Section, 0))?;
    let (mut id_min, mut offset_min) = (1, directory_end);
    for (i, record) in Records::<SectionRecord>::new(directory).iter().enumerate() {
        let at = (Header::BYTES + i * SectionRecord::BYTES) as u64;
        let bad = || Error::image(Kind::Section, at);
        let (first, count) = (record.offset as usize, record.count as usize);
        if record.id < id_min || first < offset_min || !first.is_multiple_of(format::ALIGN) {
            return Err(bad());
        }
        let end = first.checked_add(record.bytes as usize).ok_or_else(bad)?;
        let content = bytes.get(first..end).ok_or_else(bad)?;
        if record.flags & !format::SECTION_REQUIRED != 0 {
            return Err(Error::image(Kind::Reserved, at));
        }
        match record_bytes(record.id) {
            // Names and source map are for people: without an allocator nothing shows them, and they are neither read nor checked.
            _ if cfg!(compact) && record.id >= section::REQUIRED_END && record.flags == 0 => {}
            Some(size) if count.checked_mul(size) == Some(content.len()) => {
                if let Some(known) = known.get_mut(usize::from(record.id)) {
                    *known = content;
                }
            }
            Some(_) => return Err(bad()),
            None if record.flags & format::SECTION_REQUIRED != 0 => return Err(Error::image(Kind::UnknownSection, at)),
            None => {}
        }
        (id_min, offset_min) = (record.id.checked_add(1).ok_or_else(bad)?, end);
    }
    let of = |id: u16| known.get(usize::from(id)).copied().unwrap_or(&[]);
    let utf8 = |id: u16| {
        let place = |valid: usize| (of(id).as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize) + valid;
        utf8(of(id)).map_err(|valid| Error::image(Kind::Utf8, place(valid) as u64))
    };
    Ok(Image {
        bytes,
        header,
        types: Records::new(of(section::TYPES)),
        type_bytes: of(section::TYPE_BYTES),
        strings: utf8(section::STRINGS)?,
        imports: Records::new(of(section::IMPORTS)),
        exports: Records::new(of(section::EXPORTS)),
        func_types: Records::new(of(section::FUNC_TYPES)),
        tables: Records::new(of(section::TABLES)),
        memories: Records::new(of(section::MEMORIES)),
        globals: Records::new(of(section::GLOBALS)),
        tags: Records::new(of(section::TAGS)),
        handlers: Records::new(of(section::HANDLERS)),
        funcs: Records::new(of(section::FUNCS)),
        cell_maps: of(section::CELL_MAPS),
        block_starts: of(section::BLOCK_STARTS),
        code: units(of(section::CODE)),
        data: Records::new(of(section::DATA)),
        data_bytes: of(section::DATA_BYTES),
        elems: Records::new(of(section::ELEMS)),
        elem_funcs: Records::new(of(section::ELEM_FUNCS)),
        elem_exprs: Records::new(of(section::ELEM_EXPRS)),
        source_map: Records::new(of(section::SOURCE_MAP)),
        source_map_bytes: of(section::SOURCE_MAP_BYTES),
        names: Records::new(of(section::NAMES)),
        name_strings: utf8(section::NAME_STRINGS)?,
        module_name: utf8(section::MODULE_NAME)?,
        imported: [0; 5],
    })
}

/// Bytes of a record of a section, 1 for a blob; `None` for a section that is not known.
fn record_bytes(id: u16) -> Option<usize> {
    Some(match id {
        section::TYPES => TypeRecord::BYTES,
        section::IMPORTS => ImportRecord::BYTES,
        section::EXPORTS => ExportRecord::BYTES,
        section::FUNC_TYPES | section::TAGS | section::ELEM_FUNCS => 4,
        section::HANDLERS => HandlerRecord::BYTES,
        section::TABLES => TableRecord::BYTES,
        section::MEMORIES => MemoryRecord::BYTES,
        section::GLOBALS => GlobalRecord::BYTES,
        section::FUNCS => FuncRecord::BYTES,
        section::CODE => 2,
        section::DATA => DataRecord::BYTES,
        section::ELEMS => ElemRecord::BYTES,
        section::ELEM_EXPRS => format::ConstRecord::BYTES,
        section::SOURCE_MAP => SourceMapRecord::BYTES,
        section::NAMES => NameRecord::BYTES,
        section::TYPE_BYTES | section::STRINGS | section::CELL_MAPS | section::BLOCK_STARTS | section::DATA_BYTES => 1,
        section::SOURCE_MAP_BYTES | section::NAME_STRINGS | section::MODULE_NAME => 1,
        _ => return None,
    })
}

/// Bytes as text.
///
/// # Errors
/// They are not UTF-8: how many at the start are.
#[cfg(not(compact))]
fn utf8(bytes: &[u8]) -> Result<&str, usize> {
    core::str::from_utf8(bytes).map_err(|error| error.valid_up_to())
}

/// Bytes as text.
///
/// # Errors
/// They are not UTF-8; where does not matter.
#[cfg(compact)]
fn utf8(bytes: &[u8]) -> Result<&str, usize> {
    if !super::utf8::is_utf8(bytes) {
        return Err(0);
    }
    // SAFETY: it was just looked at; `utf8.rs` compares what it finds with what the standard library does.
    Ok(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// The units of an aligned section.
fn units(bytes: &[u8]) -> &[u16] {
    // SAFETY: every pair of bytes is a `u16`; what is not aligned lands in the outer parts, which are empty for an 8-aligned
    // section of whole units, as `sections` has checked.
    let (_, units, _) = unsafe { bytes.align_to::<u16>() };
    units
}
