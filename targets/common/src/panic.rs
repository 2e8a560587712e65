//! What happens on a panic: a line on the semihosted console, then exit code [`EXIT_PANIC`](crate::EXIT_PANIC); or
//! [`EXIT_MEMORY`](crate::EXIT_MEMORY), if it is Rust's library that panics because the heap is used up.
//!
//! The line says where, not what: messages are seldom needed beside the place, and formatting them would keep the code of every
//! type that occurs in one.

use crate::{EXIT_MEMORY, EXIT_PANIC, Semihosted, exit};
use core::panic::PanicInfo;
use embedded_io::Write;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Some(place) = info.location() {
        // There is nobody to tell that the console fails.
        let _ = writeln!(Semihosted::open(), "panic at {}:{}", place.file(), place.line());
        // Where `handle_alloc_error` ends; there is no stable way to be asked before.
        if place.file().ends_with("/alloc/src/alloc.rs") {
            exit(EXIT_MEMORY)
        }
    }
    exit(EXIT_PANIC)
}
