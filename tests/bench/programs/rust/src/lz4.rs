//! LZ4 blocks (crate lz4_flex) of the article, of a table of numbers and of noise, written and read, n times.

use crate::{ARTICLE, Random, fold, fold_bytes};
use lz4_flex::block::{compress, decompress};

pub fn run(n: i32) -> u64 {
    let mut inputs = [ARTICLE.repeat(4).into_bytes(), columns(), noise()];
    let mut sum = 0;
    for round in 0..n as usize {
        for input in &mut inputs {
            let at = round * 97 % input.len();
            input[at] ^= 1;
            let packed = compress(input);
            let unpacked = decompress(&packed, input.len()).expect("own output decompresses");
            assert!(unpacked == *input, "LZ4 gave other bytes");
            sum = fold_bytes(fold(sum, unpacked.len() as u64), &packed);
        }
    }
    sum
}

/// A table of measurements as little-endian numbers: a counter, a slow walk and a flag a row.
fn columns() -> Vec<u8> {
    let mut random = Random(71);
    let mut walk = 20_000i32;
    let rows = (0..1024u32).flat_map(|row| {
        walk += random.below(9) as i32 - 4;
        let flag = u32::from(random.below(10) == 0);
        [row.to_le_bytes(), walk.to_le_bytes(), flag.to_le_bytes()].concat()
    });
    rows.collect()
}

/// Bytes that do not compress.
fn noise() -> Vec<u8> {
    let mut random = Random(73);
    (0..512).flat_map(|_| random.next().to_le_bytes()).collect()
}
