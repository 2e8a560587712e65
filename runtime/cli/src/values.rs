//! Values of `--invoke`: arguments in the notation of the Wasm text format, results as Wasmtime prints them.

use sheave::{AnyRef, AsContext, F32, F64, Nullable, Val, ValType};
use wast::{
    core::V128Const,
    parser::{Parse, ParseBuffer, parse},
};

/// Parses an argument of this type: vectors by their lanes (`i32x4 1 2 3 4`) or as one number; numbers decimal or `0x` hexadecimal, signed or not, with `_` between digits; floats also
/// `inf`, `nan`, `nan:0x…`, hexadecimal with exponent; references only `null`.
///
/// # Errors
/// What is expected.
pub fn parse_value(text: &str, ty: ValType) -> Result<Val, String> {
    let value = match ty {
        ValType::I32 => literal::<i32>(text).map(Val::I32),
        ValType::I64 => literal::<i64>(text).map(Val::I64),
        ValType::F32 => literal::<wast::token::F32>(&float_text(text))
            .map(|float| F32::from_bits(float.bits))
            .or_else(|| text.parse::<f32>().ok().map(F32::from_float))
            .map(Val::F32),
        ValType::F64 => literal::<wast::token::F64>(&float_text(text))
            .map(|float| F64::from_bits(float.bits))
            .or_else(|| text.parse::<f64>().ok().map(F64::from_float))
            .map(Val::F64),
        ValType::Ref(ty) => (text == "null" && ty.is_nullable()).then(|| Val::default_for_ty(ValType::Ref(ty))),
        ValType::V128 => vector(text).map(|bits| Val::V128(bits.into())),
    };
    value.ok_or_else(|| format!("expected {}, found {text:?}", expected(ty)))
}

fn expected(ty: ValType) -> &'static str {
    match ty {
        ValType::I32 => "i32, such as 7, -1 or 0xff, within 32 bits",
        ValType::I64 => "i64, such as 7, -1 or 0xff, within 64 bits",
        ValType::F32 => "f32, such as 1.5, -1e9, inf or nan",
        ValType::F64 => "f64, such as 1.5, -1e9, inf or nan",
        ValType::Ref(_) => "a reference, of which only null can be written",
        ValType::V128 => "v128, such as \"i32x4 1 2 3 4\", \"f64x2 1 2\" or a number of 128 bits",
    }
}

/// A vector as in the text format, or as one number.
fn vector(text: &str) -> Option<u128> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let lanes = || {
        let is_plain = !text.contains([';', '(']);
        let constant: V128Const = is_plain.then(|| parse(&ParseBuffer::new(text).ok()?).ok()).flatten()?;
        Some(u128::from_le_bytes(constant.to_le_bytes()))
    };
    number.ok().or_else(lanes)
}

/// Floats' names are lower case in Wasm text; programs print them in any.
fn float_text(text: &str) -> String {
    text.to_ascii_lowercase().replace("infinity", "inf")
}

fn literal<T: for<'a> Parse<'a>>(text: &str) -> Option<T> {
    // White space and comments mean something to the parser.
    if text.contains(|c: char| c.is_whitespace() || c == ';' || c == '(') {
        return None;
    }
    parse(&ParseBuffer::new(text).ok()?).ok()
}

/// A result as Wasmtime prints it; a vector as four lanes, so that it can be an argument again; an integer of 31 bits as a number.
///
/// # Panics
/// If it is a reference of another store.
pub fn show(store: impl AsContext, value: &Val) -> String {
    match value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(value) => value.to_float().to_string(),
        Val::F64(value) => value.to_float().to_string(),
        Val::V128(value) => format!("{value:?}"),
        Val::FuncRef(func) if func.is_null() => "<null funcref>".into(),
        Val::FuncRef(_) => "<funcref>".into(),
        Val::ExternRef(value) if value.is_null() => "<null externref>".into(),
        Val::ExternRef(_) => "<externref>".into(),
        Val::AnyRef(Nullable::Null) => "<null anyref>".into(),
        Val::AnyRef(Nullable::Val(reference)) => show_any(store, reference),
        Val::ExnRef(value) if value.is_null() => "<null exnref>".into(),
        Val::ExnRef(_) => "<exnref>".into(),
        // `Val` may get variants; until it is taught to print them, as Rust does.
        value => format!("{value:?}"),
    }
}

fn show_any(store: impl AsContext, reference: &AnyRef) -> String {
    if let Some(number) = reference.as_i31(&store) {
        return number.get_i32().to_string();
    }
    let name = if reference.as_struct(&store).is_some() {
        "<structref>"
    } else if reference.as_array(&store).is_some() {
        "<arrayref>"
    } else {
        "<externref>"
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sheave::{Engine, Store};

    fn show(value: &Val) -> String {
        super::show(Store::new(&Engine::default(), ()), value)
    }

    #[test]
    fn integers_take_the_whole_range_signed_and_unsigned() {
        for (text, expected) in [
            ("0", 0),
            ("-1", -1),
            ("+5", 5),
            ("0xff", 255),
            ("-0x10", -16),
            ("4294967295", -1),
            ("-2147483648", i32::MIN),
            ("1_000", 1000),
        ] {
            assert_eq!(parse_value(text, ValType::I32), Ok(Val::I32(expected)), "{text}");
        }
        assert_eq!(parse_value("0xffffffffffffffff", ValType::I64), Ok(Val::I64(-1)));
        for bad in ["", "4294967296", "-2147483649", "1.5", "0x", "five", "1 ", "1;;x", "--1"] {
            assert!(parse_value(bad, ValType::I32).is_err(), "{bad}");
        }
    }

    #[test]
    fn floats_take_names_and_hexadecimal() {
        let bits = |text| match parse_value(text, ValType::F64) {
            Ok(Val::F64(value)) => value.to_bits(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(bits("1.5"), 1.5f64.to_bits());
        assert_eq!(bits(".5"), 0.5f64.to_bits());
        assert_eq!(bits("-0"), (-0.0f64).to_bits());
        assert_eq!(bits("-inf"), f64::NEG_INFINITY.to_bits());
        assert_eq!(bits("Infinity"), f64::INFINITY.to_bits());
        assert_eq!(bits("NaN"), 0x7ff8_0000_0000_0000);
        assert_eq!(bits("nan:0x1"), 0x7ff0_0000_0000_0001);
        assert_eq!(bits("0x1.8p1"), 3f64.to_bits());
        assert!(parse_value("abc", ValType::F64).is_err());
        assert_eq!(parse_value("0.1", ValType::F32), Ok(Val::F32(F32::from_float(0.1))));
    }

    #[test]
    fn vectors_are_lanes_or_one_number() {
        let expected = Val::V128(0x0000_0004_0000_0003_0000_0002_0000_0001.into());
        for text in ["i32x4 1 2 3 4", "i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 0", "0x00000004000000030000000200000001"] {
            assert_eq!(parse_value(text, ValType::V128), Ok(expected), "{text}");
        }
        assert_eq!(
            parse_value("f64x2 nan 1", ValType::V128),
            Ok(Val::V128((((1f64.to_bits() as u128) << 64) | (0x7ff8 << 48)).into()))
        );
        assert_eq!(show(&expected), "i32x4 0x00000001 0x00000002 0x00000003 0x00000004");
        assert_eq!(parse_value(&show(&expected), ValType::V128), Ok(expected));
        for bad in ["", "i32x4 1 2 3", "i32x4 1 2 3 4 5", "i32x5 1 2 3 4", "-1", "i32x4 (1) 2 3 4"] {
            assert!(parse_value(bad, ValType::V128).is_err(), "{bad}");
        }
    }

    #[test]
    fn references_are_null() {
        assert_eq!(parse_value("null", ValType::EXTERNREF), Ok(Val::ExternRef(Nullable::Null)));
        assert!(parse_value("1", ValType::FUNCREF).unwrap_err().contains("only null"));
    }

    #[test]
    fn results_print_as_in_wasmtime() {
        assert_eq!(show(&Val::I32(-1)), "-1");
        assert_eq!(show(&Val::F32(F32::from_float(1.0))), "1");
        assert_eq!(show(&Val::F64(F64::from_float(f64::NAN))), "NaN");
        assert_eq!(show(&Val::FuncRef(Nullable::Null)), "<null funcref>");
    }
}
