//! Calls. Arguments are produced in the callee's frame, which begins at the home of the first one.
//!
//! Where a reference is among the parameters the window begins above all homes instead: data is copied there, references
//! are moved in a run right before the call, and taken out in a run right after it, so that the verifier sees that no data
//! gets into a reference's cell.

use super::{
    func::{Func, Refusal},
    memory64::with_index,
    stack::{Accumulator, Held, Place},
};
use crate::{
    isa::{Row, Ty, encode::Field, kind},
    types::{RefType, TableType},
};

/// What is called.
#[derive(Clone, Copy)]
pub enum Callee {
    /// A function by its index, defined or imported.
    Function(u32),
    /// An element of a table, of a type.
    Indirect {
        /// Table index.
        table: u32,
        /// Type index.
        ty: u32,
    },
    /// What a reference refers to, of the type with this index.
    Reference(u32),
    /// No function: an exception with this tag is thrown.
    Tag(u32),
}

impl<'a> Func<'a> {
    /// call, call_indirect, call_ref
    pub fn call(&mut self, callee: Callee) -> Result<(), Refusal> {
        let (results, delta) = self.call_or_throw(callee)?;
        self.take_results(results, delta)
    }

    /// The call without what follows it, or a throw. Gives the result types and the window.
    pub fn call_or_throw(&mut self, callee: Callee) -> Result<(&'a [Ty], u32), Refusal> {
        let (index, delta, results) = self.prepare(callee)?;
        self.map_here()?;
        let at = self.code.len();
        self.emit_call(callee, index, delta, None)?;
        self.seal();
        self.may_throw(at);
        Ok((results, delta))
    }

    /// return_call, return_call_indirect, return_call_ref
    pub fn return_call(&mut self, callee: Callee) -> Result<(), Refusal> {
        let (index, delta, results) = self.prepare(callee)?;
        self.prove(results == self.results)?;
        self.map_here()?;
        self.emit_call(callee, index, delta, Some(self.header))?;
        self.set_unreachable();
        Ok(())
    }

    /// Pops index and arguments, puts the arguments into the window. Gives the index field, the window, the result types.
    fn prepare(&mut self, callee: Callee) -> Result<(Option<Field>, u32, &'a [Ty]), Refusal> {
        let ty = match callee {
            Callee::Function(index) => *self.module.func_types.get(index as usize).ok_or(Refusal::Unproven)?,
            Callee::Indirect { table, ty } => {
                let is_of_funcs = |table: &TableType| table.element == RefType::FUNC;
                let is_any_func = self.module.tables.get(table as usize).is_some_and(is_of_funcs);
                self.prove(is_any_func || self.attempt.is_valid)?;
                ty
            }
            Callee::Reference(ty) => ty,
            Callee::Tag(tag) => *self.module.tags.get(tag as usize).ok_or(Refusal::Unproven)?,
        };
        let module = self.module;
        let ty = module.func_type(ty).ok_or(Refusal::Unproven)?;
        let index = match callee {
            Callee::Function(_) | Callee::Tag(_) => None,
            Callee::Indirect { table, .. } => Some(self.pop(self.table_index_type(table)?)?),
            Callee::Reference(_) => Some(self.pop(Ty::Ref)?),
        };
        let index_ty = index.map_or(Ty::I32, |entry| entry.ty);
        self.prove_top(&ty.params)?;
        let from = self.stack.len() - ty.params.len();
        let has_refs = ty.params.contains(&Ty::Ref);
        let window =
            if has_refs { self.data_top } else { self.stack[from..].first().map_or(self.data_top, |entry| entry.home) };
        // The index is in the accumulator, in a local, or at its home above the arguments, where the callee's header will
        // be; it is read before that is written.
        let index = match index {
            None => None,
            Some(entry) if entry.place == Place::Accumulator => {
                // Copies of arguments do not touch the accumulator, unless one of them is in it, which cannot be.
                self.seal();
                Some(Field::REG)
            }
            // A reference has its home below the window.
            Some(entry) if entry.ty == Ty::Ref => Some(self.slot_field(&entry)?),
            Some(entry) if matches!(entry.place, Place::Const(_)) && has_refs => {
                // Its home would lie in the window.
                self.load_accumulator(&entry)?;
                Some(Field::REG)
            }
            Some(entry) => Some(self.field(&entry)?),
        };
        let index = match index {
            // A slot in the window would be overwritten by copied arguments.
            Some(field)
                if has_refs
                    && field.kind == kind::SLOT
                    && field.value >= i64::from(window)
                    && !matches!(callee, Callee::Reference(_)) =>
            {
                self.claim(Accumulator::Int)?;
                self.emit(super::stack::copy_row(index_ty), &[field, Field::REG])?;
                self.seal();
                Some(Field::REG)
            }
            index => index,
        };
        if has_refs {
            self.fill_window(from, window, ty)?;
        } else {
            self.settle_from(from)?;
        }
        for _ in from..self.stack.len() {
            self.take();
        }
        // What is left in an accumulator would not survive the call.
        self.claim_for_call(index)?;
        self.frame_bytes = self.frame_bytes.max(window + ty.header_offset());
        Ok((index, window, &ty.results))
    }

    /// Sends entries in the accumulators home, keeping an index that is in r0.
    fn claim_for_call(&mut self, _index: Option<Field>) -> Result<(), Refusal> {
        self.claim_all()
    }

    /// Copies data arguments into a window above all homes, then moves the references in one run.
    fn fill_window(&mut self, from: usize, window: u32, ty: &super::module::FuncTypeInfo) -> Result<(), Refusal> {
        for pass in [false, true] {
            let mut offset = window;
            if pass {
                // Entries below the arguments go home before the run, which nothing may interrupt.
                for accumulator in Accumulator::ALL {
                    if matches!(self.held(accumulator), Held::Entry(index) if index < from) {
                        self.claim(accumulator)?;
                    }
                }
            }
            for (index, &param) in ty.params.iter().enumerate() {
                let entry = self.stack[from + index];
                if param == Ty::Ref && pass {
                    let source = self.reference_slot(from + index)?;
                    self.emit(Row::ArgumentRef, &[source, Field::new(kind::WINDOW, i64::from(offset))])?;
                    self.seal();
                } else if param == Ty::Ref {
                    // A null has no slot yet; it must not be made inside the run.
                    self.reference_slot(from + index)?;
                } else if !pass {
                    self.frame_bytes = self.frame_bytes.max(offset + param.bytes());
                    self.store_at(&entry, offset)?;
                }
                offset += param.bytes();
            }
        }
        Ok(())
    }

    /// The slot that holds the reference at a stack index.
    fn reference_slot(&mut self, index: usize) -> Result<Field, Refusal> {
        if matches!(self.stack[index].place, Place::Const(_)) {
            self.settle(index)?;
        }
        let entry = self.stack[index];
        self.slot_field(&entry)
    }

    fn emit_call(
        &mut self,
        callee: Callee,
        index: Option<Field>,
        delta: u32,
        tail: Option<u32>,
    ) -> Result<(), Refusal> {
        let delta = u16::try_from(delta).map_err(|_| Refusal::Stack)?;
        let header = tail.map(|header| Field::new(kind::HEADER, i64::from(header)));
        let delta = Field::new(kind::DELTA, i64::from(delta));
        let (mut fields, mut len) = ([Field::NONE; 5], 0);
        let mut push = |field: Field| {
            fields[len] = field;
            len += 1;
        };
        let row = match callee {
            Callee::Function(function) if function < self.module.imported_funcs => {
                push(Field::new(kind::FUNC, i64::from(function)));
                if tail.is_some() { Row::ReturnCallImport } else { Row::CallImport }
            }
            Callee::Function(function) => {
                // The index stands in for the entry until the function has one.
                crate::push::push(self.calls, self.code.len() as u32 + 1)?;
                push(Field::new(kind::ENTRY, i64::from(function)));
                if tail.is_some() { Row::ReturnCall } else { Row::Call }
            }
            Callee::Indirect { table, ty } => {
                push(index.expect("an indirect call has an index"));
                push(Field::new(kind::TABLE, i64::from(table)));
                push(Field::new(kind::TYPE, i64::from(self.module.image_types[ty as usize].0)));
                let row = if tail.is_some() { Row::ReturnCallIndirect } else { Row::CallIndirect };
                with_index(row, self.table_index_type(table)?)
            }
            Callee::Reference(ty) => {
                push(index.expect("a call by reference has one"));
                push(Field::new(kind::TYPE, i64::from(self.module.image_types[ty as usize].0)));
                if tail.is_some() { Row::ReturnCallRef } else { Row::CallRef }
            }
            Callee::Tag(tag) => {
                push(Field::new(kind::TAG, i64::from(tag)));
                Row::Throw
            }
        };
        if let Some(header) = header {
            push(header);
        }
        push(delta);
        self.emit_any(row, &fields[..len])
    }

    /// Pushes the results: a single datum is in its accumulator, everything else in the window.
    fn take_results(&mut self, results: &[Ty], window: u32) -> Result<(), Refusal> {
        if let [ty] = results
            && *ty != Ty::Ref
        {
            return self.push_accumulator(*ty);
        }
        let first = self.stack.len();
        for &ty in results {
            self.push(ty, Place::Home)?;
        }
        let bytes: u32 = results.iter().map(|ty| ty.bytes()).sum();
        self.frame_bytes = self.frame_bytes.max(window + bytes);
        // References first, in one run right behind the call; then data, which only moves down, in order.
        for pass in [true, false] {
            let mut offset = window;
            for (index, &ty) in results.iter().enumerate() {
                let home = self.stack[first + index].home;
                if ty == Ty::Ref && pass {
                    let to = self.slot(home);
                    self.emit(Row::TakeRef, &[Field::new(kind::WINDOW, i64::from(offset)), to])?;
                    self.seal();
                } else if ty != Ty::Ref && !pass && home != offset {
                    let (from, to) = (self.slot(offset), self.slot(home));
                    self.copy(ty, from, to)?;
                }
                offset += ty.bytes();
            }
        }
        Ok(())
    }
}
