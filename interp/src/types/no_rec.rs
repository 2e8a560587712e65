//! In the place of `rec.rs` in builds without typed references: all types are of functions, and each stands for itself.

use super::{HeapType, RefType, TypeIndex, ValType};

/// Where type indices mean something.
pub trait TypeSpace {
    /// Whether everything that is of the first heap type is of the second.
    fn heap_matches(&self, sub: HeapType, ty: HeapType) -> bool {
        sub == ty || matches!((sub, ty), (HeapType::Concrete(_), HeapType::Func))
    }

    /// Whether every value of the first type is one of the second.
    fn ref_matches(&self, sub: RefType, ty: RefType) -> bool {
        sub == ty
    }

    /// Whether every value of the first type is one of the second.
    fn val_matches(&self, sub: ValType, ty: ValType) -> bool {
        sub == ty
    }

    /// Whether a type is another one.
    fn is_subtype(&self, sub: TypeIndex, ty: TypeIndex) -> bool {
        sub == ty
    }
}
