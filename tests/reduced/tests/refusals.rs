//! What a build lacks it refuses by that name, and what it has it runs: nothing between.

use sheave::arena::{Error, Import, Limits, Module, Store, Val};

const LIMITS: Limits = Limits {
    stack_bytes: 4096,
    #[cfg(any(feature = "gc", feature = "exceptions"))]
    objects_bytes: 4096,
    ..Limits::DEFAULT
};

fn run(image: &'static [u8]) -> Result<Val, Error> {
    let module = Module::from_image(image)?;
    let mut arena = vec![0; 0x8_0000];
    let mut store = Store::new(&mut arena, LIMITS, &[] as &[Import<()>], ())?;
    let instance = store.instantiate(&module)?;
    let mut results = [Val::I32(0)];
    store.call(instance, "run", &[], &mut results)?;
    Ok(results[0])
}

#[test]
fn a_guest_runs_or_is_refused_by_the_name_of_what_it_needs() {
    let mut wrong = Vec::new();
    let mut run_count = 0;
    for &(name, lacking, image) in sheave_reduced::GUESTS {
        let outcome = run(image);
        let is_right = match &outcome {
            Ok(value) => *value == Val::I32(7) && lacking.is_empty(),
            Err(error) => lacking.iter().any(|feature| error.to_string() == format!("unsupported: {feature}")),
        };
        run_count += usize::from(lacking.is_empty());
        if !is_right {
            wrong.push(format!("{name}: {outcome:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!((1..=sheave_reduced::GUESTS.len()).contains(&run_count));
    println!("{run_count} run, {} refused", sheave_reduced::GUESTS.len() - run_count);
}
