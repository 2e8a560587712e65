//! In the place of `types.rs` in builds without an allocator: function types made canonical by looking through all of them.
//!
//! A store in an arena has as many types as the arena has room for, and their images lie in flash: there is no hash table, which
//! would take more room in both.

use super::{OutOfMemory, heap::Heap, list::List};
use crate::types::{FuncType, ValTypes};

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// First byte in `bytes`: parameters, then results.
    first: u32,
    params_count: u16,
    results_count: u16,
}

/// All function types of a store.
#[derive(Debug)]
pub struct Types {
    bytes: List<u8>,
    entries: List<Entry>,
}

impl Types {
    /// None.
    pub const fn new(_: u64) -> Types {
        Types { bytes: List::EMPTY, entries: List::EMPTY }
    }

    /// The number of a type, a new one if it is new.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn intern(&mut self, heap: &mut Heap, ty: FuncType<'_>) -> Result<u32, OutOfMemory> {
        let id = self.entries.len() as u32;
        if let Some(known) = (0..id).find(|known| self.get(*known) == ty) {
            return Ok(known);
        }
        let count = |types: ValTypes<'_>| u16::try_from(types.len()).map_err(|_| OutOfMemory);
        let entry = Entry {
            first: self.bytes.len() as u32,
            params_count: count(ty.params())?,
            results_count: count(ty.results())?,
        };
        self.bytes.extend(heap, ty.params().as_bytes())?;
        self.bytes.extend(heap, ty.results().as_bytes())?;
        self.entries.push(heap, entry)?;
        Ok(id)
    }

    /// The type with this number, which `intern` gave.
    pub fn get(&self, id: u32) -> FuncType<'_> {
        let entry = self.entries[id as usize];
        let (first, params, results) =
            (entry.first as usize, usize::from(entry.params_count), usize::from(entry.results_count));
        let bytes = &self.bytes[first..first + params + results];
        let (params, results) = bytes.split_at(params);
        FuncType::new(ValTypes::from_checked_bytes(params), ValTypes::from_checked_bytes(results))
    }

    /// Gives everything back.
    pub fn free(&mut self, heap: &mut Heap) {
        self.bytes.free(heap);
        self.entries.free(heap);
    }
}
