//! Preview 1's binary interface: errno, rights, flags, structures, each from one table, and guest memory. The numbers
//! are those of `wasi_snapshot_preview1.witx`.
//!
//! Invariant: guest memory is read and written only through the functions at the end of this file. Each checks its
//! range and gives `EFAULT` outside; none asks for alignment, since the bytes are copied one field at a time.

pub use super::flags::{FdFlags, FstFlags, LookupFlags, OFlags, Rights};
use crate::{cap::ErrorKind, limits};

macro_rules! errno {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// Preview 1's error numbers. [`Errno::Success`] is never an `Err` here; it is what the guest reads after `Ok`.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = concat!("`", stringify!($name), "`")] $name = $number,)*
        }

        impl Errno {
            /// Every error number, in order.
            pub const ALL: &[Errno] = &[$(Errno::$name),*];
        }
    };
}

errno! {
    Success = 0, Toobig = 1, Acces = 2, Addrinuse = 3, Addrnotavail = 4, Afnosupport = 5, Again = 6, Already = 7,
    Badf = 8, Badmsg = 9, Busy = 10, Canceled = 11, Child = 12, Connaborted = 13, Connrefused = 14, Connreset = 15,
    Deadlk = 16, Destaddrreq = 17, Dom = 18, Dquot = 19, Exist = 20, Fault = 21, Fbig = 22, Hostunreach = 23,
    Idrm = 24, Ilseq = 25, Inprogress = 26, Intr = 27, Inval = 28, Io = 29, Isconn = 30, Isdir = 31, Loop = 32,
    Mfile = 33, Mlink = 34, Msgsize = 35, Multihop = 36, Nametoolong = 37, Netdown = 38, Netreset = 39,
    Netunreach = 40, Nfile = 41, Nobufs = 42, Nodev = 43, Noent = 44, Noexec = 45, Nolck = 46, Nolink = 47,
    Nomem = 48, Nomsg = 49, Noprotoopt = 50, Nospc = 51, Nosys = 52, Notconn = 53, Notdir = 54, Notempty = 55,
    Notrecoverable = 56, Notsock = 57, Notsup = 58, Notty = 59, Nxio = 60, Overflow = 61, Ownerdead = 62, Perm = 63,
    Pipe = 64, Proto = 65, Protonosupport = 66, Prototype = 67, Range = 68, Rofs = 69, Spipe = 70, Srch = 71,
    Stale = 72, Timedout = 73, Txtbsy = 74, Xdev = 75, Notcapable = 76,
}

impl core::fmt::Display for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "WASI error {} ({self:?})", *self as u16)
    }
}

impl core::error::Error for Errno {}

impl From<ErrorKind> for Errno {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Unsupported => Errno::Notsup,
            ErrorKind::AccessDenied => Errno::Acces,
            ErrorKind::NotPermitted => Errno::Perm,
            ErrorKind::NotFound => Errno::Noent,
            ErrorKind::AlreadyExists => Errno::Exist,
            ErrorKind::NotADirectory => Errno::Notdir,
            ErrorKind::IsADirectory => Errno::Isdir,
            ErrorKind::NotEmpty => Errno::Notempty,
            ErrorKind::InvalidInput => Errno::Inval,
            ErrorKind::BadNode => Errno::Badf,
            ErrorKind::Loop => Errno::Loop,
            ErrorKind::NameTooLong => Errno::Nametoolong,
            ErrorKind::IllegalByteSequence => Errno::Ilseq,
            ErrorKind::NoSpace => Errno::Nospc,
            ErrorKind::Quota => Errno::Dquot,
            ErrorKind::FileTooLarge => Errno::Fbig,
            ErrorKind::ReadOnly => Errno::Rofs,
            ErrorKind::CrossDevice => Errno::Xdev,
            ErrorKind::Busy => Errno::Busy,
            ErrorKind::TextBusy => Errno::Txtbsy,
            ErrorKind::Interrupted => Errno::Intr,
            ErrorKind::WouldBlock => Errno::Again,
            ErrorKind::BrokenPipe => Errno::Pipe,
            ErrorKind::NotSeekable => Errno::Spipe,
            ErrorKind::OutOfMemory => Errno::Nomem,
            ErrorKind::TooManyOpen => Errno::Nfile,
            ErrorKind::TooManyLinks => Errno::Mlink,
            ErrorKind::Overflow => Errno::Overflow,
            ErrorKind::Io => Errno::Io,
        }
    }
}

/// The flags a guest passed, or `EINVAL` if it set unknown bits.
///
/// # Errors
/// `EINVAL`.
pub fn flags<F: bitflags::Flags>(bits: u32) -> Result<F, Errno>
where
    F::Bits: TryFrom<u32>,
{
    F::Bits::try_from(bits).ok().and_then(F::from_bits).ok_or(Errno::Inval)
}

/// Sizes of structures in guest memory, bytes.
pub mod size {
    /// `fdstat`
    pub const FDSTAT: u32 = 24;
    /// `filestat`
    pub const FILESTAT: u32 = 64;
    /// `prestat`
    pub const PRESTAT: u32 = 8;
    /// `dirent`
    pub const DIRENT: u32 = 24;
    /// `iovec` and `ciovec`
    pub const IOVEC: u32 = 8;
    /// `subscription`
    pub const SUBSCRIPTION: u32 = 48;
    /// `event`
    pub const EVENT: u32 = 32;
}

/// The range `start..start + count` of guest memory as indices.
fn range(start: u32, count: u32) -> core::ops::Range<usize> {
    // Both are u32: on a 32-bit host the sum could wrap, so it saturates to a range no memory has.
    let start = start as usize;
    start..start.saturating_add(count as usize)
}

/// A part of guest memory.
///
/// # Errors
/// `EFAULT` if it is not inside.
pub fn slice(memory: &[u8], pointer: u32, bytes_count: u32) -> Result<&[u8], Errno> {
    memory.get(range(pointer, bytes_count)).ok_or(Errno::Fault)
}

/// A part of guest memory, for writing.
///
/// # Errors
/// `EFAULT` if it is not inside.
pub fn slice_mut(memory: &mut [u8], pointer: u32, bytes_count: u32) -> Result<&mut [u8], Errno> {
    memory.get_mut(range(pointer, bytes_count)).ok_or(Errno::Fault)
}

/// The address `offset` bytes after `pointer`.
///
/// # Errors
/// `EFAULT` past 2^32.
pub fn offset(pointer: u32, offset: u32) -> Result<u32, Errno> {
    pointer.checked_add(offset).ok_or(Errno::Fault)
}

/// The address of element `index` of an array.
///
/// # Errors
/// `EFAULT` past 2^32.
pub fn element(pointer: u32, index: u32, size_bytes: u32) -> Result<u32, Errno> {
    offset(pointer, index.checked_mul(size_bytes).ok_or(Errno::Fault)?)
}

macro_rules! scalars {
    ($($read:ident $write:ident $type:ident),*) => {$(
        #[doc = concat!("Reads a little-endian `", stringify!($type), "` from guest memory.")]
        ///
        /// # Errors
        /// `EFAULT` outside of memory.
        pub fn $read(memory: &[u8], pointer: u32) -> Result<$type, Errno> {
            let bytes = slice(memory, pointer, $type::BITS / 8)?;
            bytes.try_into().map($type::from_le_bytes).map_err(|_| Errno::Fault)
        }

        #[doc = concat!("Writes a little-endian `", stringify!($type), "` to guest memory.")]
        ///
        /// # Errors
        /// `EFAULT` outside of memory.
        pub fn $write(memory: &mut [u8], pointer: u32, value: $type) -> Result<(), Errno> {
            slice_mut(memory, pointer, $type::BITS / 8)?.copy_from_slice(&value.to_le_bytes());
            Ok(())
        }
    )*};
}

scalars!(read_u8 write_u8 u8, read_u16 write_u16 u16, read_u32 write_u32 u32, read_u64 write_u64 u64);

/// A path in guest memory.
///
/// # Errors
/// `EFAULT` outside of memory, `ENAMETOOLONG` over the limit, `EILSEQ` if it is not UTF-8, `EINVAL` with a NUL in it.
pub fn path(memory: &[u8], pointer: u32, bytes_count: u32) -> Result<&str, Errno> {
    let bytes = slice(memory, pointer, bytes_count)?;
    if bytes.len() > limits::PATH_BYTES {
        return Err(Errno::Nametoolong);
    }
    let path = core::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
    if path.contains('\0') { Err(Errno::Inval) } else { Ok(path) }
}

/// A scatter/gather list in guest memory whose buffers all lie inside.
#[derive(Clone, Copy)]
pub struct Iovecs {
    pointer: u32,
    count: u32,
}

impl Iovecs {
    /// Checks the list and every buffer of it, before anything is done.
    ///
    /// # Errors
    /// `EINVAL` if it is longer than the limit or its sizes add up to more than `u32::MAX`, `EFAULT` if it or a buffer
    /// is not inside.
    pub fn new(memory: &[u8], pointer: u32, count: u32) -> Result<Self, Errno> {
        if count > limits::IOVECS_COUNT {
            return Err(Errno::Inval);
        }
        let list = Iovecs { pointer, count };
        let mut total: u32 = 0;
        for index in 0..count {
            let (buffer, bytes_count) = list.get(memory, index)?;
            slice(memory, buffer, bytes_count)?;
            total = total.checked_add(bytes_count).ok_or(Errno::Inval)?;
        }
        Ok(list)
    }

    /// How many buffers.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Address and size of one buffer.
    ///
    /// # Errors
    /// `EFAULT` if the entry lies outside, which a read into memory shared with the list itself may bring about.
    pub fn get(self, memory: &[u8], index: u32) -> Result<(u32, u32), Errno> {
        let entry = element(self.pointer, index, size::IOVEC)?;
        Ok((read_u32(memory, entry)?, read_u32(memory, offset(entry, 4)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_numbered_without_gaps() {
        assert_eq!(Errno::ALL.len(), 77);
        assert!(Errno::ALL.iter().zip(0..).all(|(errno, number): (_, u16)| *errno as u16 == number));
    }

    #[test]
    fn ranges_end_with_memory_and_do_not_wrap() {
        let mut memory = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(read_u64(&memory, 1), Ok(0x0908_0706_0504_0302));
        assert_eq!(read_u64(&memory, 2), Err(Errno::Fault));
        assert_eq!(read_u8(&memory, u32::MAX), Err(Errno::Fault));
        assert_eq!(slice(&memory, 9, 0), Ok(&[][..]));
        assert_eq!(slice(&memory, 10, 0), Err(Errno::Fault));
        assert_eq!(slice(&memory, 1, u32::MAX), Err(Errno::Fault));
        assert_eq!(write_u16(&mut memory, 8, 0), Err(Errno::Fault));
        assert_eq!(memory[8], 9, "nothing is written in part");
        assert_eq!((offset(u32::MAX, 1), element(2, 1 << 30, 8)), (Err(Errno::Fault), Err(Errno::Fault)));
    }

    #[test]
    fn unknown_flags_are_refused() {
        assert_eq!(flags::<FdFlags>(31), Ok(FdFlags::all()));
        assert_eq!(flags::<FdFlags>(32), Err(Errno::Inval));
        assert_eq!(flags::<FdFlags>(1 << 16), Err(Errno::Inval), "beyond the type");
        assert_eq!(flags::<LookupFlags>(2), Err(Errno::Inval));
    }
}
