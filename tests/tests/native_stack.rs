//! Guests use a constant amount of native stack: on a thread with 64 KiB of it, 10⁷ instructions of every category of
//! handler, recursion to the limit of the guest stack, calls between instances, and host functions that call guests.
//!
//! A handler that kept a native frame for each instruction would need at least 160 MB here, and the process would die. Which
//! dispatch back end runs depends on the build: the match without optimisation, tail calls with it (on x86-64 and AArch64), or the
//! loop that calls handlers, with feature `sheave-interp/loop-dispatch`. Modules are
//! translated on the test's own thread: translating is not meant to fit 64 KiB.

use sheave::{Caller, Config, Engine, Extern, Func, Instance, Linker, Module, Store, Trap};
use std::process::Command;

/// Bytes of native stack that a guest runs on.
const NATIVE_STACK_BYTES: usize = 64 << 10;
/// Instructions of each category.
const INSTRUCTIONS: u32 = 10_000_000;
/// How many host functions may wait for guests that they called. The default limit in optimised code; without optimisation
/// each takes 1.8 KB of native stack (measured: x86-64, Rust 1.95), the test's own host function included.
const HOST_NESTING: u32 = if cfg!(debug_assertions) { 24 } else { 64 };
/// Set in the process that is to die.
const OVERFLOW_VARIABLE: &str = "SHEAVE_TEST_OVERFLOW";

/// Runs on a thread with little stack.
fn on_small_stack<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(NATIVE_STACK_BYTES);
        let thread = builder.spawn_scoped(scope, run).expect("a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A loop around code that leaves the operand stack as it finds it. `$i` counts down, and `$x` to `$w` are locals to use.
fn looping(declarations: &str, body: &str) -> String {
    format!(
        r#"(module {declarations}
        (func (export "run") (param $i i32)
            (local $x i32) (local $y i32) (local $z i64) (local $w i64) (local $f f32) (local $g f32) (local $d f64) (local $e f64)
            (loop $again
                {body}
                (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))"#
    )
}

/// One category of handlers: what the module declares, what its loop does, and how many operators the body has at least
/// that become instructions.
struct Category {
    name: &'static str,
    declarations: &'static str,
    body: &'static str,
    instructions_count: u32,
}

const fn category(
    name: &'static str,
    declarations: &'static str,
    body: &'static str,
    instructions_count: u32,
) -> Category {
    Category { name, declarations, body, instructions_count }
}

const MEMORY: &str = "(memory 2) (memory $far 2) (data $bytes \"some bytes to initialise a memory with\")";
const TABLES: &str = r#"(table $t 16 100 funcref) (table $u 16 externref) (table $grown 0 1000000000 funcref)
    (elem $funcs func $callee $callee) (elem (table $t) (i32.const 0) func $callee $wrong)
    (type $unary (func (param i32) (result i32))) (func $callee (type $unary) (i32.add (local.get 0) (i32.const 1))) (func $wrong)
    (func $tail (type $unary) (return_call $callee (local.get 0)))
    (func $tail_indirect (type $unary) (return_call_indirect (type $unary) (local.get 0) (i32.const 0)))
    (func $pair (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
    (func $countdown (param i32) (result i32) (if (result i32) (local.get 0)
        (then (return_call $countdown (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 7))))"#;

const CATEGORIES: &[Category] = &[
    category("i32 arithmetic", "", "(local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (i32.xor (local.get $y) (local.get $i))))
        (local.set $y (i32.rotl (i32.sub (local.get $y) (local.get $x)) (i32.and (local.get $i) (i32.const 7))))
        (local.set $x (i32.div_u (local.get $x) (i32.or (local.get $i) (i32.const 1)))) (local.set $x (i32.clz (local.get $x)))
        (local.set $y (i32.shr_s (i32.popcnt (local.get $y)) (i32.const 1))) (local.set $y (i32.extend8_s (local.get $y)))", 12),
    category("i64 arithmetic", "", "(local.set $z (i64.add (i64.mul (local.get $z) (i64.const 0x123456789)) (i64.xor (local.get $w) (local.get $z))))
        (local.set $w (i64.rotr (i64.sub (local.get $w) (local.get $z)) (i64.const 9)))
        (local.set $z (i64.rem_s (local.get $z) (i64.or (local.get $w) (i64.const 1)))) (local.set $w (i64.ctz (local.get $z)))", 8),
    category("f32 arithmetic", "", "(local.set $f (f32.add (f32.mul (local.get $f) (f32.const 0.5)) (f32.sqrt (f32.abs (local.get $g)))))
        (local.set $g (f32.div (f32.min (local.get $f) (local.get $g)) (f32.const 3))) (local.set $g (f32.nearest (f32.neg (local.get $g))))
        (local.set $f (f32.copysign (f32.ceil (local.get $f)) (f32.max (local.get $g) (f32.const 1))))", 11),
    category("f64 arithmetic", "", "(local.set $d (f64.add (f64.mul (local.get $d) (f64.const 0.5)) (f64.sqrt (f64.abs (local.get $e)))))
        (local.set $e (f64.div (f64.min (local.get $d) (local.get $e)) (f64.const 3))) (local.set $e (f64.nearest (f64.neg (local.get $e))))
        (local.set $d (f64.copysign (f64.floor (local.get $d)) (f64.max (local.get $e) (f64.const 1))))", 11),
    category("conversions", "", "(local.set $f (f32.convert_i32_s (local.get $i))) (local.set $d (f64.promote_f32 (local.get $f)))
        (local.set $x (i32.trunc_f64_s (local.get $d))) (local.set $z (i64.extend_i32_u (local.get $x))) (local.set $y (i32.wrap_i64 (local.get $z)))
        (local.set $z (i64.trunc_sat_f32_u (local.get $f))) (local.set $z (i64.reinterpret_f64 (local.get $d))) (local.set $f (f32.demote_f64 (local.get $d)))", 8),
    category("comparisons", "", "(local.set $x (i32.lt_s (local.get $x) (local.get $i))) (local.set $y (i64.eq (local.get $z) (local.get $w)))
        (local.set $x (f64.le (local.get $d) (local.get $e))) (local.set $y (f32.ne (local.get $f) (local.get $g)))
        (local.set $x (i32.eqz (local.get $y))) (local.set $y (i64.eqz (local.get $z)))", 6),
    category("select", "", "(local.set $x (select (local.get $i) (local.get $y) (local.get $x))) (local.set $z (select (local.get $z) (local.get $w) (local.get $i)))
        (local.set $d (select (local.get $d) (f64.const 1) (i32.lt_s (local.get $x) (local.get $i))))
        (local.set $y (select (i32.const 1) (i32.const 2) (local.get $y)))", 4),
    category("constants and moves", "", "(local.set $x (i32.const 70000)) (local.set $z (i64.const 0x123456789abcdef)) (local.set $d (f64.const 1.1))
        (local.set $y (local.get $x)) (local.set $w (local.get $z)) (local.set $e (local.get $d)) (local.set $f (f32.const 3)) (local.set $g (local.get $f))", 8),
    category("loads and stores", MEMORY, "(i32.store (i32.const 16) (local.get $i)) (local.set $x (i32.load (i32.const 16))) (i64.store8 (local.get $y) (local.get $z))
        (local.set $z (i64.load32_s offset=100 (local.get $y))) (f32.store (i32.const 32) (local.get $f)) (local.set $d (f64.load (i32.const 40)))
        (local.set $x (i32.load8_u offset=70000 (local.get $y))) (i32.store16 offset=3 (local.get $y) (local.get $x)) (local.set $y (i32.and (local.get $x) (i32.const 255)))", 9),
    category("far memory", MEMORY, "(i32.store $far (i32.const 16) (local.get $i)) (local.set $x (i32.load $far (i32.const 16)))
        (f64.store $far offset=70000 (local.get $y) (local.get $d)) (local.set $z (i64.load16_u $far (i32.const 3)))
        (local.set $x (memory.size $far)) (memory.copy 0 $far (i32.const 1) (i32.const 3) (i32.const 5))", 6),
    category("64-bit memories and tables", "(memory i64 2) (memory $near 2) (table i64 4 funcref) (elem (i64.const 0) $callee) (func $callee)",
        "(i32.store (i64.const 16) (local.get $i)) (local.set $z (i64.load offset=8 (local.get $w))) (f64.store offset=70000 (local.get $w) (local.get $d))
        (local.set $w (i64.and (i64.load32_u (i64.add (local.get $w) (i64.const 8))) (i64.const 255))) (memory.fill (i64.const 3) (i32.const 0) (i64.const 20))
        (memory.copy 0 $near (i64.const 50) (i32.const 7) (i32.const 9)) (local.set $z (memory.grow (i64.const 0))) (call_indirect (i64.const 0))", 10),
    category("shared memories and atomics", "(memory 2 2 shared)",
        "(i32.store (i32.const 16) (local.get $i)) (local.set $x (i32.load8_u (local.get $y))) (f64.store offset=70000 (local.get $y) (local.get $d))
        (local.set $x (i32.atomic.rmw.add (i32.const 32) (i32.const 1))) (i64.atomic.store32 (i32.const 40) (local.get $z))
        (local.set $z (i64.atomic.rmw.cmpxchg (i32.const 48) (i64.const 0) (local.get $w))) (local.set $y (memory.atomic.wait32 (i32.const 32) (i32.const -1) (i64.const 0)))
        (local.set $y (memory.atomic.notify (i32.const 32) (i32.const 1))) (memory.fill (i32.const 200) (i32.const 0) (i32.const 20)) (atomic.fence)", 10),
    category("memory operators", MEMORY, "(memory.fill (i32.const 100) (local.get $i) (i32.const 20)) (memory.copy (i32.const 200) (i32.const 100) (i32.const 9))
        (memory.init $bytes (i32.const 300) (i32.const 2) (i32.const 10)) (local.set $x (memory.size)) (local.set $x (memory.grow (i32.const 0)))", 5),
    category("globals", "(global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const 2)) (global $c (mut f64) (f64.const 3)) (global $r (mut externref) (ref.null extern))",
        "(global.set $a (i32.add (global.get $a) (local.get $i))) (global.set $b (i64.xor (global.get $b) (i64.const 5))) (global.set $c (f64.neg (global.get $c)))
        (global.set $r (global.get $r))", 8),
    category("branches", "", "(block $b (block $a (br_if $a (i32.lt_u (local.get $x) (local.get $i))) (br_if $b (i64.gt_s (local.get $z) (i64.const 4))) (local.set $x (i32.const 0)) (br $b))
            (local.set $x (i32.add (local.get $x) (i32.const 3))))
        (if (i32.and (local.get $x) (i32.const 1)) (then (local.set $y (i32.add (local.get $y) (i32.const 1)))) (else (local.set $y (i32.sub (local.get $y) (i32.const 1)))))
        (block (br_if 0 (f64.lt (local.get $d) (f64.const 3))) (local.set $d (f64.const 1))) (block (br_if 0 (i32.eqz (local.get $y))) (local.set $x (i32.const 4)))", 8),
    category("br_table", "", "(block $c (block $b (block $a (br_table $a $b $c $a (i32.rem_u (local.get $i) (i32.const 5)))) (local.set $x (i32.add (local.get $x) (i32.const 1))) (br $c))
        (local.set $x (i32.sub (local.get $x) (i32.const 1))))
        (local.set $y (block $v (result i32) (br_table $v $v (i32.const 5) (local.get $i))))", 5),
    category("calls", TABLES, "(local.set $x (call $callee (local.get $i))) (local.set $x (call $callee (call $callee (local.get $x))))
        (call $pair (local.get $x) (local.get $z)) (local.set $x) (local.set $z) (call $wrong)", 10),
    category("indirect calls", TABLES, "(local.set $x (call_indirect (type $unary) (local.get $i) (i32.const 0)))
        (local.set $x (call_indirect (type $unary) (local.get $x) (local.get $y)))", 4),
    category("tail calls", TABLES, "(local.set $x (call $tail (local.get $i))) (local.set $y (call $tail_indirect (local.get $x))) (local.set $y (i32.const 0))", 6),
    category("tables", TABLES, "(table.set $t (i32.const 3) (table.get $t (i32.const 0))) (table.fill $u (i32.const 1) (ref.null extern) (i32.const 4))
        (table.copy $t $t (i32.const 4) (i32.const 0) (i32.const 3)) (table.init $t $funcs (i32.const 8) (i32.const 0) (i32.const 2))
        (local.set $x (table.size $t)) (local.set $x (table.grow $u (ref.null extern) (i32.const 0))) (local.set $y (ref.is_null (ref.func $callee)))", 9),
    category("wide arithmetic", "", "(i64.add128 (local.get $z) (local.get $w) (local.get $z) (local.get $w)) (local.set $w) (local.set $z)
        (i64.sub128 (local.get $z) (local.get $w) (i64.const 1) (i64.const 2)) (local.set $w) (local.set $z)
        (i64.mul_wide_u (local.get $z) (i64.const 77)) (local.set $w) (local.set $z) (i64.mul_wide_s (local.get $z) (local.get $w)) (local.set $w) (local.set $z)", 4),
    category("host calls", r#"(import "host" "add" (func $add (param i32 i64) (result i32))) (import "host" "nothing" (func $nothing))"#,
        "(local.set $x (call $add (local.get $i) (local.get $z))) (call $nothing) (local.set $y (call $add (local.get $x) (i64.const 4)))", 3),
];

/// What host categories import.
fn linker(engine: &Engine) -> Linker<u64> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "add", |_: Caller<'_, u64>, a: i32, b: i64| a.wrapping_add(b as i32)).expect("a new name");
    linker.func_wrap("host", "nothing", |mut caller: Caller<'_, u64>| *caller.data_mut() += 1).expect("a new name");
    linker
}

/// Each mode has its own instructions for loops and calls.
fn modes() -> [(&'static str, Engine); 3] {
    let engine = |fuel, interruptible| {
        let mut config = Config::default();
        config.consume_fuel(fuel).interruptible(interruptible);
        Engine::new(&config)
    };
    [("plain", engine(false, false)), ("interruptible", engine(false, true)), ("with fuel", engine(true, false))]
}

#[test]
fn every_category_of_handlers_runs_ten_million_instructions_on_a_small_stack() {
    for (mode, engine) in modes() {
        let linker = linker(&engine);
        for category in CATEGORIES {
            let text = looping(category.declarations, category.body);
            let module = Module::new(&engine, &text).unwrap_or_else(|error| panic!("{}: {error}", category.name));
            // The loop's end is one more. Only the plain mode runs them all without optimisation, to save time.
            let share = if cfg!(debug_assertions) && mode != "plain" { 10 } else { 1 };
            let iterations = INSTRUCTIONS / share / (category.instructions_count + 1) + 1;
            on_small_stack(|| {
                let mut store = Store::new(&engine, 0);
                if mode == "with fuel" {
                    store.set_fuel(u64::MAX / 2).expect("fuel is on");
                }
                let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
                let run = instance.get_typed_func::<i32, ()>(&store, "run").expect("the function");
                run.call(&mut store, iterations as i32)
                    .unwrap_or_else(|error| panic!("{}, {mode}: {error}", category.name));
            });
        }
    }
}

#[test]
fn recursion_ends_at_the_limit_of_the_guest_stack() {
    let engine = Engine::default();
    let text = r#"(module
        (type $unary (func (param i32) (result i32))) (table funcref (elem $indirect)) (global $depth (export "depth") (mut i32) (i32.const 0))
        (func $direct (export "direct") (type $unary) (global.set $depth (local.get 0)) (i32.add (call $direct (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
        (func $indirect (export "indirect") (type $unary) (global.set $depth (local.get 0))
            (i32.add (call_indirect (type $unary) (i32.add (local.get 0) (i32.const 1)) (i32.const 0)) (i32.const 1))))"#;
    let module = Module::new(&engine, text).expect("a module");
    on_small_stack(|| {
        let mut store = Store::new(&engine, 0);
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        for name in ["direct", "indirect"] {
            let func = instance.get_typed_func::<i32, i32>(&store, name).expect("the function");
            let error = func.call(&mut store, 0).expect_err("no end");
            assert_eq!(error.as_trap(), Some(Trap::StackOverflow));
            let depth =
                instance.get_global(&store, "depth").expect("the global").get(&mut store).i32().expect("an i32");
            // A native frame for each of these calls, of 16 bytes at least, would not fit.
            assert!(depth as usize * 16 > 4 * NATIVE_STACK_BYTES, "{name}: {depth} calls");
        }
    });
}

/// Two instances of this module whose function table is shared call each other in turns: one is at index 0, the other at 1.
const PING_PONG: &str = r#"(module
    (import "host" "table" (table 2 funcref)) (import "host" "self" (global $self i32))
    (type $step (func (param i32) (result i32)))
    (func $deep (export "deep") (type $step) (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.xor (global.get $self) (i32.const 1)))))
        (else (i32.const 0))))
    (func $tail (export "tail") (type $step) (if (result i32) (local.get 0)
        (then (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.xor (global.get $self) (i32.const 1))))
        (else (i32.const 42)))))"#;

/// Instantiates [`PING_PONG`] twice, with the functions of this name in the shared table, and calls the first one.
fn ping_pong(engine: &Engine, module: &Module, name: &str, count: i32) -> Result<i32, sheave::Error> {
    use sheave::{Global, Mutability, Nullable, Ref, RefType, Table, TableType, Val};
    let mut store = Store::new(engine, 0);
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(Nullable::Null))?;
    let mut funcs: Vec<Func> = Vec::new();
    for own in 0..2 {
        let global = Global::new(&mut store, Val::I32(own), Mutability::Const);
        let instance = Instance::new(&mut store, module, &[Extern::Table(table), Extern::Global(global)])?;
        let func = instance.get_func(&store, name).expect("the function");
        table.set(&mut store, own as u64, Ref::Func(Nullable::Val(func))).expect("an index of the table");
        funcs.push(func);
    }
    funcs[0].typed::<i32, i32>(&store)?.call(&mut store, count)
}

#[test]
fn calls_between_instances_nest_as_deep_as_the_guest_stack() {
    let engine = Engine::default();
    let module = Module::new(&engine, PING_PONG).expect("a module");
    on_small_stack(|| {
        assert_eq!(ping_pong(&engine, &module, "deep", 5000).expect("within the guest stack"), 5000);
        let error = ping_pong(&engine, &module, "deep", 100_000_000).expect_err("beyond the guest stack");
        assert_eq!(error.as_trap(), Some(Trap::StackOverflow));
    });
}

#[test]
fn ten_million_tail_calls_between_instances_need_constant_guest_stack() {
    let mut config = Config::default();
    config.max_wasm_stack(4 << 10);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, PING_PONG).expect("a module");
    on_small_stack(|| {
        assert_eq!(ping_pong(&engine, &module, "tail", INSTRUCTIONS as i32).expect("constant stack"), 42);
        // The same depth with plain calls does not fit: the stack is as small as was asked for.
        let error = ping_pong(&engine, &module, "deep", 1000).expect_err("a small guest stack");
        assert_eq!(error.as_trap(), Some(Trap::StackOverflow));
    });
}

#[test]
fn tail_calls_within_an_instance_need_constant_guest_stack() {
    let mut config = Config::default();
    config.max_wasm_stack(4 << 10);
    let engine = Engine::new(&config);
    let text = format!(r#"(module {TABLES} (export "countdown" (func $countdown)))"#);
    let module = Module::new(&engine, text).expect("a module");
    on_small_stack(|| {
        let mut store = Store::new(&engine, 0);
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        let countdown = instance.get_typed_func::<i32, i32>(&store, "countdown").expect("the function");
        assert_eq!(countdown.call(&mut store, INSTRUCTIONS as i32 / 3).expect("constant stack"), 7);
    });
}

#[test]
fn host_functions_that_call_guests_nest_up_to_their_limit() {
    let mut config = Config::default();
    if cfg!(debug_assertions) {
        config.max_host_nesting(HOST_NESTING);
    }
    let engine = Engine::new(&config);
    let text = r#"(module (import "host" "again" (func $again (param i32) (result i32)))
        (func (export "enter") (param i32) (result i32) (i32.add (call $again (local.get 0)) (i32.const 1))))"#;
    let module = Module::new(&engine, text).expect("a module");
    on_small_stack(|| {
        let mut linker = Linker::<u64>::new(&engine);
        linker
            .func_wrap("host", "again", |mut caller: Caller<'_, u64>, rest: i32| -> Result<i32, sheave::Error> {
                if rest == 0 {
                    return Ok(0);
                }
                let enter = caller.get_export("enter").and_then(Extern::into_func).expect("the caller's export");
                enter.typed::<i32, i32>(&caller)?.call(&mut caller, rest - 1)
            })
            .expect("a new name");
        let mut store = Store::new(&engine, 0);
        let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
        let enter = instance.get_typed_func::<i32, i32>(&store, "enter").expect("the function");
        let deepest = HOST_NESTING as i32;
        assert_eq!(enter.call(&mut store, deepest).expect("within the limit"), deepest + 1);
        assert_eq!(
            enter.call(&mut store, deepest + 1).expect_err("beyond the limit").as_trap(),
            Some(Trap::HostNesting)
        );
        assert_eq!(enter.call(&mut store, 5).expect("the store works afterwards"), 6);
    });
}

/// That these tests can fail: native recursion of a few thousand calls ends the process.
#[test]
fn native_recursion_would_be_noticed() {
    const NAME: &str = "native_recursion_would_be_noticed";
    fn recurse(depth: u64) -> u64 {
        if depth == 0 { 0 } else { std::hint::black_box(recurse(depth - 1)) + 1 }
    }
    if std::env::var_os(OVERFLOW_VARIABLE).is_some() {
        on_small_stack(|| recurse(20_000));
        return;
    }
    assert_eq!(on_small_stack(|| recurse(100)), 100);
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program).args(["--exact", NAME]).env(OVERFLOW_VARIABLE, "1").output().expect("a process");
    assert!(!output.status.success(), "20,000 native frames fit in {NATIVE_STACK_BYTES} bytes");
    assert!(String::from_utf8_lossy(&output.stderr).contains("overflowed its stack"), "{output:?}");
}
