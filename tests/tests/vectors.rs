//! The benchmark's programs with vectors (`bench/programs/vectors`): what they return is what the same source returns when it is built natively,
//! with vectors and without, with superinstructions and without.
//!
//! Among them is BLAKE3, which compares test vectors of its specification itself.

use sheave::{Config, Engine, Linker, Module, Store};
use std::path::Path;

/// Program, what `run` is given, what it returns: by `bench/programs/vectors/src/bin/check.rs`, natively.
const KNOWN: [(&str, i32, i64); 3] =
    [("dot", 1, -7376378426834114038), ("blake3", 2, 5198743392950860148), ("utf8", 1, -7738246153837734981)];

fn run(wasm: &[u8], n: i32, has_superinstructions: bool) -> Result<i64, sheave::Error> {
    let engine = Engine::new(Config::default().superinstructions(has_superinstructions));
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    instance.get_typed_func::<i32, i64>(&store, "run")?.call(&mut store, n)
}

#[test]
fn programs_with_vectors_return_what_native_code_returns() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/programs/wasm/vectors");
    for (name, n, expected) in KNOWN {
        for build in ["scalar", "simd"] {
            let wasm = std::fs::read(folder.join(format!("{name}.{build}.wasm"))).expect("a committed module");
            let has_vectors = Module::new(&Engine::new(Config::default().wasm_simd(false)), &wasm).is_err();
            assert_eq!(has_vectors, build == "simd", "{name}.{build}: built with the wrong features");
            for has_superinstructions in [true, false] {
                let result =
                    run(&wasm, n, has_superinstructions).unwrap_or_else(|error| panic!("{name}.{build}: {error}"));
                assert_eq!(result, expected, "{name}.{build}");
            }
        }
    }
}
