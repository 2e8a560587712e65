//! Runs the commands of a script in process, on one [`Session`], and asks the judge about each outcome.
//!
//! Invariants: every command gets exactly one [`Outcome`]; a command whose instance could not be made is failed or
//! skipped for the same reason as its module, never passed over; a panic of the engine is the failure of the command
//! that caused it, and the script goes on in a fresh session (what depended on the lost one fails with that reason).

use std::{
    cell::Cell,
    collections::HashMap,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use crate::{
    Action, Command, ModuleSource, Script, Value,
    engine::{self, Compiled, Failure, FailureKind, Live, Session, Settings},
    features, judge,
};

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what the script demands.
    Passed,
    /// The text parser rejected the module as demanded; the engine was not involved.
    TextOnly,
    /// It was not judged, for this reason.
    Skipped(String),
    /// It did something else.
    Failed(String),
}

/// Runs every command of `script`; the outcomes are in the order of its steps. Features that the engine does not
/// support are left out of the settings.
pub fn run(script: &Script, settings: Settings) -> Vec<Outcome> {
    silence_caught_panics();
    let features = settings.features.intersection(engine::supported());
    let mut runner = Runner::new(Settings { features, ..settings });
    script.steps.iter().map(|step| runner.guarded_step(step.line, &step.command)).collect()
}

/// Why there is no instance to act on: the outcome of everything that needs it.
type Absent = Outcome;
type Slot = Result<Live, Absent>;

struct Runner {
    session: Session,
    settings: Settings,
    current: Slot,
    instances: HashMap<String, Slot>,
    latest_definition: Result<Compiled, Absent>,
    definitions: HashMap<String, Result<Compiled, Absent>>,
    /// Names that were to be registered but have no instance.
    unregistered: HashMap<String, Absent>,
}

impl Runner {
    fn new(settings: Settings) -> Self {
        let absent = Outcome::Failed("the script has no module yet".into());
        Self {
            session: Session::new(settings),
            settings,
            current: Err(absent.clone()),
            instances: HashMap::new(),
            latest_definition: Err(absent),
            definitions: HashMap::new(),
            unregistered: HashMap::new(),
        }
    }

    fn guarded_step(&mut self, line: u32, command: &Command) -> Outcome {
        self.guarded(line, |runner| runner.step(line, command))
    }

    fn guarded(&mut self, line: u32, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        CATCHING.set(true);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        CATCHING.set(false);
        outcome.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            self.lose_session(line);
            Outcome::Failed(format!("the engine panicked: {text}"))
        })
    }

    /// Replaces the session after a panic. The old one is leaked: dropping a broken store could panic again.
    fn lose_session(&mut self, line: u32) {
        let lost = Outcome::Failed(format!("its instance was lost in the panic at line {line}"));
        let fresh = Self::new(self.settings);
        let old = std::mem::replace(self, fresh);
        self.current = Err(lost.clone());
        self.latest_definition = Err(lost.clone());
        self.instances = old.instances.keys().map(|name| (name.clone(), Err(lost.clone()))).collect();
        self.definitions = old.definitions.keys().map(|name| (name.clone(), Err(lost.clone()))).collect();
        std::mem::forget(old);
    }

    fn step(&mut self, line: u32, command: &Command) -> Outcome {
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
                self.assert_rejected(module, message)
            }
            Command::AssertUnlinkable { module, message } => self.assert_unlinkable(module, message),
            Command::Unsupported { reason, .. } => Outcome::Skipped(reason.clone()),
        }
    }

    /// Compiles a module that must be valid.
    fn define(&self, module: &ModuleSource) -> Result<Compiled, Absent> {
        let bytes = match module {
            ModuleSource::Binary(bytes) => bytes,
            ModuleSource::RejectedText(message) => return Err(Outcome::Failed(format!("text parser: {message}"))),
        };
        self.session.compile(bytes).map_err(|failure| {
            match features::reason_for_rejection(bytes, self.settings.features) {
                Some(reason) => Outcome::Skipped(reason),
                None => Outcome::Failed(got(&failure)),
            }
        })
    }

    fn keep_definition(&mut self, name: Option<&str>, definition: Result<Compiled, Absent>) {
        if let Some(name) = name {
            self.definitions.insert(name.into(), definition.clone());
        }
        self.latest_definition = definition;
    }

    fn instantiate_named(&mut self, line: u32, name: Option<&str>, definition: Result<Compiled, Absent>) {
        self.current = definition.and_then(|module| match self.session.instantiate(&module) {
            Ok(instance) => Ok(instance),
            Err(failure) => Err(self.missing_import(&module).unwrap_or_else(|| Outcome::Failed(got(&failure)))),
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
                Ok(self.session.invoke(live, field, args))
            }
            Action::Get { instance, field } => {
                let live = self.instance(instance.as_deref())?;
                Ok(self.session.get(live, field).map(|value| vec![value]))
            }
            Action::Instantiate(module) => {
                let compiled = self.define(module)?;
                match (self.session.instantiate(&compiled), self.missing_import(&compiled)) {
                    (Err(_), Some(absent)) => Err(absent),
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

    fn assert_rejected(&self, module: &ModuleSource, message: &str) -> Outcome {
        let ModuleSource::Binary(bytes) = module else { return Outcome::TextOnly };
        match self.session.compile(bytes) {
            Err(_) => match features::reason_rejection_is_moot(bytes, self.settings.features) {
                Some(reason) => Outcome::Skipped(reason),
                None => Outcome::Passed,
            },
            Ok(_) => Outcome::Failed(format!("expected rejection {message:?}, but the module was accepted")),
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

fn got(failure: &Failure) -> String {
    format!("{:?}: {}", failure.kind, failure.message)
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// A panic that becomes an outcome is reported with its line of the script, not on stderr as well.
fn silence_caught_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CATCHING.get() {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wast;

    /// Runs a script and checks the outcome of its last command by a word of its debug form.
    fn check(script: &str, last: &str) {
        let script = wast::parse(script).expect("a script");
        let outcomes = run(&script, Settings { features: engine::supported(), fuel: None, lazy: false });
        let outcome = format!("{:?}", outcomes.last().expect("a command"));
        assert!(outcome.contains(last), "expected {last}, got {outcome}");
    }

    const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
        local.get 0 local.get 1 i32.add) (func (export "trap") unreachable))"#;

    #[test]
    fn results_are_compared() {
        check(&format!("{ADD} (assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i32.const 3))"), "Passed");
        check(&format!("{ADD} (assert_return (invoke \"add\" (i32.const 1) (i32.const 2)) (i32.const 4))"), "I32(4)");
        check(&format!("{ADD} (assert_return (invoke \"none\"))"), "no exported function");
    }

    #[test]
    fn traps_are_compared_by_message() {
        check(&format!("{ADD} (assert_trap (invoke \"trap\") \"unreachable\")"), "Passed");
        check(&format!("{ADD} (assert_trap (invoke \"trap\") \"integer overflow\")"), "Failed");
        check(&format!("{ADD} (assert_return (invoke \"trap\"))"), "Failed");
        check(&format!("{ADD} (assert_exhaustion (invoke \"trap\") \"unreachable\")"), "Failed");
    }

    #[test]
    fn link_errors_are_told_apart() {
        let import = |message| format!("(assert_unlinkable (module (import \"a\" \"b\" (func))) \"{message}\")");
        check(&import("unknown import"), "Passed");
        check(&import("incompatible import type"), "Failed");
        check("(assert_unlinkable (module (import \"spectest\" \"print\" (func))) \"unknown import\")", "linked");
        let global =
            "(assert_unlinkable (module (import \"spectest\" \"print\" (global i32))) \"incompatible import type\")";
        check(global, "Passed");
    }

    #[test]
    fn rejection_is_judged_by_who_rejects() {
        check("(assert_invalid (module (func (result i32))) \"type mismatch\")", "Passed");
        check("(assert_invalid (module (func)) \"type mismatch\")", "accepted");
        check("(assert_malformed (module quote \"(func\") \"unexpected token\")", "TextOnly");
        check("(module quote \"(func\")", "text parser");
    }

    #[test]
    fn unsupported_proposals_are_skipped_with_their_name() {
        let simd = "(module (func (export \"f\") (result v128) v128.const i32x4 0 0 0 0))";
        check(simd, "needs simd");
        check(&format!("{simd} (assert_return (invoke \"f\") (v128.const i32x4 0 0 0 0))"), "needs simd");
        check("(module (type (struct)))", "needs gc");
        check("(module (memory 1 1 shared))", "needs threads");
        check("(module (tag))", "needs exceptions");
        check(
            "(assert_invalid (module (memory i64 1) (func (drop (i32.load (i32.const 0))))) \"x\")",
            "needs memory64",
        );
        let import = "(module $v (global (export \"g\") v128 (v128.const i32x4 0 0 0 0))) (register \"v\" $v)";
        check(&format!("{import} (module (import \"v\" \"g\" (global i32)))"), "needs simd");
    }

    #[test]
    fn failed_modules_fail_what_follows() {
        check("(module (func unreachable) (start 0))", "Trap");
        check("(module (func unreachable) (start 0)) (assert_return (invoke \"f\"))", "Failed");
        check("(assert_trap (module (func unreachable) (start 0)) \"unreachable\")", "Passed");
    }

    #[test]
    fn a_panic_is_a_failure_and_the_script_goes_on() {
        silence_caught_panics();
        let script = wast::parse("(module $m) (invoke $m \"f\") (module $n)").expect("a script");
        let mut runner = Runner::new(Settings { features: engine::supported(), fuel: None, lazy: false });
        assert_eq!(runner.guarded_step(1, &script.steps[0].command), Outcome::Passed);
        let panicked = runner.guarded(2, |_| panic!("slot {} is not a register", 3));
        assert_eq!(panicked, Outcome::Failed("the engine panicked: slot 3 is not a register".into()));
        let lost = Outcome::Failed("its instance was lost in the panic at line 2".into());
        assert_eq!(runner.guarded_step(3, &script.steps[1].command), lost);
        assert_eq!(runner.guarded_step(4, &script.steps[2].command), Outcome::Passed);
    }

    #[test]
    fn fuel_ends_a_loop() {
        let script = wast::parse("(module (func (export \"f\") (loop (br 0)))) (invoke \"f\")").expect("a script");
        let outcomes = run(&script, Settings { features: engine::supported(), fuel: Some(10_000), lazy: true });
        assert!(matches!(&outcomes[1], Outcome::Failed(message) if message.starts_with("Fuel")), "{outcomes:?}");
    }
}
