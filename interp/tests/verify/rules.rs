//! One change for each rule of the verifier, and the rule that must refuse it.

use crate::patch::Patch;
use sheave_interp::{
    error::{ErrorKind, ImageErrorKind},
    image::format,
    isa::{self, Row},
    translate::{Config, translate},
    types::{DataIndex, MemoryIndex, TableIndex},
};
use std::collections::BTreeMap;

/// The rule that refuses a change of an image, and the change.
type Case = (&'static str, fn(&mut Patch));

fn check(config: &Config, wat: &str, cases: &[Case]) {
    let mut wrong = Vec::new();
    for (i, (rule, change)) in cases.iter().enumerate() {
        let mut patch = Patch::new(wat, config);
        patch.load().expect("sound before the change");
        change(&mut patch);
        match patch.load() {
            Ok(()) => wrong.push(format!("case {i}, {rule}: accepted")),
            Err(error) if error.kind() != ErrorKind::Image(ImageErrorKind::Code(rule)) => {
                wrong.push(format!("case {i}, {rule}: {error}"));
            }
            Err(error) => assert!(error.func().is_some() && error.offset().is_some(), "{error}"),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn instructions_and_control() {
    const WAT: &str = r#"(module (func (param i32) (result i32) (local i32)
        (loop (local.set 1 (i32.mul (local.get 0) (local.get 1))) (br_if 0 (local.get 1)))
        (block (br_table 0 0 (local.get 1))) (local.get 0))
        (func))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("no instruction, or one cut off", |p| p.token("i32.mul", 0, u16::MAX)),
            ("no instruction, or one cut off", |p| {
                let field = p.find("br_table", 0).operands().nth(1).unwrap().field;
                p.set(field - 1, 0xffff);
            }),
            ("reserved instruction in a function", |p| p.token("return", 0, Row::Exit.token(0))),
            ("reserved instruction in a function", |p| p.token("return", 0, Row::ReturnCross.token(0))),
            ("control runs off the end of the function", |p| p.token("return", 0, Row::I32Eqz.token(0))),
            ("branch to what is no block start of the function", |p| {
                p.operand("br_unless.i32.eqz", 0, 1, |rel| rel - 1)
            }),
            ("branch to what is no block start of the function", |p| p.operand("br_table", 0, 1, |rel| rel + 1)),
            ("branch to what is no block start of the function", |p| p.operand("br_table", 0, 2, |rel| rel + 0x7000)),
            ("block start inside an instruction", |p| p.start_block(p.entry(0) + 1)),
            ("block start inside an instruction", |p| p.start_block(p.find("br_table", 0).offset + 1)),
            ("instruction above the image's level", |p| {
                p.image[48] = 0;
                p.token("i32.mul", 0, Row::I32Mul.token(Row::I32Mul.get().shape.base.len()));
            }),
            ("fuel in an image without that option", |p| p.token("i32.mul", 0, Row::Fuel.token(0))),
            ("signal in an image without that option", |p| p.token("i32.mul", 0, Row::Signal.token(0))),
            ("another frame's header offset", |p| p.token("return", 0, Row::Return.token(3))),
            ("memory access without a memory of that kind", |p| p.token("i32.mul", 0, Row::I32Load.token(3))),
            ("return of a value of another type", |p| p.token("return.i32", 0, Row::ReturnF32.token(2))),
            ("result move in a function whose result is in an accumulator", |p| {
                p.token("i32.mul", 0, Row::ResultI32.token(0));
            }),
        ],
    );
}

#[test]
fn slots_and_frames() {
    const WAT: &str = r#"(module (func (param i32 externref) (local i32 externref i64)
        (local.set 2 (i32.mul (local.get 0) (local.get 2))) (local.set 3 (local.get 1)))
        (func (param i32) (local i32) (local.set 1 (i32.mul (local.get 0) (local.get 1)))))"#;
    // Frame of the first: parameters at 0 and 4, header at 8, locals at 16, 20 and 24.
    check(
        &Config::default(),
        WAT,
        &[
            ("slot not aligned", |p| p.operand("i32.mul", 0, 0, |_| 1)),
            ("slot outside the frame", |p| p.operand("i32.mul", 0, 1, |_| 0xfffc)),
            ("slot in the frame header", |p| p.operand("i32.mul", 0, 2, |_| 8)),
            ("slot in the frame header", |p| p.operand("i32.mul", 0, 2, |_| 12)),
            ("reference cell used as data", |p| p.operand("i32.mul", 0, 2, |_| 4)),
            ("reference cell used as data", |p| p.operand("i32.mul", 0, 0, |_| 20)),
            ("data cell used as a reference", |p| p.operand("ref.copy", 0, 0, |_| 0)),
            ("data cell used as a reference", |p| p.operand("ref.copy", 0, 1, |_| 24)),
            ("cell map contradicts a parameter's type", |p| {
                let at = p.section(format::section::CELL_MAPS).0;
                p.image[at] ^= 1;
            }),
            ("cell map contradicts a parameter's type", |p| {
                let at = p.section(format::section::CELL_MAPS).0;
                p.image[at] ^= 2;
            }),
            ("reference cell before the end of the frame header", |p| {
                let at = p.section(format::section::CELL_MAPS).0;
                p.image[at] |= 8;
            }),
            ("reference cell that entry does not zero", |p| p.set(p.entry(0) - 4, 4)),
            ("frame too large", |p| p.set(p.entry(1) - 1, 3)),
        ],
    );
}

/// An imported table, two that no instruction writes and one that is written, each with a segment.
const TABLES: &str = r#"(module (import "a" "t" (table 2 funcref)) (table $fixed 3 funcref) (table $other 3 funcref) (table $set 3 funcref)
    (type $t (func)) (elem (table $fixed) (i32.const 1) func 0 0) (elem (table $other) (i32.const 1) func 0) (elem (table $set) (i32.const 0) func 0)
    (elem funcref (ref.null func))
    (func (param i32) (table.set $set (local.get 0) (ref.null func)) (drop (table.get $set (local.get 0))) (drop (table.grow $set (ref.null func) (local.get 0)))
      (table.fill $set (i32.const 0) (ref.null func) (i32.const 0)) (table.copy $set $set (i32.const 0) (i32.const 0) (i32.const 0))
      (table.init $set 3 (i32.const 0) (i32.const 0) (i32.const 0)) (call_indirect $fixed (type $t) (i32.const 0))
      (drop (table.size $fixed)) (return_call_indirect $fixed (type $t) (i32.const 0))))"#;

#[test]
fn fixed_tables_are_only_called_through() {
    const RULE: &str = "fixed table in what is no call and no table.size";
    check(
        &Config::default(),
        TABLES,
        &[
            (RULE, |p| p.operand("table.set", 0, 0, |_| 1)),
            (RULE, |p| p.operand("table.get", 0, 0, |_| 1)),
            (RULE, |p| p.operand("table.grow", 0, 0, |_| 1)),
            (RULE, |p| p.operand("table.fill", 0, 0, |_| 1)),
            (RULE, |p| p.operand("table.copy", 0, 0, |_| 1)),
            (RULE, |p| p.operand("table.copy", 0, 1, |_| 1)),
            (RULE, |p| p.operand("table.init", 0, 0, |_| 1)),
        ],
    );
}

#[test]
fn fixed_tables_are_as_their_segment_says() {
    const TABLE: usize = format::TableRecord::BYTES;
    const ELEM: usize = format::ElemRecord::BYTES;
    /// A byte of the image, and what it becomes.
    type Change = fn(&Patch) -> (usize, u8);
    fn table(p: &Patch, index: usize, at: usize) -> usize {
        p.section(format::section::TABLES).0 + index * TABLE + at
    }
    fn elem(p: &Patch, index: usize, at: usize) -> usize {
        p.section(format::section::ELEMS).0 + index * ELEM + at
    }
    let changes: [(&str, Change); 6] = [
        ("imported", |p| (table(p, 0, 4), format::IS_FIXED)),
        ("another value at the start", |p| (table(p, 1, 24), 3)),
        ("a second segment", |p| (elem(p, 1, 8), 1)),
        ("a second segment behind others", |p| (elem(p, 2, 8), 1)),
        ("segments in another order than the tables", |p| (elem(p, 0, 8), 2)),
        ("items that are expressions", |p| (elem(p, 1, 1), 1)),
    ];
    for (what, change) in changes {
        let mut patch = Patch::new(TABLES, &Config::default());
        patch.load().expect("sound before the change");
        let (at, byte) = change(&patch);
        assert_ne!(patch.image[at], byte, "{what}");
        patch.image[at] = byte;
        let error = patch.load().expect_err(what);
        assert!(matches!(error.kind(), ErrorKind::Image(_)), "{what}: {error}");
    }
}

/// An imported memory, two with addresses of 32 bits and one with addresses of 64, each with a segment but the last, and a passive one.
const RODATA: &str = r#"(module (import "a" "m" (memory 100 (pagesize 1))) (memory 64 64 (pagesize 1)) (memory 64 (pagesize 1)) (memory i64 64 (pagesize 1))
    (data (memory 0) (i32.const 0) "01234567") (data (memory 1) (i32.const 5) "abc01234567012345678d") (data (memory 2) (i32.const 8) "01234567")
    (data (memory 3) (i64.const 8) "01234567") (data "01234567")
    (func (drop (i32.load 1 (i32.const 0)))))"#;

#[test]
fn read_only_data_are_where_they_can_stay() {
    const DATA: usize = format::DataRecord::BYTES;
    let config = Config { rodata: Some(1), ..Config::default() };
    /// Bytes of the image by record and place, and what they become.
    type Bytes = &'static [(usize, usize, u8)];
    let changes: [(&str, Bytes); 7] = [
        ("in an imported memory", &[(0, 0, 2)]),
        ("in a memory with addresses of 64 bits", &[(3, 0, 2)]),
        ("passive", &[(4, 0, 2)]),
        ("a second one in a memory", &[(5, 0, 2)]),
        ("one that ends outside of the memory", &[(1, 12, 49)]),
        ("an address that is no constant", &[(1, 8, 0), (1, 12, 0)]),
        ("memories in another order", &[(1, 4, 2), (2, 4, 1), (2, 0, 2)]),
    ];
    for (what, bytes) in changes {
        let mut patch = Patch::new(RODATA, &config);
        patch.load().expect("sound before the change");
        for (record, at, byte) in bytes {
            let at = patch.section(format::section::DATA).0 + record * DATA + at;
            assert_ne!(patch.image[at], *byte, "{what}");
            patch.image[at] = *byte;
        }
        let error = patch.load().expect_err(what);
        assert!(matches!(error.kind(), ErrorKind::Image(_)), "{what}: {error}");
    }
}

#[test]
fn read_only_data_are_whole_words() {
    let image = Patch::new(RODATA, &Config { rodata: Some(1), ..Config::default() }).original;
    let image = image.parse().unwrap();
    assert_eq!(image.read_only_data(MemoryIndex(1)), Some((8, &b"0123456701234567"[..])));
    assert_eq!(image.read_only_data(MemoryIndex(2)), None);
    // What is before and behind it, as segments of their own.
    let rest = |index| image.data(DataIndex(index)).unwrap();
    assert_eq!((rest(5).bytes, rest(6).bytes), (&b"abc"[..], &b"8d"[..]));
    assert_eq!((rest(5).is_read_only, image.data_count()), (false, 7));
}

#[test]
fn read_only_data_are_refused_where_they_cannot_stay() {
    let why = |fields: &str, segment| {
        let wasm = wat::parse_str(format!("(module {fields})")).unwrap();
        translate(&wasm, &Config { rodata: Some(segment), ..Config::default() }).expect_err(fields).to_string()
    };
    let data = "(data (i32.const 0) \"0123456789abcdef\")";
    for (fields, segment, reason) in [
        (format!("(memory 1) {data}"), 1, "a segment that the module does not have"),
        ("(memory 1) (data \"0123456789abcdef\")".into(), 0, "passive"),
        (
            r#"(global i32 (i32.const 0)) (memory 1) (data (global.get 0) "0123456789abcdef")"#.into(),
            0,
            "not a constant",
        ),
        (format!("(import \"a\" \"b\" (memory 1)) {data}"), 0, "a memory that is imported"),
        (format!("(memory 1 1 shared) {data}"), 0, "shared"),
        (r#"(memory i64 1) (data (i64.const 0) "0123456789abcdef")"#.into(), 0, "64 bits"),
        (r#"(memory 1) (data (i32.const 65530) "0123456789abcdef")"#.into(), 0, "outside"),
        (r#"(memory 1) (data (i32.const 1) "0123456789abcd")"#.into(), 0, "less than eight bytes"),
        (format!("(memory 1) {data} (data (i32.const 15) \"x\")"), 0, "overlaps"),
        (format!("(global i32 (i32.const 0)) (memory 1) {data} (data (global.get 0) \"x\")"), 0, "overlaps, or may"),
    ] {
        let found = why(&fields, segment);
        assert!(found.contains(reason), "{fields}: {found}");
    }
}

#[test]
fn tables_are_fixed_if_nobody_writes_them() {
    let is_fixed = |fields: &str| {
        let text = format!("(module (type $t (func)) (func $f) {fields})");
        let patch = Patch::new(&text, &Config::default());
        patch.original.parse().unwrap().is_fixed_table(TableIndex(0))
    };
    for fields in [
        "(table 2 funcref)",
        "(table 4 funcref) (elem (i32.const 1) $f $f)",
        "(table 2 funcref) (elem (i32.const 1) $f $f) (export \"t\" (table 0))",
        "(table 2 funcref) (elem (i32.add (i32.const 0) (i32.const 0)) $f)",
        "(table 2 funcref) (elem (i32.const 0) $f $f) (func (call_indirect (type $t) (table.size 0)))",
        "(table 2 funcref) (table 2 funcref) (elem (i32.const 0) $f) (elem (table 1) (i32.const 0) func $f)",
        "(table 2 funcref) (table 2 funcref) (func (table.set 1 (i32.const 0) (ref.null func)))",
    ] {
        assert!(is_fixed(fields), "{fields}");
    }
    for fields in [
        "(table 2 funcref) (elem (i32.const 0) $f) (elem (i32.const 1) $f)",
        "(table 2 funcref) (table 2 funcref) (elem (table 1) (i32.const 0) func $f) (elem (i32.const 1) $f)",
        "(table 2 funcref) (elem (i32.const 0) funcref (ref.null func))",
        "(table 2 funcref) (elem (i32.const 0) $f) (func (table.set (i32.const 0) (ref.null func)))",
        "(table 2 funcref) (elem (i32.const 0) $f) (func (drop (table.get (i32.const 0))))",
        "(table 2 funcref) (elem (i32.const 0) $f) (func (drop (table.grow (ref.null func) (i32.const 0))))",
        "(table 2 funcref) (elem (i32.const 0) $f) (func (table.fill (i32.const 0) (ref.null func) (i32.const 0)))",
        "(table 2 funcref) (elem (i32.const 0) $f) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))",
        "(table 2 funcref) (elem (i32.const 0) $f) (elem $e func $f) (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))",
    ] {
        assert!(!is_fixed(fields), "{fields}");
    }
}

#[test]
fn indices_and_globals() {
    const WAT: &str = r#"(module (global (import "a" "b") (mut f32)) (memory 1) (global $c i32 (i32.const 1)) (global $i (mut i32) (i32.const 1))
        (global $l (mut i64) (i64.const 1)) (global $r (mut funcref) (ref.null func)) (data "x") (elem $s func 0) (elem $x externref)
        (table $f 1 funcref) (table $g 1 funcref) (table $e 1 externref) (type $t (func))
        (func (result i32) (global.set $i (i32.mul (global.get $i) (global.get $i))) (global.set 0 (global.get 0))
          (global.set $r (ref.func 0)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (data.drop 0) (elem.drop $s)
          (table.copy $f $g (i32.const 0) (i32.const 0) (i32.const 0)) (table.init $f $s (i32.const 0) (i32.const 0) (i32.const 0))
          (table.set $e (i32.const 0) (ref.null extern)) (call_indirect $f (type $t) (i32.const 0)) (table.size $f)))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("global index out of range", |p| p.operand("i32.global.get", 0, 0, |_| 4)),
            ("global of another kind or width", |p| p.operand("i32.global.get", 0, 0, |_| 2)),
            ("global of another kind or width", |p| p.operand("i32.global.get", 0, 0, |_| 3)),
            ("immutable global set", |p| p.operand("i32.global.set", 0, 0, |_| 0)),
            ("global index out of range", |p| p.operand("i32.global.get.far", 0, 0, |_| 9)),
            ("global of another kind or width", |p| p.operand("ref.global.set.far", 0, 0, |_| 0)),
            ("immutable global set", |p| p.operand("i32.global.set.far", 0, 0, |_| 1)),
            ("function index out of range", |p| p.operand("ref.func", 0, 0, |_| 1)),
            ("memory index out of range", |p| p.operand("memory.fill", 0, 0, |_| 1)),
            ("data segment index out of range", |p| p.operand("data.drop", 0, 0, |_| 1)),
            ("element segment index out of range", |p| p.operand("elem.drop", 0, 0, |_| 2)),
            ("table index out of range", |p| p.operand("table.size", 0, 0, |_| 3)),
            ("table.copy between element types", |p| p.operand("table.copy", 0, 1, |_| 2)),
            ("table.init with another element type", |p| p.operand("table.init", 0, 1, |_| 1)),
            ("type index out of range", |p| p.operand("call_indirect", 0, 2, |_| 99)),
            ("indirect call through a table of no functions", |p| p.operand("call_indirect", 0, 1, |_| 2)),
        ],
    );
}

#[test]
fn vectors() {
    const WAT: &str = r#"(module (global $v (mut v128) (v128.const i64x2 1 2)) (global $c v128 (v128.const i64x2 1 2)) (global $i (mut i64) (i64.const 1))
        (func (param v128 externref) (result v128 v128) (local v128)
          (local.set 2 (i8x16.add (local.get 0) (local.get 2))) (global.set $v (global.get $v)) (local.get 2) (local.get 2))
        (func (param v128) (result v128) (local.get 0)))"#;
    // Frame of the first: results up to 32, of them 0 to 20 parameters; header at 32, a vector at 40.
    check(
        &Config::default(),
        WAT,
        &[
            ("slot not aligned", |p| p.operand("i8x16.add", 0, 0, |_| 2)),
            ("slot outside the frame", |p| p.operand("i8x16.add", 0, 1, |_| 0xfff0)),
            ("slot in the frame header", |p| p.operand("i8x16.add", 0, 2, |_| 20)),
            ("slot in the frame header", |p| p.operand("i8x16.add", 0, 2, |_| 36)),
            ("reference cell used as data", |p| p.operand("i8x16.add", 0, 2, |_| 4)),
            ("global of another kind or width", |p| p.operand("v128.global.get", 0, 0, |_| 2)),
            ("immutable global set", |p| p.operand("v128.global.set", 0, 0, |_| 1)),
            ("global index out of range", |p| p.operand("v128.global.set", 0, 0, |_| 3)),
            ("result move of another kind or width", |p| p.token("result.v128", 0, Row::ResultI64.token(0))),
            ("result move to another cell", |p| p.operand("result.v128", 1, 1, |_| 8)),
            ("return of a value of another type", |p| p.token("return.v128", 0, Row::ReturnF64.token(5))),
        ],
    );
}

#[test]
fn runs_of_results() {
    const WAT: &str = r#"(module
        (func (param i32 i32) (result i32 i32) (local.set 0 (local.get 1)) (i32.const 7) (i32.const 8))
        (func (param externref i64) (result i64 externref) (local.get 1) (local.get 0)))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("return without all results in place", |p| {
                p.token("result.i32", 0, Row::I32Copy.token(0));
                p.token("result.i32", 1, Row::I32Copy.token(0));
            }),
            ("result move of another kind or width", |p| {
                p.token("result.i32", 0, Row::ResultI64.token(0));
                p.operand("result.i32", 0, 0, |_| 0);
            }),
            ("result move to another cell", |p| p.operand("result.i32", 0, 1, |_| 4)),
            ("more result moves than results", |p| {
                let at = p.find("result.i32", 0).offset;
                let copy = p.find("i32.copy", 0).offset;
                // The copy is moved right before the run, and made the first of three.
                let between: Vec<u16> = (copy + 3..at).map(|unit| p.unit(unit)).collect();
                for (i, unit) in between.iter().enumerate() {
                    p.set(copy + i, *unit);
                }
                for (i, unit) in [Row::ResultI32.token(0), 0, 0].into_iter().enumerate() {
                    p.set(at - 3 + i, unit);
                }
                p.operand("result.i32", 0, 1, |_| 4);
                p.operand("result.i32", 1, 1, |_| 8);
            }),
            ("reference result overwritten before it is moved", |p| p.operand("result.ref", 0, 0, |_| 0)),
            ("run of reference or result moves interrupted", |p| p.token("result.i32", 1, Row::I32Copy.token(0))),
            ("block start inside a run of reference or result moves", |p| {
                p.start_block(p.find("result.i32", 1).offset)
            }),
            ("block start inside a run of reference or result moves", |p| p.start_block(p.find("return", 0).offset)),
        ],
    );
}

#[test]
fn calls_and_runs_of_references() {
    const WAT: &str = r#"(module
        (import "h" "two" (func $two (param i32 externref externref) (result externref i32)))
        (import "h" "one" (func $one (param i32 externref i32) (result externref i32)))
        (import "h" "none" (func $none (param i32 externref externref)))
        (func $f (param externref externref) (local externref)
          (local.set 2 (local.get 0))
          (call $two (i32.const 1) (local.get 0) (local.get 1)) (drop) (local.set 2))
        (func $g (param i32) (result externref i32) (local externref) (return_call $two (local.get 0) (local.get 1) (local.get 1)))
        (func $h (param i64) (local.set 0 (i64.const 0x1234567800000005)) (call $h (i64.const 1))))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("reference argument missing", |p| {
                for nth in 0..2 {
                    p.token("argument.ref", nth, Row::RefCopy.token(0));
                    p.operand("argument.ref", nth, 1, |_| 0);
                }
            }),
            ("reference argument in another cell", |p| p.operand("argument.ref", 0, 1, |cell| cell + 4)),
            ("reference argument without a parameter", |p| p.operand("call.import", 0, 0, |_| 1)),
            ("data cell used as a reference", |p| {
                // The window's first cell, which holds the number.
                let window = p.find("argument.ref", 0).operands().nth(1).unwrap().value as u16;
                p.operand("argument.ref", 1, 0, |_| window - 4);
            }),
            ("run of reference or result moves interrupted", |p| {
                p.token("argument.ref", 1, Row::RefCopy.token(0));
            }),
            ("block start inside a run of reference or result moves", |p| {
                p.start_block(p.find("call.import", 0).offset)
            }),
            ("block start inside a run of reference or result moves", |p| p.start_block(p.find("take.ref", 0).offset)),
            ("run of reference or result moves interrupted", |p| {
                p.token("take.ref", 0, Row::RefCopy.token(0));
            }),
            ("take.ref of another cell", |p| p.operand("take.ref", 0, 0, |cell| cell + 4)),
            ("take.ref not right behind a call with a reference result", |p| {
                p.token("ref.copy", 0, Row::TakeRef.token(0))
            }),
            ("call window not aligned", |p| p.operand("call.import", 0, 1, |delta| delta + 2)),
            ("call window below the frame header's end", |p| p.operand("call.import", 0, 1, |_| 12)),
            ("call window over a reference cell", |p| p.operand("call.import", 0, 1, |_| 16)),
            ("call window outside the frame", |p| p.operand("call.import", 0, 1, |_| 0x1000)),
            ("call.import of no import", |p| p.operand("call.import", 0, 0, |_| 3)),
            ("call of what is no function's entry", |p| p.operand("call", 0, 0, |entry| entry.wrapping_add(1))),
            ("call of what is no function's entry", |p| {
                // A constant that looks like the index in front of an entry: but that function's entry is another.
                let constant = p.find("i64.const", 0).operands().next().unwrap().field;
                assert_eq!((p.unit(constant), p.unit(constant + 1)), (5, 0));
                let field = p.find("call", 0).operands().next().unwrap().field;
                p.operand("call", 0, 0, |_| (constant + isa::FRAME_UNITS).wrapping_sub(field) as u16);
            }),
            ("reference argument missing", |p| {
                // From a function without any reference.
                let change = (p.entry(2) - p.entry(0)) as u16;
                p.operand("call", 0, 0, |entry| entry - change);
            }),
            ("tail call of a function with other results", |p| p.operand("return_call.import", 0, 0, |_| 2)),
        ],
    );
}

#[test]
fn calls_by_reference() {
    const WAT: &str = r#"(module
        (type $t (func (param i32 externref) (result externref))) (type $n (func (result i32)))
        (elem declare func $f)
        (func $f (type $t) (local.get 1))
        (func (param externref) (result externref) (call_ref $t (i32.const 1) (local.get 0) (ref.func $f)))
        (func (param (ref null $t) externref) (result externref) (return_call_ref $t (i32.const 1) (local.get 1) (local.get 0)))
        (func (param (ref null $n) i32) (result i32)
          (block (drop (br_on_null 0 (local.get 0)))) (call_ref $n (ref.as_non_null (local.get 0)))))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("data cell used as a reference", |p| p.operand("call_ref", 1, 0, |_| 4)),
            ("type index out of range", |p| p.operand("call_ref", 0, 1, |_| 99)),
            ("reference argument without a parameter", |p| p.operand("call_ref", 0, 1, |_| 1)),
            ("tail call of a function with other results", |p| {
                // What its own type is, of which it is one argument.
                p.token("argument.ref", 1, Row::RefCopy.token(0));
                p.operand("argument.ref", 1, 1, |_| 0);
                p.operand("return_call_ref", 0, 1, |_| 1);
            }),
            ("another frame's header offset", |p| p.operand("return_call_ref", 0, 2, |offset| offset + 4)),
            ("call window outside the frame", |p| p.operand("call_ref", 1, 2, |_| 0x1000)),
            ("data cell used as a reference", |p| p.operand("br_on_null", 0, 0, |_| 4)),
            ("branch to what is no block start of the function", |p| p.operand("br_on_null", 0, 1, |rel| rel + 1)),
            ("data cell used as a reference", |p| p.operand("ref.as_non_null", 0, 0, |_| 4)),
        ],
    );
}

#[test]
fn objects() {
    const WAT: &str = r#"(module
        (type $s (struct (field $i (mut i32)) (field $r (mut externref)) (field $l (mut i64)) (field $b (mut i8)))) (type $n (struct (field i32 externref)))
        (type $a (array (mut i16))) (type $e (array (mut externref))) (data "abc") (elem $x externref)
        (func (param (ref null $s) i32 externref i64) (result i32)
          (struct.set $s $i (local.get 0) (local.get 1)) (struct.set $s $r (local.get 0) (local.get 2))
          (drop (struct.get $s $l (local.get 0))) (drop (struct.get $s $r (local.get 0))) (struct.get_u $s $b (local.get 0)))
        (func (param i32 externref) (result (ref $n)) (struct.new $n (local.get 0) (local.get 1)))
        (func (param i32 externref) (drop (array.new_default $a (local.get 0))) (drop (array.new $e (local.get 1) (local.get 0)))
          (drop (array.new_data $a 0 (local.get 0) (local.get 0))) (drop (array.new_elem $e $x (local.get 0) (local.get 0)))
          (drop (array.new_fixed $a 2 (local.get 0) (local.get 0))) (drop (array.new_fixed $e 2 (local.get 1) (local.get 1)))
          (drop (struct.new_default $s)) (drop (ref.test (ref $s) (ref.null any)))))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("type of no structure", |p| p.operand("i32.struct.set", 0, 1, |_| 2)),
            ("type of no structure", |p| p.operand("struct.new_default", 0, 0, |_| 3)),
            ("type index out of range", |p| p.operand("i64.struct.get", 0, 1, |_| 99)),
            ("no field at that offset", |p| p.operand("i32.struct.set", 0, 2, |offset| offset + 1)),
            ("no field at that offset", |p| p.operand("i8.struct.get_u", 0, 2, |offset| offset + 1)),
            ("field of another kind or width", |p| p.operand("i32.struct.set", 0, 2, |offset| offset + 4)),
            ("field of another kind or width", |p| p.operand("ref.struct.get", 0, 2, |offset| offset - 4)),
            ("field of another kind or width", |p| p.operand("i64.struct.get", 0, 2, |offset| offset - 8)),
            ("field of another kind or width", |p| p.operand("i8.struct.get_u", 0, 2, |offset| offset - 16)),
            ("data cell used as a reference", |p| p.operand("i32.struct.set", 0, 0, |slot| slot + 4)),
            ("type of no structure", |p| p.operand("struct.new", 0, 0, |_| 2)),
            ("reference cell used as data", |p| p.operand("struct.new", 0, 1, |_| 4)),
            ("data cell used as a reference", |p| p.operand("struct.new", 0, 2, |_| 0)),
            ("slot outside the frame", |p| p.operand("struct.new", 0, 1, |_| 0x1000)),
            ("slot outside the frame", |p| p.operand("struct.new", 0, 2, |_| 0x1000)),
            ("type of no array", |p| p.operand("array.new_default", 0, 1, |_| 0)),
            ("array of another kind", |p| p.operand("ref.array.new", 0, 2, |_| 2)),
            ("array of another kind", |p| p.operand("array.new_data", 0, 2, |_| 3)),
            ("array of another kind", |p| p.operand("array.new_elem", 0, 2, |_| 2)),
            ("array of another kind", |p| p.operand("array.new_fixed", 0, 0, |_| 3)),
            ("array of another kind", |p| p.operand("ref.array.new_fixed", 0, 0, |_| 2)),
            ("slot outside the frame", |p| p.operand("array.new_fixed", 0, 1, |_| 0x1000)),
            ("data cell used as a reference", |p| p.operand("ref.array.new_fixed", 0, 2, |_| 0)),
            ("coding of no reference type", |p| p.operand("ref.test", 0, 1, |_| 0x7f)),
            ("data segment index out of range", |p| p.operand("array.new_data", 0, 3, |_| 1)),
        ],
    );
}

#[test]
fn vectors_in_objects() {
    const WAT: &str = r#"(module
        (type $s (struct (field $i (mut i64)) (field $j (mut i64)) (field $v (mut v128)) (field $r (mut externref))))
        (type $v (array (mut v128))) (type $l (array (mut i64)))
        (func (param (ref null $s) v128 externref) (result v128)
          (struct.set $s $v (local.get 0) (local.get 1)) (struct.get $s $v (local.get 0)))
        (func (param i64 v128 externref) (drop (struct.new $s (local.get 0) (local.get 0) (local.get 1) (local.get 2))))
        (func (param v128 i32) (drop (array.new $v (local.get 0) (local.get 1))) (drop (array.new_fixed $v 1 (local.get 0)))))"#;
    check(
        &Config::default(),
        WAT,
        &[
            ("type of no structure", |p| p.operand("v128.struct.get", 0, 1, |_| 1)),
            ("field of another kind or width", |p| p.operand("v128.struct.get", 0, 2, |offset| offset - 8)),
            ("field of another kind or width", |p| p.operand("v128.struct.set", 0, 2, |offset| offset + 16)),
            ("no field at that offset", |p| p.operand("v128.struct.set", 0, 2, |offset| offset + 8)),
            ("slot not aligned", |p| p.operand("v128.struct.set", 0, 3, |slot| slot + 2)),
            ("slot outside the frame", |p| p.operand("v128.struct.set", 0, 3, |_| 0xfff0)),
            ("reference cell used as data", |p| p.operand("struct.new", 0, 1, |_| 20)),
            ("slot outside the frame", |p| p.operand("struct.new", 0, 1, |_| 0x1000)),
            ("array of another kind", |p| p.operand("v128.array.new", 0, 2, |_| 2)),
            ("type of no array", |p| p.operand("v128.array.new", 0, 2, |_| 0)),
            ("slot outside the frame", |p| p.operand("array.new_fixed", 0, 2, |_| 0x1000)),
        ],
    );
}

/// Without references in any type, calls are checked a shorter way.
#[test]
fn calls_of_numbers() {
    const WAT: &str = "(module (func $f (param i64 i64)) (func (call $f (i64.const 1) (i64.const 2)) (call $f (i64.const 3) (i64.const 4))))";
    check(
        &Config::default(),
        WAT,
        &[
            ("call of what is no function's entry", |p| p.operand("call", 0, 0, |entry| entry.wrapping_add(1))),
            ("call window not aligned", |p| p.operand("call", 0, 1, |delta| delta - 2)),
            ("call window below the frame header's end", |p| p.operand("call", 0, 1, |_| 4)),
            ("call window outside the frame", |p| p.operand("call", 0, 1, |delta| delta + 4)),
            ("block start inside an instruction", |p| p.start_block(p.find("call", 0).offset + 1)),
        ],
    );
}

#[test]
fn guests_can_be_stopped() {
    const WAT: &str = "(module (func (loop (br 0))) (func $f (call $f)))";
    let fuel = Config { fuel: true, ..Config::default() };
    let signal = Config { signal: true, ..Config::default() };
    check(
        &fuel,
        WAT,
        &[
            ("loop without the poll or charge of the image's options", |p| {
                let head = p.find("br", 0).operands().next().unwrap().value as usize;
                assert_eq!(p.unit(head), Row::Fuel.token(0));
                p.set(head + 1, 0);
            }),
            ("function that calls without the poll or charge of the image's options", |p| p.set(p.entry(1) + 1, 0)),
        ],
    );
    check(
        &signal,
        WAT,
        &[("loop without the poll or charge of the image's options", |p| {
            // Back behind the poll.
            let head = p.find("br", 0).operands().next().unwrap().value as usize;
            p.start_block(head + 1);
            p.operand("br", 0, 0, |rel| rel + 1);
        })],
    );
}

#[test]
fn constant_expressions_are_straight() {
    const WAT: &str = "(module (global i64 (i64.add (i64.const 4) (i64.mul (i64.const 4) (i64.const 5)))))";
    check(
        &Config::default(),
        WAT,
        &[("branch in a constant expression", |p| {
            let entry = p.entry(0);
            p.set(entry, Row::Br.token(0));
            p.set(entry + 1, 0xffff);
        })],
    );
}

/// Shared memories are named by the rows for them, other ones by plain rows, and by atomic rows both.
#[test]
fn shared_memories() {
    const NEAR: &str = "memory access without a memory of that kind";
    const OTHER: &str = "plain access to a shared memory, or the other way round";
    /// Makes the first memory one that is shared, or one that is not.
    fn turn(p: &mut Patch) {
        let at = p.section(format::section::MEMORIES).0;
        p.image[at + 1] ^= format::IS_SHARED;
    }
    for (rule, text) in [
        (NEAR, "(func (param i32) (drop (i32.load (local.get 0))))"),
        (NEAR, "(func (param i32) (f64.store (local.get 0) (f64.const 1)))"),
        (NEAR, "(func (drop (i32.load8_u (i32.const 8))))"),
        (OTHER, "(func (param i32) (drop (i32.load offset=70000 (local.get 0))))"),
        (OTHER, "(func (param i32) (i64.store offset=70000 (local.get 0) (i64.const 1)))"),
        (OTHER, "(func (drop (memory.size)))"),
        (OTHER, "(func (drop (memory.grow (i32.const 1))))"),
        (OTHER, "(func (memory.fill (i32.const 1) (i32.const 1) (i32.const 1)))"),
        (OTHER, "(func (memory.init $d (i32.const 1) (i32.const 1) (i32.const 1)))"),
    ] {
        for shared in ["", "shared"] {
            let text = format!(r#"(module (memory 1 2 {shared}) (data $d "") {text})"#);
            check(&Config::default(), &text, &[(rule, turn)]);
        }
    }
    // Copies between memories that are not shared, of which one becomes so.
    let text = "(module (memory 1 2) (memory 1 2) (func (memory.copy 0 1 (i32.const 1) (i32.const 1) (i32.const 1))))";
    check(&Config::default(), text, &[(OTHER, turn)]);
    for any in [
        "(memory.copy 0 1 (i32.const 1) (i32.const 1) (i32.const 1))",
        "(drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))",
        "(drop (memory.atomic.wait64 (i32.const 8) (i64.const 1) (i64.const 0)))",
    ] {
        let mut patch =
            Patch::new(&format!("(module (memory 1 2 shared) (memory 1 2 shared) (func {any}))"), &Config::default());
        turn(&mut patch);
        patch.load().expect("any memory");
    }
}

/// Instructions take addresses and indices of the type that their memory or table has.
#[test]
fn addresses_and_indices() {
    const NEAR: &str = "memory access without a memory of that kind";
    const OTHER: &str = "memory or table with addresses or indices of another type";
    /// Makes the first memory, or table, one of 64 bits, or one of 32.
    fn turn(p: &mut Patch, section: u16, flags: usize) {
        let at = p.section(section).0;
        p.image[at + flags] ^= format::IS_64;
    }
    let memory: fn(&mut Patch) = |p| turn(p, format::section::MEMORIES, 1);
    let table: fn(&mut Patch) = |p| turn(p, format::section::TABLES, 4);
    for (rule, change, text) in [
        (NEAR, memory, "(func (param A) (drop (i32.load (local.get 0))))"),
        (NEAR, memory, "(func (param A) (f64.store (local.get 0) (f64.const 1)))"),
        (NEAR, memory, "(func (param A) (drop (i32.load8_u (A.add (local.get 0) (local.get 0)))))"),
        (OTHER, memory, "(func (param A) (drop (i32.load offset=70000 (local.get 0))))"),
        (OTHER, memory, "(func (param A) (i64.store offset=70000 (local.get 0) (i64.const 1)))"),
        (OTHER, memory, "(func (drop (memory.size)))"),
        (OTHER, memory, "(func (drop (memory.grow (A.const 1))))"),
        (OTHER, memory, "(func (memory.fill (A.const 1) (i32.const 1) (A.const 1)))"),
        (OTHER, memory, "(func (memory.copy 1 0 (A.const 1) (A.const 1) (A.const 1)))"),
        (OTHER, memory, "(func (memory.copy 0 1 (A.const 1) (A.const 1) (A.const 1)))"),
        (OTHER, memory, "(func (memory.copy 2 0 (i32.const 1) (A.const 1) (i32.const 1)))"),
        (OTHER, memory, "(func (memory.copy 0 2 (A.const 1) (i32.const 1) (i32.const 1)))"),
        (OTHER, memory, "(func (memory.init $d (A.const 1) (i32.const 1) (i32.const 1)))"),
        (OTHER, table, "(func (drop (table.get (A.const 1))))"),
        (OTHER, table, "(func (table.set (A.const 1) (ref.null func)))"),
        (OTHER, table, "(func (drop (table.size)))"),
        (OTHER, table, "(func (drop (table.grow (ref.null func) (A.const 1))))"),
        (OTHER, table, "(func (table.fill (A.const 1) (ref.null func) (A.const 1)))"),
        (OTHER, table, "(func (table.copy 1 0 (A.const 1) (A.const 1) (A.const 1)))"),
        (OTHER, table, "(func (table.copy 0 2 (A.const 1) (i32.const 1) (i32.const 1)))"),
        (OTHER, table, "(func (table.init $e (A.const 1) (i32.const 1) (i32.const 1)))"),
        (OTHER, table, "(func (call_indirect (A.const 1)))"),
        (OTHER, table, "(func (return_call_indirect (A.const 1)))"),
    ] {
        for address in ["i32", "i64"] {
            let text = text.replace("A", address);
            let text = format!(
                r#"(module (memory {address} 1) (memory {address} 1) (memory 1) (data $d "")
                (table {address} 1 funcref) (table {address} 1 funcref) (table 1 funcref) (elem $e func) {text})"#
            );
            // A copy from an i32 memory is a copy between equals then, and what is changed is one side of it.
            check(&Config::default(), &text, &[(rule, change)]);
        }
    }
}

/// A superinstruction stands only where all its instructions stand, and only in images of level host.
#[test]
fn superinstructions() {
    const WAT: &str = r#"(module (func (param i32 i32) (result i32)
        (i32.xor (i32.load (local.get 0)) (i32.load (i32.add (local.get 0) (local.get 1))))) (memory 1))"#;
    /// A token above those of instructions whose first instruction is, or is not, the load.
    fn other(p: &Patch, is_load: bool) -> u16 {
        let load = isa::first_of(p.unit(p.find("i32.load", 0).offset));
        let mut above = isa::TOKENS..u16::MAX;
        above.find(|&token| (isa::first_of(token) == load) == is_load).expect("there is one")
    }
    if isa::Level::HIGHEST < isa::Level::Host {
        return;
    }
    let config = Config { superinstructions: true, ..Config::default() };
    check(
        &config,
        WAT,
        &[
            ("superinstruction of others", |p| p.token("i32.load", 0, other(p, true))),
            ("superinstruction of others", |p| p.token("i32.load", 0, other(p, false))),
            ("instruction above the image's level", |p| {
                p.image[48] = 1;
                p.token("i32.load", 0, other(p, true));
            }),
        ],
    );
}

/// Each superinstruction, put at each instruction that it could begin with, is accepted exactly where all that it stands for is executed;
/// also if another one, right or wrong, begins inside.
#[test]
fn superinstructions_stand_for_what_is_executed() {
    const WAT: &str = r#"(module (memory 1) (func (param i32 i32 i32 i32 i32)
        (loop
            (local.set 3 (i32.load (local.get 0))) (local.set 4 (i32.load (local.get 0)))
            (if (local.get 3)
                (then (i32.store (local.get 0) (local.get 3)) (i32.store (local.get 0) (local.get 4)))
                (else (local.set 0 (i32.add (local.get 0) (i32.const 4)))
                    (local.set 3 (i32.load (local.get 0))) (local.set 4 (i32.add (i32.load (local.get 0)) (i32.const 4)))))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get 1) (local.get 2))))))"#;
    const BR: u16 = Row::Br.token(0);
    if isa::Level::HIGHEST < isa::Level::Host {
        return;
    }
    let mut patch = Patch::new(WAT, &Config::default());
    patch.image[48] = isa::Level::Host as u8;
    // Where instructions begin, and where each goes on.
    let (mut ways, mut at) = (BTreeMap::new(), patch.entry(0));
    while let Some(instruction) = isa::decode(patch.original.parse().unwrap().code(), at) {
        let target = instruction.operands().next().map(|target| target.value as usize);
        ways.insert(at, if patch.unit(at) == BR { target.unwrap() } else { at + instruction.len });
        at += instruction.len;
    }
    // Which superinstructions could begin at an instruction, and whether they are right there.
    let candidates = |patch: &Patch, at: usize| {
        let all =
            (isa::TOKENS..isa::TOKENS + isa::SUPERINSTRUCTIONS).filter(|&token| isa::first_of(token) == patch.unit(at));
        let is_executed = |elements: &[u16]| {
            let mut next = Some(at);
            elements.iter().all(|&element| {
                let is_here = next.is_some_and(|at| ways.contains_key(&at) && patch.unit(at) == element);
                next = next.and_then(|at| ways.get(&at).copied());
                is_here
            })
        };
        all.map(|token| (token, is_executed(isa::superinstruction(token).unwrap()))).collect::<Vec<_>>()
    };
    let (mut accepted, mut refused, mut over_br) = (0, 0, 0);
    let places: Vec<(usize, u16)> = ways.keys().map(|&at| (at, patch.unit(at))).collect();
    let all: Vec<_> = places.iter().map(|&(at, _)| candidates(&patch, at)).collect();
    for (&(at, plain), outer) in places.iter().zip(&all) {
        for &(token, is_right) in outer {
            patch.set(at, token);
            assert_eq!(patch.load().is_ok(), is_right, "{:?} at {at}", isa::superinstruction(token));
            *(if is_right { &mut accepted } else { &mut refused }) += 1;
            let elements = isa::superinstruction(token).unwrap();
            over_br += u32::from(is_right && elements[..elements.len() - 1].contains(&BR));
            for (&(inside, plain), inner) in places.iter().zip(&all).filter(|((inside, _), _)| *inside != at) {
                for is_inner_right in [true, false] {
                    let Some(&(token, _)) = inner.iter().rfind(|other| other.1 == is_inner_right) else { continue };
                    patch.set(inside, token);
                    assert_eq!(
                        patch.load().is_ok(),
                        is_right && is_inner_right,
                        "{elements:?} at {at}, another at {inside}"
                    );
                }
                patch.set(inside, plain);
            }
        }
        patch.set(at, plain);
    }
    assert!(accepted > 5 && refused > 100 && over_br > 0, "{accepted} {refused} {over_br}");
}

/// The last instruction of a function ends where the function does, also if it has more units than the way of plans takes.
#[test]
fn long_instructions_are_not_cut_off() {
    const WAT: &str = "(module (func (param i64 i32) (local.set 1 (i32.const 0x10000))))";
    fn form(row: Row, letters: &str) -> u16 {
        let shape = row.get().shape;
        row.token((0..shape.forms_count()).find(|&form| shape.form(form) == letters.as_bytes()).expect("a form"))
    }
    check(
        &Config::default(),
        WAT,
        &[
            ("no instruction, or one cut off", |p| p.token("i32.const", 0, form(Row::I64And, "sqr"))),
            ("no instruction, or one cut off", |p| p.token("i32.const", 0, form(Row::BrIfF64Eq, "sqb"))),
        ],
    );
}

/// Throws, and handlers of exceptions: each of their fields.
#[test]
fn exceptions() {
    const WAT: &str = r#"(module (tag $t (param i32 i64 externref)) (tag $e)
        (func $thrower (param externref) (throw $t (i32.const 1) (i64.const 2) (local.get 0)))
        (func (param externref) (result externref) (local i32)
            (block $h (result i32 i64 externref exnref)
                (try_table (catch_ref $t $h) (call $thrower (local.get 0)) (return (local.get 0))) (unreachable))
            (throw_ref))
        (func (loop $l (try_table (catch $e $l) (call $thrower (ref.null extern))))))"#;
    /// Changes a field of the handler with this number: the record has seven words.
    fn field(p: &mut Patch, handler: usize, word: usize, change: impl Fn(u32) -> u32) {
        let at = p.section(format::section::HANDLERS).0 + handler * format::HandlerRecord::BYTES + 4 * word;
        let value = u32::from_le_bytes(p.image[at..at + 4].try_into().unwrap());
        p.image[at..at + 4].copy_from_slice(&change(value).to_le_bytes());
    }
    check(
        &Config::default(),
        WAT,
        &[
            ("tag index out of range", |p| p.operand("throw", 0, 0, |tag| tag + 2)),
            ("reference argument without a parameter", |p| p.operand("throw", 0, 0, |tag| tag + 1)),
            ("call window not aligned", |p| p.operand("throw", 0, 1, |delta| delta + 2)),
            ("call window outside the frame", |p| p.operand("throw", 0, 1, |delta| delta + 400)),
            ("call window below the frame header's end", |p| p.operand("throw", 0, 1, |_| 8)),
            ("data cell used as a reference", |p| p.operand("throw_ref", 0, 0, |_| 12)),
            ("handler at what is no block start", |p| field(p, 0, 2, |target| target + 1)),
            ("reference cell used as data", |p| field(p, 0, 5, |data| data - 8)),
            ("slot outside the frame", |p| field(p, 0, 5, |data| data + 400)),
            ("slot outside the frame", |p| field(p, 0, 5, |_| u32::MAX)),
            ("slot not aligned", |p| field(p, 0, 5, |data| data + 2)),
            ("data cell used as a reference", |p| field(p, 0, 6, |refs| refs + 16)),
            ("slot in the frame header", |p| field(p, 0, 6, |_| 4)),
            // The payload's reference fits, the exception behind it does not.
            ("slot in the frame header", |p| field(p, 0, 6, |_| 0)),
        ],
    );
    // A handler in front of the code that throws is a loop.
    check(
        &Config { fuel: true, ..Config::default() },
        WAT,
        &[("handler at a loop without the poll or charge of the image's options", |p| {
            let target = p.find("ref.null", 0).offset;
            p.start_block(target);
            field(p, 1, 2, |_| target as u32);
        })],
    );
    // What is wrong with records is found before.
    for change in [
        (|p| field(p, 0, 0, |first| first + 1000)) as fn(&mut Patch),
        |p| field(p, 0, 1, |end| end + 1000),
        |p| field(p, 0, 2, |target| target + 1000),
        |p| field(p, 1, 2, |_| 0),
        |p| field(p, 0, 3, |_| 4),
        |p| field(p, 1, 3, |_| 2),
        |p| field(p, 0, 4, |_| 2),
    ] {
        let mut patch = Patch::new(WAT, &Config::default());
        change(&mut patch);
        let error = patch.load().expect_err("a damaged record");
        assert_eq!(error.kind(), ErrorKind::Image(ImageErrorKind::Index), "{error}");
    }
}
