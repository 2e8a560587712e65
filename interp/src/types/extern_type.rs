//! Types of what modules import and export, and when one may stand for another.

use super::{FuncType, RefType, ValType};
use core::fmt;

/// Smallest and largest size of a table (elements) or memory (pages).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Size at the start.
    pub min: u64,
    /// Size beyond which it cannot grow, if declared.
    pub max: Option<u64>,
}

impl Limits {
    /// Limits from `min` to `max`.
    pub const fn new(min: u64, max: Option<u64>) -> Limits {
        Limits { min, max }
    }

    /// Whether something of these limits may be imported where `required` is declared.
    pub fn matches(self, required: Limits) -> bool {
        self.min >= required.min
            && match (self.max, required.max) {
                (_, None) => true,
                (Some(max), Some(required)) => max <= required,
                (None, Some(_)) => false,
            }
    }
}

/// As in Wasm text: `1 16`, or `1` without a maximum.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{} {max}", self.min),
            None => write!(f, "{}", self.min),
        }
    }
}

/// The type of a memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryType {
    /// Size in pages.
    pub limits: Limits,
    /// Base-2 logarithm of the page size in bytes: 16, or 0 for pages of one byte.
    pub page_size_log2: u8,
    /// Whether addresses are i64.
    pub is_memory64: bool,
    /// Whether the memory is shared between threads.
    pub is_shared: bool,
}

impl MemoryType {
    /// An unshared 32-bit memory with pages of 64 KiB.
    pub const fn new(limits: Limits) -> MemoryType {
        MemoryType { limits, page_size_log2: 16, is_memory64: false, is_shared: false }
    }

    /// Bytes of a page.
    pub const fn page_bytes(self) -> u64 {
        1 << self.page_size_log2
    }

    /// Bytes of so many pages; the largest number there is if they are more.
    pub const fn bytes(self, pages: u64) -> u64 {
        if pages > u64::MAX >> self.page_size_log2 { u64::MAX } else { pages << self.page_size_log2 }
    }

    /// The most pages that addresses of the memory reach: 2^32 or 2^64 bytes, the latter less one page if pages are bytes.
    pub const fn pages_max(self) -> u64 {
        let address_bits = if self.is_memory64 { 64 } else { 32 };
        match 1_u64.checked_shl(address_bits - self.page_size_log2 as u32) {
            Some(pages) => pages,
            None => u64::MAX,
        }
    }

    /// Whether a memory of this type may be imported where `required` is declared.
    pub fn matches(self, required: MemoryType) -> bool {
        self.limits.matches(required.limits)
            && self.page_size_log2 == required.page_size_log2
            && self.is_memory64 == required.is_memory64
            && self.is_shared == required.is_shared
    }
}

/// The type of a table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TableType {
    /// Type of the elements.
    pub element: RefType,
    /// Size in elements.
    pub limits: Limits,
    /// Whether indices are i64.
    pub is_table64: bool,
}

impl TableType {
    /// Whether a table of this type may be imported where `required` is declared.
    pub fn matches(self, required: TableType) -> bool {
        self.limits.matches(required.limits)
            && self.element == required.element
            && self.is_table64 == required.is_table64
    }
}

/// The type of a global.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether it can be set.
    pub is_mutable: bool,
}

/// What an import or export is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ExternKind {
    /// A function.
    Func = 0,
    /// A table.
    Table = 1,
    /// A memory.
    Memory = 2,
    /// A global.
    Global = 3,
    /// A tag.
    Tag = 4,
}

impl ExternKind {
    /// The kind with this byte in the Wasm binary format.
    pub const fn from_byte(byte: u8) -> Option<ExternKind> {
        Some(match byte {
            0 => ExternKind::Func,
            1 => ExternKind::Table,
            2 => ExternKind::Memory,
            3 => ExternKind::Global,
            4 => ExternKind::Tag,
            _ => return None,
        })
    }

    /// The specification's word for the kind.
    pub const fn name(self) -> &'static str {
        match self {
            ExternKind::Func => "func",
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
            ExternKind::Tag => "tag",
        }
    }
}

impl fmt::Display for ExternKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The type of an import or export.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternType<'a> {
    /// A function of this type.
    Func(FuncType<'a>),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag whose exceptions carry the parameters of this type.
    Tag(FuncType<'a>),
}

impl ExternType<'_> {
    /// What the type is a type of.
    pub const fn kind(self) -> ExternKind {
        match self {
            ExternType::Func(_) => ExternKind::Func,
            ExternType::Table(_) => ExternKind::Table,
            ExternType::Memory(_) => ExternKind::Memory,
            ExternType::Global(_) => ExternKind::Global,
            ExternType::Tag(_) => ExternKind::Tag,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_match_when_they_promise_no_less() {
        let limits = Limits::new(2, Some(4));
        for (required, matches) in [
            (Limits::new(2, Some(4)), true),
            (Limits::new(0, None), true),
            (Limits::new(3, Some(4)), false),
            (Limits::new(2, Some(3)), false),
            (Limits::new(1, Some(5)), true),
        ] {
            assert_eq!(limits.matches(required), matches, "{required}");
        }
        assert!(!Limits::new(2, None).matches(limits));
    }

    #[test]
    fn the_most_pages_follow_from_address_and_page_size() {
        let memory = MemoryType::new(Limits::new(0, None));
        assert_eq!(memory.pages_max(), 65536);
        assert_eq!(MemoryType { page_size_log2: 0, ..memory }.pages_max(), 1 << 32);
        assert_eq!(MemoryType { is_memory64: true, ..memory }.pages_max(), 1 << 48);
        assert_eq!(MemoryType { is_memory64: true, page_size_log2: 0, ..memory }.pages_max(), u64::MAX);
    }
}
