//! Superinstructions: tokens that stand for an instruction *and* the ones that follow it.
//!
//! A superinstruction changes nothing but the token of its first instruction. The others keep theirs, so that branches
//! into the middle, return addresses and source positions stay as they were, and code decodes the same with it and without.
//! The list, `superinstructions.txt`, is mined from profiles, as its head says; images that have any are of
//! level host, and the verifier checks that what follows is what the token says.

use super::{TOKENS, rows::ELEMENTS};
#[cfg(feature = "translate")]
use super::{
    decode::length,
    rows::{SUPERINSTRUCTIONS, TRIE, TRIE_CHILDREN, TRIE_HASH, TRIE_INNER},
};

/// The instructions, by token, that a superinstruction stands for.
#[inline]
pub fn superinstruction(token: u16) -> Option<&'static [u16]> {
    let (len, elements) = ELEMENTS.get(usize::from(token.checked_sub(TOKENS)?))?;
    elements.get(..usize::from(*len))
}

/// Puts superinstructions into the code of one function, which begins at unit `at` and ends with `code`: the longest one that
/// fits at its entry, at each block start, and behind each instruction before. None reaches over a block start.
#[cfg(feature = "translate")]
pub fn combine(code: &mut [u16], mut at: usize, block_starts: &[u32]) {
    let end = code.len();
    let mut starts = block_starts.iter().map(|&start| start as usize).peekable();
    while at < end {
        while starts.next_if(|&start| start <= at).is_some() {}
        let limit = starts.peek().copied().unwrap_or(end);
        let (mut node, mut next, mut found) = (code[at], at, None);
        loop {
            let Some(len) = length(code, next) else { return };
            next += len;
            if node < TOKENS + SUPERINSTRUCTIONS {
                found = Some((node, next));
            }
            match code.get(next).filter(|_| next < limit).and_then(|&token| edge(node, token)) {
                Some(child) => node = child,
                None => break,
            }
        }
        let Some((token, behind)) = found else { return };
        code[at] = token;
        at = behind;
    }
}

/// Where the trie goes on from `node` with an instruction.
#[cfg(feature = "translate")]
#[inline]
fn edge(node: u16, token: u16) -> Option<u16> {
    let is_inner = TRIE_INNER[usize::from(node / 64)] >> (node % 64) & 1 != 0;
    if !is_inner {
        return None;
    }
    let key = u32::from(node) << 16 | u32::from(token);
    let mut slot = (key.wrapping_mul(TRIE_HASH.0) >> TRIE_HASH.1) as usize;
    loop {
        let found = TRIE[slot];
        if found == key {
            return Some(TRIE_CHILDREN[slot]);
        }
        if found == u32::MAX {
            return None;
        }
        slot = (slot + 1) % TRIE.len();
    }
}

#[cfg(all(test, feature = "translate"))]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Code of the instructions with these tokens, all fields zero, then `return`.
    fn code(elements: &[u16]) -> Vec<u16> {
        let mut code = Vec::new();
        for &token in elements.iter().chain(&[crate::isa::Row::Return.token(0)]) {
            let at = code.len();
            code.extend([token, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let len = length(&code, at).expect("a token");
            code.truncate(at + len);
        }
        code
    }

    /// Each is put where its instructions stand, changes the first token only, and decodes as the first instruction.
    #[test]
    fn every_superinstruction_is_found() {
        for token in TOKENS..TOKENS + SUPERINSTRUCTIONS {
            let elements = superinstruction(token).expect("a superinstruction");
            let plain = code(elements);
            let mut combined = plain.clone();
            combine(&mut combined, 0, &[0]);
            let found = superinstruction(combined[0]).expect("one begins here");
            assert_eq!(found[..elements.len()], *elements);
            assert_eq!(combined[1..plain.len() - 2], plain[1..plain.len() - 2]);
            assert_eq!(crate::isa::first_of(combined[0]), plain[0]);
        }
        assert_eq!(superinstruction(TOKENS - 1), None);
        assert_eq!(superinstruction(TOKENS + SUPERINSTRUCTIONS), None);
    }

    /// What is entered from elsewhere begins a superinstruction of its own, and none reaches over it.
    #[test]
    fn none_reaches_over_a_block_start() {
        for token in TOKENS..TOKENS + SUPERINSTRUCTIONS {
            let elements = superinstruction(token).expect("a superinstruction");
            let mut combined = code(elements);
            let start = length(&combined, 0).expect("a token");
            combine(&mut combined, 0, &[0, start as u32]);
            assert_eq!(combined[0], elements[0]);
            assert_eq!(crate::isa::first_of(combined[start]), elements[1]);
        }
    }
}
