//! Linear memories: each its own block, zeroed, never smaller than before.

use super::{
    BLOCK_ALIGN, Heap, OutOfMemory, Store,
    limits::{Denied, Limiter},
    next_address,
};
use crate::{
    error::{Error, ErrorKind},
    exec::{
        context::MemoryEntity,
        rodata::{self, Window},
    },
    types::MemoryType,
};
use core::{alloc::Layout, ptr::NonNull, slice};

impl Store {
    /// A memory of the minimal size of its type.
    ///
    /// # Errors
    /// `Limit` if the limiter forbids it or there are too many memories; `OutOfMemory`.
    pub fn new_memory(&mut self, ty: MemoryType, limiter: &mut dyn Limiter) -> Result<u32, Error> {
        self.add_memory(ty, None, limiter)
    }

    /// The same, some of which is read where it is: read-only data, and the address of their first byte, which is inside.
    pub(crate) fn add_memory(
        &mut self,
        ty: MemoryType,
        rodata: Option<(u32, &'static [u8])>,
        limiter: &mut dyn Limiter,
    ) -> Result<u32, Error> {
        if self.memories_count() >= self.limits.tables_and_memories {
            return Err(Error::new(ErrorKind::Limit("number of memories")));
        }
        let desired = ty.bytes(ty.limits.min);
        let maximum = ty.limits.max.map(|pages| ty.bytes(pages));
        if !limiter.memory_growing(0, desired, maximum).unwrap_or(false) {
            return Err(Error::new(ErrorKind::Limit("memory size")));
        }
        let address = next_address(self.memories.len())?;
        #[cfg(shared)]
        if ty.is_shared && self.heap.left().is_none() {
            return self.add_shared(&super::shared::SharedMemory::new(ty)?);
        }
        let mut len = usize::try_from(desired).map_err(|_| OutOfMemory)?;
        let (start, window) = match rodata {
            Some((start, bytes)) if cfg!(rodata) => {
                len -= bytes.len();
                (start as usize, Window::of(bytes))
            }
            _ => (len, Window::EMPTY),
        };
        // Room first: what is allocated is in the list.
        self.memories.reserve(&mut self.heap, 1)?;
        let base = self.heap.allocate(layout(len)?)?;
        let maximum = ty.bytes(ty.limits.max.unwrap_or(u64::MAX).min(ty.pages_max()));
        let entity = MemoryEntity {
            base: base.as_ptr(),
            len: start,
            capacity: len,
            window,
            maximum,
            page_size_log2: ty.page_size_log2,
            ty,
            #[cfg(shared)]
            shared_len: core::ptr::null(),
        };
        self.memories.push_within_capacity(entity);
        self.set_stale();
        Ok(address)
    }

    /// A memory that other stores may have too; the same address if this store has it already.
    ///
    /// # Errors
    /// `Limit` if there are too many memories; `OutOfMemory`.
    #[cfg(shared)]
    pub fn add_shared(&mut self, memory: &super::shared::SharedMemory) -> Result<u32, Error> {
        if let Some((address, _)) = self.shared.iter().find(|(_, other)| other.is_same(memory)) {
            return Ok(*address);
        }
        if self.memories_count() >= self.limits.tables_and_memories {
            return Err(Error::new(ErrorKind::Limit("number of memories")));
        }
        let address = next_address(self.memories.len())?;
        self.shared.try_reserve(1).map_err(|_| OutOfMemory)?;
        let ty = memory.ty();
        let entity = MemoryEntity {
            base: memory.base(),
            len: memory.len(),
            capacity: 0,
            window: Window::EMPTY,
            maximum: ty.bytes(ty.limits.max.unwrap_or(0)),
            page_size_log2: ty.page_size_log2,
            ty,
            shared_len: memory.len_ptr(),
        };
        self.memories.push(&mut self.heap, entity)?;
        self.shared.push((address, memory.clone()));
        self.set_stale();
        Ok(address)
    }

    /// A memory that other stores may have too, if it is one.
    #[cfg(shared)]
    pub fn shared_memory(&self, address: u32) -> Option<&super::shared::SharedMemory> {
        self.shared.iter().find(|(other, _)| *other == address).map(|(_, memory)| memory)
    }

    /// Whether other stores may have a memory, which then has no bytes to be borrowed.
    pub fn is_memory_shared(&self, address: u32) -> bool {
        #[cfg(shared)]
        return !self.memories[address as usize].shared_len.is_null();
        #[cfg(not(shared))]
        {
            let _ = address;
            false
        }
    }

    /// Copies bytes into a memory; whether they are all inside, else nothing is written.
    pub fn write_memory(&mut self, address: u32, start: usize, bytes: &[u8]) -> bool {
        #[cfg(shared)]
        if let Some(memory) = self.shared_memory(address) {
            return memory.write(start, bytes);
        }
        let part = self.memory_part_mut(address, start, bytes.len());
        part.map(|part| part.copy_from_slice(bytes)).is_some()
    }

    /// A range of a memory, if it lies in one part: below its read-only data that are read in the image, above them, or in them.
    ///
    /// # Panics
    /// As for [`Store::memory`].
    pub fn memory_part(&self, address: u32, start: usize, len: usize) -> Option<&[u8]> {
        let memory = self.memory(address);
        // Checked without an overflow on 32-bit machines.
        if memory.len().checked_sub(start).is_some_and(|room| len <= room) {
            return Some(&memory[start..start + len]);
        }
        // SAFETY: the memory exists; the image of its instance is borrowed for longer than the store is used.
        let place = unsafe { rodata::beyond(&raw const self.memories[address as usize], start, len, false) }?;
        // SAFETY: the range is initialised, and nothing writes it while the store is borrowed.
        Some(unsafe { slice::from_raw_parts(place, len) })
    }

    /// The same for writing: not in read-only data.
    ///
    /// # Panics
    /// As for [`Store::memory`].
    pub fn memory_part_mut(&mut self, address: u32, start: usize, len: usize) -> Option<&mut [u8]> {
        let below = self.memory(address).len();
        // Checked without an overflow on 32-bit machines.
        if below.checked_sub(start).is_some_and(|room| len <= room) {
            return Some(&mut self.memory_mut(address)[start..start + len]);
        }
        // SAFETY: as in `memory_part`.
        let place = unsafe { rodata::beyond(&raw const self.memories[address as usize], start, len, true) }?;
        // SAFETY: the range is initialised RAM of the memory's block; the store is borrowed mutably.
        Some(unsafe { slice::from_raw_parts_mut(place, len) })
    }

    /// Adds `delta` pages; the size in pages before, or `None` if that cannot be.
    ///
    /// # Errors
    /// The limiter wants the guest stopped.
    pub fn grow_memory(&mut self, address: u32, delta: u64, limiter: &mut dyn Limiter) -> Result<Option<u64>, Denied> {
        #[cfg(shared)]
        if let Some(memory) = self.shared_memory(address) {
            let (mut is_denied, maximum) = (false, memory.ty().limits.max.map(|pages| memory.ty().bytes(pages)));
            let old = memory.grow(delta, |current, desired| {
                let answer = limiter.memory_growing(current, desired, maximum);
                is_denied |= answer.is_err();
                answer.unwrap_or(false)
            });
            self.set_stale();
            return if is_denied { Err(Denied) } else { Ok(old) };
        }
        let memory = self.memories[address as usize];
        let (current, log2) = (rodata::size(&memory) as u64, memory.page_size_log2);
        let old = current >> log2;
        let Some(desired) = memory.ty.bytes(delta).checked_add(current) else { return Ok(None) };
        let maximum = memory.ty.limits.max.map(|pages| memory.ty.bytes(pages));
        if desired > memory.maximum || !limiter.memory_growing(current, desired, maximum)? {
            return Ok(None);
        }
        let grown = self.reallocate_memory(&memory, desired);
        let Some((base, capacity)) = grown else { return Ok(None) };
        let memory = &mut self.memories[address as usize];
        memory.base = base;
        // The window stays where it is.
        if rodata::size(memory) == memory.capacity {
            memory.len = capacity;
        }
        memory.capacity = capacity;
        self.set_stale();
        Ok(Some(old))
    }

    fn reallocate_memory(&mut self, memory: &MemoryEntity, desired: u64) -> Option<(*mut u8, usize)> {
        let len = usize::try_from(desired).ok()? - (rodata::size(memory) - memory.capacity);
        if len == memory.capacity {
            return Some((memory.base, len));
        }
        let base = NonNull::new(memory.base)?;
        // SAFETY: the block was allocated with this layout; only the context points into it, and it is set stale.
        let base = unsafe { self.heap.grow(base, layout(memory.capacity).ok()?, len) }.ok()?;
        Some((base.as_ptr(), len))
    }

    /// Type of a memory, its minimum being the present size.
    pub fn memory_type(&self, address: u32) -> MemoryType {
        let memory = &self.memories[address as usize];
        let mut ty = memory.ty;
        ty.limits.min = self.memory_pages(address);
        ty
    }

    /// Type of a memory as it was declared.
    pub fn declared_memory_type(&self, address: u32) -> MemoryType {
        self.memories[address as usize].ty
    }

    /// Size in pages.
    pub fn memory_pages(&self, address: u32) -> u64 {
        let memory = &self.memories[address as usize];
        #[cfg(shared)]
        return crate::exec::shared::len(memory) as u64 >> memory.page_size_log2;
        #[cfg(not(shared))]
        return rodata::size(memory) as u64 >> memory.page_size_log2;
    }

    /// The bytes of a memory; of one whose read-only data are read in the image, those below them.
    ///
    /// # Panics
    /// If other threads may have it: see [`Store::is_memory_shared`].
    pub fn memory(&self, address: u32) -> &[u8] {
        assert!(!self.is_memory_shared(address), "a memory of this store alone");
        let memory = &self.memories[address as usize];
        // SAFETY: the block has `len` initialised bytes, which only the guest and `memory_mut` write, neither while the
        // store is borrowed.
        unsafe { slice::from_raw_parts(memory.base, memory.len) }
    }

    /// The bytes of a memory, for writing.
    ///
    /// # Panics
    /// As for [`Store::memory`].
    pub fn memory_mut(&mut self, address: u32) -> &mut [u8] {
        assert!(!self.is_memory_shared(address), "a memory of this store alone");
        let memory = &self.memories[address as usize];
        // SAFETY: as for `memory`; the store is borrowed mutably, and no two memories overlap.
        unsafe { slice::from_raw_parts_mut(memory.base, memory.len) }
    }
}

fn layout(len: usize) -> Result<Layout, OutOfMemory> {
    Layout::from_size_align(len, BLOCK_ALIGN).map_err(|_| OutOfMemory)
}

/// Gives the bytes of a memory back.
pub(super) fn free(heap: &mut Heap, memory: &MemoryEntity) {
    #[cfg(shared)]
    if !memory.shared_len.is_null() {
        return;
    }
    if let (Some(base), Ok(layout)) = (NonNull::new(memory.base), layout(memory.capacity)) {
        // SAFETY: allocated with this layout; the store goes, so nothing points into it.
        unsafe { heap.free(base, layout) };
    }
}
