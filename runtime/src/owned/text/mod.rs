//! Wasm text, with feature `wat`: the same function without it passes bytes on.

#[cfg_attr(feature = "wat", path = "parse.rs")]
#[cfg_attr(not(feature = "wat"), path = "pass.rs")]
mod convert;

pub(crate) use convert::to_wasm;
