//! WebAssembly where no machine code may be generated: hosts without a JIT and microcontrollers.
//!
//! Wasm is translated once into a compact *image* of register bytecode, which is then interpreted in place. Names and shapes
//! are those of Wasmtime and wasmi.
//!
//! ```
//! # #[cfg(feature = "wat")] {
//! use sheave::*;
//!
//! // A module that calls a function of the host. Text needs feature `wat`; the binary format does not.
//! let wasm = r#"
//!     (module
//!         (import "host" "hello" (func $host_hello (param i32)))
//!         (func (export "hello")
//!             (call $host_hello (i32.const 3))
//!         )
//!     )
//! "#;
//! let engine = Engine::default();
//! let module = Module::new(&engine, wasm)?;
//!
//! // Everything that lives at run time belongs to a store, which also holds a state of the host: here a number.
//! type HostState = u32;
//! let mut store = Store::new(&engine, 42);
//!
//! // A linker knows what modules import.
//! let mut linker = <Linker<HostState>>::new(&engine);
//! linker.func_wrap("host", "hello", |caller: Caller<'_, HostState>, param: i32| {
//!     println!("Got {param} from WebAssembly and my host state is: {}", caller.data());
//! })?;
//! let instance = linker.instantiate_and_start(&mut store, &module)?;
//! instance.get_typed_func::<(), ()>(&store, "hello")?.call(&mut store, ())?;
//!
//! // What does not fit is an error that names it.
//! let error = instance.get_typed_func::<i32, ()>(&store, "hello").unwrap_err();
//! assert_eq!(error.to_string(), "parameter of another type than the function's");
//! # }
//! # Ok::<(), sheave::Error>(())
//! ```
//!
//! # Features
//!
//! | feature | without it |
//! |---|---|
//! | `std` | square roots come from `libm`, rounding from portable arithmetic |
//! | `alloc` | what is here is the smaller API of [`arena`]: memory from the caller, imports as a table |
//! | `translate` | no wasm is read: modules arrive as images |
//! | `complete`, or some of the features in its place | images with such instructions are refused by the feature's name; the README has the list. `std` and `translate` bring all |
//! | `messages` | what is wrong with an image's code is not told in words, only where; `std` and `translate` bring it |
//! | `embed` | no `embed_image!`: images are verified on the device |
//! | `wat` | (with it, [`Module::new`] also takes text) |
#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub use sheave_interp::trap::Trap;
/// The name that wasmi gives [`Trap`].
pub use sheave_interp::trap::Trap as TrapCode;

/// The example of the project's README, as a test.
#[cfg(all(doctest, feature = "wat"))]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod arena;
#[cfg(feature = "embed")]
pub mod embed;
mod include_image;
#[cfg(not(feature = "alloc"))]
pub use arena::*;
#[cfg(feature = "embed")]
pub use embed::embed_image;
#[cfg(any(feature = "alloc", feature = "simd"))]
mod vector;
#[cfg(any(feature = "alloc", feature = "simd"))]
pub use vector::V128;

#[cfg(feature = "alloc")]
mod owned;
#[cfg(feature = "alloc")]
pub use owned::*;
