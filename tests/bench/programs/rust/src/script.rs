//! A script in the language Rhai (crate rhai): parsed, then run over the article, n times. The script counts words in maps, sieves,
//! sorts with closures, recurses and builds strings; what it gives back is its checksum.

use crate::{ARTICLE, fold_bytes};
use rhai::{Engine, Scope};

const SCRIPT: &str = include_str!("../../inputs/tour.rhai");

pub fn run(n: i32) -> u64 {
    // Fixed, so that the work is the same in every build: by default seeds are drawn at random when Rhai is compiled.
    rhai::config::hashing::set_hashing_seed(Some([2, 3, 5, 7])).ok();
    let engine = Engine::new();
    let mut sum = 0;
    for round in 0..n {
        let script = engine.compile(SCRIPT).expect("the script parses");
        let mut scope = Scope::new();
        scope.push_constant("ARTICLE", ARTICLE).push_constant("ROUND", i64::from(round));
        let report: String = engine.eval_ast_with_scope(&mut scope, &script).expect("the script runs");
        sum = fold_bytes(sum, report.as_bytes());
    }
    sum
}
