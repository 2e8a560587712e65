//! Calls that go on after a host function failed.
#![cfg(feature = "wat")]

use sheave::{
    Caller, Engine, Error, Extern, Instance, Linker, Module, ResumableCall, Store, TypedResumableCall, Val,
    errors::HostError,
};

#[derive(Debug)]
struct Pending(i32);
impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pending {}", self.0)
    }
}
impl HostError for Pending {}

const TEXT: &str = r#"(module
    (import "h" "ask" (func $ask (param i32) (result i32)))
    (import "h" "ask_tail" (func $ask_tail (param i32) (result i64)))
    (func $sum (param i32 i32) (result i32) (i32.add (call $ask (local.get 0)) (call $ask (local.get 1))))
    (func (export "run") (param i32) (result i32)
        (i32.mul (call $sum (local.get 0) (i32.const 5)) (i32.const 2)))
    (func $tail (param i32) (result i64) (return_call $ask_tail (local.get 0)))
    (func (export "tail") (result i64) (i64.add (call $tail (i32.const 9)) (i64.const 1))))"#;

fn setup() -> (Store<()>, Instance) {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("h", "ask", |n: i32| -> Result<i32, Error> { Err(Pending(n).into()) }).unwrap();
    linker.func_wrap("h", "ask_tail", |n: i32| -> Result<i64, Error> { Err(Pending(n).into()) }).unwrap();
    let module = Module::new(store.engine(), TEXT).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn the_host_answers_later_what_it_was_asked() {
    let (mut store, instance) = setup();
    let run = instance.get_func(&store, "run").unwrap();
    let mut outputs = [Val::I32(0)];
    let mut call = run.call_resumable(&mut store, &[Val::I32(3)], &mut outputs).unwrap();
    let mut asked = Vec::new();
    while let ResumableCall::HostTrap(stopped) = call {
        let Pending(n) = *stopped.host_error().downcast_ref().unwrap();
        asked.push(n);
        assert_eq!(stopped.host_func().ty(&store).params().len(), 1);
        // Another call in between, which stops as well and is forgotten.
        assert!(matches!(
            run.call_resumable(&mut store, &[Val::I32(77)], &mut [Val::I32(0)]).unwrap(),
            ResumableCall::HostTrap(_)
        ));
        call = stopped.resume(&mut store, &[Val::I32(10 * n)], &mut outputs).unwrap();
    }
    assert_eq!(asked, [3, 5]);
    assert_eq!(outputs, [Val::I32(160)]);
}

#[test]
fn a_host_function_called_by_a_tail_call_is_answered_too() {
    let (mut store, instance) = setup();
    let tail = instance.get_typed_func::<(), i64>(&store, "tail").unwrap();
    let TypedResumableCall::HostTrap(stopped) = tail.call_resumable(&mut store, ()).unwrap() else {
        panic!("the host function fails")
    };
    let TypedResumableCall::Finished(result) = stopped.resume(&mut store, &[Val::I64(1 << 40)]).unwrap() else {
        panic!("nothing else fails")
    };
    assert_eq!(result, (1 << 40) + 1);
}

#[test]
fn answers_of_the_wrong_type_are_refused() {
    let (mut store, instance) = setup();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for answer in [&[Val::I64(1)][..], &[], &[Val::I32(1), Val::I32(2)]] {
        let TypedResumableCall::HostTrap(stopped) = run.call_resumable(&mut store, 1).unwrap() else {
            panic!("the host function fails")
        };
        assert!(stopped.resume(&mut store, answer).is_err());
    }
    let error = run.call(&mut store, 1).unwrap_err();
    assert!(error.downcast_ref::<Pending>().is_some(), "a plain call just fails");
}

/// A call stops below a host function that waits, and goes on after that has returned.
#[test]
fn a_call_made_within_a_host_function_can_go_on_outside() {
    let (mut store, instance) = setup();
    let mut linker = <Linker<()>>::new(store.engine());
    linker
        .func_wrap("h", "nested", move |mut caller: Caller<'_, ()>| -> i32 {
            let run = instance.get_export(&caller, "run").and_then(Extern::into_func).unwrap();
            let run = run.typed::<i32, i32>(&caller).unwrap();
            matches!(run.call_resumable(&mut caller, 1).unwrap(), TypedResumableCall::HostTrap(_)).into()
        })
        .unwrap();
    let text = r#"(module (import "h" "nested" (func $nested (result i32)))
        (func (export "run") (param i32 i64) (result i32 i64)
            (i32.add (call $nested) (local.get 0)) (local.get 1)))"#;
    let module = Module::new(store.engine(), text).unwrap();
    let outer = linker.instantiate_and_start(&mut store, &module).unwrap();
    let run = outer.get_typed_func::<(i32, i64), (i32, i64)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, (40, -1)).unwrap(), (41, -1));
}
