//! Runs every guest of `examples/guests/small` in this process, as its `guests.toml` says, on Sheave and on wasmi: both must print what is
//! in `expect`, end with the same code, and give it the memory that it declares, in bytes. Boards run the same files: `cargo xtask board test`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One guest; the fields are explained in `guests.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guest {
    name: String,
    #[serde(rename = "language")]
    _language: String,
    memory_bytes: u64,
    exit_code: i32,
    #[serde(rename = "rodata")]
    _rodata: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    guest: Vec<Guest>,
}

/// How a guest ended.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    exit_code: i32,
    text: String,
    memory_bytes: u64,
}

/// Makes a function that runs a guest on an engine: their APIs have the same names.
macro_rules! runner {
    ($name:ident, $engine:ident, $config:expr) => {
        fn $name(wasm: &[u8]) -> Outcome {
            use $engine::{Caller, Engine, Extern, Linker, Module, Store};
            let engine = Engine::new(&$config);
            let module = Module::new(&engine, wasm).expect("a module");
            let mut linker = <Linker<Vec<u8>>>::new(&engine);
            let print = |mut caller: Caller<'_, Vec<u8>>, address: u32, length: u32| {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else { panic!("no memory is exported") };
                let (bytes, text) = memory.data_and_store_mut(&mut caller);
                text.extend_from_slice(&bytes[address as usize..][..length as usize]);
            };
            linker.func_wrap("board", "print", print).expect("one definition");
            let mut store = Store::new(&engine, Vec::new());
            let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
            let run = instance.get_typed_func::<(), i32>(&store, "run").expect("`run` is exported");
            let exit_code = run.call(&mut store, ()).expect("no trap");
            let memory = instance.get_memory(&store, "memory").expect("a memory");
            let memory_bytes = memory.data_size(&store) as u64;
            // In pages of one byte, or this would be 0.
            assert_eq!(memory.size(&store), memory_bytes);
            Outcome { exit_code, text: String::from_utf8(store.into_data()).expect("UTF-8"), memory_bytes }
        }
    };
}

runner!(on_sheave, sheave, sheave::Config::default());
runner!(on_wasmi, wasmi, {
    let mut config = wasmi::Config::default();
    config.wasm_custom_page_sizes(true);
    config
});

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests/small")
}

fn manifest() -> Manifest {
    let text = fs::read_to_string(folder().join("guests.toml")).expect("guests.toml is there");
    toml::from_str(&text).expect("guests.toml has the fields of Manifest")
}

#[test]
fn small_guests_print_what_they_should_in_the_memory_they_declare() {
    for Guest { name, memory_bytes, exit_code, .. } in manifest().guest {
        let wasm = fs::read(folder().join(format!("{name}.wasm"))).expect("it is built");
        let expected = folder().join(format!("expect/{name}.txt"));
        let outcome = on_sheave(&wasm);
        assert_eq!(outcome, on_wasmi(&wasm), "{name}");
        if std::env::var_os("SHEAVE_BLESS").is_some() {
            fs::write(&expected, &outcome.text).expect("it can be written");
        }
        assert_eq!(outcome.text, fs::read_to_string(expected).expect("it is there"), "{name}");
        assert_eq!(outcome.exit_code, exit_code, "{name}");
        assert!(outcome.memory_bytes <= memory_bytes, "{name} takes {} bytes", outcome.memory_bytes);
    }
}

#[test]
fn the_manifest_names_every_small_guest() {
    let named: BTreeSet<String> = manifest().guest.into_iter().map(|guest| guest.name + ".wasm").collect();
    let files =
        fs::read_dir(folder()).expect("the folder").flatten().filter_map(|entry| entry.file_name().into_string().ok());
    assert_eq!(files.filter(|name| name.ends_with(".wasm")).collect::<BTreeSet<_>>(), named);
}
