//! Values, and references among them.

use super::{AsContextMut, F32, F64, Func, HeapType, RefType, StoreContext, ValType, store::Handle};
#[cfg(feature = "exceptions")]
use super::{ExnRef, Rooted};
use core::any::Any;
use sheave_interp::{
    exec::handle,
    store::Store as Core,
    types::{self as raw, Bits},
};

/// Something that may be null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Nullable<T> {
    /// Null.
    #[default]
    Null,
    /// Not null.
    Val(T),
}

impl<T> Nullable<T> {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Nullable::Null)
    }

    /// What it is, unless null.
    pub fn val(&self) -> Option<&T> {
        match self {
            Nullable::Null => None,
            Nullable::Val(value) => Some(value),
        }
    }

    /// The same with a borrowed value.
    pub fn as_ref(&self) -> Nullable<&T> {
        match self {
            Nullable::Null => Nullable::Null,
            Nullable::Val(value) => Nullable::Val(value),
        }
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Nullable<T> {
        Nullable::Val(value)
    }
}

impl<T> From<Nullable<T>> for Option<T> {
    fn from(nullable: Nullable<T>) -> Option<T> {
        match nullable {
            Nullable::Null => None,
            Nullable::Val(value) => Some(value),
        }
    }
}

/// A value of the host that guests hold and pass on without looking into it. Lives as long as its store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef(pub(crate) Handle);

impl ExternRef {
    /// Puts a value into the store and gives a reference to it.
    ///
    /// # Panics
    /// If the store has 2^29 of them.
    pub fn new<T>(mut ctx: impl AsContextMut, object: T) -> ExternRef
    where
        T: Any + Send + Sync,
    {
        ctx.as_context_mut().store.new_extern(alloc::boxed::Box::new(object))
    }

    /// The value.
    ///
    /// # Panics
    /// If the reference is one of another store.
    pub fn data<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> &'a dyn Any {
        let store = ctx.into().store;
        let number = store.address(self.0);
        &*store.externs[number as usize]
    }
}

/// A reference of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ref {
    /// To a function.
    Func(Nullable<Func>),
    /// To a value of the host.
    Extern(Nullable<ExternRef>),
    /// To an exception.
    #[cfg(feature = "exceptions")]
    Exn(Nullable<Rooted<ExnRef>>),
}

impl Ref {
    /// Null among references to this.
    ///
    /// # Panics
    /// If these are neither functions nor values of the host.
    pub fn null(ty: HeapType) -> Ref {
        Ref::default_for_ty(RefType::new(true, ty))
    }

    /// The default of this type: null.
    ///
    /// # Panics
    /// If these are neither functions nor values of the host.
    pub fn default_for_ty(ty: RefType) -> Ref {
        Ref::from_handle(0, ty.to_raw(), 0)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        match self {
            Ref::Func(func) => func.is_null(),
            Ref::Extern(value) => value.is_null(),
            #[cfg(feature = "exceptions")]
            Ref::Exn(value) => value.is_null(),
        }
    }

    /// Its type.
    pub fn ty(&self) -> RefType {
        match self {
            Ref::Func(_) => RefType::FUNCREF,
            Ref::Extern(_) => RefType::EXTERNREF,
            #[cfg(feature = "exceptions")]
            Ref::Exn(_) => RefType::EXNREF,
        }
    }

    /// Whether it is of a type of the store that it belongs to.
    pub(crate) fn matches(&self, core: &Core, ty: raw::RefType) -> bool {
        use raw::HeapType as H;
        if self.is_null() {
            let top = match self {
                Ref::Func(_) => H::NoFunc,
                Ref::Extern(_) => H::NoExtern,
                #[cfg(feature = "exceptions")]
                Ref::Exn(_) => H::NoExn,
            };
            return core.ref_matches(raw::RefType::new(true, top), ty);
        }
        match (self, ty.heap()) {
            (Ref::Func(_), H::Func) | (Ref::Extern(_), H::Extern) => true,
            // Also whether it may be used.
            #[cfg(feature = "exceptions")]
            (Ref::Exn(Nullable::Val(exception)), H::Exn) => exception.valid(core).is_some(),
            (Ref::Func(Nullable::Val(func)), H::Concrete(index)) => core.is_func_of(func.0.address, index.0),
            _ => false,
        }
    }

    /// The function, if it is a reference to one.
    pub fn as_func(&self) -> Option<Nullable<&Func>> {
        match self {
            Ref::Func(func) => Some(func.as_ref()),
            _ => None,
        }
    }

    /// The value of the host, if it is a reference to one.
    pub fn as_extern(&self) -> Option<Nullable<&ExternRef>> {
        match self {
            Ref::Extern(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// As the interpreter has it; `None` if it belongs to another store.
    pub(crate) fn to_handle(self, store: u32) -> Option<u32> {
        match self {
            Ref::Func(Nullable::Val(func)) if func.0.store == store => Some(handle::from_func(func.0.address)),
            Ref::Extern(Nullable::Val(value)) if value.0.store == store => Some(handle::from_extern(value.0.address)),
            Ref::Func(Nullable::Null) | Ref::Extern(Nullable::Null) => Some(0),
            #[cfg(feature = "exceptions")]
            Ref::Exn(Nullable::Val(exception)) => exception.reference(store),
            #[cfg(feature = "exceptions")]
            Ref::Exn(Nullable::Null) => Some(0),
            Ref::Func(_) | Ref::Extern(_) => None,
        }
    }

    /// # Panics
    /// If the type is one of neither functions nor values of the host.
    pub(crate) fn from_handle(handle: u32, ty: raw::RefType, store: u32) -> Ref {
        use raw::HeapType as H;
        let entity = |address| Handle { store, address };
        match ty.heap() {
            H::Func | H::NoFunc | H::Concrete(_) => Ref::Func(match handle::to_func(handle) {
                Some(address) => Nullable::Val(Func(entity(address))),
                None => Nullable::Null,
            }),
            H::Extern | H::NoExtern => Ref::Extern(match handle::to_extern(handle) {
                Some(number) => Nullable::Val(ExternRef(entity(number))),
                None => Nullable::Null,
            }),
            // Not rooted yet, and of no use until it is.
            #[cfg(feature = "exceptions")]
            H::Exn | H::NoExn => Ref::Exn(match handle {
                0 => Nullable::Null,
                reference => Nullable::Val(Rooted::found(reference, store)),
            }),
            _ => panic!("references to what is on the guest's heap are not supported yet"),
        }
    }
}

impl From<Nullable<Func>> for Ref {
    fn from(func: Nullable<Func>) -> Ref {
        Ref::Func(func)
    }
}

impl From<Func> for Ref {
    fn from(func: Func) -> Ref {
        Ref::Func(Nullable::Val(func))
    }
}

impl From<Nullable<ExternRef>> for Ref {
    fn from(value: Nullable<ExternRef>) -> Ref {
        Ref::Extern(value)
    }
}

impl From<ExternRef> for Ref {
    fn from(value: ExternRef) -> Ref {
        Ref::Extern(Nullable::Val(value))
    }
}

/// A vector of 128 bits, lane 0 in the lowest. Compares by bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct V128([u8; 16]);

impl V128 {
    /// As one number.
    pub const fn as_u128(&self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    /// Its bytes, as they lie in memory.
    pub const fn to_le_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<u128> for V128 {
    fn from(value: u128) -> V128 {
        V128(value.to_le_bytes())
    }
}

impl From<V128> for u128 {
    fn from(value: V128) -> u128 {
        value.as_u128()
    }
}

/// As a constant of the text format: four lanes of 32 bits.
impl core::fmt::Debug for V128 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "i32x4")?;
        (0..4).try_for_each(|lane| write!(f, " {:#010x}", (self.as_u128() >> (32 * lane)) as u32))
    }
}

/// A value of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// 32-bit float.
    F32(F32),
    /// 64-bit float.
    F64(F64),
    /// Vector.
    V128(V128),
    /// Reference to a function.
    FuncRef(Nullable<Func>),
    /// Reference to a value of the host.
    ExternRef(Nullable<ExternRef>),
    /// Reference to an exception. Those that [`Global::get`](crate::Global::get) and [`Table::get`](crate::Table::get) give are not rooted, and can
    /// only be compared with null.
    #[cfg(feature = "exceptions")]
    ExnRef(Nullable<Rooted<ExnRef>>),
}

impl Val {
    /// Zero or null of this type.
    pub fn default_for_ty(ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(F32::from_bits(0)),
            ValType::F64 => Val::F64(F64::from_bits(0)),
            ValType::Ref(ty) => Ref::default_for_ty(ty).into(),
            ValType::V128 => Val::V128(V128::default()),
        }
    }

    /// As [`Val::default_for_ty`].
    pub fn default(ty: ValType) -> Val {
        Val::default_for_ty(ty)
    }

    /// Its type.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
            #[cfg(feature = "exceptions")]
            Val::ExnRef(_) => ValType::Ref(RefType::EXNREF),
        }
    }

    /// Whether it is of a type of the store that it belongs to.
    pub(crate) fn matches(&self, core: &Core, ty: raw::ValType) -> bool {
        match (*self, ty) {
            (Val::FuncRef(func), raw::ValType::Ref(ty)) => Ref::Func(func).matches(core, ty),
            (Val::ExternRef(value), raw::ValType::Ref(ty)) => Ref::Extern(value).matches(core, ty),
            #[cfg(feature = "exceptions")]
            (Val::ExnRef(value), raw::ValType::Ref(ty)) => Ref::Exn(value).matches(core, ty),
            (value, ty) => value.ty().to_raw() == ty,
        }
    }

    /// As bits, zero-extended, or a handle; `None` if it is a reference of another store. In builds without vectors no function or global
    /// takes one, so that what is cut off is never used.
    pub(crate) fn to_bits(self, store: u32) -> Option<Bits> {
        Some(match self {
            Val::I32(value) => Bits::from(value as u32),
            Val::I64(value) => Bits::from(value as u64),
            Val::F32(value) => Bits::from(value.to_bits()),
            Val::F64(value) => Bits::from(value.to_bits()),
            Val::V128(value) => value.as_u128() as Bits,
            Val::FuncRef(func) => Bits::from(Ref::Func(func).to_handle(store)?),
            Val::ExternRef(value) => Bits::from(Ref::Extern(value).to_handle(store)?),
            #[cfg(feature = "exceptions")]
            Val::ExnRef(value) => Bits::from(Ref::Exn(value).to_handle(store)?),
        })
    }

    // Bits are 64 in builds without vectors.
    #[allow(clippy::useless_conversion)]
    pub(crate) fn from_bits(bits: Bits, ty: ValType, store: u32) -> Val {
        match ty {
            ValType::I32 => Val::I32(bits as i32),
            ValType::I64 => Val::I64(bits as i64),
            ValType::F32 => Val::F32(F32::from_bits(bits as u32)),
            ValType::F64 => Val::F64(F64::from_bits(bits as u64)),
            ValType::Ref(ty) => Ref::from_handle(bits as u32, ty.to_raw(), store).into(),
            ValType::V128 => Val::V128(V128::from(u128::from(bits))),
        }
    }
}

macro_rules! accessors { ($($(#[$doc:meta])* $name:ident: $variant:ident($ty:ty),)*) => { impl Val { $(
    $(#[$doc])*
    pub fn $name(&self) -> Option<$ty> {
        match self {
            Val::$variant(value) => Some(*value),
            _ => None,
        }
    }
)* } } }
accessors! {
    /// The value, if it is an i32.
    i32: I32(i32),
    /// The value, if it is an i64.
    i64: I64(i64),
    /// The value, if it is an f32.
    f32: F32(F32),
    /// The value, if it is an f64.
    f64: F64(F64),
    /// The value, if it is a vector.
    v128: V128(V128),
    /// The reference, if it is one to a function.
    funcref: FuncRef(Nullable<Func>),
    /// The reference, if it is one to a value of the host.
    externref: ExternRef(Nullable<ExternRef>),
}

macro_rules! into_val { ($($ty:ty => |$value:ident| $val:expr,)*) => { $(
    impl From<$ty> for Val {
        fn from($value: $ty) -> Val {
            $val
        }
    }
)* } }
into_val! {
    i32 => |value| Val::I32(value),
    i64 => |value| Val::I64(value),
    f32 => |value| Val::F32(value.into()),
    f64 => |value| Val::F64(value.into()),
    F32 => |value| Val::F32(value),
    F64 => |value| Val::F64(value),
    V128 => |value| Val::V128(value),
    Func => |func| Val::FuncRef(Nullable::Val(func)),
    Nullable<Func> => |func| Val::FuncRef(func),
    ExternRef => |value| Val::ExternRef(Nullable::Val(value)),
    Nullable<ExternRef> => |value| Val::ExternRef(value),
    Ref => |value| match value {
        Ref::Func(func) => Val::FuncRef(func),
        Ref::Extern(value) => Val::ExternRef(value),
        #[cfg(feature = "exceptions")]
        Ref::Exn(value) => Val::ExnRef(value),
    },
}
