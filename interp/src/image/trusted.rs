//! Images that were parsed and verified when the program was built: found again without a check, by the compiler.
//!
//! Beside `read.rs`, which finds the sections of any bytes. Everything here is `const`: the [`Image`] of a static becomes data in flash,
//! and firmware that runs only such images has neither the structural rules nor the verifier in it. Invariant: on bytes that
//! [`Image::parse`] accepts, the result is the same but for optional sections in builds that have names (tested).

use super::{
    format::{Header, RangeRecord, SectionRecord, section},
    read::{Image, Records},
};

/// Where the fields are that are read here, in bytes from the start of a record; the test compares with the records themselves.
mod at {
    pub const VERSION: usize = 8;
    pub const LENGTH: usize = 12;
    pub const ISA_HASH: usize = 16;
    pub const CHECKSUM: usize = 24;
    pub const FEATURES: usize = 32;
    pub const OPTIONS: usize = 40;
    pub const FAMILIES: usize = 44;
    pub const LEVEL: usize = 48;
    pub const SECTIONS_COUNT: usize = 50;
    pub const START: usize = 52;
    pub const HIDDEN_COUNT: usize = 56;
    pub const SECTION_OFFSET: usize = 4;
    pub const SECTION_BYTES: usize = 8;
}

/// The number of `size` bytes at `at`.
const fn number(bytes: &[u8], at: usize, size: usize) -> u64 {
    let mut value = 0;
    let mut i = size;
    while i > 0 {
        i -= 1;
        value = value << 8 | bytes[at + i] as u64;
    }
    value
}

/// `length` bytes from `first` on.
const fn part(bytes: &[u8], first: usize, length: usize) -> &[u8] {
    bytes.split_at(first).1.split_at(length).0
}

impl<'a> Image<'a> {
    /// The image in these bytes, of which nothing is checked.
    ///
    /// # Panics
    /// If the bytes are no image at all, as an index out of bounds: in a `const`, while the program is compiled.
    ///
    /// # Safety
    /// `bytes` begin at a multiple of 8, and [`Image::parse`] and [`verify`](super::verify) of this version have accepted them. This build
    /// has a handler for every instruction in them ([`unavailable`](crate::isa::unavailable)).
    pub const unsafe fn trusted(bytes: &'a [u8]) -> Image<'a> {
        let header = Header {
            magic: number(bytes, 0, 8),
            version: number(bytes, at::VERSION, 4) as u32,
            length: number(bytes, at::LENGTH, 4) as u32,
            isa_hash: number(bytes, at::ISA_HASH, 8),
            checksum: number(bytes, at::CHECKSUM, 8),
            features: number(bytes, at::FEATURES, 8),
            options: number(bytes, at::OPTIONS, 4) as u32,
            families: number(bytes, at::FAMILIES, 4) as u32,
            level: number(bytes, at::LEVEL, 2) as u16,
            sections_count: number(bytes, at::SECTIONS_COUNT, 2) as u16,
            start: number(bytes, at::START, 4) as u32,
            hidden_count: number(bytes, at::HIDDEN_COUNT, 4) as u32,
            reserved: 0,
        };
        let mut known: [&[u8]; section::REQUIRED_END as usize] = [&[]; section::REQUIRED_END as usize];
        let mut i = 0;
        while i < header.sections_count as usize {
            let record = Header::BYTES + i * SectionRecord::BYTES;
            let id = number(bytes, record, 2) as usize;
            let offset = number(bytes, record + at::SECTION_OFFSET, 4) as usize;
            if id < known.len() {
                known[id] = part(bytes, offset, number(bytes, record + at::SECTION_BYTES, 4) as usize);
            }
            i += 1;
        }
        // An import's kind stands behind two ranges of text.
        let (imports, mut imported) = (known[section::IMPORTS as usize], [0; 5]);
        let mut kind = 2 * RangeRecord::BYTES;
        while kind < imports.len() {
            imported[number(imports, kind, 4) as usize] += 1;
            kind += super::format::ImportRecord::BYTES;
        }
        let code = known[section::CODE as usize];
        Image {
            bytes,
            header,
            types: Records::new(known[section::TYPES as usize]),
            type_bytes: known[section::TYPE_BYTES as usize],
            // SAFETY: parsing has looked at it.
            strings: unsafe { core::str::from_utf8_unchecked(known[section::STRINGS as usize]) },
            imports: Records::new(known[section::IMPORTS as usize]),
            exports: Records::new(known[section::EXPORTS as usize]),
            func_types: Records::new(known[section::FUNC_TYPES as usize]),
            tables: Records::new(known[section::TABLES as usize]),
            memories: Records::new(known[section::MEMORIES as usize]),
            globals: Records::new(known[section::GLOBALS as usize]),
            tags: Records::new(known[section::TAGS as usize]),
            handlers: Records::new(known[section::HANDLERS as usize]),
            funcs: Records::new(known[section::FUNCS as usize]),
            cell_maps: known[section::CELL_MAPS as usize],
            block_starts: known[section::BLOCK_STARTS as usize],
            // SAFETY: the section begins at a multiple of 8, and has `code.len() / 2` whole units.
            code: unsafe { core::slice::from_raw_parts(code.as_ptr().cast(), code.len() / 2) },
            data: Records::new(known[section::DATA as usize]),
            data_bytes: known[section::DATA_BYTES as usize],
            elems: Records::new(known[section::ELEMS as usize]),
            elem_funcs: Records::new(known[section::ELEM_FUNCS as usize]),
            elem_exprs: Records::new(known[section::ELEM_EXPRS as usize]),
            source_map: Records::new(&[]),
            source_map_bytes: &[],
            names: Records::new(&[]),
            name_strings: "",
            module_name: "",
            imported,
        }
    }
}

#[cfg(all(test, feature = "translate"))]
mod tests {
    use super::*;
    use std::format;

    /// Everything that is found, but for what is only for people.
    fn shown(image: &Image<'_>) -> std::string::String {
        let (source_map, names) = (Records::new(&[]), Records::new(&[]));
        let image = Image { source_map, source_map_bytes: &[], names, name_strings: "", module_name: "", ..*image };
        format!("{image:?}")
    }

    #[test]
    fn what_is_trusted_is_what_is_parsed() {
        let text = r#"(module
            (import "a" "f" (func (param i32))) (import "a" "m" (memory 1)) (import "b" "g" (global i32))
            (table 2 funcref) (global (mut i64) (i64.const 5)) (elem (i32.const 0) func 0 1) (data (i32.const 8) "text")
            (func (export "run") (param i32) (result f64) (call 0 (local.get 0)) (f64.const 1)) (start 2) (func))"#;
        let wasm = wat::parse_str(text).unwrap();
        let bytes = crate::translate::translate(&wasm, &crate::translate::Config::default()).unwrap();
        let bytes = super::super::OwnedImage::new(&bytes).unwrap();
        let parsed = Image::parse(bytes.as_bytes()).unwrap();
        super::super::verify(&parsed).unwrap();
        // SAFETY: parsed and verified right above; builds with `translate` are complete.
        let trusted = unsafe { Image::trusted(bytes.as_bytes()) };
        assert_eq!(shown(&trusted), shown(&parsed));
        assert!(shown(&trusted).len() > 1000);
    }
}
