//! Directories of the host: no way out, and the errors other hosts give. Each test has a directory of its own:
//! `secret` outside, `root` inside granted as descriptor 3.

use alloc::vec::Vec;
use libstd::{fs, path::PathBuf};

use super::{BUF, Guest, OUT, READ, WRITE, next};
use crate::{Access, WasiCtx, wasi::abi::Errno};

const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const TRUNC: u64 = 8;
const FOLLOW: u64 = 1;

struct Sandbox {
    outside: tempfile::TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        fs::create_dir_all(outside.path().join("root/sub/deep")).unwrap();
        fs::write(outside.path().join("root/file"), "inside").unwrap();
        fs::write(outside.path().join("root/sub/nested"), "nested").unwrap();
        Sandbox { outside }
    }

    fn root(&self) -> PathBuf {
        self.outside.path().join("root")
    }

    fn guest(&self) -> Guest<'static> {
        let mut builder = WasiCtx::builder();
        builder.preopened_dir(self.root(), "/", Access::ReadWrite).unwrap();
        Guest::of(builder)
    }
}

impl Drop for Sandbox {
    /// Whatever a test tried, the outside is as it was.
    fn drop(&mut self) {
        if !libstd::thread::panicking() {
            assert_eq!(fs::read(self.outside.path().join("secret")).unwrap(), b"secret");
            assert_eq!(fs::read_dir(self.outside.path()).unwrap().count(), 2, "something was left outside");
        }
    }
}

/// Tries a path in every function that takes one and gives the answers.
fn every_way(guest: &mut Guest<'_>, path: &str) -> Vec<(&'static str, Result<(), Errno>)> {
    let mut answers = Vec::new();
    for (what, oflags, rights) in [
        ("open to read", 0, READ),
        ("open to write", 0, WRITE),
        ("open to create", CREAT, WRITE),
        ("open to cut", TRUNC, WRITE),
        ("open as directory", DIRECTORY, READ),
    ] {
        answers.push((what, guest.open_with(3, FOLLOW, path, oflags, rights, 0).map(|_| ())));
    }
    for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
        answers.push((name, guest.at(name, 3, path)));
    }
    let ((at, len), (inside, inside_len)) = (guest.path(path), guest.second_path("file"));
    let (out, buf) = (u64::from(OUT), u64::from(BUF));
    let calls: [(&'static str, &[u64]); 7] = [
        ("path_filestat_get", &[3, FOLLOW, at, len, out]),
        ("path_filestat_set_times", &[3, FOLLOW, at, len, 1, 1, 5]),
        ("path_readlink", &[3, at, len, buf, 100, out]),
        ("path_link", &[3, 0, at, len, 3, inside, inside_len]),
        ("path_link", &[3, 0, inside, inside_len, 3, at, len]),
        ("path_rename", &[3, at, len, 3, inside, inside_len]),
        ("path_rename", &[3, inside, inside_len, 3, at, len]),
    ];
    answers.extend(calls.map(|(name, args)| (name, guest.call(name, args))));
    answers.push(("path_symlink", guest.call("path_symlink", &[inside, inside_len, 3, at, len])));
    answers
}

#[test]
fn dot_dot_and_absolute_paths_lead_nowhere() {
    let sandbox = Sandbox::new();
    let absolute = sandbox.outside.path().join("secret");
    let paths = [
        "../secret",
        "sub/../../secret",
        "./../secret",
        "sub/deep/../../../secret",
        "/",
        "/file",
        "..",
        "../root/file",
    ];
    for path in paths.into_iter().chain([absolute.to_str().unwrap()]) {
        for (what, answer) in every_way(&mut sandbox.guest(), path) {
            assert_eq!(answer, Err(Errno::Perm), "{what} of {path:?}");
        }
    }
    // `..` that stays inside is a path like any other.
    let mut guest = sandbox.guest();
    let fd = guest.open(3, "sub/deep/../../file", 0, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 99), Ok(b"inside".to_vec()));
}

#[test]
fn a_subdirectory_is_a_prison_too() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    let sub = guest.open(3, "sub", DIRECTORY, READ, 0).unwrap();
    assert_eq!(guest.open(sub, "../file", 0, READ, 0), Err(Errno::Perm));
    assert!(guest.open(sub, "nested", 0, READ, 0).is_ok());
}

#[cfg(unix)]
#[test]
fn symbolic_links_lead_nowhere_whoever_made_them() {
    use libstd::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    let root = sandbox.root();
    symlink("../secret", root.join("up")).unwrap();
    symlink("..", root.join("parent")).unwrap();
    symlink(sandbox.outside.path().join("secret"), root.join("absolute")).unwrap();
    symlink("up", root.join("chain")).unwrap();
    symlink("../../secret", root.join("sub/far")).unwrap();
    let mut guest = sandbox.guest();
    for path in ["up", "absolute", "chain", "parent/secret", "sub/far", "parent/root/file", "sub/../up"] {
        for (oflags, rights) in [(0, READ), (0, WRITE), (CREAT, WRITE), (TRUNC, WRITE)] {
            assert_eq!(guest.open_with(3, FOLLOW, path, oflags, rights, 0), Err(Errno::Perm), "{path:?}");
        }
        let (at, len) = guest.path(path);
        assert_eq!(guest.call("path_filestat_get", &[3, FOLLOW, at, len, OUT.into()]), Err(Errno::Perm), "{path:?}");
        assert_eq!(guest.call("path_filestat_set_times", &[3, FOLLOW, at, len, 1, 1, 5]), Err(Errno::Perm), "{path:?}");
    }
    for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
        assert_eq!(guest.at(name, 3, "parent/new"), Err(Errno::Perm), "{name}");
    }
    // The link itself is inside: it can be looked at, moved and removed.
    assert_eq!(guest.open(3, "up", 0, READ, 0), Err(Errno::Loop), "not followed");
    let (at, len) = guest.path("up");
    guest.call("path_filestat_get", &[3, 0, at, len, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT + 16, 1), [7], "a symbolic link");
    guest.call("path_readlink", &[3, at, len, BUF.into(), 99, OUT.into()]).unwrap();
    assert_eq!((guest.u32(OUT), guest.bytes(BUF, 9)), (9, &b"../secret"[..]));
    guest.at("path_unlink_file", 3, "up").unwrap();
}

#[cfg(unix)]
#[test]
fn a_guest_can_write_a_link_out_but_not_walk_it() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    let ((says, says_len), (name, len)) = (guest.path("../secret"), guest.second_path("link"));
    guest.call("path_symlink", &[says, says_len, 3, name, len]).unwrap();
    assert_eq!(guest.open_with(3, FOLLOW, "link", 0, READ, 0), Err(Errno::Perm));
    // Over a link that leads out, a file cannot be made either.
    assert_eq!(guest.open_with(3, FOLLOW, "link", CREAT, WRITE, 0), Err(Errno::Perm));
    // Moving it to where it would lead inside or elsewhere changes nothing about the rule.
    let ((old, old_len), (new, new_len)) = (guest.path("link"), guest.second_path("sub/link"));
    guest.call("path_rename", &[3, old, old_len, 3, new, new_len]).unwrap();
    assert_eq!(guest.open_with(3, FOLLOW, "sub/link", 0, READ, 0), Err(Errno::Noent));
}

#[cfg(unix)]
#[test]
fn links_inside_are_followed_and_loops_end() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    for (says, name) in
        [("sub/nested", "good"), ("two", "one"), ("one", "two"), ("nowhere", "dangling"), ("sub", "dir")]
    {
        let ((says, says_len), (name, len)) = (guest.path(says), guest.second_path(name));
        guest.call("path_symlink", &[says, says_len, 3, name, len]).unwrap();
    }
    let fd = guest.open_with(3, FOLLOW, "good", 0, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 99), Ok(b"nested".to_vec()));
    assert_eq!(guest.open(3, "good", 0, READ, 0), Err(Errno::Loop));
    assert_eq!(guest.open_with(3, FOLLOW, "one", 0, READ, 0), Err(Errno::Loop));
    assert_eq!(guest.open_with(3, FOLLOW, "dangling", 0, READ, 0), Err(Errno::Noent));
    assert!(guest.open(3, "dir/nested", 0, READ, 0).is_ok(), "in the middle of a path links are followed");
    let (at, len) = guest.path("good");
    guest.call("path_filestat_set_times", &[3, 0, at, len, 1_000_000_007, 2_000_000_009, 5]).unwrap();
    guest.call("path_filestat_get", &[3, 0, at, len, OUT.into()]).unwrap();
    assert_eq!((guest.u64(OUT + 40), guest.u64(OUT + 48)), (1_000_000_007, 2_000_000_009), "of the link");
    guest.call("path_filestat_get", &[3, FOLLOW, at, len, OUT.into()]).unwrap();
    assert!(guest.u64(OUT + 48) > 2_000_000_009, "the file kept its own");
}

#[test]
fn trailing_slashes_mean_directories() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    assert_eq!(guest.open(3, "file/", 0, READ, 0), Err(Errno::Notdir));
    assert_eq!(guest.open(3, "file/.", 0, READ, 0), Err(Errno::Notdir));
    assert!(guest.open(3, "sub/", DIRECTORY, READ, 0).is_ok());
    assert!(guest.open(3, "sub/.", DIRECTORY, READ, 0).is_ok());
    assert!(guest.open(3, ".", DIRECTORY, READ, 0).is_ok());
    assert!(guest.open(3, "new/", CREAT, WRITE, 0).is_err());
    assert_eq!(guest.at("path_unlink_file", 3, "file/"), Err(Errno::Notdir));
    guest.at("path_create_directory", 3, "made/").unwrap();
    guest.at("path_remove_directory", 3, "made/").unwrap();
    assert_eq!(guest.at("path_remove_directory", 3, "file/"), Err(Errno::Notdir));
    let ((old, old_len), (new, new_len)) = (guest.path("sub/deep/"), guest.second_path("moved/"));
    guest.call("path_rename", &[3, old, old_len, 3, new, new_len]).unwrap();
    let (at, len) = guest.path("file/");
    assert_eq!(guest.call("path_filestat_get", &[3, FOLLOW, at, len, OUT.into()]), Err(Errno::Notdir));
    let ((old, old_len), (new, new_len)) = (guest.path("file"), guest.second_path("name/"));
    assert_eq!(guest.call("path_rename", &[3, old, old_len, 3, new, new_len]), Err(Errno::Notdir));
    assert_eq!(fs::read(sandbox.root().join("file")).unwrap(), b"inside");
}

#[test]
fn errors_are_those_of_other_hosts() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    assert_eq!(guest.open(3, "", 0, READ, 0), Err(Errno::Noent));
    assert_eq!(guest.open(3, "none", 0, READ, 0), Err(Errno::Noent));
    assert_eq!(guest.open(3, "none/x", CREAT, WRITE, 0), Err(Errno::Noent));
    assert_eq!(guest.open(3, "file/x", 0, READ, 0), Err(Errno::Notdir));
    assert_eq!(guest.open(3, "file", DIRECTORY, READ, 0), Err(Errno::Notdir));
    assert_eq!(guest.open(3, "file", CREAT | 4, WRITE, 0), Err(Errno::Exist));
    assert_eq!(guest.open(3, "sub", 0, WRITE, 0), Err(Errno::Isdir));
    assert_eq!(guest.at("path_create_directory", 3, "sub"), Err(Errno::Exist));
    assert_eq!(guest.at("path_remove_directory", 3, "sub"), Err(Errno::Notempty));
    assert_eq!(guest.at("path_remove_directory", 3, "file"), Err(Errno::Notdir));
    assert_eq!(guest.at("path_unlink_file", 3, "sub/deep"), Err(Errno::Isdir));
    assert_eq!(guest.at("path_unlink_file", 3, "none"), Err(Errno::Noent));
    let name = "x".repeat(300);
    assert_eq!(guest.open(3, &name, 0, READ, 0), Err(Errno::Nametoolong));
    let (at, len) = guest.path("file");
    assert_eq!(guest.call("path_readlink", &[3, at, len, BUF.into(), 9, OUT.into()]), Err(Errno::Inval));
    let (new, new_len) = guest.second_path("sub");
    assert_eq!(guest.call("path_rename", &[3, at, len, 3, new, new_len]), Err(Errno::Isdir));
    assert_eq!(guest.call("path_link", &[3, 0, at, len, 3, new, new_len]), Err(Errno::Exist));
}

#[test]
fn a_file_lives_its_life() {
    let sandbox = Sandbox::new();
    let mut guest = sandbox.guest();
    let fd = guest.open(3, "sub/new", CREAT | 4, READ | WRITE, 0).unwrap();
    assert_eq!(guest.write(fd, b"hello world"), Ok(11));
    guest.call("fd_seek", &[fd.into(), (-5i64).cast_unsigned(), 2, OUT.into()]).unwrap();
    assert_eq!(guest.read(fd, 99), Ok(b"world".to_vec()));
    let (list, count) = guest.iovecs(&[(BUF, 1)]);
    guest.put(BUF, b"J");
    guest.call("fd_pwrite", &[fd.into(), list, count, 0, OUT.into()]).unwrap();
    guest.call("fd_filestat_set_size", &[fd.into(), 5]).unwrap();
    guest.call("fd_allocate", &[fd.into(), 0, 6]).unwrap();
    guest.call("fd_filestat_set_times", &[fd.into(), 5_000_000_001, 6_000_000_001, 5]).unwrap();
    guest.call("fd_sync", &[fd.into()]).unwrap();
    guest.call("fd_datasync", &[fd.into()]).unwrap();
    guest.call("fd_filestat_get", &[fd.into(), OUT.into()]).unwrap();
    assert_eq!((guest.u64(OUT + 24), guest.u64(OUT + 32)), (1, 6));
    assert_eq!((guest.u64(OUT + 40), guest.u64(OUT + 48)), (5_000_000_001, 6_000_000_001));
    assert!(guest.u64(OUT) > 0 && guest.u64(OUT + 8) > 0 && guest.u64(OUT + 56) > 6_000_000_001);
    let log = guest.open(3, "sub/new", 0, WRITE, 1).unwrap();
    assert_eq!(guest.write(log, b"+"), Ok(1));
    let ((old, old_len), (new, new_len)) = (guest.path("sub/new"), guest.second_path("twin"));
    guest.call("path_link", &[3, 0, old, old_len, 3, new, new_len]).unwrap();
    guest.call("path_rename", &[3, old, old_len, 3, new, new_len]).unwrap();
    assert_eq!(fs::read(sandbox.root().join("twin")).unwrap(), b"Jello\0+");
    guest.at("path_unlink_file", 3, "twin").unwrap();
    assert_eq!(guest.open(3, "twin", 0, READ, 0), Err(Errno::Noent));
    let sub = guest.open(3, "sub", DIRECTORY, READ, 0).unwrap();
    guest.call("fd_filestat_set_times", &[sub.into(), 0, 7_000_000_000, 4]).unwrap();
    guest.call("fd_filestat_get", &[sub.into(), OUT.into()]).unwrap();
    assert_eq!((guest.bytes(OUT + 16, 1)[0], guest.u64(OUT + 48)), (3, 7_000_000_000));
}

#[test]
fn a_large_directory_is_listed_completely_and_stays_so_while_it_changes() {
    let sandbox = Sandbox::new();
    let mut names: Vec<_> = (0..200).map(|number| alloc::format!("entry-{number:03}")).collect();
    names.iter().for_each(|name| fs::write(sandbox.root().join("sub/deep").join(name), "").unwrap());
    let mut guest = sandbox.guest();
    let fd = guest.open(3, "sub/deep", DIRECTORY, READ, 0).unwrap();
    names.extend([".".into(), "..".into()]);
    names.sort();
    for buf_len in [64, 100, 8192] {
        let mut listed = guest.list(fd, buf_len).unwrap();
        listed.sort();
        assert_eq!(listed, names, "with a buffer of {buf_len}");
    }
    // Cookies hold while entries vanish, as programs do that delete what they list.
    guest.call("fd_readdir", &[fd.into(), BUF.into(), 400, 0, OUT.into()]).unwrap();
    names.iter().filter(|name| name.len() > 2).for_each(|name| {
        guest.at("path_unlink_file", 3, &alloc::format!("sub/deep/{name}")).unwrap();
    });
    guest.call("fd_readdir", &[fd.into(), BUF.into(), 400, 150, OUT.into()]).unwrap();
    assert!(guest.u32(OUT) > 0);
    assert_eq!(guest.list(fd, 400), Ok([".", ".."].map(Into::into).into()), "a new listing sees the change");
}

#[test]
fn two_directories_of_the_host_are_one_file_system() {
    let (first, second) = (Sandbox::new(), Sandbox::new());
    let mut builder = WasiCtx::builder();
    builder.preopened_dir(first.root(), "/first", Access::ReadWrite).unwrap();
    builder.preopened_dir(second.root(), "/second", Access::ReadOnly).unwrap();
    assert!(builder.preopened_dir(first.root().join("file"), "/x", Access::ReadOnly).is_err(), "not a directory");
    assert!(builder.preopened_dir(first.root().join("none"), "/x", Access::ReadOnly).is_err());
    let mut guest = Guest::of(builder);
    let ((at, len), (new, new_len)) = (guest.path("file"), guest.second_path("moved"));
    assert_eq!(guest.call("path_rename", &[3, at, len, 4, new, new_len]), Err(Errno::Perm), "read-only");
    assert_eq!(guest.call("path_rename", &[4, at, len, 3, new, new_len]), Err(Errno::Perm), "read-only");
    let fd = guest.open(4, "file", 0, READ, 0).unwrap();
    assert_eq!(guest.read(fd, 9), Ok(b"inside".to_vec()));
    assert_eq!(guest.open(4, "file", 0, READ | WRITE, 0), Err(Errno::Perm));
}

/// A path of one to six random parts.
fn random_path(seed: &mut u64) -> alloc::string::String {
    const PARTS: [&str; 11] = ["..", "..", ".", "sub", "deep", "a", "b", "file", "nested", "secret", ""];
    let count = 1 + next(seed) % 6;
    let parts: Vec<_> = (0..count).map(|_| PARTS[(next(seed) % PARTS.len() as u64) as usize]).collect();
    parts.join("/")
}

#[test]
fn whatever_a_guest_builds_it_stays_inside() {
    let mut seed = 0x2545_F491_4F6C_DD1D;
    let (mut changes_count, mut refused_count) = (0, 0);
    for _ in 0..20 {
        // Its drop checks the outside.
        let sandbox = Sandbox::new();
        let mut guest = sandbox.guest();
        for _ in 0..300 {
            let (first, second) = (random_path(&mut seed), random_path(&mut seed));
            let ((at, len), (to, to_len)) = (guest.path(&first), guest.second_path(&second));
            let answer = match next(&mut seed) % 8 {
                0 | 1 => guest.call("path_symlink", &[at, len, 3, to, to_len]),
                2 => guest.call("path_rename", &[3, at, len, 3, to, to_len]),
                3 => guest.call("path_link", &[3, 0, at, len, 3, to, to_len]),
                4 => guest.at("path_create_directory", 3, &first),
                5 => guest.at(["path_unlink_file", "path_remove_directory"][(next(&mut seed) % 2) as usize], 3, &first),
                6 => guest.open_with(3, FOLLOW, &first, CREAT, WRITE, 0).and_then(|fd| {
                    guest.write(fd, b"from the guest")?;
                    guest.call("fd_close", &[fd.into()])
                }),
                _ => guest.open_with(3, FOLLOW, &first, 0, READ, 0).and_then(|fd| {
                    let bytes = guest.read(fd, 99);
                    assert_ne!(bytes.as_deref(), Ok(&b"secret"[..]), "{first:?}");
                    guest.call("fd_close", &[fd.into()])
                }),
            };
            changes_count += u32::from(answer.is_ok());
            refused_count += u32::from(answer == Err(Errno::Perm));
        }
    }
    // Both happen often, or the paths test nothing.
    assert!(changes_count > 200 && refused_count > 200, "{changes_count} done, {refused_count} refused");
}
