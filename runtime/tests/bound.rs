//! `Bound` is exact: an arena of that size is enough for a store and its instance, one that is a little smaller is not.
#![cfg(feature = "wat")]

use sheave::{
    Engine,
    arena::{Arena, Bound, Error, Import, Limits, Module, Sizes, Store, ValType},
};
use std::{path::Path, sync::Mutex};

const LIMITS: Limits = Limits { stack_bytes: 1000, ..Limits::DEFAULT };

/// Whether an instance fits into so many bytes.
fn fits(arena: &mut [u8], image: &[u8], imports: &[Import<()>]) -> bool {
    let made = Store::new(arena, LIMITS, imports, ()).and_then(|mut store| {
        let module = Module::from_image(image)?;
        store.instantiate(&module).map(drop)
    });
    match made {
        Ok(()) => true,
        Err(Error::Module(kind)) if format!("{kind:?}") == "OutOfMemory" => false,
        // A start function may trap: that is after everything was allocated.
        Err(Error::Trap(_)) => true,
        Err(error) => panic!("{error}"),
    }
}

/// A heap for objects is part of the bound, whatever its size.
#[test]
fn a_bound_with_objects_is_exact() {
    let module = translated("(module (func) (memory 9 (pagesize 1)) (table 2 funcref) (global i64 (i64.const 1)))");
    for objects_bytes in [1, 255, 256, 1000, 8192] {
        let limits = Limits { objects_bytes, ..LIMITS };
        let bound = Bound::with_objects(&Sizes::HERE, module.image(), LIMITS.stack_bytes, objects_bytes).unwrap();
        assert_eq!(bound.objects_bytes, objects_bytes / 256 * 260);
        let mut bytes = vec![0; bound.bytes + 16];
        let aligned = bytes.as_ptr().align_offset(16);
        let mut fits = |size: usize| {
            let store = Store::new(&mut bytes[aligned..][..size], limits, &[] as &[Import<()>], ());
            store.and_then(|mut store| store.instantiate(&Module::from_image(module.image())?)).is_ok()
        };
        assert!(fits(bound.bytes) && !fits(bound.bytes - 1), "{objects_bytes}: {bound:?}");
    }
}

fn check(name: &str, image: &[u8], imports: &[Import<()>]) -> Bound {
    let bound = Bound::of(image, LIMITS.stack_bytes).unwrap();
    let mut bytes = vec![0; bound.bytes + 16];
    let aligned = bytes.as_ptr().align_offset(16);
    let bytes = &mut bytes[aligned..];
    assert!(fits(&mut bytes[..bound.bytes], image, imports), "{name}: {bound:?} is too small");
    assert!(!fits(&mut bytes[..bound.bytes - 1], image, imports), "{name}: {bound:?} is too large");
    bound
}

fn translated(text: &str) -> sheave::Module {
    sheave::Module::new(&Engine::default(), text).unwrap()
}

#[test]
fn a_bound_is_exact_for_every_kind_of_thing() {
    let parts = [
        "(func) (func (param i32 i64) (result f32) (f32.const 1))",
        "(memory 1000 (pagesize 1))",
        "(memory 3 7 (pagesize 1)) (memory 1 (pagesize 1))",
        "(table 7 funcref)",
        "(table 3 4 externref) (table 0 funcref)",
        "(global i32 (i32.const 1)) (global (mut i64) (i64.const 2)) (global f64 (f64.const 3))",
        "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
        "(func $f) (elem func $f $f $f) (elem declare func $f)",
        "(elem funcref (ref.null func))",
        "(memory 9 (pagesize 1)) (data (i32.const 0) \"abc\") (data \"passive\")",
        "(table 2 funcref) (func $g) (elem (i32.const 0) func $g $g)",
        "(import \"h\" \"f\" (func (param i32))) (func (export \"e\"))",
        "(func $s) (start $s)",
        "(tag) (tag $t (param i32 i64)) (func (throw $t (i32.const 1) (i64.const 2)))",
        "(tag $u (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 externref))",
    ];
    let wide = [(" i64", 40, "i16 v128"), (" i32", 33, "anyref")]
        .map(|(ty, count, last)| format!("(type (struct (field{} {last})))", ty.repeat(count)));
    let parts = &[
        &parts[..],
        &[
            "(type (struct (field i8 i64 (mut anyref)))) (type (array i32))",
            "(rec (type $a (sub (struct (field (ref null $b))))) (type $b (sub $a (struct (field (ref null $b)) (field f64)))))",
            &wide[0],
            &wide[1],
        ],
    ]
    .concat();
    let host = [Import::new("h", "f", &[ValType::I32], &[], |_, _, _| Ok(()))];
    let mut checked = 0;
    // Each alone, each pair, and a few more; names and memories must not clash, so that some are no modules.
    for set in 0_u32..1 << parts.len() {
        if set.count_ones() > 3 {
            continue;
        }
        let chosen = |part: usize| if set >> part & 1 != 0 { parts[part] } else { "" };
        // Imports come first.
        let order = [11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14];
        let text = format!("(module {})", order.map(chosen).join(" "));
        if let Ok(module) = sheave::Module::new(&Engine::default(), &text) {
            check(&text, module.image(), &host);
            checked += 1;
        }
    }
    assert!(checked > 250, "{checked}");
}

/// The committed guests: what they import is given by name only, and never called.
#[test]
fn a_bound_is_exact_for_real_programs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let module = sheave::Module::new(&Engine::default(), std::fs::read(&path).unwrap()).unwrap();
        let imports: Vec<Import<()>> = module.imports().map(|import| stub(&import)).collect();
        let bound = check(&path.display().to_string(), module.image(), &imports);
        println!("{}: {bound:?}", path.display());
        checked += 1;
    }
    assert!(checked >= 11, "{checked}");
}

/// What functions of the host borrow for ever: somebody knows it, or the search for leaks would find it.
static KEPT: Mutex<(Vec<&[ValType]>, Vec<&str>)> = Mutex::new((Vec::new(), Vec::new()));

/// A function of the host of the type that is asked for.
fn stub(import: &sheave::ImportType<'_>) -> Import<()> {
    let sheave::ExternType::Func(ty) = import.ty() else { panic!("an import that is no function") };
    let types = |types: &[sheave::ValType]| -> &'static [ValType] {
        let number = |ty: &sheave::ValType| match ty {
            sheave::ValType::I32 => ValType::I32,
            sheave::ValType::I64 => ValType::I64,
            sheave::ValType::F32 => ValType::F32,
            sheave::ValType::F64 => ValType::F64,
            _ => panic!("a reference"),
        };
        let types = &*Vec::leak(types.iter().map(number).collect());
        KEPT.lock().unwrap().0.push(types);
        types
    };
    let text = |text: &str| -> &'static str {
        let text = &*String::leak(text.to_owned());
        KEPT.lock().unwrap().1.push(text);
        text
    };
    Import::new(text(import.module()), text(import.name()), types(ty.params()), types(ty.results()), |_, _, _| Ok(()))
}

/// What is left of the arena is the guest's to grow its memory in.
#[test]
fn a_memory_grows_within_its_bound_and_no_further() {
    let text =
        r#"(module (memory 10 500 (pagesize 1)) (func (export "grow") (result i32) (memory.grow (i32.const 490))))"#;
    let module = translated(text);
    let bound = Bound::of(module.image(), LIMITS.stack_bytes).unwrap();
    assert_eq!((bound.memory_bytes, bound.growth_bytes), (10, Some(490)));
    for (more, expected) in [(490, 10), (489, -1)] {
        let mut arena = Arena::<8192>::new();
        let arena = &mut arena.bytes_mut()[..bound.bytes + more];
        let mut store = Store::new(arena, LIMITS, &[] as &[Import<()>], ()).unwrap();
        let instance = store.instantiate(&Module::from_image(module.image()).unwrap()).unwrap();
        let mut results = [sheave::arena::Val::I32(0)];
        store.call(instance, "grow", &[], &mut results).unwrap();
        assert_eq!(results, [sheave::arena::Val::I32(expected)]);
    }
    let unknown = |text| Bound::of(translated(text).image(), 1000).unwrap().growth_bytes;
    assert_eq!(unknown("(module (memory 1))"), None);
    assert_eq!(
        unknown(
            "(module (memory 0 1 (pagesize 1)) (table 0 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1)))))"
        ),
        None
    );
    assert_eq!(unknown("(module (memory 7 7 (pagesize 1)) (table 2 2 funcref))"), Some(0));
}

/// A microcontroller reads the elements of a table that nobody writes in the image.
#[test]
fn a_table_that_nobody_writes_takes_nothing_where_there_is_no_allocator() {
    let bounds = |fields: &str| {
        let module = translated(&format!("(module (func $f) {fields})"));
        [Sizes::HERE, Sizes::MICROCONTROLLER].map(|sizes| Bound::on(&sizes, module.image(), 1000).unwrap())
    };
    let [here, there] = bounds("(table 100 funcref) (elem (i32.const 7) $f $f)");
    assert_eq!((here.elements_bytes, there.elements_bytes), (400, 0));
    assert_eq!((here.growth_bytes, there.growth_bytes), (Some(0), Some(0)));
    let set = "(func (table.set (i32.const 0) (ref.null func)))";
    let [here, there] = bounds(&format!("(table 100 funcref) (elem (i32.const 7) $f $f) {set}"));
    assert_eq!((here.elements_bytes, there.elements_bytes), (400, 400));
}

/// Damaged images give a bound or none; nothing panics.
#[test]
fn damaged_images_do_no_harm() {
    let module = translated(
        "(module (import \"h\" \"f\" (func)) (memory 1) (table 3 funcref) (global i32 (i32.const 1)) (elem func))",
    );
    let image = module.image();
    for at in 0..image.len() {
        let mut damaged = image.to_vec();
        for value in [0, 1, 0x7f, 0xff] {
            damaged[at] = value;
            let _ = Bound::of(&damaged, 1000);
            let _ = Bound::of(&damaged[..at], 1000);
        }
    }
    assert_eq!(Bound::of(image, usize::MAX), None);
}
