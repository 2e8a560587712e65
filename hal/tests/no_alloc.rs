//! A board's way to use the crate, in any set of features: everything is lent, nothing allocates, no linker.

use sheave_hal::{
    ClockId, Descriptor, WasiCtx,
    cap::{Clock, OutputStream, Random, Result},
    wasi::{
        abi::Errno,
        p1::{clock, fd_io, proc, random},
    },
};

/// A serial port of 16 bytes.
struct Port {
    bytes: [u8; 16],
    sent_count: usize,
}

impl OutputStream for Port {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        let free = &mut self.bytes[self.sent_count..];
        let count = free.len().min(buf.len());
        free[..count].copy_from_slice(&buf[..count]);
        self.sent_count += count;
        Ok(count)
    }
}

struct Ticks(u64);

impl Clock for Ticks {
    fn now_ns(&mut self) -> Result<u64> {
        self.0 += 1000;
        Ok(self.0)
    }
}

struct Noise;

impl Random for Noise {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        buf.fill(4);
        Ok(())
    }
}

#[test]
fn a_board_lends_everything() {
    let mut port = Port { bytes: [0; 16], sent_count: 0 };
    let (mut ticks, mut noise) = (Ticks(0), Noise);
    let mut slots: [Option<Descriptor<'_>>; 4] = [const { None }; 4];
    let mut memory = [0; 256];
    {
        let mut builder = WasiCtx::builder_in(&mut slots);
        builder.args_in(&["firmware"]).stdout(&mut port).clock(ClockId::Monotonic, &mut ticks).random(&mut noise);
        let mut ctx = builder.build();

        assert_eq!(proc::args_get(&mut ctx, &mut memory, 0, 64), Ok(()));
        memory[16..24].copy_from_slice(&[64, 0, 0, 0, 8, 0, 0, 0]);
        assert_eq!(fd_io::fd_write(&mut ctx, &mut memory, 1, 16, 1, 0), Ok(()));
        assert_eq!(memory[0], 8);
        assert_eq!(clock::clock_time_get(&mut ctx, &mut memory, 1, 0, 0), Ok(()));
        assert_eq!(memory[..8], 1000u64.to_le_bytes());
        assert_eq!(random::random_get(&mut ctx, &mut memory, 100, 2), Ok(()));
        assert_eq!(memory[99..103], [0, 4, 4, 0]);
        assert_eq!(clock::clock_time_get(&mut ctx, &mut memory, 0, 0, 0), Err(Errno::Notcapable));
        assert_eq!(fd_io::fd_write(&mut ctx, &mut memory, 2, 16, 1, 0), Err(Errno::Badf));
        assert_eq!(fd_io::fd_write(&mut ctx, &mut memory, 1, 252, 1, 0), Err(Errno::Fault));
    }
    assert_eq!(&port.bytes[..port.sent_count], b"firmware");
}

#[test]
fn a_context_can_move_to_another_thread() {
    fn needs_send<T: Send>(_: &T) {}
    let mut slots = [const { None }; 3];
    needs_send(&WasiCtx::builder_in(&mut slots).build());
}
