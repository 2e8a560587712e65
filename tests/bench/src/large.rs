//! A real module of more than 5 MB, made from the committed Rust programs: their types, functions, globals, tables,
//! elements and data joined in one module, again and again, with every index moved along. It is for loading only.
//!
//! All copies share one memory, as large as the largest of them asks for; exports and custom sections are left out, but
//! for the last `run`. The same committed modules always give the same bytes.

use crate::programs;
use anyhow::{Context, Result, anyhow};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, DataCountSection, DataSection, ElementSection, ExportKind, ExportSection, FunctionSection,
    GlobalSection, MemorySection, MemoryType, Module, TableSection, TypeSection,
};
use wasmparser::{Encoding, ExternalKind, Parser, Payload};

/// The module is at least this long.
const BYTES_MIN: usize = 5_000_000;
/// Modules below this size would only add small kernels again and again.
const SOURCE_BYTES_MIN: usize = 10_000;

/// Makes the module.
///
/// # Errors
/// A committed program that cannot be read.
pub fn module() -> Result<Vec<u8>> {
    let sources: Vec<Vec<u8>> = programs::read(None)?
        .all
        .into_iter()
        .map(|program| program.wasm)
        .filter(|wasm| wasm.len() > SOURCE_BYTES_MIN)
        .collect();
    let round_bytes: usize = sources.iter().map(Vec::len).sum();
    let mut joined = Joined::default();
    // Names and exports are dropped: one round more than the plain quotient makes up for them.
    for _ in 0..BYTES_MIN / round_bytes.max(1) + 1 {
        for wasm in &sources {
            joined.append(wasm).map_err(|error| anyhow!("cannot join the modules: {error}"))?;
        }
    }
    joined.finish().context("no program exports `run`")
}

/// How many of each the earlier copies have: what this copy's indices move by.
#[derive(Default)]
struct Offsets {
    types: u32,
    functions: u32,
    tables: u32,
    globals: u32,
    elements: u32,
    data: u32,
}

impl Reencode for Offsets {
    type Error = Infallible;

    fn type_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.types)
    }
    fn function_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.functions)
    }
    fn table_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.tables)
    }
    fn global_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.globals)
    }
    fn element_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.elements)
    }
    fn data_index(&mut self, index: u32) -> Result<u32, Error<Infallible>> {
        Ok(index + self.data)
    }
}

/// The sections so far.
#[derive(Default)]
struct Joined {
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    globals: GlobalSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    memory_pages: u64,
    run: Option<u32>,
    offsets: Offsets,
}

impl Joined {
    fn append(&mut self, wasm: &[u8]) -> Result<(), Error<Infallible>> {
        let offsets = &mut self.offsets;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::Version { encoding: Encoding::Component, .. } => {
                    return Err(Error::UnexpectedNonCoreModuleSection);
                }
                Payload::TypeSection(section) => offsets.parse_type_section(&mut self.types, section)?,
                Payload::FunctionSection(section) => offsets.parse_function_section(&mut self.functions, section)?,
                Payload::TableSection(section) => offsets.parse_table_section(&mut self.tables, section)?,
                Payload::GlobalSection(section) => offsets.parse_global_section(&mut self.globals, section)?,
                Payload::ElementSection(section) => offsets.parse_element_section(&mut self.elements, section)?,
                Payload::DataSection(section) => offsets.parse_data_section(&mut self.data, section)?,
                Payload::MemorySection(section) => {
                    for memory in section {
                        self.memory_pages = self.memory_pages.max(memory?.initial);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.name == "run" && export.kind == ExternalKind::Func {
                            self.run = Some(offsets.function_index(export.index)?);
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => offsets.parse_function_body(&mut self.code, body)?,
                _ => {}
            }
        }
        *offsets = Offsets {
            types: self.types.len(),
            functions: self.functions.len(),
            tables: self.tables.len(),
            globals: self.globals.len(),
            elements: self.elements.len(),
            data: self.data.len(),
        };
        Ok(())
    }

    fn finish(self) -> Option<Vec<u8>> {
        let mut memories = MemorySection::new();
        let minimum = self.memory_pages;
        memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut exports = ExportSection::new();
        exports.export("run", ExportKind::Func, self.run?);
        let mut module = Module::new();
        module.section(&self.types).section(&self.functions).section(&self.tables).section(&memories);
        module.section(&self.globals).section(&exports).section(&self.elements);
        module.section(&DataCountSection { count: self.data.len() }).section(&self.code).section(&self.data);
        Some(module.finish())
    }
}
