//! Logs of boards that run in an emulator or under a debugger: frames of defmt, appended to the file `log.defmt` by calls of
//! semihosting. `cargo xtask board run` decodes them as they come, with the texts, which stay in the ELF file.
//!
//! A level that the variable `DEFMT_LOG` switches off at build time takes nothing. What is logged while the file cannot be opened is
//! dropped. Invariant: the state is touched between `acquire` and `release` only, with interrupts off.

use core::cell::UnsafeCell;
use critical_section::RestoreState;
use portable_atomic::{AtomicBool, Ordering};
use semihosting::{fs::File, io::Write as _};

#[defmt::global_logger]
struct Logger;

struct State {
    encoder: defmt::Encoder,
    /// None: not opened yet. Some(None): cannot be opened.
    file: Option<Option<File>>,
    restore: RestoreState,
}

struct Shared(UnsafeCell<State>);

// SAFETY: the only users are the functions below, which hold the flag TAKEN.
unsafe impl Sync for Shared {}

static STATE: Shared =
    Shared(UnsafeCell::new(State { encoder: defmt::Encoder::new(), file: None, restore: RestoreState::invalid() }));
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Runs `encode` on the encoder, with what writes to the file.
///
/// # Safety
/// TAKEN is held by the caller.
unsafe fn with(encode: impl FnOnce(&mut defmt::Encoder, &mut dyn FnMut(&[u8]))) {
    // SAFETY: the caller holds TAKEN, so nobody else has a reference to the state.
    let State { encoder, file, .. } = unsafe { &mut *STATE.0.get() };
    let file = file.get_or_insert_with(|| File::create(c"log.defmt").ok());
    encode(encoder, &mut |bytes| {
        // A log that cannot be written is no reason to stop.
        let _ = file.as_mut().map(|file| file.write_all(bytes));
    });
}

// SAFETY: between `acquire` and `release` interrupts are off and the flag is set: no two frames mix.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: `release` gives it back, once.
        let restore = unsafe { critical_section::acquire() };
        assert!(!TAKEN.swap(true, Ordering::Relaxed), "a value that is logged logs by itself");
        // SAFETY: the flag was free and is ours now; the reference ends with the statement.
        unsafe { (*STATE.0.get()).restore = restore };
        // SAFETY: the flag is held.
        unsafe { with(|encoder, write| encoder.start_frame(write)) };
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: `acquire` has set the flag, and this ends its frame.
        unsafe { with(|encoder, write| encoder.end_frame(write)) };
        // SAFETY: the flag is still held.
        let restore = unsafe { (*STATE.0.get()).restore };
        TAKEN.store(false, Ordering::Relaxed);
        // SAFETY: it comes from the `acquire` of this frame.
        unsafe { critical_section::release(restore) };
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: defmt calls this between `acquire` and `release`.
        unsafe { with(|encoder, write| encoder.write(bytes, write)) };
    }
}
