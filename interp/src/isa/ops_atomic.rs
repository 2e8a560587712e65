//! Rows of shared memories and of atomic operators, and their shapes.
//!
//! Shared memories have rows of their own for everything, since what other threads may touch at the same time is read and written in
//! another way. Those for memory 0 stand in the order of the plain ones in `ops.rs`, as do those `.far`: `translate/atomic.rs` counts
//! on it. Rows that are executed less take addresses of 64 bits only, whatever the memory has.

use super::{
    LOAD, LOAD_FAR64, MEMORY_GROW,
    Role::{Aux, In, Out},
    Row, STORE, STORE_FAR64, STORE_FLOAT, Shape,
    Ty::{F32, F64, I32, I64},
    row,
};

shapes! {
    /// memory.size of a shared memory.
    MEMORY_SIZE_SHARED: "MemorySizeShared" [Aux, Out], base ["mr"], full [];
    /// memory.fill of a shared memory: memory, destination, value, length.
    MEMORY_FILL_SHARED: "MemoryFillShared" [Aux, In, In, In], base ["msss"], full [];
    /// memory.copy of which a memory is shared: destination memory, source memory, destination, source, length.
    MEMORY_COPY_SHARED: "MemoryCopyShared" [Aux, Aux, In, In, In], base ["mmsss"], full [];
    /// memory.init of a shared memory: memory, segment, destination, source, length.
    MEMORY_INIT_SHARED: "MemoryInitShared" [Aux, Aux, In, In, In], base ["mDsss"], full [];
    /// Atomic load: address, memory, offset, result.
    ATOMIC_LOAD: "AtomicLoad" [In, Aux, Aux, Out], base ["rmQr"], full [];
    /// Atomic store: address, memory, offset, value.
    ATOMIC_STORE: "AtomicStore" [In, Aux, Aux, In], base ["rmQs"], full [];
    /// Atomic read, modify, write: address, memory, offset, operand, old value.
    ATOMIC_RMW: "AtomicRmw" [In, Aux, Aux, In, Out], base ["rmQsr"], full [];
    /// Atomic compare and exchange: address, memory, offset, expected value, new value, old value.
    ATOMIC_CMPXCHG: "AtomicCmpxchg" [In, Aux, Aux, In, In, Out], base ["rmQssr"], full [];
    /// Wait: address, memory, offset, expected value, timeout in nanoseconds, result.
    ATOMIC_WAIT: "AtomicWait" [In, Aux, Aux, In, In, Out], base ["rmQssr"], full [];
    /// Notify: address, memory, offset, count, result.
    ATOMIC_NOTIFY: "AtomicNotify" [In, Aux, Aux, In, Out], base ["rmQsr"], full [];
    /// Fence.
    ATOMIC_FENCE: "AtomicFence" [], base [""], full [];
}

/// The rows of this file.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    // Memory 0 with 32-bit addresses: plain accesses.
    row("i32.load.shared", &LOAD, &[I32, I32], "load 4 bytes"),
    row("i32.load8_s.shared", &LOAD, &[I32, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.shared", &LOAD, &[I32, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.shared", &LOAD, &[I32, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.shared", &LOAD, &[I32, I32], "load 2 bytes, zero-extended"),
    row("i64.load.shared", &LOAD, &[I32, I64], "load 8 bytes"),
    row("i64.load8_s.shared", &LOAD, &[I32, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.shared", &LOAD, &[I32, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.shared", &LOAD, &[I32, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.shared", &LOAD, &[I32, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.shared", &LOAD, &[I32, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.shared", &LOAD, &[I32, I64], "load 4 bytes, zero-extended"),
    row("f32.load.shared", &LOAD, &[I32, F32], "load 4 bytes"),
    row("f64.load.shared", &LOAD, &[I32, F64], "load 8 bytes"),
    row("i32.store.shared", &STORE, &[I32, I32], "store 4 bytes"),
    row("i32.store8.shared", &STORE, &[I32, I32], "store the low byte; serves i64.store8 too"),
    row("i32.store16.shared", &STORE, &[I32, I32], "store the low 2 bytes; serves i64.store16 too"),
    row("i64.store.shared", &STORE, &[I32, I64], "store 8 bytes"),
    row("f32.store.shared", &STORE_FLOAT, &[I32, F32], "store 4 bytes from f0"),
    row("f64.store.shared", &STORE_FLOAT, &[I32, F64], "store 8 bytes from f0"),
    // Any shared memory: the address is an i64, an i32 being extended to it.
    row("i32.load.shared.far", &LOAD_FAR64, &[I64, I32], "load 4 bytes"),
    row("i32.load8_s.shared.far", &LOAD_FAR64, &[I64, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.shared.far", &LOAD_FAR64, &[I64, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.shared.far", &LOAD_FAR64, &[I64, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.shared.far", &LOAD_FAR64, &[I64, I32], "load 2 bytes, zero-extended"),
    row("i64.load.shared.far", &LOAD_FAR64, &[I64, I64], "load 8 bytes"),
    row("i64.load8_s.shared.far", &LOAD_FAR64, &[I64, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.shared.far", &LOAD_FAR64, &[I64, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.shared.far", &LOAD_FAR64, &[I64, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.shared.far", &LOAD_FAR64, &[I64, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.shared.far", &LOAD_FAR64, &[I64, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.shared.far", &LOAD_FAR64, &[I64, I64], "load 4 bytes, zero-extended"),
    row("f32.load.shared.far", &LOAD_FAR64, &[I64, F32], "load 4 bytes"),
    row("f64.load.shared.far", &LOAD_FAR64, &[I64, F64], "load 8 bytes"),
    row("i32.store.shared.far", &STORE_FAR64, &[I64, I32], "store 4 bytes"),
    row("i32.store8.shared.far", &STORE_FAR64, &[I64, I32], "store the low byte"),
    row("i32.store16.shared.far", &STORE_FAR64, &[I64, I32], "store the low 2 bytes"),
    row("i64.store.shared.far", &STORE_FAR64, &[I64, I64], "store 8 bytes"),
    // Bulk operators.
    row("memory.size.shared", &MEMORY_SIZE_SHARED, &[I32], "size in pages"),
    row("memory.size.shared.memory64", &MEMORY_SIZE_SHARED, &[I64], "size in pages"),
    row("memory.grow.shared", &MEMORY_GROW, &[I32, I32], "grow by pages; the old size, or -1"),
    row("memory.grow.shared.memory64", &MEMORY_GROW, &[I64, I64], "grow by pages; the old size, or -1"),
    row("memory.fill.shared", &MEMORY_FILL_SHARED, &[I32, I32, I32], "fill a range with a byte"),
    row("memory.fill.shared.memory64", &MEMORY_FILL_SHARED, &[I64, I32, I64], "fill a range with a byte"),
    row("memory.init.shared", &MEMORY_INIT_SHARED, &[I32, I32, I32], "copy from a data segment"),
    row("memory.init.shared.memory64", &MEMORY_INIT_SHARED, &[I64, I32, I32], "copy from a data segment"),
    row("memory.copy.shared", &MEMORY_COPY_SHARED, &[I32, I32, I32], "copy a range from or to a shared memory"),
    row("memory.copy.shared.memory64", &MEMORY_COPY_SHARED, &[I64, I64, I64], "copy a range from or to a shared memory"),
    row("memory.copy.shared.memory64.from32", &MEMORY_COPY_SHARED, &[I64, I32, I32], "copy a range from or to a shared memory"),
    row("memory.copy.shared.memory64.to32", &MEMORY_COPY_SHARED, &[I32, I64, I32], "copy a range from or to a shared memory"),
    // Atomic operators, on any memory, shared or not: the address is an i64, an i32 being extended to it.
    row("atomic.fence", &ATOMIC_FENCE, &[], "nothing is moved across it"),
    row("memory.atomic.notify", &ATOMIC_NOTIFY, &[I64, I32, I32], "wake threads that wait; how many"),
    row("memory.atomic.wait32", &ATOMIC_WAIT, &[I64, I32, I64, I32], "wait if 4 bytes are what is expected: 0 woken, 1 not so, 2 timed out"),
    row("memory.atomic.wait64", &ATOMIC_WAIT, &[I64, I64, I64, I32], "wait if 8 bytes are what is expected: 0 woken, 1 not so, 2 timed out"),
    row("i32.atomic.load", &ATOMIC_LOAD, &[I64, I32], "load atomically"),
    row("i64.atomic.load", &ATOMIC_LOAD, &[I64, I64], "load atomically"),
    row("i32.atomic.load8_u", &ATOMIC_LOAD, &[I64, I32], "load atomically"),
    row("i32.atomic.load16_u", &ATOMIC_LOAD, &[I64, I32], "load atomically"),
    row("i64.atomic.load8_u", &ATOMIC_LOAD, &[I64, I64], "load atomically"),
    row("i64.atomic.load16_u", &ATOMIC_LOAD, &[I64, I64], "load atomically"),
    row("i64.atomic.load32_u", &ATOMIC_LOAD, &[I64, I64], "load atomically"),
    row("i32.atomic.store", &ATOMIC_STORE, &[I64, I32], "store atomically"),
    row("i64.atomic.store", &ATOMIC_STORE, &[I64, I64], "store atomically"),
    row("i32.atomic.store8", &ATOMIC_STORE, &[I64, I32], "store atomically"),
    row("i32.atomic.store16", &ATOMIC_STORE, &[I64, I32], "store atomically"),
    row("i64.atomic.store8", &ATOMIC_STORE, &[I64, I64], "store atomically"),
    row("i64.atomic.store16", &ATOMIC_STORE, &[I64, I64], "store atomically"),
    row("i64.atomic.store32", &ATOMIC_STORE, &[I64, I64], "store atomically"),
    row("i32.atomic.rmw.add", &ATOMIC_RMW, &[I64, I32, I32], "add atomically; the old value"),
    row("i64.atomic.rmw.add", &ATOMIC_RMW, &[I64, I64, I64], "add atomically; the old value"),
    row("i32.atomic.rmw8.add_u", &ATOMIC_RMW, &[I64, I32, I32], "add atomically; the old value"),
    row("i32.atomic.rmw16.add_u", &ATOMIC_RMW, &[I64, I32, I32], "add atomically; the old value"),
    row("i64.atomic.rmw8.add_u", &ATOMIC_RMW, &[I64, I64, I64], "add atomically; the old value"),
    row("i64.atomic.rmw16.add_u", &ATOMIC_RMW, &[I64, I64, I64], "add atomically; the old value"),
    row("i64.atomic.rmw32.add_u", &ATOMIC_RMW, &[I64, I64, I64], "add atomically; the old value"),
    row("i32.atomic.rmw.sub", &ATOMIC_RMW, &[I64, I32, I32], "subtract atomically; the old value"),
    row("i64.atomic.rmw.sub", &ATOMIC_RMW, &[I64, I64, I64], "subtract atomically; the old value"),
    row("i32.atomic.rmw8.sub_u", &ATOMIC_RMW, &[I64, I32, I32], "subtract atomically; the old value"),
    row("i32.atomic.rmw16.sub_u", &ATOMIC_RMW, &[I64, I32, I32], "subtract atomically; the old value"),
    row("i64.atomic.rmw8.sub_u", &ATOMIC_RMW, &[I64, I64, I64], "subtract atomically; the old value"),
    row("i64.atomic.rmw16.sub_u", &ATOMIC_RMW, &[I64, I64, I64], "subtract atomically; the old value"),
    row("i64.atomic.rmw32.sub_u", &ATOMIC_RMW, &[I64, I64, I64], "subtract atomically; the old value"),
    row("i32.atomic.rmw.and", &ATOMIC_RMW, &[I64, I32, I32], "bitwise and atomically; the old value"),
    row("i64.atomic.rmw.and", &ATOMIC_RMW, &[I64, I64, I64], "bitwise and atomically; the old value"),
    row("i32.atomic.rmw8.and_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise and atomically; the old value"),
    row("i32.atomic.rmw16.and_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise and atomically; the old value"),
    row("i64.atomic.rmw8.and_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise and atomically; the old value"),
    row("i64.atomic.rmw16.and_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise and atomically; the old value"),
    row("i64.atomic.rmw32.and_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise and atomically; the old value"),
    row("i32.atomic.rmw.or", &ATOMIC_RMW, &[I64, I32, I32], "bitwise or atomically; the old value"),
    row("i64.atomic.rmw.or", &ATOMIC_RMW, &[I64, I64, I64], "bitwise or atomically; the old value"),
    row("i32.atomic.rmw8.or_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise or atomically; the old value"),
    row("i32.atomic.rmw16.or_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise or atomically; the old value"),
    row("i64.atomic.rmw8.or_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise or atomically; the old value"),
    row("i64.atomic.rmw16.or_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise or atomically; the old value"),
    row("i64.atomic.rmw32.or_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise or atomically; the old value"),
    row("i32.atomic.rmw.xor", &ATOMIC_RMW, &[I64, I32, I32], "bitwise exclusive or atomically; the old value"),
    row("i64.atomic.rmw.xor", &ATOMIC_RMW, &[I64, I64, I64], "bitwise exclusive or atomically; the old value"),
    row("i32.atomic.rmw8.xor_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise exclusive or atomically; the old value"),
    row("i32.atomic.rmw16.xor_u", &ATOMIC_RMW, &[I64, I32, I32], "bitwise exclusive or atomically; the old value"),
    row("i64.atomic.rmw8.xor_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise exclusive or atomically; the old value"),
    row("i64.atomic.rmw16.xor_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise exclusive or atomically; the old value"),
    row("i64.atomic.rmw32.xor_u", &ATOMIC_RMW, &[I64, I64, I64], "bitwise exclusive or atomically; the old value"),
    row("i32.atomic.rmw.xchg", &ATOMIC_RMW, &[I64, I32, I32], "exchange atomically; the old value"),
    row("i64.atomic.rmw.xchg", &ATOMIC_RMW, &[I64, I64, I64], "exchange atomically; the old value"),
    row("i32.atomic.rmw8.xchg_u", &ATOMIC_RMW, &[I64, I32, I32], "exchange atomically; the old value"),
    row("i32.atomic.rmw16.xchg_u", &ATOMIC_RMW, &[I64, I32, I32], "exchange atomically; the old value"),
    row("i64.atomic.rmw8.xchg_u", &ATOMIC_RMW, &[I64, I64, I64], "exchange atomically; the old value"),
    row("i64.atomic.rmw16.xchg_u", &ATOMIC_RMW, &[I64, I64, I64], "exchange atomically; the old value"),
    row("i64.atomic.rmw32.xchg_u", &ATOMIC_RMW, &[I64, I64, I64], "exchange atomically; the old value"),
    row("i32.atomic.rmw.cmpxchg", &ATOMIC_CMPXCHG, &[I64, I32, I32, I32], "exchange atomically if the value is the expected one; the old value"),
    row("i64.atomic.rmw.cmpxchg", &ATOMIC_CMPXCHG, &[I64, I64, I64, I64], "exchange atomically if the value is the expected one; the old value"),
    row("i32.atomic.rmw8.cmpxchg_u", &ATOMIC_CMPXCHG, &[I64, I32, I32, I32], "exchange atomically if the value is the expected one; the old value"),
    row("i32.atomic.rmw16.cmpxchg_u", &ATOMIC_CMPXCHG, &[I64, I32, I32, I32], "exchange atomically if the value is the expected one; the old value"),
    row("i64.atomic.rmw8.cmpxchg_u", &ATOMIC_CMPXCHG, &[I64, I64, I64, I64], "exchange atomically if the value is the expected one; the old value"),
    row("i64.atomic.rmw16.cmpxchg_u", &ATOMIC_CMPXCHG, &[I64, I64, I64, I64], "exchange atomically if the value is the expected one; the old value"),
    row("i64.atomic.rmw32.cmpxchg_u", &ATOMIC_CMPXCHG, &[I64, I64, I64, I64], "exchange atomically if the value is the expected one; the old value"),
];
