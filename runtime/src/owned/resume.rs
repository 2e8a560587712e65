//! Calls that were stopped and can go on: after a failed host function, or when the fuel is used up.
//!
//! Their frames are taken off the guest stack meanwhile, so that other calls can run; dropping one forgets it.

use super::{
    AsContextMut, Error, Func, Store, StoreContextMut, Trap, Val, WasmResults,
    call::{self, Outcome, Window},
    errors::FuncError,
    func::{Direction, check_values, read_results, write_values},
};
use core::{fmt, marker::PhantomData};
use sheave_interp::store::{Call, HostCall, Suspended};

/// What became of a call.
#[derive(Debug)]
pub enum ResumableCall {
    /// It returned; the results are in the outputs.
    Finished,
    /// A host function failed.
    HostTrap(ResumableCallHostTrap),
    /// The fuel is used up.
    OutOfFuel(ResumableCallOutOfFuel),
}

/// A call in which a host function failed: can go on as if that had returned.
pub struct ResumableCallHostTrap {
    suspended: Suspended,
    host_func: Func,
    host_error: Error,
}

/// A call that has used up the fuel: can go on with more.
pub struct ResumableCallOutOfFuel {
    suspended: Suspended,
    func: Func,
    required_fuel: u64,
}

/// A stopped call, of whatever results.
enum Stopped {
    Finished,
    HostTrap(ResumableCallHostTrap),
    OutOfFuel(ResumableCallOutOfFuel),
}

/// Takes a call off the stack unless it has finished.
fn stop<T>(store: &mut Store<T>, call: &Call, outcome: Outcome) -> Result<Stopped, Error> {
    Ok(match outcome {
        Outcome::Finished => Stopped::Finished,
        Outcome::HostTrap(host, host_error) => {
            let host_error = host_error.with_backtrace(|| store.backtrace());
            let host_func = Func(store.handle(host.func));
            let suspended = store.core.suspend(call, Some(host))?;
            Stopped::HostTrap(ResumableCallHostTrap { suspended, host_func, host_error })
        }
        Outcome::OutOfFuel { required } => {
            let func = Func(store.handle(call.func));
            let suspended = store.core.suspend(call, None)?;
            Stopped::OutOfFuel(ResumableCallOutOfFuel { suspended, func, required_fuel: u64::from(required) })
        }
    })
}

/// What a call with values has become.
pub(crate) fn after<T>(
    store: &mut Store<T>,
    call: &Call,
    outcome: Outcome,
    outputs: &mut [Val],
) -> Result<ResumableCall, Error> {
    Ok(match stop(store, call, outcome)? {
        Stopped::Finished => {
            read_results(store, call, outputs);
            ResumableCall::Finished
        }
        Stopped::HostTrap(stopped) => ResumableCall::HostTrap(stopped),
        Stopped::OutOfFuel(stopped) => ResumableCall::OutOfFuel(stopped),
    })
}

/// What a typed call has become.
pub(crate) fn after_typed<T, Results: WasmResults>(
    store: &mut Store<T>,
    call: &Call,
    outcome: Outcome,
) -> Result<TypedResumableCall<Results>, Error> {
    let results = PhantomData;
    Ok(match stop(store, call, outcome)? {
        Stopped::Finished => {
            TypedResumableCall::Finished(Results::read_all(store.core.cells(call.window, call.cells), store.id))
        }
        Stopped::HostTrap(call) => TypedResumableCall::HostTrap(TypedResumableCallHostTrap { call, results }),
        Stopped::OutOfFuel(call) => TypedResumableCall::OutOfFuel(TypedResumableCallOutOfFuel { call, results }),
    })
}

fn check_outputs<T>(store: &Store<T>, suspended: &Suspended, outputs: &[Val]) -> Result<(), FuncError> {
    let results_count = store.core.func_type(suspended.func()).results().len();
    if results_count == outputs.len() { Ok(()) } else { Err(FuncError::MismatchingResultLen) }
}

impl ResumableCallHostTrap {
    /// The host function that failed.
    pub fn host_func(&self) -> Func {
        self.host_func
    }

    /// Its error.
    pub fn host_error(&self) -> &Error {
        &self.host_error
    }

    /// Its error; the call is forgotten.
    pub fn into_host_error(self) -> Error {
        self.host_error
    }

    /// Goes on as if the host function had returned `inputs`.
    ///
    /// # Errors
    /// `Func` if the inputs or the number of outputs are wrong; otherwise as [`Func::call_resumable`].
    ///
    /// # Panics
    /// If the call is one of another store.
    pub fn resume<T>(
        self,
        mut ctx: impl AsContextMut<Data = T>,
        inputs: &[Val],
        outputs: &mut [Val],
    ) -> Result<ResumableCall, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        check_outputs(store, &self.suspended, outputs)?;
        let (call, outcome) = self.run(store, inputs)?;
        after(store, &call, outcome, outputs)
    }

    fn run<T>(&self, store: &mut Store<T>, inputs: &[Val]) -> Result<(Call, Outcome), Error> {
        let host_func = store.address(self.host_func.0);
        check_values(store, store.core.func_type(host_func).results(), inputs, Direction::Results)?;
        let (call, host) = put_back(store, &self.suspended)?;
        if let Some(host) = host {
            write_values(store, inputs, Window { offset: host.window, cells: host.cells });
            store.core.host_return(&host);
        }
        let outcome = call::go_on(store, &call)?;
        Ok((call, outcome))
    }
}

impl ResumableCallOutOfFuel {
    /// What the guest does next needs at least this much.
    pub fn required_fuel(&self) -> u64 {
        self.required_fuel
    }

    /// Goes on; [`Store::set_fuel`] was called before.
    ///
    /// # Errors
    /// `Func` if the number of outputs is wrong; otherwise as [`Func::call_resumable`].
    ///
    /// # Panics
    /// If the call is one of another store.
    pub fn resume<T>(self, mut ctx: impl AsContextMut<Data = T>, outputs: &mut [Val]) -> Result<ResumableCall, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        check_outputs(store, &self.suspended, outputs)?;
        let (call, outcome) = self.run(store)?;
        after(store, &call, outcome, outputs)
    }

    fn run<T>(&self, store: &mut Store<T>) -> Result<(Call, Outcome), Error> {
        store.address(self.func.0);
        let (call, _) = put_back(store, &self.suspended)?;
        let outcome = call::go_on(store, &call)?;
        Ok((call, outcome))
    }
}

fn put_back<T>(store: &mut Store<T>, suspended: &Suspended) -> Result<(Call, Option<HostCall>), Trap> {
    store.core.resume(suspended)
}

impl fmt::Debug for ResumableCallHostTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumableCallHostTrap")
            .field("host_func", &self.host_func)
            .field("host_error", &self.host_error)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ResumableCallOutOfFuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumableCallOutOfFuel").field("required_fuel", &self.required_fuel).finish_non_exhaustive()
    }
}

/// What became of a typed call.
#[derive(Debug)]
pub enum TypedResumableCall<Results> {
    /// It returned this.
    Finished(Results),
    /// A host function failed.
    HostTrap(TypedResumableCallHostTrap<Results>),
    /// The fuel is used up.
    OutOfFuel(TypedResumableCallOutOfFuel<Results>),
}

/// A typed call in which a host function failed: can go on as if that had returned.
pub struct TypedResumableCallHostTrap<Results> {
    call: ResumableCallHostTrap,
    results: PhantomData<fn() -> Results>,
}

/// A typed call that has used up the fuel: can go on with more.
pub struct TypedResumableCallOutOfFuel<Results> {
    call: ResumableCallOutOfFuel,
    results: PhantomData<fn() -> Results>,
}

impl<Results: WasmResults> TypedResumableCallHostTrap<Results> {
    /// The host function that failed.
    pub fn host_func(&self) -> Func {
        self.call.host_func
    }

    /// Its error.
    pub fn host_error(&self) -> &Error {
        &self.call.host_error
    }

    /// Its error; the call is forgotten.
    pub fn into_host_error(self) -> Error {
        self.call.host_error
    }

    /// Goes on as if the host function had returned `inputs`.
    ///
    /// # Errors
    /// `Func` if the inputs are wrong; otherwise as [`TypedFunc::call_resumable`](crate::TypedFunc::call_resumable).
    ///
    /// # Panics
    /// If the call is one of another store.
    pub fn resume(self, mut ctx: impl AsContextMut, inputs: &[Val]) -> Result<TypedResumableCall<Results>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (call, outcome) = self.call.run(store, inputs)?;
        after_typed(store, &call, outcome)
    }
}

impl<Results: WasmResults> TypedResumableCallOutOfFuel<Results> {
    /// What the guest does next needs at least this much.
    pub fn required_fuel(&self) -> u64 {
        self.call.required_fuel
    }

    /// Goes on; [`Store::set_fuel`] was called before.
    ///
    /// # Errors
    /// As [`TypedFunc::call_resumable`](crate::TypedFunc::call_resumable).
    ///
    /// # Panics
    /// If the call is one of another store.
    pub fn resume(self, mut ctx: impl AsContextMut) -> Result<TypedResumableCall<Results>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (call, outcome) = self.call.run(store)?;
        after_typed(store, &call, outcome)
    }
}

impl<Results> fmt::Debug for TypedResumableCallHostTrap<Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

impl<Results> fmt::Debug for TypedResumableCallOutOfFuel<Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}
