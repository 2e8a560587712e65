//! Limits: what guests may take, and what becomes of those who want more.
#![cfg(feature = "wat")]

use sheave::{
    Config, Engine, Instance, Memory, MemoryType, Module, Store, StoreLimits, StoreLimitsBuilder,
    errors::{ErrorKind, InstantiationError},
};

const GROW: &str = r#"(module
    (memory 1 100) (table 1 50 funcref)
    (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;

fn store(limits: StoreLimitsBuilder) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits.build());
    store.limiter(|limits| limits);
    store
}

fn grow(store: &mut Store<StoreLimits>, instance: Instance, name: &str, delta: i32) -> Result<i32, sheave::Error> {
    instance.get_typed_func::<i32, i32>(&*store, name).unwrap().call(store, delta)
}

#[test]
fn growth_beyond_a_limit_gives_minus_one() {
    let mut store = store(StoreLimitsBuilder::new().memory_size(3 << 16).table_elements(10));
    let module = Module::new(store.engine(), GROW).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let steps: [(&str, i32, i32); 9] = [
        ("memory", 2, 1),
        ("memory", 1, -1),
        ("memory", 0, 3),
        ("memory", -1, -1),
        ("table", 9, 1),
        ("table", 1, -1),
        ("table", 0, 10),
        ("table", 50, -1),
        ("table", -1, -1),
    ];
    for (name, delta, expected) in steps {
        assert_eq!(grow(&mut store, instance, name, delta).unwrap(), expected, "{name} {delta}");
    }
}

#[test]
fn growth_beyond_a_limit_stops_the_guest_if_asked_to() {
    let mut store = store(StoreLimitsBuilder::new().memory_size(1 << 16).trap_on_grow_failure(true));
    let module = Module::new(store.engine(), GROW).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let error = grow(&mut store, instance, "memory", 1).unwrap_err();
    assert!(error.to_string().starts_with("resource limiter denied growth"), "{error}");
    assert_eq!(grow(&mut store, instance, "memory", 0).unwrap(), 1, "the store works as before");
}

#[test]
fn instances_beyond_a_limit_are_errors() {
    let mut store = store(StoreLimitsBuilder::new().instances(1).memories(1).tables(5));
    let memory = Module::new(store.engine(), "(module (memory 1))").unwrap();
    let two = Module::new(store.engine(), "(module (memory 1) (memory 1))").unwrap();
    let error = Instance::new(&mut store, &two, &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Instantiation(InstantiationError::TooManyMemories)), "{error}");
    Instance::new(&mut store, &memory, &[]).unwrap();
    let error = Instance::new(&mut store, &memory, &[]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Instantiation(InstantiationError::TooManyInstances)), "{error}");
}

#[test]
fn a_module_that_wants_too_much_at_once_is_an_error() {
    let mut config = Config::default();
    config.max_table_elements(1000);
    let engine = Engine::new(&config);
    let mut limited = Store::new(&engine, StoreLimitsBuilder::new().memory_size(1 << 16).build());
    limited.limiter(|limits| limits);
    for (text, expected) in [
        ("(module (table 1001 funcref))", "limit reached: table size"),
        ("(module (table 4294967295 funcref))", "limit reached: table size"),
        ("(module (memory 2))", "limit reached: memory size"),
        ("(module (memory 65536))", "limit reached: memory size"),
    ] {
        let module = Module::new(&engine, text).unwrap();
        assert_eq!(Instance::new(&mut limited, &module, &[]).unwrap_err().to_string(), expected, "{text}");
    }
    let small = Module::new(&engine, "(module (memory 1) (table 1000 funcref))").unwrap();
    Instance::new(&mut limited, &small, &[]).unwrap();
}

/// A memory of 4 GiB exists or is an error; asking for it never ends the process.
#[test]
fn four_gibibytes_are_an_answer_not_an_abort() {
    let mut store = Store::new(&Engine::default(), ());
    match Memory::new(&mut store, MemoryType::new(65536, None)) {
        Ok(memory) => {
            assert_eq!(memory.data_size(&store) as u64, 1 << 32);
            assert!(memory.grow(&mut store, 1).is_err());
        }
        Err(error) => assert_eq!(error.to_string(), "out of memory"),
    }
    let text = r#"(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 65535))))"#;
    let module = Module::new(store.engine(), text).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let old = instance.get_typed_func::<(), i32>(&store, "grow").unwrap().call(&mut store, ()).unwrap();
    assert!(old == 1 || old == -1);
}
