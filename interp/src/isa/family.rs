//! Families of instructions, for statistics: what an instruction is about, in one of a few words.
//!
//! A family follows from a row's shape and types; nothing is listed by row.

use super::table::{COMPARE, COMPARE_F32, COMPARE_F64, Row, Ty};
use core::fmt;

/// What an instruction is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// Arithmetic whose result is an i32.
    I32,
    /// Arithmetic whose result is an i64.
    I64,
    /// Arithmetic whose result is an f32.
    F32,
    /// Arithmetic whose result is an f64.
    F64,
    /// Operators whose result is a vector, and those that look into one.
    Vector,
    /// Comparisons that do not branch.
    Compare,
    /// Constants, copies of locals, choices.
    Copy,
    /// Loads.
    Load,
    /// Stores.
    Store,
    /// Branches, with the comparison in them; loop edges.
    Branch,
    /// Calls and returns, with the moves that belong to them.
    Call,
    /// Globals.
    Global,
    /// Memories as a whole: size, growth, bulk operators; atomic operators that do more than load or store.
    Memory,
    /// Tables and references.
    Table,
    /// Structures, arrays, i31.
    Object,
    /// Everything else: fuel, signal, unreachable.
    Other,
}

impl Family {
    /// All of them, in the order of tables.
    pub const ALL: [Family; 16] = [
        Family::I32,
        Family::I64,
        Family::F32,
        Family::F64,
        Family::Vector,
        Family::Compare,
        Family::Copy,
        Family::Load,
        Family::Store,
        Family::Branch,
        Family::Call,
        Family::Global,
        Family::Memory,
        Family::Table,
        Family::Object,
        Family::Other,
    ];

    /// Its name, lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Family::I32 => "i32",
            Family::I64 => "i64",
            Family::F32 => "f32",
            Family::F64 => "f64",
            Family::Vector => "vector",
            Family::Compare => "compare",
            Family::Copy => "copy",
            Family::Load => "load",
            Family::Store => "store",
            Family::Branch => "branch",
            Family::Call => "call",
            Family::Global => "global",
            Family::Memory => "memory",
            Family::Table => "table",
            Family::Object => "object",
            Family::Other => "other",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Row {
    /// Its family.
    pub fn family(&self) -> Family {
        let is_comparison =
            [&COMPARE, &COMPARE_F32, &COMPARE_F64].iter().any(|shape| core::ptr::eq(self.shape, *shape));
        match self.shape.handler {
            "Binary" if is_comparison => Family::Compare,
            "Unary" if self.name.ends_with(".eqz") => Family::Compare,
            "Unary" if self.name.ends_with(".const") || self.name.ends_with(".copy") => Family::Copy,
            "Select" => Family::Copy,
            "VectorConst" => Family::Copy,
            "Shuffle" | "ExtractLane" | "ReplaceLane" => Family::Vector,
            "VectorGlobalGet" | "VectorGlobalSet" => Family::Global,
            "Binary" | "Unary" | "Chain" if self.types.contains(&Ty::V128) => Family::Vector,
            "Binary" | "Unary" | "Chain" | "Step" | "StepTwo" | "Wide" | "MulWide" => match self.types.last() {
                Some(Ty::I32) => Family::I32,
                Some(Ty::I64) => Family::I64,
                Some(Ty::F32) => Family::F32,
                Some(Ty::F64) => Family::F64,
                Some(Ty::Ref | Ty::V128) | None => Family::Other,
            },
            "Fuel" | "Signal" | "Unreachable" => Family::Other,
            "LoopEdge" => Family::Branch,
            "ExitHost" | "Move" | "Take" | "Throw" | "ThrowRef" => Family::Call,
            "DataDrop" => Family::Memory,
            "ElemDrop" => Family::Table,
            handler => {
                const BY_VERB: [(&str, Family); 16] = [
                    ("Load", Family::Load),
                    ("Store", Family::Store),
                    ("Branch", Family::Branch),
                    ("Call", Family::Call),
                    ("Return", Family::Call),
                    ("Global", Family::Global),
                    ("Memory", Family::Memory),
                    ("AtomicLoad", Family::Load),
                    ("AtomicStore", Family::Store),
                    ("Atomic", Family::Memory),
                    ("Table", Family::Table),
                    ("Struct", Family::Object),
                    ("Array", Family::Object),
                    ("I31", Family::Object),
                    ("RefI31", Family::Object),
                    ("Ref", Family::Table),
                ];
                BY_VERB.iter().find(|(verb, _)| handler.starts_with(verb)).map_or(Family::Other, |(_, family)| *family)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::isa::{Family, table::ROWS};

    #[test]
    fn families_are_what_names_suggest() {
        for (name, expected) in [
            ("i32.add", Family::I32),
            ("i32.wrap_i64", Family::I32),
            ("i64.shl+add", Family::I64),
            ("f64.sqrt", Family::F64),
            ("f64.lt", Family::Compare),
            ("i64.eqz", Family::Compare),
            ("i32.copy", Family::Copy),
            ("f32.load.sum", Family::Load),
            ("i64.store.far", Family::Store),
            ("loop.i32.ne", Family::Branch),
            ("br_if.f64.lt", Family::Branch),
            ("return_call_indirect", Family::Call),
            ("argument.ref", Family::Call),
            ("ref.func", Family::Table),
            ("ref.copy", Family::Copy),
            ("ref.global.get.far", Family::Global),
            ("i32.global.get", Family::Global),
            ("memory.fill", Family::Memory),
            ("data.drop", Family::Memory),
            ("table.init", Family::Table),
            ("i32.step", Family::I32),
            ("ref.struct.get", Family::Object),
            ("ref.i31", Family::Object),
            ("call_ref", Family::Call),
            ("br_on_cast", Family::Branch),
            ("i8x16.eq", Family::Vector),
            ("v128.copy", Family::Copy),
            ("v128.const", Family::Copy),
            ("i64x2.extract_lane", Family::Vector),
            ("v128.load8_splat.far", Family::Load),
            ("v128.global.set", Family::Global),
        ] {
            let row = ROWS.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name}"));
            assert_eq!(row.family(), expected, "{name}");
        }
    }

    /// A shape that is new needs a family; `Other` is for these only.
    #[test]
    fn every_row_has_a_family() {
        for row in ROWS.iter().filter(|row| row.family() == Family::Other) {
            assert!(["fuel", "signal", "unreachable"].contains(&row.name), "{}", row.name);
        }
    }
}
