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
    /// Nullable reference to a function.
    FuncRef,
    /// Nullable reference to a value of the host.
    ExternRef,
}

impl ValType {
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
            ValType::FuncRef => Some(RefType::Func),
            ValType::ExternRef => Some(RefType::Extern),
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
            ValType::FuncRef => raw::ValType::FUNCREF,
            ValType::ExternRef => raw::ValType::EXTERNREF,
        }
    }

    pub(crate) fn from_raw(ty: raw::ValType) -> ValType {
        match ty {
            raw::ValType::I32 => ValType::I32,
            raw::ValType::I64 => ValType::I64,
            raw::ValType::F32 => ValType::F32,
            raw::ValType::F64 => ValType::F64,
            raw::ValType::V128 => ValType::V128,
            raw::ValType::Ref(ty) => RefType::from_raw(ty).into(),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_raw().fmt(f)
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        match ty {
            RefType::Func => ValType::FuncRef,
            RefType::Extern => ValType::ExternRef,
        }
    }
}

/// The type of a reference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RefType {
    /// `funcref`.
    Func,
    /// `externref`.
    Extern,
}

impl RefType {
    pub(crate) fn to_raw(self) -> raw::RefType {
        match self {
            RefType::Func => raw::RefType::FUNC,
            RefType::Extern => raw::RefType::EXTERN,
        }
    }

    pub(crate) fn from_raw(ty: raw::RefType) -> RefType {
        if ty.is_func() { RefType::Func } else { RefType::Extern }
    }
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

    pub(crate) fn from_raw(ty: raw::FuncType<'_>) -> FuncType {
        FuncType::new(ty.params().iter().map(ValType::from_raw), ty.results().iter().map(ValType::from_raw))
    }

    /// Calls `with` with a borrowed view.
    pub(crate) fn with_raw<R>(&self, with: impl FnOnce(raw::FuncType<'_>) -> R) -> R {
        let bytes: Vec<u8> = self.types.iter().map(|ty| ty.to_raw().to_byte()).collect();
        let (params, results) = bytes.split_at(self.params_count);
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

    pub(crate) fn from_raw(ty: raw::GlobalType) -> GlobalType {
        let mutability = if ty.is_mutable { Mutability::Var } else { Mutability::Const };
        GlobalType { content: ValType::from_raw(ty.content), mutability }
    }

    pub(crate) fn to_raw(self) -> raw::GlobalType {
        raw::GlobalType { content: self.content.to_raw(), is_mutable: self.mutability.is_mut() }
    }
}

/// The type of a table. Sizes are in elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    raw: raw::TableType,
}

impl TableType {
    /// A table of `element`s, at first `min` of them, at most `max`.
    pub fn new(element: RefType, min: u32, max: Option<u32>) -> TableType {
        let limits = raw::Limits::new(u64::from(min), max.map(u64::from));
        TableType { raw: raw::TableType { element: element.to_raw(), limits, is_table64: false } }
    }

    /// The same with indices that are i64.
    pub fn new64(element: RefType, min: u64, max: Option<u64>) -> TableType {
        let limits = raw::Limits::new(min, max);
        TableType { raw: raw::TableType { element: element.to_raw(), limits, is_table64: true } }
    }

    /// Type of the elements.
    pub fn element(&self) -> RefType {
        RefType::from_raw(self.raw.element)
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

    pub(crate) fn from_raw(raw: raw::TableType) -> TableType {
        TableType { raw }
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

    /// Sets the base-2 logarithm of the bytes of a page: 16 or 0.
    pub fn page_size_log2(&mut self, page_size_log2: u8) -> &mut MemoryTypeBuilder {
        self.raw.page_size_log2 = page_size_log2;
        self
    }

    /// The type.
    ///
    /// # Errors
    /// `InvalidMemoryType` if limits are out of order or more than addresses reach, or the page size is not 2^16 or 2^0.
    pub fn build(self) -> Result<MemoryType, super::errors::MemoryError> {
        let raw::Limits { min, max } = self.raw.limits;
        let sizes_fit = max.is_none_or(|max| min <= max)
            && matches!(self.raw.page_size_log2, 0 | 16)
            && max.unwrap_or(min) <= self.raw.pages_max();
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

    /// `None` for a tag: exceptions are not supported yet, and modules that use them are refused earlier.
    pub(crate) fn from_raw(ty: raw::ExternType<'_>) -> Option<ExternType> {
        Some(match ty {
            raw::ExternType::Func(ty) => ExternType::Func(FuncType::from_raw(ty)),
            raw::ExternType::Table(ty) => ExternType::Table(TableType::from_raw(ty)),
            raw::ExternType::Memory(ty) => ExternType::Memory(MemoryType::from_raw(ty)),
            raw::ExternType::Global(ty) => ExternType::Global(GlobalType::from_raw(ty)),
            raw::ExternType::Tag(_) => return None,
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
