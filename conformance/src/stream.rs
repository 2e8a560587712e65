//! The command stream between a host and a device: messages, their frames, and the link that carries them.
//!
//! The format is specified in docs/device-stream.md; this file is its only implementation, for both ends. A frame is a
//! message in postcard's coding behind eight bytes, its length and its CRC-32; whatever arrives damaged is an error, never
//! another message. Each request gets one reply, in the order of the requests, so that a host may send all of them at once.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::Range};

use postcard::de_flavors::Flavor;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, SeqAccess, Visitor},
};

use crate::{Outcome, Step};

/// The version of the format; it changes with any change of the messages or of what they are made of.
pub const VERSION: u16 = 1;
/// The most bytes of a message. The largest of the suite, a module's image, has a tenth of that.
pub const MESSAGE_BYTES_MAX: u32 = 1 << 20;
/// Bytes in front of a message: length and checksum.
const HEADER_BYTES: usize = 8;

/// What a host asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The first: which version of the format follows.
    Hello {
        /// [`VERSION`] of the host.
        version: u16,
    },
    /// A script begins: the device forgets everything of the one before.
    Script {
        /// Its name, for people.
        name: String,
    },
    /// A command of the script.
    Step(Step),
    /// The last.
    End,
}

/// What a device answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// To `Hello`.
    Hello(Board),
    /// To `Script`: an empty store is there.
    Ready,
    /// To `Step`.
    Outcome(Outcome),
    /// To `End`.
    End(Tally),
    /// To anything: it cannot be understood, for this reason. Nothing follows.
    Refused(String),
}

/// What a device says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// [`VERSION`] of the device.
    pub version: u16,
    /// Its name.
    pub name: String,
    /// Bits of a pointer.
    pub pointer_bits: u8,
    /// Bytes that the memories and tables of a script may take together.
    pub memory_bytes: u64,
    /// Bytes of the guest stack.
    pub stack_bytes: u32,
}

/// How many commands a device has judged, in all scripts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Right.
    pub passed: u32,
    /// Wrong.
    pub failed: u32,
    /// Not judged.
    pub skipped: u32,
}

/// What carries bytes: semihosting, a serial line, a debug probe, a pipe.
pub trait Link {
    /// Why it does not.
    type Error: fmt::Debug;

    /// Reads at least one byte, waiting for it, and gives how many; 0 only if nothing will ever come.
    ///
    /// # Errors
    ///
    /// Those of the link.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// Writes all of the bytes, so that the other end sees them without a further call.
    ///
    /// # Errors
    ///
    /// Those of the link.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// Why no message came, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamError<E> {
    /// The link failed.
    Link(E),
    /// The stream ends within a frame.
    Cut,
    /// A frame says that its message has so many bytes, more than [`MESSAGE_BYTES_MAX`] or than there is memory.
    TooLarge(u32),
    /// A message is not the one that was sent.
    Damaged,
    /// A message is none of this version.
    Unknown,
}

impl<E: fmt::Debug> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => write!(f, "the link failed: {error:?}"),
            Self::Cut => f.write_str("the stream ends within a frame"),
            Self::TooLarge(bytes) => write!(f, "a message of {bytes} bytes is too large"),
            Self::Damaged => f.write_str("a message whose checksum is wrong"),
            Self::Unknown => f.write_str("a message that this version does not know"),
        }
    }
}

/// The frame of a message.
///
/// # Panics
///
/// If the message is longer than [`MESSAGE_BYTES_MAX`].
pub fn frame(message: &impl Serialize) -> Vec<u8> {
    let payload = postcard::to_allocvec(message).expect("plain data in memory");
    let length = u32::try_from(payload.len()).ok().filter(|length| *length <= MESSAGE_BYTES_MAX);
    let mut frame = Vec::with_capacity(HEADER_BYTES + payload.len());
    frame.extend(length.expect("a message of the suite is below the limit").to_le_bytes());
    frame.extend(checksum(&payload).to_le_bytes());
    frame.extend(payload);
    frame
}

/// The first message in `bytes` and how many of them it takes; `None` if there are too few so far.
///
/// # Errors
///
/// `TooLarge`, `Damaged`, `Unknown`.
pub fn unframe<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<(T, usize)>, StreamError<()>> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return Ok(None) };
    let (length, sum) = parse_header(*header).map_err(StreamError::TooLarge)?;
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    let message = parse_payload(payload, sum).ok_or(StreamError::Damaged)?;
    Ok(Some((message.ok_or(StreamError::Unknown)?, HEADER_BYTES + length)))
}

/// The head of a frame whose message is still to come.
#[derive(Debug)]
pub struct Pending {
    length: usize,
    sum: u32,
}

/// The head of the next message of a link; `None` if the stream ends before it.
///
/// # Errors
///
/// The link fails, or what comes is no head.
pub fn read_head<L: Link>(link: &mut L) -> Result<Option<Pending>, StreamError<L::Error>> {
    let mut header = [0; HEADER_BYTES];
    match fill(link, &mut header)? {
        0 => return Ok(None),
        HEADER_BYTES => {}
        _ => return Err(StreamError::Cut),
    }
    let (length, sum) = parse_header(header).map_err(StreamError::TooLarge)?;
    Ok(Some(Pending { length, sum }))
}

impl Pending {
    /// Bytes of the message.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Whether there is memory for the message.
    pub fn fits(&self) -> bool {
        Vec::<u8>::new().try_reserve_exact(self.length + ROOM_BYTES).is_ok()
    }

    /// The message. It is decoded as it comes, so that it is in memory once.
    ///
    /// # Errors
    ///
    /// The link fails, or what comes is no message.
    pub fn read<T: DeserializeOwned, L: Link>(self, link: &mut L) -> Result<T, StreamError<L::Error>> {
        let mut coming = Coming {
            link,
            left: self.length,
            sum: !0,
            piece: [0; PIECE_BYTES],
            ready: 0..0,
            text: Vec::new(),
            error: None,
        };
        let decoded = {
            let mut decoder = postcard::Deserializer::from_flavor(Lent(&mut coming));
            T::deserialize(&mut decoder).ok()
        };
        // What was not asked for belongs to the message all the same.
        let mut is_whole = true;
        while coming.error.is_none() && coming.next().is_some() {
            is_whole = false;
        }
        match (coming.error, decoded) {
            (Some(error), _) => Err(error),
            (None, _) if !coming.sum != self.sum => Err(StreamError::Damaged),
            (None, Some(message)) if is_whole => Ok(message),
            _ => Err(StreamError::Unknown),
        }
    }

    /// Takes the message off the link without looking at it.
    ///
    /// # Errors
    ///
    /// The link fails, or the stream ends.
    pub fn skip<L: Link>(self, link: &mut L) -> Result<(), StreamError<L::Error>> {
        let (mut rest, mut piece) = (self.length, [0; 64]);
        while rest > 0 {
            let count = rest.min(piece.len());
            if fill(link, &mut piece[..count])? < count {
                return Err(StreamError::Cut);
            }
            rest -= count;
        }
        Ok(())
    }
}

/// Bytes that are taken off the link at once.
const PIECE_BYTES: usize = 64;
/// Room behind an image, in which it can be moved to where images begin.
const ROOM_BYTES: usize = 7;

/// A message on its way: what of it is here, and the checksum of what was asked for.
struct Coming<'a, L: Link> {
    link: &'a mut L,
    /// Bytes that are still on the link.
    left: usize,
    sum: u32,
    piece: [u8; PIECE_BYTES],
    ready: Range<usize>,
    text: Vec<u8>,
    error: Option<StreamError<L::Error>>,
}

impl<L: Link> Coming<'_, L> {
    /// The next byte; `None` behind the last, or if there is an error.
    fn next(&mut self) -> Option<u8> {
        if self.ready.is_empty() {
            let count = self.left.min(PIECE_BYTES);
            match fill(self.link, &mut self.piece[..count]) {
                Ok(filled) if filled == count => (self.left, self.ready) = (self.left - count, 0..count),
                Ok(_) => self.error = Some(StreamError::Cut),
                Err(error) => self.error = Some(error),
            }
        }
        let byte = self.piece[self.ready.next()?];
        self.sum = add(self.sum, byte);
        Some(byte)
    }
}

/// A message on its way, to decode.
struct Lent<'a, 'b, L: Link>(&'a mut Coming<'b, L>);

impl<'de, 'a: 'de, 'b: 'de, L: Link + 'de> Flavor<'de> for Lent<'a, 'b, L>
where
    L::Error: 'de,
{
    type Remainder = ();
    type Source = ();

    fn pop(&mut self) -> postcard::Result<u8> {
        self.0.next().ok_or(postcard::Error::DeserializeUnexpectedEnd)
    }

    fn try_take_n(&mut self, _: usize) -> postcard::Result<&'de [u8]> {
        // Nothing of a message is borrowed.
        Err(postcard::Error::WontImplement)
    }

    fn try_take_n_temp<'c>(&'c mut self, count: usize) -> postcard::Result<&'c [u8]>
    where
        'de: 'c,
    {
        self.0.text.clear();
        // A text is no longer than what is still to come.
        let room = count.min(self.0.left + PIECE_BYTES);
        self.0.text.try_reserve(room).map_err(|_| postcard::Error::DeserializeUnexpectedEnd)?;
        for _ in 0..count {
            let byte = self.pop()?;
            self.0.text.push(byte);
        }
        Ok(&self.0.text)
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// The bytes of an image, with room behind them to move to where images begin.
pub(crate) fn image<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct Bytes;
    impl<'de> Visitor<'de> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("bytes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Vec<u8>, A::Error> {
            let mut image = Vec::new();
            let expected = bytes.size_hint().filter(|count| *count <= MESSAGE_BYTES_MAX as usize).unwrap_or(0);
            if image.try_reserve_exact(expected + ROOM_BYTES).is_err() {
                return Err(A::Error::custom("no memory"));
            }
            while let Some(byte) = bytes.next_element()? {
                image.push(byte);
            }
            Ok(image)
        }
    }
    deserializer.deserialize_seq(Bytes)
}

/// Sends a message.
///
/// # Errors
///
/// The link fails.
pub fn write<L: Link>(link: &mut L, message: &impl Serialize) -> Result<(), StreamError<L::Error>> {
    link.write(&frame(message)).map_err(StreamError::Link)
}

/// Reads until `bytes` are full or the stream ends; gives how many it has read.
fn fill<L: Link>(link: &mut L, bytes: &mut [u8]) -> Result<usize, StreamError<L::Error>> {
    let mut filled = 0;
    while filled < bytes.len() {
        match link.read(&mut bytes[filled..]).map_err(StreamError::Link)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// Length and checksum of a message; a length that is too large is the error.
fn parse_header(header: [u8; HEADER_BYTES]) -> Result<(usize, u32), u32> {
    let [a, b, c, d, sum @ ..] = header;
    let length = u32::from_le_bytes([a, b, c, d]);
    if length > MESSAGE_BYTES_MAX { Err(length) } else { Ok((length as usize, u32::from_le_bytes(sum))) }
}

/// The outer `None`: damaged; the inner: unknown.
fn parse_payload<T: DeserializeOwned>(payload: &[u8], sum: u32) -> Option<Option<T>> {
    let whole =
        || postcard::take_from_bytes(payload).ok().filter(|(_, rest)| rest.is_empty()).map(|(message, _)| message);
    (checksum(payload) == sum).then(whole)
}

/// CRC-32 as in Ethernet and zlib, bit by bit: a table would take 1 KiB of a device's flash.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| add(sum, *byte))
}

/// A byte more in a checksum, which is inverted at the start and at the end.
fn add(sum: u32, byte: u8) -> u32 {
    (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Command, Expected, FloatPattern, Value};
    use alloc::vec;

    /// A link that gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Link for Slow<'_> {
        type Error = ();

        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }

        fn write(&mut self, _: &[u8]) -> Result<(), ()> {
            Err(())
        }
    }

    fn read(link: &mut Slow<'_>) -> Result<Option<Request>, StreamError<()>> {
        read_head(link)?.map(|pending| pending.read(link)).transpose()
    }

    fn request() -> Request {
        let action = Action::Invoke { instance: None, field: "f".into(), args: vec![Value::I32(-1)] };
        let results = vec![Expected::F32(FloatPattern::CanonicalNan)];
        Request::Step(Step { line: 300, command: Command::AssertReturn { action, results } })
    }

    #[test]
    fn the_checksum_is_crc_32() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }

    /// The example of docs/device-stream.md.
    #[test]
    fn a_frame_has_these_bytes() {
        let payload = [2, 172, 2, 5, 0, 0, 1, b'f', 1, 0, 1, 1, 2, 1];
        let frame = frame(&request());
        assert_eq!((&frame[..4], &frame[8..]), (&[14, 0, 0, 0][..], &payload[..]));
        assert_eq!(frame[4..8], checksum(&payload).to_le_bytes());
        assert_eq!(frame[4..8], [12, 173, 200, 55]);
    }

    #[test]
    fn a_message_arrives_as_it_was_sent() {
        let bytes = [frame(&Request::Hello { version: 1 }), frame(&request())].concat();
        let (first, used) = unframe::<Request>(&bytes).expect("sound").expect("whole");
        assert_eq!(
            (first, unframe::<Request>(&bytes[used..bytes.len() - 1])),
            (Request::Hello { version: 1 }, Ok(None))
        );
        let mut link = Slow(&bytes[used..]);
        assert_eq!(read(&mut link), Ok(Some(request())));
        assert_eq!(read(&mut link), Ok(None));
    }

    #[test]
    fn a_message_can_be_passed_over() {
        let bytes = [frame(&request()), frame(&Request::End)].concat();
        let mut link = Slow(&bytes);
        let pending = read_head(&mut link).expect("sound").expect("there is one");
        assert_eq!((pending.length(), pending.skip(&mut link)), (14, Ok(())));
        assert_eq!(read(&mut link), Ok(Some(Request::End)));
        let mut cut = Slow(&bytes[..20]);
        assert_eq!(read_head(&mut cut).expect("sound").expect("there is one").skip(&mut cut), Err(StreamError::Cut));
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        let good = frame(&request());
        let read = |bytes: &[u8]| read(&mut Slow(bytes));
        assert_eq!(read(&good[..good.len() - 1]), Err(StreamError::Cut));
        assert_eq!(read(&good[..3]), Err(StreamError::Cut));
        for at in 4..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert_eq!(read(&bad), Err(StreamError::Damaged), "byte {at}");
        }
        assert_eq!(read(&[0xff; 8]), Err(StreamError::TooLarge(u32::MAX)));
        assert_eq!(read(&frame(&99_u32)), Err(StreamError::Unknown));
        assert_eq!(read(&frame(&(Request::End, 0_u8))), Err(StreamError::Unknown));
    }
}
