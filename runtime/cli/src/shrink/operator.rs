//! Operators by what `function.rs` makes of them: comparisons, sums and the like, accesses to memory. Those that are not here give anything.

use super::value::{Relation, Value};
use wasmparser::{BlockType, MemArg, ModuleArity, Operator, SubType};

/// A comparison as Wasm has it.
pub struct Comparison {
    pub relation: Relation,
    pub is_signed: bool,
}

/// Which comparison of two i32 it is, if it is one.
pub fn comparison(operator: &Operator<'_>) -> Option<Comparison> {
    let (relation, is_signed) = match operator {
        Operator::I32Eq => (Relation::Eq, false),
        Operator::I32Ne => (Relation::Ne, false),
        Operator::I32LtU => (Relation::Below, false),
        Operator::I32LeU => (Relation::AtMost, false),
        Operator::I32GtU => (Relation::Above, false),
        Operator::I32GeU => (Relation::AtLeast, false),
        Operator::I32LtS => (Relation::Below, true),
        Operator::I32LeS => (Relation::AtMost, true),
        Operator::I32GtS => (Relation::Above, true),
        Operator::I32GeS => (Relation::AtLeast, true),
        _ => return None,
    };
    Some(Comparison { relation, is_signed })
}

/// What it computes of two i32, if that is followed.
pub fn binary(operator: &Operator<'_>) -> Option<fn(Value, Value) -> Value> {
    Some(match operator {
        Operator::I32Add => Value::add,
        Operator::I32Sub => Value::sub,
        Operator::I32Mul => Value::mul,
        Operator::I32Shl => Value::shl,
        Operator::I32ShrU => Value::shr_u,
        Operator::I32And => Value::and,
        Operator::I32Or => Value::or,
        Operator::I32Xor => Value::xor,
        Operator::I32RemU => Value::rem_u,
        Operator::I32DivU => Value::div_u,
        _ => return None,
    })
}

/// A load: where from, how many bytes, and what comes.
pub fn load<'o>(operator: &'o Operator<'_>) -> Option<(&'o MemArg, i64, Value)> {
    Some(match operator {
        Operator::I32Load8U { memarg } => (memarg, 1, Value::range(0, 0xff)),
        Operator::I32Load16U { memarg } => (memarg, 2, Value::range(0, 0xffff)),
        Operator::I32Load8S { memarg } | Operator::I64Load8S { memarg } | Operator::I64Load8U { memarg } => {
            (memarg, 1, Value::ANY)
        }
        Operator::I32Load16S { memarg } | Operator::I64Load16S { memarg } | Operator::I64Load16U { memarg } => {
            (memarg, 2, Value::ANY)
        }
        Operator::I32Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg } => (memarg, 4, Value::ANY),
        Operator::I64Load { memarg } | Operator::F64Load { memarg } => (memarg, 8, Value::ANY),
        _ => return None,
    })
}

/// A store: where to, and how many bytes.
pub fn store<'o>(operator: &'o Operator<'_>) -> Option<(&'o MemArg, i64)> {
    Some(match operator {
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (memarg, 1),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => (memarg, 2),
        Operator::I32Store { memarg } | Operator::F32Store { memarg } | Operator::I64Store32 { memarg } => (memarg, 4),
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => (memarg, 8),
        _ => return None,
    })
}

/// For operators that compute: all others are not asked for.
pub struct NoBlocks;

impl ModuleArity for NoBlocks {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&wasmparser::FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, wasmparser::FrameKind)> {
        None
    }
}
