//! The little of ELF that sizes take: sections and symbols of a 32-bit little-endian file, and names as people write them.

use crate::error::{Error, Result};

/// A section that the file loads, or reserves.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub address: u32,
    pub bytes: u32,
    /// Whether its bytes are in the file, and so in flash.
    pub is_in_file: bool,
}

/// A symbol with a size.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub address: u32,
    pub bytes: u32,
}

/// An ELF file, read as far as it is needed.
pub struct Elf {
    pub sections: Vec<Section>,
    pub symbols: Vec<Symbol>,
}

impl Elf {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not ELF of 32 bits, little-endian, or cut off.
    pub fn read(bytes: &[u8]) -> Result<Elf> {
        Self::parse(bytes).ok_or_else(|| Error::new("not an ELF file of 32 bits, little-endian"))
    }

    fn parse(bytes: &[u8]) -> Option<Elf> {
        const SYMTAB: u32 = 2;
        const NOBITS: u32 = 8;
        const ALLOC: u32 = 2;
        bytes.starts_with(b"\x7fELF\x01\x01").then_some(())?;
        let table = u32_at(bytes, 32)? as usize;
        let (entry_bytes, count, names) = (u16_at(bytes, 46)?, u16_at(bytes, 48)?, u16_at(bytes, 50)?);
        let header = |index: usize| bytes.get(table + index * entry_bytes as usize..)?.get(..40);
        let contents = |header: &[u8]| {
            let (offset, size) = (u32_at(header, 16)? as usize, u32_at(header, 20)? as usize);
            bytes.get(offset..offset.checked_add(size)?)
        };
        let names = contents(header(names.into())?)?;
        let mut elf = Elf { sections: Vec::new(), symbols: Vec::new() };
        for index in 0..count.into() {
            let section = header(index)?;
            let kind = u32_at(section, 4)?;
            if u32_at(section, 8)? & ALLOC != 0 {
                elf.sections.push(Section {
                    name: text_at(names, u32_at(section, 0)?)?,
                    address: u32_at(section, 12)?,
                    bytes: u32_at(section, 20)?,
                    is_in_file: kind != NOBITS,
                });
            }
            if kind == SYMTAB {
                let strings = contents(header(u32_at(section, 24)? as usize)?)?;
                for symbol in contents(section)?.chunks_exact(16) {
                    let symbol = Symbol {
                        name: text_at(strings, u32_at(symbol, 0)?)?,
                        // The lowest bit of a function says that it is Thumb code.
                        address: u32_at(symbol, 4)? & !1,
                        bytes: u32_at(symbol, 8)?,
                    };
                    elf.symbols.extend((symbol.bytes > 0).then_some(symbol));
                }
            }
        }
        Some(elf)
    }

    /// Bytes that the file takes in flash: code, constants, first values of variables.
    pub fn flash_bytes(&self) -> u32 {
        self.sections.iter().filter(|section| section.is_in_file).map(|section| section.bytes).sum()
    }

    /// The symbols in flash, largest first.
    pub fn in_flash(&self) -> Vec<&Symbol> {
        let is_in = |symbol: &&Symbol| {
            self.sections.iter().any(|section| {
                section.is_in_file && (section.address..section.address + section.bytes).contains(&symbol.address)
            })
        };
        let mut symbols: Vec<&Symbol> = self.symbols.iter().filter(is_in).collect();
        symbols.sort_by_key(|symbol| std::cmp::Reverse(symbol.bytes));
        symbols
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn text_at(strings: &[u8], at: u32) -> Option<String> {
    let text = strings.get(at as usize..)?.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// A symbol's name as a path: `_ZN4core3fmt5write17h0123456789abcdefE` is `core::fmt::write`. Names that the compiler mangles in
/// the newer way are shown as the identifiers in them; other names stay as they are.
pub fn readable(name: &str) -> String {
    let Some(mut rest) = name.strip_prefix("_ZN").or_else(|| name.strip_prefix("_R")) else { return name.to_owned() };
    let mut parts: Vec<String> = Vec::new();
    while let Some(digit) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = &rest[digit..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let len = rest[..digits].parse().unwrap_or(0);
        let part = rest.get(digits..digits + len).unwrap_or("");
        rest = rest.get(digits + len..).unwrap_or("");
        let is_hash = part.len() == 17 && part.starts_with('h') && part[1..].bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash && !part.is_empty() {
            parts.push(unescaped(part.trim_start_matches('_')));
        }
    }
    if parts.is_empty() { name.to_owned() } else { parts.join("::") }
}

fn unescaped(part: &str) -> String {
    let escapes =
        [("$LT$", "<"), ("$GT$", ">"), ("$u20$", " "), ("$C$", ","), ("$RF$", "&"), ("$BP$", "*"), ("..", "::")];
    escapes.iter().fold(part.to_owned(), |part, (from, to)| part.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        assert_eq!(readable("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
        assert_eq!(
            readable("_ZN48_$LT$impl$u20$a..B$u20$for$u20$c..D$LT$T$GT$$GT$1e17h0123456789abcdefE"),
            "<impl a::B for c::D<T>>::e"
        );
        assert_eq!(readable("memcpy"), "memcpy");
    }

    #[test]
    fn what_is_no_elf_is_refused() {
        assert!(Elf::read(b"\x7fELF\x02\x01").is_err());
        assert!(Elf::read(b"\x7fELF\x01\x01 cut off").is_err());
    }

    /// A file of a section in flash, one in RAM, and a symbol in each.
    #[test]
    fn flash_is_what_the_file_has_and_loads() {
        let mut file = vec![0; 52];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        let mut put = |bytes: &[u8]| {
            let at = file.len() as u32;
            file.extend_from_slice(bytes);
            (at, bytes.len() as u32)
        };
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let strings = put(b"\0.text\0.bss\0code\0data\0");
        let symbols = put(&words(&[12, 0x101, 6, 0, 17, 0x2000, 4, 0]));
        let section = |name, kind, flags, address, (offset, bytes): (u32, u32), link| {
            words(&[name, kind, flags, address, offset, bytes, link, 0, 0, 0])
        };
        let table = [
            section(1, 1, 2, 0x100, (0, 8), 0),
            section(7, 8, 3, 0x2000, (0, 64), 0),
            section(0, 3, 0, 0, strings, 0),
            section(0, 2, 0, 0, symbols, 2),
        ]
        .concat();
        let (at, _) = put(&table);
        file[32..36].copy_from_slice(&at.to_le_bytes());
        file[46..52].copy_from_slice(&[40, 0, 4, 0, 2, 0]);
        let elf = Elf::read(&file).unwrap();
        assert_eq!(elf.sections.len(), 2);
        assert_eq!(elf.flash_bytes(), 8);
        assert_eq!(elf.in_flash(), [&Symbol { name: "code".into(), address: 0x100, bytes: 6 }]);
    }
}
