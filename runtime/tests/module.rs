//! Modules: what they tell of themselves, images, and bytes that are neither.
#![cfg(feature = "wat")]

use sheave::{Config, Engine, ExternType, Instance, Module, Store, ValType};
use std::sync::OnceLock;

const TEXT: &str = r#"(module $named
    (import "env" "f" (func (param i32)))
    (import "env" "m" (memory 1 2))
    (func (export "run") (result i32) (i32.const 7))
    (table (export "t") 3 funcref)
    (global (export "g") (mut i64) (i64.const 0)))"#;

#[test]
fn imports_and_exports_are_listed_in_order() {
    let module = Module::new(&Engine::default(), TEXT).unwrap();
    assert_eq!(module.name(), Some("named"));
    let imports: Vec<_> = module.imports().map(|import| (import.module(), import.name())).collect();
    assert_eq!(imports, [("env", "f"), ("env", "m")]);
    assert!(matches!(module.imports().nth(1).unwrap().ty(), ExternType::Memory(ty) if ty.maximum() == Some(2)));
    let exports: Vec<_> = module.exports().map(|export| export.name()).collect();
    assert_eq!(exports, ["run", "t", "g"]);
    assert_eq!(module.get_export("run").unwrap().func().unwrap().results(), [ValType::I32]);
    assert!(module.get_export("t").unwrap().table().is_some());
    assert!(module.get_export("g").unwrap().global().unwrap().mutability().is_mut());
    assert_eq!(module.get_export("none"), None);
}

#[test]
fn an_image_runs_like_the_module_it_came_from() {
    let engine = Engine::default();
    let text = r#"(module (func (export "run") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))))"#;
    let image = Module::new(&engine, text).unwrap().image().to_vec();
    // Of another engine, and at an odd address.
    let engine = Engine::new(&Config::new());
    let mut shifted = vec![0];
    shifted.extend_from_slice(&image);
    let module = Module::from_image(&engine, &shifted[1..]).unwrap();
    assert_eq!(module.image(), image);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, 14).unwrap(), 42);
    // SAFETY: the image comes from this version and was not changed.
    let unverified = unsafe { Module::from_image_unverified(&engine, &image) }.unwrap();
    assert_eq!(unverified.exports().len(), 1);
    // In place, if the place is right.
    static WORDS: OnceLock<Vec<u64>> = OnceLock::new();
    let words =
        WORDS.get_or_init(|| image.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect());
    // SAFETY: any bytes of the words are bytes.
    let (_, bytes, _) = unsafe { words.align_to::<u8>() };
    let in_place = Module::from_static_image(&engine, bytes).unwrap();
    assert_eq!(in_place.image().as_ptr(), bytes.as_ptr());
    assert!(Module::from_static_image(&engine, &bytes[4..]).is_err());
}

#[test]
fn bytes_that_are_no_image_and_no_module_are_errors() {
    let engine = Engine::default();
    let image = Module::new(&engine, TEXT).unwrap().image().to_vec();
    for length in 0..image.len() {
        assert!(Module::from_image(&engine, &image[..length]).is_err(), "cut to {length} bytes");
    }
    let mut changed = image.clone();
    for i in 0..image.len() {
        changed[i] ^= 0x10;
        assert!(Module::from_image(&engine, &changed).is_err(), "byte {i} changed");
        changed[i] = image[i];
    }
    for text in ["(module (func (result i32)))", "(module", "(module (type (struct (field (ref 7)))))"] {
        assert!(Module::new(&engine, text).is_err(), "{text}");
        assert!(Module::validate(&engine, text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn features_that_are_off_are_refused() {
    let text = "(module (func $f (return_call $f)))";
    assert!(Module::new(&Engine::default(), text).is_ok());
    let mut config = Config::default();
    config.wasm_tail_call(false);
    let error = Module::new(&Engine::new(&config), text).unwrap_err();
    assert!(error.to_string().contains("tail call"), "{error}");
    let mut config = Config::default();
    config.wasm_simd(false);
    let error = Module::new(&Engine::new(&config), "(module (func (param v128)))").unwrap_err();
    assert!(error.to_string().contains("SIMD"), "{error}");
}

#[test]
fn everything_can_go_to_another_thread() {
    fn check<T: Send + Sync>() {}
    check::<Engine>();
    check::<Module>();
    check::<Store<()>>();
    check::<sheave::Linker<()>>();
    check::<sheave::Error>();
    check::<sheave::ResumableCall>();
}

/// Constant expressions that need code are not charged to anyone, and not interrupted.
#[test]
fn constant_expressions_need_no_fuel() {
    let mut config = Config::default();
    config.consume_fuel(true).interruptible(true);
    let engine = Engine::new(&config);
    let text = r#"(module
        (global (export "g") i32 (i32.add (i32.mul (i32.const 20) (i32.const 2)) (i32.const 2))))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    store.interrupt_handle().interrupt();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(store.get_fuel().unwrap(), 0);
    assert_eq!(instance.get_global(&store, "g").unwrap().get(&mut store).i32(), Some(42));
}
