//! Instantiation: a module's image becomes entities of a store, in the order of the specification (4.7.2, "Instantiation").
//!
//! A trap while segments are copied leaves what was written before, as the specification asks; entities that were made
//! stay in the store, since a table may refer to them by then. Calling the start function is left to the caller.

#[cfg(feature = "exceptions")]
use crate::types::TagIndex;
#[cfg(not(compact))]
use crate::types::{FuncIndex, TypeIndex};
use crate::{
    error::{Error, ErrorKind},
    exec::{
        context::{DataEntity, ElemEntity, Spaces},
        handle,
    },
    image::{
        ConstExpr, Image,
        format::{DataMode, ElemMode},
    },
    store::{External, InstanceEntity, OutOfMemory, Store, limits::Limiter, list::List},
    trap::Trap,
    types::{
        Bits, DataIndex, ElemIndex, ExternKind, ExternType, GlobalIndex, GlobalType, MemoryIndex, RefType, TableIndex,
        TableType, ValType, ValTypes,
    },
};
use core::{fmt, mem, ops::Range};

/// What a module gets for an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Supply {
    /// Something that is in the store.
    #[cfg(not(compact))]
    External(External),
    /// The function of the host with this number, whose type is the one that the module asks for.
    Host(u32),
}

/// What a module gets for each of its imports, by number; nothing if there is nothing.
pub type Imports<'a> = &'a dyn Fn(u32) -> Option<Supply>;

/// Makes an instance of a module. Its steps are functions of their own, which on small machines keeps the native stack low.
///
/// # Errors
/// `Link` if an import is missing or its type differs from what the module asks for; `Limit` and `OutOfMemory`;
/// `Trap` if an active segment does not fit.
///
/// # Safety
/// The image's code is verified, and its bytes outlive the store and do not change.
pub unsafe fn instantiate(
    store: &mut Store,
    image: &Image<'_>,
    imports: Imports<'_>,
    limiter: &mut dyn Limiter,
) -> Result<u32, Error> {
    // SAFETY: the caller promises that the image's bytes outlive the store, which is the only one to keep them.
    let image = unsafe { mem::transmute::<&Image<'_>, &Image<'static>>(image) };
    if store.instances_count() >= store.limits.instances {
        return Err(Error::new(ErrorKind::Limit("number of instances")));
    }
    // 1.–4. The imports are as many, and of the types, that the module asks for.
    let types = store.new_types(image)?;
    check_imports(store, image, &types, imports)?;
    // 5.–11. Everything the module defines is allocated, globals and tables being zero.
    let instance = allocate(store, image, &types, imports, limiter)?;
    // 6.–8. Initial values of globals, then of tables.
    initialise_globals(store, image, instance, limiter)?;
    if cfg!(feature = "reference-types") {
        initialise_tables(store, image, instance, limiter)?;
    }
    // 12.–15. Element segments: passive ones are kept, active ones copied, the rest dropped.
    for index in 0..image.elems_count() {
        element_segment(store, image, instance, ElemIndex(index), limiter)?;
    }
    // 16. Active data segments are copied.
    for index in 0..image.data_count() {
        data_segment(store, image, instance, DataIndex(index), limiter)?;
    }
    Ok(instance)
}

/// What a structurally sound image has at an index below its count. One place that panics for all of them, which takes less room than a
/// message at each.
#[inline(always)]
fn sound<T>(found: Option<T>) -> T {
    match found {
        Some(found) => found,
        None => unsound(),
    }
}

#[cold]
fn unsound() -> ! {
    unreachable!("an image that was parsed has what it counts");
}

/// Numbers in the store of an image's types; where there is no allocator, types stay what they are in the image.
#[cfg(not(compact))]
type Types = List<u32>;
#[cfg(compact)]
type Types = ();

/// A type of an image as one of the store.
trait InStore: Sized {
    fn in_store(self, types: &Types) -> Self;
}

impl InStore for ValType {
    #[inline(always)]
    fn in_store(self, types: &Types) -> ValType {
        #[cfg(not(compact))]
        return self.map(|index| TypeIndex(types[index.to_usize()]));
        #[cfg(compact)]
        return match *types {
            () => self,
        };
    }
}

impl InStore for RefType {
    #[inline(always)]
    fn in_store(self, types: &Types) -> RefType {
        ValType::Ref(self).in_store(types).as_ref().unwrap_or(self)
    }
}

impl InStore for GlobalType {
    #[inline(always)]
    fn in_store(self, types: &Types) -> GlobalType {
        GlobalType { content: self.content.in_store(types), ..self }
    }
}

impl InStore for TableType {
    #[inline(always)]
    fn in_store(self, types: &Types) -> TableType {
        TableType { element: self.element.in_store(types), ..self }
    }
}

/// Without an allocator only functions of the host are imported, whose types whoever supplies them has compared.
#[cfg(compact)]
fn check_imports(_: &Store, image: &Image<'static>, (): &(), imports: Imports<'_>) -> Result<(), Error> {
    let is_func_there = |number| imports(number).is_some() && image.import_kind(number) == Some(ExternKind::Func);
    let all = (0..image.imports_count()).all(is_func_there);
    all.then_some(()).ok_or(Error::new(ErrorKind::Link("missing import")))
}

#[cfg(not(compact))]
fn check_imports(store: &Store, image: &Image<'static>, types: &Types, imports: Imports<'_>) -> Result<(), Error> {
    for (number, import) in image.imports().enumerate() {
        match (imports(number as u32), import.ty) {
            (Some(Supply::Host(_)), ExternType::Func(_)) => {}
            (Some(Supply::External(external)), _) => check_import(store, image, types, &import, external)?,
            _ => return Err(Error::new(ErrorKind::Link("missing import"))),
        }
    }
    Ok(())
}

#[cfg(not(compact))]
fn check_import(
    store: &Store,
    image: &Image<'static>,
    types: &Types,
    import: &crate::image::Import<'_>,
    external: External,
) -> Result<(), Error> {
    let found = store.extern_type(external);
    let matches = match (import.ty, found, external) {
        (ExternType::Func(_), ExternType::Func(_), External::Func(address)) => {
            let expected = sound(image.func_type_index(FuncIndex(import.index)));
            store.is_func_of(address, types[expected.to_usize()])
        }
        (ExternType::Table(expected), ExternType::Table(found), _) => found.matches(expected.in_store(types)),
        (ExternType::Memory(expected), ExternType::Memory(found), _) => found.matches(expected),
        #[cfg(feature = "exceptions")]
        (ExternType::Tag(_), _, External::Tag(address)) => {
            let expected = sound(image.tag(TagIndex(import.index)));
            store.tag_type_id(address) == types[expected.to_usize()]
        }
        (ExternType::Global(expected), ExternType::Global(found), _) => {
            let expected = expected.in_store(types);
            // What cannot be set may be of a type below.
            found == expected
                || !expected.is_mutable && !found.is_mutable && store.val_matches(found.content, expected.content)
        }
        _ => false,
    };
    if matches { Ok(()) } else { Err(mismatch((import.module, import.name), import.ty, found)) }
}

#[cold]
#[cfg(not(compact))]
fn mismatch((module, name): (&str, &str), expected: ExternType<'_>, found: ExternType<'_>) -> Error {
    let (expected, found) = (Described(expected), Described(found));
    let text = alloc::format!("import {module:?}.{name:?}: expected {expected}, found {found}");
    Error::new(ErrorKind::Link("")).with_detail(text)
}

/// A type of an import or export in words: `func (i32, i64) -> (f32)`, `memory 1 16`, `memory 512 512 (pagesize 1)`, `global mut i32`.
pub struct Described<'a>(pub ExternType<'a>);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: ValTypes<'_>| {
            f.write_str("(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        f.write_str(self.0.kind().name())?;
        f.write_str(" ")?;
        match self.0 {
            ExternType::Func(ty) => {
                list(f, ty.params())?;
                f.write_str(" -> ")?;
                list(f, ty.results())
            }
            ExternType::Table(ty) => {
                write!(f, "{}{} {}", if ty.is_table64 { "i64 " } else { "" }, ty.limits, ty.element)
            }
            // As the text format has it: limits are in pages, which are of 64 KiB unless it is said.
            ExternType::Memory(ty) => {
                let (address, shared) =
                    (if ty.is_memory64 { "i64 " } else { "" }, if ty.is_shared { " shared" } else { "" });
                write!(f, "{address}{}{shared}", ty.limits)?;
                if ty.page_size_log2 == 16 { Ok(()) } else { write!(f, " (pagesize {})", ty.page_bytes()) }
            }
            ExternType::Global(ty) => write!(f, "{}{}", if ty.is_mutable { "mut " } else { "" }, ty.content),
            ExternType::Tag(ty) => list(f, ty.params()),
        }
    }
}

/// Allocates what the module defines, and the instance with its index spaces. `store/bound.rs` counts what this takes, in the same order;
/// memories come last, so that a single one can grow in place in an arena.
#[cfg_attr(compact, inline(never))]
fn allocate(
    store: &mut Store,
    image: &Image<'static>,
    types: &Types,
    imports: Imports<'_>,
    limiter: &mut dyn Limiter,
) -> Result<u32, Error> {
    let instance = store.instances_count();
    store.instances.reserve(&mut store.heap, 1)?;
    store.spaces.reserve(&mut store.heap, 1)?;
    #[cfg(feature = "objects")]
    store.reserve_descriptors(image)?;
    let funcs = store.new_funcs(image, types, imports)?;
    let mut tables = addresses(store, image, imports, ExternKind::Table)?;
    let mut memories = addresses(store, image, imports, ExternKind::Memory)?;
    let mut globals = addresses(store, image, imports, ExternKind::Global)?;
    #[cfg(feature = "exceptions")]
    let tags = tags(store, image, types, imports)?;
    let first_own_global = store.globals.len() as u32;
    let code = store.code_to_run(image)?;
    let datas = store.kept_filled(NO_DATA, image.data_count() as usize)?;
    let mut elems = store.kept_filled(NO_ELEM, image.elems_count() as usize)?;
    for index in (0..image.elems_count()).map(ElemIndex) {
        let elem = sound(image.elem(index));
        if elem.mode == ElemMode::Passive {
            let items = store.kept_filled(0_u32, elem.items.len() as usize)?;
            elems[index.to_usize()] = ElemEntity { base: items.first_ptr(), len: elem.items.len() };
        }
    }
    store.reserve_globals(own(image, ExternKind::Global).len())?;
    #[cfg(feature = "simd")]
    store.reserve_vectors(own(image, ExternKind::Global).filter(|index| holds_vector(image, *index)).count())?;
    for index in own(image, ExternKind::Global) {
        globals.push_within_capacity(store.new_global(sound(image.global(GlobalIndex(index))).ty.in_store(types), 0)?);
    }
    store.tables.reserve(&mut store.heap, own(image, ExternKind::Table).len())?;
    store.memories.reserve(&mut store.heap, own(image, ExternKind::Memory).len())?;
    for index in own(image, ExternKind::Table) {
        let (index, table) = (TableIndex(index), sound(image.table(TableIndex(index))));
        tables.push_within_capacity(store.add_table(table.ty.in_store(types), image.is_fixed_table(index), limiter)?);
    }
    for index in own(image, ExternKind::Memory) {
        let ty = sound(image.memory(MemoryIndex(index)));
        #[cfg(rodata)]
        let rodata = image.read_only_data(MemoryIndex(index));
        #[cfg(not(rodata))]
        let rodata = None;
        memories.push_within_capacity(store.add_memory(ty, rodata, limiter)?);
    }
    #[cfg(feature = "observe")]
    store.count_also(image.code())?;
    store.spaces.push_within_capacity(Spaces {
        funcs,
        tables: tables.first_ptr(),
        memories: memories.first_ptr(),
        globals: globals.first_ptr(),
        datas: datas.first_ptr(),
        elems: elems.first_ptr(),
        code,
        first_own_global,
        has_memory: !memories.is_empty(),
        has_table: !tables.is_empty(),
    });
    store.instances.push_within_capacity(InstanceEntity {
        image: *image,
        #[cfg(feature = "exceptions")]
        tags: tags.first_ptr(),
    });
    store.set_stale();
    Ok(instance)
}

/// Whether a global holds a vector.
#[cfg(feature = "simd")]
fn holds_vector(image: &Image<'static>, index: u32) -> bool {
    sound(image.global(GlobalIndex(index))).ty.content == crate::types::ValType::V128
}

/// The addresses of an instance's tags: those imported, and new ones.
#[cfg(feature = "exceptions")]
fn tags(store: &mut Store, image: &Image<'static>, types: &Types, imports: Imports<'_>) -> Result<List<u32>, Error> {
    let mut tags = addresses(store, image, imports, ExternKind::Tag)?;
    store.reserve_tags(image)?;
    for index in own(image, ExternKind::Tag) {
        tags.push_within_capacity(store.new_own_tag(image, types, sound(image.tag(TagIndex(index))))?);
    }
    Ok(tags)
}

/// Indices of what the module defines.
fn own(image: &Image<'static>, kind: ExternKind) -> Range<u32> {
    image.imported_count(kind)..image.count(kind)
}

const NO_DATA: DataEntity = DataEntity { base: core::ptr::null(), len: 0 };
const NO_ELEM: ElemEntity = ElemEntity { base: core::ptr::null(), len: 0 };

/// Room for the addresses of one kind's index space. Nothing but functions is imported.
#[cfg(compact)]
fn addresses(
    store: &mut Store,
    image: &Image<'static>,
    _: Imports<'_>,
    kind: ExternKind,
) -> Result<List<u32>, OutOfMemory> {
    store.kept(image.count(kind) as usize)
}

/// Room for the addresses of one kind's index space, with those of the imports.
#[cfg(not(compact))]
fn addresses(
    store: &mut Store,
    image: &Image<'static>,
    imports: Imports<'_>,
    kind: ExternKind,
) -> Result<List<u32>, OutOfMemory> {
    let mut list = store.kept(image.count(kind) as usize)?;
    for number in 0..image.imports_count() {
        match (imports(number), kind) {
            (Some(Supply::External(External::Table(address))), ExternKind::Table)
            | (Some(Supply::External(External::Memory(address))), ExternKind::Memory)
            | (Some(Supply::External(External::Global(address))), ExternKind::Global) => {
                list.push_within_capacity(address);
            }
            #[cfg(feature = "exceptions")]
            (Some(Supply::External(External::Tag(address))), ExternKind::Tag) => list.push_within_capacity(address),
            _ => {}
        }
    }
    Ok(list)
}

/// Value of a constant expression, as the bits of a number or a handle.
#[cfg_attr(compact, inline(never))]
fn evaluate(store: &mut Store, instance: u32, expr: ConstExpr, limiter: &mut dyn Limiter) -> Result<Bits, Trap> {
    let func = |store: &Store, index| sound(store.func_address(instance, index));
    Ok(match expr {
        ConstExpr::Zero => 0,
        ConstExpr::Bits(bits) => bits.into(),
        ConstExpr::GlobalGet(index) => match store.resolve(instance, ExternKind::Global, index.0) {
            Some(External::Global(address)) => store.global(address),
            _ => unsound(),
        },
        ConstExpr::RefFunc(index) => Bits::from(handle::from_func(func(store, index))),
        ConstExpr::Code(index) if cfg!(feature = "extended-const") => {
            let address = func(store, index);
            store.evaluate(address, limiter)?
        }
        // `verify` refuses those.
        ConstExpr::Code(_) => unsound(),
    })
}

/// Where a segment goes, by its offset: an i32 or an i64, zero-extended. What this machine cannot address is outside of everything.
fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg_attr(compact, inline(never))]
fn initialise_globals(
    store: &mut Store,
    image: &Image<'static>,
    instance: u32,
    limiter: &mut dyn Limiter,
) -> Result<(), Trap> {
    for index in own(image, ExternKind::Global) {
        let init = sound(image.global(GlobalIndex(index))).init;
        let bits = evaluate(store, instance, init, limiter)?;
        if let Some(External::Global(address)) = store.resolve(instance, ExternKind::Global, index) {
            store.set_global(address, bits);
        }
    }
    Ok(())
}

#[cfg_attr(compact, inline(never))]
fn initialise_tables(
    store: &mut Store,
    image: &Image<'static>,
    instance: u32,
    limiter: &mut dyn Limiter,
) -> Result<(), Trap> {
    for index in own(image, ExternKind::Table) {
        let init = sound(image.table(TableIndex(index))).init;
        let value = evaluate(store, instance, init, limiter)? as u32;
        if let Some(External::Table(address)) = store.resolve(instance, ExternKind::Table, index)
            && value != 0
        {
            store.table_mut(address).fill(value);
        }
    }
    Ok(())
}

#[cfg_attr(compact, inline(never))]
fn element_segment(
    store: &mut Store,
    image: &Image<'static>,
    instance: u32,
    index: ElemIndex,
    limiter: &mut dyn Limiter,
) -> Result<(), Error> {
    let elem = sound(image.elem(index));
    let count = elem.items.len();
    match elem.mode {
        // Nothing can copy from a passive one in builds without bulk operators.
        ElemMode::Passive if cfg!(feature = "bulk-memory") => {
            // SAFETY: the instance has as many segments as its image, and the index is below that.
            let items = unsafe { *store.spaces[instance as usize].elems.add(index.to_usize()) }.base.cast_mut();
            for i in 0..count {
                let value = evaluate(store, instance, sound(elem.items.get(i)), limiter)? as u32;
                // SAFETY: `allocate` has made room for as many items as the segment has.
                unsafe { items.add(i as usize).write(value) };
            }
        }
        ElemMode::Declared | ElemMode::Passive => {}
        ElemMode::Active { table, offset } => {
            let Some(External::Table(address)) = store.resolve(instance, ExternKind::Table, table.0) else { unsound() };
            let start = place(evaluate(store, instance, offset, limiter)? as u64);
            let len = store.tables[address as usize].len as usize;
            if len.checked_sub(start).is_none_or(|room| (count as usize) > room) {
                return Err(Trap::TableOutOfBounds.into());
            }
            if store.read_in_image(address, start, elem.items) {
                return Ok(());
            }
            for i in 0..count {
                let value = evaluate(store, instance, sound(elem.items.get(i)), limiter)? as u32;
                store.table_mut(address)[start + i as usize] = value;
            }
        }
    }
    Ok(())
}

#[cfg_attr(compact, inline(never))]
fn data_segment(
    store: &mut Store,
    image: &Image<'static>,
    instance: u32,
    index: DataIndex,
    limiter: &mut dyn Limiter,
) -> Result<(), Error> {
    let data = sound(image.data(index));
    match data.mode {
        DataMode::Passive if cfg!(not(feature = "bulk-memory")) => {}
        DataMode::Passive => {
            let segments = store.spaces[instance as usize].datas;
            let entity = DataEntity { base: data.bytes.as_ptr(), len: data.bytes.len() as u32 };
            // SAFETY: the instance has as many segments as its image, and the index is below that.
            unsafe { segments.add(index.to_usize()).write(entity) };
        }
        // The memory was made around it.
        DataMode::Active { .. } if cfg!(rodata) && data.is_read_only => {}
        DataMode::Active { memory, offset } => {
            let Some(External::Memory(address)) = store.resolve(instance, ExternKind::Memory, memory.0) else {
                unsound()
            };
            let start = place(evaluate(store, instance, offset, limiter)? as u64);
            if !store.write_memory(address, start, data.bytes) {
                return Err(Trap::MemoryOutOfBounds.into());
            }
        }
    }
    Ok(())
}
