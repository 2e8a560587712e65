//! `sheave bound`: the figures are those of the arena, and the guest stack that it computes is enough, and all of it needed.

use crate::Bench;
use sheave::arena::{Caller, Error, Import, Limits, Module, Store, Val, ValType};

/// Two ways through its calls, both of which it goes.
const CALLS: &str = r#"(module
    (import "h" "f" (func $host (param i64) (result i64)))
    (func $deep (param i64 i64 i64 i64) (result i64) (i64.add (local.get 3) (call $leaf (local.get 0))))
    (func $leaf (param i64) (result i64) (local i64 i64) (call $host (local.get 0)))
    (func (export "run") (result i64)
        (i64.add (call $host (i64.const 1)) (call $deep (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))))"#;

fn host(_: Caller<'_, ()>, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
    results[0] = params[0];
    Ok(())
}

static IMPORTS: [Import<()>; 1] = [Import::new("h", "f", &[ValType::I64], &[ValType::I64], host)];

fn figures(bench: &Bench, args: &[&str]) -> serde_json::Value {
    let done = bench.sheave(&[&["bound", "--json"], args].concat());
    assert_eq!(done.code, 0, "{done:?}");
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn the_computed_stack_is_enough_and_needed() {
    let bench = Bench::with("calls.wat", CALLS);
    assert_eq!(bench.sheave(&["compile", "calls.wat", "-o", "calls.image"]).code, 0);
    let found = figures(&bench, &["calls.image"]);
    assert_eq!(found["stack"], "computed: the deepest calls");
    let image =
        sheave::Module::from_image(&sheave::Engine::default(), std::fs::read(bench.path("calls.image")).unwrap());
    let image = image.unwrap();
    let module = Module::from_image(image.image()).unwrap();
    let run = |stack_bytes: usize| {
        let mut arena = vec![0; 8192];
        let limits = Limits { stack_bytes, ..Limits::DEFAULT };
        let mut store = Store::new(&mut arena, limits, &IMPORTS, ())?;
        let instance = store.instantiate(&module)?;
        let mut results = [Val::I64(0)];
        store.call(instance, "run", &[], &mut results)?;
        assert_eq!(results, [Val::I64(6)]);
        Ok(())
    };
    let stack_bytes = found["stack_bytes"].as_u64().unwrap() as usize;
    assert_eq!(run(stack_bytes), Ok(()));
    // Rounding to multiples of 8, of the values and of the whole, is all that is spare.
    assert_eq!(run(stack_bytes - 16), Err(Error::Trap(sheave::Trap::StackOverflow)));
}

#[test]
fn what_cannot_be_computed_is_said_and_can_be_chosen() {
    let text = "(module (memory 5 50 (pagesize 1)) (func $f (export \"f\") (call $f)))";
    let bench = Bench::with("again.wat", text);
    let done = bench.sheave(&["bound", "again.wat"]);
    assert_eq!(done.code, 0);
    assert!(done.out.contains("45 bytes more, and the memory can grow to its maximum"), "{}", done.out);
    assert!(done.err.contains("func 0 (f) calls itself") && done.err.contains("--stack-bytes"), "{}", done.err);
    let found = figures(&bench, &["--stack-bytes", "1KiB", "again.wat"]);
    let sum: u64 = ["stack", "memory", "elements", "globals", "records"]
        .map(|part| found["microcontroller"][format!("{part}_bytes")].as_u64().unwrap())
        .iter()
        .sum();
    assert_eq!(found["microcontroller"]["arena_bytes"], sum);
    assert_eq!(found["microcontroller"]["stack_bytes"], 1024);
    let frame = found["largest_frame_bytes"].as_u64().unwrap();
    let found = figures(&bench, &["--calls-depth", "16", "again.wat"]);
    assert_eq!(found["stack_bytes"], 16 * frame);
    let table = "(module (table 1 1 funcref) (func (export \"f\") (call_indirect (i32.const 0))))";
    let found = figures(&Bench::with("table.wat", table), &["table.wat"]);
    assert_eq!(found["stack_unknown"], "func 0 calls through a table");
}

/// Each operator that makes an object, alone in a module.
#[test]
fn objects_without_room_are_told_of() {
    let of = |code: &str| {
        let text = format!(
            r#"(module (type $s (struct (field i32))) (type $a (array i32)) (type $r (array anyref)) (tag $t) (data $d "1234") (elem $e anyref (ref.null any))
            (func (export "f") {code}))"#
        );
        Bench::with("objects.wat", text)
    };
    let (zero, one) = ("(i32.const 0)", "(i32.const 1)");
    for makes in [
        format!("(drop (struct.new $s {one}))"),
        "(drop (struct.new_default $s))".to_owned(),
        format!("(drop (array.new $a {one} {one}))"),
        format!("(drop (array.new $r (ref.null any) {one}))"),
        format!("(drop (array.new_default $a {one}))"),
        format!("(drop (array.new_fixed $a 1 {one}))"),
        "(drop (array.new_fixed $r 1 (ref.null any)))".to_owned(),
        format!("(drop (array.new_data $a $d {zero} {one}))"),
        format!("(drop (array.new_elem $r $e {zero} {one}))"),
        "(throw $t)".to_owned(),
    ] {
        let bench = of(&makes);
        let done = bench.sheave(&["bound", "objects.wat"]);
        assert!(
            done.out.contains("without room for objects") && done.err.contains("--objects-bytes"),
            "{makes}: {done:?}"
        );
        let missing = figures(&bench, &["objects.wat"])["objects_missing"].to_string();
        assert!(missing.contains("--objects-bytes"), "{makes}: {missing}");
        let done = bench.sheave(&["bound", "--objects-bytes", "1KiB", "objects.wat"]);
        assert!(!done.out.contains("without") && done.err.is_empty(), "{makes}: {done:?}");
        let done = bench.sheave(&["compile", "--profile", "objects.wat", "-o", "objects.image"]);
        assert!(done.err.contains("`Limits::objects_bytes`"), "{makes}: {done:?}");
    }
    for makes_none in
        ["(drop (ref.i31 (i32.const 1)))", "(throw_ref (ref.null exn))", "(drop (array.len (ref.null $a)))"]
    {
        let bench = of(makes_none);
        let done = bench.sheave(&["bound", "objects.wat"]);
        assert!(!done.out.contains("without") && done.err.is_empty(), "{makes_none}: {done:?}");
        assert!(figures(&bench, &["objects.wat"]).get("objects_missing").is_none(), "{makes_none}");
        let done = bench.sheave(&["compile", "--profile", "objects.wat", "-o", "objects.image"]);
        assert!(!done.err.contains("objects_bytes"), "{makes_none}: {done:?}");
    }
}

#[test]
fn read_only_data_are_no_part_of_the_arena() {
    let text = r#"(module (memory (export "memory") 100 100 (pagesize 1))
        (data $.data (i32.const 56) "above") (data $.rodata (i32.const 4) "0123456789abcdef0123456789abcdef0123456789abcdef")
        (func (export "f") (result i32) (i32.load8_u (i32.const 8))))"#;
    let bench = Bench::with("rodata.wat", text);
    let memory = |figures: &serde_json::Value, what: &str| figures["microcontroller"][what].as_u64().unwrap();
    let all = figures(&bench, &["rodata.wat"]);
    assert_eq!((memory(&all, "memory_bytes"), memory(&all, "rodata_bytes")), (100, 0));
    for option in ["--rodata", "--rodata=1"] {
        let found = figures(&bench, &[option, "rodata.wat"]);
        // Whole words of eight bytes: from 8 to 48.
        assert_eq!((memory(&found, "memory_bytes"), memory(&found, "rodata_bytes")), (60, 40), "{option}");
    }
    let done = bench.sheave(&["compile", "--rodata", "--profile", "rodata.wat", "-o", "rodata.image"]);
    assert!(done.code == 0 && done.err.contains("\"rodata\""), "{done:?}");
    // Where there is an allocator they are copied.
    let done = bench.sheave(&["run", "--invoke", "f", "rodata.image"]);
    assert_eq!((done.code, done.out.trim()), (0, "52"), "{done:?}");
    let done = bench.sheave(&["compile", "--rodata=0", "rodata.wat", "-o", "rodata.image"]);
    assert!(done.code != 0 && done.err.contains("read-only data of less than eight bytes"), "{done:?}");
    let bench = Bench::with("none.wat", "(module (memory 1) (data (i32.const 0) \"0123456789abcdef\"))");
    let done = bench.sheave(&["compile", "--rodata", "none.wat", "-o", "none.image"]);
    assert!(done.code != 0 && done.err.contains("none of 1 data segments is named .rodata"), "{done:?}");
}
