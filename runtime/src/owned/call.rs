//! Runs calls from the host: steps the interpreter's state machine and calls host functions in between.
//!
//! Parameters and results pass through a *window*, cells of the guest stack; see `sheave_interp::store::Call`.

use super::{Error, Store, Trap, errors::LimiterError, sync::Arc};
use alloc::string::ToString;
use sheave_interp::store::{Call, HostCall, Stop};

/// A range of cells of the guest stack: parameters, later results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Bytes from the start of the stack.
    pub(crate) offset: usize,
    /// Number of cells.
    pub(crate) cells: usize,
}

impl<T> Store<T> {
    pub(crate) fn cells(&self, window: Window) -> &[u32] {
        self.core.cells(window.offset, window.cells)
    }

    pub(crate) fn cells_mut(&mut self, window: Window) -> &mut [u32] {
        self.core.cells_mut(window.offset, window.cells)
    }
}

/// How a call came to a stop.
pub(crate) enum Outcome {
    /// It returned: the results are in its window.
    Finished,
    /// A host function that the guest called failed; the call has not ended.
    HostTrap(HostCall, Error),
    /// The fuel is used up; the call has not ended.
    OutOfFuel { required: u32 },
}

/// Begins a call: `write` puts the parameters into the window.
pub(crate) fn begin<T>(store: &mut Store<T>, func: u32, write: impl FnOnce(&mut [u32])) -> Result<Call, Error> {
    let call = store.core.begin(func)?;
    write(store.core.cells_mut(call.window, call.cells));
    Ok(call)
}

/// Runs a call that has begun until it returns or can only go on with help.
///
/// # Errors
/// Why it failed; it has ended then.
pub(crate) fn start<T>(store: &mut Store<T>, call: &Call) -> Result<Outcome, Error> {
    if let Some(number) = store.core.host_func_number(call.func) {
        let outcome = call_host(store, number, Window { offset: call.window, cells: call.cells });
        store.core.abandon(call);
        return outcome.map(|()| Outcome::Finished);
    }
    if let Err(trap) = store.core.enter(call) {
        store.core.abandon(call);
        return Err(trap.into());
    }
    go_on(store, call)
}

/// Runs a call that has been entered.
///
/// # Errors
/// Why it failed; it has ended then.
pub(crate) fn go_on<T>(store: &mut Store<T>, call: &Call) -> Result<Outcome, Error> {
    loop {
        let (core, mut limiter) = store.core_and_limiter();
        let error = match core.run(&mut limiter) {
            Stop::Finished => {
                store.core.finish(call);
                return Ok(Outcome::Finished);
            }
            Stop::HostCall(host) => {
                let window = Window { offset: host.window, cells: host.cells };
                let done = call_host(store, host.number, window);
                store.observer.sample_host(&store.core);
                match done {
                    Ok(()) => {
                        store.core.host_return(&host);
                        continue;
                    }
                    Err(error) => return Ok(Outcome::HostTrap(host, error)),
                }
            }
            Stop::Sample => {
                store.observer.sample(&store.core);
                continue;
            }
            Stop::Lazy { instance, func } => match store.install(instance, func) {
                Ok(()) => continue,
                Err(error) => error,
            },
            Stop::OutOfFuel { required } => return Ok(Outcome::OutOfFuel { required }),
            Stop::Trap(trap) => trap.into(),
            Stop::Denied => Error::new(LimiterError::ResourceLimiterDeniedAllocation.to_string()),
            Stop::Interrupted => {
                store.clear_signal();
                Trap::Interrupted.into()
            }
        };
        return Err(fail(store, call, error));
    }
}

/// Ends a call with an error.
#[cold]
pub(crate) fn fail<T>(store: &mut Store<T>, call: &Call, error: Error) -> Error {
    let error = error.with_backtrace(|| store.backtrace());
    store.core.abandon(call);
    error
}

/// Runs a call that has begun to its end.
///
/// # Errors
/// Why it failed.
pub(crate) fn finish<T>(store: &mut Store<T>, call: &Call) -> Result<(), Error> {
    match start(store, call)? {
        Outcome::Finished => Ok(()),
        Outcome::HostTrap(_, error) => Err(fail(store, call, error)),
        Outcome::OutOfFuel { .. } => Err(fail(store, call, Trap::OutOfFuel.into())),
    }
}

fn call_host<T>(store: &mut Store<T>, number: u32, window: Window) -> Result<(), Error> {
    let func = Arc::clone(&store.host_funcs[number as usize]);
    let instance = store.core.current_instance();
    func(store, instance, window)
}
