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
    println!("cargo::rustc-check-cfg=cfg(dispatch, values(\"tail\", \"table\", \"switch\"))");
    println!(
        "cargo::rustc-check-cfg=cfg(optimised)\ncargo::rustc-check-cfg=cfg(superinstructions)\ncargo::rustc-check-cfg=cfg(observe)"
    );
    if is_optimised() {
        println!("cargo::rustc-cfg=optimised");
    }
    let dispatch = dispatch();
    println!("cargo::rustc-cfg=dispatch=\"{dispatch}\"");
    // The feature is there to be asked for in every build; only tail dispatch goes through a table that can be changed.
    if dispatch == "tail" && env::var_os("CARGO_FEATURE_OBSERVE").is_some() {
        println!("cargo::rustc-cfg=observe");
    }
    let has_superinstructions = dispatch != "switch" && env::var_os("CARGO_FEATURE_SUPERINSTRUCTIONS").is_some();
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

fn is_optimised() -> bool {
    env::var("OPT_LEVEL").is_ok_and(|level| level != "0")
}

/// The dispatch back end, a file in `src/exec/dispatch`. Tail calls hold on x86-64 and AArch64 when optimised: sibling calls
/// with register arguments. Elsewhere, and for `loop-dispatch`, a loop does it, which calls handlers where the machine has
/// registers enough to pass theirs. Unoptimised builds would take minutes for the functions of all superinstructions.
fn dispatch() -> &'static str {
    let var = |name: &str| env::var(name).unwrap_or_default();
    let has_sibling_calls = matches!(var("OPT_LEVEL").as_str(), "2" | "3" | "s" | "z")
        && matches!(var("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64")
        && var("CARGO_CFG_SANITIZE").is_empty()
        && env::var_os("CARGO_CFG_MIRI").is_none();
    if has_sibling_calls && env::var_os("CARGO_FEATURE_LOOP_DISPATCH").is_none() {
        "tail"
    } else if is_optimised() && var("CARGO_CFG_TARGET_POINTER_WIDTH") == "64" {
        "table"
    } else {
        "switch"
    }
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

/// The superinstructions as lists of tokens. All but the last element compute or branch, and on one way go on to the next.
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

/// What the translator and the verifier need of superinstructions: elements by token, and a trie over tokens.
fn superinstruction_tables(superinstructions: &[Vec<usize>], tokens: usize) -> String {
    let (mut elements, mut starts) = (vec![usize::from(u16::MAX); 2], vec![2]);
    let mut nodes: BTreeMap<&[usize], usize> = BTreeMap::new();
    for (index, list) in superinstructions.iter().enumerate() {
        elements.extend(list.iter().chain(&[usize::from(u16::MAX)]));
        starts.push(elements.len());
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
    // A node's children stand at its base plus their tokens; what stands there names its node, so that nodes share places.
    let mut children: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (key, child) in edges {
        children.entry(key >> 16).or_default().push((key & 0xffff, child));
    }
    let mut largest_first: Vec<_> = children.iter().collect();
    largest_first.sort_by_key(|(_, list)| std::cmp::Reverse(list.len()));
    let (mut bases, mut slots) = (vec![0_u16; next], vec![u32::MAX; tokens]);
    for (node, list) in largest_first {
        let is_free = |slots: &[u32], base: usize| {
            list.iter().all(|(token, _)| slots.get(base + token).is_none_or(|slot| *slot == u32::MAX))
        };
        let base = (0..).find(|base| is_free(&slots, *base)).expect("there is room behind all others");
        slots.resize(slots.len().max(base + tokens), u32::MAX);
        for (token, child) in list {
            slots[base + token] = (*node as u32) << 16 | *child as u32;
        }
        bases[*node] = base.try_into().expect("bases are 16 bits");
    }
    format!(
        "
/// Twice [`END`], then the instructions that superinstructions stand for, each time with [`END`] behind.
#[cfg(superinstructions)]
pub static ELEMENTS: [u16; {elements_len}] = {elements:?};
/// No token.
#[cfg(superinstructions)]
pub const END: u16 = u16::MAX;
/// Per superinstruction where its instructions begin in [`ELEMENTS`], and where those of one more would.
#[cfg(superinstructions)]
pub static STARTS: [u16; {count} + 1] = {starts:?};

/// The trie over the instructions of superinstructions. A node is a token, a superinstruction, or above these; its child for a
/// token stands in [`TRIE_SLOTS`] at its base plus the token, if what stands there has the node in its upper half.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub static TRIE_BASES: [u16; {next}] = {bases:?};
/// Node in the upper half, child in the lower.
#[cfg(all(superinstructions, feature = \"translate\"))]
pub static TRIE_SLOTS: [u32; {slots_len}] = {slots:?};

/// Number of superinstructions; their tokens begin at [`TOKENS`].
#[cfg(superinstructions)]
pub const SUPERINSTRUCTIONS: u16 = {count};
",
        count = superinstructions.len(),
        elements_len = elements.len(),
        slots_len = slots.len(),
    )
}

/// `enum Row`, the token of each row's first form, the number of tokens, the hash of the whole table.
fn rows(superinstructions: &[Vec<usize>]) -> String {
    let mut text = String::from(
        "/// A row of the instruction table: an operation without its operand form.\n#[derive(Clone, Copy, PartialEq, Eq, Debug)]\n#[repr(u16)]\npub enum Row {\n",
    );
    let (mut bases, mut tokens) = (String::new(), String::new());
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
        "}}\n\n/// Token of each row's first form, and the number of all tokens at the end.\npub static BASES: [u16; {}] = [{bases}{token}];\n\n/// Per token: row in bits 0 to 15, form in 16 to 23, units (with one target of a branch table) above. Small targets do\n/// without and search `BASES`.\n#[cfg(target_pointer_width = \"64\")]\npub static DECODED: [u32; {token}] = [{tokens}];\n\n/// Number of tokens.\npub const TOKENS: u16 = {token};\n\n/// Hash of the complete table; an image carries that of the table it was made with.\npub const HASH: u64 = {hash:#018x};\n\n/// The row that does the work of two, the result of the first being the left operand of the second.\n#[cfg(feature = \"translate\")]\npub fn chain(first: Row, second: Row) -> Option<Row> {{\n    Some(match (first, second) {{\n{chains}        _ => return None,\n    }})\n}}\n",
        ROWS.len() + 1
    )
    .unwrap();
    text + &form_tables() + &superinstruction_tables(superinstructions, token)
}

/// Tables that give a form's number by its letters without searching. Rows with the same forms share one.
fn form_tables() -> String {
    let mut tables: Vec<(Vec<u64>, (u64, u32))> = Vec::new();
    let (mut by_row, mut records, mut keys, mut numbers) = (Vec::new(), String::new(), Vec::new(), Vec::new());
    for row in ROWS {
        let forms: Vec<u64> = (0..row.shape.forms_count()).map(|form| table::key(row.shape.form(form))).collect();
        let known = tables.iter().position(|(known, _)| *known == forms);
        by_row.push(known.unwrap_or_else(|| {
            let (factor, bits) = perfect_hash(&forms);
            writeln!(records, "    FormTable {{ factor: {factor:#x}, first: {}, shift: {} }},", keys.len(), 64 - bits)
                .unwrap();
            let first = keys.len();
            keys.resize(first + (1 << bits), u64::MAX);
            numbers.resize(first + (1 << bits), 0);
            for (number, form) in forms.iter().enumerate() {
                let slot = first + (form.wrapping_mul(factor) >> (64 - bits)) as usize;
                (keys[slot], numbers[slot]) = (*form, number);
            }
            tables.push((forms, (factor, bits)));
            tables.len() - 1
        }));
    }
    format!(
        "
/// Where the forms of a row stand in [`FORM_KEYS`]: the letters, as [`table::key`](super::table::key) packs them, times the
/// factor, shifted, from `first` on.
#[cfg(feature = \"translate\")]
pub struct FormTable {{
    /// Makes the slots of all forms differ.
    pub factor: u64,
    /// First slot.
    pub first: u16,
    /// Leaves as many bits as number the slots.
    pub shift: u8,
}}
#[cfg(feature = \"translate\")]
pub static FORM_TABLES: [FormTable; {tables_len}] = [
{records}];
/// Table of each row.
#[cfg(feature = \"translate\")]
pub static ROW_FORM_TABLES: [u8; {rows_len}] = {by_row:?};
/// Letters of the form in each slot.
#[cfg(feature = \"translate\")]
pub static FORM_KEYS: [u64; {keys_len}] = {keys:?};
/// Number of the form in each slot.
#[cfg(feature = \"translate\")]
pub static FORM_NUMBERS: [u8; {keys_len}] = {numbers:?};
",
        tables_len = tables.len(),
        rows_len = by_row.len(),
        keys_len = keys.len(),
    )
}

/// A factor whose products with the keys all differ in their highest bits, and how many bits: as few as can be found soon.
fn perfect_hash(keys: &[u64]) -> (u64, u32) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for bits in keys.len().next_power_of_two().trailing_zeros().max(1).. {
        for _ in 0..10_000 {
            // xorshift64*, Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled".
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let factor = state.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1;
            let slots: BTreeSet<u64> = keys.iter().map(|key| key.wrapping_mul(factor) >> (64 - bits)).collect();
            if slots.len() == keys.len() {
                return (factor, bits);
            }
        }
    }
    unreachable!("64 bits are enough")
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
    if matches!(row.shape.handler, "Return" | "ReturnValue") {
        arguments.push(match form.last() {
            Some(letter @ b'0'..=kind::HEADER_MAX) => format!("HeaderAt<{}>", 4 * (letter - b'0')),
            _ => "HeaderField".to_owned(),
        });
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
