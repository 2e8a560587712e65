//! Superinstructions: tokens that stand for an instruction *and* the ones that follow it.
//!
//! A superinstruction changes nothing but the token of its first instruction. The others keep theirs, so that branches
//! into the middle, return addresses and source positions stay as they were, and code decodes the same with it and without.
//! The list, `superinstructions.txt`, is mined from profiles (`cargo xtask profile --mine`); images that have any are of
//! level host, and the verifier checks that what follows is what the token says.

#[cfg(feature = "translate")]
use super::{
    decode::length,
    rows::{SUPERINSTRUCTIONS, TRIE, TRIE_HASH},
};
use super::{TOKENS, rows::ELEMENTS};

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
    let key = u32::from(node) << 16 | u32::from(token);
    let mut slot = (key.wrapping_mul(TRIE_HASH.0) >> TRIE_HASH.1) as usize;
    loop {
        let (found, child) = TRIE[slot];
        if found == key {
            return Some(child);
        }
        if found == u32::MAX {
            return None;
        }
        slot = (slot + 1) % TRIE.len();
    }
}
