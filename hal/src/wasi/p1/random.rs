//! `random_get`: random bytes straight into guest memory.

use crate::{
    WasiCtx,
    wasi::abi::{Errno, slice_mut},
};

/// Fills a buffer with random bytes.
///
/// # Errors
/// `EFAULT`, `ENOTCAPABLE`, or the source's.
pub fn random_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], buf: u32, buf_len: u32) -> Result<(), Errno> {
    let buf = slice_mut(memory, buf, buf_len)?;
    let random = ctx.random.as_deref_mut().ok_or(Errno::Notcapable)?;
    Ok(random.fill(buf)?)
}
