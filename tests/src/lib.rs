//! What the tests across the crates share: the differential run against another engine, seeded numbers, listings that
//! can be rewritten; and the corpus from which superinstructions are mined.
//!
//! The tests themselves are in `tests/`, their data in `translate/`, `trap/` and `regress/`. Everything random here comes from a seed that a
//! failure names, so that it can be repeated.

pub mod allocator;
pub mod blessed;
pub mod corpus;
pub mod differential;
pub mod growth;
pub mod load;
pub mod mine;
pub mod rng;
