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
    rows::{SUPERINSTRUCTIONS, TRIE_BASES, TRIE_SLOTS},
};

/// The instructions, by token, that a superinstruction stands for.
#[inline]
pub fn superinstruction(token: u16) -> Option<&'static [u16]> {
    let (len, elements) = ELEMENTS.get(usize::from(token.checked_sub(TOKENS)?))?;
    elements.get(..usize::from(*len))
}

/// Puts superinstructions into the code of one function, which begins at unit `at` and ends with `code`. From its entry, each
/// block start, and where the one before ends, instructions are followed through the trie as far as it goes; the longest
/// superinstruction on the way is put there. What is left when the way ends in none is not looked at again: that costs 1 % of the
/// dispatches, and makes this one pass without a branch that depends on the code, other than for branch tables.
///
/// Two halves, divided at a block start, are gone through at once: each step of one waits for loads.
#[cfg(feature = "translate")]
pub fn combine(code: &mut [u16], entry: usize, block_starts: &[u32]) {
    let (before, behind) = block_starts.split_at(block_starts.len() / 2);
    let middle = behind.first().map_or(code.len(), |&start| start as usize);
    let mut first = Way::new(entry, middle, before);
    let mut second = Way::new(middle, code.len(), behind);
    while first.step(code) & second.step(code) {}
    while first.step(code) {}
    while second.step(code) {}
}

/// A way through code.
#[cfg(feature = "translate")]
struct Way<'a> {
    at: usize,
    end: usize,
    /// Where the current superinstruction begins.
    head: usize,
    /// Where in the trie.
    node: u16,
    /// What to put at the head.
    found: u16,
    /// Block starts ahead, ascending.
    starts: &'a [u32],
}

#[cfg(feature = "translate")]
impl Way<'_> {
    fn new(at: usize, end: usize, starts: &[u32]) -> Way<'_> {
        Way { at, end, head: at, node: u16::MAX, found: 0, starts }
    }

    /// One instruction further; whether there was one.
    #[inline(always)]
    fn step(&mut self, code: &mut [u16]) -> bool {
        if self.at >= self.end {
            return false;
        }
        let token = code[self.at];
        let Some(len) = length(code, self.at) else { return false };
        let is_start = self.starts.first().is_some_and(|&start| start as usize == self.at);
        self.starts = &self.starts[usize::from(is_start)..];
        let child = child(self.node, token).filter(|_| !is_start);
        self.head = if child.is_some() { self.head } else { self.at };
        self.node = child.unwrap_or(token);
        self.found = if self.node < TOKENS + SUPERINSTRUCTIONS { self.node } else { self.found };
        code[self.head] = self.found;
        self.at += len;
        true
    }
}

/// Where the trie goes on from `node` with an instruction.
#[cfg(feature = "translate")]
#[inline(always)]
fn child(node: u16, token: u16) -> Option<u16> {
    let base = TRIE_BASES.get(usize::from(node))?;
    let slot = TRIE_SLOTS.get(usize::from(*base) + usize::from(token))?;
    (slot >> 16 == u32::from(node)).then_some(*slot as u16)
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
