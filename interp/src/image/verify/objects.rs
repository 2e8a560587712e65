//! Rules for instructions on structures and arrays: the type is of the kind, the field of the width, the cells are there. What type a
//! reference has at run time is not known here: every access checks it.
//!
//! Called from `Verifier::instruction` in `mod.rs`, which has checked that the type's index is in range.

use super::{Rule, Verifier, require};
use crate::{
    gc::layout::{HEADER_BYTES as OBJECT_HEADER_BYTES, OBJECT_ALIGN, Storage},
    image::broken::Broken,
    isa::{HEADER_BYTES, Instruction, Row, Ty},
    types::{
        CELL_BYTES, TypeIndex, ValType,
        rec::{CompositeType, StorageType},
    },
};

impl Verifier<'_> {
    /// Instructions on objects: the type is of the kind, the field of the width, the cells are there.
    #[inline(never)]
    pub(super) fn object(&self, instruction: &Instruction, values: [u32; 6]) -> Rule {
        const NO_STRUCT: &str = "type of no structure";
        const NO_ARRAY: &str = "type of no array";
        let composite = |index| self.image.sub_type(TypeIndex(index)).map(|ty| ty.composite);
        let structure = |index| match composite(index) {
            Some(CompositeType::Struct(fields)) => Ok(fields),
            _ => Err(Broken::from(NO_STRUCT)),
        };
        let element = |index| match composite(index) {
            Some(CompositeType::Array(fields)) => fields.get(0).ok_or(Broken::from(NO_ARRAY)),
            _ => Err(Broken::from(NO_ARRAY)),
        };
        let is_typed = |found: ValType, ty: Option<Ty>| {
            ty.is_some_and(|ty| found.bytes() == ty.bytes() && found.is_ref() == (ty == Ty::Ref))
        };
        let row = instruction.row;
        match row {
            Row::StructNewDefault => structure(values[0]).map(drop),
            Row::StructNew => {
                let fields = structure(values[0])?;
                let (words, refs) = fields.last().map_or((0, 0), |last| {
                    let storage = Storage::from(last.ty.storage);
                    let end = (u32::from(last.offset) + storage.bytes()).next_multiple_of(OBJECT_ALIGN);
                    ((end - OBJECT_HEADER_BYTES) / CELL_BYTES, u32::from(last.refs) + u32::from(last.is_ref()))
                });
                require(words <= 32, "structure of more than 32 words")?;
                self.data_cells(values[1], words - refs)?;
                self.ref_cells(values[2], refs)
            }
            Row::ArrayNewDefault => element(values[1]).map(drop),
            Row::ArrayNewFixed | Row::RefArrayNewFixed => {
                let element = element(values[0])?;
                require(element.is_ref() == (row == Row::RefArrayNewFixed), "array of another kind")?;
                let cells = values[1] * element.ty.storage.unpacked().cells();
                if element.is_ref() { self.ref_cells(values[2], cells) } else { self.data_cells(values[2], cells) }
            }
            Row::ArrayNewData | Row::ArrayNewElem => {
                let is_ref = element(values[2])?.is_ref();
                require(is_ref == (row == Row::ArrayNewElem), "array of another kind")
            }
            Row::I32ArrayNew | Row::I64ArrayNew | Row::V128ArrayNew | Row::RefArrayNew => {
                let found = element(values[2])?.ty.storage.unpacked();
                require(is_typed(found, instruction.first_ty()), "array of another kind")
            }
            _ => {
                // Fields: structure, type, offset.
                let field = structure(values[1])?;
                let field = u16::try_from(values[2]).ok().and_then(|offset| field.at_offset(offset));
                let storage = field.ok_or("no field at that offset")?.ty.storage;
                let is_as_typed = match row {
                    Row::I8StructGetS | Row::I8StructGetU | Row::I8StructSet => storage == StorageType::I8,
                    Row::I16StructGetS | Row::I16StructGetU | Row::I16StructSet => storage == StorageType::I16,
                    _ => matches!(storage, StorageType::Val(found) if is_typed(found, instruction.last_ty())),
                };
                require(is_as_typed, "field of another kind or width")
            }
        }
    }

    /// So many cells of data from here on, above all references.
    fn data_cells(&self, offset: u32, count: u32) -> Rule {
        require(offset.is_multiple_of(CELL_BYTES), "slot not aligned")?;
        require(count == 0 || offset >= self.refs_end, "reference cell used as data")?;
        let is_behind = offset >= u32::from(self.func.header_offset) + HEADER_BYTES;
        require(count == 0 || is_behind, "slot in the frame header")?;
        require(offset + count * CELL_BYTES <= self.func.frame_bytes, "slot outside the frame")
    }

    /// So many cells of references from here on.
    fn ref_cells(&self, offset: u32, count: u32) -> Rule {
        require(offset.is_multiple_of(CELL_BYTES), "slot not aligned")?;
        require(offset + count * CELL_BYTES <= self.func.frame_bytes, "slot outside the frame")?;
        let first = offset / CELL_BYTES;
        let are_refs = (first..first + count).all(|cell| self.func.cell_map.is_reference(cell));
        require(are_refs, "data cell used as a reference")
    }
}

/// Whether an instruction names a type of structures or arrays.
pub(super) fn is_gc(row: Row) -> bool {
    matches!(
        row,
        Row::StructNew
            | Row::StructNewDefault
            | Row::I32StructGet
            | Row::I64StructGet
            | Row::F32StructGet
            | Row::F64StructGet
            | Row::V128StructGet
            | Row::RefStructGet
            | Row::I8StructGetS
            | Row::I8StructGetU
            | Row::I16StructGetS
            | Row::I16StructGetU
            | Row::I32StructSet
            | Row::I64StructSet
            | Row::F32StructSet
            | Row::F64StructSet
            | Row::V128StructSet
            | Row::RefStructSet
            | Row::I8StructSet
            | Row::I16StructSet
            | Row::I32ArrayNew
            | Row::I64ArrayNew
            | Row::V128ArrayNew
            | Row::RefArrayNew
            | Row::ArrayNewDefault
            | Row::ArrayNewFixed
            | Row::RefArrayNewFixed
            | Row::ArrayNewData
            | Row::ArrayNewElem
    )
}
