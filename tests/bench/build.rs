//! Tells the harness with which compiler and flags it, and so every engine in it, was built; the report prints them.

use std::env;
use std::path::PathBuf;
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
    // OUT_DIR is <target folder>/<profile>/build/<package>/out, and nothing else tells a custom profile's name.
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let profile = out.ancestors().nth(3).and_then(|folder| folder.file_name()).unwrap_or_default();
    println!("cargo::rustc-env=BENCH_PROFILE={}", profile.to_string_lossy());
}
