//! Superinstructions: tokens that stand for an instruction *and* the ones that follow it, in place or where a `br` leads.
//!
//! A superinstruction changes nothing but the token of its first instruction. The others keep theirs, so that branches
//! into the middle, return addresses and source positions stay as they were, and code decodes the same with it and without.
//! The list, `superinstructions.txt`, is mined from profiles, as its head says; images that have any are of
//! level host, and the verifier checks that what follows is what the token says.

pub use super::rows::SUPERINSTRUCTIONS;
#[cfg(feature = "translate")]
use super::{
    Row,
    decode::{first_of, length, next},
    rows::{TRIE_BASES, TRIE_SLOTS},
};
use super::{
    TOKENS,
    rows::{ELEMENTS, END, STARTS},
};
#[cfg(feature = "translate")]
use crate::{error::OutOfMemory, push::push};
#[cfg(feature = "translate")]
use alloc::vec::Vec;
use core::hint::select_unpredictable;

/// The instructions, by token, that a superinstruction stands for.
#[inline]
pub const fn superinstruction(token: u16) -> Option<&'static [u16]> {
    if token < TOKENS || token - TOKENS >= SUPERINSTRUCTIONS {
        return None;
    }
    let index = (token - TOKENS) as usize;
    let (start, end) = (STARTS[index] as usize, STARTS[index + 1] as usize - 1);
    Some(ELEMENTS.split_at(end).0.split_at(start).1)
}

/// The instructions of a superinstruction that are yet to come: where the last that came stands in [`ELEMENTS`].
#[derive(Clone, Copy)]
pub struct Rest(usize);

impl Rest {
    /// None.
    pub const NONE: Rest = Rest(0);

    /// Whether none is to come.
    #[inline]
    pub fn is_over(self) -> bool {
        self.expected() == END
    }

    /// What is to come behind the next instruction, which has this token: of a superinstruction that begins there, or else of the
    /// one before. `None` if another is to come; also if one is to come from before where another begins.
    ///
    /// No branches that depend on the code, for one that the processor has to guess takes longer than all of this.
    #[inline]
    pub fn behind(self, token: u16) -> Option<Rest> {
        let expected = self.expected();
        let is_over = expected == END;
        let index = usize::from(token).wrapping_sub(usize::from(TOKENS)).min(STARTS.len() - 1);
        let (next, start) = (self.0 + usize::from(!is_over), usize::from(STARTS[index]));
        let rest = select_unpredictable(index < STARTS.len() - 1, start, next);
        (select_unpredictable(is_over, token, expected) == token).then_some(Rest(rest))
    }

    #[inline]
    fn expected(self) -> u16 {
        ELEMENTS[self.0 + 1]
    }
}

/// Puts superinstructions into the code of one function, which begins at unit `at` and ends with `code`. From its entry, each
/// block start, and where the one before ends, instructions are followed through the trie as far as it goes; the longest
/// superinstruction on the way is put there. What is left when the way ends in none is not looked at again: that costs 1 % of the
/// dispatches, and makes this one pass without a branch that depends on the code, other than for branch tables.
///
/// Two halves, divided at a block start, are gone through at once: each step of one waits for loads.
///
/// A way that comes to a block start, or to `br`, may go on behind it: that is a [`Joint`], looked at when all ways have been gone.
///
/// # Errors
/// Out of memory for joints.
#[cfg(feature = "translate")]
pub fn combine(
    code: &mut [u16],
    entry: usize,
    block_starts: &[u32],
    joints: &mut Vec<Joint>,
) -> Result<(), OutOfMemory> {
    joints.clear();
    let (before, behind) = block_starts.split_at(block_starts.len() / 2);
    let middle = behind.first().map_or(code.len(), |&start| start as usize);
    let mut first = Way::new(entry, middle, before);
    let mut second = Way::new(middle, code.len(), behind);
    while first.step(code, joints)? & second.step(code, joints)? {}
    while first.step(code, joints)? {}
    while second.step(code, joints)? {}
    if code.get(middle).is_some_and(|&token| child(first.node, first_of(token)).is_some()) {
        first.joint(middle, joints)?;
    }
    for joint in joints {
        joint.cross(code);
    }
    Ok(())
}

/// Where a way through code came to a block start or to `br`.
#[cfg(feature = "translate")]
#[derive(Clone, Copy, Debug)]
pub struct Joint {
    /// Where the superinstruction would begin.
    head: u32,
    /// Where in the trie.
    node: u16,
    /// Where the way goes on: a block start.
    at: u32,
}

#[cfg(feature = "translate")]
impl Joint {
    /// Puts a superinstruction at the head that goes beyond, if that saves a dispatch.
    ///
    /// It may end inside of one of those of the block it reaches into. From there on, others are put until one ends where one of the
    /// block's begins; each costs a dispatch, as each of the block's that is not executed saves one.
    fn cross(&self, code: &mut [u16]) {
        let mut best = None;
        each(code, self.node, self.at as usize, |found, end| {
            best = Landing::new(code, self.at as usize, end).map(|landing| (found, landing)).or(best);
        });
        if let Some((found, landing)) = best {
            code[self.head as usize] = found;
            for &(at, token) in &landing.put[..landing.len] {
                code[at] = token;
            }
        }
    }
}

/// Where control goes on somewhere else.
#[cfg(feature = "translate")]
const ELSEWHERE: usize = usize::MAX;

/// Superinstructions from where one ends that comes from elsewhere.
#[cfg(feature = "translate")]
#[derive(Clone, Copy)]
struct Landing {
    put: [(usize, u16); LANDING_MAX],
    len: usize,
}

/// How many may be put: most often one of the block's begins soon. This bounds the work for a joint.
#[cfg(feature = "translate")]
const LANDING_MAX: usize = 4;

#[cfg(feature = "translate")]
impl Landing {
    /// From `at` on, in the block that begins at `head`; `None` if that costs as many dispatches as it saves.
    fn new(code: &[u16], mut head: usize, mut at: usize) -> Option<Landing> {
        let (mut put, mut len, mut saved) = ([(0, 0); LANDING_MAX], 0, 0);
        while head != at {
            if head < at {
                head = behind(code, head)?;
                saved += 1;
                continue;
            }
            let token = *code.get(at)?;
            let mut found = (token, behind(code, at)?);
            if token < TOKENS && token != Row::Br.token(0) {
                each(code, token, found.1, |found_here, end| found = (found_here, end));
            }
            *put.get_mut(len)? = (at, found.0);
            (at, len) = (found.1, len + 1);
        }
        (saved > len).then_some(Landing { put, len })
    }
}

/// Where the superinstruction ends that stands at `at`.
#[cfg(feature = "translate")]
fn behind(code: &[u16], mut at: usize) -> Option<usize> {
    let token = [code[at]];
    for &element in superinstruction(token[0]).unwrap_or(&token) {
        if element == Row::Br.token(0) {
            return Some(ELSEWHERE);
        }
        at += length(code, at, element)?;
    }
    Some(at)
}

/// Gives each superinstruction along the trie from `node` with what is executed from `at` on, and where it ends.
#[cfg(feature = "translate")]
fn each(code: &[u16], mut node: u16, mut at: usize, mut give: impl FnMut(u16, usize)) {
    let mut is_elsewhere = false;
    while let Some(token) = code.get(at).copied().map(first_of)
        && let Some(child) = child(node, token)
        && let Some(next) = next(code, at, token)
    {
        is_elsewhere |= token == Row::Br.token(0);
        (node, at) = (child, next);
        if node < TOKENS + SUPERINSTRUCTIONS {
            give(node, if is_elsewhere { ELSEWHERE } else { at });
        }
    }
}

/// No node of the trie.
#[cfg(feature = "translate")]
const NOWHERE: u16 = u16::MAX;

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
        Way { at, end, head: at, node: NOWHERE, found: 0, starts }
    }

    /// One instruction further; whether there was one.
    #[inline(always)]
    fn step(&mut self, code: &mut [u16], joints: &mut Vec<Joint>) -> Result<bool, OutOfMemory> {
        if self.at >= self.end {
            return Ok(false);
        }
        let token = code[self.at];
        let Some(len) = length(code, self.at, token) else { return Ok(false) };
        let is_start = self.starts.first().is_some_and(|&start| start as usize == self.at);
        self.starts = &self.starts[usize::from(is_start)..];
        let mut child = child(self.node, token);
        if is_start && child.take().is_some() {
            self.joint(self.at, joints)?;
        }
        self.head = if child.is_some() { self.head } else { self.at };
        self.node = child.unwrap_or(token);
        self.found = if self.node < TOKENS + SUPERINSTRUCTIONS { self.node } else { self.found };
        code[self.head] = self.found;
        if token == Row::Br.token(0)
            && let Some(target) = next(code, self.at, token)
        {
            self.joint(target, joints)?;
            self.node = NOWHERE;
        }
        self.at += len;
        Ok(true)
    }

    /// The current superinstruction may go on at `at`.
    fn joint(&self, at: usize, joints: &mut Vec<Joint>) -> Result<(), OutOfMemory> {
        push(joints, Joint { head: self.head as u32, node: self.node, at: at as u32 })
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
    use crate::isa::{Row, decode};

    const BR: u16 = Row::Br.token(0);

    /// Code of the instructions with these tokens, then `unreachable`, and where each begins. All fields are zero, but `br` goes to
    /// what comes next, over an `unreachable`.
    fn code(elements: &[u16]) -> (Vec<u16>, Vec<u32>) {
        let (mut code, mut starts) = (Vec::new(), Vec::new());
        for &token in elements.iter().chain(&[Row::Unreachable.token(0)]) {
            let at = code.len();
            starts.push(at as u32);
            code.extend([token, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let len = length(&code, at, token).expect("a token");
            code.truncate(at + len);
            if token == BR {
                code[at + 1] = 2;
                code.push(Row::Unreachable.token(0));
            }
        }
        (code, starts)
    }

    fn combined(code: &[u16], block_starts: &[u32]) -> Vec<u16> {
        let mut code = code.to_vec();
        combine(&mut code, 0, block_starts, &mut Vec::new()).unwrap();
        code
    }

    /// Each is put where its instructions are executed one behind the other, and what it is put into decodes as before.
    #[test]
    fn every_superinstruction_is_found() {
        for token in TOKENS..TOKENS + SUPERINSTRUCTIONS {
            let elements = superinstruction(token).expect("a superinstruction");
            let (plain, starts) = code(elements);
            let targets: Vec<u32> =
                (0..elements.len()).filter(|i| *i == 0 || elements[i - 1] == BR).map(|i| starts[i]).collect();
            let combined = combined(&plain, &targets);
            let found = superinstruction(combined[0]).expect("one begins here");
            assert_eq!(found[..elements.len()], *elements);
            for &start in &starts {
                let [before, after] =
                    [&plain, &combined].map(|code| decode(code, start as usize).expect("an instruction"));
                assert_eq!((after.row, after.form, after.len), (before.row, before.form, before.len));
                assert_eq!(
                    combined[start as usize + 1..][..after.len - 1],
                    plain[start as usize + 1..][..after.len - 1]
                );
            }
        }
        assert_eq!(superinstruction(TOKENS - 1), None);
        assert_eq!(superinstruction(TOKENS + SUPERINSTRUCTIONS), None);
    }

    /// What is entered from elsewhere begins one of its own, though the one before may reach over it.
    #[test]
    fn one_begins_at_a_block_start_in_another() {
        for token in TOKENS..TOKENS + SUPERINSTRUCTIONS {
            let elements = superinstruction(token).expect("a superinstruction");
            let (plain, starts) = code(elements);
            let with = combined(&plain, &starts[..2]);
            assert_eq!(superinstruction(with[0]).map(|found| &found[..elements.len()]), Some(elements));
            assert_eq!(with[starts[1] as usize..], combined(&plain, &starts[1..2])[starts[1] as usize..]);
        }
    }

    /// Nothing but what is executed counts: `br` does not go on behind itself.
    #[test]
    fn what_stands_behind_br_is_not_taken_for_its_target() {
        let all = (TOKENS..TOKENS + SUPERINSTRUCTIONS).filter_map(superinstruction);
        let is_over_br =
            |elements: &&[u16]| elements[..elements.len() - 1].iter().filter(|&&token| token == BR).count() == 1;
        for elements in all.filter(is_over_br) {
            let (mut code, starts) = code(elements);
            let br = elements.iter().position(|&token| token == BR).map_or(0, |index| starts[index] as usize);
            // To itself, and what was its target stands right behind.
            code[br + 1] = -1_i16 as u16;
            code.remove(br + 2);
            assert_ne!(superinstruction(combined(&code, &[0])[0]), Some(elements));
        }
    }
}
