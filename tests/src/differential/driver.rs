//! Carries out a plan on one engine and writes the trace. Compiled once for each engine: all have the same names here, and the module around
//! this one says which engine is meant, what its traps are called, and how it hands out values and what an instance exports.

use super::engine::{Caller, Error, Func, Instance, Linker, Module, Store, StoreLimits, StoreLimitsBuilder, Val};
use super::{define, export, instantiate, placeholders, trap_name, val, value};
use crate::differential::generate::{Case, HOST_MODULE, TERMINATION_FUEL_EXPORT};
use crate::differential::trace::{Event, Export, Outcome, State, Value, mix};

/// What a store holds: limits, and a hash of what host functions saw.
pub struct Host {
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
    let linker = host(&mut store).expect("the host's own definitions do not clash");
    let instance = match instantiate(&linker, &mut store, module) {
        Ok(instance) => instance,
        Err(error) => return vec![Event::Instantiated(outcome_of(&error))],
    };
    let mut events = vec![Event::Instantiated(Outcome::Returned(Vec::new()))];
    for call in &case.calls {
        let Some(func) = instance.get_func(&mut store, &call.name) else { continue };
        refuel(&mut store, case);
        if let Some(global) = instance.get_global(&mut store, TERMINATION_FUEL_EXPORT) {
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
    define(store, &mut linker)?;
    Ok(linker)
}

fn invoke(store: &mut Store<Host>, func: Func, args: &[Value]) -> Result<Vec<Value>, Error> {
    let params: Vec<Val> = args.iter().map(|arg| val(store, *arg, func)).collect();
    let mut results = placeholders(store, func);
    func.call(&mut *store, &params, &mut results)?;
    Ok(results.iter().map(|val| value(store, val)).collect())
}

fn state(store: &mut Store<Host>, case: &Case, instance: Instance) -> State {
    let mut state = State { host_calls: store.data().calls, ..State::default() };
    for name in &case.exports {
        match export(store, instance, name) {
            Export::Global(value) => state.globals.push((name.clone(), value)),
            Export::Memory { pages, contents } => state.memories.push((name.clone(), pages, contents)),
            Export::Table { size, elements } => state.tables.push((name.clone(), size, elements)),
            Export::Other => {}
        }
    }
    state
}
