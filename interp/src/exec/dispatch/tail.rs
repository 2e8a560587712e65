//! Dispatch by tail calls: each handler ends in a jump to the next one, all registers in machine registers.
//!
//! Chosen by build.rs where optimised code keeps sibling calls with register arguments: x86-64 (six integers, System V)
//! and AArch64. A handler that calls anything on its hot path would save registers there; cold paths are tail calls too.

use super::{
    Instruction,
    context::{Context, Registers},
    handlers::*,
    machine::{Exit, Machine},
    observe,
    registers::{VectorRegister, save_vector, vector},
};
use crate::isa::{SUPERINSTRUCTIONS, TOKENS};

/// Name of this back end.
pub const BACK_END: &str = "tail";

// Without vectors their register is nothing.
macro_rules! handler_fn { ($(#[$attr:meta])* $vis:vis unsafe fn $name:ident $(<$g:ident: $bound:path>)? ($($arg:ident: $ty:ty),*) $body:block) => {
    #[cfg(target_arch = "x86_64")]
    #[allow(improper_ctypes_definitions)]
    $(#[$attr])* $vis unsafe extern "sysv64" fn $name $(<$g: $bound>)? ($($arg: $ty),*) -> Exit $body
    #[cfg(not(target_arch = "x86_64"))]
    #[allow(improper_ctypes_definitions)]
    $(#[$attr])* $vis unsafe extern "C" fn $name $(<$g: $bound>)? ($($arg: $ty),*) -> Exit $body
} }

/// A handler as the table has it.
#[cfg(target_arch = "x86_64")]
#[allow(improper_ctypes_definitions)] // A vector is what the convention has a register for.
pub(super) type Handler =
    unsafe extern "sysv64" fn(*const u16, *mut u8, *mut Context, *mut u8, u64, f64, VectorRegister) -> Exit;
/// A handler as the table has it.
#[cfg(not(target_arch = "x86_64"))]
#[allow(improper_ctypes_definitions)] // As above.
pub(super) type Handler =
    unsafe extern "C" fn(*const u16, *mut u8, *mut Context, *mut u8, u64, f64, VectorRegister) -> Exit;

pub(super) const HANDLERS: usize = (TOKENS + SUPERINSTRUCTIONS) as usize;

macro_rules! table { ($($token:literal => $handler:ty;)*) => {
    /// Handlers by token.
    pub(super) static TABLE: [Handler; HANDLERS] = [$(step::<$handler>),*];
} }
for_each_handler!(table);

handler_fn! {
    /// One handler: executes, then jumps to the next.
    ///
    /// # Safety
    /// `ip` stands at a token of verified code, the other registers are as `exec` describes.
    unsafe fn step<I: Instruction>(ip: *const u16, fp: *mut u8, cx: *mut Context, memory: *mut u8, r0: u64, f0: f64, v0: VectorRegister) {
        // SAFETY: `ip` is at this instruction's token; afterwards it is at the token of the next one, which verified code has.
        unsafe {
            let mut m = Machine { ip: ip.add(1), fp, cx, memory, len: (), r0, f0, v0 };
            match I::run(&mut m) {
                Ok(()) => {
                    let next = *observe::table(m.cx).add(*m.ip as usize);
                    next(m.ip, m.fp, m.cx, m.memory, m.r0, m.f0, m.v0)
                }
                Err(exit) => {
                    (*m.cx).exit = exit;
                    leave(m.ip, m.fp, m.cx, m.memory, m.r0, m.f0, m.v0)
                }
            }
        }
    }
}

/// Handlers by token while the run is observed: all the same one.
#[cfg(observe)]
pub(super) static OBSERVING: [Handler; HANDLERS] = [look; HANDLERS];

#[cfg(observe)]
handler_fn! {
    /// Notes the instruction that comes next and executes it, or leaves at it.
    ///
    /// # Safety
    /// As for `step`.
    #[cold]
    unsafe fn look(ip: *const u16, fp: *mut u8, cx: *mut Context, memory: *mut u8, r0: u64, f0: f64, v0: VectorRegister) {
        // SAFETY: as in `step`; the token that comes back is that of the instruction at `ip`, or of the first of those.
        unsafe {
            match observe::note(ip, fp, cx) {
                Some(token) => TABLE.get_unchecked(token as usize)(ip, fp, cx, memory, r0, f0, v0),
                None => {
                    (*cx).exit = Exit::SAMPLE;
                    leave(ip, fp, cx, memory, r0, f0, v0)
                }
            }
        }
    }
}

handler_fn! {
    /// Saves the registers and ends the chain of tail calls.
    #[cold]
    #[inline(never)]
    unsafe fn leave(ip: *const u16, fp: *mut u8, cx: *mut Context, _memory: *mut u8, r0: u64, f0: f64, v0: VectorRegister) {
        // SAFETY: `cx` is the store's context, as in every handler.
        unsafe {
            (*cx).saved = Registers { ip, fp, r0, f0 };
            save_vector(cx, v0);
            (*cx).exit
        }
    }
}

/// Runs from the saved registers until something has to be done outside.
///
/// # Safety
/// The context is up to date and its saved registers stand at a token of verified code.
pub unsafe fn run(cx: *mut Context) -> Exit {
    // SAFETY: as the caller promises.
    unsafe {
        let r = (*cx).saved;
        let first = *observe::table(cx).add(*r.ip as usize);
        first(r.ip, r.fp, cx, (*cx).memory_base, r.r0, r.f0, vector(cx))
    }
}
