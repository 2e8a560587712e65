//! Bounds that are found and bounds that are not, by example; then random modules, which must do what they did after being shrunk.

use super::{
    bound::{Reach, reach},
    module::{Module, Unfit},
    rewrite::{Change, rewrite},
};
use sheave::{Config, Engine, Instance, Linker, Store, Val};
use std::fmt::Write as _;

fn look(wat: &str) -> Reach {
    let wasm = wat::parse_str(wat).expect("a module");
    let Ok(module) = Module::read(&wasm) else { panic!("its memory is as any") };
    reach(&module).expect("it takes few steps")
}

/// That a function with this body, of parameters 0 and 1 and locals 2 to 5, reaches as far as `end`; or has no bound.
#[track_caller]
fn check(body: &str, end: Option<u64>) {
    let reach = look(&format!(
        "(module (memory 1) (global $sp (mut i32) (i32.const 1024)) (global $spare (mut i32) (i32.const 5))
            (table 1 funcref) (elem (i32.const 0) $entry)
            (func $entry (export \"f\") (param i32 i32) (local i32 i32 i32 i32) {body})
            (func $fill (param i32 i32) (loop
                (i32.store8 (local.get 0) (i32.const 1))
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
            (func $restore (param i32) (global.set $sp (local.get 0)))
            (func $leak (export \"leak\") (global.set $spare (i32.const 0))))"
    ));
    let found = reach.unbounded.is_empty().then_some(reach.end);
    assert_eq!(found, end, "{body}: {reach:?}");
}

#[test]
fn addresses_are_bounded_by_constants_masks_and_loads() {
    check("(i32.store (i32.const 16) (i32.const 1))", Some(20));
    check("(i32.store offset=8 (i32.const 16) (i32.const 1))", Some(28));
    check("(i32.store (local.get 0) (i32.const 1))", None);
    check("(i32.store8 (i32.and (local.get 0) (i32.const 255)) (i32.const 1))", Some(256));
    check("(i64.store (i32.shl (i32.and (local.get 0) (i32.const 7)) (i32.const 3)) (i64.const 1))", Some(64));
    check("(i32.store8 offset=100 (i32.load8_u (i32.const 0)) (i32.const 1))", Some(356));
    check("(i32.store8 (i32.rem_u (local.get 0) (i32.const 10)) (i32.const 1))", Some(10));
    check("(drop (f64.load (i32.mul (i32.shr_u (local.get 0) (i32.const 28)) (i32.const 8))))", Some(128));
    check("(i32.store (i32.load (i32.const 0)) (i32.const 1))", None);
    check("(memory.fill (i32.const 10) (i32.const 0) (i32.and (local.get 1) (i32.const 15)))", Some(25));
    check("(memory.copy (i32.const 0) (i32.const 100) (i32.const 28))", Some(128));
    check("(memory.fill (i32.const 0) (i32.const 0) (local.get 0))", None);
    // It traps always, as it did.
    check("(i32.store (i32.const 65533) (i32.const 1))", Some(0));
    check("(i32.store (i32.const 65532) (i32.const 1))", Some(65536));
}

#[test]
fn addresses_are_bounded_by_comparisons() {
    let store = "(i32.store8 (local.get 0) (i32.const 1))";
    check(&format!("(if (i32.lt_u (local.get 0) (i32.const 10)) (then {store}))"), Some(10));
    check(&format!("(if (i32.lt_u (local.get 0) (i32.const 10)) (then) (else {store}))"), None);
    check(&format!("(if (i32.ge_u (local.get 0) (i32.const 10)) (then unreachable)) {store}"), Some(10));
    check(&format!("(block (br_if 0 (i32.gt_u (local.get 0) (i32.const 9))) {store})"), Some(10));
    check(&format!("(if (i32.gt_u (i32.const 10) (local.get 0)) (then {store}))"), Some(10));
    check(&format!("(if (i32.lt_s (local.get 0) (i32.const 10)) (then {store}))"), None);
    check(
        &format!(
            "(if (i32.lt_s (local.get 0) (i32.const 10)) (then
                (if (i32.ge_s (local.get 0) (i32.const 0)) (then {store}))))"
        ),
        Some(10),
    );
    check(&format!("(if (local.get 0) (then) (else {store}))"), Some(1));
    // The local is another by then: after the comparison, and between its operands.
    check(&format!("(i32.lt_u (local.get 0) (i32.const 10)) (local.set 0 (local.get 1)) (if (then {store}))"), None);
    check(&format!("(local.get 0) (local.set 0 (local.get 1)) (i32.lt_u (i32.const 10)) (if (then {store}))"), None);
    check(
        &format!(
            "(local.get 0) (block (local.set 0 (local.get 1)) (br 0)) (i32.lt_u (i32.const 10)) (if (then {store}))"
        ),
        None,
    );
}

#[test]
fn addresses_are_bounded_by_counted_loops() {
    let next = "(local.tee 2 (i32.add (local.get 2) (i32.const 4)))";
    let store = "(i32.store (local.get 2) (i32.const 1))";
    check(&format!("(loop {store} (br_if 0 (i32.lt_u {next} (i32.const 100))))"), Some(100));
    check(&format!("(loop {store} (br_if 0 (i32.ne {next} (i32.const 100))))"), Some(100));
    // It steps over its end.
    check(&format!("(loop {store} (br_if 0 (i32.ne {next} (i32.const 98))))"), None);
    check(&format!("(loop {store} (br_if 0 (i32.ne {next} (local.get 1))))"), None);
    // Down, and by a pointer beside a counter.
    check(
        "(local.set 2 (i32.const 64)) (loop
            (i32.store8 (local.tee 2 (i32.sub (local.get 2) (i32.const 1))) (i32.const 1)) (br_if 0 (local.get 2)))",
        Some(64),
    );
    check(
        "(local.set 2 (i32.const 256)) (local.set 3 (i32.const 10)) (loop
            (i64.store (local.get 2) (i64.const 1))
            (local.set 2 (i32.add (local.get 2) (i32.const 8)))
            (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))",
        Some(256 + 80),
    );
    // One way back does not count.
    check(
        "(local.set 3 (i32.const 10)) (loop
            (i64.store (local.get 2) (i64.const 1))
            (local.set 2 (i32.add (local.get 2) (i32.const 8)))
            (br_if 0 (local.get 1))
            (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1)))))",
        None,
    );
    check(
        "(local.set 3 (i32.const 10)) (loop
            (i64.store (local.get 2) (i64.const 1))
            (local.set 2 (i32.add (local.get 2) (i32.const 8)))
            (br_if 0 (local.tee 3 (i32.sub (local.get 3) (i32.const 1))))
            (local.set 3 (i32.const 5))
            (br_if 0 (local.get 1)))",
        None,
    );
    // Rows and columns.
    check(
        "(loop
            (local.set 3 (i32.const 0))
            (loop
                (i32.store8 (i32.add (i32.mul (local.get 2) (i32.const 16)) (local.get 3)) (i32.const 1))
                (br_if 0 (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 16))))
            (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 8))))",
        Some(128),
    );
}

#[test]
fn the_stack_is_bounded_if_it_is_kept() {
    let open = "(global.set $sp (local.tee 2 (i32.sub (global.get $sp) (i32.const 32))))";
    let close = "(global.set $sp (i32.add (local.get 2) (i32.const 32)))";
    let store = "(i32.store offset=28 (local.get 2) (i32.const 1))";
    check(&format!("{open} {store} {close}"), Some(1024));
    check(&format!("{open} (i32.store offset=32 (local.get 2) (i32.const 1)) {close}"), Some(1028));
    check(&format!("{open} {store}"), None);
    check(&format!("{open} {store} (global.set $sp (local.get 0))"), None);
    check(&format!("{open} (call $entry (local.get 0) (local.get 1)) {store} {close}"), Some(1024));
    check(&format!("{open} (if (local.get 0) (then {store} {close} return)) {close}"), Some(1024));
    check(&format!("{open} (if (local.get 0) (then {store} return)) {close}"), None);
    check(
        "(global.set $sp (local.tee 2 (i32.add (global.get $sp) (i32.const 32)))) (i32.store (local.get 2) (i32.const 1))
            (global.set $sp (i32.sub (local.get 2) (i32.const 32)))",
        None,
    );
    // What a function is passed is of no use to restore the stack pointer that it found.
    check(&format!("(local.set 3 (global.get $sp)) {open} (call $restore (local.get 3)) {store} {close}"), None);
    // An array in the frame, filled here, and by a function that gets its address.
    check(
        &format!(
            "{open} (loop
                (i32.store8 (i32.add (local.get 2) (local.get 3)) (i32.const 1))
                (br_if 0 (i32.ne (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 32)))) {close}"
        ),
        Some(1024),
    );
    check(&format!("{open} (call $fill (local.get 2) (i32.const 32)) {close}"), Some(1024));
    check(&format!("{open} (call $fill (local.get 2) (local.get 0)) {close}"), None);
    let reach = look(&format!(
        "(module (memory 1) (global $sp (mut i32) (i32.const 512)) (func (export \"f\") (local i32 i32 i32) {open} {store} {close}))"
    ));
    assert_eq!(reach.frame_max, 32);
    // One that others can set is none.
    let exported = look(&format!(
        "(module (memory 1) (global $sp (export \"sp\") (mut i32) (i32.const 512))
            (func (export \"f\") (local i32 i32 i32) {open} {store} {close}))"
    ));
    assert!(!exported.unbounded.is_empty());
}

#[test]
fn functions_get_what_their_callers_pass_unless_others_may_call() {
    let module = |entry: &str| {
        format!(
            "(module (memory 1) {entry}
                (func $store (param i32) (i32.store8 (local.get 0) (i32.const 1)))
                (func (export \"f\") (call $store (i32.const 7)) (call $store (i32.const 99))))"
        )
    };
    let reach = look(&module(""));
    assert_eq!((reach.end, reach.unbounded.len(), reach.accesses.len()), (100, 0, 1));
    for entry in [
        "(export \"g\" (func $store))",
        "(table 1 funcref) (elem (i32.const 0) $store)",
        "(elem declare func $store) (func (export \"r\") (result funcref) (ref.func $store))",
        "(global funcref (ref.func $store))",
    ] {
        assert_eq!(look(&module(entry)).unbounded.len(), 1, "{entry}");
    }
    // What is never called counts for nothing.
    let reach = look(
        "(module (memory 1) (data (i32.const 3) \"abc\") (func (param i32) (i32.store (local.get 0) (i32.const 1))))",
    );
    assert_eq!((reach.end, reach.accesses.len()), (6, 0));
}

#[test]
fn memories_that_are_not_this_modules_alone_are_refused() {
    let unfit = |wat: &str| Module::read(&wat::parse_str(wat).expect("a module")).err();
    assert!(matches!(unfit("(module)"), Some(Unfit::NoMemory)));
    assert!(matches!(unfit("(module (memory 1) (memory 1))"), Some(Unfit::Memories(2))));
    assert!(matches!(unfit("(module (memory i64 1))"), Some(Unfit::Memory64)));
    assert!(matches!(unfit("(module (memory 1 1 shared))"), Some(Unfit::Shared)));
    assert!(
        matches!(unfit("(module (import \"a\" \"b\" (memory 1)))"), Some(Unfit::Imported(name)) if name.contains("\"a\".\"b\""))
    );
}

/// Numbers that look random, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }
}

/// Writes functions that compute addresses as compilers do, and as they do not.
struct Writer {
    random: Random,
    text: String,
    /// Functions that may be called: those behind.
    callee: u64,
}

/// Locals of a function; the first two are its parameters, the last holds its frame.
const LOCALS: u64 = 6;
const FUNCS: u64 = 3;

impl Writer {
    fn number(&mut self) -> i64 {
        match self.random.below(8) {
            0 => self.random.below(70_000) as i64,
            1 => -(self.random.below(300) as i64),
            2 => [0, 1, -1, 255, 256, 1024, 65_536, i64::from(i32::MIN)][self.random.below(8) as usize],
            _ => self.random.below(64) as i64,
        }
    }

    fn expression(&mut self, depth: u32) -> String {
        let choice = if depth == 0 { self.random.below(3) } else { self.random.below(12) };
        match choice {
            0 => format!("(i32.const {})", self.number()),
            1 | 2 => format!("(local.get {})", self.random.below(LOCALS)),
            3 => format!("(local.tee {} {})", self.random.below(LOCALS - 1), self.expression(depth - 1)),
            4 => format!(
                "({} {})",
                self.random.pick(&["i32.load8_u", "i32.load16_u offset=3", "i32.load"]),
                self.address()
            ),
            5 => format!(
                "(i32.and {} (i32.const {}))",
                self.expression(depth - 1),
                [7, 255, 1023, 60, -4][self.random.below(5) as usize]
            ),
            6 => self.condition(depth - 1),
            7 => format!(
                "(select {} {} {})",
                self.expression(depth - 1),
                self.expression(depth - 1),
                self.expression(depth - 1)
            ),
            8 => format!(
                "(i32.{} {} (i32.const {}))",
                self.random.pick(&["add", "sub"]),
                self.expression(depth - 1),
                self.random.below(16)
            ),
            _ => {
                let operator =
                    self.random.pick(&["add", "sub", "mul", "shl", "shr_u", "or", "xor", "rem_u", "div_u", "and"]);
                format!("(i32.{operator} {} {})", self.expression(depth - 1), self.expression(depth - 1))
            }
        }
    }

    fn condition(&mut self, depth: u32) -> String {
        let operator = self.random.pick(&["eq", "ne", "lt_u", "le_u", "gt_u", "ge_u", "lt_s", "le_s", "gt_s", "ge_s"]);
        let local = format!("(local.get {})", self.random.below(LOCALS));
        match self.random.below(7) {
            0 => format!("(i32.eqz {})", self.expression(depth)),
            1 => local,
            2 => format!("(i32.{operator} {} {local})", self.expression(depth)),
            3 => format!("(i32.{operator} {local} {})", self.expression(depth)),
            _ => format!("(i32.{operator} {local} (i32.const {}))", self.number()),
        }
    }

    /// An address, mostly one with a bound.
    fn address(&mut self) -> String {
        let local = self.random.below(LOCALS);
        match self.random.below(6) {
            0 => format!(
                "(i32.and {} (i32.const {}))",
                self.expression(1),
                [63, 255, 1020][self.random.below(3) as usize]
            ),
            1 => format!("(i32.rem_u (local.get {local}) (i32.const {}))", 1 + self.random.below(500)),
            2 => format!("(i32.add (local.get {local}) (i32.const {}))", self.random.below(100)),
            3 => format!("(i32.const {})", self.random.below(2000)),
            4 => format!("(local.get {})", LOCALS - 1),
            _ => format!("(local.get {local})"),
        }
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.random.below(4) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let choice = if depth == 0 { self.random.below(4) } else { self.random.below(10) };
        match choice {
            0 | 1 => {
                let (local, value) = (self.random.below(LOCALS - 1), self.expression(2));
                let _ = writeln!(self.text, "(local.set {local} {value})");
            }
            2 | 3 => {
                let operator = self.random.pick(&["i32.store8", "i32.store16 offset=2", "i32.store offset=4"]);
                let (address, value) = (self.address(), self.expression(1));
                let _ = writeln!(self.text, "({operator} {address} {value})");
            }
            4 => {
                let condition = self.condition(1);
                let _ = writeln!(self.text, "(if {condition} (then");
                self.statements(depth - 1);
                self.text += ") (else\n";
                self.statements(depth - 1);
                self.text += "))\n";
            }
            5 => {
                self.text += "(block\n";
                self.statements(depth - 1);
                let condition = self.condition(1);
                let _ = writeln!(self.text, "(br_if 0 {condition})");
                self.statements(depth - 1);
                self.text += ")\n";
            }
            6 if self.callee < FUNCS => {
                let (first, second) = (self.expression(1), self.expression(1));
                let _ = writeln!(self.text, "(local.set 2 (call {} {first} {second}))", self.callee);
            }
            _ => self.counted(depth),
        }
    }

    /// A loop that counts, by something, from and to something.
    fn counted(&mut self, depth: u32) {
        let counter = self.random.below(LOCALS - 1);
        let step = [1, 1, 4, 8, -1, -4][self.random.below(6) as usize];
        let (start, limit) = if step > 0 { (0, self.random.below(200)) } else { (self.random.below(200), 0) };
        if self.random.below(4) > 0 {
            let _ = writeln!(self.text, "(local.set {counter} (i32.const {}))", start / 4 * 4);
        }
        self.text += "(loop\n";
        self.statements(depth - 1);
        if self.random.below(2) == 0 {
            let other = self.random.below(LOCALS - 1);
            let _ = writeln!(
                self.text,
                "(local.set {other} (i32.add (local.get {other}) (i32.const {})))",
                self.random.below(8)
            );
        }
        let relation = if step > 0 {
            self.random.pick(&["ne", "lt_u", "le_u", "lt_s"])
        } else {
            self.random.pick(&["ne", "gt_u", "gt_s"])
        };
        let _ = writeln!(
            self.text,
            "(br_if 0 (i32.{relation} (local.tee {counter} (i32.add (local.get {counter}) (i32.const {step}))) (i32.const {}))))",
            limit / 4 * 4
        );
    }

    fn module(seed: u64) -> String {
        let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut writer = Writer { random, text: String::new(), callee: 0 };
        writer.text += "(module (memory (export \"memory\") 1) (global $sp (mut i32) (i32.const 512))\n";
        for func in 0..FUNCS {
            writer.callee = func + 1;
            let export = if func == 0 { "(export \"f\")" } else { "" };
            let _ = writeln!(writer.text, "(func {export} (param i32 i32) (result i32) (local i32 i32 i32 i32)");
            let frame = writer.random.below(3) * 16;
            let last = LOCALS - 1;
            let _ = writeln!(
                writer.text,
                "(global.set $sp (local.tee {last} (i32.sub (global.get $sp) (i32.const {frame}))))"
            );
            writer.statements(3);
            let _ = writeln!(writer.text, "(global.set $sp (i32.add (local.get {last}) (i32.const {frame})))");
            let result = writer.expression(2);
            let _ = writeln!(writer.text, "{result})");
        }
        writer.text + ")"
    }
}

/// What a call of `f` gives, or how it ends, and the memory after it.
fn outcomes(wasm: &[u8]) -> Vec<(String, Vec<u8>)> {
    /// Enough for some hundred rounds of a loop, two deep.
    const FUEL: u64 = 200_000;
    let mut config = Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let module = sheave::Module::new(&engine, wasm).expect("a module");
    let linker = Linker::new(&engine);
    let call = |args: [i32; 2]| {
        let mut store = Store::new(&engine, ());
        store.set_fuel(FUEL).expect("fuel is on");
        let instance: Instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
        let mut results = [Val::I32(0)];
        let func = instance.get_func(&store, "f").expect("it is exported");
        let done = func.call(&mut store, &args.map(Val::I32), &mut results);
        let text = done.map_or_else(|error| format!("{:?}", error.as_trap()), |()| format!("{results:?}"));
        let memory = instance.get_memory(&store, "memory").expect("it is exported");
        (text, memory.data(&store).to_vec())
    };
    [[0, 0], [1, -1], [77, 3], [65_535, 1000], [i32::MIN, i32::MAX]].map(call).into()
}

#[test]
fn random_modules_do_what_they_did() {
    let (mut proven, mut touching) = (0, 0);
    let count = if cfg!(debug_assertions) { 300 } else { 20_000 };
    for seed in 0..count {
        let wat = Writer::module(seed);
        let wasm = wat::parse_str(&wat).unwrap_or_else(|error| panic!("{seed}: {error}\n{wat}"));
        let Ok(module) = Module::read(&wasm) else { panic!("its memory is as any") };
        let Some(reach) = reach(&module).filter(|reach| reach.unbounded.is_empty()) else { continue };
        proven += 1;
        touching += u64::from(reach.end > 0);
        let change = Change { memory_bytes: reach.end, stack: None };
        let small = rewrite(&wasm, &module, &change).expect("it was read before").wasm;
        let end = reach.end as usize;
        for (before, after) in outcomes(&wasm).into_iter().zip(outcomes(&small)) {
            assert_eq!(before.0, after.0, "{seed}\n{wat}");
            assert!(before.1[end..].iter().all(|byte| *byte == 0), "{seed}: written behind {end}\n{wat}");
            assert_eq!(&before.1[..end], after.1, "{seed}\n{wat}");
        }
    }
    println!("{proven} of {count} modules proven, {touching} of them touch their memory");
    assert!(touching * 8 > count, "{touching} of {count}: too few to mean something");
}
