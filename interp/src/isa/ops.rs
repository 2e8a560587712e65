//! The rows of Wasm 2.0 without vectors, of tail calls and wide arithmetic, and their shapes. The model is in `table.rs`; each other proposal has its
//! own file beside this one.

use super::{
    Role::{Aux, In, InOut, Out},
    Row, Shape,
    Ty::{F32, F64, I32, I64, Ref},
    row,
};

shapes! {
    /// Binary operation whose operands can be exchanged.
    COMMUTATIVE: "Binary" [In, In, Out],
        base ["rsr", "ssr", "rir", "sir", "rsw", "ssw", "riw", "siw"], full ["rjr", "sjr", "rjw", "sjw"];
    /// The same on 64 bits, where constants are often wide.
    COMMUTATIVE64: "Binary" [In, In, Out],
        base ["rsr", "ssr", "rir", "sir", "rsw", "ssw", "riw", "siw"],
        full ["rjr", "sjr", "rjw", "sjw", "rqr", "sqr", "rqw", "sqw"];
    /// Binary operation on integers.
    ARITHMETIC: "Binary" [In, In, Out],
        base ["rsr", "srr", "ssr", "rir", "sir", "irr", "isr", "rsw", "srw", "ssw", "riw", "siw"], full [];
    /// Division of integers.
    DIVISION: "Binary" [In, In, Out],
        base ["rsr", "srr", "ssr", "rir", "sir"], full ["rsw", "srw", "ssw", "riw", "siw", "rjr", "sjr", "rjw", "sjw"];
    /// Binary operation on 32-bit floats; an immediate is the bits of a constant.
    FLOAT32: "Binary" [In, In, Out],
        base ["rsr", "srr", "ssr", "rsw", "srw", "ssw"], full ["rjr", "sjr", "rjw", "sjw", "jrr", "jsr", "jrw", "jsw"];
    /// The same on 64 bits.
    FLOAT64: "Binary" [In, In, Out],
        base ["rsr", "srr", "ssr", "rsw", "srw", "ssw"], full ["rqr", "sqr", "rqw", "sqw", "qrr", "qsr", "qrw", "qsw"];
    /// Binary operation on floats, seldom executed.
    FLOAT_RARE: "Binary" [In, In, Out], base ["rsr", "srr", "ssr"], full [];
    /// Comparison of 32-bit floats; exchanged operands are another row.
    COMPARE_F32: "Binary" [In, In, Out], base ["rsr", "srr", "ssr"], full ["rjr", "sjr"];
    /// Comparison of 64-bit floats; exchanged operands are another row.
    COMPARE_F64: "Binary" [In, In, Out], base ["rsr", "srr", "ssr"], full ["rqr", "sqr"];
    /// Two operations on integers in a row: operands of the first, right operand of the second.
    CHAIN: "Chain" [In, In, In, Out], base [], full [
        "rssr", "sssr", "risr", "sisr", "rsir", "ssir", "riir", "siir",
        "rssw", "sssw", "risw", "sisw", "rsiw", "ssiw", "riiw", "siiw",
    ];
    /// Two operations on floats in a row.
    CHAIN_FLOAT: "Chain" [In, In, In, Out], base [], full ["rssr", "srsr", "sssr", "rssw", "srsw", "sssw"];
    /// Comparison of integers; exchanged operands are another row.
    COMPARE: "Binary" [In, In, Out], base ["rsr", "ssr", "rir", "sir"], full ["rjr", "sjr", "rsw", "ssw", "riw", "siw"];
    /// Unary operation.
    UNARY: "Unary" [In, Out], base ["rr", "sr"], full [];
    /// Unary operation whose result often goes to a local.
    UNARY_WRITE: "Unary" [In, Out], base ["rr", "sr", "rw", "sw"], full [];
    /// Branch if a comparison of integers holds.
    BRANCH_COMPARE: "BranchIf2" [In, In, Aux], base ["rsb", "ssb", "rib", "sib"], full ["rjb", "sjb"];
    /// Branch if two integers have no bit in common.
    BRANCH_COMPARE_NOT: "BranchUnless2" [In, In, Aux], base ["rsb", "ssb", "rib", "sib"], full ["rjb", "sjb"];
    /// Branch if a comparison of 32-bit floats holds.
    BRANCH_F32: "BranchIf2" [In, In, Aux], base ["rsb", "srb", "ssb"], full ["rjb", "sjb"];
    /// Branch if a comparison of 32-bit floats does not hold.
    BRANCH_F32_NOT: "BranchUnless2" [In, In, Aux], base ["rsb", "srb", "ssb"], full ["rjb", "sjb"];
    /// Branch if a comparison of 64-bit floats holds.
    BRANCH_F64: "BranchIf2" [In, In, Aux], base ["rsb", "srb", "ssb"], full ["rqb", "sqb"];
    /// Branch if a comparison of 64-bit floats does not hold.
    BRANCH_F64_NOT: "BranchUnless2" [In, In, Aux], base ["rsb", "srb", "ssb"], full ["rqb", "sqb"];
    /// Branch if a test of an integer holds.
    BRANCH_TEST: "BranchIf1" [In, Aux], base ["rb", "sb"], full [];
    /// Branch if a test of an integer does not hold.
    BRANCH_TEST_NOT: "BranchUnless1" [In, Aux], base ["rb", "sb"], full [];
    /// Step of a local: slot += immediate.
    STEP: "Step" [InOut, Aux], base ["si"], full [];
    /// Steps of two locals.
    STEP_TWO: "StepTwo" [InOut, Aux, InOut, Aux], base [], full ["sisi"];
    /// Loop edge: slot += immediate; branch if a comparison of the slot holds.
    LOOP_EDGE: "LoopEdge" [InOut, Aux, In, Aux], base ["sisb", "siib"], full ["sijb"];
    /// Conditional choice between integers: condition, value if not zero, value if zero, result.
    SELECT: "Select" [In, In, In, Out], base ["rssr", "sssr", "rssw", "sssw"], full [
        "risr", "rsir", "riir", "sisr", "ssir", "siir", "risw", "rsiw", "riiw", "sisw", "ssiw", "siiw",
    ];
    /// Conditional choice between floats.
    SELECT_FLOAT: "Select" [In, In, In, Out], base ["rssr", "sssr", "rssw", "sssw"], full [];
    /// Choice of references.
    SELECT_REF: "Select" [In, In, In, Out], base ["rsss", "ssss"], full [];
    /// 32-bit integer constant.
    CONST32: "Unary" [In, Out], base ["ir", "jr", "is", "js", "iw"], full [];
    /// 64-bit integer constant.
    CONST64: "Unary" [In, Out], base ["ir", "jr", "qr", "is", "js", "qs", "iw"], full [];
    /// 32-bit float constant, as bits.
    CONST_F32: "Unary" [In, Out], base ["jr"], full [];
    /// 64-bit float constant, as bits.
    CONST_F64: "Unary" [In, Out], base ["qr"], full [];
    /// Copy of an integer, or of any data between slots.
    COPY: "Unary" [In, Out], base ["ss", "rs", "sr", "sw"], full [];
    /// Copy of a float between the accumulator and a slot.
    COPY_FLOAT: "Unary" [In, Out], base ["rs", "sr", "sw"], full [];
    /// Copy of a reference.
    COPY_REF: "Unary" [In, Out], base ["ss"], full [];
    /// Test of a reference.
    REF_TEST: "RefIsNull" [In, Out], base ["sr"], full [];
    /// Null reference to a slot.
    REF_NULL: "RefNull" [Out], base ["s"], full [];
    /// Reference to a function.
    REF_FUNC: "RefFunc" [Aux, Out], base ["Fs"], full [];
    /// Global defined in this module to the accumulator.
    GLOBAL_GET: "GlobalGet" [Aux, Out], base ["gr", "gw"], full [];
    /// Integer global defined in this module, written.
    GLOBAL_SET: "GlobalSet" [Aux, In], base ["gr", "gs", "gi"], full [];
    /// Float global defined in this module, written from the accumulator.
    GLOBAL_SET_FLOAT: "GlobalSet" [Aux, In], base ["gr"], full [];
    /// Any global, to a slot.
    GLOBAL_GET_FAR: "GlobalGetFar" [Aux, Out], base ["Gs"], full [];
    /// Any global, from a slot.
    GLOBAL_SET_FAR: "GlobalSetFar" [Aux, In], base ["Gs"], full [];
    /// Load from memory 0: address, offset, result. An immediate address has no offset.
    LOAD: "Load" [In, Aux, Out], base ["ror", "sor", "row", "sow"], full ["j-r", "j-w"];
    /// Load from memory 0 at a sum: address, what is added to it (modulo 2^32), offset, result.
    LOAD_SUM: "LoadSum" [In, In, Aux, Out],
        base [], full ["rsor", "ssor", "rior", "sior", "rjor", "sjor", "rsow", "ssow", "riow", "siow", "rjow", "sjow"];
    /// Load from any memory with any offset.
    LOAD_FAR: "LoadFar" [In, Aux, Aux, Out], base ["rmOr"], full [];
    /// Store of an integer to memory 0: address, offset, value.
    STORE: "Store" [In, Aux, In], base ["ros", "sor", "sos", "roi", "soi"], full ["j-r", "j-s", "j-i"];
    /// Store of a float from the accumulator.
    STORE_FLOAT: "Store" [In, Aux, In], base ["ror", "sor"], full ["j-r"];
    /// Store to any memory with any offset.
    STORE_FAR: "StoreFar" [In, Aux, Aux, In], base ["rmOs", "smOs"], full [];
    /// memory.size.
    MEMORY_SIZE: "MemorySize" [Aux, Out], base ["mr"], full [];
    /// memory.grow.
    MEMORY_GROW: "MemoryGrow" [Aux, In, Out], base ["mrr", "msr"], full [];
    /// memory.fill: memory, destination, value, length.
    MEMORY_FILL: "MemoryFill" [Aux, In, In, In], base ["msss"], full [];
    /// memory.copy: destination memory, source memory, destination, source, length.
    MEMORY_COPY: "MemoryCopy" [Aux, Aux, In, In, In], base ["mmsss"], full [];
    /// memory.init: memory, segment, destination, source, length.
    MEMORY_INIT: "MemoryInit" [Aux, Aux, In, In, In], base ["mDsss"], full [];
    /// data.drop.
    DATA_DROP: "DataDrop" [Aux], base ["D"], full [];
    /// table.get.
    TABLE_GET: "TableGet" [Aux, In, Out], base ["Tss"], full [];
    /// table.set.
    TABLE_SET: "TableSet" [Aux, In, In], base ["Tss"], full [];
    /// table.size.
    TABLE_SIZE: "TableSize" [Aux, Out], base ["Tr"], full [];
    /// table.grow: table, initial value, count, result.
    TABLE_GROW: "TableGrow" [Aux, In, In, Out], base ["Tssr"], full [];
    /// table.fill: table, destination, value, length.
    TABLE_FILL: "TableFill" [Aux, In, In, In], base ["Tsss"], full [];
    /// table.copy: destination table, source table, destination, source, length.
    TABLE_COPY: "TableCopy" [Aux, Aux, In, In, In], base ["TTsss"], full [];
    /// table.init: table, segment, destination, source, length.
    TABLE_INIT: "TableInit" [Aux, Aux, In, In, In], base ["TEsss"], full [];
    /// elem.drop.
    ELEM_DROP: "ElemDrop" [Aux], base ["E"], full [];
    /// i64.add128 and its like: low and high halves of both operands, halves of the result.
    WIDE: "Wide" [In, In, In, In, Out, Out], base ["ssssss"], full [];
    /// i64.mul_wide: operands, halves of the result.
    MUL_WIDE: "MulWide" [In, In, Out, Out], base ["ssss"], full [];
    /// Trap.
    UNREACHABLE: "Unreachable" [], base [""], full [], ends;
    /// Branch.
    BRANCH: "Branch" [Aux], base ["b"], full [], ends;
    /// Branch with a wide offset.
    BRANCH_WIDE: "BranchWide" [Aux], base ["B"], full [], ends;
    /// Branch by index.
    BRANCH_TABLE: "BranchTable" [In, Aux], base ["rt", "st"], full [], ends;
    /// Call of a function defined in this module.
    CALL: "Call" [Aux, Aux], base ["fd"], full [];
    /// Call of an imported function.
    CALL_IMPORT: "CallImport" [Aux, Aux], base ["Fd"], full [];
    /// Indirect call: table index, table, type, window.
    CALL_INDIRECT: "CallIndirect" [In, Aux, Aux, Aux], base ["rTYd", "sTYd"], full [];
    /// Tail call of a function defined in this module.
    RETURN_CALL: "ReturnCall" [Aux, Aux, Aux], base ["fhd"], full [], ends;
    /// Tail call of an imported function.
    RETURN_CALL_IMPORT: "ReturnCallImport" [Aux, Aux, Aux], base ["Fhd"], full [], ends;
    /// Indirect tail call.
    RETURN_CALL_INDIRECT: "ReturnCallIndirect" [In, Aux, Aux, Aux, Aux], base ["rTYhd", "sTYhd"], full [], ends;
    /// Return; a single data result is in its accumulator.
    RETURN: "Return" [Aux], base ["h"], full ["0", "1", "2", "3", "4", "5", "6", "7"], ends;
    /// Return with one integer result that is not in the accumulator.
    RETURN_VALUE: "ReturnValue" [In, Aux], base ["sh", "ih"], full [
        "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "i0", "i1", "i2", "i3", "i4", "i5", "i6", "i7"
    ], ends;
    /// Return with one float result that is not in the accumulator.
    RETURN_FLOAT: "ReturnValue" [In, Aux], base ["sh"], full ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"], ends;
    /// Move of one result of several, or of a reference, to its place; stands in a run right before `return`.
    RESULT: "Move" [In, Aux], base ["sk"], full [];
    /// Move of a reference argument into the call window; stands in a run right before the call.
    ARGUMENT: "Move" [In, Aux], base ["sn"], full [];
    /// Move of a reference result out of the call window; stands in a run right after the call.
    TAKE: "Take" [Aux, Out], base ["ns"], full [];
    /// Charge of fuel.
    FUEL: "Fuel" [Aux], base ["j"], full [];
    /// Poll of the signal word.
    SIGNAL: "Signal" [], base [""], full [];
    /// End of a call from the host; only at its reserved offset.
    EXIT: "ExitHost" [], base [""], full [], ends;
    /// Return to a frame of another instance; only at its reserved offset.
    RETURN_CROSS: "ReturnCross" [], base [""], full [], ends;
    /// Request to translate the function that it stands for; only in the code of instances that do so when a function is called.
    LAZY: "CallLazy" [], base [""], full [], ends;
}

/// The rows, in order.
pub const ROWS: &[Row] = &[
    // Reserved instructions: the first two stand at fixed offsets of every code section, the third in code that is yet to be made.
    row("exit", &EXIT, &[], "leave the interpreter: the call from the host has ended"),
    row("return.cross", &RETURN_CROSS, &[], "return to the calling frame of another instance"),
    row("lazy", &LAZY, &[], "translate this function, then execute it; in no image that is kept"),
    // Control.
    row("unreachable", &UNREACHABLE, &[], "trap"),
    row("br", &BRANCH, &[], "branch"),
    row("br.wide", &BRANCH_WIDE, &[], "branch with a 32-bit offset"),
    row("br_table", &BRANCH_TABLE, &[I32], "branch to the target that the index selects, or to the last"),
    row("call", &CALL, &[], "call a function of this module"),
    row("call.import", &CALL_IMPORT, &[], "call an imported function"),
    row("call_indirect", &CALL_INDIRECT, &[I32], "call the function in a table's element"),
    row("return_call", &RETURN_CALL, &[], "tail call of a function of this module"),
    row("return_call.import", &RETURN_CALL_IMPORT, &[], "tail call of an imported function"),
    row("return_call_indirect", &RETURN_CALL_INDIRECT, &[I32], "tail call of the function in a table's element"),
    row("return", &RETURN, &[], "return; a single data result is in its accumulator"),
    row("return.i32", &RETURN_VALUE, &[I32], "load r0, return"),
    row("return.i64", &RETURN_VALUE, &[I64], "load r0, return"),
    row("return.f32", &RETURN_FLOAT, &[F32], "load f0, return"),
    row("return.f64", &RETURN_FLOAT, &[F64], "load f0, return"),
    row("result.i32", &RESULT, &[I32], "place a 4-byte result"),
    row("result.i64", &RESULT, &[I64], "place an 8-byte result"),
    row("result.ref", &RESULT, &[Ref], "place a reference result"),
    row("argument.ref", &ARGUMENT, &[Ref], "place a reference argument"),
    row("take.ref", &TAKE, &[Ref], "take a reference result"),
    row("fuel", &FUEL, &[], "charge fuel for a block of operators, or leave when there is not enough"),
    row("signal", &SIGNAL, &[], "leave the interpreter if the signal word is set"),
    // Copies and constants.
    row("i32.const", &CONST32, &[I32, I32], "constant"),
    row("i64.const", &CONST64, &[I64, I64], "constant"),
    row("f32.const", &CONST_F32, &[F32, F32], "constant, as bits"),
    row("f64.const", &CONST_F64, &[F64, F64], "constant, as bits"),
    row("i32.copy", &COPY, &[I32, I32], "copy 4 bytes"),
    row("i64.copy", &COPY, &[I64, I64], "copy 8 bytes"),
    row("f32.copy", &COPY_FLOAT, &[F32, F32], "copy between f0 and a slot"),
    row("f64.copy", &COPY_FLOAT, &[F64, F64], "copy between f0 and a slot"),
    row("ref.copy", &COPY_REF, &[Ref, Ref], "copy a reference"),
    row("ref.null", &REF_NULL, &[Ref], "null reference"),
    row("ref.func", &REF_FUNC, &[Ref], "reference to a function"),
    row("ref.is_null", &REF_TEST, &[Ref, I32], "1 if the reference is null"),
    row("i32.select", &SELECT, &[I32, I32, I32, I32], "choice by a condition"),
    row("i64.select", &SELECT, &[I32, I64, I64, I64], "choice by a condition"),
    row("f32.select", &SELECT_FLOAT, &[I32, F32, F32, F32], "choice by a condition"),
    row("f64.select", &SELECT_FLOAT, &[I32, F64, F64, F64], "choice by a condition"),
    row("ref.select", &SELECT_REF, &[I32, Ref, Ref, Ref], "choice by a condition"),
    // Globals.
    row("i32.global.get", &GLOBAL_GET, &[I32], "read a global of this module"),
    row("i64.global.get", &GLOBAL_GET, &[I64], "read a global of this module"),
    row("f32.global.get", &GLOBAL_GET, &[F32], "read a global of this module"),
    row("f64.global.get", &GLOBAL_GET, &[F64], "read a global of this module"),
    row("i32.global.set", &GLOBAL_SET, &[I32], "write a global of this module"),
    row("i64.global.set", &GLOBAL_SET, &[I64], "write a global of this module"),
    row("f32.global.set", &GLOBAL_SET_FLOAT, &[F32], "write a global of this module"),
    row("f64.global.set", &GLOBAL_SET_FLOAT, &[F64], "write a global of this module"),
    row("i32.global.get.far", &GLOBAL_GET_FAR, &[I32], "read any 4-byte data global"),
    row("i64.global.get.far", &GLOBAL_GET_FAR, &[I64], "read any 8-byte data global"),
    row("ref.global.get.far", &GLOBAL_GET_FAR, &[Ref], "read any reference global"),
    row("i32.global.set.far", &GLOBAL_SET_FAR, &[I32], "write any 4-byte data global"),
    row("i64.global.set.far", &GLOBAL_SET_FAR, &[I64], "write any 8-byte data global"),
    row("ref.global.set.far", &GLOBAL_SET_FAR, &[Ref], "write any reference global"),
    // Memory.
    row("i32.load", &LOAD, &[I32, I32], "load 4 bytes"),
    row("i32.load8_s", &LOAD, &[I32, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u", &LOAD, &[I32, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s", &LOAD, &[I32, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u", &LOAD, &[I32, I32], "load 2 bytes, zero-extended"),
    row("i64.load", &LOAD, &[I32, I64], "load 8 bytes"),
    row("i64.load8_s", &LOAD, &[I32, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u", &LOAD, &[I32, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s", &LOAD, &[I32, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u", &LOAD, &[I32, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s", &LOAD, &[I32, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u", &LOAD, &[I32, I64], "load 4 bytes, zero-extended"),
    row("f32.load", &LOAD, &[I32, F32], "load 4 bytes"),
    row("f64.load", &LOAD, &[I32, F64], "load 8 bytes"),
    row("i32.load.sum", &LOAD_SUM, &[I32, I32, I32], "load 4 bytes"),
    row("i32.load8_s.sum", &LOAD_SUM, &[I32, I32, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.sum", &LOAD_SUM, &[I32, I32, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.sum", &LOAD_SUM, &[I32, I32, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.sum", &LOAD_SUM, &[I32, I32, I32], "load 2 bytes, zero-extended"),
    row("i64.load.sum", &LOAD_SUM, &[I32, I32, I64], "load 8 bytes"),
    row("i64.load8_s.sum", &LOAD_SUM, &[I32, I32, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.sum", &LOAD_SUM, &[I32, I32, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.sum", &LOAD_SUM, &[I32, I32, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.sum", &LOAD_SUM, &[I32, I32, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.sum", &LOAD_SUM, &[I32, I32, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.sum", &LOAD_SUM, &[I32, I32, I64], "load 4 bytes, zero-extended"),
    row("f32.load.sum", &LOAD_SUM, &[I32, I32, F32], "load 4 bytes"),
    row("f64.load.sum", &LOAD_SUM, &[I32, I32, F64], "load 8 bytes"),
    row("i32.store", &STORE, &[I32, I32], "store 4 bytes"),
    row("i32.store8", &STORE, &[I32, I32], "store the low byte; serves i64.store8 too"),
    row("i32.store16", &STORE, &[I32, I32], "store the low 2 bytes; serves i64.store16 too"),
    row("i64.store", &STORE, &[I32, I64], "store 8 bytes"),
    row("f32.store", &STORE_FLOAT, &[I32, F32], "store 4 bytes from f0"),
    row("f64.store", &STORE_FLOAT, &[I32, F64], "store 8 bytes from f0"),
    row("i32.load.far", &LOAD_FAR, &[I32, I32], "load 4 bytes"),
    row("i32.load8_s.far", &LOAD_FAR, &[I32, I32], "load 1 byte, sign-extended"),
    row("i32.load8_u.far", &LOAD_FAR, &[I32, I32], "load 1 byte, zero-extended"),
    row("i32.load16_s.far", &LOAD_FAR, &[I32, I32], "load 2 bytes, sign-extended"),
    row("i32.load16_u.far", &LOAD_FAR, &[I32, I32], "load 2 bytes, zero-extended"),
    row("i64.load.far", &LOAD_FAR, &[I32, I64], "load 8 bytes"),
    row("i64.load8_s.far", &LOAD_FAR, &[I32, I64], "load 1 byte, sign-extended"),
    row("i64.load8_u.far", &LOAD_FAR, &[I32, I64], "load 1 byte, zero-extended"),
    row("i64.load16_s.far", &LOAD_FAR, &[I32, I64], "load 2 bytes, sign-extended"),
    row("i64.load16_u.far", &LOAD_FAR, &[I32, I64], "load 2 bytes, zero-extended"),
    row("i64.load32_s.far", &LOAD_FAR, &[I32, I64], "load 4 bytes, sign-extended"),
    row("i64.load32_u.far", &LOAD_FAR, &[I32, I64], "load 4 bytes, zero-extended"),
    row("f32.load.far", &LOAD_FAR, &[I32, F32], "load 4 bytes"),
    row("f64.load.far", &LOAD_FAR, &[I32, F64], "load 8 bytes"),
    row("i32.store.far", &STORE_FAR, &[I32, I32], "store 4 bytes"),
    row("i32.store8.far", &STORE_FAR, &[I32, I32], "store the low byte"),
    row("i32.store16.far", &STORE_FAR, &[I32, I32], "store the low 2 bytes"),
    row("i64.store.far", &STORE_FAR, &[I32, I64], "store 8 bytes"),
    row("memory.size", &MEMORY_SIZE, &[I32], "size in pages"),
    row("memory.grow", &MEMORY_GROW, &[I32, I32], "grow by pages; the old size, or -1"),
    row("memory.fill", &MEMORY_FILL, &[I32, I32, I32], "fill a range with a byte"),
    row("memory.copy", &MEMORY_COPY, &[I32, I32, I32], "copy a range"),
    row("memory.init", &MEMORY_INIT, &[I32, I32, I32], "copy from a data segment"),
    row("data.drop", &DATA_DROP, &[], "drop a data segment"),
    // Tables.
    row("table.get", &TABLE_GET, &[I32, Ref], "read an element"),
    row("table.set", &TABLE_SET, &[I32, Ref], "write an element"),
    row("table.size", &TABLE_SIZE, &[I32], "number of elements"),
    row("table.grow", &TABLE_GROW, &[Ref, I32, I32], "grow by elements; the old size, or -1"),
    row("table.fill", &TABLE_FILL, &[I32, Ref, I32], "fill a range with a reference"),
    row("table.copy", &TABLE_COPY, &[I32, I32, I32], "copy a range"),
    row("table.init", &TABLE_INIT, &[I32, I32, I32], "copy from an element segment"),
    row("elem.drop", &ELEM_DROP, &[], "drop an element segment"),
    // i32.
    row("i32.add", &COMMUTATIVE, &[I32, I32, I32], "sum"),
    row("i32.mul", &COMMUTATIVE, &[I32, I32, I32], "product"),
    row("i32.and", &COMMUTATIVE, &[I32, I32, I32], "bitwise and"),
    row("i32.or", &COMMUTATIVE, &[I32, I32, I32], "bitwise or"),
    row("i32.xor", &COMMUTATIVE, &[I32, I32, I32], "bitwise exclusive or"),
    row("i32.sub", &ARITHMETIC, &[I32, I32, I32], "difference"),
    row("i32.shl", &ARITHMETIC, &[I32, I32, I32], "shift left"),
    row("i32.shr_s", &ARITHMETIC, &[I32, I32, I32], "shift right, signed"),
    row("i32.shr_u", &ARITHMETIC, &[I32, I32, I32], "shift right, unsigned"),
    row("i32.rotl", &ARITHMETIC, &[I32, I32, I32], "rotate left"),
    row("i32.rotr", &ARITHMETIC, &[I32, I32, I32], "rotate right"),
    row("i32.div_s", &DIVISION, &[I32, I32, I32], "quotient, signed; traps on 0 and overflow"),
    row("i32.div_u", &DIVISION, &[I32, I32, I32], "quotient, unsigned; traps on 0"),
    row("i32.rem_s", &DIVISION, &[I32, I32, I32], "remainder, signed; traps on 0"),
    row("i32.rem_u", &DIVISION, &[I32, I32, I32], "remainder, unsigned; traps on 0"),
    row("i32.eq", &COMPARE, &[I32, I32, I32], "equal"),
    row("i32.ne", &COMPARE, &[I32, I32, I32], "not equal"),
    row("i32.lt_s", &COMPARE, &[I32, I32, I32], "less, signed"),
    row("i32.lt_u", &COMPARE, &[I32, I32, I32], "less, unsigned"),
    row("i32.gt_s", &COMPARE, &[I32, I32, I32], "greater, signed"),
    row("i32.gt_u", &COMPARE, &[I32, I32, I32], "greater, unsigned"),
    row("i32.le_s", &COMPARE, &[I32, I32, I32], "less or equal, signed"),
    row("i32.le_u", &COMPARE, &[I32, I32, I32], "less or equal, unsigned"),
    row("i32.ge_s", &COMPARE, &[I32, I32, I32], "greater or equal, signed"),
    row("i32.ge_u", &COMPARE, &[I32, I32, I32], "greater or equal, unsigned"),
    row("br_if.i32.eq", &BRANCH_COMPARE, &[I32, I32], "branch if equal"),
    row("br_if.i32.ne", &BRANCH_COMPARE, &[I32, I32], "branch if not equal"),
    row("br_if.i32.lt_s", &BRANCH_COMPARE, &[I32, I32], "branch if less, signed"),
    row("br_if.i32.lt_u", &BRANCH_COMPARE, &[I32, I32], "branch if less, unsigned"),
    row("br_if.i32.gt_s", &BRANCH_COMPARE, &[I32, I32], "branch if greater, signed"),
    row("br_if.i32.gt_u", &BRANCH_COMPARE, &[I32, I32], "branch if greater, unsigned"),
    row("br_if.i32.le_s", &BRANCH_COMPARE, &[I32, I32], "branch if less or equal, signed"),
    row("br_if.i32.le_u", &BRANCH_COMPARE, &[I32, I32], "branch if less or equal, unsigned"),
    row("br_if.i32.ge_s", &BRANCH_COMPARE, &[I32, I32], "branch if greater or equal, signed"),
    row("br_if.i32.ge_u", &BRANCH_COMPARE, &[I32, I32], "branch if greater or equal, unsigned"),
    row("loop.i32.eq", &LOOP_EDGE, &[I32, I32], "add, branch if equal"),
    row("loop.i32.ne", &LOOP_EDGE, &[I32, I32], "add, branch if not equal"),
    row("loop.i32.lt_s", &LOOP_EDGE, &[I32, I32], "add, branch if less, signed"),
    row("loop.i32.lt_u", &LOOP_EDGE, &[I32, I32], "add, branch if less, unsigned"),
    row("loop.i32.gt_s", &LOOP_EDGE, &[I32, I32], "add, branch if greater, signed"),
    row("loop.i32.gt_u", &LOOP_EDGE, &[I32, I32], "add, branch if greater, unsigned"),
    row("loop.i32.le_s", &LOOP_EDGE, &[I32, I32], "add, branch if less or equal, signed"),
    row("loop.i32.le_u", &LOOP_EDGE, &[I32, I32], "add, branch if less or equal, unsigned"),
    row("loop.i32.ge_s", &LOOP_EDGE, &[I32, I32], "add, branch if greater or equal, signed"),
    row("loop.i32.ge_u", &LOOP_EDGE, &[I32, I32], "add, branch if greater or equal, unsigned"),
    row("i32.shl+add", &CHAIN, &[I32, I32, I32, I32], "shift left, then sum"),
    row("i32.shl+or", &CHAIN, &[I32, I32, I32, I32], "shift left, then or"),
    row("i32.shl+xor", &CHAIN, &[I32, I32, I32, I32], "shift left, then exclusive or"),
    row("i32.shr_u+and", &CHAIN, &[I32, I32, I32, I32], "shift right, unsigned, then and"),
    row("i32.shr_u+add", &CHAIN, &[I32, I32, I32, I32], "shift right, unsigned, then sum"),
    row("i32.shr_u+xor", &CHAIN, &[I32, I32, I32, I32], "shift right, unsigned, then exclusive or"),
    row("i32.and+shl", &CHAIN, &[I32, I32, I32, I32], "and, then shift left"),
    row("i32.and+shr_u", &CHAIN, &[I32, I32, I32, I32], "and, then shift right, unsigned"),
    row("i32.and+add", &CHAIN, &[I32, I32, I32, I32], "and, then sum"),
    row("i32.and+or", &CHAIN, &[I32, I32, I32, I32], "and, then or"),
    row("i32.and+xor", &CHAIN, &[I32, I32, I32, I32], "and, then exclusive or"),
    row("i32.add+add", &CHAIN, &[I32, I32, I32, I32], "sum, then sum"),
    row("i32.add+and", &CHAIN, &[I32, I32, I32, I32], "sum, then and"),
    row("i32.add+xor", &CHAIN, &[I32, I32, I32, I32], "sum, then exclusive or"),
    row("i32.add+shl", &CHAIN, &[I32, I32, I32, I32], "sum, then shift left"),
    row("i32.add+mul", &CHAIN, &[I32, I32, I32, I32], "sum, then product"),
    row("i32.sub+add", &CHAIN, &[I32, I32, I32, I32], "difference, then sum"),
    row("i32.sub+and", &CHAIN, &[I32, I32, I32, I32], "difference, then and"),
    row("i32.xor+and", &CHAIN, &[I32, I32, I32, I32], "exclusive or, then and"),
    row("i32.xor+add", &CHAIN, &[I32, I32, I32, I32], "exclusive or, then sum"),
    row("i32.xor+xor", &CHAIN, &[I32, I32, I32, I32], "exclusive or, then exclusive or"),
    row("i32.xor+rotl", &CHAIN, &[I32, I32, I32, I32], "exclusive or, then rotate left"),
    row("i32.xor+mul", &CHAIN, &[I32, I32, I32, I32], "exclusive or, then product"),
    row("i32.rotl+add", &CHAIN, &[I32, I32, I32, I32], "rotate left, then sum"),
    row("i32.rotl+xor", &CHAIN, &[I32, I32, I32, I32], "rotate left, then exclusive or"),
    row("i32.mul+add", &CHAIN, &[I32, I32, I32, I32], "product, then sum"),
    row("i32.mul+xor", &CHAIN, &[I32, I32, I32, I32], "product, then exclusive or"),
    row("i32.or+or", &CHAIN, &[I32, I32, I32, I32], "or, then or"),
    row("i32.or+xor", &CHAIN, &[I32, I32, I32, I32], "or, then exclusive or"),
    row("i32.or+shl", &CHAIN, &[I32, I32, I32, I32], "or, then shift left"),
    row("i32.or+shr_u", &CHAIN, &[I32, I32, I32, I32], "or, then shift right, unsigned"),
    row("i32.step", &STEP, &[I32], "add to a local"),
    row("i32.step_two", &STEP_TWO, &[I32, I32], "add to one local, then to another"),
    row("br_if.i32.and", &BRANCH_COMPARE, &[I32, I32], "branch if a bit is set in both"),
    row("br_unless.i32.and", &BRANCH_COMPARE_NOT, &[I32, I32], "branch if no bit is set in both"),
    row("i32.eqz", &UNARY, &[I32, I32], "1 if zero"),
    row("br_if.i32.eqz", &BRANCH_TEST, &[I32], "branch if zero"),
    row("br_unless.i32.eqz", &BRANCH_TEST_NOT, &[I32], "branch if not zero"),
    row("i32.clz", &UNARY, &[I32, I32], "leading zeros"),
    row("i32.ctz", &UNARY, &[I32, I32], "trailing zeros"),
    row("i32.popcnt", &UNARY, &[I32, I32], "one bits"),
    row("i32.extend8_s", &UNARY_WRITE, &[I32, I32], "sign-extend 8 bits"),
    row("i32.extend16_s", &UNARY_WRITE, &[I32, I32], "sign-extend 16 bits"),
    row("i32.wrap_i64", &UNARY_WRITE, &[I64, I32], "low 32 bits"),
    // i64.
    row("i64.add", &COMMUTATIVE64, &[I64, I64, I64], "sum"),
    row("i64.mul", &COMMUTATIVE64, &[I64, I64, I64], "product"),
    row("i64.and", &COMMUTATIVE64, &[I64, I64, I64], "bitwise and"),
    row("i64.or", &COMMUTATIVE64, &[I64, I64, I64], "bitwise or"),
    row("i64.xor", &COMMUTATIVE64, &[I64, I64, I64], "bitwise exclusive or"),
    row("i64.sub", &ARITHMETIC, &[I64, I64, I64], "difference"),
    row("i64.shl", &ARITHMETIC, &[I64, I64, I64], "shift left"),
    row("i64.shr_s", &ARITHMETIC, &[I64, I64, I64], "shift right, signed"),
    row("i64.shr_u", &ARITHMETIC, &[I64, I64, I64], "shift right, unsigned"),
    row("i64.rotl", &ARITHMETIC, &[I64, I64, I64], "rotate left"),
    row("i64.rotr", &ARITHMETIC, &[I64, I64, I64], "rotate right"),
    row("i64.div_s", &DIVISION, &[I64, I64, I64], "quotient, signed; traps on 0 and overflow"),
    row("i64.div_u", &DIVISION, &[I64, I64, I64], "quotient, unsigned; traps on 0"),
    row("i64.rem_s", &DIVISION, &[I64, I64, I64], "remainder, signed; traps on 0"),
    row("i64.rem_u", &DIVISION, &[I64, I64, I64], "remainder, unsigned; traps on 0"),
    row("i64.eq", &COMPARE, &[I64, I64, I32], "equal"),
    row("i64.ne", &COMPARE, &[I64, I64, I32], "not equal"),
    row("i64.lt_s", &COMPARE, &[I64, I64, I32], "less, signed"),
    row("i64.lt_u", &COMPARE, &[I64, I64, I32], "less, unsigned"),
    row("i64.gt_s", &COMPARE, &[I64, I64, I32], "greater, signed"),
    row("i64.gt_u", &COMPARE, &[I64, I64, I32], "greater, unsigned"),
    row("i64.le_s", &COMPARE, &[I64, I64, I32], "less or equal, signed"),
    row("i64.le_u", &COMPARE, &[I64, I64, I32], "less or equal, unsigned"),
    row("i64.ge_s", &COMPARE, &[I64, I64, I32], "greater or equal, signed"),
    row("i64.ge_u", &COMPARE, &[I64, I64, I32], "greater or equal, unsigned"),
    row("br_if.i64.eq", &BRANCH_COMPARE, &[I64, I64], "branch if equal"),
    row("br_if.i64.ne", &BRANCH_COMPARE, &[I64, I64], "branch if not equal"),
    row("br_if.i64.lt_s", &BRANCH_COMPARE, &[I64, I64], "branch if less, signed"),
    row("br_if.i64.lt_u", &BRANCH_COMPARE, &[I64, I64], "branch if less, unsigned"),
    row("br_if.i64.gt_s", &BRANCH_COMPARE, &[I64, I64], "branch if greater, signed"),
    row("br_if.i64.gt_u", &BRANCH_COMPARE, &[I64, I64], "branch if greater, unsigned"),
    row("br_if.i64.le_s", &BRANCH_COMPARE, &[I64, I64], "branch if less or equal, signed"),
    row("br_if.i64.le_u", &BRANCH_COMPARE, &[I64, I64], "branch if less or equal, unsigned"),
    row("br_if.i64.ge_s", &BRANCH_COMPARE, &[I64, I64], "branch if greater or equal, signed"),
    row("br_if.i64.ge_u", &BRANCH_COMPARE, &[I64, I64], "branch if greater or equal, unsigned"),
    row("loop.i64.eq", &LOOP_EDGE, &[I64, I64], "add, branch if equal"),
    row("loop.i64.ne", &LOOP_EDGE, &[I64, I64], "add, branch if not equal"),
    row("loop.i64.lt_s", &LOOP_EDGE, &[I64, I64], "add, branch if less, signed"),
    row("loop.i64.lt_u", &LOOP_EDGE, &[I64, I64], "add, branch if less, unsigned"),
    row("loop.i64.gt_s", &LOOP_EDGE, &[I64, I64], "add, branch if greater, signed"),
    row("loop.i64.gt_u", &LOOP_EDGE, &[I64, I64], "add, branch if greater, unsigned"),
    row("loop.i64.le_s", &LOOP_EDGE, &[I64, I64], "add, branch if less or equal, signed"),
    row("loop.i64.le_u", &LOOP_EDGE, &[I64, I64], "add, branch if less or equal, unsigned"),
    row("loop.i64.ge_s", &LOOP_EDGE, &[I64, I64], "add, branch if greater or equal, signed"),
    row("loop.i64.ge_u", &LOOP_EDGE, &[I64, I64], "add, branch if greater or equal, unsigned"),
    row("i64.shl+add", &CHAIN, &[I64, I64, I64, I64], "shift left, then sum"),
    row("i64.shl+or", &CHAIN, &[I64, I64, I64, I64], "shift left, then or"),
    row("i64.shr_u+and", &CHAIN, &[I64, I64, I64, I64], "shift right, unsigned, then and"),
    row("i64.shr_u+add", &CHAIN, &[I64, I64, I64, I64], "shift right, unsigned, then sum"),
    row("i64.shr_u+xor", &CHAIN, &[I64, I64, I64, I64], "shift right, unsigned, then exclusive or"),
    row("i64.and+add", &CHAIN, &[I64, I64, I64, I64], "and, then sum"),
    row("i64.add+add", &CHAIN, &[I64, I64, I64, I64], "sum, then sum"),
    row("i64.add+and", &CHAIN, &[I64, I64, I64, I64], "sum, then and"),
    row("i64.add+xor", &CHAIN, &[I64, I64, I64, I64], "sum, then exclusive or"),
    row("i64.xor+and", &CHAIN, &[I64, I64, I64, I64], "exclusive or, then and"),
    row("i64.xor+add", &CHAIN, &[I64, I64, I64, I64], "exclusive or, then sum"),
    row("i64.xor+xor", &CHAIN, &[I64, I64, I64, I64], "exclusive or, then exclusive or"),
    row("i64.xor+rotl", &CHAIN, &[I64, I64, I64, I64], "exclusive or, then rotate left"),
    row("i64.xor+mul", &CHAIN, &[I64, I64, I64, I64], "exclusive or, then product"),
    row("i64.rotl+add", &CHAIN, &[I64, I64, I64, I64], "rotate left, then sum"),
    row("i64.rotl+xor", &CHAIN, &[I64, I64, I64, I64], "rotate left, then exclusive or"),
    row("i64.mul+add", &CHAIN, &[I64, I64, I64, I64], "product, then sum"),
    row("i64.mul+xor", &CHAIN, &[I64, I64, I64, I64], "product, then exclusive or"),
    row("i64.or+or", &CHAIN, &[I64, I64, I64, I64], "or, then or"),
    row("i64.step", &STEP, &[I64], "add to a local"),
    row("i64.eqz", &UNARY, &[I64, I32], "1 if zero"),
    row("br_if.i64.eqz", &BRANCH_TEST, &[I64], "branch if zero"),
    row("br_unless.i64.eqz", &BRANCH_TEST_NOT, &[I64], "branch if not zero"),
    row("i64.clz", &UNARY, &[I64, I64], "leading zeros"),
    row("i64.ctz", &UNARY, &[I64, I64], "trailing zeros"),
    row("i64.popcnt", &UNARY, &[I64, I64], "one bits"),
    row("i64.extend8_s", &UNARY, &[I64, I64], "sign-extend 8 bits"),
    row("i64.extend16_s", &UNARY, &[I64, I64], "sign-extend 16 bits"),
    row("i64.extend32_s", &UNARY, &[I64, I64], "sign-extend 32 bits"),
    row("i64.extend_i32_s", &UNARY_WRITE, &[I32, I64], "sign-extend an i32"),
    row("i64.extend_i32_u", &UNARY_WRITE, &[I32, I64], "zero-extend an i32"),
    row("i64.add128", &WIDE, &[I64, I64, I64, I64, I64, I64], "sum of 128 bits"),
    row("i64.sub128", &WIDE, &[I64, I64, I64, I64, I64, I64], "difference of 128 bits"),
    row("i64.mul_wide_s", &MUL_WIDE, &[I64, I64, I64, I64], "product of 128 bits, signed"),
    row("i64.mul_wide_u", &MUL_WIDE, &[I64, I64, I64, I64], "product of 128 bits, unsigned"),
    // f32.
    row("f32.add", &FLOAT32, &[F32, F32, F32], "sum"),
    row("f32.sub", &FLOAT32, &[F32, F32, F32], "difference"),
    row("f32.mul", &FLOAT32, &[F32, F32, F32], "product"),
    row("f32.div", &FLOAT32, &[F32, F32, F32], "quotient"),
    row("f32.mul+add", &CHAIN_FLOAT, &[F32, F32, F32, F32], "product, then sum"),
    row("f32.mul+sub", &CHAIN_FLOAT, &[F32, F32, F32, F32], "product, then difference"),
    row("f32.mul+mul", &CHAIN_FLOAT, &[F32, F32, F32, F32], "product, then product"),
    row("f32.add+add", &CHAIN_FLOAT, &[F32, F32, F32, F32], "sum, then sum"),
    row("f32.add+sub", &CHAIN_FLOAT, &[F32, F32, F32, F32], "sum, then difference"),
    row("f32.add+mul", &CHAIN_FLOAT, &[F32, F32, F32, F32], "sum, then product"),
    row("f32.sub+add", &CHAIN_FLOAT, &[F32, F32, F32, F32], "difference, then sum"),
    row("f32.sub+mul", &CHAIN_FLOAT, &[F32, F32, F32, F32], "difference, then product"),
    row("f32.min", &FLOAT_RARE, &[F32, F32, F32], "minimum"),
    row("f32.max", &FLOAT_RARE, &[F32, F32, F32], "maximum"),
    row("f32.copysign", &FLOAT_RARE, &[F32, F32, F32], "magnitude of the first, sign of the second"),
    row("f32.eq", &COMPARE_F32, &[F32, F32, I32], "equal"),
    row("f32.ne", &COMPARE_F32, &[F32, F32, I32], "not equal"),
    row("f32.lt", &COMPARE_F32, &[F32, F32, I32], "less"),
    row("f32.gt", &COMPARE_F32, &[F32, F32, I32], "greater"),
    row("f32.le", &COMPARE_F32, &[F32, F32, I32], "less or equal"),
    row("f32.ge", &COMPARE_F32, &[F32, F32, I32], "greater or equal"),
    row("br_if.f32.eq", &BRANCH_F32, &[F32, F32], "branch if equal"),
    row("br_if.f32.ne", &BRANCH_F32, &[F32, F32], "branch if not equal"),
    row("br_if.f32.lt", &BRANCH_F32, &[F32, F32], "branch if less"),
    row("br_if.f32.gt", &BRANCH_F32, &[F32, F32], "branch if greater"),
    row("br_if.f32.le", &BRANCH_F32, &[F32, F32], "branch if less or equal"),
    row("br_if.f32.ge", &BRANCH_F32, &[F32, F32], "branch if greater or equal"),
    row("br_unless.f32.lt", &BRANCH_F32_NOT, &[F32, F32], "branch if not less"),
    row("br_unless.f32.gt", &BRANCH_F32_NOT, &[F32, F32], "branch if not greater"),
    row("br_unless.f32.le", &BRANCH_F32_NOT, &[F32, F32], "branch if not less or equal"),
    row("br_unless.f32.ge", &BRANCH_F32_NOT, &[F32, F32], "branch if not greater or equal"),
    row("f32.abs", &UNARY, &[F32, F32], "absolute value"),
    row("f32.neg", &UNARY, &[F32, F32], "negation"),
    row("f32.ceil", &UNARY, &[F32, F32], "round up"),
    row("f32.floor", &UNARY, &[F32, F32], "round down"),
    row("f32.trunc", &UNARY, &[F32, F32], "round to zero"),
    row("f32.nearest", &UNARY, &[F32, F32], "round to nearest, ties to even"),
    row("f32.sqrt", &UNARY, &[F32, F32], "square root"),
    row("f32.canonicalize_nan", &UNARY, &[F32, F32], "any NaN to the canonical one"),
    // f64.
    row("f64.add", &FLOAT64, &[F64, F64, F64], "sum"),
    row("f64.sub", &FLOAT64, &[F64, F64, F64], "difference"),
    row("f64.mul", &FLOAT64, &[F64, F64, F64], "product"),
    row("f64.div", &FLOAT64, &[F64, F64, F64], "quotient"),
    row("f64.mul+add", &CHAIN_FLOAT, &[F64, F64, F64, F64], "product, then sum"),
    row("f64.mul+sub", &CHAIN_FLOAT, &[F64, F64, F64, F64], "product, then difference"),
    row("f64.mul+mul", &CHAIN_FLOAT, &[F64, F64, F64, F64], "product, then product"),
    row("f64.add+add", &CHAIN_FLOAT, &[F64, F64, F64, F64], "sum, then sum"),
    row("f64.add+sub", &CHAIN_FLOAT, &[F64, F64, F64, F64], "sum, then difference"),
    row("f64.add+mul", &CHAIN_FLOAT, &[F64, F64, F64, F64], "sum, then product"),
    row("f64.sub+add", &CHAIN_FLOAT, &[F64, F64, F64, F64], "difference, then sum"),
    row("f64.sub+mul", &CHAIN_FLOAT, &[F64, F64, F64, F64], "difference, then product"),
    row("f64.min", &FLOAT_RARE, &[F64, F64, F64], "minimum"),
    row("f64.max", &FLOAT_RARE, &[F64, F64, F64], "maximum"),
    row("f64.copysign", &FLOAT_RARE, &[F64, F64, F64], "magnitude of the first, sign of the second"),
    row("f64.eq", &COMPARE_F64, &[F64, F64, I32], "equal"),
    row("f64.ne", &COMPARE_F64, &[F64, F64, I32], "not equal"),
    row("f64.lt", &COMPARE_F64, &[F64, F64, I32], "less"),
    row("f64.gt", &COMPARE_F64, &[F64, F64, I32], "greater"),
    row("f64.le", &COMPARE_F64, &[F64, F64, I32], "less or equal"),
    row("f64.ge", &COMPARE_F64, &[F64, F64, I32], "greater or equal"),
    row("br_if.f64.eq", &BRANCH_F64, &[F64, F64], "branch if equal"),
    row("br_if.f64.ne", &BRANCH_F64, &[F64, F64], "branch if not equal"),
    row("br_if.f64.lt", &BRANCH_F64, &[F64, F64], "branch if less"),
    row("br_if.f64.gt", &BRANCH_F64, &[F64, F64], "branch if greater"),
    row("br_if.f64.le", &BRANCH_F64, &[F64, F64], "branch if less or equal"),
    row("br_if.f64.ge", &BRANCH_F64, &[F64, F64], "branch if greater or equal"),
    row("br_unless.f64.lt", &BRANCH_F64_NOT, &[F64, F64], "branch if not less"),
    row("br_unless.f64.gt", &BRANCH_F64_NOT, &[F64, F64], "branch if not greater"),
    row("br_unless.f64.le", &BRANCH_F64_NOT, &[F64, F64], "branch if not less or equal"),
    row("br_unless.f64.ge", &BRANCH_F64_NOT, &[F64, F64], "branch if not greater or equal"),
    row("f64.abs", &UNARY, &[F64, F64], "absolute value"),
    row("f64.neg", &UNARY, &[F64, F64], "negation"),
    row("f64.ceil", &UNARY, &[F64, F64], "round up"),
    row("f64.floor", &UNARY, &[F64, F64], "round down"),
    row("f64.trunc", &UNARY, &[F64, F64], "round to zero"),
    row("f64.nearest", &UNARY, &[F64, F64], "round to nearest, ties to even"),
    row("f64.sqrt", &UNARY, &[F64, F64], "square root"),
    row("f64.canonicalize_nan", &UNARY, &[F64, F64], "any NaN to the canonical one"),
    // Conversions.
    row("i32.trunc_f32_s", &UNARY, &[F32, I32], "truncate, signed; traps"),
    row("i32.trunc_f32_u", &UNARY, &[F32, I32], "truncate, unsigned; traps"),
    row("i32.trunc_f64_s", &UNARY, &[F64, I32], "truncate, signed; traps"),
    row("i32.trunc_f64_u", &UNARY, &[F64, I32], "truncate, unsigned; traps"),
    row("i64.trunc_f32_s", &UNARY, &[F32, I64], "truncate, signed; traps"),
    row("i64.trunc_f32_u", &UNARY, &[F32, I64], "truncate, unsigned; traps"),
    row("i64.trunc_f64_s", &UNARY, &[F64, I64], "truncate, signed; traps"),
    row("i64.trunc_f64_u", &UNARY, &[F64, I64], "truncate, unsigned; traps"),
    row("i32.trunc_sat_f32_s", &UNARY, &[F32, I32], "truncate, signed, saturating"),
    row("i32.trunc_sat_f32_u", &UNARY, &[F32, I32], "truncate, unsigned, saturating"),
    row("i32.trunc_sat_f64_s", &UNARY, &[F64, I32], "truncate, signed, saturating"),
    row("i32.trunc_sat_f64_u", &UNARY, &[F64, I32], "truncate, unsigned, saturating"),
    row("i64.trunc_sat_f32_s", &UNARY, &[F32, I64], "truncate, signed, saturating"),
    row("i64.trunc_sat_f32_u", &UNARY, &[F32, I64], "truncate, unsigned, saturating"),
    row("i64.trunc_sat_f64_s", &UNARY, &[F64, I64], "truncate, signed, saturating"),
    row("i64.trunc_sat_f64_u", &UNARY, &[F64, I64], "truncate, unsigned, saturating"),
    row("f32.convert_i32_s", &UNARY, &[I32, F32], "convert, signed"),
    row("f32.convert_i32_u", &UNARY, &[I32, F32], "convert, unsigned"),
    row("f32.convert_i64_s", &UNARY, &[I64, F32], "convert, signed"),
    row("f32.convert_i64_u", &UNARY, &[I64, F32], "convert, unsigned"),
    row("f64.convert_i32_s", &UNARY, &[I32, F64], "convert, signed"),
    row("f64.convert_i32_u", &UNARY, &[I32, F64], "convert, unsigned"),
    row("f64.convert_i64_s", &UNARY, &[I64, F64], "convert, signed"),
    row("f64.convert_i64_u", &UNARY, &[I64, F64], "convert, unsigned"),
    row("f32.demote_f64", &UNARY, &[F64, F32], "to single precision"),
    row("f64.promote_f32", &UNARY, &[F32, F64], "to double precision"),
    row("i32.reinterpret_f32", &UNARY, &[F32, I32], "same bits"),
    row("i64.reinterpret_f64", &UNARY, &[F64, I64], "same bits"),
    row("f32.reinterpret_i32", &UNARY, &[I32, F32], "same bits"),
    row("f64.reinterpret_i64", &UNARY, &[I64, F64], "same bits"),
];
