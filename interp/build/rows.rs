//! `enum Row`, tokens, the ISA hash, and tables that give forms by their letters.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    name,
    operations::chained,
    superinstructions::superinstruction_tables,
    table::{self, ROWS, kind},
};

/// `enum Row`, the tokens of each row's first forms, the number of tokens, the hash of the whole table.
pub fn rows(superinstructions: &[Vec<usize>]) -> String {
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
    for row in &ROWS {
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
        "}}\n\n/// Tokens of each row's first form of level base and of level full; the others follow in a row.\npub static BASES: [[u16; 2]; {}] = {bases:?};\n\n/// Per token: row in bits 0 to 15, form in 16 to 23, units (with one target of a branch table) above.\n#[cfg(any(test, not(unnamed)))]\npub static DECODED: [u32; {count}] = [{tokens}];\n\n/// Number of tokens.\npub const TOKENS: u16 = {count};\n\n/// Hash of the complete table; an image carries that of the table it was made with.\npub const HASH: u64 = {hash:#018x};\n\n/// The row that does the work of two, the result of the first being the left operand of the second.\n#[cfg(feature = \"translate\")]\npub fn chain(first: Row, second: Row) -> Option<Row> {{\n    Some(match (first, second) {{\n{chains}        _ => return None,\n    }})\n}}\n",
        ROWS.len()
    )
    .unwrap();
    text + &form_tables() + &superinstruction_tables(superinstructions, count)
}

/// Tables that give a form's number by its letters without searching. Rows with the same forms share one.
fn form_tables() -> String {
    /// As in the generated table.
    const FULL: usize = 0x80;
    let mut tables: Vec<(Vec<u64>, usize, (u64, u32))> = Vec::new();
    let (mut by_row, mut records, mut keys, mut numbers) = (Vec::new(), String::new(), Vec::new(), Vec::new());
    for row in &ROWS {
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
