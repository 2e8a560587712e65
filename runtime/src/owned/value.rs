//! Values, and references among them.

use crate::V128;

use super::{AnyRef, AsContext, AsContextMut, F32, F64, Func, HeapType, RefType, StoreContext, ValType, store::Handle};
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
///
/// It may be something of a guest that was converted to one: [`ExternRef::to_anyref`] converts it back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExternRef(pub(crate) Value);

/// What an [`ExternRef`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Value {
    /// A value of the host.
    Host(Handle),
    /// Something of a guest.
    Guest(AnyRef),
}

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
        match self.0 {
            Value::Host(handle) => &*store.externs[store.address(handle) as usize],
            // Not the host's to look into.
            Value::Guest(_) => &(),
        }
    }

    /// As a guest converts it by `any.convert_extern`.
    pub fn to_anyref(&self, ctx: impl AsContext) -> AnyRef {
        match self.0 {
            Value::Host(value) => AnyRef::from_word(ctx.as_context().store.id, handle::from_extern(value.address)),
            Value::Guest(reference) => reference,
        }
    }
}

/// Functions and values of the host are found without the store.
impl Func {
    pub(crate) fn from_handle(handle: u32, store: u32) -> Nullable<Func> {
        match handle::to_func(handle) {
            Some(address) => Nullable::Val(Func(Handle { store, address })),
            None => Nullable::Null,
        }
    }

    pub(crate) fn to_handle(func: Nullable<Func>, store: u32) -> Option<u32> {
        match func {
            Nullable::Null => Some(0),
            Nullable::Val(func) => (func.0.store == store).then(|| handle::from_func(func.0.address)),
        }
    }
}

impl ExternRef {
    /// What is of a guest is null here: functions whose types are fixed pass on what is the host's.
    pub(crate) fn from_handle(handle: u32, store: u32) -> Nullable<ExternRef> {
        match handle::to_extern(handle) {
            Some(address) => Nullable::Val(ExternRef(Value::Host(Handle { store, address }))),
            None => Nullable::Null,
        }
    }

    pub(crate) fn to_handle(value: Nullable<ExternRef>, store: u32) -> Option<u32> {
        match value {
            Nullable::Null => Some(0),
            Nullable::Val(ExternRef(Value::Host(value))) => {
                (value.store == store).then(|| handle::from_extern(value.address))
            }
            Nullable::Val(ExternRef(Value::Guest(_))) => None,
        }
    }
}

/// A reference of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ref {
    /// To a function.
    Func(Nullable<Func>),
    /// To a value of the host.
    Extern(Nullable<ExternRef>),
    /// To anything of a guest but functions.
    Any(Nullable<AnyRef>),
    /// To an exception.
    #[cfg(feature = "exceptions")]
    Exn(Nullable<Rooted<ExnRef>>),
}

impl Ref {
    /// Null among references to this.
    pub fn null(ty: HeapType) -> Ref {
        Ref::default_for_ty(RefType::new(true, ty))
    }

    /// The default of this type: null.
    pub fn default_for_ty(ty: RefType) -> Ref {
        match ty.heap_type() {
            HeapType::Func | HeapType::NoFunc => Ref::Func(Nullable::Null),
            HeapType::Extern | HeapType::NoExtern => Ref::Extern(Nullable::Null),
            // Null is the same of all.
            _ => Ref::Any(Nullable::Null),
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        match self {
            Ref::Func(func) => func.is_null(),
            Ref::Extern(value) => value.is_null(),
            Ref::Any(reference) => reference.is_null(),
            #[cfg(feature = "exceptions")]
            Ref::Exn(value) => value.is_null(),
        }
    }

    /// Its type.
    pub fn ty(&self) -> RefType {
        match self {
            Ref::Func(_) => RefType::FUNCREF,
            Ref::Extern(_) => RefType::EXTERNREF,
            Ref::Any(_) => RefType::ANYREF,
            #[cfg(feature = "exceptions")]
            Ref::Exn(_) => RefType::EXNREF,
        }
    }

    /// Whether it is of a type of the store that it belongs to.
    pub(crate) fn matches(&self, core: &Core, store: u32, ty: raw::RefType) -> bool {
        use raw::HeapType as H;
        if self.is_null() {
            let is_of = |bottom| core.null_matches(bottom, ty);
            return match self {
                Ref::Func(_) => is_of(H::NoFunc),
                Ref::Extern(_) => is_of(H::NoExtern),
                #[cfg(feature = "exceptions")]
                Ref::Exn(_) => is_of(H::NoExn),
                // Nulls of types that a store has, whatever they are of, come this way too.
                Ref::Any(_) => is_of(H::None) || is_of(H::NoFunc) && ty.concrete().is_some(),
            };
        }
        match (self, ty.heap()) {
            (Ref::Func(_), H::Func) | (Ref::Extern(_), H::Extern) => true,
            // Also whether it may be used.
            #[cfg(feature = "exceptions")]
            (Ref::Exn(Nullable::Val(exception)), H::Exn) => exception.valid(core).is_some(),
            (Ref::Func(Nullable::Val(func)), H::Concrete(index)) => core.is_func_of(func.0.address, index.0),
            (Ref::Any(Nullable::Val(reference)), heap) if heap != H::Extern => {
                reference.to_handle(core, store).is_some_and(|handle| core.handle_matches(handle, ty))
            }
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

    /// What it refers to of a guest, if it is such a reference.
    pub fn as_any(&self) -> Option<Nullable<&AnyRef>> {
        match self {
            Ref::Any(reference) => Some(reference.as_ref()),
            _ => None,
        }
    }

    /// As the interpreter has it; `None` if it belongs to another store.
    pub(crate) fn to_handle(self, core: &Core, store: u32) -> Option<u32> {
        match self {
            Ref::Func(Nullable::Val(func)) if func.0.store == store => Some(handle::from_func(func.0.address)),
            Ref::Extern(Nullable::Val(ExternRef(Value::Host(value)))) if value.store == store => {
                Some(handle::from_extern(value.address))
            }
            Ref::Extern(Nullable::Val(ExternRef(Value::Guest(reference)))) => reference.to_handle(core, store),
            Ref::Any(Nullable::Val(reference)) => reference.to_handle(core, store),
            Ref::Func(Nullable::Null) | Ref::Extern(Nullable::Null) | Ref::Any(Nullable::Null) => Some(0),
            #[cfg(feature = "exceptions")]
            Ref::Exn(Nullable::Val(exception)) => exception.reference(store).and_then(|_| exception.valid(core)),
            #[cfg(feature = "exceptions")]
            Ref::Exn(Nullable::Null) => Some(0),
            Ref::Func(_) | Ref::Extern(_) => None,
        }
    }

    /// # Panics
    /// If there is no memory for another root.
    pub(crate) fn from_handle(core: &mut Core, handle: u32, ty: raw::RefType, store: u32) -> Ref {
        use raw::HeapType as H;
        let entity = |address| Handle { store, address };
        let is_func = core.ref_matches(ty, raw::RefType::FUNC);
        match (ty.heap(), handle) {
            (H::Extern | H::NoExtern, 0) => Ref::Extern(Nullable::Null),
            (H::Extern | H::NoExtern, _) => Ref::Extern(Nullable::Val(ExternRef(match handle::to_extern(handle) {
                Some(number) => Value::Host(entity(number)),
                None => Value::Guest(AnyRef::from_handle(core, store, handle)),
            }))),
            (_, _) if is_func => Ref::Func(match handle::to_func(handle) {
                Some(address) => Nullable::Val(Func(entity(address))),
                None => Nullable::Null,
            }),
            #[cfg(feature = "exceptions")]
            (H::Exn | H::NoExn, 0) => Ref::Exn(Nullable::Null),
            #[cfg(feature = "exceptions")]
            (H::Exn | H::NoExn, _) => Ref::Exn(Nullable::Val(Rooted::in_core(core, store, handle))),
            (_, 0) => Ref::Any(Nullable::Null),
            _ => Ref::Any(Nullable::Val(AnyRef::from_handle(core, store, handle))),
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
    /// Reference to anything of a guest but functions.
    AnyRef(Nullable<AnyRef>),
    /// Reference to an exception.
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
            Val::AnyRef(_) => ValType::ANYREF,
            #[cfg(feature = "exceptions")]
            Val::ExnRef(_) => ValType::Ref(RefType::EXNREF),
        }
    }

    /// The reference, if it is one.
    fn reference(self) -> Option<Ref> {
        match self {
            Val::FuncRef(func) => Some(Ref::Func(func)),
            Val::ExternRef(value) => Some(Ref::Extern(value)),
            Val::AnyRef(reference) => Some(Ref::Any(reference)),
            #[cfg(feature = "exceptions")]
            Val::ExnRef(value) => Some(Ref::Exn(value)),
            _ => None,
        }
    }

    /// Whether it is of a type of the store with this number, to which it belongs.
    pub(crate) fn matches(&self, core: &Core, store: u32, ty: raw::ValType) -> bool {
        match (self.reference(), ty) {
            (Some(reference), raw::ValType::Ref(ty)) => reference.matches(core, store, ty),
            _ => self.ty().to_raw() == ty,
        }
    }

    /// As bits, zero-extended, or a handle; `None` if it is a reference of another store. In builds without vectors no function or global
    /// takes one, so that what is cut off is never used.
    pub(crate) fn to_bits(self, core: &Core, store: u32) -> Option<Bits> {
        Some(match self {
            Val::I32(value) => Bits::from(value as u32),
            Val::I64(value) => Bits::from(value as u64),
            Val::F32(value) => Bits::from(value.to_bits()),
            Val::F64(value) => Bits::from(value.to_bits()),
            Val::V128(value) => value.as_u128() as Bits,
            _ => Bits::from(self.reference()?.to_handle(core, store)?),
        })
    }

    // Bits are 64 in builds without vectors.
    #[allow(clippy::useless_conversion)]
    ///
    /// # Panics
    /// If there is no memory for another root.
    pub(crate) fn from_bits(core: &mut Core, bits: Bits, ty: ValType, store: u32) -> Val {
        match ty {
            ValType::I32 => Val::I32(bits as i32),
            ValType::I64 => Val::I64(bits as i64),
            ValType::F32 => Val::F32(F32::from_bits(bits as u32)),
            ValType::F64 => Val::F64(F64::from_bits(bits as u64)),
            ValType::Ref(ty) => Ref::from_handle(core, bits as u32, ty.to_raw(), store).into(),
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
    /// The reference, if it is one to anything of a guest but functions.
    anyref: AnyRef(Nullable<AnyRef>),
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
    AnyRef => |reference| Val::AnyRef(Nullable::Val(reference)),
    Nullable<AnyRef> => |reference| Val::AnyRef(reference),
    Ref => |value| match value {
        Ref::Func(func) => Val::FuncRef(func),
        Ref::Extern(value) => Val::ExternRef(value),
        Ref::Any(reference) => Val::AnyRef(reference),
        #[cfg(feature = "exceptions")]
        Ref::Exn(value) => Val::ExnRef(value),
    },
}
