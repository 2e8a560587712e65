//! Errors of the operating system as capability errors.

use libstd::io;

use crate::cap::ErrorKind;

/// The kind of an operating system's error.
#[allow(clippy::needless_pass_by_value)] // So that it can be named in `map_err`.
pub(super) fn kind(error: io::Error) -> ErrorKind {
    if let Some(kind) = unix_kind(&error) {
        return kind;
    }
    match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        // Without a number of the system it is cap-std's answer to a path that leads out.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => ErrorKind::NotPermitted,
        io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
        io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
        io::ErrorKind::WouldBlock => ErrorKind::WouldBlock,
        io::ErrorKind::NotADirectory => ErrorKind::NotADirectory,
        io::ErrorKind::IsADirectory => ErrorKind::IsADirectory,
        io::ErrorKind::DirectoryNotEmpty => ErrorKind::NotEmpty,
        io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::InvalidInput => ErrorKind::InvalidInput,
        io::ErrorKind::InvalidFilename => ErrorKind::NameTooLong,
        io::ErrorKind::InvalidData => ErrorKind::IllegalByteSequence,
        io::ErrorKind::StorageFull => ErrorKind::NoSpace,
        io::ErrorKind::QuotaExceeded => ErrorKind::Quota,
        io::ErrorKind::NotSeekable => ErrorKind::NotSeekable,
        io::ErrorKind::FileTooLarge => ErrorKind::FileTooLarge,
        io::ErrorKind::ResourceBusy => ErrorKind::Busy,
        io::ErrorKind::ExecutableFileBusy => ErrorKind::TextBusy,
        io::ErrorKind::CrossesDevices => ErrorKind::CrossDevice,
        io::ErrorKind::TooManyLinks => ErrorKind::TooManyLinks,
        io::ErrorKind::Interrupted => ErrorKind::Interrupted,
        io::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        io::ErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
        _ => ErrorKind::Io,
    }
}

/// The kinds that std does not tell apart, by the system's number.
#[cfg(unix)]
fn unix_kind(error: &io::Error) -> Option<ErrorKind> {
    use rustix::io::Errno;
    Some(match Errno::from_io_error(error)? {
        Errno::LOOP => ErrorKind::Loop,
        Errno::PERM => ErrorKind::NotPermitted,
        Errno::NAMETOOLONG => ErrorKind::NameTooLong,
        Errno::BADF => ErrorKind::BadNode,
        Errno::NFILE | Errno::MFILE => ErrorKind::TooManyOpen,
        Errno::OVERFLOW => ErrorKind::Overflow,
        Errno::ILSEQ => ErrorKind::IllegalByteSequence,
        Errno::NOTSUP => ErrorKind::Unsupported,
        _ => return None,
    })
}

#[cfg(not(unix))]
fn unix_kind(_: &io::Error) -> Option<ErrorKind> {
    None
}
