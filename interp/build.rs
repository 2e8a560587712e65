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
    ops::Range,
    path::Path,
};
use table::{ELEMENTS_MAX, ROWS, Role, Row, Ty, group, kind};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/isa/table.rs");
    println!("cargo::rerun-if-changed={SUPERINSTRUCTIONS}");
    println!("cargo::rerun-if-changed={HOT}");
    println!("cargo::rustc-check-cfg=cfg(dispatch, values(\"tail\", \"table\", \"switch\"))");
    println!(
        "cargo::rustc-check-cfg=cfg(optimised)\ncargo::rustc-check-cfg=cfg(superinstructions)\ncargo::rustc-check-cfg=cfg(observe)\ncargo::rustc-check-cfg=cfg(compact)"
    );
    // Names of rows and forms are for translating and for people; what only executes has a smaller table.
    if env::var_os("CARGO_FEATURE_ALLOC").is_none() {
        println!("cargo::rustc-cfg=compact");
    }
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
    let available = Available::of_features();
    println!("cargo::rerun-if-env-changed={HANDLERS}");
    write("available.rs", available.text());
    write("compact.rs", compact(&available));
    println!("cargo::rustc-check-cfg=cfg(grouped)");
    if dispatch == "switch" && matches!(env::var("OPT_LEVEL").as_deref(), Ok("0" | "s" | "z")) {
        println!("cargo::rustc-cfg=grouped");
        let groups = groups(&available);
        let mut shared = BTreeMap::new();
        for group in &groups {
            let (_, rows) = shared.entry(group.shared_name()).or_insert((group, BTreeSet::new()));
            rows.extend(group.numbers(&available));
        }
        let shared = shared.into_values().map(|(group, rows)| group.shared_text(&rows));
        write("groups.rs", groups.iter().map(Group::text).chain(shared).collect());
        write("handlers.rs", grouped_handlers(&groups, &available));
        return;
    }
    let superinstructions = if has_superinstructions { superinstructions } else { Vec::new() };
    write("handlers.rs", handlers(&superinstructions, &available, dispatch != "switch"));
}

/// Which instructions this build has handlers for.
struct Available {
    /// Bits of [`group`].
    groups: u16,
    has_level_full: bool,
    /// Instructions as `row:form`, if only those of a list are wanted.
    listed: Option<BTreeSet<String>>,
    /// Instructions that share their arm of the match with no other row.
    hot: BTreeSet<String>,
}

/// The list of instructions that are executed most, one a line.
const HOT: &str = "src/isa/hot.txt";

/// The instructions in that list.
fn hot() -> BTreeSet<String> {
    let known: BTreeSet<String> = instructions().iter().map(|(row, form)| instruction_name(row, *form)).collect();
    let text = fs::read_to_string(HOT).expect("the list is there");
    let hot: BTreeSet<String> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    hot.iter().for_each(|line| assert!(known.contains(line), "{HOT}: no instruction of this version: {line}"));
    hot
}

/// The environment variable with the paths, separated as those of `PATH` are, of lists of handlers to keep: a line for each, `row:form`;
/// `#` begins a line that is a comment. `sheave compile --handlers` writes one. A build without the variable keeps all.
const HANDLERS: &str = "SHEAVE_HANDLERS";

/// What every image has before its functions.
const PRELUDE: [&str; 2] = ["exit:", "return.cross:"];

/// The instructions in the lists that [`HANDLERS`] names.
fn listed() -> Option<BTreeSet<String>> {
    // The build of the macro that verifies images runs nothing and has to know all instructions.
    env::var_os("CARGO_FEATURE_EXEC")?;
    let paths = env::var_os(HANDLERS).filter(|paths| !paths.is_empty())?;
    let known: BTreeSet<String> = instructions().iter().map(|(row, form)| instruction_name(row, *form)).collect();
    let mut listed: BTreeSet<String> = PRELUDE.map(str::to_owned).into();
    for path in env::split_paths(&paths) {
        let path = path.display();
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(path.to_string()).unwrap_or_else(|error| {
            panic!("{HANDLERS}: {path}: {error}; relative paths begin at the package of sheave-interp, so give an absolute one")
        });
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(known.contains(line), "{HANDLERS}: {path}: no instruction of this version: {line}");
            listed.insert(line.to_owned());
        }
    }
    Some(listed)
}

/// `i32.add:rsw`.
fn instruction_name(row: &Row, form: usize) -> String {
    format!("{}:{}", row.name, String::from_utf8_lossy(row.shape.form(form)))
}

impl Available {
    fn of_features() -> Available {
        let has = |feature: &str| {
            env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some()
        };
        let groups = group::NAMES.iter().enumerate().filter(|(_, name)| has(name));
        // Builds of level base are to be as small as can be.
        let has_level_full = has("level-full");
        Available {
            groups: groups.fold(0, |groups, (bit, _)| groups | 1 << bit),
            has_level_full,
            listed: listed(),
            hot: if has_level_full { hot() } else { BTreeSet::new() },
        }
    }

    /// What the build lacks for an instruction, by name.
    fn lack(&self, row: &Row, form: usize) -> Option<&'static str> {
        let is_left_out = || self.listed.as_ref().is_some_and(|listed| !listed.contains(&instruction_name(row, form)));
        self.lack_of_features(row, form)
            .or_else(|| is_left_out().then_some("a handler that SHEAVE_HANDLERS leaves out"))
    }

    /// Whether an instruction of a group shares its arm with others of it.
    fn shares(&self, row: &Row, form: usize) -> bool {
        self.lack(row, form).is_none() && !self.hot.contains(&instruction_name(row, form))
    }

    /// Whether there is a handler for any of these forms of a row.
    fn any(&self, row: &Row, mut forms: Range<usize>) -> bool {
        forms.any(|form| self.lack(row, form).is_none())
    }

    /// The feature that the build lacks for an instruction.
    fn lack_of_features(&self, row: &Row, form: usize) -> Option<&'static str> {
        if form >= row.shape.base.len() && !self.has_level_full {
            return Some("level full");
        }
        // The last one: floats of 64 bits are floats.
        let lacking = row.groups() & !self.groups;
        (0..group::NAMES.len()).rev().find(|bit| lacking >> bit & 1 != 0).map(|bit| group::NAMES[bit])
    }

    /// The tokens without a handler, as ranges with the name of what they need.
    fn text(&self) -> String {
        let mut ranges: Vec<(usize, usize, &str)> = Vec::new();
        for (token, (row, form)) in instructions().iter().enumerate() {
            let Some(name) = self.lack(row, *form) else { continue };
            match ranges.last_mut() {
                Some((_, end, last)) if *end == token && *last == name => *end += 1,
                _ => ranges.push((token, token + 1, name)),
            }
        }
        format!(
            "/// Bits of `group`.\npub const GROUPS: u16 = {};\n/// Tokens that this build has no handlers for: the first, the one behind the last, the name of what they need.\npub static LACKING: [(u16, u16, &str); {}] = {ranges:?};\n",
            self.groups,
            ranges.len()
        )
    }
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
    table::order().map(|(row, form)| (&ROWS[row], form)).collect()
}

/// The superinstructions as lists of tokens. All but the last element compute or branch, and on one way go on to the next.
fn superinstructions() -> Vec<Vec<usize>> {
    let instructions = instructions();
    let tokens: BTreeMap<String, usize> =
        instructions.iter().enumerate().map(|(token, (row, form))| (instruction_name(row, *form), token)).collect();
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

/// `enum Row`, the tokens of each row's first forms, the number of tokens, the hash of the whole table.
fn rows(superinstructions: &[Vec<usize>]) -> String {
    let mut text = String::from(
        "/// A row of the instruction table: an operation without its operand form.\n#[derive(Clone, Copy, PartialEq, Eq, Debug)]\n#[repr(u16)]\npub enum Row {\n",
    );
    let (mut bases, mut tokens) = (vec![[0; 2]; ROWS.len()], String::new());
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut feed = |bytes: &[u8]| {
        for &byte in bytes.iter().chain(&[0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for row in ROWS {
        writeln!(text, "    /// `{}`: {}.\n    {},", row.name, row.doc, name(row)).unwrap();
        feed(row.name.as_bytes());
        feed(format!("{:?}{:?}", row.types, row.shape.roles).as_bytes());
        for form in 0..row.shape.forms_count() {
            feed(row.shape.form(form));
        }
        feed(&row.groups().to_le_bytes());
    }
    let mut count = 0_usize;
    for (token, (index, form)) in table::order().enumerate() {
        let shape = ROWS[index].shape;
        let units: usize = shape.form(form).iter().map(|letter| kind::units(*letter)).sum();
        write!(tokens, "{:#x}, ", index | form << 16 | (1 + units) << 24).unwrap();
        if form == 0 || form == shape.base.len() {
            bases[index][usize::from(form >= shape.base.len())] = token;
        }
        count = token + 1;
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
    assert!(count < 0x8000, "tokens are 16 bits, the upper half is kept free");
    write!(
        text,
        "}}\n\n/// Tokens of each row's first form of level base and of level full; the others follow in a row.\npub static BASES: [[u16; 2]; {}] = {bases:?};\n\n/// Per token: row in bits 0 to 15, form in 16 to 23, units (with one target of a branch table) above.\n#[cfg(any(test, not(compact)))]\npub static DECODED: [u32; {count}] = [{tokens}];\n\n/// Number of tokens.\npub const TOKENS: u16 = {count};\n\n/// Hash of the complete table; an image carries that of the table it was made with.\npub const HASH: u64 = {hash:#018x};\n\n/// The row that does the work of two, the result of the first being the left operand of the second.\n#[cfg(feature = \"translate\")]\npub fn chain(first: Row, second: Row) -> Option<Row> {{\n    Some(match (first, second) {{\n{chains}        _ => return None,\n    }})\n}}\n",
        ROWS.len()
    )
    .unwrap();
    text + &form_tables() + &superinstruction_tables(superinstructions, count)
}

/// The table as builds have it that only execute: no names, and nothing of the instructions that this build lacks.
fn compact(available: &Available) -> String {
    let (mut runs, mut letters, mut places, mut operands) =
        (Vec::<[usize; 5]>::new(), String::new(), Vec::<usize>::new(), Vec::<u32>::new());
    let mut last: Option<(usize, usize)> = None;
    for (token, (row, form)) in table::order().enumerate() {
        let row_of = &ROWS[row];
        let (shape, base) = (row_of.shape, row_of.shape.base.len());
        let is_full = form >= base;
        let forms = if is_full { base..shape.forms_count() } else { 0..base };
        if form != forms.start || !available.any(row_of, forms.clone()) {
            continue;
        }
        let packed = packed_operands(row_of);
        let known = operands.iter().position(|known| *known == packed).unwrap_or_else(|| {
            operands.push(packed);
            operands.len() - 1
        });
        // A run goes on with the next row if that is of the same shape and types, and its tokens are the next.
        let goes_on = last.is_some_and(|(last_row, next_token)| {
            last_row + 1 == row
                && next_token == token
                && std::ptr::eq(ROWS[last_row].shape, shape)
                && runs.last().is_some_and(|run| run[4] == known && (run[1] >> 14 & 1 != 0) == is_full)
        });
        last = Some((row, token + forms.len()));
        if goes_on {
            continue;
        }
        // The places of the forms' letters, which runs of one shape share.
        let wanted: Vec<usize> = forms
            .clone()
            .map(|form| {
                let form = std::str::from_utf8(shape.form(form)).expect("letters are ASCII");
                letters.find(form).unwrap_or_else(|| {
                    letters.push_str(form);
                    letters.len() - form.len()
                })
            })
            .collect();
        let first = places.windows(wanted.len().max(1)).position(|found| found == wanted).unwrap_or_else(|| {
            places.extend(&wanted);
            places.len() - wanted.len()
        });
        let count = shape.roles.len();
        assert!(row < 1 << 9 && count < 1 << 3, "row and number of operands share a word with two flags");
        let flags = usize::from(shape.ends_block) << 15 | usize::from(is_full) << 14;
        runs.push([token, row | count << 9 | flags, first, forms.len(), known]);
    }
    let narrowest = |values: &[usize]| if values.iter().all(|value| *value < 256) { "u8" } else { "u16" };
    let column = |index: usize| runs.iter().map(|run| run[index]).collect::<Vec<_>>();
    format!(
        "
/// Number of runs: rows of one shape and the same types that follow one another, as do the tokens of their forms at one level.
pub const RUNS: usize = {count};
/// First token of each run.
pub static FIRST_TOKENS: [u16; RUNS] = {:?};
/// First row of each run in bits 0 to 8, number of operands in 9 to 11; bit 15 says that it ends its block, bit 14 that it is of level full.
pub static RUN_ROWS: [u16; RUNS] = {:?};
/// Where in [`PLACES`] the forms of each run begin.
pub static FIRST_PLACES: [{}; RUNS] = {:?};
/// Number of forms of each row of a run.
pub static RUN_FORMS: [u8; RUNS] = {:?};
/// Where in [`OPERANDS`] the roles and types of each run are.
pub static RUN_OPERANDS: [u8; RUNS] = {:?};
/// Where in [`LETTERS`] each form begins.
pub static PLACES: [{}; {}] = {places:?};
/// Letters of all forms.
pub static LETTERS: &[u8; {}] = b\"{letters}\";
/// Five bits an operand: role, and type plus one above.
pub static OPERANDS: [u32; {}] = {operands:?};
",
        column(0),
        column(1),
        narrowest(&column(2)),
        column(2),
        column(3),
        column(4),
        narrowest(&places),
        places.len(),
        letters.len(),
        operands.len(),
        count = runs.len(),
    )
}

/// Roles and types of a row's operands: of each, from the lowest bits on, the role in two bits and the type in three, 0 being none.
fn packed_operands(row: &Row) -> u32 {
    let mut types = row.types.iter();
    let operands = row.shape.roles.iter().enumerate().fold(0, |packed, (index, role)| {
        let ty = if *role == Role::Aux { 0 } else { 1 + *types.next().expect("a type for each typed role") as u32 };
        packed | (*role as u32 | ty << 2) << (5 * index)
    });
    assert!(row.shape.roles.len() <= 6, "operands fit 30 bits");
    operands
}

/// Tables that give a form's number by its letters without searching. Rows with the same forms share one.
fn form_tables() -> String {
    /// As in the generated table.
    const FULL: usize = 0x80;
    let mut tables: Vec<(Vec<u64>, usize, (u64, u32))> = Vec::new();
    let (mut by_row, mut records, mut keys, mut numbers) = (Vec::new(), String::new(), Vec::new(), Vec::new());
    for row in ROWS {
        let forms: Vec<u64> = (0..row.shape.forms_count()).map(|form| table::key(row.shape.form(form))).collect();
        let base = row.shape.base.len();
        let known = tables.iter().position(|(known, known_base, _)| *known == forms && *known_base == base);
        by_row.push(known.unwrap_or_else(|| {
            let (factor, bits) = perfect_hash(&forms);
            writeln!(records, "    FormTable {{ factor: {factor:#x}, first: {}, shift: {} }},", keys.len(), 64 - bits)
                .unwrap();
            let first = keys.len();
            keys.resize(first + (1 << bits), u64::MAX);
            numbers.resize(first + (1 << bits), 0);
            for (number, form) in forms.iter().enumerate() {
                let slot = first + (form.wrapping_mul(factor) >> (64 - bits)) as usize;
                (keys[slot], numbers[slot]) = (*form, if number < base { number } else { FULL | (number - base) });
            }
            tables.push((forms, base, (factor, bits)));
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
/// Number of the form in each slot, among those of its level; the highest bit is set if that is full.
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

/// Rows of one shape and level, with the same types, whose tokens follow one another.
struct Group {
    first_token: usize,
    rows: Vec<&'static Row>,
    /// Numbers of the forms.
    forms: std::ops::Range<usize>,
}

/// All groups of rows that share their arms.
fn groups(available: &Available) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (token, (row, form)) in instructions().into_iter().enumerate() {
        let base = row.shape.base.len();
        let forms = if form < base { 0..base } else { base..row.shape.forms_count() };
        if form != forms.start || available.lack_of_features(row, form).is_some() {
            continue;
        }
        match groups.last_mut() {
            Some(group)
                if group.first_token + group.rows.len() * group.forms.len() == token
                    && group.forms == forms
                    && std::ptr::eq(group.rows[0].shape, row.shape)
                    && group.rows[0].types == row.types
                    && semantics_agree(group.rows[0], row) =>
            {
                group.rows.push(row);
            }
            _ => groups.push(Group { first_token: token, rows: vec![row], forms }),
        }
    }
    groups.retain(|group| {
        group.rows.len() > 1 && !group.numbers(available).is_empty() && is_groupable(group.rows[0].shape.handler)
    });
    groups
}

/// Whether two rows do what can be told by their semantic functions; constants and copies are not functions of their own.
fn semantics_agree(a: &Row, b: &Row) -> bool {
    let is_move = |row: &Row| semantics(row).starts_with("core::");
    !is_move(a) && !is_move(b)
}

fn is_groupable(handler: &str) -> bool {
    const GROUPABLE: [&str; 11] = [
        "Binary",
        "Unary",
        "Chain",
        "BranchIf2",
        "BranchUnless2",
        "LoopEdge",
        "Load",
        "LoadSum",
        "LoadFar",
        "Store",
        "StoreFar",
    ];
    GROUPABLE.contains(&handler)
}

/// Whether the operation of a row can trap: divisions of integers, truncations of floats to integers.
fn can_trap(row: &Row) -> bool {
    [".div_s", ".div_u", ".rem_s", ".rem_u"].iter().any(|part| row.name.ends_with(part))
        || row.name.contains(".trunc_f")
}

/// A type as groups pass it: floats as bits.
fn passed(ty: Ty) -> &'static str {
    match ty {
        Ty::F32 => "Bits32",
        Ty::F64 => "Bits64",
        ty => rust(ty),
    }
}

impl Group {
    /// The numbers of its rows that share arms.
    fn numbers(&self, available: &Available) -> Vec<usize> {
        let shares = |row: &Row| self.forms.clone().any(|form| available.shares(row, form));
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| shares(row)).map(|(number, _)| number).collect()
    }

    /// What its operations give of type `d`.
    fn outcome(&self, d: &str) -> String {
        format!("{}<{d}>", if self.rows.iter().any(|row| can_trap(row)) { "Perhaps" } else { "Surely" })
    }

    fn name(&self) -> String {
        format!("{}At{}", name(self.rows[0]), self.first_token)
    }

    /// The type that picks the row.
    fn text(&self) -> String {
        let forms = self.forms.len() as u32;
        let factor = 0x1_0000_u32.div_ceil(forms);
        for number in 0..self.rows.len() as u32 * forms {
            assert_eq!((number * factor) >> 16, number / forms, "a product does for a quotient");
        }
        let (first, types, handler) = (self.first_token, self.rows[0].types, self.rows[0].shape.handler);
        let row = format!("row::<{first}, {factor}>(token)");
        let (name, shared) = (self.name(), self.shared_name());
        let safety =
            "// SAFETY: the caller promises a token of this group, whose rows those of the shared operations are.";
        let signature = |numbered: &str, operands: &str, arguments: &str, associated: &str, result: &str| {
            format!(
                "pub struct {name};\nimpl Operations{numbered} for {name} {{\n    {associated}\n    #[inline(never)]\n    unsafe fn eval({operands}, token: u16) -> {result} {{\n        {safety}\n        unsafe {{ {shared}({arguments}, {row}) }}\n    }}\n}}\n"
            )
        };
        match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                let (a, b, d) = (passed(types[0]), passed(types[1]), types.get(2).map_or("i32", |ty| passed(*ty)));
                let associated =
                    format!("type A = {a}; type B = {b}; type D = {d}; type Outcome = {};", self.outcome(d));
                signature("2", &format!("a: {a}, b: {b}"), "a, b", &associated, &self.outcome(d))
            }
            "Unary" => {
                let (a, d) = (passed(types[0]), passed(types[1]));
                let associated = format!("type A = {a}; type D = {d}; type Outcome = {};", self.outcome(d));
                signature("1", &format!("a: {a}"), "a", &associated, &self.outcome(d))
            }
            "Chain" => {
                let t = passed(types[0]);
                signature("3", &format!("a: {t}, b: {t}, c: {t}"), "a, b, c", &format!("type T = {t};"), t)
            }
            _ => {
                let value = passed(*types.last().expect("an access has a value"));
                format!(
                    "pub struct {name};\nimpl Accesses for {name} {{\n    type Value = {value};\n    #[inline(never)]\n    unsafe fn load(base: *mut u8, len: usize, start: u32, token: u16) -> Option<{value}> {{\n        {safety}\n        unsafe {{ {shared}_load(base, len, start, {row}) }}\n    }}\n    #[inline(never)]\n    unsafe fn store(base: *mut u8, len: usize, start: u32, value: {value}, token: u16) -> bool {{\n        {safety}\n        unsafe {{ {shared}_store(base, len, start, value, {row}) }}\n    }}\n}}\n"
                )
            }
        }
    }

    /// What the rows compute, by which groups share their code: comparisons are the same with a branch behind them and without.
    fn operations(&self) -> String {
        let handler = self.rows[0].shape.handler;
        let types: Vec<&str> = match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                self.rows[0].types[..2].iter().map(|ty| rust(*ty)).collect()
            }
            "Unary" | "Chain" => self.rows[0].types.iter().map(|ty| rust(*ty)).collect(),
            _ => vec![rust(*self.rows[0].types.last().expect("an access has a value"))],
        };
        let kind = match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => "binary",
            "Unary" => "unary",
            "Chain" => "chain",
            _ => "access",
        };
        let rows = self.rows.iter().map(|row| match kind {
            "chain" => row.name.to_owned(),
            "access" => memory_type(row).to_owned(),
            _ => semantics(row),
        });
        format!("{kind} {types:?} {:?}", rows.collect::<Vec<_>>())
    }

    /// Name of the functions that groups with the same operations share.
    fn shared_name(&self) -> String {
        let hash = self
            .operations()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("shared_{hash:016x}")
    }

    /// Those functions: each picks one of these rows by its number.
    fn shared_text(&self, numbers: &BTreeSet<usize>) -> String {
        let (types, handler, shared) = (self.rows[0].types, self.rows[0].shape.handler, self.shared_name());
        let arms = |arm: &dyn Fn(&str) -> String| -> String {
            let arms = self.rows.iter().enumerate().filter(|(number, _)| numbers.contains(number));
            arms.map(|(number, row)| format!("        {number} => {},\n", arm(&name(row)))).collect()
        };
        let function = |name: &str, operands: &str, result: &str, arms: String| {
            format!(
                "#[inline(never)]\nunsafe fn {name}({operands}, row: u32) -> {result} {{\n    // SAFETY: the caller promises the number of a row; for accesses, a memory of this length.\n    unsafe {{\n    match row {{\n{arms}        _ => core::hint::unreachable_unchecked(),\n    }}\n    }}\n}}\n"
            )
        };
        match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                let (a, b, d) = (passed(types[0]), passed(types[1]), types.get(2).map_or("i32", |ty| passed(*ty)));
                let arms = arms(&|name| format!("outcome(operation::{name}::eval(a.into(), b.into()))"));
                function(&shared, &format!("a: {a}, b: {b}"), &self.outcome(d), arms)
            }
            "Unary" => {
                let arms = arms(&|name| format!("outcome(operation::{name}::eval(a.into()))"));
                function(&shared, &format!("a: {}", passed(types[0])), &self.outcome(passed(types[1])), arms)
            }
            "Chain" => {
                let t = passed(types[0]);
                let arms = arms(&|name| format!("operation::{name}::eval(a.into(), b.into(), c.into()).into()"));
                function(&shared, &format!("a: {t}, b: {t}, c: {t}"), t, arms)
            }
            _ => {
                let value = passed(*types.last().expect("an access has a value"));
                let wide = rust(*types.last().expect("an access has a value"));
                let memory = |name: &str| format!("<operation::{name} as Access>::Memory");
                let load = arms(&|name| {
                    format!(
                        "Some(Scalar::<{wide}>::extend(inside::<{}>(base, len, start)?.read_unaligned()).into())",
                        memory(name)
                    )
                });
                let store = arms(&|name| {
                    format!(
                        "match inside::<{0}>(base, len, start) {{ Some(place) => {{ place.write_unaligned(Scalar::<{wide}>::wrap(value.into())); true }} None => false }}",
                        memory(name)
                    )
                });
                let place = "base: *mut u8, len: usize, start: u32";
                function(&format!("{shared}_load"), place, &format!("Option<{value}>"), load)
                    + &function(&format!("{shared}_store"), &format!("{place}, value: {value}"), "bool", store)
            }
        }
    }
}

/// `for_each_handler!` for a match: an arm for each form of a group, and one for each instruction of no group.
fn grouped_handlers(groups: &[Group], available: &Available) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut is_grouped = BTreeSet::new();
    for group in groups {
        for (number, form) in group.forms.clone().enumerate() {
            let tokens: Vec<usize> = (0..group.rows.len())
                .filter(|row| available.shares(group.rows[*row], form))
                .map(|row| group.first_token + row * group.forms.len() + number)
                .collect();
            if tokens.is_empty() {
                continue;
            }
            let row = group.rows[0];
            let handler = handler(row, row.shape.form(form));
            let operation = format!("operation::{}", name(row));
            let handler = handler.replacen(&operation, &format!("group::{}", group.name()), 1);
            let patterns: Vec<String> = tokens.iter().map(usize::to_string).collect();
            writeln!(text, "    {} => Grouped{handler};", patterns.join(" | ")).unwrap();
            is_grouped.extend(tokens);
        }
    }
    let instructions = instructions();
    for (token, &(row, form)) in instructions.iter().enumerate() {
        if available.lack(row, form).is_some() || !is_grouped.insert(token) {
            continue;
        }
        // Returns to a header in one of the first cells: one arm for all cells, which follow one another.
        let letters = row.shape.form(form);
        let cells = usize::from(kind::HEADER_MAX - b'0') + 1;
        if letters.last() == Some(&b'0') {
            let tokens: Vec<usize> = (token..token + cells).collect();
            let patterns: Vec<String> = tokens.iter().map(usize::to_string).collect();
            let by_token = format!("HeaderByToken<{token}, {}>", letters.len());
            let handler = handler(row, letters).replace("HeaderAt<0>", &by_token);
            writeln!(text, "    {} => {handler};", patterns.join(" | ")).unwrap();
            is_grouped.extend(tokens);
            continue;
        }
        writeln!(text, "    {token} => {};", handler(row, letters)).unwrap();
    }
    text + "} } }\n"
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

/// `for_each_handler!`: calls the given macro with all handler types in the order of their tokens, superinstructions last. Where
/// the build lacks one stands none, or, if there must be no gaps, one that refuses.
fn handlers(superinstructions: &[Vec<usize>], available: &Available, without_gaps: bool) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut seen = BTreeSet::new();
    let handlers: Vec<String> = instructions().iter().map(|(row, form)| handler(row, row.shape.form(*form))).collect();
    for (token, (handler, (row, form))) in handlers.iter().zip(instructions()).enumerate() {
        if available.lack(row, form).is_some() {
            if without_gaps {
                writeln!(text, "    {token} => Missing;").unwrap();
            }
            continue;
        }
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
