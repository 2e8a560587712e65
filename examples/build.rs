//! Makes the image that `no_alloc` has in it: what a program for a microcontroller would do too.

use std::{env, fs, path::Path};

const WAT: &str = r#"(module (func (export "triple") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))"#;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let module = sheave::Module::new(&sheave::Engine::default(), WAT).expect("a valid module");
    let folder = env::var_os("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&folder).join("triple.image"), module.image()).expect("the folder can be written");
}
