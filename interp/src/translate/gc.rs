//! Operators on structures, arrays and i31, and casts. Functions with references are validated before: see [`Func::leave_to_validator`].
//!
//! The fields of a new structure are taken from the homes of its operands, by one instruction; structures with packed fields, and large ones, are made of zeros and then
//! written field by field. A cast leaves its reference where it is.

use super::{
    control::Test,
    emit::accumulator_of,
    func::{Func, Refusal},
    module::{TypeInfo, operand},
    stack::{Accumulator, Entry, Place},
};
use crate::{
    gc::layout::{HEADER_BYTES, OBJECT_ALIGN, Storage},
    isa::{Level, Row, Ty, encode::Field, kind},
    types::rec::{PlacedField, StorageType},
};
use wasmparser::Operator;

/// The most words of a structure that one instruction makes of its fields.
const NEW_WORDS_MAX: u32 = 32;

fn storage_of(ty: StorageType) -> Storage {
    ty.into()
}

impl<'a> Func<'a> {
    fn struct_fields(&self, ty: u32) -> Result<&'a [PlacedField], Refusal> {
        match self.module.types.get(ty as usize) {
            Some(TypeInfo::Struct(fields)) => Ok(fields),
            _ => Err(Refusal::Unproven),
        }
    }

    fn element(&self, ty: u32) -> Result<StorageType, Refusal> {
        match self.module.types.get(ty as usize) {
            Some(TypeInfo::Array(element)) => Ok(*element),
            _ => Err(Refusal::Unproven),
        }
    }

    fn type_field(&self, ty: u32) -> Field {
        Field::new(kind::TYPE, i64::from(self.module.image_types[ty as usize].0))
    }

    /// A reference in a fresh home, as a slot.
    fn push_reference(&mut self) -> Result<Field, Refusal> {
        self.push(Ty::Ref, Place::Home)?;
        let home = self.stack.last().expect("just pushed").home;
        Ok(self.slot(home))
    }

    /// struct.new
    fn struct_new(&mut self, ty: u32) -> Result<(), Refusal> {
        let fields = self.struct_fields(ty)?;
        self.prove(self.stack.len() >= self.floor + fields.len())?;
        let from = self.stack.len() - fields.len();
        let Some(last) = fields.last() else { return self.struct_new_default(ty) };
        let end = (u32::from(last.offset) + storage_of(last.ty.storage).bytes()).next_multiple_of(OBJECT_ALIGN);
        let words = (end - HEADER_BYTES) / 4;
        let is_packed = fields.iter().any(|field| !matches!(field.ty.storage, StorageType::Val(_)));
        if is_packed || words > NEW_WORDS_MAX {
            return self.struct_new_by_fields(ty, fields, from);
        }
        self.settle_from(from)?;
        let (data, refs) = self.bases(from);
        // The last word may be there for alignment only.
        let refs_count = u32::from(last.refs) + u32::from(last.is_ref());
        self.frame_bytes = self.frame_bytes.max(data + 4 * (words - refs_count));
        self.take_from(from);
        let (data, refs) = (self.cell(data), self.cell(refs));
        let to = self.push_reference()?;
        self.emit_mapped(Row::StructNew, &[self.type_field(ty), data, refs, to])
    }

    /// Homes of the first datum and of the first reference among the operands from `from` on, which all are there.
    fn bases(&self, from: usize) -> (u32, u32) {
        let first = |is_ref: bool| self.stack[from..].iter().find(|entry| (entry.ty == Ty::Ref) == is_ref);
        let data = first(false).map_or(self.data_top, |entry| entry.home);
        (data, first(true).map_or(0, |entry| entry.home))
    }

    fn take_from(&mut self, from: usize) {
        while self.stack.len() > from {
            self.take();
        }
    }

    /// The first of several cells.
    fn cell(&mut self, offset: u32) -> Field {
        Field::new(kind::WINDOW, self.slot(offset).value)
    }

    /// A new structure of zeros, whose fields are then written.
    fn struct_new_by_fields(&mut self, ty: u32, fields: &[PlacedField], from: usize) -> Result<(), Refusal> {
        // Above all operands, which are read afterwards.
        let object = self.push_reference()?;
        self.emit_mapped(Row::StructNewDefault, &[self.type_field(ty), object])?;
        self.take();
        for (i, field) in fields.iter().enumerate() {
            let entry = self.stack[from + i];
            self.store_field(ty, field, object, &entry)?;
        }
        self.take_from(from);
        let to = self.push_reference()?;
        if to == object { Ok(()) } else { self.copy(Ty::Ref, object, to) }
    }

    /// struct.new_default
    fn struct_new_default(&mut self, ty: u32) -> Result<(), Refusal> {
        let to = self.push_reference()?;
        self.emit_mapped(Row::StructNewDefault, &[self.type_field(ty), to])
    }

    /// struct.get, and its packed forms
    fn struct_get(&mut self, ty: u32, index: u32, is_signed: bool) -> Result<(), Refusal> {
        let field = *self.struct_fields(ty)?.get(index as usize).ok_or(Refusal::Unproven)?;
        let entry = self.pop(Ty::Ref)?;
        let object = self.slot_field(&entry)?;
        let row = match (storage_of(field.ty.storage), is_signed) {
            (Storage::I8, true) => Row::I8StructGetS,
            (Storage::I8, false) => Row::I8StructGetU,
            (Storage::I16, true) => Row::I16StructGetS,
            (Storage::I16, false) => Row::I16StructGetU,
            (Storage::I32, _) => Row::I32StructGet,
            (Storage::I64, _) => Row::I64StructGet,
            (Storage::F32, _) => Row::F32StructGet,
            (Storage::F64, _) => Row::F64StructGet,
            (Storage::Ref, _) => Row::RefStructGet,
            (Storage::V128, _) => Row::V128StructGet,
        };
        let offset = Field::new(kind::OFF16, i64::from(field.offset));
        let ty_field = self.type_field(ty);
        self.result(operand(field.ty.storage.unpacked()), |func, to| {
            func.emit_mapped(row, &[object, ty_field, offset, to])
        })
    }

    /// Emits an instruction with a result, to its accumulator or, if it is a reference, to its home; pushes the result.
    fn result(&mut self, ty: Ty, emit: impl FnOnce(&mut Self, Field) -> Result<(), Refusal>) -> Result<(), Refusal> {
        if ty == Ty::Ref {
            let to = self.push_reference()?;
            return emit(self, to);
        }
        self.claim(accumulator_of(ty))?;
        emit(self, Field::REG)?;
        self.push_accumulator(ty)
    }

    /// Writes an operand to a field of the structure in a slot.
    fn store_field(&mut self, ty: u32, field: &PlacedField, object: Field, value: &Entry) -> Result<(), Refusal> {
        let row = match storage_of(field.ty.storage) {
            Storage::I8 => Row::I8StructSet,
            Storage::I16 => Row::I16StructSet,
            Storage::I32 => Row::I32StructSet,
            Storage::I64 => Row::I64StructSet,
            Storage::F32 => Row::F32StructSet,
            Storage::F64 => Row::F64StructSet,
            Storage::Ref => Row::RefStructSet,
            Storage::V128 => Row::V128StructSet,
        };
        let value = self.stored(value)?;
        let offset = Field::new(kind::OFF16, i64::from(field.offset));
        self.emit_mapped(row, &[object, self.type_field(ty), offset, value])
    }

    /// A value to be stored: a short integer as an immediate, an accumulator, or a slot.
    fn stored(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        if self.level() > Level::Base
            && let Some(immediate) = short(entry)
        {
            return Ok(immediate);
        }
        if entry.ty == Ty::Ref { self.slot_field(entry) } else { self.field(entry) }
    }

    /// struct.set
    fn struct_set(&mut self, ty: u32, index: u32) -> Result<(), Refusal> {
        let field = *self.struct_fields(ty)?.get(index as usize).ok_or(Refusal::Unproven)?;
        let value = self.pop(operand(field.ty.storage.unpacked()))?;
        let object = self.pop(Ty::Ref)?;
        let object = self.slot_field(&object)?;
        self.store_field(ty, &field, object, &value)
    }

    /// array.new
    fn array_new(&mut self, ty: u32) -> Result<(), Refusal> {
        let element = operand(self.element(ty)?.unpacked());
        let row = match element {
            Ty::I32 | Ty::F32 => Row::I32ArrayNew,
            Ty::I64 | Ty::F64 => Row::I64ArrayNew,
            Ty::Ref => Row::RefArrayNew,
            Ty::V128 => Row::V128ArrayNew,
        };
        let len = self.pop(Ty::I32)?;
        let value = self.pop(element)?;
        let (len, value) = (self.slot_field(&len)?, self.slot_field(&value)?);
        let to = self.push_reference()?;
        self.emit_mapped(row, &[value, len, self.type_field(ty), to])
    }

    /// array.new_default
    fn array_new_default(&mut self, ty: u32) -> Result<(), Refusal> {
        self.element(ty)?;
        let len = self.pop(Ty::I32)?;
        let len = self.stored(&len)?;
        let to = self.push_reference()?;
        self.emit_mapped(Row::ArrayNewDefault, &[len, self.type_field(ty), to])
    }

    /// array.new_fixed
    fn array_new_fixed(&mut self, ty: u32, len: u32) -> Result<(), Refusal> {
        let is_ref = storage_of(self.element(ty)?) == Storage::Ref;
        self.prove(self.stack.len() >= self.floor + len as usize)?;
        let len_field = Field::new(kind::OFF16, i64::from(u16::try_from(len).map_err(|_| Refusal::Stack)?));
        let from = self.stack.len() - len as usize;
        self.settle_from(from)?;
        let (data, refs) = self.bases(from);
        self.take_from(from);
        let first = self.cell(if is_ref { refs } else { data });
        let to = self.push_reference()?;
        let row = if is_ref { Row::RefArrayNewFixed } else { Row::ArrayNewFixed };
        self.emit_mapped(row, &[self.type_field(ty), len_field, first, to])
    }

    /// array.new_data, array.new_elem
    fn array_new_segment(&mut self, row: Row, ty: u32, segment: Field) -> Result<(), Refusal> {
        self.element(ty)?;
        let len = self.pop(Ty::I32)?;
        let offset = self.pop(Ty::I32)?;
        let (len, offset) = (self.slot_field(&len)?, self.slot_field(&offset)?);
        let to = self.push_reference()?;
        self.emit_mapped(row, &[offset, len, self.type_field(ty), segment, to])
    }

    /// An index: a short constant as an immediate, the accumulator, or a slot.
    fn index(&mut self, entry: &Entry) -> Result<Field, Refusal> {
        match short(entry) {
            Some(immediate) if self.level() > Level::Base => Ok(immediate),
            _ => self.field(entry),
        }
    }

    /// array.get, and its packed forms
    fn array_get(&mut self, ty: u32, is_signed: bool) -> Result<(), Refusal> {
        let element = self.element(ty)?;
        let index = self.pop(Ty::I32)?;
        let array = self.pop(Ty::Ref)?;
        let (array, index) = (self.slot_field(&array)?, self.index(&index)?);
        let row = match (storage_of(element), is_signed) {
            (Storage::I8, true) => Row::I8ArrayGetS,
            (Storage::I8, false) => Row::I8ArrayGetU,
            (Storage::I16, true) => Row::I16ArrayGetS,
            (Storage::I16, false) => Row::I16ArrayGetU,
            (Storage::I32, _) => Row::I32ArrayGet,
            (Storage::I64, _) => Row::I64ArrayGet,
            (Storage::F32, _) => Row::F32ArrayGet,
            (Storage::F64, _) => Row::F64ArrayGet,
            (Storage::Ref, _) => Row::RefArrayGet,
            (Storage::V128, _) => Row::V128ArrayGet,
        };
        self.result(operand(element.unpacked()), |func, to| func.emit_mapped(row, &[array, index, to]))
    }

    /// array.set
    fn array_set(&mut self, ty: u32) -> Result<(), Refusal> {
        let element = self.element(ty)?;
        let value = self.pop(operand(element.unpacked()))?;
        let index = self.pop(Ty::I32)?;
        let array = self.pop(Ty::Ref)?;
        let row = match storage_of(element) {
            Storage::I8 => Row::I8ArraySet,
            Storage::I16 => Row::I16ArraySet,
            Storage::I32 => Row::I32ArraySet,
            Storage::I64 => Row::I64ArraySet,
            Storage::F32 => Row::F32ArraySet,
            Storage::F64 => Row::F64ArraySet,
            Storage::Ref => Row::RefArraySet,
            Storage::V128 => Row::V128ArraySet,
        };
        let array = self.slot_field(&array)?;
        let index_field = self.index(&index)?;
        let mut value_field = self.stored(&value)?;
        let is_short = value_field.kind == kind::IMM16;
        let both_in_r0 =
            index_field == Field::REG && value_field == Field::REG && accumulator_of(value.ty) == Accumulator::Int;
        // There are forms for one immediate only.
        if both_in_r0 || is_short && index_field.kind == kind::IMM16 {
            value_field = self.slot_field(&value)?;
        }
        self.emit_mapped(row, &[array, index_field, value_field])
    }

    /// array.len
    fn array_len(&mut self) -> Result<(), Refusal> {
        let array = self.pop(Ty::Ref)?;
        let array = self.slot_field(&array)?;
        self.result(Ty::I32, |func, to| func.emit_mapped(Row::ArrayLen, &[array, to]))
    }

    /// Takes operands of a row's types, all in slots, and emits it with a last field if there is one.
    fn bulk_array(&mut self, row: Row, last: Option<Field>) -> Result<(), Refusal> {
        let types = row.get().types;
        let mut fields = [Field::NONE; 6];
        for index in (0..types.len()).rev() {
            // Floats are moved by their bits.
            let entry = self.pop_any()?;
            fields[index] = self.slot_field(&entry)?;
        }
        let mut len = types.len();
        if let Some(last) = last {
            fields[len] = last;
            len += 1;
        }
        self.map_here()?;
        self.emit_any(row, &fields[..len])
    }

    /// array.fill
    fn array_fill(&mut self, ty: u32) -> Result<(), Refusal> {
        let row = match operand(self.element(ty)?.unpacked()) {
            Ty::I32 | Ty::F32 => Row::I32ArrayFill,
            Ty::I64 | Ty::F64 => Row::I64ArrayFill,
            Ty::Ref => Row::RefArrayFill,
            Ty::V128 => Row::V128ArrayFill,
        };
        self.bulk_array(row, None)
    }

    /// ref.i31
    fn ref_i31(&mut self) -> Result<(), Refusal> {
        let value = self.pop(Ty::I32)?;
        let value = match short(&value) {
            Some(immediate) => immediate,
            None => self.field(&value)?,
        };
        let to = self.push_reference()?;
        self.emit(Row::RefI31, &[value, to])
    }

    /// i31.get_s, i31.get_u
    fn i31_get(&mut self, row: Row) -> Result<(), Refusal> {
        let reference = self.pop(Ty::Ref)?;
        let reference = self.slot_field(&reference)?;
        self.result(Ty::I32, |func, to| func.emit_mapped(row, &[reference, to]))
    }

    /// ref.eq
    fn ref_eq(&mut self) -> Result<(), Refusal> {
        let (right, left) = (self.pop(Ty::Ref)?, self.pop(Ty::Ref)?);
        let (right, left) = (self.slot_field(&right)?, self.slot_field(&left)?);
        self.result(Ty::I32, |func, to| func.emit(Row::RefEq, &[left, right, to]))
    }

    /// The coding of a reference type as a field.
    fn ref_type_field(&self, is_nullable: bool, heap: wasmparser::HeapType) -> Result<Field, Refusal> {
        let ty = wasmparser::RefType::new(is_nullable, heap).ok_or(Refusal::Operator)?;
        let word = self.module.ref_type(ty).map_err(|_| Refusal::Operator)?.to_word();
        Ok(Field::new(kind::REF_TYPE, i64::from(word)))
    }

    /// ref.test
    fn ref_test(&mut self, is_nullable: bool, heap: wasmparser::HeapType) -> Result<(), Refusal> {
        let ty = self.ref_type_field(is_nullable, heap)?;
        let reference = self.pop(Ty::Ref)?;
        let reference = self.slot_field(&reference)?;
        self.result(Ty::I32, |func, to| func.emit(Row::RefTest, &[reference, ty, to]))
    }

    /// ref.cast
    fn ref_cast(&mut self, is_nullable: bool, heap: wasmparser::HeapType) -> Result<(), Refusal> {
        let ty = self.ref_type_field(is_nullable, heap)?;
        let entry = self.pop(Ty::Ref)?;
        let slot = self.slot_field(&entry)?;
        self.emit_mapped(Row::RefCast, &[slot, ty])?;
        self.push_back(&entry)
    }

    /// br_on_cast, br_on_cast_fail
    fn br_on_cast(&mut self, depth: u32, to: wasmparser::RefType, is_cast: bool) -> Result<(), Refusal> {
        if self.module.config.fuel {
            self.close_fuel();
        }
        let ty = self.ref_type_field(to.is_nullable(), to.heap_type())?;
        let entry = *self.stack.last().ok_or(Refusal::Unproven)?;
        let slot = self.slot_field(&entry)?;
        self.branch_on(depth, &Test::Cast(slot, ty, is_cast))
    }

    /// The operators of the proposal.
    pub fn gc_operator(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        use Operator as O;
        let data = |index: u32| Field::new(kind::DATA, i64::from(index));
        let elem = |index: u32| Field::new(kind::ELEM, i64::from(index));
        match *operator {
            O::StructNew { struct_type_index } => self.struct_new(struct_type_index),
            O::StructNewDefault { struct_type_index } => self.struct_new_default(struct_type_index),
            O::StructGet { struct_type_index, field_index } | O::StructGetU { struct_type_index, field_index } => {
                self.struct_get(struct_type_index, field_index, false)
            }
            O::StructGetS { struct_type_index, field_index } => self.struct_get(struct_type_index, field_index, true),
            O::StructSet { struct_type_index, field_index } => self.struct_set(struct_type_index, field_index),
            O::ArrayNew { array_type_index } => self.array_new(array_type_index),
            O::ArrayNewDefault { array_type_index } => self.array_new_default(array_type_index),
            O::ArrayNewFixed { array_type_index, array_size } => self.array_new_fixed(array_type_index, array_size),
            O::ArrayNewData { array_type_index, array_data_index } => {
                self.array_new_segment(Row::ArrayNewData, array_type_index, data(array_data_index))
            }
            O::ArrayNewElem { array_type_index, array_elem_index } => {
                self.array_new_segment(Row::ArrayNewElem, array_type_index, elem(array_elem_index))
            }
            O::ArrayGet { array_type_index } | O::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, false)
            }
            O::ArrayGetS { array_type_index } => self.array_get(array_type_index, true),
            O::ArraySet { array_type_index } => self.array_set(array_type_index),
            O::ArrayLen => self.array_len(),
            O::ArrayFill { array_type_index } => self.array_fill(array_type_index),
            O::ArrayCopy { .. } => self.bulk_array(Row::ArrayCopy, None),
            O::ArrayInitData { array_data_index, .. } => {
                self.bulk_array(Row::ArrayInitData, Some(data(array_data_index)))
            }
            O::ArrayInitElem { array_elem_index, .. } => {
                self.bulk_array(Row::ArrayInitElem, Some(elem(array_elem_index)))
            }
            O::RefI31 => self.ref_i31(),
            O::I31GetS => self.i31_get(Row::I31GetS),
            O::I31GetU => self.i31_get(Row::I31GetU),
            O::RefEq => self.ref_eq(),
            O::RefTestNonNull { hty } => self.ref_test(false, hty),
            O::RefTestNullable { hty } => self.ref_test(true, hty),
            O::RefCastNonNull { hty } => self.ref_cast(false, hty),
            O::RefCastNullable { hty } => self.ref_cast(true, hty),
            O::BrOnCast { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, true),
            O::BrOnCastFail { relative_depth, to_ref_type, .. } => self.br_on_cast(relative_depth, to_ref_type, false),
            // A handle means the same on both sides.
            O::AnyConvertExtern | O::ExternConvertAny => Ok(()),
            _ => self.atomic(operator),
        }
    }
}

/// A short integer constant as an immediate.
fn short(entry: &Entry) -> Option<Field> {
    let Place::Const(bits) = entry.place else { return None };
    let value = match entry.ty {
        Ty::I32 => i64::from(bits as u32 as i32),
        Ty::I64 => bits as i64,
        _ => return None,
    };
    i16::try_from(value).is_ok().then(|| Field::immediate(value))
}
