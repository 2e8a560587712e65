//! QEMU's machine `virt` with an RV32 processor: the only file that knows it.
#![no_std]

use sheave_board::{Board, ConstStaticCell, Semihosted};

/// Memory for a store: as much as the largest script of the test suite needs.
static ARENA: ConstStaticCell<[u8; 112 << 20]> = ConstStaticCell::new([0; 112 << 20]);

/// The board's objects. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Semihosted> {
    Board { name: env!("CARGO_PKG_NAME"), console: Semihosted::open(), arena: ARENA.take() }
}
