//! Linkers and imports: instances linked to each other, names unknown and of the wrong type.
#![cfg(feature = "wat")]

use sheave::{
    Engine, Extern, Global, Instance, Linker, Memory, MemoryType, Module, Mutability, Ref, RefType, Store, Table,
    TableType, Trap, Val,
    errors::{ErrorKind, LinkerError},
};

#[test]
fn instances_share_memory_table_global_and_functions() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    let first = r#"(module
        (memory (export "memory") 1) (table (export "table") 3 funcref)
        (global $count (export "count") (mut i32) (i32.const 0))
        (func (export "add") (param i32 i32) (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (i32.add (local.get 0) (local.get 1)))
        (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#;
    let second = r#"(module
        (import "first" "memory" (memory 1)) (import "first" "table" (table 3 funcref))
        (import "first" "count" (global $count (mut i32)))
        (import "first" "add" (func $add (param i32 i32) (result i32)))
        (import "first" "call" (func $call (param i32) (result i32)))
        (elem (i32.const 1) $two) (data (i32.const 8) "\07")
        (func $two (result i32) (call $add (i32.load8_u (i32.const 8)) (i32.const 2)))
        (func (export "run") (result i32 i32)
            (call $call (i32.const 1))
            (global.set $count (i32.add (global.get $count) (i32.const 10)))
            (global.get $count)))"#;
    let first = Module::new(store.engine(), first).unwrap();
    let first = linker.instantiate_and_start(&mut store, &first).unwrap();
    linker.instance(&store, "first", first).unwrap();
    let second = Module::new(store.engine(), second).unwrap();
    let second = linker.instantiate_and_start(&mut store, &second).unwrap();
    let run = second.get_typed_func::<(), (i32, i32)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (9, 11));
    assert_eq!(first.get_memory(&store, "memory").unwrap().data(&store)[8], 7);
    assert_eq!(first.get_global(&store, "count").unwrap().get(&mut store), Val::I32(11));
    assert_eq!(first.get_table(&store, "table").unwrap().size(&store), 3);
}

#[test]
fn an_unknown_import_is_named_with_what_is_expected() {
    let mut store = Store::new(&Engine::default(), ());
    let linker = <Linker<()>>::new(store.engine());
    let module =
        Module::new(store.engine(), r#"(module (import "env" "log" (func (param i32 i64) (result f32))))"#).unwrap();
    let error = linker.instantiate_and_start(&mut store, &module).unwrap_err();
    assert_eq!(error.to_string(), r#"unknown import: "env"."log": expected func (i32, i64) -> (f32), found nothing"#);
    assert!(matches!(error.kind(), ErrorKind::Linker(LinkerError::MissingDefinition { .. })));
}

#[test]
fn an_import_of_another_type_is_named_with_both_types() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("env", "func", |_: i32| {}).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    let table =
        Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(sheave::Nullable::Null)).unwrap();
    let global = Global::new(&mut store, Val::I32(0), Mutability::Var);
    linker.define("env", "memory", memory).unwrap().define("env", "table", table).unwrap();
    linker.define("env", "global", global).unwrap();
    for (import, expected, found) in [
        (r#""func" (func (param i64))"#, "func (i64) -> ()", "func (i32) -> ()"),
        (r#""memory" (func (param i32))"#, "func (i32) -> ()", "memory 1 2"),
        (r#""memory" (memory 2)"#, "memory 2", "memory 1 2"),
        (r#""memory" (memory 1 1)"#, "memory 1 1", "memory 1 2"),
        (r#""table" (table 1 9 funcref)"#, "table 1 9 funcref", "table 1 funcref"),
        (r#""table" (table 1 externref)"#, "table 1 externref", "table 1 funcref"),
        (r#""global" (global i32)"#, "global i32", "global mut i32"),
        (r#""global" (global (mut i64))"#, "global mut i64", "global mut i32"),
    ] {
        let module = Module::new(store.engine(), format!(r#"(module (import "env" {import}))"#)).unwrap();
        let error = linker.instantiate_and_start(&mut store, &module).unwrap_err();
        let name = import.split('"').nth(1).unwrap();
        assert_eq!(error.to_string(), format!("import \"env\".\"{name}\": expected {expected}, found {found}"));
    }
}

#[test]
fn names_are_defined_once_unless_shadowing_is_allowed() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("a", "f", || 1_i32).unwrap();
    let error = linker.func_wrap("a", "f", || 2_i32).unwrap_err();
    assert_eq!(error.to_string(), r#""a"."f" is defined already"#);
    linker.alias_module("a", "b").unwrap();
    assert!(linker.alias_module("nothing", "c").is_err());
    linker.allow_shadowing(true).func_wrap("a", "f", || 2_i32).unwrap();
    let text = r#"(module (import "a" "f" (func $a (result i32))) (import "b" "f" (func $b (result i32)))
        (func (export "run") (result i32 i32) (call $a) (call $b)))"#;
    let module = Module::new(store.engine(), text).unwrap();
    // One linker serves several stores.
    for _ in 0..2 {
        let instance = linker.clone().instantiate_and_start(&mut store, &module).unwrap();
        let run = instance.get_typed_func::<(), (i32, i32)>(&store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), (2, 1));
        store = Store::new(&linker.engine().clone(), ());
    }
}

#[test]
fn start_functions_run_when_told() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    let global = Global::new(&mut store, Val::I32(0), Mutability::Var);
    linker.define("h", "g", global).unwrap();
    let text = r#"(module (import "h" "g" (global $g (mut i32))) (func $s (global.set $g (i32.const 5))) (start $s))"#;
    let module = Module::new(store.engine(), text).unwrap();
    assert!(linker.instantiate(&mut store, &module).unwrap().ensure_no_start().is_err());
    let pre = linker.instantiate(&mut store, &module).unwrap();
    assert!(pre.has_start());
    assert_eq!(global.get(&mut store), Val::I32(0));
    pre.start(&mut store).unwrap();
    assert_eq!(global.get(&mut store), Val::I32(5));
    assert_eq!(linker.get(&store, "h", "g").and_then(Extern::into_global), Some(global));
}

/// As the specification asks: what segments wrote before a trap stays.
#[test]
fn a_segment_that_does_not_fit_traps_and_leaves_what_was_written() {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let text = r#"(module (import "h" "m" (memory 1)) (data (i32.const 0) "abc") (data (i32.const 65535) "xy"))"#;
    let module = Module::new(store.engine(), text).unwrap();
    let error = Instance::new(&mut store, &module, &[memory.into()]).unwrap_err();
    assert_eq!(error.as_trap(), Some(Trap::MemoryOutOfBounds));
    assert_eq!(&memory.data(&store)[..4], b"abc\0");
    assert_eq!(memory.data(&store)[65535], 0);
    assert!(Instance::new(&mut store, &module, &[]).unwrap_err().to_string().contains("expected 1, found 0"));
}
