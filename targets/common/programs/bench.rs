//! `bench` on a board: runs the kernels by each engine for `cargo xtask board bench`; the body is `sheave_board::bench`.
#![no_std]
#![no_main]

use sheave_board::bench::{self, Program};

/// Images of the same module, whose paths `cargo xtask board bench` gives.
static PROGRAMS: [Program; 2] = [
    Program {
        engine: "full",
        image: sheave::include_image!(env!("SHEAVE_IMAGE_FULL", "build with `cargo xtask board bench`")),
    },
    Program {
        engine: "base",
        image: sheave::include_image!(env!("SHEAVE_IMAGE_BASE", "build with `cargo xtask board bench`")),
    },
];

#[sheave_board::entry]
fn main() -> ! {
    bench::run(board::init(), &PROGRAMS)
}
