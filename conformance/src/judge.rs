//! Decides whether what the engine did is what the script demands: values, NaN classes, messages.
//!
//! Pure and `no_std`: the same judge serves runs in process and on a device. Functions here never see an engine.

use crate::{Expected, FloatPattern, Heap, V128Pattern, Value};

/// Whether `got` has as many values as `expected` patterns and each fits its own.
pub fn values_match(expected: &[Expected], got: &[Value]) -> bool {
    expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| value_matches(expected, got))
}

/// Whether one value fits its pattern.
pub fn value_matches(expected: &Expected, got: &Value) -> bool {
    match (expected, got) {
        (Expected::I32(expected), Value::I32(got)) => expected == got,
        (Expected::I64(expected), Value::I64(got)) => expected == got,
        (Expected::F32(pattern), Value::F32(got)) => f32_matches(*pattern, *got),
        (Expected::F64(pattern), Value::F64(got)) => f64_matches(*pattern, *got),
        (Expected::V128(pattern), Value::V128(got)) => v128_matches(pattern, got),
        (Expected::RefNull(None), Value::RefNull(_)) => true,
        (Expected::RefNull(Some(expected)), Value::RefNull(got)) => same_hierarchy(*expected, *got),
        (Expected::RefExtern(None), Value::RefExtern(_) | Value::Ref(Heap::Extern)) => true,
        (Expected::RefExtern(Some(expected)), Value::RefExtern(got)) => expected == got,
        (Expected::RefHost(expected), Value::RefHost(got)) => expected == got,
        (Expected::Ref(expected), Value::Ref(got)) => is_subtype(*got, *expected),
        (Expected::Ref(Heap::Any), Value::RefHost(_)) => true,
        (Expected::Either(patterns), got) => patterns.iter().any(|pattern| value_matches(pattern, got)),
        _ => false,
    }
}

/// Whether a message of the engine says what the reference interpreter says: it contains the reference's message, or
/// the reference's message continues it with a detail (`uninitialized element 2`).
pub fn message_matches(expected: &str, got: &str) -> bool {
    let got = got.trim();
    !got.is_empty() && (got.contains(expected) || expected.starts_with(got))
}

fn f32_matches(pattern: FloatPattern<u32>, got: u32) -> bool {
    match pattern {
        FloatPattern::Bits(bits) => bits == got,
        // All exponent bits and the top payload bit, the sign left out.
        FloatPattern::CanonicalNan => got & 0x7fff_ffff == 0x7fc0_0000,
        FloatPattern::ArithmeticNan => got & 0x7fc0_0000 == 0x7fc0_0000,
    }
}

fn f64_matches(pattern: FloatPattern<u64>, got: u64) -> bool {
    match pattern {
        FloatPattern::Bits(bits) => bits == got,
        FloatPattern::CanonicalNan => got & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        FloatPattern::ArithmeticNan => got & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
    }
}

fn v128_matches(pattern: &V128Pattern, got: &[u8; 16]) -> bool {
    match pattern {
        V128Pattern::Bytes(bytes) => bytes == got,
        V128Pattern::F32x4(lanes) => {
            let (got, _) = got.as_chunks::<4>();
            lanes.iter().zip(got).all(|(lane, got)| f32_matches(*lane, u32::from_le_bytes(*got)))
        }
        V128Pattern::F64x2(lanes) => {
            let (got, _) = got.as_chunks::<8>();
            lanes.iter().zip(got).all(|(lane, got)| f64_matches(*lane, u64::from_le_bytes(*got)))
        }
    }
}

/// Null references are equal within a hierarchy: which bottom type an engine names is its own choice.
fn same_hierarchy(a: Heap, b: Heap) -> bool {
    a == Heap::Concrete || b == Heap::Concrete || top(a) == top(b)
}

fn top(heap: Heap) -> Heap {
    match heap {
        Heap::Func | Heap::NoFunc => Heap::Func,
        Heap::Extern | Heap::NoExtern => Heap::Extern,
        Heap::Exn | Heap::NoExn => Heap::Exn,
        Heap::Cont | Heap::NoCont => Heap::Cont,
        Heap::Any | Heap::Eq | Heap::I31 | Heap::Struct | Heap::Array | Heap::None => Heap::Any,
        Heap::Concrete => Heap::Concrete,
    }
}

fn is_subtype(got: Heap, expected: Heap) -> bool {
    got == expected
        || match expected {
            Heap::Any => top(got) == Heap::Any,
            Heap::Eq => matches!(got, Heap::I31 | Heap::Struct | Heap::Array),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Checks one pattern against values that must fit and values that must not.
    fn check(expected: &Expected, fits: &[Value], does_not: &[Value]) {
        for value in fits {
            assert!(value_matches(expected, value), "{value:x?} should fit {expected:x?}");
        }
        for value in does_not {
            assert!(!value_matches(expected, value), "{value:x?} should not fit {expected:x?}");
        }
    }

    #[test]
    fn integers_compare_by_type_and_value() {
        check(&Expected::I32(-1), &[Value::I32(-1)], &[Value::I32(1), Value::I64(-1), Value::F32(u32::MAX)]);
        check(&Expected::I64(1 << 40), &[Value::I64(1 << 40)], &[Value::I64(0), Value::I32(0)]);
    }

    #[test]
    fn f32_nan_classes() {
        let canonical = [Value::F32(0x7fc0_0000), Value::F32(0xffc0_0000)];
        let arithmetic = [Value::F32(0x7fc0_0001), Value::F32(0xffff_ffff)];
        let neither = [Value::F32(0x7f80_0001), Value::F32(0x7f80_0000), Value::F32(0), Value::F64(0x7fc0_0000)];
        let all = [&canonical[..], &arithmetic[..]].concat();
        check(&Expected::F32(FloatPattern::CanonicalNan), &canonical, &[&arithmetic[..], &neither[..]].concat());
        check(&Expected::F32(FloatPattern::ArithmeticNan), &all, &neither);
    }

    #[test]
    fn f64_nan_classes() {
        let canonical = [Value::F64(0x7ff8_0000_0000_0000), Value::F64(0xfff8_0000_0000_0000)];
        let arithmetic = [Value::F64(0x7ff8_0000_0000_0001), Value::F64(u64::MAX)];
        let neither = [Value::F64(0x7ff0_0000_0000_0001), Value::F64(0x7ff0_0000_0000_0000), Value::F64(0)];
        let all = [&canonical[..], &arithmetic[..]].concat();
        check(&Expected::F64(FloatPattern::CanonicalNan), &canonical, &[&arithmetic[..], &neither[..]].concat());
        check(&Expected::F64(FloatPattern::ArithmeticNan), &all, &neither);
    }

    #[test]
    fn floats_compare_by_bits() {
        let minus_zero = (-0.0f32).to_bits();
        check(&Expected::F32(FloatPattern::Bits(0)), &[Value::F32(0)], &[Value::F32(minus_zero)]);
        check(&Expected::F64(FloatPattern::Bits(1)), &[Value::F64(1)], &[Value::F64(2)]);
    }

    #[test]
    fn vectors_match_lane_by_lane() {
        let bytes: [u8; 16] = core::array::from_fn(|at| at as u8);
        let mut other = bytes;
        other[15] = 0;
        check(&Expected::V128(V128Pattern::Bytes(bytes)), &[Value::V128(bytes)], &[Value::V128(other)]);

        let lanes = |bits: [u32; 4]| Value::V128(core::array::from_fn(|at| bits[at / 4].to_le_bytes()[at % 4]));
        let pattern = Expected::V128(V128Pattern::F32x4([
            FloatPattern::Bits(1),
            FloatPattern::CanonicalNan,
            FloatPattern::ArithmeticNan,
            FloatPattern::Bits(4),
        ]));
        check(
            &pattern,
            &[lanes([1, 0xffc0_0000, 0x7fc0_0001, 4])],
            &[lanes([1, 0x7fc0_0001, 0x7fc0_0001, 4]), lanes([1, 0x7fc0_0000, 0x7fc0_0001, 5])],
        );

        let lanes = |bits: [u64; 2]| Value::V128(core::array::from_fn(|at| bits[at / 8].to_le_bytes()[at % 8]));
        let pattern = Expected::V128(V128Pattern::F64x2([FloatPattern::Bits(7), FloatPattern::CanonicalNan]));
        check(&pattern, &[lanes([7, 0x7ff8 << 48])], &[lanes([0x7ff8 << 48, 7]), lanes([7, 0x7ff0 << 48])]);
    }

    #[test]
    fn references() {
        let null = Value::RefNull(Heap::Func);
        let func = Value::Ref(Heap::Func);
        check(&Expected::RefNull(None), &[null.clone(), Value::RefNull(Heap::Extern)], core::slice::from_ref(&func));
        check(
            &Expected::RefNull(Some(Heap::NoFunc)),
            core::slice::from_ref(&null),
            &[Value::RefNull(Heap::Extern), func.clone()],
        );
        check(&Expected::RefExtern(Some(3)), &[Value::RefExtern(3)], &[Value::RefExtern(4), Value::RefHost(3)]);
        check(&Expected::RefExtern(None), &[Value::RefExtern(4)], &[Value::RefNull(Heap::Extern), func.clone()]);
        check(&Expected::Ref(Heap::Func), &[func], &[null, Value::Ref(Heap::Struct)]);
        check(
            &Expected::Ref(Heap::Eq),
            &[Value::Ref(Heap::I31), Value::Ref(Heap::Array), Value::Ref(Heap::Eq)],
            &[Value::Ref(Heap::Func), Value::Ref(Heap::Any), Value::RefNull(Heap::Eq)],
        );
    }

    #[test]
    fn either_takes_any_and_only_its_own() {
        let either = Expected::Either(vec![Expected::I32(1), Expected::I32(2)]);
        check(&either, &[Value::I32(1), Value::I32(2)], &[Value::I32(3), Value::I64(1)]);
    }

    #[test]
    fn the_number_of_results_counts() {
        assert!(values_match(&[Expected::I32(1)], &[Value::I32(1)]));
        assert!(!values_match(&[Expected::I32(1)], &[Value::I32(1), Value::I32(1)]));
        assert!(!values_match(&[Expected::I32(1)], &[]));
    }

    #[test]
    fn messages_match_in_part() {
        assert!(message_matches("integer overflow", "integer overflow"));
        assert!(message_matches("undefined element", "undefined element: out of bounds table access"));
        assert!(message_matches("uninitialized element 2", "uninitialized element"));
        assert!(!message_matches("integer overflow", "integer divide by zero"));
        assert!(!message_matches("integer overflow", ""));
    }
}
