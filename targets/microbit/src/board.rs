//! The first BBC micro:bit, an nRF51822 with a Cortex-M0: the only file that knows it.
#![no_std]

use sheave_board::{Board, ConstStaticCell, Semihosted};

/// Memory for a store: all of the RAM that the linker script leaves beside the native stack, less 256 bytes for variables.
static ARENA: ConstStaticCell<[u8; (9 << 10) - 256]> = ConstStaticCell::new([0; (9 << 10) - 256]);

/// The board's objects. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Semihosted> {
    Board { name: env!("CARGO_PKG_NAME"), console: Semihosted::open(), arena: ARENA.take() }
}
