//! What the small guests share: the board's console, and an end on panic without a message, whose text would be the largest part of memory.
#![no_std]

use core::fmt;

#[link(wasm_import_module = "board")]
unsafe extern "C" {
    /// Prints `length` bytes of this module's memory, from `address` on.
    fn print(address: *const u8, length: usize);
}

/// The board's console.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the host reads the bytes of `text`, which is borrowed until it returns, and nothing else.
        unsafe { print(text.as_ptr(), text.len()) };
        Ok(())
    }
}

/// A trap, which the host reports with a backtrace.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
