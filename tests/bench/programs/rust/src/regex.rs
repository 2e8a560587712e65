//! Six patterns (crate regex-lite) over the article, n times: compile once, find all, capture, replace.

use crate::{ARTICLE, fold, fold_bytes};
use regex_lite::Regex;

pub fn run(n: i32) -> u64 {
    let patterns = [
        r"\b[a-z]+ing\b",
        r"(\d{4})-(\d{2})-(\d{2})",
        r"https?://[\w./?=&%-]+",
        r"(?i)the\s+(\w+)\s+is",
        r"[\w.+-]+@[\w-]+\.[a-z]{2,}",
        r"^\|.*\|$",
    ]
    .map(|pattern| Regex::new(pattern).expect("pattern is valid"));
    let mut sum = 0;
    for _ in 0..n {
        for regex in &patterns {
            for captures in regex.captures_iter(ARTICLE) {
                let last = captures.iter().flatten().last().expect("the whole match");
                sum = fold_bytes(fold(sum, last.start() as u64), last.as_str().as_bytes());
            }
        }
        sum = fold_bytes(sum, patterns[1].replace_all(ARTICLE, "$3.$2.$1").as_bytes());
    }
    sum
}
