//! Wasmtime, which compiles: its settings for a case, the names of its traps, and what its interface does otherwise.
//!
//! Where the specification leaves a choice it is made as Sheave makes it: relaxed vectors deterministic, NaNs canonical.

use wasmtime as engine;
#[allow(clippy::duplicate_mod)] // meant: once for each engine
#[path = "../driver.rs"]
mod driver;
use super::super::generate::HOST_MODULE;
use super::super::trace::{Any, Export, LIMIT, Value, hash};
use super::{Case, Event};
use driver::Host;
use wasmtime::{
    AnyRef, Collector, Config, Engine, Error, Extern, ExternRef, Func, GcHeapOutOfMemory, Global, GlobalType, HeapType,
    I31, Instance, Linker, Memory, MemoryType, Module, Mutability, OptLevel, Ref, RefType, Store, Table, TableType,
    ThrownException, Trap, Val, ValType,
};

/// Bytes of the native stack that a guest may take, the most that Wasmtime allows: less than `diff` gives its threads.
const STACK_BYTES: usize = 2 << 20;

fn configure(case: &Case) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(case.fuel.is_some()).max_wasm_stack(STACK_BYTES).cranelift_opt_level(OptLevel::None);
    config.cranelift_nan_canonicalization(case.is_nan_canonical).relaxed_simd_deterministic(true).shared_memory(true);
    config.wasm_wide_arithmetic(true).wasm_custom_page_sizes(true).wasm_memory64(true).wasm_multi_memory(true);
    config.wasm_tail_call(true).wasm_extended_const(true).wasm_threads(true).wasm_relaxed_simd(true);
    config.wasm_function_references(true).wasm_gc(true).wasm_exceptions(true).collector(Collector::Null);
    Engine::new(&config).expect("settings that go together")
}

/// The trap's name, shared by all engines.
fn trap_name(error: &Error) -> Option<&'static str> {
    if error.is::<GcHeapOutOfMemory<()>>() {
        return Some(LIMIT);
    }
    if error.is::<ThrownException>() {
        return Some("uncaught exception");
    }
    Some(match error.downcast_ref::<Trap>()? {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::MemoryOutOfBounds => "memory out of bounds",
        Trap::TableOutOfBounds => "table out of bounds",
        Trap::IndirectCallToNull => "null element",
        Trap::BadSignature => "signature",
        Trap::IntegerDivisionByZero => "divide by zero",
        Trap::IntegerOverflow => "integer overflow",
        Trap::BadConversionToInteger => "conversion",
        Trap::NullReference => "null reference",
        Trap::ArrayOutOfBounds => "out of bounds array access",
        Trap::CastFailure => "cast failure",
        Trap::HeapMisaligned => "unaligned atomic",
        Trap::AtomicWaitNonSharedMemory => "expected shared memory",
        Trap::OutOfFuel | Trap::StackOverflow | Trap::AllocationTooLarge => LIMIT,
        _ => "another trap",
    })
}

fn instantiate(linker: &Linker<Host>, store: &mut Store<Host>, module: &Module) -> Result<Instance, Error> {
    linker.instantiate(store, module)
}

/// Memory, table and globals of `generate::HOST_WAT`.
fn define(store: &mut Store<Host>, linker: &mut Linker<Host>) -> Result<(), Error> {
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(4)))?;
    linker.define(&mut *store, HOST_MODULE, "memory", memory)?;
    let table = Table::new(&mut *store, TableType::new(RefType::FUNCREF, 5, Some(20)), Ref::Func(None))?;
    linker.define(&mut *store, HOST_MODULE, "table", table)?;
    let global = Global::new(&mut *store, GlobalType::new(ValType::I64, Mutability::Var), Val::I64(77))?;
    linker.define(&mut *store, HOST_MODULE, "global", global)?;
    let global = Global::new(&mut *store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(3))?;
    linker.define(&mut *store, HOST_MODULE, "base", global)?;
    Ok(())
}

/// The value as this engine has it; `func` where it is a reference to a function.
fn val(store: &mut Store<Host>, value: Value, func: Func) -> Val {
    match value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits.into()),
        Value::FuncRef { is_null } => Val::FuncRef((!is_null).then_some(func)),
        Value::ExternRef { is_null: true } => Val::ExternRef(None),
        Value::ExternRef { is_null: false } => {
            Val::ExternRef(Some(ExternRef::new(store, 5_u8).expect("room for a reference of the host")))
        }
        Value::AnyRef(Any::I31(value)) => Val::AnyRef(Some(AnyRef::from_i31(store, I31::wrapping_i32(value)))),
        Value::AnyRef(Any::Null) => Val::AnyRef(None),
        Value::ExnRef { is_null: true } => Val::null_ref(&HeapType::Exn),
        Value::ExnRef { .. } | Value::AnyRef(_) => unreachable!("the plan has no such argument: {value:?}"),
    }
}

/// Where a call puts its results.
fn placeholders(store: &Store<Host>, func: Func) -> Vec<Val> {
    func.ty(store).results().map(|_| Val::I32(0)).collect()
}

fn value(store: &mut Store<Host>, val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::f32(*bits),
        Val::F64(bits) => Value::f64(*bits),
        Val::V128(bits) => Value::V128(bits.as_u128()),
        Val::FuncRef(value) => Value::FuncRef { is_null: value.is_none() },
        Val::ExternRef(value) => Value::ExternRef { is_null: value.is_none() },
        Val::ExnRef(value) => Value::ExnRef { is_null: value.is_none() },
        Val::AnyRef(None) => Value::AnyRef(Any::Null),
        Val::AnyRef(Some(value)) => Value::AnyRef(any(store, value).expect("a reference of this store")),
        Val::ContRef(_) => unreachable!("no module has stack switching"),
    }
}

/// What kind of object it is.
fn any(store: &mut Store<Host>, value: &AnyRef) -> Result<Any, Error> {
    Ok(if let Some(number) = value.as_i31(&*store)? {
        Any::I31(number.get_i32())
    } else if value.is_struct(&*store)? {
        Any::Struct
    } else if let Some(array) = value.as_array(&*store)? {
        Any::Array { len: array.len(&*store)? }
    } else {
        Any::Host
    })
}

fn export(store: &mut Store<Host>, instance: Instance, name: &str) -> Export {
    match instance.get_export(&mut *store, name) {
        Some(Extern::Global(global)) => {
            let val = global.get(&mut *store);
            Export::Global(value(store, &val))
        }
        Some(Extern::Memory(memory)) => Export::memory(memory.size(&*store), memory.data(&*store)),
        Some(Extern::SharedMemory(memory)) => {
            // SAFETY: the bytes are inside the memory, and no thread but this one has it.
            let bytes: Vec<u8> = memory.data().iter().map(|byte| unsafe { *byte.get() }).collect();
            Export::Memory { pages: memory.size(), contents: hash(&bytes) }
        }
        Some(Extern::Table(table)) => {
            let size = table.size(&*store);
            Export::table(size, |i| table.get(&mut *store, i).is_none_or(|element| element.is_null()))
        }
        _ => Export::Other,
    }
}

/// Carries out the plan.
pub fn run(case: &Case) -> Vec<Event> {
    match Module::new(&configure(case), &case.wasm) {
        Ok(module) => driver::run(case, &module),
        Err(error) => vec![Event::Refused(format!("{error:#}"))],
    }
}
