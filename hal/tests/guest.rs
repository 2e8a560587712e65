//! Whole guests through the linker: a module in text form, a context, a call of `_start`.

use sheave::{Engine, Error, Linker, Module, Store};
use sheave_hal::{
    Access, WasiCtx,
    host::{MemoryInput, MemoryOutput},
    wasi::p1::{self, I32Exit},
};

/// Runs `_start` of a module.
fn run(wat: &str, ctx: WasiCtx<'static>) -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(wat).expect("the text is a module"))?;
    let mut linker = <Linker<WasiCtx<'static>>>::new(&engine);
    p1::add_to_linker(&mut linker, |ctx| ctx)?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&store, "_start")?.call(&mut store, ())
}

const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\10\00\00\00\06\00\00\00hello\n")
    (func (export "_start")
        (call $exit (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))))"#;

/// The code a guest ended with.
fn exit_code(result: Result<(), Error>) -> i32 {
    result.expect_err("the guest exits").downcast_ref::<I32Exit>().expect("by proc_exit").0
}

#[test]
fn hello() {
    let out = MemoryOutput::new(100);
    let ctx = WasiCtx::builder().stdout(Box::new(out.clone())).build();
    assert_eq!(exit_code(run(HELLO, ctx)), 0);
    assert_eq!(out.contents(), b"hello\n");
}

#[test]
fn nothing_is_granted_by_default() {
    assert_eq!(exit_code(run(HELLO, WasiCtx::builder().build())), 8, "EBADF");
}

#[test]
fn a_guest_without_memory_gets_an_error() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "_start") (drop (call $yield))))"#;
    let error = run(wat, WasiCtx::builder().build()).expect_err("there is no memory");
    assert!(error.to_string().contains("exports no memory named \"memory\""), "{error}");
}

#[test]
fn every_function_links_with_the_types_of_the_interface() {
    let mut wat = String::from("(module ");
    for function in p1::FUNCTIONS {
        let params: String = function
            .params
            .iter()
            .fold(String::new(), |text, (_, kind)| text + if *kind == p1::ParamType::I32 { " i32" } else { " i64" });
        let result = if function.returns_errno { "(result i32)" } else { "" };
        wat += &format!("(import \"{}\" \"{}\" (func (param{params}) {result}))", p1::MODULE, function.name);
    }
    wat += "(memory (export \"memory\") 1) (func (export \"_start\")))";
    run(&wat, WasiCtx::builder().build()).expect("all are there");
}

#[test]
fn copies_a_file_to_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.txt"), "from the host").unwrap();
    let out = MemoryOutput::new(100);
    let mut builder = WasiCtx::builder();
    builder.stdin(Box::new(MemoryInput::new("unused"))).stdout(Box::new(out.clone()));
    builder.preopened_dir(dir.path(), "/", Access::ReadOnly).unwrap();
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\00\01\00\00\40\00\00\00") ;; an iovec: 64 bytes at 256
        (data (i32.const 32) "in.txt")
        (func $check (param i32) (if (local.get 0) (then unreachable)))
        (func (export "_start")
            (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 6) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
            (call $check (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 4)))
            (call $check (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#;
    run(wat, builder.build()).expect("the guest ends well");
    assert_eq!(out.contents(), b"from the host");
}
