//! `hello` on this board: runs a guest's image in place from flash; the body is `sheave_board::hello`.
#![no_std]
#![no_main]

/// The image, whose path `cargo xtask board run` gives.
static IMAGE: &[u8] =
    sheave::include_image!(env!("SHEAVE_IMAGE", "build with `cargo xtask board run`, which makes an image"));

#[sheave_board::entry]
fn main() -> ! {
    sheave_board::hello::run(board::init(), IMAGE)
}
