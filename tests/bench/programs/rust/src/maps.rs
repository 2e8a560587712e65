//! Insertions, look-ups, removals and ranges in a hash map (crate hashbrown), a BTreeMap, a BinaryHeap and a VecDeque, n rounds.

use crate::{ARTICLE, Random, fold};
use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// FNV-1a, so that hashing is part of the program and the same everywhere.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

pub fn run(n: i32) -> u64 {
    let mut random = Random(53);
    let mut sum = 0;
    for _ in 0..n {
        let mut words: Map<&str, u32> = Map::default();
        for word in ARTICLE.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *words.entry(word).or_default() += 1;
        }
        let mut ordered: BTreeMap<&str, u32> = words.iter().map(|(word, count)| (*word, *count)).collect();
        ordered.retain(|_, count| *count < 20);
        sum = ordered.range("b".."t").fold(sum, |sum, (word, count)| fold(sum, word.len() as u64 + u64::from(*count)));

        let mut numbers: Map<u64, u64> = Map::default();
        let mut tree: BTreeMap<u64, u64> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for i in 0..1500u64 {
            let key = random.below(4000);
            *numbers.entry(key).or_default() += i;
            *tree.entry(key).or_default() ^= i;
            queue.push_back(key);
            if queue.len() > 500 {
                let oldest = queue.pop_front().expect("it holds 500");
                sum = sum.wrapping_add(numbers.remove(&oldest).unwrap_or(1));
                sum ^= tree.range(oldest..).next().map_or(3, |(key, value)| key + value);
                tree.remove(&oldest);
            }
        }
        let mut heap: BinaryHeap<u64> = numbers.values().copied().collect();
        while let Some(value) = heap.pop() {
            sum = fold(sum, value);
        }
    }
    sum
}
