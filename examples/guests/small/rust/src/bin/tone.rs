//! A tone out of tables: an oscillator that reads a sine of 512 steps a quarter, and a CRC-32 by a table of 256 words over the samples. The
//! tables, 2 KiB, are constants: an image made with `sheave compile --rodata=0` leaves them in flash, and the memory takes a fifth of the RAM.
//!
//! Prints a period of each octave as a line of levels, then the sum. The exit code is the number of octaves.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use small_guests::Console;

const QUARTER: usize = 512;
const OCTAVES: u32 = 5;
/// Of the samples of a period, a line shows so many.
const COLUMNS: u32 = 32;

/// Sines of the first quarter, in 32767ths.
static SINE: [u16; QUARTER] = sine();
/// What a byte does to a CRC-32 (reflected, polynomial 0x04c11db7).
static CRC: [u32; 256] = crc();

/// By rotation in steps of a 2048th of a circle, in fixed point with 30 bits behind the point; its error stays below half a step.
const fn sine() -> [u16; QUARTER] {
    // Sine and cosine of 2π/2048 in 2^-30.
    const STEP: (i64, i64) = (3_294_193, 1_073_736_771);
    let (mut sine, mut cosine, mut table, mut i) = (0_i64, 1_i64 << 30, [0; QUARTER], 0);
    while i < QUARTER {
        table[i] = ((sine * 32767 + (1 << 29)) >> 30) as u16;
        (sine, cosine) = ((sine * STEP.1 + cosine * STEP.0) >> 30, (cosine * STEP.1 - sine * STEP.0) >> 30);
        i += 1;
    }
    table
}

const fn crc() -> [u32; 256] {
    let (mut table, mut i) = ([0; 256], 0);
    while i < 256 {
        let (mut value, mut bit) = (i as u32, 0);
        while bit < 8 {
            value = if value & 1 == 0 { value >> 1 } else { value >> 1 ^ 0xedb8_8320 };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
}

/// A phase that runs through the table: 2^32 is a circle.
struct Oscillator {
    phase: u32,
    step: u32,
}

impl Oscillator {
    fn sample(&mut self) -> i32 {
        let index = (self.phase >> 21) as usize;
        self.phase = self.phase.wrapping_add(self.step);
        let place = index % QUARTER;
        let level = i32::from(SINE[if index & QUARTER == 0 { place } else { QUARTER - 1 - place }]);
        if index & (2 * QUARTER) == 0 { level } else { -level }
    }
}

#[unsafe(no_mangle)]
extern "C" fn run() -> i32 {
    // A console that fails would have trapped.
    play().map_or(255, |()| OCTAVES as i32)
}

fn play() -> fmt::Result {
    let mut sum = !0_u32;
    for octave in 0..OCTAVES {
        let samples = 512 >> octave;
        let mut oscillator = Oscillator { phase: 0, step: ((1_u64 << 32) / u64::from(samples)) as u32 };
        write!(Console, "{samples:3} ")?;
        for i in 0..samples {
            let sample = oscillator.sample();
            for byte in (sample as i16).to_le_bytes() {
                sum = sum >> 8 ^ CRC[usize::from(sum as u8 ^ byte)];
            }
            if i % (samples / COLUMNS) == 0 {
                // Letters for levels, `n` for silence.
                let letter = (b'n' as i32 + ((sample * 12) >> 15)) as u8;
                Console.write_str(core::str::from_utf8(&[letter]).map_err(|_| fmt::Error)?)?;
            }
        }
        Console.write_str("\n")?;
    }
    writeln!(Console, "crc {:08x}", !sum)
}
