//! The engine under test: its settings for a case, the names of its traps, and the way through the image's bytes.

use sheave as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "driver.rs"]
mod driver;
use super::{Case, Event};
use sheave::{CompilationMode, Config, Engine, Error, Module, TrapCode};

/// Bytes of the guest stack.
const STACK_BYTES: usize = 4 << 20;

fn configure(case: &Case, is_fused: bool, mode: CompilationMode) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(case.fuel.is_some()).interruptible(case.is_interruptible).max_wasm_stack(STACK_BYTES);
    config.fusion(is_fused).superinstructions(is_fused).base_level(!is_fused).compilation_mode(mode);
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

/// Carries out the plan four times: the module from its wasm; from the bytes of its image; translated without any fusion at level base; translated
/// function by function as they are called.
pub fn run(case: &Case) -> [Vec<Event>; 4] {
    let engine = configure(case, true, CompilationMode::Eager);
    let run = |module: Result<Module, Error>| match module {
        Ok(module) => driver::run(case, &module),
        Err(error) => vec![Event::Refused(error.to_string())],
    };
    let module = Module::new(&engine, &case.wasm);
    let reloaded = module.as_ref().ok().map(|module| run(Module::from_image(&engine, module.image())));
    let first = run(module);
    let plain = run(Module::new(&configure(case, false, CompilationMode::Eager), &case.wasm));
    let lazy = run(Module::new(&configure(case, true, CompilationMode::LazyTranslation), &case.wasm));
    [first.clone(), reloaded.unwrap_or(first), plain, lazy]
}
