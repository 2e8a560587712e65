//! What each numeric operator of Wasm computes: one pure function an operator, named as in the specification (`i32_div_s`).
//!
//! The executor's handlers and the tests call these and nothing else.
//! Operands and results are `i32`, `i64`, `f32`, `f64`, also where the operator reads them as unsigned. Tests and comparisons
//! return `bool`, operators that can trap return `Result<_, Trap>`. NaN results are those that the specification allows:
//! arithmetic quiets, `abs`, `neg`, `copysign` and the reinterpretations keep every bit.

mod convert;
mod float;
mod int;
mod round;
#[cfg(feature = "simd")]
mod simd;

pub use convert::*;
pub use float::*;
pub use int::*;
#[cfg(feature = "simd")]
pub use simd::*;

#[cfg(test)]
mod tests;
