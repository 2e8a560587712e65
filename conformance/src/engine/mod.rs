//! The only module that names the engine: its API, and how its errors map to what a script can ask for.
//!
//! Everything above deals in [`Value`]s and [`Failure`]s. This file is `no_std` and reads images only; `host` adds wasm and
//! what the engine claims to support, `budget` keeps guests within the memory of a device, `spectest` is what every script may import.

mod budget;
#[cfg(feature = "host")]
mod host;
mod spectest;

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use sheave::{
    Config, Engine, Error, ExternRef, ExternType, Instance, Linker, Module, Nullable, Store, TrapCode, Val, errors,
};

use crate::{Heap, Value};
use budget::Budget;
#[cfg(feature = "host")]
pub use host::{Settings, supported};

/// Why the engine did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of refusal.
    pub kind: FailureKind,
    /// One line for people.
    pub message: String,
}

/// The kinds of refusal a script tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The module does not decode or validate.
    Invalid,
    /// An import is not defined.
    UnknownImport,
    /// An import is defined with another type.
    IncompatibleImport,
    /// Execution trapped.
    Trap,
    /// The call stack is exhausted.
    Exhaustion,
    /// An exception left the outermost function.
    Exception,
    /// The fuel given to the run is used up.
    Fuel,
    /// The device has too little memory.
    Memory,
    /// Anything else; no assertion accepts it.
    Other,
}

/// A compiled module.
#[derive(Debug, Clone)]
pub struct Compiled(Module);

impl Compiled {
    /// The names of the modules it imports from.
    pub fn import_modules(&self) -> Vec<String> {
        self.0.imports().map(|import| import.module().to_string()).collect()
    }

    /// The image: what [`Session::load`] takes.
    pub fn image(&self) -> &[u8] {
        self.0.image()
    }
}

/// A handle to an instance of a [`Session`].
#[derive(Debug, Clone, Copy)]
pub struct Live(Instance);

/// How large a session may become.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Bytes of the guest stack.
    pub stack_bytes: usize,
    /// Bytes of all memories and tables together.
    pub memory_bytes: u64,
}

/// An engine with one store, one linker and the module `spectest`: what one script runs in.
pub struct Session {
    engine: Engine,
    /// None only while [`Session::clear`] makes a new one: there may be room for one only.
    world: Option<World>,
    fuel: Option<u64>,
    /// Whether instances to come may reach something that those there are can change.
    is_shared: bool,
    /// Bytes of the guest stack, if a call of the suite may need more.
    small_stack_bytes: Option<usize>,
}

/// A guest stack on which every call of the suite ends that should.
const ENOUGH_STACK_BYTES: usize = 128 << 10;

/// Instances and what their imports can be.
struct World {
    store: Store<Budget>,
    linker: Linker<Budget>,
}

impl Session {
    /// A fresh session for images, of this size.
    pub fn new(size: Size) -> Self {
        let mut config = Config::default();
        config.max_wasm_stack(size.stack_bytes);
        let small_stack_bytes = Some(size.stack_bytes).filter(|bytes| *bytes < ENOUGH_STACK_BYTES);
        Self { small_stack_bytes, ..Self::with_config(&config, None, Budget::new(size.memory_bytes)) }
    }

    /// Why a call may have exhausted the stack that should not, if the board's is small.
    pub fn stack_shortage(&self) -> Option<String> {
        self.small_stack_bytes.map(|bytes| format!("needs more guest stack than the board's {bytes} bytes"))
    }

    fn with_config(config: &Config, fuel: Option<u64>, budget: Budget) -> Self {
        let engine = Engine::new(config);
        let world = Some(World::new(&engine, budget));
        Self { engine, world, fuel, is_shared: false, small_stack_bytes: None }
    }

    fn world(&mut self) -> &mut World {
        self.world.as_mut().expect("`clear` leaves one")
    }

    /// Forgets all instances, to have their memory again. Modules stay what they are.
    pub fn clear(&mut self) {
        let budget = Budget::new(self.world().store.data().limit_bytes());
        self.world = None;
        self.world = Some(World::new(&self.engine, budget));
        self.is_shared = false;
    }

    /// Whether instances to come may reach something that those there are can change: what was registered, and what
    /// `spectest` shares.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Takes an image over and verifies it.
    ///
    /// # Errors
    ///
    /// `Invalid`, with the engine's message; `Memory`, on a device.
    pub fn load(&self, image: Vec<u8>) -> Result<Compiled, Failure> {
        Module::from_owned_image(&self.engine, image).map(Compiled).map_err(|error| {
            let budget = &self.world.as_ref().expect("`clear` leaves one").store.data();
            match budget.exhausted(&first_line(&error)) {
                Some(message) => Failure { kind: FailureKind::Memory, message },
                None => invalid(&error),
            }
        })
    }

    /// What growth was refused since the last time of asking, because the device has too little memory.
    pub fn take_shortage(&mut self) -> Option<String> {
        self.world().store.data_mut().take_shortage()
    }

    /// Links, instantiates and runs the start function.
    ///
    /// # Errors
    ///
    /// An import is unknown or incompatible, initialisation or the start function trapped, memory is short.
    pub fn instantiate(&mut self, module: &Compiled) -> Result<Live, Failure> {
        self.refuel()?;
        self.is_shared |=
            module.0.imports().any(|import| matches!(import.ty(), ExternType::Table(_) | ExternType::Memory(_)));
        let World { store, linker } = self.world();
        let made = spectest::define(store, linker, &module.0);
        match made.and_then(|()| linker.instantiate_and_start(&mut *store, &module.0)) {
            Ok(instance) => Ok(Live(instance)),
            Err(error) => {
                let budget = store.data_mut();
                let shortage = budget.take_shortage().or_else(|| budget.exhausted(&first_line(&error)));
                Err(match shortage {
                    Some(message) => Failure { kind: FailureKind::Memory, message },
                    None => failure(&error),
                })
            }
        }
    }

    /// Makes the exports of an instance importable under `import_name`.
    ///
    /// # Errors
    ///
    /// The linker refuses a definition.
    pub fn register(&mut self, import_name: &str, instance: Live) -> Result<(), Failure> {
        self.is_shared = true;
        let World { store, linker } = self.world();
        let exports: Vec<_> =
            instance.0.exports(&*store).map(|export| (export.name().to_string(), export.into_extern())).collect();
        for (name, item) in exports {
            linker.define(import_name, &name, item).map_err(|error| other(first_line(&error)))?;
        }
        Ok(())
    }

    /// Calls an exported function.
    ///
    /// # Errors
    ///
    /// It traps, runs out of stack or fuel; or there is no such function, or not of this type.
    pub fn invoke(&mut self, instance: Live, field: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        self.refuel()?;
        let store = &mut self.world().store;
        let func =
            instance.0.get_func(&*store, field).ok_or_else(|| other(format!("no exported function {field:?}")))?;
        let args = args.iter().map(|arg| lower(store, arg)).collect::<Result<Vec<_>, _>>()?;
        let ty = func.ty(&*store);
        let mut results: Vec<_> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
        func.call(&mut *store, &args, &mut results).map_err(|error| failure(&error))?;
        results.iter().map(|result| lift(store, result)).collect()
    }

    /// Reads an exported global.
    ///
    /// # Errors
    ///
    /// There is no such global.
    pub fn get(&mut self, instance: Live, field: &str) -> Result<Value, Failure> {
        let store = &mut self.world().store;
        let global =
            instance.0.get_global(&*store, field).ok_or_else(|| other(format!("no exported global {field:?}")))?;
        let value = global.get(&mut *store);
        lift(store, &value)
    }

    fn refuel(&mut self) -> Result<(), Failure> {
        match self.fuel {
            Some(fuel) => self.world().store.set_fuel(fuel).map_err(|error| other(first_line(&error))),
            None => Ok(()),
        }
    }
}

impl World {
    fn new(engine: &Engine, budget: Budget) -> World {
        let mut store = Store::new(engine, budget);
        store.limiter(|budget| budget);
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        World { store, linker }
    }
}

fn lower(store: &mut Store<Budget>, value: &Value) -> Result<Val, Failure> {
    Ok(match value {
        Value::I32(value) => Val::I32(*value),
        Value::I64(value) => Val::I64(*value),
        Value::F32(bits) => Val::F32(sheave::F32::from_bits(*bits)),
        Value::F64(bits) => Val::F64(sheave::F64::from_bits(*bits)),
        Value::V128(bytes) => Val::V128(u128::from_le_bytes(*bytes).into()),
        Value::RefNull(Heap::Func) => Val::FuncRef(Nullable::Null),
        Value::RefNull(Heap::Extern) => Val::ExternRef(Nullable::Null),
        Value::RefNull(Heap::NoFunc) => Val::FuncRef(Nullable::Null),
        Value::RefNull(Heap::NoExtern) => Val::ExternRef(Nullable::Null),
        Value::RefNull(_) => Val::AnyRef(Nullable::Null),
        Value::RefExtern(number) => Val::ExternRef(ExternRef::new(store, *number).into()),
        // A value of the host, as what a guest makes of it.
        Value::RefHost(number) => Val::AnyRef(ExternRef::new(&mut *store, *number).to_anyref(&*store).into()),
        Value::Ref(_) => {
            return Err(other(format!("the engine cannot take the argument {value:?}")));
        }
    })
}

fn lift(store: &Store<Budget>, value: &Val) -> Result<Value, Failure> {
    Ok(match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(value) => Value::V128(value.to_le_bytes()),
        Val::FuncRef(Nullable::Null) => Value::RefNull(Heap::Func),
        Val::FuncRef(Nullable::Val(_)) => Value::Ref(Heap::Func),
        Val::ExternRef(Nullable::Null) => Value::RefNull(Heap::Extern),
        Val::ExternRef(Nullable::Val(reference)) => match reference.data(store).downcast_ref::<u32>() {
            Some(number) => Value::RefExtern(*number),
            None => Value::Ref(Heap::Extern),
        },
        Val::AnyRef(Nullable::Null) => Value::RefNull(Heap::Any),
        #[cfg(feature = "exceptions")]
        Val::ExnRef(Nullable::Null) => Value::RefNull(Heap::Exn),
        #[cfg(feature = "exceptions")]
        Val::ExnRef(Nullable::Val(_)) => Value::Ref(Heap::Exn),
        Val::AnyRef(Nullable::Val(reference)) => match reference.as_extern(store) {
            Some(value) => match value.data(store).downcast_ref::<u32>() {
                Some(number) => Value::RefHost(*number),
                None => Value::Ref(Heap::Any),
            },
            None if reference.as_i31(store).is_some() => Value::Ref(Heap::I31),
            #[cfg(feature = "gc")]
            None if reference.as_struct(store).is_some() => Value::Ref(Heap::Struct),
            #[cfg(feature = "gc")]
            None if reference.as_array(store).is_some() => Value::Ref(Heap::Array),
            None => Value::Ref(Heap::Any),
        },
        _ => return Err(other(format!("the engine returned {value:?}, which no pattern describes"))),
    })
}

/// Maps an error of instantiation or execution to what a script can ask for.
fn failure(error: &Error) -> Failure {
    use errors::{ErrorKind, InstantiationError, LinkerError};
    let message = first_line(error);
    let kind = match error.kind() {
        ErrorKind::TrapCode(TrapCode::StackOverflow) => FailureKind::Exhaustion,
        ErrorKind::TrapCode(TrapCode::OutOfFuel) | ErrorKind::Fuel(_) => FailureKind::Fuel,
        ErrorKind::TrapCode(_) => FailureKind::Trap,
        #[cfg(feature = "exceptions")]
        ErrorKind::Exception(_) => FailureKind::Exception,
        ErrorKind::Linker(LinkerError::MissingDefinition { .. }) => FailureKind::UnknownImport,
        ErrorKind::Linker(LinkerError::InvalidTypeDefinition { .. })
        | ErrorKind::Instantiation(InstantiationError::ImportTypeMismatch { .. }) => FailureKind::IncompatibleImport,
        _ => FailureKind::Other,
    };
    Failure { kind, message }
}

fn invalid(error: &Error) -> Failure {
    Failure { kind: FailureKind::Invalid, message: first_line(error) }
}

fn other(message: String) -> Failure {
    Failure { kind: FailureKind::Other, message }
}

/// The message without a backtrace, so that the name of a function cannot pass for a message.
fn first_line(error: &impl core::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_string()
}
