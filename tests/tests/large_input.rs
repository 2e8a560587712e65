//! Large and unbounded input: an error that names the limit, a trap, or it works; always within a stated amount of memory.
//!
//! The modules are made here, not committed. No timers: what loops is bounded by the input's size.

use sheave::Trap;
use sheave_tests::allocator::{Counting, bounded};
use sheave_tests::load::{MIB, load_and_run, single};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction as I, MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn limits_out_of_range_are_errors() {
    let module = |memory: MemoryType| {
        let mut memories = MemorySection::new();
        memories.memory(memory);
        wasm_encoder::Module::new().section(&memories).clone().finish()
    };
    let plain = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    for memory in [
        MemoryType { minimum: 65_537, ..plain },
        MemoryType { maximum: Some(65_537), ..plain },
        MemoryType { minimum: 2, maximum: Some(1), ..plain },
        MemoryType { page_size_log2: Some(3), ..plain },
        MemoryType { memory64: true, minimum: (1 << 48) + 1, ..plain },
        // As many as addresses reach: valid, and more than a machine has.
        MemoryType { memory64: true, minimum: 1 << 48, ..plain },
        MemoryType { memory64: true, minimum: u64::MAX, page_size_log2: Some(0), ..plain },
        MemoryType { memory64: true, minimum: 1 << 40, ..plain },
        MemoryType { shared: true, ..plain },
        MemoryType { shared: true, maximum: Some(65_537), ..plain },
    ] {
        let error = load_and_run(&module(memory), 8 * MIB).expect_err("out of range");
        assert!(!error.to_string().is_empty());
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: u64::from(u32::MAX),
        maximum: None,
        table64: false,
        shared: false,
    });
    let wasm = wasm_encoder::Module::new().section(&tables).clone().finish();
    load_and_run(&wasm, 256 * MIB).expect_err("more elements than a store allows");
}

#[test]
fn a_memory_of_four_gibibytes_is_refused_or_not_touched() {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 65_536,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let wasm = wasm_encoder::Module::new().section(&memories).clone().finish();
    let error = load_and_run(&wasm, 1024 * MIB).expect_err("a machine with 1 GiB");
    assert!(error.to_string().contains("memory"), "{error}");
    // On a machine that promises it, the pages stay untouched: this process does not grow.
    let _ = bounded(5 << 30, || load_and_run(&wasm, 5 << 30));
    if let Ok(statm) = std::fs::read_to_string("/proc/self/statm") {
        let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("pages in use");
        assert!(pages * 4096 < 3 << 30, "{pages} pages in use");
    }
}

#[test]
fn growing_a_memory_without_end_gives_minus_one() {
    let wasm = wat::parse_str(
        r#"(module (memory 1) (func (export "run") (local i32)
        (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1000)) (i32.const -1))))
        (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))"#,
    )
    .expect("a module");
    load_and_run(&wasm, 600 * MIB).expect("growth fails, the guest goes on");
}

#[test]
fn a_memory_with_64_bit_addresses_grows_by_what_there_is() {
    let wasm = wat::parse_str(
        r#"(module (memory i64 1) (table i64 1 funcref) (func (export "run")
        (if (i64.ne (memory.grow (i64.const -1)) (i64.const -1)) (then (unreachable)))
        (if (i64.ne (memory.grow (i64.const 0xffffffffffff)) (i64.const -1)) (then (unreachable)))
        (if (i64.ne (memory.grow (i64.const 0x10000000)) (i64.const -1)) (then (unreachable)))
        (if (i64.ne (table.grow (ref.null func) (i64.const -1)) (i64.const -1)) (then (unreachable)))
        (if (i64.ne (table.grow (ref.null func) (i64.const 0x100000000)) (i64.const -1)) (then (unreachable)))
        (if (i64.ne (memory.grow (i64.const 100)) (i64.const 1)) (then (unreachable)))
        (if (i64.ne (memory.size) (i64.const 101)) (then (unreachable)))
        (i64.store (i64.const 0x650000) (i64.const 7))))"#,
    );
    let error = load_and_run(&wasm.expect("a module"), 600 * MIB).expect_err("the store is just outside");
    assert!(error.to_string().contains("out of bounds memory access"), "{error}");
}

#[test]
fn recursion_without_end_is_a_trap() {
    let wasm = single(&[], &[], &[], &[I::Call(0)]);
    assert_eq!(load_and_run(&wasm, 16 * MIB).expect_err("no end").as_trap(), Some(Trap::StackOverflow));
    let wasm = wat::parse_str(r#"(module (start $f) (func $f (call $g)) (func $g (call $f)))"#).expect("a module");
    assert_eq!(load_and_run(&wasm, 16 * MIB).expect_err("no end").as_trap(), Some(Trap::StackOverflow));
}

/// So many functions, types, globals, segments at once; the issue's figure where code is optimised.
const MANY: u32 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };

#[test]
fn a_million_functions_load() {
    let module = |count: u32| {
        let (mut types, mut functions, mut codes) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        let mut empty = Function::new([]);
        empty.instruction(&I::End);
        for _ in 0..count {
            functions.function(0);
            codes.function(&empty);
        }
        wasm_encoder::Module::new().section(&types).section(&functions).section(&codes).clone().finish()
    };
    load_and_run(&module(MANY), 400 * MIB).expect("many functions are fine");
    let error = load_and_run(&module(1_000_001), 400 * MIB).expect_err("one more than the validator allows");
    assert!(error.to_string().contains("functions"), "{error}");
}

#[test]
fn a_million_types_load_or_are_refused() {
    let mut types = TypeSection::new();
    for i in 0..MANY {
        let ty = |bit: u32| if i >> bit & 1 == 1 { ValType::I32 } else { ValType::I64 };
        types.ty().function((0..20).map(ty), []);
    }
    let wasm = wasm_encoder::Module::new().section(&types).clone().finish();
    load_and_run(&wasm, 1024 * MIB).expect("many types are fine");
}

#[test]
fn many_globals_and_segments_load_or_are_refused() {
    let count = MANY / 10;
    let (mut globals, mut data, mut elements) = (GlobalSection::new(), DataSection::new(), ElementSection::new());
    for i in 0..count {
        globals.global(
            GlobalType { val_type: ValType::I64, mutable: true, shared: false },
            &ConstExpr::i64_const(i.into()),
        );
        data.passive([1, 2, 3]);
        elements.passive(Elements::Functions((&[]).into()));
    }
    load_and_run(&wasm_encoder::Module::new().section(&globals).clone().finish(), 256 * MIB)
        .expect("many globals are fine");
    load_and_run(&wasm_encoder::Module::new().section(&elements).section(&data).clone().finish(), 256 * MIB)
        .expect("many segments are fine");
    // A section that promises more than it holds.
    for (id, name) in [
        (1, "type"),
        (3, "function"),
        (4, "table"),
        (5, "memory"),
        (6, "global"),
        (7, "export"),
        (9, "element"),
        (11, "data"),
    ] {
        let section = wasm_encoder::RawSection { id, data: &[0xff, 0xff, 0xff, 0xff, 0x0f] };
        let wasm = wasm_encoder::Module::new().section(&section).clone().finish();
        load_and_run(&wasm, 8 * MIB).expect_err(name);
    }
}

#[test]
fn fifty_thousand_locals_work_or_are_refused_by_name() {
    for ty in [ValType::I32, ValType::I64] {
        let wasm = single(&[], &[], &[(50_000, ty)], &[I::LocalGet(49_999), I::LocalSet(0)]);
        if let Err(error) = load_and_run(&wasm, 64 * MIB) {
            assert!(error.to_string().contains("limit reached"), "{error}");
        }
    }
    let error = load_and_run(&single(&[], &[], &[(50_001, ValType::I32)], &[]), 64 * MIB)
        .expect_err("more than the validator allows");
    assert!(error.to_string().contains("locals"), "{error}");
    let error = load_and_run(&single(&[], &[], &[(u32::MAX, ValType::I32), (u32::MAX, ValType::I64)], &[]), 64 * MIB)
        .expect_err("far more");
    assert!(error.to_string().contains("locals"), "{error}");
}

#[test]
fn a_million_branch_targets_work_or_are_refused() {
    for (count, blocks) in [(1_000_000_usize, 1_u32), (1_000_000, 1000)] {
        let targets: Vec<u32> = (0..count as u32).map(|i| i % blocks).collect();
        let mut code: Vec<I<'_>> = (0..blocks).map(|_| I::Block(BlockType::Empty)).collect();
        code.extend([I::I32Const(999_999), I::BrTable(targets.into(), 0)]);
        code.extend((0..blocks).map(|_| I::End));
        if let Err(error) = load_and_run(&single(&[], &[], &[], &code), 512 * MIB) {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn repeat<'a>(code: &[I<'a>], times: usize) -> Vec<I<'a>> {
    std::iter::repeat_n(code, times).flatten().cloned().collect()
}

#[test]
fn deep_nesting_of_blocks_works_or_is_refused() {
    for (opening, closing) in [
        (vec![I::Block(BlockType::Empty)], vec![I::End]),
        (vec![I::Loop(BlockType::Empty)], vec![I::End]),
        (vec![I::I32Const(1), I::If(BlockType::Empty)], vec![I::Else, I::End]),
        (
            vec![I::Block(BlockType::Result(ValType::I32))],
            vec![I::I32Const(1), I::BrIf(0), I::Drop, I::I32Const(2), I::End, I::Drop, I::I32Const(1)],
        ),
    ] {
        const DEPTH: usize = 100_000;
        let takes_value = closing.len() > 2;
        let mut code: Vec<I<'_>> = repeat(&opening, DEPTH);
        if takes_value {
            code.push(I::I32Const(1));
        }
        code.extend(repeat(&closing, DEPTH));
        if takes_value {
            code.push(I::Drop);
        }
        if let Err(error) = load_and_run(&single(&[], &[], &[], &code), 512 * MIB) {
            assert!(error.to_string().contains("limit"), "{error}");
        }
    }
}

#[test]
fn a_deep_operand_stack_works_or_is_refused_by_name() {
    for (push, pop) in [(I::LocalGet(0), I::I32Add), (I::I32Const(70_000), I::I32Xor)] {
        const DEPTH: usize = 100_000;
        let mut code: Vec<I<'_>> = repeat(&[push], DEPTH);
        code.extend(repeat(&[pop], DEPTH - 1));
        code.push(I::LocalSet(0));
        if let Err(error) = load_and_run(&single(&[], &[], &[(1, ValType::I32)], &code), 256 * MIB) {
            assert!(error.to_string().contains("limit reached"), "{error}");
        }
    }
}

#[test]
fn many_parameters_and_results_work_or_are_refused() {
    for count in [1000, 1001] {
        let types = vec![ValType::I64; count];
        let code: Vec<I<'_>> = (0..count as u32).map(I::LocalGet).collect();
        let result = load_and_run(&single(&types, &types, &[], &code), 64 * MIB);
        assert_eq!(result.is_ok(), count == 1000, "{count}: {result:?}");
    }
}
