//! `path_*`: everything that names a file below a directory descriptor.
//!
//! The file system that implements the capability keeps paths inside its tree; here only rights, access and pointers
//! are checked. What would change something below a directory granted read-only gives `EPERM`.

use crate::{
    WasiCtx,
    cap::{FileType, OpenOptions},
    descriptor::{Access, Descriptor, Place, Target},
    limits,
    wasi::{
        abi::{Errno, FdFlags, LookupFlags, OFlags, Rights, flags, path, size, slice, slice_mut, write_u32},
        p1::fd::{times, write_filestat},
    },
};

/// The directory `fd` stands for, if `rights` are held.
fn directory(ctx: &WasiCtx<'_>, fd: u32, rights: Rights) -> Result<(Place, Access), Errno> {
    let descriptor = ctx.table.get(fd)?;
    let found = descriptor.directory()?;
    descriptor.require(rights)?;
    Ok(found)
}

/// The directory `fd` stands for, if `rights` are held and things may be changed below it.
fn changeable(ctx: &WasiCtx<'_>, fd: u32, rights: Rights) -> Result<Place, Errno> {
    let (place, access) = directory(ctx, fd, rights)?;
    access.require_write().map(|()| place)
}

/// Whether a symbolic link at the end of a path is to be followed.
fn follows(bits: u32) -> Result<bool, Errno> {
    Ok(flags::<LookupFlags>(bits)?.contains(LookupFlags::SYMLINK_FOLLOW))
}

/// Makes a directory.
///
/// # Errors
/// As POSIX `mkdirat`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EFAULT`.
pub fn path_create_directory(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    path_ptr: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let place = changeable(ctx, fd, Rights::PATH_CREATE_DIRECTORY)?;
    let path = path(memory, path_ptr, path_len)?;
    Ok(ctx.file_system(place.fs)?.create_dir(place.node, path)?)
}

/// Writes what is known about the thing a path names.
///
/// # Errors
/// As POSIX `fstatat`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EINVAL`, `EFAULT`.
pub fn path_filestat_get(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    flags: u32,
    path_ptr: u32,
    path_len: u32,
    stat: u32,
) -> Result<(), Errno> {
    let (place, _) = directory(ctx, fd, Rights::PATH_FILESTAT_GET)?;
    let follow = follows(flags)?;
    slice(memory, stat, size::FILESTAT)?;
    let path = path(memory, path_ptr, path_len)?;
    let known = ctx.file_system(place.fs)?.stat_at(place.node, path, follow)?;
    write_filestat(memory, stat, &known)
}

/// Sets the times of the thing a path names.
///
/// # Errors
/// As POSIX `utimensat`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EINVAL`, `EFAULT`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn path_filestat_set_times(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    flags: u32,
    path_ptr: u32,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result<(), Errno> {
    let place = changeable(ctx, fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let follow = follows(flags)?;
    let (accessed, modified) = times(atim, mtim, fst_flags)?;
    let path = path(memory, path_ptr, path_len)?;
    Ok(ctx.file_system(place.fs)?.set_times_at(place.node, path, follow, accessed, modified)?)
}

/// Makes a hard link.
///
/// # Errors
/// As POSIX `linkat`; `EXDEV` between file systems, `EINVAL` if the old path is to be followed, `EBADF`, `ENOTDIR`,
/// `ENOTCAPABLE`, `EPERM`, `EFAULT`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn path_link(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    old_fd: u32,
    old_flags: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let old = changeable(ctx, old_fd, Rights::PATH_LINK_SOURCE)?;
    let new = changeable(ctx, new_fd, Rights::PATH_LINK_TARGET)?;
    if follows(old_flags)? {
        return Err(Errno::Inval);
    }
    let from = path(memory, old_path, old_path_len)?;
    let to = path(memory, new_path, new_path_len)?;
    if old.fs != new.fs {
        return Err(Errno::Xdev);
    }
    Ok(ctx.file_system(old.fs)?.link(old.node, from, new.node, to)?)
}

/// How `path_open`'s arguments open a file.
///
/// Making or cutting a file needs it open for writing, and one not asked for writing is opened for reading, so that
/// the medium lets it be opened at all. Reading and writing themselves then obey what was asked for.
fn open_options(oflags: OFlags, rights: Rights, follow: bool, access: Access) -> Result<OpenOptions, Errno> {
    let (create, truncate) = (oflags.contains(OFlags::CREAT), oflags.contains(OFlags::TRUNC));
    let directory = oflags.contains(OFlags::DIRECTORY);
    if directory && oflags.intersects(OFlags::CREAT | OFlags::EXCL | OFlags::TRUNC) {
        return Err(Errno::Inval);
    }
    let write = rights.contains(Rights::FD_WRITE);
    if write || create || truncate {
        access.require_write()?;
    }
    Ok(OpenOptions {
        read: rights.contains(Rights::FD_READ) || !write,
        write: write || create || truncate,
        create,
        exclusive: create && oflags.contains(OFlags::EXCL),
        truncate,
        directory,
        follow,
    })
}

/// The rights of what was opened: all that its kind and mode allow and its directory hands on.
fn opened_rights(file_type: FileType, options: OpenOptions, inherited: Rights) -> Rights {
    let mut rights = inherited;
    if file_type == FileType::Directory {
        rights -= Rights::FILES_ONLY | Rights::FD_WRITE;
    }
    if !options.read {
        rights -= Rights::FD_READ | Rights::FD_READDIR;
    }
    if !options.write {
        rights -= Rights::FD_WRITE;
    }
    rights
}

/// Opens a file or directory and writes its descriptor.
///
/// # Errors
/// As POSIX `openat`; `EPERM` for writing below a directory granted read-only, `ENFILE` if the table is full, `EINVAL`
/// for flags that contradict, `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EFAULT`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn path_open(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    dir_flags: u32,
    path_ptr: u32,
    path_len: u32,
    oflags: u32,
    rights_base: u64,
    _rights_inheriting: u64,
    fd_flags: u32,
    opened: u32,
) -> Result<(), Errno> {
    let (directory, access) = directory(ctx, fd, Rights::PATH_OPEN)?;
    let inherited = ctx.table.get(fd)?.inheriting;
    let (oflags, fd_flags): (OFlags, FdFlags) = (flags(oflags)?, flags(fd_flags)?);
    // Guests ask for rights that a later version may add; those are not granted.
    let options = open_options(oflags, Rights::from_bits_truncate(rights_base), follows(dir_flags)?, access)?;
    if options.create && !ctx.table.get(fd)?.rights.contains(Rights::PATH_CREATE_FILE) {
        return Err(Errno::Notcapable);
    }
    slice(memory, opened, 4)?;
    let path = path(memory, path_ptr, path_len)?;
    let new_fd = ctx.table.reserve()?;
    let (node, file_type) = ctx.file_system(directory.fs)?.open(directory.node, path, options)?;
    let place = Place { fs: directory.fs, node };
    let target = if file_type == FileType::Directory {
        Target::Directory { place, access, preopen_name: None }
    } else {
        Target::File { place, access, file_type, position: 0 }
    };
    let rights = opened_rights(file_type, options, inherited);
    ctx.table.set(new_fd, Descriptor { target, rights, inheriting: inherited, flags: fd_flags })?;
    write_u32(memory, opened, new_fd)
}

/// Writes what a symbolic link says, as much as fits.
///
/// # Errors
/// As POSIX `readlinkat`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EFAULT`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn path_readlink(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    path_ptr: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    used: u32,
) -> Result<(), Errno> {
    let (place, _) = directory(ctx, fd, Rights::PATH_READLINK)?;
    slice(memory, used, 4)?;
    slice(memory, buf, buf_len)?;
    // The path and the buffer lie in the same memory and may overlap, so the path is copied.
    let mut copy = [0; limits::PATH_BYTES];
    let given = path(memory, path_ptr, path_len)?;
    let copy = copy.get_mut(..given.len()).ok_or(Errno::Nametoolong)?;
    copy.copy_from_slice(given.as_bytes());
    let given = core::str::from_utf8(copy).map_err(|_| Errno::Ilseq)?;
    let buf = slice_mut(memory, buf, buf_len)?;
    let count = ctx.file_system(place.fs)?.read_link(place.node, given, buf)?;
    write_u32(memory, used, u32::try_from(count).unwrap_or(u32::MAX).min(buf_len))
}

/// Removes an empty directory.
///
/// # Errors
/// As POSIX `rmdir`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EFAULT`.
pub fn path_remove_directory(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    path_ptr: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let place = changeable(ctx, fd, Rights::PATH_REMOVE_DIRECTORY)?;
    let path = path(memory, path_ptr, path_len)?;
    Ok(ctx.file_system(place.fs)?.remove_dir(place.node, path)?)
}

/// Moves a file or directory.
///
/// # Errors
/// As POSIX `renameat`; `EXDEV` between file systems, `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EFAULT`.
#[allow(clippy::too_many_arguments)] // The interface's own.
pub fn path_rename(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let old = changeable(ctx, fd, Rights::PATH_RENAME_SOURCE)?;
    let new = changeable(ctx, new_fd, Rights::PATH_RENAME_TARGET)?;
    let from = path(memory, old_path, old_path_len)?;
    let to = path(memory, new_path, new_path_len)?;
    if old.fs != new.fs {
        return Err(Errno::Xdev);
    }
    Ok(ctx.file_system(old.fs)?.rename(old.node, from, new.node, to)?)
}

/// Makes a symbolic link that says `old_path`.
///
/// # Errors
/// As POSIX `symlinkat`; `EPERM` if it would say an absolute path, `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EFAULT`.
pub fn path_symlink(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let place = changeable(ctx, fd, Rights::PATH_SYMLINK)?;
    let says = path(memory, old_path, old_path_len)?;
    let path = path(memory, new_path, new_path_len)?;
    if says.starts_with('/') {
        return Err(Errno::Perm);
    }
    Ok(ctx.file_system(place.fs)?.symlink(says, place.node, path)?)
}

/// Removes anything but a directory.
///
/// # Errors
/// As POSIX `unlinkat`; `EBADF`, `ENOTDIR`, `ENOTCAPABLE`, `EPERM`, `EFAULT`.
pub fn path_unlink_file(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    path_ptr: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let place = changeable(ctx, fd, Rights::PATH_UNLINK_FILE)?;
    let path = path(memory, path_ptr, path_len)?;
    Ok(ctx.file_system(place.fs)?.unlink_file(place.node, path)?)
}
