//! Float operators of `f32` and `f64`.
//!
//! Rust's float arithmetic is IEEE 754 in the default rounding mode, as Wasm's is. A NaN from arithmetic may carry any
//! payload the specification allows; `canonicalize_nan` makes it deterministic for modules translated that way.

use super::round;

macro_rules! float {
    ($float:ident, $round:ident, $sign:literal, $canonical:literal, $($operator:literal $name:ident $kind:ident;)*) => {
        $(float!(@$kind $float, $round, $sign, $canonical, $operator $name);)*
    };
    (@add $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, $f, $o $n, |a, b| a + b); };
    (@sub $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, $f, $o $n, |a, b| a - b); };
    (@mul $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, $f, $o $n, |a, b| a * b); };
    (@div $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, $f, $o $n, |a, b| a / b); };
    // Equal operands differ at most in the sign of a zero: either sign makes the minimum negative. Unordered ones give a NaN.
    (@min $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => {
        float!(@binary $f, $f, $o $n, |a, b| if a < b { a } else if b < a { b } else if a == b { $f::from_bits(a.to_bits() | b.to_bits()) } else { a + b });
    };
    (@max $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => {
        float!(@binary $f, $f, $o $n, |a, b| if a > b { a } else if b > a { b } else if a == b { $f::from_bits(a.to_bits() & b.to_bits()) } else { a + b });
    };
    (@copysign $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => {
        float!(@binary $f, $f, $o $n, |a, b| $f::from_bits(a.to_bits() & !$s | b.to_bits() & $s));
    };
    (@eq $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a == b); };
    (@ne $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a != b); };
    (@lt $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a < b); };
    (@gt $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a > b); };
    (@le $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a <= b); };
    (@ge $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@binary $f, bool, $o $n, |a, b| a >= b); };
    (@abs $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| $f::from_bits(a.to_bits() & !$s)); };
    (@neg $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| $f::from_bits(a.to_bits() ^ $s)); };
    (@canonicalize_nan $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => {
        float!(@unary $f, $o $n, |a| if a.is_nan() { $f::from_bits($c) } else { a });
    };
    (@ceil $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| round::$r::ceil(a)); };
    (@floor $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| round::$r::floor(a)); };
    (@trunc $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| round::$r::trunc(a)); };
    (@nearest $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| round::$r::nearest(a)); };
    (@sqrt $f:ident, $r:ident, $s:literal, $c:literal, $o:literal $n:ident) => { float!(@unary $f, $o $n, |a| round::$r::sqrt(a)); };
    (@unary $f:ident, $o:literal $n:ident, |$a:ident| $e:expr) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n($a: $f) -> $f {
            $e
        }
    };
    (@binary $f:ident, $result:ty, $o:literal $n:ident, |$a:ident, $b:ident| $e:expr) => {
        #[doc = concat!("`", $o, "`.")]
        #[inline(always)]
        pub fn $n($a: $f, $b: $f) -> $result {
            $e
        }
    };
}

float! { f32, single, 0x8000_0000, 0x7fc0_0000,
    "f32.add" f32_add add;
    "f32.sub" f32_sub sub;
    "f32.mul" f32_mul mul;
    "f32.div" f32_div div;
    "f32.min" f32_min min;
    "f32.max" f32_max max;
    "f32.copysign" f32_copysign copysign;
    "f32.eq" f32_eq eq;
    "f32.ne" f32_ne ne;
    "f32.lt" f32_lt lt;
    "f32.gt" f32_gt gt;
    "f32.le" f32_le le;
    "f32.ge" f32_ge ge;
    "f32.abs" f32_abs abs;
    "f32.neg" f32_neg neg;
    "f32.ceil" f32_ceil ceil;
    "f32.floor" f32_floor floor;
    "f32.trunc" f32_trunc trunc;
    "f32.nearest" f32_nearest nearest;
    "f32.sqrt" f32_sqrt sqrt;
    "f32.canonicalize_nan" f32_canonicalize_nan canonicalize_nan;
}

float! { f64, double, 0x8000_0000_0000_0000, 0x7ff8_0000_0000_0000,
    "f64.add" f64_add add;
    "f64.sub" f64_sub sub;
    "f64.mul" f64_mul mul;
    "f64.div" f64_div div;
    "f64.min" f64_min min;
    "f64.max" f64_max max;
    "f64.copysign" f64_copysign copysign;
    "f64.eq" f64_eq eq;
    "f64.ne" f64_ne ne;
    "f64.lt" f64_lt lt;
    "f64.gt" f64_gt gt;
    "f64.le" f64_le le;
    "f64.ge" f64_ge ge;
    "f64.abs" f64_abs abs;
    "f64.neg" f64_neg neg;
    "f64.ceil" f64_ceil ceil;
    "f64.floor" f64_floor floor;
    "f64.trunc" f64_trunc trunc;
    "f64.nearest" f64_nearest nearest;
    "f64.sqrt" f64_sqrt sqrt;
    "f64.canonicalize_nan" f64_canonicalize_nan canonicalize_nan;
}
