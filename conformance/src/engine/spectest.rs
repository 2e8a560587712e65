//! The module `spectest` of the suite's harness: printing functions that print nothing, constants, a table, a memory.
//!
//! Each is made when a module first imports it, and stays: a small device could not hold a page that nobody asked for.

use sheave::{
    Error, Extern, Func, Global, Linker, Memory, MemoryType, Module, Mutability, Nullable, Ref, RefType, Store, Table,
    TableType, Val,
};

use super::Budget;

const NAME: &str = "spectest";

/// Defines what `module` imports from it.
pub(super) fn define(store: &mut Store<Budget>, linker: &mut Linker<Budget>, module: &Module) -> Result<(), Error> {
    for import in module.imports().filter(|import| import.module() == NAME) {
        if linker.get(&*store, NAME, import.name()).is_some() {
            continue;
        }
        if let Some(item) = make(store, import.name())? {
            linker.define(NAME, import.name(), item)?;
        }
    }
    Ok(())
}

/// A memory that threads share.
#[cfg(feature = "host")]
fn shared_memory(store: &mut Store<Budget>, ty: MemoryType) -> Result<Extern, Error> {
    Ok(sheave::SharedMemory::new(store.engine(), ty)?.into())
}

/// The same on a device, which has one thread.
#[cfg(not(feature = "host"))]
fn shared_memory(store: &mut Store<Budget>, ty: MemoryType) -> Result<Extern, Error> {
    Ok(Memory::new(store, ty)?.into())
}

/// What has this name, if anything has.
fn make(store: &mut Store<Budget>, name: &str) -> Result<Option<Extern>, Error> {
    let global = |store: &mut Store<Budget>, value| Global::new(store, value, Mutability::Const).into();
    Ok(Some(match name {
        "print" => Func::wrap(store, || {}).into(),
        "print_i32" => Func::wrap(store, |_: i32| {}).into(),
        "print_i64" => Func::wrap(store, |_: i64| {}).into(),
        "print_f32" => Func::wrap(store, |_: f32| {}).into(),
        "print_f64" => Func::wrap(store, |_: f64| {}).into(),
        "print_i32_f32" => Func::wrap(store, |_: i32, _: f32| {}).into(),
        "print_f64_f64" => Func::wrap(store, |_: f64, _: f64| {}).into(),
        "global_i32" => global(store, Val::I32(666)),
        "global_i64" => global(store, Val::I64(666)),
        "global_f32" => global(store, Val::from(666.6_f32)),
        "global_f64" => global(store, Val::from(666.6_f64)),
        "table" => {
            let ty = TableType::new(RefType::FUNCREF, 10, Some(20));
            Table::new(store, ty, Ref::Func(Nullable::<Func>::Null))?.into()
        }
        "table64" => {
            let ty = TableType::new64(RefType::FUNCREF, 10, Some(20));
            Table::new(store, ty, Ref::Func(Nullable::<Func>::Null))?.into()
        }
        "shared_memory" => shared_memory(store, MemoryType::shared(1, 2))?,
        "memory" => Memory::new(store, MemoryType::new(1, Some(2)))?.into(),
        _ => return Ok(None),
    }))
}
