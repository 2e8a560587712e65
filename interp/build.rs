//! Generates, from the table in `src/isa/table.rs`, the row names and the list of handlers, and picks the dispatch back end.
//!
//! Nothing here decides anything about an instruction: the table does. A handler that is named by a shape and missing in
//! `exec` is a compile error in the generated list.

#[allow(dead_code)]
#[path = "src/isa/table.rs"]
mod table;

use std::{collections::BTreeSet, env, fmt::Write as _, fs, path::Path};
use table::{ROWS, Role, Row, Ty, kind};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/isa/table.rs");
    println!("cargo::rustc-check-cfg=cfg(dispatch_tail)\ncargo::rustc-check-cfg=cfg(optimised)");
    if env::var("OPT_LEVEL").is_ok_and(|level| level != "0") {
        println!("cargo::rustc-cfg=optimised");
    }
    if tail_dispatch() {
        println!("cargo::rustc-cfg=dispatch_tail");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, text: String| fs::write(Path::new(&out).join(name), text).expect("OUT_DIR is writable");
    write("rows.rs", rows());
    write("operations.rs", operations());
    write("handlers.rs", handlers());
}

/// Tail calls hold on x86-64 and AArch64 when optimised: sibling calls with register arguments. Everywhere else, and in
/// unoptimised builds, the portable loop runs. `loop-dispatch` asks for the loop anyway.
fn tail_dispatch() -> bool {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let optimised = matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s" | "z");
    let wide = matches!(var("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let sanitized = !var("CARGO_CFG_SANITIZE").is_empty();
    optimised
        && wide
        && !sanitized
        && env::var_os("CARGO_CFG_MIRI").is_none()
        && env::var_os("CARGO_FEATURE_LOOP_DISPATCH").is_none()
}

fn name(row: &Row) -> String {
    let mut name = String::new();
    table::identifier(row.name, &mut |c| name.push(c));
    name
}

/// `enum Row`, the token of each row's first form, the number of tokens, the hash of the whole table.
fn rows() -> String {
    let mut text = String::from(
        "/// A row of the instruction table: an operation without its operand form.\n#[derive(Clone, Copy, PartialEq, Eq, Debug)]\n#[repr(u16)]\npub enum Row {\n",
    );
    let (mut bases, mut keys, mut tokens) = (String::new(), String::new(), String::new());
    let (mut token, mut hash) = (0, 0xcbf2_9ce4_8422_2325_u64);
    let mut feed = |bytes: &[u8]| {
        for &byte in bytes.iter().chain(&[0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for (index, row) in ROWS.iter().enumerate() {
        writeln!(text, "    /// `{}`: {}.\n    {},", row.name, row.doc, name(row)).unwrap();
        write!(bases, "{token}, ").unwrap();
        feed(row.name.as_bytes());
        feed(format!("{:?}{:?}", row.types, row.shape.roles).as_bytes());
        for form in 0..row.shape.forms_count() {
            feed(row.shape.form(form));
            write!(keys, "{:#x}, ", table::key(row.shape.form(form))).unwrap();
            let units: usize = row.shape.form(form).iter().map(|letter| kind::units(*letter)).sum();
            write!(tokens, "{:#x}, ", index | form << 16 | (1 + units) << 24).unwrap();
        }
        token += row.shape.forms_count();
    }
    let chains: String = ROWS
        .iter()
        .filter_map(|row| {
            let (first, second) = chained(row)?;
            let named = |wanted: String| ROWS.iter().find(|row| row.name == wanted).map(name);
            Some(format!("        (Row::{}, Row::{}) => Row::{},\n", named(first)?, named(second)?, name(row)))
        })
        .collect();
    assert!(token < 0x8000, "tokens are 16 bits, the upper half is kept free");
    write!(
        text,
        "}}\n\n/// Token of each row's first form, and the number of all tokens at the end.\npub static BASES: [u16; {}] = [{bases}{token}];\n\n/// Each token's form as [`table::key`](super::table::key) gives it.\n#[cfg(feature = \"translate\")]\npub static KEYS: [u64; {token}] = [{keys}];\n\n/// Per token: row in bits 0 to 15, form in 16 to 23, units (with one target of a branch table) above. Small targets do\n/// without and search `BASES`.\n#[cfg(target_pointer_width = \"64\")]\npub static DECODED: [u32; {token}] = [{tokens}];\n\n/// Number of tokens.\npub const TOKENS: u16 = {token};\n\n/// Hash of the complete table; an image carries that of the table it was made with.\npub const HASH: u64 = {hash:#018x};\n\n/// The row that does the work of two, the result of the first being the left operand of the second.\n#[cfg(feature = \"translate\")]\npub fn chain(first: Row, second: Row) -> Option<Row> {{\n    Some(match (first, second) {{\n{chains}        _ => return None,\n    }})\n}}\n",
        ROWS.len() + 1
    )
    .unwrap();
    text
}

fn rust(ty: Ty) -> &'static str {
    match ty {
        Ty::I32 => "i32",
        Ty::I64 => "i64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::Ref => "Handle",
    }
}

/// The semantic function of a row: its name without the prefix that says what is done with the result.
fn semantics(row: &Row) -> String {
    let name = row.name.trim_start_matches("br_if.").trim_start_matches("br_unless.").trim_start_matches("loop.");
    if name.ends_with(".const") || name.ends_with(".copy") {
        return "core::convert::identity".into();
    }
    format!("num::{}", name.replace('.', "_"))
}

/// The two operations of a chain: `i32.shl+add` is `i32.shl` and then `i32.add`.
fn chained(row: &Row) -> Option<(String, String)> {
    let (first, second) = row.name.split_once('+')?;
    let (ty, _) = row.name.split_once('.')?;
    Some((first.into(), format!("{ty}.{second}")))
}

/// The type in memory of a load or store.
fn memory_type(row: &Row) -> &'static str {
    let name = row.name.trim_end_matches(".far").trim_end_matches(".sum");
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
        other => panic!("unknown access {other}"),
    }
}

/// One zero-sized type per computing row, tying its types to its semantic function.
fn operations() -> String {
    let mut text = String::new();
    for row in ROWS {
        let (id, types) = (name(row), row.types);
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
                let (first, second) = chained(row).expect("a chain names two operations");
                let call = |name: String| format!("num::{}", name.replace('.', "_"));
                writeln!(
                    text,
                    "pub struct {id};\nimpl Operation3 for {id} {{ type T = {0}; #[inline(always)] fn eval(a: {0}, b: {0}, c: {0}) -> {0} {{ {2}({1}(a, b), c) }} }}",
                    rust(types[0]), call(first), call(second)
                )
            }
            "Wide" | "MulWide" => writeln!(text, "pub struct {id};\nimpl {}Operation for {id} {{ #[inline(always)] fn eval(a: [i64; {}]) -> (i64, i64) {{ {}({}) }} }}",
                row.shape.handler, if row.shape.handler == "Wide" { 4 } else { 2 }, semantics(row),
                if row.shape.handler == "Wide" { "a[0], a[1], a[2], a[3]" } else { "a[0], a[1]" }),
            "Load" | "LoadSum" | "LoadFar" | "Store" | "StoreFar" => writeln!(
                text,
                "pub struct {id};\nimpl Access for {id} {{ type Memory = {}; type Value = {}; }}",
                memory_type(row), rust(*types.last().unwrap())
            ),
            _ => Ok(()),
        }
        .unwrap();
    }
    text
}

/// Operand kind of a form as the type that reads or writes it.
fn operand(letter: u8) -> Option<&'static str> {
    Some(match letter {
        kind::REG => "Reg",
        kind::SLOT => "Slot",
        kind::WRITE => "Write",
        kind::IMM16 => "Imm16",
        kind::IMM32 => "Imm32",
        kind::IMM64 => "Imm64",
        _ => return None,
    })
}

/// The handler of one instruction as a type: `Binary<operation::I32Add, Reg, Slot, Write>`.
fn handler(row: &Row, form: &[u8]) -> String {
    let mut arguments = Vec::new();
    let computes = [
        "Binary",
        "BranchIf2",
        "BranchUnless2",
        "LoopEdge",
        "Unary",
        "BranchIf1",
        "BranchUnless1",
        "Chain",
        "Wide",
        "MulWide",
        "Load",
        "LoadSum",
        "LoadFar",
        "Store",
        "StoreFar",
    ];
    if computes.contains(&row.shape.handler) {
        arguments.push(format!("operation::{}", name(row)));
    } else {
        arguments.extend(distinct(row).iter().map(|ty| rust(*ty).to_owned()));
    }
    for (role, letter) in row.shape.roles.iter().zip(form) {
        if *role != Role::Aux {
            arguments.push(operand(*letter).expect("a typed role has a kind that holds a value").to_owned());
        }
    }
    // An absolute address is an immediate without an offset.
    if matches!(row.shape.handler, "Load" | "Store") {
        arguments.push(if form[1] == kind::NONE { "NoOffset" } else { "Offset16" }.to_owned());
    }
    if arguments.is_empty() {
        row.shape.handler.to_owned()
    } else {
        format!("{}<{}>", row.shape.handler, arguments.join(", "))
    }
}

/// Type arguments of shapes that move values: the type of the value moved, if it varies.
fn distinct(row: &Row) -> Vec<Ty> {
    match row.shape.handler {
        "Select" => vec![row.types[1]],
        "Step" | "StepTwo" => vec![row.types[0]],
        "GlobalGet" | "GlobalSet" | "GlobalGetFar" | "GlobalSetFar" | "ReturnValue" | "Move" | "Take" => {
            vec![row.types[0]]
        }
        _ => vec![],
    }
}

/// `for_each_handler!`: calls the given macro with all handler types in the order of their tokens.
fn handlers() -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut seen = BTreeSet::new();
    let mut token = 0;
    for row in ROWS {
        for form in 0..row.shape.forms_count() {
            let handler = handler(row, row.shape.form(form));
            if !handler.contains('<') {
                assert!(seen.insert(handler.clone()), "two rows share the handler {handler}");
            }
            writeln!(text, "    {token} => {handler};").unwrap();
            token += 1;
        }
    }
    text + "} } }\n"
}
