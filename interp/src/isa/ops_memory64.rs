//! Rows of memories and tables with 64-bit addresses and indices: each of those that has one in `ops.rs`, by the same name with a
//! suffix, with I64 for it, in the same order (`translate/memory64.rs` counts on it). The shapes and handlers are the same, but for
//! constant offsets, which have 64 bits.

use super::{
    CALL_INDIRECT, LOAD, LOAD_SUM, MEMORY_COPY, MEMORY_FILL, MEMORY_GROW, MEMORY_INIT, MEMORY_SIZE,
    RETURN_CALL_INDIRECT,
    Role::{Aux, In, Out},
    Row, STORE, STORE_FLOAT, Shape, TABLE_COPY, TABLE_FILL, TABLE_GET, TABLE_GROW, TABLE_INIT, TABLE_SET, TABLE_SIZE,
    Ty::{F32, F64, I32, I64, Ref},
    row,
};

shapes! {
    /// Load from any memory with any offset of 64 bits.
    LOAD_FAR64: "LoadFar" [In, Aux, Aux, Out], base ["rmQr"], full [];
    /// Store to any memory with any offset of 64 bits.
    STORE_FAR64: "StoreFar" [In, Aux, Aux, In], base ["rmQs", "smQs"], full [];
}

/// The rows of this file.
pub const ROWS: &[Row] = &[
    row("i32.load.memory64", &LOAD, &[I64, I32], "load 4 bytes"),
    row("i32.load8_s.memory64", &LOAD, &[I64, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.memory64", &LOAD, &[I64, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.memory64", &LOAD, &[I64, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.memory64", &LOAD, &[I64, I32], "load 2 bytes, zero-extended"),
    row("i64.load.memory64", &LOAD, &[I64, I64], "load 8 bytes"),
    row("i64.load8_s.memory64", &LOAD, &[I64, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.memory64", &LOAD, &[I64, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.memory64", &LOAD, &[I64, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.memory64", &LOAD, &[I64, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.memory64", &LOAD, &[I64, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.memory64", &LOAD, &[I64, I64], "load 4 bytes, zero-extended"),
    row("f32.load.memory64", &LOAD, &[I64, F32], "load 4 bytes"),
    row("f64.load.memory64", &LOAD, &[I64, F64], "load 8 bytes"),
    row("i32.load.sum.memory64", &LOAD_SUM, &[I64, I64, I32], "load 4 bytes"),
    row("i32.load8_s.sum.memory64", &LOAD_SUM, &[I64, I64, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.sum.memory64", &LOAD_SUM, &[I64, I64, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.sum.memory64", &LOAD_SUM, &[I64, I64, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.sum.memory64", &LOAD_SUM, &[I64, I64, I32], "load 2 bytes, zero-extended"),
    row("i64.load.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 8 bytes"),
    row("i64.load8_s.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.sum.memory64", &LOAD_SUM, &[I64, I64, I64], "load 4 bytes, zero-extended"),
    row("f32.load.sum.memory64", &LOAD_SUM, &[I64, I64, F32], "load 4 bytes"),
    row("f64.load.sum.memory64", &LOAD_SUM, &[I64, I64, F64], "load 8 bytes"),
    row("i32.store.memory64", &STORE, &[I64, I32], "store 4 bytes"),
    row("i32.store8.memory64", &STORE, &[I64, I32], "store the low byte; serves i64.store8 too"),
    row("i32.store16.memory64", &STORE, &[I64, I32], "store the low 2 bytes; serves i64.store16 too"),
    row("i64.store.memory64", &STORE, &[I64, I64], "store 8 bytes"),
    row("f32.store.memory64", &STORE_FLOAT, &[I64, F32], "store 4 bytes from f0"),
    row("f64.store.memory64", &STORE_FLOAT, &[I64, F64], "store 8 bytes from f0"),
    row("i32.load.far.memory64", &LOAD_FAR64, &[I64, I32], "load 4 bytes"),
    row("i32.load8_s.far.memory64", &LOAD_FAR64, &[I64, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.far.memory64", &LOAD_FAR64, &[I64, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.far.memory64", &LOAD_FAR64, &[I64, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.far.memory64", &LOAD_FAR64, &[I64, I32], "load 2 bytes, zero-extended"),
    row("i64.load.far.memory64", &LOAD_FAR64, &[I64, I64], "load 8 bytes"),
    row("i64.load8_s.far.memory64", &LOAD_FAR64, &[I64, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.far.memory64", &LOAD_FAR64, &[I64, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.far.memory64", &LOAD_FAR64, &[I64, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.far.memory64", &LOAD_FAR64, &[I64, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.far.memory64", &LOAD_FAR64, &[I64, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.far.memory64", &LOAD_FAR64, &[I64, I64], "load 4 bytes, zero-extended"),
    row("f32.load.far.memory64", &LOAD_FAR64, &[I64, F32], "load 4 bytes"),
    row("f64.load.far.memory64", &LOAD_FAR64, &[I64, F64], "load 8 bytes"),
    row("i32.store.far.memory64", &STORE_FAR64, &[I64, I32], "store 4 bytes"),
    row("i32.store8.far.memory64", &STORE_FAR64, &[I64, I32], "store the low byte"),
    row("i32.store16.far.memory64", &STORE_FAR64, &[I64, I32], "store the low 2 bytes"),
    row("i64.store.far.memory64", &STORE_FAR64, &[I64, I64], "store 8 bytes"),
    row("memory.size.memory64", &MEMORY_SIZE, &[I64], "size in pages"),
    row("memory.grow.memory64", &MEMORY_GROW, &[I64, I64], "grow by pages; the old size, or -1"),
    row("memory.fill.memory64", &MEMORY_FILL, &[I64, I32, I64], "fill a range with a byte"),
    row("memory.copy.memory64", &MEMORY_COPY, &[I64, I64, I64], "copy a range"),
    row("memory.init.memory64", &MEMORY_INIT, &[I64, I32, I32], "copy from a data segment"),
    row(
        "memory.copy.memory64.from32",
        &MEMORY_COPY,
        &[I64, I32, I32],
        "copy a range from a memory with 32-bit addresses",
    ),
    row("memory.copy.memory64.to32", &MEMORY_COPY, &[I32, I64, I32], "copy a range to a memory with 32-bit addresses"),
    // Tables.
    row("table.get.table64", &TABLE_GET, &[I64, Ref], "read an element"),
    row("table.set.table64", &TABLE_SET, &[I64, Ref], "write an element"),
    row("table.size.table64", &TABLE_SIZE, &[I64], "number of elements"),
    row("table.grow.table64", &TABLE_GROW, &[Ref, I64, I64], "grow by elements; the old size, or -1"),
    row("table.fill.table64", &TABLE_FILL, &[I64, Ref, I64], "fill a range with a reference"),
    row("table.copy.table64", &TABLE_COPY, &[I64, I64, I64], "copy a range"),
    row("table.init.table64", &TABLE_INIT, &[I64, I32, I32], "copy from an element segment"),
    row("table.copy.table64.from32", &TABLE_COPY, &[I64, I32, I32], "copy a range from a table with 32-bit indices"),
    row("table.copy.table64.to32", &TABLE_COPY, &[I32, I64, I32], "copy a range to a table with 32-bit indices"),
    row("call_indirect.table64", &CALL_INDIRECT, &[I64], "call the function in a table's element"),
    row(
        "return_call_indirect.table64",
        &RETURN_CALL_INDIRECT,
        &[I64],
        "tail call of the function in a table's element",
    ),
];
