//! The fault injector: a capability that fails at one chosen call and otherwise does what the inner one does.

use crate::{
    cap::{
        Clock, DirEntry, ErrorKind, FileSystem, FileType, InputStream, Node, OpenOptions, OutputStream, Random, Result,
        SetTime, Sleep, Stat,
    },
    limits::NAME_BYTES,
};

/// A capability that fails once.
pub struct Faulty<C> {
    /// What does the work.
    pub inner: C,
    /// The fallible calls so far.
    pub calls_count: u32,
    /// Which call fails, counted from 0.
    pub fails_at: u32,
    /// How it fails.
    pub kind: ErrorKind,
}

impl<C> Faulty<C> {
    /// `inner`, failing at call `fails_at` with `kind`.
    pub fn new(inner: C, fails_at: u32, kind: ErrorKind) -> Self {
        Faulty { inner, calls_count: 0, fails_at, kind }
    }

    /// Counts a call; gives the inner capability, or the fault if it is this call's turn.
    fn next(&mut self) -> Result<&mut C> {
        let call = self.calls_count;
        self.calls_count += 1;
        if call == self.fails_at { Err(self.kind) } else { Ok(&mut self.inner) }
    }
}

impl<C: Clock> Clock for Faulty<C> {
    fn now_ns(&mut self) -> Result<u64> {
        self.next()?.now_ns()
    }
}

impl<C: Sleep> Sleep for Faulty<C> {
    fn sleep_ns(&mut self, duration_ns: u64) -> Result<()> {
        self.next()?.sleep_ns(duration_ns)
    }
}

impl<C: Random> Random for Faulty<C> {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        self.next()?.fill(buf)
    }
}

impl<C: InputStream> InputStream for Faulty<C> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.next()?.read(buf)
    }

    fn wait_ready(&mut self, timeout_ns: Option<u64>) -> Result<bool> {
        self.next()?.wait_ready(timeout_ns)
    }
}

impl<C: OutputStream> OutputStream for Faulty<C> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        self.next()?.write(buf)
    }
}

/// Forwards the fallible methods of a file system, each counted.
macro_rules! forward {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        impl<C: FileSystem> FileSystem for Faulty<C> {
            $(fn $name(&mut self, $($arg: $type),*) -> Result<$result> {
                self.next()?.$name($($arg),*)
            })*

            fn close(&mut self, node: Node) {
                self.inner.close(node);
            }
        }
    };
}

forward! {
    open(dir: Node, path: &str, options: OpenOptions) -> (Node, FileType);
    stat(node: Node) -> Stat;
    read_at(file: Node, buf: &mut [u8], offset: u64) -> usize;
    write_at(file: Node, buf: &[u8], offset: u64) -> usize;
    append(file: Node, buf: &[u8]) -> (usize, u64);
    set_size(file: Node, size_bytes: u64) -> ();
    sync(node: Node, data_only: bool) -> ();
    set_times(node: Node, accessed: SetTime, modified: SetTime) -> ();
    stat_at(dir: Node, path: &str, follow: bool) -> Stat;
    set_times_at(dir: Node, path: &str, follow: bool, accessed: SetTime, modified: SetTime) -> ();
    create_dir(dir: Node, path: &str) -> ();
    remove_dir(dir: Node, path: &str) -> ();
    unlink_file(dir: Node, path: &str) -> ();
    rename(from_dir: Node, from: &str, to_dir: Node, to: &str) -> ();
    link(from_dir: Node, from: &str, to_dir: Node, to: &str) -> ();
    symlink(target: &str, dir: Node, path: &str) -> ();
    read_link(dir: Node, path: &str, buf: &mut [u8]) -> usize;
    read_dir(dir: Node, index: u64, name: &mut [u8; NAME_BYTES]) -> Option<DirEntry>;
}
