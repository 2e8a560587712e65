//! Globals, tables and references.

use super::{
    emit::accumulator_of,
    func::{Func, Refusal},
    memory64::with_index,
    module::Global,
    stack::{Accumulator, Place},
};
use crate::isa::{Row, Ty, encode::Field, kind};

impl Func<'_> {
    /// global.get
    pub fn global_get(&mut self, index: u32) -> Result<(), Refusal> {
        let ty = self.global(index)?.ty;
        if let Some(number) = self.own_global(index, ty) {
            let row = match ty {
                Ty::I32 => Row::I32GlobalGet,
                Ty::I64 => Row::I64GlobalGet,
                Ty::F32 => Row::F32GlobalGet,
                _ => Row::F64GlobalGet,
            };
            self.claim(accumulator_of(ty))?;
            self.emit(row, &[number, Field::REG])?;
            return self.push_accumulator(ty);
        }
        let any = Field::new(kind::GLOBAL32, i64::from(index));
        let row = match ty {
            Ty::V128 => {
                self.claim(Accumulator::Vector)?;
                self.emit(Row::V128GlobalGet, &[any, Field::REG])?;
                return self.push_accumulator(ty);
            }
            Ty::I32 | Ty::F32 => Row::I32GlobalGetFar,
            Ty::I64 | Ty::F64 => Row::I64GlobalGetFar,
            Ty::Ref => Row::RefGlobalGetFar,
        };
        self.push(ty, Place::Home)?;
        let home = self.stack.last().expect("just pushed").home;
        let to = self.slot(home);
        self.emit(row, &[any, to])
    }

    /// global.set
    pub fn global_set(&mut self, index: u32) -> Result<(), Refusal> {
        let Global { ty, is_mutable } = self.global(index)?;
        self.prove(is_mutable)?;
        let entry = self.pop(ty)?;
        if let Some(number) = self.own_global(index, ty) {
            let (mut row, float) = match ty {
                Ty::I32 => (Row::I32GlobalSet, false),
                Ty::I64 => (Row::I64GlobalSet, false),
                Ty::F32 => (Row::I32GlobalSet, true),
                _ => (Row::I64GlobalSet, true),
            };
            let value = match entry.place {
                Place::Const(bits) if ty == Ty::I32 && i16::try_from(bits as u32 as i32).is_ok() => {
                    Field::immediate(i64::from(bits as u32 as i32))
                }
                Place::Const(bits) if ty == Ty::I64 && i16::try_from(bits as i64).is_ok() => {
                    Field::immediate(bits as i64)
                }
                _ => self.field(&entry)?,
            };
            if float && value == Field::REG {
                row = if ty == Ty::F32 { Row::F32GlobalSet } else { Row::F64GlobalSet };
            }
            return self.emit(row, &[number, value]);
        }
        let any = Field::new(kind::GLOBAL32, i64::from(index));
        let row = match ty {
            Ty::V128 => {
                let value = self.field(&entry)?;
                return self.emit(Row::V128GlobalSet, &[any, value]);
            }
            Ty::I32 | Ty::F32 => Row::I32GlobalSetFar,
            Ty::I64 | Ty::F64 => Row::I64GlobalSetFar,
            Ty::Ref => Row::RefGlobalSetFar,
        };
        let value = self.slot_field(&entry)?;
        self.emit(row, &[any, value])
    }

    fn global(&self, index: u32) -> Result<Global, Refusal> {
        self.module.globals.get(index as usize).copied().ok_or(Refusal::Unproven)
    }

    /// The number of a number's global among those that this module defines, if it is one and near.
    fn own_global(&self, index: u32, ty: Ty) -> Option<Field> {
        let number = index.checked_sub(self.module.imported_globals)?;
        (!matches!(ty, Ty::Ref | Ty::V128)).then_some(())?;
        u16::try_from(number).ok().map(|number| Field::new(kind::GLOBAL, i64::from(number)))
    }

    /// A reference in a fresh home, as a slot.
    fn push_ref(&mut self) -> Result<Field, Refusal> {
        self.push(Ty::Ref, Place::Home)?;
        let home = self.stack.last().expect("just pushed").home;
        Ok(self.slot(home))
    }

    /// ref.null
    pub fn ref_null(&mut self) -> Result<(), Refusal> {
        self.push(Ty::Ref, Place::Const(0))
    }

    /// ref.func
    pub fn ref_func(&mut self, function: u32) -> Result<(), Refusal> {
        let to = self.push_ref()?;
        self.emit(Row::RefFunc, &[Field::new(kind::FUNC, i64::from(function)), to])
    }

    /// ref.is_null
    pub fn ref_is_null(&mut self) -> Result<(), Refusal> {
        let entry = self.pop(Ty::Ref)?;
        let operand = self.slot_field(&entry)?;
        self.claim(Accumulator::Int)?;
        self.emit(Row::RefIsNull, &[operand, Field::REG])?;
        self.push_accumulator(Ty::I32)
    }

    /// table.get
    pub fn table_get(&mut self, table: u32) -> Result<(), Refusal> {
        let ty = self.table_index_type(table)?;
        let index = self.pop(ty)?;
        let index = self.slot_field(&index)?;
        let to = self.push_ref()?;
        let table = self.table_field(table);
        self.emit_mapped(with_index(Row::TableGet, ty), &[table, index, to])
    }

    /// table.set
    pub fn table_set(&mut self, table: u32) -> Result<(), Refusal> {
        let ty = self.table_index_type(table)?;
        let value = self.pop(Ty::Ref)?;
        let index = self.pop(ty)?;
        let value = self.slot_field(&value)?;
        let index = self.slot_field(&index)?;
        let table = self.table_field(table);
        self.emit_mapped(with_index(Row::TableSet, ty), &[table, index, value])
    }

    /// table.size
    pub fn table_size(&mut self, table: u32) -> Result<(), Refusal> {
        let ty = self.table_index_type(table)?;
        self.claim(Accumulator::Int)?;
        self.emit(with_index(Row::TableSize, ty), &[Field::new(kind::TABLE, i64::from(table)), Field::REG])?;
        self.push_accumulator(ty)
    }

    /// table.grow
    pub fn table_grow(&mut self, table: u32) -> Result<(), Refusal> {
        let ty = self.table_index_type(table)?;
        let count = self.pop(ty)?;
        let value = self.pop(Ty::Ref)?;
        let count = self.slot_field(&count)?;
        let value = self.slot_field(&value)?;
        self.claim(Accumulator::Int)?;
        let table = self.table_field(table);
        self.emit_mapped(with_index(Row::TableGrow, ty), &[table, value, count, Field::REG])?;
        self.push_accumulator(ty)
    }

    /// The index of a table as a field of what may write it, or gives its elements away.
    pub fn table_field(&mut self, table: u32) -> Field {
        self.used_tables |= 1_u128.checked_shl(table).unwrap_or(0);
        Field::new(kind::TABLE, i64::from(table))
    }
}
