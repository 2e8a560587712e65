//! A short differential run, and the modules in `regress/`, each the smallest one that shows a fault, of Sheave's past or of
//! another engine's.
//! The long run is `cargo xtask diff N`.

use sheave_tests::differential::{Reference, Statistics, case, case_of, compare};
use sheave_tests::rng::Rng;
use std::path::Path;

/// More where code is optimised.
const MODULES: u64 = if cfg!(debug_assertions) { 60 } else { 500 };

#[test]
fn generated_modules_do_the_same_on_both_engines() {
    let mut statistics = Statistics::default();
    for seed in 0..MODULES {
        let verdict = compare(&case(seed, Reference::Wasmi), Reference::Wasmi);
        assert_eq!(verdict.difference, None, "seed {seed}: cargo xtask diff 1 --seed {seed} --dump case.wasm");
        statistics.add(&verdict.statistics);
    }
    // Otherwise nothing was tested: most modules run, and most calls come back with results.
    assert!(statistics.instantiated * 10 > MODULES * 8, "{statistics:?}");
    assert!(statistics.calls > MODULES * 4, "{statistics:?}");
    assert!(statistics.damaged.accepted > MODULES && statistics.damaged.refused > MODULES, "{statistics:?}");
    assert!(statistics.outcomes["results"] * 3 > statistics.calls, "{statistics:?}");
}

#[test]
fn faults_of_the_past_do_not_come_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regress");
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable entry").path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        let wasm = wat::parse_file(&path).expect("a module in text");
        for seed in 0..4 {
            let mut case = case_of(wasm.clone(), &mut Rng::new(seed));
            case.fuel = (seed % 2 == 1).then_some(10_000_000);
            let verdict = compare(&case, Reference::Wasmi);
            assert_eq!(verdict.difference, None, "{}:\n{}", path.display(), verdict.traces);
            assert!(verdict.statistics.calls > 0, "{}: nothing was compared", path.display());
        }
    }
}
