//! Operators of exceptions. Entering a `try_table` takes no instruction: what throws in it is remembered, and when the block ends, each of its
//! catch clauses becomes a *handler* of the image, for the range of code from the first call or throw to the last.
//!
//! A handler goes on where a branch to the same label would, with the payload in the homes of the label's operands. Entries below those were
//! settled when the label's block began, so that nothing has to be done where the exception is thrown. A label that is the function's own has
//! no code: handlers share one return behind the function's end.
//!
//! Invariant: calls and throws are sealed, so that what is emitted later does not move them.

use super::{
    call::Callee,
    control::{ControlFrame, Kind},
    func::{Func, Refusal},
};
use crate::{
    image::format::Handler,
    isa::{Row, Ty},
    push::push,
    types::TagIndex,
};
use alloc::vec::Vec;

/// A catch clause.
#[derive(Clone, Copy)]
struct Catch {
    tag: Option<TagIndex>,
    has_ref: bool,
    /// Its label, counted from outside of the `try_table`.
    depth: u32,
}

/// A `try_table` with catch clauses that is open.
pub struct Try {
    catches: Vec<Catch>,
    /// Units from the first instruction that may throw to the end of the last; none if the second is zero.
    range: (u32, u32),
}

impl Try {
    fn cover(&mut self, (first, end): (u32, u32)) {
        if self.range.1 == 0 {
            self.range.0 = first;
        }
        self.range.1 = end;
    }
}

impl Func<'_> {
    /// try_table
    pub fn try_table(&mut self, table: &wasmparser::TryTable) -> Result<(), Refusal> {
        use wasmparser::Catch as C;
        self.leave_to_validator()?;
        if table.catches.is_empty() {
            return self.block(table.ty);
        }
        let mut catches = Vec::new();
        for catch in &table.catches {
            let (tag, has_ref, depth) = match *catch {
                C::One { tag, label } => (Some(TagIndex(tag)), false, label),
                C::OneRef { tag, label } => (Some(TagIndex(tag)), true, label),
                C::All { label } => (None, false, label),
                C::AllRef { label } => (None, true, label),
            };
            push(&mut catches, Catch { tag, has_ref, depth })?;
        }
        self.open_block(Kind::Try, table.ty)?;
        push(&mut self.tries, Try { catches, range: (0, 0) })?;
        Ok(())
    }

    /// Notes that the instruction at this unit, the last one, may throw.
    pub fn may_throw(&mut self, at: usize) {
        if let Some(innermost) = self.tries.last_mut() {
            innermost.cover((at as u32, self.code.len() as u32));
        }
    }

    /// Ends the innermost `try_table` with catch clauses, whose frame is still open.
    pub fn end_try(&mut self) -> Result<(), Refusal> {
        let Some(Try { catches, range }) = self.tries.pop() else { return Err(Refusal::Unproven) };
        if range.1 == 0 {
            return Ok(());
        }
        if let Some(outer) = self.tries.last_mut() {
            outer.cover(range);
        }
        for Catch { tag, has_ref, depth } in catches {
            // The frame of the `try_table` is the innermost.
            let (frame, data, refs) = self.homes_at(depth + 1)?;
            let handler = Handler { range, target: 0, tag, has_ref, data, refs };
            push(self.handlers, handler)?;
            let number = self.handlers.len() - 1;
            match frame.kind() {
                Kind::Loop(head) => self.handlers[number].target = head as u32,
                Kind::Function => {
                    let label = match self.caught_return {
                        Some(label) => label,
                        None => *self.caught_return.insert(self.labels.create()?),
                    };
                    self.labels.wait_for_handler(label, number)?;
                }
                _ => self.labels.wait_for_handler(frame.label(), number)?,
            }
        }
        Ok(())
    }

    /// Behind the function's end: the return of what handlers catch for the function's label, if there are such.
    pub fn end_caught_return(&mut self, frame: &ControlFrame) -> Result<(), Refusal> {
        let Some(label) = self.caught_return.take() else { return Ok(()) };
        self.arrive(frame, label, self.results)?;
        self.emit_return()
    }

    /// throw
    pub fn throw(&mut self, tag: u32) -> Result<(), Refusal> {
        self.leave_to_validator()?;
        self.call_or_throw(Callee::Tag(tag))?;
        self.set_unreachable();
        Ok(())
    }

    /// throw_ref
    pub fn throw_ref(&mut self) -> Result<(), Refusal> {
        self.leave_to_validator()?;
        let entry = self.pop(Ty::Ref)?;
        let exception = self.slot_field(&entry)?;
        let at = self.code.len();
        self.emit_mapped(Row::ThrowRef, &[exception])?;
        self.seal();
        self.may_throw(at);
        self.set_unreachable();
        Ok(())
    }
}
