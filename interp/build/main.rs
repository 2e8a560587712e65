//! Generates, from the table in `src/isa/table.rs` and the list of superinstructions beside it, the row names and the list of
//! handlers, and picks the dispatch back end.
//!
//! Nothing here decides anything about an instruction: the table does. A handler that is named by a shape and missing in
//! `exec` is a compile error in the generated list.

mod available;
mod compact;
mod general;
mod handlers;
mod operations;
mod rows;
mod superinstructions;
#[allow(dead_code)]
#[path = "../src/isa/table.rs"]
mod table;

use std::{env, fs, path::Path};

use available::{Available, HANDLERS};
use table::{ROWS, Row};

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/isa");
    println!("cargo::rustc-check-cfg=cfg(dispatch, values(\"tail\", \"table\", \"switch\"))");
    println!(
        "cargo::rustc-check-cfg=cfg(optimised)\ncargo::rustc-check-cfg=cfg(superinstructions)\ncargo::rustc-check-cfg=cfg(observe)\ncargo::rustc-check-cfg=cfg(compact)\ncargo::rustc-check-cfg=cfg(unnamed)"
    );
    // One instance of a few modules, in memory that the caller gives.
    if env::var_os("CARGO_FEATURE_ALLOC").is_none() {
        println!("cargo::rustc-cfg=compact");
    }
    // Names of rows and forms are for translating and for people, as is what executes nothing on a host; what only executes has a smaller table.
    let has = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    if !has("TRANSLATE") && !has("STD") && (has("EXEC") || !has("ALLOC")) {
        println!("cargo::rustc-cfg=unnamed");
    }
    if is_optimised() {
        println!("cargo::rustc-cfg=optimised");
    }
    println!("cargo::rustc-check-cfg=cfg(shared)");
    if available::are_memories_shared() {
        println!("cargo::rustc-cfg=shared");
    }
    let dispatch = dispatch();
    println!("cargo::rustc-cfg=dispatch=\"{dispatch}\"");
    // The feature is there to be asked for in every build; only tail dispatch goes through a table that can be changed.
    if dispatch == "tail" && env::var_os("CARGO_FEATURE_OBSERVE").is_some() {
        println!("cargo::rustc-cfg=observe");
    }
    let has_superinstructions = dispatch != "switch" && env::var_os("CARGO_FEATURE_SUPERINSTRUCTIONS").is_some();
    if has_superinstructions {
        println!("cargo::rustc-cfg=superinstructions");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, text: String| fs::write(Path::new(&out).join(name), text).expect("OUT_DIR is writable");
    let superinstructions = superinstructions::superinstructions();
    write("rows.rs", rows::rows(&superinstructions));
    write("operations.rs", operations::operations());
    let available = Available::of_features();
    println!("cargo::rerun-if-env-changed={HANDLERS}");
    write("available.rs", available.text());
    write("compact.rs", compact::compact(&available));
    println!("cargo::rustc-check-cfg=cfg(general)");
    println!("cargo::rustc-check-cfg=cfg(rodata)");
    if dispatch == "switch" && matches!(env::var("OPT_LEVEL").as_deref(), Ok("0" | "s" | "z")) {
        println!("cargo::rustc-cfg=general");
        // The general arm looks for data in the image; atomic rows and those on vectors do not come there.
        let has_feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
        let has_rodata = has_feature("RODATA") && !["ALLOC", "SIMD", "THREADS"].into_iter().any(has_feature);
        if has_rodata {
            println!("cargo::rustc-cfg=rodata");
        }
        let (handlers, general) = general::general(&available, has_rodata);
        write("handlers.rs", handlers);
        write("general.rs", general);
        return;
    }
    let superinstructions = if has_superinstructions { superinstructions } else { Vec::new() };
    write("handlers.rs", handlers::handlers(&superinstructions, &available, dispatch != "switch"));
}

/// `i32.add:rsw`.
fn instruction_name(row: &Row, form: usize) -> String {
    format!("{}:{}", row.name, String::from_utf8_lossy(row.shape.form(form)))
}

fn is_optimised() -> bool {
    env::var("OPT_LEVEL").is_ok_and(|level| level != "0")
}

/// The dispatch back end, a file in `src/exec/dispatch`. Tail calls hold on x86-64 and AArch64 when optimised: sibling calls
/// with register arguments. Elsewhere, and for `loop-dispatch`, a loop does it, which calls handlers where the machine has
/// registers enough to pass theirs. Unoptimised builds would take minutes for the functions of all superinstructions.
fn dispatch() -> &'static str {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let has_sibling_calls = matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s" | "z")
        && matches!(var("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64")
        && var("CARGO_CFG_SANITIZE").is_empty()
        && env::var_os("CARGO_CFG_MIRI").is_none();
    if has_sibling_calls && env::var_os("CARGO_FEATURE_LOOP_DISPATCH").is_none() {
        "tail"
    } else if is_optimised() && var("CARGO_CFG_TARGET_POINTER_WIDTH") == "64" {
        "table"
    } else {
        "switch"
    }
}

fn name(row: &Row) -> String {
    let mut name = String::new();
    table::identifier(row.name, &mut |c| name.push(c));
    name
}

/// Every instruction as row and form, in the order of tokens.
fn instructions() -> Vec<(&'static Row, usize)> {
    table::order().map(|(row, form)| (&ROWS[row], form)).collect()
}
