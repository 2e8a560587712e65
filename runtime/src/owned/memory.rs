//! Linear memories as the host sees them.

use super::{
    AsContext, AsContextMut, Error, MemoryType, StoreContext, StoreContextMut, errors::MemoryError, store::Handle,
};
use core::ops::Range;

/// A linear memory in a store.
///
/// All methods panic if the memory is one of another store.
///
/// ```
/// use sheave::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 3, b"abc")?;
/// assert_eq!(&memory.data(&store)[2..7], b"\0abc\0");
/// assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
/// assert!(memory.grow(&mut store, 1).is_err());
/// assert!(memory.write(&mut store, 2 << 16, b"a").is_err());
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory(pub(crate) Handle);

impl Memory {
    /// A memory of zeros, of the minimal size of its type.
    ///
    /// # Errors
    /// `Module` with `Limit` if the limiter forbids it, with `OutOfMemory` if there is none; `Memory` with `InvalidMemoryType` if it is the type of
    /// a shared memory, where there are threads to share it: that is a `SharedMemory`.
    pub fn new(mut ctx: impl AsContextMut, ty: MemoryType) -> Result<Memory, Error> {
        if cfg!(all(feature = "std", target_has_atomic = "64")) && ty.is_shared() {
            return Err(MemoryError::InvalidMemoryType.into());
        }
        let StoreContextMut { store } = ctx.as_context_mut();
        let (core, mut limiter) = store.core_and_limiter();
        let address = core.new_memory(ty.to_raw(), &mut limiter)?;
        Ok(Memory(store.handle(address)))
    }

    /// Its declared type.
    pub fn ty(&self, ctx: impl AsContext) -> MemoryType {
        let store = ctx.as_context().store;
        MemoryType::from_raw(store.core.declared_memory_type(store.address(self.0)))
    }

    /// Size in pages.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        let store = ctx.as_context().store;
        store.core.memory_pages(store.address(self.0))
    }

    /// Size in bytes.
    pub fn data_size(&self, ctx: impl AsContext) -> usize {
        let store = ctx.as_context().store;
        store.core.memory(store.address(self.0)).len()
    }

    /// Adds pages; gives the size in pages before.
    ///
    /// # Errors
    /// `OutOfBoundsGrowth` beyond the maximum, if the limiter forbids it, or if there is no memory.
    pub fn grow(&self, mut ctx: impl AsContextMut, additional: u64) -> Result<u64, MemoryError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let address = store.address(self.0);
        let (core, mut limiter) = store.core_and_limiter();
        match core.grow_memory(address, additional, &mut limiter) {
            Ok(Some(old)) => Ok(old),
            _ => Err(MemoryError::OutOfBoundsGrowth),
        }
    }

    /// All bytes, for as long as the store is borrowed.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = ctx.into().store;
        store.core.memory(store.address(self.0))
    }

    /// All bytes, for writing, for as long as the store is borrowed.
    pub fn data_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        let store = ctx.into().store;
        let address = store.address(self.0);
        store.core.memory_mut(address)
    }

    /// All bytes, for writing, and the host's state.
    pub fn data_and_store_mut<'a, T: 'a>(&self, ctx: impl Into<StoreContextMut<'a, T>>) -> (&'a mut [u8], &'a mut T) {
        let store = ctx.into().store;
        let address = store.address(self.0);
        (store.core.memory_mut(address), &mut store.data)
    }

    /// Copies bytes out, from `offset` on.
    ///
    /// # Errors
    /// `OutOfBoundsAccess` beyond the end.
    pub fn read(&self, ctx: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryError> {
        let store = ctx.as_context().store;
        let bytes = store.core.memory(store.address(self.0));
        let bytes = bytes.get(range(offset, buffer.len())?).ok_or(MemoryError::OutOfBoundsAccess)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// # Errors
    /// `OutOfBoundsAccess` beyond the end; nothing is written then.
    pub fn write(&self, mut ctx: impl AsContextMut, offset: usize, buffer: &[u8]) -> Result<(), MemoryError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let address = store.address(self.0);
        let bytes = store.core.memory_mut(address);
        let bytes = bytes.get_mut(range(offset, buffer.len())?).ok_or(MemoryError::OutOfBoundsAccess)?;
        bytes.copy_from_slice(buffer);
        Ok(())
    }
}

fn range(offset: usize, len: usize) -> Result<Range<usize>, MemoryError> {
    let end = offset.checked_add(len).ok_or(MemoryError::OutOfBoundsAccess)?;
    Ok(offset..end)
}
