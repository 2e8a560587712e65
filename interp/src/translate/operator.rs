//! The operators one by one: reads each, and hands it to the file of its family.
//!
//! Opcodes of one byte are listed here, as in section 5.4 of the specification; those with a prefix, and the rest of what is
//! seldom, are read by wasmparser. Invariant: each operator has one place here.

use super::{
    call::Callee,
    func::{Func, Refusal},
    memory::memory_field,
    memory64::{with_index, with_indices},
    module::operand_type,
    read::Reader,
    stack::Place,
};
use crate::isa::{Row, Ty, encode::Field, kind};
use wasmparser::Operator;

const ELSE: u8 = 0x05;
const END: u8 = 0x0b;

/// Loads from 0x28 on: near and far, and what they may be aligned to at most, as a binary logarithm.
const LOADS: [(Row, Row, u32); 14] = [
    (Row::I32Load, Row::I32LoadFar, 2),
    (Row::I64Load, Row::I64LoadFar, 3),
    (Row::F32Load, Row::F32LoadFar, 2),
    (Row::F64Load, Row::F64LoadFar, 3),
    (Row::I32Load8S, Row::I32Load8SFar, 0),
    (Row::I32Load8U, Row::I32Load8UFar, 0),
    (Row::I32Load16S, Row::I32Load16SFar, 1),
    (Row::I32Load16U, Row::I32Load16UFar, 1),
    (Row::I64Load8S, Row::I64Load8SFar, 0),
    (Row::I64Load8U, Row::I64Load8UFar, 0),
    (Row::I64Load16S, Row::I64Load16SFar, 1),
    (Row::I64Load16U, Row::I64Load16UFar, 1),
    (Row::I64Load32S, Row::I64Load32SFar, 2),
    (Row::I64Load32U, Row::I64Load32UFar, 2),
];

/// Stores from 0x36 on: near and far, type of the value, alignment. A store does not tell integers from floats by their bits.
const STORES: [(Row, Row, Ty, u32); 9] = [
    (Row::I32Store, Row::I32StoreFar, Ty::I32, 2),
    (Row::I64Store, Row::I64StoreFar, Ty::I64, 3),
    (Row::I32Store, Row::I32StoreFar, Ty::F32, 2),
    (Row::I64Store, Row::I64StoreFar, Ty::F64, 3),
    (Row::I32Store8, Row::I32Store8Far, Ty::I32, 0),
    (Row::I32Store16, Row::I32Store16Far, Ty::I32, 1),
    (Row::I32Store8, Row::I32Store8Far, Ty::I64, 0),
    (Row::I32Store16, Row::I32Store16Far, Ty::I64, 1),
    (Row::I32Store, Row::I32StoreFar, Ty::I64, 2),
];

/// Numeric operators from 0x45 on are the rows of the same name.
#[rustfmt::skip]
const NUMERIC: [Row; 128] = {
    use Row::*;
    [
        I32Eqz, I32Eq, I32Ne, I32LtS, I32LtU, I32GtS, I32GtU, I32LeS, I32LeU, I32GeS, I32GeU,
        I64Eqz, I64Eq, I64Ne, I64LtS, I64LtU, I64GtS, I64GtU, I64LeS, I64LeU, I64GeS, I64GeU,
        F32Eq, F32Ne, F32Lt, F32Gt, F32Le, F32Ge, F64Eq, F64Ne, F64Lt, F64Gt, F64Le, F64Ge,
        I32Clz, I32Ctz, I32Popcnt, I32Add, I32Sub, I32Mul, I32DivS, I32DivU, I32RemS, I32RemU,
        I32And, I32Or, I32Xor, I32Shl, I32ShrS, I32ShrU, I32Rotl, I32Rotr,
        I64Clz, I64Ctz, I64Popcnt, I64Add, I64Sub, I64Mul, I64DivS, I64DivU, I64RemS, I64RemU,
        I64And, I64Or, I64Xor, I64Shl, I64ShrS, I64ShrU, I64Rotl, I64Rotr,
        F32Abs, F32Neg, F32Ceil, F32Floor, F32Trunc, F32Nearest, F32Sqrt,
        F32Add, F32Sub, F32Mul, F32Div, F32Min, F32Max, F32Copysign,
        F64Abs, F64Neg, F64Ceil, F64Floor, F64Trunc, F64Nearest, F64Sqrt,
        F64Add, F64Sub, F64Mul, F64Div, F64Min, F64Max, F64Copysign,
        I32WrapI64, I32TruncF32S, I32TruncF32U, I32TruncF64S, I32TruncF64U,
        I64ExtendI32S, I64ExtendI32U, I64TruncF32S, I64TruncF32U, I64TruncF64S, I64TruncF64U,
        F32ConvertI32S, F32ConvertI32U, F32ConvertI64S, F32ConvertI64U, F32DemoteF64,
        F64ConvertI32S, F64ConvertI32U, F64ConvertI64S, F64ConvertI64U, F64PromoteF32,
        I32ReinterpretF32, I64ReinterpretF64, F32ReinterpretI32, F64ReinterpretI64,
        I32Extend8S, I32Extend16S, I64Extend8S, I64Extend16S, I64Extend32S,
    ]
};

impl Func<'_> {
    /// Translates a function's body: locals, then operators to the end.
    pub fn body(&mut self, mut reader: Reader<'_>) -> Result<(), Refusal> {
        for _ in 0..reader.unsigned()? {
            let count = reader.unsigned()?;
            let ty = operand_type(reader.read()?)?;
            self.declare_locals(count, ty)?;
        }
        self.expression(reader)
    }

    /// Translates operators to the end: the rest of a body, or a constant expression as the body of a function.
    pub fn expression(&mut self, mut reader: Reader<'_>) -> Result<(), Refusal> {
        self.wasm_offset = reader.wasm_offset();
        self.enter()?;
        while !self.control.is_empty() {
            self.wasm_offset = reader.wasm_offset();
            let opcode = reader.byte()?;
            if !self.reachable {
                self.dead_operator(opcode, &mut reader)?;
                continue;
            }
            if self.module.config.fuel {
                self.charge_operator(opcode)?;
            }
            self.operator(opcode, &mut reader)?;
        }
        self.prove(reader.is_at_end())
    }

    /// Charges fuel for an operator; those that end a basic block of the source end what is charged at its start.
    fn charge_operator(&mut self, opcode: u8) -> Result<(), Refusal> {
        if !matches!(opcode, ELSE | END) {
            self.charge()?;
        }
        // unreachable; block to else; throw, throw_ref; end to return; try_table; return_call, return_call_indirect, return_call_ref; br_on_null, br_on_non_null
        if matches!(opcode, 0x00 | 0x02..=ELSE | 0x08 | 0x0a | END..=0x0f | 0x1f | 0x12 | 0x13 | 0x15 | 0xd5 | 0xd6) {
            self.close_fuel();
        }
        Ok(())
    }

    /// An operator in dead code, where the stack has any operands that are wanted.
    fn dead_operator(&mut self, opcode: u8, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        match opcode {
            ELSE => return self.begin_else(),
            END => return self.end(),
            _ => self.leave_to_validator()?,
        }
        reader.unread();
        match reader.operator()? {
            Operator::Block { .. } | Operator::Loop { .. } => self.open_dead(false),
            Operator::TryTable { .. } => self.open_dead(false),
            Operator::If { .. } => self.open_dead(true),
            _ => Ok(()),
        }
    }

    #[inline(always)]
    fn operator(&mut self, opcode: u8, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        match opcode {
            0x00 => self.unreachable(),
            0x01 => Ok(()),
            0x02 => self.block(reader.block_type()?),
            0x03 => self.begin_loop(reader.block_type()?),
            0x04 => self.begin_if(reader.block_type()?),
            ELSE => self.begin_else(),
            END => self.end(),
            0x08 => self.throw(reader.unsigned()?),
            0x0a => self.throw_ref(),
            0x0c => self.branch(reader.unsigned()?),
            0x0d => self.branch_if(reader.unsigned()?),
            0x0f => self.return_(),
            0x10 => self.call(Callee::Function(reader.unsigned()?)),
            0x11 => self.call(Callee::Indirect { ty: reader.unsigned()?, table: reader.unsigned()? }),
            0x12 => self.return_call(Callee::Function(reader.unsigned()?)),
            0x13 => self.return_call(Callee::Indirect { ty: reader.unsigned()?, table: reader.unsigned()? }),
            0x1a => self.pop_any().map(drop),
            0x1b => self.select(None),
            0x20 => self.local_get(reader.unsigned()?),
            0x21 => self.local_set(reader.unsigned()?),
            0x22 => self.local_tee(reader.unsigned()?),
            0x23 => self.global_get(reader.unsigned()?),
            0x24 => self.global_set(reader.unsigned()?),
            0x28..0x36 => {
                let (row, far, align) = LOADS[usize::from(opcode - 0x28)];
                self.load(row, far, align, reader.memarg()?)
            }
            0x36..0x3f => {
                let (row, far, ty, align) = STORES[usize::from(opcode - 0x36)];
                self.store(row, far, ty, align, reader.memarg()?)
            }
            0x3f => self.memory_size(reader.unsigned()?),
            0x40 => self.memory_grow(reader.unsigned()?),
            0x41 => self.push(Ty::I32, Place::Const(reader.signed::<32>()? as u64 & 0xffff_ffff)),
            0x42 => self.push(Ty::I64, Place::Const(reader.signed::<64>()? as u64)),
            0x43 => self.push(Ty::F32, Place::Const(u64::from(reader.bytes4()?))),
            0x44 => self.push(Ty::F64, Place::Const(reader.bytes8()?)),
            0xa7 => self.wrap(),
            0xfd => self.vector(reader),
            0x45..0xc5 => self.numeric(NUMERIC[usize::from(opcode - 0x45)]),
            _ => {
                reader.unread();
                self.seldom(&reader.operator()?)
            }
        }
    }

    #[inline(never)]
    fn seldom(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        use Operator as O;
        match *operator {
            O::BrTable { ref targets } => self.branch_table(targets),
            O::TypedSelect { ty } => self.select(Some(operand_type(ty)?)),
            O::I32TruncSatF32S => self.numeric(Row::I32TruncSatF32S),
            O::I32TruncSatF32U => self.numeric(Row::I32TruncSatF32U),
            O::I32TruncSatF64S => self.numeric(Row::I32TruncSatF64S),
            O::I32TruncSatF64U => self.numeric(Row::I32TruncSatF64U),
            O::I64TruncSatF32S => self.numeric(Row::I64TruncSatF32S),
            O::I64TruncSatF32U => self.numeric(Row::I64TruncSatF32U),
            O::I64TruncSatF64S => self.numeric(Row::I64TruncSatF64S),
            O::I64TruncSatF64U => self.numeric(Row::I64TruncSatF64U),
            O::I64Add128 => self.wide(Row::I64Add128, 4),
            O::I64Sub128 => self.wide(Row::I64Sub128, 4),
            O::I64MulWideS => self.wide(Row::I64MulWideS, 2),
            O::I64MulWideU => self.wide(Row::I64MulWideU, 2),
            O::MemoryFill { mem } => self.memory_fill(mem),
            O::MemoryCopy { dst_mem, src_mem } => self.memory_copy(dst_mem, src_mem),
            _ => self.segment_or_reference(operator),
        }
    }

    /// Operators whose indices and references only the validator knows.
    fn segment_or_reference(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        use Operator as O;
        self.leave_to_validator()?;
        match *operator {
            O::MemoryInit { data_index, mem } => {
                let row = self.of_memory(Row::MemoryInit, mem)?;
                self.bulk(row, &[memory_field(mem), Field::new(kind::DATA, i64::from(data_index))])
            }
            O::DataDrop { data_index } => self.emit(Row::DataDrop, &[Field::new(kind::DATA, i64::from(data_index))]),
            O::TableGet { table } => self.table_get(table),
            O::TableSet { table } => self.table_set(table),
            O::TableSize { table } => self.table_size(table),
            O::TableGrow { table } => self.table_grow(table),
            O::TableFill { table } => {
                let (row, table) = (with_index(Row::TableFill, self.table_index_type(table)?), self.table_field(table));
                self.bulk(row, &[table])
            }
            O::TableCopy { dst_table, src_table } => {
                let (to, from) = (self.table_index_type(dst_table)?, self.table_index_type(src_table)?);
                let tables = [self.table_field(dst_table), self.table_field(src_table)];
                self.bulk(with_indices(Row::TableCopy, to, from), &tables)
            }
            O::TableInit { elem_index, table } => {
                let (row, table) = (with_index(Row::TableInit, self.table_index_type(table)?), self.table_field(table));
                self.bulk(row, &[table, Field::new(kind::ELEM, i64::from(elem_index))])
            }
            O::ElemDrop { elem_index } => self.emit(Row::ElemDrop, &[Field::new(kind::ELEM, i64::from(elem_index))]),
            O::RefNull { .. } => self.ref_null(),
            O::RefFunc { function_index } => self.ref_func(function_index),
            O::RefIsNull => self.ref_is_null(),
            O::TryTable { ref try_table } => self.try_table(try_table),
            O::RefAsNonNull => self.ref_as_non_null(),
            O::BrOnNull { relative_depth } => self.br_on_null(relative_depth),
            O::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            O::CallRef { type_index } => self.call(Callee::Reference(type_index)),
            O::ReturnCallRef { type_index } => self.return_call(Callee::Reference(type_index)),
            _ => self.gc_operator(operator),
        }
    }
}
