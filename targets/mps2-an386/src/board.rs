//! The MPS2 board with the FPGA image AN386, a Cortex-M4F: the only file that knows it.
#![no_std]

use sheave_board::{Board, ConstStaticCell, Semihosted};

/// Memory for a store: most of the RAM, of which the test suite takes what it gets.
static ARENA: ConstStaticCell<[u8; 15 << 18]> = ConstStaticCell::new([0; 15 << 18]);

/// The board's objects. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Semihosted> {
    Board { name: env!("CARGO_PKG_NAME"), console: Semihosted::open(), arena: ARENA.take() }
}
