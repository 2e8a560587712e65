//! The stream over a debug probe, by Segger's RTT: rings in RAM that the probe reads and writes while the program runs. Its channels
//! are the first after those of the log.

use embedded_io::Write;
use rtt_target::{DownChannel, UpChannel};
use sheave_conformance::stream::Link;

/// What a board's console must be able to do besides.
pub trait Console: Write {}
impl<C: Write> Console for C {}

/// A ring in each direction.
pub struct Rings {
    requests: DownChannel,
    replies: UpChannel,
}

/// Opens the link.
///
/// # Errors
/// It is open already, in words.
pub fn open<C: Console>(_: C) -> Result<Rings, &'static str> {
    let (replies, requests) = crate::log::take_stream().ok_or("the stream's channels are in use")?;
    Ok(Rings { requests, replies })
}

impl Link for Rings {
    type Error = core::convert::Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        loop {
            match self.requests.read(buffer) {
                0 if !buffer.is_empty() => core::hint::spin_loop(),
                count => return Ok(count),
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        // A channel that blocks: it waits for the probe whenever the ring is full.
        self.replies.write(bytes);
        Ok(())
    }
}
