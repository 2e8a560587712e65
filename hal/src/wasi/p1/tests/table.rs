//! One row for each function: arguments that succeed, which of them are pointers, what happens without a grant. From
//! it follow the tests every function must pass: success, no grant, bad pointer, device error, and no panic whatever
//! the arguments.

use super::{super::FUNCTIONS, BUF, Guest, OUT, PATH, READ, SECOND_PATH, WRITE, next};
use crate::{
    Access, ClockId, WasiCtx,
    cap::{ErrorKind, Node},
    fake::{FakeClock, FakeFileSystem, FakeInput, FakeOutput, FakeRandom, FakeSleep, Faulty},
    wasi::abi::Errno,
};

const O: u64 = OUT as u64;
const B: u64 = BUF as u64;
const P: u64 = PATH as u64;
const Q: u64 = SECOND_PATH as u64;
/// A list of one buffer, and a subscription that is ready.
const IOVS: u64 = 0x100;
const SUB: u64 = 0x300;
/// The granted directory and a file open for reading and writing.
const DIR: u64 = 3;
const FILE: u64 = 4;

struct Case {
    name: &'static str,
    args: &'static [u64],
    /// Which arguments point to guest memory.
    pointers: &'static [usize],
    /// What a guest gets that was granted nothing.
    no_grant: Result<(), Errno>,
    /// The same where it answers an error although everything is granted.
    granted: Result<(), Errno>,
}

const fn case(name: &'static str, args: &'static [u64], pointers: &'static [usize], no_grant: Errno) -> Case {
    let no_grant = if matches!(no_grant, Errno::Success) { Ok(()) } else { Err(no_grant) };
    Case { name, args, pointers, no_grant, granted: Ok(()) }
}

/// A function that always answers `errno` for what can be granted.
const fn refuses(name: &'static str, args: &'static [u64], no_grant: Errno, errno: Errno) -> Case {
    Case { name, args, pointers: &[], no_grant: Err(no_grant), granted: Err(errno) }
}

use Errno::{Badf, Nosys, Notcapable, Notsock, Success};

/// In memory: one byte of path "f" at P (an existing file), "new" at Q, of which some calls take a part.
const CASES: &[Case] = &[
    case("args_get", &[O, B], &[0, 1], Success),
    case("args_sizes_get", &[O, B], &[0, 1], Success),
    case("environ_get", &[O, B], &[0, 1], Success),
    case("environ_sizes_get", &[O, B], &[0, 1], Success),
    case("clock_res_get", &[0, O], &[1], Notcapable),
    case("clock_time_get", &[1, 0, O], &[2], Notcapable),
    case("fd_advise", &[FILE, 0, 0, 5], &[], Badf),
    case("fd_allocate", &[FILE, 0, 100], &[], Badf),
    case("fd_close", &[FILE], &[], Badf),
    case("fd_datasync", &[FILE], &[], Badf),
    case("fd_fdstat_get", &[FILE, O], &[1], Badf),
    case("fd_fdstat_set_flags", &[FILE, 1], &[], Badf),
    case("fd_fdstat_set_rights", &[FILE, 0, 0], &[], Badf),
    case("fd_filestat_get", &[FILE, O], &[1], Badf),
    case("fd_filestat_set_size", &[FILE, 9], &[], Badf),
    case("fd_filestat_set_times", &[FILE, 1, 2, 5], &[], Badf),
    case("fd_pread", &[FILE, IOVS, 1, 0, O], &[1, 4], Badf),
    case("fd_prestat_get", &[DIR, O], &[1], Badf),
    case("fd_prestat_dir_name", &[DIR, O, 4], &[1], Badf),
    case("fd_pwrite", &[FILE, IOVS, 1, 0, O], &[1, 4], Badf),
    case("fd_read", &[FILE, IOVS, 1, O], &[1, 3], Badf),
    case("fd_readdir", &[DIR, B, 200, 0, O], &[1, 4], Badf),
    case("fd_renumber", &[FILE, DIR], &[], Badf),
    case("fd_seek", &[FILE, 1, 2, O], &[3], Badf),
    case("fd_sync", &[FILE], &[], Badf),
    case("fd_tell", &[FILE, O], &[1], Badf),
    case("fd_write", &[FILE, IOVS, 1, O], &[1, 3], Badf),
    case("path_create_directory", &[DIR, Q, 3], &[1], Badf),
    case("path_filestat_get", &[DIR, 0, P, 1, O], &[2, 4], Badf),
    case("path_filestat_set_times", &[DIR, 0, P, 1, 1, 2, 5], &[2], Badf),
    case("path_link", &[DIR, 0, P, 1, DIR, Q, 3], &[2, 5], Badf),
    case("path_open", &[DIR, 0, P, 1, 0, READ, 0, 0, O], &[2, 8], Badf),
    case("path_readlink", &[DIR, 0x220, 4, B, 100, O], &[1, 3, 5], Badf),
    case("path_remove_directory", &[DIR, 0x230, 3], &[1], Badf),
    case("path_rename", &[DIR, P, 1, DIR, Q, 3], &[1, 4], Badf),
    case("path_symlink", &[P, 1, DIR, Q, 3], &[0, 3], Badf),
    case("path_unlink_file", &[DIR, P, 1], &[1], Badf),
    case("poll_oneoff", &[SUB, B, 1, O], &[0, 1, 3], Notcapable),
    case("proc_exit", &[3], &[], Success),
    refuses("proc_raise", &[1], Nosys, Nosys),
    case("sched_yield", &[], &[], Success),
    case("random_get", &[B, 8], &[0], Notcapable),
    refuses("sock_accept", &[FILE, 0, O], Badf, Notsock),
    refuses("sock_recv", &[FILE, IOVS, 1, 0, O, B], Badf, Notsock),
    refuses("sock_send", &[FILE, IOVS, 1, 0, O], Badf, Notsock),
    refuses("sock_shutdown", &[FILE, 1], Badf, Notsock),
];

/// Every capability as a fake that fails at call `fails_at`; the directory's counts from 0 after the set-up.
struct World {
    clock: Faulty<FakeClock>,
    second_clock: Faulty<FakeClock>,
    sleep: Faulty<FakeSleep>,
    random: Faulty<FakeRandom>,
    stdin: Faulty<FakeInput>,
    stdout: Faulty<FakeOutput>,
    stderr: Faulty<FakeOutput>,
    fs: Faulty<FakeFileSystem>,
}

/// The calls of the file system that the set-up itself makes: it opens FILE, a directory and a link.
const SET_UP_CALLS: u32 = 3;

impl World {
    fn new(fails_at: u32) -> Self {
        let fs = FakeFileSystem::with_files(&[("f", b"content"), ("g", b"")]);
        World {
            clock: Faulty::new(FakeClock { now_ns: 5 }, fails_at, ErrorKind::Io),
            second_clock: Faulty::new(FakeClock { now_ns: 6 }, fails_at, ErrorKind::Io),
            sleep: Faulty::new(FakeSleep::default(), fails_at, ErrorKind::Io),
            random: Faulty::new(FakeRandom::default(), fails_at, ErrorKind::Io),
            stdin: Faulty::new(FakeInput::default(), fails_at, ErrorKind::Io),
            stdout: Faulty::new(FakeOutput::default(), fails_at, ErrorKind::Io),
            stderr: Faulty::new(FakeOutput::default(), fails_at, ErrorKind::Io),
            fs: Faulty::new(fs, fails_at.saturating_add(SET_UP_CALLS), ErrorKind::Io),
        }
    }

    fn guest(&mut self) -> Guest<'_> {
        let mut builder = WasiCtx::builder();
        builder.arg("arg").env("k", "v").stdin(&mut self.stdin).stdout(&mut self.stdout).stderr(&mut self.stderr);
        builder.clock(ClockId::Realtime, &mut self.clock).clock(ClockId::Monotonic, &mut self.second_clock);
        builder.sleep(&mut self.sleep).random(&mut self.random);
        let fs = builder.file_system(&mut self.fs).unwrap();
        builder.preopen(fs, Node::ROOT, "/dir", Access::ReadWrite).unwrap();
        let mut guest = Guest::of(builder);
        assert_eq!(guest.open(3, "f", 0, READ | WRITE, 0), Ok(4));
        guest.at("path_create_directory", 3, "sub").unwrap();
        guest.put(0x220, b"link");
        guest.call("path_symlink", &[P, 1, DIR, 0x220, 4]).unwrap();
        prepare(&mut guest);
        guest
    }
}

/// Puts in memory what the cases point to.
fn prepare(guest: &mut Guest<'_>) {
    guest.path("f");
    guest.second_path("new");
    guest.put(0x220, b"link");
    guest.put(0x230, b"sub");
    guest.iovecs(&[(BUF, 16)]);
    guest.put(SUB as u32, &[0; 48]);
    guest.put(SUB as u32 + 40, &[1, 0]); // The clock 0 at time 0: already reached.
}

#[test]
fn the_interface_has_46_functions_and_each_has_a_case() {
    assert_eq!(FUNCTIONS.len(), 46);
    for (function, case) in FUNCTIONS.iter().zip(CASES) {
        assert_eq!(function.name, case.name);
        assert_eq!(function.params.len(), case.args.len(), "{}", case.name);
    }
    assert_eq!(CASES.len(), 46);
}

#[test]
fn every_function_does_its_work() {
    for case in CASES {
        assert_eq!(
            World::new(u32::MAX - SET_UP_CALLS).guest().call(case.name, case.args),
            case.granted,
            "{}",
            case.name
        );
    }
}

#[test]
fn without_a_grant_every_function_refuses() {
    for case in CASES {
        let mut guest = Guest::new(WasiCtx::builder().build());
        prepare(&mut guest);
        assert_eq!(guest.call(case.name, case.args), case.no_grant, "{}", case.name);
    }
}

#[test]
fn a_bad_pointer_gives_efault_and_leaves_no_trace() {
    for case in CASES {
        for &pointer in case.pointers {
            for bad in [u64::from(u32::MAX), 0x1_0000] {
                let mut world = World::new(u32::MAX - SET_UP_CALLS);
                let mut guest = world.guest();
                let mut args = case.args.to_vec();
                args[pointer] = bad;
                let what = (case.name, pointer, bad);
                assert_eq!(guest.call(case.name, &args), Err(Errno::Fault), "{what:?}");
                drop(guest);
                assert_eq!(world.fs.inner.open_count(), 1, "{what:?}: only the one opened before");
                assert_eq!(world.fs.inner.contents("f"), Some(&b"content"[..]), "{what:?}");
                assert_eq!(world.fs.inner.contents("new"), None, "{what:?}");
            }
        }
    }
}

#[test]
fn a_memory_too_small_gives_efault() {
    for case in CASES.iter().filter(|case| !case.pointers.is_empty()) {
        let mut world = World::new(u32::MAX - SET_UP_CALLS);
        let mut guest = world.guest();
        guest.memory.clear();
        assert_eq!(guest.call(case.name, case.args), Err(Errno::Fault), "{}", case.name);
    }
}

#[test]
fn a_device_error_at_any_call_is_reported() {
    let mut faults_count = 0;
    for case in CASES {
        for fails_at in 0.. {
            let result = World::new(fails_at).guest().call(case.name, case.args);
            if result == case.granted {
                break;
            }
            assert_eq!(result, Err(Errno::Io), "{} failing at {fails_at}", case.name);
            faults_count += 1;
            assert!(fails_at < 100, "{} never gets through", case.name);
        }
    }
    // One for each device call of the cases: a loop above that tests nothing would make it 0.
    assert!(faults_count > 25, "only {faults_count} faults were met");
}

#[test]
fn no_arguments_make_it_panic() {
    let values: [u64; 24] = [
        0,
        1,
        2,
        3,
        4,
        5,
        7,
        8,
        16,
        O,
        B,
        P,
        Q,
        IOVS,
        SUB,
        0x220,
        0xFFF8,
        0xFFFF,
        0x1_0000,
        1 << 31,
        u64::from(u32::MAX),
        1 << 62,
        i64::MAX as u64,
        u64::MAX,
    ];
    let mut seed = 0x9E37_79B9_7F4A_7C15;
    for _ in 0..40 {
        let mut world = World::new(u32::MAX - SET_UP_CALLS);
        let mut guest = world.guest();
        for _ in 0..2_500 {
            let case = &CASES[(next(&mut seed) % 46) as usize];
            let mut args = case.args.to_vec();
            for arg in &mut args {
                if next(&mut seed).is_multiple_of(3) {
                    *arg = values[(next(&mut seed) % 24) as usize];
                }
            }
            // Whatever it answers is right; that it answers is what is tested.
            let _ = guest.call(case.name, &args);
            prepare(&mut guest);
        }
    }
}
