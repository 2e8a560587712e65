//! Dispatch by a loop over a match: portable, O(1) native stack at every opt-level and on every target.
//!
//! In optimised builds all handlers are inlined into the arms; without optimisation the arms call, because a thousand
//! inlined arms would make a native frame of tens of kilobytes.

use super::{
    Instruction,
    context::Context,
    handlers::*,
    machine::{Exit, Flow, Machine},
};

/// Name of this back end.
pub const BACK_END: &str = "switch";

/// # Safety
/// As for [`Instruction::run`].
#[cfg_attr(optimised, inline(always))]
#[cfg_attr(not(optimised), inline(never))]
unsafe fn step<I: Instruction>(machine: &mut Machine) -> Flow {
    // SAFETY: as the caller promises.
    unsafe { I::run(machine) }
}

macro_rules! dispatch { ($($($token:literal)|+ => $handler:ty;)*) => {
    /// Executes the instruction with this token.
    ///
    /// # Safety
    /// `machine` stands behind this token in verified code.
    #[cfg_attr(optimised, inline(always))]
    #[allow(clippy::manual_range_patterns)]
    unsafe fn dispatch(machine: &mut Machine, token: u16) -> Flow {
        // SAFETY: verified code has no other tokens; `image::available` refuses those that this build has no handlers for.
        unsafe {
            match token {
                $($($token)|+ => step::<$handler>(machine),)*
                _ => core::hint::unreachable_unchecked(),
            }
        }
    }
} }
for_each_handler!(dispatch);

/// Runs from the saved registers until something has to be done outside.
///
/// # Safety
/// The context is up to date and its saved registers stand at a token of verified code.
pub unsafe fn run(cx: *mut Context) -> Exit {
    // SAFETY: as the caller promises; after each instruction `ip` is at a token.
    unsafe {
        let r = (*cx).saved;
        let mut machine =
            Machine { ip: r.ip, fp: r.fp, cx, memory: (*cx).memory_base, r0: r.r0, f0: Machine::float_of(r.f0) };
        loop {
            let token = *machine.ip;
            machine.ip = machine.ip.add(1);
            if let Err(exit) = dispatch(&mut machine, token) {
                (*cx).saved = machine.registers();
                return exit;
            }
        }
    }
}
