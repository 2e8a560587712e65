//! The instructions of a function beside the places in the wasm module that they come from.

use crate::Failure;
use serde::Serialize;
use sheave_interp::{
    image::{Func, Image, format::Handler},
    isa::{decode, disassemble},
    types::{ExternKind, FuncIndex},
};
use std::{collections::BTreeMap, fmt::Write as _};

/// A function's instructions.
#[derive(Debug, Serialize)]
pub struct Listing {
    index: u32,
    name: Option<String>,
    #[serde(rename = "type")]
    ty: String,
    wasm_offset: u32,
    code_bytes: u32,
    frame_bytes: u32,
    instructions: Vec<Line>,
    /// What catches exceptions, inner ones first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    handlers: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    /// Byte offset in the wasm module, where the image tells it.
    wasm_offset: Option<u32>,
    /// Offset in the code in units of two bytes: what branches name.
    unit: u32,
    is_block_start: bool,
    text: String,
}

/// The functions that `wanted` names by index, by name or by an export's name; all without it.
///
/// # Errors
/// There is no such function, or it is imported.
pub fn listings(image: Image<'_>, wanted: Option<&str>) -> Result<Vec<Listing>, Failure> {
    let places: BTreeMap<u32, u32> = image.source_map().collect();
    let Some(wanted) = wanted else {
        return Ok(image.code_funcs().map(|func| listing(&image, &func, &places)).collect());
    };
    let index = find(&image, wanted)?;
    match image.func(index) {
        Some(func) => Ok(vec![listing(&image, &func, &places)]),
        None => Err(Failure::usage(format!("--code {wanted}: an imported function, which has no code here"))),
    }
}

fn find(image: &Image<'_>, wanted: &str) -> Result<FuncIndex, Failure> {
    let count = image.count(ExternKind::Func) + image.hidden_funcs_count();
    if let Ok(index) = wanted.parse::<u32>() {
        let missing = || {
            Failure::usage(format!("--code {index}: no such function"))
                .hint(format!("the module has {count} functions"))
        };
        return if index < count { Ok(FuncIndex(index)) } else { Err(missing()) };
    }
    let exported = image.export_by_name(wanted).filter(|export| export.kind == ExternKind::Func);
    let mut named = (0..count).map(FuncIndex).filter_map(|index| Some((image.func_name(index)?, index)));
    if let Some(export) = exported {
        return Ok(FuncIndex(export.index));
    }
    if let Some((_, index)) = named.find(|(name, _)| *name == wanted) {
        return Ok(index);
    }
    let names = (0..count).filter_map(|index| image.func_name(FuncIndex(index)));
    let exports = image.exports().filter(|export| export.kind == ExternKind::Func).map(|export| export.name);
    let close = crate::failure::closest(wanted, names.chain(exports)).map(|close| format!("did you mean {close}?"));
    let advice = close.unwrap_or_else(|| format!("name an index below {count}, or a function's name"));
    Err(Failure::usage(format!("--code {wanted}: no such function")).hint(advice))
}

fn listing(image: &Image<'_>, func: &Func<'_>, places: &BTreeMap<u32, u32>) -> Listing {
    let mut instructions = Vec::new();
    let mut unit = func.entry;
    while unit < func.end {
        // The verifier has seen the code; should it differ from the decoder, the rest is left out rather than guessed.
        let Some(instruction) = decode(image.code(), unit as usize) else { break };
        instructions.push(Line {
            wasm_offset: places.get(&unit).copied(),
            unit,
            is_block_start: func.block_starts.contains(unit),
            text: disassemble(&instruction),
        });
        unit += instruction.len as u32;
    }
    Listing {
        index: func.index.0,
        name: image.func_name(func.index).map(str::to_owned),
        ty: func.ty.to_string(),
        wasm_offset: func.wasm_offset,
        code_bytes: (func.end - func.entry) * 2,
        frame_bytes: func.frame_bytes,
        instructions,
        handlers: image.handlers_of(func).map(handler_text).collect(),
    }
}

/// `catch_ref tag 1 in 12..20: to 30, numbers at s16, references at s8`.
fn handler_text(handler: Handler) -> String {
    let Handler { range: (first, end), target, tag, has_ref, data, refs } = handler;
    let kind = match (tag, has_ref) {
        (Some(tag), false) => format!("catch tag {}", tag.0),
        (Some(tag), true) => format!("catch_ref tag {}", tag.0),
        (None, false) => "catch_all".to_owned(),
        (None, true) => "catch_all_ref".to_owned(),
    };
    format!("{kind} in {first}..{end}: to {target}, numbers at s{data}, references at s{refs}")
}

/// The listings as text: wasm offset, unit, instruction; a colon after a unit that branches lead to.
pub fn to_text(listings: &[Listing]) -> String {
    let mut text = String::from("  wasm        unit   instruction\n");
    for listing in listings {
        let name = listing.name.as_deref().unwrap_or("");
        let Listing { index, ty, code_bytes, frame_bytes, .. } = listing;
        let _ = writeln!(text, "\nfunc {index} {name} {ty}, {code_bytes} bytes, frame {frame_bytes} bytes");
        for line in &listing.instructions {
            let place = line.wasm_offset.map_or(String::new(), |offset| format!("{offset:#x}"));
            let mark = if line.is_block_start { ':' } else { ' ' };
            let _ = writeln!(text, "  {place:<9} {:>7}{mark}  {}", line.unit, line.text);
        }
        for handler in &listing.handlers {
            let _ = writeln!(text, "  {handler}");
        }
    }
    text
}
