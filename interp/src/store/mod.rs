//! The store: everything that exists at run time, owned by one value without a type parameter.
//!
//! Entities are plain values in lists, named by their address, the index in the list; they are never removed, so an
//! address stays valid as long as the store. Lists may move when they grow: the interpreter's [`Context`] holds pointers
//! into them, and `stale` says that they have to be read anew before it runs again.
//!
//! Read `heap` (the allocator), `list`, `limits`, `types`, `funcs`, then `memory`, `table`, `global`; `call` drives the
//! interpreter, `backtrace` and `suspend` look at its frames, `observe` at what they execute; `lazy` holds code that grows; `objects` finds what is reachable; `bound` says what memory all this takes. `crate::instance` fills a store from an image.

mod backtrace;
pub mod bound;
mod call;
#[cfg(feature = "exceptions")]
mod exception;
#[cfg_attr(compact, path = "few_funcs.rs")]
mod funcs;
mod global;
mod heap;
#[cfg_attr(not(feature = "translate"), path = "no_lazy.rs")]
mod lazy;
pub mod limits;
pub(crate) mod list;
mod memory;
#[cfg(feature = "objects")]
mod objects;
#[cfg(feature = "observe")]
#[cfg_attr(not(observe), path = "no_observe.rs")]
mod observe;
#[cfg(shared)]
pub mod shared;
#[cfg(feature = "alloc")]
mod suspend;
mod table;
#[cfg(feature = "exceptions")]
mod tag;
#[cfg(not(compact))]
mod types;
#[cfg(feature = "threads")]
mod wait;

pub use crate::error::OutOfMemory;
pub use backtrace::{Frame, Frames};
pub use call::{Call, HostCall, Stop};
pub use heap::Heap;
#[cfg(feature = "observe")]
pub use observe::SampleRequest;
#[cfg(feature = "alloc")]
pub use suspend::Suspended;

#[cfg(feature = "observe")]
pub use crate::exec::context::Count;

use crate::{
    exec::{
        call::STACK_SLACK_BYTES,
        context::{Context, FuncEntity, GlobalEntity, MemoryEntity, Spaces, TableEntity},
        handle,
        observe::Observed,
    },
    image::Image,
    types::{ExternKind, ExternType, FuncIndex, GlobalType},
};
use core::{alloc::Layout, mem, ptr, ptr::NonNull, slice, sync::atomic::AtomicU32};
use funcs::Funcs;
use limits::Limits;
use list::List;

/// Why a store cannot be observed.
#[cfg(feature = "observe")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CannotObserve {
    /// This build dispatches in a loop, which cannot be observed.
    LoopDispatch,
    /// No memory for the counts.
    OutOfMemory,
}

/// Address of something that can be imported and exported.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum External {
    /// Of a function.
    Func(u32),
    /// Of a table.
    Table(u32),
    /// Of a memory.
    Memory(u32),
    /// Of a global.
    Global(u32),
    /// Of a tag.
    Tag(u32),
}

/// What the store knows of an instance beside its [`Spaces`].
#[derive(Clone, Copy)]
pub(crate) struct InstanceEntity {
    /// The creator of the instance promised that the image's bytes outlive the store.
    pub(crate) image: Image<'static>,
    /// Tag address per tag index.
    #[cfg(feature = "exceptions")]
    pub(crate) tags: *const u32,
}

/// A block that lives as long as the store.
#[derive(Clone, Copy)]
struct Block {
    first: NonNull<u8>,
    layout: Layout,
}

/// All run-time entities, the guest stack, and the interpreter's state.
pub struct Store {
    pub(crate) heap: Heap,
    pub(crate) limits: Limits,
    context: NonNull<Context>,
    stack: NonNull<u8>,
    /// Where in the stack region the next call from the host begins, in bytes.
    stack_top: usize,
    /// Calls from the host that have not ended.
    calls_count: u32,
    /// Whether the context may hold pointers into lists that have moved.
    stale: bool,
    funcs: Funcs,
    pub(crate) tables: List<TableEntity>,
    pub(crate) memories: List<MemoryEntity>,
    pub(crate) globals: List<GlobalEntity>,
    pub(crate) global_types: List<GlobalType>,
    /// Values of globals that hold vectors.
    #[cfg(feature = "simd")]
    pub(crate) vectors: List<[u32; 4]>,
    pub(crate) spaces: List<Spaces>,
    pub(crate) instances: List<InstanceEntity>,
    blocks: List<Block>,
    externs_count: u32,
    /// Memories that other stores may have too, by address.
    #[cfg(shared)]
    shared: alloc::vec::Vec<(u32, shared::SharedMemory)>,
    /// Structs, arrays, exceptions.
    #[cfg(feature = "objects")]
    pub(crate) objects: crate::gc::ObjectHeap,
    /// What exceptions are told apart by.
    #[cfg(feature = "exceptions")]
    tags: List<tag::TagEntity>,
    /// References that the host holds.
    #[cfg(feature = "objects")]
    roots: crate::gc::root::Roots,
    /// What the calls from the host that have not ended cover up, if there may be objects. Room for all was made with the store.
    #[cfg(feature = "objects")]
    outers: List<call::Outer>,
    /// References in the frames of suspended calls.
    #[cfg(all(feature = "objects", feature = "alloc"))]
    parked: alloc::vec::Vec<suspend::Shared<[u32]>>,
    #[cfg(feature = "translate")]
    lazy: alloc::vec::Vec<lazy::Code>,
}

// SAFETY: all pointers are to memory that the store owns, to images that outlive it, to the signal word, which is atomic, or to shared memories,
// which are touched by atomics and in assembly only.
unsafe impl Send for Store {}
// SAFETY: as above; shared references only read, nothing is cached behind them.
unsafe impl Sync for Store {}

impl Store {
    /// An empty store.
    ///
    /// # Errors
    /// `heap` has no room for the guest stack.
    ///
    /// # Safety
    /// `signal` stays valid as long as the store.
    pub unsafe fn new(mut heap: Heap, limits: Limits, signal: *const AtomicU32) -> Result<Store, OutOfMemory> {
        let stack = heap.allocate(stack_layout(limits)?)?;
        let observed = match heap.allocate(Layout::new::<Observed>()) {
            Ok(observed) => observed.cast::<Observed>(),
            Err(error) => {
                // SAFETY: allocated above with this layout.
                unsafe { heap.free(stack, stack_layout(limits)?) };
                return Err(error);
            }
        };
        // SAFETY: both blocks were just allocated with room for what is written; the end is one past the stack.
        let context = unsafe {
            let stack_end = stack.as_ptr().add(limits.stack_bytes);
            observed.write(Observed::new(Context { signal, stack_end, ..Context::EMPTY }));
            Observed::context(observed)
        };
        let mut store = Store {
            heap,
            limits,
            context,
            stack,
            stack_top: 0,
            calls_count: 0,
            stale: true,
            // Where the context lies is not known beforehand on hosts that lay out memory at random.
            funcs: Funcs::new(context.addr().get() as u64),
            tables: List::EMPTY,
            memories: List::EMPTY,
            globals: List::EMPTY,
            global_types: List::EMPTY,
            #[cfg(feature = "simd")]
            vectors: List::EMPTY,
            spaces: List::EMPTY,
            instances: List::EMPTY,
            blocks: List::EMPTY,
            externs_count: 0,
            #[cfg(shared)]
            shared: alloc::vec::Vec::new(),
            #[cfg(feature = "objects")]
            objects: crate::gc::ObjectHeap::new(limits.objects_bytes, limits.collects_always),
            #[cfg(feature = "exceptions")]
            tags: List::EMPTY,
            #[cfg(feature = "objects")]
            roots: crate::gc::root::Roots::EMPTY,
            #[cfg(feature = "objects")]
            outers: List::EMPTY,
            #[cfg(all(feature = "objects", feature = "alloc"))]
            parked: alloc::vec::Vec::new(),
            #[cfg(feature = "translate")]
            lazy: alloc::vec::Vec::new(),
        };
        store.reserve_objects()?;
        Ok(store)
    }

    /// Makes room for what the collector needs, and in an arena for all objects.
    #[cfg(feature = "objects")]
    fn reserve_objects(&mut self) -> Result<(), OutOfMemory> {
        if self.limits.objects_bytes == 0 {
            return Ok(());
        }
        self.outers.reserve(&mut self.heap, self.limits.host_nesting as usize + 1)?;
        if self.heap.left().is_some() { self.objects.reserve_all(&mut self.heap) } else { Ok(()) }
    }

    /// There are no objects.
    #[cfg(not(feature = "objects"))]
    fn reserve_objects(&mut self) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// The interpreter's context.
    fn context(&self) -> &Context {
        // SAFETY: the context lives as long as the store and is written only through `&mut self`.
        unsafe { self.context.as_ref() }
    }

    /// The interpreter's context.
    fn context_mut(&mut self) -> &mut Context {
        // SAFETY: the context lives as long as the store, which is borrowed mutably.
        unsafe { self.context.as_mut() }
    }

    /// The interpreter's context as it is handed to it, its pointers up to date.
    fn fresh_context(&mut self) -> NonNull<Context> {
        if mem::take(&mut self.stale) {
            let (functions, tables) = (self.funcs.view(), self.tables.first_ptr());
            let (memories, globals) = (self.memories.first_ptr(), self.globals.first_ptr());
            #[cfg(feature = "simd")]
            let vectors = self.vectors.first_ptr();
            let (instances, instances_count) = (self.spaces.first_ptr(), self.spaces.len());
            #[cfg(feature = "objects")]
            let layouts = self.objects.layouts();
            let cx = self.context_mut();
            #[cfg(feature = "objects")]
            {
                cx.layouts = layouts;
            }
            cx.functions = functions;
            cx.tables = tables;
            cx.memories = memories;
            cx.globals = globals;
            #[cfg(feature = "simd")]
            {
                cx.vectors = vectors;
            }
            cx.instances = instances;
            if (cx.instance as usize) < instances_count {
                // SAFETY: the index was just checked, and the lists are up to date.
                unsafe { cx.enter(cx.instance) };
            }
        }
        self.context
    }

    /// Notes that a list may have moved, or that something that the context caches has changed.
    pub(crate) fn set_stale(&mut self) {
        self.stale = true;
    }

    /// A list with room for so many values, kept for as long as the store lives. It must not grow.
    pub(crate) fn kept<T: Copy>(&mut self, capacity: usize) -> Result<List<T>, OutOfMemory> {
        // What lies in an arena need not be given back.
        if self.heap.left().is_some() {
            return List::with_capacity(&mut self.heap, capacity);
        }
        self.blocks.reserve(&mut self.heap, 1)?;
        let list = List::<T>::with_capacity(&mut self.heap, capacity)?;
        let layout = Layout::array::<T>(list.capacity()).map_err(|_| OutOfMemory)?;
        let first = NonNull::new(list.first_ptr().cast()).ok_or(OutOfMemory)?;
        self.blocks.push(&mut self.heap, Block { first, layout })?;
        Ok(list)
    }

    /// So many times a value, kept for as long as the store lives.
    pub(crate) fn kept_filled<T: Copy>(&mut self, value: T, len: usize) -> Result<List<T>, OutOfMemory> {
        let mut list = self.kept(len)?;
        list.fill_up(value);
        Ok(list)
    }

    /// Number of the host function at `address`, if it is one.
    pub fn host_func_number(&self, address: u32) -> Option<u32> {
        let func = self.func(address);
        (func.instance == FuncEntity::HOST).then_some(func.entry)
    }

    /// A handle for a new external value; the embedder keeps the value itself under the number in it.
    ///
    /// # Errors
    /// Too many of them.
    pub fn new_extern(&mut self) -> Result<u32, OutOfMemory> {
        let number = next_address(self.externs_count as usize)?;
        self.externs_count += 1;
        Ok(number)
    }

    /// Whether a handle is null, or of something that exists in this store.
    pub fn is_valid_handle(&self, handle: u32) -> bool {
        handle == 0
            || handle::to_func(handle).is_some_and(|address| self.has_func(address))
            || handle::to_extern(handle).is_some_and(|number| number < self.externs_count)
            || cfg!(feature = "gc") && (handle::to_i31(handle).is_some() || self.is_valid_object(handle))
    }

    /// Whether a handle may lead to an object: of a guest's, and of one that is held, nothing else is said.
    #[cfg(feature = "objects")]
    fn is_valid_object(&self, handle: u32) -> bool {
        handle::is_object(handle) && handle < self.objects.bytes()
    }

    /// There are no objects.
    #[cfg(not(feature = "objects"))]
    fn is_valid_object(&self, _: u32) -> bool {
        false
    }

    /// Type of something that can be exported, its limits as they are now.
    pub fn extern_type(&self, external: External) -> ExternType<'_> {
        match external {
            External::Func(address) => ExternType::Func(self.func_type(address)),
            External::Table(address) => ExternType::Table(self.table_type(address)),
            External::Memory(address) => ExternType::Memory(self.memory_type(address)),
            External::Global(address) => ExternType::Global(self.global_type(address)),
            #[cfg(feature = "exceptions")]
            External::Tag(address) => ExternType::Tag(self.tag_type(address)),
            #[cfg(not(feature = "exceptions"))]
            External::Tag(_) => unreachable!("a build without exceptions has no tags"),
        }
    }

    /// Number of instances.
    pub fn instances_count(&self) -> u32 {
        self.instances.len() as u32
    }

    /// Number of tables.
    pub fn tables_count(&self) -> u32 {
        self.tables.len() as u32
    }

    /// Number of memories.
    pub fn memories_count(&self) -> u32 {
        self.memories.len() as u32
    }

    /// The image of an instance.
    pub fn image(&self, instance: u32) -> &Image<'_> {
        &self.instances[instance as usize].image
    }

    /// Where an instance's code begins; null for one that does not exist.
    fn code_ptr(&self, instance: u32) -> *const u16 {
        self.spaces.get(instance as usize).map_or(ptr::null(), |spaces| spaces.code)
    }

    /// What an instance has at an index of one of its index spaces.
    pub fn resolve(&self, instance: u32, kind: ExternKind, index: u32) -> Option<External> {
        let len = self.image(instance).count(kind) as usize;
        let spaces = &self.spaces[instance as usize];
        // SAFETY: each list has as many entries as the module has indices of its kind; instantiation made it so.
        let list = |first: *const u32| unsafe { slice::from_raw_parts(first, len) }.get(index as usize).copied();
        Some(match kind {
            ExternKind::Func => self.func_at(instance, index)?,
            ExternKind::Table => External::Table(list(spaces.tables)?),
            ExternKind::Memory => External::Memory(list(spaces.memories)?),
            ExternKind::Global => External::Global(list(spaces.globals)?),
            #[cfg(feature = "exceptions")]
            ExternKind::Tag => External::Tag(list(self.instances[instance as usize].tags)?),
            #[cfg(not(feature = "exceptions"))]
            ExternKind::Tag => return None,
        })
    }

    /// What an instance exports under a name.
    #[cfg_attr(compact, inline(never))]
    pub fn export(&self, instance: u32, name: &str) -> Option<External> {
        let export = self.image(instance).export_by_name(name)?;
        self.resolve(instance, export.kind, export.index)
    }

    /// Address of a function of an instance.
    pub fn func_address(&self, instance: u32, index: FuncIndex) -> Option<u32> {
        match self.resolve(instance, ExternKind::Func, index.0) {
            Some(External::Func(address)) => Some(address),
            _ => None,
        }
    }

    /// The instance whose code runs or has called the host; `None` while no guest runs.
    pub fn current_instance(&self) -> Option<u32> {
        let instance = self.context().instance;
        ((instance as usize) < self.instances.len()).then_some(instance)
    }

    /// Fuel left.
    pub fn fuel(&self) -> u64 {
        self.context().fuel
    }

    /// Sets the fuel, and whether bulk operators charge it.
    pub fn set_fuel(&mut self, fuel: u64, is_metered: bool) {
        let cx = self.context_mut();
        cx.fuel = fuel;
        cx.metered = is_metered;
    }

    /// `count` cells of the guest stack, `offset` bytes from its start.
    ///
    /// # Panics
    /// If they are not inside the stack.
    pub fn cells(&self, offset: usize, count: usize) -> &[u32] {
        assert!(offset.is_multiple_of(4) && offset + count * 4 <= self.limits.stack_bytes, "cells inside the stack");
        // SAFETY: the range was checked, the stack is aligned and its bytes are initialised.
        unsafe { slice::from_raw_parts(self.stack.as_ptr().add(offset).cast(), count) }
    }

    /// `count` cells of the guest stack, `offset` bytes from its start, for writing.
    ///
    /// # Panics
    /// If they are not inside the stack.
    pub fn cells_mut(&mut self, offset: usize, count: usize) -> &mut [u32] {
        assert!(offset.is_multiple_of(4) && offset + count * 4 <= self.limits.stack_bytes, "cells inside the stack");
        // SAFETY: the range was checked, the stack is aligned, its bytes are initialised, and the store is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.stack.as_ptr().add(offset).cast(), count) }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        #[cfg(feature = "observe")]
        self.stop_counting();
        let heap = &mut self.heap;
        for block in self.blocks.iter() {
            // SAFETY: the block was allocated with this layout and kept until now.
            unsafe { heap.free(block.first, block.layout) };
        }
        for memory in self.memories.iter() {
            memory::free(heap, memory);
        }
        for table in self.tables.iter() {
            table::free(heap, table);
        }
        self.blocks.free(heap);
        self.instances.free(heap);
        self.spaces.free(heap);
        self.global_types.free(heap);
        #[cfg(feature = "simd")]
        self.vectors.free(heap);
        self.globals.free(heap);
        self.memories.free(heap);
        self.tables.free(heap);
        self.funcs.free(heap);
        #[cfg(feature = "objects")]
        {
            self.objects.free(heap);
            self.roots.free(heap);
            #[cfg(feature = "exceptions")]
            self.tags.free(heap);
            self.outers.free(heap);
        }
        // SAFETY: allocated in `new` with these layouts; nothing runs any more.
        unsafe {
            heap.free(Observed::of(self.context).cast(), Layout::new::<Observed>());
            if let Ok(layout) = stack_layout(self.limits) {
                heap.free(self.stack, layout);
            }
        }
    }
}

fn stack_layout(limits: Limits) -> Result<Layout, OutOfMemory> {
    let bytes = limits.stack_bytes.checked_add(STACK_SLACK_BYTES).ok_or(OutOfMemory)?;
    Layout::from_size_align(bytes, BLOCK_ALIGN).map_err(|_| OutOfMemory)
}

/// Alignment of the guest stack and of memories.
const BLOCK_ALIGN: usize = if cfg!(compact) { 8 } else { 16 };

fn next_address(len: usize) -> Result<u32, OutOfMemory> {
    u32::try_from(len).ok().filter(|address| *address < limits::ADDRESSES_MAX).ok_or(OutOfMemory)
}
