//! Images written and read again; damaged images; random ones with a good checksum.

extern crate std;

use super::{
    format::{self, CHECKSUM_OFFSET, DataMode, ElemMode, Features, Options},
    *,
};
use crate::{
    error::{Error, ErrorKind, ImageErrorKind},
    gc::layout,
    isa::{self, FRAME_UNITS, Level, PRELUDE},
    types::{
        rec::{CompositeType, FieldType, PlacedField, StorageType},
        *,
    },
};
use std::{vec, vec::Vec};

fn types<const N: usize>(types: [ValType; N]) -> impl ExactSizeIterator<Item = ValType> {
    types.into_iter()
}

/// Appends a function: frame units, then `length` units; blocks begin at `starts`, relative to the entry.
fn push_code(parts: &mut ImageParts<'_>, ty: FuncType<'_>, locals: u32, length: u32, starts: &[u32], cell_map: &[u8]) {
    let header = ty.header_offset();
    let frame_bytes = header + FRAME_HEADER_BYTES + locals;
    let params = ty.params().cells() * CELL_BYTES;
    let frame = [
        0,
        0,
        params as u16,
        header as u16,
        locals as u16,
        (locals >> 16) as u16,
        frame_bytes as u16,
        (frame_bytes >> 16) as u16,
    ];
    assert_eq!(frame.len(), FRAME_UNITS);
    let mut code = frame.to_vec();
    code.extend((0..length).map(|unit| unit as u16));
    let starts: Vec<_> = starts.iter().map(|start| FRAME_UNITS as u32 + start).collect();
    let (block_starts, frame_cells) = (&starts[..], frame_bytes / CELL_BYTES);
    parts.push_func(FuncPart { code: &code, block_starts, cell_map, frame_cells, wasm_offset: 3 * length }).unwrap();
}

/// A module with something in every section.
fn sample() -> ImageParts<'static> {
    use ValType::{F64, I32, I64};
    let mut parts = ImageParts::new(Level::Full).unwrap();
    parts.features = Features::FLOATS.with(Features::REFERENCE_TYPES);
    parts.options = Options::SIGNAL;
    parts.families = 5;
    let none = parts.intern_type(types([]), types([])).unwrap();
    let binary = parts.intern_type(types([I32, I64]), types([F64])).unwrap();
    let to_ref = parts.intern_type(types([]), types([ValType::FUNCREF])).unwrap();
    assert_eq!(parts.intern_type(types([I32, I64]), types([F64])).unwrap(), binary);
    assert_ne!(parts.intern_type(types([I32]), types([I64, F64])).unwrap(), binary);

    let table = TableType { element: RefType::FUNC, limits: Limits::new(2, Some(9)), is_table64: false };
    let i32_const = GlobalType { content: I32, is_mutable: false };
    parts.push_import("env", "log", ImportPart::Func(binary)).unwrap();
    parts.push_import("env", "größe", ImportPart::Global(i32_const)).unwrap();
    parts.push_import("wasi", "table", ImportPart::Table(table)).unwrap();
    let first = parts.push_func_type(none).unwrap();
    let second = parts.push_func_type(binary).unwrap();
    let hidden = parts.push_hidden_func_type(to_ref).unwrap();
    assert_eq!((first, second, hidden), (FuncIndex(1), FuncIndex(2), FuncIndex(3)));
    assert_eq!(parts.func_type(second), Some(binary));

    let externs = TableType { element: RefType::EXTERN, limits: Limits::new(0, None), is_table64: true };
    parts.push_table(table, ConstExpr::Code(hidden)).unwrap();
    parts.push_table(externs, ConstExpr::Zero).unwrap();
    parts.push_memory(MemoryType::new(Limits::new(1, Some(2)))).unwrap();
    parts.push_memory(MemoryType { page_size_log2: 0, ..MemoryType::new(Limits::new(100, None)) }).unwrap();
    parts.push_global(GlobalType { content: I64, is_mutable: true }, ConstExpr::Bits(u64::MAX)).unwrap();
    parts.push_global(i32_const, ConstExpr::GlobalGet(GlobalIndex(0))).unwrap();
    let funcref = GlobalType { content: ValType::FUNCREF, is_mutable: false };
    parts.push_global(funcref, ConstExpr::RefFunc(second)).unwrap();
    parts.push_tag(none).unwrap();
    parts.push_export("run", ExternKind::Func, 2).unwrap();
    parts.push_export("memory", ExternKind::Memory, 0).unwrap();
    parts.start = Some(first);

    let params = ValTypes::from_bytes(&[0x7f, 0x7e]).unwrap();
    let result = ValTypes::from_bytes(&[0x7c]).unwrap();
    let func = ValTypes::from_bytes(&[0x70]).unwrap();
    push_code(&mut parts, FuncType::new(ValTypes::EMPTY, ValTypes::EMPTY), 0, 3, &[], &[]);
    push_code(&mut parts, FuncType::new(params, result), 64, 40, &[0, 7, 39], &[0, 0b101]);
    push_code(&mut parts, FuncType::new(ValTypes::EMPTY, func), 0, 2, &[1], &[1]);

    let offset = ConstExpr::GlobalGet(GlobalIndex(2));
    parts.push_data(DataPart { mode: DataMode::Active { memory: MemoryIndex(1), offset }, bytes: b"hello" }).unwrap();
    parts.push_data(DataPart { mode: DataMode::Passive, bytes: b"" }).unwrap();
    let mode = ElemMode::Active { table: TableIndex(1), offset: ConstExpr::Bits(1) };
    parts.push_elem(ElemPart { mode, element: RefType::FUNC, is_funcs: true }).unwrap();
    parts.push_elem_item(ConstExpr::RefFunc(first)).unwrap();
    parts.push_elem_item(ConstExpr::RefFunc(second)).unwrap();
    parts.push_elem_item(ConstExpr::Zero).unwrap_err();
    parts.push_elem(ElemPart { mode: ElemMode::Declared, element: RefType::FUNC, is_funcs: false }).unwrap();
    parts.push_elem_item(ConstExpr::GlobalGet(GlobalIndex(3))).unwrap();
    parts.push_elem_item(ConstExpr::Zero).unwrap();
    for i in 0..70 {
        parts.source_map.push(i, 500 + (i % 7) * 100).unwrap();
    }
    parts.push_func_name(FuncIndex(0), "log").unwrap();
    parts.push_func_name(FuncIndex(2), "run").unwrap();
    parts.set_module_name("sample").unwrap();
    parts
}

/// Takes an image apart by its accessors alone, so that writing again shows whether they give everything back.
fn parts_of<'a>(image: &Image<'a>) -> ImageParts<'a> {
    let level = if image.level() == 0 { Level::Base } else { Level::Full };
    let mut parts = ImageParts::new(level).unwrap();
    parts.families = image.families();
    (parts.features, parts.options, parts.start) = (image.features(), image.options(), image.start());
    for i in 0..image.types_count() {
        let ty = image.func_type(TypeIndex(i)).unwrap();
        let params: Vec<_> = ty.params().iter().collect();
        let results: Vec<_> = ty.results().iter().collect();
        assert_eq!(parts.intern_type(params.into_iter(), results.into_iter()).unwrap(), TypeIndex(i));
    }
    for import in image.imports() {
        let part = match import.ty {
            ExternType::Func(_) => ImportPart::Func(image.func_type_index(FuncIndex(import.index)).unwrap()),
            ExternType::Table(ty) => ImportPart::Table(ty),
            ExternType::Memory(ty) => ImportPart::Memory(ty),
            ExternType::Global(ty) => ImportPart::Global(ty),
            ExternType::Tag(_) => ImportPart::Tag(image.tag(TagIndex(import.index)).unwrap()),
        };
        parts.push_import(import.module, import.name, part).unwrap();
    }
    for export in image.exports() {
        parts.push_export(export.name, export.kind, export.index).unwrap();
    }
    let defined = |kind| image.imported_count(kind)..image.count(kind);
    for i in image.imported_count(ExternKind::Func)..image.count(ExternKind::Func) + image.hidden_funcs_count() {
        let ty = image.func_type_index(FuncIndex(i)).unwrap();
        if image.is_hidden(FuncIndex(i)) {
            parts.push_hidden_func_type(ty).unwrap();
        } else {
            parts.push_func_type(ty).unwrap();
        }
    }
    for i in defined(ExternKind::Table) {
        let table = image.table(TableIndex(i)).unwrap();
        parts.push_table(table.ty, table.init).unwrap();
    }
    for i in defined(ExternKind::Memory) {
        parts.push_memory(image.memory(MemoryIndex(i)).unwrap()).unwrap();
    }
    for i in defined(ExternKind::Global) {
        let global = image.global(GlobalIndex(i)).unwrap();
        parts.push_global(global.ty, global.init).unwrap();
    }
    for i in defined(ExternKind::Tag) {
        parts.push_tag(image.tag(TagIndex(i)).unwrap()).unwrap();
    }
    for func in image.code_funcs() {
        assert_eq!(image.func(func.index).unwrap().entry, func.entry);
        assert_eq!(image.func_at(func.entry).unwrap().index, func.index);
        assert_eq!(image.func_at(func.end - 1).unwrap().index, func.index);
        assert!(image.func_at(func.end).is_none());
        let mut cell_map = vec![0; func.frame_cells().div_ceil(8) as usize];
        for cell in 0..func.frame_cells() {
            cell_map[cell as usize / 8] |= u8::from(func.cell_map.is_reference(cell)) << (cell % 8);
        }
        let first = func.entry - FRAME_UNITS as u32;
        let starts: Vec<_> = func.block_starts.iter().map(|start| start - first).collect();
        let part = FuncPart {
            code: &image.code()[first as usize..func.end as usize],
            block_starts: &starts,
            cell_map: &cell_map,
            frame_cells: func.frame_cells(),
            wasm_offset: func.wasm_offset,
        };
        assert_eq!(parts.push_func(part).unwrap(), first);
        assert!(func.block_starts.iter().all(|start| func.block_starts.contains(start)));
    }
    for i in 0..image.data_count() {
        let Data { mode, bytes, .. } = image.data(DataIndex(i)).unwrap();
        parts.push_data(DataPart { mode, bytes }).unwrap();
    }
    for i in 0..image.elems_count() {
        let Elem { mode, element, items } = image.elem(ElemIndex(i)).unwrap();
        let items: Vec<_> = (0..items.len()).map(|item| items.get(item).unwrap()).collect();
        let is_funcs = items.iter().all(|item| matches!(item, ConstExpr::RefFunc(_)));
        parts.push_elem(ElemPart { mode, element, is_funcs }).unwrap();
        items.into_iter().for_each(|item| parts.push_elem_item(item).unwrap());
    }
    image.source_map().for_each(|(code, wasm)| parts.source_map.push(code, wasm).unwrap());
    for i in 0..image.count(ExternKind::Func) {
        if let Some(name) = image.func_name(FuncIndex(i)) {
            parts.push_func_name(FuncIndex(i), name).unwrap();
        }
    }
    parts.set_module_name(image.module_name().unwrap_or("")).unwrap();
    parts
}

/// Parses bytes wherever they lie, and if they are an image looks at everything in it.
fn try_all(bytes: &[u8]) -> Result<(), Error> {
    let owned = OwnedImage::new(bytes)?;
    let image = owned.parse()?;
    walk(&image);
    Ok(())
}

/// Accessors answer for every index below their count, and do not panic for any other.
fn walk(image: &Image<'_>) {
    let ranges = image.count(ExternKind::Func) + image.hidden_funcs_count();
    for i in [image.types_count(), u32::MAX] {
        assert!(image.func_type(TypeIndex(i)).is_none());
    }
    assert_eq!(image.imports().count(), image.imports_count() as usize);
    assert_eq!(image.exports().count(), image.exports_count() as usize);
    assert_eq!(image.code_funcs().count(), image.code_funcs_count() as usize);
    assert!((0..ranges).all(|i| image.type_of_func(FuncIndex(i)).is_some()));
    assert!((0..image.count(ExternKind::Table)).all(|i| image.table(TableIndex(i)).is_some()));
    assert!((0..image.count(ExternKind::Memory)).all(|i| image.memory(MemoryIndex(i)).is_some()));
    assert!((0..image.count(ExternKind::Global)).all(|i| image.global(GlobalIndex(i)).is_some()));
    assert!((0..image.data_count()).all(|i| image.data(DataIndex(i)).is_some()));
    for func in image.code_funcs() {
        assert!(func.block_starts.iter().all(|start| (func.entry..func.end).contains(&start)));
        assert!(func.header_offset as u32 + FRAME_HEADER_BYTES + func.zero_bytes <= func.frame_bytes);
        (0..=func.frame_cells().min(99))
            .for_each(|cell| assert!(func.cell_map.has_references() || func.cell_map.is_data(cell, 2)));
    }
    for i in 0..image.elems_count() {
        let items = image.elem(ElemIndex(i)).unwrap().items;
        assert!((0..items.len()).all(|item| items.get(item).is_some()));
    }
    for kind in [ExternKind::Func, ExternKind::Table, ExternKind::Memory, ExternKind::Global, ExternKind::Tag] {
        assert!(image.extern_type(kind, u32::MAX).is_none());
    }
    image.source_map().for_each(drop);
    for offset in [0, 1, 30, u32::MAX] {
        image.wasm_offset(offset);
        image.func_at(offset);
        image.func_name(FuncIndex(offset));
    }
}

#[test]
fn parts_come_back_and_write_the_same_bytes() {
    let bytes = sample().write().unwrap();
    assert_eq!(sample().write().unwrap(), bytes);
    let owned = OwnedImage::new(&bytes).unwrap();
    let image = owned.parse().unwrap();
    walk(&image);
    assert_eq!(parts_of(&image).write().unwrap(), bytes);

    assert_eq!(image.count(ExternKind::Func), 3);
    assert_eq!(image.import(1).unwrap().name, "größe");
    assert_eq!(image.export_by_name("run").map(|export| export.index), Some(2));
    assert_eq!(image.data(DataIndex(0)).unwrap().bytes, b"hello");
    assert_eq!(image.func_name(FuncIndex(2)), Some("run"));
    assert_eq!(image.func_name(FuncIndex(1)), None);
    assert_eq!(image.module_name(), Some("sample"));
    for i in 0..70 {
        assert_eq!(image.wasm_offset(i), Some(500 + (i % 7) * 100));
    }
    let func = image.func(FuncIndex(2)).unwrap();
    assert_eq!((func.params_bytes, func.header_offset, func.zero_bytes, func.frame_bytes), (12, 12, 64, 84));
    assert!(func.cell_map.is_reference(8) && !func.cell_map.is_reference(9) && func.cell_map.is_reference(10));
    assert!(func.cell_map.is_data(0, 8) && !func.cell_map.is_data(0, 9) && !func.cell_map.is_reference(1000));
    assert_eq!(func.block_starts.iter().map(|start| start - func.entry).collect::<Vec<_>>(), [0, 7, 39]);
    assert!(!func.block_starts.contains(func.entry + 1));
    assert!(image.func(FuncIndex(0)).is_none());
}

#[test]
fn the_smallest_image_is_one() {
    let bytes = ImageParts::new(Level::Base).unwrap().write().unwrap();
    assert_eq!(bytes.len(), format::HEADER_BYTES + format::SectionRecord::BYTES + PRELUDE.len() * 2);
    try_all(&bytes).unwrap();
}

#[test]
fn block_starts_are_those_of_the_function() {
    let mut parts = ImageParts::new(Level::Base).unwrap();
    let ty = parts.intern_type(types([]), types([])).unwrap();
    let view = FuncType::new(ValTypes::EMPTY, ValTypes::EMPTY);
    let starts = [0, 3, 0xffff, 0x1_0000, 0x2_3456];
    for length in [0x1_0000, 0x2_3457, 5] {
        parts.push_func_type(ty).unwrap();
        let count = starts.partition_point(|start| *start < length);
        push_code(&mut parts, view, 0, length, &starts[..count], &[]);
    }
    let owned = OwnedImage::new(&parts.write().unwrap()).unwrap();
    let image = owned.parse().unwrap();
    let counts: Vec<_> = image.code_funcs().map(|func| func.block_starts.iter().count()).collect();
    assert_eq!(counts, [3, 5, 2]);
    let long = image.code_func(1).unwrap();
    assert_eq!(long.block_starts.iter().map(|start| start - long.entry).collect::<Vec<_>>(), starts);
    for func in image.code_funcs() {
        for outside in [0, func.entry - 1, func.end, func.end + isa::FRAME_UNITS as u32, u32::MAX] {
            assert!(!func.block_starts.contains(outside));
        }
        // Blocks inside an instruction are found however long it is, at every alignment.
        for first in (func.entry..func.end - 1).filter(|first| first - func.entry < 40 || func.end - first < 80) {
            for len in 1..(func.end - first).min(70) {
                let is_inside = (first + 1..first + len).any(|unit| func.block_starts.contains(unit));
                assert_eq!(func.block_starts.spare(first, len), !is_inside);
            }
        }
    }
}

#[test]
fn many_types_are_interned() {
    let mut parts = ImageParts::new(Level::Base).unwrap();
    let all = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
    for round in 0..2 {
        for i in 0..1024_u32 {
            let params: Vec<_> = (0..5).map(|digit| all[(i >> (2 * digit)) as usize % 4]).collect();
            let index = parts.intern_type(params.into_iter(), types([])).unwrap();
            assert_eq!(index, TypeIndex(i), "round {round}");
        }
    }
}

/// Types that name each other, below others, and of all kinds.
fn typed() -> ImageParts<'static> {
    let mut parts = ImageParts::new(Level::Base).unwrap();
    let to = |index| ValType::Ref(RefType::new(true, HeapType::Concrete(TypeIndex(index))));
    let field = |storage, is_mutable| FieldType { storage, is_mutable };
    let params = [ValType::I32, to(0)];
    let func =
        |supertype| RecPart { composite: CompositePart::Func(&params, &[ValType::I64]), supertype, is_final: false };
    parts.intern_rec_group(&[func(None)]).unwrap();
    parts.intern_rec_group(&[func(Some(TypeIndex(0)))]).unwrap();
    let fields = [field(StorageType::I8, true), field(StorageType::Val(to(3)), false), field(StorageType::I16, false)];
    let mut refs = 0;
    let places = layout::fields(fields.iter().map(|ty| ty.storage.into()));
    let fields: Vec<_> = fields
        .iter()
        .zip(places)
        .map(|(ty, (_, offset))| {
            let field = PlacedField { ty: *ty, offset: offset as u16, refs };
            refs += u16::from(field.is_ref());
            field
        })
        .collect();
    let short = &fields[..2];
    let group = [
        RecPart { composite: CompositePart::Struct(short), supertype: None, is_final: false },
        RecPart {
            composite: CompositePart::Array(field(StorageType::Val(to(4)), true)),
            supertype: None,
            is_final: true,
        },
        RecPart { composite: CompositePart::Struct(&fields), supertype: Some(TypeIndex(2)), is_final: true },
    ];
    parts.intern_rec_group(&group).unwrap();
    parts.intern_type(types([ValType::I32]), types([ValType::I32])).unwrap();
    parts
}

#[test]
fn equal_groups_have_one_index() {
    let mut parts = typed();
    let to = |index| ValType::Ref(RefType::new(true, HeapType::Concrete(TypeIndex(index))));
    let open = |params: &'static [ValType]| RecPart {
        composite: CompositePart::Func(params, &[]),
        supertype: None,
        is_final: false,
    };
    assert_eq!(parts.next_type(), TypeIndex(6));
    let pair = |first: u32| [to(first + 1)];
    let (a, b) = (pair(6), pair(8));
    let group = |params| [RecPart { composite: CompositePart::Func(params, &[]), ..open(&[]) }, open(&[])];
    assert_eq!(parts.intern_rec_group(&group(&a)).unwrap(), TypeIndex(6));
    // The same, though its bytes are others: and no longer the same if it names another type, or is not open.
    assert_eq!(parts.intern_rec_group(&group(&b)).unwrap(), TypeIndex(6));
    let c = [to(0)];
    assert_eq!(parts.intern_rec_group(&group(&c)).unwrap(), TypeIndex(8));
    assert_eq!(parts.intern_rec_group(&[open(&[])]).unwrap(), TypeIndex(10));
    assert_eq!(parts.intern_rec_group(&[RecPart { is_final: true, ..open(&[]) }]).unwrap(), TypeIndex(11));
    assert_eq!(parts.intern_type(types([]), types([])).unwrap(), TypeIndex(11));
}

#[test]
fn types_come_back() {
    let owned = OwnedImage::new(&typed().write().unwrap()).unwrap();
    let image = owned.parse().unwrap();
    let sub = |index| image.sub_type(TypeIndex(index)).unwrap();
    assert_eq!(
        (sub(1).supertype, sub(1).depth, sub(1).group, sub(1).is_final),
        (Some(TypeIndex(0)), 1, TypeIndex(1), false)
    );
    assert_eq!(
        (sub(4).supertype, sub(4).depth, sub(4).group, sub(4).is_final),
        (Some(TypeIndex(2)), 1, TypeIndex(2), true)
    );
    assert_eq!((sub(5).supertype, sub(5).depth, sub(5).group, sub(5).is_final), (None, 0, TypeIndex(5), true));
    let CompositeType::Struct(fields) = sub(4).composite else { panic!("a structure") };
    assert_eq!(
        fields.iter().map(|field| field.ty.storage.unpacked()).map(|ty| ty.cells()).collect::<Vec<_>>(),
        [1, 1, 1]
    );
    assert!(image.is_subtype(TypeIndex(4), TypeIndex(2)) && !image.is_subtype(TypeIndex(2), TypeIndex(4)));
    assert!(image.func_type(TypeIndex(2)).is_none());
    assert_eq!(image.func_type(TypeIndex(1)).unwrap().params().len(), 2);
}

#[test]
fn what_is_wrong_with_types_is_named() {
    let bytes = typed().write().unwrap();
    let section = |id: u16| {
        let mut at = format::HEADER_BYTES;
        while u16::from_le_bytes([bytes[at], bytes[at + 1]]) != id {
            at += format::SectionRecord::BYTES;
        }
        u32::from_le_bytes(*bytes[at + 4..].first_chunk().unwrap()) as usize
    };
    let (records, blob) = (section(format::section::TYPES), section(format::section::TYPE_BYTES));
    let first = |ty: usize| blob + u32::from_le_bytes(*bytes[records + 8 * ty..].first_chunk().unwrap()) as usize;
    let changes: [(&str, usize, u8, ImageErrorKind); 17] = [
        ("an index behind the group", first(0) + 2, 2, ImageErrorKind::Index),
        ("a supertype behind", first(1) - 8, 1, ImageErrorKind::Index),
        ("another depth", first(1) - 1, 2, ImageErrorKind::Type),
        ("another group", first(3) - 4, 3, ImageErrorKind::Index),
        ("a group that is no run", first(4) - 4, 0, ImageErrorKind::Index),
        ("a parameter of another kind than above", first(1), 0x7e, ImageErrorKind::Type),
        ("fewer parameters than above", records + 8 + 4, 1, ImageErrorKind::Type),
        ("a final type above", records + 5, 0, ImageErrorKind::Type),
        ("a function above a structure", first(4) - 8, 0, ImageErrorKind::Type),
        ("a field of another width than above", first(4), 0x77, ImageErrorKind::Type),
        ("a field that can be set, and cannot above", first(4) + 8, 0xe3, ImageErrorKind::Type),
        ("a field in another place", first(2) + 12, 8, ImageErrorKind::Type),
        ("other references before", first(4) + 22, 0, ImageErrorKind::Type),
        ("an array of two elements", records + 3 * 8 + 6, 16, ImageErrorKind::Type),
        ("an element in another place", first(3) + 4, 8, ImageErrorKind::Type),
        ("no kind", records + 2 * 8 + 5, 0xf0, ImageErrorKind::Type),
        ("no coding", first(5), 0x40, ImageErrorKind::Type),
    ];
    for (what, at, value, kind) in changes {
        let mut changed = bytes.clone();
        assert_ne!(changed[at], value, "{what}");
        changed[at] = value;
        fix(&mut changed);
        assert_eq!(try_all(&changed).unwrap_err().kind(), ErrorKind::Image(kind), "{what}");
    }
}

#[test]
fn every_flipped_bit_of_types_behind_a_good_checksum_is_harmless() {
    let bytes = typed().write().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fix(&mut flipped);
        // Whether it is refused does not matter here: that nothing panics does.
        let _ = try_all(&flipped);
    }
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = sample().write().unwrap();
    for length in 0..bytes.len() {
        let mut cut = bytes[..length].to_vec();
        try_all(&cut).unwrap_err();
        fix(&mut cut);
        assert!(try_all(&cut).is_err() || length.is_multiple_of(8), "{length} bytes");
    }
}

#[test]
fn every_flipped_bit_is_an_error() {
    let bytes = sample().write().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        try_all(&flipped).unwrap_err();
    }
}

#[test]
fn every_flipped_bit_behind_a_good_checksum_is_harmless() {
    let bytes = sample().write().unwrap();
    let mut accepted = 0;
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fix(&mut flipped);
        accepted += usize::from(try_all(&flipped).is_ok());
    }
    // Code, data and names may hold anything here; the rest is checked.
    assert!(accepted > 0 && accepted < bytes.len() * 8 / 2, "{accepted}");
}

#[test]
fn random_changes_behind_a_good_checksum_are_harmless() {
    let bytes = sample().write().unwrap();
    let mut state = 0x243f_6a88_85a3_08d3_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..100_000 {
        let mut changed = bytes.clone();
        for _ in 0..1 + random(4) {
            let at = random(changed.len());
            let word = [0, 1, 8, 0x7f, 0xff, 0xffff, u32::MAX, random(usize::MAX) as u32][random(8)];
            let width = [1, 2, 4][random(3)].min(changed.len() - at);
            changed[at..at + width].copy_from_slice(&word.to_le_bytes()[..width]);
        }
        fix(&mut changed);
        // Whether it is refused does not matter here: that nothing panics does.
        let _ = try_all(&changed);
    }
}

/// Makes length and checksum those of the bytes.
fn fix(bytes: &mut [u8]) {
    if bytes.len() >= format::HEADER_BYTES {
        let length = bytes.len() as u32;
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
        let checksum = format::checksum(bytes);
        bytes[CHECKSUM_OFFSET..CHECKSUM_OFFSET + 8].copy_from_slice(&checksum.to_le_bytes());
    }
}

#[test]
fn a_misaligned_buffer_is_named() {
    let mut bytes = vec![0];
    bytes.extend(sample().write().unwrap());
    let owned = OwnedImage::new(&bytes).unwrap();
    let error = Image::parse(&owned.as_bytes()[1..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Image(ImageErrorKind::Misaligned));
}

#[test]
fn header_errors_are_named() {
    let bytes = sample().write().unwrap();
    for (at, kind) in [
        (0, ErrorKind::Image(ImageErrorKind::Magic)),
        (8, ErrorKind::Image(ImageErrorKind::Version)),
        (16, ErrorKind::Image(ImageErrorKind::IsaHash)),
        (39, ErrorKind::Unsupported("unknown wasm feature in image")),
        (43, ErrorKind::Unsupported("unknown translation option in image")),
        (49, ErrorKind::Image(ImageErrorKind::Level)),
        (51, ErrorKind::Image(ImageErrorKind::Section)),
        (60, ErrorKind::Image(ImageErrorKind::Reserved)),
    ] {
        let mut changed = bytes.clone();
        changed[at] ^= 0x80;
        fix(&mut changed);
        assert_eq!(try_all(&changed).unwrap_err().kind(), kind, "byte {at}");
    }
}

#[test]
fn an_unknown_section_is_skipped_or_refused() {
    let bytes = sample().write().unwrap();
    let last = format::HEADER_BYTES + usize::from(bytes[50] - 1) * format::SectionRecord::BYTES;
    assert_eq!(bytes[last], format::section::MODULE_NAME as u8);
    for (flags, kind) in [(0, None), (1, Some(ImageErrorKind::UnknownSection)), (2, Some(ImageErrorKind::Reserved))] {
        let mut changed = bytes.clone();
        changed[last..last + 2].copy_from_slice(&0x8001_u16.to_le_bytes());
        changed[last + 2] = flags;
        fix(&mut changed);
        let result = try_all(&changed).map_err(|error| error.kind());
        assert_eq!(result.err(), kind.map(ErrorKind::Image));
    }
}
