//! `sheave run`: what is called, what is printed, exit codes, limits, messages.

use crate::{Bench, can_observe, guests};

fn invoke(args: &[&str]) -> crate::Done {
    Bench::with("math.wat", guests::MATH).sheave(&[&["run"], args].concat())
}

#[test]
fn invoke_prints_each_result_on_a_line() {
    invoke(&["--invoke", "add", "math.wat", "2", "-3"]).prints("-1\n");
    invoke(&["--invoke", "add", "math.wat", "0xffffffff", "1"]).prints("0\n");
    invoke(&["--invoke", "swap", "math.wat", "-0x10", "-1.5"]).prints("-1.5\n-16\n");
    invoke(&["--invoke", "same", "math.wat", "-inf"]).prints("-inf\n");
    invoke(&["--invoke", "same", "math.wat", "nan"]).prints("NaN\n");
}

#[test]
fn invoke_says_what_it_expects() {
    invoke(&["--invoke", "add", "math.wat", "2"]).fails(2, &["expected 2 arguments, found 1", "(param i32 i32)"]);
    invoke(&["--invoke", "add", "math.wat", "2", "4294967296"]).fails(2, &["argument 2: expected i32", "4294967296"]);
    invoke(&["--invoke", "ad", "math.wat"]).fails(2, &["no such export", "did you mean add?", "swap, same, div"]);
    invoke(&["--invoke", "number", "math.wat"]).fails(2, &["not a function"]);
    invoke(&["math.wat"]).fails(1, &["nothing to run", "--invoke", "add, swap"]);
}

#[test]
fn a_trap_exits_with_134_and_a_backtrace() {
    let done = invoke(&["--invoke", "div", "math.wat", "1", "0"]);
    done.fails(134, &["error: trap: integer divide by zero", "0: ", "math!inner", "1: ", "math!div"]);
    assert_eq!(done.out, "");
    // The offset is that of the operator in the module, which `wat` encodes always alike.
    let wasm = wat::parse_str(guests::MATH).expect("a module");
    let division = wasm.windows(3).position(|bytes| bytes == [0x01, 0x6d, 0x0b]).expect("i32.div_s") + 1;
    assert!(done.err.contains(&format!("{division:#x} - math!inner")), "{division:#x}: {done:?}");
    invoke(&["--invoke", "deep", "math.wat"]).fails(134, &["call stack exhausted", "math!deep", "… and more"]);
}

#[test]
fn exit_codes_are_the_guests() {
    for (code, expected) in [(0, 0), (1, 1), (42, 42), (255, 255), (256, 1)] {
        let done = Bench::with("exit.wat", guests::exit(code)).sheave(&["run", "exit.wat"]);
        assert_eq!((done.code, done.err.as_str()), (expected, ""), "{code}");
    }
    Bench::with("end.wat", "(module (func (export \"_start\")))").sheave(&["run", "end.wat"]).prints("");
    let odd = Bench::with("odd.wat", "(module (func (export \"_start\") (param i32)))");
    odd.sheave(&["run", "odd.wat"]).fails(1, &["export \"_start\": ", "parameter"]);
}

#[test]
fn reactors_are_initialized_before_they_are_called() {
    let text = r#"(module (global $n (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $n (i32.const 7)))
        (func (export "get") (result i32) (global.get $n)))"#;
    let bench = Bench::with("reactor.wat", text);
    bench.sheave(&["run", "--invoke", "get", "reactor.wat"]).prints("7\n");
    bench.sheave(&["run", "reactor.wat"]).prints("");
}

#[test]
fn time_and_fuel_bound_a_guest() {
    invoke(&["--timeout", "50ms", "--invoke", "forever", "math.wat"])
        .fails(134, &["trap: interrupt", "--timeout 50ms is over"]);
    invoke(&["--fuel", "1000", "--invoke", "forever", "math.wat"]).fails(134, &["fuel", "--fuel 1000 is used up"]);
    invoke(&["--timeout", "1m", "--fuel", "1000", "--invoke", "add", "math.wat", "1", "2"]).prints("3\n");
}

#[test]
fn memory_grows_to_the_limit() {
    invoke(&["--max-memory", "128KiB", "--invoke", "grow", "math.wat", "1"]).prints("1\n");
    invoke(&["--max-memory", "128KiB", "--invoke", "grow", "math.wat", "2"]).prints("-1\n");
    invoke(&["--max-memory", "1000", "--invoke", "grow", "math.wat", "0"]).fails(1, &["memory", "--max-memory 1000 B"]);
}

fn stats(done: &crate::Done) -> serde_json::Value {
    let line = done.err.lines().find(|line| line.starts_with('{')).expect("a line of JSON");
    serde_json::from_str(line).expect("JSON")
}

#[test]
fn statistics_go_to_stderr() {
    let done = invoke(&["--stats", "--invoke", "add", "math.wat", "1", "2"]);
    done.prints("3\n");
    done.fails(0, &["translate ", "guest 64.0 KiB", "not metered"]);
    if can_observe() {
        done.fails(0, &["(while counting)", "guest stack", "instructions 3 in 2 dispatches", "\ni32 ", "33.3%"]);
    } else {
        done.fails(0, &["instructions not counted: this build of Sheave cannot observe: loop dispatch"]);
    }
    let done = invoke(&["--stats=json", "--fuel", "1000", "--invoke", "forever", "math.wat"]);
    let stats = stats(&done);
    assert_eq!((&stats["fuel_used"], &stats["memory_bytes"]), (&1000.into(), &65536.into()), "{stats}");
    assert!(stats["run_us"].as_f64() > Some(0.0) && stats["image_bytes"].as_u64() > Some(500), "{stats}");
}

#[test]
fn instructions_are_counted_by_family_also_of_guests_that_end_badly() {
    let trap = stats(&invoke(&["--stats=json", "--invoke", "div", "math.wat", "1", "0"]));
    let exit = stats(&Bench::with("exit.wat", guests::exit(3)).sheave(&["run", "--stats=json", "exit.wat"]));
    for stats in [trap, exit] {
        if !can_observe() {
            assert_eq!(stats["not_counted"], "this build of Sheave cannot observe: loop dispatch", "{stats}");
            continue;
        }
        assert_eq!((&stats["not_counted"], stats["stack_bytes"].as_u64() > Some(8)), (&serde_json::Value::Null, true));
        let families = stats["families"].as_array().expect("a list");
        for key in ["instructions", "dispatches"] {
            let sum: u64 = families.iter().filter_map(|family| family[key].as_u64()).sum();
            assert!(sum > 0 && stats[key] == sum, "{key}: {stats}");
        }
        let calls = families.iter().find(|family| family["family"] == "call").expect("a family");
        assert!(calls["instructions"].as_u64() >= Some(1), "{stats}");
    }
}

#[test]
fn unknown_imports_name_both_sides_and_what_to_do() {
    let run = |module, name, ty| {
        let text = format!(r#"(module (import "{module}" "{name}" (func {ty})) (func (export "_start")))"#);
        Bench::with("import.wat", text).sheave(&["run", "import.wat"])
    };
    run("env", "log", "(param i32)").fails(1, &[r#""env"."log": expected func (i32) -> (), found nothing"#, "hint:"]);
    let wasi = "wasi_snapshot_preview1";
    run(wasi, "path_opne", "").fails(1, &["did you mean \"path_open\", which needs: files?"]);
    run(wasi, "fd_write", "(param i32)").fails(1, &["expected func (i32) -> (), found func (i32, i32, i32, i32)"]);
    run("wasi_unstable", "fd_write", "").fails(1, &["preview 0"]);
}

#[test]
fn bad_files_are_explained() {
    let bench = Bench::with("program.wat", "(module (func (result i32)))");
    bench.write("broken.wat", "(module\n  (fnuc))");
    bench.write("component.wasm", b"\0asm\x0d\0\x01\0");
    bench.write("continuations.wat", "(module (type $f (func)) (type (cont $f)))");
    bench.sheave(&["run", "program.wat"]).fails(1, &["program.wat: invalid module: type mismatch"]);
    bench.write("called.wat", r#"(module (func (export "_start") i32.add))"#);
    bench
        .sheave(&["run", "--compilation-mode", "lazy", "called.wat"])
        .fails(1, &["called.wat: invalid module: type mismatch"]);
    bench.sheave(&["run", "progam.wat"]).fails(1, &["no such file", "did you mean program.wat?"]);
    bench.sheave(&["run", "broken.wat"]).fails(1, &["broken.wat:2:4", "fnuc"]);
    bench.sheave(&["run", "component.wasm"]).fails(1, &["component", "wasm32-wasip1"]);
    bench.sheave(&["run", "continuations.wat"]).fails(1, &["needs stack-switching"]);
    bench.sheave(&["run", "."]).fails(1, &["directory"]);
}

#[test]
fn bad_options_exit_with_2() {
    let bench = Bench::with("end.wat", "(module (func (export \"_start\")))");
    for (args, part) in [
        (&["--timout", "1s"][..], "--timeout"),
        (&["--timeout", "5"], "500ms"),
        (&["--max-memory", "lots"], "64KiB"),
        (&["--fuel", "-1"], "--fuel"),
        (&["--dir", "missing"], "--dir missing: no such"),
        (&["--env", "=x"], "KEY=VALUE"),
        (&["--env", "SHEAVE_NOT_SET_ANYWHERE"], "SHEAVE_NOT_SET_ANYWHERE=VALUE"),
    ] {
        bench.sheave(&[&["run"], args, &["end.wat"]].concat()).fails(2, &[part]);
    }
    bench.sheave(&["run"]).fails(2, &["FILE", "Usage: sheave run"]);
    bench.sheave(&["inspekt"]).fails(2, &["'inspect'"]);
    bench.sheave(&["end.wat"]).fails(2, &["end.wat", "sheave run end.wat"]);
}

#[test]
fn an_uncaught_exception_exits_like_a_trap_with_its_tag_and_payload() {
    let text = r#"(module $m (tag (param i32)) (tag $t (param i32 f64 externref)) (tag $x (export "oops")) (tag $n)
        (func $inner (export "index") (throw $t (i32.const -3) (f64.const 1.5) (ref.null extern)))
        (func (export "named") (throw $x))
        (func (export "again") (local $e exnref)
            (local.set $e (block $h (result exnref) (try_table (catch_all_ref $h) (throw $n)) (unreachable)))
            (throw_ref (local.get $e)))
        (func (export "_start") (call $inner)))"#;
    let bench = Bench::with("throw.wat", text);
    let done = bench.sheave(&["run", "throw.wat"]);
    done.fails(
        134,
        &["error: uncaught exception of tag 1: i32 -3, f64 1.5, null\nwasm backtrace", "0: ", "m!inner", "1: "],
    );
    let invoke = |name| bench.sheave(&["run", "--invoke", name, "throw.wat"]);
    invoke("named").fails(134, &["error: uncaught exception of tag \"oops\"\n"]);
    invoke("again").fails(134, &["error: uncaught exception of tag 3\n"]);
}

#[test]
fn references_are_shown_by_what_they_are_of() {
    let text = r#"(module (type $s (struct)) (type $a (array i8)) (tag $t)
        (func $f (export "f") (result i31ref anyref (ref $s) eqref anyref funcref externref externref)
            (ref.i31 (i32.const -5)) (ref.i31 (i32.const 7)) (struct.new $s) (array.new_default $a (i32.const 1))
            (any.convert_extern (extern.convert_any (struct.new $s))) (ref.func $f) (extern.convert_any (ref.i31 (i32.const 1))) (ref.null extern))
        (func (export "nulls") (result anyref i31ref nullref funcref exnref)
            (ref.null any) (ref.null i31) (ref.null none) (ref.null func) (ref.null exn))
        (func (export "exn") (result exnref) (block $h (result exnref) (try_table (catch_all_ref $h) (throw $t)) (unreachable))))"#;
    let bench = Bench::with("refs.wat", text);
    let invoke = |name| bench.sheave(&["run", "--invoke", name, "refs.wat"]);
    invoke("f").prints("-5\n7\n<structref>\n<arrayref>\n<structref>\n<funcref>\n<externref>\n<null externref>\n");
    invoke("nulls").prints("<null anyref>\n<null anyref>\n<null anyref>\n<null funcref>\n<null exnref>\n");
    invoke("exn").prints("<exnref>\n");
}

/// As with memories: what is asked for is what there is.
#[test]
fn the_limit_on_memory_holds_for_objects_too() {
    let text = r#"(module (type $bytes (array i8))
        (func (export "make") (param i32) (result i32) (array.len (array.new_default $bytes (local.get 0)))))"#;
    let bench = Bench::with("make.wat", text);
    let make =
        |limit: &[&str], bytes| bench.sheave(&[&["run"], limit, &["--invoke", "make", "make.wat", bytes]].concat());
    make(&["--max-memory", "1MiB"], "1000000").prints("1000000\n");
    make(&["--max-memory", "1MiB"], "1100000").fails(134, &["out of heap memory", "--max-memory 1.0 MiB"]);
    make(&[], "300000000").fails(134, &["out of heap memory", "256 MiB", "--max-memory"]);
    make(&["--max-memory", "300MiB"], "300000000").prints("300000000\n");
}

#[test]
fn nans_are_canonical_if_asked_for() {
    let text = r#"(module (func (export "bits") (param i32) (result i32)
        (i32.reinterpret_f32 (f32.add (f32.reinterpret_i32 (local.get 0)) (f32.const 1)))))"#;
    let bench = Bench::with("nan.wat", text);
    let bits =
        |options: &[&str], file| bench.sheave(&[&["run"], options, &["--invoke", "bits", file, "0x7fc00123"]].concat());
    bits(&[], "nan.wat").prints("2143289635\n");
    bits(&["--canonicalize-nans"], "nan.wat").prints("2143289344\n");
    bench.sheave(&["compile", "nan.wat", "-o", "nan.image"]).prints("");
    bits(&["--canonicalize-nans"], "nan.image").fails(1, &["compile it with --canonicalize-nans"]);
    bench.sheave(&["compile", "--canonicalize-nans", "nan.wat", "-o", "nan.image"]).prints("");
    bits(&["--canonicalize-nans"], "nan.image").prints("2143289344\n");
}

/// Addresses of 64 bits: `examples/guests/memory64`. How many primes there are is in every table of them.
#[test]
fn a_program_with_64_bit_addresses_runs() {
    let program = include_str!("../../../../examples/guests/memory64/sieve.wat");
    let bench = Bench::with("sieve.wat", program);
    let primes =
        |options: &[&str], end| bench.sheave(&[&["run"], options, &["--invoke", "primes", "sieve.wat", end]].concat());
    primes(&[], "2").prints("0\n");
    primes(&[], "3").prints("1\n");
    primes(&[], "100000").prints("9592\n");
    primes(&["--compilation-mode", "lazy"], "100000").prints("9592\n");
    primes(&["--max-memory", "128KiB"], "1000000")
        .fails(134, &["unreachable", "kept the guest from growing its memory"]);
    primes(&[], "0x1000000000000").fails(134, &["unreachable"]);
}

/// C++ whose errors are exceptions, with destructors on the way: `examples/guests/exceptions`.
#[test]
fn a_program_with_exceptions_runs() {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/guests/exceptions/calculator.wasm");
    let bench = Bench::with("calculator.wasm", std::fs::read(program).expect("the guest is committed"));
    let input = b"1+2*3\n(4-1)*(2+\n1/(2-2)\n2*x\n((((1+((2))))))\n";
    let expected = "7\n         ^ expected a number\n ^ division by zero\n  ^ expected a number\n3\n\
        3 failures, at most 7 deep, 0 at the end, 23 left\n";
    for mode in ["eager", "lazy"] {
        let args = ["run", "--compilation-mode", mode, "calculator.wasm"];
        bench.sheave_with_input(&args, input).prints(expected);
    }
}
