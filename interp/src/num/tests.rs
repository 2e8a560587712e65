//! Corner cases of the numeric operators, by the specification's text.

use super::*;
use crate::trap::Trap;

const QUIET32: u32 = 0x0040_0000;
const QUIET64: u64 = 0x0008_0000_0000_0000;

#[test]
fn division_traps_and_wraps_as_specified() {
    assert_eq!(i32_div_s(i32::MIN, -1), Err(Trap::IntegerOverflow));
    assert_eq!(i32_div_s(1, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_div_s(i32::MIN, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_div_s(-7, 2), Ok(-3));
    assert_eq!(i32_div_u(-1, 2), Ok(0x7fff_ffff));
    assert_eq!(i32_div_u(i32::MIN, -1), Ok(0));
    assert_eq!(i32_div_u(0, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_rem_s(i32::MIN, -1), Ok(0));
    assert_eq!(i32_rem_s(-7, 2), Ok(-1));
    assert_eq!(i32_rem_s(-7, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i32_rem_u(-1, 10), Ok(5));
    assert_eq!(i32_rem_u(1, 0), Err(Trap::IntegerDivideByZero));
    assert_eq!(i64_div_s(i64::MIN, -1), Err(Trap::IntegerOverflow));
    assert_eq!(i64_div_s(i64::MIN, 2), Ok(i64::MIN / 2));
    assert_eq!(i64_div_u(-1, 1 << 32), Ok(0xffff_ffff));
    assert_eq!(i64_rem_s(i64::MIN, -1), Ok(0));
    assert_eq!(i64_rem_u(-1, 1 << 32), Ok(0xffff_ffff));
    assert_eq!(i64_rem_u(-1, 0), Err(Trap::IntegerDivideByZero));
}

/// What machines of 32 bits do is what the others do.
#[test]
fn signed_division_by_magnitudes_is_signed_division() {
    let near = |middle: i64| (-3..=3).map(move |step| middle.wrapping_add(step));
    let numbers =
        || [0, 1 << 31, 1 << 32, -1 << 32, i64::MAX, 1_000_000_007, -77_777_777_777].into_iter().flat_map(near);
    for a in numbers() {
        for b in numbers() {
            assert_eq!(int::quotient_of_magnitudes(a, b), i64_div_s(a, b), "{a} / {b}");
            assert_eq!(int::remainder_of_magnitudes(a, b), i64_rem_s(a, b), "{a} % {b}");
        }
    }
}

#[test]
fn shift_and_rotate_counts_are_taken_modulo_the_width() {
    assert_eq!(i32_shl(1, 33), 2);
    assert_eq!(i32_shl(1, -1), i32::MIN);
    assert_eq!(i32_shr_s(i32::MIN, 63), -1);
    assert_eq!(i32_shr_u(i32::MIN, 63), 1);
    assert_eq!(i32_rotl(0x8000_0001_u32 as i32, 33), 3);
    assert_eq!(i32_rotr(1, 33), i32::MIN);
    assert_eq!(i32_rotl(5, 0), 5);
    assert_eq!(i64_shl(1, 65), 2);
    assert_eq!(i64_shl(1, 1 << 32), 1);
    assert_eq!(i64_shr_s(i64::MIN, 127), -1);
    assert_eq!(i64_shr_u(i64::MIN, -1), 1);
    assert_eq!(i64_rotl(i64::MIN, 65), 1);
    assert_eq!(i64_rotr(1, -1), 2);
}

#[test]
fn bits_are_counted_and_extended() {
    assert_eq!((i32_clz(0), i32_ctz(0), i32_popcnt(-1)), (32, 32, 32));
    assert_eq!((i64_clz(0), i64_ctz(0), i64_popcnt(-1)), (64, 64, 64));
    assert_eq!((i32_clz(1), i64_ctz(i64::MIN)), (31, 63));
    assert_eq!((i32_extend8_s(0x180), i32_extend16_s(0x1_8000)), (-128, -32768));
    assert_eq!((i64_extend8_s(0x17f), i64_extend16_s(0x8000), i64_extend32_s(0x8000_0000)), (127, -32768, -1 << 31));
    assert_eq!((i64_extend_i32_s(-1), i64_extend_i32_u(-1), i32_wrap_i64(0x1_ffff_ffff)), (-1, 0xffff_ffff, -1));
}

#[test]
fn unsigned_comparison_differs_from_signed() {
    assert!(i32_lt_s(-1, 0) && !i32_lt_u(-1, 0) && i32_gt_u(-1, 0) && !i32_gt_s(-1, 0));
    assert!(i32_le_s(-1, -1) && i32_le_u(-1, -1) && i32_ge_s(0, -1) && !i32_ge_u(0, -1));
    assert!(i64_lt_s(-1, 0) && !i64_lt_u(-1, 0) && i64_gt_u(-1, 0) && !i64_gt_s(-1, 0));
    assert!(i64_le_s(-1, -1) && i64_le_u(-1, -1) && i64_ge_s(0, -1) && !i64_ge_u(0, -1));
    assert!(i32_eqz(0) && !i32_eqz(1) && i64_eqz(0) && !i64_eqz(1 << 32));
    assert!(i32_eq(3, 3) && i32_ne(3, 4) && i64_eq(3, 3) && i64_ne(3, 3 + (1 << 32)));
}

#[test]
fn wide_arithmetic_carries_between_the_halves() {
    assert_eq!(i64_add128(-1, 0, 1, 0), (0, 1));
    assert_eq!(i64_add128(-1, -1, 1, 0), (0, 0));
    assert_eq!(i64_sub128(0, 0, 1, 0), (-1, -1));
    assert_eq!(i64_sub128(0, 1, 1, 0), (-1, 0));
    assert_eq!(i64_mul_wide_s(-1, -1), (1, 0));
    assert_eq!(i64_mul_wide_s(i64::MIN, 2), (0, -1));
    assert_eq!(i64_mul_wide_u(-1, -1), (1, -2));
    assert_eq!(i64_mul_wide_u(i64::MIN, 2), (0, 1));
}

#[test]
fn minimum_and_maximum_order_zeros_and_propagate_nan() {
    let bits = |x: f32| x.to_bits();
    assert_eq!(bits(f32_min(0.0, -0.0)), bits(-0.0));
    assert_eq!(bits(f32_min(-0.0, 0.0)), bits(-0.0));
    assert_eq!(bits(f32_max(0.0, -0.0)), 0);
    assert_eq!(bits(f32_max(-0.0, 0.0)), 0);
    assert_eq!((f32_min(1.0, 2.0), f32_max(1.0, 2.0)), (1.0, 2.0));
    assert_eq!((f64_min(-1.0, f64::NEG_INFINITY), f64_max(-1.0, f64::INFINITY)), (f64::NEG_INFINITY, f64::INFINITY));
    assert_eq!(f64_min(-0.0, 0.0).to_bits(), 1 << 63);
    assert_eq!(f64_max(-0.0, 0.0).to_bits(), 0);
    let signalling = f32::from_bits(0x7fa0_0000);
    for (a, b) in [(f32::NAN, 1.0), (1.0, f32::NAN), (signalling, 1.0), (1.0, signalling)] {
        for result in [f32_min(a, b), f32_max(a, b)] {
            assert!(result.is_nan() && bits(result) & QUIET32 != 0);
        }
    }
    assert!(f64_min(f64::NAN, f64::NEG_INFINITY).is_nan() && f64_max(f64::INFINITY, f64::NAN).is_nan());
}

#[test]
fn sign_operators_keep_the_bits_of_a_nan() {
    for payload in [0x7fa0_0001, 0xffa0_0001, 0x7fc0_0000_u32] {
        let nan = f32::from_bits(payload);
        assert_eq!(f32_neg(nan).to_bits(), payload ^ 1 << 31);
        assert_eq!(f32_abs(nan).to_bits(), payload & !(1 << 31));
        assert_eq!(f32_copysign(nan, -0.0).to_bits(), payload | 1 << 31);
        assert_eq!(f32_copysign(1.0, nan).to_bits() & 1 << 31, payload & 1 << 31);
        assert_eq!(f32_canonicalize_nan(nan).to_bits(), 0x7fc0_0000);
    }
    let nan = f64::from_bits(0x7ff4_0000_0000_0001);
    assert_eq!(f64_neg(nan).to_bits(), 0xfff4_0000_0000_0001);
    assert_eq!(f64_abs(f64_neg(nan)).to_bits(), nan.to_bits());
    assert_eq!(f64_copysign(nan, -1.0).to_bits(), 0xfff4_0000_0000_0001);
    assert_eq!(f64_canonicalize_nan(nan).to_bits(), 0x7ff8_0000_0000_0000);
    assert_eq!(f64_canonicalize_nan(-0.0).to_bits(), 1 << 63);
}

#[test]
fn nearest_takes_ties_to_even_and_keeps_the_sign_of_zero() {
    for (x, expected) in [
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (-0.5, -0.0),
        (-1.5, -2.0),
        (4_503_599_627_370_497.5, 4_503_599_627_370_498.0),
    ] {
        assert_eq!(f64_nearest(x).to_bits(), f64::to_bits(expected), "{x}");
    }
    assert_eq!(f32_nearest(8_388_607.5), 8_388_608.0);
    assert_eq!(f32_ceil(-0.9).to_bits(), f32::to_bits(-0.0));
    assert_eq!(f32_floor(-0.1), -1.0);
    assert_eq!(f64_floor(-0.0).to_bits(), 1 << 63);
    assert_eq!(f64_trunc(-0.7).to_bits(), 1 << 63);
    assert_eq!(f64_ceil(f64::INFINITY), f64::INFINITY);
    assert_eq!(f64_sqrt(-0.0).to_bits(), 1 << 63);
    assert!(f64_sqrt(-1.0).is_nan());
    let signalling = f64::from_bits(0x7ff4_0000_0000_0000);
    for round in [f64_nearest, f64_ceil, f64_floor, f64_trunc, f64_sqrt] {
        assert!(round(core::hint::black_box(signalling)).to_bits() & QUIET64 != 0);
    }
}

#[test]
fn comparison_with_nan_is_false_but_for_ne() {
    let nan = f64::NAN;
    for compare in [f64_eq, f64_lt, f64_gt, f64_le, f64_ge] {
        assert!(!compare(nan, nan) && !compare(nan, 1.0) && !compare(1.0, nan));
    }
    assert!(f64_ne(nan, nan) && f32_ne(f32::NAN, 0.0) && f32_eq(0.0, -0.0) && f32_le(-0.0, 0.0));
}

/// The values right outside and right inside the range of each trapping truncation.
#[test]
fn truncation_traps_exactly_outside_the_range() {
    let overflow = Trap::IntegerOverflow;
    assert_eq!(i32_trunc_f32_s(2_147_483_648.0), Err(overflow));
    assert_eq!(i32_trunc_f32_s(2_147_483_520.0), Ok(2_147_483_520));
    assert_eq!(i32_trunc_f32_s(-2_147_483_648.0), Ok(i32::MIN));
    assert_eq!(i32_trunc_f32_s(-2_147_483_904.0), Err(overflow));
    assert_eq!(i32_trunc_f32_u(4_294_967_296.0), Err(overflow));
    assert_eq!(i32_trunc_f32_u(4_294_967_040.0), Ok(-256));
    assert_eq!(i32_trunc_f32_u(-0.999), Ok(0));
    assert_eq!(i32_trunc_f32_u(-1.0), Err(overflow));
    assert_eq!(i32_trunc_f64_s(2_147_483_647.9), Ok(i32::MAX));
    assert_eq!(i32_trunc_f64_s(2_147_483_648.0), Err(overflow));
    assert_eq!(i32_trunc_f64_s(-2_147_483_648.9), Ok(i32::MIN));
    assert_eq!(i32_trunc_f64_s(-2_147_483_649.0), Err(overflow));
    assert_eq!(i32_trunc_f64_u(4_294_967_295.9), Ok(-1));
    assert_eq!(i32_trunc_f64_u(4_294_967_296.0), Err(overflow));
    assert_eq!(i32_trunc_f64_u(-0.9), Ok(0));
    assert_eq!(i64_trunc_f32_s(9_223_371_487_098_961_920.0), Ok(9_223_371_487_098_961_920));
    assert_eq!(i64_trunc_f32_s(9_223_372_036_854_775_808.0), Err(overflow));
    assert_eq!(i64_trunc_f32_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN));
    assert_eq!(i64_trunc_f32_s(-9_223_373_136_366_403_584.0), Err(overflow));
    assert_eq!(i64_trunc_f32_u(18_446_742_974_197_923_840.0), Ok(-1_099_511_627_776));
    assert_eq!(i64_trunc_f32_u(18_446_744_073_709_551_616.0), Err(overflow));
    assert_eq!(i64_trunc_f64_s(9_223_372_036_854_774_784.0), Ok(9_223_372_036_854_774_784));
    assert_eq!(i64_trunc_f64_s(9_223_372_036_854_775_808.0), Err(overflow));
    assert_eq!(i64_trunc_f64_s(-9_223_372_036_854_775_808.0), Ok(i64::MIN));
    assert_eq!(i64_trunc_f64_s(-9_223_372_036_854_777_856.0), Err(overflow));
    assert_eq!(i64_trunc_f64_u(18_446_744_073_709_549_568.0), Ok(-2048));
    assert_eq!(i64_trunc_f64_u(18_446_744_073_709_551_616.0), Err(overflow));
    assert_eq!(i64_trunc_f64_u(-1.0), Err(overflow));
    assert_eq!(i64_trunc_f64_u(-0.0), Ok(0));
}

#[test]
fn truncation_of_nan_has_its_own_trap() {
    let nan = Trap::BadConversionToInteger;
    assert_eq!([i32_trunc_f32_s(f32::NAN), i32_trunc_f32_u(-f32::NAN)], [Err(nan); 2]);
    assert_eq!([i32_trunc_f64_s(f64::NAN), i32_trunc_f64_u(f64::NAN)], [Err(nan); 2]);
    assert_eq!([i64_trunc_f32_s(f32::NAN), i64_trunc_f32_u(f32::NAN)], [Err(nan); 2]);
    assert_eq!([i64_trunc_f64_s(f64::NAN), i64_trunc_f64_u(f64::NAN)], [Err(nan); 2]);
    assert_eq!(i32_trunc_f32_s(f32::INFINITY), Err(Trap::IntegerOverflow));
    assert_eq!(i64_trunc_f64_u(f64::NEG_INFINITY), Err(Trap::IntegerOverflow));
}

#[test]
fn saturating_truncation_saturates() {
    assert_eq!([i32_trunc_sat_f32_s(f32::NAN), i32_trunc_sat_f64_u(f64::NAN)], [0; 2]);
    assert_eq!([i32_trunc_sat_f32_s(f32::INFINITY), i32_trunc_sat_f64_s(1e10)], [i32::MAX; 2]);
    assert_eq!([i32_trunc_sat_f32_s(-1e10), i32_trunc_sat_f64_s(f64::NEG_INFINITY)], [i32::MIN; 2]);
    assert_eq!([i32_trunc_sat_f32_u(1e10), i32_trunc_sat_f64_u(f64::INFINITY)], [-1; 2]);
    assert_eq!([i32_trunc_sat_f32_u(-5.0), i32_trunc_sat_f64_u(-5.0)], [0; 2]);
    assert_eq!([i64_trunc_sat_f32_s(1e20), i64_trunc_sat_f64_s(1e20)], [i64::MAX; 2]);
    assert_eq!([i64_trunc_sat_f32_s(-1e20), i64_trunc_sat_f64_s(-1e20)], [i64::MIN; 2]);
    assert_eq!([i64_trunc_sat_f32_u(1e20), i64_trunc_sat_f64_u(1e20)], [-1; 2]);
    assert_eq!([i64_trunc_sat_f32_u(f32::NAN), i64_trunc_sat_f64_u(-1.0)], [0; 2]);
}

#[test]
fn conversion_rounds_to_nearest_even() {
    assert_eq!(f32_convert_i32_s(16_777_217), 16_777_216.0);
    assert_eq!(f32_convert_i32_s(16_777_219), 16_777_220.0);
    assert_eq!(f32_convert_i32_u(-1), 4_294_967_296.0);
    assert_eq!(f32_convert_i64_s(i64::MIN), -9_223_372_036_854_775_808.0);
    assert_eq!(f32_convert_i64_u(-1), 18_446_744_073_709_551_616.0);
    // A double rounding by way of f64 would give the value below.
    assert_eq!(f32_convert_i64_u(0x8000_0080_0000_0001_u64 as i64), 9_223_373_136_366_403_584.0);
    assert_eq!(f32_convert_i64_s(0x0020_0000_2000_0001), 9_007_200_328_482_816.0);
    assert_eq!(f64_convert_i32_u(-1), 4_294_967_295.0);
    assert_eq!(f64_convert_i32_s(-1), -1.0);
    assert_eq!(f64_convert_i64_s(9_007_199_254_740_993), 9_007_199_254_740_992.0);
    assert_eq!(f64_convert_i64_u(-1), 18_446_744_073_709_551_616.0);
}

#[test]
fn demotion_rounds_and_quiets() {
    assert_eq!(f32_demote_f64(1e39), f32::INFINITY);
    assert_eq!(f32_demote_f64(f64::from(f32::MAX)), f32::MAX);
    assert_eq!(f32_demote_f64(1.000_000_059_604_644_8), 1.0);
    assert_eq!(f32_demote_f64(-1e-50).to_bits(), 1 << 31);
    let signalling = core::hint::black_box(f64::from_bits(0x7ff4_0000_0000_0000));
    assert!(f32_demote_f64(signalling).to_bits() & QUIET32 != 0);
    let signalling = core::hint::black_box(f32::from_bits(0x7fa0_0000));
    assert!(f64_promote_f32(signalling).to_bits() & QUIET64 != 0);
    assert_eq!(f64_promote_f32(1e-45), 1.401_298_464_324_817e-45);
}

#[test]
fn reinterpretation_keeps_all_bits() {
    assert_eq!((i32_reinterpret_f32(-0.0), i64_reinterpret_f64(-0.0)), (i32::MIN, i64::MIN));
    assert_eq!(f32_reinterpret_i32(0x7fa0_0001).to_bits(), 0x7fa0_0001);
    assert_eq!(f64_reinterpret_i64(0x7ff4_0000_0000_0001).to_bits(), 0x7ff4_0000_0000_0001);
}
