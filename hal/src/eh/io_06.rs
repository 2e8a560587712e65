//! Standard streams from an `embedded-io` 0.6 driver: a UART, a USB serial port, a socket.

use embedded_io_06::{Error, ErrorKind as IoErrorKind, Read, Write};

use crate::cap::{ErrorKind, InputStream, OutputStream, Result};

/// A driver as [`InputStream`] and, if it can write, [`OutputStream`].
pub struct Io06<D>(pub D);

/// The driver's error as ours.
#[allow(clippy::needless_pass_by_value)] // So that it can be named in `map_err`.
fn kind(error: impl Error) -> ErrorKind {
    match error.kind() {
        IoErrorKind::NotFound => ErrorKind::NotFound,
        IoErrorKind::PermissionDenied => ErrorKind::AccessDenied,
        IoErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
        IoErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
        IoErrorKind::InvalidInput => ErrorKind::InvalidInput,
        IoErrorKind::Interrupted => ErrorKind::Interrupted,
        IoErrorKind::Unsupported => ErrorKind::Unsupported,
        IoErrorKind::OutOfMemory => ErrorKind::OutOfMemory,
        _ => ErrorKind::Io,
    }
}

impl<D: Read + Send> InputStream for Io06<D> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.0.read(buf).map_err(kind)
    }
}

impl<D: Write + Send> OutputStream for Io06<D> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let count = self.0.write(buf).map_err(kind)?;
        self.0.flush().map_err(kind)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_read_and_written_as_a_driver() {
        let mut input = Io06(&b"abc"[..]);
        let mut buf = [0; 2];
        assert_eq!((input.read(&mut buf), buf), (Ok(2), *b"ab"));
        assert_eq!(input.read(&mut buf), Ok(1));
        assert_eq!(input.read(&mut buf), Ok(0));

        let mut bytes = [0; 3];
        let mut output = Io06(&mut bytes[..]);
        assert_eq!(output.write(b"xy"), Ok(2));
        assert_eq!(bytes, *b"xy\0");
    }

    #[test]
    fn a_full_driver_is_an_error() {
        let mut none = [0; 0];
        assert!(Io06(&mut none[..]).write(b"x").is_err());
    }
}
