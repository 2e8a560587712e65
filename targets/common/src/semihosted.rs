//! The console and the exit of a board that runs in an emulator or under a debugger, by the semihosting calls of Arm, which RISC-V
//! has taken over. Without anyone to answer them such a call is a fault.

use embedded_io::{Error, ErrorKind, ErrorType, Write};
use semihosting::io::{Stdout, Write as _};

/// The standard output of the emulator or debugger.
pub struct Semihosted(Option<Stdout>);

impl Semihosted {
    /// Opens it.
    pub fn open() -> Semihosted {
        Semihosted(semihosting::io::stdout().ok())
    }
}

/// The other side took no bytes.
#[derive(Clone, Copy, Debug)]
pub struct NotWritten;

impl core::fmt::Display for NotWritten {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the emulator or debugger took no bytes")
    }
}

impl core::error::Error for NotWritten {}

impl Error for NotWritten {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for Semihosted {
    type Error = NotWritten;
}

impl Write for Semihosted {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, NotWritten> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let written = self.0.as_mut().and_then(|stdout| stdout.write(bytes).ok());
        // Nothing written is an error here: callers that want all written would ask for ever.
        written.filter(|count| *count > 0).ok_or(NotWritten)
    }

    fn flush(&mut self) -> Result<(), NotWritten> {
        Ok(())
    }
}

/// Ends the program; the emulator ends with this code, of which a host sees the lowest 8 bits.
pub fn exit(code: i32) -> ! {
    semihosting::process::exit(code)
}
