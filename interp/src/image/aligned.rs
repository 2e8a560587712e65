//! An image that owns its bytes, in a buffer aligned as reading in place needs.

use super::Image;
use crate::error::{Error, ErrorKind};
use alloc::vec::Vec;

/// Eight bytes at a multiple of 8, which `u64` does not promise on every target.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Word([u8; 8]);

const _: () = assert!(size_of::<Word>() == super::format::ALIGN && align_of::<Word>() == super::format::ALIGN);

/// The bytes of an image in an 8-aligned buffer of their own.
///
/// Holds bytes, not a parsed image: an [`Image`] borrows them.
pub struct OwnedImage {
    words: Vec<Word>,
    length: usize,
}

impl OwnedImage {
    /// Copies bytes into an aligned buffer. They are not looked at.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(bytes: &[u8]) -> Result<OwnedImage, Error> {
        let mut words = Vec::new();
        words.try_reserve_exact(bytes.len().div_ceil(8)).map_err(|_| Error::new(ErrorKind::OutOfMemory))?;
        let (chunks, tail) = bytes.as_chunks();
        words.extend(chunks.iter().map(|chunk| Word(*chunk)));
        if !tail.is_empty() {
            let mut last = [0; 8];
            last[..tail.len()].copy_from_slice(tail);
            words.push(Word(last));
        }
        Ok(OwnedImage { words, length: bytes.len() })
    }

    /// The bytes; they begin at a multiple of 8.
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: `Word` is eight bytes without padding, and `u8` has no alignment, so everything is in the middle.
        let (_, bytes, _) = unsafe { self.words.align_to::<u8>() };
        &bytes[..self.length]
    }

    /// Parses the bytes.
    ///
    /// # Errors
    /// As [`Image::parse`].
    pub fn parse(&self) -> Result<Image<'_>, Error> {
        Image::parse(self.as_bytes())
    }
}
