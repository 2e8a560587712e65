//! Globals: eight bytes each; their types stand in a list beside, since the interpreter needs only the values. A vector has its value in a list
//! of its own, and the number there in the eight bytes.

use super::{OutOfMemory, Store, next_address};
#[cfg(feature = "simd")]
use crate::types::ValType;
use crate::{
    exec::context::GlobalEntity,
    types::{Bits, GlobalType},
};

impl Store {
    /// Makes room for so many globals.
    pub(crate) fn reserve_globals(&mut self, more: usize) -> Result<(), OutOfMemory> {
        self.globals.reserve(&mut self.heap, more)?;
        self.global_types.reserve(&mut self.heap, more)
    }

    /// Makes room for so many globals among them that hold vectors.
    #[cfg(feature = "simd")]
    pub(crate) fn reserve_vectors(&mut self, more: usize) -> Result<(), OutOfMemory> {
        self.vectors.reserve(&mut self.heap, more)
    }

    /// A global. `bits` is the value, zero-extended, or a handle.
    ///
    /// # Errors
    /// No memory, or too many globals.
    pub fn new_global(&mut self, ty: GlobalType, bits: Bits) -> Result<u32, OutOfMemory> {
        let address = next_address(self.globals.len())?;
        // Room first, so that the lists never differ in length.
        self.reserve_globals(1)?;
        #[cfg(feature = "simd")]
        if ty.content == ValType::V128 {
            let number = u64::from(next_address(self.vectors.len())?);
            self.vectors.push(&mut self.heap, cells_of(bits))?;
            self.push_global(ty, number);
            return Ok(address);
        }
        self.push_global(ty, bits as u64);
        Ok(address)
    }

    /// Adds a global for which there is room.
    fn push_global(&mut self, ty: GlobalType, bits: u64) {
        self.global_types.push_within_capacity(ty);
        self.globals.push_within_capacity(GlobalEntity { bits });
        self.set_stale();
    }

    /// Type of a global.
    pub fn global_type(&self, address: u32) -> GlobalType {
        self.global_types[address as usize]
    }

    /// Value of a global, zero-extended. The guest may leave anything in the upper half of a narrow one.
    pub fn global(&self, address: u32) -> Bits {
        let bits = self.globals[address as usize].bits;
        match self.global_type(address).content {
            #[cfg(feature = "simd")]
            ValType::V128 => bits_of(&self.vectors[bits as usize]),
            ty if ty.bytes() == 4 => Bits::from(bits as u32),
            _ => Bits::from(bits),
        }
    }

    /// Sets a global.
    ///
    /// # Panics
    /// If it is a reference, and the handle is not one of this store.
    pub fn set_global(&mut self, address: u32, bits: Bits) {
        let content = self.global_type(address).content;
        assert!(!content.is_ref() || self.is_valid_handle(bits as u32), "the handle is one of this store");
        #[cfg(feature = "simd")]
        if content == ValType::V128 {
            let number = self.globals[address as usize].bits;
            self.vectors[number as usize] = cells_of(bits);
            return;
        }
        self.globals[address as usize].bits = bits as u64;
    }
}

/// The bits of a value in its cells.
pub(super) fn bits_of(cells: &[u32]) -> Bits {
    cells.iter().rev().fold(0, |bits, cell| bits << 32 | Bits::from(*cell))
}

/// The cells of a vector.
#[cfg(feature = "simd")]
pub(super) fn cells_of(bits: Bits) -> [u32; 4] {
    core::array::from_fn(|i| (bits >> (32 * i)) as u32)
}
