//! Wasmtime twice: its interpreter Pulley, and Cranelift's machine code as the "nearly native" column. One compiling
//! thread, optimising for speed in both. For programs with objects Pulley once for each of its collectors.

use crate::engine::{Engine, Instance, Module};
use anyhow::{Context, Result, anyhow, bail};
use wasmtime::{Collector, Config, Func, Linker, OptLevel, Store, Val};

/// Which of Wasmtime's ways to execute.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Portable bytecode, interpreted.
    Pulley,
    /// Machine code.
    Cranelift,
    /// Pulley, with objects and the collector that copies, its default.
    Copying,
    /// The same with the one that counts references.
    Counting,
    /// The same with the one that never collects.
    Null,
}

struct Wasmtime(Kind, wasmtime::Engine);
struct Loaded(wasmtime::Module);
struct Running(Store<()>, Func);

/// The engine.
///
/// # Errors
/// Wasmtime does not support this machine.
pub fn new(kind: Kind) -> Result<impl Engine> {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::Speed);
    let collector = match kind {
        Kind::Copying => Some(Collector::Copying),
        Kind::Counting => Some(Collector::DeferredReferenceCounting),
        Kind::Null => Some(Collector::Null),
        Kind::Pulley | Kind::Cranelift => None,
    };
    if let Some(collector) = collector {
        config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true).collector(collector);
    }
    if kind != Kind::Cranelift {
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
            Kind::Copying => "pulley-copying",
            Kind::Counting => "pulley-drc",
            Kind::Null => "pulley-null",
        }
    }

    fn about(&self) -> &'static str {
        match self.0 {
            Kind::Pulley => "Wasmtime 48.0.8, Pulley interpreter, code made by Cranelift at opt-level speed",
            Kind::Copying => "the same Pulley, with objects in the heap that its copying collector keeps, the default",
            Kind::Counting => "the same Pulley, its collector by deferred reference counting (cycles leak)",
            Kind::Null => "the same Pulley without a collector: memory grows until the store is dropped",
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
        let run = instance.get_func(&mut store, "run").context("no `run`")?;
        Ok(Box::new(Running(store, run)))
    }
}

impl Instance for Running {
    fn run(&mut self, arguments: &[i32]) -> Result<i64> {
        let arguments: Vec<Val> = arguments.iter().map(|argument| Val::I32(*argument)).collect();
        let mut results = [Val::I32(0)];
        self.1.call(&mut self.0, &arguments, &mut results).map_err(|error| anyhow!("{error:#}"))?;
        match results {
            [Val::I32(checksum)] => Ok(checksum.into()),
            [Val::I64(checksum)] => Ok(checksum),
            _ => bail!("no checksum"),
        }
    }
}
