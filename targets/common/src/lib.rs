//! What all boards share. A board's crate has `init()`, which makes a [`Board`]; a program's body is a module here and takes one.
//! So no board repeats a program, and no program knows a chip.
//!
//! Also here, once for all programs: the entry attribute of the architecture, what happens on a panic (`panic.rs`) or a fault
//! (`fault.rs`), the console of emulators and debuggers (`semihosted.rs`), logs (`log`), and the measuring of the native stack (`stack.rs`).
#![no_std]

#[cfg(feature = "heap")]
extern crate alloc;

pub mod bench;
#[cfg(feature = "conformance")]
pub mod conformance;
mod fault;
#[cfg(feature = "heap")]
mod heap;
pub mod hello;
#[cfg(feature = "conformance")]
#[cfg_attr(feature = "rtt", path = "link/rtt.rs")]
#[cfg_attr(all(feature = "serial", not(feature = "rtt")), path = "link/serial.rs")]
#[cfg_attr(not(any(feature = "rtt", feature = "serial")), path = "link/files.rs")]
mod link;
#[cfg_attr(feature = "rtt", path = "log/rtt.rs")]
#[cfg_attr(not(feature = "rtt"), path = "log/file.rs")]
pub mod log;
pub mod memory;
mod panic;
mod semihosted;
mod stack;
#[cfg(feature = "translate")]
pub mod translate;

// Linked for its critical section, which a chip without compare-and-swap needs: with one core, interrupts are switched off.
#[cfg(target_arch = "arm")]
use cortex_m as _;

/// Marks a program's `main`, which never returns.
#[cfg(target_arch = "arm")]
pub use cortex_m_rt::entry;
pub use embedded_io::{self, Write};
/// Marks a program's `main`, which never returns.
#[cfg(target_arch = "riscv32")]
pub use riscv_rt::entry;
pub use semihosted::{Semihosted, exit};
pub use static_cell::ConstStaticCell;

/// Exit code of a program whose guest was stopped by a trap or never started, as of the command `sheave`.
pub const EXIT_TRAP: i32 = 134;
/// Exit code after a panic, as of a Rust program on a host.
pub const EXIT_PANIC: i32 = 101;
/// Exit code when the heap is used up, as of a process that Linux kills for that.
pub const EXIT_MEMORY: i32 = 137;
/// Exit code after a fault of the processor, as of a process that a Unix kills with SIGSEGV.
pub const EXIT_FAULT: i32 = 139;

/// What a board gives to a program: objects that its `init()` makes, once.
pub struct Board<C> {
    /// As in board.toml.
    pub name: &'static str,
    /// Where the program writes: a UART, or [`Semihosted`].
    pub console: C,
    /// Memory for a store, as much as the board can spare beside the native stack.
    pub arena: &'static mut [u8],
}
