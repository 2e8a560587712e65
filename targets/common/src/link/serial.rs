//! The stream over a serial line, which is the board's console: while it is played nothing else is written there.
//!
//! Nothing says how much the receiver still holds, so the other end sends a request only after the reply to the one before (see
//! docs/device-stream.md, Backpressure); what is sent then is read as it comes.

use embedded_io::{Error as _, ErrorKind, Read, Write};
use sheave_conformance::stream::Link;

/// What a board's console must be able to do: a UART.
pub trait Console: Read + Write {}
impl<C: Read + Write> Console for C {}

/// The serial line.
pub struct Serial<C>(C);

/// Opens the link.
///
/// # Errors
/// None.
pub fn open<C: Console>(console: C) -> Result<Serial<C>, &'static str> {
    Ok(Serial(console))
}

impl<C: Console> Link for Serial<C> {
    type Error = ErrorKind;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(buffer).map_err(|error| error.kind())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ErrorKind> {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).map_err(|error| error.kind())
    }
}
