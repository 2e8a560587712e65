//! `growth`: makes a module that grows by repetition, and translates it. `cargo xtask growth` counts the instructions of that.

use clap::Parser;
use sheave::{Engine, Error, Module};

/// Make the module of a seed, translate it, and print its length.
#[derive(Parser)]
struct Options {
    /// Which module.
    seed: u64,
    /// How often its pieces are repeated.
    repetitions: usize,
    /// Only make it: what that takes is to be taken off.
    #[arg(long)]
    only_make: bool,
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    let wasm = sheave_tests::growth::module(options.seed, options.repetitions);
    if !options.only_make {
        Module::new(&Engine::default(), &wasm)?;
    }
    println!("{}", wasm.len());
    Ok(())
}
