//! What the harness asks of an engine. Adapters are in `adapters/`, one file each; `all` lists those that were built in.
//!
//! The guest ABI is the same for every program: no imports, one export `run: [i32] -> [i64]`, the amount of work in, a
//! checksum out. So no engine needs host functions, and none is measured at something else. Programs with objects are guests of
//! `examples/guests`, whose `run` takes two numbers; `objects` lists the engines that know objects, with each collector that they have.

use crate::adapters;
use anyhow::{Result, bail};
use std::collections::BTreeSet;

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
    /// Calls `run` with these arguments.
    ///
    /// # Errors
    /// The program traps, or has other parameters.
    fn run(&mut self, arguments: &[i32]) -> Result<i64>;
}

/// The argument of a program that takes one.
///
/// # Errors
/// There are others, or none.
pub fn only(arguments: &[i32]) -> Result<i32> {
    match *arguments {
        [n] => Ok(n),
        _ => bail!("one argument, not {}", arguments.len()),
    }
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

/// Every engine of this build that knows structures, arrays and exceptions.
///
/// # Errors
/// An engine does not support this machine.
pub fn objects() -> Result<Vec<Box<dyn Engine>>> {
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    adapters::add_objects(&mut engines)?;
    Ok(engines)
}

/// The engines of the programs and those of the programs with objects that a comma-separated list names, in that order; all of them without a list.
///
/// # Errors
/// A name that no engine of this build has.
pub fn select(names: Option<&[String]>) -> Result<[Vec<Box<dyn Engine>>; 2]> {
    let all = [all()?, objects()?];
    let Some(names) = names else { return Ok(all) };
    let known: BTreeSet<&str> = all.iter().flatten().map(|engine| engine.name()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name.as_str())) {
        bail!(
            "no engine {unknown:?} in this build (it has: {}); sheave, pulley and cranelift come with Cargo's \
             `--features sheave,wasmtime`",
            Vec::from_iter(known).join(", ")
        );
    }
    Ok(all.map(|mut engines| {
        let place = |engine: &dyn Engine| names.iter().position(|name| name == engine.name());
        engines.retain(|engine| place(&**engine).is_some());
        engines.sort_by_key(|engine| place(&**engine));
        engines
    }))
}
