//! Dispatch by a loop that calls handlers from a table: O(1) native stack at every opt-level and on every target.
//!
//! A handler gets four registers and returns the two that nearly every handler changes, all in machine registers where the
//! machine has 64 bits. The others are at rest in the context, and written only by handlers that change them.

use super::{
    Instruction,
    context::{Context, Registers},
    handlers::*,
    machine::{Exit, Machine},
};
use core::ptr;

/// Name of this back end.
pub const BACK_END: &str = "table";

/// What a handler returns: `ip`, null to leave, and `r0`.
#[repr(C)]
struct Next {
    ip: *const u16,
    r0: u64,
}

type Handler = unsafe fn(*const u16, *mut u8, *mut Context, u64) -> Next;

macro_rules! table { ($($token:literal => $handler:ty;)*) => {
    /// Handlers by token.
    static TABLE: &[Handler] = &[$(step::<$handler>),*];
} }
for_each_handler!(table);

/// Executes one instruction.
///
/// # Safety
/// `ip` stands at a token of verified code, the other registers are as `exec` describes.
unsafe fn step<I: Instruction>(ip: *const u16, fp: *mut u8, cx: *mut Context, r0: u64) -> Next {
    // SAFETY: `ip` is at this instruction's token, and the context is the store's.
    unsafe {
        let f0 = (*cx).saved.f0;
        let mut m = Machine { ip: ip.add(1), fp, cx, memory: (*cx).memory_base, len: (), r0, f0, v0: () };
        match I::run(&mut m) {
            Ok(()) => {
                if m.f0.to_bits() != f0.to_bits() {
                    (*cx).saved.f0 = m.f0;
                }
                if m.fp != fp {
                    (*cx).saved.fp = m.fp;
                }
                Next { ip: m.ip, r0: m.r0 }
            }
            Err(exit) => leave(m.ip, m.fp, cx, m.r0, m.f0, exit),
        }
    }
}

/// Saves the registers.
///
/// # Safety
/// `cx` is the store's context.
#[cold]
#[inline(never)]
unsafe fn leave(ip: *const u16, fp: *mut u8, cx: *mut Context, r0: u64, f0: f64, exit: Exit) -> Next {
    // SAFETY: as the caller promises.
    unsafe {
        (*cx).saved = Registers { ip, fp, r0, f0 };
        (*cx).exit = exit;
    }
    Next { ip: ptr::null(), r0: 0 }
}

/// Runs from the saved registers until something has to be done outside.
///
/// # Safety
/// The context is up to date and its saved registers stand at a token of verified code.
pub unsafe fn run(cx: *mut Context) -> Exit {
    // SAFETY: as the caller promises; after each instruction `ip` is at a token.
    unsafe {
        let r = (*cx).saved;
        let mut next = Next { ip: r.ip, r0: r.r0 };
        loop {
            let handler = *TABLE.get_unchecked(*next.ip as usize);
            next = handler(next.ip, (*cx).saved.fp, cx, next.r0);
            if next.ip.is_null() {
                return (*cx).exit;
            }
        }
    }
}
