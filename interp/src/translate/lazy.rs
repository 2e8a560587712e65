//! Translation of functions when they are first called: the image has stubs, this module keeps what the rest takes.
//!
//! Sits beside `translate`, with which it shares everything that concerns a single function. What it makes is installed by
//! `store::lazy`, where stubs are described. Invariant: a [`LazyModule`] does not change, so that stores may share it.

use super::{Config, FuncToValidate, ModuleInfo, Scratch, Translator, wasm_features};
use crate::{
    error::Error,
    image::{FuncPart, LazyFunc, Options},
    isa::{FRAME_UNITS, HEADER_BYTES, INDEX_UNITS, Row, encode::put32},
    push::push,
    types::FuncIndex,
};
use alloc::vec::Vec;
use wasmparser::{BinaryReader, FunctionBody, ValidatorResources};

/// What it takes to translate the functions of a module one by one.
pub struct LazyModule {
    info: ModuleInfo,
    /// What the validator knows of the module; nothing if that has no functions.
    resources: Option<ValidatorResources>,
    /// All bodies, one behind the other.
    wasm: Vec<u8>,
    /// Of each body: where it ends in `wasm`, and where it begins in the module.
    bodies: Vec<(u32, u64)>,
}

/// Makes an image of stubs, and what is needed to translate functions later; `validates` says whether bodies are validated now,
/// and not only then. The image is for [`Store::install`](crate::store::Store::install); the verifier refuses it.
///
/// # Errors
/// As [`translate`](super::translate), but for what concerns bodies: frames, and without `validates` what makes them invalid.
pub fn translate_lazily(wasm: &[u8], config: &Config, validates: bool) -> Result<(Vec<u8>, LazyModule), Error> {
    let mut translator = Translator::new(config)?;
    let (mut resources, mut bodies, mut bytes) = (None, Vec::new(), Vec::new());
    translator.sections(wasm, |translator, function, body| {
        let index = function.index;
        translator.stub(index, body.range().start as u32)?;
        let body_bytes = body.as_bytes();
        bytes.try_reserve(body_bytes.len()).map_err(|_| Error::OUT_OF_MEMORY)?;
        bytes.extend_from_slice(body_bytes);
        push(&mut bodies, (bytes.len() as u32, body.range().start))?;
        resources.get_or_insert_with(|| function.resources.clone());
        if validates {
            translator.scratch.validate(function, body)?;
        }
        Ok(())
    })?;
    let (image, info) = translator.finish(Options::LAZY)?;
    Ok((image, LazyModule { info, resources, wasm: bytes, bodies }))
}

impl Translator<'_> {
    /// Puts a stub for the function behind the others.
    fn stub(&mut self, index: u32, wasm_offset: u32) -> Result<(), Error> {
        let info = &self.sections.info;
        let ty = info.func_type(info.func_types[index as usize]).expect("a function's type is one of functions");
        let frame_bytes = ty.header_offset() + HEADER_BYTES;
        // Behind the instruction is room for a wide branch.
        let mut code = [0; FRAME_UNITS + 3];
        code[INDEX_UNITS] = ty.params.iter().map(|ty| ty.bytes()).sum::<u32>() as u16;
        code[INDEX_UNITS + 1] = ty.header_offset() as u16;
        put32(&mut code, INDEX_UNITS + 4, frame_bytes);
        code[FRAME_UNITS] = Row::Lazy.token(0);
        let block_starts = &[FRAME_UNITS as u32];
        let frame_cells = frame_bytes / 4;
        self.sections.parts.push_func(FuncPart {
            code: &code,
            block_starts,
            cell_map: &[],
            frame_cells,
            wasm_offset,
        })?;
        Ok(())
    }
}

impl LazyModule {
    /// Translates a function.
    ///
    /// # Errors
    /// As [`translate`](super::translate).
    ///
    /// # Panics
    /// If the module has no such function, or imports it.
    pub fn func(&self, index: FuncIndex) -> Result<LazyFunc, Error> {
        let i = (index.0 - self.info.imported_funcs) as usize;
        let (end, offset) = self.bodies[i];
        let first = if i == 0 { 0 } else { self.bodies[i - 1].0 };
        let features = wasm_features(self.info.config.features);
        let bytes = &self.wasm[first as usize..end as usize];
        let body = FunctionBody::new(BinaryReader::new_features(bytes, offset, features));
        let resources = self.resources.clone().expect("resources, for there are functions");
        let ty = self.info.func_types[index.to_usize()];
        let function = FuncToValidate { resources, index: index.0, ty, features };
        let mut scratch = Scratch::default();
        let finished = scratch.function(&self.info, function, &body)?;
        let Scratch { code, mut source_map, calls, handlers, .. } = scratch;
        if !self.info.config.debug_names {
            source_map.clear();
        }
        Ok(LazyFunc { index, code, cell_map: finished.cell_map, source_map, handlers, calls })
    }
}

impl core::fmt::Debug for LazyModule {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LazyModule").field("bodies", &self.bodies.len()).finish_non_exhaustive()
    }
}
