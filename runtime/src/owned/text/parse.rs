//! Text is parsed to the binary format; binary modules pass.

use crate::Error;
use alloc::{borrow::Cow, string::ToString};
use sheave_interp::error::{Error as InterpError, ErrorKind};

/// The binary format of a module in either format.
///
/// # Errors
/// `Module` if it is text and does not parse, with the place.
pub(crate) fn to_wasm(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    wat::parse_bytes(bytes)
        .map_err(|error| InterpError::new(ErrorKind::Malformed("text")).with_detail(error.to_string()).into())
}
