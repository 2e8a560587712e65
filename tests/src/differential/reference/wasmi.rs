//! wasmi: its settings for a case, and the names of its traps.

use wasmi as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "../driver.rs"]
mod driver;
use super::super::generate::HOST_MODULE;
use super::super::trace::{Export, LIMIT, Value};
use super::{Case, Event};
use driver::Host;
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    Config, Engine, Error, Extern, ExternRef, Func, Global, Instance, Linker, Memory, MemoryType, Module, Mutability,
    Nullable, Ref, RefType, Store, Table, TableType, TrapCode, Val, ValType,
};

/// Bytes of the guest stack, and how deep calls nest.
const STACK: (usize, usize) = (16 << 20, 100_000);

fn configure(case: &Case) -> Engine {
    let mut config = Config::default();
    config.consume_fuel(case.fuel.is_some()).set_max_stack_height(STACK.0).set_max_recursion_depth(STACK.1);
    config.wasm_wide_arithmetic(true).wasm_custom_page_sizes(true);
    Engine::new(&config)
}

/// The trap's name, shared by all engines.
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
        TrapCode::OutOfFuel | TrapCode::StackOverflow => LIMIT,
        _ => "another trap",
    })
}

fn instantiate(linker: &Linker<Host>, store: &mut Store<Host>, module: &Module) -> Result<Instance, Error> {
    linker.instantiate_and_start(store, module)
}

/// Memory, table and globals of `generate::HOST_WAT`.
fn define(store: &mut Store<Host>, linker: &mut Linker<Host>) -> Result<(), Error> {
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(4)))?;
    linker.define(HOST_MODULE, "memory", memory)?;
    let table = Table::new(&mut *store, TableType::new(RefType::Func, 5, Some(20)), Ref::Func(Nullable::Null))?;
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
        Value::FuncRef { is_null: true } => Val::default_for_ty(ValType::FuncRef),
        Value::FuncRef { is_null: false } => Val::from(Ref::Func(Nullable::Val(func))),
        Value::ExternRef { is_null: true } => Val::default_for_ty(ValType::ExternRef),
        Value::ExternRef { is_null: false } => Val::from(Ref::Extern(Nullable::Val(ExternRef::new(store, 5_u8)))),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::ExnRef { .. } | Value::AnyRef(_) => {
            unreachable!("no feature of this reference: {value:?}")
        }
    }
}

/// Where a call puts its results.
fn placeholders(store: &Store<Host>, func: Func) -> Vec<Val> {
    func.ty(store).results().iter().map(|ty| Val::default_for_ty(*ty)).collect()
}

fn value(_: &mut Store<Host>, val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(value) => Value::FuncRef { is_null: value.is_null() },
        Val::ExternRef(value) => Value::ExternRef { is_null: value.is_null() },
        #[allow(unreachable_patterns)]
        other => unreachable!("a value of the types that the plan allows: {other:?}"),
    }
}

fn export(store: &mut Store<Host>, instance: Instance, name: &str) -> Export {
    match instance.get_export(&*store, name) {
        Some(Extern::Global(global)) => Export::Global(value(store, &global.get(&*store))),
        Some(Extern::Memory(memory)) => Export::memory(memory.size(&*store), memory.data(&*store)),
        Some(Extern::Table(table)) => {
            let is_null = |i| table.get(&*store, i).is_none_or(|element| element.is_null());
            Export::table(table.size(&*store), is_null)
        }
        _ => Export::Other,
    }
}

/// Carries out the plan.
pub fn run(case: &Case) -> Vec<Event> {
    match Module::new(&configure(case), super::detour::around_faults(&case.wasm)) {
        Ok(module) => driver::run(case, &module),
        Err(error) => vec![Event::Refused(error.to_string())],
    }
}
