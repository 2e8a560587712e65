//! Counts and samples: exact counts of small guests, a profile of two functions, what guests may do meanwhile.
//!
//! Where the build's dispatch cannot be observed, each test asserts that this is what it is told.
#![cfg(feature = "wat")]

use sheave::{Caller, Config, Engine, Error, Instance, Linker, Module, Statistics, Store, Trap};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(1);

/// Whether this build can observe; if not, it says so.
fn can_observe() -> bool {
    const REFUSAL: &str = "this build of Sheave cannot observe: loop dispatch";
    let mut store = Store::new(&Engine::default(), ());
    let Err(refusal) = store.start_counting() else { return true };
    assert_eq!(refusal.to_string(), REFUSAL);
    assert_eq!(store.start_sampling(INTERVAL).unwrap_err().to_string(), REFUSAL);
    assert!(store.statistics().is_none() && store.finish_sampling().is_none());
    false
}

fn instantiate(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let module = Module::new(engine, text).unwrap();
    let instance = Linker::new(engine).instantiate_and_start(&mut store, &module).unwrap();
    (store, instance)
}

/// Instructions of a family, and its dispatches.
fn family(statistics: &Statistics, name: &str) -> (u64, u64) {
    let family = statistics.families.iter().find(|family| family.family == name).unwrap();
    (family.instructions, family.dispatches)
}

const COUNT: &str = r#"(module
    (func (export "count") (param i32) (result i32) (local i32)
        (loop $again
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $again (i32.lt_s (local.get 1) (local.get 0))))
        (local.get 1)))"#;

#[test]
fn each_instruction_is_counted_each_time() {
    if !can_observe() {
        return;
    }
    let (mut store, instance) = instantiate(&Engine::default(), COUNT);
    let count = instance.get_typed_func::<i32, i32>(&store, "count").unwrap();
    count.call(&mut store, 5).unwrap();
    assert!(store.statistics().is_none() && store.execution_counts(instance).is_none(), "nothing is counted");
    store.start_counting().unwrap();
    assert_eq!(store.statistics().unwrap().instructions, 0);
    assert_eq!(count.call(&mut store, 10).unwrap(), 10);
    // Ten loop edges, `return.i32`, and the end of the call.
    let statistics = store.statistics().unwrap();
    assert_eq!((statistics.instructions, statistics.dispatches), (12, 12), "{statistics:?}");
    assert_eq!((family(&statistics, "branch"), family(&statistics, "call")), ((10, 10), (2, 2)));
    let counts = store.execution_counts(instance).unwrap();
    assert_eq!(counts.iter().filter(|count| **count > 0).collect::<Vec<_>>(), [&1, &10, &1]);
    // They add up until they are begun again.
    count.call(&mut store, 1).unwrap();
    assert_eq!(store.statistics().unwrap().instructions, 12 + 3);
    store.start_counting().unwrap();
    assert_eq!(store.statistics().unwrap().instructions, 0);
}

/// Computes in long rows, with a branch out of some of them.
const ROWS: &str = r#"(module (memory 1)
    (func (export "sum") (param $n i32) (result i32) (local $sum i32) (local $at i32)
        (loop $again
            (block $odd
                (local.set $at (i32.and (i32.shl (local.get $n) (i32.const 2)) (i32.const 0xfffc)))
                (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $n)))
                (br_if $odd (i32.and (local.get $n) (i32.const 1)))
                (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at)))))
            (local.set $sum (i32.xor (i32.rotl (local.get $sum) (i32.const 5)) (local.get $n)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))"#;

#[test]
fn superinstructions_change_dispatches_and_not_instructions() {
    if !can_observe() {
        return;
    }
    let counted = |superinstructions| {
        let engine = Engine::new(Config::default().superinstructions(superinstructions));
        let (mut store, instance) = instantiate(&engine, ROWS);
        let expected = sum_of(&mut store, instance, 99);
        let (mut store, instance) = instantiate(&engine, ROWS);
        store.start_counting().unwrap();
        assert_eq!(sum_of(&mut store, instance, 99), expected, "counting changes nothing");
        let counts = store.execution_counts(instance).unwrap();
        (store.statistics().unwrap(), counts)
    };
    let ((with, counts_with), (without, counts_without)) = (counted(true), counted(false));
    assert_eq!(counts_with, counts_without);
    assert_eq!(with.instructions, without.instructions);
    assert_eq!(without.dispatches, without.instructions);
    assert!(with.dispatches < with.instructions, "{with:?}");
}

fn sum_of(store: &mut Store<()>, instance: Instance, n: i32) -> i32 {
    instance.get_typed_func::<i32, i32>(&*store, "sum").unwrap().call(store, n).unwrap()
}

#[test]
fn the_stack_peak_grows_with_recursion() {
    if !can_observe() {
        return;
    }
    let text = r#"(module (func $down (export "down") (param i32)
        (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let (mut store, instance) = instantiate(&Engine::default(), text);
    let down = instance.get_typed_func::<i32, ()>(&store, "down").unwrap();
    let mut peak = |depth| {
        store.start_counting().unwrap();
        down.call(&mut store, depth).unwrap();
        store.statistics().unwrap().stack_peak_bytes
    };
    let (one, two, hundred) = (peak(0), peak(1), peak(99));
    assert!(one >= 12, "a parameter and a header: {one}");
    assert_eq!(hundred - one, 99 * (two - one));
}

/// `heavy` does nine times the work of `light`.
const TWO: &str = r#"(module
    (func $work (param i32) (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func $heavy (call $work (i32.const 900000)))
    (func $light (call $work (i32.const 100000)))
    (func $main (export "main") (call $heavy) (call $light)))"#;

#[test]
fn samples_are_where_the_work_is() {
    if !can_observe() {
        return;
    }
    let (mut store, instance) = instantiate(&Engine::default(), TWO);
    let main = instance.get_typed_func::<(), ()>(&store, "main").unwrap();
    store.start_sampling(INTERVAL).unwrap();
    assert_eq!(
        store.start_counting().unwrap_err().to_string(),
        "a store's guests are counted or sampled, not both at once"
    );
    let began = Instant::now();
    while began.elapsed() < 300 * INTERVAL {
        main.call(&mut store, ()).unwrap();
    }
    let profile = store.finish_sampling().unwrap();
    assert!(store.finish_sampling().is_none(), "taken");
    let samples = profile.samples();
    assert!(samples >= 50, "{samples} in 300 intervals");
    let share = |name: &str| {
        let function = profile
            .functions()
            .into_iter()
            .find(|function| &*function.name == name)
            .unwrap_or_else(|| panic!("{name}"));
        (function.own_samples as f64 / samples as f64, function.samples as f64 / samples as f64)
    };
    assert!(share("main").1 > 0.99 && share("work").0 > 0.9, "{profile:?}");
    assert!((0.7..0.99).contains(&share("heavy").1), "{profile:?}");
    assert_eq!(&*profile.functions()[0].name, "work");
    assert!(profile.folded().lines().any(|line| line.starts_with("main;heavy;work ")), "{}", profile.folded());
}

#[test]
fn samples_survive_hosts_traps_and_other_instances() {
    if !can_observe() {
        return;
    }
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = <Linker<()>>::new(&engine);

    linker.func_wrap("host", "sleep", || std::thread::sleep(5 * INTERVAL)).unwrap();
    linker
        .func_wrap("host", "nested", |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let inner = caller.get_export("inner").and_then(|export| export.into_func()).unwrap();
            inner.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    let other = Module::new(&engine, r#"(module $other
        (func $spin (export "spin") (param i32) (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func $spin_tail (export "spin_tail") (param i32) (return_call $spin (local.get 0))))"#).unwrap();
    let other = linker.instantiate_and_start(&mut store, &other).unwrap();
    linker.instance(&mut store, "other", other).unwrap();
    let module = Module::new(
        &engine,
        r#"(module $main
        (import "host" "sleep" (func $sleep)) (import "host" "nested" (func $nested))
        (import "other" "spin" (func $spin (param i32))) (import "other" "spin_tail" (func $spin_tail (param i32)))
        (func $inner (export "inner") (call $spin (i32.const 300000)))
        (func $fail (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 0)))
        (func $main (export "main") (result i32)
            (call $sleep) (call $nested) (call $spin (i32.const 300000)) (call $spin_tail (i32.const 300000))
            (call $fail (i32.const 1))))"#,
    )
    .unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let main = instance.get_typed_func::<(), i32>(&store, "main").unwrap();
    store.start_sampling(Duration::ZERO).unwrap();
    for _ in 0..50 {
        let error = main.call(&mut store, ()).unwrap_err();
        assert_eq!(error.as_trap(), Some(Trap::IntegerDivideByZero));
        let frames = error.backtrace().unwrap().frames();
        assert_eq!(frames.iter().map(|frame| frame.func_name()).collect::<Vec<_>>(), [Some("fail"), Some("main")]);
    }
    // Guests of another thread too.
    let mut store = std::thread::spawn(move || {
        main.call(&mut store, ()).unwrap_err();
        store
    })
    .join()
    .unwrap();
    let profile = store.finish_sampling().unwrap();
    for stack in ["main!main;<host> ", "main!inner;other!spin ", "main!main;other!spin "] {
        assert!(profile.folded().lines().any(|line| line.starts_with(stack)), "{stack}: {}", profile.folded());
    }
    // One that goes while samples are taken ends that.
    store.start_sampling(INTERVAL).unwrap();
    drop(store);
}
