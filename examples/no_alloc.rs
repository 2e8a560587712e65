//! Runs an image out of the program's own bytes, without an allocator, in memory of just the size that it needs.
//!
//! `cargo run -p sheave-examples --example no_alloc`. `build.rs` makes the image, as `sheave compile` would.

use sheave::arena::{Arena, Bound, Error, Import, Limits, Module, Store, Val};

const IMAGE: &[u8] = sheave::include_image!(concat!(env!("OUT_DIR"), "/triple.image"));
const LIMITS: Limits = Limits { stack_bytes: 256, ..Limits::DEFAULT };
const BOUND: Bound = Bound::of(IMAGE, LIMITS.stack_bytes).expect("an image");

fn main() -> Result<(), Error> {
    let mut arena = Arena::<{ BOUND.bytes }>::new();
    let mut store = Store::new(arena.bytes_mut(), LIMITS, &[] as &[Import<()>], ())?;
    let instance = store.instantiate(&Module::from_image(IMAGE)?)?;
    let mut results = [Val::I32(0)];
    store.call(instance, "triple", &[Val::I32(14)], &mut results)?;
    println!("{results:?}, in {} bytes", BOUND.bytes);
    assert_eq!(results, [Val::I32(42)]);
    Ok(())
}

#[test]
fn runs() {
    main().unwrap();
}
