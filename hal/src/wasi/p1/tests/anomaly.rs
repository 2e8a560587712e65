//! Limits and what capabilities do wrong: nothing grows past its limit and no claim is believed.

use super::{BUF, Guest, OUT, READ, WRITE};
use crate::{
    Access, Descriptor, WasiCtx,
    cap::{InputStream, Node, OutputStream, Result as CapResult},
    fake::{FakeFileSystem, FakeOutput},
    limits,
    wasi::abi::Errno,
};

#[test]
fn a_lent_table_ends_with_its_slice() {
    let mut fs = FakeFileSystem::with_files(&[("a", b"1"), ("b", b"2")]);
    let mut slots: [Option<Descriptor<'_>>; 5] = [const { None }; 5];
    let mut builder = WasiCtx::builder_in(&mut slots);
    let index = builder.file_system(&mut fs).unwrap();
    builder.preopen(index, Node::ROOT, "/", Access::ReadOnly).unwrap();
    let mut guest = Guest::of(builder);
    assert_eq!(guest.open(3, "a", 0, READ, 0), Ok(4));
    assert_eq!(guest.open(3, "b", 0, READ, 0), Err(Errno::Nfile));
    guest.call("fd_close", &[4]).unwrap();
    assert_eq!(guest.open(3, "b", 0, READ, 0), Ok(4));
    assert_eq!(guest.read(4, 9), Ok(b"2".to_vec()));
}

#[test]
fn a_growing_table_has_a_limit() {
    let mut fs = FakeFileSystem::with_files(&[("a", b"")]);
    let mut builder = WasiCtx::builder();
    let index = builder.file_system(&mut fs).unwrap();
    builder.preopen(index, Node::ROOT, "/", Access::ReadOnly).unwrap();
    let mut guest = Guest::of(builder);
    for fd in 4..limits::DESCRIPTORS_COUNT as u32 {
        assert_eq!(guest.open(3, "a", 0, READ, 0), Ok(fd));
    }
    assert_eq!(guest.open(3, "a", 0, READ, 0), Err(Errno::Nfile));
    drop(guest);
    assert_eq!(fs.open_count(), limits::DESCRIPTORS_COUNT - 4);
}

#[test]
fn a_file_never_takes_the_place_of_a_standard_stream() {
    let mut fs = FakeFileSystem::with_files(&[("a", b"")]);
    let mut out = FakeOutput::default();
    let mut builder = WasiCtx::builder();
    builder.stdout(&mut out);
    let index = builder.file_system(&mut fs).unwrap();
    builder.preopen(index, Node::ROOT, "/", Access::ReadWrite).unwrap();
    let mut guest = Guest::of(builder);
    guest.call("fd_close", &[1]).unwrap();
    assert_eq!(guest.open(3, "a", 0, WRITE, 0), Ok(4));
    assert_eq!(guest.write(1, b"lost"), Err(Errno::Badf));
    assert_eq!(guest.write(0, b"lost"), Err(Errno::Badf));
}

#[test]
fn file_systems_have_a_limit() {
    let mut list: [FakeFileSystem; limits::FILE_SYSTEMS_COUNT + 1] =
        core::array::from_fn(|_| FakeFileSystem::default());
    let mut builder = WasiCtx::builder();
    for (number, fs) in list.iter_mut().enumerate() {
        let added = builder.file_system(fs);
        assert_eq!(added.is_ok(), number < limits::FILE_SYSTEMS_COUNT);
    }
}

#[test]
fn long_lists_and_paths_are_refused() {
    let mut fs = FakeFileSystem::with_files(&[("a", b"")]);
    let mut builder = WasiCtx::builder();
    let index = builder.file_system(&mut fs).unwrap();
    builder.preopen(index, Node::ROOT, "/", Access::ReadWrite).unwrap();
    let mut guest = Guest::of(builder);
    guest.open(3, "a", 0, READ | WRITE, 0).unwrap();
    let count = u64::from(limits::IOVECS_COUNT);
    for name in ["fd_read", "fd_write"] {
        assert_eq!(guest.call(name, &[4, 0x2000, count, OUT.into()]), Ok(()));
        assert_eq!(guest.call(name, &[4, 0x2000, count + 1, OUT.into()]), Err(Errno::Inval));
    }
    let path_bytes = limits::PATH_BYTES as u64;
    guest.memory[0x2000..0x4000].fill(b'x');
    assert_eq!(guest.call("path_unlink_file", &[3, 0x2000, path_bytes]), Err(Errno::Noent));
    assert_eq!(guest.call("path_unlink_file", &[3, 0x2000, path_bytes + 1]), Err(Errno::Nametoolong));
    let count = u64::from(limits::SUBSCRIPTIONS_COUNT) + 1;
    assert_eq!(guest.call("poll_oneoff", &[0, 0, count, OUT.into()]), Err(Errno::Inval));
}

#[test]
fn buffers_that_add_up_to_4_gib_are_refused() {
    // 1024 buffers of 4 MiB, all at address 0.
    let mut out = FakeOutput::default();
    let mut builder = WasiCtx::builder();
    builder.stdout(&mut out);
    let mut guest = Guest::of(builder);
    guest.memory.resize(1 << 23, 0);
    for index in 0..1024 {
        guest.put(0x1_0000 + 8 * index + 4, &(1u32 << 22).to_le_bytes());
    }
    assert_eq!(guest.call("fd_write", &[1, 0x1_0000, 1024, OUT.into()]), Err(Errno::Inval));
}

/// Claims to have moved more than it was given.
struct Liar;

impl InputStream for Liar {
    fn read(&mut self, _: &mut [u8]) -> CapResult<usize> {
        Ok(usize::MAX)
    }
}

impl OutputStream for Liar {
    fn write(&mut self, _: &[u8]) -> CapResult<usize> {
        Ok(usize::MAX)
    }
}

#[test]
fn a_stream_that_claims_too_much_is_not_believed() {
    let (mut input, mut output) = (Liar, Liar);
    let mut builder = WasiCtx::builder();
    builder.stdin(&mut input).stdout(&mut output);
    let mut guest = Guest::of(builder);
    assert_eq!(guest.write(1, b"four"), Ok(4));
    assert_eq!(guest.read(0, 5).map(|bytes| bytes.len()), Ok(5));
}

#[test]
fn bytes_already_moved_are_reported_before_an_error() {
    let mut out = FakeOutput { at_once: 3, ..FakeOutput::default() };
    let mut builder = WasiCtx::builder();
    builder.stdout(&mut out);
    let mut guest = Guest::of(builder);
    guest.put(BUF, b"abcdef");
    let (list, count) = guest.iovecs(&[(BUF, 0), (BUF, 3), (BUF + 3, 2), (BUF, 6), (BUF, 1)]);
    guest.call("fd_write", &[1, list, count, OUT.into()]).unwrap();
    assert_eq!(guest.u32(OUT), 8, "the fourth buffer was cut short, so the fifth is not tried");
    drop(guest);
    assert_eq!(out.bytes, b"abcdeabc");
}
