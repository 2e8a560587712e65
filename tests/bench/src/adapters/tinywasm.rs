//! tinywasm: default engine with deeper stacks (the programs recurse further than its defaults allow), one parsing thread.

use crate::engine::{Engine, Instance, Module, only};
use anyhow::{Result, anyhow};
use tinywasm::engine::Config;
use tinywasm::{FunctionTyped, ModuleInstance, StackConfig, Store};

struct TinyWasm(tinywasm::Engine);
struct Loaded(tinywasm::Engine, tinywasm::types::Module);
struct Running(Store, FunctionTyped<i32, i64>);

/// The engine.
pub fn new() -> impl Engine {
    let config = Config::new()
        .with_value_stack_32(StackConfig::fixed(256 * 1024))
        .with_value_stack_64(StackConfig::fixed(256 * 1024))
        .with_call_stack(StackConfig::fixed(16 * 1024));
    TinyWasm(tinywasm::Engine::new(config))
}

impl Engine for TinyWasm {
    fn name(&self) -> &'static str {
        "tinywasm"
    }

    fn about(&self) -> &'static str {
        "tinywasm 0.10.0, features std, parser; one parsing thread, memory as one vector"
    }

    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Module>> {
        let module = tinywasm::parse_bytes(wasm).map_err(|error| anyhow!("{error}"))?;
        Ok(Box::new(Loaded(self.0.clone(), module)))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = Store::new(self.0.clone());
        let instance = ModuleInstance::instantiate(&mut store, &self.1, None).map_err(|error| anyhow!("{error}"))?;
        let run = instance.func(&store, "run").map_err(|error| anyhow!("{error}"))?;
        Ok(Box::new(Running(store, run)))
    }
}

impl Instance for Running {
    fn run(&mut self, arguments: &[i32]) -> Result<i64> {
        self.1.call(&mut self.0, only(arguments)?).map_err(|error| anyhow!("{error}"))
    }
}
