//! Wasmtime twice: its interpreter Pulley, and Cranelift's machine code as the "nearly native" column. One compiling
//! thread, optimising for speed in both.

use crate::engine::{Engine, Instance, Module};
use anyhow::{Result, anyhow};
use wasmtime::{Config, Linker, OptLevel, Store, TypedFunc};

/// Which of Wasmtime's ways to execute.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Portable bytecode, interpreted.
    Pulley,
    /// Machine code.
    Cranelift,
}

struct Wasmtime(Kind, wasmtime::Engine);
struct Loaded(wasmtime::Module);
struct Running(Store<()>, TypedFunc<i32, i64>);

/// The engine.
///
/// # Errors
/// Wasmtime does not support this machine.
pub fn new(kind: Kind) -> Result<impl Engine> {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed);
    if kind == Kind::Pulley {
        let target = if cfg!(target_pointer_width = "64") { "pulley64" } else { "pulley32" };
        config.target(target).map_err(|error| anyhow!("{error:#}"))?;
    }
    Ok(Wasmtime(kind, wasmtime::Engine::new(&config).map_err(|error| anyhow!("{error:#}"))?))
}

impl Engine for Wasmtime {
    fn name(&self) -> &'static str {
        match self.0 {
            Kind::Pulley => "pulley",
            Kind::Cranelift => "cranelift",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Kind::Pulley => "Wasmtime 48.0.8, Pulley interpreter, code made by Cranelift at opt-level speed",
            Kind::Cranelift => {
                "Wasmtime 48.0.8, Cranelift machine code at opt-level speed (not an interpreter: the native-like bound)"
            }
        }
    }

    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Module>> {
        Ok(Box::new(Loaded(wasmtime::Module::new(&self.1, wasm).map_err(|error| anyhow!("{error:#}"))?)))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let engine = self.0.engine();
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &self.0).map_err(|error| anyhow!("{error:#}"))?;
        let run = instance.get_typed_func(&mut store, "run").map_err(|error| anyhow!("{error:#}"))?;
        Ok(Box::new(Running(store, run)))
    }
}

impl Instance for Running {
    fn run(&mut self, n: i32) -> Result<i64> {
        self.1.call(&mut self.0, n).map_err(|error| anyhow!("{error:#}"))
    }
}
