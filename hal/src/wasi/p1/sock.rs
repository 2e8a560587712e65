//! `sock_*`: preview 1 cannot make a socket, it can only be given one, and no socket capability exists yet. So every
//! open descriptor answers `ENOTSOCK`, every other one `EBADF`.

use crate::{WasiCtx, wasi::abi::Errno};

/// The answer for any descriptor.
fn not_a_socket(ctx: &WasiCtx<'_>, fd: u32) -> Result<(), Errno> {
    ctx.table.get(fd)?;
    Err(Errno::Notsock)
}

/// Accepts a connection.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
pub fn sock_accept(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> Result<(), Errno> {
    not_a_socket(ctx, fd)
}

/// Receives bytes.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn sock_recv(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _flags: u32,
    _nread: u32,
    _out_flags: u32,
) -> Result<(), Errno> {
    not_a_socket(ctx, fd)
}

/// Sends bytes.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
pub fn sock_send(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _flags: u32,
    _nwritten: u32,
) -> Result<(), Errno> {
    not_a_socket(ctx, fd)
}

/// Ends a direction of a connection.
///
/// # Errors
/// `EBADF`, `ENOTSOCK`.
pub fn sock_shutdown(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32, _how: u32) -> Result<(), Errno> {
    not_a_socket(ctx, fd)
}
