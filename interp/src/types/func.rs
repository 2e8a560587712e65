//! Function types as borrowed views, and where parameters and results lie in a frame.
//!
//! Layout: parameters in order from cell 0 of the frame, packed, each aligned to one cell only (an i64 may start at an odd
//! cell); results overwrite them in the same way; the frame header follows the larger of both.

#[cfg(feature = "function-references")]
use super::RefType;
use super::{CELL_BYTES, ValType};
use core::fmt;

/// Bytes of the frame header: return address and what a special return needs.
pub const FRAME_HEADER_BYTES: u32 = 8;

/// A sequence of value types, viewed as their bytes: one a type, or four if it has an index.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValTypes<'a> {
    /// Codings of value types, one behind the other.
    bytes: &'a [u8],
}

impl<'a> ValTypes<'a> {
    /// No types.
    pub const EMPTY: ValTypes<'static> = ValTypes { bytes: &[] };

    /// The types with these bytes; `None` if some name no type.
    pub fn from_bytes(bytes: &'a [u8]) -> Option<ValTypes<'a>> {
        let mut rest = ValTypes { bytes };
        while !rest.is_empty() {
            (_, rest) = rest.split_first()?;
        }
        Some(ValTypes { bytes })
    }

    /// The first type, and the others; `None` if there is none, or its bytes name no type.
    #[cfg_attr(not(compact), inline)]
    pub fn split_first(self) -> Option<(ValType, ValTypes<'a>)> {
        let (&first, rest) = self.bytes.split_first()?;
        #[cfg(feature = "function-references")]
        if RefType::is_concrete(first) {
            let (word, rest) = self.bytes.split_first_chunk()?;
            return Some((ValType::from_word(u32::from_le_bytes(*word))?, ValTypes { bytes: rest }));
        }
        Some((ValType::from_word(u32::from(first))?, ValTypes { bytes: rest }))
    }

    /// The types with bytes that were checked before. Bytes that name no type would end iteration early.
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
        if cfg!(feature = "function-references") { self.iter().count() } else { self.bytes.len() }
    }

    /// Whether there are no types.
    #[cfg_attr(not(compact), inline)]
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The type at `i`, if there are that many.
    #[cfg_attr(not(compact), inline)]
    pub fn get(self, i: usize) -> Option<ValType> {
        if cfg!(feature = "function-references") {
            self.iter().nth(i)
        } else {
            self.bytes.get(i).and_then(|&byte| ValType::from_word(u32::from(byte)))
        }
    }

    /// The only type, if there is exactly one.
    #[cfg_attr(not(compact), inline)]
    pub fn single(self) -> Option<ValType> {
        self.split_first().filter(|(_, rest)| rest.is_empty()).map(|(ty, _)| ty)
    }

    /// The types in order.
    #[cfg_attr(not(compact), inline)]
    pub fn iter(self) -> impl Iterator<Item = ValType> + Clone + 'a {
        Iter(self)
    }

    /// Whether there are as many types in both, and values of each are kept alike.
    pub fn are_like(self, other: ValTypes<'_>) -> bool {
        self == other || self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a.is_like(b))
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

/// The types that are left.
#[derive(Clone)]
struct Iter<'a>(ValTypes<'a>);

impl Iterator for Iter<'_> {
    type Item = ValType;

    #[cfg_attr(not(compact), inline)]
    fn next(&mut self) -> Option<ValType> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
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
        assert_eq!(ValTypes::from_bytes(&[0x7f, 0x63, 1, 0]), None, "an index cut off");
    }

    #[test]
    #[cfg(feature = "function-references")]
    fn types_with_an_index_take_four_bytes() {
        let types = ValTypes::from_bytes(&[0x7f, 0x63, 1, 2, 0, 0x23, 5, 0, 0, 0x7e]).unwrap();
        assert_eq!(types.len(), 4);
        assert_eq!(types.to_string(), "i32 (ref null 513) (ref 5) i64");
        assert_eq!((types.get(3), types.get(4)), (Some(ValType::I64), None));
        assert_eq!(types.cells(), 5);
    }
}
