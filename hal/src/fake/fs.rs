//! A file system in memory: one directory with files and empty subdirectories, no deeper paths, no links but symbolic
//! ones that nobody follows. Enough to test the functions above a file system; the host's own tests cover the rest.

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};

use crate::{
    cap::{DirEntry, ErrorKind, FileSystem, FileType, Node, OpenOptions, Result, SetTime, Stat},
    limits::NAME_BYTES,
};

/// What a name stands for.
enum Item {
    File(Vec<u8>),
    Directory,
    Link(String),
}

impl Item {
    fn file_type(&self) -> FileType {
        match self {
            Item::File(_) => FileType::RegularFile,
            Item::Directory => FileType::Directory,
            Item::Link(_) => FileType::SymbolicLink,
        }
    }
}

/// The file system. Node 0 is its directory, open from the start; others are numbered as they are opened.
#[derive(Default)]
pub struct FakeFileSystem {
    items: BTreeMap<String, Item>,
    opened: Vec<Option<String>>,
    /// Calls that change nothing one could see: `sync data`, `sync all`, `times`.
    pub log: Vec<&'static str>,
}

impl FakeFileSystem {
    /// One with these files.
    #[must_use]
    pub fn with_files(files: &[(&str, &[u8])]) -> Self {
        let items = files.iter().map(|(name, bytes)| ((*name).to_string(), Item::File(bytes.to_vec())));
        FakeFileSystem { items: items.collect(), ..Self::default() }
    }

    /// The contents of a file.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<&[u8]> {
        match self.items.get(name) {
            Some(Item::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// How many nodes are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.opened.iter().flatten().count()
    }

    /// The name of a path below `dir`, which must be the only directory.
    fn name<'p>(&self, dir: Node, path: &'p str) -> Result<&'p str> {
        match path {
            _ if dir != Node::ROOT => Err(ErrorKind::NotFound),
            "" => Err(ErrorKind::NotFound),
            _ if path.starts_with('/') || path.split('/').any(|part| part == "..") => Err(ErrorKind::NotPermitted),
            _ if path.contains('/') => Err(ErrorKind::NotFound),
            name => Ok(name),
        }
    }

    /// The name of an open file.
    fn name_of(&self, node: Node) -> Result<&String> {
        let index = (node.0 as usize).checked_sub(1).ok_or(ErrorKind::IsADirectory)?;
        self.opened.get(index).and_then(Option::as_ref).ok_or(ErrorKind::BadNode)
    }

    /// The contents of an open file.
    fn file(&mut self, node: Node) -> Result<&mut Vec<u8>> {
        let name = self.name_of(node)?.clone();
        match self.items.get_mut(&name) {
            Some(Item::File(bytes)) => Ok(bytes),
            Some(_) => Err(ErrorKind::IsADirectory),
            None => Err(ErrorKind::BadNode),
        }
    }

    fn stat_of(&self, name: &str) -> Result<Stat> {
        let (number, (_, item)) =
            (1u64..).zip(&self.items).find(|(_, (key, _))| *key == name).ok_or(ErrorKind::NotFound)?;
        let size_bytes = if let Item::File(bytes) = item { bytes.len() as u64 } else { 0 };
        Ok(stat(number, item.file_type(), size_bytes))
    }

    /// Removes a name if what it stands for is as `wanted`.
    fn remove(&mut self, dir: Node, path: &str, wanted: fn(&Item) -> Result<()>) -> Result<()> {
        let name = self.name(dir, path)?;
        wanted(self.items.get(name).ok_or(ErrorKind::NotFound)?)?;
        self.items.remove(name);
        Ok(())
    }

    /// Gives a new name to something.
    fn add(&mut self, dir: Node, path: &str, item: Item) -> Result<()> {
        let name = self.name(dir, path)?;
        if self.items.contains_key(name) {
            return Err(ErrorKind::AlreadyExists);
        }
        self.items.insert(name.to_string(), item);
        Ok(())
    }
}

fn stat(inode: u64, file_type: FileType, size_bytes: u64) -> Stat {
    let (accessed_ns, modified_ns, changed_ns) = (101, 102, 103);
    Stat { device: 9, inode, file_type, links_count: 1, size_bytes, accessed_ns, modified_ns, changed_ns }
}

/// A position as an index, within what a test may use.
fn index(offset: u64) -> Result<usize> {
    usize::try_from(offset).ok().filter(|at| *at <= 1 << 20).ok_or(ErrorKind::FileTooLarge)
}

impl FileSystem for FakeFileSystem {
    fn open(&mut self, dir: Node, path: &str, options: OpenOptions) -> Result<(Node, FileType)> {
        let name = self.name(dir, path)?;
        match self.items.get_mut(name) {
            Some(_) if options.exclusive => return Err(ErrorKind::AlreadyExists),
            Some(Item::Link(_)) => return Err(ErrorKind::Loop),
            Some(Item::Directory) if options.write => return Err(ErrorKind::IsADirectory),
            Some(Item::File(_)) if options.directory => return Err(ErrorKind::NotADirectory),
            Some(Item::File(bytes)) if options.truncate => bytes.clear(),
            Some(_) => (),
            None if options.create => drop(self.items.insert(name.to_string(), Item::File(Vec::new()))),
            None => return Err(ErrorKind::NotFound),
        }
        self.opened.push(Some(name.to_string()));
        Ok((Node(self.opened.len() as u32), self.items[name].file_type()))
    }

    fn close(&mut self, node: Node) {
        if let Some(slot) = (node.0 as usize).checked_sub(1).and_then(|index| self.opened.get_mut(index)) {
            *slot = None;
        }
    }

    fn stat(&mut self, node: Node) -> Result<Stat> {
        if node == Node::ROOT { Ok(stat(77, FileType::Directory, 0)) } else { self.stat_of(self.name_of(node)?) }
    }

    fn read_at(&mut self, file: Node, buf: &mut [u8], offset: u64) -> Result<usize> {
        let bytes = self.file(file)?;
        let rest = bytes.get(index(offset)?..).unwrap_or_default();
        buf.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        Ok(rest.len().min(buf.len()))
    }

    fn write_at(&mut self, file: Node, buf: &[u8], offset: u64) -> Result<usize> {
        let start = index(offset)?;
        let bytes = self.file(file)?;
        if bytes.len() < start + buf.len() {
            bytes.resize(start + buf.len(), 0);
        }
        bytes[start..start + buf.len()].copy_from_slice(buf);
        Ok(buf.len())
    }

    fn set_size(&mut self, file: Node, size_bytes: u64) -> Result<()> {
        let size_bytes = index(size_bytes)?;
        self.file(file)?.resize(size_bytes, 0);
        Ok(())
    }

    fn sync(&mut self, _node: Node, data_only: bool) -> Result<()> {
        self.log.push(if data_only { "sync data" } else { "sync all" });
        Ok(())
    }

    fn set_times(&mut self, _node: Node, _accessed: SetTime, _modified: SetTime) -> Result<()> {
        self.log.push("times");
        Ok(())
    }

    fn stat_at(&mut self, dir: Node, path: &str, _follow: bool) -> Result<Stat> {
        self.stat_of(self.name(dir, path)?)
    }

    fn set_times_at(&mut self, dir: Node, path: &str, _: bool, accessed: SetTime, modified: SetTime) -> Result<()> {
        self.stat_of(self.name(dir, path)?)?;
        self.set_times(dir, accessed, modified)
    }

    fn create_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        self.add(dir, path, Item::Directory)
    }

    fn remove_dir(&mut self, dir: Node, path: &str) -> Result<()> {
        self.remove(dir, path, |item| match item {
            Item::Directory => Ok(()),
            _ => Err(ErrorKind::NotADirectory),
        })
    }

    fn unlink_file(&mut self, dir: Node, path: &str) -> Result<()> {
        self.remove(dir, path, |item| match item {
            Item::Directory => Err(ErrorKind::IsADirectory),
            _ => Ok(()),
        })
    }

    fn rename(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        let to = self.name(to_dir, to)?;
        let item = self.items.remove(self.name(from_dir, from)?).ok_or(ErrorKind::NotFound)?;
        self.items.insert(to.to_string(), item);
        Ok(())
    }

    fn link(&mut self, from_dir: Node, from: &str, to_dir: Node, to: &str) -> Result<()> {
        let Some(Item::File(bytes)) = self.items.get(self.name(from_dir, from)?) else {
            return Err(ErrorKind::NotFound);
        };
        let copy = Item::File(bytes.clone());
        self.add(to_dir, to, copy)
    }

    fn symlink(&mut self, target: &str, dir: Node, path: &str) -> Result<()> {
        self.add(dir, path, Item::Link(target.to_string()))
    }

    fn read_link(&mut self, dir: Node, path: &str, buf: &mut [u8]) -> Result<usize> {
        let Some(Item::Link(says)) = self.items.get(self.name(dir, path)?) else {
            return Err(ErrorKind::InvalidInput);
        };
        buf.iter_mut().zip(says.bytes()).for_each(|(to, from)| *to = from);
        Ok(says.len().min(buf.len()))
    }

    fn read_dir(&mut self, _dir: Node, at: u64, name: &mut [u8; NAME_BYTES]) -> Result<Option<DirEntry>> {
        let Some((key, item)) = usize::try_from(at).ok().and_then(|at| self.items.iter().nth(at)) else {
            return Ok(None);
        };
        let name_bytes = key.len();
        name.get_mut(..name_bytes).ok_or(ErrorKind::NameTooLong)?.copy_from_slice(key.as_bytes());
        Ok(Some(DirEntry { inode: at + 1, file_type: item.file_type(), name_bytes }))
    }
}
