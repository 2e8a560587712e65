//! What one guest was granted: [`WasiCtx`], made by a [`WasiCtxBuilder`] that starts with nothing.
//!
//! Invariant: every capability object, directory, argument and variable a guest can reach was handed to the builder.
//! What was not granted answers `ENOTCAPABLE`, or `EBADF` for a descriptor that is not there.

use crate::{
    cap::{Clock, FileSystem, InputStream, Node, OutputStream, Random, Sleep},
    descriptor::{Access, Descriptor, DescriptorTable, FileSystemIndex, Place, Target},
    limits::FILE_SYSTEMS_COUNT,
    own::{Object, Strings, Text},
    wasi::abi::{Errno, FdFlags, Rights},
};

/// WASI's clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ClockId {
    /// Time of day, since 1970.
    Realtime = 0,
    /// Never goes back.
    Monotonic = 1,
    /// Processor time the process has used.
    ProcessCpuTime = 2,
    /// Processor time the thread has used.
    ThreadCpuTime = 3,
}

/// Everything one guest may use. See [`WasiCtx::builder`].
pub struct WasiCtx<'a> {
    pub(crate) table: DescriptorTable<'a>,
    file_systems: [Option<Object<'a, dyn FileSystem + 'a>>; FILE_SYSTEMS_COUNT],
    pub(crate) args: Strings<'a>,
    pub(crate) environ: Strings<'a>,
    pub(crate) stdin: Option<Object<'a, dyn InputStream + 'a>>,
    pub(crate) stdout: Option<Object<'a, dyn OutputStream + 'a>>,
    pub(crate) stderr: Option<Object<'a, dyn OutputStream + 'a>>,
    clocks: [Option<Object<'a, dyn Clock + 'a>>; 4],
    pub(crate) sleep: Option<Object<'a, dyn Sleep + 'a>>,
    pub(crate) random: Option<Object<'a, dyn Random + 'a>>,
}

impl<'a> WasiCtx<'a> {
    /// Begins a context that grants nothing.
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// use sheave_hal::{WasiCtx, wasi::{abi::Errno, p1}};
    /// let mut ctx = WasiCtx::builder().arg("guest").build();
    /// let mut memory = [0; 16];
    /// assert_eq!(p1::proc::args_sizes_get(&mut ctx, &mut memory, 0, 4), Ok(()));
    /// assert_eq!(memory[..8], [1, 0, 0, 0, 6, 0, 0, 0]);
    /// assert_eq!(p1::random::random_get(&mut ctx, &mut memory, 0, 16), Err(Errno::Notcapable));
    /// # }
    /// ```
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn builder() -> WasiCtxBuilder<'a> {
        WasiCtxBuilder::new(DescriptorTable::owned())
    }

    /// Begins a context that grants nothing and keeps its descriptors in `slots`, so that it needs no allocator. The
    /// first three are for the standard streams, each open file and directory takes one more.
    pub fn builder_in(slots: &'a mut [Option<Descriptor<'a>>]) -> WasiCtxBuilder<'a> {
        WasiCtxBuilder::new(DescriptorTable::borrowed(slots))
    }

    fn new(table: DescriptorTable<'a>) -> Self {
        WasiCtx {
            table,
            file_systems: [const { None }; FILE_SYSTEMS_COUNT],
            args: Strings::default(),
            environ: Strings::default(),
            stdin: None,
            stdout: None,
            stderr: None,
            clocks: [const { None }; 4],
            sleep: None,
            random: None,
        }
    }

    /// A file system by index. Indices come from the builder, so it is there.
    pub(crate) fn file_system(&mut self, index: FileSystemIndex) -> Result<&mut (dyn FileSystem + 'a), Errno> {
        let slot = self.file_systems.get_mut(usize::from(index.0));
        slot.and_then(Option::as_deref_mut).ok_or(Errno::Badf)
    }

    /// A clock by the number a guest uses: `EINVAL` if there is no such clock, `ENOTCAPABLE` if it was not granted.
    pub(crate) fn clock(&mut self, id: u32) -> Result<&mut (dyn Clock + 'a), Errno> {
        let slot = self.clocks.get_mut(id as usize).ok_or(Errno::Inval)?;
        slot.as_deref_mut().ok_or(Errno::Notcapable)
    }

    /// The output stream a standard descriptor stands for.
    pub(crate) fn output(&mut self, target: Stream) -> Result<&mut (dyn OutputStream + 'a), Errno> {
        let slot = match target {
            Stream::Out => &mut self.stdout,
            Stream::Err => &mut self.stderr,
        };
        slot.as_deref_mut().ok_or(Errno::Badf)
    }
}

/// Which of the two output streams.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// Grants capabilities one by one; see [`WasiCtx::builder`].
pub struct WasiCtxBuilder<'a> {
    ctx: WasiCtx<'a>,
    file_systems_count: u8,
    #[cfg(feature = "std")]
    host: Option<(FileSystemIndex, crate::host::HostFileSystem)>,
}

impl<'a> WasiCtxBuilder<'a> {
    fn new(table: DescriptorTable<'a>) -> Self {
        WasiCtxBuilder {
            ctx: WasiCtx::new(table),
            file_systems_count: 0,
            #[cfg(feature = "std")]
            host: None,
        }
    }

    /// Lends the guest its arguments; the first is by custom the program's name.
    pub fn args_in(&mut self, args: &'a [&'a str]) -> &mut Self {
        self.ctx.args.set_borrowed(args);
        self
    }

    /// Lends the guest its environment, each entry as `KEY=value`.
    pub fn environ_in(&mut self, environ: &'a [&'a str]) -> &mut Self {
        self.ctx.environ.set_borrowed(environ);
        self
    }

    /// Adds an argument; the first is by custom the program's name.
    #[cfg(feature = "alloc")]
    pub fn arg(&mut self, arg: &str) -> &mut Self {
        self.ctx.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[cfg(feature = "alloc")]
    pub fn args<S: AsRef<str>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Self {
        args.into_iter().for_each(|arg| self.ctx.args.push(arg.as_ref().into()));
        self
    }

    /// Adds an environment variable.
    #[cfg(feature = "alloc")]
    pub fn env(&mut self, key: &str, value: &str) -> &mut Self {
        self.ctx.environ.push(alloc::format!("{key}={value}"));
        self
    }

    /// Grants standard input.
    pub fn stdin(&mut self, stream: impl Into<Object<'a, dyn InputStream + 'a>>) -> &mut Self {
        self.ctx.stdin = Some(stream.into());
        self.standard(0, Target::Stdin, Rights::FD_READ)
    }

    /// Grants standard output.
    pub fn stdout(&mut self, stream: impl Into<Object<'a, dyn OutputStream + 'a>>) -> &mut Self {
        self.ctx.stdout = Some(stream.into());
        self.standard(1, Target::Stdout, Rights::FD_WRITE)
    }

    /// Grants standard error.
    pub fn stderr(&mut self, stream: impl Into<Object<'a, dyn OutputStream + 'a>>) -> &mut Self {
        self.ctx.stderr = Some(stream.into());
        self.standard(2, Target::Stderr, Rights::FD_WRITE)
    }

    /// Opens a standard descriptor. A lent table too short for it leaves it closed.
    fn standard(&mut self, fd: u32, target: Target<'a>, rights: Rights) -> &mut Self {
        let rights = rights.union(Rights::POLL_FD_READWRITE);
        let descriptor = Descriptor { target, rights, inheriting: rights, flags: FdFlags::empty() };
        // The only cause of an error is the table's length, which the embedding chose.
        let _ = self.ctx.table.set(fd, descriptor);
        self
    }

    /// Grants a clock.
    pub fn clock(&mut self, id: ClockId, clock: impl Into<Object<'a, dyn Clock + 'a>>) -> &mut Self {
        // The array has one slot for each variant.
        if let Some(slot) = self.ctx.clocks.get_mut(id as usize) {
            *slot = Some(clock.into());
        }
        self
    }

    /// Grants waiting: without it `poll_oneoff` answers only what is ready at once.
    pub fn sleep(&mut self, sleep: impl Into<Object<'a, dyn Sleep + 'a>>) -> &mut Self {
        self.ctx.sleep = Some(sleep.into());
        self
    }

    /// Grants random numbers.
    pub fn random(&mut self, random: impl Into<Object<'a, dyn Random + 'a>>) -> &mut Self {
        self.ctx.random = Some(random.into());
        self
    }

    /// Adds a file system. The guest sees none of it until a directory is granted with [`preopen`](Self::preopen).
    ///
    /// # Errors
    /// `ENFILE` if there are [`FILE_SYSTEMS_COUNT`] already.
    pub fn file_system(
        &mut self,
        file_system: impl Into<Object<'a, dyn FileSystem + 'a>>,
    ) -> Result<FileSystemIndex, Errno> {
        let index = self.next_file_system()?;
        if let Some(slot) = self.ctx.file_systems.get_mut(usize::from(index.0)) {
            *slot = Some(file_system.into());
        }
        Ok(index)
    }

    fn next_file_system(&mut self) -> Result<FileSystemIndex, Errno> {
        let index = self.file_systems_count;
        if usize::from(index) >= FILE_SYSTEMS_COUNT {
            return Err(Errno::Nfile);
        }
        self.file_systems_count += 1;
        Ok(FileSystemIndex(index))
    }

    /// Grants the directory `node` of a file system under the name `guest_path`, as the next descriptor from 3 on.
    ///
    /// # Errors
    /// `ENFILE` if the table of descriptors is full.
    pub fn preopen(
        &mut self,
        fs: FileSystemIndex,
        node: Node,
        guest_path: impl Into<Text<'a>>,
        access: Access,
    ) -> Result<&mut Self, Errno> {
        let fd = self.ctx.table.reserve()?;
        let place = Place { fs, node };
        let target = Target::Directory { place, access, preopen_name: Some(guest_path.into()) };
        let (rights, inheriting) = (Rights::PREOPEN, Rights::INHERITED);
        self.ctx.table.set(fd, Descriptor { target, rights, inheriting, flags: FdFlags::empty() })?;
        Ok(self)
    }

    /// The finished context. The builder is left as if nothing had been granted, and without room for descriptors.
    pub fn build(&mut self) -> WasiCtx<'a> {
        #[cfg(feature = "std")]
        if let Some((index, host)) = self.host.take()
            && let Some(slot) = self.ctx.file_systems.get_mut(usize::from(index.0))
        {
            *slot = Some(Object::Owned(alloc::boxed::Box::new(host)));
        }
        self.file_systems_count = 0;
        core::mem::replace(&mut self.ctx, WasiCtx::new(DescriptorTable::borrowed(&mut [])))
    }
}

/// What the host has, granted by one call each.
#[cfg(feature = "std")]
impl WasiCtxBuilder<'_> {
    /// Grants a directory of the host, and everything below it, under the name `guest_path`. No path leads out of it:
    /// neither `..` nor an absolute path nor a symbolic link, whoever made it.
    ///
    /// # Errors
    /// The operating system's if it cannot be opened as a directory; `ENFILE` as "too many" if a table is full.
    pub fn preopened_dir(
        &mut self,
        host_path: impl AsRef<libstd::path::Path>,
        guest_path: &str,
        access: Access,
    ) -> libstd::io::Result<&mut Self> {
        let dir = cap_std::fs::Dir::open_ambient_dir(host_path, cap_std::ambient_authority())?;
        self.preopened_cap_dir(dir, guest_path, access)
    }

    /// Grants an open directory under the name `guest_path`.
    ///
    /// # Errors
    /// "Too many" if a table is full.
    pub fn preopened_cap_dir(
        &mut self,
        dir: cap_std::fs::Dir,
        guest_path: &str,
        access: Access,
    ) -> libstd::io::Result<&mut Self> {
        let full = |_: Errno| libstd::io::Error::other("too many preopened directories");
        if self.host.is_none() {
            let index = self.next_file_system().map_err(full)?;
            self.host = Some((index, crate::host::HostFileSystem::new()));
        }
        let Some((index, host)) = self.host.as_mut() else { return Err(full(Errno::Nfile)) };
        let (index, node) = (*index, host.add(dir).map_err(|kind| full(kind.into()))?);
        self.preopen(index, node, alloc::string::String::from(guest_path), access).map_err(full)
    }

    /// Grants the process's own standard input.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin(alloc::boxed::Box::new(crate::host::HostStdin))
    }

    /// Grants the process's own standard output.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout(alloc::boxed::Box::new(crate::host::HostStdout))
    }

    /// Grants the process's own standard error.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr(alloc::boxed::Box::new(crate::host::HostStderr))
    }

    /// Grants the process's own three standard streams.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Grants the host's clocks, and waiting.
    pub fn inherit_clocks(&mut self) -> &mut Self {
        use alloc::boxed::Box;
        self.clock(ClockId::Realtime, Box::new(crate::host::RealtimeClock));
        self.clock(ClockId::Monotonic, Box::new(crate::host::MonotonicClock::new()));
        #[cfg(unix)]
        {
            self.clock(ClockId::ProcessCpuTime, Box::new(crate::host::CpuClock::Process));
            self.clock(ClockId::ThreadCpuTime, Box::new(crate::host::CpuClock::Thread));
        }
        self.sleep(Box::new(crate::host::HostSleep))
    }

    /// Grants the host's random numbers.
    pub fn inherit_random(&mut self) -> &mut Self {
        self.random(alloc::boxed::Box::new(crate::host::HostRandom))
    }
}
