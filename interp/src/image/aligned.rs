//! An image that owns its bytes, in a buffer aligned as reading in place needs.

use super::{Image, format::ALIGN};
use crate::error::{Error, ErrorKind};
use alloc::vec::Vec;

/// The bytes of an image in a buffer of their own, at a multiple of 8.
///
/// Holds bytes, not a parsed image: an [`Image`] borrows them.
pub struct OwnedImage {
    /// The bytes, behind as many more as it takes to reach a multiple of 8.
    buffer: Vec<u8>,
    first: usize,
}

impl OwnedImage {
    /// Copies bytes into an aligned buffer. They are not looked at.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(bytes: &[u8]) -> Result<OwnedImage, Error> {
        let mut buffer: Vec<u8> = Vec::new();
        buffer.try_reserve_exact(bytes.len() + ALIGN - 1).map_err(|_| Error::new(ErrorKind::OutOfMemory))?;
        let first = buffer.as_ptr().addr().wrapping_neg() % ALIGN;
        buffer.resize(first, 0);
        buffer.extend_from_slice(bytes);
        Ok(OwnedImage { buffer, first })
    }

    /// Takes bytes over where they lie, if that is at a multiple of 8, as allocators mostly give; else copies them.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn from_vec(bytes: Vec<u8>) -> Result<OwnedImage, Error> {
        if bytes.as_ptr().addr().is_multiple_of(ALIGN) {
            return Ok(OwnedImage { buffer: bytes, first: 0 });
        }
        OwnedImage::new(&bytes)
    }

    /// The bytes; they begin at a multiple of 8.
    pub fn as_bytes(&self) -> &[u8] {
        &self.buffer[self.first..]
    }

    /// Parses the bytes.
    ///
    /// # Errors
    /// As [`Image::parse`].
    pub fn parse(&self) -> Result<Image<'_>, Error> {
        Image::parse(self.as_bytes())
    }
}
