//! Exceptions: payloads of every type, through instances and host functions, in every way of execution.
#![cfg(feature = "wat")]

use sheave::{
    Caller, CompilationMode, Config, Engine, Error, ExnRef, ExternRef, Func, FuncType, Instance, Linker, Module,
    Nullable, RootScope, Rooted, Store, Tag, TrapCode, Val, ValType, errors::ErrorKind,
};

/// A name, and what it changes of the settings.
type Way = (&'static str, fn(&mut Config));

/// The ways to execute.
const WAYS: [Way; 7] = [
    ("plain", |_| {}),
    ("lazy", |config| _ = config.compilation_mode(CompilationMode::Lazy)),
    ("fuel", |config| _ = config.consume_fuel(true)),
    ("signal", |config| _ = config.interruptible(true)),
    ("no fusion", |config| _ = config.fusion(false)),
    ("base", |config| _ = config.base_level(true).superinstructions(false)),
    ("stress", |config| _ = config.collects_always(true)),
];

fn engine(change: fn(&mut Config)) -> Engine {
    let mut config = Config::default();
    change(&mut config);
    Engine::new(&config)
}

fn store(engine: &Engine) -> Store<Vec<i32>> {
    let mut store = Store::new(engine, Vec::new());
    _ = store.set_fuel(1_000_000);
    store
}

fn instance(store: &mut Store<Vec<i32>>, text: &str, imports: &[sheave::Extern]) -> Instance {
    let module = Module::new(store.engine(), text).unwrap();
    Instance::new(store, &module, imports).unwrap()
}

/// Runs a test in all ways; the module also as an image read again.
fn in_all_ways(text: &str, test: impl Fn(&mut Store<Vec<i32>>, Instance)) {
    for (way, change) in WAYS {
        println!("{way}");
        let mut store = store(&engine(change));
        let instance = instance(&mut store, text, &[]);
        test(&mut store, instance);
        if way != "lazy" {
            let image = Module::new(store.engine(), text).unwrap().image().to_vec();
            let module = Module::from_image(store.engine(), &image).unwrap();
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            test(&mut store, instance);
        }
    }
}

fn call(store: &mut Store<Vec<i32>>, instance: Instance, name: &str, inputs: &[Val]) -> Result<Vec<Val>, Error> {
    let func = instance.get_func(&mut *store, name).unwrap();
    let mut outputs = vec![Val::I32(0); func.ty(&mut *store).results().len()];
    func.call(store, inputs, &mut outputs)?;
    Ok(outputs)
}

#[test]
fn a_payload_of_every_type_arrives() {
    let text = r#"(module
        (tag $all (param i32 i64 f32 externref f64 funcref exnref i32))
        (tag $inner (param i64))
        (func $one (export "one") (result i32) (i32.const 1))
        (func $drop_inner (result exnref) (local exnref)
            (block $h (result i64 exnref)
                (try_table (catch_ref $inner $h) (throw $inner (i64.const 77)))
                (unreachable))
            (local.set 0) (drop) (local.get 0))
        (func $thrower (param i32 i64 f32 externref f64 funcref i32)
            (throw $all (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
                (call $drop_inner) (local.get 6)))
        (func (export "catch") (param i32 i64 f32 externref f64 funcref i32)
            (result i32 i64 f32 externref f64 funcref exnref i32)
            (block $h (result i32 i64 f32 externref f64 funcref exnref i32)
                (try_table (catch $all $h)
                    (call $thrower (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
                        (local.get 5) (local.get 6)))
                (unreachable)))
        (func (export "inner") (param exnref) (result i64)
            (block $h (result i64)
                (try_table (catch $inner $h) (throw_ref (local.get 0)))
                (unreachable))))"#;
    in_all_ways(text, |store, instance| {
        let external = ExternRef::new(&mut *store, 5_u8);
        let one = instance.get_func(&mut *store, "one").unwrap();
        let inputs = [
            Val::I32(-1),
            Val::I64(i64::MIN),
            Val::F32(1.5.into()),
            external.into(),
            Val::F64((-2.5).into()),
            one.into(),
            Val::I32(9),
        ];
        let results = call(store, instance, "catch", &inputs).unwrap();
        assert_eq!(results[..6], inputs[..6]);
        assert_eq!(results[7], inputs[6]);
        let Val::ExnRef(Nullable::Val(inner)) = results[6] else { panic!("{:?}", results[6]) };
        assert_eq!(inner.fields(&mut *store).unwrap(), [Val::I64(77)]);
        assert_eq!(call(store, instance, "inner", &[results[6]]).unwrap(), [Val::I64(77)]);
        let error = call(store, instance, "inner", &[Val::ExnRef(Nullable::Null)]).unwrap_err();
        assert_eq!(error.as_trap_code(), Some(TrapCode::NullReference));
    });
}

/// Vectors, and references of every kind: each comes back as it went in, through two frames, twice.
#[test]
fn vectors_and_objects_are_payloads() {
    let text = r#"(module
        (type $point (struct (field i32)))
        (type $row (array i64))
        (type $to_one (func (result i32)))
        (tag $all (param v128 anyref (ref $point) i32 eqref i31ref v128 structref arrayref (ref null $row) (ref $to_one) exnref))
        (tag $vector (param v128))
        (func $one (type $to_one) (i32.const 1))
        (elem declare func $one)
        (func $thrower (param $v v128)
            (throw $all (local.get $v)
                (struct.new $point (i32.const 2)) (struct.new $point (i32.const 3)) (i32.const 4)
                (struct.new $point (i32.const 5)) (ref.i31 (i32.const 6)) (v128.const i64x2 7 8)
                (struct.new $point (i32.const 9)) (array.new $row (i64.const 10) (i32.const 3))
                (ref.null $row) (ref.func $one) (ref.null exn)))
        (func (export "sum") (param $v v128) (result v128 i32)
            (local $sum i32) (local $x v128) (local $y v128) (local $again exnref)
            (block $h (result v128 anyref (ref $point) i32 eqref i31ref v128 structref arrayref (ref null $row) (ref $to_one) exnref exnref)
                (try_table (catch_ref $all $h) (call $thrower (local.get $v)))
                (unreachable))
            (local.set $again) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop)
            (block $h (result v128 anyref (ref $point) i32 eqref i31ref v128 structref arrayref (ref null $row) (ref $to_one) exnref)
                (try_table (catch $all $h) (throw_ref (local.get $again)))
                (unreachable))
            (local.set $sum (ref.is_null))
            (local.set $sum (i32.add (call_ref $to_one) (local.get $sum)))
            (local.set $sum (i32.add (ref.is_null) (local.get $sum)))
            (local.set $sum (i32.add (array.len) (local.get $sum)))
            (local.set $sum (i32.add (struct.get $point 0 (ref.cast (ref $point))) (local.get $sum)))
            (local.set $y)
            (local.set $sum (i32.add (i31.get_s) (local.get $sum)))
            (local.set $sum (i32.add (struct.get $point 0 (ref.cast (ref $point))) (local.get $sum)))
            (local.set $sum (i32.add (local.get $sum)))
            (local.set $sum (i32.add (struct.get $point 0) (local.get $sum)))
            (local.set $sum (i32.add (struct.get $point 0 (ref.cast (ref $point))) (local.get $sum)))
            (local.set $x)
            (i64x2.add (local.get $x) (local.get $y)) (local.get $sum))
        (func (export "lost") (param $v v128) (throw $vector (local.get $v))))"#;
    in_all_ways(text, |store, instance| {
        let vector = |a: u64, b: u64| Val::V128((u128::from(a) | u128::from(b) << 64).into());
        let results = call(store, instance, "sum", &[vector(100, 1 << 50)]).unwrap();
        assert_eq!(results, [vector(107, (1 << 50) + 8), Val::I32(1 + 1 + 1 + 3 + 9 + 6 + 5 + 4 + 3 + 2)]);
        let error = call(store, instance, "lost", &[vector(3, 4)]).unwrap_err();
        assert!(error.to_string().contains("v128 0x00000000000000040000000000000003"), "{error}");
        let exception = store.take_pending_exception().unwrap().unwrap();
        assert_eq!(exception.fields(&mut *store).unwrap(), [vector(3, 4)]);
    });
}

/// What the host reads out of a global or a table stays alive without them.
#[test]
fn exceptions_out_of_globals_and_tables_are_rooted() {
    let text = r#"(module (tag $t (param i32))
        (global $g (export "g") (mut exnref) (ref.null exn)) (table $e (export "e") 1 exnref)
        (func $caught (param i32) (result exnref) (local exnref)
            (block $h (result i32 exnref)
                (try_table (catch_ref $t $h) (throw $t (local.get 0)))
                (unreachable))
            (local.set 1) (drop) (local.get 1))
        (func (export "set") (param i32)
            (global.set $g (call $caught (local.get 0)))
            (table.set $e (i32.const 0) (call $caught (i32.add (local.get 0) (i32.const 1)))))
        (func (export "clear") (global.set $g (ref.null exn)) (table.set $e (i32.const 0) (ref.null exn))
            (drop (call $caught (i32.const 0))) (drop (call $caught (i32.const 0)))))"#;
    in_all_ways(text, |store, instance| {
        call(store, instance, "set", &[Val::I32(5)]).unwrap();
        let global = instance.get_global(&mut *store, "g").unwrap().get(&mut *store);
        let element = instance.get_table(&mut *store, "e").unwrap().get(&mut *store, 0).unwrap();
        call(store, instance, "clear", &[]).unwrap();
        let Val::ExnRef(Nullable::Val(global)) = global else { panic!("{global:?}") };
        let sheave::Ref::Exn(Nullable::Val(element)) = element else { panic!("{element:?}") };
        assert_eq!(global.fields(&mut *store).unwrap(), [Val::I32(5)]);
        assert_eq!(element.fields(&mut *store).unwrap(), [Val::I32(6)]);
    });
}

#[test]
fn the_innermost_handler_of_the_tag_catches_and_state_is_kept() {
    let text = r#"(module
        (tag $a (param i32)) (tag $b)
        (global $count (mut i32) (i32.const 0))
        (func $throw (param i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (if (i32.eqz (local.get 0)) (then (throw $b)))
            (if (i32.eq (local.get 0) (i32.const 3)) (then (drop (i32.div_s (i32.const 1) (i32.const 0)))))
            (if (i32.lt_s (local.get 0) (i32.const 3)) (then (throw $a (local.get 0)))))
        ;; 1: inner handler; 2: thrown again by it to the outer; 0: catch_all; 3: a trap, not caught; 4: nothing
        (func (export "run") (param $x i32) (param $keep i64) (result i64) (local $r i32) (local $e exnref)
            (i64.mul (local.get $keep) (i64.const 3))
            (block $done (result i32)
                (block $all
                    (block $outer (result i32)
                        (try_table (catch $a $outer) (catch_all $all)
                            (block $inner (result i32 exnref)
                                (try_table (catch_ref $a $inner)
                                    (local.set $keep (i64.add (local.get $keep) (i64.const 100)))
                                    (call $throw (local.get $x)))
                                (br $done (i32.const 4000)))
                            (local.set $e) (local.set $r)
                            (if (i32.eq (local.get $r) (i32.const 2)) (then (throw_ref (local.get $e))))
                            (br $done (i32.add (local.get $r) (i32.const 1000))))
                        (unreachable))
                    (i32.const 2000) (i32.add) (br $done))
                (i32.const 3000))
            (i64.extend_i32_s) (i64.add) (i64.add (local.get $keep)))
        ;; caught at the label of the function, and at that of a loop
        (func (export "return") (result i32) (try_table (catch $a 0) (call $throw (i32.const 2))) (i32.const 0))
        (func (export "loop") (param $x i32) (result i32)
            (i32.const 1)
            (loop $l (param i32) (result i32)
                (local.set $x (i32.sub (local.get $x) (i32.const 1))) (drop)
                (if (result i32) (local.get $x)
                    (then (try_table (result i32) (catch $a $l) (call $throw (i32.const 1)) (i32.const 0)))
                    (else (i32.const 55)))))
        (func (export "count") (result i32) (global.get $count)))"#;
    in_all_ways(text, |store, instance| {
        for (x, expected) in [(0, 3000), (1, 1001), (2, 2002), (4, 4000)] {
            let results = call(store, instance, "run", &[Val::I32(x), Val::I64(10)]).unwrap();
            assert_eq!(results, [Val::I64(30 + expected + 110)], "{x}");
        }
        let error = call(store, instance, "run", &[Val::I32(3), Val::I64(10)]).unwrap_err();
        assert_eq!(error.as_trap_code(), Some(TrapCode::IntegerDivideByZero));
        assert_eq!(call(store, instance, "return", &[]).unwrap(), [Val::I32(2)]);
        let before = call(store, instance, "count", &[]).unwrap()[0].i32().unwrap();
        assert_eq!(call(store, instance, "loop", &[Val::I32(10)]).unwrap(), [Val::I32(55)]);
        assert_eq!(call(store, instance, "count", &[]).unwrap(), [Val::I32(before + 9)]);
    });
}

const LIBRARY: &str = r#"(module
    (tag $t (export "t") (param i64 externref))
    (tag $other (export "other") (param i64 externref))
    (func (export "throw") (param i64 externref) (throw $t (local.get 0) (local.get 1)))
    (func (export "call") (param funcref) (unreachable)))"#;

const USER: &str = r#"(module
    (import "library" "t" (tag $t (param i64 externref)))
    (import "library" "other" (tag $other (param i64 externref)))
    (import "library" "throw" (func $throw (param i64 externref)))
    (import "host" "pass" (func $pass (param i64)))
    (func $thrower (export "thrower") (param i64 externref) (call $throw (local.get 0) (local.get 1)))
    (func (export "imported") (param i64 externref) (throw $other (local.get 0) (local.get 1)))
    (func $tail (param i64 externref) (return_call $throw (local.get 0) (local.get 1)))
    ;; the tail call's own handler is gone with its frame
    (func $tail_in_try (param i64 externref) (result i64 externref)
        (block $h (result i64 externref)
            (try_table (catch $t $h) (call $tail (local.get 0) (local.get 1)))
            (i64.const 0) (ref.null extern)))
    (func $lost (param i64 externref) (result)
        (block $h (try_table (catch_all $h) (return_call $throw (local.get 0) (local.get 1)))))
    (func (export "caught") (param i64 externref) (result i64 externref)
        (block $wrong (result i64 externref)
            (block $h (result i64 externref)
                (try_table (catch $other $wrong) (catch $t $h) (call $thrower (local.get 0) (local.get 1)))
                (unreachable))
            (return))
        (unreachable))
    (func (export "tail") (param i64 externref) (result i64 externref) (call $tail_in_try (local.get 0) (local.get 1)))
    (func (export "lost") (param i64 externref) (result i32)
        (block $h (result i64 externref)
            (try_table (catch $t $h) (call $lost (local.get 0) (local.get 1)))
            (return (i32.const 0)))
        (drop) (drop) (i32.const 1))
    (func (export "through_host") (param i64) (result i64 i32)
        (block $h (result i64 externref)
            (try_table (catch $t $h) (call $pass (local.get 0)))
            (return (i64.const -1) (i32.const 0)))
        (ref.is_null)))"#;

#[test]
fn tags_are_one_across_instances_and_host_functions() {
    for (way, change) in WAYS {
        println!("{way}");
        let engine = engine(change);
        let mut store = store(&engine);
        let mut linker = Linker::new(&engine);
        // Calls back into the module that throws; once it catches the exception itself, once it lets it through.
        linker
            .func_wrap("host", "pass", |mut caller: Caller<'_, Vec<i32>>, x: i64| -> Result<(), Error> {
                let thrower = caller.get_export("thrower").unwrap().into_func().unwrap();
                let inputs = [Val::I64(x), Val::ExternRef(Nullable::Null)];
                let error = thrower.call(&mut caller, &inputs, &mut []).unwrap_err();
                if x < 100 {
                    return Err(error);
                }
                let exception = caller.take_pending_exception()?.expect("what was thrown");
                assert_eq!(exception.field(&mut caller, 0)?, Val::I64(x));
                caller.data_mut().push(x as i32);
                if x < 200 {
                    return Ok(());
                }
                let tag = exception.tag(&caller)?;
                let other = ExnRef::new(&mut caller, &tag, &[Val::I64(x + 1), Val::ExternRef(Nullable::Null)])?;
                caller.throw(other)
            })
            .unwrap();
        let library = Module::new(&engine, LIBRARY).unwrap();
        let library = linker.instantiate_and_start(&mut store, &library).unwrap();
        linker.instance(&mut store, "library", library).unwrap();
        let user = Module::new(&engine, USER).unwrap();
        let user = linker.instantiate_and_start(&mut store, &user).unwrap();
        let external = ExternRef::new(&mut store, 1_u8);
        let inputs = [Val::I64(7), external.into()];
        assert_eq!(call(&mut store, user, "caught", &inputs).unwrap(), inputs);
        assert_eq!(call(&mut store, user, "tail", &inputs).unwrap(), inputs);
        assert_eq!(call(&mut store, user, "lost", &inputs).unwrap(), [Val::I32(1)]);
        for (x, expected, seen) in [(1, (1, 1), 0), (100, (-1, 0), 1), (200, (201, 1), 2)] {
            let results = call(&mut store, user, "through_host", &[Val::I64(x)]).unwrap();
            assert_eq!(results, [Val::I64(expected.0), Val::I32(expected.1)]);
            assert_eq!(store.data().len(), seen);
            assert!(!store.has_pending_exception());
        }
        // To the host, which sees tag, payload and frames.
        let error = call(&mut store, user, "thrower", &inputs).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Exception(_)), "{error}");
        assert!(error.to_string().starts_with("uncaught exception of tag \"t\": i64 7, externref"), "{error}");
        assert_eq!(error.backtrace().unwrap().frames().len(), 2, "{error}");
        let exception = store.take_pending_exception().unwrap().unwrap();
        assert_eq!(Some(exception.tag(&store).unwrap()), library.get_tag(&store, "t"));
        assert_eq!(exception.fields(&mut store).unwrap(), inputs);
        // By the name that the module which throws it has for its tag.
        let error = call(&mut store, user, "imported", &inputs).unwrap_err();
        assert!(error.to_string().starts_with("uncaught exception of tag \"library\".\"other\": i64 7"), "{error}");
    }
}

#[test]
fn a_host_function_that_was_called_in_tail_position_throws_past_its_caller() {
    let mut store = store(&Engine::default());
    let tag = Tag::new(&mut store, &FuncType::new([], [])).unwrap();
    let host = Func::wrap(&mut store, move |mut caller: Caller<'_, Vec<i32>>| -> Result<(), Error> {
        let exception = ExnRef::new(&mut caller, &tag, &[])?;
        caller.throw(exception)
    });
    let text = r#"(module (import "" "t" (tag $t)) (import "" "f" (func $f))
        (func $tail (block $h (try_table (catch_all $h) (return_call $f))))
        (func (export "run") (result i32)
            (block $h (try_table (catch $t $h) (call $tail)) (return (i32.const 0)))
            (i32.const 1)))"#;
    let instance = instance(&mut store, text, &[tag.into(), host.into()]);
    assert_eq!(call(&mut store, instance, "run", &[]).unwrap(), [Val::I32(1)]);
}

#[test]
fn a_suspended_call_keeps_its_exceptions() {
    let mut config = Config::default();
    config.collects_always(true).consume_fuel(true);
    let mut store = Store::new(&Engine::new(&config), Vec::new());
    let text = r#"(module (tag $t (param i32))
        (func $caught (param i32) (result exnref) (local exnref)
            (block $h (result i32 exnref)
                (try_table (catch_ref $t $h) (throw $t (local.get 0)))
                (unreachable))
            (local.set 1) (drop) (local.get 1))
        (func (export "run") (param i32) (result i32) (local $e exnref) (local $i i32)
            (local.set $e (call $caught (local.get 0)))
            (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
            (block $h (result i32) (try_table (catch $t $h) (throw_ref (local.get $e))) (unreachable))))"#;
    let instance = instance(&mut store, text, &[]);
    let run = instance.get_func(&store, "run").unwrap();
    let mut suspended = Vec::new();
    for x in 0..5 {
        store.set_fuel(100).unwrap();
        let mut outputs = [Val::I32(0)];
        match run.call_resumable(&mut store, &[Val::I32(x)], &mut outputs).unwrap() {
            sheave::ResumableCall::OutOfFuel(call) => suspended.push((x, call)),
            other => panic!("{other:?}"),
        }
    }
    for (x, call) in suspended {
        store.set_fuel(1_000_000).unwrap();
        let mut outputs = [Val::I32(0)];
        let done = call.resume(&mut store, &mut outputs).unwrap();
        assert!(matches!(done, sheave::ResumableCall::Finished));
        assert_eq!(outputs, [Val::I32(x)]);
    }
}

#[test]
fn the_heap_is_bounded_and_what_is_held_stays() {
    let mut config = Config::default();
    config.max_objects_bytes(64 << 10);
    let mut store = Store::new(&Engine::new(&config), Vec::new());
    let text = r#"(module (tag $t (export "t") (param i64 i64))
        (table $table 4000 exnref)
        (func $make (param i64) (result exnref) (local exnref)
            (block $h (result i64 i64 exnref)
                (try_table (catch_ref $t $h) (throw $t (local.get 0) (local.get 0)))
                (unreachable))
            (local.set 1) (drop) (drop) (local.get 1))
        (func (export "waste") (param i64)
            (loop $l
                (drop (call $make (local.get 0)))
                (br_if $l (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0)))))
        (func (export "keep") (param i32)
            (loop $l
                (table.set $table (local.get 0) (call $make (i64.extend_i32_u (local.get 0))))
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let instance = instance(&mut store, text, &[]);
    let tag = instance.get_tag(&store, "t").unwrap();
    let exception = ExnRef::new(&mut store, &tag, &[Val::I64(5), Val::I64(6)]).unwrap();
    let held = exception.to_manually_rooted(&mut store).unwrap();
    let scoped: Rooted<ExnRef> = {
        let mut scope = RootScope::new(&mut store);
        ExnRef::new(&mut scope, &tag, &[Val::I64(1), Val::I64(2)]).unwrap()
    };
    // 24 bytes each: many times as much as there is room for.
    call(&mut store, instance, "waste", &[Val::I64(100_000)]).unwrap();
    assert_eq!(exception.fields(&mut store).unwrap(), [Val::I64(5), Val::I64(6)]);
    assert!(scoped.fields(&mut store).is_err());
    let again = held.to_rooted(&mut store).unwrap();
    assert!(Rooted::ref_eq(&store, &again, &exception).unwrap());
    held.unroot(&mut store);
    // As much as there is room for, then more, all of it reachable.
    call(&mut store, instance, "keep", &[Val::I32(2000)]).unwrap();
    let error = call(&mut store, instance, "keep", &[Val::I32(3999)]).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::OutOfHeap));
}

#[test]
fn what_does_not_fit_a_tag_is_refused() {
    let mut store = store(&Engine::default());
    let tag = Tag::new(&mut store, &FuncType::new([ValType::I32], [])).unwrap();
    assert!(ExnRef::new(&mut store, &tag, &[]).is_err());
    assert!(ExnRef::new(&mut store, &tag, &[Val::I64(1)]).is_err());
    assert!(Tag::new(&mut store, &FuncType::new([], [ValType::I32])).is_err());
    let text = r#"(module (import "" "t" (tag (param i64))))"#;
    let module = Module::new(store.engine(), text).unwrap();
    let error = Instance::new(&mut store, &module, &[tag.into()]).unwrap_err();
    assert!(error.to_string().contains("expected tag (i64), found tag (i32)"), "{error}");
    let mut config = Config::default();
    let error = Module::new(&Engine::new(config.wasm_exceptions(false)), "(module (tag))").unwrap_err();
    assert!(error.to_string().contains("exceptions"), "{error}");
}

/// Through 10,000 frames, half of them in another instance, on a small native stack.
#[test]
fn unwinding_takes_no_native_stack() {
    const CALLS: i32 = 10_000;
    let mut config = Config::default();
    config.max_wasm_stack(4 << 20);
    let mut store = Store::new(&Engine::new(&config), Vec::new());
    let even = r#"(module (tag (export "t") (param i32)) (table (export "table") 1 funcref)
        (type $f (func (param i32)))
        (func (export "even") (param i32) (call_indirect (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))"#;
    let even = instance(&mut store, even, &[]);
    let odd = r#"(module (import "" "t" (tag $t (param i32))) (import "" "even" (func $even (param i32)))
        (import "" "table" (table 1 funcref)) (elem (i32.const 0) $odd)
        (func $odd (param i32)
            (if (i32.le_s (local.get 0) (i32.const 0)) (then (throw $t (i32.const 6))))
            (call $even (i32.sub (local.get 0) (i32.const 1))))
        (func (export "run") (param i32) (result i32)
            (block $h (result i32) (try_table (catch $t $h) (call $odd (local.get 0))) (i32.const 0))))"#;
    let imports = ["t", "even", "table"].map(|name| even.get_export(&store, name).unwrap());
    let odd = instance(&mut store, odd, &imports);
    let thread = std::thread::Builder::new().stack_size(128 << 10);
    let run = move || call(&mut store, odd, "run", &[Val::I32(CALLS)]).unwrap();
    assert_eq!(thread.spawn(run).unwrap().join().unwrap(), [Val::I32(6)]);
}

/// References that nothing but a frame holds, of the guest that allocates, of its callers, under a bridge, under a host function; in globals,
/// tables and element segments.
#[test]
fn what_is_held_survives_a_collection() {
    const MAKER: &str = r#"(module (tag $t (export "t") (param i64))
        (func $make (export "make") (param i64) (result exnref) (local exnref)
            (block $h (result i64 exnref) (try_table (catch_ref $t $h) (throw $t (local.get 0))) (unreachable))
            (local.set 1) (drop) (local.get 1))
        (func (export "waste") (drop (call $make (i64.const -1)))))"#;
    const HOLDER: &str = r#"(module
        (import "" "t" (tag $t (param i64))) (import "" "make" (func $make (param i64) (result exnref)))
        (import "" "waste" (func $waste)) (import "" "host" (func $host (param exnref) (result exnref)))
        (global $g (mut exnref) (ref.null exn)) (table $table 3 exnref)
        (func $value (param exnref) (result i64)
            (block $h (result i64) (try_table (catch $t $h) (throw_ref (local.get 0))) (unreachable)))
        (func $held (param exnref) (result exnref) (call $waste) (local.get 0))
        (func (export "run") (result i64 i64 i64 i64 i64 i64) (local $a exnref)
            (local.set $a (call $make (i64.const 1)))
            (global.set $g (call $make (i64.const 2)))
            (table.set $table (i32.const 1) (call $make (i64.const 3)))
            (call $make (i64.const 4))
            (call $held (call $make (i64.const 5)))
            (call $host (call $make (i64.const 6)))
            (call $waste)
            (call $values (local.get $a) (global.get $g) (table.get $table (i32.const 1))))
        (func $values (param exnref exnref exnref exnref exnref exnref) (result i64 i64 i64 i64 i64 i64)
            (call $waste)
            (call $value (local.get 0)) (call $value (local.get 1)) (call $value (local.get 2))
            (call $value (local.get 3)) (call $value (local.get 4)) (call $value (local.get 5))))"#;
    for (way, change) in WAYS {
        println!("{way}");
        let mut store = store(&engine(change));
        let maker = instance(&mut store, MAKER, &[]);
        let waste = maker.get_func(&store, "waste").unwrap();
        let ty = {
            let make = maker.get_func(&store, "make").unwrap();
            FuncType::new(make.ty(&store).results().to_vec(), make.ty(&store).results().to_vec())
        };
        // Holds its parameter while the guest allocates.
        let host = Func::new(&mut store, ty, move |mut caller, params, results| {
            waste.call(&mut caller, &[], &mut [])?;
            results[0] = params[0];
            waste.call(&mut caller, &[], &mut [])
        });
        let mut imports: Vec<sheave::Extern> =
            ["t", "make", "waste"].map(|name| maker.get_export(&store, name).unwrap()).to_vec();
        imports.push(host.into());
        let holder = instance(&mut store, HOLDER, &imports);
        let values = call(&mut store, holder, "run", &[]).unwrap();
        // Those on the stack come first.
        assert_eq!(values, [4, 5, 6, 1, 2, 3].map(Val::I64));
    }
}
