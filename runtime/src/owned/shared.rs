//! Memories that threads share: importable into the stores of several threads at once.

use super::{Engine, Error, MemoryType, errors::MemoryError};
use core::{
    hash::{Hash, Hasher},
    time::Duration,
};
use sheave_interp::store::shared as raw;

/// How [`SharedMemory::atomic_wait32`] and its like ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// It was notified.
    Ok,
    /// The value in memory was not the expected one.
    Mismatch,
    /// Time was up.
    TimedOut,
}

/// A linear memory that several stores have, each perhaps in a thread of its own. Clones are the same memory.
///
/// It takes addresses for its maximum when it is made, so that it never moves; the system gives the memory behind them when it is touched. Its bytes are not to
/// be borrowed, since guests in other threads may write them at any time: they are copied in and out.
///
/// ```
/// use sheave::{Engine, Instance, MemoryType, Module, SharedMemory, Store};
///
/// let engine = Engine::default();
/// let memory = SharedMemory::new(&engine, MemoryType::shared(1, 4))?;
/// # #[cfg(feature = "wat")] {
/// let module = Module::new(&engine, r#"(module (import "host" "memory" (memory 1 4 shared))
///     (func (export "count") (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))))"#)?;
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| {
///             let mut store = Store::new(&engine, ());
///             let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
///             let count = instance.get_typed_func::<(), ()>(&store, "count").unwrap();
///             (0..1000).for_each(|_| count.call(&mut store, ()).unwrap());
///         });
///     }
/// });
/// let mut bytes = [0; 4];
/// memory.read(8, &mut bytes).unwrap();
/// assert_eq!(u32::from_le_bytes(bytes), 2000);
/// # }
/// assert!(memory.write(65_536, &[1]).is_err());
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SharedMemory(pub(crate) raw::SharedMemory);

impl SharedMemory {
    /// A memory of zeros, of the minimal size of its type.
    ///
    /// # Errors
    /// `Memory` with `InvalidMemoryType` if the type is not one of a shared memory; `Module` with `OutOfMemory` if the machine has no room for the maximum.
    pub fn new(_engine: &Engine, ty: MemoryType) -> Result<SharedMemory, Error> {
        if !ty.is_shared() {
            return Err(MemoryError::InvalidMemoryType.into());
        }
        Ok(SharedMemory(raw::SharedMemory::new(ty.to_raw())?))
    }

    /// Its declared type.
    pub fn ty(&self) -> MemoryType {
        MemoryType::from_raw(self.0.ty())
    }

    /// Size in pages, which other threads may make larger at any time.
    pub fn size(&self) -> u64 {
        self.0.pages()
    }

    /// Size in bytes, which other threads may make larger at any time.
    pub fn data_size(&self) -> usize {
        self.0.len()
    }

    /// Adds pages; gives the size in pages before. No store's limiter is asked.
    ///
    /// # Errors
    /// `OutOfBoundsGrowth` beyond the maximum.
    pub fn grow(&self, delta: u64) -> Result<u64, MemoryError> {
        self.0.grow(delta, |_, _| true).ok_or(MemoryError::OutOfBoundsGrowth)
    }

    /// Copies bytes out, from `offset` on. What other threads write meanwhile may be there or not, byte by byte.
    ///
    /// # Errors
    /// `OutOfBoundsAccess` beyond the end.
    pub fn read(&self, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryError> {
        if self.0.read(offset, buffer) { Ok(()) } else { Err(MemoryError::OutOfBoundsAccess) }
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// # Errors
    /// `OutOfBoundsAccess` beyond the end; nothing is written then.
    pub fn write(&self, offset: usize, buffer: &[u8]) -> Result<(), MemoryError> {
        if self.0.write(offset, buffer) { Ok(()) } else { Err(MemoryError::OutOfBoundsAccess) }
    }

    /// Wakes at most `count` threads that wait at `address`; gives how many. As `memory.atomic.notify`.
    ///
    /// # Errors
    /// `OutOfBoundsAccess` if 4 bytes there are not inside, or the address is no multiple of 4.
    pub fn atomic_notify(&self, address: u64, count: u32) -> Result<u32, MemoryError> {
        self.check(address, 4)?;
        Ok(self.0.notify(address, count))
    }

    /// Waits until it is notified, if the 4 bytes at `address` are `expected`. As `memory.atomic.wait32`; without a timeout for as long as it takes.
    ///
    /// # Errors
    /// As for [`SharedMemory::atomic_notify`].
    pub fn atomic_wait32(
        &self,
        address: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, MemoryError> {
        self.wait(address, expected.into(), 4, timeout)
    }

    /// Waits until it is notified, if the 8 bytes at `address` are `expected`. As `memory.atomic.wait64`.
    ///
    /// # Errors
    /// As for [`SharedMemory::atomic_notify`], with 8 for 4.
    pub fn atomic_wait64(
        &self,
        address: u64,
        expected: u64,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, MemoryError> {
        self.wait(address, expected, 8, timeout)
    }

    fn wait(
        &self,
        address: u64,
        expected: u64,
        width_bytes: usize,
        timeout: Option<Duration>,
    ) -> Result<WaitResult, MemoryError> {
        self.check(address, width_bytes as u64)?;
        loop {
            match self.0.wait(address, expected, width_bytes, timeout, || false) {
                Some(raw::WaitResult::Ok) => return Ok(WaitResult::Ok),
                Some(raw::WaitResult::Mismatch) => return Ok(WaitResult::Mismatch),
                Some(raw::WaitResult::TimedOut) => return Ok(WaitResult::TimedOut),
                None => {}
            }
        }
    }

    fn check(&self, address: u64, width_bytes: u64) -> Result<(), MemoryError> {
        let end = address.checked_add(width_bytes).filter(|end| *end <= self.data_size() as u64);
        end.filter(|_| address.is_multiple_of(width_bytes)).map(|_| ()).ok_or(MemoryError::OutOfBoundsAccess)
    }
}

impl PartialEq for SharedMemory {
    fn eq(&self, other: &SharedMemory) -> bool {
        self.0.is_same(&other.0)
    }
}

impl Eq for SharedMemory {}

impl Hash for SharedMemory {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id().hash(state);
    }
}
