//! What the host holds: references that keep objects alive while no guest does.
//!
//! Two ways, after Wasmtime: a stack of roots, cut back when the scope ends in which they were made; and roots that stay
//! until they are given back one by one.

use crate::{
    error::OutOfMemory,
    store::{Heap, list::List},
};

/// The references that the host holds.
#[derive(Debug)]
pub struct Roots {
    /// Those of scopes, innermost last.
    scoped: List<u32>,
    /// The others. A place that is free holds twice the number of the next free one, and 1: no object's handle.
    held: List<u32>,
    /// The free place used next; its number is below the length of `held` if there is one.
    free: u32,
}

impl Roots {
    /// None.
    pub const EMPTY: Roots = Roots { scoped: List::EMPTY, held: List::EMPTY, free: NONE };

    /// Holds a reference until the scope ends; gives its number.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn push(&mut self, heap: &mut Heap, reference: u32) -> Result<u32, OutOfMemory> {
        self.scoped.push(heap, reference)?;
        Ok((self.scoped.len() - 1) as u32)
    }

    /// The reference with this number; `None` if its scope has ended.
    pub fn get(&self, number: u32) -> Option<u32> {
        self.scoped.get(number as usize).copied()
    }

    /// How many of scopes there are: what [`Roots::leave`] goes back to.
    pub fn len(&self) -> u32 {
        self.scoped.len() as u32
    }

    /// Ends the scopes that began since there were so many.
    pub fn leave(&mut self, len: u32) {
        self.scoped.truncate(len as usize);
    }

    /// Holds a reference until it is given back; gives its number.
    ///
    /// # Errors
    /// The heap has no more room.
    pub fn hold(&mut self, heap: &mut Heap, reference: u32) -> Result<u32, OutOfMemory> {
        let number = self.free;
        if let Some(place) = self.held.get_mut(number as usize) {
            self.free = *place / 2;
            *place = reference;
            return Ok(number);
        }
        self.held.push(heap, reference)?;
        Ok((self.held.len() - 1) as u32)
    }

    /// A held reference.
    pub fn held(&self, number: u32) -> u32 {
        self.held[number as usize]
    }

    /// Gives a held reference back.
    pub fn release(&mut self, number: u32) {
        self.held[number as usize] = self.free * 2 + 1;
        self.free = number;
    }

    /// All that are held, among them odd numbers, which refer to nothing.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.scoped.iter().chain(self.held.iter()).copied()
    }

    /// Gives the memory back.
    pub fn free(&mut self, heap: &mut Heap) {
        self.scoped.free(heap);
        self.held.free(heap);
    }
}

/// No place is free. Twice that and 1 still fits.
const NONE: u32 = u32::MAX / 2;
