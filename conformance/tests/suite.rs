//! The core slices of the official test suite, as part of `cargo test`: everything passes, nothing is skipped
//! but what `suites.toml` announces, and the numbers of scripts and assertions are those it gives.

use sheave_conformance::{Options, run_slices};

#[test]
fn core_slices_pass() {
    let names: [&str; 0] = [];
    let summary = run_slices(&names, None, &Options::default()).expect("the suite can be run");
    assert!(summary.is_ok(), "\n{}", summary.to_text(false));
    assert!(summary.counts().passed > 0);
}
