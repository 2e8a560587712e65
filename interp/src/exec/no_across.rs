//! In the place of `across.rs` in builds without an allocator: a module imports functions of the host only, and tables are not shared. So
//! whatever is not of this instance is of the host.

use super::{
    context::Context,
    machine::{Exit, Flow},
};

/// Nothing is carried on: the exit as the embedder knows it.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is asked for; `across.rs` needs a context that a handler has just left with this exit.
pub unsafe fn across(_: *mut Context, exit: Exit) -> Flow {
    Err(match exit {
        Exit::CALL_FOREIGN => Exit::HOST_CALL,
        Exit::RETURN_CALL_FOREIGN => Exit::HOST_TAIL_CALL,
        exit => exit,
    })
}
