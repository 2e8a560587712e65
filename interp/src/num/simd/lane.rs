//! Operators that move lanes: splat, extract, replace, shuffle, swizzle. The number of a lane counts modulo how many there are, that of
//! a shuffle modulo 32: the validator allows no other, and so nothing here has to be checked.

use super::vector::{V128, from_fn};

macro_rules! splat { ($($operator:literal $name:ident $value:ty => [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: $value) -> V128 {
        [a as $lane; $count].into()
    }
)* } }
splat! {
    "i8x16.splat" i8x16_splat i32 => [u8; 16];
    "i16x8.splat" i16x8_splat i32 => [u16; 8];
    "i32x4.splat" i32x4_splat i32 => [i32; 4];
    "i64x2.splat" i64x2_splat i64 => [i64; 2];
    "f32x4.splat" f32x4_splat f32 => [f32; 4];
    "f64x2.splat" f64x2_splat f64 => [f64; 2];
}

macro_rules! extract { ($($operator:literal $name:ident [$lane:ty; $count:literal] -> $value:ty;)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, lane: u16) -> $value {
        <[$lane; $count]>::from(a)[usize::from(lane) % $count].into()
    }
)* } }
extract! {
    "i8x16.extract_lane_s" i8x16_extract_lane_s [i8; 16] -> i32;
    "i8x16.extract_lane_u" i8x16_extract_lane_u [u8; 16] -> i32;
    "i16x8.extract_lane_s" i16x8_extract_lane_s [i16; 8] -> i32;
    "i16x8.extract_lane_u" i16x8_extract_lane_u [u16; 8] -> i32;
    "i32x4.extract_lane" i32x4_extract_lane [i32; 4] -> i32;
    "i64x2.extract_lane" i64x2_extract_lane [i64; 2] -> i64;
    "f32x4.extract_lane" f32x4_extract_lane [f32; 4] -> f32;
    "f64x2.extract_lane" f64x2_extract_lane [f64; 2] -> f64;
}

macro_rules! replace { ($($operator:literal $name:ident $value:ty => [$lane:ty; $count:literal];)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, lane: u16, value: $value) -> V128 {
        // A choice lane by lane: a vector written in part would be read back late.
        let (lanes, lane) = (<[$lane; $count]>::from(a), usize::from(lane) % $count);
        from_fn::<$lane, $count>(|i| if i == lane { value as $lane } else { lanes[i] })
    }
)* } }
replace! {
    "i8x16.replace_lane" i8x16_replace_lane i32 => [u8; 16];
    "i16x8.replace_lane" i16x8_replace_lane i32 => [u16; 8];
    "i32x4.replace_lane" i32x4_replace_lane i32 => [i32; 4];
    "i64x2.replace_lane" i64x2_replace_lane i64 => [i64; 2];
    "f32x4.replace_lane" f32x4_replace_lane f32 => [f32; 4];
    "f64x2.replace_lane" f64x2_replace_lane f64 => [f64; 2];
}

/// `i8x16.swizzle`: bytes of `a` by the numbers in `b`, zero for numbers from 16 on.
#[inline(always)]
pub fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    let (a, b) = (<[u8; 16]>::from(a), <[u8; 16]>::from(b));
    from_fn::<u8, 16>(|i| if b[i] < 16 { a[usize::from(b[i] % 16)] } else { 0 })
}

/// `i8x16.shuffle`: bytes of `a` and `b`, one behind the other, by number.
#[inline(always)]
pub fn i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 {
    let (a, b, lanes) = (<[u8; 16]>::from(a), <[u8; 16]>::from(b), <[u8; 16]>::from(lanes));
    from_fn::<u8, 16>(|i| {
        let from = usize::from(lanes[i] % 16);
        if lanes[i] & 16 == 0 { a[from] } else { b[from] }
    })
}
