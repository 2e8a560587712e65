//! `fd_*` but for moving bytes (`fd_io`): closing, state, rights, status, size, times, position, preopens.
//!
//! Errno as other preview 1 hosts give them: what only a file can do gives `EBADF` on anything else, what only a
//! seekable thing can do gives `ESPIPE` on a stream.

use crate::{
    WasiCtx,
    cap::{FileType, SetTime, Stat},
    descriptor::{Descriptor, Place, Target},
    wasi::abi::{
        Errno, FdFlags, FstFlags, Rights, flags, offset, size, slice, slice_mut, write_u8, write_u16, write_u32,
        write_u64,
    },
};

/// The highest number of `advice`: noreuse.
const ADVICE_MAX: u32 = 5;

/// The file `fd` stands for, if `rights` are held.
fn file_with(ctx: &WasiCtx<'_>, fd: u32, rights: Rights) -> Result<Place, Errno> {
    let descriptor = ctx.table.get(fd)?;
    let place = descriptor.file()?;
    descriptor.require(rights)?;
    Ok(place)
}

/// The file `fd` stands for, if `rights` are held and it may be written; `otherwise` if it may not.
fn writable_file(ctx: &WasiCtx<'_>, fd: u32, rights: Rights, otherwise: Errno) -> Result<Place, Errno> {
    let place = file_with(ctx, fd, rights)?;
    if ctx.table.get(fd)?.rights.contains(Rights::FD_WRITE) { Ok(place) } else { Err(otherwise) }
}

/// The position of the seekable file `fd` stands for.
fn position_of<'c>(ctx: &'c mut WasiCtx<'_>, fd: u32, rights: Rights) -> Result<(Place, &'c mut u64), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    let held = descriptor.require(rights);
    match &mut descriptor.target {
        Target::File { place, file_type: FileType::RegularFile | FileType::BlockDevice, position, .. } => {
            held.map(|()| (*place, position))
        }
        Target::Directory { .. } => Err(Errno::Badf),
        _ => Err(Errno::Spipe),
    }
}

/// What kind of thing a standard stream is.
fn stream_type(ctx: &WasiCtx<'_>, target: &Target<'_>) -> FileType {
    let is_terminal = match target {
        Target::Stdin => ctx.stdin.as_deref().is_some_and(|stream| stream.is_terminal()),
        Target::Stdout => ctx.stdout.as_deref().is_some_and(|stream| stream.is_terminal()),
        Target::Stderr => ctx.stderr.as_deref().is_some_and(|stream| stream.is_terminal()),
        Target::File { .. } | Target::Directory { .. } => false,
    };
    if is_terminal { FileType::CharacterDevice } else { FileType::Unknown }
}

/// What kind of thing a descriptor is.
fn type_of(ctx: &WasiCtx<'_>, descriptor: &Descriptor<'_>) -> FileType {
    match descriptor.target {
        Target::File { file_type, .. } => file_type,
        Target::Directory { .. } => FileType::Directory,
        _ => stream_type(ctx, &descriptor.target),
    }
}

/// Takes a hint about future accesses and forgets it.
///
/// # Errors
/// `EBADF`, `EINVAL`, `ENOTCAPABLE`.
pub fn fd_advise(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    _offset: u64,
    _len: u64,
    advice: u32,
) -> Result<(), Errno> {
    file_with(ctx, fd, Rights::FD_ADVISE)?;
    if advice > ADVICE_MAX { Err(Errno::Inval) } else { Ok(()) }
}

/// Makes a file at least `offset + len` bytes long.
///
/// # Errors
/// `EBADF`, `EINVAL` if `len` is 0, `EFBIG`, `ENOTCAPABLE`, or the medium's.
pub fn fd_allocate(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32, offset: u64, len: u64) -> Result<(), Errno> {
    let place = writable_file(ctx, fd, Rights::FD_ALLOCATE, Errno::Badf)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    let end = offset.checked_add(len).filter(|end| i64::try_from(*end).is_ok()).ok_or(Errno::Fbig)?;
    let fs = ctx.file_system(place.fs)?;
    if fs.stat(place.node)?.size_bytes < end {
        fs.set_size(place.node, end)?;
    }
    Ok(())
}

/// Closes a descriptor.
///
/// # Errors
/// `EBADF`.
pub fn fd_close(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32) -> Result<(), Errno> {
    let closed = ctx.table.take(fd)?;
    release(ctx, &closed)
}

/// Gives a descriptor's node back to its file system.
fn release(ctx: &mut WasiCtx<'_>, closed: &Descriptor<'_>) -> Result<(), Errno> {
    if let Target::File { place, .. } | Target::Directory { place, .. } = closed.target {
        ctx.file_system(place.fs)?.close(place.node);
    }
    Ok(())
}

/// Makes a file's data durable.
///
/// # Errors
/// `EBADF`, `ENOTCAPABLE`, or the medium's.
pub fn fd_datasync(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32) -> Result<(), Errno> {
    let place = file_with(ctx, fd, Rights::FD_DATASYNC)?;
    Ok(ctx.file_system(place.fs)?.sync(place.node, true)?)
}

/// Makes a file's data and metadata durable.
///
/// # Errors
/// `EBADF`, `ENOTCAPABLE`, or the medium's.
pub fn fd_sync(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32) -> Result<(), Errno> {
    let place = file_with(ctx, fd, Rights::FD_SYNC)?;
    Ok(ctx.file_system(place.fs)?.sync(place.node, false)?)
}

/// Writes a descriptor's type, flags and rights.
///
/// # Errors
/// `EBADF`, `EFAULT`.
pub fn fd_fdstat_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], fd: u32, stat: u32) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    slice_mut(memory, stat, size::FDSTAT)?.fill(0);
    write_u8(memory, stat, type_of(ctx, descriptor) as u8)?;
    write_u16(memory, offset(stat, 2)?, descriptor.flags.bits())?;
    write_u64(memory, offset(stat, 8)?, descriptor.rights.bits())?;
    write_u64(memory, offset(stat, 16)?, descriptor.inheriting.bits())
}

/// Sets a file's `APPEND` and `NONBLOCK`. The latter is kept but changes nothing: files never make one wait.
///
/// # Errors
/// `EBADF`, `EINVAL` for the sync flags, `ENOTCAPABLE`.
pub fn fd_fdstat_set_flags(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32, bits: u32) -> Result<(), Errno> {
    file_with(ctx, fd, Rights::FD_FDSTAT_SET_FLAGS)?;
    let wanted: FdFlags = flags(bits)?;
    if wanted.intersects(FdFlags::DSYNC | FdFlags::RSYNC | FdFlags::SYNC) {
        return Err(Errno::Inval);
    }
    ctx.table.get_mut(fd)?.flags = wanted;
    Ok(())
}

/// Takes rights away from a descriptor.
///
/// # Errors
/// `EBADF`, `EINVAL` for unknown rights, `ENOTCAPABLE` for rights it does not have.
pub fn fd_fdstat_set_rights(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    let base = Rights::from_bits(base).ok_or(Errno::Inval)?;
    let inheriting = Rights::from_bits(inheriting).ok_or(Errno::Inval)?;
    if !descriptor.rights.contains(base) || !descriptor.inheriting.contains(inheriting) {
        return Err(Errno::Notcapable);
    }
    descriptor.rights = base;
    descriptor.inheriting = inheriting;
    Ok(())
}

/// Writes a `filestat`.
pub(super) fn write_filestat(memory: &mut [u8], pointer: u32, stat: &Stat) -> Result<(), Errno> {
    slice_mut(memory, pointer, size::FILESTAT)?.fill(0);
    write_u8(memory, offset(pointer, 16)?, stat.file_type as u8)?;
    let fields = [
        (0, stat.device),
        (8, stat.inode),
        (24, stat.links_count),
        (32, stat.size_bytes),
        (40, stat.accessed_ns),
        (48, stat.modified_ns),
        (56, stat.changed_ns),
    ];
    fields.into_iter().try_for_each(|(at, value)| write_u64(memory, offset(pointer, at)?, value))
}

/// Writes what is known about the thing a descriptor stands for; of a stream only its type.
///
/// # Errors
/// `EBADF`, `EFAULT`, `ENOTCAPABLE`, or the medium's.
pub fn fd_filestat_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], fd: u32, stat: u32) -> Result<(), Errno> {
    slice(memory, stat, size::FILESTAT)?;
    let descriptor = ctx.table.get(fd)?;
    let known = match descriptor.target {
        Target::File { place, .. } | Target::Directory { place, .. } => {
            descriptor.require(Rights::FD_FILESTAT_GET)?;
            ctx.file_system(place.fs)?.stat(place.node)?
        }
        _ => Stat {
            device: 0,
            inode: 0,
            file_type: stream_type(ctx, &descriptor.target),
            links_count: 0,
            size_bytes: 0,
            accessed_ns: 0,
            modified_ns: 0,
            changed_ns: 0,
        },
    };
    write_filestat(memory, stat, &known)
}

/// Cuts or extends a file.
///
/// # Errors
/// `EBADF`, `EINVAL` if it was not opened for writing, `EFBIG`, `ENOTCAPABLE`, or the medium's.
pub fn fd_filestat_set_size(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], fd: u32, size: u64) -> Result<(), Errno> {
    let place = writable_file(ctx, fd, Rights::FD_FILESTAT_SET_SIZE, Errno::Inval)?;
    if i64::try_from(size).is_err() {
        return Err(Errno::Fbig);
    }
    Ok(ctx.file_system(place.fs)?.set_size(place.node, size)?)
}

/// The two times a guest asks to set: access, modification.
///
/// # Errors
/// `EINVAL` for unknown flags, or for a time and "now" at once.
pub(super) fn times(atim: u64, mtim: u64, bits: u32) -> Result<(SetTime, SetTime), Errno> {
    let wanted: FstFlags = flags(bits)?;
    let choose = |at: FstFlags, now: FstFlags, time: u64| match (wanted.contains(at), wanted.contains(now)) {
        (false, false) => Ok(SetTime::Keep),
        (true, false) => Ok(SetTime::At(time)),
        (false, true) => Ok(SetTime::Now),
        (true, true) => Err(Errno::Inval),
    };
    Ok((choose(FstFlags::ATIM, FstFlags::ATIM_NOW, atim)?, choose(FstFlags::MTIM, FstFlags::MTIM_NOW, mtim)?))
}

/// Sets the times of an open file or directory.
///
/// # Errors
/// `EBADF`, `EINVAL`, `ENOTCAPABLE`, `EPERM` below a read-only directory, or the medium's.
pub fn fd_filestat_set_times(
    ctx: &mut WasiCtx<'_>,
    _memory: &mut [u8],
    fd: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Result<(), Errno> {
    let (accessed, modified) = times(atim, mtim, flags)?;
    let descriptor = ctx.table.get(fd)?;
    let (place, access) = match descriptor.target {
        Target::File { place, access, .. } | Target::Directory { place, access, .. } => (place, access),
        _ => return Err(Errno::Badf),
    };
    descriptor.require(Rights::FD_FILESTAT_SET_TIMES)?;
    access.require_write()?;
    Ok(ctx.file_system(place.fs)?.set_times(place.node, accessed, modified)?)
}

/// The name under which a directory was granted: `None` for anything else.
fn preopen_name<'c>(ctx: &'c WasiCtx<'_>, fd: u32) -> Result<Option<&'c str>, Errno> {
    match &ctx.table.get(fd)?.target {
        Target::Directory { preopen_name, .. } => Ok(preopen_name.as_deref()),
        _ => Ok(None),
    }
}

/// Writes that a descriptor was granted as a directory, and how long its name is.
///
/// # Errors
/// `EBADF` if it was not, `EFAULT`.
pub fn fd_prestat_get(ctx: &mut WasiCtx<'_>, memory: &mut [u8], fd: u32, prestat: u32) -> Result<(), Errno> {
    let name = preopen_name(ctx, fd)?.ok_or(Errno::Badf)?;
    slice_mut(memory, prestat, size::PRESTAT)?.fill(0); // Tag 0: a directory.
    write_u32(memory, offset(prestat, 4)?, u32::try_from(name.len()).map_err(|_| Errno::Overflow)?)
}

/// Writes the name under which a directory was granted.
///
/// # Errors
/// `EBADF`, `ENOTDIR` if it was not granted as one, `ENAMETOOLONG` if the name does not fit, `EFAULT`.
pub fn fd_prestat_dir_name(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let name = preopen_name(ctx, fd)?.ok_or(Errno::Notdir)?;
    let bytes_count = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
    if bytes_count > path_len {
        return Err(Errno::Nametoolong);
    }
    slice_mut(memory, path, bytes_count)?.copy_from_slice(name.as_bytes());
    Ok(())
}

/// Closes `to` and moves `from` there.
///
/// # Errors
/// `EBADF` unless both are open.
pub fn fd_renumber(ctx: &mut WasiCtx<'_>, _memory: &mut [u8], from: u32, to: u32) -> Result<(), Errno> {
    ctx.table.get(from)?;
    ctx.table.get(to)?;
    if from == to {
        return Ok(());
    }
    let moved = ctx.table.take(from)?;
    let closed = ctx.table.take(to)?;
    ctx.table.set(to, moved)?;
    release(ctx, &closed)
}

/// Moves a file's position and writes the new one.
///
/// # Errors
/// `EBADF`, `ESPIPE`, `EINVAL` for an unknown `whence` or a position outside `0..2^63`, `ENOTCAPABLE`, `EFAULT`.
pub fn fd_seek(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    delta: i64,
    whence: u32,
    position: u32,
) -> Result<(), Errno> {
    slice(memory, position, 8)?;
    // Asking where it stands is a matter of `tell`, as the interface says.
    let rights = if delta == 0 && whence == 1 { Rights::FD_TELL } else { Rights::FD_SEEK };
    let (place, current) = position_of(ctx, fd, rights)?;
    let base = match whence {
        0 => 0,
        1 => *current,
        2 => ctx.file_system(place.fs)?.stat(place.node)?.size_bytes,
        _ => return Err(Errno::Inval),
    };
    let target = base.checked_add_signed(delta).filter(|at| i64::try_from(*at).is_ok()).ok_or(Errno::Inval)?;
    *position_of(ctx, fd, rights)?.1 = target;
    write_u64(memory, position, target)
}

/// Writes a file's position.
///
/// # Errors
/// `EBADF`, `ESPIPE`, `ENOTCAPABLE`, `EFAULT`.
pub fn fd_tell(ctx: &mut WasiCtx<'_>, memory: &mut [u8], fd: u32, position: u32) -> Result<(), Errno> {
    let (_, current) = position_of(ctx, fd, Rights::FD_TELL)?;
    write_u64(memory, position, *current)
}
