//! The body of `translate`: takes a module as compilers make it (`.wasm`) out of flash, and once more out of RAM, validates and
//! translates it on the board into an image in RAM, and runs that as `hello` runs one out of flash. Ends with the guest's exit code.
//!
//! What a guest exports and imports is as for `hello`. The whole arena is a heap; the most that translation takes of it is printed,
//! and what translation and running take together, with the native stack.

use crate::{Board, Write, exit, heap, hello, stack};
use alloc::{vec, vec::Vec};
use core::fmt::{self, Display};
use sheave::{Config, Engine, Module};

/// Of the heap, for the guest's store; its stack is a quarter.
const STORE_BYTES: usize = 64 << 10;

/// Translates `wasm` on `board` and runs it.
pub fn run<C: Write>(board: Board<C>, wasm: &[u8]) -> ! {
    let painted = stack::paint();
    let Board { name, mut console, arena } = board;
    let heap_bytes = arena.len();
    heap::init(arena);
    // A console that fails is no reason to stop: the exit code is what counts.
    let _ = writeln!(console, "sheave on {name}: a module of {} bytes at {:p}", wasm.len(), wasm.as_ptr());
    let translated = translate(wasm);
    let translation_bytes = heap::take_peak_bytes();
    let code = match &translated {
        Ok(module) => {
            let (image, stack_bytes) = (module.image(), painted.stack_bytes());
            let _ = writeln!(
                console,
                "translation: {translation_bytes} bytes of heap, {stack_bytes} of native stack, for an image of {} bytes at {:p}",
                image.len(),
                image.as_ptr()
            );
            hello::start(&mut console, &mut vec![0; STORE_BYTES], image)
                .unwrap_or_else(|error| hello::failed(&mut console, &error))
        }
        Err(error) => hello::failed(&mut console, error),
    };
    let used = translation_bytes.max(heap::take_peak_bytes());
    let stack_bytes = painted.stack_bytes();
    let _ = writeln!(console, "memory: {used} bytes of the heap's {heap_bytes}, {stack_bytes} of native stack");
    defmt::info!("translate: exit code {=i32}", code);
    exit(code)
}

/// The module out of flash, or wherever `wasm` lies, after one out of RAM has given the same image.
fn translate(wasm: &[u8]) -> Result<Module, Error> {
    let engine = Engine::new(&Config::default());
    let in_ram: Vec<u8> = wasm.into();
    let first = Module::new(&engine, in_ram).map_err(Error::Refused)?;
    let second = Module::new(&engine, wasm).map_err(Error::Refused)?;
    if first.image() == second.image() { Ok(second) } else { Err(Error::Differs) }
}

/// Why there is no module.
enum Error {
    /// The bytes are no valid module, or there is too little memory.
    Refused(sheave::Error),
    /// The image depends on where the module lies.
    Differs,
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(error) => error.fmt(f),
            Error::Differs => f.write_str("two images of the same module differ"),
        }
    }
}
