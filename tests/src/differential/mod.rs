//! The differential run: seeded modules, executed by Sheave and by another engine, must give the same results, traps and state.
//!
//! `generate` makes a module and a plan from a seed; `driver` carries the plan out, compiled once for each engine, and
//! writes a trace; `compare` looks for the first event at which two traces differ. Sheave runs each module four times: from the
//! wasm; from the image's bytes, which verifies them too; translated without any fusion at level base; translated when functions are called. Those traces must be equal in everything.
//!
//! `damage` replaces bytes of the module: translator and validator must agree about what is valid.
//!
//! The other engine is wasmi or, with feature `wasmtime`, Wasmtime (`reference`). wasmi gets some conditions wrong; `detour` leads it around them.
//!
//! Where an engine's own limit ends a call (fuel, stack, both counted differently), comparing stops.

mod compare;
mod damage;
mod dense;
mod generate;
mod reference;
mod subject;
mod trace;

pub use compare::{Statistics, Verdict, compare, is_wrong};
pub use generate::{Case, TERMINATION_FUEL_EXPORT, case, case_of};
pub use reference::Reference;
pub use trace::{Any, Event, Outcome, State, Value};
