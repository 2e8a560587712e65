//! `fd_read`, `fd_write`, `fd_pread`, `fd_pwrite`, `fd_readdir`: bytes between guest memory and files or streams,
//! without a copy in between.
//!
//! Invariant: every buffer is checked before the first byte moves. An error after some bytes have moved is reported
//! as success with their count, as POSIX does; the next call meets the error again.

use crate::{
    WasiCtx,
    cap::FileType,
    ctx::Stream,
    descriptor::{Place, Target},
    limits::NAME_BYTES,
    wasi::abi::{Errno, FdFlags, Iovecs, Rights, offset, size, slice, slice_mut, write_u32},
};

/// Adds up the transfers of a list of buffers: stops at a short one, at the end, or at an error. `transfer` gets
/// memory, buffer address and size, and the count so far.
fn transfer_all(
    memory: &mut [u8],
    list: Iovecs,
    mut transfer: impl FnMut(&mut [u8], u32, u32, u64) -> Result<usize, Errno>,
) -> Result<u32, Errno> {
    let mut total: u32 = 0;
    for index in 0..list.count() {
        let (buffer, bytes_count) = list.get(memory, index)?;
        if bytes_count == 0 {
            continue;
        }
        match transfer(memory, buffer, bytes_count, u64::from(total)) {
            // A capability that claims more than it was given is held to what is possible.
            Ok(count) => {
                let count = u32::try_from(count).unwrap_or(u32::MAX).min(bytes_count);
                total = total.checked_add(count).ok_or(Errno::Overflow)?;
                if count < bytes_count {
                    break;
                }
            }
            Err(errno) if total == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(total)
}

/// Reads a file from `start` on.
fn read_file(ctx: &mut WasiCtx<'_>, memory: &mut [u8], place: Place, list: Iovecs, start: u64) -> Result<u32, Errno> {
    let fs = ctx.file_system(place.fs)?;
    transfer_all(memory, list, |memory, buffer, bytes_count, done| {
        let at = start.checked_add(done).ok_or(Errno::Overflow)?;
        Ok(fs.read_at(place.node, slice_mut(memory, buffer, bytes_count)?, at)?)
    })
}

/// Writes a file from `start` on.
fn write_file(ctx: &mut WasiCtx<'_>, memory: &mut [u8], place: Place, list: Iovecs, start: u64) -> Result<u32, Errno> {
    let fs = ctx.file_system(place.fs)?;
    transfer_all(memory, list, |memory, buffer, bytes_count, done| {
        let at = start.checked_add(done).ok_or(Errno::Overflow)?;
        Ok(fs.write_at(place.node, slice(memory, buffer, bytes_count)?, at)?)
    })
}

/// Writes at the end of a file; gives the count and the new end.
fn append_file(ctx: &mut WasiCtx<'_>, memory: &mut [u8], place: Place, list: Iovecs) -> Result<(u32, u64), Errno> {
    let fs = ctx.file_system(place.fs)?;
    let mut end = None;
    let count = transfer_all(memory, list, |memory, buffer, bytes_count, _| {
        let (count, now) = fs.append(place.node, slice(memory, buffer, bytes_count)?)?;
        end = Some(now);
        Ok(count)
    })?;
    Ok((count, end.map_or_else(|| fs.stat(place.node).map(|stat| stat.size_bytes), Ok)?))
}

/// Writes a list of buffers to a stream.
fn write_stream(ctx: &mut WasiCtx<'_>, memory: &mut [u8], list: Iovecs, target: Stream) -> Result<u32, Errno> {
    let stream = ctx.output(target)?;
    transfer_all(memory, list, |memory, buffer, bytes_count, _| {
        Ok(stream.write(slice(memory, buffer, bytes_count)?)?)
    })
}

/// Reads from standard input into the first buffer that has room: filling the next could make a guest wait for bytes
/// although it got some already.
fn read_stdin(ctx: &mut WasiCtx<'_>, memory: &mut [u8], list: Iovecs) -> Result<u32, Errno> {
    let stream = ctx.stdin.as_deref_mut().ok_or(Errno::Badf)?;
    for index in 0..list.count() {
        let (buffer, bytes_count) = list.get(memory, index)?;
        if bytes_count > 0 {
            let count = stream.read(slice_mut(memory, buffer, bytes_count)?)?;
            return Ok(u32::try_from(count).unwrap_or(u32::MAX).min(bytes_count));
        }
    }
    Ok(0)
}

/// Fails with `EBADF`, as POSIX does, unless the descriptor was opened for it.
fn opened_for(ctx: &WasiCtx<'_>, fd: u32, rights: Rights) -> Result<(), Errno> {
    if ctx.table.get(fd)?.rights.contains(rights) { Ok(()) } else { Err(Errno::Badf) }
}

/// Sets the position of a file.
fn set_position(ctx: &mut WasiCtx<'_>, fd: u32, to: u64) -> Result<(), Errno> {
    if let Target::File { position, .. } = &mut ctx.table.get_mut(fd)?.target {
        *position = to;
    }
    Ok(())
}

/// Makes written data durable if the descriptor was opened so.
fn sync_after_write(ctx: &mut WasiCtx<'_>, place: Place, flags: FdFlags) -> Result<(), Errno> {
    if flags.contains(FdFlags::SYNC) {
        ctx.file_system(place.fs)?.sync(place.node, false)?;
    } else if flags.contains(FdFlags::DSYNC) {
        ctx.file_system(place.fs)?.sync(place.node, true)?;
    }
    Ok(())
}

/// Reads where the descriptor stands and moves it on.
///
/// # Errors
/// `EBADF` unless open for reading, `EFAULT`, `EINVAL` for a list over the limit, or the device's.
pub fn fd_read(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result<(), Errno> {
    opened_for(ctx, fd, Rights::FD_READ)?;
    let list = Iovecs::new(memory, iovs, iovs_len)?;
    slice(memory, nread, 4)?;
    let count = match ctx.table.get(fd)?.target {
        Target::Stdin => read_stdin(ctx, memory, list)?,
        Target::File { place, position, .. } => {
            let count = read_file(ctx, memory, place, list, position)?;
            set_position(ctx, fd, position.checked_add(u64::from(count)).ok_or(Errno::Overflow)?)?;
            count
        }
        _ => return Err(Errno::Badf),
    };
    write_u32(memory, nread, count)
}

/// Writes where the descriptor stands, or at the end with `APPEND`, and moves it on.
///
/// # Errors
/// `EBADF` unless open for writing, `EFAULT`, `EINVAL` for a list over the limit, or the device's.
pub fn fd_write(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    opened_for(ctx, fd, Rights::FD_WRITE)?;
    let list = Iovecs::new(memory, iovs, iovs_len)?;
    slice(memory, nwritten, 4)?;
    let descriptor = ctx.table.get(fd)?;
    let flags = descriptor.flags;
    let count = match descriptor.target {
        Target::Stdout => write_stream(ctx, memory, list, Stream::Out)?,
        Target::Stderr => write_stream(ctx, memory, list, Stream::Err)?,
        Target::File { place, position, .. } => {
            let (count, end) = if flags.contains(FdFlags::APPEND) {
                append_file(ctx, memory, place, list)?
            } else {
                let count = write_file(ctx, memory, place, list, position)?;
                (count, position.checked_add(u64::from(count)).ok_or(Errno::Overflow)?)
            };
            set_position(ctx, fd, end)?;
            sync_after_write(ctx, place, flags)?;
            count
        }
        _ => return Err(Errno::Badf),
    };
    write_u32(memory, nwritten, count)
}

/// The file of a positional transfer: `ESPIPE` for streams, `EBADF` for directories or a wrong mode.
fn positional(ctx: &WasiCtx<'_>, fd: u32, mode: Rights) -> Result<Place, Errno> {
    let descriptor = ctx.table.get(fd)?;
    match descriptor.target {
        Target::Stdin | Target::Stdout | Target::Stderr => Err(Errno::Spipe),
        Target::Directory { .. } => Err(Errno::Badf),
        Target::File { place, .. } => {
            opened_for(ctx, fd, mode)?;
            descriptor.require(Rights::FD_SEEK)?;
            Ok(place)
        }
    }
}

/// Reads at `offset`; the position stays.
///
/// # Errors
/// As [`fd_read`], and `ESPIPE` for streams.
pub fn fd_pread(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Result<(), Errno> {
    let place = positional(ctx, fd, Rights::FD_READ)?;
    let list = Iovecs::new(memory, iovs, iovs_len)?;
    slice(memory, nread, 4)?;
    let count = read_file(ctx, memory, place, list, offset)?;
    write_u32(memory, nread, count)
}

/// Writes at `offset`; the position stays.
///
/// # Errors
/// As [`fd_write`], and `ESPIPE` for streams.
pub fn fd_pwrite(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Result<(), Errno> {
    let place = positional(ctx, fd, Rights::FD_WRITE)?;
    let list = Iovecs::new(memory, iovs, iovs_len)?;
    slice(memory, nwritten, 4)?;
    let flags = ctx.table.get(fd)?.flags;
    let count = write_file(ctx, memory, place, list, offset)?;
    sync_after_write(ctx, place, flags)?;
    write_u32(memory, nwritten, count)
}

/// A buffer in guest memory that directory entries are cut to.
struct EntryBuffer {
    pointer: u32,
    capacity: u32,
    used: u32,
}

impl EntryBuffer {
    /// Adds as much of `bytes` as fits and says whether all did.
    fn push(&mut self, memory: &mut [u8], bytes: &[u8]) -> Result<bool, Errno> {
        let room = (self.capacity - self.used).min(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let fitting = bytes.get(..room as usize).unwrap_or_default();
        slice_mut(memory, offset(self.pointer, self.used)?, room)?.copy_from_slice(fitting);
        self.used += room;
        Ok(fitting.len() == bytes.len())
    }
}

/// Encodes a `dirent`.
fn dirent(next: u64, inode: u64, file_type: FileType, name_bytes: usize) -> [u8; size::DIRENT as usize] {
    let mut bytes = [0; size::DIRENT as usize];
    let fields = next.to_le_bytes().into_iter().chain(inode.to_le_bytes());
    // A name is at most NAME_BYTES long, so the cast keeps it.
    let fields = fields.chain((name_bytes as u32).to_le_bytes()).chain([file_type as u8]);
    bytes.iter_mut().zip(fields).for_each(|(to, from)| *to = from);
    bytes
}

/// Writes the entries of a directory from number `cookie` on, `.` and `..` being 0 and 1. The last is cut where the
/// buffer ends, and a full buffer tells the guest that there may be more.
///
/// # Errors
/// `EBADF`, `ENOTDIR`, `EFAULT`, `ENOTCAPABLE`, or the medium's.
pub fn fd_readdir(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    used: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    let (place, _) = descriptor.directory()?;
    descriptor.require(Rights::FD_READDIR)?;
    slice(memory, buf, buf_len)?;
    slice(memory, used, 4)?;
    let fs = ctx.file_system(place.fs)?;
    let inode = fs.stat(place.node)?.inode;
    let mut buffer = EntryBuffer { pointer: buf, capacity: buf_len, used: 0 };
    let mut name = [0; NAME_BYTES];
    let mut number = cookie;
    loop {
        let (entry_inode, file_type, name): (u64, FileType, &[u8]) = match number {
            0 => (inode, FileType::Directory, b"."),
            1 => (inode, FileType::Directory, b".."),
            _ => match fs.read_dir(place.node, number - 2, &mut name)? {
                Some(entry) => (entry.inode, entry.file_type, name.get(..entry.name_bytes).unwrap_or_default()),
                None => break,
            },
        };
        number = number.checked_add(1).ok_or(Errno::Overflow)?;
        let header = dirent(number, entry_inode, file_type, name.len());
        if !buffer.push(memory, &header)? || !buffer.push(memory, name)? {
            break;
        }
    }
    write_u32(memory, used, buffer.used)
}
