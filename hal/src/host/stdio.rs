//! The process's standard streams. Output is flushed by each write, so nothing is lost however the process ends.
//!
//! Input is not buffered in this process, so waiting for the descriptor and reading it agree with each other, and
//! bytes that one guest leaves are there for whoever reads next.

use libstd::io::{self, IsTerminal, Write};

use super::error::{kind, retry};
use crate::cap::{InputStream, OutputStream, Result};

/// The process's standard input.
pub struct HostStdin;

#[cfg(unix)]
impl InputStream for HostStdin {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        rustix::io::retry_on_intr(|| rustix::io::read(io::stdin(), &mut *buf)).map_err(|errno| kind(errno.into()))
    }

    fn wait_ready(&mut self, timeout_ns: Option<u64>) -> Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdin = io::stdin();
        let timeout = timeout_ns.and_then(|ns| Timespec::try_from(libstd::time::Duration::from_nanos(ns)).ok());
        let count = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], timeout.as_ref());
        match count {
            // The end of the stream and errors count as ready: the read that follows tells which.
            Ok(count) => Ok(count > 0),
            // The caller looks at the clock and waits again.
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(kind(errno.into())),
        }
    }

    fn is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }
}

/// Where the system cannot say whether input is there, it is taken to be.
#[cfg(not(unix))]
impl InputStream for HostStdin {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        retry(|| io::Read::read(&mut io::stdin().lock(), buf)).map_err(kind)
    }

    fn is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }
}

/// Writes all that the stream takes at once, and flushes.
fn write_now(mut stream: impl Write, buf: &[u8]) -> Result<usize> {
    let count = retry(|| stream.write(buf)).map_err(kind)?;
    stream.flush().map_err(kind)?;
    Ok(count)
}

/// The process's standard output.
pub struct HostStdout;

impl OutputStream for HostStdout {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        write_now(io::stdout().lock(), buf)
    }

    fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }
}

/// The process's standard error.
pub struct HostStderr;

impl OutputStream for HostStderr {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        write_now(io::stderr().lock(), buf)
    }

    fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }
}
