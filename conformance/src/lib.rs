//! The official WebAssembly test suite as a stream of commands, and the judge of their outcome.
//!
//! ```text
//!  .wast ─► wast ─► Script (this file) ─► local ─────────────────────────────► runner ─► engine   judge compares   report prints
//!           host    plain data        │   host: modules are wasm               no_std    the API  no_std           host
//!                                     └─► images ─► stream ═══ link ═══ player ──┘
//!                                         host      no_std              no_std: modules are images
//! ```
//!
//! This file holds the commands: plain data, `no_std` with `alloc`, free of lifetimes and of anything that belongs to
//! a host, so that they can be sent to a device. A command says what the script demands; whether it was met is
//! decided in [`judge`] only. Without feature `host` (default) the crate is what a device needs, and reads no wasm; see the
//! README for what counts as a pass.
#![cfg_attr(not(feature = "host"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

pub mod engine;
pub mod judge;
pub mod player;
pub mod runner;
pub mod stream;

#[cfg(feature = "host")]
pub mod expect;
#[cfg(feature = "host")]
pub mod features;
#[cfg(feature = "host")]
pub mod html;
#[cfg(feature = "host")]
pub mod images;
#[cfg(feature = "host")]
pub mod local;
#[cfg(feature = "host")]
pub mod remote;
#[cfg(feature = "host")]
pub mod report;
#[cfg(feature = "host")]
pub mod suite;
#[cfg(feature = "host")]
pub mod wast;

#[cfg(feature = "host")]
pub use report::{FileReport, SliceReport, Summary};
#[cfg(feature = "host")]
pub use suite::{Options, run_files, run_slices};

/// A `.wast` file: commands in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What the commands are to be run as: each with the line it starts on.
    pub steps: Vec<Step>,
}

/// One command and where it stands in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Line of the command's first token, counted from 1.
    pub line: u32,
    /// What to do.
    pub command: Command,
}

/// A command of a script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Instantiates a module, which becomes the current instance and, if named, the instance and definition of that name.
    Module {
        /// The name without its `$`.
        name: Option<String>,
        /// The module.
        module: ModuleSource,
    },
    /// Defines a module without instantiating it.
    ModuleDefinition {
        /// The name without its `$`.
        name: Option<String>,
        /// The module.
        module: ModuleSource,
    },
    /// Instantiates a defined module; the instance becomes the current one.
    ModuleInstance {
        /// The name of the instance.
        name: Option<String>,
        /// The name of the definition; without one, the latest.
        definition: Option<String>,
    },
    /// Makes the exports of an instance importable.
    Register {
        /// The module name importers use.
        import_name: String,
        /// The instance; without one, the current instance.
        instance: Option<String>,
    },
    /// An action on its own: it must succeed; its results are ignored.
    Action(Action),
    /// The action must return these values.
    AssertReturn {
        /// What to do.
        action: Action,
        /// One pattern a result.
        results: Vec<Expected>,
    },
    /// The action must trap with this message.
    AssertTrap {
        /// What to do.
        action: Action,
        /// The message of the reference interpreter.
        message: String,
    },
    /// The action must exhaust the call stack.
    AssertExhaustion {
        /// What to do.
        action: Action,
        /// The message of the reference interpreter.
        message: String,
    },
    /// The action must end in an exception nobody catches.
    AssertException {
        /// What to do.
        action: Action,
    },
    /// The module decodes but must not validate.
    AssertInvalid {
        /// The module.
        module: ModuleSource,
        /// The message of the reference interpreter; shown, not compared.
        message: String,
    },
    /// The module must not decode.
    AssertMalformed {
        /// The module.
        module: ModuleSource,
        /// The message of the reference interpreter; shown, not compared.
        message: String,
    },
    /// The module is valid but must not link.
    AssertUnlinkable {
        /// The module.
        module: ModuleSource,
        /// The message of the reference interpreter.
        message: String,
    },
    /// A command outside what this crate can express; reported as skipped.
    Unsupported {
        /// Why, as it is printed: `needs threads`.
        reason: String,
        /// How many assertions it stands for.
        assertions_count: u32,
    },
}

impl Command {
    /// How many assertions the command stands for: what the report counts as passed or skipped.
    pub fn assertions_count(&self) -> u32 {
        match self {
            Self::Module { .. }
            | Self::ModuleDefinition { .. }
            | Self::ModuleInstance { .. }
            | Self::Register { .. }
            | Self::Action(_) => 0,
            Self::Unsupported { assertions_count, .. } => *assertions_count,
            _ => 1,
        }
    }
}

/// A module as the script gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ModuleSource {
    /// The bytes, given as such or encoded from text.
    Binary(Vec<u8>),
    /// Text that the text parser itself rejects, with its message: no engine is involved.
    RejectedText(String),
    /// The image that a translator has made of the bytes, for an engine that has none.
    Image(#[serde(deserialize_with = "stream::image")] Vec<u8>),
    /// The translator has refused the bytes: what becomes of the command, and of those that need the module.
    Refused(Outcome),
}

impl Command {
    /// The module that it makes or acts on, which must be valid.
    pub(crate) fn module_mut(&mut self) -> Option<&mut ModuleSource> {
        match self {
            Self::Module { module, .. }
            | Self::ModuleDefinition { module, .. }
            | Self::AssertUnlinkable { module, .. }
            | Self::Action(Action::Instantiate(module))
            | Self::AssertReturn { action: Action::Instantiate(module), .. }
            | Self::AssertTrap { action: Action::Instantiate(module), .. }
            | Self::AssertExhaustion { action: Action::Instantiate(module), .. }
            | Self::AssertException { action: Action::Instantiate(module) } => Some(module),
            _ => None,
        }
    }

    /// The bytes of its image, if it has one, which it then has no longer.
    pub(crate) fn take_image(&mut self) -> Vec<u8> {
        match self.module_mut() {
            Some(ModuleSource::Image(image)) => core::mem::take(image),
            _ => Vec::new(),
        }
    }
}

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It did what the script demands.
    Passed,
    /// The text parser rejected the module as demanded; the engine was not involved.
    TextOnly,
    /// It was judged on the host, since it asks for something that the device lacks, and did what the script demands.
    HostOnly(String),
    /// It was not judged, for this reason.
    Skipped(String),
    /// It did something else.
    Failed(String),
}

/// Something done to an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// Calls an exported function.
    Invoke {
        /// The instance; without one, the current instance.
        instance: Option<String>,
        /// The export.
        field: String,
        /// The arguments.
        args: Vec<Value>,
    },
    /// Reads an exported global.
    Get {
        /// The instance; without one, the current instance.
        instance: Option<String>,
        /// The export.
        field: String,
    },
    /// Instantiates a module; the instance is dropped.
    Instantiate(ModuleSource),
}

/// A value given to or got from the engine. Floats are bits: a NaN keeps its payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// The bytes of a `v128`, little-endian.
    V128([u8; 16]),
    /// A null reference of a heap type.
    RefNull(Heap),
    /// A host reference seen as `externref`, told apart by a number.
    RefExtern(u32),
    /// A host reference seen as `anyref`, told apart by a number.
    RefHost(u32),
    /// Any other reference that is not null, of this most specific known kind.
    Ref(Heap),
}

/// A heap type, as far as the patterns of the suite tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of the specification")]
pub enum Heap {
    Func,
    NoFunc,
    Extern,
    NoExtern,
    Any,
    Eq,
    I31,
    Struct,
    Array,
    None,
    Exn,
    NoExn,
    Cont,
    NoCont,
    /// A type of the module: its hierarchy is not known to the script.
    Concrete,
}

/// What a result must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Expected {
    /// This `i32`.
    I32(i32),
    /// This `i64`.
    I64(i64),
    /// An `f32` of this pattern.
    F32(FloatPattern<u32>),
    /// An `f64` of this pattern.
    F64(FloatPattern<u64>),
    /// A `v128` of this pattern.
    V128(V128Pattern),
    /// A null reference, of this hierarchy if one is given.
    RefNull(Option<Heap>),
    /// A host reference seen as `externref`, this one if a number is given.
    RefExtern(Option<u32>),
    /// This host reference, seen as `anyref`.
    RefHost(u32),
    /// A reference that is not null and of this type.
    Ref(Heap),
    /// Any of these.
    Either(Vec<Expected>),
}

/// A float pattern over its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FloatPattern<Bits> {
    /// Exactly these bits.
    Bits(Bits),
    /// A NaN with only the top bit of the payload set, either sign.
    CanonicalNan,
    /// A NaN with at least the top bit of the payload set, either sign.
    ArithmeticNan,
}

/// A vector pattern: bytes where lanes are integers, a pattern each where they are floats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum V128Pattern {
    /// Exactly these bytes, little-endian.
    Bytes([u8; 16]),
    /// Four `f32` lanes.
    F32x4([FloatPattern<u32>; 4]),
    /// Two `f64` lanes.
    F64x2([FloatPattern<u64>; 2]),
}
