//! A function with code: where it lies, how its frame looks, which cells hold references, where its blocks begin.

use super::{
    format::{FuncRecord, NONE},
    read::Image,
};
use crate::{
    isa::FRAME_UNITS,
    types::{CELL_BYTES, ExternKind, FuncIndex, FuncType},
};

/// A function with code.
#[derive(Clone, Copy, Debug)]
pub struct Func<'a> {
    /// Index in the module's functions; hidden functions come last.
    pub index: FuncIndex,
    /// Type.
    pub ty: FuncType<'a>,
    /// Unit offset of the first instruction.
    pub entry: u32,
    /// Unit offset behind the last instruction.
    pub end: u32,
    /// Bytes of the parameters, from the start of the frame.
    pub params_bytes: u16,
    /// Byte offset of the frame header in the frame, right after parameters and results.
    pub header_offset: u16,
    /// Bytes to zero behind the frame header when the frame is opened.
    pub zero_bytes: u32,
    /// Bytes of the whole frame.
    pub frame_bytes: u32,
    /// Which cells of the frame hold references.
    pub cell_map: CellMap<'a>,
    /// Where blocks begin, besides the entry.
    pub block_starts: BlockStarts<'a>,
    /// Byte offset of the body in the wasm module.
    pub wasm_offset: u32,
}

/// What a direct call has to know of the function that it calls.
pub(super) struct Callee {
    pub(super) index: FuncIndex,
    /// As its type says.
    pub(super) header_offset: u32,
}

impl Callee {
    /// The function, not a hidden one, with this unit offset as its entry. Its index stands before, and is compared with the
    /// records: so this takes no search.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn read(image: &Image<'_>, entry: u32) -> Option<Callee> {
        let units = image.code.get((entry as usize).checked_sub(FRAME_UNITS)?..)?;
        let [index_low, index_high, _, header_offset] = *units.first_chunk()?;
        let index = u32::from(index_low) | u32::from(index_high) << 16;
        let record = image.funcs.get(index.checked_sub(image.imported_count(ExternKind::Func))?)?;
        let is_entry = record.entry == entry && index < image.count(ExternKind::Func);
        is_entry.then_some(Callee { index: FuncIndex(index), header_offset: u32::from(header_offset) })
    }
}

impl<'a> Func<'a> {
    /// Reads function number `i` of those with code.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn read(image: &Image<'a>, i: u32) -> Option<Func<'a>> {
        let record = image.funcs.get(i)?;
        let next = image.funcs.get(i.checked_add(1)?);
        let index = FuncIndex(image.imported[ExternKind::Func as usize].checked_add(i)?);
        let entry = record.entry as usize;
        let units: &[u16; FRAME_UNITS] = image.code.get(entry.checked_sub(FRAME_UNITS)?..entry)?.first_chunk()?;
        let wide = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        let [index_low, index_high, params_bytes, header_offset, zero_low, zero_high, frame_low, frame_high] = *units;
        if wide(index_low, index_high) != index.0 {
            return None;
        }
        let frame_bytes = wide(frame_low, frame_high);
        let end = match next {
            Some(next) => next.entry.checked_sub(FRAME_UNITS as u32)?,
            None => image.code.len() as u32,
        };
        Some(Func {
            index,
            ty: image.type_of_func(index)?,
            entry: record.entry,
            end,
            params_bytes,
            header_offset,
            zero_bytes: wide(zero_low, zero_high),
            frame_bytes,
            cell_map: CellMap::read(image.cell_maps, record, frame_bytes)?,
            block_starts: BlockStarts { bits: image.block_starts, entry: record.entry, end },
            wasm_offset: record.wasm_offset,
        })
    }

    /// Cells of the frame.
    #[cfg_attr(not(compact), inline)]
    pub fn frame_cells(&self) -> u32 {
        self.frame_bytes / CELL_BYTES
    }
}

/// One bit for each cell of a frame: whether it holds references. Fixed for the whole function.
#[derive(Clone, Copy, Debug)]
pub struct CellMap<'a> {
    /// Cell `c` is bit `c % 8` of byte `c / 8`; no bytes if all cells hold data.
    bytes: &'a [u8],
}

impl<'a> CellMap<'a> {
    fn read(maps: &'a [u8], record: FuncRecord, frame_bytes: u32) -> Option<CellMap<'a>> {
        if record.cell_map == NONE {
            return Some(CellMap { bytes: &[] });
        }
        let first = record.cell_map as usize;
        let bytes = (frame_bytes / CELL_BYTES).div_ceil(8) as usize;
        maps.get(first..first.checked_add(bytes)?).map(|bytes| CellMap { bytes })
    }

    /// Whether any cell may hold a reference.
    #[cfg_attr(not(compact), inline)]
    pub fn has_references(self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether this cell holds a reference. Cells beyond the frame hold none.
    #[cfg_attr(not(compact), inline)]
    pub fn is_reference(self, cell: u32) -> bool {
        self.bytes.get((cell / 8) as usize).is_some_and(|byte| byte >> (cell % 8) & 1 != 0)
    }

    /// The cells from the first that holds a reference to the end of the last; none if no cell does.
    pub fn references(self) -> Option<(u32, u32)> {
        let cell = |byte: usize, bit: u32| byte as u32 * 8 + bit;
        let first = self.bytes.iter().position(|byte| *byte != 0)?;
        let last = self.bytes.iter().rposition(|byte| *byte != 0)?;
        Some((cell(first, self.bytes[first].trailing_zeros()), cell(last, 8 - self.bytes[last].leading_zeros())))
    }

    /// The map in these bytes; cells beyond them hold data.
    #[cfg(all(feature = "translate", feature = "exec"))]
    pub(crate) const fn from_bytes(bytes: &'a [u8]) -> CellMap<'a> {
        CellMap { bytes }
    }

    /// The cells that hold references, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> + 'a {
        self.bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).flat_map(|(index, byte)| {
            (0..8).filter(move |bit| byte >> bit & 1 != 0).map(move |bit| index as u32 * 8 + bit)
        })
    }

    /// Whether none of `count` cells from `first` holds a reference.
    #[cfg_attr(not(compact), inline)]
    pub fn is_data(self, first: u32, count: u32) -> bool {
        self.bytes.is_empty() || (first..first.saturating_add(count)).all(|cell| !self.is_reference(cell))
    }
}

/// The places in a function where control may arrive other than from the instruction before: a bit for each unit of code.
#[derive(Clone, Copy, Debug)]
pub struct BlockStarts<'a> {
    /// Unit `u` of the image's code is bit `u % 8` of byte `u / 8`. Missing bytes are zero.
    bits: &'a [u8],
    entry: u32,
    end: u32,
}

impl BlockStarts<'_> {
    /// The block starts, ascending, as unit offsets in the code.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (self.entry..self.end).filter(move |unit| self.contains(*unit))
    }

    /// Whether a block of the function starts at this unit offset.
    #[cfg_attr(not(compact), inline)]
    pub fn contains(self, code_offset: u32) -> bool {
        let byte = self.bits.get((code_offset / 8) as usize).copied().unwrap_or(0);
        let is_inside = self.entry <= code_offset && code_offset < self.end;
        is_inside && byte >> (code_offset % 8) & 1 != 0
    }

    /// Whether no block starts behind the first unit of an instruction of `len` units.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn spare(self, code_offset: u32, len: u32) -> bool {
        const SEEN: u32 = u64::BITS - 7;
        let bits = self.bits.get((code_offset / 8) as usize..).unwrap_or(&[]);
        match bits.first_chunk() {
            Some(bits) if len <= SEEN => {
                let inside = (1 << len) - 2;
                u64::from_le_bytes(*bits) >> (code_offset % 8) & inside == 0
            }
            _ => self.spare_far(code_offset, len),
        }
    }

    #[cold]
    fn spare_far(self, code_offset: u32, len: u32) -> bool {
        !(code_offset + 1..code_offset + len).any(|unit| self.contains(unit))
    }
}
