//! The body of `conformance`: plays the official test suite, which a host sends as docs/device-stream.md says, over the board's link
//! (`link`: a feature of the board says which).
//!
//! All of the arena becomes a heap; what guests get is that less a reserve for the engine. A panic ends the program: the host counts
//! the command without a reply as failed and starts the next script.

use crate::{
    Board, EXIT_TRAP, Semihosted, exit, heap,
    link::{self, Console},
};
use embedded_io::Write as _;
use sheave_conformance::{
    player,
    stream::{self, VERSION},
};

/// The most of the guest stack: the deepest calls of the suite that must succeed take less. Smaller boards give a part of the arena.
const STACK_BYTES_MAX: usize = 128 << 10;
const STACK_PART: usize = 16;
const STACK_BYTES_MIN: usize = 1 << 10;
/// Of the heap, not for guests: definitions, messages and modules. The largest message of the suite takes 27 KiB.
const RESERVE_BYTES_MAX: usize = 256 << 10;
const RESERVE_PART: usize = 8;

/// Plays the stream on `board`.
pub fn run<C: Console>(board: Board<C>) -> ! {
    let Board { name, console, arena } = board;
    let stack_bytes = (arena.len() / STACK_PART).clamp(STACK_BYTES_MIN, STACK_BYTES_MAX);
    // Two guest stacks: a store may take the place of another.
    let reserve_bytes = 2 * stack_bytes + (arena.len() / RESERVE_PART).min(RESERVE_BYTES_MAX);
    let memory_bytes = arena.len().saturating_sub(reserve_bytes) as u64;
    heap::init(arena);
    let board = stream::Board {
        version: VERSION,
        pointer_bits: usize::BITS as u8,
        memory_bytes,
        stack_bytes: stack_bytes as u32,
        name: name.into(),
    };
    let played =
        link::open(console).map_err(|reason| writeln!(Semihosted::open(), "error: {reason}")).and_then(|mut link| {
            player::play(&mut link, &board).map_err(|error| writeln!(Semihosted::open(), "error: {error}"))
        });
    // Not formatted where it fails: that would keep the code of every type in it.
    let code = if played.is_ok() { 0 } else { EXIT_TRAP };
    defmt::info!("conformance: peak of the heap {=usize} bytes, exit code {=i32}", heap::take_peak_bytes(), code);
    exit(code)
}
