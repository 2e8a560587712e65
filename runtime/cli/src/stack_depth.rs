//! How much guest stack an image needs at most: the longest way through its calls, if there is one.
//!
//! A call opens the callee's frame at a distance above the caller's that the instruction says; a tail call opens it in the caller's place. What
//! a host function takes and gives is laid out above its window (`Store::spare`).

use sheave_interp::{
    image::{Func, Image},
    isa::{Row, decode},
    types::{CELL_BYTES, ExternKind, FuncIndex},
};
use std::collections::BTreeMap;

/// Bytes of a value that is handed to a host function: as builds with vectors have it. Those without take 8 less.
const VALUE_BYTES: u64 = size_of::<sheave::arena::Val>() as u64;

/// What is known of an image's stack.
pub struct Depth {
    /// Bytes that the deepest calls take, or why that is not known.
    pub deepest: Result<u64, String>,
    /// Bytes of the largest frame.
    pub largest_frame: u64,
}

/// What a function does to the stack.
#[derive(Default)]
struct Effect {
    /// Up to where it needs the stack itself, from its frame on.
    own: u64,
    /// Functions that it calls, and where their frames begin.
    calls: Vec<(u32, u64)>,
}

/// How far the walk has come with a function.
#[derive(Clone, Copy)]
enum State {
    Open,
    Done(u64),
}

/// Goes over the code of an image, which is verified.
pub fn of(image: &Image<'_>) -> Depth {
    let largest_frame = image.code_funcs().map(|func| u64::from(func.frame_bytes)).max().unwrap_or(0);
    Depth { deepest: deepest(image), largest_frame }
}

fn deepest(image: &Image<'_>) -> Result<u64, String> {
    let entries: BTreeMap<u32, FuncIndex> = image.code_funcs().map(|func| (func.entry, func.index)).collect();
    let effects: BTreeMap<u32, Effect> = image
        .code_funcs()
        .map(|func| effect(image, &func, &entries).map(|effect| (func.index.0, effect)))
        .collect::<Result<_, _>>()?;
    let exported = image.exports().filter(|export| export.kind == ExternKind::Func).map(|export| export.index);
    let hidden = (0..image.code_funcs_count()).filter_map(|i| image.code_func(i)).map(|func| func.index);
    let hidden = hidden.filter(|index| image.is_hidden(*index)).map(|index| index.0);
    let mut states = BTreeMap::new();
    let mut most = 0;
    for root in exported.chain(hidden).chain(image.start().map(|index| index.0)) {
        most = most.max(match effects.contains_key(&root) {
            true => walk(image, root, &effects, &mut states)?,
            false => host_call(image, FuncIndex(root), 0),
        });
    }
    Ok(most)
}

/// The stack that a function and all it calls take. Without recursion, since a guest decides how deep it is.
fn walk(
    image: &Image<'_>,
    root: u32,
    effects: &BTreeMap<u32, Effect>,
    states: &mut BTreeMap<u32, State>,
) -> Result<u64, String> {
    let mut open = vec![root];
    while let Some(&func) = open.last() {
        let effect = &effects[&func];
        let mut depth = effect.own;
        let mut next = None;
        states.entry(func).or_insert(State::Open);
        for (callee, distance) in &effect.calls {
            match states.get(callee) {
                Some(State::Done(bytes)) => depth = depth.max(distance + bytes),
                Some(State::Open) => {
                    return Err(format!("{} calls itself, or others that call it", named(image, *callee)));
                }
                None => next = Some(*callee),
            }
        }
        if let Some(callee) = next {
            open.push(callee);
            continue;
        }
        states.insert(func, State::Done(depth));
        open.pop();
    }
    match states.get(&root) {
        Some(State::Done(depth)) => Ok(*depth),
        _ => unreachable!("the walk ends when the root is done"),
    }
}

fn effect(image: &Image<'_>, func: &Func<'_>, entries: &BTreeMap<u32, FuncIndex>) -> Result<Effect, String> {
    let mut effect = Effect { own: func.frame_bytes.into(), calls: Vec::new() };
    let code = &image.code()[..func.end as usize];
    let mut at = func.entry as usize;
    while let Some(instruction) = decode(code, at) {
        at += instruction.len;
        let operand = |kind: u8| {
            let found = instruction.operands().find(|operand| operand.kind == kind).map(|operand| operand.value);
            u32::try_from(found.unwrap_or(0)).unwrap_or(0)
        };
        let callee = || entries.get(&operand(b'f')).map_or(0, |index| index.0);
        match instruction.row {
            Row::Call => effect.calls.push((callee(), operand(b'd').into())),
            Row::ReturnCall => effect.calls.push((callee(), 0)),
            Row::CallImport | Row::ReturnCallImport => {
                effect.own = effect.own.max(host_call(image, FuncIndex(operand(b'F')), operand(b'd').into()));
            }
            Row::CallIndirect | Row::ReturnCallIndirect | Row::CallIndirectTable64 | Row::ReturnCallIndirectTable64 => {
                return Err(format!("{} calls through a table", named(image, func.index.0)));
            }
            Row::CallRef | Row::ReturnCallRef => {
                return Err(format!("{} calls by reference", named(image, func.index.0)));
            }
            _ => {}
        }
    }
    Ok(effect)
}

/// Up to where a call of the host at a distance needs the stack; the values are aligned to 8 bytes, where a frame is to 4.
fn host_call(image: &Image<'_>, index: FuncIndex, distance: u64) -> u64 {
    let Some(ty) = image.type_of_func(index) else { return 0 };
    let values = (ty.params().len() + ty.results().len()) as u64;
    distance + u64::from(ty.window_cells() * CELL_BYTES) + u64::from(CELL_BYTES) + values * VALUE_BYTES
}

fn named(image: &Image<'_>, index: u32) -> String {
    image.func_name(FuncIndex(index)).map_or_else(|| format!("func {index}"), |name| format!("func {index} ({name})"))
}
