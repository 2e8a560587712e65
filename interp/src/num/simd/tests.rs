//! What a target has in the place of a portable function does the same, NaNs aside, which may be any that the specification allows.

extern crate std;

use super::{V128, portable};
use std::vec::Vec;

/// Vectors at the edges of every kind of lane, and many others.
fn vectors() -> Vec<V128> {
    let (mut state, mut vectors) = (0x9e37_79b9_7f4a_7c15_u64, Vec::new());
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let floats = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        0.49999997,
        8388607.5,
        8388608.0,
        -8388609.0,
        2147483520.0,
        2147483648.0,
        4294967040.0,
        4294967296.0,
        -2147483648.0,
        -2147483904.0,
        -1.0,
        1e30,
        -1e30,
        1e-40,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::from_bits(0x7fa0_0000),
        f32::from_bits(0xffc0_0001),
    ];
    let doubles = [
        0.0,
        -0.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        0.499_999_999_999_999_94,
        4503599627370495.5,
        4503599627370496.0,
        2147483647.5,
        2147483648.0,
        4294967295.9,
        4294967296.0,
        -2147483648.9,
        -2147483649.0,
        1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        f64::from_bits(0x7ff4_0000_0000_0000),
        -1.0,
        0.99,
    ];
    for _ in 0..60 {
        let mut pick = |n: usize| (next() >> 33) as usize % n;
        vectors.push(V128::from([0; 4].map(|_: u8| floats[pick(floats.len())])));
        vectors.push(V128::from([0; 2].map(|_: u8| doubles[pick(doubles.len())])));
        vectors.push(V128::from([0; 16].map(|_: u8| [0_u8, 1, 15, 16, 127, 128, 255, pick(256) as u8][pick(8)])));
        vectors.push(V128::from([0; 2].map(|_: u8| next())));
    }
    vectors.extend([V128::ZERO, [u64::MAX; 2].into(), [0, 1_u64].into(), [1 << 63, 0_u64].into()]);
    vectors
}

#[derive(Clone, Copy, PartialEq)]
enum Lanes {
    Bits,
    F32,
    F64,
}

fn same(a: V128, b: V128, lanes: Lanes) -> bool {
    let is_quiet32 = |bits: u32| f32::from_bits(bits).is_nan() && bits & 0x0040_0000 != 0;
    let is_quiet64 = |bits: u64| f64::from_bits(bits).is_nan() && bits & 0x0008_0000_0000_0000 != 0;
    match lanes {
        Lanes::Bits => a == b,
        Lanes::F32 => {
            let (a, b) = (<[u32; 4]>::from(a), <[u32; 4]>::from(b));
            a.iter().zip(b).all(|(a, b)| *a == b || is_quiet32(*a) && is_quiet32(b))
        }
        Lanes::F64 => {
            let (a, b) = (<[u64; 2]>::from(a), <[u64; 2]>::from(b));
            a.iter().zip(b).all(|(a, b)| *a == b || is_quiet64(*a) && is_quiet64(b))
        }
    }
}

macro_rules! agree { ($($name:ident $lanes:ident: $($operand:ident)*;)*) => { $(
    let is_same = |$($operand: V128),*| same(super::$name($($operand),*), portable::$name($($operand),*), Lanes::$lanes);
    agree!(@check $name is_same $($operand)*);
)* };
    (@check $name:ident $is_same:ident $a:ident) => {
        for a in vectors() { assert!($is_same(a), "{} {a:?}", stringify!($name)); }
    };
    (@check $name:ident $is_same:ident $a:ident $b:ident) => {
        let all = vectors();
        for (i, a) in all.iter().enumerate() {
            for b in all.iter().skip(i % 7).step_by(7) { assert!($is_same(*a, *b), "{} {a:?} {b:?}", stringify!($name)); }
        }
    };
}

#[test]
fn functions_of_the_target_are_the_portable_ones() {
    agree! {
        f32x4_ceil F32: a; f32x4_floor F32: a; f32x4_trunc F32: a; f32x4_nearest F32: a;
        f64x2_ceil F64: a; f64x2_floor F64: a; f64x2_trunc F64: a; f64x2_nearest F64: a;
        f32x4_sqrt F32: a; f64x2_sqrt F64: a;
        f32x4_min F32: a b; f32x4_max F32: a b; f32x4_pmin Bits: a b; f32x4_pmax Bits: a b;
        f64x2_min F64: a b; f64x2_max F64: a b; f64x2_pmin Bits: a b; f64x2_pmax Bits: a b;
        f32x4_eq Bits: a b; f32x4_ne Bits: a b; f32x4_lt Bits: a b; f32x4_le Bits: a b;
        f64x2_eq Bits: a b; f64x2_ne Bits: a b; f64x2_lt Bits: a b; f64x2_le Bits: a b;
        i32x4_trunc_sat_f32x4_s Bits: a; i32x4_trunc_sat_f32x4_u Bits: a;
        i32x4_trunc_sat_f64x2_s_zero Bits: a; i32x4_trunc_sat_f64x2_u_zero Bits: a;
        i8x16_swizzle Bits: a b;
    }
    for a in vectors() {
        assert_eq!(super::v128_any_true(a), portable::v128_any_true(a), "{a:?}");
        assert_eq!(super::i8x16_all_true(a), portable::i8x16_all_true(a), "{a:?}");
        assert_eq!(super::i16x8_all_true(a), portable::i16x8_all_true(a), "{a:?}");
        assert_eq!(super::i32x4_all_true(a), portable::i32x4_all_true(a), "{a:?}");
        assert_eq!(super::i8x16_bitmask(a), portable::i8x16_bitmask(a), "{a:?}");
        assert_eq!(super::i16x8_bitmask(a), portable::i16x8_bitmask(a), "{a:?}");
        assert_eq!(super::i32x4_bitmask(a), portable::i32x4_bitmask(a), "{a:?}");
        assert_eq!(super::i64x2_bitmask(a), portable::i64x2_bitmask(a), "{a:?}");
        for lane in 0..16 {
            let value = 0x1234_5678_9abc_def0_i64;
            let (narrow, single, double) = (value as i32, f32::from_bits(value as u32), f64::from_bits(value as u64));
            assert_eq!(super::i8x16_replace_lane(a, lane, narrow), portable::i8x16_replace_lane(a, lane, narrow));
            assert_eq!(super::i16x8_replace_lane(a, lane, narrow), portable::i16x8_replace_lane(a, lane, narrow));
            assert_eq!(super::i32x4_replace_lane(a, lane, narrow), portable::i32x4_replace_lane(a, lane, narrow));
            assert_eq!(super::i64x2_replace_lane(a, lane, value), portable::i64x2_replace_lane(a, lane, value));
            assert_eq!(super::f32x4_replace_lane(a, lane, single), portable::f32x4_replace_lane(a, lane, single));
            assert_eq!(super::f64x2_replace_lane(a, lane, double), portable::f64x2_replace_lane(a, lane, double));
        }
    }
    let all = vectors();
    for (i, a) in all.iter().enumerate() {
        let (b, lanes) = (all[(i + 5) % all.len()], super::v128_and(all[(i * 31) % all.len()], [31_u8; 16].into()));
        assert_eq!(super::i8x16_shuffle(*a, b, lanes), portable::i8x16_shuffle(*a, b, lanes), "{a:?} {b:?} {lanes:?}");
    }
}
