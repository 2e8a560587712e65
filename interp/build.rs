//! Generates, from the table in `src/isa/table.rs` and the list of superinstructions beside it, the row names and the list of
//! handlers, and picks the dispatch back end.
//!
//! Nothing here decides anything about an instruction: the table does. A handler that is named by a shape and missing in
//! `exec` is a compile error in the generated list.

#[allow(dead_code)]
#[path = "src/isa/table.rs"]
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::Path,
};
use table::{ELEMENTS_MAX, ROWS, Role, Row, Ty, kind};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/isa/table.rs");
    println!("cargo::rerun-if-changed={SUPERINSTRUCTIONS}");
    println!("cargo::rustc-check-cfg=cfg(dispatch_tail)\ncargo::rustc-check-cfg=cfg(optimised)");
    println!("cargo::rustc-check-cfg=cfg(superinstructions)\ncargo::rustc-check-cfg=cfg(observe)");
    if env::var("OPT_LEVEL").is_ok_and(|level| level != "0") {
        println!("cargo::rustc-cfg=optimised");
    }
    if tail_dispatch() {
        println!("cargo::rustc-cfg=dispatch_tail");
    }
    // The feature is there to be asked for in every build; only tail dispatch goes through a table that can be changed.
    if tail_dispatch() && env::var_os("CARGO_FEATURE_OBSERVE").is_some() {
        println!("cargo::rustc-cfg=observe");
    }
    let is_64_bit = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").is_ok_and(|width| width == "64");
    let has_superinstructions =
        tail_dispatch() && is_64_bit && env::var_os("CARGO_FEATURE_SUPERINSTRUCTIONS").is_some();
    if has_superinstructions {
        println!("cargo::rustc-cfg=superinstructions");
    }
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, text: String| fs::write(Path::new(&out).join(name), text).expect("OUT_DIR is writable");
    let superinstructions = superinstructions();
    write("rows.rs", rows(&superinstructions));
    write("operations.rs", operations());
    write("handlers.rs", handlers(if has_superinstructions { &superinstructions } else { &[] }));
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

/// The list of superinstructions, one a line.
const SUPERINSTRUCTIONS: &str = "src/isa/superinstructions.txt";

/// Every instruction as row and form, in the order of tokens.
fn instructions() -> Vec<(&'static Row, usize)> {
    ROWS.iter().flat_map(|row| (0..row.shape.forms_count()).map(move |form| (row, form))).collect()
}

/// The superinstructions as lists of tokens. All but the last element only compute, or branch on a condition.
fn superinstructions() -> Vec<Vec<usize>> {
    let instructions = instructions();
    let tokens: BTreeMap<String, usize> = instructions
        .iter()
        .enumerate()
        .map(|(token, (row, form))| (format!("{}:{}", row.name, String::from_utf8_lossy(row.shape.form(*form))), token))
        .collect();
    let text = fs::read_to_string(SUPERINSTRUCTIONS).expect("the list is there");
    let mut seen = BTreeSet::new();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let find = |name: &str| *tokens.get(name).unwrap_or_else(|| panic!("no instruction {name}: {line}"));
            let elements: Vec<usize> = line.split(' ').map(find).collect();
            let (last, inner) = elements.split_last().expect("a line names instructions");
            let shape = |token: &usize| instructions[*token].0.shape;
            assert!((1..ELEMENTS_MAX).contains(&inner.len()), "one instruction, or too many: {line}");
            assert!(inner.iter().all(|token| shape(token).can_be_inside()), "control before the end: {line}");
            assert!(shape(last).can_be_last(), "unfit for an end: {line}");
            assert!(seen.insert(elements.clone()), "twice: {line}");
            elements
        })
        .collect()
}

/// What the translator and the verifier need of superinstructions: elements by token, and a trie over tokens in a hash table.
fn superinstruction_tables(superinstructions: &[Vec<usize>], tokens: usize) -> String {
    let mut elements = String::new();
    let mut nodes: BTreeMap<&[usize], usize> = BTreeMap::new();
    for (index, list) in superinstructions.iter().enumerate() {
        let mut padded = [0; ELEMENTS_MAX];
        padded[..list.len()].copy_from_slice(list);
        write!(elements, "({}, {padded:?}), ", list.len()).unwrap();
        nodes.insert(list, tokens + index);
    }
    // Nodes that are no superinstruction themselves are numbered behind them.
    let mut edges = BTreeMap::new();
    let mut next = tokens + superinstructions.len();
    for list in superinstructions {
        for len in 2..=list.len() {
            if !nodes.contains_key(&list[..len]) {
                nodes.insert(&list[..len], next);
                next += 1;
            }
            let node = |part: &[usize]| if part.len() == 1 { part[0] } else { nodes[part] };
            edges.insert(node(&list[..len - 1]) << 16 | list[len - 1], node(&list[..len]));
        }
    }
    // Nodes from which an edge leads, one bit each: most are none, and need no look at the hash table.
    let mut inner = vec![0_u64; next.div_ceil(64)];
    let bits = (edges.len() * 4 / 3).next_power_of_two().trailing_zeros().max(1);
    let (mut keys, mut children) = (vec![u32::MAX; 1 << bits], vec![0_u16; 1 << bits]);
    for (key, node) in edges {
        inner[(key >> 16) / 64] |= 1 << ((key >> 16) % 64);
        let mut slot = (key as u32).wrapping_mul(TRIE_FACTOR) as usize >> (32 - bits);
        while keys[slot] != u32::MAX {
            slot = (slot + 1) % keys.len();
        }
        (keys[slot], children[slot]) = (key as u32, node.try_into().expect("nodes are 16 bits"));
    }
    format!(
        "
/// Per superinstruction how many instructions it stands for, and which.
#[cfg(superinstructions)]
pub static ELEMENTS: [(u8, [u16; {ELEMENTS_MAX}]); {count}] = [{elements}];

/// Edges of the trie over the instructions of superinstructions, by hash: node in the upper half, token in the lower. A node
/// is a token, a superinstruction, or above these.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub static TRIE: [u32; {slots_len}] = {keys:?};
/// The nodes that the edges lead to.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub static TRIE_CHILDREN: [u16; {slots_len}] = {children:?};
/// Nodes from which an edge leads: one bit each.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub static TRIE_INNER: [u64; {inner_len}] = {inner:?};
/// Factor of the hash, and how far its product is shifted.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub const TRIE_HASH: (u32, u32) = ({TRIE_FACTOR:#x}, {shift});

/// Number of superinstructions; their tokens begin at [`TOKENS`].
#[cfg(superinstructions)]
pub const SUPERINSTRUCTIONS: u16 = {count};
",
        count = superinstructions.len(),
        slots_len = keys.len(),
        inner_len = inner.len(),
        shift = 32 - bits,
    )
}
const TRIE_FACTOR: u32 = 0x9e37_79b1;

/// `enum Row`, the token of each row's first form, the number of tokens, the hash of the whole table.
fn rows(superinstructions: &[Vec<usize>]) -> String {
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
    for elements in superinstructions {
        feed(format!("{elements:?}").as_bytes());
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
    text + &superinstruction_tables(superinstructions, token)
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

/// `for_each_handler!`: calls the given macro with all handler types in the order of their tokens, superinstructions last.
fn handlers(superinstructions: &[Vec<usize>]) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut seen = BTreeSet::new();
    let handlers: Vec<String> = instructions().iter().map(|(row, form)| handler(row, row.shape.form(*form))).collect();
    for (token, handler) in handlers.iter().enumerate() {
        if !handler.contains('<') {
            assert!(seen.insert(handler), "two rows share the handler {handler}");
        }
        writeln!(text, "    {token} => {handler};").unwrap();
    }
    for (index, elements) in superinstructions.iter().enumerate() {
        let (last, inner) = elements.split_last().expect("superinstructions have elements");
        let handler =
            inner.iter().rfold(handlers[*last].clone(), |rest, first| format!("Then<{}, {rest}>", handlers[*first]));
        writeln!(text, "    {} => {handler};", handlers.len() + index).unwrap();
    }
    text + "} } }\n"
}
