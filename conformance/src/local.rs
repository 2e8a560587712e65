//! Runs the commands of a script in process, from wasm, and turns panics into outcomes.
//!
//! Invariant: a panic of the engine is the failure of the command that caused it, and the script goes on in a fresh
//! session; what depended on the lost one fails with that reason.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

pub use crate::Outcome;
use crate::{
    Command, ModuleSource, Script,
    engine::{self, Compiled, Session, Settings},
    features::{self, FeatureSet},
    runner::{self, Modules},
};

/// Runs every command of `script`; the outcomes are in the order of its steps. Features that the engine does not
/// support are left out of the settings.
pub fn run(script: &Script, settings: Settings) -> Vec<Outcome> {
    silence_caught_panics();
    let mut runner = Runner::new(only_supported(settings));
    script.steps.iter().map(|step| runner.guarded_step(step.line, &step.command)).collect()
}

/// The settings without the features that the engine does not support.
pub(crate) fn only_supported(settings: Settings) -> Settings {
    Settings { features: settings.features.intersection(engine::supported()), ..settings }
}

/// Translates what commands carry.
pub(crate) struct Translator {
    /// What the engine is set up for.
    pub(crate) features: FeatureSet,
}

impl Modules for Translator {
    fn define(&self, session: &Session, module: &ModuleSource) -> Result<Compiled, Outcome> {
        let bytes = match module {
            ModuleSource::Binary(bytes) => bytes,
            ModuleSource::Image(image) => {
                return session.load(image.clone()).map_err(|failure| Outcome::Failed(runner::got(&failure)));
            }
            ModuleSource::RejectedText(message) => return Err(Outcome::Failed(format!("text parser: {message}"))),
            ModuleSource::Refused(outcome) => return Err(outcome.clone()),
        };
        session.compile(bytes).map_err(|failure| match features::reason_for_rejection(bytes, self.features) {
            Some(reason) => Outcome::Skipped(reason),
            None => Outcome::Failed(runner::got(&failure)),
        })
    }

    fn assert_rejected(&self, session: &Session, module: &ModuleSource, message: &str) -> Outcome {
        let ModuleSource::Binary(bytes) = module else { return Outcome::TextOnly };
        match session.compile(bytes) {
            Err(_) => match features::reason_rejection_is_moot(bytes, self.features) {
                Some(reason) => Outcome::Skipped(reason),
                None => Outcome::Passed,
            },
            Ok(_) => Outcome::Failed(format!("expected rejection {message:?}, but the module was accepted")),
        }
    }
}

struct Runner {
    inner: runner::Runner<Translator>,
    settings: Settings,
}

impl Runner {
    fn new(settings: Settings) -> Self {
        let translator = Translator { features: settings.features };
        Self { inner: runner::Runner::new(Session::for_wasm(settings), translator), settings }
    }

    fn guarded_step(&mut self, line: u32, command: &Command) -> Outcome {
        self.guarded(line, |runner| runner.inner.step(line, command))
    }

    fn guarded(&mut self, line: u32, work: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        CATCHING.set(true);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(self)));
        CATCHING.set(false);
        outcome.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
            let reason = format!("its instance was lost in the panic at line {line}");
            // Leaked: dropping a broken store could panic again.
            std::mem::forget(self.inner.lose_session(Session::for_wasm(self.settings), &reason));
            Outcome::Failed(format!("the engine panicked: {text}"))
        })
    }
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
        let outcomes =
            run(&script, Settings { features: engine::supported(), fuel: None, lazy: false, collects_always: false });
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
        let structs = "(module $v (type $f (func)) (type (cont $f)) (func (export \"f\")))";
        check(structs, "needs stack-switching");
        check(&format!("{structs} (assert_return (invoke \"f\"))"), "needs stack-switching");
        check("(module (type $f (func)) (type (cont $f)))", "needs stack-switching");
        check(&format!("{structs} (register \"v\" $v) (module (import \"v\" \"f\" (func)))"), "needs stack-switching");
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
        let mut runner =
            Runner::new(Settings { features: engine::supported(), fuel: None, lazy: false, collects_always: false });
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
        let outcomes = run(
            &script,
            Settings { features: engine::supported(), fuel: Some(10_000), lazy: true, collects_always: false },
        );
        assert!(matches!(&outcomes[1], Outcome::Failed(message) if message.starts_with("Fuel")), "{outcomes:?}");
    }
}
