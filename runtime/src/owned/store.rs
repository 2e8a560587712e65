//! Stores: the interpreter's store with what is the host's: its state, its functions, its values, its limiter.

use super::{
    AsContext, AsContextMut, Engine, Error, Extern, FuncType, Module, ResourceLimiter, StoreContext, StoreContextMut,
    backtrace::Backtrace,
    errors::{FuelError, InstantiationError, LimiterError},
    func::HostFunc,
    observe::Observer,
    sync::{Arc, unique_number},
};
use alloc::{alloc::handle_alloc_error, boxed::Box, vec::Vec};
use core::{
    alloc::Layout,
    any::Any,
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};
use sheave_interp::{
    instance::{self, Supply},
    store::{self as core_store, External, Heap, limits::Denied},
    types::{ExternKind, FuncIndex},
};

/// Names an entity of a store. Of another store it is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Handle {
    pub(crate) store: u32,
    pub(crate) address: u32,
}

/// A function that gives the limiter in the host's state.
type LimiterQuery<T> = Box<dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync>;

/// Owns instances and everything that belongs to them, and a state `T` of the host.
///
/// ```
/// use sheave::{Engine, Store};
///
/// let mut store = Store::new(&Engine::default(), 42);
/// *store.data_mut() += 1;
/// assert_eq!(store.into_data(), 43);
/// ```
pub struct Store<T> {
    /// In front of the core, so that its thread has ended when that is dropped.
    pub(crate) observer: Observer,
    pub(crate) core: core_store::Store,
    pub(crate) id: u32,
    engine: Engine,
    pub(crate) data: T,
    pub(crate) host_funcs: Vec<HostFunc<T>>,
    pub(crate) externs: Vec<Box<dyn Any + Send + Sync>>,
    /// The exception that is on its way through the host: the number of what holds it.
    #[cfg(feature = "exceptions")]
    pub(crate) pending: Option<u32>,
    /// Whose images the instances run: instance, module; ascending. Of several for one instance, the others failed to become it.
    modules: Vec<(u32, Module)>,
    limiter: Option<LimiterQuery<T>>,
    signal: Arc<AtomicU32>,
}

impl<T: Default> Default for Store<T> {
    fn default() -> Store<T> {
        Store::new(&Engine::default(), T::default())
    }
}

impl<T> Store<T> {
    /// An empty store. Without memory for the guest stack, whose size the engine's settings give, it ends as other allocations do: in
    /// `handle_alloc_error`. [`Store::try_new`] does not.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let stack = Layout::array::<u8>(engine.config().limits.stack_bytes);
        Store::try_new(engine, data).unwrap_or_else(|_| handle_alloc_error(stack.unwrap_or(Layout::new::<u64>())))
    }

    /// An empty store.
    ///
    /// # Errors
    /// `OutOfMemory` if there is no memory for the guest stack, whose size the engine's settings give.
    pub fn try_new(engine: &Engine, data: T) -> Result<Store<T>, Error> {
        let signal = Arc::new(AtomicU32::new(0));
        // SAFETY: the signal word lives until the last owner of the `Arc` goes, and the store is one.
        let core = unsafe { core_store::Store::new(Heap::default(), engine.config().limits, Arc::as_ptr(&signal)) };
        let mut core = core?;
        let is_metered = engine.config().consume_fuel;
        core.set_fuel(if is_metered { 0 } else { u64::MAX }, is_metered);
        Ok(Store {
            observer: Observer::default(),
            core,
            id: unique_number(),
            engine: engine.clone(),
            data,
            host_funcs: Vec::new(),
            externs: Vec::new(),
            #[cfg(feature = "exceptions")]
            pending: None,
            modules: Vec::new(),
            limiter: None,
            signal,
        })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The host's state.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The host's state, for changing.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// Collects objects now: structures, arrays and exceptions that neither the guest nor the host can reach make room for others. It
    /// happens by itself where an allocation needs room; a host with time to spare can have the pause here, before a call.
    ///
    /// ```
    /// # #[cfg(feature = "wat")] {
    /// use sheave::*;
    ///
    /// # fn main() -> Result<(), Error> {
    /// let mut config = Config::default();
    /// config.max_objects_bytes(64 << 10);
    /// let engine = Engine::new(&config);
    /// let module = Module::new(&engine, r#"(module (type $bytes (array (mut i8)))
    ///     (global $kept (mut (ref null $bytes)) (ref.null $bytes))
    ///     (func (export "keep") (param i32) (global.set $kept (array.new_default $bytes (local.get 0))))
    ///     (func (export "drop") (global.set $kept (ref.null $bytes))))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    /// let keep = instance.get_typed_func::<i32, ()>(&store, "keep")?;
    /// keep.call(&mut store, 40_000)?;
    /// store.gc();
    /// // What is kept stays, and leaves no room for as much again.
    /// assert_eq!(keep.call(&mut store, 40_000).unwrap_err().as_trap(), Some(Trap::OutOfHeap));
    /// instance.get_typed_func::<(), ()>(&store, "drop")?.call(&mut store, ())?;
    /// store.gc();
    /// keep.call(&mut store, 40_000)?;
    /// # Ok(())
    /// # }
    /// # main().unwrap();
    /// # }
    /// ```
    #[cfg(feature = "objects")]
    pub fn gc(&mut self) {
        self.core.collect_garbage();
    }

    /// The host's state; everything else goes.
    pub fn into_data(self) -> T {
        self.data
    }

    /// Asks the limiter that `query` finds in the host's state before anything grows.
    pub fn limiter(&mut self, query: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static) {
        self.limiter = Some(Box::new(query));
    }

    /// Fuel left.
    ///
    /// # Errors
    /// `Fuel` if the engine does not meter it.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.check_metered()?;
        Ok(self.core.fuel())
    }

    /// Sets the fuel.
    ///
    /// # Errors
    /// `Fuel` if the engine does not meter it.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.check_metered()?;
        self.core.set_fuel(fuel, true);
        Ok(())
    }

    fn check_metered(&self) -> Result<(), FuelError> {
        if self.engine.config().consume_fuel { Ok(()) } else { Err(FuelError::FuelMeteringDisabled) }
    }

    /// A handle by which another thread stops the guest that runs in this store. Code looks at it only if the engine is
    /// [interruptible](crate::Config::interruptible).
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle { signal: Arc::clone(&self.signal) }
    }

    pub(crate) fn clear_signal(&self) {
        self.signal.store(0, Ordering::Relaxed);
    }

    /// The address in a handle.
    ///
    /// # Panics
    /// If the handle is one of another store.
    pub(crate) fn address(&self, handle: Handle) -> u32 {
        assert!(handle.store == self.id, "used with the store that it belongs to");
        handle.address
    }

    pub(crate) fn handle(&self, address: u32) -> Handle {
        Handle { store: self.id, address }
    }

    /// # Panics
    /// If the store has 2^29 of them.
    pub(crate) fn new_extern(&mut self, object: Box<dyn Any + Send + Sync>) -> super::ExternRef {
        let number = self.core.new_extern().expect("a number for an external reference");
        self.externs.push(object);
        super::ExternRef(super::value::Value::Host(self.handle(number)))
    }

    /// # Panics
    /// If the store has 2^29 of them, or no memory.
    pub(crate) fn new_host_func(&mut self, ty: &FuncType, func: HostFunc<T>) -> super::Func {
        let number = u32::try_from(self.host_funcs.len()).expect("fewer than 2^32 host functions");
        assert!(ty.belongs_to(self.id), "a type is used with the store that it belongs to");
        let address = ty.with_raw(|ty| self.core.new_host_func(ty, number)).expect("memory for a host function");
        self.host_funcs.push(func);
        super::Func(self.handle(address))
    }

    /// The interpreter's store, and the limiter to go with it.
    pub(crate) fn core_and_limiter(&mut self) -> (&mut core_store::Store, StoreLimiter<'_, T>) {
        (&mut self.core, StoreLimiter { query: self.limiter.as_mut(), data: &mut self.data })
    }

    /// Makes an instance, without calling its start function.
    pub(crate) fn instantiate(&mut self, module: &Module, imports: &[Extern]) -> Result<super::Instance, Error> {
        assert!(Engine::same(&self.engine, module.engine()), "module and store of one engine");
        let expected = module.parsed().imports_count() as usize;
        if imports.len() != expected {
            return Err(InstantiationError::MismatchedNumberOfImports { expected, actual: imports.len() }.into());
        }
        self.check_counts(module)?;
        let imports: Vec<External> = imports.iter().map(|import| import.to_raw(self)).collect::<Result<_, _>>()?;
        // First of all, so that the image outlives whatever is made of it.
        self.modules.push((self.core.instances_count(), module.clone()));
        let (core, mut limiter) = self.core_and_limiter();
        let supply = |number: u32| imports.get(number as usize).copied().map(Supply::External);
        // SAFETY: a module's code is verified when it is made, or its maker has promised as much; its bytes are kept above
        // and never change.
        let instance = unsafe { instance::instantiate(core, module.parsed(), &supply, &mut limiter) }?;
        Ok(super::Instance(self.handle(instance)))
    }

    /// Translates the function that an instance has called for the first time, and makes the guest stand at its start.
    #[cfg(feature = "translate")]
    pub(crate) fn install(&mut self, instance: u32, func: FuncIndex) -> Result<(), Error> {
        let i = self.modules.partition_point(|(number, _)| *number <= instance) - 1;
        let func = self.modules[i].1.lazy_func(func)?;
        // SAFETY: the last module for this instance is the one that it was made of; see `instantiate`.
        Ok(unsafe { self.core.install(&func) }?)
    }

    /// No function is translated in this build, so that none was put off.
    #[cfg(not(feature = "translate"))]
    pub(crate) fn install(&mut self, _: u32, _: FuncIndex) -> Result<(), Error> {
        Err(Error::new("a stub in a build that does not translate"))
    }

    /// Asks the limiter whether so many entities may be.
    fn check_counts(&mut self, module: &Module) -> Result<(), InstantiationError> {
        let Some(query) = &mut self.limiter else { return Ok(()) };
        let limiter = query(&mut self.data);
        let defined = |kind| module.defined_count(kind);
        if self.core.instances_count() as usize >= limiter.instances() {
            return Err(InstantiationError::TooManyInstances);
        }
        if self.core.tables_count() as usize + defined(ExternKind::Table) > limiter.tables() {
            return Err(InstantiationError::TooManyTables);
        }
        if self.core.memories_count() as usize + defined(ExternKind::Memory) > limiter.memories() {
            return Err(InstantiationError::TooManyMemories);
        }
        Ok(())
    }

    /// The frames of the guest that runs.
    pub(crate) fn backtrace(&self) -> Backtrace {
        Backtrace::capture(&self.core)
    }
}

impl<T> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { store: self }
    }
}

impl<T> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { store: self }
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("id", &self.id).field("data", &self.data).finish_non_exhaustive()
    }
}

/// The host's limiter as the interpreter asks it.
pub(crate) struct StoreLimiter<'a, T> {
    query: Option<&'a mut LimiterQuery<T>>,
    data: &'a mut T,
}

impl<T> core_store::limits::Limiter for StoreLimiter<'_, T> {
    fn memory_growing(&mut self, current: u64, desired: u64, maximum: Option<u64>) -> Result<bool, Denied> {
        let Some(query) = &mut self.query else { return Ok(true) };
        let [current, desired] = [current, desired].map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        let maximum = maximum.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        answer(query(self.data).memory_growing(current, desired, maximum))
    }

    fn table_growing(&mut self, current: u32, desired: u32, maximum: Option<u32>) -> Result<bool, Denied> {
        let Some(query) = &mut self.query else { return Ok(true) };
        let maximum = maximum.map(|elements| elements as usize);
        answer(query(self.data).table_growing(current as usize, desired as usize, maximum))
    }
}

fn answer(answer: Result<bool, LimiterError>) -> Result<bool, Denied> {
    answer.map_err(|LimiterError::ResourceLimiterDeniedAllocation| Denied)
}

/// Stops the guest of a store from another thread or an interrupt handler. Cheap to clone; outlives the store.
#[derive(Clone, Debug)]
pub struct InterruptHandle {
    signal: Arc<AtomicU32>,
}

impl InterruptHandle {
    /// The guest that runs, or the next to run, is stopped with [`Trap::Interrupted`](crate::Trap::Interrupted).
    pub fn interrupt(&self) {
        self.signal.store(1, Ordering::Relaxed);
    }
}
