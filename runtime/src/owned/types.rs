//! Types as embedders name them, owned; those of the interpreter are borrowed views.

use alloc::vec::Vec;
use core::fmt;
use sheave_interp::types as raw;

use super::sync::Arc;

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference.
    Ref(RefType),
}

impl ValType {
    /// Nullable reference to a function.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// Nullable reference to a value of the host.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);
    /// Nullable reference to anything of the guest but functions.
    pub const ANYREF: ValType = ValType::Ref(RefType::ANYREF);

    /// Whether it is a type of numbers.
    pub fn is_num(&self) -> bool {
        matches!(self, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
    }

    /// Whether it is a type of references.
    pub fn is_ref(&self) -> bool {
        self.as_ref().is_some()
    }

    /// The reference type, if it is one.
    pub fn as_ref(&self) -> Option<RefType> {
        match self {
            ValType::Ref(ty) => Some(*ty),
            _ => None,
        }
    }

    pub(crate) fn to_raw(self) -> raw::ValType {
        match self {
            ValType::I32 => raw::ValType::I32,
            ValType::I64 => raw::ValType::I64,
            ValType::F32 => raw::ValType::F32,
            ValType::F64 => raw::ValType::F64,
            ValType::V128 => raw::ValType::V128,
            ValType::Ref(ty) => raw::ValType::Ref(ty.to_raw()),
        }
    }

    pub(crate) fn from_raw(ty: raw::ValType, owner: Owner) -> ValType {
        match ty {
            raw::ValType::I32 => ValType::I32,
            raw::ValType::I64 => ValType::I64,
            raw::ValType::F32 => ValType::F32,
            raw::ValType::F64 => ValType::F64,
            raw::ValType::V128 => ValType::V128,
            raw::ValType::Ref(ty) => RefType::from_raw(ty, owner).into(),
        }
    }

    /// Whether all indices in it are of this store.
    pub(crate) fn belongs_to(self, store: u32) -> bool {
        !matches!(self, ValType::Ref(RefType { heap: HeapType::Concrete(ty), .. }) if ty.owner != Owner::Store(store))
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_raw().fmt(f)
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        ValType::Ref(ty)
    }
}

/// The type of a reference: what it refers to, and whether it may be null.
///
/// ```
/// use sheave::{HeapType, RefType};
///
/// let ty = RefType::new(false, HeapType::I31);
/// assert_eq!((ty.to_string().as_str(), ty.is_nullable()), ("(ref i31)", false));
/// assert_eq!(RefType::new(true, HeapType::Func), RefType::FUNCREF);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RefType {
    is_nullable: bool,
    heap: HeapType,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: RefType = RefType::new(true, HeapType::Func);
    /// `externref`.
    pub const EXTERNREF: RefType = RefType::new(true, HeapType::Extern);
    /// `exnref`.
    pub const EXNREF: RefType = RefType::new(true, HeapType::Exn);
    /// `anyref`.
    pub const ANYREF: RefType = RefType::new(true, HeapType::Any);

    /// References to this, among which may be null.
    pub const fn new(is_nullable: bool, heap: HeapType) -> RefType {
        RefType { is_nullable, heap }
    }

    /// Whether null is one.
    pub fn is_nullable(&self) -> bool {
        self.is_nullable
    }

    /// What they refer to.
    pub fn heap_type(&self) -> HeapType {
        self.heap
    }

    pub(crate) fn to_raw(self) -> raw::RefType {
        raw::RefType::new(self.is_nullable, self.heap.to_raw())
    }

    pub(crate) fn from_raw(ty: raw::RefType, owner: Owner) -> RefType {
        RefType { is_nullable: ty.is_nullable(), heap: HeapType::from_raw(ty.heap(), owner) }
    }
}

impl HeapType {
    pub(crate) fn from_raw(ty: raw::HeapType, owner: Owner) -> HeapType {
        match ty {
            raw::HeapType::Func => HeapType::Func,
            raw::HeapType::NoFunc => HeapType::NoFunc,
            raw::HeapType::Extern => HeapType::Extern,
            raw::HeapType::NoExtern => HeapType::NoExtern,
            raw::HeapType::Any => HeapType::Any,
            raw::HeapType::Eq => HeapType::Eq,
            raw::HeapType::I31 => HeapType::I31,
            raw::HeapType::Struct => HeapType::Struct,
            raw::HeapType::Array => HeapType::Array,
            raw::HeapType::None => HeapType::None,
            raw::HeapType::Exn => HeapType::Exn,
            raw::HeapType::NoExn => HeapType::NoExn,
            raw::HeapType::Concrete(index) => HeapType::Concrete(ConcreteType { owner, index: index.0 }),
        }
    }
}

/// As in Wasm text: `funcref`, `(ref null 3)`.
impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_raw().fmt(f)
    }
}

/// What a reference refers to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Nothing, below `func`.
    NoFunc,
    /// Any value of the host.
    Extern,
    /// Nothing, below `extern`.
    NoExtern,
    /// Anything of the guest but functions.
    Any,
    /// What guests can compare.
    Eq,
    /// An integer of 31 bits.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// Nothing, below `any`.
    None,
    /// Any exception.
    Exn,
    /// Nothing, below `exn`.
    NoExn,
    /// A function, a structure or an array of a type that a module defines.
    Concrete(ConcreteType),
}

impl HeapType {
    fn to_raw(self) -> raw::HeapType {
        match self {
            HeapType::Func => raw::HeapType::Func,
            HeapType::NoFunc => raw::HeapType::NoFunc,
            HeapType::Extern => raw::HeapType::Extern,
            HeapType::NoExtern => raw::HeapType::NoExtern,
            HeapType::Any => raw::HeapType::Any,
            HeapType::Eq => raw::HeapType::Eq,
            HeapType::I31 => raw::HeapType::I31,
            HeapType::Struct => raw::HeapType::Struct,
            HeapType::Array => raw::HeapType::Array,
            HeapType::None => raw::HeapType::None,
            HeapType::Exn => raw::HeapType::Exn,
            HeapType::NoExn => raw::HeapType::NoExn,
            HeapType::Concrete(ty) => raw::HeapType::Concrete(raw::TypeIndex(ty.index)),
        }
    }
}

/// A type that a module defines, as that module or a store knows it: types of a module are those that imports and exports of the module
/// have, types of a store those of what is in the store. Within one, equal types are equal here; types of different owners never are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConcreteType {
    owner: Owner,
    index: u32,
}

impl ConcreteType {
    /// Its number in a store; `None` if it is not one of that.
    #[cfg(feature = "gc")]
    pub(crate) fn number_in(self, store: u32) -> Option<u32> {
        (self.owner == Owner::Store(store)).then_some(self.index)
    }
}

/// Where indices of types mean something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Owner {
    /// A module, by what its image has for a checksum.
    Module(u64),
    /// A store, by its number.
    Store(u32),
}

/// The type of a function. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameters, then results.
    types: Arc<[ValType]>,
    params_count: usize,
}

impl FuncType {
    /// A type of these parameters and results.
    ///
    /// ```
    /// use sheave::{FuncType, ValType};
    ///
    /// let ty = FuncType::new([ValType::I32, ValType::I64], [ValType::F32]);
    /// assert_eq!(ty.params(), [ValType::I32, ValType::I64]);
    /// assert_ne!(ty, FuncType::new([ValType::I32], [ValType::I64, ValType::F32]));
    /// ```
    pub fn new<P, R>(params: P, results: R) -> FuncType
    where
        P: IntoIterator<Item = ValType>,
        R: IntoIterator<Item = ValType>,
    {
        let mut types: Vec<_> = params.into_iter().collect();
        let params_count = types.len();
        types.extend(results);
        FuncType { types: types.into(), params_count }
    }

    /// Types of the parameters.
    pub fn params(&self) -> &[ValType] {
        &self.types[..self.params_count]
    }

    /// Types of the results.
    pub fn results(&self) -> &[ValType] {
        &self.types[self.params_count..]
    }

    pub(crate) fn from_raw(ty: raw::FuncType<'_>, owner: Owner) -> FuncType {
        let owned =
            |types: raw::ValTypes<'_>| -> Vec<_> { types.iter().map(|ty| ValType::from_raw(ty, owner)).collect() };
        FuncType::new(owned(ty.params()), owned(ty.results()))
    }

    /// Whether all indices in it are of this store.
    pub(crate) fn belongs_to(&self, store: u32) -> bool {
        self.types.iter().all(|ty| ty.belongs_to(store))
    }

    /// Calls `with` with a borrowed view.
    pub(crate) fn with_raw<R>(&self, with: impl FnOnce(raw::FuncType<'_>) -> R) -> R {
        let (mut bytes, mut params_bytes) = (Vec::new(), 0);
        for (i, ty) in self.types.iter().enumerate() {
            let (coding, len) = ty.to_raw().to_bytes();
            bytes.extend_from_slice(&coding[..len]);
            if i < self.params_count {
                params_bytes = bytes.len();
            }
        }
        let (params, results) = bytes.split_at(params_bytes);
        let types = |bytes| raw::ValTypes::from_bytes(bytes).expect("bytes of value types");
        with(raw::FuncType::new(types(params), types(results)))
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuncType").field("params", &self.params()).field("results", &self.results()).finish()
    }
}

/// As in Wasm text: `(func (param i32) (result f32))`.
impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_raw(|ty| ty.fmt(f))
    }
}

/// Whether a global can be set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mutability {
    /// It cannot.
    Const,
    /// It can.
    Var,
}

impl Mutability {
    /// Whether it is [`Mutability::Const`].
    pub fn is_const(self) -> bool {
        self == Mutability::Const
    }

    /// Whether it is [`Mutability::Var`].
    pub fn is_mut(self) -> bool {
        self == Mutability::Var
    }
}

/// The type of a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// A type of this content and mutability.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType { content, mutability }
    }

    /// Type of the value.
    pub fn content(&self) -> ValType {
        self.content
    }

    /// Whether it can be set.
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    pub(crate) fn from_raw(ty: raw::GlobalType, owner: Owner) -> GlobalType {
        let mutability = if ty.is_mutable { Mutability::Var } else { Mutability::Const };
        GlobalType { content: ValType::from_raw(ty.content, owner), mutability }
    }

    pub(crate) fn to_raw(self) -> raw::GlobalType {
        raw::GlobalType { content: self.content.to_raw(), is_mutable: self.mutability.is_mut() }
    }
}

/// The type of a table. Sizes are in elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    element: RefType,
    raw: raw::TableType,
}

impl TableType {
    /// A table of `element`s, at first `min` of them, at most `max`.
    pub fn new(element: RefType, min: u32, max: Option<u32>) -> TableType {
        let limits = raw::Limits::new(u64::from(min), max.map(u64::from));
        TableType { element, raw: raw::TableType { element: element.to_raw(), limits, is_table64: false } }
    }

    /// The same with indices that are i64.
    pub fn new64(element: RefType, min: u64, max: Option<u64>) -> TableType {
        let limits = raw::Limits::new(min, max);
        TableType { element, raw: raw::TableType { element: element.to_raw(), limits, is_table64: true } }
    }

    /// Type of the elements.
    pub fn element(&self) -> RefType {
        self.element
    }

    /// Elements at the start.
    pub fn minimum(&self) -> u64 {
        self.raw.limits.min
    }

    /// The most elements, if declared.
    pub fn maximum(&self) -> Option<u64> {
        self.raw.limits.max
    }

    /// Whether indices are i64.
    pub fn is_64(&self) -> bool {
        self.raw.is_table64
    }

    pub(crate) fn from_raw(raw: raw::TableType, owner: Owner) -> TableType {
        TableType { element: RefType::from_raw(raw.element, owner), raw }
    }

    pub(crate) fn to_raw(self) -> raw::TableType {
        self.raw
    }
}

/// The type of a memory. Sizes are in pages, of 64 KiB unless built otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType {
    raw: raw::MemoryType,
}

impl MemoryType {
    /// A memory of at first `minimum` pages, at most `maximum`.
    ///
    /// # Panics
    /// If the limits are out of order or above 65,536 pages.
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        let mut builder = MemoryType::builder();
        builder.min(u64::from(minimum)).max(maximum.map(u64::from));
        builder.build().expect("limits of a memory")
    }

    /// A memory with 64-bit addresses, of at first `minimum` pages, at most `maximum`.
    ///
    /// # Panics
    /// If the limits are out of order or above 2^48 pages.
    ///
    /// # Examples
    /// ```
    /// use sheave::{Engine, Memory, MemoryType, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let memory = Memory::new(&mut store, MemoryType::new64(1, Some(1 << 40)))?;
    /// assert!(memory.ty(&store).is_64());
    /// // As much as no machine has: refused, and the memory is what it was.
    /// assert!(memory.grow(&mut store, (1 << 40) - 1).is_err());
    /// assert_eq!(memory.size(&store), 1);
    /// # Ok::<(), sheave::Error>(())
    /// ```
    pub fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        let mut builder = MemoryType::builder();
        builder.memory64(true).min(minimum).max(maximum);
        builder.build().expect("limits of a memory")
    }

    /// A shared memory of at first `minimum` pages, at most `maximum`: see [`SharedMemory`](crate::SharedMemory).
    ///
    /// # Panics
    /// As for [`MemoryType::new`].
    pub fn shared(minimum: u32, maximum: u32) -> MemoryType {
        let mut builder = MemoryType::builder();
        builder.shared(true).min(u64::from(minimum)).max(Some(u64::from(maximum)));
        builder.build().expect("limits of a memory")
    }

    /// A builder of less common types.
    pub fn builder() -> MemoryTypeBuilder {
        MemoryTypeBuilder::new()
    }

    /// Pages at the start.
    pub fn minimum(self) -> u64 {
        self.raw.limits.min
    }

    /// The most pages, if declared.
    pub fn maximum(self) -> Option<u64> {
        self.raw.limits.max
    }

    /// Bytes of a page.
    pub fn page_size(self) -> u32 {
        self.raw.page_bytes() as u32
    }

    /// Base-2 logarithm of the bytes of a page: 16 or 0.
    pub fn page_size_log2(self) -> u8 {
        self.raw.page_size_log2
    }

    /// Whether addresses are i64.
    pub fn is_64(&self) -> bool {
        self.raw.is_memory64
    }

    /// Whether threads share it.
    pub fn is_shared(&self) -> bool {
        self.raw.is_shared
    }

    pub(crate) fn from_raw(raw: raw::MemoryType) -> MemoryType {
        MemoryType { raw }
    }

    pub(crate) fn to_raw(self) -> raw::MemoryType {
        self.raw
    }
}

/// Builds a [`MemoryType`].
#[derive(Clone, Copy, Debug)]
pub struct MemoryTypeBuilder {
    raw: raw::MemoryType,
}

impl Default for MemoryTypeBuilder {
    fn default() -> MemoryTypeBuilder {
        MemoryTypeBuilder { raw: raw::MemoryType::new(raw::Limits::new(0, None)) }
    }
}

impl MemoryTypeBuilder {
    /// A memory of no pages and no limit.
    pub fn new() -> MemoryTypeBuilder {
        MemoryTypeBuilder::default()
    }

    /// Sets the pages at the start.
    pub fn min(&mut self, minimum: u64) -> &mut MemoryTypeBuilder {
        self.raw.limits.min = minimum;
        self
    }

    /// Sets the most pages.
    pub fn max(&mut self, maximum: Option<u64>) -> &mut MemoryTypeBuilder {
        self.raw.limits.max = maximum;
        self
    }

    /// Sets whether addresses are i64.
    pub fn memory64(&mut self, is_memory64: bool) -> &mut MemoryTypeBuilder {
        self.raw.is_memory64 = is_memory64;
        self
    }

    /// Sets whether threads share it, which needs a maximum.
    pub fn shared(&mut self, is_shared: bool) -> &mut MemoryTypeBuilder {
        self.raw.is_shared = is_shared;
        self
    }

    /// Sets the base-2 logarithm of the bytes of a page: 16 or 0.
    pub fn page_size_log2(&mut self, page_size_log2: u8) -> &mut MemoryTypeBuilder {
        self.raw.page_size_log2 = page_size_log2;
        self
    }

    /// The type.
    ///
    /// # Errors
    /// `InvalidMemoryType` if limits are out of order or more than addresses reach, the page size is not 2^16 or 2^0, or a shared memory has no
    /// maximum.
    pub fn build(self) -> Result<MemoryType, super::errors::MemoryError> {
        let raw::Limits { min, max } = self.raw.limits;
        let sizes_fit = max.is_none_or(|max| min <= max)
            && matches!(self.raw.page_size_log2, 0 | 16)
            && max.unwrap_or(min) <= self.raw.pages_max()
            && (max.is_some() || !self.raw.is_shared);
        if sizes_fit { Ok(MemoryType { raw: self.raw }) } else { Err(super::errors::MemoryError::InvalidMemoryType) }
    }
}

/// The type of an import or export.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag: the parameters are what exceptions carry.
    Tag(FuncType),
}

impl ExternType {
    /// The function type, if it is one.
    pub fn func(&self) -> Option<&FuncType> {
        match self {
            ExternType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The table type, if it is one.
    pub fn table(&self) -> Option<&TableType> {
        match self {
            ExternType::Table(ty) => Some(ty),
            _ => None,
        }
    }

    /// The memory type, if it is one.
    pub fn memory(&self) -> Option<&MemoryType> {
        match self {
            ExternType::Memory(ty) => Some(ty),
            _ => None,
        }
    }

    /// The global type, if it is one.
    pub fn global(&self) -> Option<&GlobalType> {
        match self {
            ExternType::Global(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type whose parameters a tag's exceptions carry, if it is one.
    pub fn tag(&self) -> Option<&FuncType> {
        match self {
            ExternType::Tag(ty) => Some(ty),
            _ => None,
        }
    }

    /// Always something.
    pub(crate) fn from_raw(ty: raw::ExternType<'_>, owner: Owner) -> Option<ExternType> {
        Some(match ty {
            raw::ExternType::Func(ty) => ExternType::Func(FuncType::from_raw(ty, owner)),
            raw::ExternType::Table(ty) => ExternType::Table(TableType::from_raw(ty, owner)),
            raw::ExternType::Memory(ty) => ExternType::Memory(MemoryType::from_raw(ty)),
            raw::ExternType::Global(ty) => ExternType::Global(GlobalType::from_raw(ty, owner)),
            raw::ExternType::Tag(ty) => ExternType::Tag(FuncType::from_raw(ty, owner)),
        })
    }
}

macro_rules! into_extern_type { ($($variant:ident($ty:ty),)*) => { $(
    impl From<$ty> for ExternType {
        fn from(ty: $ty) -> ExternType {
            ExternType::$variant(ty)
        }
    }
)* } }
into_extern_type! { Func(FuncType), Table(TableType), Memory(MemoryType), Global(GlobalType), }
