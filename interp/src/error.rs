//! The one error type of the crate: what went wrong, where, and in which function.
//!
//! Works without an allocator: kinds carry static words and numbers. With `alloc` an error may carry a longer text, as
//! wasmparser gives one. Errors are made in cold code.

use crate::trap::Trap;
use core::fmt;

#[cfg(feature = "alloc")]
use alloc::boxed::Box;

/// What went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not a module in the Wasm binary format; what is wrong.
    Malformed(&'static str),
    /// The module breaks a validation rule; which.
    Invalid(&'static str),
    /// The module needs a feature that is not supported or not switched on; its name.
    Unsupported(&'static str),
    /// Something is larger than a limit allows; what.
    Limit(&'static str),
    /// The bytes are not an image that this build can run.
    Image(ImageErrorKind),
    /// The allocator, or the arena, has no more room.
    OutOfMemory,
    /// An import cannot be satisfied; why.
    Link(&'static str),
    /// Instantiation trapped.
    Trap(Trap),
}

/// What is wrong with an image.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ImageErrorKind {
    /// The first bytes are not those of an image.
    Magic,
    /// The format version is another one.
    Version,
    /// The image was made for another instruction set.
    IsaHash,
    /// The instruction set level is unknown.
    Level,
    /// The buffer does not begin at a multiple of 8.
    Misaligned,
    /// The buffer and the length in the header disagree.
    Length,
    /// The bytes were changed since they were written.
    Checksum,
    /// A reserved field or unknown flag is set.
    Reserved,
    /// The section directory is out of order, or a section lies outside or is cut.
    Section,
    /// A section that must be understood is unknown.
    UnknownSection,
    /// An index or range points outside what it refers to.
    Index,
    /// A string is not UTF-8.
    Utf8,
    /// A type is unknown, or not the one required here.
    Type,
    /// A constant expression is of an unknown kind or the wrong type.
    ConstExpr,
    /// Limits are not in order.
    Limits,
    /// A function's place in the code or its frame is impossible.
    Func,
    /// Block starts are out of order or outside their function.
    BlockStarts,
    /// The code begins without the reserved instructions, or an instruction is not valid; what is wrong.
    Code(&'static str),
}

impl ImageErrorKind {
    /// What is wrong, in words.
    pub const fn message(self) -> &'static str {
        match self {
            ImageErrorKind::Magic => "not an image",
            ImageErrorKind::Version => "unknown format version",
            ImageErrorKind::IsaHash => "made for another instruction set",
            ImageErrorKind::Level => "unknown instruction set level",
            ImageErrorKind::Misaligned => "buffer not aligned to 8 bytes",
            ImageErrorKind::Length => "length differs from the header's",
            ImageErrorKind::Checksum => "checksum differs",
            ImageErrorKind::Reserved => "reserved field or flag is set",
            ImageErrorKind::Section => "section out of bounds or order",
            ImageErrorKind::UnknownSection => "unknown required section",
            ImageErrorKind::Index => "index out of range",
            ImageErrorKind::Utf8 => "string not utf-8",
            ImageErrorKind::Type => "unexpected type",
            ImageErrorKind::ConstExpr => "bad constant expression",
            ImageErrorKind::Limits => "limits out of range",
            ImageErrorKind::Func => "impossible function or frame",
            ImageErrorKind::BlockStarts => "more block starts than code",
            ImageErrorKind::Code(message) => message,
        }
    }
}

/// Place in a wasm module or an image. Without an allocator there are only images, which have less than 4 GiB.
#[cfg(not(compact))]
type Offset = u64;
/// Place in an image.
#[cfg(compact)]
type Offset = u32;
const NO_OFFSET: Offset = Offset::MAX;

/// An error of translation, loading or instantiation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    kind: ErrorKind,
    /// [`NO_OFFSET`] stands for none.
    offset: Offset,
    /// `u32::MAX` stands for none.
    func: u32,
    #[cfg(feature = "alloc")]
    detail: Option<Box<str>>,
}

impl Error {
    /// An error of this kind, without a place.
    #[cold]
    pub const fn new(kind: ErrorKind) -> Error {
        Error {
            kind,
            offset: NO_OFFSET,
            func: u32::MAX,
            #[cfg(feature = "alloc")]
            detail: None,
        }
    }

    /// The allocator, or the arena, has no more room.
    pub const OUT_OF_MEMORY: Error = Error::new(ErrorKind::OutOfMemory);

    /// Something is larger than a limit allows.
    #[cold]
    pub const fn limit(what: &'static str) -> Error {
        Error::new(ErrorKind::Limit(what))
    }

    /// An error in an image, at this byte offset.
    #[cold]
    pub const fn image(kind: ImageErrorKind, offset: u64) -> Error {
        Error::new(ErrorKind::Image(kind)).at(offset)
    }

    /// The same error at this byte offset of the wasm or the image.
    #[must_use]
    #[allow(clippy::unnecessary_cast)]
    pub const fn at(mut self, offset: u64) -> Error {
        self.offset = offset as Offset;
        self
    }

    /// The same error in the function with this index.
    #[must_use]
    pub const fn in_func(mut self, index: u32) -> Error {
        self.func = index;
        self
    }

    /// The same error with a text that says more than the kind does.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Box<str>>) -> Error {
        self.detail = Some(detail.into());
        self
    }

    /// What went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Byte offset in the wasm or the image, if known.
    #[allow(clippy::unnecessary_cast)]
    pub const fn offset(&self) -> Option<u64> {
        if self.offset == NO_OFFSET { None } else { Some(self.offset as u64) }
    }

    /// Index of the function concerned, if it is one.
    pub const fn func(&self) -> Option<u32> {
        if self.func == u32::MAX { None } else { Some(self.func) }
    }

    /// The longer text, if there is one.
    #[cfg(feature = "alloc")]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, what) = match self.kind {
            ErrorKind::Malformed(what) => ("malformed module", what),
            ErrorKind::Invalid(what) => ("invalid module", what),
            ErrorKind::Unsupported(what) => ("unsupported", what),
            ErrorKind::Limit(what) => ("limit reached", what),
            ErrorKind::Image(kind) => ("bad image", kind.message()),
            ErrorKind::OutOfMemory => ("out of memory", ""),
            ErrorKind::Link(what) => ("cannot link", what),
            ErrorKind::Trap(trap) => ("trap", trap.message()),
        };
        f.write_str(class)?;
        let mut part = |text: &str| if text.is_empty() { Ok(()) } else { write!(f, ": {text}") };
        part(what)?;
        #[cfg(feature = "alloc")]
        part(self.detail().unwrap_or(""))?;
        if let Some(func) = self.func() {
            write!(f, " in func {func}")?;
        }
        if let Some(offset) = self.offset() {
            write!(f, " at offset {offset:#x}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}

/// The allocator, or the arena, has no more room; or a count no longer fits its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

impl From<OutOfMemory> for Error {
    #[cold]
    fn from(_: OutOfMemory) -> Self {
        Error::new(ErrorKind::OutOfMemory)
    }
}

impl From<Trap> for Error {
    #[cold]
    fn from(trap: Trap) -> Error {
        Error::new(ErrorKind::Trap(trap))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn messages_name_the_thing_then_the_place() {
        let error = Error::image(ImageErrorKind::Index, 0x1c);
        assert_eq!(error.to_string(), "bad image: index out of range at offset 0x1c");
        assert_eq!(Error::new(ErrorKind::OutOfMemory).to_string(), "out of memory");
        assert_eq!(error.in_func(7).to_string(), "bad image: index out of range in func 7 at offset 0x1c");
        #[cfg(feature = "alloc")]
        assert_eq!(
            Error::new(ErrorKind::Malformed("")).with_detail("unexpected end").at(8).to_string(),
            "malformed module: unexpected end at offset 0x8"
        );
    }
}
