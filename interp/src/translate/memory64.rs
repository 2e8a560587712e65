//! Memories and tables with 64-bit addresses and indices: which types their operators take, and which rows do what those of 32 bits do.
//!
//! Each row of `isa/ops_memory64.rs` has the name of another one and a suffix, and they stand in the same order.

use super::{
    func::{Func, Refusal},
    fuse::offset,
    module::{index_type, operand},
};
use crate::isa::{Row, Ty};

impl Func<'_> {
    /// Type of an address in a memory, if there is such a memory.
    pub fn address_type(&self, memory: u32) -> Result<Ty, Refusal> {
        let ty = self.module.memories.get(memory as usize).ok_or(Refusal::Unproven)?;
        Ok(operand(index_type(ty.is_memory64)))
    }

    /// Type of an index in a table, if there is such a table.
    pub fn table_index_type(&self, table: u32) -> Result<Ty, Refusal> {
        let ty = self.module.tables.get(table as usize).ok_or(Refusal::Unproven)?;
        Ok(operand(index_type(ty.is_table64)))
    }
}

/// The row that does what `row` does, with addresses or indices of this type.
pub fn with_index(row: Row, ty: Ty) -> Row {
    if ty == Ty::I64 { wide(row) } else { row }
}

/// The row of a copy from one memory to another, or from one table to another.
pub fn with_indices(row: Row, to: Ty, from: Ty) -> Row {
    match (to, from, row) {
        (Ty::I64, Ty::I64, _) => wide(row),
        (Ty::I64, _, Row::MemoryCopy) => Row::MemoryCopyMemory64From32,
        (_, Ty::I64, Row::MemoryCopy) => Row::MemoryCopyMemory64To32,
        (Ty::I64, _, _) => Row::TableCopyTable64From32,
        (_, Ty::I64, _) => Row::TableCopyTable64To32,
        _ => row,
    }
}

fn wide(row: Row) -> Row {
    const RANGES: [(Row, Row, Row); 3] = [
        (Row::I32Load, Row::MemoryInit, Row::I32LoadMemory64),
        (Row::TableGet, Row::TableInit, Row::TableGetTable64),
        (Row::V128LoadFar, Row::V128StoreFar, Row::V128LoadFarMemory64),
    ];
    for (first, last, wide) in RANGES {
        if (first as usize..=last as usize).contains(&(row as usize)) {
            return offset(wide, row as usize - first as usize);
        }
    }
    match row {
        Row::CallIndirect => Row::CallIndirectTable64,
        Row::ReturnCallIndirect => Row::ReturnCallIndirectTable64,
        _ => unreachable!("a row with an address or an index"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::table::ROWS;

    #[test]
    fn rows_are_found_by_their_order() {
        let mut wide_count = 0;
        for (index, row) in ROWS.iter().enumerate() {
            // Those of shared memories are found by other ways.
            if row.name.contains(".shared") {
                continue;
            }
            let named = |suffix: &str| ROWS.iter().find(|wide| wide.name.strip_suffix(suffix) == Some(row.name));
            if let Some(expected) = named(".memory64").or_else(|| named(".table64")) {
                let found = wide(Row::from_index(index).expect("a row")).get();
                assert_eq!(found.name, expected.name);
                wide_count += 1;
            }
        }
        let with_suffix = |row: &crate::isa::table::Row| {
            (row.name.ends_with(".memory64") || row.name.ends_with(".table64")) && !row.name.contains(".shared")
        };
        assert_eq!(wide_count, ROWS.iter().filter(|row| with_suffix(row)).count());
    }
}
