//! Rust types as Wasm types, and functions whose types are fixed at compile time.

use crate::V128;

use super::{
    AsContext, AsContextMut, Error, ExternRef, F32, F64, Func, Nullable, StoreContextMut, TypedResumableCall, ValType,
    call, errors::FuncError, resume,
};
use core::{fmt, marker::PhantomData};

/// A Rust type that is a Wasm type: i32, u32, i64, u64, f32, f64, [`F32`], [`F64`], [`V128`], nullable [`Func`] and [`ExternRef`].
pub trait WasmTy: Sized + Send {
    /// The Wasm type.
    #[doc(hidden)]
    const TYPE: ValType;
    /// Cells that a value takes: 1, 2 or 4.
    #[doc(hidden)]
    const CELLS: usize;
    /// Reads a value from the start of cells of the store with this number.
    #[doc(hidden)]
    fn read(cells: &[u32], store: u32) -> Self;
    /// Writes a value to the start of cells of the store with this number.
    #[doc(hidden)]
    fn write(self, cells: &mut [u32], store: u32);
}

macro_rules! wasm_ty { ($($ty:ty: $variant:ident, $to:expr, $from:expr;)*) => { $(
    impl WasmTy for $ty {
        const TYPE: ValType = ValType::$variant;
        const CELLS: usize = if matches!(Self::TYPE, ValType::I64 | ValType::F64) { 2 } else { 1 };

        #[inline]
        fn read(cells: &[u32], _: u32) -> $ty {
            let high = if Self::CELLS == 2 { u64::from(cells[1]) << 32 } else { 0 };
            $from(u64::from(cells[0]) | high)
        }

        #[inline]
        fn write(self, cells: &mut [u32], _: u32) {
            let bits: u64 = $to(self);
            cells[0] = bits as u32;
            if Self::CELLS == 2 {
                cells[1] = (bits >> 32) as u32;
            }
        }
    }
)* } }
wasm_ty! {
    i32: I32, |value: i32| u64::from(value as u32), |bits: u64| bits as i32;
    u32: I32, u64::from, |bits: u64| bits as u32;
    i64: I64, |value: i64| value as u64, |bits: u64| bits as i64;
    u64: I64, |value: u64| value, |bits: u64| bits;
    f32: F32, |value: f32| u64::from(value.to_bits()), |bits: u64| f32::from_bits(bits as u32);
    f64: F64, f64::to_bits, f64::from_bits;
    F32: F32, |value: F32| u64::from(value.to_bits()), |bits: u64| F32::from_bits(bits as u32);
    F64: F64, F64::to_bits, F64::from_bits;
}

impl WasmTy for V128 {
    const TYPE: ValType = ValType::V128;
    const CELLS: usize = 4;

    #[inline]
    fn read(cells: &[u32], _: u32) -> V128 {
        cells[..4].iter().rev().fold(0, |bits, cell| bits << 32 | u128::from(*cell)).into()
    }

    #[inline]
    fn write(self, cells: &mut [u32], _: u32) {
        for (i, cell) in cells[..4].iter_mut().enumerate() {
            *cell = (self.as_u128() >> (32 * i)) as u32;
        }
    }
}

macro_rules! wasm_ref { ($($ty:ty: $variant:ident;)*) => { $(
    impl WasmTy for Nullable<$ty> {
        const TYPE: ValType = ValType::$variant;
        const CELLS: usize = 1;

        fn read(cells: &[u32], store: u32) -> Nullable<$ty> {
            <$ty>::from_handle(cells[0], store)
        }

        /// # Panics
        /// If the reference is one of another store.
        fn write(self, cells: &mut [u32], store: u32) {
            cells[0] = <$ty>::to_handle(self, store).expect("a reference is used with the store that it belongs to");
        }
    }

    impl WasmTy for Option<$ty> {
        const TYPE: ValType = ValType::$variant;
        const CELLS: usize = 1;

        fn read(cells: &[u32], store: u32) -> Option<$ty> {
            Nullable::<$ty>::read(cells, store).into()
        }

        /// # Panics
        /// If the reference is one of another store.
        fn write(self, cells: &mut [u32], store: u32) {
            self.map_or(Nullable::Null, Nullable::Val).write(cells, store);
        }
    }
)* } }
wasm_ref! { Func: FUNCREF; ExternRef: EXTERNREF; }

/// A list of Wasm types: one [`WasmTy`], or a tuple of up to 16.
pub trait WasmTyList: Sized + Send {
    /// The Wasm types.
    #[doc(hidden)]
    const TYPES: &'static [ValType];
    /// Reads values from the start of cells of the store with this number.
    #[doc(hidden)]
    fn read_all(cells: &[u32], store: u32) -> Self;
    /// Writes values to the start of cells of the store with this number.
    #[doc(hidden)]
    fn write_all(self, cells: &mut [u32], store: u32);
}

impl<A: WasmTy> WasmTyList for A {
    const TYPES: &'static [ValType] = &[A::TYPE];

    #[inline]
    fn read_all(cells: &[u32], store: u32) -> A {
        A::read(cells, store)
    }

    #[inline]
    fn write_all(self, cells: &mut [u32], store: u32) {
        self.write(cells, store);
    }
}

macro_rules! wasm_list { ($($ty:ident)*) => {
    impl<$($ty: WasmTy),*> WasmTyList for ($($ty,)*) {
        const TYPES: &'static [ValType] = &[$($ty::TYPE),*];

        #[inline]
        #[allow(unused_variables, unused_mut, unused_assignments, clippy::unused_unit)]
        fn read_all(cells: &[u32], store: u32) -> ($($ty,)*) {
            let mut next = 0;
            $(
                #[allow(non_snake_case)]
                let $ty = <$ty as WasmTy>::read(&cells[next..], store);
                next += $ty::CELLS;
            )*
            ($($ty,)*)
        }

        #[inline]
        #[allow(unused_variables, unused_mut, unused_assignments, non_snake_case)]
        fn write_all(self, cells: &mut [u32], store: u32) {
            let ($($ty,)*) = self;
            let mut next = 0;
            $(
                $ty.write(&mut cells[next..], store);
                next += <$ty as WasmTy>::CELLS;
            )*
        }
    }
} }

/// Calls a macro with the type parameters of each tuple of up to 16.
macro_rules! for_each_tuple { ($with:ident) => {
    $with!();
    $with!(A);
    $with!(A B);
    $with!(A B C);
    $with!(A B C D);
    $with!(A B C D E);
    $with!(A B C D E G);
    $with!(A B C D E G H);
    $with!(A B C D E G H I);
    $with!(A B C D E G H I J);
    $with!(A B C D E G H I J K);
    $with!(A B C D E G H I J K L);
    $with!(A B C D E G H I J K L M);
    $with!(A B C D E G H I J K L M N);
    $with!(A B C D E G H I J K L M N O);
    $with!(A B C D E G H I J K L M N O P);
    $with!(A B C D E G H I J K L M N O P Q);
} }
pub(crate) use for_each_tuple;
for_each_tuple!(wasm_list);

/// Parameters of a [`TypedFunc`].
pub trait WasmParams: WasmTyList {}
impl<L: WasmTyList> WasmParams for L {}

/// Results of a [`TypedFunc`].
pub trait WasmResults: WasmTyList {}
impl<L: WasmTyList> WasmResults for L {}

/// A function whose types are known: calls need not check them.
///
/// ```
/// use sheave::{Engine, Func, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let add = Func::wrap(&mut store, |a: i32, b: i64| i64::from(a) + b);
/// let add = add.typed::<(i32, i64), i64>(&store)?;
/// assert_eq!(add.call(&mut store, (40, 2))?, 42);
/// assert!(add.func().typed::<(), ()>(&store).is_err());
/// # Ok::<(), sheave::Error>(())
/// ```
pub struct TypedFunc<Params, Results> {
    func: Func,
    types: PhantomData<fn(Params) -> Results>,
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    pub(crate) fn new(ctx: impl AsContext, func: Func) -> Result<TypedFunc<Params, Results>, Error> {
        let store = ctx.as_context().store;
        let ty = store.core.func_type(store.address(func.0));
        let same = |found: sheave_interp::types::ValTypes<'_>, types: &[ValType]| {
            found.iter().eq(types.iter().map(|ty| ty.to_raw()))
        };
        if !same(ty.params(), Params::TYPES) {
            return Err(FuncError::MismatchingParameterType.into());
        }
        if !same(ty.results(), Results::TYPES) {
            return Err(FuncError::MismatchingResultType.into());
        }
        Ok(TypedFunc { func, types: PhantomData })
    }

    /// The function without its types.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls it to its end.
    ///
    /// # Errors
    /// `TrapCode` if a guest is stopped; whatever a host function on the way gives.
    ///
    /// # Panics
    /// If it, or a reference among the parameters, is one of another store.
    pub fn call(&self, mut ctx: impl AsContextMut, params: Params) -> Result<Results, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (address, id) = (store.address(self.func.0), store.id);
        let call = call::begin(store, address, |cells| params.write_all(cells, id))?;
        call::finish(store, &call)?;
        Ok(Results::read_all(store.core.cells(call.window, call.cells), id))
    }

    /// Calls it; if a host function on the way fails or the fuel is used up, it can be resumed.
    ///
    /// # Errors
    /// As for [`TypedFunc::call`], but for those two.
    ///
    /// # Panics
    /// As [`TypedFunc::call`].
    pub fn call_resumable(
        &self,
        mut ctx: impl AsContextMut,
        params: Params,
    ) -> Result<TypedResumableCall<Results>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (address, id) = (store.address(self.func.0), store.id);
        let call = call::begin(store, address, |cells| params.write_all(cells, id))?;
        let outcome = call::start(store, &call)?;
        resume::after_typed(store, &call, outcome)
    }
}
