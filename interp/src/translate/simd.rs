//! Operators on vectors: their opcodes, and those that are made of other rows.
//!
//! A comparison by `gt` or `ge` is one by `lt` or `le` with its operands exchanged; loads and stores of a lane are those of a number, and a lane
//! replaced or extracted. Relaxed operators do what the deterministic profile of the specification says (appendix A.2, every choice
//! the first one), which all but one of the others do too: the same results on every target.
//!
//! Source: WebAssembly specification 3.0, section 5.4.10 (vector instructions).

use super::{
    emit::accumulator_of,
    func::{Func, Refusal},
    fuse::RowSet,
    read::{MemArg, Reader},
    stack::{Accumulator, Entry},
};
use crate::isa::{Row, Ty, encode::Field, encode::form_of, kind};

/// Number of opcodes behind the prefix.
const OPCODES: usize = 0x114;

/// Operators that are a row of the table: unary, binary, and shifts.
#[rustfmt::skip]
const NUMERIC: [Option<Row>; OPCODES] = {
    use Row::*;
    const RUNS: &[(usize, &[Row])] = &[
        (14, &[I8x16Swizzle, I8x16Splat, I16x8Splat, I32x4Splat, I64x2Splat, F32x4Splat, F64x2Splat]),
        (35, &[I8x16Eq, I8x16Ne, I8x16LtS, I8x16LtU]), (41, &[I8x16LeS, I8x16LeU]),
        (45, &[I16x8Eq, I16x8Ne, I16x8LtS, I16x8LtU]), (51, &[I16x8LeS, I16x8LeU]),
        (55, &[I32x4Eq, I32x4Ne, I32x4LtS, I32x4LtU]), (61, &[I32x4LeS, I32x4LeU]),
        (65, &[F32x4Eq, F32x4Ne, F32x4Lt]), (69, &[F32x4Le]),
        (71, &[F64x2Eq, F64x2Ne, F64x2Lt]), (75, &[F64x2Le]),
        (77, &[V128Not, V128And, V128Andnot, V128Or, V128Xor]), (83, &[V128AnyTrue]),
        (94, &[F32x4DemoteF64x2Zero, F64x2PromoteLowF32x4]),
        (96, &[
            I8x16Abs, I8x16Neg, I8x16Popcnt, I8x16AllTrue, I8x16Bitmask, I8x16NarrowI16x8S, I8x16NarrowI16x8U,
            F32x4Ceil, F32x4Floor, F32x4Trunc, F32x4Nearest, I8x16Shl, I8x16ShrS, I8x16ShrU,
            I8x16Add, I8x16AddSatS, I8x16AddSatU, I8x16Sub, I8x16SubSatS, I8x16SubSatU, F64x2Ceil, F64x2Floor,
            I8x16MinS, I8x16MinU, I8x16MaxS, I8x16MaxU, F64x2Trunc, I8x16AvgrU,
            I16x8ExtaddPairwiseI8x16S, I16x8ExtaddPairwiseI8x16U, I32x4ExtaddPairwiseI16x8S, I32x4ExtaddPairwiseI16x8U,
            I16x8Abs, I16x8Neg, I16x8Q15mulrSatS, I16x8AllTrue, I16x8Bitmask, I16x8NarrowI32x4S, I16x8NarrowI32x4U,
            I16x8ExtendLowI8x16S, I16x8ExtendHighI8x16S, I16x8ExtendLowI8x16U, I16x8ExtendHighI8x16U,
            I16x8Shl, I16x8ShrS, I16x8ShrU, I16x8Add, I16x8AddSatS, I16x8AddSatU, I16x8Sub, I16x8SubSatS, I16x8SubSatU,
            F64x2Nearest, I16x8Mul, I16x8MinS, I16x8MinU, I16x8MaxS, I16x8MaxU,
        ]),
        (155, &[
            I16x8AvgrU, I16x8ExtmulLowI8x16S, I16x8ExtmulHighI8x16S, I16x8ExtmulLowI8x16U, I16x8ExtmulHighI8x16U,
            I32x4Abs, I32x4Neg,
        ]),
        (163, &[I32x4AllTrue, I32x4Bitmask]),
        (167, &[
            I32x4ExtendLowI16x8S, I32x4ExtendHighI16x8S, I32x4ExtendLowI16x8U, I32x4ExtendHighI16x8U,
            I32x4Shl, I32x4ShrS, I32x4ShrU, I32x4Add,
        ]),
        (177, &[I32x4Sub]), (181, &[I32x4Mul, I32x4MinS, I32x4MinU, I32x4MaxS, I32x4MaxU, I32x4DotI16x8S]),
        (188, &[
            I32x4ExtmulLowI16x8S, I32x4ExtmulHighI16x8S, I32x4ExtmulLowI16x8U, I32x4ExtmulHighI16x8U, I64x2Abs, I64x2Neg,
        ]),
        (195, &[I64x2AllTrue, I64x2Bitmask]),
        (199, &[
            I64x2ExtendLowI32x4S, I64x2ExtendHighI32x4S, I64x2ExtendLowI32x4U, I64x2ExtendHighI32x4U,
            I64x2Shl, I64x2ShrS, I64x2ShrU, I64x2Add,
        ]),
        (209, &[I64x2Sub]), (213, &[I64x2Mul, I64x2Eq, I64x2Ne, I64x2LtS]), (218, &[I64x2LeS]),
        (220, &[I64x2ExtmulLowI32x4S, I64x2ExtmulHighI32x4S, I64x2ExtmulLowI32x4U, I64x2ExtmulHighI32x4U]),
        (224, &[F32x4Abs, F32x4Neg]),
        (227, &[
            F32x4Sqrt, F32x4Add, F32x4Sub, F32x4Mul, F32x4Div, F32x4Min, F32x4Max, F32x4Pmin, F32x4Pmax, F64x2Abs, F64x2Neg,
        ]),
        (239, &[
            F64x2Sqrt, F64x2Add, F64x2Sub, F64x2Mul, F64x2Div, F64x2Min, F64x2Max, F64x2Pmin, F64x2Pmax,
            I32x4TruncSatF32x4S, I32x4TruncSatF32x4U, F32x4ConvertI32x4S, F32x4ConvertI32x4U,
            I32x4TruncSatF64x2SZero, I32x4TruncSatF64x2UZero, F64x2ConvertLowI32x4S, F64x2ConvertLowI32x4U,
            // Relaxed ones from here on.
            I8x16Swizzle, I32x4TruncSatF32x4S, I32x4TruncSatF32x4U, I32x4TruncSatF64x2SZero, I32x4TruncSatF64x2UZero,
        ]),
        (269, &[F32x4Min, F32x4Max, F64x2Min, F64x2Max, I16x8Q15mulrSatS, I16x8RelaxedDotI8x16I7x16S]),
    ];
    let mut rows = [None; OPCODES];
    let mut run = 0;
    while run < RUNS.len() {
        let (first, list) = RUNS[run];
        let mut i = 0;
        while i < list.len() {
            rows[first + i] = Some(list[i]);
            i += 1;
        }
        run += 1;
    }
    rows
};

/// Loads of whole vectors: near and far, alignment.
const LOADS: [(Row, Row, u32); 11] = [
    (Row::V128Load, Row::V128LoadFar, 4),
    (Row::V128Load8x8S, Row::V128Load8x8SFar, 3),
    (Row::V128Load8x8U, Row::V128Load8x8UFar, 3),
    (Row::V128Load16x4S, Row::V128Load16x4SFar, 3),
    (Row::V128Load16x4U, Row::V128Load16x4UFar, 3),
    (Row::V128Load32x2S, Row::V128Load32x2SFar, 3),
    (Row::V128Load32x2U, Row::V128Load32x2UFar, 3),
    (Row::V128Load8Splat, Row::V128Load8SplatFar, 0),
    (Row::V128Load16Splat, Row::V128Load16SplatFar, 1),
    (Row::V128Load32Splat, Row::V128Load32SplatFar, 2),
    (Row::V128Load64Splat, Row::V128Load64SplatFar, 3),
];

/// A lane in memory, by the logarithm of its bytes: how it is loaded, near and far, put into a vector, taken out, stored.
const LANES: [(Row, Row, Row, Row, Row, Row); 4] = [
    (
        Row::I32Load8U,
        Row::I32Load8UFar,
        Row::I8x16ReplaceLane,
        Row::I8x16ExtractLaneU,
        Row::I32Store8,
        Row::I32Store8Far,
    ),
    (
        Row::I32Load16U,
        Row::I32Load16UFar,
        Row::I16x8ReplaceLane,
        Row::I16x8ExtractLaneU,
        Row::I32Store16,
        Row::I32Store16Far,
    ),
    (Row::I32Load, Row::I32LoadFar, Row::I32x4ReplaceLane, Row::I32x4ExtractLane, Row::I32Store, Row::I32StoreFar),
    (Row::I64Load, Row::I64LoadFar, Row::I64x2ReplaceLane, Row::I64x2ExtractLane, Row::I64Store, Row::I64StoreFar),
];

/// What may give a NaN that no operand is, so that it is made canonical where that is asked for.
static GIVES_NAN: RowSet = RowSet::of(&[
    (Row::F32x4Ceil, Row::F32x4Sqrt as usize - Row::F32x4Ceil as usize + 1),
    (Row::F32x4Add, Row::F32x4Div as usize - Row::F32x4Add as usize + 1),
    (Row::F32x4Min, 2),
    (Row::F32x4DemoteF64x2Zero, 1),
    (Row::F64x2Ceil, Row::F64x2Sqrt as usize - Row::F64x2Ceil as usize + 1),
    (Row::F64x2Add, Row::F64x2Div as usize - Row::F64x2Add as usize + 1),
    (Row::F64x2Min, 2),
    (Row::F64x2PromoteLowF32x4, 1),
]);

/// The row that makes NaNs in the result of another canonical, if there may be any of its own making.
pub fn canonical(row: Row) -> Option<Row> {
    let is_double = row as usize >= Row::F64x2Eq as usize && row != Row::F32x4DemoteF64x2Zero;
    let canonical = if is_double { Row::F64x2CanonicalizeNan } else { Row::F32x4CanonicalizeNan };
    GIVES_NAN.contains(row).then_some(canonical)
}

impl Func<'_> {
    /// An operator with the prefix of vectors, which has been read.
    #[inline(never)]
    pub fn vector(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let opcode = reader.unsigned()?;
        match opcode {
            0..=10 => {
                let (row, far, align) = LOADS[opcode as usize];
                self.load(row, far, align, reader.memarg()?)
            }
            11 => self.store(Row::V128Store, Row::V128StoreFar, Ty::V128, 4, reader.memarg()?),
            12 => {
                let halves = self.halves(reader)?;
                self.claim(Accumulator::Vector)?;
                self.emit(Row::V128Const, &[halves[0], halves[1], Field::REG])?;
                self.push_accumulator(Ty::V128)
            }
            13 => self.shuffle(reader),
            21 => self.extract_lane(Row::I8x16ExtractLaneS, reader.byte()?, 16),
            22 => self.extract_lane(Row::I8x16ExtractLaneU, reader.byte()?, 16),
            23 => self.replace_lane(Row::I8x16ReplaceLane, reader.byte()?, 16),
            24 => self.extract_lane(Row::I16x8ExtractLaneS, reader.byte()?, 8),
            25 => self.extract_lane(Row::I16x8ExtractLaneU, reader.byte()?, 8),
            26 => self.replace_lane(Row::I16x8ReplaceLane, reader.byte()?, 8),
            27 => self.extract_lane(Row::I32x4ExtractLane, reader.byte()?, 4),
            28 => self.replace_lane(Row::I32x4ReplaceLane, reader.byte()?, 4),
            29 => self.extract_lane(Row::I64x2ExtractLane, reader.byte()?, 2),
            30 => self.replace_lane(Row::I64x2ReplaceLane, reader.byte()?, 2),
            31 => self.extract_lane(Row::F32x4ExtractLane, reader.byte()?, 4),
            32 => self.replace_lane(Row::F32x4ReplaceLane, reader.byte()?, 4),
            33 => self.extract_lane(Row::F64x2ExtractLane, reader.byte()?, 2),
            34 => self.replace_lane(Row::F64x2ReplaceLane, reader.byte()?, 2),
            39 => self.exchanged(Row::I8x16LtS),
            40 => self.exchanged(Row::I8x16LtU),
            43 => self.exchanged(Row::I8x16LeS),
            44 => self.exchanged(Row::I8x16LeU),
            49 => self.exchanged(Row::I16x8LtS),
            50 => self.exchanged(Row::I16x8LtU),
            53 => self.exchanged(Row::I16x8LeS),
            54 => self.exchanged(Row::I16x8LeU),
            59 => self.exchanged(Row::I32x4LtS),
            60 => self.exchanged(Row::I32x4LtU),
            63 => self.exchanged(Row::I32x4LeS),
            64 => self.exchanged(Row::I32x4LeU),
            68 => self.exchanged(Row::F32x4Lt),
            70 => self.exchanged(Row::F32x4Le),
            74 => self.exchanged(Row::F64x2Lt),
            76 => self.exchanged(Row::F64x2Le),
            217 => self.exchanged(Row::I64x2LtS),
            219 => self.exchanged(Row::I64x2LeS),
            // v128.bitselect; relaxed selections of lanes.
            82 | 265..=268 => self.bitselect(),
            84..=87 => self.load_lane(opcode - 84, reader.memarg()?, reader.byte()?),
            88..=91 => self.store_lane(opcode - 88, reader.memarg()?, reader.byte()?),
            92 => self.load(Row::V128Load32Zero, Row::V128Load32ZeroFar, 2, reader.memarg()?),
            93 => self.load(Row::V128Load64Zero, Row::V128Load64ZeroFar, 3, reader.memarg()?),
            261 => self.relaxed_madd(Row::F32x4Mul, Row::F32x4Add, false),
            262 => self.relaxed_madd(Row::F32x4Mul, Row::F32x4Sub, true),
            263 => self.relaxed_madd(Row::F64x2Mul, Row::F64x2Add, false),
            264 => self.relaxed_madd(Row::F64x2Mul, Row::F64x2Sub, true),
            275 => self.relaxed_dot_add(),
            _ => match NUMERIC.get(opcode as usize) {
                Some(Some(row)) => self.numeric(*row),
                _ => Err(Refusal::Unproven),
            },
        }
    }

    /// Sixteen bytes as two immediates.
    fn halves(&self, reader: &mut Reader<'_>) -> Result<[Field; 2], Refusal> {
        let half = |bits: u64| Field::new(kind::IMM64, bits as i64);
        Ok([half(reader.bytes8()?), half(reader.bytes8()?)])
    }

    /// A binary operator whose row has the operands the other way round.
    fn exchanged(&mut self, row: Row) -> Result<(), Refusal> {
        let (right, left) = (self.pop(Ty::V128)?, self.pop(Ty::V128)?);
        self.binary_of(row, right, left)
    }

    /// Operands where they are; but one of them in the accumulator, for they may be the same local.
    fn vector_fields<const N: usize>(&mut self, entries: [Entry; N]) -> Result<[Field; N], Refusal> {
        let (mut fields, mut is_taken) = ([Field::NONE; N], false);
        for (field, entry) in fields.iter_mut().zip(&entries) {
            *field = if is_taken { self.slot_field(entry)? } else { self.field(entry)? };
            is_taken |= *field == Field::REG;
        }
        Ok(fields)
    }

    /// i8x16.shuffle
    fn shuffle(&mut self, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let lanes = self.halves(reader)?;
        // No number is above 31.
        self.prove(lanes.iter().all(|half| half.value & 0xe0e0_e0e0_e0e0_e0e0_u64 as i64 == 0))?;
        let (right, left) = (self.pop(Ty::V128)?, self.pop(Ty::V128)?);
        let [a, b] = self.vector_fields([left, right])?;
        self.claim(Accumulator::Vector)?;
        self.emit(Row::I8x16Shuffle, &[a, b, lanes[0], lanes[1], Field::REG])?;
        self.push_accumulator(Ty::V128)
    }

    /// v128.bitselect
    fn bitselect(&mut self) -> Result<(), Refusal> {
        let (mask, right, left) = (self.pop(Ty::V128)?, self.pop(Ty::V128)?, self.pop(Ty::V128)?);
        let [a, b, mask] = self.vector_fields([left, right, mask])?;
        self.claim(Accumulator::Vector)?;
        self.emit(Row::V128Bitselect, &[a, b, mask, Field::REG])?;
        self.push_accumulator(Ty::V128)
    }

    /// extract_lane, of so many lanes. Wide lanes of a vector in a slot are read as numbers there.
    fn extract_lane(&mut self, row: Row, lane: u8, count: u8) -> Result<(), Refusal> {
        self.prove(lane < count)?;
        let vector = self.pop(Ty::V128)?;
        let result = row.get().types[1];
        let mut operand = self.field(&vector)?;
        self.claim(accumulator_of(result))?;
        if operand.kind == kind::SLOT && count <= 4 {
            operand.value += i64::from(u32::from(lane) * result.bytes());
            // The vector ends inside of the frame, and so does its lane; where the frame is too large that is refused at its end.
            self.emit(super::stack::copy_row(result), &[operand, Field::REG])?;
        } else {
            self.emit(row, &[operand, Field::immediate(lane.into()), Field::REG])?;
        }
        self.push_accumulator(result)
    }

    /// replace_lane, of so many lanes.
    fn replace_lane(&mut self, row: Row, lane: u8, count: u8) -> Result<(), Refusal> {
        self.prove(lane < count)?;
        let value = self.pop(row.get().types[1])?;
        let vector = self.pop(Ty::V128)?;
        self.replace_lane_of(row, lane, &vector, &value)
    }

    fn replace_lane_of(&mut self, row: Row, lane: u8, vector: &Entry, value: &Entry) -> Result<(), Refusal> {
        // Where the value has to go to its home it stands above the vector's.
        let (vector, value) = (self.field(vector)?, self.field(value)?);
        self.claim(Accumulator::Vector)?;
        self.emit(row, &[vector, Field::immediate(lane.into()), value, Field::REG])?;
        self.push_accumulator(Ty::V128)
    }

    /// v128.load*_lane: the number is loaded, then put into the vector.
    fn load_lane(&mut self, width: u32, memarg: MemArg, lane: u8) -> Result<(), Refusal> {
        let (load, far, replace, ..) = LANES[width as usize];
        self.prove(u32::from(lane) < 16 >> width)?;
        let vector = self.pop(Ty::V128)?;
        self.load(load, far, width, memarg)?;
        let value = self.take();
        self.replace_lane_of(replace, lane, &vector, &value)
    }

    /// v128.store*_lane: the number is taken out, then stored.
    fn store_lane(&mut self, width: u32, memarg: MemArg, lane: u8) -> Result<(), Refusal> {
        let (_, _, _, extract, store, far) = LANES[width as usize];
        self.extract_lane(extract, lane, 16 >> width)?;
        self.store(store, far, extract.get().types[1], width, memarg)
    }

    /// relaxed_madd, relaxed_nmadd: a product, rounded, and a sum or, negated, a difference.
    fn relaxed_madd(&mut self, mul: Row, add: Row, is_negated: bool) -> Result<(), Refusal> {
        let addend = self.product(mul)?;
        let operands = if is_negated { [addend, Field::REG] } else { [Field::REG, addend] };
        let form = form_of(add, &[operands[0], operands[1], Field::REG], self.level()).ok_or(Refusal::Operator)?;
        self.emit_chained(add, form, operands[0], operands[1])?;
        self.canonicalize(add)?;
        self.push_accumulator(Ty::V128)
    }

    /// Pops two factors and an addend; the product is left in the accumulator. Gives the addend, in a slot.
    fn product(&mut self, mul: Row) -> Result<Field, Refusal> {
        let (addend, right, left) = (self.pop(Ty::V128)?, self.pop(Ty::V128)?, self.pop(Ty::V128)?);
        let addend = self.slot_field(&addend)?;
        let [left, right] = self.vector_fields([left, right])?;
        self.claim(Accumulator::Vector)?;
        self.emit(mul, &[left, right, Field::REG])?;
        self.canonicalize(mul)?;
        Ok(addend)
    }

    /// i32x4.relaxed_dot_i8x16_i7x16_add_s
    fn relaxed_dot_add(&mut self) -> Result<(), Refusal> {
        let addend = self.product(Row::I16x8RelaxedDotI8x16I7x16S)?;
        self.emit(Row::I32x4ExtaddPairwiseI16x8S, &[Field::REG, Field::REG])?;
        self.emit(Row::I32x4Add, &[Field::REG, addend, Field::REG])?;
        self.push_accumulator(Ty::V128)
    }
}
