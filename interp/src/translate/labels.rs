//! Labels: branch targets that are not known yet, and the branches that wait for them.
//!
//! The waiting branches of a label form a list inside one vector, so that a function's labels need no allocation each.

use super::func::Func;
use super::func::Refusal;
use crate::{isa::encode::put32, push::push};
use alloc::vec::Vec;

/// A label by its number in the function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Waiting {
    /// Unit of the field, or number of the handler.
    field: u32,
    what: What,
    next: u32,
}

/// What waits for a label.
#[derive(Clone, Copy)]
enum What {
    /// A field of one unit.
    Near,
    /// A field of two units.
    Wide,
    /// A handler of exceptions.
    Handler,
}

/// All labels of a function.
#[derive(Default)]
pub struct Labels {
    heads: Vec<u32>,
    waiting: Vec<Waiting>,
}

impl Labels {
    /// Forgets all labels.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.waiting.clear();
    }

    /// A new label.
    pub fn create(&mut self) -> Result<Label, Refusal> {
        push(&mut self.heads, NONE)?;
        Ok(Label(self.heads.len() as u32 - 1))
    }

    /// Whether a branch to the label has been emitted.
    pub fn is_used(&self, label: Label) -> bool {
        self.heads[label.0 as usize] != NONE
    }

    /// Notes that the target field at unit `field` waits for the label.
    pub fn wait(&mut self, label: Label, field: usize, is_wide: bool) -> Result<(), Refusal> {
        self.enqueue(label, field, if is_wide { What::Wide } else { What::Near })
    }

    /// Notes that the handler of exceptions with this number waits for the label.
    pub fn wait_for_handler(&mut self, label: Label, number: usize) -> Result<(), Refusal> {
        self.enqueue(label, number, What::Handler)
    }

    fn enqueue(&mut self, label: Label, field: usize, what: What) -> Result<(), Refusal> {
        let head = &mut self.heads[label.0 as usize];
        push(&mut self.waiting, Waiting { field: field as u32, what, next: *head })?;
        *head = self.waiting.len() as u32 - 1;
        Ok(())
    }
}

impl Func<'_> {
    /// Puts the label here: fills in all branches that wait for it.
    pub fn bind(&mut self, label: Label) -> Result<(), Refusal> {
        let target = self.code.len() as i64;
        let mut next = self.labels.heads[label.0 as usize];
        if next != NONE {
            self.block_start()?;
        }
        while next != NONE {
            let waiting = self.labels.waiting[next as usize];
            next = waiting.next;
            let field = waiting.field as usize;
            let distance = target - field as i64;
            match (waiting.what, i16::try_from(distance)) {
                (What::Handler, _) => self.handlers[field].target = target as u32,
                (What::Wide, _) => put32(self.code, field, distance as i32 as u32),
                (What::Near, Ok(distance)) => self.code[field] = distance as u16,
                (What::Near, Err(_)) => self.widen(),
            }
        }
        Ok(())
    }
}
