//! What the harness asks of an engine. Adapters are in `adapters/`, one file each; `all` lists those that were built in.
//!
//! The guest ABI is the same for every program: no imports, one export `run: [i32] -> [i64]`, the amount of work in, a
//! checksum out. So no engine needs host functions, and none is measured at something else.

use crate::adapters;
use anyhow::{Result, bail};

/// One engine, configured once.
pub trait Engine {
    /// The name in tables and on the command line.
    fn name(&self) -> &'static str;
    /// Version and settings, for the report.
    fn about(&self) -> &'static str;
    /// Validates and compiles a whole module, eagerly: nothing may be left for the first call.
    ///
    /// # Errors
    /// The engine refuses the module.
    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Module>>;

    /// Images of a module that the engine loads as well, each with the name of its kind; none where there is no such thing.
    ///
    /// # Errors
    /// The engine refuses the module.
    fn images(&self, _wasm: &[u8]) -> Result<Vec<(&'static str, Vec<u8>)>> {
        Ok(Vec::new())
    }

    /// Loads an image that it does not trust.
    ///
    /// # Errors
    /// The engine refuses the image, or all.
    fn load_image(&self, _image: &[u8]) -> Result<Box<dyn Module>> {
        bail!("{} has no images", self.name())
    }
}

/// A loaded module.
pub trait Module {
    /// A fresh instance, with its own memory.
    ///
    /// # Errors
    /// The module has imports, or no `run` of the right type.
    fn instantiate(&self) -> Result<Box<dyn Instance>>;

    /// Bytes of translated code; none where the engine does not tell.
    fn code_bytes(&self) -> Option<usize> {
        None
    }
}

/// An instance of a benchmark program.
pub trait Instance {
    /// Calls `run(n)`.
    ///
    /// # Errors
    /// The program traps.
    fn run(&mut self, n: i32) -> Result<i64>;
}

/// Every engine of this build, in the order of the tables' columns.
///
/// # Errors
/// An engine does not support this machine.
pub fn all() -> Result<Vec<Box<dyn Engine>>> {
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    adapters::add(&mut engines)?;
    Ok(engines)
}

/// The engines that a comma-separated list names, in that order; all of them without a list.
///
/// # Errors
/// A name that no engine of this build has.
pub fn select(names: Option<&[String]>) -> Result<Vec<Box<dyn Engine>>> {
    let mut engines = all()?;
    let Some(names) = names else { return Ok(engines) };
    let known = engines.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", ");
    let mut selected = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            continue;
        }
        match engines.iter().position(|engine| engine.name() == name) {
            Some(at) => selected.push(engines.remove(at)),
            None => bail!(
                "no engine {name:?} in this build (it has: {known}); sheave, pulley and cranelift come with \
                 Cargo's `--features sheave,wasmtime`"
            ),
        }
    }
    Ok(selected)
}
