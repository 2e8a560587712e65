//! Rules for calls, throws and returns: the callee's frame overwrites nothing that counts, and the runs of moves around it are whole.
//!
//! Called from `Verifier::instruction` in `mod.rs`. A [`Run`] is all that the walk keeps between instructions for them.

use super::{Rule, Verifier, require};
use crate::{
    image::func::Callee,
    isa::{HEADER_BYTES, Row, decode},
    types::{CELL_BYTES, FuncType, ValType, ValTypes},
};

/// Moves that belong together and to the instruction behind, or before, them.
#[derive(Clone, Copy)]
pub(super) enum Run<'a> {
    /// None is open.
    None,
    /// `argument.ref` from this unit on; a call must follow.
    Arguments { first: usize },
    /// Results of so many bytes are in place; `rest` of them, or `return`, must follow.
    Results { rest: ValTypes<'a>, offset: u32 },
    /// The call has left a reference at `offset`; its `take.ref` must follow, then those of the references in `rest`.
    Takes { rest: ValTypes<'a>, offset: u32 },
}

impl<'a> Run<'a> {
    /// The run that takes the references among these results, which begin at `offset`.
    fn takes(mut results: ValTypes<'a>, mut offset: u32) -> Run<'a> {
        while let Some((ty, rest)) = results.split_first() {
            if ty.is_ref() {
                return Run::Takes { rest, offset };
            }
            results = rest;
            offset += ty.bytes();
        }
        Run::None
    }
}

impl<'a> Verifier<'a> {
    /// An open run goes on with what belongs to it, and nothing arrives in its middle.
    pub(super) fn in_run(&self, row: Row) -> Rule {
        let belongs = match self.run {
            Run::None => return Ok(()),
            Run::Arguments { .. } => row == Row::ArgumentRef || row == Row::Throw || is_call(row),
            Run::Results { .. } => {
                matches!(row, Row::ResultI32 | Row::ResultI64 | Row::ResultV128 | Row::ResultRef | Row::Return)
            }
            Run::Takes { .. } => row == Row::TakeRef,
        };
        require(belongs, "run of reference or result moves interrupted")?;
        require(!self.is_block_start, "block start inside a run of reference or result moves")
    }

    /// What a direct call names.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn callee(&self, entry: u32) -> Rule<Callee> {
        Callee::read(self.image, entry).ok_or("call of what is no function's entry".into())
    }

    /// A callee's frame that begins at `delta`, with its header at `header_offset`, overwrites nothing of this one's that counts.
    #[cfg_attr(not(compact), inline)]
    pub(super) fn window(&self, delta: u32, header_offset: u32) -> Rule {
        let is_metered = !self.is_metered || self.polls(self.func.entry as usize);
        require(is_metered, "function that calls without the poll or charge of the image's options")?;
        require(delta.is_multiple_of(CELL_BYTES), "call window not aligned")?;
        require(
            delta >= u32::from(self.func.header_offset) + HEADER_BYTES,
            "call window below the frame header's end",
        )?;
        require(delta >= self.refs_end, "call window over a reference cell")?;
        require(delta + header_offset <= self.func.frame_bytes, "call window outside the frame")
    }

    /// A call, or a tail call, of a function of type `ty` whose frame begins at `delta`.
    pub(super) fn call(&mut self, row: Row, ty: FuncType<'a>, delta: u32) -> Rule {
        require(!self.is_hidden, "call in a constant expression")?;
        self.window(delta, ty.header_offset())?;
        self.arguments(ty, delta)?;
        let is_tail =
            !matches!(row, Row::Call | Row::CallImport | Row::CallIndirect | Row::CallIndirectTable64 | Row::CallRef);
        if !is_tail {
            self.run = if self.has_ref_types { Run::takes(ty.results(), delta) } else { Run::None };
            return Ok(());
        }
        self.run = Run::None;
        require(ty.results().are_like(self.func.ty.results()), "tail call of a function with other results")
    }

    /// A throw of a payload of these types, which stands at `delta`.
    pub(super) fn throw(&mut self, ty: FuncType<'a>, delta: u32) -> Rule {
        require(!self.is_hidden, "throw in a constant expression")?;
        self.window(delta, ty.header_offset())?;
        self.arguments(ty, delta)?;
        self.run = Run::None;
        Ok(())
    }

    /// The run before a call fills exactly the cells of the callee's reference parameters, in order.
    fn arguments(&self, ty: FuncType<'_>, delta: u32) -> Rule {
        let mut at = if let Run::Arguments { first } = self.run { first } else { self.at };
        if at == self.at && !self.has_ref_types {
            return Ok(());
        }
        for (_, cell) in ty.params().layout().filter(|(param, _)| param.is_ref()) {
            let argument = decode(self.code, at).filter(|argument| argument.row == Row::ArgumentRef);
            let argument = argument.ok_or("reference argument missing")?;
            let place = argument.operands().last().map(|place| place.value);
            require(place == Some(i64::from(delta + cell * CELL_BYTES)), "reference argument in another cell")?;
            at += argument.len;
        }
        require(at == self.at, "reference argument without a parameter")
    }

    /// `take.ref` takes the next reference among the results of the call before it.
    pub(super) fn take(&mut self, cell: u32) -> Rule {
        let Run::Takes { rest, offset } = self.run else {
            return Err("take.ref not right behind a call with a reference result".into());
        };
        require(cell == offset, "take.ref of another cell")?;
        self.run = Run::takes(rest, offset + CELL_BYTES);
        Ok(())
    }

    /// `result.*` puts the next result in its place. A reference is not read from a cell that an earlier one has written.
    pub(super) fn result(&mut self, row: Row, source: u32, cell: u32) -> Rule {
        let results = self.func.ty.results();
        let (results, offset) = match self.run {
            Run::Results { rest, offset } => (rest, offset),
            _ if is_in_accumulator(results) => {
                return Err("result move in a function whose result is in an accumulator".into());
            }
            _ => (results, 0),
        };
        let (ty, rest) = results.split_first().ok_or("more result moves than results")?;
        let expected = match ty {
            ValType::Ref(_) => Row::ResultRef,
            ValType::V128 => Row::ResultV128,
            _ if ty.bytes() == 4 => Row::ResultI32,
            _ => Row::ResultI64,
        };
        require(row == expected, "result move of another kind or width")?;
        require(cell == offset, "result move to another cell")?;
        require(row != Row::ResultRef || source >= offset, "reference result overwritten before it is moved")?;
        self.run = Run::Results { rest, offset: offset + ty.bytes() };
        Ok(())
    }

    /// `return`: all results are in place, unless there is none or it is in an accumulator.
    pub(super) fn return_(&mut self) -> Rule {
        let results = self.func.ty.results();
        let is_whole = match self.run {
            Run::Results { rest, .. } => rest.is_empty(),
            _ => is_in_accumulator(results) || results.is_empty(),
        };
        self.run = Run::None;
        require(is_whole, "return without all results in place")
    }

    pub(super) fn return_value(&self, ty: ValType) -> Rule {
        let results = self.func.ty.results();
        require(results.single() == Some(ty), "return of a value of another type")
    }
}

/// Whether a single result is a number, which comes back in an accumulator.
fn is_in_accumulator(results: ValTypes<'_>) -> bool {
    results.single().is_some_and(|ty| !ty.is_ref())
}

fn is_call(row: Row) -> bool {
    matches!(
        row,
        Row::Call
            | Row::CallImport
            | Row::CallIndirect
            | Row::CallIndirectTable64
            | Row::CallRef
            | Row::ReturnCall
            | Row::ReturnCallImport
            | Row::ReturnCallIndirect
            | Row::ReturnCallIndirectTable64
            | Row::ReturnCallRef
    )
}
