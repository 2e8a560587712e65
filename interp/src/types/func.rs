//! Function types as borrowed views, and where parameters and results lie in a frame.
//!
//! Layout: parameters in order from cell 0 of the frame, packed, each aligned to one cell only (an i64 may start at an odd
//! cell); results overwrite them in the same way; the frame header follows the larger of both.

use super::{CELL_BYTES, ValType};
use core::fmt;

/// Bytes of the frame header: return address and what a special return needs.
pub const FRAME_HEADER_BYTES: u32 = 8;

/// A sequence of value types, viewed as their bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValTypes<'a> {
    /// Every byte is that of a value type.
    bytes: &'a [u8],
}

impl<'a> ValTypes<'a> {
    /// No types.
    pub const EMPTY: ValTypes<'static> = ValTypes { bytes: &[] };

    /// The types with these bytes; `None` if a byte names no type.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<ValTypes<'a>> {
        bytes.iter().all(|&byte| ValType::from_byte(byte).is_some()).then_some(ValTypes { bytes })
    }

    /// The types with bytes that were checked before. A byte that names no type would end iteration early.
    #[cfg_attr(not(compact), inline)]
    pub(crate) fn from_checked_bytes(bytes: &'a [u8]) -> ValTypes<'a> {
        debug_assert!(ValTypes::from_bytes(bytes).is_some());
        ValTypes { bytes }
    }

    /// The bytes of the types.
    #[cfg_attr(not(compact), inline)]
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The number of types.
    #[cfg_attr(not(compact), inline)]
    pub fn len(self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no types.
    #[cfg_attr(not(compact), inline)]
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The type at `i`, if there are that many.
    #[cfg_attr(not(compact), inline)]
    pub fn get(self, i: usize) -> Option<ValType> {
        self.bytes.get(i).and_then(|&byte| ValType::from_byte(byte))
    }

    /// The types in order.
    #[cfg_attr(not(compact), inline)]
    pub fn iter(self) -> impl Iterator<Item = ValType> + Clone + 'a {
        self.bytes.iter().map_while(|&byte| ValType::from_byte(byte))
    }

    /// The types in order, each with the first cell of its value, packed from cell 0.
    pub fn layout(self) -> impl Iterator<Item = (ValType, u32)> + Clone + 'a {
        self.iter().scan(0_u32, |next, ty| {
            let cell = *next;
            *next += ty.cells();
            Some((ty, cell))
        })
    }

    /// Cells that values of these types take, packed. A type section has far fewer than 2^30 bytes, so this cannot overflow.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn cells(self) -> u32 {
        self.iter().map(ValType::cells).sum()
    }
}

impl fmt::Debug for ValTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As in Wasm text, without parentheses around: `i32 i64`.
impl fmt::Display for ValTypes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, ty) in self.iter().enumerate() {
            write!(f, "{}{ty}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The type of a function, borrowed. Two types are equal if their parameters and results are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FuncType<'a> {
    params: ValTypes<'a>,
    results: ValTypes<'a>,
}

impl<'a> FuncType<'a> {
    /// A function type of these parameters and results.
    #[cfg_attr(not(compact), inline)]
    pub const fn new(params: ValTypes<'a>, results: ValTypes<'a>) -> FuncType<'a> {
        FuncType { params, results }
    }

    /// Types of the parameters.
    #[cfg_attr(not(compact), inline)]
    pub const fn params(self) -> ValTypes<'a> {
        self.params
    }

    /// Types of the results.
    #[cfg_attr(not(compact), inline)]
    pub const fn results(self) -> ValTypes<'a> {
        self.results
    }

    /// Cells at the start of the frame that hold the parameters, later the results.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub fn window_cells(self) -> u32 {
        self.params.cells().max(self.results.cells())
    }

    /// Byte offset of the frame header: right after parameters and results.
    #[cfg_attr(not(compact), inline)]
    pub fn header_offset(self) -> u32 {
        self.window_cells() * CELL_BYTES
    }
}

/// As in Wasm text: `(func (param i32 i64) (result f32))`.
impl fmt::Display for FuncType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(func")?;
        if !self.params.is_empty() {
            write!(f, " (param {})", self.params)?;
        }
        if !self.results.is_empty() {
            write!(f, " (result {})", self.results)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::{string::ToString, vec::Vec};

    #[test]
    fn values_are_packed_without_padding() {
        let params = ValTypes::from_bytes(&[0x7f, 0x7e, 0x70, 0x7b, 0x7c]).unwrap();
        let results = ValTypes::from_bytes(&[0x7d]).unwrap();
        assert_eq!(params.layout().map(|(_, cell)| cell).collect::<Vec<_>>(), [0, 1, 3, 4, 8]);
        assert_eq!(params.cells(), 10);
        let ty = FuncType::new(params, results);
        assert_eq!(ty.header_offset(), 40);
        assert_eq!(FuncType::new(results, params).header_offset(), 40);
        assert_eq!(ty.to_string(), "(func (param i32 i64 funcref v128 f64) (result f32))");
        assert_eq!(FuncType::new(ValTypes::EMPTY, ValTypes::EMPTY).to_string(), "(func)");
    }

    #[test]
    fn a_byte_that_names_no_type_is_refused() {
        assert_eq!(ValTypes::from_bytes(&[0x7f, 0x40]), None);
    }
}
