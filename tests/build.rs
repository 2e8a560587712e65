//! Makes the image that `tests/embed.rs` has in its program, of `embed/guest.wat`: a macro of the compiler wants a file.

use sheave_interp::translate::{Config, translate};
use std::{env, fs, path::Path};

fn main() {
    const GUEST: &str = "embed/guest.wat";
    println!("cargo::rerun-if-changed={GUEST}");
    let wasm = wat::parse_file(GUEST).expect("the guest is WebAssembly");
    let config = Config { signal: false, debug_names: true, ..Config::default() };
    let image = translate(&wasm, &config).expect("the guest is valid");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("guest.image"), image).expect("OUT_DIR is writable");
}
