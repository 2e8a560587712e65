//! Directories of the host through cap-std, which keeps every path inside the directory it starts from.
//!
//! Invariant: a path from a guest is only ever given to a method of `cap_std::fs::Dir`; std's own path functions are
//! not used. Nodes are indices into one list of open files and directories.

use alloc::vec::Vec;
use libstd::{
    fs::{File, FileTimes},
    io,
    time::{Duration, SystemTime},
};

use cap_fs_ext::{DirExt, FileTypeExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, SystemTimeSpec};
use cap_std::fs::{Dir, Metadata};

use super::error::{kind, retry};
use crate::{
    cap::{DirEntry, ErrorKind, FileSystem, FileType, Node, OpenOptions, Result, SetTime, Stat},
    limits::{DIRECTORY_ENTRIES_COUNT, NAME_BYTES},
};

/// One entry of a directory that is being listed.
struct Entry {
    name: alloc::string::String,
    inode: u64,
    file_type: FileType,
}

/// What a node stands for.
enum Open {
    File(File),
    /// With the listing that the guest is reading, if any.
    Directory(Dir, Option<Vec<Entry>>),
}

/// Directories of the host, each granted with [`add`](Self::add). They form one file system, so files can be moved
/// and linked between them where the host can.
#[derive(Default)]
pub struct HostFileSystem {
    nodes: Vec<Option<Open>>,
}

impl HostFileSystem {
    /// One without any directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an open directory, for [`WasiCtxBuilder::preopen`](crate::WasiCtxBuilder::preopen).
    ///
    /// # Errors
    /// [`ErrorKind::OutOfMemory`], [`ErrorKind::TooManyOpen`].
    pub fn add(&mut self, dir: Dir) -> Result<Node> {
        self.insert(Open::Directory(dir, None))
    }

    fn insert(&mut self, open: Open) -> Result<Node> {
        let index = self.nodes.iter().position(Option::is_none).unwrap_or(self.nodes.len());
        let node = Node(u32::try_from(index).map_err(|_| ErrorKind::TooManyOpen)?);
        match self.nodes.get_mut(index) {
            Some(slot) => *slot = Some(open),
            None => {
                self.nodes.try_reserve(1).map_err(|_| ErrorKind::OutOfMemory)?;
                self.nodes.push(Some(open));
            }
        }
        Ok(node)
    }

    fn get(&self, node: Node) -> Result<&Open> {
        self.nodes.get(node.0 as usize).and_then(Option::as_ref).ok_or(ErrorKind::BadNode)
    }

    fn file(&self, node: Node) -> Result<&File> {
        match self.get(node)? {
            Open::File(file) => Ok(file),
            Open::Directory(..) => Err(ErrorKind::IsADirectory),
        }
    }

    fn dir(&self, node: Node) -> Result<&Dir> {
        match self.get(node)? {
            Open::Directory(dir, _) => Ok(dir),
            Open::File(_) => Err(ErrorKind::NotADirectory),
        }
    }
}

/// What a node is, by the system's word for it.
fn file_type(found: cap_std::fs::FileType) -> FileType {
    if found.is_dir() {
        FileType::Directory
    } else if found.is_file() {
        FileType::RegularFile
    } else if found.is_symlink() {
        FileType::SymbolicLink
    } else if found.is_char_device() {
        FileType::CharacterDevice
    } else if found.is_block_device() {
        FileType::BlockDevice
    } else if found.is_socket() {
        FileType::SocketStream
    } else {
        FileType::Unknown
    }
}

/// A time in ns since 1970; 0 if it is not known or before.
fn time_ns(time: io::Result<cap_std::time::SystemTime>) -> u64 {
    let since = time.ok().and_then(|time| time.into_std().duration_since(SystemTime::UNIX_EPOCH).ok());
    since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

/// When the node itself changed; std does not know it everywhere.
#[cfg(unix)]
fn changed_ns(metadata: &Metadata) -> u64 {
    use cap_std::fs::MetadataExt;
    let (seconds, rest_ns) = (metadata.ctime(), metadata.ctime_nsec());
    let ns = seconds.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(rest_ns));
    ns.and_then(|ns| u64::try_from(ns).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
fn changed_ns(metadata: &Metadata) -> u64 {
    time_ns(metadata.modified())
}

fn stat(metadata: &Metadata) -> Stat {
    use cap_fs_ext::MetadataExt;
    Stat {
        device: metadata.dev(),
        inode: metadata.ino(),
        file_type: file_type(metadata.file_type()),
        links_count: metadata.nlink(),
        size_bytes: metadata.len(),
        accessed_ns: time_ns(metadata.accessed()),
        modified_ns: time_ns(metadata.modified()),
        changed_ns: changed_ns(metadata),
    }
}

/// The point of time a guest named.
fn system_time(ns: u64) -> Result<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(ns)).ok_or(ErrorKind::Overflow)
}

/// What to set a path's time to.
fn time_spec(time: SetTime) -> Result<Option<SystemTimeSpec>> {
    Ok(match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::At(ns) => Some(SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(system_time(ns)?))),
    })
}

/// What to set an open node's time to.
fn std_time(time: SetTime) -> Result<Option<SystemTime>> {
    Ok(match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTime::now()),
        SetTime::At(ns) => Some(system_time(ns)?),
    })
}

/// Reads at an offset without moving the system's own position.
#[cfg(unix)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    libstd::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    libstd::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

/// Writes at an offset.
#[cfg(unix)]
fn write_at(file: &File, buf: &[u8], offset: u64) -> io::Result<usize> {
    libstd::os::unix::fs::FileExt::write_at(file, buf, offset)
}

#[cfg(windows)]
fn write_at(file: &File, buf: &[u8], offset: u64) -> io::Result<usize> {
    libstd::os::windows::fs::FileExt::seek_write(file, buf, offset)
}

/// Whether the file has positions at all: pipes and terminals have none.
fn is_stream(file: &File) -> Result<bool> {
    let metadata = Metadata::from_file(file).map_err(kind)?;
    Ok(matches!(file_type(metadata.file_type()), FileType::Unknown | FileType::CharacterDevice))
}

/// Lists a directory, within the limit. Names that are not UTF-8 cannot be told to a guest and are left out.
fn list(dir: &Dir) -> Result<Vec<Entry>> {
    use cap_fs_ext::MetadataExt;
    let mut entries = Vec::new();
    for entry in dir.entries().map_err(kind)? {
        let entry = entry.map_err(kind)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (Ok(found), Ok(metadata)) = (entry.file_type(), entry.metadata()) else { continue };
        if entries.len() >= DIRECTORY_ENTRIES_COUNT {
            return Err(ErrorKind::Overflow);
        }
        entries.try_reserve(1).map_err(|_| ErrorKind::OutOfMemory)?;
        entries.push(Entry { name, inode: metadata.ino(), file_type: file_type(found) });
    }
    Ok(entries)
}

impl FileSystem for HostFileSystem {
    fn open(&mut self, dir: Node, path: &str, options: OpenOptions) -> Result<(Node, FileType)> {
        let mut how = cap_std::fs::OpenOptions::new();
        how.read(options.read).write(options.write).truncate(options.truncate).maybe_dir(true);
        if options.exclusive {
            how.create_new(true)
        } else {
            how.create(options.create)
        };
        how.follow(if options.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
        let file = self.dir(dir)?.open_with(path, &how).map_err(kind)?.into_std();
        let found = file_type(Metadata::from_file(&file).map_err(kind)?.file_type());
        if found == FileType::Directory {
            return Ok((self.insert(Open::Directory(Dir::from_std_file(file), None))?, found));
        }
        if options.directory {
            return Err(ErrorKind::NotADirectory);
        }
        Ok((self.insert(Open::File(file))?, found))
    }

    fn close(&mut self, node: Node) {
        if let Some(slot) = self.nodes.get_mut(node.0 as usize) {
            *slot = None;
        }
    }

    fn stat(&mut self, node: Node) -> Result<Stat> {
        let metadata = match self.get(node)? {
            Open::File(file) => Metadata::from_file(file),
            Open::Directory(dir, _) => dir.dir_metadata(),
        };
        metadata.map(|metadata| stat(&metadata)).map_err(kind)
    }

    fn read_at(&mut self, file: Node, buf: &mut [u8], offset: u64) -> Result<usize> {
        let mut file = self.file(file)?;
        retry(|| read_at(file, buf, offset))
            .or_else(|error| match error.kind() {
                io::ErrorKind::NotSeekable => retry(|| io::Read::read(&mut file, buf)),
                _ => Err(error),
            })
            .map_err(kind)
    }

    fn write_at(&mut self, file: Node, buf: &[u8], offset: u64) -> Result<usize> {
        let mut file = self.file(file)?;
        retry(|| write_at(file, buf, offset))
            .or_else(|error| match error.kind() {
                io::ErrorKind::NotSeekable => retry(|| io::Write::write(&mut file, buf)),
                _ => Err(error),
            })
            .map_err(kind)
    }

    /// Not one step: of two processes of the host that append to a file, one may overwrite what the other wrote.
    fn append(&mut self, file: Node, buf: &[u8]) -> Result<(usize, u64)> {
        let mut file = self.file(file)?;
        if is_stream(file)? {
            return retry(|| io::Write::write(&mut file, buf)).map(|count| (count, 0)).map_err(kind);
        }
        let end = io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(kind)?;
        let count = retry(|| io::Write::write(&mut file, buf)).map_err(kind)?;
        Ok((count, end.saturating_add(count as u64)))
    }

    fn set_size(&mut self, file: Node, size_bytes: u64) -> Result<()> {
        self.file(file)?.set_len(size_bytes).map_err(kind)
    }

    fn sync(&mut self, node: Node, data_only: bool) -> Result<()> {
        let file = self.file(node)?;
        let result = if data_only { file.sync_data() } else { file.sync_all() };
        match result {
            // Pipes and terminals have nothing to make durable.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            other => other.map_err(kind),
        }
    }

    fn set_times(&mut self, node: Node, accessed: SetTime, modified: SetTime) -> Result<()> {
        let mut times = FileTimes::new();
        if let Some(time) = std_time(accessed)? {
            times = times.set_accessed(time);
        }
        if let Some(time) = std_time(modified)? {
            times = times.set_modified(time);
        }
        match self.get(node)? {
            Open::File(file) => file.set_times(times),
            Open::Directory(dir, _) => dir.try_clone().and_then(|dir| dir.into_std_file().set_times(times)),
        }
        .map_err(kind)
    }

    fn stat_at(&mut self, dir: Node, path: &str, follow: bool) -> Result<Stat> {
        let dir = self.dir(dir)?;
        let metadata = if follow { dir.metadata(path) } else { dir.symlink_metadata(path) };
        metadata.map(|metadata| stat(&metadata)).map_err(kind)
    }

    fn set_times_at(
        &mut self,
        dir: Node,
        path: &str,
        follow: bool,
        accessed: SetTime,
        modified: SetTime,
    ) -> Result<()> {
        let (accessed, modified) = (time_spec(accessed)?, time_spec(modified)?);
        let dir = self.dir(dir)?;
        if follow {
            DirExt::set_times(dir, path, accessed, modified).map_err(kind)
        } else {
            dir.set_symlink_times(path, accessed, modified).map_err(kind)
        }
    }

    fn create_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        self.dir(dir)?.create_dir(path).map_err(kind)
    }

    fn remove_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        // With the slash cap-std would remove `.` inside of it, which no system does. A link stays a link.
        let name = path.trim_end_matches('/');
        self.dir(dir)?.remove_dir(if name.is_empty() { path } else { name }).map_err(kind)
    }

    fn unlink_file(&mut self, dir: Node, path: &str) -> Result<()> {
        self.dir(dir)?.remove_file_or_symlink(path).map_err(kind)
    }

    fn rename(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        let from_dir = self.dir(from_dir)?;
        // cap-std lets a file be called `name/`; systems do not.
        let names_directory = to.ends_with('/') && to.contains(|letter| letter != '/');
        if names_directory && !from_dir.symlink_metadata(from).map_err(kind)?.is_dir() {
            return Err(ErrorKind::NotADirectory);
        }
        from_dir.rename(from, self.dir(to_dir)?, to).map_err(kind)
    }

    fn link(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        self.dir(from_dir)?.hard_link(from, self.dir(to_dir)?, to).map_err(kind)
    }

    fn symlink(&mut self, target: &str, dir: Node, path: &str) -> Result<()> {
        DirExt::symlink(self.dir(dir)?, target, path).map_err(kind)
    }

    fn read_link(&mut self, dir: Node, path: &str, buf: &mut [u8]) -> Result<usize> {
        let target = self.dir(dir)?.read_link(path).map_err(kind)?;
        let says = target.to_str().ok_or(ErrorKind::IllegalByteSequence)?.as_bytes();
        buf.iter_mut().zip(says).for_each(|(to, from)| *to = *from);
        Ok(says.len().min(buf.len()))
    }

    fn read_dir(&mut self, dir: Node, index: u64, name: &mut [u8; NAME_BYTES]) -> Result<Option<DirEntry>> {
        let node = self.nodes.get_mut(dir.0 as usize).and_then(Option::as_mut).ok_or(ErrorKind::BadNode)?;
        let Open::Directory(dir, listing) = node else { return Err(ErrorKind::NotADirectory) };
        if index == 0 {
            *listing = None;
        }
        let entries = match listing {
            Some(entries) => entries,
            None => listing.insert(list(dir)?),
        };
        let Some(entry) = usize::try_from(index).ok().and_then(|index| entries.get(index)) else { return Ok(None) };
        let bytes = entry.name.as_bytes();
        name.get_mut(..bytes.len()).ok_or(ErrorKind::NameTooLong)?.copy_from_slice(bytes);
        Ok(Some(DirEntry { inode: entry.inode, file_type: entry.file_type, name_bytes: bytes.len() }))
    }
}
