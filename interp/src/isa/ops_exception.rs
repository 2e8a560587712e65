//! The rows of exceptions, and their shapes. Catching takes none: an image's handlers say where it happens.

use super::{
    Role::{Aux, In},
    Row, Shape,
    Ty::Ref,
    row,
};

shapes! {
    /// Throw: tag, and the window that the payload is in, as arguments of a call are.
    THROW: "Throw" [Aux, Aux], base ["xd"], full [], ends;
    /// Throw of what was caught.
    THROW_REF: "ThrowRef" [In], base ["s"], full [], ends;
}

/// The rows.
pub const ROWS: &[Row] = &[
    row("throw", &THROW, &[], "throw an exception with this tag; its payload is in the window"),
    row("throw_ref", &THROW_REF, &[Ref], "throw a caught exception; traps if it is null"),
];
