//! `translate` on a board: translates a guest's module on the board itself and runs it; the body is `sheave_board::translate`.
#![no_std]
#![no_main]

/// The module, whose path `cargo xtask board run --translate` gives.
static WASM: &[u8] =
    include_bytes!(env!("SHEAVE_WASM", "build with `cargo xtask board run --translate`, which makes a module"));

#[sheave_board::entry]
fn main() -> ! {
    sheave_board::translate::run(board::init(), WASM)
}
