//! Nordic's kit nRF52840-DK, a Cortex-M4F: the only file that knows it.
#![no_std]

use embassy_nrf::{
    bind_interrupts,
    peripherals::UARTE0,
    uarte::{self, UarteTx},
};
use sheave_board::{
    Board, ConstStaticCell, Write,
    embedded_io::{Error, ErrorKind, ErrorType},
};

bind_interrupts!(struct Interrupts {
    UARTE0 => uarte::InterruptHandler<UARTE0>;
});

/// Memory for a store.
static ARENA: ConstStaticCell<[u8; 208 << 10]> = ConstStaticCell::new([0; 208 << 10]);

/// UARTE 0 at 115,200 baud, pin P0.06, which the kit's debugger passes on as a USB serial port.
pub struct Console(UarteTx<'static>);

/// The UART did not send.
#[derive(Clone, Copy, Debug)]
pub struct NotSent;

impl core::fmt::Display for NotSent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the UART did not send")
    }
}

impl core::error::Error for NotSent {}

impl Error for NotSent {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for Console {
    type Error = NotSent;
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, NotSent> {
        self.0.blocking_write(bytes).map_err(|_| NotSent)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), NotSent> {
        Ok(())
    }
}

/// The board's objects, after clocks and pins are set up. It may be called once.
///
/// # Panics
/// On the second call.
pub fn init() -> Board<Console> {
    sheave_board::log::init();
    let chip = embassy_nrf::init(embassy_nrf::config::Config::default());
    // 115,200 baud, 8 bits, no parity, one stop bit.
    let console = UarteTx::new(chip.UARTE0, Interrupts, chip.P0_06, uarte::Config::default());
    Board { name: env!("CARGO_PKG_NAME"), console: Console(console), arena: ARENA.take() }
}
