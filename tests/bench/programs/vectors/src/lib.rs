//! The benchmark's programs with vectors. Every one has `run(n) -> checksum`; the files in `examples/` export it. What a build with
//! `+simd128` computes is to the bit what one without computes.

pub mod blake3;
pub mod dot;
pub mod utf8;

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
