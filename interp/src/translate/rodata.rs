//! A data segment that the module does not write to is marked, so that small builds leave it in the image: `Config::rodata`.
//!
//! That nothing writes there is the word of who asks for it, which a linker's layout can back (`.rodata`) and nothing here can prove, since addresses are computed. Safety
//! does not rest on it: the interpreter compares every address, and a store there traps. Whatever borders on the segment is still in RAM, and no access may cross from one
//! to the other; so the mark goes to whole words of eight bytes, and what is before and behind them in the segment is copied as ever.

use super::module::Sections;
use crate::{
    error::{Error, ErrorKind},
    image::{ConstExpr, DataMode},
};
use core::ops::Range;

/// What the borders of read-only data are multiples of: the widest access of a scalar.
const ALIGN: u64 = 8;

impl Sections<'_> {
    /// Marks a segment.
    ///
    /// # Errors
    /// `Unsupported` with what is wrong with it.
    pub(super) fn mark_rodata(&mut self, segment: u32) -> Result<(), Error> {
        let refuse = |why| Err(Error::new(ErrorKind::Unsupported(why)));
        let place = |data: &(DataMode, usize)| match data.0 {
            DataMode::Active { memory, offset: ConstExpr::Bits(start) } => {
                Some((memory, start..start.saturating_add(data.1 as u64)))
            }
            _ => None,
        };
        let segments = self.parts.data_segments();
        let Some(wanted) = segments.clone().nth(segment as usize) else {
            return refuse("read-only data in a segment that the module does not have");
        };
        let Some((memory, range)) = place(&wanted) else {
            return refuse("read-only data in a segment that is passive, or whose address is not a constant");
        };
        let ty = &self.info.memories[memory.0 as usize];
        if memory.0 < self.info.imported_memories {
            return refuse("read-only data in a memory that is imported");
        }
        if ty.is_memory64 || ty.is_shared {
            return refuse("read-only data in a memory that is shared, or has addresses of 64 bits");
        }
        if range.end > ty.bytes(ty.limits.min) {
            return refuse("read-only data outside the memory's minimal size");
        }
        let whole = range.start.next_multiple_of(ALIGN)..range.end / ALIGN * ALIGN;
        if whole.is_empty() {
            return refuse("read-only data of less than eight bytes");
        }
        // What is initialised twice is no constant; what has an address that is not known may be the same.
        let overlaps = |other: &Range<u64>| other.start < range.end && range.start < other.end;
        let is_alone = segments.enumerate().all(|(index, data)| match (data.0, place(&data)) {
            _ if index == segment as usize => true,
            (DataMode::Passive, _) => true,
            (DataMode::Active { memory: of, .. }, None) => of != memory,
            (_, Some((of, other))) => of != memory || !overlaps(&other),
        });
        if !is_alone {
            return refuse("read-only data in a segment that another one overlaps, or may");
        }
        let front = (whole.start - range.start) as u32;
        self.parts.mark_read_only(segment, front, (whole.end - whole.start) as u32)
    }
}
