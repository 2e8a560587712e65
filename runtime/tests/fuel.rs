//! Fuel: what is charged, running out, going on.
#![cfg(feature = "wat")]

use sheave::{Caller, Config, Engine, Instance, Linker, Module, ResumableCall, Store, Trap, TypedResumableCall, Val};

fn metered() -> Engine {
    let mut config = Config::default();
    config.consume_fuel(true);
    Engine::new(&config)
}

const COUNT: &str = r#"(module
    (func (export "count") (param i32) (result i32) (local i32)
        (loop $again
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $again (i32.lt_s (local.get 1) (local.get 0))))
        (local.get 1)))"#;

#[test]
fn fuel_is_charged_alike_each_time_and_more_for_more_work() {
    let engine = metered();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, COUNT).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let count = instance.get_typed_func::<i32, i32>(&store, "count").unwrap();
    let mut used = |n| {
        store.set_fuel(10_000).unwrap();
        assert_eq!(count.call(&mut store, n).unwrap(), n);
        10_000 - store.get_fuel().unwrap()
    };
    assert_eq!(used(10), used(10));
    // One turn of the loop has the same operators each time.
    let turn = used(11) - used(10);
    assert_eq!(used(100), used(10) + 90 * turn);
    assert!((5..=12).contains(&turn), "{turn}");
}

#[test]
fn running_out_of_fuel_is_a_trap_with_a_backtrace() {
    let engine = metered();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, r#"(module (func $spin (export "spin") (loop (br 0))))"#).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    store.set_fuel(1000).unwrap();
    let error = instance.get_typed_func::<(), ()>(&store, "spin").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(Trap::OutOfFuel));
    assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("spin"));
}

#[test]
fn a_call_out_of_fuel_goes_on_with_more_to_the_same_result() {
    let engine = metered();
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, COUNT).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let count = instance.get_func(&store, "count").unwrap();
    let mut outputs = [Val::I32(0)];
    store.set_fuel(50).unwrap();
    let mut call = count.call_resumable(&mut store, &[Val::I32(1000)], &mut outputs).unwrap();
    let mut stops = 0;
    while let ResumableCall::OutOfFuel(stopped) = call {
        stops += 1;
        assert!(stopped.required_fuel() > 0);
        store.set_fuel(50.max(stopped.required_fuel())).unwrap();
        call = stopped.resume(&mut store, &mut outputs).unwrap();
    }
    assert_eq!(outputs, [Val::I32(1000)]);
    assert!(stops > 100, "{stops}");
}

/// Two calls of one store take turns: each keeps its frames while the other runs.
#[test]
fn stopped_calls_do_not_disturb_each_other() {
    let engine = metered();
    let mut store = Store::new(&engine, ());
    let text = r#"(module (func $fib (export "fib") (param i32) (result i64)
        (if (result i64) (i32.lt_s (local.get 0) (i32.const 2))
            (then (i64.extend_i32_s (local.get 0)))
            (else (i64.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;
    let module = Module::new(&engine, text).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let fib = instance.get_typed_func::<i32, i64>(&store, "fib").unwrap();
    store.set_fuel(100).unwrap();
    let mut calls: Vec<_> = [15, 16].map(|n| Some(fib.call_resumable(&mut store, n).unwrap())).into();
    let mut results = [0; 2];
    for turn in 0.. {
        let Some(call) = calls[turn % 2].take() else {
            if calls.iter().all(Option::is_none) { break } else { continue }
        };
        match call {
            TypedResumableCall::Finished(result) => results[turn % 2] = result,
            TypedResumableCall::OutOfFuel(stopped) => {
                store.set_fuel(100).unwrap();
                calls[turn % 2] = Some(stopped.resume(&mut store).unwrap());
            }
            TypedResumableCall::HostTrap(stopped) => panic!("{stopped:?}"),
        }
    }
    assert_eq!(results, [610, 987]);
}

#[test]
fn host_functions_see_and_set_the_fuel() {
    let engine = metered();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "tax", |mut caller: Caller<'_, ()>| {
            let fuel = caller.get_fuel().unwrap();
            caller.set_fuel(fuel - 100).unwrap();
        })
        .unwrap();
    let text = r#"(module (import "h" "tax" (func $tax)) (func (export "run") (call $tax)))"#;
    let module = Module::new(&engine, text).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    store.set_fuel(1000).unwrap();
    instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap();
    assert!((880..900).contains(&store.get_fuel().unwrap()));
}

#[test]
fn without_metering_there_is_no_fuel_and_images_without_it_are_refused_with_it() {
    let mut store = Store::new(&Engine::default(), ());
    assert!(store.set_fuel(1).is_err() && store.get_fuel().is_err());
    let module = Module::new(store.engine(), COUNT).unwrap();
    let error = Module::from_image(&metered(), module.image()).unwrap_err();
    assert!(error.to_string().contains("--fuel"), "{error}");
}
