//! Bad input is refused with an error or ends in a trap: never a panic, a hang, or more memory than a stated amount.
//!
//! `large_input.rs` has what is large. An allocator refuses what is beyond a case's limit. No timers: what loops is bounded by the input's size.

use sheave::{Config, Engine, Error, Instance, Linker, Module, Store, StoreLimitsBuilder};
use sheave_interp::image::format;
use sheave_interp::store::{
    self as core, Heap,
    limits::{Limits, Unlimited},
};
use sheave_tests::allocator::{Counting, bounded, held};
use sheave_tests::load::MIB;
use sheave_tests::rng::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU32;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Modules of every section, to be damaged.
fn samples() -> Vec<Vec<u8>> {
    let texts = [
        r#"(module (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#,
        r#"(module $named (type $t (func (param i64) (result i64))) (memory (export "m") 1 2) (table (export "t") 3 funcref)
            (global (export "g") (mut f64) (f64.const 1.5)) (data (i32.const 8) "hello") (data $passive "rest") (elem (i32.const 0) func $f $g)
            (func $f (type $t) (i64.mul (local.get 0) (i64.const 3)))
            (func $g (export "run") (local i32) (loop $l (i32.store (local.get 0) (i32.const 7)) (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 2))
                (drop (call_indirect (type $t) (i64.const 2) (i32.const 0)))
                (block $a (block $b (br_table $a $b $l (i32.const 1)))) (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))))"#,
        r#"(module (table $t 4 externref) (global $r (mut externref) (ref.null extern)) (start $s) (func $s)
            (func $two (param i32 f32) (result f32 i32) (local.get 1) (local.get 0))
            (func (export "run") (call $two (i32.const 1) (f32.const 2)) drop drop (table.set $t (i32.const 1) (global.get $r))
                (drop (table.grow $t (ref.null extern) (i32.const 2))) (return_call $s)))"#,
    ];
    texts.iter().map(|text| wat::parse_str(text).expect("a module in text")).collect()
}

/// Whatever the bytes are: an error, or a module that runs within its fuel.
fn survives(engine: &Engine, bytes: &[u8], load: fn(&Engine, &[u8]) -> Result<Module, Error>, what: &str) -> bool {
    let attempt = AssertUnwindSafe(|| {
        let (result, _) = bounded(64 * MIB, || {
            let module = load(engine, bytes)?;
            let mut store = Store::new(engine, ());
            store.set_fuel(100_000)?;
            let instance = Linker::new(engine).instantiate_and_start(&mut store, &module)?;
            let Some(func) = instance.get_func(&store, "run") else { return Ok(()) };
            let ty = func.ty(&store);
            let values =
                |types: &[sheave::ValType]| types.iter().map(|ty| sheave::Val::default_for_ty(*ty)).collect::<Vec<_>>();
            let (params, mut results) = (values(ty.params()), values(ty.results()));
            func.call(&mut store, &params, &mut results)
        });
        if let Err(error) = &result {
            assert!(!error.to_string().is_empty());
        }
        result.is_ok()
    });
    catch_unwind(attempt).unwrap_or_else(|_| panic!("{what} panicked; bytes: {bytes:02x?}"))
}

fn metered() -> Engine {
    Engine::new(Config::default().consume_fuel(true))
}

fn load_wasm(engine: &Engine, bytes: &[u8]) -> Result<Module, Error> {
    Module::new(engine, bytes)
}

fn load_image(engine: &Engine, bytes: &[u8]) -> Result<Module, Error> {
    Module::from_image(engine, bytes)
}

#[test]
fn every_prefix_of_a_module_and_of_an_image_is_refused() {
    let engine = metered();
    for wasm in samples() {
        let image = Module::new(&engine, &wasm).expect("a module").image().to_vec();
        assert!(survives(&engine, &wasm, load_wasm, "the whole module") | (wasm.len() > 100));
        for len in 0..wasm.len() {
            let prefix = &wasm[..len];
            // Behind the last needed section a prefix may be a module; it always is an error inside one.
            survives(&engine, prefix, load_wasm, "a truncated module");
            if len < 8 {
                assert!(Module::new(&engine, prefix).is_err());
            }
        }
        for len in 0..image.len() {
            assert!(Module::from_image(&engine, &image[..len]).is_err(), "{len} of {} bytes", image.len());
        }
    }
}

/// A host that goes on after an instantiation has failed must not lose memory each time.
#[test]
fn a_failed_instantiation_leaves_nothing_behind_its_store() {
    let engine = Engine::default();
    let limits = || StoreLimitsBuilder::new().memory_size(1 << 16).table_elements(10).build();
    let attempt = |module: &Module, bytes| {
        let mut store = Store::new(&engine, limits());
        store.limiter(|limits| limits);
        let linker = Linker::new(&engine);
        bounded(bytes, || linker.instantiate_and_start(&mut store, module).map(drop)).0
    };
    for (fields, message) in [
        ("(memory 2)", "memory"),
        ("(memory 1) (table 11 funcref)", "table"),
        ("(memory 1) (data (i32.const 65535) \"ab\")", "out of bounds"),
        ("(memory 1) (table 1 funcref) (elem funcref (ref.func $f)) (elem (i32.const 1) $f)", "out of bounds"),
        ("(start $f)", "unreachable"),
    ] {
        let text =
            format!("(module {fields} (global i32 (i32.const 1)) (type (func (param i32))) (func $f unreachable))");
        let module = Module::new(&engine, wat::parse_str(&text).expect("a module in text")).expect("a valid module");
        // Once for what a thread allocates at first.
        let _ = attempt(&module, MIB);
        let before = held();
        let error = attempt(&module, MIB).expect_err(fields);
        assert!(error.to_string().contains(message), "{fields}: {error}");
        drop(error);
        assert_eq!(held(), before, "{fields}");
    }
}

/// The core alone: the API above it uses Rust's collections, which end the program when there is no memory at all.
#[test]
fn an_instantiation_that_runs_out_of_memory_anywhere_gives_back_what_it_took() {
    let module = Module::new(&Engine::default(), &samples()[1]).expect("a module");
    let image = module.image();
    let image = sheave_interp::image::Image::parse(image).expect("an image");
    let signal = AtomicU32::new(0);
    let limits = Limits { stack_bytes: 1 << 10, ..Limits::default() };
    let attempt = |bytes| {
        let run = || {
            // SAFETY: signal and image outlive the store; the translator's code is verified code.
            unsafe {
                let mut store = core::Store::new(Heap::default(), limits, &raw const signal)?;
                sheave_interp::instance::instantiate(&mut store, &image, &|_| None, &mut Unlimited).map(drop)
            }
        };
        bounded(bytes, run).0
    };
    let before = held();
    let (mut failed, mut succeeded) = (0, 0);
    for bytes in (0..80_000).step_by(4) {
        match attempt(bytes) {
            Ok(()) => succeeded += 1,
            Err(_) => failed += 1,
        }
        assert_eq!(held(), before, "with {bytes} bytes");
    }
    assert!(succeeded > 100 && failed > 1000, "{succeeded} succeeded, {failed} failed: not much was tested");
}

/// How many damaged copies of each sample.
const DAMAGED_COPIES: u64 = if cfg!(debug_assertions) { 1500 } else { 20_000 };

#[test]
fn damaged_modules_are_refused_or_run() {
    let engine = metered();
    let (mut refused, mut ran) = (0, 0);
    for (i, wasm) in samples().iter().enumerate() {
        for seed in 0..DAMAGED_COPIES {
            let bytes = damage(wasm, &mut Rng::new(seed * 8 + i as u64));
            if survives(&engine, &bytes, load_wasm, "a damaged module") { ran += 1 } else { refused += 1 }
        }
    }
    assert!(refused > DAMAGED_COPIES && ran > DAMAGED_COPIES / 20, "{refused} refused, {ran} ran: not much was tested");
}

#[test]
fn damaged_images_are_refused_or_run_inside_their_limits() {
    let engine = metered();
    let (mut refused, mut loaded) = (0, 0);
    for (i, wasm) in samples().iter().enumerate() {
        let image = Module::new(&engine, wasm).expect("a module").image().to_vec();
        for seed in 0..DAMAGED_COPIES {
            let mut bytes = damage(&image, &mut Rng::new(seed * 8 + i as u64));
            assert!(
                bytes == image || Module::from_image(&engine, &bytes).is_err(),
                "seed {seed}: the checksum does not notice"
            );
            // A liar computes the checksum of what he forged.
            forge_checksum(&mut bytes);
            survives(&engine, &bytes, load_image, "a forged image");
            if Module::from_image(&engine, &bytes).is_ok() { loaded += 1 } else { refused += 1 }
        }
    }
    assert!(
        refused > DAMAGED_COPIES && loaded > DAMAGED_COPIES / 20,
        "{refused} refused, {loaded} loaded: not much was tested"
    );
}

/// One to four changes: flipped bits, changed, doubled or lost bytes.
fn damage(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=rng.below(3) {
        let at = rng.below(bytes.len() as u64) as usize;
        match rng.below(8) {
            0..4 => bytes[at] ^= 1 << rng.below(8),
            4..6 => bytes[at] = rng.next_u64() as u8,
            6 => bytes.insert(at, rng.next_u64() as u8),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

/// Where the header has the image's length; see docs/image-format.md.
const LENGTH_OFFSET: usize = 12;

/// Makes length and checksum in the header those of the bytes.
fn forge_checksum(image: &mut [u8]) {
    if image.len() >= format::CHECKSUM_OFFSET + 8 {
        let length = image.len() as u32;
        image[LENGTH_OFFSET..LENGTH_OFFSET + 4].copy_from_slice(&length.to_le_bytes());
        let checksum = format::checksum(image);
        image[format::CHECKSUM_OFFSET..format::CHECKSUM_OFFSET + 8].copy_from_slice(&checksum.to_le_bytes());
    }
}

#[test]
fn unknown_imports_and_wrong_types_name_both_sides() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "log", |_: i32| {}).expect("a new name");
    for (import, expected) in [
        (
            r#"(import "env" "lag" (func (param i32)))"#,
            r#"unknown import: "env"."lag": expected func (i32) -> (), found nothing"#,
        ),
        (
            r#"(import "env" "log" (func (param i64)))"#,
            r#"import "env"."log": expected func (i64) -> (), found func (i32) -> ()"#,
        ),
        (r#"(import "env" "log" (memory 1))"#, r#"import "env"."log": expected memory 1, found func (i32) -> ()"#),
        (
            r#"(import "env" "log" (global (mut f64)))"#,
            r#"import "env"."log": expected global mut f64, found func (i32) -> ()"#,
        ),
    ] {
        let module = Module::new(&engine, format!("(module {import})")).expect("a module");
        let error = linker.instantiate_and_start(&mut store, &module).expect_err(import);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn calls_with_wrong_types_are_errors() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let text = r#"(module (func (export "f") (param i32) (result i64) (i64.const 1)))"#;
    let instance = Instance::new(&mut store, &Module::new(&engine, text).expect("a module"), &[]).expect("an instance");
    let func = instance.get_func(&store, "f").expect("the function");
    use sheave::Val;
    let mut results = [Val::I64(0)];
    assert!(func.call(&mut store, &[], &mut results).is_err());
    assert!(func.call(&mut store, &[Val::I64(1)], &mut results).is_err());
    assert!(func.call(&mut store, &[Val::I32(1), Val::I32(1)], &mut results).is_err());
    assert!(func.call(&mut store, &[Val::I32(1)], &mut []).is_err());
    assert!(func.call(&mut store, &[Val::I32(1)], &mut results).is_ok());
}

#[test]
fn the_allocator_of_these_tests_refuses_what_is_beyond_the_limit() {
    let (result, peak) = bounded(MIB, || Vec::<u8>::new().try_reserve_exact(2 * MIB).is_ok());
    assert!(!result && peak < MIB);
    let (result, peak) = bounded(4 * MIB, || Vec::<u8>::new().try_reserve_exact(2 * MIB).is_ok());
    assert!(result && peak >= 2 * MIB);
}
