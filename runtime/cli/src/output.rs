//! Writing to the terminal: colour only there, and a reader that goes away is no error.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Bold, as a parameter of an ANSI sequence.
pub const BOLD: &str = "1";
/// Bold and red.
pub const RED: &str = "1;31";

fn paint(text: &str, colour: &str, is_terminal: bool) -> String {
    // https://no-color.org: set to anything but nothing means no colour.
    let is_refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_terminal && !is_refused { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.into() }
}

/// The text in a colour, if stdout is a terminal.
pub fn paint_out(text: &str, colour: &str) -> String {
    paint(text, colour, io::stdout().is_terminal())
}

/// The text in a colour, if stderr is a terminal.
pub fn paint_err(text: &str, colour: &str) -> String {
    paint(text, colour, io::stderr().is_terminal())
}

/// Writes to stdout. A broken pipe, as in `sheave inspect x | head`, ends the output quietly.
///
/// # Errors
/// Any other error of the stream, such as a full disk.
pub fn to_stdout(text: &str) -> Result<(), crate::Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(crate::Failure::module(format!("stdout: {error}"))),
        _ => Ok(()),
    }
}

/// Writes to stderr in one piece. If that fails there is nobody to tell.
pub fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Data as one line of JSON.
pub fn json_line(data: &impl serde::Serialize) -> String {
    serde_json::to_string(data).expect("plain data with string keys") + "\n"
}

/// Data as JSON with a line end.
pub fn json(data: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(data).expect("plain data with string keys") + "\n"
}
