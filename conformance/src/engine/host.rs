//! The engine as hosts have it: it reads wasm, and claims to support some proposals.
//!
//! A module outside of what [`supported`] says is skipped with a reason, a module inside of it that is rejected is a failure.

use sheave::{CompilationMode, Config, Module};

use super::{Budget, Compiled, Failure, Session, invalid};
use crate::features::FeatureSet;

/// The proposals the engine runs. Slices may ask for more: what needs it is skipped.
pub fn supported() -> FeatureSet {
    const NAMES: &[&str] = &[
        "mutable-global",
        "nontrapping-float-to-int-conversions",
        "sign-extension-ops",
        "multi-value",
        "bulk-memory",
        "reference-types",
        "tail-call",
        "extended-const",
        "multi-memory",
        "memory64",
        "threads",
        "custom-page-sizes",
        "wide-arithmetic",
        "simd",
        "relaxed-simd",
        "function-references",
        "gc",
        "exceptions",
    ];
    FeatureSet::from_names(NAMES.iter().copied()).expect("every name is in the table of features")
}

/// How the engine is set up for a script.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The features that are on.
    pub features: FeatureSet,
    /// What each action may use before it fails.
    pub fuel: Option<u64>,
    /// Whether functions are translated when they are first called.
    pub lazy: bool,
    /// Whether each allocation of a structure or an array collects.
    pub collects_always: bool,
}

impl Session {
    /// A fresh session for wasm.
    pub fn for_wasm(settings: Settings) -> Self {
        Self::with_config(&config(settings), settings.fuel, Budget::new(u64::MAX))
    }

    /// A session that translates for devices: its images run on every target.
    pub fn for_images(settings: Settings) -> Self {
        let mut config = config(Settings { fuel: None, lazy: false, ..settings });
        config.superinstructions(false);
        Self::with_config(&config, None, Budget::new(u64::MAX))
    }

    /// Decodes, validates and translates.
    ///
    /// # Errors
    ///
    /// `Invalid`, with the engine's message.
    pub fn compile(&self, module: &[u8]) -> Result<Compiled, Failure> {
        Module::new(&self.engine, module).map(Compiled).map_err(|error| invalid(&error))
    }
}

fn config(Settings { features, fuel, lazy, collects_always }: Settings) -> Config {
    let mut config = Config::default();
    config
        .wasm_mutable_global(features.contains("mutable-global"))
        .wasm_saturating_float_to_int(features.contains("nontrapping-float-to-int-conversions"))
        .wasm_sign_extension(features.contains("sign-extension-ops"))
        .wasm_multi_value(features.contains("multi-value"))
        .wasm_bulk_memory(features.contains("bulk-memory"))
        .wasm_reference_types(features.contains("reference-types"))
        .wasm_tail_call(features.contains("tail-call"))
        .wasm_extended_const(features.contains("extended-const"))
        .wasm_multi_memory(features.contains("multi-memory"))
        .wasm_custom_page_sizes(features.contains("custom-page-sizes"))
        .wasm_wide_arithmetic(features.contains("wide-arithmetic"))
        .wasm_simd(features.contains("simd"))
        .wasm_relaxed_simd(features.contains("relaxed-simd"))
        .wasm_function_references(features.contains("function-references"))
        .wasm_gc(features.contains("gc"))
        .wasm_exceptions(features.contains("exceptions"))
        .wasm_memory64(features.contains("memory64"))
        .collects_always(collects_always)
        .wasm_threads(features.contains("threads"))
        .consume_fuel(fuel.is_some())
        .compilation_mode(if lazy { CompilationMode::LazyTranslation } else { CompilationMode::Eager });
    config
}
