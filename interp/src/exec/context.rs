//! What handlers need beside their registers: views of the current instance and of the store's entities.
//!
//! `Context` is refreshed by the store whenever anything it points to can have moved: on entering an instance, after
//! growth, after a host call. Handlers never keep a copy of its pointers across such a point.

use super::{
    functions::{FuncSpace, Functions, NO_FUNCTIONS},
    machine::Exit,
};
use core::{ptr, sync::atomic::AtomicU32};

/// A function as handlers see it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FuncEntity {
    /// Canonical type, unique in the store.
    #[cfg(not(compact))]
    pub type_id: u32,
    /// Index of its instance in the store, or [`FuncEntity::HOST`].
    pub instance: u32,
    /// Entry as a unit offset in the instance's code; of a host function, its number.
    pub entry: u32,
}

impl FuncEntity {
    /// `instance` of a host function.
    pub const HOST: u32 = u32::MAX;
}

/// A table as handlers see it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TableEntity {
    /// Elements, as handles; of a table that is read in the image, those that its segment gives, as function indices.
    pub elements: *mut u32,
    /// Number of elements.
    pub len: u32,
    /// Number of elements that the allocation, or the segment, holds.
    pub capacity: u32,
    /// Limit on the number of elements; if below `len`, the elements are read in the image, and it is where in the table the segment begins.
    pub maximum: u32,
    /// Declared type.
    pub ty: crate::types::TableType,
}

impl TableEntity {
    /// Whether the elements are read in the image.
    #[inline(always)]
    pub fn is_in_image(&self) -> bool {
        cfg!(compact) && self.maximum < self.len
    }

    /// Number of elements in the store's memory: all, but none of what is read in the image.
    pub fn own_len(&self) -> u32 {
        if self.is_in_image() { 0 } else { self.len }
    }
}

/// A memory as handlers see it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MemoryEntity {
    /// First byte.
    pub base: *mut u8,
    /// Size in bytes; of a memory with a window, how many are below it.
    pub len: usize,
    /// Bytes that the allocation holds.
    pub capacity: usize,
    /// What of the memory is read in the image: it begins at `len`, and what is above it is in RAM again.
    pub window: super::rodata::Window,
    /// Size of a page, as a power of two.
    pub page_size_log2: u8,
    /// Limit in bytes.
    pub maximum: u64,
    /// Declared type.
    pub ty: crate::types::MemoryType,
    /// The present size in bytes, if other threads may change it: `len` is a size that it had then. Else null.
    #[cfg(shared)]
    pub shared_len: *const core::sync::atomic::AtomicUsize,
}

/// A global: its value as bits, in 8 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
pub struct GlobalEntity {
    /// Value; narrow values are zero-extended. Of a vector, its number among the store's vectors.
    pub bits: u64,
}

/// A passive segment as handlers see it; empty once dropped.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct DataEntity {
    /// First byte, in the image.
    pub base: *const u8,
    /// Length in bytes.
    pub len: u32,
}

/// A passive element segment as handlers see it; empty once dropped.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ElemEntity {
    /// First element, as handles.
    pub base: *const u32,
    /// Number of elements.
    pub len: u32,
}

/// The address spaces of an instance: index space of the module to addresses in the store. Each points to as many entries
/// as the module has indices, as `image` says.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Spaces {
    /// Functions and types.
    pub funcs: FuncSpace,
    /// Table address per table index.
    pub tables: *const u32,
    /// Memory address per memory index.
    pub memories: *const u32,
    /// Global address per global index.
    pub globals: *const u32,
    /// Data segments.
    pub datas: *mut DataEntity,
    /// Element segments.
    pub elems: *mut ElemEntity,
    /// First unit of the code.
    pub code: *const u16,
    /// Address of the first global defined by the module; the others follow in a row.
    pub first_own_global: u32,
    /// Whether the module has a memory 0 and a table 0.
    pub has_memory: bool,
    /// Whether the module has a table 0.
    pub has_table: bool,
}

/// How often the instruction at a unit of code was executed, if that is counted.
#[cfg(feature = "observe")]
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Count {
    /// How often it was executed, by itself or in a superinstruction.
    pub executed: u64,
    /// How often it was dispatched: by itself, or as the first of a superinstruction.
    pub dispatched: u64,
}

/// What changes seldom.
#[repr(C)]
pub struct Context {
    /// Memory 0 of the current instance.
    pub memory_base: *mut u8,
    /// Its length in bytes.
    pub memory_len: usize,
    /// An access of up to eight bytes that begins below this offset is inside: seven less than the length.
    pub memory_easy: usize,
    /// First global defined by the current instance.
    pub own_globals: *mut GlobalEntity,
    /// End of the stack region.
    pub stack_end: *mut u8,
    /// Code of the current instance.
    pub code: *const u16,
    /// Table 0 of the current instance.
    #[cfg(compact)]
    pub table: *const TableEntity,
    /// Elements of table 0 of the current instance.
    #[cfg(not(compact))]
    pub table_elements: *mut u32,
    /// Their number.
    #[cfg(not(compact))]
    pub table_len: u32,
    /// Index of the current instance in the store.
    pub instance: u32,
    /// Spaces of the current instance.
    pub spaces: Spaces,
    /// All functions of the store.
    pub functions: Functions,
    /// All tables of the store.
    pub tables: *mut TableEntity,
    /// All memories of the store.
    pub memories: *mut MemoryEntity,
    /// All globals of the store.
    pub globals: *mut GlobalEntity,
    /// Values of the globals that hold vectors.
    #[cfg(feature = "simd")]
    pub vectors: *mut [u32; 4],
    /// Spaces of all instances.
    pub instances: *const Spaces,
    /// Whether fuel is charged by bulk operators.
    pub metered: bool,
    /// Fuel left.
    pub fuel: u64,
    /// Interruption, suspension, debugger: not zero asks the interpreter to leave. Elsewhere, because other threads and
    /// interrupt handlers write it while this context is borrowed.
    pub signal: *const AtomicU32,
    /// Registers while the interpreter does not run.
    pub saved: Registers,
    /// The accumulator of vectors, while the interpreter does not run or has no register for it. Aligned as cells are, so that the
    /// context is no more than it was.
    #[cfg(feature = "simd")]
    pub v0: [u32; 4],
    /// Request to the embedder that goes with an exit.
    pub request: Request,
    /// What the general arm of the match is about.
    #[cfg(any(general, compact))]
    pub decoded: Decoded,
    /// Why the interpreter was left, on its way out.
    pub exit: Exit,
    /// Where objects are allocated.
    #[cfg(feature = "objects")]
    pub heap: crate::gc::View,
    /// What descriptors stand for.
    #[cfg(feature = "objects")]
    pub layouts: *const crate::gc::Layout,
    /// Of which type an object is, as it was decided last.
    #[cfg(feature = "gc")]
    pub verdict: super::gc::Verdict,
}

/// Machine registers at rest: plain data.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Next unit.
    pub ip: *const u16,
    /// Frame.
    pub fp: *mut u8,
    /// Accumulator.
    pub r0: u64,
    /// Accumulator.
    pub f0: f64,
}

/// How many operands an instruction has at most that the general arm decodes: a write to a field names structure, type and offset too.
pub const OPERANDS: usize = if cfg!(feature = "gc") { 4 } else { 3 };

/// What of an instruction is known when the general arm of the match has decoded it, and needed when its operation is done. In the context, so that no operation has it above
/// itself on the native stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Decoded {
    /// Operands.
    pub values: [u64; OPERANDS],
    /// Where the result goes, or null.
    pub result: *mut u32,
    /// Where it also goes, which may be the same.
    pub also: *mut u32,
    /// Where a branch goes, or null.
    pub target: *const u16,
    /// Whether the result has 64 bits.
    pub is_wide_result: bool,
}

impl Decoded {
    /// Nothing.
    pub const EMPTY: Decoded = Decoded {
        values: [0; OPERANDS],
        result: ptr::null_mut(),
        also: ptr::null_mut(),
        target: ptr::null(),
        is_wide_result: false,
    };
}

/// What an exit asks for.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Request {
    /// HOST_CALL: the function's address. GROW, WAIT, NOTIFY: address of the memory or table.
    pub address: u32,
    /// HOST_CALL: where the arguments stand and the results go.
    pub window: *mut u8,
    /// HOST_TAIL_CALL: offset of the frame header of the frame that is left.
    pub header: u16,
    /// GROW: whether a table is meant, and not a memory.
    pub is_table: bool,
    /// GROW: pages or elements to add. COLLECT: bytes of the object. WAIT, NOTIFY: the place in the memory, in bytes.
    pub delta: u64,
    /// GROW of a table: value of new elements. WAIT: how many bytes are looked at. NOTIFY: how many to wake.
    pub value: u32,
}

impl Context {
    /// A context of no instance.
    pub const EMPTY: Context = Context {
        memory_base: ptr::null_mut(),
        memory_len: 0,
        memory_easy: 0,
        own_globals: ptr::null_mut(),
        stack_end: ptr::null_mut(),
        code: ptr::null(),
        #[cfg(compact)]
        table: ptr::null(),
        #[cfg(not(compact))]
        table_elements: ptr::null_mut(),
        #[cfg(not(compact))]
        table_len: 0,
        instance: u32::MAX,
        spaces: Spaces {
            funcs: FuncSpace::EMPTY,
            tables: ptr::null(),
            memories: ptr::null(),
            globals: ptr::null(),
            datas: ptr::null_mut(),
            elems: ptr::null_mut(),
            code: ptr::null(),
            first_own_global: 0,
            has_memory: false,
            has_table: false,
        },
        functions: NO_FUNCTIONS,
        tables: ptr::null_mut(),
        memories: ptr::null_mut(),
        globals: ptr::null_mut(),
        #[cfg(feature = "simd")]
        vectors: ptr::null_mut(),
        instances: ptr::null(),
        metered: false,
        fuel: 0,
        signal: ptr::null(),
        saved: Registers { ip: ptr::null(), fp: ptr::null_mut(), r0: 0, f0: 0.0 },
        #[cfg(feature = "simd")]
        v0: [0; 4],
        request: Request { address: 0, window: ptr::null_mut(), header: 0, is_table: false, delta: 0, value: 0 },
        #[cfg(any(general, compact))]
        decoded: Decoded::EMPTY,
        exit: Exit::FINISHED,
        #[cfg(feature = "objects")]
        heap: crate::gc::View::EMPTY,
        #[cfg(feature = "objects")]
        layouts: ptr::null(),
        #[cfg(feature = "gc")]
        verdict: super::gc::Verdict::NONE,
    };

    /// Makes `instance` the current one.
    ///
    /// # Safety
    /// `instance` is an index into `instances`, and all entity lists are up to date.
    #[cfg_attr(not(compact), inline)]
    #[cfg_attr(compact, inline(never))]
    pub unsafe fn enter(&mut self, instance: u32) {
        // SAFETY: the caller promises the index; the lists of spaces hold addresses of entities that exist, since
        // instantiation fills them.
        unsafe {
            self.spaces = *self.instances.add(instance as usize);
            self.instance = instance;
            self.refresh();
        }
    }

    /// Reads the cached views of memory 0, table 0 and the globals anew.
    ///
    /// # Safety
    /// As for [`Context::enter`].
    #[cfg_attr(not(compact), inline)]
    pub unsafe fn refresh(&mut self) {
        // SAFETY: see `enter`; `has_memory` and `has_table` say whether index 0 exists.
        unsafe {
            self.code = self.spaces.code;
            self.own_globals = self.globals.wrapping_add(self.spaces.first_own_global as usize);
            (self.memory_base, self.memory_len) = (ptr::null_mut(), 0);
            if self.spaces.has_memory {
                let memory = &*self.memories.add(*self.spaces.memories as usize);
                (self.memory_base, self.memory_len) = (memory.base, super::shared::len(memory));
            }
            self.memory_easy = self.memory_len.saturating_sub(7);
            super::functions::refresh_table(self);
        }
    }
}
