//! Stopping a guest from another thread.
#![cfg(feature = "wat")]

use sheave::{Config, Engine, Instance, Module, Store, Trap};
use std::{thread, time::Duration};

const SPIN: &str = r#"(module
    (func $spin (export "spin") (loop (br 0)))
    (func $twice (export "recurse") (call $half) (call $twice)) (func $half)
    (func (export "fine") (result i32) (i32.const 1)))"#;

#[test]
fn another_thread_stops_an_endless_loop() {
    let mut config = Config::default();
    config.interruptible(true);
    let mut store = Store::new(&Engine::new(&config), ());
    let module = Module::new(store.engine(), SPIN).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let spin = instance.get_typed_func::<(), ()>(&store, "spin").unwrap();
    for _ in 0..3 {
        let handle = store.interrupt_handle();
        let error = thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(20));
                handle.interrupt();
            });
            spin.call(&mut store, ()).unwrap_err()
        });
        assert_eq!(error.as_trap(), Some(Trap::Interrupted));
        assert_eq!(error.backtrace().unwrap().frames()[0].func_name(), Some("spin"));
        let fine = instance.get_typed_func::<(), i32>(&store, "fine").unwrap();
        assert_eq!(fine.call(&mut store, ()).unwrap(), 1, "the signal is used up");
    }
}

#[test]
fn a_signal_given_before_the_call_stops_it_too() {
    let mut config = Config::default();
    config.interruptible(true);
    let mut store = Store::new(&Engine::new(&config), ());
    let module = Module::new(store.engine(), SPIN).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    store.interrupt_handle().interrupt();
    for (name, trap) in [("recurse", Trap::Interrupted), ("recurse", Trap::StackOverflow)] {
        let func = instance.get_typed_func::<(), ()>(&store, name).unwrap();
        assert_eq!(func.call(&mut store, ()).unwrap_err().as_trap(), Some(trap));
    }
}

#[test]
fn a_handle_outlives_its_store() {
    let store = Store::new(&Engine::default(), ());
    let handle = store.interrupt_handle();
    drop(store);
    handle.interrupt();
}

#[test]
fn images_without_signal_checks_are_refused_where_they_are_needed() {
    let module = Module::new(&Engine::default(), SPIN).unwrap();
    let mut config = Config::default();
    config.interruptible(true);
    let error = Module::from_image(&Engine::new(&config), module.image()).unwrap_err();
    assert!(error.to_string().contains("--no-signal"), "{error}");
}
