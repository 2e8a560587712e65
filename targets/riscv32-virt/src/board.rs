//! QEMU's machine `virt` with an RV32 processor: the only file that knows it.
#![no_std]

use sheave_board::{Board, ConstStaticCell, Semihosted};

/// Memory for a store.
static ARENA: ConstStaticCell<[u8; 1 << 20]> = ConstStaticCell::new([0; 1 << 20]);

/// The board's objects. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Semihosted> {
    Board { name: env!("CARGO_PKG_NAME"), console: Semihosted::open(), arena: ARENA.take() }
}
