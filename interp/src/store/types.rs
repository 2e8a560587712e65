//! Types made canonical: equal types of all modules in a store get one number, so that an indirect call compares two words, and
//! casts a few more.
//!
//! Types are equal if their recursion groups are: as many types, alike but for what the group's own types are called. An open-addressing hash
//! table finds groups; a million different ones cost a million steps, not their square. What is kept of a type is coded as in an image,
//! with numbers of this store in the place of the image's indices. A supertype has a smaller number than what is below it.

use super::{OutOfMemory, bound::Size, heap::Heap, list::List};
#[cfg(feature = "gc")]
use crate::{
    gc::{Kind, ObjectHeap, layout::Storage},
    types::rec::{CompositeType, FieldTypes},
};
#[cfg(feature = "function-references")]
use crate::{image::format::TYPE_KIND_SHIFT, types::rec::CompositeKind};
use crate::{
    image::{
        Image,
        format::{NONE, PARAMS_BYTES, TYPE_KIND, TypeParts, has_index},
    },
    types::{FuncType, RefType, TypeIndex, TypeSpace, ValTypes},
};

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// First byte in `bytes`.
    first: u32,
    /// As of an image's record.
    params: u16,
    /// As of an image's record.
    results: u16,
    /// Number of the group's first type.
    group: u32,
    /// Of the group, if it is the first; else zero.
    hash: u32,
}

/// See `bound.rs`.
pub(super) const ENTRY_SIZE: Size = Size::of::<Entry>();

/// All types of a store.
#[derive(Debug)]
pub struct Types {
    bytes: List<u8>,
    entries: List<Entry>,
    /// Number of the type above each, or [`NONE`].
    supertypes: List<u32>,
    /// Descriptor of each that is a structure or an array, else 0; as many as were needed.
    #[cfg(feature = "gc")]
    descriptors: List<u32>,
    /// Number of a group's first type plus one, or zero; a power of two of them, at most half in use.
    buckets: List<u32>,
    seed: u64,
}

impl Types {
    /// None. `seed` is best a number that nobody can guess.
    pub const fn new(seed: u64) -> Types {
        Types {
            bytes: List::EMPTY,
            entries: List::EMPTY,
            supertypes: List::EMPTY,
            #[cfg(feature = "gc")]
            descriptors: List::EMPTY,
            buckets: List::EMPTY,
            seed,
        }
    }

    /// Number of the type above each, for handlers.
    pub fn supertypes_ptr(&self) -> *const u32 {
        self.supertypes.first_ptr()
    }

    /// Makes room for so many new types, which are so many bytes.
    fn reserve(&mut self, heap: &mut Heap, types_count: u32, bytes_count: usize) -> Result<(), OutOfMemory> {
        let types_count = types_count as usize;
        if types_count == 0 {
            return Ok(());
        }
        // Looking for a group asks for room for one more.
        if (self.entries.len() + types_count + 1) * 2 > self.buckets.len() {
            self.rehash(heap, types_count + 1)?;
        }
        self.entries.reserve(heap, types_count)?;
        self.supertypes.reserve(heap, types_count)?;
        self.bytes.reserve(heap, bytes_count)
    }

    /// Appends the numbers of an image's types, in the order of their indices.
    ///
    /// # Errors
    /// The heap has no more room, or there are too many types.
    pub fn intern_image(
        &mut self,
        heap: &mut Heap,
        image: &Image<'_>,
        numbers: &mut List<u32>,
    ) -> Result<(), OutOfMemory> {
        self.reserve(heap, image.types_count(), image.type_bytes_count())?;
        let group_of = |index| image.type_and_group(TypeIndex(index)).map(|(_, group)| group.0);
        let mut first = 0;
        while first < image.types_count() {
            let mut end = first + 1;
            while group_of(end) == Some(first) {
                end += 1;
            }
            let parts = move |i| image.type_and_group(TypeIndex(first + i)).map(|(parts, _)| parts);
            let number = self.intern(heap, end - first, parts, |index| {
                // The group's own count from its start.
                let below = numbers.get(index as usize).copied().ok_or(index.wrapping_sub(first));
                below.map_or_else(Named::Inside, Named::Outside)
            })?;
            (0..end - first).for_each(|i| numbers.push_within_capacity(number + i));
            first = end;
        }
        Ok(())
    }

    /// The number of a function type of this store, final and alone in its group; a new one if it is new.
    ///
    /// # Errors
    /// The heap has no more room, or there are too many types.
    pub fn intern_func(&mut self, heap: &mut Heap, ty: FuncType<'_>) -> Result<u32, OutOfMemory> {
        let (params, results) = (ty.params().as_bytes(), ty.results().as_bytes());
        let mut bytes = List::EMPTY;
        bytes.extend(heap, params)?;
        bytes.extend(heap, results)?;
        let [params, results] = [params.len(), results.len()].map(|len| u16::try_from(len).unwrap_or(u16::MAX));
        let number = if params.max(results) <= PARAMS_BYTES {
            let parts = TypeParts { params, results, supertype: NONE, bytes: &bytes };
            self.intern(heap, 1, |_| Some(parts), Named::Outside)
        } else {
            Err(OutOfMemory)
        };
        bytes.free(heap);
        number
    }

    /// The number of the first type of a group of so many; `parts` gives each, and `name` says what their indices mean.
    fn intern<'p>(
        &mut self,
        heap: &mut Heap,
        count: u32,
        parts: impl Fn(u32) -> Option<TypeParts<'p>> + Copy,
        name: impl Fn(u32) -> Named + Copy,
    ) -> Result<u32, OutOfMemory> {
        if (self.entries.len() + 1) * 2 > self.buckets.len() {
            self.rehash(heap, 1)?;
        }
        let words = || (0..count).filter_map(parts).flat_map(move |parts| parts.words(move |index| name(index).word()));
        let hash = hash(self.seed, words());
        let mask = self.buckets.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(known) = self.buckets[place].checked_sub(1) {
            if self.entries[known as usize].hash == hash && self.words(known).eq(words()) {
                return Ok(known);
            }
            place = (place + 1) & mask;
        }
        let first = u32::try_from(self.entries.len()).map_err(|_| OutOfMemory)?;
        if first.checked_add(count).is_none_or(|end| end > RefType::INDICES_MAX) {
            return Err(OutOfMemory);
        }
        let number = |index| match name(index) {
            Named::Inside(place) => first + place,
            Named::Outside(number) => number,
        };
        // Room first, so that a group is there as a whole or not at all.
        self.entries.reserve(heap, count as usize)?;
        self.supertypes.reserve(heap, count as usize)?;
        let bytes_count = (0..count).filter_map(parts).map(|parts| parts.bytes.len()).sum();
        self.bytes.reserve(heap, bytes_count)?;
        for (i, parts) in (0..count).filter_map(parts).enumerate() {
            let entry = Entry {
                first: u32::try_from(self.bytes.len()).map_err(|_| OutOfMemory)?,
                params: parts.params,
                results: parts.results,
                group: first,
                hash: if i == 0 { hash } else { 0 },
            };
            self.entries.push_within_capacity(entry);
            self.supertypes.push_within_capacity(if parts.supertype == NONE { NONE } else { number(parts.supertype) });
            for coding in parts.codings() {
                let start = self.bytes.len();
                coding.iter().for_each(|byte| self.bytes.push_within_capacity(*byte));
                if let [code, a, b, c, ..] = *coding
                    && has_index(code)
                {
                    let [a, b, c, _] = number(u32::from_le_bytes([a, b, c, 0])).to_le_bytes();
                    self.bytes[start + 1..start + 4].copy_from_slice(&[a, b, c]);
                }
            }
        }
        self.buckets[place] = first + 1;
        Ok(first)
    }

    /// A group by the number of its first type, as [`TypeParts::words`].
    fn words(&self, group: u32) -> impl Iterator<Item = u32> {
        let entries = self.entries[group as usize..].iter().take_while(move |entry| entry.group == group);
        let end = group + entries.clone().count() as u32;
        let name = move |number: u32| {
            if group <= number && number < end { Named::Inside(number - group) } else { Named::Outside(number) }.word()
        };
        entries.enumerate().flat_map(move |(i, entry)| {
            let bytes = self.bytes_of(entry);
            let supertype = self.supertypes[group as usize + i];
            TypeParts { params: entry.params, results: entry.results, supertype, bytes }.words(name)
        })
    }

    fn bytes_of(&self, entry: &Entry) -> &[u8] {
        let params = if entry.params & TYPE_KIND == 0 { entry.params & PARAMS_BYTES } else { 0 };
        let first = entry.first as usize;
        &self.bytes[first..first + usize::from(params) + usize::from(entry.results)]
    }

    /// The function type with this number.
    ///
    /// # Panics
    /// If there is no type with this number.
    pub fn func(&self, number: u32) -> FuncType<'_> {
        let entry = self.entries[number as usize];
        debug_assert_eq!(entry.params & TYPE_KIND, 0, "a type of functions");
        let (params, results) = self.bytes_of(&entry).split_at(usize::from(entry.params & PARAMS_BYTES));
        FuncType::new(ValTypes::from_checked_bytes(params), ValTypes::from_checked_bytes(results))
    }

    /// The type with this number.
    ///
    /// # Panics
    /// If there is no type with this number.
    #[cfg(feature = "gc")]
    pub fn composite(&self, number: u32) -> CompositeType<'_> {
        let entry = self.entries[number as usize];
        let fields = FieldTypes::from_checked_bytes(self.bytes_of(&entry));
        match entry.params >> TYPE_KIND_SHIFT & 3 {
            0 => CompositeType::Func(self.func(number)),
            1 => CompositeType::Struct(fields),
            _ => CompositeType::Array(fields),
        }
    }

    /// Makes descriptors for those structures and arrays of an image that have none yet; gives those of all its types in the order of their
    /// indices, nothing if it has none of the kind. `numbers` are its types'. Best after `Store::reserve_descriptors`.
    ///
    /// # Errors
    /// The heap has no more room.
    #[cfg(feature = "gc")]
    pub fn describe(
        &mut self,
        heap: &mut Heap,
        objects: &mut ObjectHeap,
        numbers: &[u32],
        found: &mut List<u32>,
    ) -> Result<(), OutOfMemory> {
        let missing = self.entries.len() - self.descriptors.len();
        self.descriptors.reserve(heap, missing)?;
        (0..missing).for_each(|_| self.descriptors.push_within_capacity(0));
        for number in numbers {
            if self.descriptors[*number as usize] == 0 {
                self.descriptors[*number as usize] = match self.composite(*number) {
                    CompositeType::Func(_) => 0,
                    CompositeType::Struct(fields) => objects.describe(
                        heap,
                        Kind::Struct,
                        *number,
                        fields.iter().map(|field| field.ty.storage.into()),
                    )?,
                    CompositeType::Array(fields) => {
                        let element = fields.get(0).map_or(Storage::I8, |element| element.ty.storage.into());
                        objects.describe_array(heap, *number, element)?
                    }
                };
            }
            found.push_within_capacity(self.descriptors[*number as usize]);
        }
        Ok(())
    }

    /// The descriptor of a structure's or array's type; 0 of others.
    #[cfg(feature = "gc")]
    pub fn descriptor(&self, number: u32) -> u32 {
        self.descriptors.get(number as usize).copied().unwrap_or(0)
    }

    /// Twice as many buckets at least, and enough for so many types more.
    fn rehash(&mut self, heap: &mut Heap, more: usize) -> Result<(), OutOfMemory> {
        let wanted = ((self.entries.len() + more) * 2).next_power_of_two();
        let len = wanted.max(self.buckets.len() * 2).max(8);
        let mut buckets = List::filled(heap, 0_u32, len)?;
        for (number, entry) in self.entries.iter().enumerate().filter(|(number, entry)| entry.group as usize == *number)
        {
            let mut place = entry.hash as usize & (len - 1);
            while buckets[place] != 0 {
                place = (place + 1) & (len - 1);
            }
            buckets[place] = number as u32 + 1;
        }
        self.buckets.free(heap);
        self.buckets = buckets;
        Ok(())
    }

    /// Gives everything back.
    pub fn free(&mut self, heap: &mut Heap) {
        self.bytes.free(heap);
        self.entries.free(heap);
        self.supertypes.free(heap);
        #[cfg(feature = "gc")]
        self.descriptors.free(heap);
        self.buckets.free(heap);
    }
}

#[cfg(feature = "function-references")]
impl TypeSpace for Types {
    fn kind(&self, ty: TypeIndex) -> Option<CompositeKind> {
        let entry = self.entries.get(ty.to_usize())?;
        Some(match entry.params >> TYPE_KIND_SHIFT & 3 {
            0 => CompositeKind::Func,
            1 => CompositeKind::Struct,
            _ => CompositeKind::Array,
        })
    }

    fn supertype(&self, ty: TypeIndex) -> Option<TypeIndex> {
        self.supertypes.get(ty.to_usize()).copied().filter(|above| *above != NONE).map(TypeIndex)
    }
}

#[cfg(not(feature = "function-references"))]
impl TypeSpace for Types {}

/// What an index inside of a group stands for.
#[derive(Clone, Copy)]
enum Named {
    /// A type of the group, by its place there.
    Inside(u32),
    /// Another type, by its number.
    Outside(u32),
}

impl Named {
    /// As a number that tells both apart.
    fn word(self) -> u32 {
        match self {
            Named::Inside(place) => place | 1 << 31,
            Named::Outside(number) => number,
        }
    }
}

/// Multiplies and folds word by word. The seed, unknown to whoever writes a module, keeps it from choosing types that all fall
/// into one bucket.
fn hash(seed: u64, words: impl Iterator<Item = u32>) -> u32 {
    // 2^64 divided by the golden ratio, made odd.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |state: u64, word: u32| {
        let state = (state ^ u64::from(word)).wrapping_mul(FACTOR);
        state ^ state >> 32
    };
    words.fold(seed, step) as u32
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;

    #[test]
    fn equal_types_get_one_number_and_parameters_differ_from_results() {
        let (mut heap, mut types) = (Heap::default(), Types::new(7));
        let i32s = |count: usize| ValTypes::from_bytes(&[0x7f; 2000][..count]).unwrap();
        let mut numbers = alloc::vec::Vec::new();
        for n in 0..1000 {
            numbers.push(types.intern_func(&mut heap, FuncType::new(i32s(n), i32s(1000 - n))).unwrap());
        }
        for (n, number) in numbers.iter().enumerate() {
            assert_eq!(types.intern_func(&mut heap, FuncType::new(i32s(n), i32s(1000 - n))).unwrap(), *number);
            assert_eq!(types.func(*number).params().len(), n);
            assert_eq!(types.func(*number).results().len(), 1000 - n);
        }
        assert_eq!(numbers.last(), Some(&999));
        types.free(&mut heap);
    }
}
