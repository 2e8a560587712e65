//! Wasm bytes to an image: validation, translation of each function in one pass, the image's parts put together.
//!
//! Sits between `wasmparser`, which reads and validates, and `image`, which writes. The translator has what it takes to check
//! most functions while it translates them, and leaves to the validator those that it refuses: see `Scratch::function`. Invariant: what comes out passes `image::verify`; a translator's mistake becomes a rejection there.
//!
//! Read `module` for sections, then `func` (state of a function), `operator` (the operators one by one), `stack` (where
//! operands are), `control`, `call`, `numeric`, `memory`, `variable`, `reference`, `gc`, `simd`; `emit` and `fuse` for how instructions are chosen.
//!
//! A function is translated again, with other settings, in two rare cases: a forward branch is too far for 16 bits, or
//! references on its stack need more homes. Both settings only grow, the second by doubling, so the work stays linear.
//!
//! [`translate`] does all functions at once; `lazy` does them one by one, later.

mod atomic;
mod call;
mod control;
mod emit;
mod exception;
mod func;
mod fuse;
mod gc;
mod labels;
mod lazy;
mod memory;
mod memory64;
mod module;
mod numeric;
mod operator;
mod read;
mod reference;
mod rodata;
mod simd;
mod stack;
mod variable;

use crate::{
    error::{Error, ErrorKind},
    image::{Features, FuncPart, ImageParts, Options, format::Handler},
    isa::{self, Level},
    push::push,
    types::FuncIndex,
};
use alloc::vec::Vec;
use func::{Attempt, Buffers, Finished, Func, Refusal, Refused};
pub use lazy::{LazyModule, translate_lazily};
use module::{ModuleInfo, Sections, error};
use read::Reader;
use wasmparser::{Chunk, Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// How a module is translated.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Wasm features that are allowed.
    pub features: Features,
    /// Whether the code polls the signal word at function entries and loop heads.
    pub signal: bool,
    /// Whether the code charges fuel.
    pub fuel: bool,
    /// Whether every NaN that an operator makes is the canonical one.
    pub canonicalize_nans: bool,
    /// Whether function names and the source map are kept for backtraces.
    pub debug_names: bool,
    /// Whether two operators may become one instruction. Without, code is slower and larger and does the same: for tests.
    pub fusion: bool,
    /// Whether the code gets superinstructions, where this build has them: faster, and no code for other targets.
    pub superinstructions: bool,
    /// The highest level of the code, base or full, but for superinstructions, which are above both. Base is for the smallest builds:
    /// slower, and larger by a tenth.
    pub level: Level,
    /// The active data segment, by its index, that the module does not write to: builds that can read it in the image do, and a store there
    /// traps then. One that the module does not have, or that cannot be marked, is refused.
    pub rodata: Option<u32>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            features: SUPPORTED,
            signal: false,
            fuel: false,
            canonicalize_nans: false,
            debug_names: true,
            fusion: true,
            superinstructions: false,
            level: Level::Full,
            rodata: None,
        }
    }
}

/// Features that this version translates.
pub const SUPPORTED: Features = Features::MUTABLE_GLOBAL
    .with(Features::SATURATING_FLOAT_TO_INT)
    .with(Features::SIGN_EXTENSION)
    .with(Features::MULTI_VALUE)
    .with(Features::BULK_MEMORY)
    .with(Features::REFERENCE_TYPES)
    .with(Features::TAIL_CALL)
    .with(Features::EXTENDED_CONST)
    .with(Features::MULTI_MEMORY)
    .with(Features::MEMORY64)
    .with(Features::THREADS)
    .with(Features::CUSTOM_PAGE_SIZES)
    .with(Features::WIDE_ARITHMETIC)
    .with(Features::FUNCTION_REFERENCES)
    .with(Features::GC)
    .with(Features::EXCEPTIONS)
    .with(Features::SIMD)
    .with(Features::RELAXED_SIMD)
    .with(Features::FLOATS);

/// Each feature as wasmparser knows it.
const WASM_FEATURES: &[(Features, WasmFeatures)] = &[
    (Features::MUTABLE_GLOBAL, WasmFeatures::MUTABLE_GLOBAL),
    (Features::SATURATING_FLOAT_TO_INT, WasmFeatures::SATURATING_FLOAT_TO_INT),
    (Features::SIGN_EXTENSION, WasmFeatures::SIGN_EXTENSION),
    (Features::MULTI_VALUE, WasmFeatures::MULTI_VALUE),
    (Features::BULK_MEMORY, WasmFeatures::BULK_MEMORY),
    (Features::REFERENCE_TYPES, WasmFeatures::REFERENCE_TYPES),
    (Features::TAIL_CALL, WasmFeatures::TAIL_CALL),
    (Features::EXTENDED_CONST, WasmFeatures::EXTENDED_CONST),
    (Features::MULTI_MEMORY, WasmFeatures::MULTI_MEMORY),
    (Features::MEMORY64, WasmFeatures::MEMORY64),
    (Features::THREADS, WasmFeatures::THREADS),
    (Features::CUSTOM_PAGE_SIZES, WasmFeatures::CUSTOM_PAGE_SIZES),
    (Features::WIDE_ARITHMETIC, WasmFeatures::WIDE_ARITHMETIC),
    (Features::FUNCTION_REFERENCES, WasmFeatures::FUNCTION_REFERENCES),
    (Features::GC, WasmFeatures::GC),
    (Features::EXCEPTIONS, WasmFeatures::EXCEPTIONS),
    (Features::FLOATS, WasmFeatures::FLOATS),
    (Features::SIMD, WasmFeatures::SIMD),
    (Features::RELAXED_SIMD, WasmFeatures::RELAXED_SIMD),
];

fn wasm_features(features: Features) -> WasmFeatures {
    // A feature of the validator that only names the types which references bring.
    let mut enabled = WasmFeatures::GC_TYPES;
    for &(ours, theirs) in WASM_FEATURES {
        if features.contains(ours) {
            enabled |= theirs;
        }
    }
    enabled
}

/// Only validates a module.
///
/// # Errors
/// `Invalid`, with the validator's message and the byte offset; `Unsupported` for features that this version lacks.
pub fn validate(wasm: &[u8], features: Features) -> Result<(), Error> {
    supported(features)?;
    Validator::new_with_features(wasm_features(features)).validate_all(wasm).map(drop).map_err(|e| error(&e))
}

fn supported(features: Features) -> Result<(), Error> {
    match features.without(SUPPORTED).first_name() {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name))),
        None => Ok(()),
    }
}

/// Translates a module into an image.
///
/// # Errors
/// `Invalid`, with the validator's message and the byte offset; `Unsupported` for features that this version lacks;
/// `Limit` for frames over 64 KiB and images over 4 GiB; `OutOfMemory`.
///
/// # Examples
/// ```
/// use sheave_interp::translate::{Config, translate};
///
/// let image = translate(b"\0asm\x01\0\0\0", &Config::default())?;
/// assert!(image.starts_with(b"\x93sheave\n"));
/// assert!(translate(b"\0asm\x02\0\0\0", &Config::default()).is_err());
/// # Ok::<(), sheave_interp::error::Error>(())
/// ```
pub fn translate(wasm: &[u8], config: &Config) -> Result<Vec<u8>, Error> {
    let mut translator = Translator::new(config)?;
    translator.sections(wasm, Translator::function)?;
    Ok(translator.finish(Options::NONE)?.0)
}

struct Translator<'a> {
    sections: Sections<'a>,
    scratch: Scratch,
    /// Calls of functions that are not there yet: unit offset of the field, which holds the function's index.
    calls: Vec<u32>,
    /// As of [`Finished`], of all functions.
    used_tables: u128,
}

/// A function's body, to be validated.
type FuncToValidate = wasmparser::FuncToValidate<wasmparser::ValidatorResources>;

/// What the function at hand becomes. Unit offsets count from its first unit; they move along when the function is put behind
/// the others.
#[derive(Default)]
struct Scratch {
    code: Vec<u16>,
    /// Unit offset, byte offset in the wasm module.
    source_map: Vec<(u32, u32)>,
    block_starts: Vec<u32>,
    /// All calls of functions with code, as the translator's.
    calls: Vec<u32>,
    /// What catches exceptions.
    handlers: Vec<Handler>,
    joints: Vec<isa::Joint>,
    buffers: Buffers,
    validator: wasmparser::FuncValidatorAllocations,
}

impl Scratch {
    /// Validates and translates a function's body.
    ///
    /// The first attempt is made without the validator: a function that gets through it is valid. What it refuses, for whatever
    /// reason, is validated, and only then translated.
    fn function(
        &mut self,
        info: &ModuleInfo,
        function: FuncToValidate,
        body: &wasmparser::FunctionBody<'_>,
    ) -> Result<Finished, Error> {
        let index = function.index;
        let type_index = info.func_types[index as usize];
        let features = wasm_features(info.config.features);
        let translate = |func: &mut Func<'_>| func.body(Reader::new(body.get_binary_reader(), features)?);
        let mut attempt = Attempt { wide: false, refs_capacity: 0, is_valid: false };
        if info.config.features.contains(SUPPORTED) {
            match self.attempt(info, attempt, type_index, translate) {
                Ok(Ok(finished)) => {
                    if cfg!(debug_assertions) {
                        self.validate(function, body).expect("the validator has no other opinion");
                    }
                    return Ok(finished);
                }
                Ok(Err(next)) => attempt = next,
                Err(_) => {}
            }
        }
        if !attempt.is_valid {
            self.validate(function, body)?;
            attempt.is_valid = true;
        }
        loop {
            match self
                .attempt(info, attempt, type_index, translate)
                .map_err(|refused| refused.error().in_func(index))?
            {
                Ok(finished) => return Ok(finished),
                Err(next) => attempt = next,
            }
        }
    }

    /// Has the validator look at a function's body.
    fn validate(&mut self, function: FuncToValidate, body: &wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        let index = function.index;
        let mut validator = function.into_validator(core::mem::take(&mut self.validator));
        let verdict = validator.validate(body);
        self.validator = validator.into_allocations();
        verdict.map_err(|e| error(&e).in_func(index))
    }

    /// Translates one function; gives the settings for another attempt if it takes one.
    fn attempt(
        &mut self,
        info: &ModuleInfo,
        attempt: Attempt,
        type_index: u32,
        body: impl FnOnce(&mut Func<'_>) -> Result<(), Refusal>,
    ) -> Result<Result<Finished, Attempt>, Refused> {
        let Scratch { code, source_map, block_starts, calls, handlers, joints, buffers, .. } = self;
        code.clear();
        source_map.clear();
        block_starts.clear();
        calls.clear();
        handlers.clear();
        let mut func =
            Func::begin(info, code, source_map, block_starts, calls, handlers, buffers, type_index, attempt)?;
        body(&mut func).map_err(|refusal| Refused { refusal, wasm_offset: func.wasm_offset })?;
        let (finished, next) = func.finish(buffers)?;
        let Some(finished) = finished else { return Ok(Err(next)) };
        if info.config.superinstructions {
            isa::combine(code, finished.entry as usize, block_starts, joints).map_err(Refusal::from)?;
        }
        Ok(Ok(finished))
    }
}

impl<'a> Translator<'a> {
    fn new(config: &Config) -> Result<Translator<'a>, Error> {
        supported(config.features)?;
        Ok(Translator {
            sections: Sections {
                info: ModuleInfo {
                    config: *config,
                    types: Vec::new(),
                    image_types: Vec::new(),
                    func_types: Vec::new(),
                    imported_funcs: 0,
                    imported_memories: 0,
                    globals: Vec::new(),
                    imported_globals: 0,
                    tables: Vec::new(),
                    memories: Vec::new(),
                    tags: Vec::new(),
                },
                parts: ImageParts::new(if config.superinstructions {
                    Level::HIGHEST
                } else {
                    config.level.min(Level::Full)
                })?,
                hidden: Vec::new(),
            },
            scratch: Scratch::default(),
            calls: Vec::new(),
            used_tables: 0,
        })
    }

    /// Goes over a module's sections, and calls `function` for each body.
    fn sections(
        &mut self,
        wasm: &'a [u8],
        mut function: impl FnMut(&mut Self, FuncToValidate, &wasmparser::FunctionBody<'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let config = self.sections.info.config;
        let mut validator = Validator::new_with_features(wasm_features(config.features));
        let mut parser = Parser::new(0);
        parser.set_features(wasm_features(config.features));
        let mut rest = wasm;
        loop {
            let (consumed, payload) = match parser.parse(rest, true).map_err(|e| error(&e))? {
                Chunk::Parsed { consumed, payload } => (consumed, payload),
                Chunk::NeedMoreData(_) => return Err(Error::new(ErrorKind::Malformed("unexpected end"))),
            };
            rest = &rest[consumed..];
            let valid = validator.payload(&payload).map_err(|e| error(&e))?;
            if let Payload::CodeSectionStart { size, .. } = &payload {
                // Measured: 1.2 to 1.35 bytes of code a byte of wasm. The size was checked against the bytes that are there.
                let wasm_bytes = *size as usize;
                let rest_bytes = rest.len().saturating_sub(wasm_bytes);
                self.sections.parts.expect_bytes(wasm_bytes + wasm_bytes / 8 * 3, rest_bytes);
            }
            match valid {
                ValidPayload::Func(to_validate, body) => function(self, to_validate, &body)?,
                ValidPayload::End(_) => return Ok(()),
                _ => self.section(payload)?,
            }
        }
    }

    /// Takes a section that is not of code.
    fn section(&mut self, payload: Payload<'a>) -> Result<(), Error> {
        let sections = &mut self.sections;
        match payload {
            Payload::TypeSection(section) => sections.types(section),
            Payload::ImportSection(section) => sections.imports(section),
            Payload::FunctionSection(section) => sections.functions(section),
            Payload::TableSection(section) => sections.tables(section),
            Payload::MemorySection(section) => sections.memories(section),
            Payload::TagSection(section) => sections.tags(section),
            Payload::GlobalSection(section) => sections.globals(section),
            Payload::ExportSection(section) => sections.exports(section),
            Payload::ElementSection(section) => sections.elements(section),
            Payload::DataSection(section) => sections.data(section),
            Payload::StartSection { func, .. } => {
                sections.parts.start = Some(FuncIndex(func));
                Ok(())
            }
            Payload::CustomSection(section) if sections.info.config.debug_names => match section.as_known() {
                wasmparser::KnownCustom::Name(names) => sections.names(names),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Translates a function's body.
    fn function(&mut self, function: FuncToValidate, body: &wasmparser::FunctionBody<'_>) -> Result<(), Error> {
        let finished = self.scratch.function(&self.sections.info, function, body)?;
        self.place(&finished, body.range().start as u32)
    }

    /// Puts the function in the scratch behind the others.
    fn place(&mut self, finished: &Finished, wasm_offset: u32) -> Result<(), Error> {
        self.used_tables |= finished.used_tables;
        let Sections { info, parts, .. } = &mut self.sections;
        let Scratch { code, source_map, block_starts, calls, handlers, .. } = &self.scratch;
        let first = parts.push_func(FuncPart {
            code,
            block_starts,
            cell_map: &finished.cell_map,
            frame_cells: finished.frame_bytes / 4,
            wasm_offset,
        })?;
        if info.config.debug_names {
            for (code, wasm) in source_map {
                parts.source_map.push(first + *code, *wasm)?;
            }
        }
        for handler in handlers {
            parts.push_handler(handler.moved(first))?;
        }
        for field in calls {
            if !parts.link(first + field) {
                push(&mut self.calls, first + field)?;
            }
        }
        Ok(())
    }

    /// Translates what constant expressions need code for, fills in calls, writes the image, with these options beside those of
    /// the settings; gives back what is known of the module.
    fn finish(mut self, mut options: Options) -> Result<(Vec<u8>, ModuleInfo), Error> {
        for hidden in core::mem::take(&mut self.sections.hidden) {
            let ty = self.sections.parts.intern_type([].into_iter(), [hidden.ty].into_iter())?;
            self.sections.parts.push_hidden_func_type(ty)?;
            let type_index = self.sections.info.types.len() as u32;
            let results = alloc::vec![module::operand(hidden.ty)];
            let ty = module::FuncTypeInfo { params: Vec::new(), results };
            self.sections.info.types.push(module::TypeInfo::Func(ty));
            // Validated with its section.
            let mut attempt = Attempt { wide: false, refs_capacity: 0, is_valid: true };
            let finished = loop {
                let info = &self.sections.info;
                let features = wasm_features(info.config.features);
                let outcome = self.scratch.attempt(info, attempt, type_index, |func| {
                    func.expression(Reader::new(hidden.expr.get_binary_reader(), features)?)
                });
                match outcome.map_err(Refused::error)? {
                    Ok(finished) => break finished,
                    Err(next) => attempt = next,
                }
            };
            self.place(&finished, 0)?;
        }
        let Sections { info, mut parts, .. } = self.sections;
        for field in self.calls {
            let is_linked = parts.link(field);
            debug_assert!(is_linked, "a valid module has a body for each function");
        }
        // What stubs stand for is not known.
        if !options.contains(Options::LAZY) {
            parts.fix_tables(self.used_tables);
        }
        for (is_on, option) in [
            (info.config.signal, Options::SIGNAL),
            (info.config.fuel, Options::FUEL),
            (info.config.canonicalize_nans, Options::CANONICALIZE_NAN),
        ] {
            if is_on {
                options = options.with(option);
            }
        }
        parts.options = options;
        parts.features = info.config.features;
        Ok((parts.write()?, info))
    }
}
