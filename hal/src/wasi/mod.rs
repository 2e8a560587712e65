//! The WebAssembly System Interface over the capabilities: its binary interface and the functions of preview 1.

pub mod abi;
mod flags;
pub mod p1;
