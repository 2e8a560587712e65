//! WASI preview 1: one table of its 46 functions, and the functions themselves by family.
//!
//! Each is a plain function of what the guest was granted, the guest's memory and the scalar arguments; it knows
//! nothing of the runtime. `link` (feature `linker`) makes host functions of them. A pointer outside of memory gives
//! `EFAULT`; pointers for results are checked before anything is done, so a bad one leaves no trace.

pub mod clock;
pub mod fd;
pub mod fd_io;
#[cfg(feature = "linker")]
mod link;
pub mod path;
pub mod poll;
pub mod proc;
pub mod random;
pub mod sock;
#[cfg(all(test, feature = "alloc"))]
mod tests;

#[cfg(feature = "linker")]
pub use link::{I32Exit, add_to_linker};

/// The name guests import the functions from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// The type of a parameter in Wasm. Results are one `i32`, the errno, but for `proc_exit`, which has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamType {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

/// A row of the table of functions.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name within [`MODULE`].
    pub name: &'static str,
    /// The file of this crate it is in.
    pub family: &'static str,
    /// Its parameters' names and types.
    pub params: &'static [(&'static str, ParamType)],
    /// Whether it answers with an errno.
    pub returns_errno: bool,
    /// What must be granted for it to do anything.
    pub needs: &'static str,
    /// What a reader should know about it.
    pub note: &'static str,
}

/// Hands the table to another macro. Everything that lists the functions derives from here: linking, documentation,
/// tests. A row: `family::name(parameters), needs, note;`, with `-> exit` for the one that does not return.
macro_rules! functions {
    ($callback:ident) => {
        $callback! {
            proc::args_get(argv: u32, argv_buf: u32), "arguments", "";
            proc::args_sizes_get(count: u32, buf_size: u32), "arguments", "";
            proc::environ_get(environ: u32, environ_buf: u32), "environment", "";
            proc::environ_sizes_get(count: u32, buf_size: u32), "environment", "";
            clock::clock_res_get(id: u32, resolution: u32), "clock", "";
            clock::clock_time_get(id: u32, precision: u64, time: u32), "clock",
                "CPU-time clocks on Unix hosts; the precision asked for is not used";
            fd::fd_advise(fd: u32, offset: u64, len: u64, advice: u32), "file", "checked, then not used";
            fd::fd_allocate(fd: u32, offset: u64, len: u64), "file", "extends the file; does not reserve blocks";
            fd::fd_close(fd: u32), "descriptor", "";
            fd::fd_datasync(fd: u32), "file", "";
            fd::fd_fdstat_get(fd: u32, stat: u32), "descriptor", "";
            fd::fd_fdstat_set_flags(fd: u32, flags: u32), "file", "APPEND and NONBLOCK; the sync flags give EINVAL";
            fd::fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64), "descriptor", "takes rights away only";
            fd::fd_filestat_get(fd: u32, stat: u32), "descriptor", "";
            fd::fd_filestat_set_size(fd: u32, size: u64), "file", "";
            fd::fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32), "file or directory", "";
            fd_io::fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32), "file", "";
            fd::fd_prestat_get(fd: u32, prestat: u32), "directory", "";
            fd::fd_prestat_dir_name(fd: u32, path: u32, path_len: u32), "directory", "";
            fd_io::fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32), "file", "";
            fd_io::fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32), "file or stdin", "";
            fd_io::fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, used: u32), "directory", "";
            fd::fd_renumber(from: u32, to: u32), "descriptor", "both must be open";
            fd::fd_seek(fd: u32, delta: i64, whence: u32, position: u32), "file", "";
            fd::fd_sync(fd: u32), "file", "";
            fd::fd_tell(fd: u32, position: u32), "file", "";
            fd_io::fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32), "file, stdout or stderr", "";
            path::path_create_directory(fd: u32, path: u32, path_len: u32), "directory", "";
            path::path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, stat: u32), "directory", "";
            path::path_filestat_set_times(fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64,
                fst_flags: u32), "directory", "";
            path::path_link(old_fd: u32, old_flags: u32, old_path: u32, old_path_len: u32, new_fd: u32,
                new_path: u32, new_path_len: u32), "directory", "following the old path gives EINVAL";
            path::path_open(fd: u32, dir_flags: u32, path: u32, path_len: u32, oflags: u32, rights_base: u64,
                rights_inheriting: u64, fd_flags: u32, opened: u32), "directory", "";
            path::path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, used: u32), "directory",
                "a short buffer gets the beginning";
            path::path_remove_directory(fd: u32, path: u32, path_len: u32), "directory", "";
            path::path_rename(fd: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32,
                new_path_len: u32), "directory", "";
            path::path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32),
                "directory", "an absolute target gives EPERM";
            path::path_unlink_file(fd: u32, path: u32, path_len: u32), "directory", "";
            poll::poll_oneoff(subscriptions: u32, events: u32, count: u32, ready: u32), "clock, sleep, stream",
                "really waits; regular files and output are always ready";
            proc::proc_exit(code: u32) -> exit, "nothing", "ends the guest with `I32Exit`";
            proc::proc_raise(signal: u32), "nothing", "ENOSYS: there are no signals";
            proc::sched_yield(), "nothing", "";
            random::random_get(buf: u32, buf_len: u32), "random", "";
            sock::sock_accept(fd: u32, flags: u32, accepted: u32), "socket", "ENOTSOCK: no socket can be granted yet";
            sock::sock_recv(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nread: u32, out_flags: u32), "socket",
                "ENOTSOCK";
            sock::sock_send(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nwritten: u32), "socket", "ENOTSOCK";
            sock::sock_shutdown(fd: u32, how: u32), "socket", "ENOTSOCK";
        }
    };
}
#[cfg(any(all(test, feature = "alloc"), feature = "linker"))]
pub(crate) use functions;

/// Maps the type of a parameter in Rust to its type in Wasm.
macro_rules! param_type {
    (u32) => {
        ParamType::I32
    };
    (u64) => {
        ParamType::I64
    };
    (i64) => {
        ParamType::I64
    };
}

/// Makes [`FUNCTIONS`] of the table.
macro_rules! list {
    ($($family:ident::$name:ident($($param:ident: $type:ident),*) $(-> $exit:ident)?, $needs:literal, $note:literal;)*) => {
        /// Every function of preview 1, in the order of the interface's definition.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            family: stringify!($family),
            params: &[$((stringify!($param), param_type!($type))),*],
            returns_errno: concat!($(stringify!($exit))?).is_empty(),
            needs: $needs,
            note: $note,
        }),*];
    };
}
functions!(list);
