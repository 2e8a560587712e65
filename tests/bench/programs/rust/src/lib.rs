//! The benchmark's Rust guests, one module each. Every one has `run(n) -> checksum`; the files in `examples/` export it.
//! Rule: a checksum may not depend on addresses, on the size of `usize`, or on the order of a hash map.

pub mod deflate;
pub mod image;
pub mod json;
pub mod lz4;
pub mod maps;
pub mod markdown;
pub mod ray;
pub mod regex;
pub mod script;
pub mod sha256;

/// Real text that several programs work on.
pub const ARTICLE: &str = include_str!("../../inputs/article.md");

/// Exports a module's `run` from a cdylib.
#[macro_export]
macro_rules! export {
    ($program:ident) => {
        /// The benchmark's entry: work `n` times, return the checksum.
        #[unsafe(no_mangle)]
        pub extern "C" fn run(n: i32) -> i64 {
            $crate::$program::run(n) as i64
        }
    };
}

/// Folds a value into a checksum.
pub fn fold(sum: u64, value: u64) -> u64 {
    (sum ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(sum >> 29)
}

/// Folds bytes into a checksum, eight at a time.
pub fn fold_bytes(sum: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(fold(sum, bytes.len() as u64), |sum, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        fold(sum, u64::from_le_bytes(word))
    })
}

/// xorshift64*: the same numbers in every run.
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 32) * limit >> 32
    }
}
