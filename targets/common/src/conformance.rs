//! The body of `conformance`: plays the official test suite, which a host sends as docs/device-stream.md says, in files of the
//! emulator or debugger: `requests.bin` is read, replies are written to `replies.bin`.
//!
//! All of the arena becomes a heap; what guests get is that less a reserve for the engine. A panic, as of a heap that is used up, ends
//! the program: the host counts the command without a reply as failed and starts the next script.

use crate::{Board, EXIT_TRAP, Write, exit, heap};
use semihosting::{
    fs::File,
    io::{Error, Read as _, Write as _},
};
use sheave_conformance::{
    player,
    stream::{self, Link, VERSION},
};

/// Of the guest stack: the deepest calls of the suite that must succeed take less.
const STACK_BYTES: u32 = 128 << 10;
/// Of the heap, not for guests: two guest stacks and the page of `spectest` while one store takes the place of another, 64 KiB
/// for messages and modules in three copies, and 64 KiB for definitions. The largest message of the suite takes 27 KiB.
const RESERVE_BYTES: usize = (2 * STACK_BYTES as usize) + 4 * (64 << 10);

/// Plays the stream on `board`.
pub fn run<C: Write>(board: Board<C>) -> ! {
    let Board { name, mut console, arena } = board;
    let board = stream::Board {
        version: VERSION,
        pointer_bits: usize::BITS as u8,
        memory_bytes: arena.len().saturating_sub(RESERVE_BYTES) as u64,
        stack_bytes: STACK_BYTES,
        name: {
            heap::init(arena);
            name.into()
        },
    };
    let code = match Files::open().map(|mut files| player::play(&mut files, &board)) {
        Ok(Ok(_)) => 0,
        // A console that fails is no reason to stop: the exit code is what counts.
        Ok(Err(error)) => writeln!(console, "error: {error}").map_or(EXIT_TRAP, |()| EXIT_TRAP),
        Err(_) => {
            writeln!(console, "error: no requests.bin, or no place for replies.bin").map_or(EXIT_TRAP, |()| EXIT_TRAP)
        }
    };
    exit(code)
}

/// The files of the stream. Reading is buffered: a call of semihosting stops the processor.
struct Files {
    requests: File,
    replies: File,
    buffer: [u8; 1024],
    /// What of the buffer is still to be read.
    rest: core::ops::Range<usize>,
}

impl Files {
    fn open() -> Result<Files, Error> {
        let (requests, replies) = (File::open(c"requests.bin")?, File::create(c"replies.bin")?);
        Ok(Files { requests, replies, buffer: [0; 1024], rest: 0..0 })
    }
}

impl Link for Files {
    type Error = Error;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.rest.is_empty() {
            self.rest = 0..self.requests.read(&mut self.buffer)?;
        }
        let bytes = &self.buffer[self.rest.clone()];
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.rest.start += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.replies.write_all(bytes)
    }
}
