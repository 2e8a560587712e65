//! The rules of validation that the translator checks while it translates, each broken by itself in a function that is valid but for
//! that: it has to be refused, with the validator's words.

use sheave_interp::error::ErrorKind;
use sheave_interp::translate::{Config, translate};

/// What a function may use.
const MODULE: &str = r#"
    (type $unary (func (param i32) (result i32)))
    (type $pair (func (param i32) (result i32 i64)))
    (memory 1)
    (table 2 funcref)
    (table $extern 2 externref)
    (global $constant i32 (i32.const 1))
    (global $variable (mut i64) (i64.const 1))
    (func $increment (type $unary) (i32.add (local.get 0) (i32.const 1)))"#;

/// A function body, with an `i32` as local 0, and what the validator says.
const RULES: &[(&str, &str)] = &[
    // Operands: type, presence, the floor of a block.
    ("(drop (i32.add (i32.const 1) (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(drop (i64.eqz (i32.const 1)))", "type mismatch: expected i64, found i32"),
    ("(drop (f32.sqrt (f64.const 1)))", "type mismatch: expected f32, found f64"),
    ("(drop (i32.wrap_i64 (f64.const 1)))", "type mismatch: expected i64, found f64"),
    ("i32.const 1 i32.add drop", "type mismatch: expected i32 but nothing on stack"),
    ("drop", "type mismatch: expected a type but nothing on stack"),
    ("i32.const 1 (block drop)", "type mismatch: expected a type but nothing on stack"),
    ("i32.const 1 (block i32.eqz) drop", "type mismatch: expected i32 but nothing on stack"),
    ("i32.const 1 (block i32.eqz drop) drop", "type mismatch: expected i32 but nothing on stack"),
    ("i32.const 1 (loop (result i32) i32.eqz) drop drop", "type mismatch: expected i32 but nothing on stack"),
    ("(local.set 0 (i64.const 1))", "type mismatch: expected i32, found i64"),
    ("(drop (local.tee 0 (f32.const 1)))", "type mismatch: expected i32, found f32"),
    (
        "(drop (select (i32.const 1) (i64.const 1) (i32.const 1)))",
        "type mismatch: select operands have different types",
    ),
    ("(drop (select (i32.const 1) (i32.const 1) (i64.const 1)))", "type mismatch: expected i32, found i64"),
    (
        "(drop (select (result i64) (i32.const 1) (i32.const 1) (i32.const 1)))",
        "type mismatch: expected i64, found i32",
    ),
    (
        "(drop (select (result i64) (i64.const 1) (i32.const 1) (i32.const 1)))",
        "type mismatch: expected i64, found i32",
    ),
    ("(drop (i64.add128 (i64.const 1) (i64.const 1) (i64.const 1) (i32.const 1)))", "type mismatch"),
    // Indices.
    ("(drop (local.get 1))", "unknown local 1"),
    ("(drop (global.get 2))", "unknown global"),
    ("(global.set 2 (i32.const 1))", "unknown global"),
    ("(global.set $constant (i32.const 1))", "global is immutable"),
    ("(global.set $variable (i32.const 1))", "type mismatch: expected i64, found i32"),
    ("(call 9)", "unknown function 9"),
    ("(drop (call_indirect 2 (type $unary) (i32.const 1) (i32.const 1)))", "unknown table"),
    (
        "(drop (call_indirect $extern (type $unary) (i32.const 1) (i32.const 1)))",
        "indirect calls must go through a table",
    ),
    ("(call_indirect (type 9) (i32.const 1))", "unknown type"),
    ("(block (type 9))", "unknown type"),
    // Memory.
    ("(drop (i32.load 1 (i32.const 1)))", "unknown memory 1"),
    ("(i64.store 1 (i32.const 1) (i64.const 1))", "unknown memory 1"),
    ("(drop (memory.size 1))", "unknown memory 1"),
    ("(drop (memory.grow 1 (i32.const 1)))", "unknown memory 1"),
    ("(memory.fill 1 (i32.const 1) (i32.const 1) (i32.const 1))", "unknown memory 1"),
    ("(memory.copy 1 0 (i32.const 1) (i32.const 1) (i32.const 1))", "unknown memory 1"),
    ("(memory.copy 0 1 (i32.const 1) (i32.const 1) (i32.const 1))", "unknown memory 1"),
    ("(drop (i32.load align=8 (i32.const 1)))", "alignment must not be larger than natural"),
    ("(i64.store8 align=2 (i32.const 1) (i64.const 1))", "alignment must not be larger than natural"),
    ("(i32.store (i32.const 1) (i64.const 1))", "type mismatch: expected i32, found i64"),
    ("(i64.store32 (i32.const 1) (i32.const 1))", "type mismatch: expected i64, found i32"),
    ("(f32.store (i32.const 1) (i32.const 1))", "type mismatch: expected f32, found i32"),
    ("(drop (i32.load (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(memory.fill (i32.const 1) (i64.const 1) (i32.const 1))", "type mismatch: expected i32, found i64"),
    // Blocks and labels.
    ("(br 1)", "unknown label"),
    ("(br_if 1 (i32.const 1))", "unknown label"),
    ("(block (br_table 0 2 (i32.const 1)))", "unknown label"),
    ("(if (i64.const 1) (then))", "type mismatch: expected i32, found i64"),
    ("(drop (if (result i32) (i32.const 1) (then (i32.const 1))))", "type mismatch: expected i32 but nothing on stack"),
    ("(drop (if (result i32) (i32.const 1) (then unreachable)))", "type mismatch: expected i32 but nothing on stack"),
    ("(drop (if (result i32) (i32.const 1) (then (i64.const 1)) (else (i32.const 1))))", "type mismatch"),
    ("(drop (if (result i32) (i32.const 1) (then (i32.const 1)) (else (i64.const 1))))", "type mismatch"),
    ("(drop (block (result i32) (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(block (i32.const 1))", "values remaining on stack at end of block"),
    ("(drop (block (result i32) (i32.const 1) (i32.const 1)))", "values remaining on stack at end of block"),
    ("(drop (block (result i32) (br 0 (i64.const 1))))", "type mismatch: expected i32, found i64"),
    ("(drop (block (result i32) (br_if 0 (i64.const 1) (i32.const 1)) drop (i32.const 1)))", "type mismatch"),
    ("(drop (block (result i32) (block (br_table 0 1 (i32.const 1) (i32.const 1))) (i32.const 1)))", "type mismatch"),
    (
        "(drop (block (result i64) (drop (block (result i32) (br_table 0 1 (i32.const 1) (i32.const 1)))) (i64.const 1)))",
        "type mismatch",
    ),
    // What follows a block that control does not leave is no dead code to validation.
    ("(loop (result i32) (br 1))", "values remaining on stack at end of block"),
    ("(block (result i32) (br 1))", "values remaining on stack at end of block"),
    ("(block (i32.const 1) (loop (br 0)))", "values remaining on stack at end of block"),
    ("(block (loop (result funcref) (br 0)))", "values remaining on stack at end of block"),
    ("(drop (block (result i32) (loop (br 0))))", "type mismatch: expected i32 but nothing on stack"),
    ("(drop (block (result i32) (loop (result f32) (br 0))))", "type mismatch: expected i32, found f32"),
    ("(drop (block (result externref) (loop (result funcref) (br 0))))", "type mismatch"),
    ("i64.const 1 (block (type $unary) drop (i32.const 1)) drop", "type mismatch: expected i32, found i64"),
    ("i64.const 1 (loop (type $unary)) drop", "type mismatch: expected i32, found i64"),
    // Calls and returns.
    ("(drop (call $increment (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(drop (call_indirect (type $unary) (i64.const 1) (i32.const 1)))", "type mismatch: expected i32, found i64"),
    ("(drop (call_indirect (type $unary) (i32.const 1) (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(return_call $increment (i32.const 1))", "current function requires result type [] but callee returns [i32]"),
    ("(return_call_indirect (type $pair) (i32.const 1) (i32.const 1))", "current function requires result type []"),
    ("i32.const 1", "values remaining on stack at end of block"),
    // What the translator leaves to the validator.
    ("(drop (ref.func 9))", "unknown function 9"),
    ("(table.set $extern (i32.const 1) (ref.null func))", "type mismatch"),
    ("(memory.init 0 (i32.const 1) (i32.const 1) (i32.const 1))", "unknown data segment 0"),
    ("unreachable (drop (i32.add (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(drop (i32x4.extract_lane 4 (v128.const i32x4 0 0 0 0)))", "SIMD index out of bounds"),
    ("(drop (struct.new 0))", "expected struct type at index 0"),
];

#[test]
fn a_broken_rule_is_refused() {
    for (body, message) in RULES {
        let wasm = wat::parse_str(format!("(module {MODULE} (func (param i32) {body}))")).expect(body);
        let error = translate(&wasm, &Config::default()).expect_err(body);
        assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{body}: {error}");
        assert!(error.to_string().contains(message), "{body}: {error}");
    }
}

/// A result, for which the function's own frame is looked at.
#[test]
fn results_are_looked_at() {
    for (body, message) in [
        ("(i64.const 1)", "type mismatch: expected i32, found i64"),
        ("", "type mismatch: expected i32 but nothing on stack"),
        ("(return (i64.const 1))", "type mismatch: expected i32, found i64"),
        ("(br 0 (i64.const 1))", "type mismatch: expected i32, found i64"),
        ("(i32.const 1) (i32.const 1)", "values remaining on stack at end of block"),
    ] {
        let wasm = wat::parse_str(format!("(module (func (result i32) {body}))")).expect(body);
        let error = translate(&wasm, &Config::default()).expect_err(body).to_string();
        assert!(error.contains(message), "{body}: {error}");
    }
}

/// Bytes behind the end, and an end that is missing.
#[test]
fn a_body_ends_where_it_ends() {
    let module = |body: &[u8]| {
        let len = body.len() as u8;
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a".to_vec();
        wasm.extend([len + 2, 1, len]);
        wasm.extend(body);
        translate(&wasm, &Config::default())
    };
    assert!(module(&[0, 0x0b]).is_ok());
    assert!(module(&[0, 0x0b, 0x01]).unwrap_err().to_string().contains("operators remaining after end"));
    assert!(module(&[0, 0x01]).unwrap_err().to_string().contains("end"));
    assert!(module(&[0, 0x02, 0x40, 0x0b]).unwrap_err().to_string().contains("end"));
    // `else` of a block, and a type that is none.
    let stray = module(&[0, 0x02, 0x40, 0x05, 0x0b, 0x0b]).unwrap_err().to_string();
    assert!(stray.contains("else"), "{stray}");
    assert!(module(&[0, 0x02, 0x41, 0x0b, 0x0b]).is_err());
    // 50,001 locals.
    let many = module(&[1, 0xd1, 0x86, 0x03, 0x7f, 0x0b]).unwrap_err().to_string();
    assert!(many.contains("too many locals"), "{many}");
}
