//! The core of Sheave: WebAssembly to a register-bytecode image, and the interpreter that runs it in place.
//!
//! ```text
//! wasm bytes ─► translate ─► image ──────► instantiate ─► exec ─► trap, result or suspension
//!               (validates)    │ verify                     │ host call
//!               feature "translate"                         feature "exec"
//! ```
//!
//! Most people want the crate `sheave`, the embedding API on top of this one. The modules below stand in the order of
//! the flow. `translate` and `exec` never import each other; they meet in `isa` and `image`.
//!
//! # Features
//!
//! | feature | without it |
//! |---|---|
//! | `translate` | no wasm is read; modules arrive as images. Needs an allocator and wasmparser |
//! | `exec` | nothing runs; images are only written, read and verified |
//! | `alloc` | everything lives in memory that the caller hands over |
//! | `std` | square roots come from `libm`, rounding from portable arithmetic |
//! | `complete`, or some of `level-full`, `i64`, `metering`, `reference-types`, `bulk-memory`, `far-memory`, `floats`, `tail-call`, `wide-arithmetic`, `extended-const` | images with such instructions are refused by that name; `std` and `translate` bring all |
//! | `objects`, part of `complete` | there is no heap for structs, arrays and exceptions |
//! | `messages` | the verifier says that a rule is broken and where, but not which; `std` and `translate` bring it |
//! | `observe` | what runs cannot be counted or sampled |
//! | `loop-dispatch` | (with it, a loop dispatches even where tail calls would hold) |
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod error;
#[cfg(feature = "objects")]
pub mod gc;
pub mod isa;
pub mod num;
#[cfg(any(feature = "translate", all(feature = "alloc", feature = "objects")))]
mod push;
pub mod trap;
pub mod types;

pub mod image;

#[cfg(feature = "translate")]
pub mod translate;

#[cfg(feature = "exec")]
pub mod instance;
#[cfg(feature = "exec")]
pub mod store;

#[cfg(feature = "exec")]
pub mod exec;
