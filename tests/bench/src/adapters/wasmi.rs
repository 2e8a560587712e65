//! wasmi: tail-call dispatch where the target has it (`auto-dispatch`), eager compilation.

use crate::engine::{Engine, Instance, Module, only};
use anyhow::Result;
use wasmi::{CompilationMode, Config, Linker, Store, TypedFunc};

struct Wasmi(wasmi::Engine);
struct Loaded(wasmi::Module);
struct Running(Store<()>, TypedFunc<i32, i64>);

/// The engine.
pub fn new() -> impl Engine {
    let mut config = Config::default();
    config.compilation_mode(CompilationMode::Eager);
    Wasmi(wasmi::Engine::new(&config))
}

impl Engine for Wasmi {
    fn name(&self) -> &'static str {
        "wasmi"
    }

    fn about(&self) -> &'static str {
        "wasmi 2.0.0, features std, validate, stable, auto-dispatch, simd (tail calls on x86-64 and AArch64), eager"
    }

    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Module>> {
        Ok(Box::new(Loaded(wasmi::Module::new(&self.0, wasm)?)))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = Store::new(self.0.engine(), ());
        let instance = Linker::new(self.0.engine()).instantiate_and_start(&mut store, &self.0)?;
        let run = instance.get_typed_func(&store, "run")?;
        Ok(Box::new(Running(store, run)))
    }
}

impl Instance for Running {
    fn run(&mut self, arguments: &[i32]) -> Result<i64> {
        Ok(self.1.call(&mut self.0, only(arguments)?)?)
    }
}
