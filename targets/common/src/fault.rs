//! What happens when the processor refuses to go on, as after an overflow of the native stack, which leaves RAM (see a board's
//! memory.x): a line on the semihosted console, then exit code [`EXIT_FAULT`](crate::EXIT_FAULT).
//!
//! One function for each architecture, found by the runtime crate through its name.

use crate::{EXIT_FAULT, Semihosted, exit};
use embedded_io::Write;

/// Reports a fault of the instruction at `address`; `cause` is 0 where the architecture has no number for it.
fn report(address: usize, cause: usize) -> ! {
    // There is nobody to tell that the console fails.
    let _ = writeln!(Semihosted::open(), "fault {cause} at {address:#010x}");
    exit(EXIT_FAULT)
}

#[cfg(target_arch = "arm")]
#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    report(frame.pc() as usize, 0)
}

// SAFETY: riscv-rt calls the function of this name, with this signature, for every exception.
#[cfg(target_arch = "riscv32")]
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception_handler(_: &riscv_rt::TrapFrame) -> ! {
    report(riscv::register::mepc::read(), riscv::register::mcause::read().code())
}
