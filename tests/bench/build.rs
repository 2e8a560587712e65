//! Tells the harness with which compiler and flags it, and so every engine in it, was built; the report prints them.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version =
        Command::new(rustc).arg("--version").output().map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    println!("cargo::rustc-env=BENCH_RUSTC={}", version.unwrap_or_default().trim());
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default().replace('\u{1f}', " ");
    println!("cargo::rustc-env=BENCH_RUSTFLAGS={flags}");
    println!("cargo::rustc-env=BENCH_OPT_LEVEL={}", env::var("OPT_LEVEL").unwrap_or_default());
}
