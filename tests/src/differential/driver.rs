//! Carries out a plan on one engine and writes the trace. Compiled once for each engine: both have the same names, and the module around
//! this one says which engine is meant and what its traps are called.

use super::super::generate::{Case, HOST_MODULE, TERMINATION_FUEL_EXPORT};
use super::super::trace::{Event, Outcome, State, Value, hash, mix};
use super::engine::{
    Caller, Error, ExternRef, Func, Global, Instance, Linker, Memory, MemoryType, Module, Mutability, Nullable, Ref,
    Store, StoreLimits, StoreLimitsBuilder, Table, TableType, Val,
};
use super::trap_name;

/// What a store holds: limits, and a hash of what host functions saw.
struct Host {
    limits: StoreLimits,
    calls: u64,
}

/// Instantiates the module and calls its exported functions as the plan says.
pub fn run(case: &Case, module: &Module) -> Vec<Event> {
    let limits =
        StoreLimitsBuilder::new().memory_size(case.memory_max_bytes).table_elements(case.table_max_elements).build();
    let mut store = Store::new(module.engine(), Host { limits, calls: 0 });
    store.limiter(|host| &mut host.limits);
    refuel(&mut store, case);
    let instance = match instantiate(&mut store, module) {
        Ok(instance) => instance,
        Err(error) => return vec![Event::Instantiated(outcome_of(&error))],
    };
    let mut events = vec![Event::Instantiated(Outcome::Returned(Vec::new()))];
    for call in &case.calls {
        let Some(func) = instance.get_func(&store, &call.name) else { continue };
        refuel(&mut store, case);
        if let Some(global) = instance.get_global(&store, TERMINATION_FUEL_EXPORT) {
            global
                .set(&mut store, Val::I32(case.termination_fuel))
                .expect("the global that counts loops is a mutable i32");
        }
        let outcome = match invoke(&mut store, func, &call.args) {
            Ok(results) => Outcome::Returned(results),
            Err(error) => outcome_of(&error),
        };
        let state = state(&mut store, case, instance);
        events.push(Event::Called { name: call.name.clone(), args: call.args.clone(), outcome, state });
        if events.last().is_some_and(Event::is_limit) {
            break;
        }
    }
    events
}

fn refuel(store: &mut Store<Host>, case: &Case) {
    if let Some(fuel) = case.fuel {
        store.set_fuel(fuel).expect("the engine was configured to consume fuel");
    }
}

fn outcome_of(error: &Error) -> Outcome {
    trap_name(error).map_or_else(|| Outcome::Failed(error.to_string()), Outcome::Trapped)
}

fn instantiate(store: &mut Store<Host>, module: &Module) -> Result<Instance, Error> {
    let linker = host(store).expect("the host's own definitions do not clash");
    linker.instantiate_and_start(store, module)
}

/// The host's side of `generate::HOST_WAT`.
fn host(store: &mut Store<Host>) -> Result<Linker<Host>, Error> {
    let mut linker = Linker::new(store.engine());
    linker.func_wrap(HOST_MODULE, "note", |mut caller: Caller<'_, Host>, value: i32| {
        caller.data_mut().calls = mix(caller.data().calls, value as u32 as u64);
    })?;
    linker.func_wrap(HOST_MODULE, "mix", |mut caller: Caller<'_, Host>, a: i64, b: i32| {
        let mixed = mix(a as u64, b as u32 as u64);
        caller.data_mut().calls = mix(caller.data().calls, mixed);
        mixed as i64
    })?;
    linker.func_wrap(HOST_MODULE, "pair", |mut caller: Caller<'_, Host>, a: i32| {
        caller.data_mut().calls = mix(caller.data().calls, a as u32 as u64);
        (a.wrapping_mul(3), i64::from(a) + 1)
    })?;
    linker.func_wrap(HOST_MODULE, "many", |_: Caller<'_, Host>, a: i32, b: i64, c: f32, d: f64, e: i32, f: i64| {
        let float = if c.is_nan() || d.is_nan() { 0.5 } else { f64::from(c) + d };
        (if float.is_nan() { 0.25 } else { float }, a.wrapping_add(e), b.wrapping_sub(f))
    })?;
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(4)))?;
    linker.define(HOST_MODULE, "memory", memory)?;
    let null = Ref::Func(Nullable::Null);
    let table = Table::new(&mut *store, TableType::new(null.ty(), 5, Some(20)), null)?;
    linker.define(HOST_MODULE, "table", table)?;
    let global = Global::new(&mut *store, Val::I64(77), Mutability::Var);
    linker.define(HOST_MODULE, "global", global)?;
    let global = Global::new(&mut *store, Val::I32(3), Mutability::Const);
    linker.define(HOST_MODULE, "base", global)?;
    Ok(linker)
}

fn invoke(store: &mut Store<Host>, func: Func, args: &[Value]) -> Result<Vec<Value>, Error> {
    let mut params = Vec::new();
    for arg in args {
        params.push(match *arg {
            Value::I32(value) => Val::I32(value),
            Value::I64(value) => Val::I64(value),
            Value::F32(bits) => f32::from_bits(bits).into(),
            Value::F64(bits) => f64::from_bits(bits).into(),
            Value::FuncRef { is_null: true } => Val::FuncRef(Nullable::Null),
            Value::FuncRef { is_null: false } => Val::from(Ref::Func(Nullable::Val(func))),
            Value::ExternRef { is_null: true } => Val::ExternRef(Nullable::Null),
            Value::ExternRef { is_null: false } => {
                Val::from(Ref::Extern(Nullable::Val(ExternRef::new(&mut *store, 5_u8))))
            }
        });
    }
    let types = func.ty(&*store);
    let mut results: Vec<Val> = types.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    func.call(store, &params, &mut results)?;
    Ok(results.iter().map(value).collect())
}

fn value(val: &Val) -> Value {
    match val {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::f32(value.to_bits()),
        Val::F64(value) => Value::f64(value.to_bits()),
        Val::FuncRef(value) => Value::FuncRef { is_null: value.is_null() },
        Val::ExternRef(value) => Value::ExternRef { is_null: value.is_null() },
        #[allow(unreachable_patterns)]
        other => unreachable!("a value of the types that the plan allows: {other:?}"),
    }
}

fn state(store: &mut Store<Host>, case: &Case, instance: Instance) -> State {
    let mut state = State { host_calls: store.data().calls, ..State::default() };
    for name in &case.exports {
        if let Some(global) = instance.get_global(&*store, name) {
            state.globals.push((name.clone(), value(&global.get(&mut *store))));
        } else if let Some(memory) = instance.get_memory(&*store, name) {
            state.memories.push((name.clone(), memory.size(&*store), hash(memory.data(&*store))));
        } else if let Some(table) = instance.get_table(&*store, name) {
            let size = table.size(&*store);
            let mut is_null = |i| table.get(&mut *store, i).is_none_or(|element| element.is_null());
            let nulls = (0..size).fold(0, |hash, i| mix(hash, u64::from(is_null(i))));
            state.tables.push((name.clone(), size, nulls));
        }
    }
    state
}
