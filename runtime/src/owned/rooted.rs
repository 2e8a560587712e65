//! Objects of a store's heap as the host holds them. After Wasmtime: a [`Rooted`] reference keeps its object alive until its scope ends, which is
//! that of the host function that got or made it, or a [`RootScope`], or the store; a [`ManuallyRooted`] one until it is given back.

use super::{AsContext, AsContextMut, Error, Store, StoreContext, StoreContextMut, store::Handle};
use core::{fmt, marker::PhantomData};
use sheave_interp::store::Store as Core;

/// A reference to an object, valid as long as the scope in which it was made; using it afterwards is an error.
///
/// `T` says what it refers to: [`ExnRef`](crate::ExnRef).
pub struct Rooted<T> {
    /// Store, and number of the root.
    handle: Handle,
    /// The object. It is alive if the root refers to it.
    reference: u32,
    what: PhantomData<fn() -> T>,
}

impl<T> Clone for Rooted<T> {
    fn clone(&self) -> Rooted<T> {
        *self
    }
}

impl<T> Copy for Rooted<T> {}

impl<T> PartialEq for Rooted<T> {
    /// Whether both are the same root; different roots may refer to one object.
    fn eq(&self, other: &Rooted<T>) -> bool {
        self.handle == other.handle && self.reference == other.reference
    }
}

impl<T> Eq for Rooted<T> {}

impl<T> core::hash::Hash for Rooted<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (self.handle, self.reference).hash(state);
    }
}

impl<T> fmt::Debug for Rooted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rooted").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<U> Store<U> {
    /// Holds an object until the scope ends.
    ///
    /// # Errors
    /// No memory.
    pub(crate) fn root<T>(&mut self, reference: u32) -> Result<Rooted<T>, Error> {
        let number = self.core.push_root(reference)?;
        Ok(Rooted { handle: self.handle(number), reference, what: PhantomData })
    }

    /// The object of a root; `None` if it is one of another store, or its scope has ended.
    pub(crate) fn rooted<T>(&self, root: &Rooted<T>) -> Option<u32> {
        (root.handle.store == self.id).then(|| root.valid(&self.core)).flatten()
    }
}

impl<T> Rooted<T> {
    /// Holds an object of the store with this number until the scope ends.
    ///
    /// # Panics
    /// If there is no memory for another root.
    #[cfg(feature = "exceptions")]
    pub(crate) fn in_core(core: &mut Core, store: u32, reference: u32) -> Rooted<T> {
        let address = core.push_root(reference).expect("memory for a root");
        Rooted { handle: Handle { store, address }, reference, what: PhantomData }
    }

    /// Its object, to be used in the store with this number only after [`Rooted::valid`] was asked.
    #[cfg(feature = "exceptions")]
    pub(crate) fn reference(&self, store: u32) -> Option<u32> {
        (self.handle.store == store).then_some(self.reference)
    }

    /// Its object, if it is alive in the store that it belongs to.
    pub(crate) fn valid(&self, core: &Core) -> Option<u32> {
        (core.root(self.handle.address) == Some(self.reference)).then_some(self.reference)
    }
}

impl<T> Rooted<T> {
    /// Holds the same object until it is given back.
    ///
    /// # Errors
    /// `Message` if the scope has ended, or it is one of another store; `Module` with `OutOfMemory`.
    pub fn to_manually_rooted(&self, mut ctx: impl AsContextMut) -> Result<ManuallyRooted<T>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let reference = store.rooted(self).ok_or_else(unrooted)?;
        let number = store.core.hold_root(reference)?;
        Ok(ManuallyRooted { handle: store.handle(number), what: PhantomData })
    }

    /// Whether both refer to one object.
    ///
    /// # Errors
    /// `Message` if the scope of one has ended, or it is one of another store.
    pub fn ref_eq(ctx: impl AsContext, a: &Rooted<T>, b: &Rooted<T>) -> Result<bool, Error> {
        let StoreContext { store } = ctx.as_context();
        Ok(store.rooted(a).ok_or_else(unrooted)? == store.rooted(b).ok_or_else(unrooted)?)
    }
}

#[cold]
pub(crate) fn unrooted() -> Error {
    Error::new("reference to an object whose scope has ended, or of another store")
}

/// A reference to an object that is kept alive until [`ManuallyRooted::unroot`], or as long as the store.
pub struct ManuallyRooted<T> {
    handle: Handle,
    what: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for ManuallyRooted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManuallyRooted").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<T> ManuallyRooted<T> {
    /// A reference for the scope that is open now.
    ///
    /// # Errors
    /// `Module` with `OutOfMemory`.
    ///
    /// # Panics
    /// If it is one of another store.
    pub fn to_rooted(&self, mut ctx: impl AsContextMut) -> Result<Rooted<T>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let reference = store.core.held_root(store.address(self.handle));
        store.root(reference)
    }

    /// Gives it back.
    ///
    /// # Panics
    /// If it is one of another store.
    pub fn unroot(self, mut ctx: impl AsContextMut) {
        let StoreContextMut { store } = ctx.as_context_mut();
        let number = store.address(self.handle);
        store.core.release_root(number);
    }
}

/// A scope of roots: [`Rooted`] references that are made in it are invalid when it is dropped.
///
/// ```
/// use sheave::{Engine, ExnRef, FuncType, RootScope, Store, Tag, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let tag = Tag::new(&mut store, &FuncType::new([ValType::I32], []))?;
/// let exception = {
///     let mut scope = RootScope::new(&mut store);
///     ExnRef::new(&mut scope, &tag, &[Val::I32(1)])?
/// };
/// assert!(exception.field(&mut store, 0).is_err(), "its scope has ended");
/// # Ok::<(), sheave::Error>(())
/// ```
pub struct RootScope<C: AsContextMut> {
    ctx: C,
    len: u32,
}

impl<C: AsContextMut> fmt::Debug for RootScope<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootScope").finish_non_exhaustive()
    }
}

impl<C: AsContextMut> RootScope<C> {
    /// Begins a scope.
    pub fn new(mut ctx: C) -> RootScope<C> {
        let len = ctx.as_context_mut().store.core.roots_len();
        RootScope { ctx, len }
    }
}

impl<C: AsContextMut> Drop for RootScope<C> {
    fn drop(&mut self) {
        let StoreContextMut { store } = self.ctx.as_context_mut();
        store.core.leave_roots(self.len);
    }
}

impl<C: AsContextMut> AsContext for RootScope<C> {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        self.ctx.as_context()
    }
}

impl<C: AsContextMut> AsContextMut for RootScope<C> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        self.ctx.as_context_mut()
    }
}
