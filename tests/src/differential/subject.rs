//! The engine under test: its settings for a case, the names of its traps, and the way through the image's bytes.

use sheave as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "driver.rs"]
mod driver;
use super::generate::HOST_MODULE;
use super::trace::{Any, Export, LIMIT, Value};
use super::{Case, Event};
use driver::Host;
use sheave::{
    AnyRef, CompilationMode, Config, Engine, Error, Extern, ExternRef, Func, Global, I31, Instance, Linker, Memory,
    MemoryType, Module, Mutability, Nullable, Ref, Store, Table, TableType, TrapCode, Val,
};

/// Bytes of the guest stack.
const STACK_BYTES: usize = 4 << 20;

fn configure(case: &Case, is_fused: bool, mode: CompilationMode) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(case.fuel.is_some()).interruptible(case.is_interruptible).max_wasm_stack(STACK_BYTES);
    config
        .canonicalize_nans(case.is_nan_canonical)
        .fusion(is_fused)
        .superinstructions(is_fused)
        .base_level(!is_fused)
        .compilation_mode(mode);
    // Objects that are still used must not be collected.
    config.collects_always(!is_fused);
    Engine::new(&config)
}

/// The trap's name, shared by all engines.
fn trap_name(error: &Error) -> Option<&'static str> {
    if matches!(error.kind(), sheave::errors::ErrorKind::Exception(_)) {
        return Some("uncaught exception");
    }
    Some(match error.as_trap_code()? {
        TrapCode::Unreachable => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory out of bounds",
        // wasmi and Wasmtime do not tell these two apart.
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => "table out of bounds",
        TrapCode::IndirectCallToNull => "null element",
        TrapCode::BadSignature => "signature",
        TrapCode::IntegerDivideByZero => "divide by zero",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::BadConversionToInteger => "conversion",
        TrapCode::OutOfFuel | TrapCode::StackOverflow | TrapCode::OutOfHeap => LIMIT,
        // As the test suite calls them, but for what was null.
        other => match other.message() {
            message if message.starts_with("null ") => "null reference",
            message => message,
        },
    })
}

fn instantiate(linker: &Linker<Host>, store: &mut Store<Host>, module: &Module) -> Result<Instance, Error> {
    linker.instantiate_and_start(store, module)
}

/// Memory, table and globals of `generate::HOST_WAT`.
fn define(store: &mut Store<Host>, linker: &mut Linker<Host>) -> Result<(), Error> {
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(4)))?;
    linker.define(HOST_MODULE, "memory", memory)?;
    let null = Ref::Func(Nullable::Null);
    let table = Table::new(&mut *store, TableType::new(null.ty(), 5, Some(20)), null)?;
    linker.define(HOST_MODULE, "table", table)?;
    let global = Global::new(&mut *store, Val::I64(77), Mutability::Var);
    linker.define(HOST_MODULE, "global", global)?;
    let global = Global::new(&mut *store, Val::I32(3), Mutability::Const);
    linker.define(HOST_MODULE, "base", global)?;
    Ok(())
}

/// The value as this engine has it; `func` where it is a reference to a function.
fn val(store: &mut Store<Host>, value: Value, func: Func) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => f32::from_bits(bits).into(),
        Value::F64(bits) => f64::from_bits(bits).into(),
        Value::FuncRef { is_null: true } => Val::FuncRef(Nullable::Null),
        Value::FuncRef { is_null: false } => Val::from(Ref::Func(Nullable::Val(func))),
        Value::ExternRef { is_null: true } => Val::ExternRef(Nullable::Null),
        Value::ExternRef { is_null: false } => Val::from(Ref::Extern(Nullable::Val(ExternRef::new(store, 5_u8)))),
        Value::ExnRef { is_null: true } => Val::ExnRef(Nullable::Null),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::AnyRef(Any::Null) => Val::AnyRef(Nullable::Null),
        Value::AnyRef(Any::I31(value)) => Val::AnyRef(Nullable::Val(AnyRef::from_i31(store, I31::wrapping_i32(value)))),
        Value::ExnRef { .. } | Value::AnyRef(_) => unreachable!("the plan has no such argument: {value:?}"),
    }
}

/// Where a call puts its results.
fn placeholders(store: &Store<Host>, func: Func) -> Vec<Val> {
    func.ty(store).results().iter().map(|ty| Val::default_for_ty(*ty)).collect()
}

fn value(store: &mut Store<Host>, val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => Value::FuncRef { is_null: value.is_null() },
        Val::ExternRef(value) => Value::ExternRef { is_null: value.is_null() },
        Val::ExnRef(value) => Value::ExnRef { is_null: value.is_null() },
        Val::AnyRef(Nullable::Null) => Value::AnyRef(Any::Null),
        Val::AnyRef(Nullable::Val(value)) => Value::AnyRef(any(store, value)),
        #[allow(unreachable_patterns)]
        other => unreachable!("a value of the types that the plan allows: {other:?}"),
    }
}

/// What kind of object it is.
fn any(store: &mut Store<Host>, value: &AnyRef) -> Any {
    if let Some(number) = value.as_i31(&*store) {
        Any::I31(number.get_i32())
    } else if value.as_struct(&*store).is_some() {
        Any::Struct
    } else if let Some(array) = value.as_array(&*store) {
        Any::Array { len: array.len(&*store) }
    } else {
        Any::Host
    }
}

fn export(store: &mut Store<Host>, instance: Instance, name: &str) -> Export {
    match instance.get_export(&*store, name) {
        Some(Extern::Global(global)) => {
            let found = global.get(&mut *store);
            Export::Global(value(store, &found))
        }
        Some(Extern::Memory(memory)) => Export::memory(memory.size(&*store), memory.data(&*store)),
        Some(Extern::SharedMemory(memory)) => {
            let mut bytes = vec![0; memory.data_size()];
            memory.read(0, &mut bytes).expect("no thread makes it smaller");
            Export::memory(memory.size(), &bytes)
        }
        Some(Extern::Table(table)) => {
            let size = table.size(&*store);
            let mut is_null = |i| table.get(&mut *store, i).is_none_or(|element| element.is_null());
            let nulls: Vec<bool> = (0..size).map(&mut is_null).collect();
            Export::table(size, |i| nulls[i as usize])
        }
        _ => Export::Other,
    }
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
