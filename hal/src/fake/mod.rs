//! Fakes: capabilities in memory that record what was asked of them, and [`Faulty`], which makes any capability fail
//! at a chosen call. Every test of the functions above uses them; boards' tests can too (feature `fake`).

mod clock;
mod fault;
mod fs;
mod random;
mod stdio;

pub use clock::{FakeClock, FakeSleep};
pub use fault::Faulty;
pub use fs::FakeFileSystem;
pub use random::FakeRandom;
pub use stdio::{FakeInput, FakeOutput};
