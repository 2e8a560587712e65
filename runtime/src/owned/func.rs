//! Functions: of guests and of the host, called with values.

use super::{
    AsContext, AsContextMut, Caller, Error, FuncType, IntoFunc, ResumableCall, Store, StoreContextMut, TypedFunc, Val,
    ValType, WasmParams, WasmResults,
    call::{self, Window},
    errors::FuncError,
    resume,
    store::Handle,
    sync::Arc,
    types::Owner,
};
use alloc::{boxed::Box, vec::Vec};
use sheave_interp::types::{self as raw, Bits};

/// A function of the host as stores keep it: reads its parameters from the window and writes its results there. The number
/// is that of the instance that calls.
pub(crate) type HostFunc<T> = Arc<dyn Fn(&mut Store<T>, Option<u32>, Window) -> Result<(), Error> + Send + Sync>;

/// A function in a store.
///
/// ```
/// use sheave::{Engine, Func, Store, Val};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let double = Func::wrap(&mut store, |x: i32| x * 2);
/// let mut results = [Val::I32(0)];
/// double.call(&mut store, &[Val::I32(21)], &mut results)?;
/// assert_eq!(results[0].i32(), Some(42));
/// assert!(double.call(&mut store, &[], &mut results).is_err(), "a parameter is missing");
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func(pub(crate) Handle);

impl Func {
    /// A function of the host of any type. It gets parameters as values, and results of the right types, all zero or null,
    /// to be set.
    ///
    /// # Panics
    /// If there is no memory for it, or its type is one of another store or of a module.
    pub fn new<T>(
        mut ctx: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        ctx.as_context_mut().store.new_host_func(&ty, with_values(&ty, func))
    }

    /// A function of the host, its type being the closure's.
    ///
    /// # Panics
    /// If there is no memory for it.
    pub fn wrap<T, Params, Results>(
        mut ctx: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        let (ty, func) = func.into_host_func();
        ctx.as_context_mut().store.new_host_func(&ty, func.0)
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is one of another store; so do the methods below.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        let store = ctx.as_context().store;
        FuncType::from_raw(store.core.func_type(store.address(self.0)), Owner::Store(store.id))
    }

    /// Calls it to its end. `outputs` are overwritten by the results.
    ///
    /// # Errors
    /// `Func` if the number or types of inputs or the number of outputs are wrong, or an input belongs to another store;
    /// `TrapCode` if a guest is stopped; whatever a host function on the way gives.
    pub fn call<T>(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        inputs: &[Val],
        outputs: &mut [Val],
    ) -> Result<(), Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let call = self.begin(store, inputs, outputs)?;
        call::finish(store, &call)?;
        read_results(store, &call, outputs)
    }

    /// Calls it; if a host function on the way fails or the fuel is used up, it can be resumed.
    ///
    /// # Errors
    /// As for [`Func::call`], but for those two.
    pub fn call_resumable<T>(
        &self,
        mut ctx: impl AsContextMut<Data = T>,
        inputs: &[Val],
        outputs: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let call = self.begin(store, inputs, outputs)?;
        let outcome = call::start(store, &call)?;
        resume::after(store, &call, outcome, outputs)
    }

    fn begin<T>(
        &self,
        store: &mut Store<T>,
        inputs: &[Val],
        outputs: &[Val],
    ) -> Result<sheave_interp::store::Call, Error> {
        let address = store.address(self.0);
        let ty = store.core.func_type(address);
        let id = store.id;
        check_values(store, ty.params(), inputs, Direction::Parameters)?;
        if ty.results().len() != outputs.len() {
            return Err(FuncError::MismatchingResultLen.into());
        }
        call::begin(store, address, |cells| write_values(inputs, cells, id))
    }

    /// The same function with its types fixed, so that calls need not check them.
    ///
    /// # Errors
    /// `Func` if its type is another one.
    pub fn typed<Params, Results>(&self, ctx: impl AsContext) -> Result<TypedFunc<Params, Results>, Error>
    where
        Params: WasmParams,
        Results: WasmResults,
    {
        TypedFunc::new(ctx, *self)
    }
}

/// Which values are checked; gives the right error.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Parameters,
    Results,
}

/// Checks the number and types of values, and that references are of the store.
pub(crate) fn check_values<T>(
    store: &Store<T>,
    types: raw::ValTypes<'_>,
    values: &[Val],
    direction: Direction,
) -> Result<(), FuncError> {
    let (wrong_len, wrong_type) = match direction {
        Direction::Parameters => (FuncError::MismatchingParameterLen, FuncError::MismatchingParameterType),
        Direction::Results => (FuncError::MismatchingResultLen, FuncError::MismatchingResultType),
    };
    if types.len() != values.len() {
        return Err(wrong_len);
    }
    // What of a reference can be said without its store.
    let is_like = |(ty, value): (raw::ValType, &Val)| value.ty().to_raw().is_like(ty);
    if !types.iter().zip(values).all(is_like) {
        return Err(wrong_type);
    }
    if values.iter().any(|value| value.to_bits(store.id).is_none()) {
        return Err(FuncError::ForeignReference);
    }
    let fit = types.iter().zip(values).all(|(ty, value)| value.matches(&store.core, ty));
    if fit { Ok(()) } else { Err(wrong_type) }
}

/// Writes values that were checked to cells.
///
/// # Panics
/// If a value is a reference of another store.
pub(crate) fn write_values(values: &[Val], cells: &mut [u32], store: u32) {
    let mut rest = cells;
    for value in values {
        let bits = value.to_bits(store).expect("a reference is used with the store that it belongs to");
        let (cells, next) = rest.split_at_mut(value.ty().to_raw().cells() as usize);
        for (i, cell) in cells.iter_mut().enumerate() {
            *cell = (bits >> (32 * i)) as u32;
        }
        rest = next;
    }
}

/// Reads values of these types from cells.
pub(crate) fn read_values(types: impl Iterator<Item = ValType>, cells: &[u32], store: u32, values: &mut [Val]) {
    let mut rest = cells;
    for (ty, value) in types.zip(values) {
        let (cells, next) = rest.split_at(ty.to_raw().cells() as usize);
        let bits = cells.iter().rev().fold(0, |bits: Bits, cell| bits << 32 | Bits::from(*cell));
        *value = Val::from_bits(bits, ty, store);
        rest = next;
    }
}

/// Reads the results of a call that has finished.
///
/// # Errors
/// No memory for roots of objects.
pub(crate) fn read_results<T>(
    store: &mut Store<T>,
    call: &sheave_interp::store::Call,
    outputs: &mut [Val],
) -> Result<(), Error> {
    let types = store.core.func_type(call.func).results().iter();
    let types = types.map(|ty| ValType::from_raw(ty, Owner::Store(store.id)));
    read_values(types, store.core.cells(call.window, call.cells), store.id, outputs);
    root_values(store, outputs)
}

/// Roots the references to objects among values that were just read.
///
/// # Errors
/// No memory.
#[inline]
pub(crate) fn root_values<T>(store: &mut Store<T>, values: &mut [Val]) -> Result<(), Error> {
    #[cfg(feature = "exceptions")]
    for value in values {
        if let Val::ExnRef(super::Nullable::Val(found)) = value {
            let Some(reference) = found.reference(store.id) else { continue };
            *found = store.root(reference)?;
        }
    }
    #[cfg(not(feature = "exceptions"))]
    let _ = (store, values);
    Ok(())
}

/// Values up to this number are kept on the native stack during a host call.
const INLINE_VALUES: usize = 8;

/// A host function that takes and gives values.
pub(crate) fn with_values<T>(
    ty: &FuncType,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
) -> HostFunc<T> {
    // Boxes of their own: types are shared in a way that not every target can send to another thread.
    let [param_types, result_types] = [ty.params(), ty.results()].map(Box::<[ValType]>::from);
    Arc::new(move |store: &mut Store<T>, instance, window| {
        let count = param_types.len() + result_types.len();
        let (mut inline, mut long) = ([Val::I32(0); INLINE_VALUES], Vec::new());
        let values = if count <= INLINE_VALUES {
            &mut inline[..count]
        } else {
            long.resize(count, Val::I32(0));
            &mut long[..]
        };
        let (params, results) = values.split_at_mut(param_types.len());
        read_values(param_types.iter().copied(), store.cells(window), store.id, params);
        root_values(store, params)?;
        for (result, ty) in results.iter_mut().zip(&result_types) {
            *result = Val::default_for_ty(*ty);
        }
        func(Caller::new(store, instance), params, results)?;
        let id = store.id;
        let is_like = |(ty, value): (&ValType, &Val)| value.ty().to_raw().is_like(ty.to_raw());
        if !result_types.iter().zip(&*results).all(is_like) {
            return Err(FuncError::MismatchingResultType.into());
        }
        if results.iter().any(|result| result.to_bits(id).is_none()) {
            return Err(FuncError::ForeignReference.into());
        }
        if !result_types.iter().zip(&*results).all(|(ty, value)| value.matches(&store.core, ty.to_raw())) {
            return Err(FuncError::MismatchingResultType.into());
        }
        write_values(results, store.cells_mut(window), id);
        Ok(())
    })
}
