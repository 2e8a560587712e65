//! One file an engine, each behind the Cargo feature that brings the engine in.

#[cfg(feature = "sheave")]
mod sheave;
#[cfg(feature = "tinywasm")]
mod tinywasm;
#[cfg(feature = "wasmi")]
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use crate::engine::Engine;
use anyhow::Result;

/// Adds the engines of this build.
///
/// # Errors
/// An engine does not support this machine.
pub fn add(engines: &mut Vec<Box<dyn Engine>>) -> Result<()> {
    #[cfg(feature = "sheave")]
    engines.push(Box::new(sheave::new()?));
    #[cfg(feature = "wasmi")]
    engines.push(Box::new(wasmi::new()));
    #[cfg(feature = "tinywasm")]
    engines.push(Box::new(tinywasm::new()));
    #[cfg(feature = "wasmtime")]
    for kind in [wasmtime::Kind::Pulley, wasmtime::Kind::Cranelift] {
        engines.push(Box::new(wasmtime::new(kind)?));
    }
    Ok(())
}

/// Adds those that know objects.
///
/// # Errors
/// An engine does not support this machine.
pub fn add_objects(engines: &mut Vec<Box<dyn Engine>>) -> Result<()> {
    #[cfg(feature = "sheave")]
    engines.push(Box::new(sheave::new()?));
    #[cfg(feature = "wasmtime")]
    for kind in [wasmtime::Kind::Copying, wasmtime::Kind::Counting, wasmtime::Kind::Null] {
        engines.push(Box::new(wasmtime::new(kind)?));
    }
    Ok(())
}
