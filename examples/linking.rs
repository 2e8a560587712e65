//! Two instances share a memory and a function: the exports of one are the imports of the other.
//!
//! `cargo run -p sheave-examples --example linking`

use sheave::{Engine, Error, Linker, Module, Store};

const COUNTER: &str = r#"
(module
    (memory (export "memory") 1)
    (func (export "next") (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (i32.load (i32.const 0))))"#;

const USER: &str = r#"
(module
    (import "counter" "memory" (memory 1))
    (import "counter" "next" (func $next (result i32)))
    (func (export "run") (result i32)
        (drop (call $next))
        (drop (call $next))
        (i32.load (i32.const 0))))"#;

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);

    // The linker lacks what the user imports: the error names it.
    let user = Module::new(&engine, USER)?;
    println!("{}", linker.instantiate_and_start(&mut store, &user).unwrap_err());

    let counter = linker.instantiate_and_start(&mut store, &Module::new(&engine, COUNTER)?)?;
    linker.instance(&store, "counter", counter)?;
    let user = linker.instantiate_and_start(&mut store, &user)?;

    let count = user.get_typed_func::<(), i32>(&store, "run")?.call(&mut store, ())?;
    println!("counted to {count}");
    assert_eq!(count, 2);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
