//! Operators on lanes of floats, and conversions between lanes.

use super::vector::{V128, from_fn, map, zip};
use crate::num;

macro_rules! float { ($lane:ident, $bits:ident, $count:literal, $mask:ident,
    unary $($unary:literal $unary_name:ident $unary_of:ident,)*
    binary $($binary:literal $binary_name:ident $binary_of:ident,)*
    compare $($compare:literal $compare_name:ident $compare_of:tt,)*
    $pmin:ident $pmax:ident
) => {
    $(
        #[doc = concat!("`", $unary, "`.")]
        #[inline(always)]
        pub fn $unary_name(a: V128) -> V128 {
            map::<$lane, $lane, $count>(a, num::$unary_of)
        }
    )*
    $(
        #[doc = concat!("`", $binary, "`.")]
        #[inline(always)]
        pub fn $binary_name(a: V128, b: V128) -> V128 {
            zip::<$lane, $lane, $count>(a, b, num::$binary_of)
        }
    )*
    $(
        #[doc = concat!("`", $compare, "`.")]
        #[inline(always)]
        pub fn $compare_name(a: V128, b: V128) -> V128 {
            zip::<$lane, $mask, $count>(a, b, |a, b| if a $compare_of b { -1 } else { 0 })
        }
    )*
    /// The lesser of two lanes: `b` if it is less, else `a`.
    #[inline(always)]
    pub fn $pmin(a: V128, b: V128) -> V128 {
        zip::<$lane, $lane, $count>(a, b, |a, b| if b < a { b } else { a })
    }
    /// The greater of two lanes: `b` if it is greater, else `a`.
    #[inline(always)]
    pub fn $pmax(a: V128, b: V128) -> V128 {
        zip::<$lane, $lane, $count>(a, b, |a, b| if a < b { b } else { a })
    }
} }

float! { f32, u32, 4, i32,
    unary
        "f32x4.abs" f32x4_abs f32_abs, "f32x4.neg" f32x4_neg f32_neg, "f32x4.sqrt" f32x4_sqrt f32_sqrt,
        "f32x4.ceil" f32x4_ceil f32_ceil, "f32x4.floor" f32x4_floor f32_floor, "f32x4.trunc" f32x4_trunc f32_trunc,
        "f32x4.nearest" f32x4_nearest f32_nearest,
        "f32x4.canonicalize_nan" f32x4_canonicalize_nan f32_canonicalize_nan,
    binary
        "f32x4.add" f32x4_add f32_add, "f32x4.sub" f32x4_sub f32_sub, "f32x4.mul" f32x4_mul f32_mul,
        "f32x4.div" f32x4_div f32_div, "f32x4.min" f32x4_min f32_min, "f32x4.max" f32x4_max f32_max,
    compare
        "f32x4.eq" f32x4_eq ==, "f32x4.ne" f32x4_ne !=, "f32x4.lt" f32x4_lt <, "f32x4.le" f32x4_le <=,
    f32x4_pmin f32x4_pmax
}

float! { f64, u64, 2, i64,
    unary
        "f64x2.abs" f64x2_abs f64_abs, "f64x2.neg" f64x2_neg f64_neg, "f64x2.sqrt" f64x2_sqrt f64_sqrt,
        "f64x2.ceil" f64x2_ceil f64_ceil, "f64x2.floor" f64x2_floor f64_floor, "f64x2.trunc" f64x2_trunc f64_trunc,
        "f64x2.nearest" f64x2_nearest f64_nearest,
        "f64x2.canonicalize_nan" f64x2_canonicalize_nan f64_canonicalize_nan,
    binary
        "f64x2.add" f64x2_add f64_add, "f64x2.sub" f64x2_sub f64_sub, "f64x2.mul" f64x2_mul f64_mul,
        "f64x2.div" f64x2_div f64_div, "f64x2.min" f64x2_min f64_min, "f64x2.max" f64x2_max f64_max,
    compare
        "f64x2.eq" f64x2_eq ==, "f64x2.ne" f64x2_ne !=, "f64x2.lt" f64x2_lt <, "f64x2.le" f64x2_le <=,
    f64x2_pmin f64x2_pmax
}

/// `i32x4.trunc_sat_f32x4_s`.
#[inline(always)]
pub fn i32x4_trunc_sat_f32x4_s(a: V128) -> V128 {
    map::<f32, i32, 4>(a, |a| a as i32)
}

/// `i32x4.trunc_sat_f32x4_u`.
#[inline(always)]
pub fn i32x4_trunc_sat_f32x4_u(a: V128) -> V128 {
    map::<f32, u32, 4>(a, |a| a as u32)
}

/// `i32x4.trunc_sat_f64x2_s_zero`.
#[inline(always)]
pub fn i32x4_trunc_sat_f64x2_s_zero(a: V128) -> V128 {
    let [a, b] = <[f64; 2]>::from(a);
    [a as i32, b as i32, 0, 0].into()
}

/// `i32x4.trunc_sat_f64x2_u_zero`.
#[inline(always)]
pub fn i32x4_trunc_sat_f64x2_u_zero(a: V128) -> V128 {
    let [a, b] = <[f64; 2]>::from(a);
    [a as u32, b as u32, 0, 0].into()
}

/// `f32x4.convert_i32x4_s`.
#[inline(always)]
pub fn f32x4_convert_i32x4_s(a: V128) -> V128 {
    map::<i32, f32, 4>(a, |a| a as f32)
}

/// `f32x4.convert_i32x4_u`.
#[inline(always)]
pub fn f32x4_convert_i32x4_u(a: V128) -> V128 {
    map::<u32, f32, 4>(a, |a| a as f32)
}

/// `f64x2.convert_low_i32x4_s`.
#[inline(always)]
pub fn f64x2_convert_low_i32x4_s(a: V128) -> V128 {
    let a = <[i32; 4]>::from(a);
    from_fn::<f64, 2>(|i| a[i].into())
}

/// `f64x2.convert_low_i32x4_u`.
#[inline(always)]
pub fn f64x2_convert_low_i32x4_u(a: V128) -> V128 {
    let a = <[u32; 4]>::from(a);
    from_fn::<f64, 2>(|i| a[i].into())
}

/// `f32x4.demote_f64x2_zero`.
#[inline(always)]
pub fn f32x4_demote_f64x2_zero(a: V128) -> V128 {
    let [a, b] = <[f64; 2]>::from(a);
    [a as f32, b as f32, 0.0, 0.0].into()
}

/// `f64x2.promote_low_f32x4`.
#[inline(always)]
pub fn f64x2_promote_low_f32x4(a: V128) -> V128 {
    let a = <[f32; 4]>::from(a);
    from_fn::<f64, 2>(|i| a[i].into())
}
