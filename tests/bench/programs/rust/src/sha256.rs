//! SHA-256 (crate sha2) of the article, n times in a chain.

use sha2::{Digest, Sha256};

pub fn run(n: i32) -> u64 {
    let mut digest = [0u8; 32];
    for _ in 0..n {
        let mut hasher = Sha256::new();
        hasher.update(digest);
        hasher.update(crate::ARTICLE.as_bytes());
        digest = hasher.finalize().into();
    }
    u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"))
}
