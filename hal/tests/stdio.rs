//! The process's own streams, which only a second process can show: this program starts itself as `guest`, which polls
//! standard input and copies it to standard output, and looks at what comes. (No test harness: it would take the
//! streams for itself.)

use std::{
    env,
    io::{Read, Write},
    process::{Command, Stdio, exit},
    thread::sleep,
    time::{Duration, Instant},
};

use sheave_hal::{
    WasiCtx,
    wasi::{
        abi::Errno,
        p1::{fd_io, poll, proc},
    },
};

/// What is polled: standard input, and the monotonic clock in 50 ms.
fn subscriptions(memory: &mut [u8]) {
    memory[0x208] = 1; // Read descriptor 0.
    memory[0x230 + 16] = 1; // The monotonic clock.
    memory[0x230 + 24..][..8].copy_from_slice(&50_000_000u64.to_le_bytes());
}

/// Polls until there is input: prints how often the clock came first, then the input, and exits with its length.
fn guest() -> Result<u32, Errno> {
    let mut ctx = WasiCtx::builder().inherit_stdio().inherit_clocks().build();
    let mut memory = vec![0; 0x1000];
    subscriptions(&mut memory);
    let mut waits: u8 = 0;
    loop {
        poll::poll_oneoff(&mut ctx, &mut memory, 0x200, 0x400, 2, 0)?;
        if memory[0x40A] == 1 {
            break;
        }
        waits += 1;
    }
    memory[0x800] = b'0' + waits.min(9);
    memory[0x100..0x108].copy_from_slice(&[1, 8, 0, 0, 100, 0, 0, 0]); // 100 bytes at 0x801.
    fd_io::fd_read(&mut ctx, &mut memory, 0, 0x100, 1, 0)?;
    let count = memory[0];
    memory[0x100..0x108].copy_from_slice(&[0, 8, 0, 0, count + 1, 0, 0, 0]);
    fd_io::fd_write(&mut ctx, &mut memory, 1, 0x100, 1, 0)?;
    Ok(proc::proc_exit(&mut ctx, &mut memory, count.into()).0)
}

/// Starts the guest, gives it `input` after 200 ms, and checks its answer.
fn check(input: &str) {
    let start = Instant::now();
    let mut child = Command::new(env::current_exe().expect("the program's own path"))
        .arg("guest")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the guest starts");
    sleep(Duration::from_millis(200));
    child.stdin.take().expect("it has input").write_all(input.as_bytes()).expect("it takes input");
    let mut output = String::new();
    child.stdout.take().expect("it has output").read_to_string(&mut output).expect("its output is text");
    let code = child.wait().expect("it ends").code();
    assert_eq!(code, i32::try_from(input.len()).ok(), "after {:?}: {output:?}", start.elapsed());
    let (waits, copy) = output.split_at(1);
    assert_eq!(copy, input);
    // On hosts that cannot poll input, it is taken to be ready at once.
    assert!(!cfg!(unix) || waits != "0", "the clock came never first");
}

fn main() {
    if env::args().any(|arg| arg == "guest") {
        exit(guest().map_or(255, u32::cast_signed));
    }
    check("typed late");
    // The end of the input is ready too, and reads as nothing.
    check("");
}
