//! The kernels that boards are measured with. The same source is compiled to WebAssembly (`kernels.wasm`, by
//! `cargo xtask board kernels`) and into the program `bench` of a board, whose figures are the native ones.
//!
//! A kernel is a function of one number, how much is to be done, and gives a checksum. It keeps everything on its stack, at most
//! 5.3 KB, so that the module fits a board with 16 KB of RAM. No kernel has `unsafe` but for the name of its export.
#![no_std]

mod json;
mod machine;
mod sha256;

/// A kernel.
pub struct Kernel {
    /// Name of the export.
    pub name: &'static str,
    /// What it does, for readers.
    pub what: &'static str,
    /// What it is called with.
    pub n: u32,
    /// The program itself.
    pub run: extern "C" fn(u32) -> u32,
}

macro_rules! kernels { ($($name:ident $n:literal $what:literal;)*) => {
    /// All kernels.
    pub static KERNELS: &[Kernel] = &[$(Kernel { name: stringify!($name), what: $what, n: $n, run: $name }),*];
} }
kernels! {
    fib 20 "fib(20): direct calls";
    crc32 8 "CRC-32 of 4 KiB, 8 rounds: byte loads, a table";
    sieve 4 "primes below 4,096, 4 times: byte stores with a stride";
    matmul_i32 4 "product of 16 x 16 matrices of i32, 4 times";
    matmul_f32 4 "the same in f32";
    quicksort 1 "1,024 numbers: compares, swaps, recursion";
    sha256 16 "SHA-256 of 16 blocks: rotates, shifts, an unrolled loop";
    hash64 2000 "2,000 steps of a hash in 64 bits: multiply, rotate";
    interpreter 40 "a byte-code machine: br_table, a stack in memory";
    json 8 "a parser of 415 bytes of text, 8 times: byte compares, calls";
    indirect 4000 "4,000 calls through a table";
    bulk 16 "fills and copies of 2 KiB, 16 times";
}

/// xorshift32.
fn random(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

/// Fibonacci number of `n`, by its definition.
#[inline(never)]
#[unsafe(no_mangle)]
pub extern "C" fn fib(n: u32) -> u32 {
    if n < 2 { n } else { fib(n - 1).wrapping_add(fib(n - 2)) }
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn crc32(rounds: u32) -> u32 {
    let (mut table, mut buffer) = ([0_u32; 256], [0_u8; 4096]);
    for (i, entry) in (0..).zip(&mut table) {
        *entry = (0..8).fold(i, |c, _| if c & 1 != 0 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 });
    }
    let mut x = 12345_u32;
    for byte in &mut buffer {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (x >> 24) as u8;
    }
    let mut crc = !0;
    for _ in 0..rounds {
        for byte in &buffer {
            crc = table[((crc ^ u32::from(*byte)) & 255) as usize] ^ (crc >> 8);
        }
    }
    !crc
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn sieve(rounds: u32) -> u32 {
    let (mut flags, mut sum) = ([0_u8; 4096], 0_u32);
    for round in 0..rounds {
        flags.fill(1);
        for i in 2..flags.len() {
            if flags[i] != 0 {
                sum = sum.wrapping_add(i as u32 ^ round);
                let mut k = i + i;
                while k < flags.len() {
                    flags[k] = 0;
                    k += i;
                }
            }
        }
    }
    sum
}

const SIDE: usize = 16;

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn matmul_i32(rounds: u32) -> u32 {
    let (mut a, mut b, mut state, mut sum) = ([[0_u32; SIDE]; SIDE], [[0_u32; SIDE]; SIDE], 1, 0_u32);
    a.as_flattened_mut().iter_mut().chain(b.as_flattened_mut()).for_each(|x| *x = random(&mut state));
    for _ in 0..rounds {
        let mut c = [[0_u32; SIDE]; SIDE];
        for i in 0..SIDE {
            for j in 0..SIDE {
                c[i][j] = (0..SIDE).fold(0, |sum, k| sum.wrapping_add(a[i][k].wrapping_mul(b[k][j])));
            }
        }
        a = c;
        sum = sum.rotate_left(5) ^ a[SIDE - 1][SIDE - 1];
    }
    a.as_flattened().iter().fold(sum, |sum, x| sum.rotate_left(1) ^ x)
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn matmul_f32(rounds: u32) -> u32 {
    let (mut a, mut b, mut state) = ([[0_f32; SIDE]; SIDE], [[0_f32; SIDE]; SIDE], 1);
    let all = a.as_flattened_mut().iter_mut().chain(b.as_flattened_mut());
    // Small fractions: products stay finite, and every engine rounds alike.
    all.for_each(|x| *x = (random(&mut state) >> 16) as f32 / 262_144.0);
    for _ in 0..rounds {
        let mut c = [[0_f32; SIDE]; SIDE];
        for i in 0..SIDE {
            for j in 0..SIDE {
                c[i][j] = (0..SIDE).fold(0.0, |sum, k| sum + a[i][k] * b[k][j]);
            }
        }
        a = c;
    }
    a.as_flattened().iter().fold(0, |sum: u32, x| sum.rotate_left(1) ^ x.to_bits())
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn quicksort(rounds: u32) -> u32 {
    let (mut numbers, mut state, mut sum) = ([0_u32; 1024], 7, 0_u32);
    for _ in 0..rounds {
        numbers.iter_mut().for_each(|x| *x = random(&mut state));
        sort(&mut numbers);
        for pair in numbers.windows(2) {
            sum = sum.rotate_left(3) ^ pair[0] ^ u32::from(pair[0] > pair[1]);
        }
    }
    sum
}

/// Hoare's partition around the middle, the smaller part by recursion.
fn sort(mut numbers: &mut [u32]) {
    while numbers.len() > 1 {
        let pivot = numbers[numbers.len() / 2];
        let (mut low, mut high) = (0, numbers.len() - 1);
        loop {
            while numbers[low] < pivot {
                low += 1;
            }
            while numbers[high] > pivot {
                high -= 1;
            }
            if low >= high {
                break;
            }
            numbers.swap(low, high);
            low += 1;
            high -= 1;
        }
        let (left, right) = numbers.split_at_mut(low.max(1));
        let (small, large) = if left.len() < right.len() { (left, right) } else { (right, left) };
        sort(small);
        numbers = large;
    }
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn sha256(blocks: u32) -> u32 {
    sha256::digest(blocks)
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn hash64(steps: u32) -> u32 {
    let (mut a, mut b) = (0x0123_4567_89ab_cdef_u64, u64::from(steps));
    for i in 0..u64::from(steps) {
        a = (a ^ i).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        b = b.rotate_left(17).wrapping_add(a) ^ (a >> 29);
    }
    ((b >> 32) ^ b) as u32
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn interpreter(limit: u32) -> u32 {
    machine::collatz(limit)
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn json(rounds: u32) -> u32 {
    (0..rounds).fold(0, |sum, round| json::checksum(sum ^ round))
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn indirect(calls: u32) -> u32 {
    static OPERATIONS: [fn(u32, u32) -> u32; 4] =
        [|a, b| a.wrapping_add(b), |a, b| a ^ b.rotate_left(7), |a, b| a.wrapping_sub(b << 3), |a, b| (a >> 1) | b];
    let (mut a, mut state) = (calls, 9);
    for _ in 0..calls {
        let b = random(&mut state);
        a = OPERATIONS[(b & 3) as usize](a, b);
    }
    a
}

#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn bulk(rounds: u32) -> u32 {
    let mut bytes = [0_u8; 4096];
    let mut sum = 0_u32;
    for round in 0..rounds as usize {
        bytes[..2048].fill(round as u8);
        bytes[round] = 7;
        let at = 2048 - round;
        bytes.copy_within(..2048, at);
        sum = sum.rotate_left(5) ^ u32::from(bytes[at + round]) ^ u32::from(bytes[4095 - round]);
    }
    sum
}

/// In WebAssembly a panic is a trap.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
