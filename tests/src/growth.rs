//! Modules that grow by repetition, for looking whether translation grows more than they do: `cargo xtask growth`.
//!
//! A seed picks a few pieces of code: some change nothing on the operand stack, some leave an operand there, some open a block. A
//! function repeats them, in the same order, as often as asked, and then closes what is open. So blocks and operands pile up, and
//! branches, `local.set` and `br_table` meet piles of any height.

use crate::rng::Rng;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, Function, FunctionSection, HeapType, Instruction as I,
    MemArg, MemArgTarget, MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

/// Locals of each type: i32, then i64, f64, funcref.
const LOCALS: u32 = 6;
/// Operands that one function may leave on its stack: more than that would not fit a frame.
const OPERANDS_MAX: usize = 4000;

/// What is to be closed at the end of a function.
enum Open {
    /// An operand is to be dropped.
    Operand,
    /// A block ends.
    Block,
}

/// The module of this seed: one function with `repetitions` times its pieces, about.
pub fn module(seed: u64, repetitions: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    // Sequences of pieces: mostly few, so that they are pure.
    let pieces: Vec<u64> = (0..1 + rng.below(4)).map(|_| rng.below(PIECES)).collect();
    let fixed = rng.next_u64();
    let locals = [ValType::I32, ValType::I64, ValType::F64, ValType::FUNCREF].map(|ty| (LOCALS, ty));
    let mut function = Function::new(locals);
    let (mut open, mut operands) = (Vec::new(), 0);
    for _ in 0..repetitions {
        // The same choices inside a piece each time, or others: both are seen.
        let mut choices = if fixed.is_multiple_of(2) { Rng::new(fixed) } else { Rng::new(rng.next_u64()) };
        for piece in &pieces {
            put(*piece, &mut choices, &mut function, &mut open, &mut operands);
        }
    }
    for open in open.iter().rev() {
        function.instruction(&match open {
            Open::Operand => I::Drop,
            Open::Block => I::End,
        });
    }
    function.instruction(&I::End);
    around(&function)
}

/// Everything around the function: it may call itself, has a memory and a table.
fn around(function: &Function) -> Vec<u8> {
    let (mut types, mut functions, mut tables) = (TypeSection::new(), FunctionSection::new(), TableSection::new());
    types.ty().function([], []);
    functions.function(0);
    let table = TableType { element_type: RefType::FUNCREF, table64: false, minimum: 1, maximum: None, shared: false };
    tables.table(table);
    let (mut memories, mut elements, mut code) = (MemorySection::new(), ElementSection::new(), CodeSection::new());
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions((&[0][..]).into()));
    code.function(function);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories).section(&elements).section(&code);
    module.finish()
}

/// How many kinds of pieces there are.
const PIECES: u64 = 20;

/// Appends a piece.
fn put(piece: u64, rng: &mut Rng, to: &mut Function, open: &mut Vec<Open>, operands: &mut usize) {
    let int = |rng: &mut Rng| rng.below(LOCALS.into()) as u32;
    let float = |rng: &mut Rng| 2 * LOCALS + int(rng);
    let reference = |rng: &mut Rng| 3 * LOCALS + int(rng);
    let memarg = MemArg { offset: 8, align: 2, target: MemArgTarget::Memory(0), ordering: None };
    let blocks = open.iter().filter(|open| matches!(open, Open::Block)).count() as u64;
    let depth = |rng: &mut Rng| if rng.one_in(2) { blocks as u32 } else { rng.below(blocks + 1) as u32 };
    let mut all = |instructions: &[I<'_>]| {
        for instruction in instructions {
            to.instruction(instruction);
        }
    };
    match piece {
        0 => all(&[I::LocalGet(int(rng)), I::I32Const(7), I::I32Add, I::LocalSet(int(rng))]),
        1 => all(&[I::LocalGet(int(rng)), I::LocalGet(int(rng)), I::I32Load(memarg), I::I32Store(memarg)]),
        2 => all(&[I::LocalGet(int(rng)), I::If(BlockType::Empty), I::Nop, I::Else, I::Call(0), I::End]),
        3 => all(&[I::Loop(BlockType::Empty), I::LocalGet(int(rng)), I::BrIf(0), I::End]),
        4 => {
            let targets: Vec<u32> = (0..rng.below(20)).map(|_| depth(rng)).collect();
            all(&[I::Block(BlockType::Empty), I::LocalGet(int(rng)), I::BrTable(targets.into(), 0), I::End]);
        }
        5 => all(&[I::Call(0)]),
        6 => all(&[I::LocalGet(int(rng)), I::CallIndirect { type_index: 0, table_index: 0 }]),
        7 => all(&[I::LocalGet(float(rng)), I::LocalGet(float(rng)), I::F64Lt, I::BrIf(depth(rng))]),
        8 => all(&[
            I::LocalGet(int(rng)),
            I::LocalGet(int(rng)),
            I::LocalGet(int(rng)),
            I::Select,
            I::LocalSet(int(rng)),
        ]),
        9 => all(&[I::LocalGet(int(rng)), I::LocalTee(int(rng)), I::LocalTee(int(rng)), I::Drop]),
        10 => all(&[I::RefFunc(0), I::LocalSet(reference(rng))]),
        11 => all(&[I::LocalGet(int(rng)), I::BrIf(depth(rng))]),
        12 => all(&[I::LocalGet(int(rng)), I::I32Eqz, I::I32Eqz, I::BrIf(depth(rng))]),
        13 => all(&[I::Block(BlockType::Empty), I::Br(depth(rng)), I::Loop(BlockType::Empty), I::End, I::End]),
        // These pile up.
        14..=17 if *operands >= OPERANDS_MAX => {}
        14 => all(&[I::LocalGet(int(rng))]),
        15 => all(&[I::I32Const(rng.next_u64() as i32)]),
        16 => all(&[I::RefNull(HeapType::FUNC)]),
        17 => all(&[I::LocalGet(int(rng)), I::LocalGet(int(rng)), I::I32Add]),
        18 => all(&[I::Block(BlockType::Empty)]),
        _ => all(&[if rng.one_in(2) { I::Loop(BlockType::Empty) } else { I::Block(BlockType::Empty) }]),
    }
    match piece {
        14..=17 if *operands < OPERANDS_MAX => {
            *operands += 1;
            open.push(Open::Operand);
        }
        18.. => open.push(Open::Block),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_modules_are_valid_and_grow() {
        let engine = sheave::Engine::default();
        for seed in 0..300 {
            let (short, long) = (module(seed, 50), module(seed, 200));
            sheave::Module::validate(&engine, &long).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            sheave::Module::new(&engine, &long).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(long.len() > short.len(), "seed {seed}");
        }
    }
}
