//! From a seed to a module and what is to be done with it.
//!
//! Modules are small in memory, so that state can be compared after every call, and large in code. Most of them count loop
//! iterations and calls in a global and trap when it is used up (wasm-smith's `ensure_termination`), which ends both
//! engines at the same place; the others are bounded by fuel.

use super::Reference;
use super::trace::{Any, Value};
use crate::rng::Rng;
use arbitrary::Unstructured;
use sheave_interp::image::Features;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{AbstractHeapType, ExternalKind, HeapType, Parser, Payload, RefType, ValType};

/// Name under which the global is exported that bounds loops and calls.
pub const TERMINATION_FUEL_EXPORT: &str = "termination fuel";
/// Module name of everything that the host provides.
pub const HOST_MODULE: &str = "host";

/// What modules may import; `driver` defines it.
const HOST_WAT: &str = r#"(module
    (import "host" "note" (func (param i32)))
    (import "host" "mix" (func (param i64 i32) (result i64)))
    (import "host" "pair" (func (param i32) (result i32 i64)))
    (import "host" "many" (func (param i32 i64 f32 f64 i32 i64) (result f64 i32 i64)))
    (import "host" "memory" (memory 1 4))
    (import "host" "table" (table 5 20 funcref))
    (import "host" "global" (global (mut i64)))
    (import "host" "base" (global i32)))"#;

/// Iterations and calls that a call of the plan may take.
const TERMINATION_FUEL: i32 = 3000;
/// Fuel of a call where only fuel bounds it.
const FUEL: u64 = 100_000;
/// How often each exported function is called.
const ROUNDS: usize = 2;
/// How many calls the plan of a generated module has at most.
const CALLS_MAX: usize = 40;

/// A module and what is to be done with it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module.
    pub wasm: Vec<u8>,
    /// Names of its exports.
    pub exports: Vec<String>,
    /// Calls of exported functions.
    pub calls: Vec<Call>,
    /// Fuel of each call, if the engines meter it.
    pub fuel: Option<u64>,
    /// What [`TERMINATION_FUEL_EXPORT`] is set to before each call, if there is such a global.
    pub termination_fuel: i32,
    /// Whether Sheave's code polls for interruption, which takes other instructions.
    pub is_interruptible: bool,
    /// Whether engines make every NaN that an operator gives the canonical one.
    pub is_nan_canonical: bool,
    /// The most bytes of a memory.
    pub memory_max_bytes: usize,
    /// The most elements of a table.
    pub table_max_elements: usize,
}

/// One call of an exported function.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What it is given.
    pub args: Vec<Value>,
}

/// The case of this seed: wasm-smith's for odd seeds, a dense one for even seeds. It has no features but those of the reference.
///
/// # Panics
/// If wasm-smith makes no module, or one that it should not make.
pub fn case(seed: u64, reference: Reference) -> Case {
    let mut rng = Rng::new(seed);
    let features = reference.features(seed);
    if seed.is_multiple_of(2) {
        let wasm = super::dense::module(&mut rng, features);
        let fuel = rng.one_in(4).then_some(FUEL * 1000);
        let is_interruptible = rng.one_in(4);
        return short(Case { fuel, is_interruptible, ..case_of(wasm, &mut rng) }, features, reference);
    }
    let mut config = config(&mut rng);
    add_features(&mut config, features, &mut rng);
    let is_terminated = !rng.one_in(8);
    if !is_terminated {
        // Nothing but fuel ends a loop then, and a trap.
        config.disallow_traps = false;
    }
    let mut module = module(&config, &mut rng);
    let wasm = if is_terminated {
        let global = module.ensure_termination(TERMINATION_FUEL as u32).expect("code made of known instructions");
        export_global(&module.to_bytes(), global)
    } else {
        module.to_bytes()
    };
    let fuel = (!is_terminated || rng.one_in(4)).then_some(if is_terminated { FUEL * 100 } else { FUEL });
    let is_interruptible = rng.one_in(4);
    short(Case { fuel, is_interruptible, ..case_of(wasm, &mut rng) }, features, reference)
}

/// The case with no more calls than a generated one may have, and what these features need.
fn short(mut case: Case, features: Features, reference: Reference) -> Case {
    case.calls.truncate(CALLS_MAX);
    // Lanes of vectors show the bits of NaNs.
    case.is_nan_canonical = features.contains(Features::SIMD) && reference.makes_nans_canonical();
    if features.contains(Features::GC) {
        // Wasmtime's heap of objects is such a memory too.
        case.memory_max_bytes = 4 << 20;
    }
    case
}

/// A module of this look. Some bytes lead wasm-smith to a dead end; then others are tried.
fn module(config: &wasm_smith::Config, rng: &mut Rng) -> wasm_smith::Module {
    for _ in 0..100 {
        let bytes_len = rng.pick(&[1 << 10, 4 << 10, 16 << 10]);
        let bytes = rng.bytes(bytes_len);
        if let Ok(module) = wasm_smith::Module::new(config.clone(), &mut Unstructured::new(&bytes)) {
            return module;
        }
    }
    panic!("wasm-smith makes no module of this configuration: {config:?}");
}

/// A plan for a given module: every exported function is called, with numbers from `rng`.
///
/// # Panics
/// If the module is not valid.
pub fn case_of(wasm: Vec<u8>, rng: &mut Rng) -> Case {
    let (exports, funcs) = exports(&wasm);
    let mut calls = Vec::new();
    for _ in 0..ROUNDS {
        for (name, params) in &funcs {
            // Not where a parameter is a reference that only the guest can make.
            let args: Option<Vec<Value>> = params.iter().map(|ty| argument(*ty, rng)).collect();
            calls.extend(args.map(|args| Call { name: name.clone(), args }));
        }
    }
    Case {
        wasm,
        exports,
        calls,
        fuel: None,
        termination_fuel: TERMINATION_FUEL,
        is_interruptible: false,
        is_nan_canonical: false,
        memory_max_bytes: 256 << 10,
        table_max_elements: 200,
    }
}

/// What modules look like: everything that all engines support, in mixes that reach deep.
fn config(rng: &mut Rng) -> wasm_smith::Config {
    let max_instructions = rng.pick(&[30, 100, 400, 1500]);
    let has_imports = rng.one_in(2);
    wasm_smith::Config {
        allow_floats: !rng.one_in(3),
        available_imports: has_imports.then(|| wat::parse_str(HOST_WAT).expect("HOST_WAT is a module")),
        bulk_memory_enabled: true,
        canonicalize_nans: true,
        custom_page_sizes_enabled: rng.one_in(4),
        disallow_traps: !rng.one_in(3),
        exceptions_enabled: false,
        export_everything: true,
        extended_const_enabled: true,
        gc_enabled: false,
        compact_imports_enabled: false,
        generate_custom_sections: false,
        max_data_segments: 5,
        max_element_segments: 5,
        max_elements: 20,
        max_funcs: 12,
        max_globals: 8,
        max_imports: if has_imports { 8 } else { 0 },
        max_instructions,
        max_memories: if rng.one_in(3) { 3 } else { 1 },
        max_memory32_bytes: 128 << 10,
        max_nesting_depth: 12,
        max_table_elements: 50,
        max_tables: 3,
        max_tags: 0,
        max_type_size: 100,
        memory64_enabled: false,
        memory_offset_choices: wasm_smith::MemoryOffsetChoices(90, 9, 1),
        min_funcs: 5,
        min_memories: 1,
        min_tables: 1,
        min_globals: 2,
        multi_value_enabled: true,
        reference_types_enabled: true,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: true,
        threads_enabled: false,
        wide_arithmetic_enabled: true,
        ..wasm_smith::Config::default()
    }
}

/// Lets modules have these features, each of them every other time.
fn add_features(config: &mut wasm_smith::Config, features: Features, rng: &mut Rng) {
    let mut has = |feature| features.contains(feature) && rng.one_in(2);
    config.simd_enabled = has(Features::SIMD);
    config.relaxed_simd_enabled = has(Features::RELAXED_SIMD) && config.simd_enabled;
    config.memory64_enabled = has(Features::MEMORY64);
    config.gc_enabled = has(Features::GC);
    config.exceptions_enabled = has(Features::EXCEPTIONS);
    config.threads_enabled = has(Features::THREADS);
    config.max_tags = if config.exceptions_enabled { 4 } else { 0 };
    config.max_memory64_bytes = config.max_memory32_bytes.into();
}

/// The module with global `index` exported as [`TERMINATION_FUEL_EXPORT`].
fn export_global(wasm: &[u8], index: u32) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("wasm-smith makes well-formed modules");
        if let Payload::ExportSection(section) = &payload {
            let mut exports = wasm_encoder::ExportSection::new();
            RoundtripReencoder.parse_export_section(&mut exports, section.clone()).expect("a well-formed section");
            exports.export(TERMINATION_FUEL_EXPORT, wasm_encoder::ExportKind::Global, index);
            module.section(&exports);
        } else if let Some((id, range)) = payload.as_section() {
            module.section(&wasm_encoder::RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
        }
    }
    module.finish()
}

/// Names of all exports; names and parameters of those that are functions.
fn exports(wasm: &[u8]) -> (Vec<String>, Vec<(String, Vec<ValType>)>) {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    let types = validator.validate_all(wasm).expect("a valid module");
    let types = types.as_ref();
    let (mut names, mut funcs) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::ExportSection(section)) = payload else { continue };
        for export in section.into_iter().flatten() {
            names.push(export.name.to_owned());
            if export.kind == ExternalKind::Func {
                let ty = types[types.core_function_at(export.index)].unwrap_func();
                funcs.push((export.name.to_owned(), ty.params().to_vec()));
            }
        }
    }
    (names, funcs)
}

/// A value of this type, more often at an edge than not; none if the host cannot make one.
fn argument(ty: ValType, rng: &mut Rng) -> Option<Value> {
    let number = match rng.below(4) {
        0 => rng.pick(&[0, 1, u64::MAX, 0x7fff_ffff, 0x8000_0000, i64::MAX as u64, i64::MIN as u64, 0xffff]),
        1 => rng.below(64),
        _ => rng.next_u64(),
    };
    Some(match ty {
        ValType::I32 => Value::I32(number as i32),
        ValType::I64 => Value::I64(number as i64),
        ValType::F32 if rng.one_in(2) => Value::f32((number as i32 as f32).to_bits()),
        ValType::F32 => Value::f32(number as u32),
        ValType::F64 if rng.one_in(2) => Value::f64((number as i64 as f64).to_bits()),
        ValType::F64 => Value::f64(number),
        ValType::V128 => Value::V128(u128::from(rng.next_u64()) << 64 | u128::from(number)),
        ValType::Ref(ty) => return reference(ty, number, rng),
    })
}

/// A reference of this type.
fn reference(ty: RefType, number: u64, rng: &mut Rng) -> Option<Value> {
    use AbstractHeapType::{
        Any as AnyType, Array, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None as NoAny, Struct,
    };
    let HeapType::Abstract { ty: heap_type, .. } = ty.heap_type() else { return None };
    let is_null = ty.is_nullable() && rng.one_in(2);
    let value = match heap_type {
        Func => Value::FuncRef { is_null },
        Extern => Value::ExternRef { is_null },
        AnyType | Eq | I31 if !is_null => Value::AnyRef(Any::I31(number as i32 & 0x3fff_ffff)),
        // Only null is left.
        _ if !ty.is_nullable() => return None,
        NoFunc => Value::FuncRef { is_null: true },
        NoExtern => Value::ExternRef { is_null: true },
        Exn | NoExn => Value::ExnRef { is_null: true },
        AnyType | Eq | I31 | Struct | Array | NoAny => Value::AnyRef(Any::Null),
        _ => return None,
    };
    Some(value)
}
