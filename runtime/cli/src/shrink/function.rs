//! What is known at each place of a function: see `bound.rs`.
//!
//! **Loops.** A loop is gone through until what is known at its head holds on every way back to it; what grows goes on to the next number that
//! something was compared with, and after some rounds to anything. What was found for a loop serves again if it is entered with no more than before.
//!
//! **Counted loops.** Where a local is changed by the same constant on every way back, and the numbers that it has at the head are finitely many, the
//! loop goes round so often at most; that bounds all other locals that change by a constant each time, such as pointers beside a counter. For that a
//! value remembers what it comes from ([`Origin`]); values that come from the same are the same, and comparisons narrow them together.

use super::{
    bound::{Analysis, STEPS_MAX},
    module::Place,
    operator::{Comparison, NoBlocks, binary, comparison, load, store},
    value::{Base, Relation, Value},
};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{BlockType, MemArg, Operator, ValType};

/// How often what is known at the head of a loop may grow step by step before it is taken to be anything.
const GROWTH_MAX: u32 = 24;

/// Where a value comes from: it is what a local was at the head of a loop, this time round, and `delta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    head: usize,
    local: usize,
    delta: i64,
}

/// What is known of a local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    value: Value,
    origin: Option<Origin>,
}

/// What is known at a place of a function: of each local, and last of the stack pointer.
type State = Vec<Slot>;

/// An operand: what it can be, which local has the same value now, and what it says, if it is a condition.
#[derive(Clone, Copy)]
struct Operand {
    value: Value,
    origin: Option<Origin>,
    local: Option<u32>,
    fact: Option<Fact>,
}

impl From<Value> for Operand {
    fn from(value: Value) -> Operand {
        Operand { value, origin: None, local: None, fact: None }
    }
}

/// That a relation holds between two operands; either may be a local's value now.
#[derive(Clone, Copy)]
struct Fact {
    relation: Relation,
    is_signed: bool,
    sides: [(Value, Option<u32>); 2],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
    Else,
}

/// An open block.
struct Frame {
    kind: Kind,
    /// Of a loop: its first instruction.
    start: usize,
    /// Of the operand stack, below parameters.
    height: usize,
    params: usize,
    results: usize,
    /// What is known at its end, by those who branch there.
    end: Option<State>,
    /// Of an `if`: what is known where its condition does not hold.
    otherwise: Option<State>,
    /// Of a loop.
    round: Round,
}

/// A loop that is gone through.
#[derive(Default)]
struct Round {
    /// Whether what is known at its head has grown.
    has_grown: bool,
    /// Where locals come from that stay as they are.
    outside: State,
    /// By how much each local changes on all ways back so far; nothing if by different numbers.
    deltas: Option<Vec<Option<i64>>>,
}

/// What is known at the head of a loop.
struct Head {
    /// When it is entered.
    entry: Vec<Value>,
    state: Vec<Value>,
    growths: u32,
    /// Locals that have bounds by counting, and by how much they change: they do not grow.
    counted: Vec<Option<i64>>,
    /// Whether that was tried.
    is_counted: bool,
}

/// A function that is gone through.
pub struct Function<'f, 'm, 'a> {
    analysis: &'f mut Analysis<'m, 'a>,
    func: u32,
    operands: Vec<Operand>,
    frames: Vec<Frame>,
    /// Nothing where no execution gets.
    state: Option<State>,
    heads: BTreeMap<usize, Head>,
    /// Whether what is at the heads of loops is final.
    is_aloud: bool,
    /// Whether it was not.
    has_failed: bool,
    /// What operands were compared with: where widening may stop.
    limits: BTreeSet<i64>,
}

impl<'f, 'm, 'a> Function<'f, 'm, 'a> {
    pub fn new(analysis: &'f mut Analysis<'m, 'a>, func: u32) -> Self {
        let limits = BTreeSet::from([-1, 0, 1]);
        let heads = BTreeMap::new();
        Function {
            analysis,
            func,
            operands: vec![],
            frames: vec![],
            state: None,
            heads,
            is_aloud: false,
            has_failed: false,
            limits,
        }
    }

    /// Goes through it quietly, then aloud; nothing if that takes too long, or does not hold.
    pub fn run(&mut self) -> Option<()> {
        self.pass()?;
        self.is_aloud = true;
        self.pass()?;
        (!self.has_failed).then_some(())
    }

    /// Goes through the function once, and through loops as often as it takes.
    fn pass(&mut self) -> Option<()> {
        let module = self.analysis.module;
        let body = &module.bodies[(self.func - module.imported_funcs) as usize];
        let mut state = self.analysis.params[&self.func].values.clone();
        for (ty, value) in module.func_type(self.func).params().iter().zip(&mut state) {
            *value = if *ty == ValType::I32 { *value } else { Value::ANY };
        }
        for locals in body.get_locals_reader().ok()? {
            let (count, ty) = locals.ok()?;
            let value = if ty == ValType::I32 { Value::constant(0) } else { Value::ANY };
            state.extend(std::iter::repeat_n(value, count as usize));
        }
        state.push(if self.analysis.stack_pointer.is_some() { Value::OWN } else { Value::ANY });
        self.operands.clear();
        self.state = Some(state.into_iter().map(|value| Slot { value, origin: None }).collect());
        let mut code = Vec::new();
        let mut reader = body.get_operators_reader().ok()?;
        while !reader.eof() {
            code.push(reader.read_with_offset().ok()?);
        }
        // The body is a block whose end is a return.
        self.push_frame(Kind::Block, 0, 0, 0);
        let (mut at, mut skipped) = (0, 0);
        while let Some((operator, offset)) = code.get(at) {
            at += 1;
            self.analysis.steps += 1;
            if self.analysis.steps > STEPS_MAX {
                return None;
            }
            if self.state.is_none() {
                // Nobody comes here: on to the end of the block, or to its other branch.
                match operator {
                    Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => skipped += 1,
                    Operator::End if skipped > 0 => skipped -= 1,
                    Operator::End => at = self.end(at)?,
                    Operator::Else if skipped == 0 => self.otherwise()?,
                    _ => {}
                }
                continue;
            }
            at = self.step(operator, Place { func: self.func, offset: *offset }, at)?;
        }
        Some(())
    }

    fn push_frame(&mut self, kind: Kind, start: usize, params: usize, results: usize) {
        let height = self.operands.len().saturating_sub(params);
        let round = Round::default();
        self.frames.push(Frame { kind, start, height, params, results, end: None, otherwise: None, round });
    }

    fn pop(&mut self) -> Operand {
        self.operands.pop().unwrap_or(Value::ANY.into())
    }

    fn push(&mut self, operand: impl Into<Operand>) {
        self.operands.push(operand.into());
    }

    fn push_any(&mut self, count: usize) {
        self.operands.extend(std::iter::repeat_n(Operand::from(Value::ANY), count));
    }

    fn arity(&self, ty: BlockType) -> (usize, usize) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(ty) => {
                let ty = self.analysis.module.type_at(ty);
                (ty.params().len(), ty.results().len())
            }
        }
    }

    /// Carries out an instruction; gives the next.
    fn step(&mut self, operator: &Operator<'_>, place: Place, at: usize) -> Option<usize> {
        match operator {
            Operator::Block { blockty } => {
                let (params, results) = self.arity(*blockty);
                self.push_frame(Kind::Block, at, params, results);
            }
            Operator::Loop { blockty } => {
                let (params, results) = self.arity(*blockty);
                // What a way back brings is not followed.
                let below = self.operands.len().saturating_sub(params);
                self.operands.truncate(below);
                self.push_any(params);
                self.push_frame(Kind::Loop, at, params, results);
                let outside = self.state.take()?;
                self.enter(at, outside.iter().map(|slot| slot.value).collect());
                self.frames.last_mut()?.round.outside = outside;
                self.start_round(at);
            }
            Operator::If { blockty } => {
                let condition = self.pop();
                let (params, results) = self.arity(*blockty);
                self.push_frame(Kind::If, at, params, results);
                let otherwise = self.assumed(condition, false);
                self.state = self.assumed(condition, true);
                self.frames.last_mut()?.otherwise = otherwise;
            }
            Operator::Else => self.otherwise()?,
            Operator::End => return self.end(at),
            Operator::Br { relative_depth } => {
                let state = self.state.take();
                self.branch(*relative_depth, state)?;
            }
            Operator::BrIf { relative_depth } => {
                let condition = self.pop();
                let taken = self.assumed(condition, true);
                self.branch(*relative_depth, taken)?;
                self.state = self.assumed(condition, false);
            }
            Operator::BrTable { targets } => {
                let state = self.state.take();
                for depth in targets.targets().chain([Ok(targets.default())]) {
                    self.branch(depth.ok()?, state.clone())?;
                }
            }
            Operator::Return => self.leave(),
            Operator::Unreachable => self.state = None,
            Operator::Call { function_index } => self.call(*function_index)?,
            Operator::ReturnCall { function_index } => {
                self.call(*function_index)?;
                self.leave();
            }
            Operator::CallIndirect { type_index, .. } => self.call_indirect(*type_index),
            Operator::ReturnCallIndirect { type_index, .. } => {
                self.call_indirect(*type_index);
                self.leave();
            }
            _ => self.compute(operator, place)?,
        }
        Some(at)
    }

    /// An instruction after which comes the next.
    fn compute(&mut self, operator: &Operator<'_>, place: Place) -> Option<()> {
        match operator {
            Operator::LocalGet { local_index } => {
                let Slot { value, origin } = self.state.as_ref()?[*local_index as usize];
                self.push(Operand { local: Some(*local_index), origin, ..value.into() });
            }
            Operator::LocalSet { local_index } => {
                let operand = self.pop();
                self.set(*local_index, operand);
            }
            Operator::LocalTee { local_index } => {
                let operand = self.pop();
                self.set(*local_index, operand);
                self.push(Operand { local: Some(*local_index), fact: None, ..operand });
            }
            Operator::GlobalGet { global_index } if self.analysis.stack_pointer == Some(*global_index) => {
                let value = self.state.as_ref()?.last()?.value;
                self.push(value);
            }
            Operator::GlobalGet { global_index } => {
                let global = &self.analysis.module.globals[*global_index as usize];
                let is_fixed = !global.is_mutable || !(global.is_set || global.is_exported || global.is_imported);
                let value = global.start.filter(|_| is_fixed).map_or(Value::ANY, Value::constant);
                self.push(value);
            }
            Operator::GlobalSet { global_index } if self.analysis.stack_pointer == Some(*global_index) => {
                let value = self.pop().value;
                self.lower(value);
                *self.state.as_mut()?.last_mut()? = Slot { value, origin: None };
            }
            Operator::I32Const { value } => self.push(Value::constant(*value)),
            Operator::MemorySize { .. } => {
                let pages = self.analysis.module.memory.pages_min;
                self.push(Value::constant(pages as i32));
            }
            Operator::Select | Operator::TypedSelect { .. } => {
                let [_, right, left] = [self.pop(), self.pop(), self.pop()];
                self.push(left.value.join(right.value));
            }
            Operator::MemoryCopy { .. } => {
                let [length, from, to] = [self.pop(), self.pop(), self.pop()].map(|operand| operand.value);
                self.touch(place, to, 0, length);
                self.touch(place, from, 0, length);
            }
            Operator::MemoryFill { .. } => {
                let [length, _, to] = [self.pop(), self.pop(), self.pop()].map(|operand| operand.value);
                self.touch(place, to, 0, length);
            }
            Operator::MemoryInit { .. } => {
                let [length, _, to] = [self.pop(), self.pop(), self.pop()].map(|operand| operand.value);
                self.touch(place, to, 0, length);
            }
            Operator::I32Eqz => {
                let operand = self.pop();
                let fact = self.fact(operand);
                let fact = Fact { relation: fact.relation.negated(), ..fact };
                self.push(Operand { fact: Some(fact), ..Value::range(0, 1).into() });
            }
            _ => {
                if let Some(relation) = comparison(operator) {
                    let (right, left) = (self.pop(), self.pop());
                    self.compare(relation, left, right);
                } else if let Some(operation) = binary(operator) {
                    let (right, left) = (self.pop(), self.pop());
                    let origin = moved(operator, left, right);
                    self.push(Operand { origin, ..operation(left.value, right.value).into() });
                } else if let Some((memarg, bytes, loaded)) = load(operator) {
                    let address = self.pop().value;
                    self.access(place, address, memarg, bytes);
                    self.push(loaded);
                } else if let Some((memarg, bytes)) = store(operator) {
                    let address = [self.pop(), self.pop()][1].value;
                    self.access(place, address, memarg, bytes);
                } else {
                    let (params, results) = operator.operator_arity(&NoBlocks)?;
                    for _ in 0..params {
                        self.pop();
                    }
                    match operator {
                        Operator::I32Clz | Operator::I32Ctz | Operator::I32Popcnt => self.push(Value::range(0, 32)),
                        _ => self.push_any(results as usize),
                    }
                }
            }
        }
        Some(())
    }

    fn access(&mut self, place: Place, address: Value, memarg: &MemArg, bytes: i64) {
        self.touch(place, address, memarg.offset as i64, Value::range(bytes, bytes));
    }

    fn touch(&mut self, place: Place, address: Value, offset: i64, bytes: Value) {
        if self.is_aloud && self.analysis.is_noting {
            self.analysis.touch(place, address, offset, bytes);
        }
    }

    fn set(&mut self, local: u32, operand: Operand) {
        if let Some(state) = &mut self.state {
            state[local as usize] = Slot { value: operand.value, origin: operand.origin };
        }
        // Operands that were the local's value are so no more, in whatever branch: those behind it are reached by others too.
        for operand in &mut self.operands {
            if operand.local == Some(local) {
                operand.local = None;
            }
            for side in operand.fact.iter_mut().flat_map(|fact| &mut fact.sides) {
                if side.1 == Some(local) {
                    side.1 = None;
                }
            }
        }
    }

    /// The stack pointer gets this value.
    fn lower(&mut self, value: Value) {
        if !self.is_aloud {
            return;
        }
        if value.base == Base::Own && value.high <= 0 {
            self.analysis.reach.frame_max = self.analysis.reach.frame_max.max(value.low.unsigned_abs());
        } else {
            self.analysis.is_disciplined = false;
        }
    }

    /// The function returns.
    fn leave(&mut self) {
        let state = self.state.take();
        self.check_return(state.as_ref());
    }

    fn check_return(&mut self, state: Option<&State>) {
        let is_kept = state.and_then(|state| state.last()).is_none_or(|pointer| pointer.value == Value::OWN);
        if self.is_aloud && self.analysis.stack_pointer.is_some() && !is_kept {
            self.analysis.is_disciplined = false;
        }
    }

    fn call(&mut self, func: u32) -> Option<()> {
        let ty = self.analysis.module.func_type(func);
        let (params, results) = (ty.params().len(), ty.results().len());
        let start = self.operands.len().checked_sub(params)?;
        let args: Vec<Value> = self.operands.drain(start..).map(|operand| operand.value).collect();
        if self.is_aloud {
            self.analysis.called(func, Some(&args));
        }
        self.push_any(results);
        Some(())
    }

    fn call_indirect(&mut self, ty: u32) {
        let ty = self.analysis.module.type_at(ty);
        for _ in 0..=ty.params().len() {
            self.pop();
        }
        self.push_any(ty.results().len());
    }

    fn compare(&mut self, relation: Comparison, left: Operand, right: Operand) {
        for side in [left.value, right.value].iter().filter(|side| side.low == side.high) {
            self.limits.extend([side.low - 1, side.low, side.low + 1]);
        }
        let sides = [(left.value, left.local), (right.value, right.local)];
        let fact = Fact { relation: relation.relation, is_signed: relation.is_signed, sides };
        self.push(Operand { fact: Some(fact), ..Value::range(0, 1).into() });
    }

    /// What it means that an operand is not 0.
    fn fact(&self, operand: Operand) -> Fact {
        let sides = [(operand.value, operand.local), (Value::constant(0), None)];
        operand.fact.unwrap_or(Fact { relation: Relation::Ne, is_signed: false, sides })
    }

    /// What is known where a condition is (not) 0; nothing if it always (never) is.
    fn assumed(&mut self, condition: Operand, holds: bool) -> Option<State> {
        let mut state = self.state.clone()?;
        self.analysis.steps += state.len() as u64;
        let Fact { relation, is_signed, sides: [left, right] } = self.fact(condition);
        let relation = if holds { relation } else { relation.negated() };
        for (relation, side, other) in [(relation, left, right), (relation.mirrored(), right, left)] {
            let now = |side: (Value, Option<u32>)| side.1.map_or(side.0, |local| state[local as usize].value);
            let now_other = now(other);
            let narrowed = now(side).where_holds(relation, is_signed, now_other)?;
            let Some(local) = side.1 else { continue };
            state[local as usize].value = narrowed;
            // Whatever comes from the same is the same.
            let Some(origin) = state[local as usize].origin else { continue };
            for slot in state.iter_mut().filter(|slot| slot.origin == Some(origin)) {
                slot.value = slot.value.where_holds(relation, is_signed, now_other)?;
            }
        }
        Some(state)
    }

    /// A branch, by which `state` comes to the block's end, or to its head.
    fn branch(&mut self, depth: u32, state: Option<State>) -> Option<()> {
        let index = self.frames.len().checked_sub(1 + depth as usize)?;
        let Some(mut state) = state else { return Some(()) };
        self.leave_loops(&mut state, index);
        if index == 0 {
            self.check_return(Some(&state));
        } else if self.frames[index].kind == Kind::Loop {
            self.go_round(index, &state);
        } else {
            join_into(&mut self.frames[index].end, state);
        }
        Some(())
    }

    /// Locals that did not change in the loops inside of block `index` come from where they came before these.
    fn leave_loops(&self, state: &mut State, index: usize) {
        for frame in self.frames[index + 1..].iter().rev().filter(|frame| frame.kind == Kind::Loop) {
            outside(frame, state);
        }
    }

    /// Enters a loop: what is known at its head is known already if it was entered with as much before.
    fn enter(&mut self, start: usize, entry: Vec<Value>) {
        let known = self.heads.get(&start).map(|head| &head.entry);
        let joined: Vec<Value> = match known {
            Some(known) => known.iter().zip(&entry).map(|(known, new)| known.join(*new)).collect(),
            None => entry,
        };
        if known == Some(&joined) {
            return;
        }
        self.has_failed |= self.is_aloud;
        let counted = vec![None; joined.len()];
        let head = Head { state: joined.clone(), entry: joined, growths: 0, counted, is_counted: false };
        self.heads.insert(start, head);
    }

    /// At the head of the innermost loop.
    fn start_round(&mut self, start: usize) {
        let at_head = |(local, value): (usize, &Value)| Slot {
            value: *value,
            origin: Some(Origin { head: start, local, delta: 0 }),
        };
        self.state = Some(self.heads[&start].state.iter().enumerate().map(at_head).collect());
    }

    /// A way back to the head of loop `index`.
    fn go_round(&mut self, index: usize, state: &State) {
        let Frame { start, ref mut round, .. } = self.frames[index];
        let delta = |(local, slot): (usize, &Slot)| {
            slot.origin.filter(|origin| (origin.head, origin.local) == (start, local)).map(|origin| origin.delta)
        };
        let deltas: Vec<Option<i64>> = state.iter().enumerate().map(delta).collect();
        round.deltas = Some(match &round.deltas {
            Some(known) => known.iter().zip(deltas).map(|(a, b)| a.filter(|_| *a == b)).collect(),
            None => deltas,
        });
        let head = self.heads.get_mut(&start).expect("a loop that is open was entered");
        let limits: Vec<i64> = if head.growths < GROWTH_MAX { self.limits.iter().copied().collect() } else { vec![] };
        let mut has_grown = false;
        for ((known, new), _) in
            head.state.iter_mut().zip(state).zip(&head.counted).filter(|(_, counted)| counted.is_none())
        {
            let grown = known.widen(new.value, &limits);
            has_grown |= grown != *known;
            *known = grown;
        }
        head.growths += u32::from(has_grown);
        round.has_grown |= has_grown;
        self.has_failed |= has_grown && self.is_aloud;
    }

    /// Bounds locals by how often a loop can go round, once nothing grows any more; whether that says more.
    fn count(&mut self, frame: &Frame) -> bool {
        let head = self.heads.get_mut(&frame.start).expect("a loop that is open was entered");
        let (false, Some(deltas)) = (head.is_counted, &frame.round.deltas) else { return false };
        head.is_counted = true;
        let rounds = head.state.iter().zip(deltas).filter_map(|(value, delta)| value.additions((*delta)?)).min();
        let Some(rounds) = rounds else { return false };
        let mut is_more = false;
        for (local, delta) in deltas.iter().enumerate() {
            let Some(delta) = delta else { continue };
            let bounded = head.entry[local].repeated(*delta, rounds);
            if bounded.high - bounded.low < head.state[local].high - head.state[local].low {
                head.state[local] = bounded;
                head.counted[local] = Some(*delta);
                is_more = true;
            }
        }
        is_more
    }

    /// Whether locals that have bounds by counting do change by what was found.
    fn is_as_counted(&self, frame: &Frame) -> bool {
        let Some(deltas) = &frame.round.deltas else { return true };
        let counted = &self.heads[&frame.start].counted;
        counted.iter().zip(deltas).all(|(counted, delta)| counted.is_none() || counted == delta)
    }

    /// The end of a block; gives the next instruction, which is that of a loop's head if it must be gone through again.
    fn end(&mut self, at: usize) -> Option<usize> {
        let mut frame = self.frames.pop()?;
        if frame.kind == Kind::Loop {
            let has_grown = std::mem::take(&mut frame.round.has_grown);
            let is_counted = !has_grown && !self.is_aloud && self.count(&frame);
            self.has_failed |= self.is_aloud && !self.is_as_counted(&frame);
            if is_counted {
                // What was found inside was with less known.
                self.heads.retain(|head, _| !(frame.start + 1..at).contains(head));
            }
            if has_grown || is_counted {
                self.operands.truncate(frame.height);
                self.push_any(frame.params);
                frame.round.deltas = None;
                let start = frame.start;
                self.frames.push(frame);
                self.start_round(start);
                return Some(start);
            }
            if let Some(state) = &mut self.state {
                outside(&frame, state);
            }
            let results = self.operands.iter_mut().skip(frame.height);
            results.for_each(|operand| operand.origin = None);
        }
        if self.frames.is_empty() {
            self.leave();
            return Some(at);
        }
        let comes_only_here = frame.end.is_none() && frame.otherwise.is_none();
        if self.state.is_none() || !comes_only_here {
            self.operands.truncate(frame.height);
            self.push_any(frame.results);
        }
        for state in frame.end.into_iter().chain(frame.otherwise) {
            join_into(&mut self.state, state);
        }
        Some(at)
    }

    /// The other branch of an `if`.
    fn otherwise(&mut self) -> Option<()> {
        let state = self.state.take();
        let frame = self.frames.last_mut()?;
        if let Some(state) = state {
            join_into(&mut frame.end, state);
        }
        frame.kind = Kind::Else;
        self.state = frame.otherwise.take();
        let (height, params) = (frame.height, frame.params);
        self.operands.truncate(height);
        self.push_any(params);
        Some(())
    }
}

fn join_into(known: &mut Option<State>, state: State) {
    let join = |known: &mut Slot, new: Slot| {
        let origin = known.origin.filter(|origin| new.origin == Some(*origin));
        *known = Slot { value: known.value.join(new.value), origin };
    };
    match known {
        Some(known) => known.iter_mut().zip(state).for_each(|(known, new)| join(known, new)),
        None => *known = Some(state),
    }
}

/// Locals that did not change in a loop come from where they came before it; of others that is no more known.
fn outside(frame: &Frame, state: &mut State) {
    for (local, (slot, outside)) in state.iter_mut().zip(&frame.round.outside).enumerate() {
        if let Some(origin) = slot.origin.filter(|origin| origin.head == frame.start) {
            slot.origin = outside.origin.filter(|_| (origin.local, origin.delta) == (local, 0));
        }
    }
}

/// Where a sum comes from, if it is of a number that comes from somewhere and a constant.
fn moved(operator: &Operator<'_>, left: Operand, right: Operand) -> Option<Origin> {
    let (operand, delta) = match operator {
        Operator::I32Add => {
            let constant = |operand: Operand| operand.value.as_constant();
            constant(right).map(|delta| (left, delta)).or_else(|| Some((right, constant(left)?)))?
        }
        Operator::I32Sub => (left, -right.value.as_constant()?),
        _ => return None,
    };
    operand.origin.map(|origin| Origin { delta: origin.delta + delta, ..origin })
}
