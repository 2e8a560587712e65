//! Definitions by name, to make instances from.

use super::{
    AsContext, AsContextMut, Caller, Engine, Error, Extern, FuncType, Instance, IntoFunc, Module, Store,
    StoreContextMut, Val,
    errors::{InstantiationError, LinkerError},
    func::{HostFunc, with_values},
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use sheave_interp::{image, instance::Described, types::ExternType};

/// What a name stands for.
enum Definition<T> {
    /// Something of a store.
    Extern(Extern),
    /// A function of the host, put into each store where it is needed.
    HostFunc(FuncType, HostFunc<T>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Extern(item) => Definition::Extern(item.clone()),
            Definition::HostFunc(ty, func) => Definition::HostFunc(ty.clone(), func.clone()),
        }
    }
}

/// Definitions by module and name; makes instances whose imports it knows.
///
/// ```
/// # #[cfg(feature = "wat")] {
/// use sheave::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = <Linker<()>>::new(&engine);
/// linker.func_wrap("host", "double", |x: i32| 2 * x)?;
/// assert!(linker.func_wrap("host", "double", || {}).is_err(), "defined already");
///
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "double" (func $double (param i32) (result i32)))
///         (func (export "run") (result i32) (call $double (i32.const 21))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate_and_start(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<(), i32>(&store, "run")?.call(&mut store, ())?, 42);
/// # }
/// # Ok::<(), sheave::Error>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    modules: BTreeMap<Box<str>, BTreeMap<Box<str>, Definition<T>>>,
    allow_shadowing: bool,
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker { engine: self.engine.clone(), modules: self.modules.clone(), allow_shadowing: self.allow_shadowing }
    }
}

impl<T> Default for Linker<T> {
    fn default() -> Self {
        Linker::new(&Engine::default())
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.modules.iter().flat_map(|(module, names)| names.keys().map(move |name| (module, name)));
        f.debug_set().entries(names).finish()
    }
}

impl<T> Linker<T> {
    /// No definitions.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), modules: BTreeMap::new(), allow_shadowing: false }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name that is defined already can be defined anew. Default: false.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Linker<T> {
        self.allow_shadowing = allow;
        self
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Linker<T>, LinkerError> {
        if !self.allow_shadowing && self.get_definition(module, name).is_some() {
            return Err(LinkerError::DuplicateDefinition { module: module.into(), name: name.into() });
        }
        if !self.modules.contains_key(module) {
            self.modules.insert(module.into(), BTreeMap::new());
        }
        let names = self.modules.get_mut(module).expect("put in just before");
        names.insert(name.into(), definition);
        Ok(self)
    }

    fn get_definition(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    /// Defines a name as something of a store; instances then belong to that store.
    ///
    /// # Errors
    /// `DuplicateDefinition`.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Linker<T>, LinkerError> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a name as a function of the host of any type, as [`Func::new`](super::Func::new).
    ///
    /// # Errors
    /// `DuplicateDefinition`.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Linker<T>, LinkerError> {
        self.insert(module, name, {
            let func = with_values(&ty, func);
            Definition::HostFunc(ty, func)
        })
    }

    /// Defines a name as a function of the host, as [`Func::wrap`](super::Func::wrap).
    ///
    /// # Errors
    /// `DuplicateDefinition`.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Linker<T>, LinkerError> {
        let (ty, func) = func.into_host_func();
        self.insert(module, name, Definition::HostFunc(ty, func.0))
    }

    /// What was defined under a name with [`Linker::define`] or [`Linker::instance`].
    pub fn get(&self, _ctx: impl AsContext<Data = T>, module: &str, name: &str) -> Option<Extern> {
        match self.get_definition(module, name)? {
            Definition::Extern(item) => Some(item.clone()),
            Definition::HostFunc(..) => None,
        }
    }

    /// Defines all exports of an instance under their names.
    ///
    /// # Errors
    /// `DuplicateDefinition`; exports before it are defined then.
    ///
    /// # Panics
    /// If the instance is one of another store.
    pub fn instance(
        &mut self,
        ctx: impl AsContext<Data = T>,
        module_name: &str,
        instance: Instance,
    ) -> Result<&mut Linker<T>, Error> {
        for export in instance.exports(ctx.as_context()) {
            self.define(module_name, export.name(), export.into_extern())?;
        }
        Ok(self)
    }

    /// Defines everything in `module` under the name `as_module` too.
    ///
    /// # Errors
    /// `Linker` if there is no such module, or a name is defined already.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<(), Error> {
        let Some(names) = self.modules.get(module).cloned() else {
            return Err(LinkerError::UnknownModule { module: module.into() }.into());
        };
        for (name, definition) in names {
            self.insert(as_module, &name, definition)?;
        }
        Ok(())
    }

    /// Makes an instance and calls its start function.
    ///
    /// # Errors
    /// `Linker` if an import is not defined, or has another type; otherwise as [`Instance::new`].
    ///
    /// # Panics
    /// If the module is one of another engine than the store, or a definition one of another store.
    pub fn instantiate_and_start(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance, Error> {
        self.instantiate(&mut ctx, module)?.start(ctx)
    }

    /// Makes an instance; its start function is still to be called.
    ///
    /// # Errors
    /// As [`Linker::instantiate_and_start`].
    ///
    /// # Panics
    /// As [`Linker::instantiate_and_start`].
    pub fn instantiate<'a>(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        module: &'a Module,
    ) -> Result<InstancePre<'a>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let mut imports = Vec::new();
        for import in module.parsed().imports() {
            imports.push(self.resolve(store, import)?);
        }
        let instance = store.instantiate(module, &imports)?;
        Ok(InstancePre { instance, module })
    }

    fn resolve(&self, store: &mut Store<T>, import: image::Import<'_>) -> Result<Extern, LinkerError> {
        match self.get_definition(import.module, import.name) {
            Some(Definition::Extern(item)) => Ok(item.clone()),
            Some(Definition::HostFunc(ty, func)) => {
                // Checked before a function is made, not to make one for nothing.
                let is_same = matches!(import.ty, ExternType::Func(expected) if ty.with_raw(|ty| ty == expected));
                if is_same && ty.belongs_to(store.id) {
                    Ok(store.new_host_func(ty, func.clone()).into())
                } else {
                    let found = ty.with_raw(|ty| Described(ExternType::Func(ty)).to_string());
                    Err(mismatch(import, found))
                }
            }
            None => Err(LinkerError::MissingDefinition {
                module: import.module.into(),
                name: import.name.into(),
                expected: Described(import.ty).to_string().into(),
            }),
        }
    }
}

#[cold]
fn mismatch(import: image::Import<'_>, found: String) -> LinkerError {
    LinkerError::InvalidTypeDefinition {
        module: import.module.into(),
        name: import.name.into(),
        expected: Described(import.ty).to_string().into(),
        found: found.into(),
    }
}

/// An instance whose start function has not been called.
#[derive(Debug)]
pub struct InstancePre<'a> {
    instance: Instance,
    module: &'a Module,
}

impl InstancePre<'_> {
    /// Calls the start function, if there is one.
    ///
    /// # Errors
    /// `TrapCode` if it is stopped; what a host function that it calls gives.
    ///
    /// # Panics
    /// If `ctx` is another store than that of the instance.
    pub fn start(self, mut ctx: impl AsContextMut) -> Result<Instance, Error> {
        self.instance.start(ctx.as_context_mut().store, self.module)?;
        Ok(self.instance)
    }

    /// The instance, if there is no start function.
    ///
    /// # Errors
    /// `Instantiation` if there is one.
    pub fn ensure_no_start(self) -> Result<Instance, Error> {
        match self.module.start() {
            Some(index) => Err(InstantiationError::UnexpectedStartFn { index: index.0 }.into()),
            None => Ok(self.instance),
        }
    }

    /// Whether there is a start function.
    pub fn has_start(&self) -> bool {
        self.module.start().is_some()
    }
}
