//! The commands that look without running: inspect, validate, wast, help.

use crate::{Bench, Done, guests};
use serde_json::Value;

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {done:?}"))
}

#[test]
fn inspect_shows_sizes_features_and_capabilities() {
    let bench = Bench::with("open.wat", guests::OPEN);
    let done = bench.sheave(&["inspect", "open.wat"]);
    assert_eq!(done.code, 0, "{done:?}");
    for part in [
        "options    signal",
        "sections of the image",
        "header, padding",
        "files (grant with --dir)\n    wasi_snapshot_preview1.path_open ",
        "arguments (granted by run)\n    wasi_snapshot_preview1.args_get ",
        "_start                   func () -> ()",
        "largest frames",
    ] {
        assert!(done.out.contains(part), "{part:?} is not in {}", done.out);
    }
    assert!(!done.out.contains('\x1b'), "no colour outside of a terminal");
}

#[test]
fn inspect_gives_the_same_as_data() {
    let bench = Bench::with("math.wat", guests::MATH);
    let report = json(&bench.sheave(&["inspect", "--json", "math.wat"]));
    assert_eq!(report["features"], serde_json::json!(["multi-value", "floats"]));
    assert_eq!((&report["name"], &report["memory_bytes"]), (&"math".into(), &65536.into()));
    let bytes = |items: &Value| items.as_array().expect("a list").iter().map(|item| item["bytes"].as_u64()).sum();
    let sections: Option<u64> = bytes(&report["sections"]);
    let whole = sections.expect("figures") + report["overhead_bytes"].as_u64().expect("a figure");
    assert_eq!(report["image_bytes"], whole, "every byte is accounted for");
    let frames = report["functions"].as_array().expect("a list").iter().map(|function| &function["frame_bytes"]);
    assert!(frames.clone().map(Value::as_u64).is_sorted_by(|a, b| a >= b), "largest first");
    // An image tells the same of itself.
    bench.sheave(&["compile", "math.wat", "-o", "math.image"]);
    let again = json(&bench.sheave(&["inspect", "--json", "math.image"]));
    for key in ["features", "options", "sections", "exports", "functions", "image_bytes", "isa_hash"] {
        assert_eq!(again[key], report[key], "{key}");
    }
    assert_eq!((&report["kind"], &again["kind"]), (&"module".into(), &"image".into()));
}

#[test]
fn code_stands_beside_wasm_offsets() {
    let bench = Bench::with("math.wat", guests::MATH);
    let all = bench.sheave(&["inspect", "--code", "math.wat"]);
    assert!(all.out.contains("func 0 add") && all.out.contains("func 4 div"), "{all:?}");
    let one = bench.sheave(&["inspect", "math.wat", "--code", "inner"]);
    assert!(one.out.contains("i32.div_s") && !one.out.contains("func 0 add"), "{one:?}");
    assert_eq!(bench.sheave(&["inspect", "math.wat", "--code", "3"]).out, one.out, "by index as by name");
    let listing = json(&bench.sheave(&["inspect", "math.wat", "--json", "--code", "inner"]));
    let lines = listing[0]["instructions"].as_array().expect("a list");
    let division = lines.iter().find(|line| line["text"].as_str().is_some_and(|text| text.starts_with("i32.div_s")));
    let wasm = wat::parse_str(guests::MATH).expect("a module");
    let offset = wasm.windows(3).position(|bytes| bytes == [0x01, 0x6d, 0x0b]).expect("i32.div_s") + 1;
    assert_eq!(division.expect("the division")["wasm_offset"], offset);
    bench.sheave(&["inspect", "math.wat", "--code", "iner"]).fails(2, &["did you mean inner?"]);
    bench.sheave(&["inspect", "math.wat", "--code", "99"]).fails(2, &["no such function", "8 functions"]);
}

#[test]
fn validate_answers_in_one_line_or_as_data() {
    let bench = Bench::with("math.wat", guests::MATH);
    bench.write("bad.wat", "(module (func (result i32)))");
    bench.sheave(&["validate", "math.wat"]).prints("math.wat: valid module, needs: multi-value, floats\n");
    bench.sheave(&["validate", "bad.wat"]).fails(1, &["bad.wat: invalid module: type mismatch"]);
    let good = json(&bench.sheave(&["validate", "--json", "math.wat"]));
    assert_eq!((&good["valid"], &good["features"][0]), (&true.into(), &"multi-value".into()));
    let done = bench.sheave(&["validate", "--json", "bad.wat"]);
    let bad = json(&done);
    assert_eq!((done.code, &bad["valid"]), (1, &false.into()));
    assert!(bad["error"].as_str().is_some_and(|error| error.contains("type mismatch")), "{bad}");
    bench.sheave(&["compile", "math.wat", "-o", "math.image"]);
    bench.sheave(&["validate", "math.image"]).prints("math.image: valid image, needs: multi-value, floats\n");
}

#[test]
fn wast_ends_with_the_sum() {
    let module = "(module (func (export \"f\") (result i32) (i32.const 1)))\n";
    let bench = Bench::with("good.wast", format!("{module}(assert_return (invoke \"f\") (i32.const 1))"));
    bench.write("bad.wast", format!("{module}(assert_return (invoke \"f\") (i32.const 2))"));
    bench.write(
        "continuations.wast",
        "(module (type $f (func)) (type (cont $f)) (func (export \"v\")))\n(assert_trap (invoke \"v\") \"\")",
    );
    let last = |args: &[&str]| {
        let done = bench.sheave(&[&["wast"], args].concat());
        (done.code, done.out.lines().last().unwrap_or_default().to_owned())
    };
    assert_eq!(last(&["good.wast"]), (0, "1 passed, 0 failed".into()));
    assert_eq!(last(&["good.wast", "bad.wast"]), (1, "1 passed, 1 failed".into()));
    assert_eq!(last(&["continuations.wast"]), (0, "0 passed, 0 failed".into()));
    let skipped = bench.sheave(&["wast", "continuations.wast"]);
    assert!(skipped.out.contains("needs stack-switching") && skipped.out.contains("1 skipped"), "{skipped:?}");
    let bad = bench.sheave(&["wast", "bad.wast"]);
    assert!(bad.out.contains("bad.wast:2: expected"), "{bad:?}");
    bench.sheave(&["wast", "gone.wast"]).fails(1, &["gone.wast: no such file"]);
}

#[test]
fn every_help_text_teaches_by_example() {
    let bench = Bench::empty();
    for command in ["run", "profile", "compile", "validate", "inspect", "shrink", "wast"] {
        let done = bench.sheave(&[command, "--help"]);
        assert_eq!(done.code, 0, "{done:?}");
        let examples = done.out.split_once("Examples:\n").map(|(_, examples)| examples);
        let line = format!("  sheave {command} ");
        assert!(examples.is_some_and(|examples| examples.starts_with(&line)), "{done:?}");
    }
    assert!(bench.sheave(&["--help"]).out.contains("Examples:\n  sheave run hello.wasm"));
    bench.sheave(&["--version"]).prints(concat!("sheave ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = Bench::with("math.wat", guests::MATH);
    for args in
        [&["inspect", "math.wat"][..], &["validate", "math.wat"], &["run", "--invoke", "add", "math.wat", "1", "2"]]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let done = crate::done(bench.command(args).stdout(writer).output().expect("the command runs"));
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
    }
}
