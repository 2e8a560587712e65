//! Structures and arrays as the host has them, and guests whose heap stays bounded.

use sheave::{
    AnyRef, ArrayRef, ConcreteType, Config, Engine, HeapType, I31, Instance, Module, Store, StructRef, Val, ValType,
};

fn instance(config: &Config, text: &str) -> (Store<()>, Instance) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

/// Type of the only parameter of an exported function.
fn param(store: &Store<()>, instance: &Instance, name: &str) -> ConcreteType {
    match instance.get_func(store, name).unwrap().ty(store).params()[0] {
        ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Concrete(ty) => ty,
            ty => panic!("{ty:?}"),
        },
        ty => panic!("{ty:?}"),
    }
}

fn run(config: &Config, text: &str, args: [i32; 2]) -> Result<i32, sheave::Error> {
    let (mut store, instance) = instance(config, text);
    instance.get_typed_func::<(i32, i32), i32>(&store, "run").unwrap().call(&mut store, (args[0], args[1]))
}

const TREES: &str = include_str!("../../examples/guests/gc/trees.wat");
const GRAPH: &str = include_str!("../../examples/guests/gc/graph.wat");

#[test]
fn guests_that_make_garbage_stay_within_a_small_heap() {
    let mut config = Config::default();
    config.max_objects_bytes(1 << 20);
    // 2^11 - 1 nodes of 16 bytes at once, twice.
    assert_eq!(run(&config, TREES, [10, 200]).unwrap(), 201 * 2047);
    let wide = run(&Config::default(), GRAPH, [500, 20]).unwrap();
    assert_eq!(run(&config, GRAPH, [500, 20]).unwrap(), wide);
    // What is alive does not fit.
    let error = run(&config, TREES, [18, 1]).unwrap_err();
    assert_eq!(error.as_trap(), Some(sheave::Trap::OutOfHeap));
}

#[test]
fn collecting_at_every_allocation_changes_nothing() {
    let mut config = Config::default();
    config.collects_always(true);
    assert_eq!(run(&config, TREES, [5, 4]).unwrap(), run(&Config::default(), TREES, [5, 4]).unwrap());
    assert_eq!(run(&config, GRAPH, [40, 2]).unwrap(), run(&Config::default(), GRAPH, [40, 2]).unwrap());
}

/// After what did not fit the heap has no run to allocate from; what comes next begins behind the handle of null.
#[test]
fn what_is_allocated_after_a_failure_is_not_null() {
    const TEXT: &str = r#"(module
        (type $a (array (mut i64))) (type $s (struct (field i32)))
        (global $kept (mut (ref null $a)) (ref.null $a))
        (func (export "large") (global.set $kept (array.new_default $a (i32.const 7000))))
        (func (export "small") (result i32) (local $s (ref null $s))
          (local.set $s (struct.new $s (i32.const 42)))
          (if (result i32) (ref.is_null (local.get $s)) (then (i32.const -1)) (else (struct.get $s 0 (local.get $s))))))"#;
    let mut config = Config::default();
    config.max_objects_bytes(64 << 10);
    let (mut store, instance) = instance(&config, TEXT);
    let small = instance.get_typed_func::<(), i32>(&store, "small").unwrap();
    let large = instance.get_typed_func::<(), ()>(&store, "large").unwrap();
    assert_eq!(small.call(&mut store, ()).unwrap(), 42);
    large.call(&mut store, ()).unwrap();
    let error = large.call(&mut store, ()).unwrap_err();
    assert_eq!(error.as_trap(), Some(sheave::Trap::OutOfHeap));
    assert_eq!(small.call(&mut store, ()).unwrap(), 42);
}

const SHAPES: &str = r#"(module
    (type $point (struct (field (mut i8)) (field i64) (field (mut anyref))))
    (type $more (array (mut (ref null $point))))
    (type $half (array (mut i16)))
    (func (export "point") (param (ref $point)) (result i32) (struct.get_s $point 0 (local.get 0)))
    (func (export "array") (param (ref $more)) (result anyref) (array.get $more (local.get 0) (i32.const 1)))
    (func (export "half") (param (ref $half)) (result i32) (array.get_s $half (local.get 0) (i32.const 2)))
    (func (export "any") (param anyref) (result anyref) (local.get 0)))"#;

#[test]
fn the_host_makes_reads_and_writes_objects() {
    for stress in [false, true] {
        let mut config = Config::default();
        config.collects_always(stress);
        let (mut store, instance) = instance(&config, SHAPES);
        let (point, more) = (param(&store, &instance, "point"), param(&store, &instance, "array"));
        let half = param(&store, &instance, "half");
        let seven = AnyRef::from_i31(&store, I31::wrapping_i32(7));
        let object = StructRef::new(&mut store, point, &[Val::I32(-1), Val::I64(1 << 40), seven.into()]).unwrap();
        let array = ArrayRef::new(&mut store, more, object.into(), 3).unwrap();
        let halves = ArrayRef::new_fixed(&mut store, half, &[Val::I32(1), Val::I32(2), Val::I32(-3)]).unwrap();
        assert_eq!(object.field(&mut store, 0).unwrap(), Val::I32(0xff));
        assert_eq!(object.field(&mut store, 1).unwrap(), Val::I64(1 << 40));
        let found = object.field(&mut store, 2).unwrap().anyref().unwrap();
        assert_eq!(found.val().unwrap().as_i31(&store), Some(I31::wrapping_i32(7)));
        assert_eq!((array.len(&store), object.fields_len(&store)), (3, 3));
        object.set_field(&mut store, 0, Val::I32(5)).unwrap();
        for (index, value) in [(1, Val::I64(1)), (2, Val::I32(1)), (3, Val::I32(1))] {
            assert!(object.set_field(&mut store, index, value).is_err(), "field {index}");
        }
        assert!(array.set(&mut store, 0, seven.into()).is_err() && array.get(&mut store, 3).is_err());
        // Through a guest, and back.
        let mut call = |name: &str, value: Val| {
            let mut results = [Val::I32(0)];
            instance.get_func(&store, name).unwrap().call(&mut store, &[value], &mut results).map(|()| results[0])
        };
        assert_eq!(call("point", object.into()).unwrap(), Val::I32(5));
        assert_eq!(call("half", halves.into()).unwrap(), Val::I32(-3));
        let back = call("array", array.into()).unwrap();
        assert!(call("point", array.into()).is_err() && call("point", Val::AnyRef(Default::default())).is_err());
        let back = *back.anyref().unwrap().val().unwrap();
        assert!(back.ref_eq(&store, &object.to_anyref()) && !back.ref_eq(&store, &seven));
        assert!(back.as_struct(&store).is_some() && back.as_array(&store).is_none() && back.as_i31(&store).is_none());
    }
}

const VECTORS: &str = r#"(module
    (type $pair (struct (field (mut v128)) (field i32) (field (mut v128)) (field anyref)))
    (type $packed (struct (field i8) (field (mut v128))))
    (type $vectors (array (mut v128)))
    (data $bytes "\00\01\02\03\04\05\06\07\08\09\0a\0b\0c\0d\0e\0f\10\11\12\13\14\15\16\17\18\19\1a\1b\1c\1d\1e\1f\20")
    (global $constant (ref $pair) (struct.new $pair
        (v128.const i64x2 1 2) (i32.const 3) (v128.const i64x2 4 5) (ref.i31 (i32.const 6))))
    (global $fixed (ref $vectors) (array.new_fixed $vectors 2 (v128.const i64x2 7 8) (v128.const i64x2 9 10)))

    (func $add (param v128 v128) (result v128) (i64x2.add (local.get 0) (local.get 1)))
    ;; Both vectors of a structure, through a local and an accumulator, after one was written.
    (func (export "struct") (param $x v128) (result v128)
        (local $pair (ref $pair))
        (local.set $pair (struct.new $pair (local.get $x) (i32.const 1) (v128.const i64x2 100 200) (ref.null any)))
        (struct.set $pair 0 (local.get $pair) (call $add (struct.get $pair 0 (local.get $pair)) (v128.const i64x2 1 1)))
        (struct.set $pair 2 (local.get $pair) (i64x2.add (struct.get $pair 2 (local.get $pair)) (local.get $x)))
        (call $add (struct.get $pair 0 (local.get $pair)) (struct.get $pair 2 (local.get $pair))))
    (func (export "packed") (param $x v128) (result v128)
        (struct.get $packed 1 (struct.new $packed (i32.const -1) (local.get $x))))
    (func (export "constants") (param $x v128) (result v128)
        (call $add
            (call $add (struct.get $pair 0 (global.get $constant)) (struct.get $pair 2 (global.get $constant)))
            (call $add (local.get $x) (array.get $vectors (global.get $fixed) (i32.const 1)))))
    ;; An array of five: filled, partly again, copied with an overlap.
    (func (export "array") (param $x v128) (result v128)
        (local $array (ref $vectors))
        (local.set $array (array.new $vectors (local.get $x) (i32.const 5)))
        (array.fill $vectors (local.get $array) (i32.const 1) (v128.const i64x2 1 1) (i32.const 2))
        (array.set $vectors (local.get $array) (i32.const 0) (i64x2.add (local.get $x) (local.get $x)))
        (array.copy $vectors $vectors (local.get $array) (i32.const 1) (local.get $array) (i32.const 0) (i32.const 4))
        (call $add
            (call $add (array.get $vectors (local.get $array) (i32.const 1)) (array.get $vectors (local.get $array) (i32.const 2)))
            (call $add (array.get $vectors (local.get $array) (i32.const 4)) (array.get $vectors (array.new_default $vectors (i32.const 1)) (i32.const 0)))))
    (func (export "data") (param $x v128) (result v128)
        (local $array (ref $vectors))
        (local.set $array (array.new_data $vectors $bytes (i32.const 1) (i32.const 2)))
        (array.init_data $vectors $bytes (local.get $array) (i32.const 0) (i32.const 2) (i32.const 1))
        (i8x16.add (local.get $x) (i8x16.add
            (array.get $vectors (local.get $array) (i32.const 0))
            (array.get $vectors (local.get $array) (i32.const 1)))))
    (func (export "beyond") (param $x v128) (result v128)
        (array.get $vectors (array.new $vectors (local.get $x) (i32.const 5)) (i32.const 5)))
    (func (export "beyond data") (param $x v128) (result v128)
        (drop (array.new_data $vectors $bytes (i32.const 2) (i32.const 2)))
        (local.get $x)))"#;

#[test]
fn vectors_are_fields_and_elements() {
    let vector = |a: u64, b: u64| u128::from(a) | u128::from(b) << 64;
    let x = vector(1000, 1 << 40);
    let data = u128::from_le_bytes(core::array::from_fn(|i| (i + 2 + i + 17) as u8));
    let expected = [
        ("struct", vector(1000 + 1 + 100 + 1000, (1 << 41) + 1 + 200)),
        ("packed", x),
        ("constants", vector(1000 + 1 + 4 + 9, (1 << 40) + 2 + 5 + 10)),
        ("array", vector(2 * 1000 + 1 + 1000, (2 << 40) + 1 + (1 << 40))),
        ("data", data),
    ];
    for (stress, round_trip) in [(false, false), (true, false), (false, true)] {
        let mut config = Config::default();
        config.collects_always(stress);
        let engine = Engine::new(&config);
        let mut module = Module::new(&engine, wat::parse_str(VECTORS).unwrap()).unwrap();
        if round_trip {
            module = Module::from_image(&engine, module.image()).unwrap();
        }
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let mut call = |name: &str, argument: u128| {
            let mut results = [Val::I32(0)];
            let func = instance.get_func(&store, name).unwrap();
            func.call(&mut store, &[Val::V128(argument.into())], &mut results).map(|()| results[0])
        };
        for (name, result) in expected {
            assert_eq!(call(name, if name == "data" { 0 } else { x }).unwrap(), Val::V128(result.into()), "{name}");
        }
        assert_eq!(call("beyond", x).unwrap_err().as_trap(), Some(sheave::Trap::ArrayOutOfBounds));
        assert_eq!(call("beyond data", x).unwrap_err().as_trap(), Some(sheave::Trap::MemoryOutOfBounds));
    }
}
