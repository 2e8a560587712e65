//! The engines to compare with: what they know, and one file for each with its settings for a case, the names of its traps and what its
//! interface does otherwise than Sheave's.

mod detour;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use super::{Case, Event};
use sheave_interp::image::Features;

/// An engine to compare with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Reference {
    /// An interpreter; its modules are of Wasm 2.0 without vectors.
    #[default]
    Wasmi,
    /// A compiler; its modules have everything that Sheave supports.
    #[cfg(feature = "wasmtime")]
    Wasmtime,
}

impl Reference {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Reference::Wasmi => "wasmi",
            #[cfg(feature = "wasmtime")]
            Reference::Wasmtime => "Wasmtime",
        }
    }

    /// Features beside those that all cases have: modules may use them.
    pub fn features(self) -> Features {
        match self {
            Reference::Wasmi => Features::NONE,
            #[cfg(feature = "wasmtime")]
            Reference::Wasmtime => sheave_interp::translate::SUPPORTED,
        }
    }

    /// Carries out the plan.
    pub fn run(self, case: &Case) -> Vec<Event> {
        match self {
            Reference::Wasmi => wasmi::run(case),
            #[cfg(feature = "wasmtime")]
            Reference::Wasmtime => wasmtime::run(case),
        }
    }
}
