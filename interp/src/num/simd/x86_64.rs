//! Operators whose portable form does not become good code on x86-64: vector instructions by name, of SSE2, or of SSE4.1 where the build has it.
//!
//! `pshufb` is of SSSE3. Builds that cannot rely on it ask the processor, once, and have it in assembly: there is no way around tables
//! in memory otherwise.

use super::{portable, vector::V128};
use core::arch::x86_64::*;

/// Functions in whose bodies instructions of SSE2 are named.
macro_rules! native { ($($operator:literal $name:ident($($operand:ident: $ty:ty),*) -> $result:ty $body:block)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name($($operand: $ty),*) -> $result {
        // SAFETY: this file is compiled for targets that have SSE2 only; what needs more asks for it in a condition.
        unsafe { $body }
    }
)* } }

/// As four floats.
#[inline(always)]
fn ps(a: V128) -> __m128 {
    // SAFETY: as in `native`.
    unsafe { _mm_castsi128_ps(a.0) }
}

/// As two floats.
#[inline(always)]
fn pd(a: V128) -> __m128d {
    // SAFETY: as in `native`.
    unsafe { _mm_castsi128_pd(a.0) }
}

#[inline(always)]
fn of_ps(a: __m128) -> V128 {
    // SAFETY: as in `native`.
    V128(unsafe { _mm_castps_si128(a) })
}

#[inline(always)]
fn of_pd(a: __m128d) -> V128 {
    // SAFETY: as in `native`.
    V128(unsafe { _mm_castpd_si128(a) })
}

native! {
    "v128.any_true" v128_any_true(a: V128) -> bool { _mm_movemask_epi8(_mm_cmpeq_epi8(a.0, _mm_setzero_si128())) != 0xffff }
    "i8x16.all_true" i8x16_all_true(a: V128) -> bool { _mm_movemask_epi8(_mm_cmpeq_epi8(a.0, _mm_setzero_si128())) == 0 }
    "i16x8.all_true" i16x8_all_true(a: V128) -> bool { _mm_movemask_epi8(_mm_cmpeq_epi16(a.0, _mm_setzero_si128())) == 0 }
    "i32x4.all_true" i32x4_all_true(a: V128) -> bool { _mm_movemask_epi8(_mm_cmpeq_epi32(a.0, _mm_setzero_si128())) == 0 }
    "i8x16.bitmask" i8x16_bitmask(a: V128) -> i32 { _mm_movemask_epi8(a.0) }
    "i16x8.bitmask" i16x8_bitmask(a: V128) -> i32 { _mm_movemask_epi8(_mm_packs_epi16(a.0, _mm_setzero_si128())) }
    "i32x4.bitmask" i32x4_bitmask(a: V128) -> i32 { _mm_movemask_ps(ps(a)) }
    "i64x2.bitmask" i64x2_bitmask(a: V128) -> i32 { _mm_movemask_pd(pd(a)) }

    "f32x4.sqrt" f32x4_sqrt(a: V128) -> V128 { of_ps(_mm_sqrt_ps(ps(a))) }
    "f64x2.sqrt" f64x2_sqrt(a: V128) -> V128 { of_pd(_mm_sqrt_pd(pd(a))) }
    "f32x4.eq" f32x4_eq(a: V128, b: V128) -> V128 { of_ps(_mm_cmpeq_ps(ps(a), ps(b))) }
    "f32x4.ne" f32x4_ne(a: V128, b: V128) -> V128 { of_ps(_mm_cmpneq_ps(ps(a), ps(b))) }
    "f32x4.lt" f32x4_lt(a: V128, b: V128) -> V128 { of_ps(_mm_cmplt_ps(ps(a), ps(b))) }
    "f32x4.le" f32x4_le(a: V128, b: V128) -> V128 { of_ps(_mm_cmple_ps(ps(a), ps(b))) }
    "f64x2.eq" f64x2_eq(a: V128, b: V128) -> V128 { of_pd(_mm_cmpeq_pd(pd(a), pd(b))) }
    "f64x2.ne" f64x2_ne(a: V128, b: V128) -> V128 { of_pd(_mm_cmpneq_pd(pd(a), pd(b))) }
    "f64x2.lt" f64x2_lt(a: V128, b: V128) -> V128 { of_pd(_mm_cmplt_pd(pd(a), pd(b))) }
    "f64x2.le" f64x2_le(a: V128, b: V128) -> V128 { of_pd(_mm_cmple_pd(pd(a), pd(b))) }

    // `minps` gives the second operand unless the first is less; so do these operators with theirs the other way round.
    "f32x4.pmin" f32x4_pmin(a: V128, b: V128) -> V128 { of_ps(_mm_min_ps(ps(b), ps(a))) }
    "f32x4.pmax" f32x4_pmax(a: V128, b: V128) -> V128 { of_ps(_mm_max_ps(ps(b), ps(a))) }
    "f64x2.pmin" f64x2_pmin(a: V128, b: V128) -> V128 { of_pd(_mm_min_pd(pd(b), pd(a))) }
    "f64x2.pmax" f64x2_pmax(a: V128, b: V128) -> V128 { of_pd(_mm_max_pd(pd(b), pd(a))) }

    // Both ways round: where they differ one operand is a NaN, or both are zeros. The union of bits is that NaN, and the negative zero.
    "f32x4.min" f32x4_min(a: V128, b: V128) -> V128 {
        let least = _mm_or_ps(_mm_min_ps(ps(a), ps(b)), _mm_min_ps(ps(b), ps(a)));
        quiet_ps(least)
    }
    "f64x2.min" f64x2_min(a: V128, b: V128) -> V128 {
        let least = _mm_or_pd(_mm_min_pd(pd(a), pd(b)), _mm_min_pd(pd(b), pd(a)));
        quiet_pd(least)
    }
    // The difference of zeros is their sign; subtracting it makes a negative zero a positive one.
    "f32x4.max" f32x4_max(a: V128, b: V128) -> V128 {
        let (one, other) = (_mm_max_ps(ps(a), ps(b)), _mm_max_ps(ps(b), ps(a)));
        let difference = _mm_xor_ps(one, other);
        quiet_ps(_mm_sub_ps(_mm_or_ps(one, difference), difference))
    }
    "f64x2.max" f64x2_max(a: V128, b: V128) -> V128 {
        let (one, other) = (_mm_max_pd(pd(a), pd(b)), _mm_max_pd(pd(b), pd(a)));
        let difference = _mm_xor_pd(one, other);
        quiet_pd(_mm_sub_pd(_mm_or_pd(one, difference), difference))
    }

    // Outside of its range `cvttps2dq` gives the least integer: right for what is too small, its complement for what is too large.
    "i32x4.trunc_sat_f32x4_s" i32x4_trunc_sat_f32x4_s(a: V128) -> V128 {
        let a = ps(a);
        let too_large = _mm_castps_si128(_mm_cmple_ps(_mm_set1_ps(2_147_483_648.0), a));
        let no_nan = _mm_castps_si128(_mm_cmpord_ps(a, a));
        V128(_mm_and_si128(_mm_xor_si128(_mm_cvttps_epi32(a), too_large), no_nan))
    }
    "i32x4.trunc_sat_f32x4_u" i32x4_trunc_sat_f32x4_u(a: V128) -> V128 {
        let half = _mm_set1_ps(2_147_483_648.0);
        // The second operand, zero, if the first is a NaN.
        let a = _mm_max_ps(ps(a), _mm_setzero_ps());
        let (upper, too_large) = (_mm_cmple_ps(half, a), _mm_cmple_ps(_mm_set1_ps(4_294_967_296.0), a));
        let rest = _mm_and_si128(_mm_cvttps_epi32(_mm_sub_ps(a, half)), _mm_castps_si128(upper));
        V128(_mm_or_si128(_mm_xor_si128(_mm_cvttps_epi32(a), rest), _mm_castps_si128(too_large)))
    }
    "i32x4.trunc_sat_f64x2_s_zero" i32x4_trunc_sat_f64x2_s_zero(a: V128) -> V128 {
        let a = pd(a);
        let most = _mm_and_pd(_mm_cmpord_pd(a, a), _mm_set1_pd(2_147_483_647.0));
        V128(_mm_cvttpd_epi32(_mm_min_pd(a, most)))
    }
    "i32x4.trunc_sat_f64x2_u_zero" i32x4_trunc_sat_f64x2_u_zero(a: V128) -> V128 {
        let a = _mm_min_pd(_mm_max_pd(pd(a), _mm_setzero_pd()), _mm_set1_pd(4_294_967_295.0));
        // The integer is what is lowest in the bits of its sum with 2^52.
        let sum = _mm_add_pd(pd(f64x2_trunc(of_pd(a))), _mm_set1_pd(4_503_599_627_370_496.0));
        of_ps(_mm_shuffle_ps::<0b10_00_10_00>(_mm_castpd_ps(sum), _mm_setzero_ps()))
    }
}

/// Any NaN as the canonical one of its sign.
#[inline(always)]
fn quiet_ps(a: __m128) -> V128 {
    // SAFETY: as in `native`.
    unsafe {
        let nan = _mm_cmpunord_ps(a, a);
        let payload = _mm_castsi128_ps(_mm_srli_epi32::<10>(_mm_castps_si128(nan)));
        of_ps(_mm_andnot_ps(payload, _mm_or_ps(a, nan)))
    }
}

/// Any NaN as the canonical one of its sign.
#[inline(always)]
fn quiet_pd(a: __m128d) -> V128 {
    // SAFETY: as in `native`.
    unsafe {
        let nan = _mm_cmpunord_pd(a, a);
        let payload = _mm_castsi128_pd(_mm_srli_epi64::<13>(_mm_castpd_si128(nan)));
        of_pd(_mm_andnot_pd(payload, _mm_or_pd(a, nan)))
    }
}

/// Rounding: one instruction of SSE4.1, or by a sum with 2^(bits of the mantissa), which leaves no room for a fraction.
macro_rules! rounding { ($view:ident, $of:ident, $integral:literal, $sign:literal, $quiet:expr,
    $set:ident $and:ident $andnot:ident $or:ident $add:ident $sub:ident $lt:ident $unordered:ident $round:ident,
    $($operator:literal $name:ident $mode:ident |$exact:ident, $nearest:ident, $one:ident| $adjusted:expr;)*
) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128) -> V128 {
        // SAFETY: as in `native`.
        #[cfg(target_feature = "sse4.1")]
        unsafe {
            $of($round::<{ $mode | _MM_FROUND_NO_EXC }>($view(a)))
        }
        // SAFETY: as in `native`.
        #[cfg(not(target_feature = "sse4.1"))]
        unsafe {
            let ($exact, integral, $one, sign) = ($view(a), $set($integral), $set(1.0), $set($sign));
            let (magnitude, sign) = ($andnot(sign, $exact), $and(sign, $exact));
            let $nearest = $or($sub($add(magnitude, integral), integral), sign);
            let rounded = $or($adjusted, sign);
            let has_fraction = $lt(magnitude, integral);
            // What has no fraction stays what it is, but NaNs become quiet.
            let other = $or($exact, $and($unordered($exact, $exact), $view($quiet.into())));
            $of($or($and(has_fraction, rounded), $andnot(has_fraction, other)))
        }
    }
)* } }

rounding! { ps, of_ps, 8_388_608.0, -0.0, [0x0040_0000_u32; 4],
    _mm_set1_ps _mm_and_ps _mm_andnot_ps _mm_or_ps _mm_add_ps _mm_sub_ps _mm_cmplt_ps _mm_cmpunord_ps _mm_round_ps,
    "f32x4.nearest" f32x4_nearest _MM_FROUND_TO_NEAREST_INT |_exact, nearest, _one| nearest;
    "f32x4.floor" f32x4_floor _MM_FROUND_TO_NEG_INF |exact, nearest, one| _mm_sub_ps(nearest, _mm_and_ps(_mm_cmplt_ps(exact, nearest), one));
    "f32x4.ceil" f32x4_ceil _MM_FROUND_TO_POS_INF |exact, nearest, one| _mm_add_ps(nearest, _mm_and_ps(_mm_cmplt_ps(nearest, exact), one));
    "f32x4.trunc" f32x4_trunc _MM_FROUND_TO_ZERO |exact, _nearest, _one| _mm_cvtepi32_ps(_mm_cvttps_epi32(exact));
}

rounding! { pd, of_pd, 4_503_599_627_370_496.0, -0.0, [0x0008_0000_0000_0000_u64; 2],
    _mm_set1_pd _mm_and_pd _mm_andnot_pd _mm_or_pd _mm_add_pd _mm_sub_pd _mm_cmplt_pd _mm_cmpunord_pd _mm_round_pd,
    "f64x2.nearest" f64x2_nearest _MM_FROUND_TO_NEAREST_INT |_exact, nearest, _one| nearest;
    "f64x2.floor" f64x2_floor _MM_FROUND_TO_NEG_INF |exact, nearest, one| _mm_sub_pd(nearest, _mm_and_pd(_mm_cmplt_pd(exact, nearest), one));
    "f64x2.ceil" f64x2_ceil _MM_FROUND_TO_POS_INF |exact, nearest, one| _mm_add_pd(nearest, _mm_and_pd(_mm_cmplt_pd(nearest, exact), one));
    "f64x2.trunc" f64x2_trunc _MM_FROUND_TO_ZERO |exact, nearest, one| {
        // Towards zero: on magnitudes, whose sign comes back afterwards.
        let (magnitude, nearest) = (_mm_andnot_pd(_mm_set1_pd(-0.0), exact), _mm_andnot_pd(_mm_set1_pd(-0.0), nearest));
        _mm_sub_pd(nearest, _mm_and_pd(_mm_cmplt_pd(magnitude, nearest), one))
    };
}

/// A lane of ones between zeros: from byte `16 - n` on it is at byte `n`.
macro_rules! window {
    ($width:literal) => {{
        static WINDOW: [u8; 32] = {
            let (mut bytes, mut i) = ([0; 32], 0);
            while i < $width {
                bytes[16 + i] = 0xff;
                i += 1;
            }
            bytes
        };
        &WINDOW
    }};
}

macro_rules! replace { ($($operator:literal $name:ident $value:ty, $width:literal, $splat:ident;)*) => { $(
    #[doc = concat!("`", $operator, "`.")]
    #[inline(always)]
    pub fn $name(a: V128, lane: u16, value: $value) -> V128 {
        let start = 16 - $width * (usize::from(lane) % (16 / $width));
        // SAFETY: as in `native`; 16 bytes from 16 at most on are inside of 32.
        unsafe {
            let there = _mm_loadu_si128(window!($width).as_ptr().add(start).cast());
            V128(_mm_or_si128(_mm_andnot_si128(there, a.0), _mm_and_si128(there, portable::$splat(value).0)))
        }
    }
)* } }
replace! {
    "i8x16.replace_lane" i8x16_replace_lane i32, 1, i8x16_splat;
    "i16x8.replace_lane" i16x8_replace_lane i32, 2, i16x8_splat;
    "i32x4.replace_lane" i32x4_replace_lane i32, 4, i32x4_splat;
    "i64x2.replace_lane" i64x2_replace_lane i64, 8, i64x2_splat;
    "f32x4.replace_lane" f32x4_replace_lane f32, 4, f32x4_splat;
    "f64x2.replace_lane" f64x2_replace_lane f64, 8, f64x2_splat;
}

/// Whether the processor has `pshufb`; where the build does not say so, it is asked when this is first wanted.
#[inline(always)]
fn has_pshufb() -> bool {
    #[cfg(any(target_feature = "ssse3", miri))]
    {
        cfg!(target_feature = "ssse3")
    }
    #[cfg(not(any(target_feature = "ssse3", miri)))]
    {
        use core::sync::atomic::{AtomicU8, Ordering};
        const HAS: u8 = 2;
        const HAS_NOT: u8 = 1;
        static KNOWN: AtomicU8 = AtomicU8::new(0);
        #[cold]
        #[inline(never)]
        fn ask() -> u8 {
            // Bit 9 of ecx; SSE2 is there, and with it `cpuid`.
            let known = if __cpuid(1).ecx >> 9 & 1 != 0 { HAS } else { HAS_NOT };
            KNOWN.store(known, Ordering::Relaxed);
            known
        }
        match KNOWN.load(Ordering::Relaxed) {
            0 => ask() == HAS,
            known => known == HAS,
        }
    }
}

/// `pshufb`: bytes of `a` by the low four bits of those in `b`, zero where their highest bit is set.
///
/// # Safety
/// The processor has it.
#[inline(always)]
unsafe fn pshufb(a: V128, b: V128) -> V128 {
    let mut bytes = a.0;
    // SAFETY: as the caller promises; nothing but the register is written.
    unsafe {
        core::arch::asm!("pshufb {0}, {1}", inlateout(xmm_reg) bytes, in(xmm_reg) b.0, options(pure, nomem, nostack, preserves_flags));
    }
    V128(bytes)
}

/// `i8x16.swizzle`.
#[inline(always)]
pub fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    if has_pshufb() {
        // SAFETY: it is there. Numbers from 16 on get the highest bit by the saturating sum.
        unsafe { pshufb(a, V128(_mm_adds_epu8(b.0, _mm_set1_epi8(0x70)))) }
    } else {
        core::hint::cold_path();
        portable::i8x16_swizzle(a, b)
    }
}

/// `i8x16.shuffle`.
#[inline(always)]
pub fn i8x16_shuffle(a: V128, b: V128, lanes: V128) -> V128 {
    if has_pshufb() {
        // SAFETY: it is there. Numbers of the other vector's bytes get the highest bit.
        unsafe {
            let first = pshufb(a, V128(_mm_adds_epu8(lanes.0, _mm_set1_epi8(0x70))));
            let second = pshufb(b, V128(_mm_sub_epi8(lanes.0, _mm_set1_epi8(0x10))));
            V128(_mm_or_si128(first.0, second.0))
        }
    } else {
        core::hint::cold_path();
        portable::i8x16_shuffle(a, b, lanes)
    }
}
