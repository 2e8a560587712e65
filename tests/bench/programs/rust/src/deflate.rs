//! Deflate and inflate (crate miniz_oxide) of the article and of noise with repeats, n times.

use crate::{ARTICLE, Random, fold, fold_bytes};

pub fn run(n: i32) -> u64 {
    let mut random = Random(7);
    let mut input = ARTICLE.as_bytes().to_vec();
    while input.len() < 24 * 1024 {
        if random.below(4) == 0 {
            input.push(random.next() as u8);
        } else {
            let start = random.below(input.len() as u64 - 64) as usize;
            let end = start + 4 + random.below(60) as usize;
            input.extend_from_within(start..end);
        }
    }
    let mut sum = 0;
    for round in 0..n {
        input[(round as usize * 311) % 4096] ^= 1;
        let level = 1 + (round % 3) as u8 * 3;
        let packed = miniz_oxide::deflate::compress_to_vec(&input, level);
        let unpacked = miniz_oxide::inflate::decompress_to_vec(&packed).expect("own output inflates");
        assert!(unpacked == input, "inflate gave other bytes");
        sum = fold(fold_bytes(sum, &packed), packed.len() as u64);
    }
    sum
}
