//! The API without an allocator: everything lives in memory that the caller hands over, imports are a table of functions.
//!
//! Smaller than the API with an allocator: only numbers and vectors cross the border, modules import functions only, an error is a code.
//! The interpreter, the verifier and the safety are the same. Without feature `alloc` this is what the crate consists of.
//!
//! ```
//! # #[cfg(feature = "wat")] {
//! use sheave::arena::{Caller, Error, Import, Limits, Module, Store, Val, ValType};
//!
//! /// The function of the board that guests may call.
//! fn led(mut caller: Caller<'_, u32>, params: &[Val], _: &mut [Val]) -> Result<(), Error> {
//!     if let [Val::I32(brightness)] = params {
//!         *caller.data_mut() = *brightness as u32;
//!     }
//!     Ok(())
//! }
//! static IMPORTS: [Import<u32>; 1] = [Import::new("board", "led", &[ValType::I32], &[], led)];
//!
//! # let text = r#"(module (import "board" "led" (func $led (param i32))) (func (export "on") (call $led (i32.const 9))))"#;
//! # let image = sheave::Module::new(&sheave::Engine::default(), text).unwrap();
//! # let image = image.image();
//! let module = Module::from_image(image)?;
//! let mut arena = [0; 8192];
//! let limits = Limits { stack_bytes: 1024, ..Limits::default() };
//! let mut store = Store::new(&mut arena, limits, &IMPORTS, 0)?;
//! let instance = store.instantiate(&module)?;
//! store.call(instance, "on", &[], &mut [])?;
//! assert_eq!(*store.data(), 9);
//! assert_eq!(store.call(instance, "off", &[], &mut []), Err(Error::UnknownExport));
//! # }
//! # Ok::<(), sheave::arena::Error>(())
//! ```

use crate::Trap;
use core::{
    alloc::Layout,
    fmt,
    marker::PhantomData,
    mem::{ManuallyDrop, MaybeUninit},
    ptr::NonNull,
    slice,
    sync::atomic::AtomicU32,
};
pub use sheave_interp::store::{
    bound::{Bound, Sizes},
    limits::Limits,
};
use sheave_interp::{
    error::{Error as InterpError, ErrorKind},
    image::{self, Image},
    instance::{self, Supply},
    store::{Call, External, Heap, Stop, Store as CoreStore, limits::Unlimited},
    types::{Bits, ExternKind, FuncType, ValType as RawType, ValTypes},
};

/// Why something did not succeed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The guest was stopped.
    Trap(Trap),
    /// An image was refused, a limit was reached, or the arena has no more room.
    Module(ErrorKind),
    /// The module imports something, by its number among the imports, that the table does not have.
    UnknownImport(u32),
    /// There is no such export, or it is no function.
    UnknownExport,
    /// Values do not have the types of the function.
    Types,
    /// A host function failed with this code.
    Host(u32),
    /// The guest threw an exception that it did not catch.
    UncaughtException,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Trap(trap) => trap.fmt(f),
            Error::Module(kind) => InterpError::new(*kind).fmt(f),
            Error::UnknownImport(number) => write!(f, "unknown import {number}"),
            Error::UnknownExport => f.write_str("unknown export"),
            Error::Types => f.write_str("values of other types than the function's"),
            Error::Host(code) => write!(f, "host error {code}"),
            Error::UncaughtException => f.write_str("uncaught exception"),
        }
    }
}

impl core::error::Error for Error {}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        Error::Trap(trap)
    }
}

impl From<InterpError> for Error {
    fn from(error: InterpError) -> Error {
        match error.kind() {
            ErrorKind::Trap(trap) => Error::Trap(trap),
            kind => Error::Module(kind),
        }
    }
}

/// The type of a number or vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Vector of 128 bits.
    #[cfg(feature = "simd")]
    V128,
}

impl ValType {
    fn to_raw(self) -> RawType {
        match self {
            ValType::I32 => RawType::I32,
            ValType::I64 => RawType::I64,
            ValType::F32 => RawType::F32,
            ValType::F64 => RawType::F64,
            #[cfg(feature = "simd")]
            ValType::V128 => RawType::V128,
        }
    }
}

/// A number or vector of a guest.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float.
    F32(f32),
    /// 64-bit float.
    F64(f64),
    /// Vector of 128 bits.
    #[cfg(feature = "simd")]
    V128(crate::V128),
}

impl Val {
    /// Its type.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            #[cfg(feature = "simd")]
            Val::V128(_) => ValType::V128,
        }
    }

    fn to_bits(self) -> Bits {
        match self {
            Val::I32(value) => Bits::from(value as u32),
            Val::I64(value) => Bits::from(value as u64),
            Val::F32(value) => Bits::from(value.to_bits()),
            Val::F64(value) => Bits::from(value.to_bits()),
            #[cfg(feature = "simd")]
            Val::V128(value) => value.as_u128(),
        }
    }

    fn from_bits(bits: Bits, ty: RawType) -> Option<Val> {
        Some(match ty {
            RawType::I32 => Val::I32(bits as i32),
            RawType::I64 => Val::I64(bits as i64),
            RawType::F32 => Val::F32(f32::from_bits(bits as u32)),
            RawType::F64 => Val::F64(f64::from_bits(bits as u64)),
            #[cfg(feature = "simd")]
            RawType::V128 => Val::V128(bits.into()),
            _ => return None,
        })
    }
}

/// A function of the host: gets parameters, and results of zero to be set.
pub type HostFunc<T> = fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error>;

/// An entry of the table of imports.
#[derive(Debug)]
pub struct Import<T> {
    module: &'static str,
    name: &'static str,
    params: &'static [ValType],
    results: &'static [ValType],
    func: HostFunc<T>,
}

impl<T> Import<T> {
    /// The function `func` of these types under a name.
    pub const fn new(
        module: &'static str,
        name: &'static str,
        params: &'static [ValType],
        results: &'static [ValType],
        func: HostFunc<T>,
    ) -> Import<T> {
        Import { module, name, params, results, func }
    }

    fn is_of_type(&self, ty: FuncType<'_>) -> bool {
        let same = |found: &[ValType], types: ValTypes<'_>| types.iter().eq(found.iter().map(|ty| ty.to_raw()));
        same(self.params, ty.params()) && same(self.results, ty.results())
    }
}

/// A module: an image where it lies, in flash or in RAM.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    image: Image<'a>,
}

impl<'a> Module<'a> {
    /// Looks at an image, which begins at a multiple of 8 bytes, and verifies it: any bytes are safe.
    ///
    /// # Errors
    /// `Module` if the bytes are not an image that this build can run.
    pub fn from_image(bytes: &'a [u8]) -> Result<Module<'a>, Error> {
        let image = Image::parse(bytes)?;
        image::verify(&image)?;
        Ok(Module { image })
    }

    /// What `embed_image!` gives: the image in these bytes, verified by the compiler.
    ///
    /// # Safety
    /// As for [`Image::trusted`].
    #[doc(hidden)]
    pub const unsafe fn embedded(bytes: &'a [u8]) -> Module<'a> {
        // SAFETY: as the caller promises.
        Module { image: unsafe { Image::trusted(bytes) } }
    }

    /// Looks at an image without looking at its instructions, but for whether this build has them.
    ///
    /// # Errors
    /// As [`Module::from_image`], but for the instructions.
    ///
    /// # Safety
    /// The image was made by Sheave from the same version and not changed since: wrong instructions read and write the
    /// host's memory.
    pub unsafe fn from_image_unverified(bytes: &'a [u8]) -> Result<Module<'a>, Error> {
        let image = Image::parse(bytes)?;
        image::available(&image)?;
        Ok(Module { image })
    }
}

/// Memory for a store, aligned as [`Bound`] asks for.
///
/// ```
/// # #[cfg(feature = "wat")] {
/// use sheave::arena::{Arena, Bound, Import, Limits, Module, Store};
///
/// # let module = sheave::Module::new(&sheave::Engine::default(), "(module (memory 100 100 (pagesize 1)))").unwrap();
/// # let image = module.image();
/// const LIMITS: Limits = Limits { stack_bytes: 256, ..Limits::DEFAULT };
/// // With an image of `include_image!` this can be a constant, and the arena a static of just that size.
/// let bound = Bound::of(image, LIMITS.stack_bytes).unwrap();
/// assert_eq!(bound.memory_bytes, 100);
///
/// let mut arena = Arena::<4096>::new();
/// let mut instantiate = |bytes: usize| {
///     let mut store = Store::new(&mut arena.bytes_mut()[..bytes], LIMITS, &[] as &[Import<()>], ())?;
///     store.instantiate(&Module::from_image(image)?)
/// };
/// assert!(instantiate(bound.bytes).is_ok());
/// assert_eq!(instantiate(bound.bytes - 1).unwrap_err().to_string(), "out of memory");
/// # }
/// ```
#[repr(C)]
#[cfg_attr(feature = "alloc", repr(align(16)))]
#[cfg_attr(not(feature = "alloc"), repr(align(8)))]
#[derive(Clone, Debug)]
pub struct Arena<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Arena<BYTES> {
    /// Zeros.
    pub const fn new() -> Arena<BYTES> {
        Arena([0; BYTES])
    }

    /// All of it.
    pub const fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Arena<BYTES> {
        Arena::new()
    }
}

/// An instance in a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instance(u32);

/// A signal word that nobody sets.
static NO_SIGNAL: AtomicU32 = AtomicU32::new(0);

/// Owns instances in a borrowed arena, and a state `T` of the host.
pub struct Store<'a, T: 'a> {
    /// Not dropped: all it owns lies in the arena, which may be gone by then.
    core: ManuallyDrop<CoreStore>,
    imports: &'a [Import<T>],
    data: T,
    arena: PhantomData<&'a mut [u8]>,
}

impl<'a, T> Store<'a, T> {
    /// An empty store in `arena`, whose guests may import what `imports` lists.
    ///
    /// # Errors
    /// `Module` with `OutOfMemory` if the arena has no room for a guest stack of `limits.stack_bytes` bytes.
    pub fn new(arena: &'a mut [u8], limits: Limits, imports: &'a [Import<T>], data: T) -> Result<Store<'a, T>, Error> {
        Store::with_signal(arena, limits, imports, data, &NO_SIGNAL)
    }

    /// As [`Store::new`]; setting `signal` to another value than zero, as from an interrupt handler, stops the guest.
    ///
    /// # Errors
    /// As [`Store::new`].
    pub fn with_signal(
        arena: &'a mut [u8],
        limits: Limits,
        imports: &'a [Import<T>],
        data: T,
        signal: &'a AtomicU32,
    ) -> Result<Store<'a, T>, Error> {
        // SAFETY: the arena is borrowed mutably for as long as this store, the only user of the heap, can be used.
        let heap = unsafe { Heap::in_arena(NonNull::from(arena)) };
        // SAFETY: the signal word is borrowed for as long as the store can be used.
        let mut core = unsafe { CoreStore::new(heap, limits, signal) }.map_err(InterpError::from)?;
        core.set_fuel(u64::MAX, false);
        Ok(Store { core: ManuallyDrop::new(core), imports, data, arena: PhantomData })
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
    /// happens by itself where an allocation needs room; firmware with time to spare can have the pause here, before a call.
    #[cfg(feature = "objects")]
    pub fn gc(&mut self) {
        self.core.collect_garbage();
    }

    /// Sets the fuel of images made with fuel, and switches it on for bulk operators.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.core.set_fuel(fuel, true);
    }

    /// Fuel left.
    pub fn fuel(&self) -> u64 {
        self.core.fuel()
    }

    /// Makes an instance and calls its start function.
    ///
    /// # Errors
    /// `UnknownImport` if the table lacks an import or has it with another type; `Module` with `Limit` or `OutOfMemory`;
    /// `Trap` or `Host` of the start function or an active segment.
    pub fn instantiate(&mut self, module: &Module<'a>) -> Result<Instance, Error> {
        let table = self.imports;
        let supply = |number: u32| find(table, &module.image, number).map(Supply::Host);
        if let Some(missing) = (0..module.image.imports_count()).find(|number| supply(*number).is_none()) {
            return Err(Error::UnknownImport(missing));
        }
        // SAFETY: a module's code is verified when it is made, or its maker has promised as much; its bytes are borrowed for
        // longer than the store can be used.
        let made = unsafe { instance::instantiate(&mut self.core, &module.image, &supply, &mut Unlimited) };
        let instance = made?;
        if let Some(start) = module.image.start().and_then(|index| self.core.func_address(instance, index)) {
            self.call_address(start, &[], &mut [])?;
        }
        Ok(Instance(instance))
    }

    /// Calls an exported function to its end.
    ///
    /// # Errors
    /// `UnknownExport`; `Types` if parameters or the number of results are wrong, or it takes or gives references; `Trap` if
    /// the guest is stopped; what a host function on the way gives.
    pub fn call(&mut self, instance: Instance, name: &str, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        match self.core.export(instance.0, name) {
            Some(External::Func(address)) => self.call_address(address, params, results),
            _ => Err(Error::UnknownExport),
        }
    }

    fn call_address(&mut self, func: u32, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        if !self.takes(func, params, results.len()) {
            return Err(Error::Types);
        }
        let call = &mut MaybeUninit::uninit();
        let call = self.core.begin_at(func, call)?;
        write(params, self.core.cells_mut(call.window, call.cells));
        match self.run(call) {
            Ok(()) => read(&self.core, func, call.window, results),
            Err(error) => {
                self.core.abandon(call);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether a function takes these parameters and gives so many results, none of them references. Apart, as other parts of a call are, so that what it
    /// needs of the native stack is given back before the guest runs.
    #[inline(never)]
    fn takes(&self, func: u32, params: &[Val], results_count: usize) -> bool {
        let ty = self.core.func_type(func);
        ty.params().iter().eq(params.iter().map(|value| value.ty().to_raw()))
            && ty.results().len() == results_count
            && !ty.results().iter().any(RawType::is_ref)
    }

    /// Runs a call that has begun. On success it has ended.
    fn run(&mut self, call: &Call) -> Result<(), Error> {
        if let Some(number) = self.core.host_func_number(call.func) {
            self.call_host(number, call.func, call.window, call.cells)?;
            self.core.abandon(call);
            return Ok(());
        }
        self.core.enter(call)?;
        loop {
            match self.core.run(&mut Unlimited) {
                Stop::Finished => {
                    self.core.finish(call);
                    return Ok(());
                }
                Stop::HostCall(ref host) => {
                    self.call_host(host.number, host.func, host.window, host.cells)?;
                    self.core.host_return(host);
                }
                Stop::Trap(trap) => return Err(trap.into()),
                Stop::OutOfFuel { .. } => return Err(Trap::OutOfFuel.into()),
                // Nobody asks for samples here.
                Stop::Sample => {}
                // Images of stubs are refused here, so that `Lazy` does not come.
                Stop::Thrown(_) => return Err(Error::UncaughtException),
                Stop::Interrupted | Stop::Denied | Stop::Lazy { .. } => return Err(Trap::Interrupted.into()),
            }
        }
    }

    #[inline(never)]
    fn call_host(&mut self, number: u32, func: u32, window: usize, cells: usize) -> Result<(), Error> {
        let import = &self.imports[number as usize];
        let count = import.params.len() + import.results.len();
        let spare = Layout::array::<Val>(count).ok().and_then(|layout| self.core.spare(layout));
        let first = spare.ok_or(Trap::StackOverflow)?.cast::<Val>();
        // SAFETY: the guest stack has room for so many values, aligned, in a place that neither the guest nor the store uses before the
        // function has returned; all are written before they are looked at.
        let values = unsafe {
            for i in 0..count {
                first.add(i).write(Val::I32(0));
            }
            slice::from_raw_parts_mut(first.as_ptr(), count)
        };
        let (params, results) = values.split_at_mut(import.params.len());
        decode(self.core.func_type(func).params(), self.core.cells(window, cells), params);
        for (result, ty) in results.iter_mut().zip(import.results) {
            *result = Val::from_bits(0, ty.to_raw()).ok_or(Error::Types)?;
        }
        let instance = self.core.current_instance();
        let caller = Caller { core: &mut self.core, data: &mut self.data, instance };
        (import.func)(caller, params, results)?;
        if !results.iter().map(Val::ty).eq(import.results.iter().copied()) {
            return Err(Error::Types);
        }
        write(results, self.core.cells_mut(window, cells));
        Ok(())
    }

    /// The memory exported under a name: all its bytes, or those below its read-only data if these are read in the image (feature
    /// `rodata`).
    pub fn memory_mut(&mut self, instance: Instance, name: &str) -> Option<&mut [u8]> {
        memory(&mut self.core, instance.0, name)
    }
}

/// The number of the function that is imported as import `number` of a module.
#[inline(never)]
fn find<T>(table: &[Import<T>], image: &Image<'_>, number: u32) -> Option<u32> {
    let (from, name, ty) = image.func_import(number)?;
    let fits = |entry: &Import<T>| entry.module == from && entry.name == name && entry.is_of_type(ty);
    table.iter().position(fits).map(|number| number as u32)
}

/// The host's state and the calling instance's memory, from within a host function.
pub struct Caller<'a, T> {
    core: &'a mut CoreStore,
    data: &'a mut T,
    instance: Option<u32>,
}

impl<T> Caller<'_, T> {
    /// The host's state.
    pub fn data(&self) -> &T {
        self.data
    }

    /// The host's state, for changing.
    pub fn data_mut(&mut self) -> &mut T {
        self.data
    }

    /// The memory that the calling instance exports under a name, and the host's state; of a memory whose read-only data are read in the image
    /// (feature `rodata`), what lies below those.
    pub fn memory_and_data_mut(&mut self, name: &str) -> Option<(&mut [u8], &mut T)> {
        Some((memory(self.core, self.instance?, name)?, self.data))
    }

    /// `len` bytes from `start` on of the memory that the calling instance exports under a name, and the host's state; `None` if they are
    /// not all inside. Read-only data are found where they are, in RAM or in the image.
    pub fn bytes_and_data_mut(&mut self, name: &str, start: u32, len: u32) -> Option<(&[u8], &mut T)> {
        let address = memory_address(self.core, self.instance?, name)?;
        Some((self.core.memory_part(address, start as usize, len as usize)?, self.data))
    }

    /// The same to be written: not in read-only data that are read in the image.
    pub fn bytes_mut_and_data_mut(&mut self, name: &str, start: u32, len: u32) -> Option<(&mut [u8], &mut T)> {
        let address = memory_address(self.core, self.instance?, name)?;
        Some((self.core.memory_part_mut(address, start as usize, len as usize)?, self.data))
    }
}

fn memory_address(core: &CoreStore, instance: u32, name: &str) -> Option<u32> {
    let export = core.image(instance).export_by_name(name).filter(|export| export.kind == ExternKind::Memory)?;
    match core.resolve(instance, export.kind, export.index)? {
        External::Memory(address) => Some(address),
        _ => None,
    }
}

fn memory<'a>(core: &'a mut CoreStore, instance: u32, name: &str) -> Option<&'a mut [u8]> {
    let address = memory_address(core, instance, name)?;
    Some(core.memory_mut(address))
}

/// Writes values to cells, packed.
fn write(values: &[Val], cells: &mut [u32]) {
    let mut cells = cells.iter_mut();
    let mut put = |bits| {
        if let Some(cell) = cells.next() {
            *cell = bits as u32;
        }
    };
    for value in values {
        let (bits, count) = (value.to_bits(), value.ty().to_raw().cells());
        put(bits);
        if count > 1 {
            put(bits >> 32);
        }
        #[cfg(feature = "simd")]
        if count > 2 {
            put(bits >> 64);
            put(bits >> 96);
        }
    }
}

/// Reads the results of a call that has finished.
#[inline(never)]
fn read(core: &CoreStore, func: u32, window: usize, results: &mut [Val]) {
    let types = core.func_type(func).results();
    decode(types, core.cells(window, types.cells() as usize), results);
}

/// Reads values of these types, none of them references, from cells, in which they are packed.
fn decode(types: ValTypes<'_>, cells: &[u32], values: &mut [Val]) {
    let mut cells = cells.iter().map(|cell| Bits::from(*cell));
    let mut next = || cells.next().unwrap_or(0);
    for (ty, value) in types.iter().zip(values) {
        let mut bits = next();
        if ty.cells() > 1 {
            bits |= next() << 32;
        }
        #[cfg(feature = "simd")]
        if ty.cells() > 2 {
            bits |= next() << 64 | next() << 96;
        }
        if let Some(read) = Val::from_bits(bits, ty) {
            *value = read;
        }
    }
}
