//! The engines to compare with: what they know, and one file for each with its settings for a case, the names of its traps and what its
//! interface does otherwise than Sheave's.

mod detour;
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use super::{Case, Event};
use sheave_interp::image::Features;
use sheave_interp::translate::SUPPORTED;

/// An engine to compare with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum Reference {
    /// An interpreter; most of its modules are of Wasm 2.0 without vectors.
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

    /// Features beside those of Wasm 2.0 without vectors: the module of this seed may use them.
    pub fn features(self, seed: u64) -> Features {
        let known = match self {
            // In some seeds only: what the others mean is older than these features, and `compare` knows some of them by number.
            Reference::Wasmi if seed % 8 == 5 => &[Features::SIMD, Features::MEMORY64][..],
            Reference::Wasmi => &[],
            #[cfg(feature = "wasmtime")]
            Reference::Wasmtime => &[
                Features::SIMD,
                Features::RELAXED_SIMD,
                Features::MEMORY64,
                Features::FUNCTION_REFERENCES,
                Features::GC,
                Features::EXCEPTIONS,
                Features::THREADS,
            ],
        };
        known.iter().filter(|feature| SUPPORTED.contains(**feature)).fold(Features::NONE, |all, one| all.with(*one))
    }

    /// Whether it can make every NaN that an operator gives the canonical one, in vectors too.
    pub fn makes_nans_canonical(self) -> bool {
        self != Reference::Wasmi
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
