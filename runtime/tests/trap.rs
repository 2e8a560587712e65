//! Traps through the public API: each with its message, where it happened, and a store that works afterwards.
#![cfg(feature = "wat")]

use sheave::{Config, Engine, Extern, Instance, Linker, Module, Store, Trap};

const TEXT: &str = r#"(module $m
    (memory 1) (table 2 funcref) (type $void (func)) (elem (i32.const 1) $wrong)
    (func $wrong (param i32))
    (func (export "unreachable") unreachable)
    (func (export "load") (drop (i32.load (i32.const -1))))
    (func (export "table") (drop (table.get 0 (i32.const 2))))
    (func (export "undefined") (call_indirect (type $void) (i32.const 2)))
    (func (export "null") (call_indirect (type $void) (i32.const 0)))
    (func (export "signature") (call_indirect (type $void) (i32.const 1)))
    (func (export "divide") (drop (i32.div_s (i32.const 1) (i32.load (i32.const 0)))))
    (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.sub (i32.load (i32.const 0)) (i32.const 1)))))
    (func (export "convert") (drop (i32.trunc_f32_s (f32.const nan))))
    (func $recurse (export "recurse") (call $recurse))
    (func (export "fine") (result i32) (i32.const 1)))"#;

#[test]
fn every_trap_has_its_code_and_the_function_where_it_happened() {
    let mut store = Store::new(&Engine::default(), ());
    let module = Module::new(store.engine(), TEXT).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let fine = instance.get_typed_func::<(), i32>(&store, "fine").unwrap();
    for (name, trap) in [
        ("unreachable", Trap::Unreachable),
        ("load", Trap::MemoryOutOfBounds),
        ("table", Trap::TableOutOfBounds),
        ("undefined", Trap::UndefinedElement),
        ("null", Trap::IndirectCallToNull),
        ("signature", Trap::BadSignature),
        ("divide", Trap::IntegerDivideByZero),
        ("overflow", Trap::IntegerOverflow),
        ("convert", Trap::BadConversionToInteger),
        ("recurse", Trap::StackOverflow),
    ] {
        let func = instance.get_typed_func::<(), ()>(&store, name).unwrap();
        let error = func.call(&mut store, ()).unwrap_err();
        assert_eq!(error.as_trap(), Some(trap), "{name}");
        assert_eq!(error.to_string().lines().next(), Some(trap.message()));
        let frames = error.backtrace().unwrap().frames();
        assert_eq!(frames[0].module_name(), Some("m"), "{name}");
        assert!(frames[0].module_offset().is_some(), "{name}");
        assert_eq!(fine.call(&mut store, ()).unwrap(), 1);
    }
}

#[test]
fn a_backtrace_names_each_frame_and_its_place() {
    let mut store = Store::new(&Engine::default(), ());
    let text = r#"(module
        (func $a unreachable)
        (func $b (param i32) (if (local.get 0) (then (call $a))))
        (func (export "c") nop (call $b (i32.const 1)) nop))"#;
    let wasm = wat::parse_str(text).unwrap();
    let module = Module::new(store.engine(), &wasm).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let error = instance.get_typed_func::<(), ()>(&store, "c").unwrap().call(&mut store, ()).unwrap_err();
    let frames = error.backtrace().unwrap().frames();
    let named: Vec<_> = frames.iter().map(|frame| (frame.func_index(), frame.func_name())).collect();
    assert_eq!(named, [(0, Some("a")), (1, Some("b")), (2, None)]);
    // The operators at those places: unreachable, call 0, call 1.
    let operators: Vec<_> = frames.iter().map(|frame| wasm[frame.module_offset().unwrap() as usize]).collect();
    assert_eq!(operators, [0x00, 0x10, 0x10]);
}

#[test]
fn a_backtrace_goes_through_instances_and_is_cut_when_long() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    let first = Module::new(store.engine(), r#"(module $first (func $trap (export "trap") unreachable))"#).unwrap();
    let first = linker.instantiate_and_start(&mut store, &first).unwrap();
    linker.instance(&store, "first", first).unwrap();
    let second = r#"(module $second (import "first" "trap" (func $trap))
        (func $deep (export "deep") (param i32)
            (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $trap)))))"#;
    let second = Module::new(store.engine(), second).unwrap();
    let second = linker.instantiate_and_start(&mut store, &second).unwrap();
    let deep = second.get_typed_func::<i32, ()>(&store, "deep").unwrap();
    let error = deep.call(&mut store, 1).unwrap_err();
    let frames: Vec<_> = error.backtrace().unwrap().frames().iter().map(ToString::to_string).collect();
    assert_eq!(frames.len(), 3);
    assert!(frames[0].ends_with("first!trap") && frames[2].ends_with("second!deep"), "{frames:?}");
    let error = deep.call(&mut store, 1000).unwrap_err();
    assert_eq!(error.backtrace().unwrap().frames().len(), 64);
    assert!(error.to_string().ends_with("… and more"));
}

#[test]
fn the_stack_has_the_size_that_was_asked_for() {
    let depth = |bytes| {
        let mut config = Config::default();
        config.max_wasm_stack(bytes);
        let mut store = Store::new(&Engine::new(&config), ());
        let text = r#"(module (global $n (export "n") (mut i32) (i32.const 0))
            (func $f (export "f") (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $f)))"#;
        let module = Module::new(store.engine(), text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap_err().as_trap(), Some(Trap::StackOverflow));
        let n = instance.get_export(&store, "n").and_then(Extern::into_global).unwrap();
        n.get(&mut store).i32().unwrap()
    };
    let small = depth(1 << 14);
    assert!(small > 100);
    assert!(depth(1 << 15).abs_diff(2 * small) <= 2);
}
