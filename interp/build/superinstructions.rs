//! The list of superinstructions, and what the translator and the verifier need of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::{instruction_name, instructions, table::ELEMENTS_MAX};

/// The list of superinstructions, one a line.
const SUPERINSTRUCTIONS: &str = "src/isa/superinstructions.txt";

/// The superinstructions as lists of tokens. All but the last element compute or branch, and on one way go on to the next.
pub fn superinstructions() -> Vec<Vec<usize>> {
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
pub fn superinstruction_tables(superinstructions: &[Vec<usize>], tokens: usize) -> String {
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
