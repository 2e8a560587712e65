//! Functions through the public API: calls with values and types, host functions, errors of both.
#![cfg(feature = "wat")]

use sheave::{
    Caller, Engine, Error, Extern, ExternRef, F32, Func, FuncType, Instance, Linker, Module, Nullable, Store, Trap,
    Val, ValType,
    errors::{ErrorKind, FuncError, HostError},
};

fn instance<T>(store: &mut Store<T>, text: &str, imports: &[Extern]) -> Instance {
    let module = Module::new(store.engine(), text).unwrap();
    Instance::new(store, &module, imports).unwrap()
}

#[test]
fn a_guest_computes() {
    let mut store = Store::new(&Engine::default(), ());
    let text = r#"(module
        (func $fib (export "fib") (param i32) (result i32)
            (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add
                    (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;
    let instance = instance(&mut store, text, &[]);
    let fib = instance.get_typed_func::<i32, i32>(&store, "fib").unwrap();
    assert_eq!(fib.call(&mut store, 20).unwrap(), 6765);
}

/// Every type goes in and out unchanged, several at once, through guest and host.
#[test]
fn values_of_all_types_pass_in_both_directions() {
    let mut store = Store::new(&Engine::default(), ());
    let types = [ValType::I64, ValType::F32, ValType::I32, ValType::FUNCREF, ValType::F64, ValType::EXTERNREF];
    let swap = Func::new(&mut store, FuncType::new(types, types), |_, params, results| {
        results.copy_from_slice(params);
        Ok(())
    });
    let list = "i64 f32 i32 funcref f64 externref";
    let text = format!(
        r#"(module
            (import "host" "swap" (func $swap (param {list}) (result {list})))
            (func (export "there") (param {list}) (result {list})
                (call $swap (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
            (func (export "tail") (param {list}) (result {list})
                (return_call $swap (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))))"#
    );
    let instance = instance(&mut store, &text, &[swap.into()]);
    let object = ExternRef::new(&mut store, "object");
    let inputs = [
        Val::I64(-0x0123_4567_89ab_cdef),
        Val::F32(F32::from_bits(0x7fa0_0001)),
        Val::I32(-5),
        Val::FuncRef(Nullable::Val(swap)),
        Val::from(-0.0_f64),
        Val::ExternRef(Nullable::Val(object)),
    ];
    for name in ["there", "tail"] {
        let mut outputs = [Val::I32(0); 6];
        let func = instance.get_func(&store, name).unwrap();
        func.call(&mut store, &inputs, &mut outputs).unwrap();
        assert_eq!(outputs, inputs, "{name}");
        assert_eq!(func.ty(&store), FuncType::new(types, types));
    }
    assert_eq!(object.data(&store).downcast_ref::<&str>(), Some(&"object"));
}

#[test]
fn single_results_of_each_type_come_back_from_host_and_guest() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("h", "i32", || -1_i32).unwrap();
    linker.func_wrap("h", "i64", || 1_u64 << 40).unwrap();
    linker.func_wrap("h", "f32", || 1.5_f32).unwrap();
    linker.func_wrap("h", "f64", || Ok::<f64, Error>(-2.5)).unwrap();
    linker
        .func_wrap("h", "ref", |caller: Caller<'_, ()>| caller.get_export("i32").and_then(Extern::into_func))
        .unwrap();
    let mut text = String::from("(module");
    for (name, ty) in [("i32", "i32"), ("i64", "i64"), ("f32", "f32"), ("f64", "f64"), ("ref", "funcref")] {
        text += &format!(r#"(import "h" "{name}" (func ${name} (result {ty})))"#);
    }
    for (name, ty) in [("i32", "i32"), ("i64", "i64"), ("f32", "f32"), ("f64", "f64"), ("ref", "funcref")] {
        text += &format!(r#"(func (export "{name}") (result {ty}) (call ${name}))"#);
        text += &format!(r#"(func (export "tail.{name}") (result {ty}) (return_call ${name}))"#);
    }
    text += ")";
    let module = Module::new(store.engine(), text).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    for prefix in ["", "tail."] {
        let name = |name: &str| format!("{prefix}{name}");
        assert_eq!(instance.get_typed_func::<(), i32>(&store, &name("i32")).unwrap().call(&mut store, ()).unwrap(), -1);
        assert_eq!(
            instance.get_typed_func::<(), i64>(&store, &name("i64")).unwrap().call(&mut store, ()).unwrap(),
            1 << 40
        );
        assert_eq!(
            instance.get_typed_func::<(), f32>(&store, &name("f32")).unwrap().call(&mut store, ()).unwrap(),
            1.5
        );
        assert_eq!(
            instance.get_typed_func::<(), f64>(&store, &name("f64")).unwrap().call(&mut store, ()).unwrap(),
            -2.5
        );
        let func = instance.get_typed_func::<(), Option<Func>>(&store, &name("ref")).unwrap();
        assert_eq!(func.call(&mut store, ()).unwrap(), instance.get_func(&store, "i32"));
    }
}

#[test]
fn closures_take_up_to_sixteen_parameters_and_give_tuples() {
    let mut store = Store::new(&Engine::default(), 100_i64);
    #[allow(clippy::too_many_arguments, clippy::type_complexity)]
    let sum = Func::wrap(
        &mut store,
        |caller: Caller<'_, i64>,
         a: i32,
         b: i64,
         c: i32,
         d: i64,
         e: i32,
         f: i64,
         g: i32,
         h: i64,
         i: i32,
         j: i64,
         k: i32,
         l: i64,
         m: i32,
         n: i64,
         o: f32,
         p: f64| {
            let small = a + c + e + g + i + k + m;
            let large = b + d + f + h + j + l + n + *caller.data();
            (small, large, o, p)
        },
    );
    let mut results = [Val::I32(0); 4];
    let inputs: Vec<Val> = (0..14)
        .map(|n| if n % 2 == 0 { Val::I32(n) } else { Val::I64(i64::from(n)) })
        .chain([Val::from(0.5_f32), Val::from(0.25_f64)])
        .collect();
    sum.call(&mut store, &inputs, &mut results).unwrap();
    assert_eq!(results, [Val::I32(42), Val::I64(149), Val::from(0.5_f32), Val::from(0.25_f64)]);
}

#[test]
fn wrong_values_are_errors_and_nothing_runs() {
    let mut store = Store::new(&Engine::default(), 0);
    let func = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, x: i32| -> i32 {
        *caller.data_mut() += 1;
        x
    });
    let mut other = Store::new(&Engine::default(), ());
    let foreign = ExternRef::new(&mut other, ());
    let take = Func::wrap(&mut store, |_: Option<ExternRef>| {});
    let cases: [(Func, &[Val], usize, FuncError); 5] = [
        (func, &[], 1, FuncError::MismatchingParameterLen),
        (func, &[Val::I64(1)], 1, FuncError::MismatchingParameterType),
        (func, &[Val::I32(1)], 0, FuncError::MismatchingResultLen),
        (func, &[Val::I32(1)], 2, FuncError::MismatchingResultLen),
        (take, &[Val::ExternRef(Nullable::Val(foreign))], 0, FuncError::ForeignReference),
    ];
    for (func, inputs, outputs_count, expected) in cases {
        let error = func.call(&mut store, inputs, &mut vec![Val::I32(0); outputs_count]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Func(found) if *found == expected), "{error}");
    }
    assert_eq!(*store.data(), 0);
    let liar = Func::new(&mut store, FuncType::new([], [ValType::I32]), |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    let error = liar.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Func(FuncError::MismatchingResultType)), "{error}");
}

#[derive(Debug, PartialEq)]
struct Busy(u8);
impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "bus {} is busy", self.0)
    }
}
impl HostError for Busy {}

#[test]
fn an_error_of_the_host_passes_through_guests_unchanged_with_a_backtrace() {
    let mut store = Store::new(&Engine::default(), ());
    let fail = Func::wrap(&mut store, |n: i32| -> Result<i32, Error> { Err(Busy(n as u8).into()) });
    let text = r#"(module $bus
        (import "h" "fail" (func $fail (param i32) (result i32)))
        (func $inner (param i32) (result i32) (i32.add (call $fail (local.get 0)) (i32.const 1)))
        (func $outer (export "run") (result i32) (i32.mul (call $inner (i32.const 7)) (i32.const 2))))"#;
    let instance = instance(&mut store, text, &[fail.into()]);
    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<Busy>(), Some(&Busy(7)));
    let names: Vec<_> = error.backtrace().unwrap().frames().iter().map(|frame| frame.func_name().unwrap()).collect();
    assert_eq!(names, ["inner", "outer"]);
    assert!(error.to_string().starts_with("bus 7 is busy\nwasm backtrace:\n    0: "), "{error}");
    assert!(error.to_string().contains("bus!inner"), "{error}");
    assert_eq!(error.downcast::<Busy>(), Some(Busy(7)));
}

#[test]
fn exit_is_an_error_with_a_status() {
    let mut store = Store::new(&Engine::default(), ());
    let exit = Func::wrap(&mut store, |status: i32| -> Result<(), Error> { Err(Error::i32_exit(status)) });
    let text = r#"(module (import "h" "exit" (func $exit (param i32)))
        (func (export "run") (call $exit (i32.const 3)) unreachable))"#;
    let instance = instance(&mut store, text, &[exit.into()]);
    let error = instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.i32_exit_status(), Some(3));
    assert_eq!(error.as_trap(), None);
}

/// A host function calls the guest that called it, and so on, until the limit.
#[test]
fn host_and_guest_nest_up_to_the_limit() {
    const TEXT: &str = r#"(module
        (import "h" "down" (func $down (param i32) (result i32)))
        (func (export "down") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
                (else (i32.const 1000)))))"#;
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker
        .func_wrap("h", "down", |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
            let down = caller.get_export("down").and_then(Extern::into_func).unwrap();
            down.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        })
        .unwrap();
    let module = Module::new(store.engine(), TEXT).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let down = instance.get_typed_func::<i32, i32>(&store, "down").unwrap();
    assert_eq!(down.call(&mut store, 64).unwrap(), 1064);
    assert_eq!(down.call(&mut store, 65).unwrap_err().as_trap(), Some(Trap::HostNesting));
    assert_eq!(down.call(&mut store, 64).unwrap(), 1064, "the store works as before");
}

/// What the host does while a guest waits is seen by the guest afterwards.
#[test]
fn a_host_function_may_grow_the_memory_of_its_caller() {
    let mut store = Store::new(&Engine::default(), ());
    let mut linker = Linker::new(store.engine());
    linker
        .func_wrap("h", "grow", |mut caller: Caller<'_, ()>| {
            let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
            memory.grow(&mut caller, 10).unwrap();
            memory.write(&mut caller, 65536, &[7]).unwrap();
        })
        .unwrap();
    let text = r#"(module (import "h" "grow" (func $grow)) (memory (export "memory") 1)
        (func (export "run") (result i32 i32)
            (i32.store (i32.const 0) (i32.const 5))
            (call $grow)
            (i32.add (i32.load (i32.const 0)) (i32.load8_u (i32.const 65536)))
            memory.size))"#;
    let module = Module::new(store.engine(), text).unwrap();
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), (i32, i32)>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), (12, 11));
}

#[test]
#[should_panic(expected = "used with the store that it belongs to")]
fn a_function_of_another_store_is_refused() {
    let mut store = Store::new(&Engine::default(), ());
    let func = Func::wrap(&mut store, || {});
    let mut other = Store::new(&Engine::default(), ());
    let _ = func.call(&mut other, &[], &mut []);
}
