//! Translates once, keeps the image, and later runs it without the translator: what a microcontroller does with one in
//! flash.
//!
//! `cargo run -p sheave-examples --example image`

use sheave::{Engine, Error, Instance, Module, Store};

const WAT: &str = r#"(module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))"#;

fn main() -> Result<(), Error> {
    let io = |error: std::io::Error| Error::new(error.to_string());
    let engine = Engine::default();
    let path = std::env::temp_dir().join(format!("square-{}.image", std::process::id()));
    std::fs::write(&path, Module::new(&engine, WAT)?.image()).map_err(io)?;

    // The same bytes on every target. Loading verifies them, so that even a hostile file is safe.
    let mut bytes = std::fs::read(&path).map_err(io)?;
    std::fs::remove_file(&path).map_err(io)?;
    let module = Module::from_image(&engine, &bytes)?;
    println!("image of {} bytes from {} bytes of text", bytes.len(), WAT.len());
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let square = instance.get_typed_func::<i32, i32>(&store, "square")?;
    assert_eq!(square.call(&mut store, 12)?, 144);

    // A changed byte is found.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    println!("{}", Module::from_image(&engine, &bytes).unwrap_err());
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
