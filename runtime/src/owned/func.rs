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
        read_results(store, &call, outputs);
        Ok(())
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
        check_values(store, ty.params(), inputs, Direction::Parameters)?;
        if ty.results().len() != outputs.len() {
            return Err(FuncError::MismatchingResultLen.into());
        }
        let call = store.core.begin(address)?;
        write_values(store, inputs, Window { offset: call.window, cells: call.cells });
        Ok(call)
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
    if values.iter().any(|value| value.to_bits(&store.core, store.id).is_none()) {
        return Err(FuncError::ForeignReference);
    }
    let fit = types.iter().zip(values).all(|(ty, value)| value.matches(&store.core, store.id, ty));
    if fit { Ok(()) } else { Err(wrong_type) }
}

/// Writes values that were checked to the cells of a window.
///
/// # Panics
/// If a value is a reference of another store.
pub(crate) fn write_values<T>(store: &mut Store<T>, values: &[Val], window: Window) {
    let mut next = 0;
    for value in values {
        let bits = value.to_bits(&store.core, store.id);
        next += write_bits(value, bits, &mut store.cells_mut(window)[next..]);
    }
}

/// Writes values that were checked to cells of an object; see [`write_values`].
#[cfg(feature = "exceptions")]
pub(crate) fn write_cells<T>(store: &Store<T>, values: &[Val], cells: &mut [u32]) {
    let mut next = 0;
    for value in values {
        next += write_bits(value, value.to_bits(&store.core, store.id), &mut cells[next..]);
    }
}

/// Writes the bits of a value to the first of these cells; gives how many that were.
fn write_bits(value: &Val, bits: Option<Bits>, cells: &mut [u32]) -> usize {
    let bits = bits.expect("a reference is used with the store that it belongs to");
    let count = value.ty().to_raw().cells() as usize;
    for (i, cell) in cells[..count].iter_mut().enumerate() {
        *cell = (bits >> (32 * i)) as u32;
    }
    count
}

/// Reads values of these types from the cells of a window.
pub(crate) fn read_values<T>(
    store: &mut Store<T>,
    types: impl Iterator<Item = ValType>,
    window: Window,
    values: &mut [Val],
) {
    let mut next = 0;
    for (ty, value) in types.zip(values) {
        let (bits, count) = read_bits(ty, &store.cells(window)[next..]);
        *value = Val::from_bits(&mut store.core, bits, ty, store.id);
        next += count;
    }
}

/// Reads values of these types from cells of an object.
#[cfg(feature = "exceptions")]
pub(crate) fn read_cells<T>(store: &mut Store<T>, types: &[ValType], cells: &[u32]) -> Vec<Val> {
    let (mut values, mut next) = (Vec::new(), 0);
    for ty in types {
        let (bits, count) = read_bits(*ty, &cells[next..]);
        values.push(Val::from_bits(&mut store.core, bits, *ty, store.id));
        next += count;
    }
    values
}

/// Bits of a value of a type in the first of these cells, and how many cells it has.
fn read_bits(ty: ValType, cells: &[u32]) -> (Bits, usize) {
    let count = ty.to_raw().cells() as usize;
    (cells[..count].iter().rev().fold(0, |bits: Bits, cell| bits << 32 | Bits::from(*cell)), count)
}

/// Reads the results of a call that has finished.
pub(crate) fn read_results<T>(store: &mut Store<T>, call: &sheave_interp::store::Call, outputs: &mut [Val]) {
    let types: Vec<_> = store.core.func_type(call.func).results().iter().collect();
    let owner = Owner::Store(store.id);
    let types = types.into_iter().map(|ty| ValType::from_raw(ty, owner));
    read_values(store, types, Window { offset: call.window, cells: call.cells }, outputs);
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
        read_values(store, param_types.iter().copied(), window, params);
        for (result, ty) in results.iter_mut().zip(&result_types) {
            *result = Val::default_for_ty(*ty);
        }
        func(Caller::new(store, instance), params, results)?;
        with_results(store, &result_types, results, window)
    })
}

/// Checks the results of a host function, and writes them.
fn with_results<T>(
    store: &mut Store<T>,
    result_types: &[ValType],
    results: &[Val],
    window: Window,
) -> Result<(), Error> {
    let id = store.id;
    let is_like = |(ty, value): (&ValType, &Val)| value.ty().to_raw().is_like(ty.to_raw());
    if !result_types.iter().zip(results).all(is_like) {
        return Err(FuncError::MismatchingResultType.into());
    }
    if results.iter().any(|result| result.to_bits(&store.core, id).is_none()) {
        return Err(FuncError::ForeignReference.into());
    }
    if !result_types.iter().zip(results).all(|(ty, value)| value.matches(&store.core, id, ty.to_raw())) {
        return Err(FuncError::MismatchingResultType.into());
    }
    write_values(store, results, window);
    Ok(())
}
