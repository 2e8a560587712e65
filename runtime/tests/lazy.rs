//! Functions that are translated when they are first called.
#![cfg(feature = "wat")]

use sheave::{
    Caller, CompilationMode, Config, Engine, Error, Extern, Instance, Linker, Module, Mutability, ResumableCall, Store,
    Table, TableType, Trap, Val,
    errors::{ErrorKind, HostError},
};

const LAZY: [CompilationMode; 2] = [CompilationMode::LazyTranslation, CompilationMode::Lazy];
const ALL: [CompilationMode; 3] = [CompilationMode::Eager, CompilationMode::LazyTranslation, CompilationMode::Lazy];

fn engine(mode: CompilationMode) -> Engine {
    let mut config = Config::default();
    config.compilation_mode(mode);
    Engine::new(&config)
}

fn instantiate(mode: CompilationMode, text: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(&engine(mode), ());
    let module = Module::new(store.engine(), text).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, instance)
}

fn call(store: &mut Store<()>, instance: Instance, name: &str, argument: i32) -> Result<i32, Error> {
    instance.get_typed_func::<i32, i32>(&*store, name).unwrap().call(store, argument)
}

/// `count` functions named f0, f1, …, which are long enough that the code moves when it grows by a few.
fn many(count: usize) -> String {
    (0..count)
        .map(|i| {
            let steps =
                format!("(local.set 0 (i32.mul (i32.add (local.get 0) (i32.const {i})) (i32.const 3)))").repeat(50);
            format!("(func $f{i} (export \"f{i}\") (param i32) (result i32) {steps} (local.get 0))")
        })
        .collect()
}

#[test]
fn calls_of_all_kinds_reach_functions_that_are_not_translated_yet() {
    let text = r#"(module
        (type $unary (func (param i32) (result i32)))
        (table 2 funcref) (elem (i32.const 0) $indirect $indirect_tail)
        (global $started (mut i32) (i32.const 0))
        (func $start (global.set $started (i32.const 1000)))
        (start $start)
        (func (export "main") (param i32) (result i32)
            (i32.add (global.get $started)
                (i32.add (call $direct (local.get 0)) (call_indirect (type $unary) (local.get 0) (i32.const 0)))))
        (func $direct (param i32) (result i32) (local i32 i64)
            (if (i32.or (local.get 1) (i64.ne (local.get 2) (i64.const 0))) (then unreachable))
            (local.set 2 (i64.const -1)) (local.set 1 (i32.const -1))
            (return_call $tail (i32.mul (local.get 0) (i32.const 3)) (i64.const 5)))
        (func $tail (param i32 i64) (result i32) (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))
        (func $indirect (param i32) (result i32)
            (return_call_indirect (type $unary) (i32.add (local.get 0) (i32.const 1)) (i32.const 1)))
        (func $indirect_tail (param i32) (result i32) (local externref)
            (if (i32.eqz (ref.is_null (local.get 1))) (then unreachable))
            (call $even (local.get 0)))
        (func $even (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
        (func $odd (param i32) (result i32)
            (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))"#;
    for mode in ALL {
        let (mut store, instance) = instantiate(mode, text);
        for _ in 0..3 {
            assert_eq!(call(&mut store, instance, "main", 7).unwrap(), 1000 + 26 + 1, "{mode:?}");
        }
        assert_eq!(call(&mut store, instance, "main", 4).unwrap(), 1000 + 17, "{mode:?}");
    }
}

#[test]
fn an_invalid_function_is_found_when_the_mode_says() {
    let text = r#"(module
        (func (export "good") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func (export "bad") (param i32) (result i32) (i64.const 1))
        (func (export "calls_bad") (param i32) (result i32) (call 1 (local.get 0))))"#;
    for mode in [CompilationMode::Eager, CompilationMode::LazyTranslation] {
        let error = Module::new(&engine(mode), text).unwrap_err();
        assert!(error.to_string().contains("type mismatch"), "{mode:?}: {error}");
    }
    let (mut store, instance) = instantiate(CompilationMode::Lazy, text);
    let expected = Module::new(&Engine::default(), text).unwrap_err();
    for name in ["bad", "calls_bad", "bad"] {
        let error = call(&mut store, instance, name, 0).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Module(_)), "{error}");
        let first_line = |error: &Error| error.to_string().lines().next().unwrap().to_owned();
        assert_eq!(first_line(&error), first_line(&expected));
        assert_eq!(call(&mut store, instance, "good", 4).unwrap(), 5);
    }
}

/// The caller's place in code is kept while the host has other functions translated, which moves the code.
#[test]
fn code_moves_while_the_host_is_called() {
    let text = format!(
        r#"(module (import "h" "again" (func $again (param i32) (result i32)))
            (func (export "outer") (param i32) (result i32)
                (i32.add (call $again (local.get 0)) (call $inner (local.get 0))))
            (func $inner (param i32) (result i32) (i32.sub (call $again (local.get 0)) (i32.const 1)))
            {})"#,
        many(40)
    );
    let mut results = Vec::new();
    for mode in ALL {
        let mut store = Store::new(&engine(mode), 0_usize);
        let mut linker = <Linker<usize>>::new(store.engine());
        let again = |mut caller: Caller<'_, usize>, n: i32| -> Result<i32, Error> {
            let mut sum = 0_i32;
            for _ in 0..20 {
                let name = format!("f{}", caller.data());
                *caller.data_mut() += 1;
                let func = caller.get_export(&name).and_then(Extern::into_func).unwrap();
                sum = sum.wrapping_add(func.typed::<i32, i32>(&caller)?.call(&mut caller, n)?);
            }
            Ok(sum)
        };
        linker.func_wrap("h", "again", again).unwrap();
        let module = Module::new(store.engine(), &text).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        results.push(instance.get_typed_func::<i32, i32>(&store, "outer").unwrap().call(&mut store, 3).unwrap());
        assert_eq!(*store.data(), 40);
    }
    assert_eq!(results, [results[0]; 3]);
}

#[derive(Debug)]
struct Pending;
impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("pending")
    }
}
impl HostError for Pending {}

#[test]
fn suspended_calls_go_on_in_code_that_has_moved() {
    let text = format!(
        r#"(module (import "h" "ask" (func $ask (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (i32.mul (call $sum (local.get 0)) (i32.const 2)))
            (func $sum (param i32) (result i32) (i32.add (call $ask (local.get 0)) (i32.const 1)))
            {})"#,
        many(40)
    );
    for mode in LAZY {
        let mut store = Store::new(&engine(mode), ());
        let mut linker = Linker::new(store.engine());
        linker.func_wrap("h", "ask", |_: i32| -> Result<i32, Error> { Err(Pending.into()) }).unwrap();
        let module = Module::new(store.engine(), &text).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        let run = instance.get_func(&store, "run").unwrap();
        let mut outputs = [Val::I32(0)];
        let call_1 = run.call_resumable(&mut store, &[Val::I32(3)], &mut outputs).unwrap();
        let ResumableCall::HostTrap(stopped) = call_1 else { panic!("the host function fails") };
        for i in 0..40 {
            call(&mut store, instance, &format!("f{i}"), 1).unwrap();
        }
        let done = stopped.resume(&mut store, &[Val::I32(20)], &mut outputs).unwrap();
        assert!(matches!(done, ResumableCall::Finished));
        assert_eq!(outputs, [Val::I32(42)]);
    }
}

#[test]
fn the_first_call_overflows_the_stack_as_any_other() {
    let locals = "(local i64)".repeat(2000);
    let text = format!(
        r#"(module
            (func $deep (export "deep") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
                    (else (call $large (i32.const 5)))))
            (func $large (export "large") (param i32) (result i32) {locals} (local.get 0)))"#
    );
    for mode in LAZY {
        let mut config = Config::default();
        config.compilation_mode(mode).max_wasm_stack(20_000);
        let mut store = Store::new(&Engine::new(&config), ());
        let module = Module::new(store.engine(), &text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for _ in 0..2 {
            let error = call(&mut store, instance, "deep", 1000).unwrap_err();
            assert_eq!(error.as_trap(), Some(Trap::StackOverflow), "{error}");
        }
        assert_eq!(call(&mut store, instance, "deep", 0).unwrap(), 5);
        let error = call(&mut store, instance, "deep", 1_000_000).unwrap_err();
        assert_eq!(error.as_trap(), Some(Trap::StackOverflow));
        // The host's own call of it, with the stub's small frame checked first.
        config.max_wasm_stack(10_000);
        let mut store = Store::new(&Engine::new(&config), ());
        let module = Module::new(store.engine(), &text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for _ in 0..2 {
            assert_eq!(call(&mut store, instance, "large", 1).unwrap_err().as_trap(), Some(Trap::StackOverflow));
        }
    }
}

#[test]
fn backtraces_name_functions_and_places() {
    let text = r#"(module
        (func $outer (export "outer") (param i32) (result i32) (i32.add (call $middle (local.get 0)) (i32.const 1)))
        (func $middle (param i32) (result i32) (i32.mul (call $inner (local.get 0)) (i32.const 2)))
        (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))"#;
    let traces = ALL.map(|mode| {
        let (mut store, instance) = instantiate(mode, text);
        // Once so that the stubs are branches, for one of the calls.
        call(&mut store, instance, "outer", 1).unwrap();
        let warm = call(&mut store, instance, "outer", 0).unwrap_err().to_string();
        let (mut store, instance) = instantiate(mode, text);
        let cold = call(&mut store, instance, "outer", 0).unwrap_err().to_string();
        assert_eq!(warm, cold);
        warm
    });
    assert!(["outer", "middle", "inner"].iter().all(|name| traces[0].contains(name)), "{}", traces[0]);
    assert_eq!(traces[0], traces[1]);
    assert_eq!(traces[0], traces[2]);
}

#[test]
fn fuel_is_the_same_and_calls_go_on_with_more() {
    let text = r#"(module
        (func (export "main") (param i32) (result i32) (i32.add (call $a (local.get 0)) (call $b (local.get 0))))
        (func $a (param i32) (result i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 1))
        (func $b (param i32) (result i32) (i32.add (call $a (local.get 0)) (i32.const 7))))"#;
    let used = ALL.map(|mode| {
        let mut config = Config::default();
        config.compilation_mode(mode).consume_fuel(true);
        let mut store = Store::new(&Engine::new(&config), ());
        let module = Module::new(store.engine(), text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        store.set_fuel(1).unwrap();
        let main = instance.get_func(&store, "main").unwrap();
        let (mut outputs, mut granted) = ([Val::I32(0)], 1);
        let mut call = main.call_resumable(&mut store, &[Val::I32(10)], &mut outputs).unwrap();
        while let ResumableCall::OutOfFuel(stopped) = call {
            let required = stopped.required_fuel();
            granted += required - store.get_fuel().unwrap();
            store.set_fuel(required).unwrap();
            call = stopped.resume(&mut store, &mut outputs).unwrap();
        }
        assert_eq!(outputs, [Val::I32(9)]);
        granted - store.get_fuel().unwrap()
    });
    assert_eq!(used, [used[0]; 3]);
}

/// An instance that failed to come into being may have left functions in a table: they are of its module, not of the next one.
#[test]
fn functions_of_a_failed_instance_are_translated_from_its_module() {
    for mode in LAZY {
        let mut store = Store::new(&engine(mode), ());
        let table = Table::new(
            &mut store,
            TableType::new(sheave::RefType::FUNCREF, 4, None),
            sheave::Ref::Func(sheave::Nullable::<sheave::Func>::Null),
        )
        .unwrap();
        let leaves = Module::new(
            store.engine(),
            r#"(module (import "t" "t" (table 4 funcref)) (memory 1)
                (func $left (param i32) (result i32) (i32.add (local.get 0) (i32.const 100)))
                (elem (i32.const 1) $left) (data (i32.const 65536) "x"))"#,
        )
        .unwrap();
        // This one does not even begin.
        let unlinked = Module::new(store.engine(), r#"(module (import "x" "y" (global i32)))"#).unwrap();
        let global = sheave::Global::new(&mut store, Val::I64(1), Mutability::Const);
        assert!(Instance::new(&mut store, &unlinked, &[global.into()]).is_err());
        assert!(Instance::new(&mut store, &leaves, &[table.into()]).is_err());
        assert!(Instance::new(&mut store, &unlinked, &[global.into()]).is_err());
        let calls = Module::new(
            store.engine(),
            r#"(module (import "t" "t" (table 4 funcref))
                (func (export "main") (param i32) (result i32)
                    (i32.add (call $own (local.get 0)) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1))))
                (func $own (param i32) (result i32) (i32.const 1000)))"#,
        )
        .unwrap();
        let instance = Instance::new(&mut store, &calls, &[table.into()]).unwrap();
        for _ in 0..2 {
            assert_eq!(call(&mut store, instance, "main", 5).unwrap(), 1105);
        }
    }
}

#[test]
fn instances_in_threads_share_a_module() {
    let text = format!("(module {})", many(20));
    let engine = engine(CompilationMode::Lazy);
    let module = Module::new(&engine, text).unwrap();
    let run = || {
        let mut store = Store::new(&engine, ());
        let instances = [(); 2].map(|()| Instance::new(&mut store, &module, &[]).unwrap());
        let results = (0..40).map(|i| call(&mut store, instances[i % 2], &format!("f{}", i / 2), 1).unwrap());
        results.collect::<Vec<_>>()
    };
    let expected = run();
    std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(run));
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}

#[test]
fn the_image_of_stubs_is_refused() {
    let engine = engine(CompilationMode::Lazy);
    let module = Module::new(&engine, "(module (func (export \"f\")))").unwrap();
    let error = Module::from_image(&engine, module.image()).unwrap_err();
    assert!(error.to_string().contains("eager"), "{error}");
    // An image that is whole needs no translation, whatever the mode.
    let whole =
        Module::new(&Engine::default(), "(module (func (export \"f\") (param i32) (result i32) (local.get 0)))")
            .unwrap();
    let mut store = Store::new(&engine, ());
    let module = Module::from_image(&engine, whole.image()).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(call(&mut store, instance, "f", 3).unwrap(), 3);
}

#[test]
fn what_is_executed_is_counted() {
    let text = r#"(module
        (func (export "main") (param i32) (result i32) (i32.add (call $f (local.get 0)) (call $f (local.get 0))))
        (func $f (param i32) (result i32) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 1)))"#;
    let counts = ALL.map(|mode| {
        let (mut store, instance) = instantiate(mode, text);
        store.start_counting().ok()?;
        assert_eq!(call(&mut store, instance, "main", 100).unwrap(), 2);
        let statistics = store.statistics().unwrap();
        Some((statistics.instructions, statistics.stack_peak_bytes))
    });
    let [Some((eager, stack)), lazily @ ..] = counts else { return };
    for (instructions, peak) in lazily.into_iter().flatten() {
        // Two stubs, and one branch from `main`'s second call, which was linked to a stub.
        assert_eq!((instructions, peak), (eager + 3, stack));
    }
}
