//! Control operators: blocks, branches, returns.
//!
//! The results of a block are in their homes when control meets at its end, the parameters of a loop at its start; a
//! block that nobody branches out of costs nothing. Noted locals and accumulators are settled before a block begins, so
//! that all paths through it agree about the entries below.

use super::{
    func::{Func, Refusal},
    fuse::Condition,
    labels::Label,
    module::operand_type,
    stack::{Entry, Place},
};
use crate::isa::{Row, Ty, encode::Field, encode::put32, kind};
use crate::push::push;
use alloc::vec::Vec;

/// What a control frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The function's body: branches to it return.
    Function,
    /// block
    Block,
    /// try_table with catch clauses
    Try,
    /// loop, with the unit offset of its head.
    Loop(usize),
    /// if, with the label of its else part.
    If(Label),
    /// else
    Else,
}

/// One open block.
#[derive(Clone, Copy, Debug)]
pub struct ControlFrame {
    kind: Kind,
    /// End of the block.
    label: Label,
    /// Stack height below the block's parameters.
    height: usize,
    /// Type index or inline result: the types are looked up when needed.
    ty: wasmparser::BlockType,
    /// Homes of the first data operand and the first reference above `height`.
    data_base: u32,
    refs_base: u32,
    /// Whether the code before the block was reachable: if not, nothing of it is translated.
    reachable: bool,
    /// The stub that the branch table at this unit uses for the block.
    stub: Option<(usize, Label)>,
}

/// What a conditional branch tests.
pub enum Test {
    /// That an operand, just popped, is not zero.
    Truth(Entry),
    /// That the reference in a slot is null, or is not.
    Null(Field, bool),
    /// That the reference in a slot is of a type, or is not.
    Cast(Field, Field, bool),
}

/// Types of a block's parameters or results.
#[derive(Clone, Copy)]
enum Types<'a> {
    One([Ty; 1]),
    Many(&'a [Ty]),
}

impl core::ops::Deref for Types<'_> {
    type Target = [Ty];

    fn deref(&self) -> &[Ty] {
        match self {
            Types::One(one) => one,
            Types::Many(many) => many,
        }
    }
}

impl ControlFrame {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its end.
    pub fn label(&self) -> Label {
        self.label
    }
}

impl<'a> Func<'a> {
    /// Parameter and result types of a block.
    fn block_types(&self, ty: wasmparser::BlockType) -> Result<(Types<'a>, Types<'a>), Refusal> {
        Ok(match ty {
            wasmparser::BlockType::Empty => (Types::Many(&[]), Types::Many(&[])),
            wasmparser::BlockType::Type(ty) => (Types::Many(&[]), Types::One([operand_type(ty)?])),
            wasmparser::BlockType::FuncType(index) => {
                let ty = self.module.func_type(index).ok_or(Refusal::Unproven)?;
                (Types::Many(&ty.params), Types::Many(&ty.results))
            }
        })
    }

    /// Parameter types of a block that begins here: its operands are on the stack.
    fn begin_block(&self, ty: wasmparser::BlockType) -> Result<Types<'a>, Refusal> {
        let (params, _) = self.block_types(ty)?;
        self.prove_top(&params)?;
        Ok(params)
    }

    fn label_types(&self, frame: &ControlFrame) -> Result<Types<'a>, Refusal> {
        Ok(match frame.kind {
            Kind::Function => Types::Many(self.results),
            Kind::Loop(_) => self.block_types(frame.ty)?.0,
            _ => self.block_types(frame.ty)?.1,
        })
    }

    /// The frame that a branch goes to, and what it takes there.
    fn target(&self, depth: u32) -> Result<(ControlFrame, Types<'a>), Refusal> {
        let index = self.control.len().checked_sub(1 + depth as usize).ok_or(Refusal::Unproven)?;
        let frame = self.control[index];
        Ok((frame, self.label_types(&frame)?))
    }

    /// Opens the frame of the function itself.
    pub fn begin_function_frame(&mut self) -> Result<(), Refusal> {
        let label = self.labels.create()?;
        let frame = ControlFrame {
            kind: Kind::Function,
            label,
            height: 0,
            ty: wasmparser::BlockType::Empty,
            data_base: self.data_top,
            refs_base: 0,
            reachable: true,
            stub: None,
        };
        self.push_frame(frame)
    }

    fn push_frame(&mut self, frame: ControlFrame) -> Result<(), Refusal> {
        self.floor = frame.height;
        Ok(push(&mut self.control, frame)?)
    }

    fn pop_frame(&mut self) {
        self.control.pop();
        self.floor = self.control.last().map_or(0, |frame| frame.height);
    }

    /// Opens a frame above the given number of parameters.
    fn open(
        &mut self,
        kind: Kind,
        label: Label,
        ty: wasmparser::BlockType,
        params_count: usize,
    ) -> Result<(), Refusal> {
        let height = self.stack.len() - params_count;
        let (mut data_base, mut refs_base) = (self.data_top, self.refs_len);
        for entry in &self.stack[height..] {
            if entry.ty == Ty::Ref {
                refs_base -= 1;
            } else {
                data_base = data_base.min(entry.home);
            }
        }
        self.push_frame(ControlFrame { kind, label, height, ty, data_base, refs_base, reachable: true, stub: None })
    }

    /// A frame in dead code: only its nesting counts, and whether it may have an else.
    pub fn open_dead(&mut self, is_if: bool) -> Result<(), Refusal> {
        let label = self.labels.create()?;
        let frame = ControlFrame {
            kind: if is_if { Kind::If(label) } else { Kind::Block },
            label,
            height: self.stack.len(),
            ty: wasmparser::BlockType::Empty,
            data_base: self.data_top,
            refs_base: self.refs_len,
            reachable: false,
            stub: None,
        };
        self.push_frame(frame)
    }

    /// block
    pub fn block(&mut self, ty: wasmparser::BlockType) -> Result<(), Refusal> {
        self.open_block(Kind::Block, ty)
    }

    /// A block, or a `try_table`.
    pub fn open_block(&mut self, kind: Kind, ty: wasmparser::BlockType) -> Result<(), Refusal> {
        let params = self.begin_block(ty)?.len();
        self.settle_lazy()?;
        self.settle_from(self.stack.len() - params)?;
        let label = self.labels.create()?;
        self.open(kind, label, ty, params)
    }

    /// A frame, and the homes of the first number and the first reference that its label takes.
    pub fn homes_at(&self, depth: u32) -> Result<(ControlFrame, u32, u32), Refusal> {
        let (frame, _) = self.target(depth)?;
        Ok((frame, frame.data_base, self.refs_base + 4 * frame.refs_base))
    }

    /// Puts a label here, at which control arrives from elsewhere only, with operands of these types above a frame's height.
    pub fn arrive(&mut self, frame: &ControlFrame, label: Label, types: &[Ty]) -> Result<(), Refusal> {
        self.reset_stack(frame, types)?;
        self.bind(label)?;
        self.forget();
        self.reachable = true;
        Ok(())
    }

    /// loop
    pub fn begin_loop(&mut self, ty: wasmparser::BlockType) -> Result<(), Refusal> {
        let params = self.begin_block(ty)?.len();
        self.settle_lazy()?;
        self.settle_from(self.stack.len() - params)?;
        let label = self.labels.create()?;
        self.block_start()?;
        self.forget();
        let head = self.code.len();
        self.open(Kind::Loop(head), label, ty, params)?;
        if self.module.config.signal {
            self.emit_mapped(Row::Signal, &[])?;
            self.seal();
        }
        Ok(())
    }

    /// if
    pub fn begin_if(&mut self, ty: wasmparser::BlockType) -> Result<(), Refusal> {
        let entry = self.pop(Ty::I32)?;
        let params = self.begin_block(ty)?.len();
        let condition = self.settled_condition(&entry, false, params)?;
        let (label, otherwise) = (self.labels.create()?, self.labels.create()?);
        self.open(Kind::If(otherwise), label, ty, params)?;
        self.branch_if_to(&condition, otherwise)
    }

    /// A condition, with everything else on the stack settled. A condition that cannot be settled around (it sits in the
    /// accumulator, or notes a local) is made first; settling does not touch the accumulator it reads.
    fn settled_condition(&mut self, entry: &Entry, when: bool, params: usize) -> Result<Condition, Refusal> {
        let from = self.stack.len() - params;
        let lazy = self.stack.len().saturating_sub(super::stack::LAZY_WINDOW).min(from);
        let unsettled = |entry: &Entry| matches!(entry.place, Place::Local(_) | Place::Accumulator);
        let waits = self.stack[lazy..].iter().any(unsettled)
            || self.stack[from..].iter().any(|entry| entry.place != Place::Home);
        if waits && entry.place == Place::Accumulator {
            // Emitting copies between a comparison and its branch would hide the comparison: it is kept as a value.
            self.seal();
        }
        if waits {
            self.settle_lazy()?;
            self.settle_from(self.stack.len() - params)?;
        }
        self.condition(entry, when)
    }

    /// else
    pub fn begin_else(&mut self) -> Result<(), Refusal> {
        let innermost = self.control.last_mut().expect("there are operators while a block is open");
        let frame = *innermost;
        let Kind::If(otherwise) = frame.kind else { return Err(Refusal::Unproven) };
        innermost.kind = Kind::Else;
        if !frame.reachable {
            return Ok(());
        }
        let (params, results) = self.block_types(frame.ty)?;
        if self.reachable {
            self.prove_all(&results)?;
            self.move_to_homes(&frame, &results)?;
            self.branch_to(frame.label)?;
        }
        self.reset_stack(&frame, &params)?;
        self.bind(otherwise)?;
        self.forget();
        self.reachable = true;
        Ok(())
    }

    /// end; the last one returns from the function.
    pub fn end(&mut self) -> Result<(), Refusal> {
        let frame = *self.control.last().expect("validated code has a block here");
        if !frame.reachable {
            self.pop_frame();
            return Ok(());
        }
        if frame.kind == Kind::Function {
            if self.reachable {
                self.prove_all(self.results)?;
                self.emit_return()?;
            }
            self.end_caught_return(&frame)?;
            self.pop_frame();
            self.reachable = false;
            return Ok(());
        }
        let (params, results) = self.block_types(frame.ty)?;
        if self.reachable {
            self.prove_all(&results)?;
        }
        if frame.kind == Kind::Try {
            self.end_try()?;
        }
        match frame.kind {
            Kind::Loop(_) => {}
            Kind::If(otherwise) => {
                self.prove(*params == *results)?;
                if self.reachable {
                    self.move_to_homes(&frame, &results)?;
                }
                self.reset_stack(&frame, &params)?;
                self.bind(otherwise)?;
                self.bind(frame.label)?;
                self.reset_stack(&frame, &results)?;
                self.forget();
                self.reachable = true;
            }
            _ if self.labels.is_used(frame.label) => {
                if self.reachable {
                    self.move_to_homes(&frame, &results)?;
                }
                self.bind(frame.label)?;
                self.reset_stack(&frame, &results)?;
                self.forget();
                self.reachable = true;
            }
            _ => {}
        }
        if !self.reachable {
            // What follows is dead here, yet not to validation, where it has the block's results. The end of the block around may follow if these are
            // its results too, no references (whose kinds only the validator knows), and no operands lie below.
            let around = self.control[self.control.len() - 2];
            let expected = match around.kind {
                Kind::Function => Types::Many(self.results),
                _ => self.block_types(around.ty)?.1,
            };
            if around.height != frame.height || *expected != *results || results.contains(&Ty::Ref) {
                self.leave_to_validator()?;
            }
        }
        self.pop_frame();
        Ok(())
    }

    /// Puts the block's results, on top of the stack, into their homes, where control meets. Entries below were settled
    /// when the block began.
    fn move_to_homes(&mut self, frame: &ControlFrame, types: &[Ty]) -> Result<(), Refusal> {
        self.copy_to_label(frame, types)?;
        // The accumulators are given up: what they held has been copied.
        for _ in 0..types.len() {
            self.take();
        }
        self.claim_all()?;
        for &ty in types {
            self.push(ty, Place::Home)?;
        }
        Ok(())
    }

    /// Copies the top operands to the homes that a label's operands have; the stack stays as it is.
    fn copy_to_label(&mut self, frame: &ControlFrame, types: &[Ty]) -> Result<(), Refusal> {
        let (mut data, mut refs) = (frame.data_base, frame.refs_base);
        let from = self.stack.len() - types.len();
        // A home that is written may be that of an operand above, never of one that is still to be copied: homes only move
        // down, in order.
        for (index, &ty) in types.iter().enumerate() {
            let entry = self.stack[from + index];
            let home = if ty == Ty::Ref {
                refs += 1;
                self.refs_base + 4 * (refs - 1)
            } else {
                data += ty.bytes();
                data - ty.bytes()
            };
            self.frame_bytes = self.frame_bytes.max(data);
            self.store_at(&entry, home)?;
        }
        Ok(())
    }

    /// Whether the top operands already are in a label's homes.
    fn is_at_label(&self, frame: &ControlFrame, types: &[Ty]) -> bool {
        let from = self.stack.len() - types.len();
        from == frame.height && self.stack[from..].iter().all(|entry| entry.place == Place::Home)
    }

    /// Makes the stack what it is at a frame's start or end: everything above its height replaced by operands in homes.
    fn reset_stack(&mut self, frame: &ControlFrame, types: &[Ty]) -> Result<(), Refusal> {
        while self.stack.len() > frame.height {
            self.take();
        }
        (self.data_top, self.refs_len) = (frame.data_base, frame.refs_base);
        for &ty in types {
            self.push(ty, Place::Home)?;
        }
        Ok(())
    }

    /// The code that follows cannot be reached.
    pub fn set_unreachable(&mut self) {
        self.reachable = false;
        while self.stack.len() > self.floor {
            self.take();
        }
        self.held = [super::stack::Held::Nothing; 3];
        self.seal();
    }

    /// Branches to a label that is not placed yet.
    fn branch_to(&mut self, label: Label) -> Result<(), Refusal> {
        if self.attempt.wide {
            self.emit(Row::BrWide, &[Field::new(kind::REL32, 0)])?;
            self.labels.wait(label, self.code.len() - 2, true)?;
        } else {
            self.emit(Row::Br, &[Field::new(kind::REL16, 0)])?;
            self.labels.wait(label, self.code.len() - 1, false)?;
        }
        self.seal();
        Ok(())
    }

    /// Branches to a label that is not placed yet if the condition holds.
    fn branch_if_to(&mut self, condition: &Condition, label: Label) -> Result<(), Refusal> {
        if self.attempt.wide {
            return self.branch_over(condition, |func| func.branch_to(label));
        }
        let field = self.emit_branch_if(condition, 0)?;
        self.labels.wait(label, field, false)
    }

    /// Emits code that runs only if the condition holds and does not come back, behind a branch that jumps over it by way
    /// of a second one: condition -> code; br -> past it.
    fn branch_over(
        &mut self,
        condition: &Condition,
        code: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (taken, past) = (self.labels.create()?, self.labels.create()?);
        let field = self.emit_branch_if(condition, 0)?;
        self.labels.wait(taken, field, false)?;
        self.emit(Row::BrWide, &[Field::new(kind::REL32, 0)])?;
        self.labels.wait(past, self.code.len() - 2, true)?;
        self.bind(taken)?;
        code(self)?;
        self.bind(past)
    }

    /// Branches back to a loop's head.
    fn branch_back(&mut self, head: usize) -> Result<(), Refusal> {
        let distance = head as i64 - (self.code.len() as i64 + 1);
        if i16::try_from(distance).is_ok() {
            self.emit(Row::Br, &[Field::new(kind::REL16, distance)])?;
        } else {
            self.emit(Row::BrWide, &[Field::new(kind::REL32, distance)])?;
        }
        self.seal();
        Ok(())
    }

    /// Moves the operands and branches to the label of a frame.
    fn leave_to(&mut self, frame: &ControlFrame, types: &[Ty]) -> Result<(), Refusal> {
        match frame.kind {
            Kind::Function => self.emit_return(),
            Kind::Loop(head) => {
                self.copy_to_label(frame, types)?;
                self.branch_back(head)
            }
            _ => {
                self.copy_to_label(frame, types)?;
                self.branch_to(frame.label)
            }
        }
    }

    /// br
    pub fn branch(&mut self, depth: u32) -> Result<(), Refusal> {
        let (frame, types) = self.target(depth)?;
        self.prove_top(&types)?;
        self.leave_to(&frame, &types)?;
        self.set_unreachable();
        Ok(())
    }

    /// br_if
    pub fn branch_if(&mut self, depth: u32) -> Result<(), Refusal> {
        let entry = self.pop(Ty::I32)?;
        self.branch_on(depth, &Test::Truth(entry))
    }

    /// What a test is as a condition: of its holding, or of the opposite.
    fn test(&mut self, test: &Test, when: bool) -> Result<Condition, Refusal> {
        match *test {
            Test::Truth(entry) => self.condition(&entry, when),
            Test::Null(slot, is_null) => Ok(Condition::null(slot, is_null == when)),
            Test::Cast(slot, ty, is_of) => Ok(Condition::cast(slot, ty, is_of == when)),
        }
    }

    /// Branches if a test holds, with what the label takes on top of the stack, where it stays.
    pub fn branch_on(&mut self, depth: u32, test: &Test) -> Result<(), Refusal> {
        let (frame, types) = self.target(depth)?;
        self.prove_top(&types)?;
        let is_in_accumulator = matches!(test, Test::Truth(entry) if entry.place == Place::Accumulator);
        if frame.kind != Kind::Function && !is_in_accumulator {
            // Operands of the label that are in their homes need no second path. A condition in the accumulator was made
            // just now: copies would hide the comparison it comes from.
            self.settle_from(self.stack.len() - types.len())?;
        }
        let simple = frame.kind != Kind::Function && self.is_at_label(&frame, &types);
        if simple || (types.is_empty() && frame.kind != Kind::Function) {
            match frame.kind {
                Kind::Loop(head) => {
                    let condition = self.test(test, true)?;
                    if !self.emit_branch_back(&condition, head)? {
                        self.branch_over(&condition, |func| func.branch_back(head))?;
                    }
                    return Ok(());
                }
                _ => {
                    let condition = self.test(test, true)?;
                    return self.branch_if_to(&condition, frame.label);
                }
            }
        }
        // The operands move on the taken path only: jump over the moves if the condition does not hold.
        let condition = self.test(test, false)?;
        let past = self.labels.create()?;
        self.branch_if_to(&condition, past)?;
        let held = self.held;
        self.leave_to(&frame, &types)?;
        // What the moves did to the accumulators concerns only the taken path.
        self.held = held;
        self.bind(past)
    }

    /// br_table
    pub fn branch_table(&mut self, targets: &wasmparser::BrTable<'_>) -> Result<(), Refusal> {
        let entry = self.pop(Ty::I32)?;
        let (_, types) = self.target(targets.default())?;
        self.prove_top(&types)?;
        // Operands are moved by a stub per target; their places must not depend on the accumulator that holds the index.
        if !types.is_empty() {
            if entry.place == Place::Accumulator {
                self.seal();
            }
            self.settle_from(self.stack.len() - types.len())?;
        }
        let index = self.field(&entry)?;
        let count = targets.len();
        self.reserve(6 + 2 * count as usize + 2)?;
        // The fields behind the count are written by hand: one REL32 a target, default last.
        self.emit(Row::BrTable, &[index, Field::new(kind::TARGETS, i64::from(count))])?;
        self.seal();
        let mut field = self.code.len() - 2;
        self.code.resize(field + 2 * (count as usize + 1), 0);
        let table = field;
        let mut stubs: Vec<(u32, Label)> = Vec::new();
        let all = targets.targets().chain(core::iter::once(Ok(targets.default())));
        for depth in all {
            let depth = depth.map_err(|_| Refusal::Unproven)?;
            let (frame, its_types) = self.target(depth)?;
            self.prove(*its_types == *types)?;
            let direct = frame.kind != Kind::Function && (types.is_empty() || self.is_at_label(&frame, &types));
            match frame.kind {
                Kind::Loop(head) if direct => put32(self.code, field, (head as i64 - field as i64) as i32 as u32),
                _ if direct => self.labels.wait(frame.label, field, true)?,
                _ => {
                    let label = match frame.stub {
                        Some((at, label)) if at == table => label,
                        _ => {
                            let label = self.labels.create()?;
                            push(&mut stubs, (depth, label))?;
                            let index = self.control.len() - 1 - depth as usize;
                            self.control[index].stub = Some((table, label));
                            label
                        }
                    };
                    self.labels.wait(label, field, true)?;
                }
            }
            field += 2;
        }
        for (depth, label) in stubs {
            self.bind(label)?;
            let held = self.held;
            self.held = [super::stack::Held::Nothing; 3];
            let (frame, _) = self.target(depth)?;
            self.leave_to(&frame, &types)?;
            self.held = held;
        }
        self.set_unreachable();
        Ok(())
    }

    /// return
    pub fn return_(&mut self) -> Result<(), Refusal> {
        self.prove_top(self.results)?;
        self.emit_return()?;
        self.set_unreachable();
        Ok(())
    }

    /// Emits the return of the top operands, which stay on the translator's stack.
    pub fn emit_return(&mut self) -> Result<(), Refusal> {
        let header = Field::header(self.header, self.level());
        let count = self.results.len();
        if count == 1 && self.results[0] != Ty::Ref {
            return self.emit_return_value(header);
        }
        let from = self.stack.len() - count;
        let results_bytes: u32 = self.results.iter().map(|ty| ty.bytes()).sum();
        // Everything that is not in a slot, or in a parameter that a result will overwrite, goes home first.
        let mut sources = Vec::new();
        sources.try_reserve(count).map_err(|_| Refusal::OutOfMemory)?;
        for index in from..self.stack.len() {
            let entry = self.stack[index];
            let source = match entry.place {
                Place::Local(local) if self.locals[local as usize].offset >= results_bytes => self.local_slot(local),
                Place::Home => self.slot(entry.home),
                _ => {
                    self.store_at(&entry, entry.home)?;
                    self.home_slot(&entry)
                }
            };
            sources.push((entry.ty, source));
        }
        let mut offset = 0;
        for (ty, source) in sources {
            let row = match ty {
                Ty::I32 | Ty::F32 => Row::ResultI32,
                Ty::I64 | Ty::F64 => Row::ResultI64,
                Ty::Ref => Row::ResultRef,
                Ty::V128 => Row::ResultV128,
            };
            self.emit(row, &[source, Field::new(kind::RESULT, i64::from(offset))])?;
            offset += ty.bytes();
        }
        self.emit(Row::Return, &[header])?;
        self.seal();
        Ok(())
    }

    /// Return of one data result, in its accumulator.
    fn emit_return_value(&mut self, header: Field) -> Result<(), Refusal> {
        let entry = *self.stack.last().expect("validated code has a result here");
        if self.field_is_accumulator(&entry) {
            self.emit(Row::Return, &[header])?;
            self.seal();
            return Ok(());
        }
        let row = match entry.ty {
            Ty::I32 => Row::ReturnI32,
            Ty::I64 => Row::ReturnI64,
            Ty::F32 => Row::ReturnF32,
            Ty::F64 => Row::ReturnF64,
            Ty::V128 => Row::ReturnV128,
            Ty::Ref => unreachable!("references return through their cell"),
        };
        let value = match (entry.place, entry.ty) {
            (Place::Const(bits), Ty::I32) if (bits as u32 as i32) == i32::from(bits as i16) => {
                Field::immediate(i64::from(bits as i16))
            }
            (Place::Const(bits), Ty::I64) if bits as i64 == i64::from(bits as i16) => Field::immediate(bits as i64),
            _ => self.field(&entry)?,
        };
        self.emit(row, &[value, header])?;
        self.seal();
        Ok(())
    }

    /// unreachable
    pub fn unreachable(&mut self) -> Result<(), Refusal> {
        self.emit_mapped(Row::Unreachable, &[])?;
        self.set_unreachable();
        Ok(())
    }
}
