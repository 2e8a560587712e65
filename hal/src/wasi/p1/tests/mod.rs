//! Tests of preview 1 over the fakes: a [`Guest`] calls functions by name through the one table.

mod anomaly;
mod files;
mod process;
#[cfg(feature = "std")]
mod sandbox;
mod table;

use alloc::{vec, vec::Vec};

use super::{clock, fd, fd_io, functions, path, poll, proc, random, sock};
use crate::{WasiCtx, WasiCtxBuilder, wasi::abi::Errno};

/// Where the harness puts the first and the second path of a call.
const PATH: u32 = 0x1000;
const SECOND_PATH: u32 = 0x2100;
/// Where results go.
const OUT: u32 = 0x40;
/// Where buffers lie.
const BUF: u32 = 0x400;

/// The right to read, to write, or both.
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

/// Numbers from a seed, so that a failure can be repeated (xorshift64).
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// `proc_exit` has no errno; for a test it is a success.
trait IntoErrno {
    fn into_errno(self) -> Result<(), Errno>;
}

impl IntoErrno for Result<(), Errno> {
    fn into_errno(self) -> Result<(), Errno> {
        self
    }
}

impl IntoErrno for proc::Exit {
    fn into_errno(self) -> Result<(), Errno> {
        Ok(())
    }
}

macro_rules! dispatch {
    ($($family:ident::$name:ident($($param:ident: $type:ident),*) $(-> $exit:ident)?, $needs:literal, $note:literal;)*) => {
        /// Calls a function by name; missing arguments are 0.
        #[allow(clippy::cast_lossless, clippy::cast_possible_truncation, clippy::cast_possible_wrap, unused)]
        fn call(ctx: &mut WasiCtx<'_>, memory: &mut [u8], name: &str, args: &[u64]) -> Result<(), Errno> {
            let mut args = args.iter().copied();
            match name {
                $(stringify!($name) => {
                    $(let $param = args.next().unwrap_or(0) as $type;)*
                    $family::$name(ctx, memory, $($param),*).into_errno()
                })*
                _ => panic!("no function {name}"),
            }
        }
    };
}
functions!(dispatch);

/// A context and a memory of 64 KiB.
struct Guest<'a> {
    ctx: WasiCtx<'a>,
    memory: Vec<u8>,
}

impl<'a> Guest<'a> {
    fn new(ctx: WasiCtx<'a>) -> Self {
        Guest { ctx, memory: vec![0; 0x1_0000] }
    }

    /// Takes the builder, so that what it borrowed is free again when the guest is dropped.
    fn of(mut builder: WasiCtxBuilder<'a>) -> Self {
        Self::new(builder.build())
    }

    fn call(&mut self, name: &str, args: &[u64]) -> Result<(), Errno> {
        call(&mut self.ctx, &mut self.memory, name, args)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn bytes(&self, at: u32, count: u32) -> &[u8] {
        &self.memory[at as usize..][..count as usize]
    }

    fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Puts a path where paths go; gives its address and length as arguments.
    fn path(&mut self, path: &str) -> (u64, u64) {
        self.put(PATH, path.as_bytes());
        (u64::from(PATH), path.len() as u64)
    }

    fn second_path(&mut self, path: &str) -> (u64, u64) {
        self.put(SECOND_PATH, path.as_bytes());
        (u64::from(SECOND_PATH), path.len() as u64)
    }

    /// Puts a list of buffers at 0x100.
    fn iovecs(&mut self, list: &[(u32, u32)]) -> (u64, u64) {
        for (index, (pointer, count)) in list.iter().enumerate() {
            let at = 0x100 + 8 * index as u32;
            self.put(at, &pointer.to_le_bytes());
            self.put(at + 4, &count.to_le_bytes());
        }
        (0x100, list.len() as u64)
    }

    /// Opens a path below `dir`.
    fn open(&mut self, dir: u32, path: &str, oflags: u64, rights: u64, fd_flags: u64) -> Result<u32, Errno> {
        self.open_with(dir, 0, path, oflags, rights, fd_flags)
    }

    fn open_with(
        &mut self,
        dir: u32,
        lookup: u64,
        path: &str,
        oflags: u64,
        rights: u64,
        fd_flags: u64,
    ) -> Result<u32, Errno> {
        let (path, len) = self.path(path);
        let args = [u64::from(dir), lookup, path, len, oflags, rights, 0, fd_flags, u64::from(OUT)];
        self.call("path_open", &args).map(|()| self.u32(OUT))
    }

    /// Calls a function of a directory and one path.
    fn at(&mut self, name: &str, dir: u32, path: &str) -> Result<(), Errno> {
        let (path, len) = self.path(path);
        self.call(name, &[u64::from(dir), path, len])
    }

    /// Writes bytes to a descriptor.
    fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, Errno> {
        self.put(BUF, bytes);
        let (list, count) = self.iovecs(&[(BUF, bytes.len() as u32)]);
        self.call("fd_write", &[u64::from(fd), list, count, u64::from(OUT)]).map(|()| self.u32(OUT))
    }

    /// Reads at most `count` bytes from a descriptor.
    fn read(&mut self, fd: u32, count: u32) -> Result<Vec<u8>, Errno> {
        let (list, len) = self.iovecs(&[(BUF, count)]);
        self.call("fd_read", &[u64::from(fd), list, len, u64::from(OUT)])?;
        Ok(self.bytes(BUF, self.u32(OUT)).to_vec())
    }

    /// The names a directory lists, read with a buffer of this size.
    fn list(&mut self, fd: u32, buf_len: u32) -> Result<Vec<alloc::string::String>, Errno> {
        let (mut names, mut cookie) = (Vec::new(), 0);
        loop {
            self.call("fd_readdir", &[fd.into(), BUF.into(), buf_len.into(), cookie, OUT.into()])?;
            let used = self.u32(OUT);
            let mut at = 0;
            while at + 24 <= used {
                let name_bytes = self.u32(BUF + at + 16);
                if at + 24 + name_bytes > used {
                    break;
                }
                cookie = self.u64(BUF + at);
                names.push(core::str::from_utf8(self.bytes(BUF + at + 24, name_bytes)).unwrap().into());
                at += 24 + name_bytes;
            }
            if used < buf_len {
                return Ok(names);
            }
        }
    }
}
