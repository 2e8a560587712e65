//! The arena, what descriptors mean, and allocation.
//!
//! Invariants: the bitmap has a bit for each 8 bytes of the arena; where one is set, the arena has a whole object, and marked objects do not
//! overlap. Live objects that are not marked lie below [`View::limit`]: they were allocated since the last collection. An object's first
//! word is its descriptor: the number of its layout, with its kind above.

use super::layout::{self, ARRAY_HEADER_BYTES, OBJECT_ALIGN, Storage};
use crate::{
    error::OutOfMemory,
    store::{Heap, list::List},
};
use core::ptr;

/// A reference as it stands in a cell.
pub use crate::exec::machine::Handle;

/// Bytes of the arena at first, where it may grow.
const FIRST_BYTES: u32 = if cfg!(target_pointer_width = "64") { 1 << 20 } else { 16 << 10 };
/// What is larger gets a place of its own, so that the run in use is not given up for it.
const LARGE_BYTES: u32 = 1024;
/// Descriptor of what stands for an object until that is initialised: an array of bytes.
const FILLER: u32 = Kind::Array.tag(Storage::I8) << TAG_SHIFT;
/// A descriptor has the number of its layout below this, and above what kind of object it is, so that handlers need not look further for that.
pub const TAG_SHIFT: u32 = 24;
/// What stress mode fills free memory with: no descriptor, and no handle.
const POISON: u32 = 0xdead_dead;

/// What handlers allocate from: the run in use. In the interpreter's context.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct View {
    /// First byte of the arena; what a handle counts from.
    pub base: *mut u8,
    /// Where the next object goes.
    pub next: u32,
    /// End of the run.
    pub limit: u32,
}

impl View {
    /// Of no heap: there is no room.
    pub const EMPTY: View = View { base: ptr::null_mut(), next: 0, limit: 0 };

    /// The handle of a new object of so many bytes, a multiple of 8; `None` if the run has no room. Its words have any
    /// values: the caller writes the header and all fields before anything else is allocated.
    #[inline(always)]
    pub fn take(&mut self, bytes: u32) -> Option<Handle> {
        let handle = self.next;
        if bytes > self.limit - handle {
            return None;
        }
        self.next = handle + bytes;
        Some(handle)
    }
}

/// What kind of object it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A struct.
    Struct,
    /// An array.
    Array,
    /// An exception.
    Exception,
}

impl Kind {
    /// What a descriptor of these objects, of arrays with such elements, has in its highest byte.
    #[inline(always)]
    pub const fn tag(self, element: Storage) -> u32 {
        match self {
            Kind::Struct => 0,
            Kind::Exception => 1,
            Kind::Array => ARRAY_TAG + element as u32,
        }
    }
}

/// The tags of arrays are these and above.
pub const ARRAY_TAG: u32 = 2;

/// Number of a descriptor's layout.
#[inline(always)]
pub const fn number_of(descriptor: u32) -> usize {
    (descriptor & ((1 << TAG_SHIFT) - 1)) as usize
}

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Layout {
    /// Kind of the object.
    pub kind: Kind,
    /// Of an array: what elements hold.
    pub element: Storage,
    /// Bytes of an object with its header, a multiple of 8; of an array, bytes of an element.
    pub bytes: u32,
    /// Whose objects these are: number of the canonical type in the store, or address of the tag.
    pub owner: u32,
    /// Which of the first 32 words behind the header are references. Not of arrays.
    pub refs: u32,
    /// Where in `bits` the same stands for the words behind these, 32 at a time up to the object's end.
    pub(super) more: u32,
}

/// The heap of a store.
#[derive(Debug)]
pub struct ObjectHeap {
    /// The arena, as words. A handle's object begins at a quarter of it; the first two words are none's.
    pub(super) words: List<u32>,
    /// Bit `n % 32` of word `n / 32`: an object that was alive at the last collection, or is large, begins at byte `8 * n`.
    pub(super) marks: List<u32>,
    pub(super) layouts: List<Layout>,
    pub(super) bits: List<u32>,
    /// Bytes that the arena may grow to.
    maximum: u32,
    /// The run that small objects come from, while a large one has its own.
    spare: Option<(u32, u32)>,
    /// Where the search for a place for a large object goes on.
    large_next: u32,
    /// Bytes of live objects at the last collection.
    pub(super) live_bytes: u32,
    /// How often it was collected.
    pub(super) collections_count: u64,
    /// Whether each allocation collects, and free memory is filled with what is no object: for tests.
    stress: bool,
}

impl ObjectHeap {
    /// An empty heap that may grow to `maximum_bytes`, at most 4 GiB less 64 KiB.
    pub const fn new(maximum_bytes: usize, stress: bool) -> ObjectHeap {
        const MOST: usize = (u32::MAX - 0xffff) as usize;
        let maximum = if maximum_bytes > MOST { MOST } else { maximum_bytes };
        ObjectHeap {
            words: List::EMPTY,
            marks: List::EMPTY,
            layouts: List::EMPTY,
            bits: List::EMPTY,
            // Whole words of the bitmap.
            maximum: maximum as u32 & !(MARK_WORD_BYTES - 1),
            spare: None,
            large_next: 0,
            live_bytes: 0,
            collections_count: 0,
            stress,
        }
    }

    /// Takes all memory that it may have; for memory that cannot be taken later.
    ///
    /// # Errors
    /// There is no room.
    pub fn reserve_all(&mut self, heap: &mut Heap) -> Result<(), OutOfMemory> {
        self.grow_to(heap, self.maximum)
    }

    /// Gives the memory back.
    pub fn free(&mut self, heap: &mut Heap) {
        self.words.free(heap);
        self.marks.free(heap);
        self.layouts.free(heap);
        self.bits.free(heap);
    }

    /// First byte of the arena, for [`View::base`]: another one when it has grown.
    pub(crate) fn base(&self) -> *mut u8 {
        self.words.first_ptr().cast()
    }

    /// Bytes of the arena: what it has taken, not what is in use.
    pub fn bytes(&self) -> u32 {
        (self.words.len() * 4) as u32
    }

    /// Bytes of live objects at the last collection.
    pub fn live_bytes(&self) -> u32 {
        self.live_bytes
    }

    /// How often it was collected.
    pub fn collections_count(&self) -> u64 {
        self.collections_count
    }

    /// Whether each allocation collects.
    pub(crate) fn is_stressed(&self) -> bool {
        self.stress
    }

    /// A descriptor for structs or exceptions with these fields.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn describe(
        &mut self,
        heap: &mut Heap,
        kind: Kind,
        owner: u32,
        types: impl Iterator<Item = Storage> + Clone,
    ) -> Result<u32, OutOfMemory> {
        let bytes = layout::object_bytes(types.clone());
        let words = (bytes - layout::HEADER_BYTES) / 4;
        let more = self.bits.len() as u32;
        let more_count = words.saturating_sub(32).div_ceil(32) as usize;
        self.reserve_descriptors(heap, 1, more_count)?;
        for _ in 0..more_count {
            self.bits.push_within_capacity(0);
        }
        let mut refs = 0;
        for (_, offset) in layout::fields(types).filter(|(storage, _)| *storage == Storage::Ref) {
            let word = (offset - layout::HEADER_BYTES) / 4;
            match word.checked_sub(32) {
                None => refs |= 1 << word,
                Some(word) => self.bits[(more + word / 32) as usize] |= 1 << (word % 32),
            }
        }
        self.push_layout(Layout { kind, element: Storage::I8, bytes, owner, refs, more })
    }

    /// A descriptor for arrays of such elements.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn describe_array(&mut self, heap: &mut Heap, owner: u32, element: Storage) -> Result<u32, OutOfMemory> {
        self.reserve_descriptors(heap, 1, 0)?;
        self.push_layout(Layout { kind: Kind::Array, element, bytes: element.bytes(), owner, refs: 0, more: 0 })
    }

    /// Makes room for so many descriptors, and for so many words about references behind the first 32 words of objects.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn reserve_descriptors(&mut self, heap: &mut Heap, count: usize, more_count: usize) -> Result<(), OutOfMemory> {
        let is_first = self.layouts.is_empty();
        self.layouts.reserve(heap, count + usize::from(is_first))?;
        if is_first {
            let filler =
                Layout { kind: Kind::Array, element: Storage::I8, bytes: 1, owner: u32::MAX, refs: 0, more: 0 };
            self.layouts.push_within_capacity(filler);
        }
        if more_count != 0 {
            self.bits.reserve(heap, more_count)?;
        }
        Ok(())
    }

    fn push_layout(&mut self, layout: Layout) -> Result<u32, OutOfMemory> {
        let number = self.layouts.len();
        if number >> TAG_SHIFT != 0 {
            return Err(OutOfMemory);
        }
        self.layouts.push_within_capacity(layout);
        Ok(number as u32 | layout.kind.tag(layout.element) << TAG_SHIFT)
    }

    /// What a descriptor stands for.
    pub fn layout(&self, descriptor: u32) -> &Layout {
        &self.layouts[number_of(descriptor)]
    }

    /// All descriptors' layouts, for handlers: valid until the next one is made.
    pub fn layouts(&self) -> *const Layout {
        self.layouts.first_ptr()
    }

    /// Descriptor of an object.
    ///
    /// # Panics
    /// May, or give any number, if the handle is not that of a live object.
    pub fn descriptor(&self, handle: Handle) -> u32 {
        self.words[(handle / 4) as usize]
    }

    /// Length of an array.
    ///
    /// # Panics
    /// As [`ObjectHeap::descriptor`].
    pub fn array_len(&self, handle: Handle) -> u32 {
        self.words[(handle / 4) as usize + 2]
    }

    /// Bytes of an object, a multiple of 8.
    ///
    /// # Panics
    /// As [`ObjectHeap::descriptor`].
    pub fn bytes_of(&self, handle: Handle) -> u32 {
        size(&self.words, &self.layouts, handle)
    }

    /// The words of an object, header first.
    ///
    /// # Panics
    /// As [`ObjectHeap::descriptor`].
    pub fn object(&self, handle: Handle) -> &[u32] {
        let bytes = self.bytes_of(handle);
        &self.words[(handle / 4) as usize..][..(bytes / 4) as usize]
    }

    /// The words of an object, for writing its fields. A reference must be a handle of this store.
    ///
    /// # Panics
    /// As [`ObjectHeap::descriptor`].
    pub fn object_mut(&mut self, handle: Handle) -> &mut [u32] {
        let bytes = self.bytes_of(handle);
        &mut self.words[(handle / 4) as usize..][..(bytes / 4) as usize]
    }

    /// Bytes of a new object with this descriptor, and this length if it is an array; `None` if no object is that large.
    pub fn bytes_for(&self, descriptor: u32, len: u32) -> Option<u32> {
        let layout = self.layouts[number_of(descriptor)];
        if layout.kind == Kind::Array { layout::array_bytes(layout.bytes, len) } else { Some(layout.bytes) }
    }

    /// Makes a taken place an object whose fields are all zero or null; `len` is that of an array, else 0.
    pub fn initialise(&mut self, handle: Handle, descriptor: u32, len: u32) {
        let layout = self.layouts[number_of(descriptor)];
        let first = (handle / 4) as usize;
        let bytes = self.bytes_for(descriptor, len).unwrap_or(u32::MAX);
        let object = &mut self.words[first..][..(bytes / 4) as usize];
        object.fill(0);
        object[0] = descriptor;
        if layout.kind == Kind::Array {
            object[2] = len;
        }
    }

    /// The next run with room for so many bytes, of those that the last collection has left; `false` if there is none.
    pub(crate) fn next_run(&mut self, view: &mut View, bytes: u32) -> bool {
        if let Some((next, limit)) = self.spare.take() {
            (view.next, view.limit) = (next, limit);
            if bytes <= limit - next {
                return true;
            }
        }
        if bytes <= LARGE_BYTES {
            let Some((first, end)) = self.find_run(view.limit, bytes) else { return false };
            (view.next, view.limit) = (first, end);
            return true;
        }
        let Some((first, _)) = self.find_run(view.limit.max(self.large_next), bytes) else { return false };
        self.large_next = first + bytes;
        // Marked, so that the run in use, when it comes here, goes around it.
        let word = (first / 4) as usize;
        self.words[word] = FILLER;
        self.words[word + 2] = bytes - ARRAY_HEADER_BYTES;
        self.set_mark(first);
        self.spare = Some((view.next, view.limit));
        (view.next, view.limit) = (first, first + bytes);
        true
    }

    /// Starts over after a collection: with the first run that has room for so many bytes, after growing if the heap is rather full.
    /// `false` if there is no room.
    pub(crate) fn start_over(&mut self, heap: &mut Heap, view: &mut View, bytes: u32) -> bool {
        self.spare = None;
        self.large_next = 0;
        // Two thirds of the heap are free when it begins to be used: what a collection costs is paid by twice as many bytes allocated.
        let wanted = self.live_bytes.saturating_mul(3).max(self.first_bytes());
        // That this fails is no error yet.
        let _ = self.grow(heap, wanted);
        if self.stress {
            self.poison();
        }
        (view.next, view.limit) = (FIRST, FIRST);
        let found = loop {
            let now = self.bytes();
            if now > FIRST && self.next_run(view, bytes) {
                break true;
            }
            let by = |bytes: u32| now.saturating_add(bytes);
            if self.grow(heap, by(bytes.max(now / 2))).is_err() && self.grow(heap, by(bytes.max(FIRST))).is_err() {
                break false;
            }
        };
        if !found {
            (view.next, view.limit) = (0, 0);
        } else if self.stress {
            view.limit = view.next + bytes;
        }
        found
    }

    /// Bytes of the arena at first, where it may grow.
    fn first_bytes(&self) -> u32 {
        if self.stress { 4 << 10 } else { FIRST_BYTES }
    }

    /// Grows to `wanted` bytes, or to the limit if that is less.
    ///
    /// # Errors
    /// It is as large as it may be, or there is no memory.
    fn grow(&mut self, heap: &mut Heap, wanted: u32) -> Result<(), OutOfMemory> {
        let wanted = wanted.checked_next_multiple_of(MARK_WORD_BYTES).unwrap_or(u32::MAX).min(self.maximum);
        if wanted <= self.bytes() {
            return Err(OutOfMemory);
        }
        self.grow_to(heap, wanted)
    }

    fn grow_to(&mut self, heap: &mut Heap, bytes: u32) -> Result<(), OutOfMemory> {
        // The bitmap first, so that it never is too short.
        self.marks.set_len_zeroed(heap, (bytes / MARK_WORD_BYTES) as usize)?;
        self.words.set_len_zeroed(heap, (bytes / 4) as usize)
    }

    /// The first run of at least so many free bytes at or behind `from`, which is not inside of a marked object.
    fn find_run(&self, from: u32, bytes: u32) -> Option<(u32, u32)> {
        // The view of a heap that has no run is 0 to 0.
        let mut first = from.max(FIRST);
        loop {
            let marked = self.next_marked(first);
            let end = marked.unwrap_or(self.bytes());
            if end.saturating_sub(first) >= bytes {
                return Some((first, end));
            }
            first = marked? + self.bytes_of(end);
        }
    }

    /// The first marked object at or behind `from`.
    fn next_marked(&self, from: u32) -> Option<Handle> {
        let granule = from / OBJECT_ALIGN;
        let mut index = (granule / 32) as usize;
        let mut word = *self.marks.get(index)? & (u32::MAX << (granule % 32));
        while word == 0 {
            index += 1;
            word = *self.marks.get(index)?;
        }
        Some((index as u32 * 32 + word.trailing_zeros()) * OBJECT_ALIGN)
    }

    fn set_mark(&mut self, handle: Handle) {
        let granule = handle / OBJECT_ALIGN;
        self.marks[(granule / 32) as usize] |= 1 << (granule % 32);
    }

    /// Whether a handle is that of an object that the last collection has found alive, or of a large one.
    pub fn is_marked(&self, handle: Handle) -> bool {
        let granule = handle / OBJECT_ALIGN;
        self.marks.get((granule / 32) as usize).is_some_and(|word| word >> (granule % 32) & 1 != 0)
    }

    /// Fills what is free with what is no object, and no handle.
    fn poison(&mut self) {
        let mut first = FIRST.min(self.bytes());
        while first < self.bytes() {
            let marked = self.next_marked(first);
            let end = marked.unwrap_or(self.bytes());
            self.words[(first / 4) as usize..(end / 4) as usize].fill(POISON);
            first = marked.map_or(end, |handle| handle + self.bytes_of(handle));
        }
    }
}

/// The first handle that there can be.
const FIRST: u32 = OBJECT_ALIGN;
/// Bytes of the arena that a word of the bitmap is about.
pub(crate) const MARK_WORD_BYTES: u32 = 32 * OBJECT_ALIGN;

/// Bytes of an object.
#[inline]
pub(super) fn size(words: &[u32], layouts: &[Layout], handle: Handle) -> u32 {
    let first = (handle / 4) as usize;
    let layout = &layouts[number_of(words[first])];
    match layout.kind {
        Kind::Struct | Kind::Exception => layout.bytes,
        // An array that is there had a size.
        Kind::Array => layout::array_bytes(layout.bytes, words[first + 2]).unwrap_or(0),
    }
}
