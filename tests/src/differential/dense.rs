//! Modules in which nearly every instruction counts: what is computed ends in globals, in memory or in results, and few
//! calls trap. wasm-smith knows more operators and stranger control, but reaches each rarely.
//!
//! Everything ends: loops count down in locals of their own, and functions call only those behind them. A float whose bits could be
//! seen is made a number first, because a NaN's bits are the engine's choice.

mod exception;
mod object;
mod vector;

use crate::rng::Rng;
use sheave_interp::image::Features;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    HeapType, Ieee32, Ieee64, Instruction as I, MemArg, MemArgTarget, MemorySection, MemoryType, Module, TagKind,
    TagSection, TagType, TypeSection, ValType,
};

/// The types, in the order of everything that there is one of for each; the last one only with SIMD.
const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
/// Of a vector in `TYPES`.
const V128: usize = 4;
const FUNCS: u32 = 4;
/// Each function has two parameters and two more locals of each type; behind them loop counters.
const COUNTERS: u32 = 3;

const BINARY: [&[I<'static>]; 5] = [
    &[
        I::I32Add,
        I::I32Sub,
        I::I32Mul,
        I::I32And,
        I::I32Or,
        I::I32Xor,
        I::I32Shl,
        I::I32ShrS,
        I::I32ShrU,
        I::I32Rotl,
        I::I32Rotr,
    ],
    &[
        I::I64Add,
        I::I64Sub,
        I::I64Mul,
        I::I64And,
        I::I64Or,
        I::I64Xor,
        I::I64Shl,
        I::I64ShrS,
        I::I64ShrU,
        I::I64Rotl,
        I::I64Rotr,
    ],
    &[I::F32Add, I::F32Sub, I::F32Mul, I::F32Div, I::F32Min, I::F32Max],
    &[I::F64Add, I::F64Sub, I::F64Mul, I::F64Div, I::F64Min, I::F64Max],
    vector::BINARY,
];
const DIVISIONS: [&[I<'static>]; 2] =
    [&[I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU], &[I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU]];
const UNARY: [&[I<'static>]; 5] = [
    &[I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Eqz, I::I32Extend8S, I::I32Extend16S],
    &[I::I64Clz, I::I64Ctz, I::I64Popcnt, I::I64Extend8S, I::I64Extend16S, I::I64Extend32S],
    &[I::F32Abs, I::F32Neg, I::F32Ceil, I::F32Floor, I::F32Trunc, I::F32Nearest, I::F32Sqrt],
    &[I::F64Abs, I::F64Neg, I::F64Ceil, I::F64Floor, I::F64Trunc, I::F64Nearest, I::F64Sqrt],
    vector::UNARY,
];
const COMPARE: [&[I<'static>]; 4] = [
    &[I::I32Eq, I::I32Ne, I::I32LtS, I::I32LtU, I::I32GtS, I::I32GtU, I::I32LeS, I::I32LeU, I::I32GeS, I::I32GeU],
    &[I::I64Eq, I::I64Ne, I::I64LtS, I::I64LtU, I::I64GtS, I::I64GtU, I::I64LeS, I::I64LeU, I::I64GeS, I::I64GeU],
    &[I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge],
    &[I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge],
];
/// Conversions: type of the result, type of the operand.
const CONVERT: &[(usize, usize, I<'static>)] = &[
    (0, 1, I::I32WrapI64),
    (0, 1, I::I64Eqz),
    (0, 2, I::I32TruncSatF32S),
    (0, 2, I::I32TruncSatF32U),
    (0, 3, I::I32TruncSatF64S),
    (0, 3, I::I32TruncSatF64U),
    (0, 2, I::I32ReinterpretF32),
    (0, 3, I::I32TruncF64S),
    (1, 0, I::I64ExtendI32S),
    (1, 0, I::I64ExtendI32U),
    (1, 2, I::I64TruncSatF32S),
    (1, 2, I::I64TruncSatF32U),
    (1, 3, I::I64TruncSatF64S),
    (1, 3, I::I64TruncSatF64U),
    (1, 3, I::I64ReinterpretF64),
    (1, 2, I::I64TruncF32U),
    (2, 0, I::F32ConvertI32S),
    (2, 0, I::F32ConvertI32U),
    (2, 1, I::F32ConvertI64S),
    (2, 1, I::F32ConvertI64U),
    (2, 3, I::F32DemoteF64),
    (2, 0, I::F32ReinterpretI32),
    (3, 0, I::F64ConvertI32S),
    (3, 0, I::F64ConvertI32U),
    (3, 1, I::F64ConvertI64S),
    (3, 1, I::F64ConvertI64U),
    (3, 2, I::F64PromoteF32),
    (3, 1, I::F64ReinterpretI64),
];

/// The module of these numbers, with vectors, objects and exceptions if these features have them.
pub fn module(rng: &mut Rng, features: Features) -> Vec<u8> {
    let mut has = |feature| features.contains(feature) && rng.one_in(2);
    let types_count = if has(Features::SIMD) { TYPES.len() } else { V128 };
    let (has_objects, has_exceptions) = (has(Features::GC), has(Features::EXCEPTIONS));
    let of_types = &TYPES[..types_count];
    let (mut types, mut functions, mut memories) = (TypeSection::new(), FunctionSection::new(), MemorySection::new());
    let (mut globals, mut exports, mut codes) = (GlobalSection::new(), ExportSection::new(), CodeSection::new());
    let mut params: Vec<ValType> = of_types.iter().flat_map(|ty| [*ty; 2]).collect();
    let mut funcs_first = 0;
    if has_objects {
        object::types(types_count > V128, &mut types);
        params.extend([ValType::Ref(object::EQ_REF); 2]);
        funcs_first = object::TYPES_COUNT;
    }
    memories.memory(MemoryType { minimum: 2, maximum: Some(2), memory64: false, shared: false, page_size_log2: None });
    exports.export("memory", ExportKind::Memory, 0);
    let starts = [
        ConstExpr::i32_const(-3),
        ConstExpr::i64_const(1 << 40),
        ConstExpr::f32_const(Ieee32::new(0x4049_0fdb)),
        ConstExpr::f64_const(Ieee64::new(0x4005_bf0a_8b14_5769)),
        ConstExpr::v128_const(0x0102_0304_8586_8788_7ff0_0000_3f80_0000),
    ];
    for (i, (ty, start)) in of_types.iter().zip(&starts).enumerate() {
        globals.global(GlobalType { val_type: *ty, mutable: true, shared: false }, start);
        exports.export(&format!("global {i}"), ExportKind::Global, i as u32);
    }
    if has_objects {
        let HeapType::Concrete(node) = object::NODE_REF.heap_type else { unreachable!("a type of the module") };
        let ty = GlobalType { val_type: ValType::Ref(object::NODE_REF), mutable: true, shared: false };
        globals.global(ty, &ConstExpr::ref_null(HeapType::Concrete(node)));
        exports.export("global node", ExportKind::Global, types_count as u32);
    }
    let results: Vec<usize> = (0..FUNCS).map(|_| rng.below(types_count as u64) as usize).collect();
    for (index, result) in (0..FUNCS).zip(&results) {
        types.ty().function(params.iter().copied(), [TYPES[*result]]);
        functions.function(funcs_first + index);
        exports.export(&format!("func {index}"), ExportKind::Func, index);
    }
    // Not the section's length, for which a recursion group is one.
    let (payload_type, mut tags) = (funcs_first + FUNCS, TagSection::new());
    if has_exceptions {
        types.ty().function([], exception::PAYLOAD);
        types.ty().function(exception::PAYLOAD, []);
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: payload_type + 1 });
    }
    for index in 0..FUNCS {
        let mut body = Body {
            rng,
            code: Vec::new(),
            results: &results,
            types_count,
            has_objects,
            has_exceptions,
            payload_type,
            index,
            loops: 0,
            tries: 0,
            budget: 220,
        };
        if has_objects {
            object::enter(&mut body);
        }
        body.statements(3);
        body.expression(results[index as usize], 4);
        let locals: Vec<(u32, ValType)> = of_types
            .iter()
            .map(|ty| (2, *ty))
            .chain([(COUNTERS, ValType::I32), (1, ValType::F32), (1, ValType::F64)])
            .chain(has_objects.then_some((object::LOCALS_COUNT, ValType::Ref(object::NODE_REF))))
            .chain(has_objects.then_some((1, ValType::Ref(object::EQ_REF))))
            .collect();
        let mut function = Function::new(locals);
        for instruction in &body.code {
            function.instruction(instruction);
        }
        function.instruction(&I::End);
        codes.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories);
    if has_exceptions {
        module.section(&tags);
    }
    module.section(&globals).section(&exports).section(&codes);
    module.finish()
}

/// A function in the making.
struct Body<'a> {
    rng: &'a mut Rng,
    code: Vec<I<'static>>,
    /// Index into `TYPES` of each function's result.
    results: &'a [usize],
    /// How many of `TYPES` there are.
    types_count: usize,
    has_objects: bool,
    has_exceptions: bool,
    /// Index of the type of a block that gives what an exception carries.
    payload_type: u32,
    index: u32,
    /// Loops around this place.
    loops: u32,
    /// Statements around this place that catch exceptions.
    tries: u32,
    /// Instructions that may still be made; then everything is a leaf.
    budget: i32,
}

impl Body<'_> {
    fn push(&mut self, instruction: I<'static>) {
        self.budget -= 1;
        self.code.push(instruction);
    }

    fn pick(&mut self, from: &[I<'static>]) {
        let i = self.rng.below(from.len() as u64) as usize;
        self.push(from[i].clone());
    }

    /// One of the types.
    fn ty(&mut self) -> usize {
        self.rng.below(self.types_count as u64) as usize
    }

    /// A local of this type.
    fn local(&mut self, ty: usize) -> u32 {
        let i = self.rng.below(4) as u32;
        let ty = ty as u32 * 2;
        if i < 2 { ty + i } else { self.params_count() + ty + i - 2 }
    }

    /// Two of each type, and two references behind them if there are objects.
    fn params_count(&self) -> u32 {
        2 * self.types_count as u32 + if self.has_objects { 2 } else { 0 }
    }

    /// The first local that counts a loop; behind these a temporary of each float type.
    fn counters_first(&self) -> u32 {
        self.params_count() + 2 * self.types_count as u32
    }

    /// The first local that holds an object.
    fn objects_first(&self) -> u32 {
        self.counters_first() + COUNTERS + 2
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..=self.rng.below(4) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let ty = self.ty();
        if depth == 0 || self.budget < 0 {
            return self.assign(ty);
        }
        if self.has_objects && self.rng.one_in(4) {
            return object::statement(self, 2);
        }
        if self.has_exceptions && self.rng.one_in(6) {
            return exception::catch(self, depth);
        }
        if self.has_exceptions && self.rng.one_in(8) {
            return exception::throw(self);
        }
        match self.rng.below(12) {
            0..5 => self.assign(ty),
            5 => {
                self.expression(ty, 3);
                self.push(I::GlobalSet(ty as u32));
            }
            6 => self.store(ty),
            7 => {
                self.condition();
                self.push(I::If(BlockType::Empty));
                self.inside(depth);
                if self.rng.one_in(2) {
                    self.push(I::Else);
                    self.inside(depth);
                }
                self.push(I::End);
            }
            8 => {
                self.push(I::Block(BlockType::Empty));
                self.condition();
                self.push(I::BrIf(0));
                self.inside(depth);
                self.push(I::End);
            }
            9 => self.table(depth),
            _ => self.counted_loop(depth),
        }
    }

    fn inside(&mut self, depth: u32) {
        self.statements(depth - 1);
    }

    fn assign(&mut self, ty: usize) {
        self.expression(ty, 3);
        let local = self.local(ty);
        self.push(I::LocalSet(local));
    }

    /// Two blocks, and a `br_table` out of one or both.
    fn table(&mut self, depth: u32) {
        self.push(I::Block(BlockType::Empty));
        self.push(I::Block(BlockType::Empty));
        self.expression(0, 2);
        self.push(I::I32Const(3));
        self.push(I::I32And);
        let targets: Vec<u32> = (0..self.rng.below(4)).map(|_| self.rng.below(2) as u32).collect();
        let default = self.rng.below(2) as u32;
        self.push(I::BrTable(targets.into(), default));
        self.push(I::End);
        self.inside(depth);
        self.push(I::End);
    }

    /// A loop whose counter nothing else writes; its last branch takes the forms that compilers give it.
    fn counted_loop(&mut self, depth: u32) {
        if self.loops == COUNTERS - 1 {
            return self.statement(depth - 1);
        }
        let counter = self.counters_first() + self.loops;
        let (count, form) = (1 + self.rng.below(8) as i32, self.rng.below(4));
        self.push(I::I32Const(if form == 0 { 0 } else { count }));
        self.push(I::LocalSet(counter));
        self.push(I::Loop(BlockType::Empty));
        self.loops += 1;
        self.inside(depth);
        self.loops -= 1;
        let (step, tail): (i32, &[I<'static>]) = match form {
            0 => (1, &[I::I32Const(count), I::I32LtS]),
            1 => (-1, &[]),
            2 => (-1, &[I::I32Const(0), I::I32GtS]),
            _ => (-1, &[I::I32Eqz, I::I32Eqz]),
        };
        for instruction in [I::LocalGet(counter), I::I32Const(step), I::I32Add, I::LocalTee(counter)].iter().chain(tail)
        {
            self.push(instruction.clone());
        }
        self.push(I::BrIf(0));
        self.push(I::End);
    }

    fn condition(&mut self) {
        match self.rng.below(4) {
            0 => self.expression(0, 2),
            1 => {
                self.comparison(2);
                self.push(I::I32Eqz);
            }
            _ => self.comparison(2),
        }
    }

    fn comparison(&mut self, depth: u32) {
        let ty = self.rng.below(4) as usize;
        self.expression(ty, depth);
        self.expression(ty, depth);
        self.pick(COMPARE[ty]);
    }

    /// An address inside memory, but once in a while beyond it.
    fn address(&mut self) -> MemArg {
        self.expression(0, 2);
        if !self.rng.one_in(200) {
            self.push(I::I32Const(0xffff));
            self.push(I::I32And);
        }
        MemArg {
            offset: self.rng.pick(&[0, 1, 4, 1000, 40_000]),
            align: 0,
            target: MemArgTarget::Memory(0),
            ordering: None,
        }
    }

    fn store(&mut self, ty: usize) {
        let at = self.address();
        self.expression(ty, 3);
        self.number(ty);
        let of: &[I<'static>] = match ty {
            0 => &[I::I32Store(at), I::I32Store8(at), I::I32Store16(at)],
            1 => &[I::I64Store(at), I::I64Store8(at), I::I64Store16(at), I::I64Store32(at)],
            2 => &[I::F32Store(at)],
            3 => &[I::F64Store(at)],
            _ => return vector::store(self, at),
        };
        self.pick(of);
    }

    fn load(&mut self, ty: usize) {
        let at = self.address();
        let of: &[I<'static>] = match ty {
            0 => &[I::I32Load(at), I::I32Load8S(at), I::I32Load8U(at), I::I32Load16S(at), I::I32Load16U(at)],
            1 => &[
                I::I64Load(at),
                I::I64Load8S(at),
                I::I64Load8U(at),
                I::I64Load16S(at),
                I::I64Load16U(at),
                I::I64Load32S(at),
                I::I64Load32U(at),
            ],
            2 => &[I::F32Load(at)],
            3 => &[I::F64Load(at)],
            _ => return vector::load(self, Some(at)),
        };
        self.pick(of);
    }

    /// Makes a zero of a NaN.
    fn number(&mut self, ty: usize) {
        let temporary = self.counters_first() + COUNTERS + (ty as u32).saturating_sub(2);
        let get = I::LocalGet(temporary);
        let (zero, equal) = match ty {
            2 => (I::F32Const(Ieee32::new(0)), I::F32Eq),
            3 => (I::F64Const(Ieee64::new(0)), I::F64Eq),
            _ => return,
        };
        for instruction in [I::LocalTee(temporary), zero, get.clone(), get, equal, I::Select] {
            self.push(instruction);
        }
    }

    fn expression(&mut self, ty: usize, depth: u32) {
        if depth == 0 || self.budget < 0 {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        if self.types_count > V128 && (ty == V128 && self.rng.one_in(3) || self.rng.one_in(12)) {
            return vector::expression(self, ty, depth);
        }
        if self.has_objects && self.rng.one_in(10) {
            return object::number(self, ty, depth);
        }
        match self.rng.below(16) {
            0..3 => self.leaf(ty),
            3..8 => {
                self.expression(ty, depth);
                self.expression(ty, depth);
                self.pick(BINARY[ty]);
            }
            8 => {
                self.expression(ty, depth);
                self.pick(UNARY[ty]);
            }
            9 if ty < 2 => {
                self.expression(ty, depth);
                self.expression(ty, depth);
                if !self.rng.one_in(50) {
                    self.push(if ty == 0 { I::I32Const(1) } else { I::I64Const(1) });
                    self.push(if ty == 0 { I::I32Or } else { I::I64Or });
                }
                self.pick(DIVISIONS[ty]);
            }
            10 if ty < V128 => self.convert(ty, depth),
            11 => {
                self.expression(ty, depth);
                self.expression(ty, depth);
                self.condition();
                self.push(I::Select);
            }
            12 => {
                self.expression(ty, depth);
                let local = self.local(ty);
                self.push(I::LocalTee(local));
            }
            13 => self.load(ty),
            14 => {
                self.condition();
                self.push(I::If(BlockType::Result(TYPES[ty])));
                self.expression(ty, depth);
                self.push(I::Else);
                self.expression(ty, depth);
                self.push(I::End);
            }
            15 if self.loops < 2 => self.call(ty, depth),
            _ if ty == 0 => self.comparison(depth),
            _ => {
                self.push(I::Block(BlockType::Result(TYPES[ty])));
                self.expression(ty, depth);
                self.condition();
                self.push(I::BrIf(0));
                self.pick(UNARY[ty]);
                self.push(I::End);
            }
        }
    }

    fn convert(&mut self, ty: usize, depth: u32) {
        let of: Vec<_> = CONVERT.iter().filter(|(result, ..)| *result == ty).collect();
        let (_, operand, instruction) = of[self.rng.below(of.len() as u64) as usize];
        self.expression(*operand, depth);
        self.number(*operand);
        self.push(instruction.clone());
    }

    /// A call of a function behind this one whose result has this type, if there is one.
    fn call(&mut self, ty: usize, depth: u32) {
        let Some(callee) = (self.index + 1..FUNCS).find(|callee| self.results[*callee as usize] == ty) else {
            return self.leaf(ty);
        };
        for param in 0..2 * self.types_count {
            self.expression(param / 2, depth.min(1));
        }
        if self.has_objects {
            object::node(self, 1);
            object::node(self, 1);
        }
        self.push(I::Call(callee));
    }

    fn leaf(&mut self, ty: usize) {
        let local = self.local(ty);
        let number = match self.rng.below(3) {
            0 => self.rng.below(200) as i64 - 100,
            1 => self.rng.pick(&[
                32767,
                32768,
                -32768,
                -32769,
                i64::MAX,
                i64::MIN,
                0x7fff_ffff,
                -0x8000_0000,
                0xffff_ffff,
            ]),
            _ => self.rng.next_u64() as i64,
        };
        match self.rng.below(8) {
            0..5 => self.push(I::LocalGet(local)),
            5 => self.push(I::GlobalGet(ty as u32)),
            _ => self.push(match ty {
                0 => I::I32Const(number as i32),
                1 => I::I64Const(number),
                2 => I::F32Const(Ieee32::from(number as f32 / 4.0)),
                3 => I::F64Const(Ieee64::from(number as f64 / 8.0)),
                _ => I::V128Const(vector::constant(number)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::module;
    use crate::rng::Rng;
    use sheave_interp::image::Features;

    #[test]
    fn modules_are_valid_and_differ() {
        for features in [Features::NONE, Features::ALL] {
            let modules: Vec<_> = (0..50).map(|seed| module(&mut Rng::new(seed), features)).collect();
            for wasm in &modules {
                wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(wasm).unwrap();
            }
            assert!(modules.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }
}
