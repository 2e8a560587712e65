//! File systems. Open files and directories are named by a [`Node`], a number the file system chooses, so that one
//! borrowed object serves any number of open files and nothing needs an allocator.
//!
//! Invariant for implementors: a path is relative to the directory node it comes with and never leads out of the tree
//! that was granted, neither by `..` nor by a leading `/` nor through symbolic links. Such a path gives
//! [`ErrorKind::NotPermitted`]. Paths are UTF-8 with `/` between names.

use super::{ErrorKind, Result};
use crate::limits::NAME_BYTES;

/// An open file or directory of one file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Node(pub u32);

impl Node {
    /// The directory that was granted, of a file system that has only one.
    pub const ROOT: Node = Node(0);
}

/// What a node is. The numbers are those of WASI's `filetype`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FileType {
    /// None of the others, or not known: pipes too.
    Unknown = 0,
    /// A block device.
    BlockDevice = 1,
    /// A character device, terminals among them.
    CharacterDevice = 2,
    /// A directory.
    Directory = 3,
    /// A regular file.
    RegularFile = 4,
    /// A datagram socket.
    SocketDgram = 5,
    /// A stream socket.
    SocketStream = 6,
    /// A symbolic link.
    SymbolicLink = 7,
}

/// How to open. A node opened with neither `read` nor `write` can still be asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // They are independent switches of one call.
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Make the file if there is none.
    pub create: bool,
    /// With `create`: fail if there is one.
    pub exclusive: bool,
    /// Cut to length 0.
    pub truncate: bool,
    /// Fail unless it is a directory.
    pub directory: bool,
    /// Go through a symbolic link at the end of the path; otherwise one there gives [`ErrorKind::Loop`].
    pub follow: bool,
}

/// What is known about a node. Times in ns since 1970, 0 if unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    /// Number of the device.
    pub device: u64,
    /// Number of the node on it.
    pub inode: u64,
    /// What it is.
    pub file_type: FileType,
    /// Count of hard links.
    pub links_count: u64,
    /// Size of a file.
    pub size_bytes: u64,
    /// Last access.
    pub accessed_ns: u64,
    /// Last change of the contents.
    pub modified_ns: u64,
    /// Last change of the node.
    pub changed_ns: u64,
}

/// What to do with one of the times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTime {
    /// Leave it.
    Keep,
    /// Set it to the present.
    Now,
    /// Set it to this many ns since 1970.
    At(u64),
}

/// One entry of a directory; its name is in the buffer that was handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// Number of the node.
    pub inode: u64,
    /// What it is, not following symbolic links.
    pub file_type: FileType,
    /// Length of the name.
    pub name_bytes: usize,
}

/// A tree of files. Only [`open`](Self::open) is required; what a file system lacks answers
/// [`ErrorKind::Unsupported`].
#[allow(unused_variables)] // The defaults take no notice of their arguments.
pub trait FileSystem: Send {
    /// Opens `path` below the directory `dir`.
    ///
    /// # Errors
    /// As POSIX `openat`; [`ErrorKind::NotPermitted`] if the path leads out.
    fn open(&mut self, dir: Node, path: &str, options: OpenOptions) -> Result<(Node, FileType)>;

    /// Closes a node. Its number may be used again.
    fn close(&mut self, node: Node) {}

    /// Describes an open node.
    ///
    /// # Errors
    /// The medium's.
    fn stat(&mut self, node: Node) -> Result<Stat> {
        Err(ErrorKind::Unsupported)
    }

    /// Reads a part of a file; 0 means its end.
    ///
    /// # Errors
    /// The medium's; [`ErrorKind::NotSeekable`] if the file has no positions and `offset` is not where it stands.
    fn read_at(&mut self, file: Node, buf: &mut [u8], offset: u64) -> Result<usize> {
        Err(ErrorKind::Unsupported)
    }

    /// Writes a part of `buf`; the file grows as needed.
    ///
    /// # Errors
    /// The medium's.
    fn write_at(&mut self, file: Node, buf: &[u8], offset: u64) -> Result<usize> {
        Err(ErrorKind::Unsupported)
    }

    /// Writes a part of `buf` at the end and says how many bytes, and where the file ends now.
    ///
    /// # Errors
    /// The medium's.
    fn append(&mut self, file: Node, buf: &[u8]) -> Result<(usize, u64)> {
        let end = self.stat(file)?.size_bytes;
        let count = self.write_at(file, buf, end)?;
        Ok((count, end.saturating_add(count as u64)))
    }

    /// Cuts or extends (with zeros) a file.
    ///
    /// # Errors
    /// The medium's.
    fn set_size(&mut self, file: Node, size_bytes: u64) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Makes what was written durable; with `data_only` not necessarily times and such.
    ///
    /// # Errors
    /// The medium's.
    fn sync(&mut self, node: Node, data_only: bool) -> Result<()> {
        Ok(())
    }

    /// Sets the times of an open node.
    ///
    /// # Errors
    /// The medium's.
    fn set_times(&mut self, node: Node, accessed: SetTime, modified: SetTime) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Describes what a path names.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn stat_at(&mut self, dir: Node, path: &str, follow: bool) -> Result<Stat> {
        Err(ErrorKind::Unsupported)
    }

    /// Sets the times of what a path names.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    fn set_times_at(
        &mut self,
        dir: Node,
        path: &str,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// As POSIX `mkdirat`.
    fn create_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As POSIX `rmdir`.
    fn remove_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Removes anything but a directory.
    ///
    /// # Errors
    /// As POSIX `unlinkat`.
    fn unlink_file(&mut self, dir: Node, path: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Moves a file or directory inside this file system.
    ///
    /// # Errors
    /// As POSIX `renameat`.
    fn rename(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Makes a hard link.
    ///
    /// # Errors
    /// As POSIX `linkat`.
    fn link(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Makes a symbolic link at `path` that says `target`. An absolute target gives [`ErrorKind::NotPermitted`].
    ///
    /// # Errors
    /// As POSIX `symlinkat`.
    fn symlink(&mut self, target: &str, dir: Node, path: &str) -> Result<()> {
        Err(ErrorKind::Unsupported)
    }

    /// Copies what a symbolic link says to `buf`, as much as fits, and says how many bytes.
    ///
    /// # Errors
    /// As POSIX `readlinkat`.
    fn read_link(&mut self, dir: Node, path: &str, buf: &mut [u8]) -> Result<usize> {
        Err(ErrorKind::Unsupported)
    }

    /// The entry number `index` of a directory, `.` and `..` not counted; `None` after the last. Asking for entry 0
    /// begins a new listing; entries keep their numbers until then.
    ///
    /// # Errors
    /// The medium's; [`ErrorKind::NameTooLong`] if a name does not fit.
    fn read_dir(&mut self, dir: Node, index: u64, name: &mut [u8; NAME_BYTES]) -> Result<Option<DirEntry>> {
        Err(ErrorKind::Unsupported)
    }
}
