//! Files and directories over the fake file system: positions, modes, rights, listing, renumbering.

use super::{BUF, Guest, OUT, READ, WRITE};
use crate::{
    Access, WasiCtx,
    cap::Node,
    fake::FakeFileSystem,
    wasi::abi::{Errno, Rights},
};

const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;

/// A guest with the file system granted as descriptor 3.
fn guest(fs: &mut FakeFileSystem, access: Access) -> Guest<'_> {
    let mut builder = WasiCtx::builder();
    let index = builder.file_system(fs).unwrap();
    builder.preopen(index, Node::ROOT, "/data", access).unwrap();
    Guest::of(builder)
}

fn files() -> FakeFileSystem {
    FakeFileSystem::with_files(&[("a", b"0123456789"), ("b", b"")])
}

#[test]
fn reading_moves_the_position_and_preading_does_not() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadOnly);
    let fd = guest.open(3, "a", 0, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 4), Ok(b"0123".to_vec()));
    let (list, count) = guest.iovecs(&[(BUF, 2), (BUF + 2, 0), (BUF + 2, 100)]);
    guest.call("fd_pread", &[fd.into(), list, count, 7, OUT.into()]).unwrap();
    assert_eq!((guest.u32(OUT), guest.bytes(BUF, 3)), (3, &b"789"[..]));
    assert_eq!(guest.read(fd, 99), Ok(b"456789".to_vec()));
    assert_eq!(guest.read(fd, 99), Ok(b"".to_vec()));
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Badf), "not opened for writing");
}

#[test]
fn seeking() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadOnly);
    let fd = u64::from(guest.open(3, "a", 0, READ, 0).unwrap());
    let out = u64::from(OUT);
    for (delta, whence, at) in [(4i64, 0, 4), (-1, 1, 3), (0, 1, 3), (-10, 2, 0), (5, 2, 15)] {
        guest.call("fd_seek", &[fd, delta.cast_unsigned(), whence, out]).unwrap();
        assert_eq!(guest.u64(OUT), at);
        guest.call("fd_tell", &[fd, out]).unwrap();
        assert_eq!(guest.u64(OUT), at);
    }
    for (delta, whence) in [(-1i64, 0), (-16, 1), (-11, 2), (0, 3), (i64::MAX, 1), (i64::MIN, 1)] {
        let result = guest.call("fd_seek", &[fd, delta.cast_unsigned(), whence, out]);
        assert_eq!(result, Err(Errno::Inval), "{delta} from {whence}");
    }
    assert_eq!(guest.call("fd_seek", &[3, 0, 0, out]), Err(Errno::Badf), "a directory");
}

#[test]
fn writing_appending_and_sizes() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    let fd = guest.open(3, "a", 0, READ | WRITE, 0).unwrap();
    assert_eq!(guest.write(fd, b"ab"), Ok(2));
    assert_eq!(guest.write(fd, b"cd"), Ok(2));
    let (list, count) = guest.iovecs(&[(BUF, 1)]);
    guest.call("fd_pwrite", &[fd.into(), list, count, 9, OUT.into()]).unwrap();
    guest.call("fd_fdstat_set_flags", &[fd.into(), 1]).unwrap();
    assert_eq!(guest.write(fd, b"end"), Ok(3));
    guest.call("fd_tell", &[fd.into(), OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 13);
    guest.call("fd_allocate", &[fd.into(), 10, 5]).unwrap();
    guest.call("fd_allocate", &[fd.into(), 0, 1]).unwrap();
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 0, 0]), Err(Errno::Inval));
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 1, u64::MAX]), Err(Errno::Fbig));
    assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), u64::MAX]), Err(Errno::Fbig));
    let small = guest.open(3, "b", 0, WRITE, 0).unwrap();
    guest.call("fd_filestat_set_size", &[small.into(), 2]).unwrap();
    assert_eq!(guest.read(small, 1), Err(Errno::Badf), "not opened for reading");
    drop(guest);
    assert_eq!(fs.contents("a"), Some(&b"abcd45678cend\0\0"[..]));
    assert_eq!(fs.contents("b"), Some(&[0, 0][..]));
}

#[test]
fn sync_flags_make_writes_durable() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    for fd_flags in [0, 2, 16] {
        let fd = guest.open(3, "a", 0, WRITE, fd_flags).unwrap();
        guest.write(fd, b"x").unwrap();
    }
    guest.call("fd_sync", &[4]).unwrap();
    guest.call("fd_datasync", &[4]).unwrap();
    drop(guest);
    assert_eq!(fs.log, ["sync data", "sync all", "sync all", "sync data"]);
}

#[test]
fn open_flags() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    guest.at("path_create_directory", 3, "d").unwrap();
    assert_eq!(guest.open(3, "none", 0, READ, 0), Err(Errno::Noent));
    assert_eq!(guest.open(3, "a", CREAT | EXCL, READ, 0), Err(Errno::Exist));
    assert_eq!(guest.open(3, "a", DIRECTORY, READ, 0), Err(Errno::Notdir));
    assert_eq!(guest.open(3, "d", 0, WRITE, 0), Err(Errno::Isdir));
    for contradicts in [CREAT, EXCL, TRUNC] {
        assert_eq!(guest.open(3, "d", DIRECTORY | contradicts, READ, 0), Err(Errno::Inval));
    }
    assert_eq!(guest.open(3, "a", 16, READ, 0), Err(Errno::Inval), "an unknown oflag");
    assert_eq!(guest.open(3, "a", 0, READ, 32), Err(Errno::Inval), "an unknown fdflag");
    assert_eq!(guest.open_with(3, 2, "a", 0, READ, 0), Err(Errno::Inval), "an unknown lookup flag");
    let fd = guest.open(3, "d", DIRECTORY, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 1), Err(Errno::Badf), "a directory is not read as a file");
    assert_eq!(guest.open(4, "x", 0, READ, 0), Err(Errno::Noent), "nothing below the directory");
    guest.open(3, "new", CREAT | EXCL, WRITE, 0).unwrap();
    guest.open(3, "a", TRUNC, WRITE, 0).unwrap();
    let file = guest.open(3, "a", 0, READ, 0).unwrap();
    assert_eq!(guest.open(file, "x", 0, READ, 0), Err(Errno::Notdir), "below a file");
    assert_eq!(guest.open(99, "x", 0, READ, 0), Err(Errno::Badf));
    drop(guest);
    assert_eq!((fs.contents("new"), fs.contents("a")), (Some(&b""[..]), Some(&b""[..])));
}

#[test]
fn below_a_directory_granted_read_only_nothing_changes() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadOnly);
    for (oflags, rights) in [(0, WRITE), (CREAT, READ), (TRUNC, READ), (CREAT | EXCL, 0)] {
        assert_eq!(guest.open(3, "a", oflags, rights, 0), Err(Errno::Perm));
    }
    for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
        assert_eq!(guest.at(name, 3, "a"), Err(Errno::Perm), "{name}");
    }
    let ((old, old_len), (new, new_len)) = (guest.path("a"), guest.second_path("c"));
    assert_eq!(guest.call("path_rename", &[3, old, old_len, 3, new, new_len]), Err(Errno::Perm));
    assert_eq!(guest.call("path_link", &[3, 0, old, old_len, 3, new, new_len]), Err(Errno::Perm));
    assert_eq!(guest.call("path_symlink", &[old, old_len, 3, new, new_len]), Err(Errno::Perm));
    assert_eq!(guest.call("path_filestat_set_times", &[3, 0, old, old_len, 1, 1, 5]), Err(Errno::Perm));
    let fd = u64::from(guest.open(3, "a", 0, READ, 0).unwrap());
    assert_eq!(guest.call("fd_filestat_set_times", &[fd, 1, 1, 5]), Err(Errno::Perm));
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), Err(Errno::Inval));
    assert_eq!(guest.call("fd_allocate", &[fd, 0, 99]), Err(Errno::Badf));
    drop(guest);
    assert_eq!(fs.contents("a"), Some(&b"0123456789"[..]));
    assert!(fs.log.is_empty());
}

#[test]
fn rights_can_be_taken_away_and_not_given() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    let fd = u64::from(guest.open(3, "a", 0, READ | WRITE, 0).unwrap());
    let all = Rights::INHERITED.bits();
    guest.call("fd_fdstat_get", &[fd, OUT.into()]).unwrap();
    assert_eq!((guest.bytes(OUT, 1)[0], guest.u64(OUT + 8), guest.u64(OUT + 16)), (4, all, all));
    let kept = (Rights::FD_READ | Rights::FD_TELL).bits();
    guest.call("fd_fdstat_set_rights", &[fd, kept, 0]).unwrap();
    assert_eq!(guest.call("fd_fdstat_set_rights", &[fd, kept | WRITE, 0]), Err(Errno::Notcapable));
    assert_eq!(guest.call("fd_fdstat_set_rights", &[fd, 1 << 40, 0]), Err(Errno::Inval));
    assert_eq!(guest.read(fd as u32, 1), Ok(b"0".to_vec()));
    assert_eq!(guest.write(fd as u32, b"x"), Err(Errno::Badf));
    assert_eq!(guest.call("fd_seek", &[fd, 0, 1, OUT.into()]), Ok(()), "only asks where it stands");
    for (name, args) in [
        ("fd_seek", &[fd, 0, 0, 0x40][..]),
        ("fd_pread", &[fd, 0x100, 1, 0, 0x40]),
        ("fd_sync", &[fd]),
        ("fd_datasync", &[fd]),
        ("fd_advise", &[fd, 0, 0, 0]),
        ("fd_allocate", &[fd, 0, 1]),
        ("fd_filestat_get", &[fd, 0x40]),
        ("fd_filestat_set_size", &[fd, 1]),
        ("fd_filestat_set_times", &[fd, 0, 0, 0]),
        ("fd_fdstat_set_flags", &[fd, 0]),
    ] {
        assert_eq!(guest.call(name, args), Err(Errno::Notcapable), "{name}");
    }
    // A directory without rights opens nothing, and hands on only what it may.
    guest.call("fd_fdstat_set_rights", &[3, Rights::PATH_OPEN.bits(), READ]).unwrap();
    let fd = guest.open(3, "a", 0, READ | WRITE, 0).unwrap();
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Badf));
    assert_eq!(guest.open(3, "new", CREAT, WRITE, 0), Err(Errno::Notcapable));
    assert_eq!(guest.list(3, 100), Err(Errno::Notcapable));
    guest.call("fd_fdstat_set_rights", &[3, 0, 0]).unwrap();
    assert_eq!(guest.open(3, "a", 0, READ, 0), Err(Errno::Notcapable));
    assert_eq!(guest.at("path_unlink_file", 3, "a"), Err(Errno::Notcapable));
}

#[test]
fn flags_are_kept_and_the_sync_ones_cannot_be_set_later() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    let fd = u64::from(guest.open(3, "a", 0, WRITE, 1 | 16).unwrap());
    guest.call("fd_fdstat_get", &[fd, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT + 2, 2), [17, 0]);
    guest.call("fd_fdstat_set_flags", &[fd, 4]).unwrap();
    guest.call("fd_fdstat_get", &[fd, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT + 2, 2), [4, 0]);
    for flags in [2, 8, 16, 32, 1 << 16] {
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, flags]), Err(Errno::Inval));
    }
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, 0]), Err(Errno::Badf), "a directory");
    assert_eq!(guest.call("fd_advise", &[fd, 0, 0, 6]), Err(Errno::Inval));
}

#[test]
fn status_and_times() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    let fd = u64::from(guest.open(3, "a", 0, READ, 0).unwrap());
    guest.call("fd_filestat_get", &[fd, OUT.into()]).unwrap();
    let fields = [0, 8, 24, 32, 40, 48, 56].map(|at| guest.u64(OUT + at));
    assert_eq!(fields, [9, 1, 1, 10, 101, 102, 103]);
    assert_eq!(guest.bytes(OUT + 16, 8), [4, 0, 0, 0, 0, 0, 0, 0]);
    let (path, len) = guest.path("b");
    guest.call("path_filestat_get", &[3, 1, path, len, OUT.into()]).unwrap();
    assert_eq!((guest.u64(OUT + 8), guest.u64(OUT + 32)), (2, 0));
    for flags in [3, 12, 16] {
        assert_eq!(guest.call("fd_filestat_set_times", &[fd, 0, 0, flags]), Err(Errno::Inval));
        assert_eq!(guest.call("path_filestat_set_times", &[3, 0, path, len, 0, 0, flags]), Err(Errno::Inval));
    }
    guest.call("fd_filestat_set_times", &[fd, 1, 1, 10]).unwrap();
    guest.call("path_filestat_set_times", &[3, 0, path, len, 1, 1, 5]).unwrap();
    drop(guest);
    assert_eq!(fs.log, ["times", "times"]);
}

#[test]
fn a_listing_is_the_same_whatever_the_buffer() {
    let mut fs = FakeFileSystem::with_files(&[("one", b""), ("three", b""), ("two", b"")]);
    let mut guest = guest(&mut fs, Access::ReadOnly);
    for buf_len in [29, 30, 48, 60, 200] {
        assert_eq!(guest.list(3, buf_len), Ok([".", "..", "one", "three", "two"].map(Into::into).into()), "{buf_len}");
    }
    // The header cut, then the name cut: the buffer is full, which says that there is more.
    for buf_len in [1, 23, 24, 26] {
        guest.memory[BUF as usize..][..64].fill(0xEE);
        guest.call("fd_readdir", &[3, BUF.into(), buf_len, 3, OUT.into()]).unwrap();
        assert_eq!(u64::from(guest.u32(OUT)), buf_len);
        assert_eq!(guest.bytes(BUF + buf_len as u32, 1), [0xEE], "nothing is written behind the buffer");
    }
    assert_eq!(guest.bytes(BUF + 24, 2), b"th");
    guest.call("fd_readdir", &[3, BUF.into(), 100, u64::MAX, OUT.into()]).unwrap();
    assert_eq!(guest.u32(OUT), 0, "past the end");
    let fd = u64::from(guest.open(3, "one", 0, READ, 0).unwrap());
    assert_eq!(guest.call("fd_readdir", &[fd, BUF.into(), 100, 0, OUT.into()]), Err(Errno::Notdir));
}

#[test]
fn preopens_say_their_names() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadOnly);
    guest.call("fd_prestat_get", &[3, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT, 8), [0, 0, 0, 0, 5, 0, 0, 0]);
    guest.call("fd_prestat_dir_name", &[3, BUF.into(), 5]).unwrap();
    assert_eq!(guest.bytes(BUF, 5), b"/data");
    assert_eq!(guest.call("fd_prestat_dir_name", &[3, BUF.into(), 4]), Err(Errno::Nametoolong));
    let fd = u64::from(guest.open(3, "a", 0, READ, 0).unwrap());
    assert_eq!(guest.call("fd_prestat_get", &[fd, OUT.into()]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_prestat_dir_name", &[fd, BUF.into(), 5]), Err(Errno::Notdir));
    assert_eq!(guest.call("fd_prestat_get", &[9, OUT.into()]), Err(Errno::Badf), "the guest's way to find the end");
}

#[test]
fn renumbering_closes_the_target() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadOnly);
    let (a, b) = (guest.open(3, "a", 0, READ, 0).unwrap(), guest.open(3, "b", 0, READ, 0).unwrap());
    guest.call("fd_renumber", &[a.into(), a.into()]).unwrap();
    guest.call("fd_renumber", &[a.into(), b.into()]).unwrap();
    assert_eq!(guest.read(b, 2), Ok(b"01".to_vec()));
    assert_eq!(guest.read(a, 2), Err(Errno::Badf));
    assert_eq!(guest.call("fd_close", &[a.into()]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_renumber", &[b.into(), u32::MAX.into()]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_renumber", &[a.into(), b.into()]), Err(Errno::Badf));
    drop(guest);
    assert_eq!(fs.open_count(), 1);
}

#[test]
fn links_and_moves() {
    let (mut fs, mut other) = (files(), files());
    let mut builder = WasiCtx::builder();
    for fs in [&mut fs, &mut other] {
        let index = builder.file_system(fs).unwrap();
        builder.preopen(index, Node::ROOT, "/", Access::ReadWrite).unwrap();
    }
    let mut guest = Guest::of(builder);
    let ((old, old_len), (new, new_len)) = (guest.path("a"), guest.second_path("c"));
    assert_eq!(guest.call("path_rename", &[3, old, old_len, 4, new, new_len]), Err(Errno::Xdev));
    assert_eq!(guest.call("path_link", &[3, 0, old, old_len, 4, new, new_len]), Err(Errno::Xdev));
    assert_eq!(guest.call("path_link", &[3, 1, old, old_len, 3, new, new_len]), Err(Errno::Inval));
    guest.call("path_link", &[3, 0, old, old_len, 3, new, new_len]).unwrap();
    assert_eq!(guest.call("path_link", &[3, 0, old, old_len, 3, new, new_len]), Err(Errno::Exist));
    guest.call("path_rename", &[3, new, new_len, 3, old, old_len]).unwrap();
    guest.call("path_symlink", &[old, old_len, 3, new, new_len]).unwrap();
    guest.call("path_readlink", &[3, new, new_len, BUF.into(), 100, OUT.into()]).unwrap();
    assert_eq!((guest.u32(OUT), guest.bytes(BUF, 1)), (1, &b"a"[..]));
    let (absolute, len) = guest.path("/etc/passwd");
    assert_eq!(guest.call("path_symlink", &[absolute, len, 3, new, new_len]), Err(Errno::Perm));
    let (long, len) = guest.path("long/target");
    let (name, name_len) = guest.second_path("e");
    guest.call("path_symlink", &[long, len, 3, name, name_len]).unwrap();
    guest.call("path_readlink", &[3, name, name_len, BUF.into(), 4, OUT.into()]).unwrap();
    assert_eq!((guest.u32(OUT), guest.bytes(BUF, 5)), (4, &b"long\0"[..]), "cut to the buffer");
}

#[test]
fn paths_must_be_text() {
    let mut fs = files();
    let mut guest = guest(&mut fs, Access::ReadWrite);
    guest.put(0x1000, &[0xFF, b'a', 0, b'b']);
    assert_eq!(guest.call("path_unlink_file", &[3, 0x1000, 2]), Err(Errno::Ilseq));
    assert_eq!(guest.call("path_unlink_file", &[3, 0x1001, 3]), Err(Errno::Inval), "a NUL");
    assert_eq!(guest.at("path_unlink_file", 3, ""), Err(Errno::Noent));
    assert_eq!(guest.at("path_unlink_file", 3, "../a"), Err(Errno::Perm));
}
