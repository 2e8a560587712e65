//! Operators on lanes of integers, and on all bits.

use super::vector::{V128, from_fn, map, zip};

/// All ones or all zeros.
macro_rules! mask {
    ($holds:expr) => {
        if $holds { -1 } else { 0 }
    };
}

macro_rules! binary { ($($operator:literal $name:ident [$lane:ty; $count:literal] |$a:ident, $b:ident| $value:expr;)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, b: V128) -> V128 {
        zip::<$lane, _, $count>(a, b, |$a, $b| $value)
    }
)* } }

macro_rules! unary { ($($operator:literal $name:ident [$lane:ty; $count:literal] |$a:ident| $value:expr;)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128) -> V128 {
        map::<$lane, _, $count>(a, |$a| $value)
    }
)* } }

macro_rules! shift { ($($operator:literal $name:ident [$lane:ty; $count:literal] |$a:ident, $b:ident| $value:expr;)*) => { $(
    #[doc = concat!("`", $operator, "`: by the amount modulo the width of a lane.")]
    #[inline(always)]
    pub fn $name(a: V128, b: i32) -> V128 {
        let $b = b as u32 & (<$lane>::BITS - 1);
        map::<$lane, _, $count>(a, |$a| $value)
    }
)* } }

macro_rules! all_true { ($($operator:literal $name:ident [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`: whether no lane is zero.")]
    #[inline(always)]
    pub fn $name(a: V128) -> bool {
        let zeros = map::<$lane, _, $count>(a, |a| mask!(a == 0) as $lane);
        u128::from(zeros) == 0
    }
)* } }

macro_rules! bitmask { ($($operator:literal $name:ident [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`: the sign of each lane as a bit.")]
    #[inline(always)]
    pub fn $name(a: V128) -> i32 {
        let lanes = <[$lane; $count]>::from(a);
        (0..$count).fold(0, |bits, i| bits | i32::from(lanes[i] < 0) << i)
    }
)* } }

/// The halves of a vector's lanes as lanes twice as wide.
macro_rules! extend { ($($operator:literal $name:ident [$from:ty; $first:literal..] -> [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128) -> V128 {
        let a = <[$from; 2 * $count]>::from(a);
        from_fn::<$lane, $count>(|i| a[$first + i].into())
    }
)* } }

macro_rules! extmul { ($($operator:literal $name:ident [$from:ty; $first:literal..] -> [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, b: V128) -> V128 {
        let (a, b) = (<[$from; 2 * $count]>::from(a), <[$from; 2 * $count]>::from(b));
        from_fn::<$lane, $count>(|i| <$lane>::from(a[$first + i]).wrapping_mul(b[$first + i].into()))
    }
)* } }

macro_rules! extadd { ($($operator:literal $name:ident $from:ty => [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`: sums of neighbours.")]
    #[inline(always)]
    pub fn $name(a: V128) -> V128 {
        let a = <[$from; 2 * $count]>::from(a);
        from_fn::<$lane, $count>(|i| <$lane>::from(a[2 * i]) + <$lane>::from(a[2 * i + 1]))
    }
)* } }

/// Lanes of both vectors, half as wide, saturated.
macro_rules! narrow { ($($operator:literal $name:ident $from:ty => [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, b: V128) -> V128 {
        let (a, b) = (<[$from; $count / 2]>::from(a), <[$from; $count / 2]>::from(b));
        from_fn::<$lane, $count>(|i| {
            let wide = if i < $count / 2 { a[i] } else { b[i - $count / 2] };
            wide.clamp(<$lane>::MIN.into(), <$lane>::MAX.into()) as $lane
        })
    }
)* } }

// All bits.

/// `v128.not`.
#[inline(always)]
pub fn v128_not(a: V128) -> V128 {
    map::<u64, _, 2>(a, |a| !a)
}

/// `v128.any_true`.
#[inline(always)]
pub fn v128_any_true(a: V128) -> bool {
    u128::from(a) != 0
}

/// `v128.bitselect`: bits of `a` where `mask` has ones, of `b` elsewhere.
#[inline(always)]
pub fn v128_bitselect(a: V128, b: V128, mask: V128) -> V128 {
    let (a, b, mask) = (<[u64; 2]>::from(a), <[u64; 2]>::from(b), <[u64; 2]>::from(mask));
    from_fn::<u64, 2>(|i| a[i] & mask[i] | b[i] & !mask[i])
}

binary! {
    "v128.and" v128_and [u64; 2] |a, b| a & b;
    "v128.andnot" v128_andnot [u64; 2] |a, b| a & !b;
    "v128.or" v128_or [u64; 2] |a, b| a | b;
    "v128.xor" v128_xor [u64; 2] |a, b| a ^ b;
    // Lanes of 8 bits.
    "i8x16.add" i8x16_add [u8; 16] |a, b| a.wrapping_add(b);
    "i8x16.add_sat_s" i8x16_add_sat_s [i8; 16] |a, b| a.saturating_add(b);
    "i8x16.add_sat_u" i8x16_add_sat_u [u8; 16] |a, b| a.saturating_add(b);
    "i8x16.sub" i8x16_sub [u8; 16] |a, b| a.wrapping_sub(b);
    "i8x16.sub_sat_s" i8x16_sub_sat_s [i8; 16] |a, b| a.saturating_sub(b);
    "i8x16.sub_sat_u" i8x16_sub_sat_u [u8; 16] |a, b| a.saturating_sub(b);
    "i8x16.min_s" i8x16_min_s [i8; 16] |a, b| a.min(b);
    "i8x16.min_u" i8x16_min_u [u8; 16] |a, b| a.min(b);
    "i8x16.max_s" i8x16_max_s [i8; 16] |a, b| a.max(b);
    "i8x16.max_u" i8x16_max_u [u8; 16] |a, b| a.max(b);
    "i8x16.avgr_u" i8x16_avgr_u [u8; 16] |a, b| ((u16::from(a) + u16::from(b) + 1) >> 1) as u8;
    "i8x16.eq" i8x16_eq [i8; 16] |a, b| mask!(a == b) as i8;
    "i8x16.ne" i8x16_ne [i8; 16] |a, b| mask!(a != b) as i8;
    "i8x16.lt_s" i8x16_lt_s [i8; 16] |a, b| mask!(a < b) as i8;
    "i8x16.lt_u" i8x16_lt_u [u8; 16] |a, b| mask!(a < b) as i8;
    "i8x16.le_s" i8x16_le_s [i8; 16] |a, b| mask!(a <= b) as i8;
    "i8x16.le_u" i8x16_le_u [u8; 16] |a, b| mask!(a <= b) as i8;
    // Lanes of 16 bits.
    "i16x8.add" i16x8_add [u16; 8] |a, b| a.wrapping_add(b);
    "i16x8.add_sat_s" i16x8_add_sat_s [i16; 8] |a, b| a.saturating_add(b);
    "i16x8.add_sat_u" i16x8_add_sat_u [u16; 8] |a, b| a.saturating_add(b);
    "i16x8.sub" i16x8_sub [u16; 8] |a, b| a.wrapping_sub(b);
    "i16x8.sub_sat_s" i16x8_sub_sat_s [i16; 8] |a, b| a.saturating_sub(b);
    "i16x8.sub_sat_u" i16x8_sub_sat_u [u16; 8] |a, b| a.saturating_sub(b);
    "i16x8.mul" i16x8_mul [u16; 8] |a, b| a.wrapping_mul(b);
    "i16x8.min_s" i16x8_min_s [i16; 8] |a, b| a.min(b);
    "i16x8.min_u" i16x8_min_u [u16; 8] |a, b| a.min(b);
    "i16x8.max_s" i16x8_max_s [i16; 8] |a, b| a.max(b);
    "i16x8.max_u" i16x8_max_u [u16; 8] |a, b| a.max(b);
    "i16x8.avgr_u" i16x8_avgr_u [u16; 8] |a, b| ((u32::from(a) + u32::from(b) + 1) >> 1) as u16;
    "i16x8.q15mulr_sat_s" i16x8_q15mulr_sat_s [i16; 8] |a, b| {
        ((i32::from(a) * i32::from(b) + 0x4000) >> 15).min(i16::MAX.into()) as i16
    };
    "i16x8.eq" i16x8_eq [i16; 8] |a, b| mask!(a == b) as i16;
    "i16x8.ne" i16x8_ne [i16; 8] |a, b| mask!(a != b) as i16;
    "i16x8.lt_s" i16x8_lt_s [i16; 8] |a, b| mask!(a < b) as i16;
    "i16x8.lt_u" i16x8_lt_u [u16; 8] |a, b| mask!(a < b) as i16;
    "i16x8.le_s" i16x8_le_s [i16; 8] |a, b| mask!(a <= b) as i16;
    "i16x8.le_u" i16x8_le_u [u16; 8] |a, b| mask!(a <= b) as i16;
    // Lanes of 32 bits.
    "i32x4.add" i32x4_add [u32; 4] |a, b| a.wrapping_add(b);
    "i32x4.sub" i32x4_sub [u32; 4] |a, b| a.wrapping_sub(b);
    "i32x4.mul" i32x4_mul [u32; 4] |a, b| a.wrapping_mul(b);
    "i32x4.min_s" i32x4_min_s [i32; 4] |a, b| a.min(b);
    "i32x4.min_u" i32x4_min_u [u32; 4] |a, b| a.min(b);
    "i32x4.max_s" i32x4_max_s [i32; 4] |a, b| a.max(b);
    "i32x4.max_u" i32x4_max_u [u32; 4] |a, b| a.max(b);
    "i32x4.eq" i32x4_eq [i32; 4] |a, b| mask!(a == b);
    "i32x4.ne" i32x4_ne [i32; 4] |a, b| mask!(a != b);
    "i32x4.lt_s" i32x4_lt_s [i32; 4] |a, b| mask!(a < b);
    "i32x4.lt_u" i32x4_lt_u [u32; 4] |a, b| mask!(a < b);
    "i32x4.le_s" i32x4_le_s [i32; 4] |a, b| mask!(a <= b);
    "i32x4.le_u" i32x4_le_u [u32; 4] |a, b| mask!(a <= b);
    // Lanes of 64 bits.
    "i64x2.add" i64x2_add [u64; 2] |a, b| a.wrapping_add(b);
    "i64x2.sub" i64x2_sub [u64; 2] |a, b| a.wrapping_sub(b);
    "i64x2.mul" i64x2_mul [u64; 2] |a, b| a.wrapping_mul(b);
    "i64x2.eq" i64x2_eq [i64; 2] |a, b| mask!(a == b) as i64;
    "i64x2.ne" i64x2_ne [i64; 2] |a, b| mask!(a != b) as i64;
    "i64x2.lt_s" i64x2_lt_s [i64; 2] |a, b| mask!(a < b) as i64;
    "i64x2.le_s" i64x2_le_s [i64; 2] |a, b| mask!(a <= b) as i64;
}

unary! {
    "i8x16.abs" i8x16_abs [i8; 16] |a| a.wrapping_abs();
    "i8x16.neg" i8x16_neg [i8; 16] |a| a.wrapping_neg();
    "i8x16.popcnt" i8x16_popcnt [u8; 16] |a| a.count_ones() as u8;
    "i16x8.abs" i16x8_abs [i16; 8] |a| a.wrapping_abs();
    "i16x8.neg" i16x8_neg [i16; 8] |a| a.wrapping_neg();
    "i32x4.abs" i32x4_abs [i32; 4] |a| a.wrapping_abs();
    "i32x4.neg" i32x4_neg [i32; 4] |a| a.wrapping_neg();
    "i64x2.abs" i64x2_abs [i64; 2] |a| a.wrapping_abs();
    "i64x2.neg" i64x2_neg [i64; 2] |a| a.wrapping_neg();
}

/// Lanes rotated to the left, by the amount modulo their width: `i32x4.shl` and `i32x4.shr_u` united.
#[inline(always)]
pub fn i32x4_rotl(a: V128, b: i32) -> V128 {
    v128_or(i32x4_shl(a, b), i32x4_shr_u(a, b.wrapping_neg()))
}

shift! {
    "i8x16.shl" i8x16_shl [u8; 16] |a, b| a << b;
    "i8x16.shr_s" i8x16_shr_s [i8; 16] |a, b| a >> b;
    "i8x16.shr_u" i8x16_shr_u [u8; 16] |a, b| a >> b;
    "i16x8.shl" i16x8_shl [u16; 8] |a, b| a << b;
    "i16x8.shr_s" i16x8_shr_s [i16; 8] |a, b| a >> b;
    "i16x8.shr_u" i16x8_shr_u [u16; 8] |a, b| a >> b;
    "i32x4.shl" i32x4_shl [u32; 4] |a, b| a << b;
    "i32x4.shr_s" i32x4_shr_s [i32; 4] |a, b| a >> b;
    "i32x4.shr_u" i32x4_shr_u [u32; 4] |a, b| a >> b;
    "i64x2.shl" i64x2_shl [u64; 2] |a, b| a << b;
    "i64x2.shr_s" i64x2_shr_s [i64; 2] |a, b| a >> b;
    "i64x2.shr_u" i64x2_shr_u [u64; 2] |a, b| a >> b;
}

all_true! {
    "i8x16.all_true" i8x16_all_true [i8; 16];
    "i16x8.all_true" i16x8_all_true [i16; 8];
    "i32x4.all_true" i32x4_all_true [i32; 4];
    "i64x2.all_true" i64x2_all_true [i64; 2];
}

bitmask! {
    "i8x16.bitmask" i8x16_bitmask [i8; 16];
    "i16x8.bitmask" i16x8_bitmask [i16; 8];
    "i32x4.bitmask" i32x4_bitmask [i32; 4];
    "i64x2.bitmask" i64x2_bitmask [i64; 2];
}

extend! {
    "i16x8.extend_low_i8x16_s" i16x8_extend_low_i8x16_s [i8; 0..] -> [i16; 8];
    "i16x8.extend_high_i8x16_s" i16x8_extend_high_i8x16_s [i8; 8..] -> [i16; 8];
    "i16x8.extend_low_i8x16_u" i16x8_extend_low_i8x16_u [u8; 0..] -> [u16; 8];
    "i16x8.extend_high_i8x16_u" i16x8_extend_high_i8x16_u [u8; 8..] -> [u16; 8];
    "i32x4.extend_low_i16x8_s" i32x4_extend_low_i16x8_s [i16; 0..] -> [i32; 4];
    "i32x4.extend_high_i16x8_s" i32x4_extend_high_i16x8_s [i16; 4..] -> [i32; 4];
    "i32x4.extend_low_i16x8_u" i32x4_extend_low_i16x8_u [u16; 0..] -> [u32; 4];
    "i32x4.extend_high_i16x8_u" i32x4_extend_high_i16x8_u [u16; 4..] -> [u32; 4];
    "i64x2.extend_low_i32x4_s" i64x2_extend_low_i32x4_s [i32; 0..] -> [i64; 2];
    "i64x2.extend_high_i32x4_s" i64x2_extend_high_i32x4_s [i32; 2..] -> [i64; 2];
    "i64x2.extend_low_i32x4_u" i64x2_extend_low_i32x4_u [u32; 0..] -> [u64; 2];
    "i64x2.extend_high_i32x4_u" i64x2_extend_high_i32x4_u [u32; 2..] -> [u64; 2];
}

extmul! {
    "i16x8.extmul_low_i8x16_s" i16x8_extmul_low_i8x16_s [i8; 0..] -> [i16; 8];
    "i16x8.extmul_high_i8x16_s" i16x8_extmul_high_i8x16_s [i8; 8..] -> [i16; 8];
    "i16x8.extmul_low_i8x16_u" i16x8_extmul_low_i8x16_u [u8; 0..] -> [u16; 8];
    "i16x8.extmul_high_i8x16_u" i16x8_extmul_high_i8x16_u [u8; 8..] -> [u16; 8];
    "i32x4.extmul_low_i16x8_s" i32x4_extmul_low_i16x8_s [i16; 0..] -> [i32; 4];
    "i32x4.extmul_high_i16x8_s" i32x4_extmul_high_i16x8_s [i16; 4..] -> [i32; 4];
    "i32x4.extmul_low_i16x8_u" i32x4_extmul_low_i16x8_u [u16; 0..] -> [u32; 4];
    "i32x4.extmul_high_i16x8_u" i32x4_extmul_high_i16x8_u [u16; 4..] -> [u32; 4];
    "i64x2.extmul_low_i32x4_s" i64x2_extmul_low_i32x4_s [i32; 0..] -> [i64; 2];
    "i64x2.extmul_high_i32x4_s" i64x2_extmul_high_i32x4_s [i32; 2..] -> [i64; 2];
    "i64x2.extmul_low_i32x4_u" i64x2_extmul_low_i32x4_u [u32; 0..] -> [u64; 2];
    "i64x2.extmul_high_i32x4_u" i64x2_extmul_high_i32x4_u [u32; 2..] -> [u64; 2];
}

extadd! {
    "i16x8.extadd_pairwise_i8x16_s" i16x8_extadd_pairwise_i8x16_s i8 => [i16; 8];
    "i16x8.extadd_pairwise_i8x16_u" i16x8_extadd_pairwise_i8x16_u u8 => [u16; 8];
    "i32x4.extadd_pairwise_i16x8_s" i32x4_extadd_pairwise_i16x8_s i16 => [i32; 4];
    "i32x4.extadd_pairwise_i16x8_u" i32x4_extadd_pairwise_i16x8_u u16 => [u32; 4];
}

narrow! {
    "i8x16.narrow_i16x8_s" i8x16_narrow_i16x8_s i16 => [i8; 16];
    "i8x16.narrow_i16x8_u" i8x16_narrow_i16x8_u i16 => [u8; 16];
    "i16x8.narrow_i32x4_s" i16x8_narrow_i32x4_s i32 => [i16; 8];
    "i16x8.narrow_i32x4_u" i16x8_narrow_i32x4_u i32 => [u16; 8];
}

/// `i32x4.dot_i16x8_s`: sums of the products of neighbours; only -32768 four times overflows, and wraps.
#[inline(always)]
pub fn i32x4_dot_i16x8_s(a: V128, b: V128) -> V128 {
    let (a, b) = (<[i16; 8]>::from(a), <[i16; 8]>::from(b));
    let product = |i: usize| i32::from(a[i]) * i32::from(b[i]);
    from_fn::<i32, 4>(|i| product(2 * i).wrapping_add(product(2 * i + 1)))
}

/// `i16x8.relaxed_dot_i8x16_i7x16_s`: both operands signed, the sum of two products saturated, as in the deterministic profile.
#[inline(always)]
pub fn i16x8_relaxed_dot_i8x16_i7x16_s(a: V128, b: V128) -> V128 {
    let (a, b) = (<[i8; 16]>::from(a), <[i8; 16]>::from(b));
    let product = |i: usize| i16::from(a[i]) * i16::from(b[i]);
    from_fn::<i16, 8>(|i| product(2 * i).saturating_add(product(2 * i + 1)))
}
