//! A thermometer on a noisy line: 12-bit readings go through a median of five, which drops spikes, and an exponential average in fixed
//! point; every eighth is printed, at the end the extremes and a CRC-16 of all that was printed. The exit code is the number of spikes.
//!
//! No floats, no allocator: 1-byte pages and a stack of 512 bytes (see ../../.cargo/config.toml).
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use small_guests::Console;

const READINGS: u32 = 96;
/// A reading this far from the median is a spike.
const SPIKE: u16 = 200;

/// Stands for the converter: a slow triangle, noise of 4 bits, a spike now and then.
struct Converter {
    time: u32,
    noise: u32,
}

impl Converter {
    fn read(&mut self) -> u16 {
        // The generator of Numerical Recipes; its high bits are the good ones.
        self.noise = self.noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let phase = self.time % 64;
        let triangle = if phase < 32 { phase } else { 64 - phase };
        self.time += 1;
        let level = 280 + 4 * triangle as u16 + (self.noise >> 28) as u16;
        if self.noise >> 20 & 0xf == 0 { 4095 } else { level }
    }
}

/// The last five readings, and which of them comes next.
struct Median {
    window: [u16; 5],
    next: usize,
}

impl Median {
    fn push(&mut self, reading: u16) -> u16 {
        self.window[self.next] = reading;
        self.next = (self.next + 1) % self.window.len();
        let mut sorted = self.window;
        // Insertion: five elements, and the sort of the library would be most of the module.
        for i in 1..sorted.len() {
            let mut j = i;
            while j > 0 && sorted[j - 1] > sorted[j] {
                sorted.swap(j - 1, j);
                j -= 1;
            }
        }
        sorted[2]
    }
}

/// Tenths of a degree, of a sensor that gives 10 mV each degree to a converter of 3.3 V and 12 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Tenths(u32);

impl Tenths {
    /// `level` in 256ths of a converter's step.
    fn of(level: u32) -> Tenths {
        Tenths((level * 3300 / 4096) >> 8)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

/// The console, with a sum of what went to it (CRC-16/CCITT-FALSE).
struct Summed {
    crc: u16,
}

impl Write for Summed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.crc ^= u16::from(byte) << 8;
            for _ in 0..8 {
                self.crc = if self.crc & 0x8000 == 0 { self.crc << 1 } else { self.crc << 1 ^ 0x1021 };
            }
        }
        Console.write_str(text)
    }
}

#[unsafe(no_mangle)]
extern "C" fn run() -> i32 {
    let mut out = Summed { crc: 0xffff };
    // A console that fails would have trapped.
    let spikes = measure(&mut out).unwrap_or(255);
    let _ = writeln!(Console, "crc {:04x}", out.crc);
    spikes
}

fn measure(out: &mut Summed) -> Result<i32, fmt::Error> {
    let mut converter = Converter { time: 0, noise: 1 };
    let first = converter.read();
    let mut median = Median { window: [first; 5], next: 0 };
    let mut average = u32::from(first) << 8;
    let (mut lowest, mut highest, mut spikes) = (Tenths::of(average), Tenths::of(average), 0);
    for count in 1..=READINGS {
        let reading = converter.read();
        let middle = median.push(reading);
        spikes += i32::from(reading.abs_diff(middle) > SPIKE);
        // Each reading moves the average by an eighth of the distance.
        average = average - average / 8 + (u32::from(middle) << 8) / 8;
        let now = Tenths::of(average);
        (lowest, highest) = (lowest.min(now), highest.max(now));
        if count % 8 == 0 {
            writeln!(out, "{count:3}: reading {reading:4}, median {middle:3}, {now} °C")?;
        }
    }
    writeln!(out, "{lowest} to {highest} °C, {spikes} spikes dropped")?;
    Ok(spikes)
}
