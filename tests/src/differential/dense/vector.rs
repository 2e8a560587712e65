//! What dense modules do with vectors: operators of one and two vectors, shifts, lanes, and what makes numbers of vectors.

use super::{Body, V128};
use wasm_encoder::{Instruction as I, MemArg};

/// Two vectors to one.
pub const BINARY: &[I<'static>] = &[
    I::I8x16Swizzle,
    I::I8x16Eq,
    I::I8x16Ne,
    I::I8x16LtS,
    I::I8x16LtU,
    I::I8x16GtS,
    I::I8x16GtU,
    I::I8x16LeS,
    I::I8x16LeU,
    I::I8x16GeS,
    I::I8x16GeU,
    I::I16x8Eq,
    I::I16x8Ne,
    I::I16x8LtS,
    I::I16x8LtU,
    I::I16x8GtS,
    I::I16x8GtU,
    I::I16x8LeS,
    I::I16x8LeU,
    I::I16x8GeS,
    I::I16x8GeU,
    I::I32x4Eq,
    I::I32x4Ne,
    I::I32x4LtS,
    I::I32x4LtU,
    I::I32x4GtS,
    I::I32x4GtU,
    I::I32x4LeS,
    I::I32x4LeU,
    I::I32x4GeS,
    I::I32x4GeU,
    I::I64x2Eq,
    I::I64x2Ne,
    I::I64x2LtS,
    I::I64x2GtS,
    I::I64x2LeS,
    I::I64x2GeS,
    I::F32x4Eq,
    I::F32x4Ne,
    I::F32x4Lt,
    I::F32x4Gt,
    I::F32x4Le,
    I::F32x4Ge,
    I::F64x2Eq,
    I::F64x2Ne,
    I::F64x2Lt,
    I::F64x2Gt,
    I::F64x2Le,
    I::F64x2Ge,
    I::V128And,
    I::V128AndNot,
    I::V128Or,
    I::V128Xor,
    I::I8x16NarrowI16x8S,
    I::I8x16NarrowI16x8U,
    I::I8x16Add,
    I::I8x16AddSatS,
    I::I8x16AddSatU,
    I::I8x16Sub,
    I::I8x16SubSatS,
    I::I8x16SubSatU,
    I::I8x16MinS,
    I::I8x16MinU,
    I::I8x16MaxS,
    I::I8x16MaxU,
    I::I8x16AvgrU,
    I::I16x8Q15MulrSatS,
    I::I16x8NarrowI32x4S,
    I::I16x8NarrowI32x4U,
    I::I16x8Add,
    I::I16x8AddSatS,
    I::I16x8AddSatU,
    I::I16x8Sub,
    I::I16x8SubSatS,
    I::I16x8SubSatU,
    I::I16x8Mul,
    I::I16x8MinS,
    I::I16x8MinU,
    I::I16x8MaxS,
    I::I16x8MaxU,
    I::I16x8AvgrU,
    I::I16x8ExtMulLowI8x16S,
    I::I16x8ExtMulHighI8x16S,
    I::I16x8ExtMulLowI8x16U,
    I::I16x8ExtMulHighI8x16U,
    I::I32x4Add,
    I::I32x4Sub,
    I::I32x4Mul,
    I::I32x4MinS,
    I::I32x4MinU,
    I::I32x4MaxS,
    I::I32x4MaxU,
    I::I32x4DotI16x8S,
    I::I32x4ExtMulLowI16x8S,
    I::I32x4ExtMulHighI16x8S,
    I::I32x4ExtMulLowI16x8U,
    I::I32x4ExtMulHighI16x8U,
    I::I64x2Add,
    I::I64x2Sub,
    I::I64x2Mul,
    I::I64x2ExtMulLowI32x4S,
    I::I64x2ExtMulHighI32x4S,
    I::I64x2ExtMulLowI32x4U,
    I::I64x2ExtMulHighI32x4U,
    I::F32x4Add,
    I::F32x4Sub,
    I::F32x4Mul,
    I::F32x4Div,
    I::F32x4Min,
    I::F32x4Max,
    I::F32x4PMin,
    I::F32x4PMax,
    I::F64x2Add,
    I::F64x2Sub,
    I::F64x2Mul,
    I::F64x2Div,
    I::F64x2Min,
    I::F64x2Max,
    I::F64x2PMin,
    I::F64x2PMax,
];
/// One vector to one.
pub const UNARY: &[I<'static>] = &[
    I::V128Not,
    I::I8x16Abs,
    I::I8x16Neg,
    I::I8x16Popcnt,
    I::I16x8ExtAddPairwiseI8x16S,
    I::I16x8ExtAddPairwiseI8x16U,
    I::I16x8Abs,
    I::I16x8Neg,
    I::I16x8ExtendLowI8x16S,
    I::I16x8ExtendHighI8x16S,
    I::I16x8ExtendLowI8x16U,
    I::I16x8ExtendHighI8x16U,
    I::I32x4ExtAddPairwiseI16x8S,
    I::I32x4ExtAddPairwiseI16x8U,
    I::I32x4Abs,
    I::I32x4Neg,
    I::I32x4ExtendLowI16x8S,
    I::I32x4ExtendHighI16x8S,
    I::I32x4ExtendLowI16x8U,
    I::I32x4ExtendHighI16x8U,
    I::I64x2Abs,
    I::I64x2Neg,
    I::I64x2ExtendLowI32x4S,
    I::I64x2ExtendHighI32x4S,
    I::I64x2ExtendLowI32x4U,
    I::I64x2ExtendHighI32x4U,
    I::F32x4Ceil,
    I::F32x4Floor,
    I::F32x4Trunc,
    I::F32x4Nearest,
    I::F32x4Abs,
    I::F32x4Neg,
    I::F32x4Sqrt,
    I::F64x2Ceil,
    I::F64x2Floor,
    I::F64x2Trunc,
    I::F64x2Nearest,
    I::F64x2Abs,
    I::F64x2Neg,
    I::F64x2Sqrt,
    I::I32x4TruncSatF32x4S,
    I::I32x4TruncSatF32x4U,
    I::F32x4ConvertI32x4S,
    I::F32x4ConvertI32x4U,
    I::I32x4TruncSatF64x2SZero,
    I::I32x4TruncSatF64x2UZero,
    I::F64x2ConvertLowI32x4S,
    I::F64x2ConvertLowI32x4U,
    I::F32x4DemoteF64x2Zero,
    I::F64x2PromoteLowF32x4,
];
/// A vector and a number.
const SHIFT: &[I<'static>] = &[
    I::I8x16Shl,
    I::I8x16ShrS,
    I::I8x16ShrU,
    I::I16x8Shl,
    I::I16x8ShrS,
    I::I16x8ShrU,
    I::I32x4Shl,
    I::I32x4ShrS,
    I::I32x4ShrU,
    I::I64x2Shl,
    I::I64x2ShrS,
    I::I64x2ShrU,
];
/// A vector to an i32.
const TEST: &[I<'static>] = &[
    I::V128AnyTrue,
    I::I8x16AllTrue,
    I::I8x16Bitmask,
    I::I16x8AllTrue,
    I::I16x8Bitmask,
    I::I32x4AllTrue,
    I::I32x4Bitmask,
    I::I64x2AllTrue,
    I::I64x2Bitmask,
];
/// A number of each type to a vector.
const SPLAT: &[(usize, I<'static>)] = &[
    (0, I::I8x16Splat),
    (0, I::I16x8Splat),
    (0, I::I32x4Splat),
    (1, I::I64x2Splat),
    (2, I::F32x4Splat),
    (3, I::F64x2Splat),
];

/// A vector with this in it: in both halves, or in one.
pub fn constant(number: i64) -> i128 {
    let low = i128::from(number as u64);
    if number % 3 == 0 { low << 64 } else { low << 64 | low }
}

/// An expression of this type with a vector in it.
pub fn expression(body: &mut Body<'_>, ty: usize, depth: u32) {
    if ty == V128 { vector(body, depth) } else { lane(body, ty, depth) }
}

fn vector(body: &mut Body<'_>, depth: u32) {
    match body.rng.below(6) {
        0 => {
            body.expression(V128, depth);
            body.expression(0, depth);
            body.pick(SHIFT);
        }
        1 => {
            let (ty, splat) = SPLAT[body.rng.below(SPLAT.len() as u64) as usize].clone();
            body.expression(ty, depth);
            body.push(splat);
        }
        2 => {
            for _ in 0..3 {
                body.expression(V128, depth);
            }
            body.push(I::V128Bitselect);
        }
        3 => {
            body.expression(V128, depth);
            body.expression(V128, depth);
            let lanes: Vec<u8> = (0..16).map(|_| body.rng.below(32) as u8).collect();
            body.push(I::I8x16Shuffle(lanes.try_into().expect("16 lanes")));
        }
        4 => {
            let ty = body.rng.below(4) as usize;
            body.expression(V128, depth);
            body.expression(ty, depth);
            let lane = body.rng.below(2) as u8;
            let of: &[I<'static>] = match ty {
                0 => &[I::I8x16ReplaceLane(lane * 13), I::I16x8ReplaceLane(lane * 6), I::I32x4ReplaceLane(lane * 3)],
                1 => &[I::I64x2ReplaceLane(lane)],
                2 => &[I::F32x4ReplaceLane(lane * 3)],
                _ => &[I::F64x2ReplaceLane(lane)],
            };
            body.pick(of);
        }
        _ => load(body, None),
    }
}

/// A number out of a vector.
fn lane(body: &mut Body<'_>, ty: usize, depth: u32) {
    body.expression(V128, depth);
    let lane = body.rng.below(2) as u8;
    let of: &[I<'static>] = match ty {
        0 if body.rng.one_in(2) => TEST,
        0 => &[
            I::I8x16ExtractLaneS(lane * 15),
            I::I8x16ExtractLaneU(lane * 9),
            I::I16x8ExtractLaneS(lane * 7),
            I::I16x8ExtractLaneU(lane * 5),
            I::I32x4ExtractLane(lane * 3),
        ],
        1 => &[I::I64x2ExtractLane(lane)],
        2 => &[I::F32x4ExtractLane(lane * 3)],
        _ => &[I::F64x2ExtractLane(lane)],
    };
    body.pick(of);
}

/// A load of a vector, from this address or another one; or of one lane, beside those of another vector.
pub fn load(body: &mut Body<'_>, at: Option<MemArg>) {
    let at = at.unwrap_or_else(|| body.address());
    let lane = body.rng.below(2) as u8;
    if body.rng.one_in(3) {
        body.leaf(V128);
        return body.pick(&[
            I::V128Load8Lane { memarg: at, lane: lane * 11 },
            I::V128Load16Lane { memarg: at, lane: lane * 6 },
            I::V128Load32Lane { memarg: at, lane: lane * 2 },
            I::V128Load64Lane { memarg: at, lane },
        ]);
    }
    body.pick(&[
        I::V128Load(at),
        I::V128Load8x8S(at),
        I::V128Load8x8U(at),
        I::V128Load16x4S(at),
        I::V128Load16x4U(at),
        I::V128Load32x2S(at),
        I::V128Load32x2U(at),
        I::V128Load8Splat(at),
        I::V128Load16Splat(at),
        I::V128Load32Splat(at),
        I::V128Load64Splat(at),
        I::V128Load32Zero(at),
        I::V128Load64Zero(at),
    ]);
}

/// A store of the vector on the stack, or of one of its lanes.
pub fn store(body: &mut Body<'_>, at: MemArg) {
    let lane = body.rng.below(2) as u8;
    body.pick(&[
        I::V128Store(at),
        I::V128Store8Lane { memarg: at, lane: lane * 14 },
        I::V128Store16Lane { memarg: at, lane: lane * 3 },
        I::V128Store32Lane { memarg: at, lane: lane * 3 },
        I::V128Store64Lane { memarg: at, lane },
    ]);
}
