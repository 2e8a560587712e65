//! Makes host functions of the table: the only file that names the embedding crate.
//!
//! The guest's memory is its export `memory`, looked up at each call, since an instance may be made after linking.

use sheave::{Caller, Error, Extern, ExternType, Linker, errors::HostError};

use super::{MODULE, clock, fd, fd_io, functions, path, poll, proc, random, sock};
use crate::{WasiCtx, wasi::abi::Errno};

/// The error with which `proc_exit` unwinds a guest; `error.downcast_ref::<I32Exit>()` finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct I32Exit(pub i32);

impl core::fmt::Display for I32Exit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "exited with code {}", self.0)
    }
}

impl core::error::Error for I32Exit {}

impl HostError for I32Exit {}

/// Calls `function` with what the guest was granted and its memory.
fn with_memory<T: 'static, R>(
    caller: &mut Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut WasiCtx<'static>,
    function: impl FnOnce(&mut WasiCtx<'static>, &mut [u8]) -> R,
) -> Result<R, Error> {
    let export = caller.get_export("memory");
    if export.as_ref().is_some_and(|export| matches!(export.ty(&*caller), ExternType::Memory(ty) if ty.is_shared())) {
        return Err(Error::new(
            "the memory named \"memory\" is shared between threads, whose bytes WASI cannot borrow",
        ));
    }
    let Some(Extern::Memory(memory)) = export else {
        return Err(Error::new("the module exports no memory named \"memory\", which WASI needs"));
    };
    let (memory, state) = memory.data_and_store_mut(caller);
    Ok(function(get(state), memory))
}

/// What the guest gets: the errno as an `i32`.
fn errno(result: Result<(), Errno>) -> i32 {
    result.map_or_else(|errno| errno as i32, |()| Errno::Success as i32)
}

/// Defines one function of the table; the second form is for the one that does not return.
macro_rules! define_one {
    ($linker:ident, $get:ident, $family:ident::$name:ident($($param:ident: $type:ident),*)) => {
        $linker.func_wrap(MODULE, stringify!($name), move |mut caller: Caller<'_, T>, $($param: $type),*| {
            with_memory(&mut caller, $get.clone(), |ctx, memory| errno($family::$name(ctx, memory, $($param),*)))
        })?;
    };
    ($linker:ident, $get:ident, $family:ident::$name:ident($($param:ident: $type:ident),*) -> exit) => {
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            move |mut caller: Caller<'_, T>, $($param: $type),*| -> Result<(), Error> {
                let exit = $family::$name($get(caller.data_mut()), &mut [], $($param),*);
                Err(Error::host(I32Exit(exit.0.cast_signed())))
            },
        )?;
    };
}

/// Adds every function of preview 1 to a linker, under [`MODULE`]. `get` finds the context in the store's data.
///
/// # Errors
/// The linker's, if one of the names is defined already.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx<'static> + Clone + Send + Sync + 'static,
) -> Result<(), Error> {
    macro_rules! define {
        ($($family:ident::$name:ident($($param:ident: $type:ident),*) $(-> $exit:ident)?, $needs:literal, $note:literal;)*) => {
            $({
                let get = get.clone();
                define_one!(linker, get, $family::$name($($param: $type),*) $(-> $exit)?);
            })*
        };
    }
    functions!(define);
    Ok(())
}
