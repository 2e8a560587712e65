//! The least that runs a guest: an image in flash, and an arena of just the size that the compiler computes for it.
#![no_std]
#![no_main]

use sheave::arena::{Arena, Bound, Error, Import, Limits, Module, Store, Val};
use sheave_board::{ConstStaticCell, exit};

const IMAGE: &[u8] =
    sheave::include_image!(env!("SHEAVE_IMAGE", "sheave compile --no-signal guest.wat -o guest.image"));
const LIMITS: Limits = Limits { stack_bytes: 256, ..Limits::DEFAULT };
const BOUND: Bound = Bound::of(IMAGE, LIMITS.stack_bytes).expect("an image");
static ARENA: ConstStaticCell<Arena<{ BOUND.bytes }>> = ConstStaticCell::new(Arena::new());

fn run() -> Result<i32, Error> {
    let mut store = Store::new(ARENA.take().bytes_mut(), LIMITS, &[] as &[Import<()>], ())?;
    let instance = store.instantiate(&Module::from_image(IMAGE)?)?;
    let mut results = [Val::I32(0)];
    store.call(instance, "run", &[Val::I32(14)], &mut results)?;
    let [Val::I32(code)] = results else { return Err(Error::Types) };
    Ok(code)
}

#[sheave_board::entry]
fn main() -> ! {
    exit(run().unwrap_or(1))
}
