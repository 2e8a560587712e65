//! The body of `hello`: runs an image where it lies in flash, without an allocator, and ends with the guest's exit code.
//!
//! The guest exports `run`, which gives the exit code (0 to 255), and its memory as `memory`; it may import `board.print`, which takes
//! the address and the length of bytes in that memory. What the image, the store and the native stack take is printed at the end.

use crate::{Board, EXIT_TRAP, Write, exit, stack};
use sheave::{
    Trap,
    arena::{Caller, Error, Import, Limits, Module, Store, Val, ValType},
};

/// The most that a guest stack gets; smaller boards give a quarter of the arena.
const GUEST_STACK_BYTES_MAX: usize = 16 << 10;
/// What unused bytes of the arena hold.
const PATTERN: u8 = 0xa5;

/// Runs `image` on `board`.
pub fn run<C: Write>(board: Board<C>, image: &[u8]) -> ! {
    let painted = stack::paint();
    let Board { name, mut console, arena } = board;
    arena.fill(PATTERN);
    // A console that fails is no reason to stop: the exit code is what counts.
    let _ = writeln!(console, "sheave on {name}: an image of {} bytes at {:p}", image.len(), image.as_ptr());
    defmt::info!("hello: an image of {=usize} bytes", image.len());
    let code = start(&mut console, arena, image).unwrap_or_else(|error| failed(&mut console, &error));
    let used = arena.iter().rposition(|byte| *byte != PATTERN).map_or(0, |last| last + 1);
    let stack_bytes = painted.stack_bytes();
    let _ = writeln!(console, "memory: {used} bytes of the arena's {}, {stack_bytes} of native stack", arena.len());
    defmt::info!("hello: exit code {=i32}", code);
    exit(code)
}

/// Says why there is no result, and gives the exit code for that.
pub(crate) fn failed<C: Write>(console: &mut C, error: &dyn core::fmt::Display) -> i32 {
    // There is nobody to tell that the console fails.
    let _ = writeln!(console, "error: {error}");
    EXIT_TRAP
}

/// Calls the guest's `run` and gives its result.
pub(crate) fn start<C: Write>(console: &mut C, arena: &mut [u8], image: &[u8]) -> Result<i32, Error> {
    let module = Module::from_image(image)?;
    let imports = [Import::new("board", "print", &[ValType::I32, ValType::I32], &[], print::<C>)];
    let stack_bytes = GUEST_STACK_BYTES_MAX.min(arena.len() / 4);
    let mut store = Store::new(arena, Limits { stack_bytes, ..Limits::default() }, &imports, console)?;
    let instance = store.instantiate(&module)?;
    let mut results = [Val::I32(0)];
    store.call(instance, "run", &[], &mut results)?;
    match results {
        [Val::I32(code)] => Ok(code),
        _ => Err(Error::Types),
    }
}

/// The host's function `board.print`.
fn print<C: Write>(mut caller: Caller<'_, &mut C>, params: &[Val], _: &mut [Val]) -> Result<(), Error> {
    let [Val::I32(address), Val::I32(length)] = *params else { return Err(Error::Types) };
    let found = caller.bytes_and_data_mut("memory", address as u32, length as u32);
    let (bytes, console) = found.ok_or(Trap::MemoryOutOfBounds)?;
    console.write_all(bytes).map_err(|_| Error::Host(1))
}
