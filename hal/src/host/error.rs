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

/// Repeats an operation that a signal interrupted: signals are the host's affair, not the guest's.
pub(super) fn retry<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

#[cfg(not(unix))]
fn unix_kind(_: &io::Error) -> Option<ErrorKind> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn numbers_of_the_system_keep_their_meaning() {
        for (errno, wanted) in [
            (Errno::ACCESS, ErrorKind::AccessDenied),
            (Errno::PERM, ErrorKind::NotPermitted),
            (Errno::LOOP, ErrorKind::Loop),
            (Errno::NAMETOOLONG, ErrorKind::NameTooLong),
            (Errno::NOSPC, ErrorKind::NoSpace),
            (Errno::ROFS, ErrorKind::ReadOnly),
            (Errno::XDEV, ErrorKind::CrossDevice),
            (Errno::SPIPE, ErrorKind::NotSeekable),
            (Errno::MFILE, ErrorKind::TooManyOpen),
            (Errno::NOTSUP, ErrorKind::Unsupported),
            (Errno::TXTBSY, ErrorKind::TextBusy),
            (Errno::DQUOT, ErrorKind::Quota),
            (Errno::PIPE, ErrorKind::BrokenPipe),
            (Errno::IO, ErrorKind::Io),
        ] {
            assert_eq!(kind(errno.into()), wanted, "{errno}");
        }
    }

    #[test]
    fn a_refusal_without_a_number_is_the_sandbox() {
        assert_eq!(kind(io::Error::from(io::ErrorKind::PermissionDenied)), ErrorKind::NotPermitted);
    }

    #[test]
    fn interrupted_operations_are_repeated() {
        let mut calls_count = 0;
        let result = retry(|| {
            calls_count += 1;
            if calls_count < 3 { Err(io::Error::from(io::ErrorKind::Interrupted)) } else { Ok(calls_count) }
        });
        assert_eq!(result.unwrap(), 3);
    }
}
