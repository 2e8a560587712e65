//! The source map: for instructions that can trap or call, where in the wasm module they come from.
//!
//! Entries are sorted by code offset, in runs of [`RUN`]: the first of a run is a record, found by binary search; the
//! others follow as differences in LEB128, code unsigned, wasm zigzag-coded. About two bytes an entry.

use super::{format::SourceMapRecord, read::Records};

/// Entries of a run, its record included.
pub(super) const RUN: u32 = 32;

/// Byte offset in wasm of the last entry at or before `code_offset`.
pub(super) fn lookup(runs: Records<'_, SourceMapRecord>, bytes: &[u8], code_offset: u32) -> Option<u32> {
    let i = runs.partition_point(|run| run.code <= code_offset).checked_sub(1)?;
    run(runs, bytes, i).take_while(|(code, _)| *code <= code_offset).last().map(|(_, wasm)| wasm)
}

/// All entries in order.
pub(super) fn entries<'a>(
    runs: Records<'a, SourceMapRecord>,
    bytes: &'a [u8],
) -> impl Iterator<Item = (u32, u32)> + 'a {
    (0..runs.len()).flat_map(move |i| run(runs, bytes, i))
}

/// The packed bytes of run `i`.
pub(super) fn run_bytes<'a>(runs: Records<'a, SourceMapRecord>, bytes: &'a [u8], i: u32) -> Option<&'a [u8]> {
    let end = runs.get(i.checked_add(1)?).map_or(bytes.len(), |next| next.first as usize);
    bytes.get(runs.get(i)?.first as usize..end)
}

/// The entries of run `i`.
fn run<'a>(runs: Records<'a, SourceMapRecord>, bytes: &'a [u8], i: u32) -> impl Iterator<Item = (u32, u32)> + use<'a> {
    let mut rest = run_bytes(runs, bytes, i).unwrap_or(&[]);
    let mut next = runs.get(i).map(|first| (first.code, first.wasm));
    core::iter::from_fn(move || {
        let (code, wasm) = next?;
        next = read_unsigned(&mut rest).and_then(|step| {
            let back = read_unsigned(&mut rest)?;
            // Zigzag: the lowest bit is the sign.
            let difference = (back >> 1) as i32 ^ -((back & 1) as i32);
            Some((code.checked_add(step)?, wasm.wrapping_add_signed(difference)))
        });
        Some((code, wasm))
    })
}

/// Reads LEB128 of 32 bits; `None` at the end of the bytes or if it is too long.
fn read_unsigned(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Packs entries as they come.
#[cfg(feature = "translate")]
#[derive(Default, Debug)]
pub struct SourceMapPart {
    pub(super) runs: alloc::vec::Vec<SourceMapRecord>,
    pub(super) bytes: alloc::vec::Vec<u8>,
    last: (u32, u32),
    count: u32,
}

#[cfg(feature = "translate")]
impl SourceMapPart {
    /// Appends an entry. One at the code offset of the entry before is left out, one before it too.
    ///
    /// # Errors
    /// `OutOfMemory`.
    #[cfg_attr(not(compact), inline)]
    pub fn push(&mut self, code: u32, wasm: u32) -> Result<(), crate::error::Error> {
        if self.count != 0 && code <= self.last.0 {
            return Ok(());
        }
        if self.count.is_multiple_of(RUN) {
            crate::push::push(&mut self.runs, SourceMapRecord { code, wasm, first: self.bytes.len() as u32 })?;
        } else {
            let difference = wasm.wrapping_sub(self.last.1) as i32;
            let (step, back) = (code - self.last.0, (difference << 1 ^ difference >> 31) as u32);
            if step < 0x80 && back < 0x80 {
                self.bytes.try_reserve(2).map_err(super::write::out_of_memory)?;
                self.bytes.extend_from_slice(&[step as u8, back as u8]);
            } else {
                self.push_unsigned(step)?;
                self.push_unsigned(back)?;
            }
        }
        self.last = (code, wasm);
        self.count += 1;
        Ok(())
    }

    #[cold]
    fn push_unsigned(&mut self, mut value: u32) -> Result<(), crate::error::Error> {
        while value >= 0x80 {
            crate::push::push(&mut self.bytes, value as u8 | 0x80)?;
            value >>= 7;
        }
        Ok(crate::push::push(&mut self.bytes, value as u8)?)
    }
}
