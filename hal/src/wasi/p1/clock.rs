//! `clock_*`: reading the clocks that were granted. An unknown clock gives `EINVAL`.

use crate::{
    WasiCtx,
    wasi::abi::{Errno, write_u64},
};

/// Writes the step of a clock, ns.
///
/// # Errors
/// `EINVAL`, `ENOTCAPABLE`, `EFAULT`.
pub fn clock_res_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], id: u32, resolution: u32) -> Result<(), Errno> {
    let step_ns = ctx.clock(id)?.resolution_ns().max(1);
    write_u64(memory, resolution, step_ns)
}

/// Writes the present value of a clock, ns.
///
/// # Errors
/// `EINVAL`, `ENOTCAPABLE`, `EFAULT`, or the clock's.
pub fn clock_time_get(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    id: u32,
    _precision: u64,
    time: u32,
) -> Result<(), Errno> {
    let now_ns = ctx.clock(id)?.now_ns()?;
    write_u64(memory, time, now_ns)
}
