//! Capabilities for Sheave's guests, and WASI preview 1 on top of them.
//!
//! Reading order: [`cap`] (what can be granted), [`WasiCtx`] (what one guest was granted; nothing by default),
//! [`wasi::abi`] (preview 1's numbers and guest memory), [`wasi::p1`] (its 46 functions and the one table of them).
//! `host` has the capabilities on std, `eh` has them from the embedded ecosystem's traits, `fake` has recording fakes.
//!
//! Invariants: guest bytes never panic here, never make the host allocate without a limit ([`limits`]), and never
//! reach anything that was not granted. There is no unsafe code.
//!
//! # Features
//!
//! | feature | without it one loses | cost |
//! |---|---|---|
//! | `std` (default) | the host's files, streams, clocks and random numbers | cap-std, getrandom, rustix; hosts only |
//! | `linker` (in `std`) | `wasi::p1::add_to_linker`; the functions themselves remain | the embedding crate, closures on the heap |
//! | `alloc` (in both) | owned capability objects, growing descriptor tables, owned arguments | a heap |
//! | `fake` | recording fakes and the fault injector outside this crate's tests | nothing until used |
//! | `embedded-io-06`, `embedded-io-07` | standard streams from a UART driver | one trait crate, no code until used |
//! | `embedded-hal` | waiting by a delay driver | as above |
//! | `rand_core` | random numbers from a chip's generator | as above |
//!
//! Without any feature nothing allocates: the embedding lends the capability objects and the descriptor table
//! ([`WasiCtx::builder_in`]), and paths are at most 256 bytes instead of 4096.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
// Under another name, so that nothing takes it for the default.
#[cfg(feature = "std")]
extern crate std as libstd;

pub mod cap;
mod ctx;
mod descriptor;
pub mod eh;
#[cfg(any(all(test, feature = "alloc"), feature = "fake"))]
pub mod fake;
#[cfg(feature = "std")]
pub mod host;
pub mod limits;
mod own;
pub mod wasi;

pub use ctx::{ClockId, WasiCtx, WasiCtxBuilder};
pub use descriptor::{Access, Descriptor, FileSystemIndex};
pub use own::{Object, Text};

/// The README's example, so that it is compiled and run.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
