//! The rows of typed references to functions, and their shapes.

use super::{
    Role::{Aux, In},
    Row, Shape,
    Ty::Ref,
    row,
};

shapes! {
    /// Call by reference: function, its type, the window.
    CALL_REF: "CallRef" [In, Aux, Aux], base ["sYd"], full [];
    /// The same as a tail call.
    RETURN_CALL_REF: "ReturnCallRef" [In, Aux, Aux, Aux], base ["sYhd"], full [], ends;
    /// Check of a reference that stays where it is.
    REF_CHECK: "RefAsNonNull" [In], base ["s"], full [];
    /// Branch if a reference is null.
    BRANCH_NULL: "BranchOnNull" [In, Aux], base ["sb"], full [];
    /// Branch if a reference is not null.
    BRANCH_NOT_NULL: "BranchOnNonNull" [In, Aux], base ["sb"], full [];
}

/// The rows.
pub const ROWS: &[Row] = &[
    row("call_ref", &CALL_REF, &[Ref], "call a function by reference; traps if it is null or of another type"),
    row("return_call_ref", &RETURN_CALL_REF, &[Ref], "tail call of a function by reference"),
    row("ref.as_non_null", &REF_CHECK, &[Ref], "trap if the reference is null"),
    row("br_on_null", &BRANCH_NULL, &[Ref], "branch if the reference is null"),
    row("br_on_non_null", &BRANCH_NOT_NULL, &[Ref], "branch if the reference is not null"),
];
