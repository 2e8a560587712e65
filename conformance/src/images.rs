//! Turns a script into what a device can run: modules become images, and what asks for a translator or a text parser
//! stays on the host.
//!
//! Every step of the script gets exactly one [`Place`], in the same order.

use crate::{
    Command, ModuleSource, Script, Step,
    engine::{Session, Settings},
    local::{Translator, only_supported},
    runner::Modules as _,
};

/// Where a step is judged.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On the device, as this step.
    Device(Step),
    /// On the host, for this reason.
    Host(&'static str),
}

/// The reason of assertions that a module of bytes is rejected.
pub const NO_TRANSLATOR: &str = "rejects wasm, which a device does not read";
/// The reason of assertions that a module of text is rejected.
pub const NO_TEXT: &str = "rejects text, which no engine reads";

/// The place of each step of a script; features that the engine does not support are left out of the settings.
pub fn places(script: &Script, settings: Settings) -> Vec<Place> {
    let settings = only_supported(settings);
    let images =
        Images { session: Session::for_images(settings), translator: Translator { features: settings.features } };
    script.steps.iter().map(|step| images.place(step)).collect()
}

struct Images {
    session: Session,
    translator: Translator,
}

impl Images {
    fn place(&self, step: &Step) -> Place {
        let mut command = step.command.clone();
        if let Command::AssertInvalid { module, .. } | Command::AssertMalformed { module, .. } = &command {
            return Place::Host(match module {
                ModuleSource::RejectedText(_) => NO_TEXT,
                _ => NO_TRANSLATOR,
            });
        }
        if let Some(module) = command.module_mut() {
            self.translate(module);
        }
        Place::Device(Step { line: step.line, command })
    }

    fn translate(&self, module: &mut ModuleSource) {
        *module = match self.translator.define(&self.session, module) {
            Ok(compiled) => ModuleSource::Image(compiled.image().to_vec()),
            Err(outcome) => ModuleSource::Refused(outcome),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, features::FeatureSet, wast};

    /// Checks the place of a script's last step by a part of its debug form.
    fn check(script: &str, expected: &str) {
        let script = wast::parse(script).expect("a script");
        let places =
            places(&script, Settings { features: FeatureSet::all(), fuel: None, lazy: false, collects_always: false });
        let place = format!("{:?}", places.last().expect("a step"));
        assert!(place.contains(expected), "expected {expected}, got {place}");
    }

    #[test]
    fn modules_become_images_wherever_they_stand() {
        for script in
            ["(module)", "(module definition)", "(assert_trap (module) \"\")", "(assert_unlinkable (module) \"\")"]
        {
            check(script, "Image([");
        }
    }

    #[test]
    fn what_reads_wasm_stays_on_the_host() {
        check("(assert_invalid (module (func (result i32))) \"\")", NO_TRANSLATOR);
        check("(assert_malformed (module binary \"\") \"\")", NO_TRANSLATOR);
        check("(assert_malformed (module quote \"(func\") \"\")", NO_TEXT);
    }

    #[test]
    fn a_module_that_is_refused_takes_its_outcome_along() {
        let refused = ModuleSource::Refused(Outcome::Skipped("needs stack-switching".into()));
        check("(module (type $f (func)) (type (cont $f)))", &format!("{refused:?}"));
    }
}
