//! The interpreter: runs verified images.
//!
//! # Contract of handlers
//! One generic handler serves all rows of a shape in all forms; it is an [`Instruction`] whose `run` gets the machine with
//! `ip` behind the token and leaves it at the next token. Handlers are inlined into one of three dispatch back ends,
//! `dispatch/tail.rs`, `dispatch/table.rs` or `dispatch/switch.rs`, from the same list. build.rs chooses.
//!
//! # Safety argument of the whole folder
//! Handlers trust the code they run. Only `image::verify` makes code trusted: it checks that every token is one of the
//! table's, every slot lies in its function's frame, every index is in range, every branch target is the start of a block,
//! every call window is inside the frame. What depends on run-time values is checked here: memory and table ranges, the
//! stack's end, signatures of indirect calls. `store` keeps the context's pointers valid.
//!
//! # Files
//! `machine` registers and operands, `registers` which of them the processor has, `context` views of the store, `functions` how they are found, `handle` references, `observe` a look at the run from
//! outside; handlers: `numeric`, `memory`, `variable`, `table` (with references), `reference`
//! (typed ones), `control`, `call`.

#[cfg_attr(compact, path = "no_across.rs")]
mod across;
pub mod atomic;
#[cfg(not(shared))]
mod atomic_alone;
#[cfg(shared)]
mod atomic_shared;
pub mod call;
pub mod context;
pub mod control;
#[cfg_attr(dispatch = "tail", path = "dispatch/tail.rs")]
#[cfg_attr(dispatch = "table", path = "dispatch/table.rs")]
#[cfg_attr(dispatch = "switch", path = "dispatch/switch.rs")]
mod dispatch;
#[cfg(feature = "exceptions")]
pub mod exception;
#[cfg_attr(compact, path = "few_functions.rs")]
pub mod functions;
#[cfg(feature = "gc")]
pub mod gc;
#[cfg(general)]
#[allow(dead_code, unused_imports, unused_variables)] // Builds with a list may have no instruction for it.
pub mod general;
pub mod handle;
pub mod machine;
pub mod memory;
mod memory64;
pub mod numeric;
#[cfg_attr(not(observe), path = "no_observe.rs")]
pub mod observe;
#[cfg(feature = "function-references")]
pub mod reference;
#[cfg_attr(dispatch = "switch", path = "registers_few.rs")]
mod registers;
#[cfg_attr(not(rodata), path = "no_rodata.rs")]
pub mod rodata;
pub mod shared;
#[cfg(feature = "simd")]
pub mod simd;
pub mod table;
pub mod variable;

pub use dispatch::BACK_END;

/// Runs from the saved registers until something has to be done outside of `exec`.
///
/// # Safety
/// The context is up to date and its saved registers stand at a token of verified code.
#[cfg_attr(compact, inline(always))]
pub unsafe fn run(cx: *mut context::Context) -> machine::Exit {
    loop {
        // SAFETY: as the caller promises; `across` leaves registers that stand at the entry of a function or behind a call.
        unsafe {
            let exit = dispatch::run(cx);
            #[cfg(all(feature = "gc", not(general)))]
            if exit == machine::Exit::VERDICT {
                gc::decide(&mut *cx);
                continue;
            }
            if let Err(exit) = across::across(cx, exit) {
                return exit;
            }
        }
    }
}

/// A handler.
pub trait Instruction {
    /// Executes one instruction.
    ///
    /// # Errors
    /// The reason to leave the dispatch loop.
    ///
    /// # Safety
    /// `machine` stands behind the token of this instruction in verified code, and its context is up to date.
    unsafe fn run(machine: &mut machine::Machine) -> machine::Flow;

    /// Executes this instruction and, if control goes on to the one behind it, that one too.
    ///
    /// # Errors
    /// As [`Instruction::run`].
    ///
    /// # Safety
    /// As for [`Instruction::run`]; `Next` is the instruction behind this one, which computes or branches; behind `br`, the one at its target.
    #[inline(always)]
    unsafe fn then<Next: Instruction>(machine: &mut machine::Machine) -> machine::Flow {
        // SAFETY: this instruction computes or is `br`, so that `ip` is at the token of `Next` now.
        unsafe {
            Self::run(machine)?;
            machine.ip = machine.ip.add(1);
            Next::run(machine)
        }
    }
}

/// All handlers in the order of their tokens, for the dispatch back ends.
mod handlers {
    #![allow(unused_imports)]
    #[cfg(feature = "exceptions")]
    pub use super::exception::*;
    #[cfg(feature = "gc")]
    pub use super::gc::*;
    #[cfg(general)]
    pub use super::general::{Apart, General, HeaderByToken};
    #[cfg(all(general, feature = "simd"))]
    pub use super::general::{Vector1, Vector2, Vector3, VectorByForm};
    #[cfg(feature = "function-references")]
    pub use super::reference::*;
    #[cfg(feature = "simd")]
    pub use super::simd::*;
    pub use super::{
        Instruction,
        atomic::*,
        call::*,
        control::*,
        machine::{Handle, Imm16, Imm32, Imm64, Reg, Slot, Write},
        memory::*,
        numeric::*,
        shared::*,
        table::*,
        variable::*,
    };
    #[cfg(feature = "simd")]
    pub use crate::num::V128;
    include!(concat!(env!("OUT_DIR"), "/handlers.rs"));
    pub(super) use for_each_handler;
}
