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

/// Executes the instruction `I`. The token is passed here, where that is part of what the instruction adds to `ip` anyway.
///
/// # Safety
/// `machine` stands at the token of `I`; else as for [`Instruction::run`].
#[cfg_attr(optimised, inline(always))]
#[cfg_attr(not(optimised), inline(never))]
unsafe fn step<I: Instruction>(machine: &mut Machine) -> Flow {
    // SAFETY: as the caller promises.
    unsafe {
        machine.ip = machine.ip.add(1);
        I::run(machine)
    }
}

macro_rules! run { ($($($token:pat_param)|+ => $handler:ty;)*) => {
    /// Runs from the saved registers until something has to be done outside.
    ///
    /// # Safety
    /// The context is up to date and its saved registers stand at a token of verified code.
    #[allow(clippy::manual_range_patterns, unreachable_patterns)]
    pub unsafe fn run(cx: *mut Context) -> Exit {
        // SAFETY: as the caller promises; after each instruction `ip` is at a token. Verified code has no other tokens than those below;
        // `image::available` refuses those that this build has no handlers for.
        unsafe {
            let mut machine = Machine::resume(cx);
            let exit = loop {
                let flow = match *machine.ip {
                    $($($token)|+ => step::<$handler>(&mut machine),)*
                    _ => core::hint::unreachable_unchecked(),
                };
                if let Err(exit) = flow {
                    #[cfg(rodata)]
                    let exit = match exit {
                        Exit::BEYOND => match General::run(&mut machine) {
                            Ok(()) => continue,
                            Err(exit) => exit,
                        },
                        exit => exit,
                    };
                    break exit;
                }
            };
            (*cx).saved = machine.registers();
            exit
        }
    }
} }
for_each_handler!(run);
