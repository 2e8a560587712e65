//! The proposals a script may need: their names in `suites.toml`, and which of them a rejected module lacks.
//!
//! The validator here never judges a result. It answers one question, so that a module the engine does not claim to
//! support is reported as skipped with a reason: which proposal would have made the difference?

use std::fmt;

use wasmparser::{Validator, WasmFeatures};

/// What no slice turns off: floats, and reference types being representable at all.
const ALWAYS: WasmFeatures = WasmFeatures::FLOATS.union(WasmFeatures::GC_TYPES);

/// A proposal by the name of its folder in the test suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The name in `suites.toml` and in reasons.
    pub name: &'static str,
    flags: WasmFeatures,
}

/// Every proposal known here, in the order they were adopted.
pub const FEATURES: &[Feature] = &[
    feature("mutable-global", WasmFeatures::MUTABLE_GLOBAL),
    feature("nontrapping-float-to-int-conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
    feature("sign-extension-ops", WasmFeatures::SIGN_EXTENSION),
    feature("multi-value", WasmFeatures::MULTI_VALUE),
    feature("bulk-memory", WasmFeatures::BULK_MEMORY.union(WasmFeatures::BULK_MEMORY_OPT)),
    feature("reference-types", WasmFeatures::REFERENCE_TYPES.union(WasmFeatures::CALL_INDIRECT_OVERLONG)),
    feature("simd", WasmFeatures::SIMD),
    feature("relaxed-simd", WasmFeatures::RELAXED_SIMD),
    feature("tail-call", WasmFeatures::TAIL_CALL),
    feature("extended-const", WasmFeatures::EXTENDED_CONST),
    feature("multi-memory", WasmFeatures::MULTI_MEMORY),
    feature("memory64", WasmFeatures::MEMORY64),
    feature("function-references", WasmFeatures::FUNCTION_REFERENCES),
    feature("gc", WasmFeatures::GC),
    feature("exceptions", WasmFeatures::EXCEPTIONS),
    feature("threads", WasmFeatures::THREADS),
    feature("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    feature("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    feature("legacy-exceptions", WasmFeatures::LEGACY_EXCEPTIONS),
    feature("stack-switching", WasmFeatures::STACK_SWITCHING),
];

const fn feature(name: &'static str, flags: WasmFeatures) -> Feature {
    Feature { name, flags }
}

/// A set of proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureSet(WasmFeatures);

impl FeatureSet {
    /// No proposal: WebAssembly 1.0 as first published.
    pub const NONE: Self = Self(ALWAYS);

    /// Every proposal of [`FEATURES`].
    pub fn all() -> Self {
        FEATURES.iter().fold(Self::NONE, |set, feature| set.with(*feature))
    }

    /// The set of the proposals with these names.
    ///
    /// # Errors
    ///
    /// The first name that is none of [`FEATURES`].
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        names.into_iter().try_fold(Self::NONE, |set, name| {
            FEATURES.iter().find(|feature| feature.name == name).map(|feature| set.with(*feature)).ok_or(name)
        })
    }

    /// Whether the proposal of this name is in the set.
    pub fn contains(self, name: &str) -> bool {
        FEATURES.iter().any(|feature| feature.name == name && self.0.contains(feature.flags))
    }

    /// The proposals in both sets.
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0.intersection(other.0))
    }

    fn with(self, feature: Feature) -> Self {
        Self(self.0.union(feature.flags))
    }

    fn without(self, feature: Feature) -> Self {
        Self(self.0.difference(feature.flags).union(ALWAYS))
    }

    fn missing(self) -> impl Iterator<Item = Feature> {
        FEATURES.iter().copied().filter(move |feature| !self.0.contains(feature.flags))
    }
}

impl fmt::Display for FeatureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = FEATURES.iter().filter(|it| self.0.contains(it.flags)).map(|it| it.name).collect();
        f.write_str(&names.join(", "))
    }
}

/// Why a module the script calls valid cannot be run with `supported`: `needs simd`. `None` if that set is enough, so
/// that a rejection is the engine's own.
pub fn reason_for_rejection(module: &[u8], supported: FeatureSet) -> Option<String> {
    validate(module, supported).err()?;
    let all = FeatureSet::all();
    match validate(module, all) {
        Err(_) => None,
        Ok(()) => {
            let needed = supported.missing().filter(|it| validate(module, all.without(*it)).is_err());
            let mut names: Vec<_> = needed.map(|it| it.name).collect();
            let mut separator = ", ";
            if names.is_empty() {
                // None is indispensable: several proposals allow the same thing.
                let enough = supported.missing().filter(|it| validate(module, supported.with(*it)).is_ok());
                (names, separator) = (enough.map(|it| it.name).collect(), " or ");
            }
            let names = if names.is_empty() { "several proposals".into() } else { names.join(separator) };
            Some(format!("needs {names}"))
        }
    }
}

/// Why a module the script calls invalid is rejected for a reason of no interest: it uses a proposal outside
/// `supported`, so that the rejection proves nothing.
pub fn reason_rejection_is_moot(module: &[u8], supported: FeatureSet) -> Option<String> {
    let message = validate(module, supported).err()?;
    let makes_a_difference =
        |feature: &Feature| validate(module, supported.with(*feature)).err().as_deref() != Some(message.as_str());
    let names_a_proposal =
        ["not enabled", "must be enabled", "proposal", "disabled"].iter().any(|word| message.contains(word));
    if !names_a_proposal {
        return None;
    }
    supported.missing().find(makes_a_difference).map(|feature| format!("needs {}", feature.name))
}

fn validate(module: &[u8], features: FeatureSet) -> Result<(), String> {
    Validator::new_with_features(features.0).validate_all(module).map(drop).map_err(|error| error.message().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, ModuleSource, wast};

    /// The two reasons for one module given as text, with the proposals of `names` on.
    fn reasons(text: &str, names: &[&str]) -> (Option<String>, Option<String>) {
        let script = wast::parse(text).expect("a script");
        let Command::Module { module: ModuleSource::Binary(bytes), .. } = &script.steps[0].command else {
            panic!("no module: {text}")
        };
        let set = FeatureSet::from_names(names.iter().copied()).expect("known names");
        (reason_for_rejection(bytes, set), reason_rejection_is_moot(bytes, set))
    }

    #[test]
    fn the_missing_proposal_is_named() {
        let needs = |name: &str| Some(format!("needs {name}"));
        let shared = "(module (memory 1 1 shared))";
        assert_eq!(reasons(shared, &[]).0, needs("threads"));
        assert_eq!(reasons(shared, &["threads"]).0, None);
        assert_eq!(reasons("(module (memory i64 1))", &[]).0, needs("memory64"));
        assert_eq!(reasons("(module (type (struct)))", &[]).0, needs("gc"));
    }

    #[test]
    fn a_module_invalid_everywhere_is_rejected_for_a_good_reason() {
        assert_eq!(reasons("(module (func (result i32)))", &[]), (None, None));
        let moot = reasons("(module (memory i64 1) (func (result i32)))", &[]);
        assert_eq!(moot, (None, Some("needs memory64".into())));
    }

    #[test]
    fn unknown_names_are_returned() {
        assert_eq!(FeatureSet::from_names(["gc", "nonesuch"]), Err("nonesuch"));
    }
}
