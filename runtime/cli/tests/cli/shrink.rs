//! `sheave shrink`: what is proven, what is told, what is refused, and that the module does what it did.

use crate::{Bench, Done};
use serde_json::Value;
use std::path::Path;

/// Counts calls in a ring of 16 numbers, prints nothing, exports its memory.
const RING: &str = r#"(module $ring
    (memory (export "memory") 1)
    (data (i32.const 0) "\01\02\03\04")
    (func $slot (param i32) (result i32) (i32.shl (i32.and (local.get 0) (i32.const 15)) (i32.const 2)))
    (func (export "put") (param i32 i32) (result i32)
        (i32.store offset=16 (call $slot (local.get 0)) (local.get 1))
        (i32.add (i32.load offset=16 (i32.shl (i32.and (local.get 0) (i32.const 15)) (i32.const 2))) (i32.load8_u (i32.const 3))))
    (func (export "size") (result i32) (memory.size)))"#;

/// The same, but that every address is known.
fn ring() -> String {
    RING.replace("(call $slot (local.get 0))", "(i32.shl (i32.and (local.get 0) (i32.const 15)) (i32.const 2))")
}

/// Stores where it is told, and asks for memory.
const POKE: &str = r#"(module
    (memory (export "memory") 2)
    (global $sp (mut i32) (i32.const 66560))
    (global (export "__data_end") i32 (i32.const 1003))
    (global (export "__heap_base") i32 (i32.const 66560))
    (data (i32.const 1000) "abc")
    (func $place (export "poke") (param i32 i32) (result i32)
        (i32.store (local.get 0) (local.get 1)) (i32.load (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "pages") (result i32) (memory.size))
    (func (export "deep") (result i32) (local i32)
        (global.set $sp (local.tee 0 (i32.sub (global.get $sp) (i32.const 16))))
        (i32.store offset=12 (local.get 0) (i32.const 7))
        (global.set $sp (i32.add (local.get 0) (i32.const 16)))
        (i32.load offset=12 (local.get 0))))"#;

fn findings(done: &Done) -> Value {
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

#[test]
fn a_need_that_is_proven_is_said_and_the_module_does_what_it_did() {
    let bench = Bench::with("ring.wat", ring());
    let done = bench.sheave(&["shrink", "ring.wat", "-o", "small.wasm"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{done:?}");
    for part in [
        "memory of 65536 bytes to 80 (proven)",
        "none of 3 accesses and no data segment reaches beyond",
        "memory.size still gives what it gave",
        "exported as \"memory\"",
        "small.wasm: ",
    ] {
        assert!(done.err.contains(part), "{part:?} is not in {done:?}");
    }
    for args in [["put", "5", "40"], ["put", "-1", "7"]] {
        let call = |file| bench.sheave(&[&["run", "--invoke", args[0], file], &args[1..]].concat()).out;
        assert_eq!(call("small.wasm"), call("ring.wat"));
    }
    bench.sheave(&["run", "--invoke", "size", "small.wasm"]).prints("1\n");
    // Names are kept, the output is the same each time, and there is nothing more to shrink.
    let first = std::fs::read(bench.path("small.wasm")).expect("the module");
    assert!(first.windows(4).any(|bytes| bytes == b"ring"));
    bench.sheave(&["shrink", "ring.wat", "-o", "again.wasm"]);
    assert_eq!(std::fs::read(bench.path("again.wasm")).expect("the module"), first);
    let again = findings(&bench.sheave(&["shrink", "--json", "small.wasm"]));
    assert_eq!((&again["memory_bytes_before"], &again["memory_bytes"]), (&80.into(), &80.into()));
    let look = bench.sheave(&["inspect", "small.wasm"]);
    assert!(look.out.contains("memory 80 80 (pagesize 1)") && look.out.contains("80 bytes at the start"), "{look:?}");
}

#[test]
fn a_need_that_is_told_is_taken_and_said_so() {
    let bench = Bench::with("poke.wat", POKE);
    let json = findings(&bench.sheave(&["shrink", "--json", "--memory-bytes", "2KiB", "poke.wat", "-o", "small.wasm"]));
    assert_eq!(json["basis"], "told");
    assert_eq!((&json["memory_bytes_before"], &json["memory_bytes"]), (&131_072.into(), &2048.into()));
    assert_eq!((&json["memory_size"], &json["memory_grow"], &json["data_end"]), (&1.into(), &1.into(), &1003.into()));
    let call = |args: &[&str]| bench.sheave(&[&["run", "--invoke", args[0], "small.wasm"], &args[1..]].concat());
    call(&["poke", "2044", "9"]).prints("9\n");
    call(&["poke", "2045", "9"]).fails(134, &["out of bounds memory access"]);
    call(&["pages"]).prints("2\n");
    call(&["grow", "0"]).prints("2\n");
    call(&["grow", "1"]).prints("-1\n");
    call(&["grow", "-1"]).prints("-1\n");
}

#[test]
fn a_stack_behind_the_data_is_moved() {
    let bench = Bench::with("poke.wat", POKE);
    bench.sheave(&["run", "--invoke", "deep", "poke.wat"]).prints("7\n");
    let json = findings(&bench.sheave(&["shrink", "--json", "--stack-bytes", "256", "poke.wat", "-o", "small.wasm"]));
    // 1003 and 256, aligned.
    assert_eq!(json["memory_bytes"], 1264);
    bench.sheave(&["run", "--invoke", "deep", "small.wasm"]).prints("7\n");
    let both = ["shrink", "--json", "--stack-bytes", "256", "--memory-bytes", "4096", "poke.wat"];
    assert_eq!(findings(&bench.sheave(&both))["memory_bytes"], 4096);
    bench
        .sheave(&["shrink", "--stack-bytes", "256", "--memory-bytes", "1200", "poke.wat"])
        .fails(2, &["data and stack end at 1264", "say 1264 or more"]);
    bench.sheave(&["shrink", "--stack-bytes", "1MiB", "poke.wat"]).fails(2, &["--stack-bytes 1048576: it has 65557"]);
    bench.write("first.wat", POKE.replace("(mut i32) (i32.const 66560)", "(mut i32) (i32.const 512)"));
    bench.sheave(&["shrink", "--stack-bytes", "256", "first.wat"]).fails(1, &["not behind its data", "stack-size"]);
    bench.write("silent.wat", POKE.replace("__data_end", "end"));
    bench.sheave(&["shrink", "--stack-bytes", "256", "silent.wat"]).fails(1, &["--export=__data_end"]);
}

#[test]
fn what_cannot_be_proven_or_be_true_is_refused_with_advice() {
    let bench = Bench::with("poke.wat", POKE);
    bench.sheave(&["shrink", "poke.wat"]).fails(1, &["grows its memory", "in function 1", "__heap_base, 66560"]);
    bench.write("wild.wat", POKE.replace("(memory.grow (local.get 0))", "(local.get 0)"));
    let wild = bench.sheave(&["shrink", "wild.wat", "-o", "out.wasm"]);
    wild.fails(1, &["no proof", "2 of 4 accesses", "function 0 \"place\"", "--memory-bytes SIZE"]);
    assert!(!bench.path("out.wasm").exists());
    bench.write(
        "bytes.wat",
        "(module (memory 64 (pagesize 1)) (func (export \"f\") (param i32) (i32.store (local.get 0) (i32.const 1))))",
    );
    bench.sheave(&["shrink", "bytes.wat"]).fails(1, &["1 of 1 accesses", "of one byte already"]);
    bench.sheave(&["shrink", "--memory-bytes", "1000", "poke.wat"]).fails(2, &["end at 1003"]);
    bench.sheave(&["shrink", "--memory-bytes", "1GiB", "poke.wat"]).fails(2, &["its memory has 131072"]);
    bench.sheave(&["shrink", "--memory-bytes", "lots", "poke.wat"]).fails(2, &["expected bytes"]);
    bench.write("none.wat", "(module)");
    bench.sheave(&["shrink", "none.wat"]).fails(1, &["has no memory"]);
    bench.write("two.wat", "(module (memory 1) (memory 1))");
    bench.sheave(&["shrink", "two.wat"]).fails(1, &["2 memories"]);
    bench.write("import.wat", "(module (import \"env\" \"memory\" (memory 1)))");
    bench.sheave(&["shrink", "import.wat"]).fails(1, &["imported, as \"env\".\"memory\"", "--import-memory"]);
    bench.write("bad.wat", "(module (memory 1) (func (result i32)))");
    bench.sheave(&["shrink", "bad.wat"]).fails(1, &["type mismatch"]);
    bench.sheave(&["compile", "poke.wat", "-o", "poke.image"]);
    bench.sheave(&["shrink", "poke.image"]).fails(1, &["an image", "hint: shrink the module"]);
}

#[test]
fn debug_information_is_left_out_only_where_code_moves() {
    // A module and a custom section behind it.
    let with_section = |wat: &str| {
        let mut wasm = wat::parse_str(wat).expect("a module");
        wasm.extend_from_slice(b"\0\x0f\x0b.debug_infoabc");
        wasm
    };
    let bench = Bench::with("moves.wasm", with_section(&ring()));
    bench.write("stays.wasm", with_section(&ring().replace("(memory.size)", "(i32.const 1)")));
    let moves = findings(&bench.sheave(&["shrink", "--json", "moves.wasm", "-o", "moved.wasm"]));
    assert_eq!(moves["dropped_sections"], serde_json::json!([".debug_info"]));
    let stays = findings(&bench.sheave(&["shrink", "--json", "stays.wasm", "-o", "stayed.wasm"]));
    assert_eq!(stays["dropped_sections"], serde_json::json!([]));
    let has = |file| std::fs::read(bench.path(file)).expect("a module").windows(5).any(|bytes| bytes == b".debu");
    assert_eq!((has("moved.wasm"), has("stayed.wasm")), (false, true));
}

/// Real programs, compiled by clang: those of the benchmark whose need is proven.
#[test]
fn programs_that_are_proven_compute_what_they_did() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/bench/programs/wasm");
    let bench = Bench::empty();
    for (name, most) in [("crc32", 67_584), ("edit_distance", 4_672), ("life", 33_792), ("siphash", 66_561), ("fib", 0)]
    {
        let program = programs.join(format!("{name}.wasm"));
        let program = program.to_str().expect("a path in UTF-8");
        let json = findings(&bench.sheave(&["shrink", "--json", program, "-o", "small.wasm"]));
        let bytes = json["memory_bytes"].as_u64().expect("a number");
        assert!(json["basis"] == "proven" && bytes <= most, "{json}");
        let call = |file| bench.sheave(&["run", "--invoke", "run", file, "1"]);
        let before = call(program);
        assert!(before.code == 0 && !before.out.is_empty(), "{before:?}");
        assert_eq!(call("small.wasm").out, before.out, "{name}");
    }
}

/// A WASI program, told as much as it has: the page size is all that changes, but that it cannot grow.
#[test]
fn a_program_that_is_told_its_size_prints_what_it_did() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/guests");
    let guest = guests.join("sudoku.wasm");
    let guest = guest.to_str().expect("a path in UTF-8");
    let bench = Bench::with("puzzle", std::fs::read(guests.join("inputs/unsolvable.txt")).expect("an input"));
    findings(&bench.sheave(&["shrink", "--json", "--memory-bytes", "1114112", guest, "-o", "small.wasm"]));
    let run = |file| bench.sheave(&["run", "--dir", ".", file, "--count", "puzzle"]);
    let before = run(guest);
    assert!(!before.out.is_empty(), "{before:?}");
    assert_eq!((run("small.wasm").code, run("small.wasm").out), (before.code, before.out));
}
