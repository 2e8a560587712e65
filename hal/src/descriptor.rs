//! Descriptors: what a guest's small numbers stand for, and the table of them.
//!
//! Invariants: descriptors 0, 1 and 2 are only ever standard streams (or what the guest itself renumbers there): a
//! file never takes their place because a stream was not granted. The table never grows past its limit.

use crate::{
    cap::{FileType, Node},
    limits::DESCRIPTORS_COUNT,
    own::Text,
    wasi::abi::{Errno, FdFlags, Rights},
};

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// The number of standard streams, hence of the first descriptor of another kind.
const FIRST_FREE: usize = 3;
const _: () = assert!(DESCRIPTORS_COUNT > FIRST_FREE);

/// Index of a file system within its context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSystemIndex(pub(crate) u8);

/// What a guest may do below a preopened directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Look and read. Whatever would change something gives `EPERM`.
    ReadOnly,
    /// Everything.
    ReadWrite,
}

impl Access {
    /// Fails with `EPERM` where nothing may be changed.
    pub(crate) fn require_write(self) -> Result<(), Errno> {
        match self {
            Access::ReadOnly => Err(Errno::Perm),
            Access::ReadWrite => Ok(()),
        }
    }
}

/// Which node of which file system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) fs: FileSystemIndex,
    pub(crate) node: Node,
}

/// What a descriptor stands for.
pub(crate) enum Target<'a> {
    Stdin,
    Stdout,
    Stderr,
    File { place: Place, access: Access, file_type: FileType, position: u64 },
    Directory { place: Place, access: Access, preopen_name: Option<Text<'a>> },
}

/// An entry of the descriptor table. Opaque: tables lent to [`WasiCtx::builder_in`](crate::WasiCtx::builder_in) are
/// slices of `Option<Descriptor>` that start as `None`.
pub struct Descriptor<'a> {
    pub(crate) target: Target<'a>,
    /// What may be done with the descriptor itself.
    pub(crate) rights: Rights,
    /// What may be done with descriptors opened through it.
    pub(crate) inheriting: Rights,
    pub(crate) flags: FdFlags,
}

impl Descriptor<'_> {
    /// Fails with `ENOTCAPABLE` unless all of `rights` are held.
    pub(crate) fn require(&self, rights: Rights) -> Result<(), Errno> {
        if self.rights.contains(rights) { Ok(()) } else { Err(Errno::Notcapable) }
    }

    /// The file it stands for: its place. `EBADF` for everything else, as other preview 1 hosts answer.
    pub(crate) fn file(&self) -> Result<Place, Errno> {
        match self.target {
            Target::File { place, .. } => Ok(place),
            _ => Err(Errno::Badf),
        }
    }

    /// The directory it stands for. A file gives `ENOTDIR`, a stream `EBADF`.
    pub(crate) fn directory(&self) -> Result<(Place, Access), Errno> {
        match self.target {
            Target::Directory { place, access, .. } => Ok((place, access)),
            Target::File { .. } => Err(Errno::Notdir),
            _ => Err(Errno::Badf),
        }
    }
}

/// Where the entries live.
enum Slots<'a> {
    /// Lent; never grows.
    Borrowed(&'a mut [Option<Descriptor<'a>>]),
    /// Grows up to the limit.
    #[cfg(feature = "alloc")]
    Owned(Vec<Option<Descriptor<'a>>>),
}

/// The descriptor table of one guest.
pub(crate) struct DescriptorTable<'a> {
    slots: Slots<'a>,
}

impl<'a> DescriptorTable<'a> {
    /// A table in lent memory; whatever it holds is dropped.
    pub(crate) fn borrowed(slots: &'a mut [Option<Descriptor<'a>>]) -> Self {
        slots.iter_mut().for_each(|slot| *slot = None);
        Self { slots: Slots::Borrowed(slots) }
    }

    /// An empty growing table.
    #[cfg(feature = "alloc")]
    pub(crate) fn owned() -> Self {
        Self { slots: Slots::Owned(Vec::new()) }
    }

    fn as_slice(&self) -> &[Option<Descriptor<'a>>] {
        match &self.slots {
            Slots::Borrowed(slots) => slots,
            #[cfg(feature = "alloc")]
            Slots::Owned(slots) => slots,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [Option<Descriptor<'a>>] {
        match &mut self.slots {
            Slots::Borrowed(slots) => slots,
            #[cfg(feature = "alloc")]
            Slots::Owned(slots) => slots,
        }
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor<'a>, Errno> {
        self.as_slice().get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor<'a>, Errno> {
        self.as_mut_slice().get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The number the next descriptor will have.
    ///
    /// # Errors
    /// `ENFILE` if the table is full, `ENOMEM` if it cannot grow.
    pub(crate) fn reserve(&mut self) -> Result<u32, Errno> {
        let free = self.as_slice().iter().skip(FIRST_FREE).position(Option::is_none).map(|i| i + FIRST_FREE);
        let index = free.unwrap_or_else(|| self.as_slice().len().max(FIRST_FREE));
        self.ensure(index)?;
        u32::try_from(index).map_err(|_| Errno::Nfile)
    }

    /// Puts a descriptor at a number, dropping what was there.
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve).
    pub(crate) fn set(&mut self, fd: u32, descriptor: Descriptor<'a>) -> Result<(), Errno> {
        self.ensure(fd as usize)?;
        *self.as_mut_slice().get_mut(fd as usize).ok_or(Errno::Nfile)? = Some(descriptor);
        Ok(())
    }

    pub(crate) fn take(&mut self, fd: u32) -> Result<Descriptor<'a>, Errno> {
        self.as_mut_slice().get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Makes the slot `index` exist.
    fn ensure(&mut self, index: usize) -> Result<(), Errno> {
        if index < self.as_slice().len() {
            return Ok(());
        }
        match &mut self.slots {
            Slots::Borrowed(_) => Err(Errno::Nfile),
            #[cfg(feature = "alloc")]
            Slots::Owned(_) if index >= DESCRIPTORS_COUNT => Err(Errno::Nfile),
            #[cfg(feature = "alloc")]
            Slots::Owned(slots) => {
                slots.try_reserve(index + 1 - slots.len()).map_err(|_| Errno::Nomem)?;
                slots.resize_with(index + 1, || None);
                Ok(())
            }
        }
    }
}
