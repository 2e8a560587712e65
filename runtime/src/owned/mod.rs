//! The API with an allocator: stores own what they hold, host functions are closures, linkers work at run time.
//!
//! One file a type. `call` runs guests, `typed` and `into_func` turn Rust types into Wasm types; `store` is the only one
//! that the others go through to the interpreter.

use crate::Trap;

mod anyref;
mod backtrace;
mod call;
mod caller;
mod config;
mod context;
mod engine;
mod error;
#[cfg(feature = "exceptions")]
mod exception;
mod float;
mod func;
mod global;
mod instance;
mod into_func;
mod limits;
mod linker;
mod memory;
mod module;
#[cfg(feature = "gc")]
mod object;
#[cfg_attr(not(feature = "std"), path = "no_observe.rs")]
mod observe;
mod resume;
#[cfg(feature = "objects")]
mod rooted;
#[cfg(all(feature = "std", target_has_atomic = "64"))]
mod shared;
mod store;
mod sync;
mod table;
mod tag;
#[cfg(feature = "translate")]
mod text;
mod typed;
mod types;
mod value;

/// Errors of single operations.
pub mod errors {
    pub use super::error::{
        ErrorKind, FuelError, FuncError, GlobalError, HostError, InstantiationError, LimiterError, LinkerError,
        MemoryError, ObserveError, TableError,
    };
}

pub use anyref::{AnyRef, I31};
pub use backtrace::{Backtrace, FrameInfo};
pub use caller::Caller;
pub use config::{CompilationMode, Config};
pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub use engine::Engine;
pub use error::Error;
#[cfg(feature = "exceptions")]
pub use exception::{ExnRef, ThrownException};
pub use float::{F32, F64};
pub use func::Func;
pub use global::Global;
pub use instance::{Export, Extern, Instance};
pub use into_func::{IntoFunc, WasmRet};
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use linker::{InstancePre, Linker};
pub use memory::Memory;
pub use module::{ExportType, ImportType, Module};
#[cfg(feature = "gc")]
pub use object::{ArrayRef, StructRef};
#[cfg(feature = "std")]
pub use observe::{FamilyStatistics, GuestProfile, ProfiledFunction, ProfiledStack, Statistics};
pub use resume::{
    ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel, TypedResumableCall, TypedResumableCallHostTrap,
    TypedResumableCallOutOfFuel,
};
#[cfg(feature = "objects")]
pub use rooted::{ManuallyRooted, RootScope, Rooted};
#[cfg(all(feature = "std", target_has_atomic = "64"))]
pub use shared::{SharedMemory, WaitResult};
pub use store::{InterruptHandle, Store};
pub use table::Table;
pub use tag::Tag;
pub use typed::{TypedFunc, WasmParams, WasmResults, WasmTy, WasmTyList};
pub use types::{
    ConcreteType, ExternType, FuncType, GlobalType, HeapType, MemoryType, MemoryTypeBuilder, Mutability, RefType,
    TableType, ValType,
};
pub use value::{ExternRef, Nullable, Ref, Val};
