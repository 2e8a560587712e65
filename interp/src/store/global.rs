//! Globals: eight bytes each; their types stand in a list beside, since the interpreter needs only the values.

use super::{OutOfMemory, Store, next_address};
use crate::{exec::context::GlobalEntity, types::GlobalType};

impl Store {
    /// Makes room for so many globals.
    pub(crate) fn reserve_globals(&mut self, more: usize) -> Result<(), OutOfMemory> {
        self.globals.reserve(&mut self.heap, more)?;
        self.global_types.reserve(&mut self.heap, more)
    }

    /// A global. `bits` is the value, zero-extended, or a handle.
    ///
    /// # Errors
    /// No memory, or too many globals.
    pub fn new_global(&mut self, ty: GlobalType, bits: u64) -> Result<u32, OutOfMemory> {
        let address = next_address(self.globals.len())?;
        // Room first, so that the lists never differ in length.
        self.reserve_globals(1)?;
        self.global_types.push_within_capacity(ty);
        self.globals.push_within_capacity(GlobalEntity { bits });
        self.set_stale();
        Ok(address)
    }

    /// Type of a global.
    pub fn global_type(&self, address: u32) -> GlobalType {
        self.global_types[address as usize]
    }

    /// Value of a global, zero-extended. The guest may leave anything in the upper half of a narrow one.
    pub fn global(&self, address: u32) -> u64 {
        let bits = self.globals[address as usize].bits;
        if self.global_type(address).content.bytes() == 4 { bits & u64::from(u32::MAX) } else { bits }
    }

    /// Sets a global.
    ///
    /// # Panics
    /// If it is a reference, and the handle is not one of this store.
    pub fn set_global(&mut self, address: u32, bits: u64) {
        let is_ref = self.global_type(address).content.is_ref();
        assert!(!is_ref || self.is_valid_handle(bits as u32), "the handle is one of this store");
        self.globals[address as usize].bits = bits;
    }
}
