//! A function with code: where it lies, how its frame looks, which cells hold references, where its blocks begin.

use super::{
    format::{Field, FuncRecord, NONE},
    read::{Image, Records},
};
use crate::{
    isa::FRAME_UNITS,
    types::{CELL_BYTES, ExternKind, FuncIndex, FuncType},
};

/// Functions whose code is longer than this have block starts of two units.
pub(super) const NARROW_UNITS_MAX: u32 = 0x1_0000;

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

impl<'a> Func<'a> {
    /// Reads function number `i` of those with code.
    #[inline]
    pub(super) fn read(image: &Image<'a>, i: u32) -> Option<Func<'a>> {
        let record = image.funcs.get(i)?;
        let next = image.funcs.get(i.checked_add(1)?);
        let index = FuncIndex(image.imported[ExternKind::Func as usize].checked_add(i)?);
        let entry = record.entry as usize;
        let frame: &[u16; FRAME_UNITS] = image.code.get(entry.checked_sub(FRAME_UNITS)?..entry)?.first_chunk()?;
        let wide = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        let frame_bytes = wide(frame[4], frame[5]);
        let (end, blocks_end) = match next {
            Some(next) => (next.entry.checked_sub(FRAME_UNITS as u32)?, next.blocks_first),
            None => (image.code.len() as u32, image.block_starts.len()),
        };
        let length = end.checked_sub(record.entry)?;
        let units = image.block_starts.range(record.blocks_first, blocks_end.checked_sub(record.blocks_first)?)?;
        Some(Func {
            index,
            ty: image.type_of_func(index)?,
            entry: record.entry,
            end,
            params_bytes: frame[0],
            header_offset: frame[1],
            zero_bytes: wide(frame[2], frame[3]),
            frame_bytes,
            cell_map: CellMap::read(image.cell_maps, record, frame_bytes)?,
            block_starts: BlockStarts { entry: record.entry, units, is_wide: length > NARROW_UNITS_MAX },
            wasm_offset: record.wasm_offset,
        })
    }

    /// Cells of the frame.
    #[inline]
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
    #[inline]
    pub fn has_references(self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether this cell holds a reference. Cells beyond the frame hold none.
    #[inline]
    pub fn is_reference(self, cell: u32) -> bool {
        self.bytes.get((cell / 8) as usize).is_some_and(|byte| byte >> (cell % 8) & 1 != 0)
    }

    /// Number of the cell behind the last that holds a reference; 0 if none does.
    pub fn references_end(self) -> u32 {
        let Some(last) = self.bytes.iter().rposition(|byte| *byte != 0) else { return 0 };
        last as u32 * 8 + (8 - self.bytes[last].leading_zeros())
    }

    /// Whether none of `count` cells from `first` holds a reference.
    #[inline]
    pub fn is_data(self, first: u32, count: u32) -> bool {
        self.bytes.is_empty() || (first..first.saturating_add(count)).all(|cell| !self.is_reference(cell))
    }
}

/// The places in a function where control may arrive other than from the instruction before, ascending.
#[derive(Clone, Copy, Debug)]
pub struct BlockStarts<'a> {
    entry: u32,
    units: Records<'a, u16>,
    is_wide: bool,
}

impl BlockStarts<'_> {
    /// Number of block starts.
    #[inline]
    pub fn len(self) -> u32 {
        if self.is_wide { self.units.len() / 2 } else { self.units.len() }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Unit offset in the code of block start `i`.
    #[inline]
    pub fn get(self, i: u32) -> Option<u32> {
        let relative = if self.is_wide {
            u32::read(self.units.range(i.checked_mul(2)?, 2)?.bytes())
        } else {
            u32::from(self.units.get(i)?)
        };
        self.entry.checked_add(relative)
    }

    /// The block starts, ascending, as unit offsets in the code.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..self.len()).map_while(move |i| self.get(i))
    }

    /// Whether a block starts at this unit offset.
    pub fn contains(self, code_offset: u32) -> bool {
        let Some(relative) = code_offset.checked_sub(self.entry) else { return false };
        if self.is_wide {
            let (starts, _) = self.units.bytes().as_chunks();
            starts.binary_search_by_key(&relative, |start| u32::from_le_bytes(*start)).is_ok()
        } else {
            let (starts, _) = self.units.bytes().as_chunks();
            starts.binary_search_by_key(&relative, |start| u32::from(u16::from_le_bytes(*start))).is_ok()
        }
    }

    /// Whether the section holds a whole number of them.
    pub(super) fn is_whole(self) -> bool {
        !self.is_wide || self.units.len().is_multiple_of(2)
    }
}
