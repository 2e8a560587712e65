//! Integer operators of `i32` and `i64`, and the wide arithmetic over halves `(low, high)`.
//!
//! One macro defines what both widths share, so that they cannot drift apart.

use crate::trap::Trap;

macro_rules! integer {
    ($signed:ty, $unsigned:ty, $($operator:literal $name:ident $kind:ident;)*) => {
        $(integer!(@$kind $signed, $unsigned, $operator $name);)*
    };
    (@add $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.wrapping_add(b)); };
    (@sub $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.wrapping_sub(b)); };
    (@mul $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.wrapping_mul(b)); };
    (@and $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a & b); };
    (@or $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a | b); };
    (@xor $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a ^ b); };
    (@shl $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.wrapping_shl(b as u32)); };
    (@shr_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.wrapping_shr(b as u32)); };
    (@shr_u $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| (a as $u).wrapping_shr(b as u32) as $s); };
    (@rotl $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.rotate_left(b as u32 % <$u>::BITS)); };
    (@rotr $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@binary $s, $o $n, |a, b| a.rotate_right(b as u32 % <$u>::BITS)); };
    (@eq $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a == b); };
    (@ne $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a != b); };
    (@lt_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a < b); };
    (@lt_u $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| (a as $u) < (b as $u)); };
    (@gt_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a > b); };
    (@gt_u $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| (a as $u) > (b as $u)); };
    (@le_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a <= b); };
    (@le_u $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| (a as $u) <= (b as $u)); };
    (@ge_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| a >= b); };
    (@ge_u $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@compare $s, $o $n, |a, b| (a as $u) >= (b as $u)); };
    (@clz $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@unary $s, $o $n, |a| a.leading_zeros() as $s); };
    (@ctz $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@unary $s, $o $n, |a| a.trailing_zeros() as $s); };
    (@popcnt $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@unary $s, $o $n, |a| a.count_ones() as $s); };
    (@extend8_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@unary $s, $o $n, |a| a as i8 as $s); };
    (@extend16_s $s:ty, $u:ty, $o:literal $n:ident) => { integer!(@unary $s, $o $n, |a| a as i16 as $s); };
    (@eqz $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n(a: $s) -> bool {
            a == 0
        }
    };
    (@div_s $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`.\n\n# Errors\n`IntegerDivideByZero`; `IntegerOverflow` for the smallest value divided by -1.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            match a.checked_div(b) {
                Some(quotient) => Ok(quotient),
                None if b == 0 => Err(Trap::IntegerDivideByZero),
                None => Err(Trap::IntegerOverflow),
            }
        }
    };
    (@wide_div_s $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`.\n\n# Errors\n`IntegerDivideByZero`; `IntegerOverflow` for the smallest value divided by -1.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            if cfg!(not(target_pointer_width = "64")) {
                return quotient_of_magnitudes(a, b);
            }
            match a.checked_div(b) {
                Some(quotient) => Ok(quotient),
                None if b == 0 => Err(Trap::IntegerDivideByZero),
                None => Err(Trap::IntegerOverflow),
            }
        }
    };
    (@wide_rem_s $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`; the remainder by -1 is 0.\n\n# Errors\n`IntegerDivideByZero`.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            if cfg!(not(target_pointer_width = "64")) {
                return remainder_of_magnitudes(a, b);
            }
            if b == 0 { Err(Trap::IntegerDivideByZero) } else { Ok(a.wrapping_rem(b)) }
        }
    };
    (@div_u $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`.\n\n# Errors\n`IntegerDivideByZero`.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            (a as $u).checked_div(b as $u).map(|quotient| quotient as $s).ok_or(Trap::IntegerDivideByZero)
        }
    };
    (@rem_s $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`; the remainder by -1 is 0.\n\n# Errors\n`IntegerDivideByZero`.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            if b == 0 { Err(Trap::IntegerDivideByZero) } else { Ok(a.wrapping_rem(b)) }
        }
    };
    (@rem_u $s:ty, $u:ty, $o:literal $n:ident) => {
        #[doc = concat!("`", $o, "`.\n\n# Errors\n`IntegerDivideByZero`.")]
        #[inline(always)]
        pub fn $n(a: $s, b: $s) -> Result<$s, Trap> {
            (a as $u).checked_rem(b as $u).map(|remainder| remainder as $s).ok_or(Trap::IntegerDivideByZero)
        }
    };
    (@unary $s:ty, $o:literal $n:ident, |$a:ident| $e:expr) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n($a: $s) -> $s {
            $e
        }
    };
    (@binary $s:ty, $o:literal $n:ident, |$a:ident, $b:ident| $e:expr) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n($a: $s, $b: $s) -> $s {
            $e
        }
    };
    (@compare $s:ty, $o:literal $n:ident, |$a:ident, $b:ident| $e:expr) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n($a: $s, $b: $s) -> bool {
            $e
        }
    };
}

integer! { i32, u32,
    "i32.add" i32_add add;
    "i32.sub" i32_sub sub;
    "i32.mul" i32_mul mul;
    "i32.and" i32_and and;
    "i32.or" i32_or or;
    "i32.xor" i32_xor xor;
    "i32.shl" i32_shl shl;
    "i32.shr_s" i32_shr_s shr_s;
    "i32.shr_u" i32_shr_u shr_u;
    "i32.rotl" i32_rotl rotl;
    "i32.rotr" i32_rotr rotr;
    "i32.div_s" i32_div_s div_s;
    "i32.div_u" i32_div_u div_u;
    "i32.rem_s" i32_rem_s rem_s;
    "i32.rem_u" i32_rem_u rem_u;
    "i32.eqz" i32_eqz eqz;
    "i32.eq" i32_eq eq;
    "i32.ne" i32_ne ne;
    "i32.lt_s" i32_lt_s lt_s;
    "i32.lt_u" i32_lt_u lt_u;
    "i32.gt_s" i32_gt_s gt_s;
    "i32.gt_u" i32_gt_u gt_u;
    "i32.le_s" i32_le_s le_s;
    "i32.le_u" i32_le_u le_u;
    "i32.ge_s" i32_ge_s ge_s;
    "i32.ge_u" i32_ge_u ge_u;
    "i32.clz" i32_clz clz;
    "i32.ctz" i32_ctz ctz;
    "i32.popcnt" i32_popcnt popcnt;
    "i32.extend8_s" i32_extend8_s extend8_s;
    "i32.extend16_s" i32_extend16_s extend16_s;
}

integer! { i64, u64,
    "i64.add" i64_add add;
    "i64.sub" i64_sub sub;
    "i64.mul" i64_mul mul;
    "i64.and" i64_and and;
    "i64.or" i64_or or;
    "i64.xor" i64_xor xor;
    "i64.shl" i64_shl shl;
    "i64.shr_s" i64_shr_s shr_s;
    "i64.shr_u" i64_shr_u shr_u;
    "i64.rotl" i64_rotl rotl;
    "i64.rotr" i64_rotr rotr;
    "i64.div_s" i64_div_s wide_div_s;
    "i64.div_u" i64_div_u div_u;
    "i64.rem_s" i64_rem_s wide_rem_s;
    "i64.rem_u" i64_rem_u rem_u;
    "i64.eqz" i64_eqz eqz;
    "i64.eq" i64_eq eq;
    "i64.ne" i64_ne ne;
    "i64.lt_s" i64_lt_s lt_s;
    "i64.lt_u" i64_lt_u lt_u;
    "i64.gt_s" i64_gt_s gt_s;
    "i64.gt_u" i64_gt_u gt_u;
    "i64.le_s" i64_le_s le_s;
    "i64.le_u" i64_le_u le_u;
    "i64.ge_s" i64_ge_s ge_s;
    "i64.ge_u" i64_ge_u ge_u;
    "i64.clz" i64_clz clz;
    "i64.ctz" i64_ctz ctz;
    "i64.popcnt" i64_popcnt popcnt;
    "i64.extend8_s" i64_extend8_s extend8_s;
    "i64.extend16_s" i64_extend16_s extend16_s;
}

/// `i64.extend32_s`.
#[inline(always)]
pub fn i64_extend32_s(a: i64) -> i64 {
    a as i32 as i64
}

/// A 128-bit integer from its halves.
#[inline(always)]
fn wide(low: i64, high: i64) -> u128 {
    u128::from(low as u64) | u128::from(high as u64) << 64
}

/// The halves `(low, high)` of a 128-bit integer.
#[inline(always)]
fn halves(a: u128) -> (i64, i64) {
    (a as i64, (a >> 64) as i64)
}

/// `i64.add128`: the halves `(low, high)` of the sum.
#[inline(always)]
pub fn i64_add128(a_low: i64, a_high: i64, b_low: i64, b_high: i64) -> (i64, i64) {
    halves(wide(a_low, a_high).wrapping_add(wide(b_low, b_high)))
}

/// `i64.sub128`: the halves `(low, high)` of the difference.
#[inline(always)]
pub fn i64_sub128(a_low: i64, a_high: i64, b_low: i64, b_high: i64) -> (i64, i64) {
    halves(wide(a_low, a_high).wrapping_sub(wide(b_low, b_high)))
}

/// `i64.mul_wide_s`: the halves `(low, high)` of the signed product.
#[inline(always)]
pub fn i64_mul_wide_s(a: i64, b: i64) -> (i64, i64) {
    halves(i128::from(a).wrapping_mul(i128::from(b)) as u128)
}

/// `i64.mul_wide_u`: the halves `(low, high)` of the unsigned product.
#[inline(always)]
pub fn i64_mul_wide_u(a: i64, b: i64) -> (i64, i64) {
    halves(u128::from(a as u64).wrapping_mul(u128::from(b as u64)))
}

/// Signed division by way of unsigned division, which programs for machines of 32 bits have anyway: the compiler's function for
/// signed numbers would take flash, and 72 bytes of native stack more.
pub(super) fn quotient_of_magnitudes(a: i64, b: i64) -> Result<i64, Trap> {
    let quotient = a.unsigned_abs().checked_div(b.unsigned_abs()).ok_or(Trap::IntegerDivideByZero)? as i64;
    match (a ^ b < 0, quotient < 0) {
        (true, _) => Ok(quotient.wrapping_neg()),
        (false, false) => Ok(quotient),
        (false, true) => Err(Trap::IntegerOverflow),
    }
}

/// The remainder, in the same way.
pub(super) fn remainder_of_magnitudes(a: i64, b: i64) -> Result<i64, Trap> {
    let remainder = a.unsigned_abs().checked_rem(b.unsigned_abs()).ok_or(Trap::IntegerDivideByZero)? as i64;
    Ok(if a < 0 { remainder.wrapping_neg() } else { remainder })
}
