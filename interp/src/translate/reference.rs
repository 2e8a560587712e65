//! Operators on typed references to functions. Functions with references are validated before: see [`Func::leave_to_validator`].

use super::{
    control::Test,
    func::{Func, Refusal},
    stack::{Entry, Place},
};
use crate::isa::{Row, Ty};

impl Func<'_> {
    /// Pushes a reference that was popped and has been looked at where it is: in a local, or in its home.
    pub fn push_back(&mut self, entry: &Entry) -> Result<(), Refusal> {
        match entry.place {
            Place::Local(_) => self.push(Ty::Ref, entry.place),
            // Nothing was pushed in between, so that the home is the same.
            _ => self.push(Ty::Ref, Place::Home),
        }
    }

    /// ref.as_non_null
    pub fn ref_as_non_null(&mut self) -> Result<(), Refusal> {
        let entry = self.pop(Ty::Ref)?;
        let slot = self.slot_field(&entry)?;
        self.emit_mapped(Row::RefAsNonNull, &[slot])?;
        self.push_back(&entry)
    }

    /// br_on_null
    pub fn br_on_null(&mut self, depth: u32) -> Result<(), Refusal> {
        let entry = self.pop(Ty::Ref)?;
        let slot = self.slot_field(&entry)?;
        self.branch_on(depth, &Test::Null(slot, true))?;
        self.push_back(&entry)
    }

    /// br_on_non_null
    pub fn br_on_non_null(&mut self, depth: u32) -> Result<(), Refusal> {
        let entry = *self.stack.last().ok_or(Refusal::Unproven)?;
        let slot = self.slot_field(&entry)?;
        self.branch_on(depth, &Test::Null(slot, false))?;
        self.pop(Ty::Ref).map(drop)
    }
}
