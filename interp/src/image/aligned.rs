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

    /// Takes bytes over: where they lie, if that is at a multiple of 8, as allocators mostly give; a little further up, if the vector has room
    /// for seven bytes more; else it copies them.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn from_vec(mut buffer: Vec<u8>) -> Result<OwnedImage, Error> {
        let first = buffer.as_ptr().addr().wrapping_neg() % ALIGN;
        let length = buffer.len();
        if first > buffer.capacity() - length {
            return OwnedImage::new(&buffer);
        }
        buffer.resize(length + first, 0);
        buffer.copy_within(..length, first);
        Ok(OwnedImage { buffer, first })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_over_and_not_copied_where_there_is_room() {
        for room in 0..=8 {
            for skipped in 0..8 {
                let mut bytes = Vec::with_capacity(64 + room);
                bytes.extend((0..64 - skipped).map(|i| i as u8));
                let (expected, place) = (bytes.clone(), bytes.as_ptr().addr());
                let image = OwnedImage::from_vec(bytes).unwrap();
                assert_eq!(image.as_bytes(), expected);
                assert!(image.as_bytes().as_ptr().addr().is_multiple_of(ALIGN));
                let is_there = image.buffer.as_ptr().addr() == place;
                assert!(is_there || room < ALIGN - 1 && !place.is_multiple_of(ALIGN), "{room} bytes of room");
            }
        }
    }
}
