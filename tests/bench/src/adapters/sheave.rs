//! Sheave itself: the whole way from wasm through translation and image.

use crate::engine::{Engine, Instance, Module};
use anyhow::{Context, Result, bail};
use sheave::{Config, Func, Linker, Store, Val};
use sheave_interp::image::OwnedImage;

struct Sheave(sheave::Engine);
struct Loaded(sheave::Engine, sheave::Module);
struct Running(Store<()>, Func);

/// The engine.
///
/// # Errors
/// The configuration is refused.
pub fn new() -> Result<impl Engine> {
    Ok(Sheave(sheave::Engine::new(&Config::default())))
}

impl Engine for Sheave {
    fn name(&self) -> &'static str {
        "sheave"
    }

    fn about(&self) -> &'static str {
        "Sheave, default Config; load is validate and translate"
    }

    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Module>> {
        Ok(Box::new(Loaded(self.0.clone(), sheave::Module::new(&self.0, wasm)?)))
    }

    fn images(&self, wasm: &[u8]) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let image = |kind, has_superinstructions| {
            let engine = sheave::Engine::new(Config::default().superinstructions(has_superinstructions));
            Ok((kind, sheave::Module::new(&engine, wasm)?.image().to_vec()))
        };
        [image("plain", false), image("host level", true)].into_iter().collect()
    }

    fn load_image(&self, image: &[u8]) -> Result<Box<dyn Module>> {
        Ok(Box::new(Loaded(self.0.clone(), sheave::Module::from_image(&self.0, image)?)))
    }
}

impl Module for Loaded {
    fn instantiate(&self) -> Result<Box<dyn Instance>> {
        let mut store = Store::new(&self.0, ());
        let instance = Linker::new(&self.0).instantiate_and_start(&mut store, &self.1)?;
        let run = instance.get_func(&store, "run").context("no `run`")?;
        Ok(Box::new(Running(store, run)))
    }

    fn code_bytes(&self) -> Option<usize> {
        let image = OwnedImage::new(self.1.image()).ok()?;
        Some(size_of_val(image.parse().ok()?.code()))
    }
}

impl Instance for Running {
    fn run(&mut self, arguments: &[i32]) -> Result<i64> {
        let arguments: Vec<Val> = arguments.iter().map(|argument| Val::I32(*argument)).collect();
        let mut results = [Val::I32(0)];
        self.1.call(&mut self.0, &arguments, &mut results)?;
        match results {
            [Val::I32(checksum)] => Ok(checksum.into()),
            [Val::I64(checksum)] => Ok(checksum),
            _ => bail!("no checksum"),
        }
    }
}
