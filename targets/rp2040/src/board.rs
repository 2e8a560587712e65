//! The RP2040 of a Raspberry Pi Pico, of whose two Cortex-M0+ one is used: the only file that knows it.
#![no_std]

use rp2040_hal::{
    Clock, Sio, Watchdog,
    clocks::init_clocks_and_plls,
    gpio::{
        FunctionUart, Pin, Pins, PullNone,
        bank0::{Gpio0, Gpio1},
    },
    pac::{Peripherals, UART0},
    uart::{Enabled, UartConfig, UartPeripheral},
};
use sheave_board::{Board, ConstStaticCell};

/// Oscillator of the Pico, in Hz.
const CRYSTAL_HZ: u32 = 12_000_000;

/// The second-stage boot loader, for the Pico's flash chip W25Q16JV: it switches executing in place on.
#[unsafe(link_section = ".boot2")]
#[unsafe(no_mangle)]
pub static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// Memory for a store.
static ARENA: ConstStaticCell<[u8; 224 << 10]> = ConstStaticCell::new([0; 224 << 10]);

/// UART 0 at 115,200 baud: GP0 (pin 1 of the Pico) sends, GP1 (pin 2) receives.
pub type Console =
    UartPeripheral<Enabled, UART0, (Pin<Gpio0, FunctionUart, PullNone>, Pin<Gpio1, FunctionUart, PullNone>)>;

/// The board's objects, after clocks and pins are set up. It may be called once.
///
/// # Panics
/// On the second call; if a clock does not start.
pub fn init() -> Board<Console> {
    let mut chip = Peripherals::take().expect("init is called once");
    let mut watchdog = Watchdog::new(chip.WATCHDOG);
    let (pll_sys, pll_usb) = (chip.PLL_SYS, chip.PLL_USB);
    let clocks =
        init_clocks_and_plls(CRYSTAL_HZ, chip.XOSC, chip.CLOCKS, pll_sys, pll_usb, &mut chip.RESETS, &mut watchdog);
    let frequency = clocks.ok().expect("the clocks start").peripheral_clock.freq();
    let pins = Pins::new(chip.IO_BANK0, chip.PADS_BANK0, Sio::new(chip.SIO).gpio_bank0, &mut chip.RESETS);
    let uart = UartPeripheral::new(chip.UART0, (pins.gpio0.reconfigure(), pins.gpio1.reconfigure()), &mut chip.RESETS);
    // 115,200 baud, 8 bits, no parity, one stop bit.
    let console = uart.enable(UartConfig::default(), frequency);
    let console = console.ok().expect("the baud rate is one that the clock allows");
    Board { name: env!("CARGO_PKG_NAME"), console, arena: ARENA.take() }
}
