//! Operators whose portable form does not become good code on AArch64: vector instructions by name.
//!
//! What is not here the compiler finds itself.

use super::vector::V128;
use core::arch::aarch64::*;

/// Functions in whose bodies vector instructions are named.
macro_rules! native { ($($operator:literal $name:ident($($operand:ident),*) -> $result:ty $body:block)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name($($operand: V128),*) -> $result {
        // SAFETY: this file is compiled for targets that have these instructions only.
        unsafe { $body }
    }
)* } }

#[inline(always)]
fn f32s(a: V128) -> float32x4_t {
    // SAFETY: as in `native`.
    unsafe { vreinterpretq_f32_u8(a.0) }
}

#[inline(always)]
fn f64s(a: V128) -> float64x2_t {
    // SAFETY: as in `native`.
    unsafe { vreinterpretq_f64_u8(a.0) }
}

#[inline(always)]
fn of_f32s(a: float32x4_t) -> V128 {
    // SAFETY: as in `native`.
    V128(unsafe { vreinterpretq_u8_f32(a) })
}

#[inline(always)]
fn of_f64s(a: float64x2_t) -> V128 {
    // SAFETY: as in `native`.
    V128(unsafe { vreinterpretq_u8_f64(a) })
}

native! {
    // Numbers out of range give zero.
    "i8x16.swizzle" i8x16_swizzle(a, b) -> V128 { V128(vqtbl1q_u8(a.0, b.0)) }
    "i8x16.shuffle" i8x16_shuffle(a, b, lanes) -> V128 {
        V128(vqtbl2q_u8(uint8x16x2_t(a.0, b.0), vandq_u8(lanes.0, vdupq_n_u8(31))))
    }
    "v128.any_true" v128_any_true(a) -> bool { vmaxvq_u32(vreinterpretq_u32_u8(a.0)) != 0 }
    "i8x16.all_true" i8x16_all_true(a) -> bool { vminvq_u8(a.0) != 0 }
    "i16x8.all_true" i16x8_all_true(a) -> bool { vminvq_u16(vreinterpretq_u16_u8(a.0)) != 0 }
    "i32x4.all_true" i32x4_all_true(a) -> bool { vminvq_u32(vreinterpretq_u32_u8(a.0)) != 0 }
    "i8x16.bitmask" i8x16_bitmask(a) -> i32 {
        let bits = V128::from([1_u8, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128]);
        let signs = vandq_u8(vreinterpretq_u8_s8(vshrq_n_s8::<7>(vreinterpretq_s8_u8(a.0))), bits.0);
        i32::from(vaddv_u8(vget_low_u8(signs))) | i32::from(vaddv_u8(vget_high_u8(signs))) << 8
    }
    "i16x8.bitmask" i16x8_bitmask(a) -> i32 {
        let bits = V128::from([1_u16, 2, 4, 8, 16, 32, 64, 128]);
        let signs = vreinterpretq_u8_s16(vshrq_n_s16::<15>(vreinterpretq_s16_u8(a.0)));
        i32::from(vaddvq_u16(vreinterpretq_u16_u8(vandq_u8(signs, bits.0))))
    }
    "i32x4.bitmask" i32x4_bitmask(a) -> i32 {
        let bits = V128::from([1_u32, 2, 4, 8]);
        let signs = vreinterpretq_u8_s32(vshrq_n_s32::<31>(vreinterpretq_s32_u8(a.0)));
        vaddvq_u32(vreinterpretq_u32_u8(vandq_u8(signs, bits.0))) as i32
    }
    // These give a NaN if there is one, and order zeros.
    "f32x4.min" f32x4_min(a, b) -> V128 { of_f32s(vminq_f32(f32s(a), f32s(b))) }
    "f32x4.max" f32x4_max(a, b) -> V128 { of_f32s(vmaxq_f32(f32s(a), f32s(b))) }
    "f64x2.min" f64x2_min(a, b) -> V128 { of_f64s(vminq_f64(f64s(a), f64s(b))) }
    "f64x2.max" f64x2_max(a, b) -> V128 { of_f64s(vmaxq_f64(f64s(a), f64s(b))) }
    "f32x4.pmin" f32x4_pmin(a, b) -> V128 { V128(vbslq_u8(vreinterpretq_u8_u32(vcltq_f32(f32s(b), f32s(a))), b.0, a.0)) }
    "f32x4.pmax" f32x4_pmax(a, b) -> V128 { V128(vbslq_u8(vreinterpretq_u8_u32(vcltq_f32(f32s(a), f32s(b))), b.0, a.0)) }
    "f64x2.pmin" f64x2_pmin(a, b) -> V128 { V128(vbslq_u8(vreinterpretq_u8_u64(vcltq_f64(f64s(b), f64s(a))), b.0, a.0)) }
    "f64x2.pmax" f64x2_pmax(a, b) -> V128 { V128(vbslq_u8(vreinterpretq_u8_u64(vcltq_f64(f64s(a), f64s(b))), b.0, a.0)) }
    "f32x4.ceil" f32x4_ceil(a) -> V128 { of_f32s(vrndpq_f32(f32s(a))) }
    "f32x4.floor" f32x4_floor(a) -> V128 { of_f32s(vrndmq_f32(f32s(a))) }
    "f32x4.trunc" f32x4_trunc(a) -> V128 { of_f32s(vrndq_f32(f32s(a))) }
    "f32x4.nearest" f32x4_nearest(a) -> V128 { of_f32s(vrndnq_f32(f32s(a))) }
    "f64x2.ceil" f64x2_ceil(a) -> V128 { of_f64s(vrndpq_f64(f64s(a))) }
    "f64x2.floor" f64x2_floor(a) -> V128 { of_f64s(vrndmq_f64(f64s(a))) }
    "f64x2.trunc" f64x2_trunc(a) -> V128 { of_f64s(vrndq_f64(f64s(a))) }
    "f64x2.nearest" f64x2_nearest(a) -> V128 { of_f64s(vrndnq_f64(f64s(a))) }
    "f32x4.sqrt" f32x4_sqrt(a) -> V128 { of_f32s(vsqrtq_f32(f32s(a))) }
    "f64x2.sqrt" f64x2_sqrt(a) -> V128 { of_f64s(vsqrtq_f64(f64s(a))) }
    // Saturating, and zero for a NaN.
    "i32x4.trunc_sat_f32x4_s" i32x4_trunc_sat_f32x4_s(a) -> V128 { V128(vreinterpretq_u8_s32(vcvtq_s32_f32(f32s(a)))) }
    "i32x4.trunc_sat_f32x4_u" i32x4_trunc_sat_f32x4_u(a) -> V128 { V128(vreinterpretq_u8_u32(vcvtq_u32_f32(f32s(a)))) }
}
