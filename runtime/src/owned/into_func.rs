//! Closures as host functions: with or without a [`Caller`], with results plain or fallible.

use super::{
    Caller, Error, FuncType, Store, WasmTy, WasmTyList, call::Window, func::HostFunc, sync::Arc, typed::for_each_tuple,
};

/// A closure that can be a host function: up to 16 parameters, before them perhaps a [`Caller`]; results are one value or a
/// tuple, or a `Result` of that and [`Error`].
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    /// Its type, and the function as a store keeps it.
    #[doc(hidden)]
    fn into_host_func(self) -> (FuncType, WrappedFunc<T>);
}

/// A closure made into a host function.
pub struct WrappedFunc<T>(pub(crate) HostFunc<T>);

/// What a closure may return.
pub trait WasmRet {
    /// The results.
    #[doc(hidden)]
    type Ok: WasmTyList;
    /// The results, or why there are none.
    #[doc(hidden)]
    fn into_fallible(self) -> Result<Self::Ok, Error>;
}

impl<L: WasmTyList> WasmRet for L {
    type Ok = L;

    #[inline]
    fn into_fallible(self) -> Result<L, Error> {
        Ok(self)
    }
}

impl<L: WasmTyList> WasmRet for Result<L, Error> {
    type Ok = L;

    #[inline]
    fn into_fallible(self) -> Result<L, Error> {
        self
    }
}

/// The host function around a closure that takes all its parameters as a list.
fn wrap<T, P: WasmTyList, R: WasmRet>(
    func: impl Fn(Caller<'_, T>, P) -> R + Send + Sync + 'static,
) -> (FuncType, WrappedFunc<T>) {
    let ty = FuncType::new(P::TYPES.iter().copied(), <R::Ok as WasmTyList>::TYPES.iter().copied());
    let host_func: HostFunc<T> = Arc::new(move |store: &mut Store<T>, instance, window: Window| {
        let id = store.id;
        let params = P::read_all(store.cells(window), id);
        let results = func(Caller::new(store, instance), params).into_fallible()?;
        results.write_all(store.cells_mut(window), id);
        Ok(())
    });
    (ty, WrappedFunc(host_func))
}

macro_rules! into_func { ($($ty:ident)*) => {
    impl<T, F, R, $($ty,)*> IntoFunc<T, ($($ty,)*), R> for F
    where
        F: Fn($($ty),*) -> R + Send + Sync + 'static,
        R: WasmRet,
        $($ty: WasmTy,)*
    {
        #[allow(non_snake_case)]
        fn into_host_func(self) -> (FuncType, WrappedFunc<T>) {
            wrap(move |_: Caller<'_, T>, ($($ty,)*): ($($ty,)*)| self($($ty),*))
        }
    }

    impl<T, F, R, $($ty,)*> IntoFunc<T, (Caller<'_, T>, $($ty,)*), R> for F
    where
        F: Fn(Caller<'_, T>, $($ty),*) -> R + Send + Sync + 'static,
        R: WasmRet,
        $($ty: WasmTy,)*
    {
        #[allow(non_snake_case)]
        fn into_host_func(self) -> (FuncType, WrappedFunc<T>) {
            wrap(move |caller: Caller<'_, T>, ($($ty,)*): ($($ty,)*)| self(caller, $($ty),*))
        }
    }
} }
for_each_tuple!(into_func);
