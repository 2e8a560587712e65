//! What the operators on vectors compute.
//!
//! `int`, `float` and `lane` say it lane by lane, from which the compiler makes vector instructions; where it does not, `x86_64` or `aarch64` has
//! a function of the same name, which takes the place of the portable one. `vector` is the type. Tests compare both.

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
// Of what has another form for this target, the portable one is for tests.
#[allow(dead_code)]
mod float;
#[allow(dead_code)]
mod int;
#[allow(dead_code)]
mod lane;
mod vector;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86_64;

#[cfg(test)]
mod tests;

pub use portable::*;
pub use vector::V128;

/// All operators, lane by lane.
mod portable {
    pub use super::{float::*, int::*, lane::*};
}

// Names that are listed come before those of a glob.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub use x86_64::{
    f32x4_ceil, f32x4_eq, f32x4_floor, f32x4_le, f32x4_lt, f32x4_max, f32x4_min, f32x4_ne, f32x4_nearest, f32x4_pmax,
    f32x4_pmin, f32x4_replace_lane, f32x4_sqrt, f32x4_trunc, f64x2_ceil, f64x2_eq, f64x2_floor, f64x2_le, f64x2_lt,
    f64x2_max, f64x2_min, f64x2_ne, f64x2_nearest, f64x2_pmax, f64x2_pmin, f64x2_replace_lane, f64x2_sqrt, f64x2_trunc,
    i8x16_all_true, i8x16_bitmask, i8x16_replace_lane, i8x16_shuffle, i8x16_swizzle, i16x8_all_true, i16x8_bitmask,
    i16x8_replace_lane, i32x4_all_true, i32x4_bitmask, i32x4_replace_lane, i32x4_trunc_sat_f32x4_s,
    i32x4_trunc_sat_f32x4_u, i32x4_trunc_sat_f64x2_s_zero, i32x4_trunc_sat_f64x2_u_zero, i64x2_bitmask,
    i64x2_replace_lane, v128_any_true,
};
// Names that are listed come before those of a glob.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub use aarch64::{
    f32x4_ceil, f32x4_floor, f32x4_max, f32x4_min, f32x4_nearest, f32x4_pmax, f32x4_pmin, f32x4_sqrt, f32x4_trunc,
    f64x2_ceil, f64x2_floor, f64x2_max, f64x2_min, f64x2_nearest, f64x2_pmax, f64x2_pmin, f64x2_sqrt, f64x2_trunc,
    i8x16_all_true, i8x16_bitmask, i8x16_shuffle, i8x16_swizzle, i16x8_all_true, i16x8_bitmask, i32x4_all_true,
    i32x4_bitmask, i32x4_trunc_sat_f32x4_s, i32x4_trunc_sat_f32x4_u, v128_any_true,
};
