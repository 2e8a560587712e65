//! The rows of structures, arrays, i31 and casts, and their shapes.
//!
//! An instruction that reads or writes a field has the structure's type and the field's offset; one on arrays has no type: what elements hold is
//! looked at in the array itself.

use super::{
    Role::{Aux, In, Out},
    Row, Shape,
    Ty::{F32, F64, I32, I64, Ref, V128},
    row,
};

shapes! {
    /// New structure: type, first cell of its data, first cell of its references, result.
    STRUCT_NEW: "StructNew" [Aux, Aux, Aux, Out], base ["Ynns"], full [];
    /// New structure of zeros and nulls.
    STRUCT_NEW_DEFAULT: "StructNewDefault" [Aux, Out], base ["Ys"], full [];
    /// Field of a structure: structure, type, offset, result.
    STRUCT_GET: "StructGet" [In, Aux, Aux, Out], base ["sYor", "sYow"], full [];
    /// The same of a reference.
    STRUCT_GET_REF: "StructGet" [In, Aux, Aux, Out], base ["sYos"], full [];
    /// Field of 8 bits, sign-extended.
    STRUCT_GET_I8_S: "StructGetI8S" [In, Aux, Aux, Out], base ["sYor", "sYow"], full [];
    /// Field of 8 bits, zero-extended.
    STRUCT_GET_I8_U: "StructGetI8U" [In, Aux, Aux, Out], base ["sYor", "sYow"], full [];
    /// Field of 16 bits, sign-extended.
    STRUCT_GET_I16_S: "StructGetI16S" [In, Aux, Aux, Out], base ["sYor", "sYow"], full [];
    /// Field of 16 bits, zero-extended.
    STRUCT_GET_I16_U: "StructGetI16U" [In, Aux, Aux, Out], base ["sYor", "sYow"], full [];
    /// Field of a structure, written: structure, type, offset, value.
    STRUCT_SET: "StructSet" [In, Aux, Aux, In], base ["sYor", "sYos"], full ["sYoi"];
    /// The same of a float or a vector.
    STRUCT_SET_FLOAT: "StructSet" [In, Aux, Aux, In], base ["sYor", "sYos"], full [];
    /// The same of a reference.
    STRUCT_SET_REF: "StructSet" [In, Aux, Aux, In], base ["sYos"], full [];
    /// Field of 8 bits, written.
    STRUCT_SET_I8: "StructSetI8" [In, Aux, Aux, In], base ["sYor", "sYos"], full ["sYoi"];
    /// Field of 16 bits, written.
    STRUCT_SET_I16: "StructSetI16" [In, Aux, Aux, In], base ["sYor", "sYos"], full ["sYoi"];
    /// New array of one value: value, length, type, result.
    ARRAY_NEW: "ArrayNew" [In, In, Aux, Out], base ["ssYs"], full [];
    /// New array of zeros or nulls: length, type, result.
    ARRAY_NEW_DEFAULT: "ArrayNewDefault" [In, Aux, Out], base ["rYs", "sYs"], full ["iYs"];
    /// New array of what stands in cells: type, length, first cell, result.
    ARRAY_NEW_FIXED: "ArrayNewFixed" [Aux, Aux, Aux, Out], base ["Yons"], full [];
    /// New array of references in cells.
    ARRAY_NEW_FIXED_REF: "ArrayNewFixedRef" [Aux, Aux, Aux, Out], base ["Yons"], full [];
    /// New array from a data segment: offset, length, type, segment, result.
    ARRAY_NEW_DATA: "ArrayNewData" [In, In, Aux, Aux, Out], base ["ssYDs"], full [];
    /// New array from an element segment: offset, length, type, segment, result.
    ARRAY_NEW_ELEM: "ArrayNewElem" [In, In, Aux, Aux, Out], base ["ssYEs"], full [];
    /// Element of an array: array, index, result.
    ARRAY_GET: "ArrayGet" [In, In, Out], base ["srr", "ssr"], full ["sir", "srw", "ssw", "siw"];
    /// The same of a reference.
    ARRAY_GET_REF: "ArrayGet" [In, In, Out], base ["srs", "sss"], full ["sis"];
    /// Element of 8 bits, sign-extended.
    ARRAY_GET_I8_S: "ArrayGetI8S" [In, In, Out], base ["srr", "ssr"], full ["sir", "srw", "ssw"];
    /// Element of 8 bits, zero-extended.
    ARRAY_GET_I8_U: "ArrayGetI8U" [In, In, Out], base ["srr", "ssr"], full ["sir", "srw", "ssw"];
    /// Element of 16 bits, sign-extended.
    ARRAY_GET_I16_S: "ArrayGetI16S" [In, In, Out], base ["srr", "ssr"], full ["sir", "srw", "ssw"];
    /// Element of 16 bits, zero-extended.
    ARRAY_GET_I16_U: "ArrayGetI16U" [In, In, Out], base ["srr", "ssr"], full ["sir", "srw", "ssw"];
    /// Element of an array, written: array, index, value.
    ARRAY_SET: "ArraySet" [In, In, In], base ["srs", "ssr", "sss"], full ["sis", "sir", "ssi", "sri"];
    /// The same of a float or a vector.
    ARRAY_SET_FLOAT: "ArraySet" [In, In, In], base ["srs", "ssr", "sss", "srr"], full ["sis", "sir"];
    /// The same of a reference.
    ARRAY_SET_REF: "ArraySet" [In, In, In], base ["srs", "sss"], full ["sis"];
    /// Element of 8 bits, written.
    ARRAY_SET_I8: "ArraySetI8" [In, In, In], base ["srs", "ssr", "sss"], full ["sis", "sir", "ssi", "sri"];
    /// Element of 16 bits, written.
    ARRAY_SET_I16: "ArraySetI16" [In, In, In], base ["srs", "ssr", "sss"], full ["sis", "sir", "ssi", "sri"];
    /// Length of an array.
    ARRAY_LEN: "ArrayLen" [In, Out], base ["sr", "sw"], full [];
    /// array.fill: array, index, value, length.
    ARRAY_FILL: "ArrayFill" [In, In, In, In], base ["ssss"], full [];
    /// array.copy: destination, index, source, index, length.
    ARRAY_COPY: "ArrayCopy" [In, In, In, In, In], base ["sssss"], full [];
    /// array.init_data: array, index, offset in the segment, length, segment.
    ARRAY_INIT_DATA: "ArrayInitData" [In, In, In, In, Aux], base ["ssssD"], full [];
    /// array.init_elem: array, index, offset in the segment, length, segment.
    ARRAY_INIT_ELEM: "ArrayInitElem" [In, In, In, In, Aux], base ["ssssE"], full [];
    /// Integer to a reference.
    REF_I31: "RefI31" [In, Out], base ["rs", "ss", "is"], full [];
    /// Such a reference to an integer, sign-extended.
    I31_GET_S: "I31GetS" [In, Out], base ["sr", "sw"], full [];
    /// Such a reference to an integer, zero-extended.
    I31_GET_U: "I31GetU" [In, Out], base ["sr", "sw"], full [];
    /// Comparison of references.
    REF_EQ: "RefEq" [In, In, Out], base ["ssr"], full [];
    /// Test of a reference's type.
    REF_OF_TYPE: "RefTest" [In, Aux, Out], base ["sRr"], full [];
    /// Check of a reference's type.
    REF_CAST: "RefCast" [In, Aux], base ["sR"], full [];
    /// Branch if a reference is of a type.
    BRANCH_CAST: "BranchOnCast" [In, Aux, Aux], base ["sRb"], full [];
    /// Branch if a reference is not of a type.
    BRANCH_CAST_FAIL: "BranchOnCastFail" [In, Aux, Aux], base ["sRb"], full [];
}

/// The rows.
pub const ROWS: &[Row] = &[
    row(
        "struct.new",
        &STRUCT_NEW,
        &[Ref],
        "new structure of what stands in cells, of at most 32 words and no packed fields",
    ),
    row("struct.new_default", &STRUCT_NEW_DEFAULT, &[Ref], "new structure of zeros and nulls"),
    row("i32.struct.get", &STRUCT_GET, &[Ref, I32], "read a field"),
    row("i64.struct.get", &STRUCT_GET, &[Ref, I64], "read a field"),
    row("f32.struct.get", &STRUCT_GET, &[Ref, F32], "read a field"),
    row("f64.struct.get", &STRUCT_GET, &[Ref, F64], "read a field"),
    row("v128.struct.get", &STRUCT_GET, &[Ref, V128], "read a field"),
    row("ref.struct.get", &STRUCT_GET_REF, &[Ref, Ref], "read a field"),
    row("i8.struct.get_s", &STRUCT_GET_I8_S, &[Ref, I32], "read a field, sign-extend"),
    row("i8.struct.get_u", &STRUCT_GET_I8_U, &[Ref, I32], "read a field, zero-extend"),
    row("i16.struct.get_s", &STRUCT_GET_I16_S, &[Ref, I32], "read a field, sign-extend"),
    row("i16.struct.get_u", &STRUCT_GET_I16_U, &[Ref, I32], "read a field, zero-extend"),
    row("i32.struct.set", &STRUCT_SET, &[Ref, I32], "write a field"),
    row("i64.struct.set", &STRUCT_SET, &[Ref, I64], "write a field"),
    row("f32.struct.set", &STRUCT_SET_FLOAT, &[Ref, F32], "write a field"),
    row("f64.struct.set", &STRUCT_SET_FLOAT, &[Ref, F64], "write a field"),
    row("v128.struct.set", &STRUCT_SET_FLOAT, &[Ref, V128], "write a field"),
    row("ref.struct.set", &STRUCT_SET_REF, &[Ref, Ref], "write a field"),
    row("i8.struct.set", &STRUCT_SET_I8, &[Ref, I32], "write a field of 8 bits"),
    row("i16.struct.set", &STRUCT_SET_I16, &[Ref, I32], "write a field of 16 bits"),
    row("i32.array.new", &ARRAY_NEW, &[I32, I32, Ref], "new array of a value of up to 32 bits"),
    row("i64.array.new", &ARRAY_NEW, &[I64, I32, Ref], "new array of a value of 64 bits"),
    row("v128.array.new", &ARRAY_NEW, &[V128, I32, Ref], "new array of a vector"),
    row("ref.array.new", &ARRAY_NEW, &[Ref, I32, Ref], "new array of a reference"),
    row("array.new_default", &ARRAY_NEW_DEFAULT, &[I32, Ref], "new array of zeros or nulls"),
    row("array.new_fixed", &ARRAY_NEW_FIXED, &[Ref], "new array of data in cells"),
    row("ref.array.new_fixed", &ARRAY_NEW_FIXED_REF, &[Ref], "new array of references in cells"),
    row("array.new_data", &ARRAY_NEW_DATA, &[I32, I32, Ref], "new array from a data segment"),
    row("array.new_elem", &ARRAY_NEW_ELEM, &[I32, I32, Ref], "new array from an element segment"),
    row("i32.array.get", &ARRAY_GET, &[Ref, I32, I32], "read an element"),
    row("i64.array.get", &ARRAY_GET, &[Ref, I32, I64], "read an element"),
    row("f32.array.get", &ARRAY_GET, &[Ref, I32, F32], "read an element"),
    row("f64.array.get", &ARRAY_GET, &[Ref, I32, F64], "read an element"),
    row("v128.array.get", &ARRAY_GET, &[Ref, I32, V128], "read an element"),
    row("ref.array.get", &ARRAY_GET_REF, &[Ref, I32, Ref], "read an element"),
    row("i8.array.get_s", &ARRAY_GET_I8_S, &[Ref, I32, I32], "read an element, sign-extend"),
    row("i8.array.get_u", &ARRAY_GET_I8_U, &[Ref, I32, I32], "read an element, zero-extend"),
    row("i16.array.get_s", &ARRAY_GET_I16_S, &[Ref, I32, I32], "read an element, sign-extend"),
    row("i16.array.get_u", &ARRAY_GET_I16_U, &[Ref, I32, I32], "read an element, zero-extend"),
    row("i32.array.set", &ARRAY_SET, &[Ref, I32, I32], "write an element"),
    row("i64.array.set", &ARRAY_SET, &[Ref, I32, I64], "write an element"),
    row("f32.array.set", &ARRAY_SET_FLOAT, &[Ref, I32, F32], "write an element"),
    row("f64.array.set", &ARRAY_SET_FLOAT, &[Ref, I32, F64], "write an element"),
    row("v128.array.set", &ARRAY_SET_FLOAT, &[Ref, I32, V128], "write an element"),
    row("ref.array.set", &ARRAY_SET_REF, &[Ref, I32, Ref], "write an element"),
    row("i8.array.set", &ARRAY_SET_I8, &[Ref, I32, I32], "write an element of 8 bits"),
    row("i16.array.set", &ARRAY_SET_I16, &[Ref, I32, I32], "write an element of 16 bits"),
    row("array.len", &ARRAY_LEN, &[Ref, I32], "number of elements"),
    row("i32.array.fill", &ARRAY_FILL, &[Ref, I32, I32, I32], "fill a range with a value of up to 32 bits"),
    row("i64.array.fill", &ARRAY_FILL, &[Ref, I32, I64, I32], "fill a range with a value of 64 bits"),
    row("v128.array.fill", &ARRAY_FILL, &[Ref, I32, V128, I32], "fill a range with a vector"),
    row("ref.array.fill", &ARRAY_FILL, &[Ref, I32, Ref, I32], "fill a range with a reference"),
    row("array.copy", &ARRAY_COPY, &[Ref, I32, Ref, I32, I32], "copy a range between arrays"),
    row("array.init_data", &ARRAY_INIT_DATA, &[Ref, I32, I32, I32], "copy a range from a data segment"),
    row("array.init_elem", &ARRAY_INIT_ELEM, &[Ref, I32, I32, I32], "copy a range from an element segment"),
    row("ref.i31", &REF_I31, &[I32, Ref], "reference of an integer of 31 bits"),
    row("i31.get_s", &I31_GET_S, &[Ref, I32], "the integer, sign-extended"),
    row("i31.get_u", &I31_GET_U, &[Ref, I32], "the integer, zero-extended"),
    row("ref.eq", &REF_EQ, &[Ref, Ref, I32], "1 if both references are the same"),
    row("ref.test", &REF_OF_TYPE, &[Ref, I32], "1 if the reference is of the type"),
    row("ref.cast", &REF_CAST, &[Ref], "trap if the reference is not of the type"),
    row("br_on_cast", &BRANCH_CAST, &[Ref], "branch if the reference is of the type"),
    row("br_on_cast_fail", &BRANCH_CAST_FAIL, &[Ref], "branch if the reference is not of the type"),
];
