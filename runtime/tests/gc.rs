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
