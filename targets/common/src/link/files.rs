//! The stream in files of the emulator or debugger: `requests.bin` is read, replies are appended to `replies.bin`.

use embedded_io::Write;
use semihosting::{
    fs::File,
    io::{Error, Read as _, Write as _},
};
use sheave_conformance::stream::Link;

/// What a board's console must be able to do besides.
pub trait Console: Write {}
impl<C: Write> Console for C {}

/// Bytes read by one call, which stops the processor.
const BUFFER_BYTES: usize = 256;

/// The files. Reading is buffered.
pub struct Files {
    requests: File,
    replies: File,
    buffer: [u8; BUFFER_BYTES],
    /// What of the buffer is still to be read.
    rest: core::ops::Range<usize>,
}

/// Opens the link.
///
/// # Errors
/// There are no such files, in words.
pub fn open<C: Console>(_: C) -> Result<Files, &'static str> {
    let open = || Ok((File::open(c"requests.bin")?, File::create(c"replies.bin")?));
    let (requests, replies) = open().map_err(|_: Error| "no requests.bin, or no place for replies.bin")?;
    Ok(Files { requests, replies, buffer: [0; BUFFER_BYTES], rest: 0..0 })
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
