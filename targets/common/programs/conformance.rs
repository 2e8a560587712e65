//! `conformance` on this board: plays the official test suite as `cargo xtask conformance --board NAME` sends it; the body is
//! `sheave_board::conformance`.
#![no_std]
#![no_main]

#[sheave_board::entry]
fn main() -> ! {
    sheave_board::conformance::run(board::init())
}
