//! What can go wrong in a capability: one list for all of them, mapped to errno in `wasi::abi`.

/// The result of a capability's method.
pub type Result<T> = core::result::Result<T, ErrorKind>;

/// Why a capability refused or failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The device or file system cannot do this at all.
    Unsupported,
    /// Access refused by the permissions of the object.
    AccessDenied,
    /// Refused by policy: among others a path that leads out of its directory.
    NotPermitted,
    /// No such file or directory.
    NotFound,
    /// The name exists already.
    AlreadyExists,
    /// A directory was needed.
    NotADirectory,
    /// Anything but a directory was needed.
    IsADirectory,
    /// The directory has entries.
    NotEmpty,
    /// An argument makes no sense.
    InvalidInput,
    /// The node is not open.
    BadNode,
    /// Too many symbolic links, or one where none may be.
    Loop,
    /// A name or path is too long.
    NameTooLong,
    /// A name is not valid UTF-8.
    IllegalByteSequence,
    /// No space left.
    NoSpace,
    /// Over the quota.
    Quota,
    /// The file would be too large.
    FileTooLarge,
    /// The medium is read-only.
    ReadOnly,
    /// Source and target are not on the same file system.
    CrossDevice,
    /// In use.
    Busy,
    /// A running program's file.
    TextBusy,
    /// The wait was interrupted.
    Interrupted,
    /// Would have to wait.
    WouldBlock,
    /// The other end is gone.
    BrokenPipe,
    /// Not seekable.
    NotSeekable,
    /// No memory left.
    OutOfMemory,
    /// Too many open files.
    TooManyOpen,
    /// Too many links to one file.
    TooManyLinks,
    /// A value does not fit its type.
    Overflow,
    /// The device failed.
    Io,
}

impl core::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, f)
    }
}

impl core::error::Error for ErrorKind {}
