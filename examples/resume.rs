//! A host function that cannot answer at once: the call waits, takes no stack meanwhile, and goes on with the answer.
//!
//! `cargo run -p sheave-examples --example resume`

use sheave::{Engine, Error, Linker, Module, Store, TypedResumableCall, Val, errors::HostError};
use std::fmt;

const WAT: &str = r#"
(module
    (import "sensor" "read" (func $read (param i32) (result i32)))
    (func (export "sum") (result i32)
        (i32.add (call $read (i32.const 1)) (call $read (i32.const 2)))))"#;

/// The host's way to say: later.
#[derive(Debug)]
struct Pending {
    sensor: i32,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sensor {} is not ready", self.sensor)
    }
}

impl HostError for Pending {}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("sensor", "read", |sensor: i32| -> Result<i32, Error> { Err(Pending { sensor }.into()) })?;
    let instance = linker.instantiate_and_start(&mut store, &Module::new(&engine, WAT)?)?;

    let mut call = instance.get_typed_func::<(), i32>(&store, "sum")?.call_resumable(&mut store, ())?;
    let sum = loop {
        match call {
            TypedResumableCall::Finished(sum) => break sum,
            TypedResumableCall::HostTrap(waiting) => {
                let Some(pending) = waiting.host_error().downcast_ref::<Pending>() else {
                    return Err(waiting.into_host_error());
                };
                println!("{pending}: measuring");
                let measured = 20 + pending.sensor;
                call = waiting.resume(&mut store, &[Val::I32(measured)])?;
            }
            TypedResumableCall::OutOfFuel(_) => unreachable!("fuel is not metered"),
        }
    };
    println!("sum: {sum}");
    assert_eq!(sum, 43);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
