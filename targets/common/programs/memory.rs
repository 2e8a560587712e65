//! `memory` on this board: measures what the engine takes of RAM; the body is `sheave_board::memory`.
#![no_std]
#![no_main]

/// Images with names, whose path `cargo xtask board test` gives.
static IMAGES: &[u8] =
    sheave::include_image!(env!("SHEAVE_IMAGES", "build with `cargo xtask board test`, which makes the images"));

#[sheave_board::entry]
fn main() -> ! {
    sheave_board::memory::run(board::init(), IMAGES)
}
