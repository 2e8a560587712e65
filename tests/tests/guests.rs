//! Runs every guest of `examples/guests` in this process, as `guests.toml` says, and compares what it prints, and its exit code, byte for byte
//! with what the same source printed when it was built natively (`examples/guests/expect`, written by `build.sh bless`).
//!
//! `run_wasi` is the only place that knows the engine.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sheave::{Engine, Linker, Module, Store};
use sheave_hal::host::{MemoryInput, MemoryOutput};
use sheave_hal::wasi::p1::{self, I32Exit};
use sheave_hal::{Access, WasiCtx};

/// The largest guest that may be committed, in bytes.
const WASM_MAX_BYTES: u64 = 400 * 1024;

/// The most a guest may print in a run, in bytes.
const OUTPUT_MAX_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    guest: Vec<Guest>,
}

/// One program; the fields are explained in `guests.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Guest {
    name: String,
    language: String,
    source: String,
    wasm: String,
    about: String,
    run: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    args: Vec<String>,
    stdin: Option<String>,
    #[serde(default)]
    dir: bool,
    #[serde(default)]
    exit_code: i32,
}

/// How a guest ended, and what it wrote.
struct Outcome {
    exit_code: i32,
    stdout: Vec<u8>,
    stderr: String,
}

/// Runs a command module: `args` begin with the program's name, `dirs` are pairs of host folder and guest path, read-only.
fn run_wasi(wasm: &[u8], args: &[&str], stdin: Vec<u8>, dirs: &[(&Path, &str)]) -> Result<Outcome, String> {
    let text = |error: sheave::Error| error.to_string();
    let (stdout, stderr) = (MemoryOutput::new(OUTPUT_MAX_BYTES), MemoryOutput::new(OUTPUT_MAX_BYTES));
    let mut builder = WasiCtx::builder();
    builder.args(args).stdin(Box::new(MemoryInput::new(stdin))).inherit_random();
    builder.stdout(Box::new(stdout.clone())).stderr(Box::new(stderr.clone()));
    for (host, guest) in dirs {
        builder.preopened_dir(host, guest, Access::ReadOnly).map_err(|error| error.to_string())?;
    }

    let engine = Engine::default();
    let module = Module::new(&engine, wasm).map_err(text)?;
    let mut linker = <Linker<WasiCtx<'static>>>::new(&engine);
    p1::add_to_linker(&mut linker, |ctx| ctx).map_err(text)?;
    let mut store = Store::new(&engine, builder.build());
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(text)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start").map_err(text)?;
    let exit_code = match start.call(&mut store, ()) {
        Ok(()) => 0,
        Err(error) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => exit.0,
            None => return Err(format!("{error}; stderr: {}", String::from_utf8_lossy(&stderr.contents()))),
        },
    };
    let stderr = String::from_utf8_lossy(&stderr.contents()).into_owned();
    Ok(Outcome { exit_code, stdout: stdout.contents(), stderr })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/guests")
}

fn manifest() -> Manifest {
    let text = fs::read_to_string(folder().join("guests.toml")).expect("guests.toml is there");
    toml::from_str(&text).expect("guests.toml has the fields of Manifest")
}

/// Runs one guest once. The error says in what it differs from the native build.
fn check(guest: &Guest, number: usize, run: &Run) -> Result<(), String> {
    let folder = folder();
    let read = |path: PathBuf| fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
    let wasm = read(folder.join(&guest.wasm))?;
    let expected = read(folder.join(format!("expect/{}-{number}.txt", guest.name)))?;
    let inputs = folder.join("inputs");
    let stdin = run.stdin.as_ref().map_or(Ok(Vec::new()), |name| read(inputs.join(name)))?;
    let args: Vec<&str> = std::iter::once(&guest.name).chain(&run.args).map(String::as_str).collect();
    let dirs = [(inputs.as_path(), ".")];
    let outcome = run_wasi(&wasm, &args, stdin, if run.dir { &dirs } else { &[] })?;
    if outcome.exit_code != run.exit_code {
        return Err(format!("exit code {}, expected {}; stderr: {}", outcome.exit_code, run.exit_code, outcome.stderr));
    }
    if outcome.stdout != expected {
        let same = outcome.stdout.iter().zip(&expected).take_while(|(got, want)| got == want).count();
        let excerpt =
            |bytes: &[u8]| bytes[same..].iter().take(60).copied().collect::<Vec<u8>>().escape_ascii().to_string();
        let (got, want) = (excerpt(&outcome.stdout), excerpt(&expected));
        return Err(format!("differs from byte {same} on: printed \"{got}\", expected \"{want}\""));
    }
    Ok(())
}

#[test]
fn guests_print_what_their_native_builds_print() {
    let mut failures = Vec::new();
    for guest in manifest().guest {
        for (index, run) in guest.run.iter().enumerate() {
            if let Err(error) = check(&guest, index + 1, run) {
                failures.push(format!("{}-{} {:?}: {error}", guest.name, index + 1, run.args));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn manifest_names_every_guest_and_no_other() {
    let folder = folder();
    let mut named = BTreeSet::new();
    for guest in manifest().guest {
        let bytes = fs::metadata(folder.join(&guest.wasm)).expect("the wasm file is there").len();
        assert!(bytes <= WASM_MAX_BYTES, "{}: {bytes} bytes", guest.wasm);
        assert!(folder.join(&guest.source).is_file(), "{}: no such source", guest.source);
        assert!(["Rust", "C"].contains(&guest.language.as_str()), "{}: {}", guest.name, guest.language);
        assert!(!guest.about.is_empty() && guest.run.len() >= 2, "{}: needs a line about it and two runs", guest.name);
        named.insert(guest.wasm);
    }
    assert!(named.len() >= 8, "at least eight guests");
    let entries = fs::read_dir(&folder).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned());
    let present: BTreeSet<String> = names.filter(|name| name.ends_with(".wasm")).collect();
    assert_eq!(present, named);
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let guests = manifest().guest;
    let lisp = guests.iter().find(|guest| guest.name == "lisp").expect("lisp is a guest");
    let run =
        |exit_code, program: &str| Run { args: vec!["-e".into(), program.into()], stdin: None, dir: false, exit_code };
    // The third run of lisp prints `(12 144 x)`.
    let error = check(lisp, 3, &run(0, "(list 12 145)")).expect_err("another output");
    assert!(error.starts_with("differs from byte 6 on"), "{error}");
    let error = check(lisp, 3, &run(0, "(head 1)")).expect_err("another exit code");
    assert!(error.starts_with("exit code 1, expected 0"), "{error}");
}
