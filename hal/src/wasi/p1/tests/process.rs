//! Arguments, environment, clocks, random numbers, standard streams, waiting.

use super::{BUF, Guest, OUT};
use crate::{
    ClockId, WasiCtx,
    fake::{FakeClock, FakeInput, FakeOutput, FakeRandom, FakeSleep},
    wasi::{abi::Errno, p1},
};

#[test]
fn arguments_and_environment_are_laid_out_with_nuls() {
    let mut builder = WasiCtx::builder();
    builder.args_in(&["lent"]).arg("given").environ_in(&["A=1"]).env("B", "x=y");
    let mut guest = Guest::of(builder);
    guest.call("args_sizes_get", &[OUT.into(), u64::from(OUT) + 4]).unwrap();
    assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (2, 11));
    guest.call("args_get", &[OUT.into(), BUF.into()]).unwrap();
    assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (BUF, BUF + 5));
    assert_eq!(guest.bytes(BUF, 11), b"lent\0given\0");
    guest.call("environ_sizes_get", &[OUT.into(), u64::from(OUT) + 4]).unwrap();
    assert_eq!((guest.u32(OUT), guest.u32(OUT + 4)), (2, 10));
    guest.call("environ_get", &[OUT.into(), BUF.into()]).unwrap();
    assert_eq!(guest.bytes(BUF, 10), b"A=1\0B=x=y\0");
}

#[test]
fn arguments_may_end_with_memory() {
    let mut guest = Guest::new(WasiCtx::builder().arg("ab").build());
    assert_eq!(guest.call("args_get", &[0, 0xFFFD]), Ok(()));
    assert_eq!(guest.call("args_get", &[0, 0xFFFE]), Err(Errno::Fault));
}

#[test]
fn clocks() {
    let mut clock = FakeClock { now_ns: 0x0102_0304_0506_0708 };
    let mut builder = WasiCtx::builder();
    builder.clock(ClockId::ProcessCpuTime, &mut clock);
    let mut guest = Guest::of(builder);
    guest.call("clock_time_get", &[2, 0, OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 0x0102_0304_0506_0708);
    guest.call("clock_res_get", &[2, OUT.into()]).unwrap();
    assert_eq!(guest.u64(OUT), 7);
    assert_eq!(guest.call("clock_time_get", &[3, 0, OUT.into()]), Err(Errno::Notcapable));
    assert_eq!(guest.call("clock_time_get", &[4, 0, OUT.into()]), Err(Errno::Inval));
}

#[test]
fn random_bytes_fill_exactly_the_buffer() {
    let mut random = FakeRandom::default();
    let mut builder = WasiCtx::builder();
    builder.random(&mut random);
    let mut guest = Guest::of(builder);
    guest.call("random_get", &[BUF.into(), 3]).unwrap();
    assert_eq!(guest.bytes(BUF, 5), [1, 2, 3, 0, 0]);
    guest.call("random_get", &[0x1_0000, 0]).unwrap();
    assert_eq!(guest.call("random_get", &[0xFFFF, 2]), Err(Errno::Fault));
}

#[test]
fn exit_keeps_the_code_and_yield_reaches_the_capability() {
    let mut sleep = FakeSleep::default();
    let mut builder = WasiCtx::builder();
    builder.sleep(&mut sleep);
    let mut guest = Guest::of(builder);
    guest.call("sched_yield", &[]).unwrap();
    assert_eq!(p1::proc::proc_exit(&mut guest.ctx, &mut [], 300), p1::proc::Exit(300));
    drop(guest);
    assert_eq!(sleep.yields_count, 1);
}

#[test]
fn standard_streams() {
    let mut input = FakeInput { bytes: (*b"typed").into(), is_terminal: true, ..FakeInput::default() };
    let (mut output, mut error) = (FakeOutput::default(), FakeOutput::default());
    let mut builder = WasiCtx::builder();
    builder.stdin(&mut input).stdout(&mut output).stderr(&mut error);
    let mut guest = Guest::of(builder);
    assert_eq!(guest.read(0, 3), Ok(b"typ".to_vec()));
    assert_eq!(guest.read(0, 9), Ok(b"ed".to_vec()));
    assert_eq!(guest.read(0, 9), Ok(b"".to_vec()), "the end");
    assert_eq!(guest.write(1, b"out"), Ok(3));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    // The wrong direction, and what only files can do.
    assert_eq!(guest.write(0, b"x"), Err(Errno::Badf));
    assert_eq!(guest.read(1, 1), Err(Errno::Badf));
    for fd in 0..3 {
        assert_eq!(guest.call("fd_seek", &[fd, 0, 1, OUT.into()]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_sync", &[fd]), Err(Errno::Badf));
        assert_eq!(guest.call("fd_pread", &[fd, 0x100, 1, 0, OUT.into()]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_readdir", &[fd, BUF.into(), 9, 0, OUT.into()]), Err(Errno::Badf));
        assert_eq!(guest.at("path_unlink_file", fd as u32, "x"), Err(Errno::Badf));
    }
    guest.call("fd_fdstat_get", &[0, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT, 1), [2], "a terminal is a character device");
    guest.call("fd_filestat_get", &[1, OUT.into()]).unwrap();
    assert_eq!(guest.bytes(OUT, 64), [0; 64]);
    drop(guest);
    assert_eq!((output.bytes, error.bytes), (b"out".to_vec(), b"err".to_vec()));
}

/// Puts a clock subscription at place `index`.
fn clock_subscription(guest: &mut Guest<'_>, index: u32, id: u32, timeout_ns: u64, absolute: u8) {
    let at = 0x200 + 48 * index;
    guest.put(at, &[0; 48]);
    guest.put(at, &(100 + u64::from(index)).to_le_bytes());
    guest.put(at + 16, &id.to_le_bytes());
    guest.put(at + 24, &timeout_ns.to_le_bytes());
    guest.put(at + 40, &[absolute]);
}

/// Puts a subscription for reading (1) or writing (2) a descriptor at place `index`.
fn fd_subscription(guest: &mut Guest<'_>, index: u32, tag: u8, fd: u32) {
    let at = 0x200 + 48 * index;
    guest.put(at, &[0; 48]);
    guest.put(at, &(100 + u64::from(index)).to_le_bytes());
    guest.put(at + 8, &[tag]);
    guest.put(at + 16, &fd.to_le_bytes());
}

/// Polls and gives the user data and the type of each event.
fn poll(guest: &mut Guest<'_>, count: u64) -> Result<alloc::vec::Vec<(u64, u8)>, Errno> {
    guest.call("poll_oneoff", &[0x200, BUF.into(), count, OUT.into()])?;
    Ok((0..guest.u32(OUT))
        .map(|index| (guest.u64(BUF + 32 * index), guest.bytes(BUF + 32 * index + 10, 1)[0]))
        .collect())
}

#[test]
fn poll_sleeps_until_the_nearest_clock() {
    let (mut clock, mut sleep) = (FakeClock { now_ns: 1000 }, FakeSleep::default());
    let mut builder = WasiCtx::builder();
    builder.clock(ClockId::Monotonic, &mut clock).sleep(&mut sleep);
    let mut guest = Guest::of(builder);
    clock_subscription(&mut guest, 0, 1, 900, 0);
    clock_subscription(&mut guest, 1, 1, 1300, 1);
    assert_eq!(poll(&mut guest, 2), Err(Errno::Intr), "the fake ends the wait");
    clock_subscription(&mut guest, 1, 1, 1000, 1);
    assert_eq!(poll(&mut guest, 2), Ok([(101, 0)].into()), "reached: no sleep");
    clock_subscription(&mut guest, 0, 1, u64::MAX, 0);
    assert_eq!(poll(&mut guest, 1), Err(Errno::Intr));
    // Clocks one cannot wait for, unknown flags and tags.
    for (id, absolute, errno) in
        [(0, 0, Errno::Notcapable), (2, 0, Errno::Inval), (9, 0, Errno::Inval), (1, 2, Errno::Inval)]
    {
        clock_subscription(&mut guest, 0, id, 1, absolute);
        assert_eq!(poll(&mut guest, 1), Err(errno), "clock {id}");
    }
    fd_subscription(&mut guest, 0, 3, 0);
    assert_eq!(poll(&mut guest, 1), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, 0), Err(Errno::Inval));
    drop(guest);
    assert_eq!(sleep.asked_ns, [300, u64::MAX - 1000]);
}

#[test]
fn poll_waits_for_standard_input_no_longer_than_the_clock() {
    let mut input = FakeInput { bytes: (*b"x").into(), unready_count: 2, ..FakeInput::default() };
    let (mut clock, mut output) = (FakeClock { now_ns: 0 }, FakeOutput::default());
    let mut builder = WasiCtx::builder();
    builder.stdin(&mut input).stdout(&mut output).clock(ClockId::Monotonic, &mut clock);
    let mut guest = Guest::of(builder);
    fd_subscription(&mut guest, 0, 1, 0);
    clock_subscription(&mut guest, 1, 1, 500, 0);
    assert_eq!(poll(&mut guest, 2), Ok([(100, 1)].into()));
    fd_subscription(&mut guest, 1, 2, 1);
    assert_eq!(poll(&mut guest, 2), Ok([(100, 1), (101, 2)].into()), "both at once");
    for (tag, fd) in [(1, 1), (2, 0), (1, 7), (2, 7)] {
        fd_subscription(&mut guest, 0, tag, fd);
        assert_eq!(poll(&mut guest, 1), Err(Errno::Badf), "type {tag} of descriptor {fd}");
    }
    drop(guest);
    assert_eq!(input.waits, [Some(0), Some(500), Some(0), Some(0)]);
}

#[test]
fn poll_without_a_sleep_is_refused_and_does_not_spin() {
    let mut clock = FakeClock { now_ns: 0 };
    let mut builder = WasiCtx::builder();
    builder.clock(ClockId::Monotonic, &mut clock);
    let mut guest = Guest::of(builder);
    clock_subscription(&mut guest, 0, 1, 1, 0);
    assert_eq!(poll(&mut guest, 1), Err(Errno::Notcapable));
}

#[cfg(feature = "std")]
#[test]
fn poll_really_waits_on_a_host() {
    let mut guest = Guest::new(WasiCtx::builder().inherit_clocks().build());
    let start = libstd::time::Instant::now();
    clock_subscription(&mut guest, 0, 1, 30_000_000, 0);
    clock_subscription(&mut guest, 1, 0, 3_600_000_000_000, 0);
    assert_eq!(poll(&mut guest, 2), Ok([(100, 0)].into()));
    assert!(start.elapsed().as_millis() >= 30, "waited only {:?}", start.elapsed());
}

#[cfg(feature = "std")]
#[test]
fn the_hosts_clocks_run_and_its_random_numbers_differ() {
    let mut guest = Guest::new(WasiCtx::builder().inherit_clocks().inherit_random().build());
    for id in 0..4 {
        guest.call("clock_time_get", &[id, 0, OUT.into()]).unwrap();
        let before = guest.u64(OUT);
        guest.call("clock_time_get", &[id, 0, OUT.into()]).unwrap();
        assert!(guest.u64(OUT) >= before, "clock {id} went back");
        guest.call("clock_res_get", &[id, OUT.into()]).unwrap();
        assert!(guest.u64(OUT) > 0);
    }
    guest.call("random_get", &[BUF.into(), 32]).unwrap();
    let (first, second) = (guest.bytes(BUF, 16), guest.bytes(BUF + 16, 16));
    assert_ne!(first, second, "1 in 2^128");
}
