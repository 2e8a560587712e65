//! A guest calls functions of the host, which read its memory and the host's own state.
//!
//! `cargo run -p sheave-examples --example host_func`

use sheave::{Caller, Engine, Error, Extern, Linker, Module, Store};

const WAT: &str = r#"
(module
    (import "log" "line" (func $line (param $start i32) (param $length i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from the guest")
    (func (export "run") (call $line (i32.const 16) (i32.const 20)))
    (func (export "beyond") (call $line (i32.const 65530) (i32.const 20))))"#;

/// What the host remembers.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
}

/// Copies a line out of the memory of the guest that calls.
fn line(mut caller: Caller<'_, Log>, start: u32, length: u32) -> Result<(), Error> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory).ok_or_else(|| Error::new("no memory"))?;
    // Never trust what a guest says: `get` refuses a range that is not inside.
    let (bytes, log) = memory.data_and_store_mut(&mut caller);
    let range = start as usize..start as usize + length as usize;
    let bytes = bytes.get(range).ok_or_else(|| Error::new("line beyond the memory"))?;
    log.lines.push(String::from_utf8_lossy(bytes).into_owned());
    Ok(())
}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("log", "line", line)?;

    let mut store = Store::new(&engine, Log::default());
    let instance = linker.instantiate_and_start(&mut store, &Module::new(&engine, WAT)?)?;
    instance.get_typed_func::<(), ()>(&store, "run")?.call(&mut store, ())?;
    println!("{:?}", store.data().lines);
    assert_eq!(store.data().lines, ["hello from the guest"]);

    // An error of the host stops the guest and comes out at the other end, with a backtrace.
    let error = instance.get_typed_func::<(), ()>(&store, "beyond")?.call(&mut store, ()).unwrap_err();
    println!("{error}");
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
