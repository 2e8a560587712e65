//! The first BBC micro:bit, an nRF51822 with a Cortex-M0: the only file that knows it.
#![no_std]

use sheave_board::{Board, ConstStaticCell, Semihosted};

/// Memory for a store: more than half of all RAM.
static ARENA: ConstStaticCell<[u8; 17 << 9]> = ConstStaticCell::new([0; 17 << 9]);

/// The board's objects. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Semihosted> {
    Board { name: env!("CARGO_PKG_NAME"), console: Semihosted::open(), arena: ARENA.take() }
}
