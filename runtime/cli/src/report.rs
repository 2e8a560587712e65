//! What `inspect` shows, as data first: JSON and text come from the same.

use crate::{
    capability::Capability,
    features,
    output::{BOLD, paint_out},
    units::show_bytes,
};
use serde::Serialize;
use sheave_interp::{
    image::{
        Image, Options,
        format::{self, section},
    },
    instance::Described,
    types::{DataIndex, ExternKind, MemoryIndex},
};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

/// What is in a module.
#[derive(Debug, Serialize)]
pub struct Report {
    file: String,
    kind: &'static str,
    name: Option<String>,
    wasm_bytes: Option<u64>,
    /// Content of the code section of the wasm module.
    wasm_code_bytes: Option<u64>,
    image_bytes: u64,
    format_version: u32,
    isa_hash: String,
    level: &'static str,
    options: Vec<&'static str>,
    features: Vec<&'static str>,
    code_bytes: u64,
    data_bytes: u64,
    /// Sum of the memories' sizes at the start.
    memory_bytes: u64,
    /// Bytes of a page, of each memory: 65,536 or 1.
    page_bytes: Vec<u64>,
    sections: Vec<Section>,
    /// Header, directory and padding.
    overhead_bytes: u64,
    imports: Vec<Import>,
    exports: Vec<Export>,
    /// Functions with code, largest frame first.
    functions: Vec<Function>,
}

#[derive(Debug, Serialize)]
struct Section {
    id: u16,
    name: &'static str,
    count: u32,
    bytes: u32,
}

#[derive(Debug, Serialize)]
struct Import {
    module: String,
    name: String,
    #[serde(rename = "type")]
    ty: String,
    capability: Capability,
}

#[derive(Debug, Serialize)]
struct Export {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    index: u32,
}

#[derive(Debug, Serialize)]
struct Function {
    index: u32,
    name: Option<String>,
    frame_bytes: u32,
    code_bytes: u32,
}

impl Report {
    /// Reads an image, and the module it was made from if that is at hand.
    pub fn new(file: &Path, image: Image<'_>, wasm: Option<&[u8]>) -> Report {
        let bytes = image.as_bytes();
        let sections = sections(bytes);
        let content: u64 = sections.iter().map(|section| u64::from(section.bytes)).sum();
        let option_names = Options::NAMED.iter().filter(|(_, option)| image.options().contains(*option));
        let data = (0..image.data_count()).filter_map(|i| image.data(DataIndex(i)));
        let memories = (0..image.count(ExternKind::Memory)).filter_map(|i| image.memory(MemoryIndex(i)));
        Report {
            file: file.display().to_string(),
            kind: if wasm.is_some() { "module" } else { "image" },
            name: image.module_name().map(str::to_owned),
            wasm_bytes: wasm.map(|wasm| wasm.len() as u64),
            wasm_code_bytes: wasm.map(|wasm| wasm_section_bytes(wasm, 10)),
            image_bytes: bytes.len() as u64,
            format_version: format::VERSION,
            isa_hash: format!("{:#018x}", sheave_interp::isa::HASH),
            level: ["base", "full", "host"][usize::from(image.level()).min(2)],
            options: option_names.map(|(name, _)| *name).collect(),
            features: features::names(image.features()),
            code_bytes: image.code().len() as u64 * 2,
            data_bytes: data.map(|data| data.bytes.len() as u64).sum(),
            page_bytes: memories.clone().map(|memory| 1 << memory.page_size_log2).collect(),
            memory_bytes: memories.map(|memory| memory.bytes(memory.limits.min)).fold(0, u64::saturating_add),
            overhead_bytes: bytes.len() as u64 - content,
            sections,
            imports: imports(image),
            exports: exports(image),
            functions: functions(image),
        }
    }

    /// For people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_summary(&mut text);
        self.write_sections(&mut text);
        self.write_imports(&mut text);
        if !self.exports.is_empty() {
            heading(&mut text, "exports");
            for export in &self.exports {
                line(&mut text, &format!("{:<24} {}", export.name, export.ty));
            }
        }
        self.write_frames(&mut text);
        text
    }

    fn write_summary(&self, text: &mut String) {
        let name = self.name.as_ref().map_or(String::new(), |name| format!(" {name:?}"));
        let wasm = self.wasm_bytes.map_or(String::new(), |bytes| format!("{} of wasm, ", show_bytes(bytes)));
        let title = format!("{}: {}{name}, {wasm}{} as image", self.file, self.kind, show_bytes(self.image_bytes));
        let _ = writeln!(text, "{}", paint_out(&title, BOLD));
        let list = |names: &[&str]| if names.is_empty() { "none".into() } else { names.join(", ") };
        let ratio = match self.wasm_code_bytes {
            Some(wasm) if wasm > 0 => {
                let ratio = self.code_bytes as f64 / wasm as f64;
                format!(", {ratio:.2} × the code section of {}", show_bytes(wasm))
            }
            _ => String::new(),
        };
        let deepest = self.functions.first().map_or(0, |function| function.frame_bytes);
        for (label, value) in [
            ("features", list(&self.features)),
            ("options", list(&self.options)),
            ("level", format!("{}, ISA hash {}, format {}", self.level, self.isa_hash, self.format_version)),
            ("code", format!("{} in {} functions{ratio}", show_bytes(self.code_bytes), self.functions.len())),
            ("data", show_bytes(self.data_bytes)),
            ("frames", format!("{} at most", show_bytes(deepest.into()))),
            ("memory", self.memory()),
        ] {
            line(text, &format!("{label:<10} {value}"));
        }
    }

    /// Memories that are counted in bytes are shown so.
    fn memory(&self) -> String {
        if self.page_bytes.contains(&1) {
            return format!("{} bytes at the start, in pages of 1 byte", self.memory_bytes);
        }
        format!("{} at the start", show_bytes(self.memory_bytes))
    }

    fn write_sections(&self, text: &mut String) {
        heading(text, "sections of the image");
        let share = |bytes: u64| bytes as f64 * 100.0 / self.image_bytes as f64;
        line(text, &format!("{:<18} {:>8} {:>10} {:>7}", "", "records", "bytes", "share"));
        for section in &self.sections {
            let Section { name, count, bytes, .. } = section;
            line(text, &format!("{name:<18} {count:>8} {bytes:>10} {:>6.1}%", share((*bytes).into())));
        }
        let overhead = self.overhead_bytes;
        line(text, &format!("{:<18} {:>8} {overhead:>10} {:>6.1}%", "header, padding", "", share(overhead)));
    }

    fn write_imports(&self, text: &mut String) {
        if self.imports.is_empty() {
            return;
        }
        heading(text, "imports by capability");
        let mut groups: BTreeMap<Capability, Vec<&Import>> = BTreeMap::new();
        for import in &self.imports {
            groups.entry(import.capability).or_default().push(import);
        }
        for (capability, imports) in groups {
            line(text, &format!("{} ({})", capability.name(), capability.grant()));
            for Import { module, name, ty, .. } in imports {
                line(text, &format!("  {:<46} {ty}", format!("{module}.{name}")));
            }
        }
    }

    fn write_frames(&self, text: &mut String) {
        const SHOWN: usize = 5;
        if self.functions.is_empty() {
            return;
        }
        heading(text, "largest frames");
        for function in self.functions.iter().take(SHOWN) {
            let name = function.name.as_deref().unwrap_or("");
            let Function { index, frame_bytes, code_bytes, .. } = function;
            line(text, &format!("{frame_bytes:>8} bytes   func {index} {name} ({code_bytes} bytes of code)"));
        }
        if self.functions.len() > SHOWN {
            line(text, &format!("and {} more; --json lists all", self.functions.len() - SHOWN));
        }
    }
}

fn heading(text: &mut String, title: &str) {
    let _ = writeln!(text, "\n{}", paint_out(title, BOLD));
}

fn line(text: &mut String, content: &str) {
    let _ = writeln!(text, "  {}", content.trim_end());
}

/// The directory of an image that has been checked.
fn sections(image: &[u8]) -> Vec<Section> {
    // The header's last 16 bytes are level, number of sections, start, hidden count, reserved.
    const COUNT_OFFSET: usize = format::HEADER_BYTES - 14;
    const RECORD_BYTES: usize = format::SectionRecord::BYTES;
    let half = |at: usize| u16::from_le_bytes([image[at], image[at + 1]]);
    let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
    let records = (0..usize::from(half(COUNT_OFFSET))).map(|i| format::HEADER_BYTES + i * RECORD_BYTES);
    let read = |at| Section { id: half(at), name: section_name(half(at)), bytes: word(at + 8), count: word(at + 12) };
    records.map(read).collect()
}

fn section_name(id: u16) -> &'static str {
    match id {
        section::TYPES => "types",
        section::TYPE_BYTES => "type bytes",
        section::STRINGS => "strings",
        section::IMPORTS => "imports",
        section::EXPORTS => "exports",
        section::FUNC_TYPES => "func types",
        section::TABLES => "tables",
        section::MEMORIES => "memories",
        section::GLOBALS => "globals",
        section::TAGS => "tags",
        section::FUNCS => "funcs",
        section::CELL_MAPS => "cell maps",
        section::BLOCK_STARTS => "block starts",
        section::CODE => "code",
        section::DATA => "data",
        section::DATA_BYTES => "data bytes",
        section::ELEMS => "elems",
        section::ELEM_FUNCS => "elem funcs",
        section::ELEM_EXPRS => "elem exprs",
        section::HANDLERS => "handlers",
        section::SOURCE_MAP => "source map",
        section::SOURCE_MAP_BYTES => "source map bytes",
        section::NAMES => "names",
        section::NAME_STRINGS => "name strings",
        section::MODULE_NAME => "module name",
        _ => "unknown",
    }
}

fn imports(image: Image<'_>) -> Vec<Import> {
    let import = |import: sheave_interp::image::Import<'_>| Import {
        module: import.module.into(),
        name: import.name.into(),
        ty: Described(import.ty).to_string(),
        capability: Capability::of(import.module, import.name),
    };
    image.imports().map(import).collect()
}

fn exports(image: Image<'_>) -> Vec<Export> {
    let exports = image.exports().filter_map(|export| {
        let ty = image.extern_type(export.kind, export.index)?;
        Some(Export { name: export.name.into(), ty: Described(ty).to_string(), index: export.index })
    });
    exports.collect()
}

fn functions(image: Image<'_>) -> Vec<Function> {
    let function = |func: sheave_interp::image::Func<'_>| Function {
        index: func.index.0,
        name: image.func_name(func.index).map(str::to_owned),
        frame_bytes: func.frame_bytes,
        code_bytes: (func.end - func.entry) * 2,
    };
    let mut functions: Vec<_> = image.code_funcs().map(function).collect();
    functions.sort_by_key(|function| (std::cmp::Reverse(function.frame_bytes), function.index));
    functions
}

/// Bytes of the content of a section of a valid wasm module; 0 if it has none.
fn wasm_section_bytes(wasm: &[u8], wanted: u8) -> u64 {
    let mut rest = wasm.get(8..).unwrap_or(&[]);
    while let Some((&id, tail)) = rest.split_first() {
        let digits = tail.iter().position(|byte| byte & 0x80 == 0).map_or(0, |last| last + 1);
        let bytes = tail[..digits].iter().rev().fold(0, |bytes, digit| bytes << 7 | u64::from(digit & 0x7f));
        if id == wanted {
            return bytes;
        }
        rest = usize::try_from(bytes).ok().and_then(|bytes| tail.get(digits..)?.get(bytes..)).unwrap_or(&[]);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_wasm_are_found_by_number() {
        let wasm = b"\0asm\x01\0\0\0\x01\x03\x60\x81\x00\x0a\x82\x00\xff\xff";
        assert_eq!(wasm_section_bytes(wasm, 1), 3);
        assert_eq!(wasm_section_bytes(wasm, 10), 2);
        assert_eq!(wasm_section_bytes(wasm, 11), 0);
    }
}
