//! The engine under test: its settings for a case, the names of its traps, and the way through the image's bytes.

use sheave as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "driver.rs"]
mod driver;
use super::{Case, Event};
use sheave::{Config, Engine, Error, Module, TrapCode};

/// Bytes of the guest stack.
const STACK_BYTES: usize = 4 << 20;

fn configure(case: &Case) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(case.fuel.is_some()).interruptible(case.is_interruptible).max_wasm_stack(STACK_BYTES);
    Engine::new(&config)
}

/// The trap's name, shared by both engines.
fn trap_name(error: &Error) -> Option<&'static str> {
    Some(match error.as_trap_code()? {
        TrapCode::Unreachable => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory out of bounds",
        // wasmi does not tell these two apart.
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => "table out of bounds",
        TrapCode::IndirectCallToNull => "null element",
        TrapCode::BadSignature => "signature",
        TrapCode::IntegerDivideByZero => "divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "conversion",
        TrapCode::OutOfFuel | TrapCode::StackOverflow => super::trace::LIMIT,
        _ => "another trap",
    })
}

/// Carries out the plan twice: the module from its wasm, then from the bytes of its image.
pub fn run(case: &Case) -> [Vec<Event>; 2] {
    let engine = configure(case);
    match Module::new(&engine, &case.wasm) {
        Ok(module) => {
            let first = driver::run(case, &module);
            let reloaded = Module::from_image(&engine, module.image());
            [
                first,
                reloaded
                    .map_or_else(|error| vec![Event::Refused(error.to_string())], |module| driver::run(case, &module)),
            ]
        }
        Err(error) => [vec![Event::Refused(error.to_string())], vec![Event::Refused(error.to_string())]],
    }
}
