//! Function types made canonical: equal types of all modules in a store get one number, so that an indirect call compares
//! two words.
//!
//! An open-addressing hash table over the types' bytes; a million different types cost a million steps, not their square.

use super::{OutOfMemory, bound::Size, heap::Heap, list::List};
use crate::types::{FuncType, ValTypes};

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// First byte in `bytes`: parameters, then results.
    first: u32,
    params_count: u32,
    results_count: u32,
    hash: u32,
}

/// See `bound.rs`.
pub(super) const ENTRY_SIZE: Size = Size::of::<Entry>();

/// All function types of a store.
#[derive(Debug)]
pub struct Types {
    bytes: List<u8>,
    entries: List<Entry>,
    /// Number of a type plus one, or zero; a power of two of them, at most half in use.
    buckets: List<u32>,
    seed: u64,
}

impl Types {
    /// None. `seed` is best a number that nobody can guess.
    pub const fn new(seed: u64) -> Types {
        Types { bytes: List::EMPTY, entries: List::EMPTY, buckets: List::EMPTY, seed }
    }

    /// Makes room for so many new types, whose parameters and results are so many bytes.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn reserve(&mut self, heap: &mut Heap, types_count: u32, bytes_count: usize) -> Result<(), OutOfMemory> {
        let types_count = types_count as usize;
        if types_count == 0 {
            return Ok(());
        }
        // Looking for a type asks for room for one more.
        if (self.entries.len() + types_count + 1) * 2 > self.buckets.len() {
            self.rehash(heap, types_count + 1)?;
        }
        self.entries.reserve(heap, types_count)?;
        self.bytes.reserve(heap, bytes_count)
    }

    /// The number of a type, a new one if it is new.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn intern(&mut self, heap: &mut Heap, ty: FuncType<'_>) -> Result<u32, OutOfMemory> {
        if (self.entries.len() + 1) * 2 > self.buckets.len() {
            self.rehash(heap, 1)?;
        }
        let hash = hash(self.seed, ty);
        let mask = self.buckets.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(id) = self.buckets[place].checked_sub(1) {
            if self.entries[id as usize].hash == hash && self.get(id) == ty {
                return Ok(id);
            }
            place = (place + 1) & mask;
        }
        let count = |types: ValTypes<'_>| u32::try_from(types.len()).map_err(|_| OutOfMemory);
        let entry = Entry {
            first: u32::try_from(self.bytes.len()).map_err(|_| OutOfMemory)?,
            params_count: count(ty.params())?,
            results_count: count(ty.results())?,
            hash,
        };
        let id = u32::try_from(self.entries.len()).map_err(|_| OutOfMemory)?;
        self.bytes.extend(heap, ty.params().as_bytes())?;
        self.bytes.extend(heap, ty.results().as_bytes())?;
        self.entries.push(heap, entry)?;
        self.buckets[place] = id + 1;
        Ok(id)
    }

    /// The type with this number, which `intern` gave.
    pub fn get(&self, id: u32) -> FuncType<'_> {
        let entry = self.entries[id as usize];
        let (first, params, results) =
            (entry.first as usize, entry.params_count as usize, entry.results_count as usize);
        let bytes = &self.bytes[first..first + params + results];
        let (params, results) = bytes.split_at(params);
        FuncType::new(ValTypes::from_checked_bytes(params), ValTypes::from_checked_bytes(results))
    }

    /// Twice as many buckets at least, and enough for so many types more.
    fn rehash(&mut self, heap: &mut Heap, more: usize) -> Result<(), OutOfMemory> {
        let wanted = ((self.entries.len() + more) * 2).next_power_of_two();
        let len = wanted.max(self.buckets.len() * 2).max(8);
        let mut buckets = List::filled(heap, 0_u32, len)?;
        for (id, entry) in self.entries.iter().enumerate() {
            let mut place = entry.hash as usize & (len - 1);
            while buckets[place] != 0 {
                place = (place + 1) & (len - 1);
            }
            buckets[place] = id as u32 + 1;
        }
        self.buckets.free(heap);
        self.buckets = buckets;
        Ok(())
    }

    /// Gives everything back.
    pub fn free(&mut self, heap: &mut Heap) {
        self.bytes.free(heap);
        self.entries.free(heap);
        self.buckets.free(heap);
    }
}

/// Multiplies and folds byte by byte, parameters and results kept apart. The seed, unknown to whoever writes a module,
/// keeps it from choosing types that all fall into one bucket.
fn hash(seed: u64, ty: FuncType<'_>) -> u32 {
    // 2^64 divided by the golden ratio, made odd.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |state: u64, byte: &u8| {
        let state = (state ^ u64::from(*byte)).wrapping_mul(FACTOR);
        state ^ state >> 32
    };
    let params = ty.params().as_bytes().iter().fold(seed, step);
    ty.results().as_bytes().iter().fold(step(params, &0), step) as u32
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn equal_types_get_one_number_and_parameters_differ_from_results() {
        let (mut heap, mut types) = (Heap::default(), Types::new(7));
        let i32s = |count: usize| ValTypes::from_bytes(&[0x7f; 2000][..count]).unwrap();
        let mut ids = alloc::vec::Vec::new();
        for n in 0..1000 {
            ids.push(types.intern(&mut heap, FuncType::new(i32s(n), i32s(1000 - n))).unwrap());
        }
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(types.intern(&mut heap, FuncType::new(i32s(n), i32s(1000 - n))).unwrap(), *id);
            assert_eq!(types.get(*id).params().len(), n);
            assert_eq!(types.get(*id).results().len(), 1000 - n);
        }
        assert_eq!(ids.last(), Some(&999));
        types.free(&mut heap);
    }
}
