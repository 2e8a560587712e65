//! The engine to compare with: its settings for a case, and the names of its traps.

use wasmi as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "driver.rs"]
mod driver;
use super::{Case, Event};
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{Config, Engine, Error, Module, TrapCode};

/// Bytes of the guest stack, and how deep calls nest.
const STACK: (usize, usize) = (16 << 20, 100_000);

fn configure(case: &Case) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(case.fuel.is_some()).set_max_stack_height(STACK.0).set_max_recursion_depth(STACK.1);
    config.wasm_wide_arithmetic(true).wasm_custom_page_sizes(true).wasm_memory64(true);
    Engine::new(&config)
}

/// The trap's name, shared by both engines.
fn trap_name(error: &Error) -> Option<&'static str> {
    if let ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) = error.kind() {
        return Some("table out of bounds");
    }
    Some(match error.as_trap_code()? {
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory out of bounds",
        TrapCode::TableOutOfBounds => "table out of bounds",
        TrapCode::IndirectCallToNull => "null element",
        TrapCode::BadSignature => "signature",
        TrapCode::IntegerDivisionByZero => "divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "conversion",
        TrapCode::OutOfFuel | TrapCode::StackOverflow => super::trace::LIMIT,
        _ => "another trap",
    })
}

/// Carries out the plan.
pub fn run(case: &Case) -> Vec<Event> {
    match Module::new(&configure(case), super::detour::around_faults(&case.wasm)) {
        Ok(module) => driver::run(case, &module),
        Err(error) => vec![Event::Refused(error.to_string())],
    }
}
