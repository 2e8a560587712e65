//! Translates a module and calls a function of it.
//!
//! `cargo run -p sheave-examples --example hello`

use sheave::{Engine, Error, Instance, Module, Store};

const WAT: &str = r#"
(module
    (func (export "gcd") (param $a i64) (param $b i64) (result i64) (local $rest i64)
        (loop $again
            (if (i64.eqz (local.get $b)) (then (return (local.get $a))))
            (local.set $rest (i64.rem_u (local.get $a) (local.get $b)))
            (local.set $a (local.get $b))
            (local.set $b (local.get $rest))
            (br $again))
        unreachable))"#;

fn main() -> Result<(), Error> {
    // An engine holds settings; a module is translated code; a store owns everything that lives at run time.
    let engine = Engine::default();
    let module = Module::new(&engine, WAT)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;

    let gcd = instance.get_typed_func::<(i64, i64), i64>(&store, "gcd")?;
    let result = gcd.call(&mut store, (1_071, 462))?;
    println!("gcd(1071, 462) = {result}");
    assert_eq!(result, 21);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
