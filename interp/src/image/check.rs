//! The structural rules of images: everything but what the instructions do.
//!
//! One pass over each section, no memory. After it every accessor of [`Image`] answers for every index below its count,
//! which the verifier, instantiation and the executor rely on.

use super::{
    format::{
        self, ConstExpr, DataMode, ElemMode, Features, Field, HAS_MAX, Handler, Header, IS_64, IS_FIXED, IS_MUTABLE,
        IS_SHARED, NONE, Options,
    },
    func::Func,
    read::{Image, Records, text},
    source_map,
};
#[cfg(feature = "gc")]
use crate::gc::layout;
#[cfg(feature = "function-references")]
use crate::types::{
    HeapType,
    rec::{CompositeKind, DEPTH_MAX, FieldTypes},
};
use crate::{
    error::{Error, ErrorKind, ImageErrorKind as Kind},
    isa,
    types::{
        CELL_BYTES, DataIndex, ElemIndex, ExternKind, FRAME_HEADER_BYTES, FuncIndex, MemoryIndex, RefType, TypeIndex,
        TypeSpace, ValType, ValTypes,
    },
};

/// The most bytes that the packed entries of a run of the source map take: two numbers of five bytes each.
const RUN_BYTES_MAX: usize = (source_map::RUN as usize - 1) * 10;

/// The most parameters, and the most results, of a function type; the limit that Wasm engines share.
pub(super) const TYPES_MAX: u16 = 1000;

/// Compares the checksum with that of the bytes, whose header is sound.
pub(super) fn checksum(bytes: &[u8], header: &Header) -> Result<(), Error> {
    let is_unchanged = header.checksum == format::checksum(bytes);
    is_unchanged.then_some(()).ok_or(Error::image(Kind::Checksum, format::CHECKSUM_OFFSET as u64))
}

/// Checks the header.
pub(super) fn header(bytes: &[u8]) -> Result<Header, Error> {
    let fail = |kind, offset| Err(Error::image(kind, offset));
    if !(bytes.as_ptr() as usize).is_multiple_of(format::ALIGN) {
        return Err(Error::new(ErrorKind::Image(Kind::Misaligned)));
    }
    if !bytes.starts_with(&format::MAGIC) {
        return fail(Kind::Magic, 0);
    }
    if bytes.len() < Header::BYTES {
        return fail(Kind::Length, bytes.len() as u64);
    }
    let header = Header::read(bytes);
    if header.version != format::VERSION {
        return fail(Kind::Version, 8);
    }
    if header.length as usize != bytes.len() || !bytes.len().is_multiple_of(format::ALIGN) {
        return fail(Kind::Length, 12);
    }
    if header.isa_hash != isa::HASH {
        return fail(Kind::IsaHash, 16);
    }
    if Features(header.features).without(Features::ALL) != Features::NONE {
        return Err(Error::new(ErrorKind::Unsupported("unknown wasm feature in image")).at(32));
    }
    if Options(header.options).without(Options::ALL) != Options::NONE {
        return Err(Error::new(ErrorKind::Unsupported("unknown translation option in image")).at(40));
    }
    if header.level > isa::Level::HIGHEST as u16 {
        if header.level == isa::Level::Full as u16 {
            return Err(Error::new(ErrorKind::Unsupported("level-full")).at(48));
        }
        return fail(Kind::Level, 48);
    }
    if usize::from(header.sections_count) > format::SECTIONS_MAX {
        return fail(Kind::Section, 50);
    }
    if header.reserved != 0 {
        return fail(Kind::Reserved, 60);
    }
    Ok(header)
}

/// Checks all records, in an order in which each relies only on those checked before.
pub(super) fn records(mut image: Image<'_>) -> Result<Image<'_>, Error> {
    types(&image)?;
    func_types(&image)?;
    imports(&mut image)?;
    funcs(&image)?;
    handlers(&image)?;
    tables(&image)?;
    memories(&image)?;
    globals(&image)?;
    exports(&image)?;
    data(&image)?;
    elems(&image)?;
    names(&image)?;
    start(&image)?;
    Ok(image)
}

/// The error for something wrong at these bytes of the image.
#[cold]
fn at(image: &Image<'_>, place: &[u8], kind: Kind) -> Error {
    Error::image(kind, (place.as_ptr() as usize).wrapping_sub(image.bytes.as_ptr() as usize) as u64)
}

/// What is wrong with a record: those kinds of errors that are about records, in a byte, so that rules give it in a register.
#[derive(Clone, Copy)]
enum Flaw {
    Index,
    Type,
    Limits,
    Func,
    Reserved,
    ConstExpr,
}

impl From<Flaw> for Kind {
    #[cold]
    fn from(flaw: Flaw) -> Kind {
        match flaw {
            Flaw::Index => Kind::Index,
            Flaw::Type => Kind::Type,
            Flaw::Limits => Kind::Limits,
            Flaw::Func => Kind::Func,
            Flaw::Reserved => Kind::Reserved,
            Flaw::ConstExpr => Kind::ConstExpr,
        }
    }
}

/// Calls `rule` for each record and gives its error the record's place.
fn each<R: Field>(
    image: &Image<'_>,
    records: Records<'_, R>,
    mut rule: impl FnMut(u32, R) -> Result<(), Flaw>,
) -> Result<(), Error> {
    for (i, record) in records.iter().enumerate() {
        if let Err(flaw) = rule(i as u32, record) {
            let place = records.bytes_of(i as u32).unwrap_or(&image.bytes[image.bytes.len()..]);
            return Err(at(image, place, flaw.into()));
        }
    }
    Ok(())
}

fn require(condition: bool, kind: Flaw) -> Result<(), Flaw> {
    if condition { Ok(()) } else { Err(kind) }
}

/// Builds without typed references know types of functions only, each for itself.
#[cfg(not(feature = "function-references"))]
fn types(image: &Image<'_>) -> Result<(), Error> {
    // Codings of all types of references lie in these ranges.
    let is_ref = |byte: &u8| matches!(byte, 0x23 | 0x29..=0x34 | 0x63 | 0x69..=0x78);
    let is_plain = |element: u32| matches!(element, 0x6f | 0x70);
    let are_types_whole = ValTypes::from_bytes(image.type_bytes).is_some();
    if image.types.iter().any(|ty| ty.params > TYPES_MAX)
        || image.tables.iter().any(|table| !is_plain(table.element))
        || !are_types_whole && image.type_bytes.iter().any(is_ref)
    {
        return Err(Error::new(ErrorKind::Unsupported("function-references")));
    }
    if !are_types_whole {
        return Err(at(image, image.type_bytes, Kind::Type));
    }
    each(image, image.types, |i, ty| {
        // What walks a type's operands, and frames, rely on it.
        require(ty.results <= TYPES_MAX, Flaw::Limits)?;
        require(image.func_type(TypeIndex(i)).is_some(), Flaw::Index)
    })
}

/// Recursion groups are runs of types, whose indices go no further; supertypes come before, and what is declared to be below one is kept
/// as the one above. Whether what references in them refer to matches is not looked at: it is where they are used.
#[cfg(feature = "function-references")]
fn types(image: &Image<'_>) -> Result<(), Error> {
    require_indices(image)?;
    let (mut group, mut group_end) = (TypeIndex(0), 0);
    each(image, image.types, |i, _| {
        let (_, params, results) = image.type_parts(TypeIndex(i)).ok_or(Flaw::Index)?;
        if i == group_end {
            group = TypeIndex(i);
            group_end = i + 1;
            while image.sub_type_group(TypeIndex(group_end)) == Some(group) {
                group_end += 1;
            }
        }
        require(image.sub_type_group(TypeIndex(i)) == Some(group), Flaw::Index)?;
        let is_inside = |ty: ValType| ty.as_ref().and_then(RefType::concrete).is_none_or(|index| index.0 < group_end);
        let values = |bytes| {
            let types = ValTypes::from_bytes(bytes).ok_or(Flaw::Type)?;
            // What walks a type's operands, and frames, rely on it.
            require(types.len() <= usize::from(TYPES_MAX), Flaw::Limits)?;
            require(types.iter().all(is_inside), Flaw::Index)
        };
        let fields = || {
            let fields = FieldTypes::from_bytes(results).ok_or(Flaw::Type)?;
            require(fields.iter().all(|field| is_inside(field.ty.storage.unpacked())), Flaw::Index)?;
            Ok(fields)
        };
        match image.kind(TypeIndex(i)).ok_or(Flaw::Index)? {
            CompositeKind::Func => {
                values(params)?;
                values(results)?;
            }
            CompositeKind::Struct => places(fields()?)?,
            CompositeKind::Array => element(fields()?)?,
        }
        let ty = image.sub_type(TypeIndex(i)).ok_or(Flaw::Type)?;
        let Some(above) = ty.supertype else { return require(ty.depth == 0, Flaw::Type) };
        require(above.0 < i, Flaw::Index)?;
        let above = image.sub_type(above).ok_or(Flaw::Index)?;
        require(!above.is_final && ty.depth <= DEPTH_MAX && ty.depth == above.depth + 1, Flaw::Type)?;
        require(above.composite.is_like(ty.composite), Flaw::Type)
    })
}

/// Fields say of themselves where they are, and how many references are before.
#[cfg(feature = "gc")]
fn places(fields: FieldTypes<'_>) -> Result<(), Flaw> {
    let (mut refs, places) = (0, layout::fields(fields.iter().map(|field| field.ty.storage.into())));
    for (field, (_, offset)) in fields.iter().zip(places) {
        require(u32::from(field.offset) == offset && field.refs == refs, Flaw::Type)?;
        refs += u16::from(field.is_ref());
    }
    Ok(())
}

/// An array has one kind of element, behind its header.
#[cfg(feature = "gc")]
fn element(fields: FieldTypes<'_>) -> Result<(), Flaw> {
    let offset = fields.get(0).filter(|_| fields.len() == 1).map(|element| u32::from(element.offset));
    require(offset == Some(layout::ARRAY_HEADER_BYTES), Flaw::Type)
}

/// There are no objects.
#[cfg(all(feature = "function-references", not(feature = "gc")))]
fn element(_: FieldTypes<'_>) -> Result<(), Flaw> {
    Ok(())
}

/// There are no objects.
#[cfg(all(feature = "function-references", not(feature = "gc")))]
fn places(_: FieldTypes<'_>) -> Result<(), Flaw> {
    Ok(())
}

/// Indices have room in codings of types.
#[cfg(feature = "function-references")]
fn require_indices(image: &Image<'_>) -> Result<(), Error> {
    if image.types.len() <= RefType::INDICES_MAX { Ok(()) } else { Err(Error::limit("types of a module")) }
}

/// A reference type outside of the types themselves, its index being one.
fn ref_type(image: &Image<'_>, word: u32) -> Result<RefType, Flaw> {
    let ty = RefType::from_word(word).ok_or(Flaw::Type)?;
    require(ty.concrete().is_none_or(|index| index.0 < image.types.len()), Flaw::Index)?;
    Ok(ty)
}

fn func_types(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.func_types, |_, ty| require(image.func_type(TypeIndex(ty)).is_some(), Flaw::Index))?;
    each(image, image.tags, |_, ty| {
        let ty = image.func_type(TypeIndex(ty)).ok_or(Flaw::Index)?;
        require(ty.results().is_empty(), Flaw::Type)
    })
}

/// Checks imports and counts those of each kind: they are the first of their kind, in order.
fn imports(image: &mut Image<'_>) -> Result<(), Error> {
    let mut imported = [0_u32; 5];
    each(image, image.imports, |_, import| {
        let kind = u8::try_from(import.kind).ok().and_then(ExternKind::from_byte).ok_or(Flaw::Type)?;
        require(text(image.strings, import.module).is_some(), Flaw::Index)?;
        require(text(image.strings, import.name).is_some(), Flaw::Index)?;
        let next = &mut imported[kind as usize];
        require(import.index == *next && import.index < image.count(kind), Flaw::Index)?;
        *next += 1;
        Ok(())
    })?;
    image.imported = imported;
    Ok(())
}

fn funcs(image: &Image<'_>) -> Result<(), Error> {
    let hidden_count = image.header.hidden_count;
    let imported = image.imported_count(ExternKind::Func);
    if imported.checked_add(image.funcs.len()) != Some(image.func_types.len()) || hidden_count > image.funcs.len() {
        return Err(Error::image(Kind::Func, 56));
    }
    if !image.code.starts_with(&isa::PRELUDE) {
        return Err(Error::image(Kind::Code("code begins without the reserved instructions"), Header::BYTES as u64));
    }
    let mut entry_min = isa::PRELUDE.len() + isa::FRAME_UNITS;
    each(image, image.funcs, |i, record| {
        require(record.entry as usize >= entry_min, Flaw::Func)?;
        let func = image.code_func(i).ok_or(Flaw::Func)?;
        require(func.entry < func.end, Flaw::Func)?;
        frame(&func)?;
        entry_min = func.end as usize + isa::FRAME_UNITS;
        Ok(())
    })?;
    if image.block_starts.len() > image.code.len().div_ceil(8) {
        return Err(at(image, image.block_starts, Kind::BlockStarts));
    }
    Ok(())
}

/// Handlers stand in the order of functions, each within one.
fn handlers(image: &Image<'_>) -> Result<(), Error> {
    let (mut number, mut func) = (0, image.code_func(0));
    each(image, image.handlers, |_, record| {
        let handler = Handler::from_record(record).ok_or(Flaw::Index)?;
        while func.is_some_and(|func| func.end <= handler.target) {
            number += 1;
            func = image.code_func(number);
        }
        let func = func.ok_or(Flaw::Index)?;
        let (first, end) = handler.range;
        require(func.entry <= first && first <= end && end <= func.end && func.entry <= handler.target, Flaw::Index)?;
        require(handler.tag.is_none_or(|tag| image.tag(tag).is_some()), Flaw::Index)
    })
}

/// A frame begins with parameters or results, then the header, then what is zeroed, then the rest.
fn frame(func: &Func<'_>) -> Result<(), Flaw> {
    let params_bytes = func.ty.params().cells() * CELL_BYTES;
    require(u32::from(func.params_bytes) == params_bytes, Flaw::Func)?;
    require(u32::from(func.header_offset) == func.ty.header_offset(), Flaw::Func)?;
    let zeroed_end = u64::from(func.header_offset) + u64::from(FRAME_HEADER_BYTES) + u64::from(func.zero_bytes);
    require(zeroed_end <= u64::from(func.frame_bytes), Flaw::Func)?;
    require(func.zero_bytes.is_multiple_of(CELL_BYTES) && func.frame_bytes.is_multiple_of(CELL_BYTES), Flaw::Func)
}

fn tables(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.tables, |i, record| {
        let reserved = u16::from(record.reserved) | record.reserved_high;
        let is_64 = flags(record.flags, HAS_MAX | IS_64 | IS_FIXED, reserved, record.max)?;
        let element = ref_type(image, record.element)?;
        let size_max = if is_64 { u64::MAX } else { u64::from(u32::MAX) };
        limits(record.flags, record.min, record.max, size_max)?;
        let init = ConstExpr::from_record(record.init).ok_or(Flaw::ConstExpr)?;
        let is_fixed = record.flags & IS_FIXED != 0;
        require(!is_fixed || init == ConstExpr::Zero, Flaw::Reserved)?;
        if i < image.imported_count(ExternKind::Table) {
            return require(init == ConstExpr::Zero && !is_fixed, Flaw::ConstExpr);
        }
        const_expr(image, init, ValType::Ref(element), image.globals.len())
    })
}

fn memories(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.memories, |i, record| {
        flags(record.flags, HAS_MAX | IS_64 | IS_SHARED, record.reserved, record.max)?;
        require(record.page_size_log2 == 0 || record.page_size_log2 == 16, Flaw::Limits)?;
        let ty = image.memory(MemoryIndex(i)).ok_or(Flaw::Index)?;
        limits(record.flags, record.min, record.max, ty.pages_max())
    })
}

/// Checks flags and what must be zero; says whether sizes are 64 bits.
fn flags(flags: u8, known: u8, reserved: u16, max: u64) -> Result<bool, Flaw> {
    require(flags & !known == 0 && reserved == 0, Flaw::Reserved)?;
    require(flags & HAS_MAX != 0 || max == 0, Flaw::Reserved)?;
    Ok(flags & IS_64 != 0)
}

fn limits(flags: u8, min: u64, max: u64, size_max: u64) -> Result<(), Flaw> {
    let has_max = flags & HAS_MAX != 0;
    require(min <= size_max && (!has_max || min <= max && max <= size_max), Flaw::Limits)
}

fn globals(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.globals, |i, record| {
        let content = ValType::from_word(record.content & !IS_MUTABLE).ok_or(Flaw::Type)?;
        if let ValType::Ref(ty) = content {
            ref_type(image, ty.to_word())?;
        }
        let init = ConstExpr::from_record(record.init).ok_or(Flaw::ConstExpr)?;
        if i < image.imported_count(ExternKind::Global) {
            return require(init == ConstExpr::Zero, Flaw::ConstExpr);
        }
        const_expr(image, init, content, i)
    })
}

/// A constant expression has the type required, and refers to immutable globals before `globals_end`.
fn const_expr(image: &Image<'_>, expr: ConstExpr, ty: ValType, globals_end: u32) -> Result<(), Flaw> {
    require(
        match expr {
            ConstExpr::Zero => ty.is_defaultable(),
            ConstExpr::Bits(bits) => match ty {
                ValType::I32 | ValType::F32 => u32::try_from(bits).is_ok(),
                ValType::I64 | ValType::F64 => true,
                ValType::V128 | ValType::Ref(_) => false,
            },
            ConstExpr::GlobalGet(index) => {
                let global = image.globals.get(index.0).filter(|_| index.0 < globals_end).ok_or(Flaw::Index)?;
                let content = ValType::from_word(global.content & !IS_MUTABLE).ok_or(Flaw::Type)?;
                global.content & IS_MUTABLE == 0 && image.val_matches(content, ty)
            }
            ConstExpr::RefFunc(index) => {
                require(index.0 < image.count(ExternKind::Func), Flaw::Index)?;
                image.val_matches(func_ref(image, index)?, ty)
            }
            ConstExpr::Code(index) => {
                require(image.is_hidden(index), Flaw::Index)?;
                let func = image.type_of_func(index).ok_or(Flaw::Index)?;
                func.params().is_empty() && func.results().single().is_some_and(|result| image.val_matches(result, ty))
            }
        },
        Flaw::ConstExpr,
    )
}

/// Type of a reference to a function.
#[cfg(feature = "function-references")]
fn func_ref(image: &Image<'_>, index: FuncIndex) -> Result<ValType, Flaw> {
    let ty = image.func_type_index(index).ok_or(Flaw::Index)?;
    Ok(ValType::Ref(RefType::new(false, HeapType::Concrete(ty))))
}

#[cfg(not(feature = "function-references"))]
fn func_ref(_: &Image<'_>, _: FuncIndex) -> Result<ValType, Flaw> {
    Ok(ValType::FUNCREF)
}

fn exports(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.exports, |_, export| {
        let kind = u8::try_from(export.kind).ok().and_then(ExternKind::from_byte).ok_or(Flaw::Type)?;
        require(text(image.strings, export.name).is_some(), Flaw::Index)?;
        require(export.index < image.count(kind), Flaw::Index)
    })
}

/// Type of an address in a memory or of an index in a table.
fn index_type(is_64: bool) -> ValType {
    if is_64 { ValType::I64 } else { ValType::I32 }
}

fn data(image: &Image<'_>) -> Result<(), Error> {
    // Segments of read-only data are in the order of their memories, so that none has two.
    #[cfg(any(rodata, not(compact)))]
    let mut memory_min = image.imported_count(ExternKind::Memory);
    each(image, image.data, |i, _| {
        let data = image.data(DataIndex(i)).ok_or(Flaw::Index)?;
        let DataMode::Active { memory, offset } = data.mode else { return Ok(()) };
        let ty = image.memory(memory).ok_or(Flaw::Index)?;
        const_expr(image, offset, index_type(ty.is_memory64), image.globals.len())?;
        // Other builds copy them as they do all others, and want no more of them.
        #[cfg(any(rodata, not(compact)))]
        if data.is_read_only {
            require(memory.0 >= memory_min && !ty.is_memory64 && !ty.is_shared, Flaw::Index)?;
            memory_min = memory.0 + 1;
            let ConstExpr::Bits(start) = offset else { return Err(Flaw::ConstExpr) };
            let end = start.saturating_add(data.bytes.len() as u64);
            require(end <= ty.bytes(ty.limits.min), Flaw::Limits)?;
        }
        Ok(())
    })
}

fn elems(image: &Image<'_>) -> Result<(), Error> {
    each(image, image.elem_funcs, |_, func| require(func < image.count(ExternKind::Func), Flaw::Index))?;
    // Segments of fixed tables are in the order of those, so that none has two.
    let mut fixed_min = 0;
    each(image, image.elems, |i, record| {
        require(record.reserved == 0 && record.form <= 1, Flaw::Reserved)?;
        let elem = image.elem(ElemIndex(i)).ok_or(Flaw::Index)?;
        let (element, mode) = (elem.element, elem.mode);
        require(record.form == 1 || record.element == RefType::FUNC.to_word(), Flaw::Type)?;
        ref_type(image, record.element)?;
        // Builds without references refuse them by that name: see `verify`.
        if record.form == 1 && cfg!(feature = "reference-types") {
            for item in 0..elem.items.len() {
                let item = elem.items.get(item).ok_or(Flaw::ConstExpr)?;
                const_expr(image, item, ValType::Ref(element), image.globals.len())?;
            }
        }
        let ElemMode::Active { table, offset } = mode else { return Ok(()) };
        if image.is_fixed_table(table) {
            require(record.form == 0 && table.0 >= fixed_min, Flaw::Index)?;
            fixed_min = table.0 + 1;
        }
        let table = image.table(table).ok_or(Flaw::Index)?;
        require(image.ref_matches(element, table.ty.element), Flaw::Type)?;
        const_expr(image, offset, index_type(table.ty.is_table64), image.globals.len())
    })
}

/// Names and source map, which are only for people, are still bounded.
fn names(image: &Image<'_>) -> Result<(), Error> {
    if cfg!(compact) {
        return Ok(());
    }
    let mut func_min = 0;
    each(image, image.names, |_, name| {
        require(name.func >= func_min && name.func < image.count(ExternKind::Func), Flaw::Index)?;
        func_min = name.func + 1;
        require(text(image.name_strings, name.name).is_some(), Flaw::Index)
    })?;
    let mut code_min = 0;
    each(image, image.source_map, |i, run| {
        let packed = source_map::run_bytes(image.source_map, image.source_map_bytes, i).ok_or(Flaw::Index)?;
        require(run.code >= code_min && (run.code as usize) < image.code.len(), Flaw::Index)?;
        code_min = run.code + 1;
        require(packed.len() <= RUN_BYTES_MAX, Flaw::Index)
    })
}

fn start(image: &Image<'_>) -> Result<(), Error> {
    if image.header.start == NONE {
        return Ok(());
    }
    let index = FuncIndex(image.header.start);
    let ty = image.type_of_func(index).filter(|_| index.0 < image.count(ExternKind::Func));
    let ty = ty.ok_or(Error::image(Kind::Index, 52))?;
    if ty.header_offset() == 0 { Ok(()) } else { Err(Error::image(Kind::Type, 52)) }
}
