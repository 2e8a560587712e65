//! `program`: loads a program of the benchmark and runs it once. `cargo xtask count` counts the instructions of that.
//!
//! The program exports `run(n: i32) -> i64`; without N it is only loaded.

use clap::Parser;
use sheave::{Engine, Error, Linker, Module, Store};
use std::path::PathBuf;

/// Load a program of the benchmark and print what its `run(N)` returns.
#[derive(Parser)]
struct Options {
    /// Its module.
    file: PathBuf,
    /// Its input; without it the program is only loaded.
    n: Option<i32>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    if let Some(result) = run(&std::fs::read(&options.file)?, options.n)? {
        println!("{result}");
    }
    Ok(())
}

fn run(wasm: &[u8], n: Option<i32>) -> Result<Option<i64>, Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    let run = instance.get_typed_func::<i32, i64>(&store, "run")?;
    n.map(|n| run.call(&mut store, n)).transpose()
}
