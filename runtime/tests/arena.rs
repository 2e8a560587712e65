//! The API without an allocator: a store in a borrowed arena.
#![cfg(feature = "wat")]

use sheave::{
    Engine, Trap,
    arena::{Caller, Error, Import, Limits, Module, Store, Val, ValType},
};

fn image(text: &str) -> sheave::Module {
    sheave::Module::new(&Engine::default(), text).unwrap()
}

const SMALL: Limits = Limits {
    stack_bytes: 2048,
    host_nesting: 2,
    table_elements: 100,
    instances: 2,
    tables_and_memories: 4,
    ..Limits::DEFAULT
};

fn add(mut caller: Caller<'_, i64>, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
    let [Val::I64(a), Val::I32(b)] = params else { return Err(Error::Types) };
    if *b < 0 {
        return Err(Error::Host(b.unsigned_abs()));
    }
    *caller.data_mut() += 1;
    // In an arena that is nearly too small, the memory could not grow.
    if let Some(([first, ..], data)) = caller.memory_and_data_mut("memory") {
        *first = *data as u8;
    }
    results[0] = Val::I64(a + i64::from(*b));
    Ok(())
}

static IMPORTS: [Import<i64>; 1] = [Import::new("h", "add", &[ValType::I64, ValType::I32], &[ValType::I64], add)];

const TEXT: &str = r#"(module
    (import "h" "add" (func $add (param i64 i32) (result i64)))
    (memory (export "memory") 0 2 (pagesize 1))
    (func (export "run") (param i32) (result i64 f32)
        (drop (memory.grow (i32.const 1)))
        (call $add (i64.const 40) (local.get 0)) (f32.const 0.5))
    (func (export "trap") (drop (i32.load8_u (i32.const 9)))))"#;

#[test]
fn guests_and_host_functions_run_in_an_arena() {
    let translated = image(TEXT);
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = [0; 8 << 10];
    let mut store = Store::new(&mut arena, SMALL, &IMPORTS, 0).unwrap();
    let instance = store.instantiate(&module).unwrap();
    let mut results = [Val::I32(0); 2];
    store.call(instance, "run", &[Val::I32(2)], &mut results).unwrap();
    assert_eq!(results, [Val::I64(42), Val::F32(0.5)]);
    assert_eq!(store.memory_mut(instance, "memory"), Some(&mut [1][..]));
    assert_eq!(*store.data(), 1);
    assert_eq!(store.call(instance, "run", &[Val::I32(-7)], &mut results), Err(Error::Host(7)));
    assert_eq!(store.call(instance, "trap", &[], &mut []), Err(Error::Trap(Trap::MemoryOutOfBounds)));
    assert_eq!(store.call(instance, "run", &[], &mut results), Err(Error::Types));
    assert_eq!(store.call(instance, "run", &[Val::I32(2)], &mut results[..1]), Err(Error::Types));
    assert_eq!(store.call(instance, "memory", &[], &mut []), Err(Error::UnknownExport));
}

/// What a store and an instance take of the arena beside the guest's stack. On this machine; pointers, most of it, have half the bytes on
/// a microcontroller, where the limit that counts is 1 KiB for an instance of a few functions.
#[test]
fn an_instance_takes_little_beside_its_stack() {
    #[repr(align(16))]
    struct Aligned([u8; 8 << 10]);
    let translated = image(TEXT);
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = Aligned([0; 8 << 10]);
    let mut needed = |instances: usize| {
        let does = |bytes: &usize| {
            let Ok(mut store) = Store::new(&mut arena.0[..*bytes], SMALL, &IMPORTS, 0) else { return false };
            (0..instances).all(|_| store.instantiate(&module).is_ok())
        };
        (SMALL.stack_bytes..8 << 10).step_by(8).find(does).unwrap() - SMALL.stack_bytes
    };
    let (first, second) = (needed(1), needed(2));
    println!("a store with one instance takes {first} bytes, another instance {}", second - first);
    assert!(first <= 2048 && second - first <= 2048, "{first}, {second}");
}

/// With every smaller arena, everything is an error or works; nothing panics.
#[test]
fn any_arena_is_large_enough_or_gives_an_error() {
    let translated = image(TEXT);
    let module = Module::from_image(translated.image()).unwrap();
    let mut succeeded = None;
    for size in (0..8 << 10).step_by(64) {
        let mut arena = vec![0; size];
        let run = (|| {
            let mut store = Store::new(&mut arena, SMALL, &IMPORTS, 0)?;
            let instance = store.instantiate(&module)?;
            store.call(instance, "run", &[Val::I32(2)], &mut [Val::I32(0); 2])
        })();
        match run {
            Ok(()) => succeeded = succeeded.or(Some(size)),
            Err(error) => {
                assert_eq!(error.to_string(), "out of memory");
                assert_eq!(succeeded, None, "a larger arena is never worse");
            }
        }
    }
    assert!(succeeded.is_some());
}

#[test]
fn an_import_that_the_table_lacks_is_named_by_number() {
    let translated = image(r#"(module (import "h" "add" (func (param i32))))"#);
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = [0; 8 << 10];
    let mut store = Store::new(&mut arena, SMALL, &IMPORTS, 0).unwrap();
    assert_eq!(store.instantiate(&module), Err(Error::UnknownImport(0)));
}

#[test]
fn a_start_function_runs_and_may_fail() {
    let translated = image("(module (func $start unreachable) (start $start))");
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = [0; 8 << 10];
    let mut store = Store::new(&mut arena, SMALL, &[] as &[Import<()>], ()).unwrap();
    assert_eq!(store.instantiate(&module), Err(Error::Trap(Trap::Unreachable)));
}

/// Vectors take four cells, in parameters and results of guests and of host functions, beside numbers of one and two.
#[test]
fn vectors_cross_the_border() {
    fn twice(_: Caller<'_, ()>, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        let [Val::I32(a), Val::V128(b), Val::I64(c)] = params else { return Err(Error::Types) };
        results[0] = Val::V128((b.as_u128() << 1 | u128::from(*a as u32)).into());
        results[1] = Val::I64(c * 2);
        Ok(())
    }
    static IMPORTS: [Import<()>; 1] = [Import::new(
        "h",
        "twice",
        &[ValType::I32, ValType::V128, ValType::I64],
        &[ValType::V128, ValType::I64],
        twice,
    )];
    let translated = image(
        r#"(module (import "h" "twice" (func $twice (param i32 v128 i64) (result v128 i64)))
            (func (export "run") (param i64 v128 i32) (result f32 v128 i64)
                (f32.const 1.5) (call $twice (local.get 2) (i8x16.neg (local.get 1)) (local.get 0))))"#,
    );
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = [0; 8 << 10];
    let mut store = Store::new(&mut arena, SMALL, &IMPORTS, ()).unwrap();
    let instance = store.instantiate(&module).unwrap();
    let mut results = [Val::I32(0); 3];
    let ones = u128::from_le_bytes([1; 16]);
    store.call(instance, "run", &[Val::I64(-21), Val::V128(ones.into()), Val::I32(1)], &mut results).unwrap();
    assert_eq!(results, [Val::F32(1.5), Val::V128((u128::MAX << 1 | 1).into()), Val::I64(-42)]);
    assert_eq!(store.call(instance, "run", &[Val::I64(0), Val::I64(1), Val::I32(1)], &mut results), Err(Error::Types));
}

const WITH_OBJECTS: Limits = Limits { stack_bytes: 16 << 10, objects_bytes: 8 << 10, ..SMALL };

/// Guests that make much more than the heap holds: all of the heap is taken at the start, and collected.
#[test]
fn objects_live_in_an_arena() {
    let trees = image(include_str!("../../examples/guests/gc/trees.wat"));
    let engine = Engine::default();
    let graph = sheave::Module::new(&engine, include_str!("../../examples/guests/gc/graph.wat")).unwrap();
    // What the calls give, one after the other: the store is whole after a trap.
    let run = |translated: &sheave::Module, calls: &[[i32; 2]]| -> Vec<_> {
        let module = Module::from_image(translated.image()).unwrap();
        let mut arena = vec![0; 64 << 10];
        let mut store = Store::new(&mut arena, WITH_OBJECTS, &[] as &[Import<()>], ()).unwrap();
        let instance = store.instantiate(&module).unwrap();
        let mut results = [Val::I32(0)];
        let mut call = |[a, b]: [i32; 2]| {
            store.gc();
            store.call(instance, "run", &[Val::I32(a), Val::I32(b)], &mut results).map(|()| results[0])
        };
        calls.iter().map(|arguments| call(*arguments)).collect()
    };
    // 2^(depth + 1) - 1 nodes of 16 bytes, twice at once.
    let nodes = [6, 9, 6].map(|depth| [depth, 1000]);
    let sum = Ok(Val::I32(1001 * 127));
    assert_eq!(run(&trees, &nodes), [sum, Err(Error::Trap(Trap::OutOfHeap)), sum]);
    let mut store = sheave::Store::new(&engine, ());
    let instance = sheave::Linker::new(&engine).instantiate_and_start(&mut store, &graph).unwrap();
    let host = instance.get_typed_func::<(i32, i32), i32>(&store, "run").unwrap();
    let calls = [[20, 1], [20, 40], [10, 100]];
    let expected = calls.map(|[a, b]| Ok(Val::I32(host.call(&mut store, (a, b)).unwrap())));
    assert_eq!(run(&graph, &calls), expected);
}

#[test]
fn exceptions_are_thrown_and_caught_in_an_arena() {
    let translated = image(
        r#"(module (tag $e (param i32 i64)) (tag $other)
        (func $throw (param i32) (throw $e (local.get 0) (i64.const 5)))
        (func (export "caught") (param $times i32) (result i64) (local $sum i64) (local $payload i64)
          (loop $next
            (block $out (result i32 i64)
              (try_table (catch $e $out) (call $throw (local.get $times)))
              (unreachable))
            (local.set $payload)
            (local.set $sum (i64.add (i64.add (i64.extend_i32_u) (local.get $payload)) (local.get $sum)))
            (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
          (local.get $sum))
        (func (export "uncaught") (block $out (try_table (catch $other $out) (call $throw (i32.const 1))))))"#,
    );
    let module = Module::from_image(translated.image()).unwrap();
    let mut arena = vec![0; 64 << 10];
    let mut store = Store::new(&mut arena, WITH_OBJECTS, &[] as &[Import<()>], ()).unwrap();
    let instance = store.instantiate(&module).unwrap();
    let mut results = [Val::I64(0)];
    store.call(instance, "caught", &[Val::I32(1000)], &mut results).unwrap();
    assert_eq!(results, [Val::I64(1000 * 1001 / 2 + 5000)]);
    assert_eq!(store.call(instance, "uncaught", &[], &mut []), Err(Error::UncaughtException));
    store.call(instance, "caught", &[Val::I32(1)], &mut results).unwrap();
    assert_eq!(results, [Val::I64(6)]);
}
