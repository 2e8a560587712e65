//! The table for builds that only execute.

use crate::{
    available::Available,
    table::{self, ROWS, Role, Row},
};

/// The table as builds have it that only execute: no names, and nothing of the instructions that this build lacks.
pub fn compact(available: &Available) -> String {
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
        assert!(row < 1 << 11 && count < 1 << 3, "row and number of operands share a word with two flags");
        let flags = usize::from(shape.ends_block) << 15 | usize::from(is_full) << 14;
        runs.push([token, row | count << 11 | flags, first, forms.len(), known]);
    }
    let narrowest = |values: &[usize]| if values.iter().all(|value| *value < 256) { "u8" } else { "u16" };
    let column = |index: usize| runs.iter().map(|run| run[index]).collect::<Vec<_>>();
    format!(
        "
/// Number of runs: rows of one shape and the same types that follow one another, as do the tokens of their forms at one level.
pub const RUNS: usize = {count};
/// First token of each run.
pub static FIRST_TOKENS: [u16; RUNS] = {:?};
/// First row of each run in bits 0 to 10, number of operands in 11 to 13; bit 15 says that it ends its block, bit 14 that it is of level full.
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
