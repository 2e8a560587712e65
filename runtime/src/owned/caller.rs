//! What a host function knows of the guest that called it.

use super::{AsContext, AsContextMut, Engine, Error, Extern, Instance, Store, StoreContext, StoreContextMut};

/// The store, from within a host function, and the instance that called it.
#[derive(Debug)]
pub struct Caller<'a, T> {
    ctx: StoreContextMut<'a, T>,
    instance: Option<u32>,
}

impl<'a, T> Caller<'a, T> {
    pub(crate) fn new(store: &'a mut Store<T>, instance: Option<u32>) -> Caller<'a, T> {
        Caller { ctx: StoreContextMut { store }, instance }
    }

    /// The instance that called; `None` if the host called its own function.
    pub fn instance(&self) -> Option<Instance> {
        self.instance.map(|instance| Instance(self.ctx.store.handle(instance)))
    }

    /// What the calling instance exports under a name.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(&self.ctx, name)
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.ctx.engine()
    }

    /// The host's state.
    pub fn data(&self) -> &T {
        self.ctx.data()
    }

    /// The host's state, for changing.
    pub fn data_mut(&mut self) -> &mut T {
        self.ctx.data_mut()
    }

    /// Fuel left.
    ///
    /// # Errors
    /// `Fuel` if the engine does not meter it.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.ctx.get_fuel()
    }

    /// Sets the fuel.
    ///
    /// # Errors
    /// `Fuel` if the engine does not meter it.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.ctx.set_fuel(fuel)
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.ctx.as_context()
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.ctx.as_context_mut()
    }
}
