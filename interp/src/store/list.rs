//! A growable array of plain values over [`Heap`]: what a store keeps its entities in.
//!
//! Growth is fallible. A list does not know its heap, so whoever owns both gives the block back with [`List::free`].

use super::{OutOfMemory, heap::Heap};
use core::{
    alloc::Layout,
    ops::{Deref, DerefMut},
    ptr::NonNull,
    slice,
};

/// A growable array.
#[derive(Debug)]
pub struct List<T: Copy> {
    first: NonNull<T>,
    len: usize,
    capacity: usize,
}

impl<T: Copy> List<T> {
    /// Nothing.
    pub const EMPTY: List<T> = List { first: NonNull::dangling(), len: 0, capacity: 0 };

    /// An empty list with room for exactly so many values.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn with_capacity(heap: &mut Heap, capacity: usize) -> Result<List<T>, OutOfMemory> {
        let mut list = List::EMPTY;
        list.set_capacity(heap, capacity)?;
        Ok(list)
    }

    /// A list of `len` times `value`.
    ///
    /// # Errors
    /// The heap has no more room.
    #[cfg(not(compact))]
    pub fn filled(heap: &mut Heap, value: T, len: usize) -> Result<List<T>, OutOfMemory> {
        let mut list = List::with_capacity(heap, len)?;
        list.fill_up(value);
        Ok(list)
    }

    /// As many times the value as there is room for.
    pub fn fill_up(&mut self, value: T) {
        while self.len < self.capacity {
            self.push_within_capacity(value);
        }
    }

    /// Makes room for `more` further values.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn reserve(&mut self, heap: &mut Heap, more: usize) -> Result<(), OutOfMemory> {
        if more <= self.capacity - self.len {
            return Ok(());
        }
        // Doubling keeps the cost of a push constant; the first step is what is asked for, so that one instance takes no more than it needs.
        let wanted = self.len.checked_add(more).ok_or(OutOfMemory)?;
        self.set_capacity(heap, wanted.max(self.capacity.saturating_mul(2)))
    }

    fn set_capacity(&mut self, heap: &mut Heap, capacity: usize) -> Result<(), OutOfMemory> {
        // SAFETY: the list is borrowed mutably, so nothing points into its block but the store's context, which is refreshed after
        // every change of a list; the block was allocated with the layout of so many values.
        let block = unsafe { resize(heap, self.first.cast(), Layout::new::<T>(), self.capacity, capacity)? };
        self.first = block.cast();
        self.capacity = capacity;
        Ok(())
    }

    /// Adds a value.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn push(&mut self, heap: &mut Heap, value: T) -> Result<(), OutOfMemory> {
        self.reserve(heap, 1)?;
        self.push_within_capacity(value);
        Ok(())
    }

    /// Adds a value for which room was made.
    ///
    /// # Panics
    /// There is no room.
    pub fn push_within_capacity(&mut self, value: T) {
        assert!(self.len < self.capacity, "room was made before");
        // SAFETY: `len` is below the capacity.
        unsafe { self.first.add(self.len).write(value) };
        self.len += 1;
    }

    /// Adds all values of a slice.
    ///
    /// # Errors
    /// The heap has no more room.
    #[cfg(not(compact))]
    pub fn extend(&mut self, heap: &mut Heap, values: &[T]) -> Result<(), OutOfMemory> {
        self.reserve(heap, values.len())?;
        for value in values {
            self.push_within_capacity(*value);
        }
        Ok(())
    }

    /// Drops what is behind the first `len` values.
    #[cfg(feature = "objects")]
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// The first value's place; dangling if there is none.
    pub fn first_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// Number of values that fit the block.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Gives the block back and leaves nothing.
    pub fn free(&mut self, heap: &mut Heap) {
        if self.capacity != 0
            && let Ok(layout) = Layout::array::<T>(self.capacity)
        {
            // SAFETY: the block was allocated with this layout; the list forgets it.
            unsafe { heap.free(self.first.cast(), layout) };
        }
        *self = List::EMPTY;
    }
}

#[cfg(feature = "objects")]
impl List<u32> {
    /// Makes it so long, all new values being zero, without touching them.
    ///
    /// # Errors
    /// The heap has no more room.
    ///
    /// # Panics
    /// If it is longer, or was grown in another way.
    pub fn set_len_zeroed(&mut self, heap: &mut Heap, len: usize) -> Result<(), OutOfMemory> {
        assert!(self.len == self.capacity && self.len <= len, "a list that is full");
        self.set_capacity(heap, len)?;
        // Blocks are zeroed where nothing was written, and zero is a value.
        self.len = len;
        Ok(())
    }
}

/// A block for `new` values of this layout, where `first` is one for `old` values, or none if that is zero. For all types, because
/// each would have its own code otherwise.
///
/// # Safety
/// As for [`Heap::grow`].
unsafe fn resize(
    heap: &mut Heap,
    first: NonNull<u8>,
    value: Layout,
    old: usize,
    new: usize,
) -> Result<NonNull<u8>, OutOfMemory> {
    // Values of Rust are as long as their alignment asks for, so that an array has no gaps.
    let bytes = value.size().checked_mul(new).ok_or(OutOfMemory)?;
    let layout = Layout::from_size_align(bytes, value.align()).map_err(|_| OutOfMemory)?;
    if old == 0 {
        return heap.allocate(layout);
    }
    let old = Layout::from_size_align(value.size() * old, value.align()).map_err(|_| OutOfMemory)?;
    // SAFETY: as the caller promises.
    unsafe { heap.grow(first, old, layout.size()) }
}

impl<T: Copy> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` values from `first` on are initialised and belong to this list.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl<T: Copy> DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: `len` values from `first` on are initialised and belong to this list.
        unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}
