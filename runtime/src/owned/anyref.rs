//! References that are none to functions, as the host has them, and integers of 31 bits.
//!
//! A reference that the host has is a root: what it refers to stays alive as long as the store, or the scope of roots, does. Words of the
//! interpreter, which mean nothing once an object is collected, never leave this folder. Without objects there is nothing to be kept alive.

use super::{AsContext, ExternRef, HeapType, Nullable, Store, types::Owner};
use sheave_interp::{exec::handle, store::Store as Core};

/// A reference to anything of a guest but functions, or to a value of the host that was converted to one.
///
/// Values that a host gets are of this type whatever the guest's type is; [`AnyRef::as_struct`] and its like look closer. Two are equal if they
/// are the same reference got once; [`AnyRef::ref_eq`] compares what they refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AnyRef {
    store: u32,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    /// It refers to no object.
    Word(u32),
    /// Number of a root.
    #[cfg(feature = "objects")]
    Root(u32),
}

/// An integer of 31 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct I31(i32);

impl I31 {
    /// The integer, if it is one of 31 bits with a sign.
    pub fn new_i32(value: i32) -> Option<I31> {
        let wrapped = I31::wrapping_i32(value);
        (wrapped.0 == value).then_some(wrapped)
    }

    /// The low 31 bits of a number.
    pub fn wrapping_i32(value: i32) -> I31 {
        I31(value << 1 >> 1)
    }

    /// As a number with a sign.
    pub fn get_i32(self) -> i32 {
        self.0
    }

    /// As a number without.
    pub fn get_u32(self) -> u32 {
        self.0 as u32 & 0x7fff_ffff
    }
}

impl AnyRef {
    /// A reference to an integer of 31 bits.
    pub fn from_i31(ctx: impl AsContext, value: I31) -> AnyRef {
        AnyRef { store: ctx.as_context().store.id, place: Place::Word(handle::from_i31(value.0 as u32)) }
    }

    /// What refers to no object.
    pub(crate) fn from_word(store: u32, word: u32) -> AnyRef {
        AnyRef { store, place: Place::Word(word) }
    }

    /// # Panics
    /// If there is no memory for another root.
    #[cfg_attr(not(feature = "objects"), allow(unused_variables))]
    pub(crate) fn from_handle(core: &mut Core, store: u32, handle: u32) -> AnyRef {
        #[cfg(feature = "objects")]
        if handle::is_object(handle) {
            return AnyRef { store, place: Place::Root(core.push_root(handle).expect("memory for a root")) };
        }
        AnyRef::from_word(store, handle)
    }

    /// As the interpreter has it; `None` if it belongs to another store, or its scope has ended.
    #[cfg_attr(not(feature = "objects"), allow(unused_variables))]
    pub(crate) fn to_handle(self, core: &Core, store: u32) -> Option<u32> {
        match self.place {
            _ if self.store != store => None,
            Place::Word(word) => Some(word),
            #[cfg(feature = "objects")]
            Place::Root(number) => core.root(number),
        }
    }

    /// # Panics
    /// If it is one of another store, or its scope has ended.
    pub(super) fn handle<T>(self, store: &Store<T>) -> u32 {
        self.to_handle(&store.core, store.id).expect("a reference is used with its store, in its scope")
    }

    /// The most exact type of what it refers to.
    ///
    /// # Panics
    /// If it is one of another store, or its scope has ended; so do the other methods.
    pub fn ty(&self, ctx: impl AsContext) -> HeapType {
        let store = ctx.as_context().store;
        HeapType::from_raw(store.core.heap_type_of(self.handle(store)), Owner::Store(store.id))
    }

    /// The integer, if it is one.
    pub fn as_i31(&self, ctx: impl AsContext) -> Option<I31> {
        handle::to_i31(self.handle(ctx.as_context().store)).map(I31)
    }

    /// The value of the host, if it was converted from one.
    pub fn as_extern(&self, ctx: impl AsContext) -> Option<ExternRef> {
        let store = ctx.as_context().store;
        match ExternRef::from_handle(self.handle(store), store.id) {
            Nullable::Val(value) => Some(value),
            Nullable::Null => None,
        }
    }

    /// Whether both refer to the same.
    pub fn ref_eq(&self, ctx: impl AsContext, other: &AnyRef) -> bool {
        let store = ctx.as_context().store;
        self.handle(store) == other.handle(store)
    }
}
