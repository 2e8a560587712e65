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
                    Err(error) => match store.throw_into(&host, error) {
                        None => continue,
                        Some(error) => return Ok(Outcome::HostTrap(host, error)),
                    },
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
            #[cfg(feature = "exceptions")]
            Stop::Thrown(exception) => store.set_pending(exception),
            #[cfg(not(feature = "exceptions"))]
            Stop::Thrown(_) => Error::new("uncaught exception"),
            Stop::Denied => Error::new(LimiterError::ResourceLimiterDeniedAllocation.to_string()),
            Stop::Interrupted => {
                store.clear_signal();
                Trap::Interrupted.into()
            }
        };
        return Err(fail(store, call, error));
    }
}

impl<T> Store<T> {
    /// An error of a host function that a guest waits for. If it is an exception that the guest catches, the guest can go on.
    #[cfg(feature = "exceptions")]
    fn throw_into(&mut self, host: &HostCall, error: Error) -> Option<Error> {
        let super::error::ErrorKind::Exception(_) = error.kind() else { return Some(error) };
        let Some(exception) = self.take_pending() else { return Some(error) };
        if self.core.throw_from_host(host, exception) { None } else { Some(self.set_pending(exception)) }
    }

    /// Guests of this build catch nothing.
    #[cfg(not(feature = "exceptions"))]
    fn throw_into(&mut self, _: &HostCall, error: Error) -> Option<Error> {
        Some(error)
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
    #[cfg(feature = "objects")]
    let roots_len = store.core.roots_len();
    let done = func(store, instance, window);
    // What the function held is in the results now, or of no use.
    #[cfg(feature = "objects")]
    store.core.leave_roots(roots_len);
    done
}
