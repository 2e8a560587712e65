//! Globals as the host sees them.

use super::{
    AsContext, AsContextMut, GlobalType, Mutability, StoreContextMut, Val, errors::GlobalError, store::Handle,
    types::Owner,
};

/// A global in a store.
///
/// All methods panic if the global, or a value given, is one of another store.
///
/// ```
/// use sheave::{Engine, Global, Mutability, Store, Val};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let global = Global::new(&mut store, Val::I64(1), Mutability::Var);
/// global.set(&mut store, Val::I64(2))?;
/// assert_eq!(global.get(&mut store), Val::I64(2));
/// assert!(global.set(&mut store, Val::I32(3)).is_err());
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global(pub(crate) Handle);

impl Global {
    /// A global of this value.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub fn new(mut ctx: impl AsContextMut, value: Val, mutability: Mutability) -> Global {
        let StoreContextMut { store } = ctx.as_context_mut();
        let bits = value.to_bits(&store.core, store.id).expect("a value is used with the store that it belongs to");
        let ty = GlobalType::new(value.ty(), mutability);
        let address = store.core.new_global(ty.to_raw(), bits).expect("memory for a global");
        Global(store.handle(address))
    }

    /// Its type.
    pub fn ty(&self, ctx: impl AsContext) -> GlobalType {
        let store = ctx.as_context().store;
        GlobalType::from_raw(store.core.global_type(store.address(self.0)), Owner::Store(store.id))
    }

    /// Its value.
    pub fn get(&self, mut ctx: impl AsContextMut) -> Val {
        let StoreContextMut { store } = ctx.as_context_mut();
        let address = store.address(self.0);
        let ty = GlobalType::from_raw(store.core.global_type(address), Owner::Store(store.id));
        let bits = store.core.global(address);
        Val::from_bits(&mut store.core, bits, ty.content(), store.id)
    }

    /// Sets its value.
    ///
    /// # Errors
    /// `ImmutableWrite` if it is constant; `TypeMismatch`.
    pub fn set(&self, mut ctx: impl AsContextMut, value: Val) -> Result<(), GlobalError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let address = store.address(self.0);
        let ty = GlobalType::from_raw(store.core.global_type(address), Owner::Store(store.id));
        if ty.mutability().is_const() {
            return Err(GlobalError::ImmutableWrite);
        }
        let bits = value.to_bits(&store.core, store.id).expect("a value is used with the store that it belongs to");
        if !value.matches(&store.core, store.id, ty.content().to_raw()) {
            return Err(GlobalError::TypeMismatch);
        }
        store.core.set_global(address, bits);
        Ok(())
    }
}
