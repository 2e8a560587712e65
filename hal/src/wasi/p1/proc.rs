//! Arguments, environment, `proc_*` and `sched_yield`.

use crate::{
    WasiCtx,
    own::Strings,
    wasi::abi::{Errno, element, offset, slice_mut, write_u32},
};

/// How a guest ended itself: the code it gave to `proc_exit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exit(pub u32);

/// Writes the strings one after the other, each with a NUL behind it, to `buf`, and their addresses to `pointers`.
fn write_strings(memory: &mut [u8], strings: &Strings<'_>, pointers: u32, mut buf: u32) -> Result<(), Errno> {
    for (index, text) in (0u32..).zip(strings.iter()) {
        write_u32(memory, element(pointers, index, 4)?, buf)?;
        let bytes_count = u32::try_from(text.len()).map_err(|_| Errno::Overflow)?;
        slice_mut(memory, buf, bytes_count)?.copy_from_slice(text.as_bytes());
        buf = offset(buf, bytes_count)?;
        slice_mut(memory, buf, 1)?.fill(0);
        buf = offset(buf, 1)?;
    }
    Ok(())
}

/// Writes how many strings there are and how many bytes they take, NULs included.
fn write_sizes(memory: &mut [u8], strings: &Strings<'_>, count: u32, buf_size: u32) -> Result<(), Errno> {
    let strings_count = u32::try_from(strings.iter().count()).map_err(|_| Errno::Overflow)?;
    let bytes_count = strings.iter().map(|text| text.len() + 1).sum::<usize>();
    write_u32(memory, count, strings_count)?;
    write_u32(memory, buf_size, u32::try_from(bytes_count).map_err(|_| Errno::Overflow)?)
}

/// Writes the arguments.
///
/// # Errors
/// `EFAULT`.
pub fn args_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], argv: u32, argv_buf: u32) -> Result<(), Errno> {
    write_strings(memory, &ctx.args, argv, argv_buf)
}

/// Writes the count and the size of the arguments.
///
/// # Errors
/// `EFAULT`.
pub fn args_sizes_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], count: u32, buf_size: u32) -> Result<(), Errno> {
    write_sizes(memory, &ctx.args, count, buf_size)
}

/// Writes the environment, each variable as `KEY=value`.
///
/// # Errors
/// `EFAULT`.
pub fn environ_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], environ: u32, environ_buf: u32) -> Result<(), Errno> {
    write_strings(memory, &ctx.environ, environ, environ_buf)
}

/// Writes the count and the size of the environment.
///
/// # Errors
/// `EFAULT`.
pub fn environ_sizes_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], count: u32, buf_size: u32) -> Result<(), Errno> {
    write_sizes(memory, &ctx.environ, count, buf_size)
}

/// Ends the guest: the caller unwinds it with the code.
#[must_use]
pub fn proc_exit(_ctx: &mut WasiCtx<'_>, _memory: &mut [u8], code: u32) -> Exit {
    Exit(code)
}

/// There are no signals to raise.
///
/// # Errors
/// Always `ENOSYS`.
pub fn proc_raise(_ctx: &mut WasiCtx<'_>, _memory: &mut [u8], _signal: u32) -> Result<(), Errno> {
    Err(Errno::Nosys)
}

/// Lets others run, if waiting was granted; otherwise there is nobody to let.
///
/// # Errors
/// None.
pub fn sched_yield(ctx: &mut WasiCtx<'_>, _memory: &mut [u8]) -> Result<(), Errno> {
    if let Some(sleep) = ctx.sleep.as_deref_mut() {
        sleep.yield_now();
    }
    Ok(())
}
