//! Images: compiled, run, refused.

use crate::{Bench, guests};

fn compiled(options: &[&str]) -> Bench {
    let bench = Bench::with("math.wat", guests::MATH);
    let done = bench.sheave(&[&["compile", "math.wat", "-o", "math.image"], options].concat());
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{done:?}");
    bench
}

#[test]
fn an_image_runs_as_its_module_does() {
    let bench = compiled(&[]);
    bench.sheave(&["run", "--invoke", "add", "math.image", "2", "3"]).prints("5\n");
    bench.sheave(&["run", "--invoke", "div", "math.image", "1", "0"]).fails(134, &["divide by zero", "math!inner"]);
    bench.sheave(&["run", "--timeout", "50ms", "--invoke", "forever", "math.image"]).fails(134, &["interrupt"]);
    // The same bytes each time, and told by its bytes and not by its name.
    let first = std::fs::read(bench.path("math.image")).expect("the image");
    bench.sheave(&["compile", "math.wat", "-o", "again.wasm"]);
    assert_eq!(std::fs::read(bench.path("again.wasm")).expect("the image"), first);
    bench.sheave(&["run", "--invoke", "add", "again.wasm", "1", "1"]).prints("2\n");
}

#[test]
fn an_image_that_lacks_what_a_flag_needs_is_refused() {
    let add = ["--invoke", "add", "math.image", "2", "3"];
    let bench = compiled(&[]);
    bench.sheave(&[&["run", "--fuel", "10"], &add[..]].concat()).fails(1, &["without fuel", "compile it with --fuel"]);
    let bench = compiled(&["--no-signal"]);
    bench.sheave(&[&["run", "--timeout", "1s"], &add[..]].concat()).fails(1, &["without --no-signal"]);
    bench.sheave(&[&["run"], &add[..]].concat()).prints("5\n");
    let bench = compiled(&["--fuel"]);
    bench.sheave(&[&["run", "--fuel", "100"], &add[..]].concat()).prints("5\n");
    bench.sheave(&[&["run"], &add[..]].concat()).prints("5\n");
}

#[test]
fn without_names_an_image_is_smaller() {
    let size = |bench: &Bench| std::fs::metadata(bench.path("math.image")).expect("the image").len();
    let (full, small) = (compiled(&[]), compiled(&["--no-debug-names"]));
    assert!(size(&small) < size(&full));
    let done = small.sheave(&["run", "--invoke", "div", "math.image", "1", "0"]);
    done.fails(134, &["divide by zero", "<wasm function 3>"]);
}

#[test]
fn damaged_images_are_refused() {
    let bench = compiled(&[]);
    let image = std::fs::read(bench.path("math.image")).expect("the image");
    bench.write("cut", &image[..image.len() - 8]);
    bench.sheave(&["run", "cut"]).fails(1, &["cut: bad image: length", "hint: it was damaged"]);
    for at in [8, 16, 40, image.len() / 2, image.len() - 1] {
        let mut changed = image.clone();
        changed[at] ^= 0x10;
        bench.write("changed", &changed);
        bench.sheave(&["run", "--invoke", "add", "changed", "1", "2"]).fails(1, &["changed: "]);
        bench.sheave(&["inspect", "changed"]).fails(1, &["changed: "]);
    }
}

#[test]
fn compile_leaves_nothing_behind_when_it_fails() {
    let bench = Bench::with("bad.wat", "(module (func (result i32)))");
    bench.sheave(&["compile", "bad.wat", "-o", "out"]).fails(1, &["type mismatch"]);
    bench.write("good.wat", "(module)");
    bench.sheave(&["compile", "good.wat", "-o", "missing/out"]).fails(1, &["cannot write", "no such"]);
    bench.sheave(&["compile", "good.wat"]).fails(2, &["--output <OUT>"]);
    assert!(!bench.path("out").exists());
    bench.sheave(&["compile", "good.wat", "-o", "good.image"]);
    bench.sheave(&["compile", "good.image", "-o", "out"]).fails(1, &["an image already"]);
    assert_eq!(std::fs::read_dir(bench.path("")).expect("the folder").count(), 3, "two texts and an image");
}

/// Which features and handlers an image needs: what the code has, and what the records have.
#[test]
fn compile_says_what_firmware_needs() {
    let bench = Bench::with(
        "small.wat",
        "(module (func (export \"f\") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))",
    );
    bench.write(
        "large.wat",
        b"(module (global i64 (i64.add (i64.const 1) (i64.const 2))) (func (export \"f\") (param f64) (result f64) (f64.sqrt (local.get 0))))",
    );
    let compile = |file: &str, options: &[&str]| {
        bench.sheave(&[&["compile", "--no-signal", file, "-o", "image"], options].concat())
    };
    let done = compile("small.wat", &["--profile", "--handlers", "list", "--level", "base"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{done:?}");
    assert!(done.err.contains("features  none\n") && done.err.contains("handlers  2 of "), "{done:?}");
    let list = std::fs::read_to_string(bench.path("list")).expect("the list");
    assert_eq!(list.lines().skip(1).collect::<Vec<_>>(), ["i32.mul:sir", "return:h"]);
    let done = compile("large.wat", &["--profile", "--level", "base"]);
    assert!(done.err.contains("features  \"i64\", \"floats\", \"extended-const\"\n"), "{done:?}");
    // Full forms are of a feature, too.
    let wide = "(module (func (export \"f\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1000000))))";
    bench.write("wide.wat", wide.as_bytes());
    assert!(compile("wide.wat", &["--profile"]).err.contains("features  \"level-full\"\n"));
    assert!(compile("wide.wat", &["--profile", "--level", "base"]).err.contains("features  none\n"));
    compile("small.wat", &["--host", "--handlers", "list"]).fails(2, &["--handlers"]);
}
