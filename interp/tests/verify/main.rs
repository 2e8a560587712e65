//! The verifier: what the translator makes passes; what breaks one rule is refused by that rule's name; damaged code is
//! refused or, when it is run, harmless.

mod corpus;
mod damage;
mod patch;
mod rules;

use corpus::{CORPUS, configs};
use patch::Patch;

#[test]
fn what_the_translator_makes_passes() {
    for (name, wat) in CORPUS {
        for config in configs() {
            Patch::new(wat, &config).load().unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
