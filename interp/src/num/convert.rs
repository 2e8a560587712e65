//! Conversions between the number types.
//!
//! Trapping truncation first compares with the range's open or closed bounds, which are exact in the float type; Rust's `as`
//! then truncates. Saturating truncation is Rust's `as`.

use crate::trap::Trap;

macro_rules! convert {
    ($($operator:literal $name:ident, |$a:ident: $from:ty| -> $to:ty { $e:expr };)*) => {
        $(
            #[doc = concat!("`", $operator, "`.")]
            #[inline(always)]
            pub fn $name($a: $from) -> $to {
                $e
            }
        )*
    };
}

macro_rules! truncate {
    ($($operator:literal $name:ident, $from:ty => $via:ty => $to:ty, |$a:ident| $in_range:expr;)*) => {
        $(
            #[doc = concat!("`", $operator, "`.\n\n# Errors\n`BadConversionToInteger` for a NaN, `IntegerOverflow` for a value out of range.")]
            #[inline(always)]
            pub fn $name($a: $from) -> Result<$to, Trap> {
                if $in_range {
                    Ok($a as $via as $to)
                } else if $a.is_nan() {
                    Err(Trap::BadConversionToInteger)
                } else {
                    Err(Trap::IntegerOverflow)
                }
            }
        )*
    };
}

convert! {
    "i32.wrap_i64" i32_wrap_i64, |a: i64| -> i32 { a as i32 };
    "i64.extend_i32_s" i64_extend_i32_s, |a: i32| -> i64 { i64::from(a) };
    "i64.extend_i32_u" i64_extend_i32_u, |a: i32| -> i64 { i64::from(a as u32) };
    "i32.trunc_sat_f32_s" i32_trunc_sat_f32_s, |a: f32| -> i32 { a as i32 };
    "i32.trunc_sat_f32_u" i32_trunc_sat_f32_u, |a: f32| -> i32 { a as u32 as i32 };
    "i32.trunc_sat_f64_s" i32_trunc_sat_f64_s, |a: f64| -> i32 { a as i32 };
    "i32.trunc_sat_f64_u" i32_trunc_sat_f64_u, |a: f64| -> i32 { a as u32 as i32 };
    "i64.trunc_sat_f32_s" i64_trunc_sat_f32_s, |a: f32| -> i64 { a as i64 };
    "i64.trunc_sat_f32_u" i64_trunc_sat_f32_u, |a: f32| -> i64 { a as u64 as i64 };
    "i64.trunc_sat_f64_s" i64_trunc_sat_f64_s, |a: f64| -> i64 { a as i64 };
    "i64.trunc_sat_f64_u" i64_trunc_sat_f64_u, |a: f64| -> i64 { a as u64 as i64 };
    "f32.convert_i32_s" f32_convert_i32_s, |a: i32| -> f32 { a as f32 };
    "f32.convert_i32_u" f32_convert_i32_u, |a: i32| -> f32 { a as u32 as f32 };
    "f32.convert_i64_s" f32_convert_i64_s, |a: i64| -> f32 { a as f32 };
    "f32.convert_i64_u" f32_convert_i64_u, |a: i64| -> f32 { a as u64 as f32 };
    "f64.convert_i32_s" f64_convert_i32_s, |a: i32| -> f64 { f64::from(a) };
    "f64.convert_i32_u" f64_convert_i32_u, |a: i32| -> f64 { f64::from(a as u32) };
    "f64.convert_i64_s" f64_convert_i64_s, |a: i64| -> f64 { a as f64 };
    "f64.convert_i64_u" f64_convert_i64_u, |a: i64| -> f64 { a as u64 as f64 };
    "f32.demote_f64" f32_demote_f64, |a: f64| -> f32 { a as f32 };
    "f64.promote_f32" f64_promote_f32, |a: f32| -> f64 { quiet(f64::from(a)) };
    "i32.reinterpret_f32" i32_reinterpret_f32, |a: f32| -> i32 { a.to_bits() as i32 };
    "i64.reinterpret_f64" i64_reinterpret_f64, |a: f64| -> i64 { a.to_bits() as i64 };
    "f32.reinterpret_i32" f32_reinterpret_i32, |a: i32| -> f32 { f32::from_bits(a as u32) };
    "f64.reinterpret_i64" f64_reinterpret_i64, |a: i64| -> f64 { f64::from_bits(a as u64) };
}

/// Whether the processor converts and makes NaNs quiet. The software that stands in for it elsewhere keeps a signalling NaN: found on a
/// Cortex-M4F by the specification's `conversions.wast`, compiler-builtins of Rust 1.96.
const QUIETS: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// The number; a NaN with the top bit of its payload set.
#[inline(always)]
fn quiet(a: f64) -> f64 {
    if QUIETS || !a.is_nan() { a } else { f64::from_bits(a.to_bits() | 1 << 51) }
}

// -2^31 - 1 is exact in f64 but not in f32, where the next value below -2^31 is far off: hence `>` there and `>=` here.
truncate! {
    "i32.trunc_f32_s" i32_trunc_f32_s, f32 => i32 => i32, |a| (-2_147_483_648.0..2_147_483_648.0).contains(&a);
    "i32.trunc_f32_u" i32_trunc_f32_u, f32 => u32 => i32, |a| a > -1.0 && a < 4_294_967_296.0;
    "i32.trunc_f64_s" i32_trunc_f64_s, f64 => i32 => i32, |a| a > -2_147_483_649.0 && a < 2_147_483_648.0;
    "i32.trunc_f64_u" i32_trunc_f64_u, f64 => u32 => i32, |a| a > -1.0 && a < 4_294_967_296.0;
    "i64.trunc_f32_s" i64_trunc_f32_s, f32 => i64 => i64, |a| (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&a);
    "i64.trunc_f32_u" i64_trunc_f32_u, f32 => u64 => i64, |a| a > -1.0 && a < 18_446_744_073_709_551_616.0;
    "i64.trunc_f64_s" i64_trunc_f64_s, f64 => i64 => i64, |a| (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&a);
    "i64.trunc_f64_u" i64_trunc_f64_u, f64 => u64 => i64, |a| a > -1.0 && a < 18_446_744_073_709_551_616.0;
}
