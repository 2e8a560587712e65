//! What rows compute, as types: the names of their semantic functions and of the types that they work on.

use std::{env, fmt::Write as _};

use crate::{
    name,
    table::{ROWS, Row, Ty, group},
};

pub fn rust(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "i32",
        Ty::I64 => "i64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::Ref => "Handle",
        Ty::V128 => "V128",
    }
}

/// The semantic function of a row: its name without the prefix that says what is done with the result.
pub fn semantics(row: &Row) -> String {
    let name = row.name.trim_start_matches("br_if.").trim_start_matches("br_unless.").trim_start_matches("loop.");
    if name.ends_with(".const") || name.ends_with(".copy") {
        return "core::convert::identity".into();
    }
    format!("num::{}", name.replace('.', "_"))
}

/// The two operations of a chain: `i32.shl+add` is `i32.shl` and then `i32.add`.
pub fn chained(row: &Row) -> Option<(String, String)> {
    let (first, second) = row.name.split_once('+')?;
    let (ty, _) = row.name.split_once('.')?;
    Some((first.into(), format!("{ty}.{second}")))
}

/// The type in memory of a load or store.
pub fn memory_type(row: &Row) -> &'static str {
    let suffixes = [".memory64", ".far", ".sum", ".shared"];
    let name = suffixes.iter().fold(row.name, |name, suffix| name.trim_end_matches(suffix));
    let value = *row.types.last().unwrap();
    let access = name.rsplit('.').next().unwrap().trim_start_matches("load").trim_start_matches("store");
    match access {
        "" => rust(value),
        "8_s" | "8" => "i8",
        "8_u" => "u8",
        "16_s" | "16" => "i16",
        "16_u" => "u16",
        "32_s" => "i32",
        "32_u" => "u32",
        "8x8_s" => "Load8x8S",
        "8x8_u" => "Load8x8U",
        "16x4_s" => "Load16x4S",
        "16x4_u" => "Load16x4U",
        "32x2_s" => "Load32x2S",
        "32x2_u" => "Load32x2U",
        "8_splat" => "Load8Splat",
        "16_splat" => "Load16Splat",
        "32_splat" => "Load32Splat",
        "64_splat" => "Load64Splat",
        "32_zero" => "Load32Zero",
        "64_zero" => "Load64Zero",
        other => panic!("unknown access {other}"),
    }
}

/// How a load or store touches its memory.
fn touch(row: &Row) -> &'static str {
    if row.name.contains(".shared") { "Shared" } else { "Plain" }
}

/// The type in memory of an atomic access, and what it does there.
fn atomic(row: &Row) -> (&'static str, &'static str) {
    let (ty, access) = row.name.split_once(".atomic.").expect("an atomic access");
    let width = match access.trim_start_matches(|c: char| c.is_alphabetic()) {
        rest if rest.starts_with('8') => "u8",
        rest if rest.starts_with("16") => "u16",
        rest if rest.starts_with("32") => "u32",
        _ if ty == "i32" => "u32",
        _ => "u64",
    };
    let rmw = match access.split_once('.').map_or("", |(_, name)| name.trim_end_matches("_u")) {
        "sub" => "Sub",
        "and" => "And",
        "or" => "Or",
        "xor" => "Xor",
        "xchg" => "Xchg",
        // Loads and stores modify nothing, and compare-and-exchange is no operation on two values.
        "add" | "cmpxchg" | "" => "Add",
        other => panic!("unknown operation {other}"),
    };
    (width, rmw)
}

/// One zero-sized type per computing row, tying its types to its semantic function.
pub fn operations() -> String {
    let mut text = String::new();
    for row in &ROWS {
        let (id, types) = (name(row), row.types);
        // Builds without a proposal may not have the functions of its rows.
        if row.groups() & group::SIMD != 0 && env::var_os("CARGO_FEATURE_SIMD").is_none() {
            continue;
        }
        match row.shape.handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                let result = types.get(2).map_or("i32", |ty| rust(*ty));
                writeln!(
                    text,
                    "pub struct {id};\nimpl Operation2 for {id} {{ type A = {}; type B = {}; type D = {result}; #[inline(always)] fn eval(a: {0}, b: {1}) -> Result<{result}, Trap> {{ Outcome::into_result({}(a, b)) }} }}",
                    rust(types[0]), rust(types[1]), semantics(row)
                )
            }
            "Unary" | "BranchIf1" | "BranchUnless1" => {
                let result = types.get(1).map_or("i32", |ty| rust(*ty));
                writeln!(
                    text,
                    "pub struct {id};\nimpl Operation1 for {id} {{ type A = {}; type D = {result}; #[inline(always)] fn eval(a: {0}) -> Result<{result}, Trap> {{ Outcome::into_result({}(a)) }} }}",
                    rust(types[0]), semantics(row)
                )
            }
            "Chain" => {
                let call = |name: String| format!("num::{}", name.replace('.', "_"));
                let value = match chained(row) {
                    Some((first, second)) => format!("{}({}(a, b), c)", call(second), call(first)),
                    None => format!("{}(a, b, c)", semantics(row)),
                };
                writeln!(
                    text,
                    "pub struct {id};\nimpl Operation3 for {id} {{ type T = {0}; #[inline(always)] fn eval(a: {0}, b: {0}, c: {0}) -> {0} {{ {value} }} }}",
                    rust(types[0])
                )
            }
            "Wide" | "MulWide" => writeln!(text, "pub struct {id};\nimpl {}Operation for {id} {{ #[inline(always)] fn eval(a: [i64; {}]) -> (i64, i64) {{ {}({}) }} }}",
                row.shape.handler, if row.shape.handler == "Wide" { 4 } else { 2 }, semantics(row),
                if row.shape.handler == "Wide" { "a[0], a[1], a[2], a[3]" } else { "a[0], a[1]" }),
            "ExtractLane" => writeln!(
                text,
                "pub struct {id};\nimpl ExtractOperation for {id} {{ type D = {}; #[inline(always)] fn eval(a: V128, lane: u16) -> Self::D {{ {}(a, lane) }} }}",
                rust(types[1]), semantics(row)
            ),
            "ReplaceLane" => writeln!(
                text,
                "pub struct {id};\nimpl ReplaceOperation for {id} {{ type B = {}; #[inline(always)] fn eval(a: V128, lane: u16, b: Self::B) -> V128 {{ {}(a, lane, b) }} }}",
                rust(types[1]), semantics(row)
            ),
            "Load" | "LoadSum" | "LoadFar" | "Store" | "StoreFar" => writeln!(
                text,
                "pub struct {id};\nimpl Access for {id} {{ type Address = {}; type Memory = {}; type Value = {}; type Touch = {}; }}",
                rust(types[0]), memory_type(row), rust(*types.last().unwrap()), touch(row)
            ),
            "AtomicLoad" | "AtomicStore" | "AtomicRmw" | "AtomicCmpxchg" => {
                let (width, rmw) = atomic(row);
                writeln!(
                    text,
                    "pub struct {id};\nimpl AtomicAccess for {id} {{ type Width = {width}; type Value = {}; const RMW: Rmw = Rmw::{rmw}; }}",
                    rust(types[1])
                )
            }
            _ => Ok(()),
        }
        .unwrap();
    }
    text
}
