//! The operators one by one: validates each, then hands it to the file of its family.

use super::{
    call::Callee,
    func::{Func, Refusal},
    memory::memory_field,
    module::{error, ty},
    stack::Place,
    variable::table_field,
};
use crate::{
    error::Error,
    isa::{Row, Ty, encode::Field, kind},
};
use alloc::vec::Vec;
use core::mem::ManuallyDrop;
use wasmparser::{BinaryReader, FrameKind, FrameStack, FuncValidator, Operator, VisitOperator, WasmModuleResources};

/// Numeric operators are the rows of the same name.
macro_rules! numeric_row {
    ($operator:expr, unary: $($unary:ident)*; binary: $($binary:ident)*; else $other:block) => {
        match $operator {
            $(Operator::$unary => return self_unary!(Row::$unary),)*
            $(Operator::$binary => return self_binary!(Row::$binary),)*
            _ => $other
        }
    };
}

impl Func<'_> {
    /// Translates a function's body: locals, then operators to the end. Without a validator the body is known to be valid.
    pub fn body<T: WasmModuleResources>(
        &mut self,
        reader: &mut BinaryReader<'_>,
        mut validator: Option<&mut FuncValidator<T>>,
    ) -> Result<(), Error> {
        let groups = reader.read_var_u32().map_err(|e| error(&e))?;
        for _ in 0..groups {
            let offset = reader.original_position();
            let count = reader.read_var_u32().map_err(|e| error(&e))?;
            let local: wasmparser::ValType = reader.read().map_err(|e| error(&e))?;
            if let Some(validator) = &mut validator {
                validator.define_locals(offset, count, local).map_err(|e| error(&e))?;
            }
            self.declare_locals(count, ty(local)).map_err(|refusal| refusal.at(self.wasm_offset))?;
        }
        self.wasm_offset = reader.original_position() as u32;
        self.enter().map_err(|refusal| refusal.at(self.wasm_offset))?;
        let mut each = Each { func: self, validator, invalid: None };
        while !reader.eof() {
            each.func.wasm_offset = reader.original_position() as u32;
            if let Err(refused) = reader.visit_operator(&mut each).map_err(|e| error(&e))? {
                return Err(each.error(refused));
            }
        }
        reader.finish_expression(&each).map_err(|e| error(&e))
    }

    /// Translates a constant expression, already valid, as the body of a function.
    pub fn expression(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<(), Error> {
        let at = |refusal: Refusal| refusal.at(0);
        self.enter().map_err(at)?;
        for operator in expr.get_operators_reader() {
            self.operator(&operator.map_err(|e| error(&e))?).map_err(at)?;
        }
        Ok(())
    }

    /// Inlined into each visiting method, where the operator is known: what is left there is one call.
    #[inline(always)]
    fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        if !self.reachable {
            return match operator {
                Operator::Block { .. } | Operator::Loop { .. } => self.open_dead(false),
                Operator::If { .. } => self.open_dead(true),
                Operator::Else => self.begin_else(),
                Operator::End => self.end(),
                _ => Ok(()),
            };
        }
        if !matches!(operator, Operator::End | Operator::Else) {
            self.charge_operator()?;
        }
        if is_control(operator) {
            self.close_fuel();
        }
        self.translate(operator)
    }

    #[inline(always)]
    #[rustfmt::skip]
    fn translate(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        macro_rules! self_unary { ($row:expr) => { self.unary($row) } }
        macro_rules! self_binary { ($row:expr) => { self.binary($row) } }
        numeric_row!(operator,
            unary:
                I32Eqz I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S
                I64Eqz I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S I64ExtendI32S I64ExtendI32U
                F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt
                F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
                I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
                I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
                I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
                F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U
                F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U
                F32DemoteF64 F64PromoteF32 I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32 F64ReinterpretI64;
            binary:
                I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr
                I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
                I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr
                I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
                F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign F32Eq F32Ne F32Lt F32Gt F32Le F32Ge
                F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign F64Eq F64Ne F64Lt F64Gt F64Le F64Ge;
            else { self.other(operator) }
        )
    }

    #[inline(always)]
    fn other(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        use Operator as O;
        match *operator {
            O::Nop => Ok(()),
            O::Unreachable => self.unreachable(),
            O::Block { blockty } => self.block(blockty),
            O::Loop { blockty } => self.begin_loop(blockty),
            O::If { blockty } => self.begin_if(blockty),
            O::Else => self.begin_else(),
            O::End => self.end(),
            O::Br { relative_depth } => self.branch(relative_depth),
            O::BrIf { relative_depth } => self.branch_if(relative_depth),
            O::BrTable { ref targets } => self.branch_table(targets),
            O::Return => self.return_(),
            O::Call { function_index } => self.call(Callee::Function(function_index)),
            O::CallIndirect { type_index, table_index } => {
                self.call(Callee::Indirect { table: table_index, ty: type_index })
            }
            O::ReturnCall { function_index } => self.return_call(Callee::Function(function_index)),
            O::ReturnCallIndirect { type_index, table_index } => {
                self.return_call(Callee::Indirect { table: table_index, ty: type_index })
            }
            O::Drop => {
                self.pop();
                Ok(())
            }
            O::Select | O::TypedSelect { .. } => self.select(),
            O::LocalGet { local_index } => self.local_get(local_index),
            O::LocalSet { local_index } => self.local_set(local_index),
            O::LocalTee { local_index } => self.local_tee(local_index),
            O::GlobalGet { global_index } => self.global_get(global_index),
            O::GlobalSet { global_index } => self.global_set(global_index),
            O::I32Const { value } => self.push(Ty::I32, Place::Const(u64::from(value as u32))),
            O::I64Const { value } => self.push(Ty::I64, Place::Const(value as u64)),
            O::F32Const { value } => self.push(Ty::F32, Place::Const(u64::from(value.bits()))),
            O::F64Const { value } => self.push(Ty::F64, Place::Const(value.bits())),
            O::I32WrapI64 => self.wrap(),
            O::I64Add128 => self.wide(Row::I64Add128, 4),
            O::I64Sub128 => self.wide(Row::I64Sub128, 4),
            O::I64MulWideS => self.wide(Row::I64MulWideS, 2),
            O::I64MulWideU => self.wide(Row::I64MulWideU, 2),
            _ => self.memory_or_table(operator),
        }
    }

    #[inline(always)]
    fn memory_or_table(&mut self, operator: &Operator<'_>) -> Result<(), Refusal> {
        use Operator as O;
        match *operator {
            O::I32Load { memarg } => self.load(Row::I32Load, Row::I32LoadFar, memarg),
            O::I32Load8S { memarg } => self.load(Row::I32Load8S, Row::I32Load8SFar, memarg),
            O::I32Load8U { memarg } => self.load(Row::I32Load8U, Row::I32Load8UFar, memarg),
            O::I32Load16S { memarg } => self.load(Row::I32Load16S, Row::I32Load16SFar, memarg),
            O::I32Load16U { memarg } => self.load(Row::I32Load16U, Row::I32Load16UFar, memarg),
            O::I64Load { memarg } => self.load(Row::I64Load, Row::I64LoadFar, memarg),
            O::I64Load8S { memarg } => self.load(Row::I64Load8S, Row::I64Load8SFar, memarg),
            O::I64Load8U { memarg } => self.load(Row::I64Load8U, Row::I64Load8UFar, memarg),
            O::I64Load16S { memarg } => self.load(Row::I64Load16S, Row::I64Load16SFar, memarg),
            O::I64Load16U { memarg } => self.load(Row::I64Load16U, Row::I64Load16UFar, memarg),
            O::I64Load32S { memarg } => self.load(Row::I64Load32S, Row::I64Load32SFar, memarg),
            O::I64Load32U { memarg } => self.load(Row::I64Load32U, Row::I64Load32UFar, memarg),
            O::F32Load { memarg } => self.load(Row::F32Load, Row::F32LoadFar, memarg),
            O::F64Load { memarg } => self.load(Row::F64Load, Row::F64LoadFar, memarg),
            O::I32Store { memarg } | O::I64Store32 { memarg } => {
                self.store(Row::I32Store, Row::I32StoreFar, None, memarg)
            }
            O::I32Store8 { memarg } | O::I64Store8 { memarg } => {
                self.store(Row::I32Store8, Row::I32Store8Far, None, memarg)
            }
            O::I32Store16 { memarg } | O::I64Store16 { memarg } => {
                self.store(Row::I32Store16, Row::I32Store16Far, None, memarg)
            }
            O::I64Store { memarg } => self.store(Row::I64Store, Row::I64StoreFar, None, memarg),
            O::F32Store { memarg } => self.store(Row::I32Store, Row::I32StoreFar, Some(Row::F32Store), memarg),
            O::F64Store { memarg } => self.store(Row::I64Store, Row::I64StoreFar, Some(Row::F64Store), memarg),
            O::MemorySize { mem } => self.memory_size(mem),
            O::MemoryGrow { mem } => self.memory_grow(mem),
            O::MemoryFill { mem } => self.bulk(Row::MemoryFill, &[memory_field(mem)]),
            O::MemoryCopy { dst_mem, src_mem } => {
                self.bulk(Row::MemoryCopy, &[memory_field(dst_mem), memory_field(src_mem)])
            }
            O::MemoryInit { data_index, mem } => {
                self.bulk(Row::MemoryInit, &[memory_field(mem), Field::new(kind::DATA, i64::from(data_index))])
            }
            O::DataDrop { data_index } => self.emit(Row::DataDrop, &[Field::new(kind::DATA, i64::from(data_index))]),
            O::TableGet { table } => self.table_get(table),
            O::TableSet { table } => self.table_set(table),
            O::TableSize { table } => self.table_size(table),
            O::TableGrow { table } => self.table_grow(table),
            O::TableFill { table } => self.bulk(Row::TableFill, &[table_field(table)]),
            O::TableCopy { dst_table, src_table } => {
                self.bulk(Row::TableCopy, &[table_field(dst_table), table_field(src_table)])
            }
            O::TableInit { elem_index, table } => {
                self.bulk(Row::TableInit, &[table_field(table), Field::new(kind::ELEM, i64::from(elem_index))])
            }
            O::ElemDrop { elem_index } => self.emit(Row::ElemDrop, &[Field::new(kind::ELEM, i64::from(elem_index))]),
            O::RefNull { .. } => self.ref_null(),
            O::RefFunc { function_index } => self.ref_func(function_index),
            O::RefIsNull => self.ref_is_null(),
            _ => Err(Refusal::Operator),
        }
    }
}

/// Validates and translates operators as they are read.
struct Each<'f, 'm, 'v, T> {
    func: &'f mut Func<'m>,
    validator: Option<&'v mut FuncValidator<T>>,
    /// What the validator says.
    invalid: Option<Error>,
}

/// An operator was refused. As small as can be: it is returned from nearly every function here.
enum Refused {
    /// By the validator.
    Invalid,
    /// By the translator.
    Valid(Refusal),
}

impl<T: WasmModuleResources> Each<'_, '_, '_, T> {
    #[cold]
    fn invalid(&mut self, refusal: &wasmparser::BinaryReaderError) -> Result<(), Refused> {
        self.invalid = Some(error(refusal));
        Err(Refused::Invalid)
    }

    /// Why an operator was refused.
    #[cold]
    fn error(&mut self, refused: Refused) -> Error {
        match refused {
            Refused::Valid(refusal) => refusal.at(self.func.wasm_offset),
            Refused::Invalid => self.invalid.take().expect("the validator's error was kept"),
        }
    }
}

impl<T> FrameStack for Each<'_, '_, '_, T> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.func.current_frame()
    }
}

/// Methods of `VisitOperator`: the validator's method of the same name, then the translator.
macro_rules! visit_each {
    ($(@$proposal:ident $operator:ident $({ $($argument:ident: $ty:ty),* })? => $visit:ident ($($annotation:tt)*))*) => { $(
        fn $visit(&mut self $($(, $argument: $ty)*)?) -> Result<(), Refused> {
            let valid = self.validator.as_mut().map_or(Ok(()), |validator| {
                validator.visitor(u64::from(self.func.wasm_offset)).$visit($($($argument.clone()),*)?)
            });
            if let Err(refusal) = valid {
                return self.invalid(&refusal);
            }
            // Operators that own something belong to features that are off: the validator has refused them.
            let operator = ManuallyDrop::new(Operator::$operator $({ $($argument),* })?);
            self.func.operator(&operator).map_err(Refused::Valid)
        }
    )* };
}

#[allow(clippy::clone_on_copy)]
impl<'a, T: WasmModuleResources> VisitOperator<'a> for Each<'_, '_, '_, T> {
    type Output = Result<(), Refused>;
    wasmparser::for_each_visit_operator!(visit_each);
}

/// Operators that end a basic block of the source, for fuel.
#[inline(always)]
fn is_control(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Unreachable
            | O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::End
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Return
            | O::ReturnCall { .. }
            | O::ReturnCallIndirect { .. }
    )
}
