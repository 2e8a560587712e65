//! Everything in a store that can grow has its limit here.

/// What an embedder may choose.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the guest stack, allocated once. Default: 1 MiB; 16 KiB on 32-bit and smaller machines.
    pub stack_bytes: usize,
    /// How many host functions may be waiting for a guest that they called, one in the other. Default: 64; 2 on 32-bit and
    /// smaller machines, whose native stacks are small.
    pub host_nesting: u32,
    /// The most elements of a table. Default: 10,000,000.
    pub table_elements: u32,
    /// The most instances. Default: 10,000.
    pub instances: u32,
    /// The most tables, memories each. Default: 10,000.
    pub tables_and_memories: u32,
    /// Bytes that structs, arrays and exceptions may take, less than 4 GiB; in an arena they are taken with the store. Beside them, the collector
    /// takes a 64th of that. Default: 0, so that a guest that makes one is stopped.
    #[cfg(feature = "objects")]
    pub objects_bytes: usize,
    /// Whether each allocation of such an object collects what is not reachable, and memory that is free is overwritten: to find mistakes,
    /// hundreds of times slower. Default: no.
    #[cfg(feature = "objects")]
    pub collects_always: bool,
}

/// Whether this is a host.
const LARGE: bool = cfg!(target_pointer_width = "64");

impl Limits {
    /// The defaults.
    pub const DEFAULT: Limits = Limits {
        stack_bytes: if LARGE { 1 << 20 } else { 16 << 10 },
        host_nesting: if LARGE { 64 } else { 2 },
        table_elements: 10_000_000,
        instances: 10_000,
        tables_and_memories: 10_000,
        #[cfg(feature = "objects")]
        objects_bytes: 0,
        #[cfg(feature = "objects")]
        collects_always: false,
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

/// The most functions, types, globals and external references each: what a handle can carry.
pub const ADDRESSES_MAX: u32 = crate::exec::handle::MAX_ADDRESS;
/// The most frames that a backtrace shows.
pub const BACKTRACE_FRAMES: usize = 64;

/// Asked before a memory or a table takes more room.
pub trait Limiter {
    /// Whether a memory may grow from `current` to `desired` bytes; `maximum` is its declared limit.
    ///
    /// # Errors
    /// The guest is to be stopped with [`Denied`] instead of going on with a failed growth.
    fn memory_growing(&mut self, current: u64, desired: u64, maximum: Option<u64>) -> Result<bool, Denied>;
    /// Whether a table may grow from `current` to `desired` elements; `maximum` is its declared limit.
    ///
    /// # Errors
    /// The guest is to be stopped with [`Denied`] instead of going on with a failed growth.
    fn table_growing(&mut self, current: u32, desired: u32, maximum: Option<u32>) -> Result<bool, Denied>;
}

/// A limiter's wish to stop the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denied;

/// Lets everything pass that the store itself allows.
pub struct Unlimited;

impl Limiter for Unlimited {
    fn memory_growing(&mut self, _: u64, _: u64, _: Option<u64>) -> Result<bool, Denied> {
        Ok(true)
    }
    fn table_growing(&mut self, _: u32, _: u32, _: Option<u32>) -> Result<bool, Denied> {
        Ok(true)
    }
}
