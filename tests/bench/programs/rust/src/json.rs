//! A log of records written, parsed into structs and into a tree, and written again (crate serde_json), n times.

use crate::{ARTICLE, Random, fold, fold_bytes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize)]
struct Record {
    id: u32,
    title: String,
    tags: Vec<String>,
    weight: f64,
    position: Option<(i32, i32)>,
    open: bool,
}

fn records() -> Vec<Record> {
    let mut random = Random(41);
    let lines: Vec<&str> = ARTICLE.lines().filter(|line| line.len() > 20).collect();
    let words: Vec<&str> = ARTICLE.split_whitespace().collect();
    (0..60)
        .map(|id| Record {
            id,
            title: lines[random.below(lines.len() as u64) as usize].to_owned(),
            tags: (0..random.below(5)).map(|_| words[random.below(words.len() as u64) as usize].to_owned()).collect(),
            weight: random.below(1 << 30) as f64 / 1024.0,
            position: (random.below(3) > 0).then(|| (random.next() as i16 as i32, random.next() as i16 as i32)),
            open: random.below(2) == 0,
        })
        .collect()
}

fn fold_value(sum: u64, value: &Value) -> u64 {
    match value {
        Value::Null => fold(sum, 1),
        Value::Bool(b) => fold(sum, 2 + *b as u64),
        Value::Number(number) => fold(sum, number.as_f64().unwrap_or_default().to_bits()),
        Value::String(text) => fold_bytes(sum, text.as_bytes()),
        Value::Array(items) => items.iter().fold(fold(sum, 5), fold_value),
        Value::Object(fields) => fields.iter().fold(sum, |sum, (name, v)| fold_value(fold_bytes(sum, name.as_bytes()), v)),
    }
}

pub fn run(n: i32) -> u64 {
    let mut records = records();
    let mut sum = 0;
    for round in 0..n {
        records[round as usize % 60].weight += 0.25;
        let text = serde_json::to_string_pretty(&records).expect("records are plain data");
        records = serde_json::from_str(&text).expect("own output parses");
        let tree: Value = serde_json::from_str(&text).expect("own output parses");
        sum = fold_bytes(fold_value(sum, &tree), serde_json::to_string(&tree).expect("a tree is plain data").as_bytes());
    }
    sum
}
