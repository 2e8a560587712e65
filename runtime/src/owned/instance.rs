//! Instances, and what they export.

#[cfg(all(feature = "std", target_has_atomic = "64"))]
use super::SharedMemory;
use super::{
    AsContext, AsContextMut, Error, ExternType, Func, Global, Memory, Module, Store, StoreContext, StoreContextMut,
    Table, Tag, TypedFunc, WasmParams, WasmResults, call, store::Handle,
};
use sheave_interp::store::External;

/// Something that can be imported and exported.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
    /// A memory that threads share, and which is of no store.
    #[cfg(all(feature = "std", target_has_atomic = "64"))]
    SharedMemory(SharedMemory),
}

macro_rules! externs { ($($variant:ident $into:ident,)*) => {
    $(
        impl From<$variant> for Extern {
            fn from(value: $variant) -> Extern {
                Extern::$variant(value)
            }
        }
    )*

    impl Extern {
        $(
            #[doc = concat!("The ", stringify!($variant), ", if it is one.")]
            pub fn $into(self) -> Option<$variant> {
                match self {
                    Extern::$variant(value) => Some(value),
                    _ => None,
                }
            }
        )*

        /// # Errors
        /// The store can have no more memories, of those that threads share.
        ///
        /// # Panics
        /// If it is one of another store.
        pub(crate) fn to_raw<T>(&self, store: &mut Store<T>) -> Result<External, Error> {
            Ok(match self {
                $(Extern::$variant(value) => External::$variant(store.address(value.0)),)*
                #[cfg(all(feature = "std", target_has_atomic = "64"))]
                Extern::SharedMemory(memory) => External::Memory(store.core.add_shared(&memory.0)?),
            })
        }

        pub(crate) fn from_raw<T>(external: External, store: &Store<T>) -> Extern {
            #[cfg(all(feature = "std", target_has_atomic = "64"))]
            if let External::Memory(address) = external
                && let Some(memory) = store.core.shared_memory(address)
            {
                return Extern::SharedMemory(SharedMemory(memory.clone()));
            }
            match external {
                $(External::$variant(address) => Extern::$variant($variant(store.handle(address))),)*
            }
        }
    }
} }
#[cfg(all(feature = "std", target_has_atomic = "64"))]
impl From<SharedMemory> for Extern {
    fn from(memory: SharedMemory) -> Extern {
        Extern::SharedMemory(memory)
    }
}

#[cfg(all(feature = "std", target_has_atomic = "64"))]
impl Extern {
    /// The memory that threads share, if it is one.
    pub fn into_shared_memory(self) -> Option<SharedMemory> {
        match self {
            Extern::SharedMemory(memory) => Some(memory),
            _ => None,
        }
    }
}

externs! { Func into_func, Table into_table, Memory into_memory, Global into_global, Tag into_tag, }

impl Extern {
    /// Its type, the limits being the declared ones.
    ///
    /// # Panics
    /// If it is one of another store.
    pub fn ty(&self, ctx: impl AsContext) -> ExternType {
        match self {
            Extern::Func(func) => func.ty(ctx).into(),
            Extern::Table(table) => table.ty(ctx).into(),
            Extern::Memory(memory) => memory.ty(ctx).into(),
            Extern::Global(global) => global.ty(ctx).into(),
            #[cfg(feature = "exceptions")]
            Extern::Tag(tag) => ExternType::Tag(tag.ty(ctx)),
            #[cfg(not(feature = "exceptions"))]
            Extern::Tag(_) => unreachable!("a build without exceptions has no tags"),
            #[cfg(all(feature = "std", target_has_atomic = "64"))]
            Extern::SharedMemory(memory) => memory.ty().into(),
        }
    }
}

/// An export of an instance.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    name: &'a str,
    item: Extern,
}

impl<'a> Export<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is one of another store.
    pub fn ty(&self, ctx: impl AsContext) -> ExternType {
        self.item.ty(ctx)
    }

    /// What is exported.
    pub fn into_extern(self) -> Extern {
        self.item
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        self.item.into_func()
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        self.item.into_table()
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        self.item.into_memory()
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        self.item.into_global()
    }
}

/// An instance of a module in a store.
///
/// All methods panic if the instance is one of another store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Instance(pub(crate) Handle);

impl Instance {
    /// Makes an instance and calls its start function. `imports` are in the order of the module's imports.
    ///
    /// # Errors
    /// `Instantiation` if the number or a type of the imports is wrong; `Module` with `Limit` or `OutOfMemory`; `TrapCode` if
    /// an active segment does not fit or the start function is stopped; what a host function that it calls gives.
    ///
    /// # Panics
    /// If the module is one of another engine, or an import one of another store.
    pub fn new(mut ctx: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let instance = store.instantiate(module, imports)?;
        instance.start(store, module)?;
        Ok(instance)
    }

    /// Calls the start function, if there is one.
    pub(crate) fn start<T>(&self, store: &mut Store<T>, module: &Module) -> Result<(), Error> {
        let Some(index) = module.start() else { return Ok(()) };
        let instance = store.address(self.0);
        let func = store.core.func_address(instance, index).expect("a start function that was verified");
        let call = call::begin(store, func, |_| {})?;
        call::finish(store, &call)
    }

    /// What is exported under a name.
    pub fn get_export(&self, ctx: impl AsContext, name: &str) -> Option<Extern> {
        let store = ctx.as_context().store;
        let external = store.core.export(store.address(self.0), name)?;
        Some(Extern::from_raw(external, store))
    }

    /// The function exported under a name.
    pub fn get_func(&self, ctx: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(ctx, name)?.into_func()
    }

    /// The function exported under a name, its types fixed.
    ///
    /// # Errors
    /// `Message` if there is no such function; `Func` if its type is another one.
    pub fn get_typed_func<Params, Results>(
        &self,
        ctx: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>, Error>
    where
        Params: WasmParams,
        Results: WasmResults,
    {
        match self.get_func(&ctx, name) {
            Some(func) => func.typed(ctx),
            None => Err(Error::new(alloc::format!("no exported function {name:?}"))),
        }
    }

    /// The memory exported under a name.
    pub fn get_memory(&self, ctx: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(ctx, name)?.into_memory()
    }

    /// The memory that threads share and that is exported under a name.
    #[cfg(all(feature = "std", target_has_atomic = "64"))]
    pub fn get_shared_memory(&self, ctx: impl AsContext, name: &str) -> Option<SharedMemory> {
        self.get_export(ctx, name)?.into_shared_memory()
    }

    /// The table exported under a name.
    pub fn get_table(&self, ctx: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(ctx, name)?.into_table()
    }

    /// The global exported under a name.
    pub fn get_global(&self, ctx: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(ctx, name)?.into_global()
    }

    /// The tag exported under a name.
    pub fn get_tag(&self, ctx: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(ctx, name)?.into_tag()
    }

    /// All exports, in the module's order.
    pub fn exports<'a, T: 'a>(&self, ctx: impl Into<StoreContext<'a, T>>) -> impl Iterator<Item = Export<'a>> {
        let store = ctx.into().store;
        let instance = store.address(self.0);
        store.core.image(instance).exports().filter_map(move |export| {
            let external = store.core.resolve(instance, export.kind, export.index)?;
            Some(Export { name: export.name, item: Extern::from_raw(external, store) })
        })
    }
}
