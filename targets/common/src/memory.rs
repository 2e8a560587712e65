//! The body of `memory`: what the engine itself takes of RAM, for guests of every kind.
//!
//! `cargo xtask board test` puts the images into one file, [`Images`]. For each this loads it, makes an instance in an arena of just the
//! size that [`Bound`] computes, sees that a smaller one does not do, and calls `run`, which may trap. The native stack is measured from the
//! engine's functions on, so that neither this program nor what it prints is in the figures.

use crate::{Board, EXIT_TRAP, Write, exit, stack};
#[cfg(feature = "complete")]
use sheave::arena::Sizes;
use sheave::{
    Trap,
    arena::{Bound, Caller, Error, Import, Instance, Limits, Module, Store, Val, ValType},
};

/// Of the guest stack, and of the heap of objects where guests can have some.
const LIMITS: Limits = Limits {
    stack_bytes: 2 << 10,
    #[cfg(feature = "complete")]
    objects_bytes: 4 << 10,
    ..Limits::DEFAULT
};

/// What an instance of an image takes of an arena.
fn bound(image: &[u8]) -> Option<Bound> {
    #[cfg(feature = "complete")]
    return Bound::with_objects(&Sizes::HERE, image, LIMITS.stack_bytes, LIMITS.objects_bytes);
    #[cfg(not(feature = "complete"))]
    Bound::of(image, LIMITS.stack_bytes)
}

/// What guests export of these names traps so.
const TRAPS: [(&str, Trap); 20] = [
    ("null before", Trap::IndirectCallToNull),
    ("null behind", Trap::IndirectCallToNull),
    ("outside", Trap::UndefinedElement),
    ("signature", Trap::BadSignature),
    ("rodata written", Trap::MemoryOutOfBounds),
    ("rodata written, last", Trap::MemoryOutOfBounds),
    ("rodata written, across", Trap::MemoryOutOfBounds),
    ("rodata filled", Trap::MemoryOutOfBounds),
    ("rodata copied to", Trap::MemoryOutOfBounds),
    ("rodata read, across", Trap::MemoryOutOfBounds),
    ("rodata read, across its end", Trap::MemoryOutOfBounds),
    ("beyond memory", Trap::MemoryOutOfBounds),
    ("beyond memory, across", Trap::MemoryOutOfBounds),
    ("beyond memory, far", Trap::MemoryOutOfBounds),
    ("no structure", Trap::NullStructReference),
    ("no array", Trap::NullArrayReference),
    ("another type", Trap::CastFailure),
    ("beyond the array", Trap::ArrayOutOfBounds),
    ("no room", Trap::OutOfHeap),
    ("not aligned", Trap::UnalignedAtomic),
];

/// Does nothing and gives zeros.
fn nothing(_: Caller<'_, ()>, _: &[Val], _: &mut [Val]) -> Result<(), Error> {
    Ok(())
}

/// A function of the host of such types.
macro_rules! import {
    ($module:literal $name:literal: $($param:ident)* => $($result:ident)*) => {
        Import::new($module, $name, &[$(ValType::$param),*], &[$(ValType::$result),*], nothing)
    };
}

/// What the guests import: those of this test, and the committed programs, which are not run.
static IMPORTS: [Import<()>; 23] = [
    Import::new("board", "wrong", &[], &[], |_, _, _| Err(Error::Host(6))),
    import!("board" "mix": I32 I64 => I32),
    import!("board" "wide": I64 I64 I64 I64 I64 I64 I64 I64 I32 I32 I32 I32 => I64 I64 I64 I64),
    import!("wasi_snapshot_preview1" "args_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "args_sizes_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "clock_time_get": I32 I64 I32 => I32),
    import!("wasi_snapshot_preview1" "environ_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "environ_sizes_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_close": I32 => I32),
    import!("wasi_snapshot_preview1" "fd_fdstat_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_fdstat_set_flags": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_filestat_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_prestat_dir_name": I32 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_prestat_get": I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_read": I32 I32 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_readdir": I32 I32 I32 I64 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_seek": I32 I64 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "fd_write": I32 I32 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "path_filestat_get": I32 I32 I32 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "path_open": I32 I32 I32 I32 I32 I64 I64 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "poll_oneoff": I32 I32 I32 I32 => I32),
    import!("wasi_snapshot_preview1" "proc_exit": I32 =>),
    import!("wasi_snapshot_preview1" "random_get": I32 I32 => I32),
];

/// Measures what running `images` takes.
pub fn run<C: Write>(board: Board<C>, images: &'static [u8]) -> ! {
    let Board { mut console, arena, .. } = board;
    let mut code = 0;
    for (name, image) in (Images { rest: images }) {
        if let Err(error) = look_at(&mut console, arena, name, image) {
            let _ = writeln!(console, "FAILED {name}: {error}");
            code = EXIT_TRAP;
        }
    }
    exit(code)
}

/// Measures for one image; prints `name: 1 arena, 2 records, 3 load, 4 instantiate, 5 call`, all in bytes.
fn look_at<C: Write>(console: &mut C, arena: &mut [u8], name: &str, image: &'static [u8]) -> Result<(), Error> {
    let bound = bound(image).ok_or(Error::Host(1))?;
    if bound.bytes > arena.len() || !arena.as_ptr().addr().is_multiple_of(8) {
        // A note for who wonders: the board is too small for this one.
        let _ = writeln!(console, "{name}: needs {} bytes, there are {}", bound.bytes, arena.len());
        return Ok(());
    }
    let mut module = Err(Error::Host(2));
    let load = stack::measure(|| module = Module::from_image(image));
    let module = module?;
    // One byte less must not do; the rest of the arena is nobody's.
    let (store, new) = new_store(&mut arena[..bound.bytes - 1]);
    let failed = match store.map(|mut store| instantiate(&mut store, &module)) {
        Err(Error::Module(_)) => 0,
        Ok((Err(Error::Module(_)), bytes)) => bytes,
        _ => return Err(Error::Host(3)),
    };
    let (store, _) = new_store(&mut arena[..bound.bytes]);
    let mut store = store?;
    let (instance, instantiate) = instantiate(&mut store, &module);
    let (instance, instantiate) = (instance?, instantiate.max(new).max(failed));
    let mut results = [Val::I32(0)];
    let mut called = Ok(());
    let call = stack::measure(|| called = store.call(instance, "run", &[], &mut results));
    let what = match called {
        Ok(()) => "returned",
        Err(Error::UnknownExport) => "no `run`",
        Err(Error::Trap(Trap::StackOverflow)) => "stack overflow",
        Err(Error::Trap(_)) => "trap",
        Err(error) => return Err(error),
    };
    check_traps(&mut store, instance)?;
    grow(arena, &module)?;
    let Bound { bytes, records_bytes, .. } = bound;
    let _ = writeln!(
        console,
        "{name}: {bytes} arena, {records_bytes} records, {load} load, {instantiate} instantiate, {call} call ({what})"
    );
    Ok(())
}

/// Calls what has to trap.
fn check_traps(store: &mut Store<'_, ()>, instance: Instance) -> Result<(), Error> {
    for (export, expected) in TRAPS {
        match store.call(instance, export, &[], &mut []) {
            Err(Error::UnknownExport) => {}
            Err(Error::Trap(trap)) if trap == expected => {}
            _ => return Err(Error::Host(7)),
        }
    }
    Ok(())
}

/// Runs `grown`, if the guest has that, in the whole arena, where its memory has room to grow; then what has to trap there.
fn grow<'a>(arena: &'a mut [u8], module: &Module<'a>) -> Result<(), Error> {
    let mut store = Store::new(arena, LIMITS, &IMPORTS, ())?;
    let instance = store.instantiate(module)?;
    match store.call(instance, "grown", &[], &mut []) {
        Err(Error::UnknownExport) => Ok(()),
        Ok(()) => check_traps(&mut store, instance),
        Err(_) => Err(Error::Host(8)),
    }
}

/// A store, and the native stack that making it took.
#[inline(never)]
fn new_store(arena: &mut [u8]) -> (Result<Store<'_, ()>, Error>, usize) {
    let mut store = Err(Error::Host(4));
    let bytes = stack::measure(|| store = Store::new(arena, LIMITS, &IMPORTS, ()));
    (store, bytes)
}

/// An instance, and the native stack that making it took.
#[inline(never)]
fn instantiate<'a>(store: &mut Store<'a, ()>, module: &Module<'a>) -> (Result<Instance, Error>, usize) {
    let mut instance = Err(Error::Host(5));
    let bytes = stack::measure(|| instance = store.instantiate(module));
    (instance, bytes)
}

/// Images with names, one behind the other: length of the name, length of the image, the name and zeros up to a multiple of 8, the image.
struct Images {
    rest: &'static [u8],
}

impl Iterator for Images {
    type Item = (&'static str, &'static [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (lengths, rest) = self.rest.split_first_chunk::<8>()?;
        let length =
            |at: usize| u32::from_le_bytes([lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]]) as usize;
        let (name, image) = (length(0), length(4));
        let (names, rest) = rest.split_at_checked(name.next_multiple_of(8))?;
        let (image, rest) = rest.split_at_checked(image)?;
        self.rest = rest;
        Some((core::str::from_utf8(names.get(..name)?).ok()?, image))
    }
}
