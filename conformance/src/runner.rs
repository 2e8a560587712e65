//! Runs the commands of a script on one [`Session`] and asks the judge about each outcome: in process and on a device.
//!
//! Invariants: every command gets exactly one [`Outcome`]; a command whose instance could not be made is failed or
//! skipped for the same reason as its module, never passed over. What a device has too little memory for is skipped with
//! both figures: the module that does not fit and what depends on it; and, once a guest was refused growth, what fails as long as
//! that guest can be reached. A module that does not fit gets the room of those before it if nothing can reach them.

use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};

use crate::{
    Action, Command, ModuleSource, Outcome, Value,
    engine::{Compiled, Failure, FailureKind, Live, Session},
    judge,
};

/// Makes modules of what commands carry: all that differs between a host and a device.
pub trait Modules {
    /// A module that must be valid; else what becomes of the command.
    ///
    /// # Errors
    ///
    /// There is no module: it is failed or skipped.
    fn define(&self, session: &Session, module: &ModuleSource) -> Result<Compiled, Outcome>;

    /// What becomes of the assertion that a module is rejected.
    fn assert_rejected(&self, session: &Session, module: &ModuleSource, message: &str) -> Outcome;
}

/// Why there is no instance to act on: the outcome of everything that needs it.
type Absent = Outcome;
type Slot = Result<Live, Absent>;

/// The state of a script: its instances and what their names mean.
pub struct Runner<M> {
    session: Session,
    modules: M,
    current: Slot,
    instances: BTreeMap<String, Slot>,
    latest_definition: Result<Compiled, Absent>,
    definitions: BTreeMap<String, Result<Compiled, Absent>>,
    /// Names that were to be registered but have no instance.
    unregistered: BTreeMap<String, Absent>,
    /// Why what fails from here on may fail because a guest was refused memory.
    shortage: Option<String>,
    /// Whether the command has exhausted the guest stack.
    is_exhausted: bool,
    /// A module that has a name, perhaps, was never seen: whatever fails in this script may fail for that reason.
    has_lost: bool,
}

impl<M: Modules> Runner<M> {
    /// At the start of a script.
    pub fn new(session: Session, modules: M) -> Self {
        let absent = Outcome::Failed("the script has no module yet".into());
        Self {
            session,
            modules,
            current: Err(absent.clone()),
            instances: BTreeMap::new(),
            latest_definition: Err(absent),
            definitions: BTreeMap::new(),
            unregistered: BTreeMap::new(),
            shortage: None,
            is_exhausted: false,
            has_lost: false,
        }
    }

    /// What makes its modules.
    pub fn modules(&self) -> &M {
        &self.modules
    }

    /// Forgets what nothing can reach any more once another module comes, unless `is_enough` already; gives whether it is then.
    pub fn make_room(&mut self, is_enough: impl Fn() -> bool) -> bool {
        if self.is_alone() {
            self.current = Err(Outcome::Skipped("its instance had to make room for a larger module".into()));
            self.latest_definition = Err(Outcome::Failed("the script has no module yet".into()));
            self.session.clear();
        }
        is_enough()
    }

    /// A command was not read, since it has so many bytes: one with a module, as nothing else is that large.
    pub fn lose_module(&mut self, message_bytes: usize) -> Outcome {
        let reason = format!("needs {message_bytes} bytes in one piece for its module, more than is left");
        let lost = Outcome::Skipped(reason.clone());
        self.current = Err(lost.clone());
        self.latest_definition = Err(lost.clone());
        self.shortage = Some(reason);
        self.has_lost = true;
        lost
    }

    /// Whether nothing can reach the instances that there are, once the current one is another.
    fn is_alone(&self) -> bool {
        self.instances.is_empty() && !self.session.is_shared()
    }

    /// Goes on in a fresh session; whatever belongs to the old one, which it gives back, now fails for this reason.
    pub fn lose_session(&mut self, fresh: Session, reason: &str) -> Session {
        let lost = Outcome::Failed(reason.into());
        self.current = Err(lost.clone());
        self.latest_definition = Err(lost.clone());
        self.instances.values_mut().for_each(|slot| *slot = Err(lost.clone()));
        self.definitions.values_mut().for_each(|slot| *slot = Err(lost.clone()));
        self.unregistered.clear();
        core::mem::replace(&mut self.session, fresh)
    }

    /// Runs one command.
    pub fn step(&mut self, line: u32, command: &Command) -> Outcome {
        let outcome = self.run(line, command);
        let is_expected = matches!(command, Command::AssertExhaustion { .. });
        if self.is_exhausted && !is_expected {
            self.shortage = self.shortage.take().or_else(|| self.session.stack_shortage());
        }
        self.is_exhausted = false;
        if let Some(shortage) = self.session.take_shortage() {
            self.shortage.get_or_insert(shortage);
        }
        match (outcome, &self.shortage) {
            (Outcome::Failed(_), Some(shortage)) => Outcome::Skipped(shortage.clone()),
            (outcome, _) => outcome,
        }
    }

    fn run(&mut self, line: u32, command: &Command) -> Outcome {
        match command {
            Command::Module { name, module } => {
                let definition = self.define(module);
                self.instantiate_named(line, name.as_deref(), definition.clone());
                self.keep_definition(name.as_deref(), definition);
                settled(&self.current)
            }
            Command::ModuleDefinition { name, module } => {
                let definition = self.define(module);
                self.keep_definition(name.as_deref(), definition);
                settled(&self.latest_definition)
            }
            Command::ModuleInstance { name, definition } => {
                let definition = match definition {
                    None => self.latest_definition.clone(),
                    Some(name) => self
                        .definitions
                        .get(name)
                        .cloned()
                        .unwrap_or_else(|| Err(Outcome::Failed(format!("no module definition ${name}")))),
                };
                self.instantiate_named(line, name.as_deref(), definition);
                settled(&self.current)
            }
            Command::Register { import_name, instance } => self.register(import_name, instance.as_deref()),
            Command::Action(action) => match self.perform(action) {
                Ok(Ok(_)) => Outcome::Passed,
                Ok(Err(failure)) => Outcome::Failed(got(&failure)),
                Err(absent) => absent,
            },
            Command::AssertReturn { action, results } => match self.perform(action) {
                Ok(Ok(values)) if judge::values_match(results, &values) => Outcome::Passed,
                Ok(Ok(values)) => Outcome::Failed(format!("expected {results:x?}, got {values:x?}")),
                Ok(Err(failure)) => Outcome::Failed(format!("expected {results:x?}, got {}", got(&failure))),
                Err(absent) => absent,
            },
            Command::AssertTrap { action, message } => self.assert_failure(action, FailureKind::Trap, message),
            Command::AssertExhaustion { action, message } => {
                self.assert_failure(action, FailureKind::Exhaustion, message)
            }
            Command::AssertException { action } => self.assert_failure(action, FailureKind::Exception, ""),
            Command::AssertInvalid { module, message } | Command::AssertMalformed { module, message } => {
                self.modules.assert_rejected(&self.session, module, message)
            }
            Command::AssertUnlinkable { module, message } => self.assert_unlinkable(module, message),
            Command::Unsupported { reason, .. } => Outcome::Skipped(reason.clone()),
        }
    }

    fn define(&self, module: &ModuleSource) -> Result<Compiled, Absent> {
        self.modules.define(&self.session, module)
    }

    fn keep_definition(&mut self, name: Option<&str>, definition: Result<Compiled, Absent>) {
        if let Some(name) = name {
            self.definitions.insert(name.into(), definition.clone());
        }
        self.latest_definition = definition;
    }

    /// Instantiates a module that takes the place of the current one.
    fn instantiate(&mut self, module: &Compiled) -> Result<Live, Failure> {
        // Nothing can reach what came before: neither does a refusal matter any more, nor does it have to stay.
        let is_alone = self.is_alone();
        if is_alone && !self.has_lost {
            self.shortage = None;
        }
        match self.session.instantiate(module) {
            Err(failure) if failure.kind == FailureKind::Memory && is_alone => {
                self.session.clear();
                self.session.instantiate(module)
            }
            result => result,
        }
    }

    fn instantiate_named(&mut self, line: u32, name: Option<&str>, definition: Result<Compiled, Absent>) {
        self.current = definition.and_then(|module| match self.instantiate(&module) {
            Ok(instance) => Ok(instance),
            Err(failure) => Err(self.missing_import(&module).unwrap_or_else(|| not_made(failure))),
        });
        // What comes after refers to the module, whose own message is printed once, at its line.
        let slot = self.current.clone().map_err(|absent| match absent {
            Outcome::Failed(_) => Outcome::Failed(format!("its module at line {line} failed")),
            absent => absent,
        });
        if let Some(name) = name {
            self.instances.insert(name.into(), slot);
        }
    }

    /// The reason a module that must link does not, if it imports from an instance that was never made.
    fn missing_import(&self, module: &Compiled) -> Option<Outcome> {
        module.import_modules().iter().find_map(|name| self.unregistered.get(name).cloned())
    }

    fn instance(&self, name: Option<&str>) -> Slot {
        match name {
            None => self.current.clone(),
            Some(name) => self
                .instances
                .get(name)
                .cloned()
                .unwrap_or_else(|| Err(Outcome::Failed(format!("no instance ${name}")))),
        }
    }

    fn register(&mut self, import_name: &str, instance: Option<&str>) -> Outcome {
        match self.instance(instance) {
            Ok(live) => match self.session.register(import_name, live) {
                Ok(()) => {
                    self.unregistered.remove(import_name);
                    Outcome::Passed
                }
                Err(failure) => Outcome::Failed(got(&failure)),
            },
            Err(absent) => {
                self.unregistered.insert(import_name.into(), absent.clone());
                absent
            }
        }
    }

    /// Does what `action` says: the engine's answer, or why it could not be asked.
    fn perform(&mut self, action: &Action) -> Result<Result<Vec<Value>, Failure>, Absent> {
        match action {
            Action::Invoke { instance, field, args } => {
                let live = self.instance(instance.as_deref())?;
                let result = self.session.invoke(live, field, args);
                self.is_exhausted = matches!(&result, Err(failure) if failure.kind == FailureKind::Exhaustion);
                Ok(result)
            }
            Action::Get { instance, field } => {
                let live = self.instance(instance.as_deref())?;
                Ok(self.session.get(live, field).map(|value| vec![value]))
            }
            Action::Instantiate(module) => {
                let compiled = self.define(module)?;
                match (self.session.instantiate(&compiled), self.missing_import(&compiled)) {
                    (Err(_), Some(absent)) => Err(absent),
                    (Err(failure), None) if failure.kind == FailureKind::Memory => Err(not_made(failure)),
                    (result, _) => Ok(result.map(|_| Vec::new())),
                }
            }
        }
    }

    fn assert_failure(&mut self, action: &Action, kind: FailureKind, message: &str) -> Outcome {
        match self.perform(action) {
            Ok(Err(failure)) if failure.kind == kind && judge::message_matches(message, &failure.message) => {
                Outcome::Passed
            }
            Ok(Err(failure)) => Outcome::Failed(format!("expected {kind:?} {message:?}, got {}", got(&failure))),
            Ok(Ok(values)) => Outcome::Failed(format!("expected {kind:?} {message:?}, got values {values:x?}")),
            Err(absent) => absent,
        }
    }

    fn assert_unlinkable(&mut self, module: &ModuleSource, message: &str) -> Outcome {
        let compiled = match self.define(module) {
            Ok(compiled) => compiled,
            Err(absent) => return absent,
        };
        let kind = match message {
            "unknown import" => FailureKind::UnknownImport,
            "incompatible import type" => FailureKind::IncompatibleImport,
            // Scripts older than bulk memory: since then a segment out of bounds traps during instantiation.
            "data segment does not fit" | "elements segment does not fit" => FailureKind::Trap,
            _ => return Outcome::Failed(format!("the harness does not know the link error {message:?}")),
        };
        match self.session.instantiate(&compiled) {
            Err(failure) if failure.kind == kind => Outcome::Passed,
            Err(failure) if failure.kind == FailureKind::Memory => not_made(failure),
            Err(failure) => self
                .missing_import(&compiled)
                .unwrap_or_else(|| Outcome::Failed(format!("expected {message:?}, got {}", got(&failure)))),
            Ok(_) => Outcome::Failed(format!("expected {message:?}, but the module was linked")),
        }
    }
}

fn settled<T>(slot: &Result<T, Absent>) -> Outcome {
    slot.as_ref().err().cloned().unwrap_or(Outcome::Passed)
}

/// What becomes of a module that should have been made.
pub(crate) fn not_made(failure: Failure) -> Outcome {
    match failure.kind {
        FailureKind::Memory => Outcome::Skipped(failure.message),
        _ => Outcome::Failed(got(&failure)),
    }
}

/// A failure in one line.
pub(crate) fn got(failure: &Failure) -> String {
    format!("{:?}: {}", failure.kind, failure.message)
}
