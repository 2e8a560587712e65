//! Writes a module with another size of its memory, in pages of one byte. All else is kept byte for byte, but that
//!
//! - `memory.size` becomes the number it gave, since the memory does not grow;
//! - `memory.grow` becomes "-1, unless it is by 0, then what `memory.size` gives": as if there was no more memory, which the specification always allows;
//! - the stack pointer may begin elsewhere;
//! - where one of these changes code or its place, sections with debug information, which name places in the code, are left out.

use super::module::Module;
use std::ops::Range;
use wasm_encoder::{
    CodeSection, ConstExpr, Encode, GlobalSection, GlobalType, Instruction, MemorySection, MemoryType, RawSection,
    ValType,
};
use wasmparser::{BinaryReaderError, Operator, Parser, Payload};

/// Section numbers of the binary format.
const MEMORIES: u8 = 5;
const CODE: u8 = 10;

/// What is to change.
pub struct Change {
    pub memory_bytes: u64,
    /// A global and where it is to begin.
    pub stack: Option<(u32, i32)>,
}

/// A module, changed.
pub struct Rewritten {
    pub wasm: Vec<u8>,
    /// Sections that were left out.
    pub dropped: Vec<String>,
}

/// Carries out a change. The module is the one that `module` was read from.
///
/// # Errors
/// It was not.
pub fn rewrite(wasm: &[u8], module: &Module<'_>, change: &Change) -> Result<Rewritten, BinaryReaderError> {
    let mut output = wasm_encoder::Module::new();
    let mut dropped = Vec::new();
    let is_code_changed = !module.sizes.is_empty() || !module.grows.is_empty();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::CustomSection(custom) if is_code_changed && names_places(custom.name()) => {
                dropped.push(custom.name().to_owned());
                continue;
            }
            Payload::GlobalSection(globals) => {
                if let Some(stack) = change.stack {
                    let imported = module.globals.iter().filter(|global| global.is_imported).count() as u32;
                    output.section(&with_stack(wasm, globals.clone(), (stack.0 - imported, stack.1))?);
                    continue;
                }
            }
            _ => {}
        }
        let Some((id, range)) = payload.as_section() else { continue };
        match id {
            MEMORIES => {
                let size = change.memory_bytes;
                let page_size_log2 = Some(0);
                output.section(MemorySection::new().memory(MemoryType {
                    minimum: size,
                    maximum: Some(size),
                    memory64: false,
                    shared: false,
                    page_size_log2,
                }));
            }
            CODE if is_code_changed => {
                output.section(&code(wasm, module)?);
            }
            _ => {
                output.section(&RawSection { id, data: slice(wasm, range) });
            }
        }
    }
    Ok(Rewritten { wasm: output.finish(), dropped })
}

/// Whether a custom section tells of places in the code: DWARF, source maps.
fn names_places(section: &str) -> bool {
    section.starts_with(".debug_")
        || ["sourceMappingURL", "external_debug_info", "metadata.code.branch_hint"].contains(&section)
}

fn slice<N: TryInto<usize>>(wasm: &[u8], range: Range<N>) -> &[u8] {
    let [start, end] = [range.start, range.end].map(|offset| offset.try_into().unwrap_or(usize::MAX));
    wasm.get(start..end).unwrap_or(&[])
}

/// The globals, of which one, an i32, begins elsewhere.
fn with_stack(
    wasm: &[u8],
    globals: wasmparser::GlobalSectionReader<'_>,
    (stack, start): (u32, i32),
) -> Result<GlobalSection, BinaryReaderError> {
    let mut section = GlobalSection::new();
    for (index, global) in (0..).zip(globals.into_iter_with_offsets()) {
        let (offset, global) = global?;
        if index == stack {
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            section.global(ty, &ConstExpr::i32_const(start));
        } else {
            let expression = global.init_expr.get_binary_reader();
            section.raw(slice(wasm, offset..expression.original_position() + expression.bytes_remaining() as u64));
        }
    }
    Ok(section)
}

/// The code, in which `memory.size` and `memory.grow` are replaced.
fn code(wasm: &[u8], module: &Module<'_>) -> Result<CodeSection, BinaryReaderError> {
    let pages = module.memory.pages_min as i32;
    let mut section = CodeSection::new();
    for body in &module.bodies {
        let range = body.range();
        let mut bytes = Vec::new();
        let mut copied = range.start;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            let instead: &[Instruction<'_>] = match operator {
                Operator::MemorySize { .. } => &[Instruction::I32Const(pages)],
                // (delta == 0) × (pages + 1) − 1
                Operator::MemoryGrow { .. } => &[
                    Instruction::I32Eqz,
                    Instruction::I32Const(pages.wrapping_add(1)),
                    Instruction::I32Mul,
                    Instruction::I32Const(1),
                    Instruction::I32Sub,
                ],
                _ => continue,
            };
            bytes.extend_from_slice(slice(wasm, copied..offset));
            instead.iter().for_each(|instruction| instruction.encode(&mut bytes));
            copied = reader.original_position();
        }
        bytes.extend_from_slice(slice(wasm, copied..range.end));
        section.raw(&bytes);
    }
    Ok(section)
}
