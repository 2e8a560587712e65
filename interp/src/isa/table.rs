//! The one table of Sheave's instruction set: what rows (operations), shapes and forms (operand kinds) are. The rows and shapes
//! themselves are in `ops.rs`, and in files beside it for other proposals; `PARTS` puts them together. An instruction is row × form;
//! [`order`] numbers them.
//!
//! These files are plain data without dependencies: the build script includes them to generate the [`Row`](super::Row) names and the
//! handler list, and the crate includes it for the encoder, decoder, disassembler, verifier and `docs/isa.md`. Tokens
//! depend on nothing but the rows and forms here, never on `cfg`.
//!
//! # How to read a row
//! `row("i32.add", COMMUTATIVE, &[I32, I32, I32], "…")` is the operation `i32.add` (semantics: `num::i32_add`) in the
//! forms of `COMMUTATIVE`; the types belong to the shape's typed roles, in order (here: left, right, result).
//!
//! # How to read a form
//! A form is a string with one letter a role; see [`kind`] for the letters. `"rsw"` reads its left operand from the
//! accumulator, its right one from a slot, and writes the result to a slot and the accumulator.

/// Type of an operand; decides the width in a frame and which accumulator `r` means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    /// 32-bit integer: one cell, accumulator r0.
    I32,
    /// 64-bit integer: two cells, accumulator r0.
    I64,
    /// 32-bit float: one cell, accumulator f0.
    F32,
    /// 64-bit float: two cells, accumulator f0.
    F64,
    /// Reference: one cell, never in an accumulator.
    Ref,
    /// Vector: four cells, accumulator v0.
    V128,
}
use Ty::{F32, F64, I32, I64, Ref, V128};

impl Ty {
    /// Width in a frame, in bytes.
    pub const fn bytes(self) -> u32 {
        match self {
            I32 | F32 | Ref => 4,
            I64 | F64 => 8,
            V128 => 16,
        }
    }
}

/// Letters of the operand kinds in a form, and how many 16-bit units each takes in the code.
pub mod kind {
    /// The accumulator of the operand's type (r0, f0 or v0); no field.
    pub const REG: u8 = b'r';
    /// A frame slot: byte offset from the frame pointer, one unit.
    pub const SLOT: u8 = b's';
    /// As a destination: a slot and the accumulator both (write-through), one unit.
    pub const WRITE: u8 = b'w';
    /// Immediate of 16 bits, sign-extended, one unit.
    pub const IMM16: u8 = b'i';
    /// Immediate of 32 bits, sign-extended, two units.
    pub const IMM32: u8 = b'j';
    /// Immediate of 64 bits, four units.
    pub const IMM64: u8 = b'q';
    /// Unsigned memory offset of 16 bits, one unit.
    pub const OFF16: u8 = b'o';
    /// Unsigned memory offset of 32 bits, two units.
    pub const OFF32: u8 = b'O';
    /// Unsigned memory offset of 64 bits, four units.
    pub const OFF64: u8 = b'Q';
    /// The role is absent in this form.
    pub const NONE: u8 = b'-';
    /// Branch target, relative to its own field, in units, 16 bits.
    pub const REL16: u8 = b'b';
    /// Branch target, relative to its own field, in units, 32 bits.
    pub const REL32: u8 = b'B';
    /// `count: u32` and then `count + 1` targets as REL32, each relative to its own field.
    pub const TARGETS: u8 = b't';
    /// Entry of a defined function, relative to its own field, in units, 32 bits.
    pub const ENTRY: u8 = b'f';
    /// Function index, two units.
    pub const FUNC: u8 = b'F';
    /// Type index, two units.
    pub const TYPE: u8 = b'Y';
    /// Tag index, two units.
    pub const TAG: u8 = b'x';
    /// Table index, one unit.
    pub const TABLE: u8 = b'T';
    /// Memory index, one unit.
    pub const MEMORY: u8 = b'm';
    /// Data segment index, two units.
    pub const DATA: u8 = b'D';
    /// Element segment index, two units.
    pub const ELEM: u8 = b'E';
    /// Global defined in this module: its number among them, one unit.
    pub const GLOBAL: u8 = b'g';
    /// Global index, imported or not, two units.
    pub const GLOBAL32: u8 = b'G';
    /// Distance from this frame to the callee's, in bytes; always the last unit of a call.
    pub const DELTA: u8 = b'd';
    /// Offset of the frame header from the frame pointer in bytes, one unit.
    pub const HEADER: u8 = b'h';
    /// Offset of the frame header in cells, one of `0` to this one; no field: how to return does not wait for the code then.
    pub const HEADER_MAX: u8 = b'7';
    /// Result cell of this function: byte offset from the frame pointer, one unit.
    pub const RESULT: u8 = b'k';
    /// Cell of a call window, or the first of others that belong together: byte offset from the frame pointer, one unit.
    pub const WINDOW: u8 = b'n';
    /// Reference type in its coding, two units.
    pub const REF_TYPE: u8 = b'R';

    /// Units that an operand of this kind takes; TARGETS takes these and as many again as its count says.
    #[inline]
    pub const fn units(kind: u8) -> usize {
        match kind {
            REG | NONE | b'0'..=HEADER_MAX => 0,
            IMM32 | OFF32 | REL32 | ENTRY | FUNC | TYPE | TAG | DATA | ELEM | GLOBAL32 | REF_TYPE => 2,
            IMM64 | OFF64 | TARGETS => 4,
            _ => 1,
        }
    }
}

/// What an operand is for; typed roles take the row's types in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Read.
    In,
    /// Written.
    Out,
    /// Read, then written.
    InOut,
    /// No type of its own: an offset, an index, a branch target.
    Aux,
}

/// Operand kinds that an operation can have, and the generic handler that serves all its rows.
pub struct Shape {
    /// Name of the generic handler in `exec`.
    pub handler: &'static str,
    /// What each operand is for, in the order of the fields.
    pub roles: &'static [Role],
    /// Forms of level *base*.
    pub base: &'static [&'static str],
    /// Further forms of level *full*.
    pub full: &'static [&'static str],
    /// Whether control never passes to the next instruction.
    pub ends_block: bool,
}

impl Shape {
    /// Number of forms.
    pub const fn forms_count(&self) -> usize {
        self.base.len() + self.full.len()
    }

    /// Form `index`: one letter a role.
    #[inline]
    pub const fn form(&self, index: usize) -> &'static [u8] {
        if index < self.base.len() {
            self.base[index].as_bytes()
        } else {
            self.full[index - self.base.len()].as_bytes()
        }
    }

    /// Whether an instruction of this shape may stand in a superinstruction before others: it computes, branches on a condition, or
    /// is `br`, behind which the superinstruction goes on at the target.
    pub fn can_be_inside(&self) -> bool {
        const GO_ON: [&str; 20] = [
            "Binary",
            "Unary",
            "Chain",
            "Shuffle",
            "ExtractLane",
            "ReplaceLane",
            "VectorConst",
            "Select",
            "Step",
            "StepTwo",
            "Load",
            "LoadSum",
            "Store",
            "GlobalGet",
            "GlobalSet",
            "BranchIf1",
            "BranchUnless1",
            "BranchIf2",
            "BranchUnless2",
            "Branch",
        ];
        GO_ON.contains(&self.handler)
    }

    /// Whether an instruction of this shape may be the last of a superinstruction.
    pub fn can_be_last(&self) -> bool {
        const ENDS: [&str; 6] = ["LoopEdge", "BranchTable", "Call", "CallIndirect", "Return", "ReturnValue"];
        self.can_be_inside() || ENDS.contains(&self.handler)
    }
}

/// The most instructions in a superinstruction.
pub const ELEMENTS_MAX: usize = 8;

/// One operation.
#[derive(Clone, Copy)]
pub struct Row {
    /// Name in text; its semantic function in `num`, if it has one, is called the same with `_` for `.`.
    pub name: &'static str,
    /// Shape.
    pub shape: &'static Shape,
    /// Types of the typed roles.
    pub types: &'static [Ty],
    /// Meaning in one line.
    pub doc: &'static str,
    /// The groups of all rows of its file.
    part: u32,
}

/// What a build can do without: one bit a group, each a cargo feature of the crate. A row is there if all its groups are; rows
/// of none are in every build.
pub mod group {
    /// Integers of 64 bits. Floats of 64 bits are moved by the same rows, so that floats need these.
    pub const I64: u32 = 1 << 0;
    /// Charges of fuel and polls of the signal word.
    pub const METERING: u32 = 1 << 1;
    /// References as values, tables as a whole.
    pub const REFERENCE_TYPES: u32 = 1 << 2;
    /// Bulk operators on memories, and copies between tables and from segments.
    pub const BULK_MEMORY: u32 = 1 << 3;
    /// Memories beside the first, and offsets of 64 KiB and more.
    pub const FAR_MEMORY: u32 = 1 << 4;
    /// Floats.
    pub const FLOATS: u32 = 1 << 5;
    /// Tail calls.
    pub const TAIL_CALL: u32 = 1 << 6;
    /// Arithmetic of 128 bits.
    pub const WIDE_ARITHMETIC: u32 = 1 << 7;
    /// Constant expressions that are code: no row, but a function of the image that instantiation runs.
    pub const EXTENDED_CONST: u32 = 1 << 8;
    /// Vectors of 128 bits.
    pub const SIMD: u32 = 1 << 9;
    /// Operators on vectors that the specification leaves room in.
    pub const RELAXED_SIMD: u32 = 1 << 10;
    /// Memories and tables with addresses of 64 bits.
    pub const MEMORY64: u32 = 1 << 11;
    /// Typed references to functions.
    pub const FUNCTION_REFERENCES: u32 = 1 << 12;
    /// Structures, arrays, i31.
    pub const GC: u32 = 1 << 13;
    /// Tags and exceptions.
    pub const EXCEPTIONS: u32 = 1 << 14;
    /// Shared memories and atomic operators.
    pub const THREADS: u32 = 1 << 15;
    /// Name of each, which is also that of its cargo feature, in the order of the bits.
    pub const NAMES: [&str; 16] = [
        "i64",
        "metering",
        "reference-types",
        "bulk-memory",
        "far-memory",
        "floats",
        "tail-call",
        "wide-arithmetic",
        "extended-const",
        "simd",
        "relaxed-simd",
        "memory64",
        "function-references",
        "gc",
        "exceptions",
        "threads",
    ];
}

impl Row {
    /// The groups, bits of [`group`], without any of which a build does not have this row.
    pub fn groups(&self) -> u32 {
        let has = |types: &[Ty]| self.types.iter().any(|ty| types.contains(ty));
        let by_types = if has(&[F32, F64]) { group::FLOATS | group::I64 } else { 0 }
            | if has(&[I64]) { group::I64 } else { 0 }
            | if has(&[Ref]) { group::REFERENCE_TYPES } else { 0 }
            | if has(&[V128]) { group::SIMD } else { 0 };
        by_types
            | self.part
            | match self.shape.handler {
                "Fuel" | "Signal" => group::METERING,
                "TableSize" | "RefFunc" => group::REFERENCE_TYPES,
                "MemoryFill" | "MemoryCopy" | "MemoryInit" | "DataDrop" => group::BULK_MEMORY,
                "TableCopy" | "TableInit" | "ElemDrop" => group::BULK_MEMORY,
                "LoadFar" | "StoreFar" => group::FAR_MEMORY,
                "ReturnCall" | "ReturnCallImport" | "ReturnCallIndirect" | "ReturnCallRef" => group::TAIL_CALL,
                "Wide" | "MulWide" => group::WIDE_ARITHMETIC,
                _ => 0,
            }
    }
}

/// Every instruction as row and form, both by number, in the order of tokens: base forms before those of level full, and within a
/// level rows that more builds have before rows that fewer have, so that the tokens of a small build leave few gaps.
pub fn order() -> impl Iterator<Item = (usize, usize)> {
    let classes = (0..2).flat_map(|level| (0..=group::NAMES.len() as u32).map(move |highest| (level, highest)));
    classes.flat_map(|(level, highest)| {
        let rows = ROWS.iter().enumerate().filter(move |(_, row)| u32::BITS - row.groups().leading_zeros() == highest);
        rows.flat_map(move |(index, row)| {
            let base = row.shape.base.len();
            let forms = if level == 0 { 0..base } else { base..row.shape.forms_count() };
            forms.map(move |form| (index, form))
        })
    })
}

const fn row(name: &'static str, shape: &'static Shape, types: &'static [Ty], doc: &'static str) -> Row {
    Row { name, shape, types, doc, part: 0 }
}

macro_rules! shapes { ($($(#[doc = $doc:literal])* $name:ident: $handler:literal $roles:expr, base $base:expr, full $full:expr $(, $ends:ident)?;)*) => { $(
    $(#[doc = $doc])*
    pub static $name: Shape = Shape { handler: $handler, roles: &$roles, base: &$base, full: &$full, ends_block: shapes!(@ends $($ends)?) };
)* }; (@ends) => { false }; (@ends ends) => { true } }

#[path = "ops.rs"]
mod ops;
#[path = "ops_simd.rs"]
mod ops_simd;
#[allow(unused_imports)] // build.rs looks at rows only.
pub use {ops::*, ops_simd::*};
#[path = "ops_exception.rs"]
mod ops_exception;
#[path = "ops_gc.rs"]
mod ops_gc;
#[path = "ops_memory64.rs"]
mod ops_memory64;
#[path = "ops_reference.rs"]
mod ops_reference;
#[allow(unused_imports)]
pub use ops_memory64::{LOAD_FAR64, STORE_FAR64};

#[path = "ops_atomic.rs"]
mod ops_atomic;

/// Rows of one file, and the groups that all of them belong to.
struct Part {
    groups: u32,
    rows: &'static [Row],
}

/// The files, in the order of their rows. A proposal is a line here.
const PARTS: [Part; 9] = [
    Part { groups: 0, rows: ops::ROWS },
    Part { groups: group::MEMORY64, rows: ops_memory64::ROWS },
    Part { groups: group::FUNCTION_REFERENCES, rows: ops_reference::ROWS },
    Part { groups: group::FUNCTION_REFERENCES | group::GC, rows: ops_gc::ROWS },
    Part { groups: group::EXCEPTIONS, rows: ops_exception::ROWS },
    Part { groups: group::THREADS, rows: ops_atomic::ROWS },
    Part { groups: group::SIMD, rows: ops_simd::ROWS },
    Part { groups: group::SIMD | group::RELAXED_SIMD, rows: ops_simd::RELAXED_ROWS },
    Part { groups: group::SIMD | group::MEMORY64, rows: ops_simd::MEMORY64_ROWS },
];

const COUNT: usize = {
    let (mut part, mut count) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].rows.len();
        part += 1;
    }
    count
};

/// All rows.
pub static ROWS: [Row; COUNT] = {
    let mut all = [PARTS[0].rows[0]; COUNT];
    let (mut part, mut count) = (0, 0);
    while part < PARTS.len() {
        let Part { groups, rows } = PARTS[part];
        let mut index = 0;
        while index < rows.len() {
            all[count] = Row { part: groups, ..rows[index] };
            count += 1;
            index += 1;
        }
        part += 1;
    }
    all
};

/// The letters of a form as one number, for comparing forms at once. Forms have at most eight letters.
pub const fn key(form: &[u8]) -> u64 {
    let mut key = 0;
    let mut index = 0;
    while index < form.len() {
        key |= (form[index] as u64) << (8 * index);
        index += 1;
    }
    key
}

/// Rust identifier of a row's name: `br_if.i32.eq` → `BrIfI32Eq`, `i32.shl+add` → `I32ShlAdd`. Pushes the characters to `out`.
pub fn identifier(name: &str, out: &mut dyn FnMut(char)) {
    let mut upper = true;
    for c in name.chars() {
        match c {
            '.' | '_' | '+' => upper = true,
            c if upper => {
                out(c.to_ascii_uppercase());
                upper = false;
            }
            c => out(c),
        }
    }
}
