//! The firmware that `cargo xtask size` measures: verifies an image in flash, or has it verified by the compiler with feature `embed`, makes an instance in a borrowed arena, lets it
//! call one host function, and calls one export.
//!
//! Sits outside of the workspace; built twice for each line of `xtask/budgets.toml`, with feature `engine` and without.
//! Invariant: both builds have the same image, arena, vectors and calls of `black_box`, so that what differs is the engine
//! and the calls of its public API. Nothing runs it.
#![no_std]
#![no_main]

use core::{hint::black_box, panic::PanicInfo};

/// Bytes that begin where an image may begin.
#[repr(C, align(8))]
struct Aligned<T: ?Sized>(T);

/// The image of `guest.wat`.
#[cfg(not(feature = "embed"))]
static IMAGE: &Aligned<[u8]> = &Aligned(*include_bytes!(env!("SHEAVE_SIZE_IMAGE")));

/// The same image, verified.
#[cfg(feature = "embed")]
static IMAGE: sheave::Module<'static> = sheave::embed_image!(env!("SHEAVE_SIZE_IMAGE"));

/// What the guest may use.
const ARENA_BYTES: usize = 32 * 1024;

#[cfg(feature = "engine")]
#[inline(never)]
fn run(arena: &mut [u8], argument: i32) -> Option<i32> {
    use sheave::{Caller, Error, Import, Limits, Store, Val, ValType};

    fn host(mut caller: Caller<'_, u32>, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        let ([Val::I32(a), Val::I32(b)], [result]) = (params, results) else { return Err(Error::Host(1)) };
        *caller.data_mut() += 1;
        *result = Val::I32(black_box(*a) ^ *b);
        Ok(())
    }
    static IMPORTS: [Import<u32>; 1] =
        [Import::new("host", "mix", &[ValType::I32, ValType::I32], &[ValType::I32], host)];

    #[cfg(not(feature = "embed"))]
    let module = &sheave::Module::from_image(black_box(&IMAGE.0)).ok()?;
    #[cfg(feature = "embed")]
    let module = black_box(&IMAGE);
    let limits = Limits { stack_bytes: 2048, ..Limits::default() };
    let mut store = Store::new(arena, limits, &IMPORTS, 0_u32).ok()?;
    let instance = store.instantiate(module).ok()?;
    let mut results = [Val::I32(0)];
    store.call(instance, "run", &[Val::I32(argument)], &mut results).ok()?;
    let [Val::I32(result)] = results else { return None };
    Some(result)
}

#[cfg(not(feature = "engine"))]
#[inline(never)]
fn run(arena: &mut [u8], argument: i32) -> Option<i32> {
    arena[0] = *black_box(&IMAGE.0).first()?;
    Some(black_box(argument) ^ i32::from(black_box(arena)[0]))
}

/// Where the processor begins.
#[unsafe(no_mangle)]
pub extern "C" fn reset() -> ! {
    let mut arena = Aligned([0; ARENA_BYTES]);
    black_box(run(&mut arena.0, black_box(20)));
    halt()
}

/// Initial stack pointer and entry.
#[unsafe(link_section = ".vectors")]
#[unsafe(no_mangle)]
pub static VECTORS: (usize, extern "C" fn() -> !) = (0x2004_0000, reset);

fn halt() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Says nothing: a message would drag in formatting, which firmware that counts bytes does without.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    halt()
}
