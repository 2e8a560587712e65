//! Fuel bounds what a guest does: the same amount for the same work, on every machine.
//!
//! `cargo run -p sheave-examples --example fuel`

use sheave::{Config, Engine, Error, Instance, Module, ResumableCall, Store, TrapCode, Val};

const WAT: &str = r#"
(module
    (func (export "sum") (param $n i32) (result i64) (local $sum i64)
        (loop $again
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $n))))
            (local.tee $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again))
        (local.get $sum)))"#;

fn main() -> Result<(), Error> {
    let mut config = Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &Module::new(&engine, WAT)?, &[])?;
    let sum = instance.get_func(&store, "sum").ok_or_else(|| Error::new("no function"))?;
    let mut results = [Val::I64(0)];

    store.set_fuel(1_000)?;
    sum.call(&mut store, &[Val::I32(10)], &mut results)?;
    println!("sum to 10: {:?} for {} units of fuel", results[0], 1_000 - store.get_fuel()?);

    // Too little: the guest is stopped.
    store.set_fuel(1_000)?;
    let error = sum.call(&mut store, &[Val::I32(1_000_000)], &mut results).unwrap_err();
    assert_eq!(error.as_trap_code(), Some(TrapCode::OutOfFuel));

    // Or it goes on with more, as often as the host likes: other work is done in between.
    let mut slices = 0;
    let mut call = sum.call_resumable(&mut store, &[Val::I32(10_000)], &mut results)?;
    while let ResumableCall::OutOfFuel(stopped) = call {
        slices += 1;
        store.set_fuel(10_000)?;
        call = stopped.resume(&mut store, &mut results)?;
    }
    println!("sum to 10000: {:?} in {slices} slices", results[0]);
    assert_eq!(results[0].i64(), Some(50_005_000));
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
