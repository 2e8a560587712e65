//! Rules for what instructions name by index: memories, tables and globals are of the kind that the row is for.
//!
//! Called from `Verifier::instruction` and `Verifier::operand` in `mod.rs`, which have checked that indices of memories and tables are in
//! range.

use super::{NO_MEMORY, Rule, Verifier, require};
use crate::{
    image::Image,
    isa::{Instruction, Row, Ty, kind},
    types::{GlobalIndex, MemoryIndex, MemoryType, RefType, TableIndex},
};

const ANOTHER_SHARING: &str = "plain access to a shared memory, or the other way round";
const ANOTHER_INDEX: &str = "memory or table with addresses or indices of another type";

/// What a row may do with the memories that it names.
#[derive(PartialEq, Eq)]
enum Sharing {
    /// Plain accesses, of memories that are not shared.
    Plain,
    /// Those of shared memories.
    Shared,
    /// Accesses that any memory allows.
    Any,
}

fn sharing(row: Row) -> Sharing {
    let is_in = |first: Row, last: Row| (first as usize..=last as usize).contains(&(row as usize));
    if is_in(Row::I32LoadShared, Row::MemoryInitSharedMemory64) {
        Sharing::Shared
    } else if is_in(Row::MemoryCopyShared, LAST_ATOMIC) {
        Sharing::Any
    } else {
        Sharing::Plain
    }
}

const LAST_ATOMIC: Row = Row::I64AtomicRmw32CmpxchgU;

/// Whether a row takes addresses of 64 bits, whatever the memory has.
fn has_wide_address(row: Row) -> bool {
    let is_in = |first: Row, last: Row| (first as usize..=last as usize).contains(&(row as usize));
    is_in(Row::I32LoadSharedFar, Row::I64StoreSharedFar) || is_in(Row::AtomicFence, LAST_ATOMIC)
}

/// Whether a table has 64-bit indices, if there is such a table.
pub(super) fn is_table64(image: &Image<'_>, index: u32) -> Option<bool> {
    image.table(TableIndex(index)).map(|table| table.ty.is_table64)
}

impl<'a> Verifier<'a> {
    /// Memory 0 is of this kind.
    pub(super) fn near(&self, is_64: bool, is_shared: bool) -> Rule {
        let is_so = |memory: MemoryType| memory.is_memory64 == is_64 && memory.is_shared == is_shared;
        require(self.memory.is_some_and(is_so), NO_MEMORY)
    }

    /// Memories and tables have addresses and indices of the instruction's types: operands of integers in the order of those. Shared memories are
    /// named by the rows for them, and by no others.
    pub(super) fn indices(&self, instruction: &Instruction<'a>) -> Rule {
        let (sharing, is_wide) = (sharing(instruction.row), has_wide_address(instruction.row));
        let mut types = instruction.operands().filter_map(|operand| operand.ty).filter(|ty| *ty != Ty::Ref);
        for operand in instruction.operands() {
            let is_64 = match operand.kind {
                kind::MEMORY => {
                    let memory = self.image.memory(MemoryIndex(operand.value as u32)).ok_or(NO_MEMORY)?;
                    let is_so = sharing == Sharing::Any || memory.is_shared == (sharing == Sharing::Shared);
                    require(is_so, ANOTHER_SHARING)?;
                    Some(if is_wide { true } else { memory.is_memory64 })
                }
                kind::TABLE => is_table64(self.image, operand.value as u32),
                _ => continue,
            };
            require(is_64 == types.next().map(|ty| ty == Ty::I64), ANOTHER_INDEX)?;
        }
        Ok(())
    }

    /// A global holds what the row moves: a reference, or data of that width; it is mutable if it is set.
    pub(super) fn global(&self, instruction: &Instruction<'_>, index: u32) -> Rule {
        let global = self.image.global(GlobalIndex(index)).ok_or("global index out of range")?;
        let ty = instruction.first_ty().ok_or("global without a type")?;
        let (content, is_ref) = (global.ty.content, ty == Ty::Ref);
        require(content.is_ref() == is_ref && content.bytes() == ty.bytes(), "global of another kind or width")?;
        let is_read = matches!(
            instruction.row,
            Row::I32GlobalGet
                | Row::I64GlobalGet
                | Row::F32GlobalGet
                | Row::F64GlobalGet
                | Row::I32GlobalGetFar
                | Row::I64GlobalGetFar
                | Row::RefGlobalGetFar
                | Row::V128GlobalGet
        );
        require(is_read || global.ty.is_mutable, "immutable global set")
    }

    /// Element type of a table.
    pub(super) fn element(&self, index: u32) -> Rule<RefType> {
        Ok(self.image.table(TableIndex(index)).ok_or("table index out of range")?.ty.element)
    }
}
