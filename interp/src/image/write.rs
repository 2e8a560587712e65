//! Writing an image: the translator fills [`ImageParts`], `write` lays the sections out.
//!
//! Allocation is fallible throughout, and the bytes depend on the parts alone. Nothing is checked here that reading checks.

use super::{
    format::{
        self, ALIGN, CHECKSUM_OFFSET, ConstExpr, ConstRecord, DataMode, DataRecord, ElemMode, ElemRecord, ExportRecord,
        Features, Field, FuncRecord, GlobalRecord, HAS_MAX, HEADER_BYTES, Handler, HandlerRecord, Header, IS_64,
        IS_FIXED, IS_SHARED, ImportRecord, MAGIC, MemoryRecord, NONE, NameRecord, Options, READ_ONLY, RangeRecord,
        SectionRecord, TableRecord, TypeParts, TypePrefix, TypeRecord, VERSION, section,
    },
    source_map::SourceMapPart,
};
use crate::{
    error::{Error, ErrorKind},
    gc::layout,
    isa,
    push::push,
    types::{
        ExternKind, FuncIndex, GlobalIndex, GlobalType, Limits, MemoryIndex, MemoryType, RefType, TableIndex,
        TableType, TypeIndex, ValType,
        rec::{CompositeKind, FieldType, PlacedField},
    },
};
use alloc::vec::Vec;

/// Everything that goes into an image.
///
/// Order matters: types first; imports before what is defined of the same kind; function types of defined functions in
/// order, hidden ones last; code of functions in the order of their indices. The code grows where the image will be: it is
/// most of it.
#[derive(Debug)]
pub struct ImageParts<'a> {
    /// Instruction set level that the code needs.
    pub level: isa::Level,
    /// Instruction families that the code uses, as bits.
    pub families: u32,
    /// Wasm features that were allowed when the module was translated.
    pub features: Features,
    /// How the module was translated.
    pub options: Options,
    /// Start function.
    pub start: Option<FuncIndex>,
    /// The instructions, as bytes. Begins as `isa::PRELUDE`.
    code: Vec<u8>,
    /// A bit for each unit of the code, as far as functions are there.
    block_starts: Vec<u8>,
    /// Where instructions come from.
    pub source_map: SourceMapPart,
    types: Vec<TypeRecord>,
    type_bytes: Vec<u8>,
    /// The recursion groups; mostly of one type each.
    groups: Vec<Group>,
    /// Hash table of groups with linear probing; a power of two, at most half full.
    group_slots: Vec<u32>,
    strings: Vec<u8>,
    last_module: RangeRecord,
    imports: Vec<ImportRecord>,
    exports: Vec<ExportRecord>,
    func_types: Vec<u32>,
    imported_funcs: u32,
    hidden_count: u32,
    tables: Vec<TableRecord>,
    memories: Vec<MemoryRecord>,
    globals: Vec<GlobalRecord>,
    tags: Vec<u32>,
    handlers: Vec<HandlerRecord>,
    funcs: Vec<FuncRecord>,
    cell_maps: Vec<u8>,
    data: Vec<DataRecord>,
    /// Bytes of the segments where they lie: they are copied only into the image.
    data_bytes: Vec<&'a [u8]>,
    data_length: usize,
    elems: Vec<ElemRecord>,
    elem_funcs: Vec<u32>,
    elem_exprs: Vec<ConstRecord>,
    names: Vec<NameRecord>,
    name_strings: Vec<u8>,
    module_name: Vec<u8>,
}

/// Types that follow one another and may name each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Group {
    first: u32,
    count: u32,
}

/// A type of a recursion group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecPart<'a> {
    /// What it is.
    pub composite: CompositePart<'a>,
    /// The type above it, by its index in the image.
    pub supertype: Option<TypeIndex>,
    /// Whether no type may have it as its supertype.
    pub is_final: bool,
}

/// What a type is, in parts. Indices are those of the image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompositePart<'a> {
    /// A function of these parameters and results.
    Func(&'a [ValType], &'a [ValType]),
    /// A structure of these fields, as [`layout::fields`] places them.
    Struct(&'a [PlacedField]),
    /// An array of this element.
    Array(FieldType),
}

/// What an import must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportPart {
    /// A function of this type.
    Func(TypeIndex),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag of this type.
    Tag(TypeIndex),
}

/// The code of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FuncPart<'a> {
    /// The frame units, with room for the index, and the instructions.
    pub code: &'a [u16],
    /// Where blocks begin, in units from the start of `code`.
    pub block_starts: &'a [u32],
    /// Bits of the cells that hold references: cell `c` is bit `c % 8` of byte `c / 8`. Missing bytes are zero.
    pub cell_map: &'a [u8],
    /// Cells of the frame.
    pub frame_cells: u32,
    /// Byte offset of the body in the wasm module.
    pub wasm_offset: u32,
}

/// The code of a function that is translated when it is called: for the store, which puts it behind an instance's code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LazyFunc {
    /// The function.
    pub index: FuncIndex,
    /// As of a [`FuncPart`].
    pub code: Vec<u16>,
    /// As of a [`FuncPart`].
    pub cell_map: Vec<u8>,
    /// Where instructions come from: units from the start of `code`, byte offset in the wasm module.
    pub source_map: Vec<(u32, u32)>,
    /// What catches exceptions in it, in units from the start of `code`.
    pub handlers: Vec<Handler>,
    /// Calls whose entry is to be filled in: where the field is, in units from the start of `code`. The function's index is in it.
    pub calls: Vec<u32>,
}

/// A data segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataPart<'a> {
    /// What happens to it at instantiation.
    pub mode: DataMode,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// An element segment; its items follow one by one with [`ImageParts::push_elem_item`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ElemPart {
    /// What happens to it at instantiation.
    pub mode: ElemMode,
    /// Type of the items.
    pub element: RefType,
    /// Whether the items are function indices; if not, they are constant expressions.
    pub is_funcs: bool,
}

/// Appends bytes and says where they lie.
fn append(to: &mut Vec<u8>, bytes: &[u8]) -> Result<RangeRecord, Error> {
    let range = RangeRecord { first: length(to.len())?, length: length(bytes.len())? };
    to.try_reserve(bytes.len()).map_err(out_of_memory)?;
    to.extend_from_slice(bytes);
    Ok(range)
}

/// Appends units of code as bytes.
fn append_units(to: &mut Vec<u8>, units: &[u16]) -> Result<(), Error> {
    to.try_reserve(2 * units.len()).map_err(out_of_memory)?;
    to.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    Ok(())
}

#[cold]
pub(super) fn out_of_memory(_: alloc::collections::TryReserveError) -> Error {
    Error::new(ErrorKind::OutOfMemory)
}

/// A length as an image can express it.
fn length(length: usize) -> Result<u32, Error> {
    u32::try_from(length).map_err(|_| Error::new(ErrorKind::Limit("image longer than 4 GiB")))
}

fn flags(limits: Limits, is_64: bool) -> u8 {
    (u8::from(limits.max.is_some()) * HAS_MAX) | (u8::from(is_64) * IS_64)
}

impl<'a> ImageParts<'a> {
    /// Parts of an image without anything in it but the reserved instructions.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(level: isa::Level) -> Result<ImageParts<'a>, Error> {
        let mut code = Vec::new();
        append_units(&mut code, &isa::PRELUDE)?;
        Ok(ImageParts {
            level,
            families: 0,
            features: Features::NONE,
            options: Options::NONE,
            start: None,
            code,
            block_starts: Vec::new(),
            source_map: SourceMapPart::default(),
            types: Vec::new(),
            type_bytes: Vec::new(),
            groups: Vec::new(),
            group_slots: Vec::new(),
            strings: Vec::new(),
            last_module: RangeRecord { first: 0, length: 0 },
            imports: Vec::new(),
            exports: Vec::new(),
            func_types: Vec::new(),
            imported_funcs: 0,
            hidden_count: 0,
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            handlers: Vec::new(),
            funcs: Vec::new(),
            cell_maps: Vec::new(),
            data: Vec::new(),
            data_bytes: Vec::new(),
            data_length: 0,
            elems: Vec::new(),
            elem_funcs: Vec::new(),
            elem_exprs: Vec::new(),
            names: Vec::new(),
            name_strings: Vec::new(),
            module_name: Vec::new(),
        })
    }

    /// The function type with these parameters and results, final and alone in its recursion group; the same index for equal types.
    ///
    /// # Errors
    /// `OutOfMemory`; `Limit` for more types than there may be.
    pub fn intern_type(
        &mut self,
        params: impl ExactSizeIterator<Item = ValType>,
        results: impl ExactSizeIterator<Item = ValType>,
    ) -> Result<TypeIndex, Error> {
        let first = self.type_bytes.len();
        let params_bytes = self.push_val_types(params)?;
        let results_bytes = self.push_val_types(results)?;
        let record = TypeRecord { first: length(first)?, params: params_bytes, results: results_bytes };
        push(&mut self.types, record)?;
        self.intern_group(self.types.len() - 1, first)
    }

    /// Appends value types; gives how many bytes they take.
    fn push_val_types(&mut self, types: impl ExactSizeIterator<Item = ValType>) -> Result<u16, Error> {
        const LIMIT: Error = Error::new(ErrorKind::Limit("parameters or results of a function type"));
        let first = self.type_bytes.len();
        for ty in types {
            let (bytes, len) = ty.to_bytes();
            append(&mut self.type_bytes, &bytes[..len])?;
        }
        let bytes = self.type_bytes.len() - first;
        u16::try_from(bytes).ok().filter(|bytes| *bytes <= format::PARAMS_BYTES).ok_or(LIMIT)
    }

    /// The types of a recursion group, in order, as [`RecPart`] describes each; gives the index of the first, which is that of an equal
    /// group if there is one before. Indices inside of the group count from [`ImageParts::next_type`].
    ///
    /// # Errors
    /// `OutOfMemory`; `Limit` for more types, or larger ones, than there may be.
    pub fn intern_rec_group(&mut self, group: &[RecPart<'_>]) -> Result<TypeIndex, Error> {
        let (first_type, first_byte) = (self.types.len(), self.type_bytes.len());
        for part in group {
            let has_prefix = group.len() > 1 || part.supertype.is_some();
            if has_prefix {
                let depth = part.supertype.map_or(0, |above| 1 + self.type_depth(above));
                if depth > crate::types::rec::DEPTH_MAX {
                    return Err(Error::new(ErrorKind::Limit("supertypes above one another")));
                }
                let supertype = part.supertype.map_or(NONE, |above| above.0);
                let group = length(first_type)? | u32::from(depth) << 24;
                let mut prefix = [0; TypePrefix::BYTES];
                TypePrefix { supertype, group }.write(&mut prefix);
                append(&mut self.type_bytes, &prefix)?;
            }
            let first = length(self.type_bytes.len())?;
            let (kind, params, results) = match part.composite {
                CompositePart::Func(params, results) => (
                    CompositeKind::Func,
                    self.push_val_types(params.iter().copied())?,
                    self.push_val_types(results.iter().copied())?,
                ),
                CompositePart::Struct(fields) => (CompositeKind::Struct, 0, self.push_fields(fields)?),
                CompositePart::Array(ty) => {
                    let element = PlacedField { ty, offset: layout::ARRAY_HEADER_BYTES as u16, refs: 0 };
                    (CompositeKind::Array, 0, self.push_fields(&[element])?)
                }
            };
            let flags = (kind as u16) << format::TYPE_KIND_SHIFT
                | if part.is_final { 0 } else { format::TYPE_OPEN }
                | if has_prefix { format::TYPE_PREFIXED } else { 0 };
            push(&mut self.types, TypeRecord { first, params: params | flags, results })?;
        }
        self.intern_group(first_type, first_byte)
    }

    /// Appends fields; gives how many bytes they take.
    fn push_fields(&mut self, fields: &[PlacedField]) -> Result<u16, Error> {
        let first = self.type_bytes.len();
        for field in fields {
            append(&mut self.type_bytes, &field.to_bytes())?;
        }
        u16::try_from(self.type_bytes.len() - first).map_err(|_| Error::new(ErrorKind::Limit("fields of a structure")))
    }

    /// The index that the next type gets, if it is new.
    pub fn next_type(&self) -> TypeIndex {
        TypeIndex(self.types.len() as u32)
    }

    /// How many types are above one.
    fn type_depth(&self, ty: TypeIndex) -> u8 {
        let record = self.types[ty.to_usize()];
        if record.params & format::TYPE_PREFIXED == 0 { 0 } else { self.type_bytes[record.first as usize - 1] }
    }

    /// Keeps the types from `first_type` on, a recursion group whose bytes begin at `first_byte`, or drops them if there is an equal
    /// one; gives the index of the first. Groups are compared by their bytes: indices inside count from the group's start.
    fn intern_group(&mut self, first_type: usize, first_byte: usize) -> Result<TypeIndex, Error> {
        if self.types.len() > RefType::INDICES_MAX as usize {
            return Err(Error::new(ErrorKind::Limit("types of a module")));
        }
        if (self.groups.len() + 1) * 2 > self.group_slots.len() {
            self.grow_group_slots()?;
        }
        let group = Group { first: length(first_type)?, count: length(self.types.len() - first_type)? };
        let slot = self.group_slot(group);
        if let Some(known) = self.groups.get(self.group_slots[slot] as usize) {
            let known = known.first;
            self.types.truncate(first_type);
            self.type_bytes.truncate(first_byte);
            return Ok(TypeIndex(known));
        }
        self.group_slots[slot] = length(self.groups.len())?;
        push(&mut self.groups, group)?;
        Ok(TypeIndex(group.first))
    }

    /// What a group is as numbers, the same for equal groups.
    fn group_words(&self, group: Group) -> impl Iterator<Item = u32> {
        // Other types are named by their indices, those of the group by their place in it, with the upper bit set.
        let name = move |index: u32| if index < group.first { index } else { (index - group.first) | 1 << 31 };
        let first = group.first as usize;
        self.types[first..first + group.count as usize].iter().flat_map(move |record| {
            let prefix = (record.first as usize).checked_sub(TypePrefix::BYTES);
            let prefix = prefix.filter(|_| record.params & format::TYPE_PREFIXED != 0);
            let supertype = prefix.map_or(NONE, |at| TypePrefix::read(&self.type_bytes[at..]).supertype);
            let bytes = usize::from(record.params & format::PARAMS_BYTES) + usize::from(record.results);
            let bytes = &self.type_bytes[record.first as usize..][..bytes];
            TypeParts { params: record.params, results: record.results, supertype, bytes }.words(name)
        })
    }

    /// The slot that holds a group equal to this one, or the empty one where it belongs.
    fn group_slot(&self, group: Group) -> usize {
        let step = |hash: u64, word: u32| (hash ^ u64::from(word)).wrapping_mul(0x100_0000_01b3);
        let hash = self.group_words(group).fold(0xcbf2_9ce4_8422_2325_u64, step);
        let mask = self.group_slots.len() - 1;
        let mut slot = (hash ^ hash >> 32) as usize & mask;
        while let Some(&other) = self.groups.get(self.group_slots[slot] as usize) {
            if other.count == group.count && self.group_words(other).eq(self.group_words(group)) {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// Says of tables that no instruction writes them, where that is so and builds without an allocator can read their elements in the image.
    /// `used` has a bit for each of the first tables that something else than a call or `table.size` names; what is behind the last bit counts
    /// as used.
    pub fn fix_tables(&mut self, mut used: u128) {
        // Each has one segment at most, of functions, and they are in the order of the tables.
        let mut last = None;
        for elem in self.elems.iter().filter(|elem| elem.kind == 0) {
            if elem.form != 0 || last.is_some_and(|last| last >= elem.table) {
                used |= 1_u128.checked_shl(elem.table).unwrap_or(0);
            }
            last = last.max(Some(elem.table));
        }
        let imported_count = self.imports.iter().filter(|import| import.kind == ExternKind::Table as u32).count();
        for (i, table) in self.tables.iter_mut().enumerate().take(u128::BITS as usize).skip(imported_count) {
            let is_plain = table.flags & IS_64 == 0 && table.init == ConstExpr::Zero.to_record();
            if is_plain && used >> i & 1 == 0 {
                table.flags |= IS_FIXED;
            }
        }
    }

    fn grow_group_slots(&mut self) -> Result<(), Error> {
        let count = (self.group_slots.len() * 2).max(16);
        let mut slots = Vec::new();
        slots.try_reserve_exact(count).map_err(out_of_memory)?;
        slots.resize(count, NONE);
        self.group_slots = slots;
        for i in 0..self.groups.len() {
            let slot = self.group_slot(self.groups[i]);
            self.group_slots[slot] = i as u32;
        }
        Ok(())
    }

    /// Appends an import; its index in the index space of its kind is the next.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_import(&mut self, module: &str, name: &str, part: ImportPart) -> Result<(), Error> {
        // Imports mostly come module by module.
        let last = self.last_module.first as usize..(self.last_module.first + self.last_module.length) as usize;
        if &self.strings[last] != module.as_bytes() {
            self.last_module = append(&mut self.strings, module.as_bytes())?;
        }
        let name = append(&mut self.strings, name.as_bytes())?;
        let (kind, index) = match part {
            ImportPart::Func(ty) => {
                self.imported_funcs += 1;
                (ExternKind::Func, self.push_func_type(ty)?.0)
            }
            ImportPart::Table(ty) => (ExternKind::Table, self.push_table(ty, ConstExpr::Zero)?.0),
            ImportPart::Memory(ty) => (ExternKind::Memory, self.push_memory(ty)?.0),
            ImportPart::Global(ty) => (ExternKind::Global, self.push_global(ty, ConstExpr::Zero)?.0),
            ImportPart::Tag(ty) => (ExternKind::Tag, self.push_tag(ty)?),
        };
        Ok(push(&mut self.imports, ImportRecord { module: self.last_module, name, kind: kind as u32, index })?)
    }

    /// Appends an export.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_export(&mut self, name: &str, kind: ExternKind, index: u32) -> Result<(), Error> {
        let name = append(&mut self.strings, name.as_bytes())?;
        Ok(push(&mut self.exports, ExportRecord { name, kind: kind as u32, index })?)
    }

    /// Declares the next function.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_func_type(&mut self, ty: TypeIndex) -> Result<FuncIndex, Error> {
        let index = length(self.func_types.len())?;
        push(&mut self.func_types, ty.0)?;
        Ok(FuncIndex(index))
    }

    /// Declares a hidden function, for a constant expression. Only hidden ones may follow.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_hidden_func_type(&mut self, ty: TypeIndex) -> Result<FuncIndex, Error> {
        let index = self.push_func_type(ty)?;
        self.hidden_count += 1;
        Ok(index)
    }

    /// Type of a function declared before.
    pub fn func_type(&self, index: FuncIndex) -> Option<TypeIndex> {
        self.func_types.get(index.to_usize()).copied().map(TypeIndex)
    }

    /// Makes room for about so many bytes of code and what belongs to it, and of everything else, so that what grows need not
    /// move, which takes time and leaves holes.
    pub fn expect_bytes(&mut self, code: usize, rest: usize) {
        // If there is not enough, that shows when it is needed. A bit for each unit; measured: an eighth for the source map.
        let _ = self.code.try_reserve_exact(code + code / 4 + rest);
        let _ = self.block_starts.try_reserve_exact(code / 16);
        let _ = self.source_map.bytes.try_reserve_exact(code / 8);
    }

    /// Adds the code of the next function that is not imported; gives the unit offset at which it begins.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_func(&mut self, part: FuncPart<'_>) -> Result<u32, Error> {
        let map_bytes = part.frame_cells.div_ceil(8) as usize;
        let map = &part.cell_map[..map_bytes.min(part.cell_map.len())];
        let cell_map = if map.iter().all(|byte| *byte == 0) {
            NONE
        } else {
            let first = append(&mut self.cell_maps, map)?.first;
            self.cell_maps.try_reserve(map_bytes - map.len()).map_err(out_of_memory)?;
            self.cell_maps.resize(first as usize + map_bytes, 0);
            first
        };
        let index = self.imported_funcs + length(self.funcs.len())?;
        let first = length(self.code.len())? / 2;
        append_units(&mut self.code, &[index as u16, (index >> 16) as u16])?;
        append_units(&mut self.code, &part.code[isa::INDEX_UNITS..])?;
        let end = length(self.code.len())? as usize / 2;
        self.block_starts.try_reserve(end.div_ceil(8) - self.block_starts.len()).map_err(out_of_memory)?;
        self.block_starts.resize(end.div_ceil(8), 0);
        for start in part.block_starts.iter().map(|start| first + start) {
            self.block_starts[start as usize / 8] |= 1 << (start % 8);
        }
        let entry = first + isa::FRAME_UNITS as u32;
        push(&mut self.funcs, FuncRecord { entry, cell_map, wasm_offset: part.wasm_offset })?;
        Ok(first)
    }

    /// Appends a handler of the last function, whose units count from the start of the code.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn push_handler(&mut self, handler: Handler) -> Result<(), Error> {
        Ok(push(&mut self.handlers, handler.to_record())?)
    }

    /// Fills in a call: two units at `field`, which hold the index of a function with code, get its entry, relative to them. Gives
    /// false, and changes nothing, if that function is not there yet.
    ///
    /// # Panics
    /// If there is no such place, or the function is imported.
    pub fn link(&mut self, field: u32) -> bool {
        let place: &mut [u8; 4] = self.code[2 * field as usize..].first_chunk_mut().expect("a field of two units");
        let callee = u32::from_le_bytes(*place) - self.imported_funcs;
        let Some(record) = self.funcs.get(callee as usize) else { return false };
        *place = record.entry.wrapping_sub(field).to_le_bytes();
        true
    }

    /// Appends a table, imported or defined.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_table(&mut self, ty: TableType, init: ConstExpr) -> Result<TableIndex, Error> {
        let index = length(self.tables.len())?;
        let record = TableRecord {
            element: ty.element.to_word(),
            flags: flags(ty.limits, ty.is_table64),
            reserved: 0,
            reserved_high: 0,
            min: ty.limits.min,
            max: ty.limits.max.unwrap_or(0),
            init: init.to_record(),
        };
        push(&mut self.tables, record)?;
        Ok(TableIndex(index))
    }

    /// Appends a memory, imported or defined.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_memory(&mut self, ty: MemoryType) -> Result<MemoryIndex, Error> {
        let index = length(self.memories.len())?;
        let record = MemoryRecord {
            page_size_log2: ty.page_size_log2,
            flags: flags(ty.limits, ty.is_memory64) | (u8::from(ty.is_shared) * IS_SHARED),
            reserved: 0,
            min: ty.limits.min,
            max: ty.limits.max.unwrap_or(0),
        };
        push(&mut self.memories, record)?;
        Ok(MemoryIndex(index))
    }

    /// Appends a global, imported or defined.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_global(&mut self, ty: GlobalType, init: ConstExpr) -> Result<GlobalIndex, Error> {
        let index = length(self.globals.len())?;
        let record = GlobalRecord {
            content: ty.content.to_word() | if ty.is_mutable { format::IS_MUTABLE } else { 0 },
            init: init.to_record(),
        };
        push(&mut self.globals, record)?;
        Ok(GlobalIndex(index))
    }

    /// Appends a tag, imported or defined; gives its index.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_tag(&mut self, ty: TypeIndex) -> Result<u32, Error> {
        let index = length(self.tags.len())?;
        push(&mut self.tags, ty.0)?;
        Ok(index)
    }

    /// Appends a data segment.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_data(&mut self, part: DataPart<'a>) -> Result<(), Error> {
        let (kind, memory, offset) = match part.mode {
            DataMode::Active { memory, offset } => (0, memory.0, offset),
            DataMode::Passive => (1, 0, ConstExpr::Zero),
        };
        let bytes = RangeRecord { first: length(self.data_length)?, length: length(part.bytes.len())? };
        push(&mut self.data_bytes, part.bytes)?;
        self.data_length += part.bytes.len();
        Ok(push(&mut self.data, DataRecord { kind, memory, offset: offset.to_record(), bytes })?)
    }

    /// What there is of data segments: the mode, and the number of bytes.
    pub fn data_segments(&self) -> impl Iterator<Item = (DataMode, usize)> + Clone {
        let mode = |record: &DataRecord| DataMode::from_record(*record).unwrap_or(DataMode::Passive);
        self.data.iter().map(move |record| (mode(record), record.bytes.length as usize))
    }

    /// Marks `count` bytes from `front` on of an active segment, whose address is a constant, as read-only; what else it has becomes
    /// segments behind all others.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn mark_read_only(&mut self, segment: u32, front: u32, count: u32) -> Result<(), Error> {
        let record = self.data[segment as usize];
        let part = |kind, from: u32, length| DataRecord {
            kind,
            offset: ConstRecord { value: record.offset.value + u64::from(from), ..record.offset },
            bytes: RangeRecord { first: record.bytes.first + from, length },
            ..record
        };
        self.data[segment as usize] = part(READ_ONLY, front, count);
        for (from, end) in [(0, front), (front + count, record.bytes.length)] {
            if from < end {
                push(&mut self.data, part(record.kind, from, end - from))?;
            }
        }
        Ok(())
    }

    /// Appends an element segment without items.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_elem(&mut self, part: ElemPart) -> Result<(), Error> {
        let (kind, table, offset) = match part.mode {
            ElemMode::Active { table, offset } => (0, table.0, offset),
            ElemMode::Passive => (1, 0, ConstExpr::Zero),
            ElemMode::Declared => (2, 0, ConstExpr::Zero),
        };
        let first = length(if part.is_funcs { self.elem_funcs.len() } else { self.elem_exprs.len() })?;
        let record = ElemRecord {
            kind,
            form: u8::from(!part.is_funcs),
            reserved: 0,
            element: if part.is_funcs { RefType::FUNC } else { part.element }.to_word(),
            table,
            offset: offset.to_record(),
            items: RangeRecord { first, length: 0 },
        };
        Ok(push(&mut self.elems, record)?)
    }

    /// Appends an item to the last element segment.
    ///
    /// # Errors
    /// `OutOfMemory`; `Invalid` if the segment was declared to hold functions and this is another expression.
    ///
    /// # Panics
    /// If there is no element segment.
    pub fn push_elem_item(&mut self, item: ConstExpr) -> Result<(), Error> {
        let elem = self.elems.last_mut().expect("an element segment comes before its items");
        match (elem.form, item) {
            (0, ConstExpr::RefFunc(index)) => push(&mut self.elem_funcs, index.0)?,
            (0, _) => return Err(Error::new(ErrorKind::Invalid("element segment of functions with another item"))),
            (_, item) => push(&mut self.elem_exprs, item.to_record())?,
        }
        elem.items.length += 1;
        Ok(())
    }

    /// Names a function. Functions are named in the order of their indices; a name out of order is left out.
    ///
    /// # Errors
    /// `OutOfMemory`, `Limit`.
    pub fn push_func_name(&mut self, func: FuncIndex, name: &str) -> Result<(), Error> {
        if self.names.last().is_some_and(|last| last.func >= func.0) {
            return Ok(());
        }
        let name = append(&mut self.name_strings, name.as_bytes())?;
        Ok(push(&mut self.names, NameRecord { func: func.0, name })?)
    }

    /// Names the module.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn set_module_name(&mut self, name: &str) -> Result<(), Error> {
        self.module_name.clear();
        append(&mut self.module_name, name.as_bytes()).map(drop)
    }

    /// Writes the image.
    ///
    /// # Errors
    /// `OutOfMemory`; `Limit` for an image of 4 GiB or more.
    pub fn write(mut self) -> Result<Vec<u8>, Error> {
        let units_count = self.code.len() / 2;
        // What is mostly large, so that the buffer seldom moves more than once; it grows by what it needs and no more.
        let front_bytes = self.block_starts.len() + FuncRecord::BYTES * self.funcs.len() + 4 * self.func_types.len();
        let large = front_bytes + self.data_length + self.name_strings.len() + self.source_map.bytes.len();
        self.code.try_reserve_exact(large + large / 8 + 2 * HEADER_BYTES).map_err(out_of_memory)?;
        let mut back = Output { directory: Vec::new(), body: self.code };
        back.end_section(section::CODE, 0, units_count)?;
        back.records(section::DATA, self.data)?;
        back.bytes(section::DATA_BYTES, self.data_bytes)?;
        back.records(section::ELEMS, self.elems)?;
        back.records(section::ELEM_FUNCS, self.elem_funcs)?;
        back.records(section::ELEM_EXPRS, self.elem_exprs)?;
        back.records(section::HANDLERS, self.handlers)?;
        back.records(section::SOURCE_MAP, self.source_map.runs)?;
        back.records(section::SOURCE_MAP_BYTES, self.source_map.bytes)?;
        back.records(section::NAMES, self.names)?;
        back.records(section::NAME_STRINGS, self.name_strings)?;
        back.records(section::MODULE_NAME, self.module_name)?;
        let mut front = Output::default();
        front.body.try_reserve(front_bytes + self.strings.len() + HEADER_BYTES).map_err(out_of_memory)?;
        front.records(section::TYPES, self.types)?;
        front.records(section::TYPE_BYTES, self.type_bytes)?;
        front.records(section::STRINGS, self.strings)?;
        front.records(section::IMPORTS, self.imports)?;
        front.records(section::EXPORTS, self.exports)?;
        front.records(section::FUNC_TYPES, self.func_types)?;
        front.records(section::TABLES, self.tables)?;
        front.records(section::MEMORIES, self.memories)?;
        front.records(section::GLOBALS, self.globals)?;
        front.records(section::TAGS, self.tags)?;
        front.records(section::FUNCS, self.funcs)?;
        front.records(section::CELL_MAPS, self.cell_maps)?;
        front.records(section::BLOCK_STARTS, self.block_starts)?;
        let header = Header {
            magic: u64::from_le_bytes(MAGIC),
            version: VERSION,
            length: 0,
            isa_hash: isa::HASH,
            checksum: 0,
            features: self.features.0,
            options: self.options.0,
            families: self.families,
            level: self.level as u16,
            sections_count: 0,
            start: self.start.map_or(NONE, |index| index.0),
            hidden_count: self.hidden_count,
            reserved: 0,
        };
        finish(header, front, back)
    }
}

/// Sections one behind the other; offsets count from the first of them.
#[derive(Default)]
struct Output {
    directory: Vec<SectionRecord>,
    body: Vec<u8>,
}

impl Output {
    /// Appends a section, unless it is empty. The records are freed: a large module has its parts only once.
    fn records<R: Field + Copy>(&mut self, id: u16, records: Vec<R>) -> Result<(), Error> {
        let (first, bytes) = (self.body.len(), records.len() * R::BYTES);
        self.body.try_reserve_exact(bytes.next_multiple_of(ALIGN)).map_err(out_of_memory)?;
        self.body.resize(first + bytes, 0);
        for (place, record) in self.body[first..].chunks_exact_mut(R::BYTES).zip(&records) {
            record.write(place);
        }
        self.end_section(id, first, records.len())
    }

    /// Appends a blob that lies in pieces.
    fn bytes(&mut self, id: u16, pieces: Vec<&[u8]>) -> Result<(), Error> {
        let first = self.body.len();
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        self.body.try_reserve_exact(bytes).map_err(out_of_memory)?;
        pieces.iter().for_each(|piece| self.body.extend_from_slice(piece));
        self.end_section(id, first, bytes)
    }

    /// Notes that a section of so many records ends here; fills it up.
    fn end_section(&mut self, id: u16, first: usize, count: usize) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        let (offset, bytes) = (length(first)?, length(self.body.len() - first)?);
        let end = self.body.len().next_multiple_of(ALIGN);
        self.body.try_reserve(end - self.body.len()).map_err(out_of_memory)?;
        self.body.resize(end, 0);
        let flags = if id < section::REQUIRED_END { format::SECTION_REQUIRED } else { 0 };
        Ok(push(&mut self.directory, SectionRecord { id, flags, offset, bytes, count: length(count)? })?)
    }
}

/// Puts header, directory and sections together, in the buffer of the last sections: they are most of it.
fn finish(mut header: Header, front: Output, back: Output) -> Result<Vec<u8>, Error> {
    let sections_count = front.directory.len() + back.directory.len();
    let front_offset = HEADER_BYTES + sections_count * SectionRecord::BYTES;
    let back_offset = front_offset + front.body.len();
    let mut image = back.body;
    let back_bytes = image.len();
    header.length = length(back_offset + back_bytes)?;
    header.sections_count = sections_count as u16;
    image.try_reserve_exact(back_offset).map_err(out_of_memory)?;
    image.resize(back_offset + back_bytes, 0);
    image.copy_within(..back_bytes, back_offset);
    image[front_offset..back_offset].copy_from_slice(&front.body);
    let (place, directory) = image[..front_offset].split_at_mut(HEADER_BYTES);
    header.write(place);
    let move_by = |records: Vec<SectionRecord>, by: usize| {
        records.into_iter().map(move |record| SectionRecord { offset: record.offset + by as u32, ..record })
    };
    let records = move_by(front.directory, front_offset).chain(move_by(back.directory, back_offset));
    directory.chunks_exact_mut(SectionRecord::BYTES).zip(records).for_each(|(place, record)| record.write(place));
    let checksum = format::checksum(&image);
    image[CHECKSUM_OFFSET..CHECKSUM_OFFSET + 8].copy_from_slice(&checksum.to_le_bytes());
    Ok(image)
}
