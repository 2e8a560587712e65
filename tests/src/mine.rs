//! Mining superinstructions from a corpus, as byte-pair encoding does: again and again the two neighbours whose joining saves
//! most dispatches become one.
//!
//! The same corpus gives the same list: weights are integers, and of equal pairs the one seen first is taken.

use crate::corpus::{Program, Run};
use sheave_interp::isa::{row_of, table::ELEMENTS_MAX};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

/// A superinstruction, by tokens.
pub type Sequence = Vec<u16>;

/// Two neighbours, by number of their sequences.
type Pair = (usize, usize);

/// Mines at most `count` superinstructions, the one that saves most first. Each program comes with the weight of its runs.
pub fn mine(programs: &[(&Program, f64)], count: usize) -> Vec<Sequence> {
    let mut miner = Miner::default();
    for (program, weight) in programs {
        for run in &program.runs {
            miner.add_run(run, *weight);
        }
    }
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    while found.len() < count {
        let best = miner.pairs.iter().max_by_key(|(pair, neighbours)| (neighbours.saved, Reverse(**pair)));
        let Some((&pair, _)) = best.filter(|(_, neighbours)| neighbours.saved > 0) else { break };
        let joined = miner.join(pair);
        if known.insert(joined.clone()) {
            found.push(joined);
        }
    }
    found
}

/// The state of mining.
#[derive(Default)]
struct Miner {
    /// Single instructions and what was joined of them, in the order of their appearance.
    sequences: Vec<Sequence>,
    numbers: HashMap<Sequence, usize>,
    /// Runs as numbers of sequences, with the weight of each.
    runs: Vec<Vec<(usize, u64)>>,
    pairs: BTreeMap<Pair, Neighbours>,
}

/// Where two sequences stand side by side.
#[derive(Default)]
struct Neighbours {
    /// What joining them saves: the weight of the second.
    saved: u64,
    runs: BTreeSet<usize>,
}

impl Miner {
    fn number(&mut self, sequence: Sequence) -> usize {
        let next = self.sequences.len();
        let number = *self.numbers.entry(sequence.clone()).or_insert(next);
        if number == next {
            self.sequences.push(sequence);
        }
        number
    }

    fn add_run(&mut self, run: &Run, weight: f64) {
        let scaled = |share: u64| (share as f64 * weight) as u64;
        let run = run.iter().map(|&(token, share)| (self.number(vec![token]), scaled(share))).collect();
        self.runs.push(run);
        self.add_pairs(self.runs.len() - 1);
    }

    /// The pairs of a run that may be joined, with what that saves.
    fn pairs_of(&self, run: usize) -> Vec<(Pair, u64)> {
        let is_fit = |first: usize, second: usize| {
            let (first, second) = (&self.sequences[first], &self.sequences[second]);
            let (row, _) = row_of(*second.last().expect("not empty")).expect("a token of the table");
            first.len() + second.len() <= ELEMENTS_MAX && row.get().shape.can_be_last()
        };
        let neighbours = self.runs[run].windows(2).map(|pair| ((pair[0].0, pair[1].0), pair[1].1));
        neighbours.filter(|((first, second), _)| is_fit(*first, *second)).collect()
    }

    fn add_pairs(&mut self, run: usize) {
        for (pair, saved) in self.pairs_of(run) {
            let neighbours = self.pairs.entry(pair).or_default();
            neighbours.saved += saved;
            neighbours.runs.insert(run);
        }
    }

    fn remove_pairs(&mut self, run: usize) {
        for (pair, saved) in self.pairs_of(run) {
            // Entries stay, though they may be empty: others in the run are removed after this one.
            if let Some(neighbours) = self.pairs.get_mut(&pair) {
                neighbours.saved -= saved;
                neighbours.runs.remove(&run);
            }
        }
    }

    /// Makes one of a pair wherever it stands.
    fn join(&mut self, (first, second): Pair) -> Sequence {
        let joined = [&self.sequences[first][..], &self.sequences[second]].concat();
        let number = self.number(joined.clone());
        let runs = self.pairs[&(first, second)].runs.clone();
        for run in runs {
            self.remove_pairs(run);
            let (mut rest, mut shorter) = (&self.runs[run][..], Vec::new());
            while let [(number_here, weight), tail @ ..] = rest {
                let is_pair = *number_here == first && tail.first().is_some_and(|(next, _)| *next == second);
                shorter.push((if is_pair { number } else { *number_here }, *weight));
                rest = &tail[usize::from(is_pair)..];
            }
            self.runs[run] = shorter;
            self.add_pairs(run);
        }
        self.pairs.remove(&(first, second));
        joined
    }
}

/// The fraction of a program's dispatches that these superinstructions leave, put in as the translator does: the longest that
/// fits, from the start of each run on.
pub fn dispatches_left(program: &Program, superinstructions: &[Sequence]) -> f64 {
    let known: HashSet<&[u16]> = superinstructions.iter().map(Vec::as_slice).collect();
    let (mut left, mut all) = (0, 0);
    for run in &program.runs {
        let tokens: Vec<u16> = run.iter().map(|(token, _)| *token).collect();
        let mut at = 0;
        while at < tokens.len() {
            left += run[at].1;
            let longest = (2..=ELEMENTS_MAX.min(tokens.len() - at)).rev();
            at += longest.into_iter().find(|len| known.contains(&tokens[at..at + len])).unwrap_or(1);
        }
        all += run.iter().map(|(_, weight)| weight).sum::<u64>();
    }
    left as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use sheave_interp::isa::Row;

    fn program(runs: &[(&[u16], u64)]) -> Program {
        let runs = runs.iter().map(|(tokens, weight)| tokens.iter().map(|token| (*token, *weight)).collect());
        Program { name: "test".into(), instructions: 0, runs: runs.collect() }
    }

    const ADD: u16 = Row::I32Add.token(0);
    const MUL: u16 = Row::I32Mul.token(0);
    const XOR: u16 = Row::I32Xor.token(0);
    const FILL: u16 = Row::MemoryFill.token(0);

    #[test]
    fn the_pair_that_saves_most_comes_first_and_grows() {
        let program = program(&[(&[ADD, MUL, XOR], 10), (&[MUL, XOR], 5), (&[ADD, XOR], 1)]);
        let found = mine(&[(&program, 1.0)], 9);
        assert_eq!(found, [vec![MUL, XOR], vec![ADD, MUL, XOR], vec![ADD, XOR]]);
        assert_eq!(mine(&[(&program, 1.0)], 1), [[MUL, XOR]]);
        // 3 × 10, 2 × 5 and 2 × 1 dispatches become 10, 5 and 1.
        assert_eq!(dispatches_left(&program, &found), 16.0 / 42.0);
        assert_eq!(dispatches_left(&program, &[]), 1.0);
    }

    #[test]
    fn what_may_not_be_last_is_left_alone_and_length_is_bounded() {
        let found = mine(&[(&program(&[(&[ADD, FILL], 10), (&[XOR; 20], 1)]), 1.0)], 99);
        assert!(found.iter().all(|sequence| !sequence.contains(&FILL) && sequence.len() <= ELEMENTS_MAX), "{found:?}");
        assert_eq!(found.iter().map(Vec::len).max(), Some(ELEMENTS_MAX));
    }

    #[test]
    fn weights_decide_between_programs() {
        let (one, two) = (program(&[(&[ADD, MUL], 10)]), program(&[(&[MUL, ADD], 10)]));
        assert_eq!(mine(&[(&one, 0.3), (&two, 1.0)], 1), [[MUL, ADD]]);
        assert_eq!(mine(&[(&one, 1.0), (&two, 0.3)], 1), [[ADD, MUL]]);
    }
}
