//! Functions through the public API: calls with values and types, host functions, errors of both.
#![cfg(feature = "wat")]

use sheave::{Caller, Engine, Error, Func, FuncType, Instance, Linker, Module, Store, Val, ValType, errors::FuncError};

fn instance<T>(store: &mut Store<T>, text: &str) -> Instance {
    let module = Module::new(store.engine(), text).unwrap();
    Instance::new(store, &module, &[]).unwrap()
}

#[test]
fn a_guest_computes() {
    let mut store = Store::new(&Engine::default(), ());
    let text = r#"(module
        (func $fib (export "fib") (param i32) (result i32)
            (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add
                    (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;
    let instance = instance(&mut store, text);
    let fib = instance.get_typed_func::<i32, i32>(&store, "fib").unwrap();
    assert_eq!(fib.call(&mut store, 20).unwrap(), 6765);
}
