//! State of one function's translation, its locals and their operators.
//!
//! Operators are translated and checked at once: whatever an operator takes from the stack, and each index, is looked at
//! here (see [`Refusal::Unproven`]). Operators in dead code are not translated.
//!
//! The frame: parameters (or results, if they are wider), header, locals, homes of references, homes of data. All offsets
//! are in bytes from the frame pointer and multiples of four.

use super::{
    control::ControlFrame,
    emit::Recent,
    exception::Try,
    labels::{Label, Labels},
    module::ModuleInfo,
    stack::{Entry, Held, Place},
};
use crate::{
    error::{Error, ErrorKind, OutOfMemory},
    image::format::Handler,
    isa::{FRAME_UNITS, HEADER_BYTES, INDEX_UNITS, Row, Ty, encode::Field},
    push::push,
};
use alloc::vec::Vec;

/// Limit of the validator: so many locals, parameters among them.
const LOCALS_MAX: usize = 50_000;

/// A local.
#[derive(Clone, Copy)]
pub struct Local {
    /// Byte offset in the frame.
    pub offset: u32,
    /// Type.
    pub ty: Ty,
    /// How many stack entries only note it.
    pub noted: u32,
}

/// Why a function has to be translated again, with what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Forward branches take 32-bit offsets.
    pub wide: bool,
    /// Cells set aside for references on the operand stack.
    pub refs_capacity: u32,
    /// The function is known to be valid. If not, and it is translated to its end, then it is.
    pub is_valid: bool,
}

/// Why a function is not translated. Small, because nearly everything here may return it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The allocator has no more room.
    OutOfMemory,
    /// Parameters and locals are too large for a frame.
    Locals,
    /// The operand stack is too large for a frame.
    Stack,
    /// The operator is of a feature that this version lacks.
    Operator,
    /// What is checked here while translating does not show that the function is valid: it is not, or there are references
    /// or dead code in it, whose rules only the validator knows.
    Unproven,
}

impl From<OutOfMemory> for Refusal {
    fn from(_: OutOfMemory) -> Refusal {
        Refusal::OutOfMemory
    }
}

/// A refusal and its place in the module.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Byte offset; zero where it is the module as a whole.
    pub wasm_offset: u32,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused { refusal, wasm_offset: 0 }
    }
}

impl Refused {
    /// As an error.
    #[cold]
    pub fn error(self) -> Error {
        let error = match self.refusal {
            Refusal::OutOfMemory => return Error::OUT_OF_MEMORY,
            Refusal::Locals => Error::limit("locals of a function take more than 64 KiB"),
            Refusal::Stack => Error::limit("operand stack of a function takes more than 64 KiB"),
            Refusal::Operator => Error::new(ErrorKind::Unsupported("operator")),
            Refusal::Unproven => unreachable!("the validator has found what is translated here valid"),
        };
        error.at(u64::from(self.wasm_offset))
    }
}

/// What translating a function gives beside its code.
pub struct Finished {
    /// Unit offset of the entry.
    pub entry: u32,
    /// Frame size in bytes.
    pub frame_bytes: u32,
    /// One bit a cell of the frame: whether it holds a reference.
    pub cell_map: Vec<u8>,
    /// One bit for each of the first tables: whether something else than a call or `table.size` names it.
    pub used_tables: u128,
}

/// Buffers that are used for one function after the other.
#[derive(Default)]
pub struct Buffers {
    stack: Vec<Entry>,
    locals: Vec<Local>,
    control: Vec<ControlFrame>,
    labels: Labels,
}

/// State of one function.
pub struct Func<'a> {
    pub(super) module: &'a ModuleInfo,
    pub(super) code: &'a mut Vec<u16>,
    pub(super) source_map: &'a mut Vec<(u32, u32)>,
    pub(super) block_starts: &'a mut Vec<u32>,
    pub(super) calls: &'a mut Vec<u32>,
    pub(super) handlers: &'a mut Vec<Handler>,
    pub(super) attempt: Attempt,
    pub(super) retry: Option<Attempt>,
    pub(super) wasm_offset: u32,
    /// Where the frame became too large.
    frame_refused_at: Option<u32>,
    pub(super) stack: Vec<Entry>,
    pub(super) locals: Vec<Local>,
    pub(super) control: Vec<ControlFrame>,
    pub(super) labels: Labels,
    /// Height of the operand stack that the innermost block may not take from.
    pub(super) floor: usize,
    pub(super) data_top: u32,
    pub(super) refs_base: u32,
    pub(super) refs_len: u32,
    pub(super) frame_bytes: u32,
    pub(super) header: u32,
    pub(super) results: &'a [Ty],
    /// What each accumulator holds.
    pub(super) held: [Held; 3],
    pub(super) recent: Recent,
    pub(super) reachable: bool,
    /// The open `try_table`s with catch clauses.
    pub(super) tries: Vec<Try>,
    /// Where what is caught for the function's own label returns, if anything is.
    pub(super) caught_return: Option<Label>,
    pub(super) fuel_at: Option<usize>,
    pub(super) fuel_count: u32,
    /// As of [`Finished`].
    pub(super) used_tables: u128,
    entry: u32,
    param_bytes: u32,
}

impl<'a> Func<'a> {
    /// Begins a function of the given type; locals are added next.
    #[allow(clippy::too_many_arguments)]
    pub fn begin(
        module: &'a ModuleInfo,
        code: &'a mut Vec<u16>,
        source_map: &'a mut Vec<(u32, u32)>,
        block_starts: &'a mut Vec<u32>,
        calls: &'a mut Vec<u32>,
        handlers: &'a mut Vec<Handler>,
        buffers: &mut Buffers,
        type_index: u32,
        attempt: Attempt,
    ) -> Result<Func<'a>, Refusal> {
        let ty = module.func_type(type_index).ok_or(Refusal::Unproven)?;
        let mut func = Func {
            module,
            code,
            source_map,
            block_starts,
            calls,
            handlers,
            attempt,
            retry: None,
            wasm_offset: 0,
            frame_refused_at: None,
            stack: core::mem::take(&mut buffers.stack),
            locals: core::mem::take(&mut buffers.locals),
            control: core::mem::take(&mut buffers.control),
            labels: core::mem::take(&mut buffers.labels),
            floor: 0,
            data_top: 0,
            refs_base: 0,
            refs_len: 0,
            frame_bytes: 0,
            header: ty.header_offset(),
            results: &ty.results,
            held: [Held::Nothing; 3],
            recent: Recent::default(),
            reachable: true,
            tries: Vec::new(),
            caught_return: None,
            fuel_at: None,
            fuel_count: 0,
            used_tables: 0,
            entry: 0,
            param_bytes: ty.params.iter().map(|ty| ty.bytes()).sum(),
        };
        let mut offset = 0;
        for &ty in &ty.params {
            func.add_local(ty, offset)?;
            offset += ty.bytes();
        }
        func.data_top = func.header + HEADER_BYTES;
        Ok(func)
    }

    fn add_local(&mut self, ty: Ty, offset: u32) -> Result<(), Refusal> {
        if ty == Ty::Ref {
            self.leave_to_validator()?;
        }
        Ok(push(&mut self.locals, Local { offset, ty, noted: 0 })?)
    }

    /// Declares `count` locals.
    pub fn declare_locals(&mut self, count: u32, ty: Ty) -> Result<(), Refusal> {
        self.prove(count as usize <= LOCALS_MAX.saturating_sub(self.locals.len()))?;
        for _ in 0..count {
            let offset = self.data_top;
            self.add_local(ty, offset)?;
            self.data_top += ty.bytes();
        }
        Ok(())
    }

    /// Lays out the rest of the frame and writes the units in front of the entry.
    pub fn enter(&mut self) -> Result<(), Refusal> {
        self.refs_base = self.data_top;
        self.data_top += 4 * self.attempt.refs_capacity;
        self.frame_bytes = self.data_top;
        if self.frame_bytes > u32::from(u16::MAX) {
            return Err(Refusal::Locals);
        }
        self.reserve(FRAME_UNITS + 2)?;
        self.code.extend_from_slice(&[0; FRAME_UNITS]);
        self.entry = self.code.len() as u32;
        self.block_start()?;
        self.begin_function_frame()?;
        if self.module.config.signal {
            self.emit_mapped(Row::Signal, &[])?;
            self.seal();
        }
        Ok(())
    }

    /// Goes on only if the function is known to be valid: what comes next follows rules that are not checked here.
    pub fn leave_to_validator(&self) -> Result<(), Refusal> {
        self.prove(self.attempt.is_valid)
    }

    /// Goes on only if a rule of validation holds.
    #[inline(always)]
    pub fn prove(&self, holds: bool) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(Refusal::Unproven) }
    }

    /// Ends the function: fills the units in front of the entry. `Ok(None)` asks for another attempt.
    pub fn finish(mut self, buffers: &mut Buffers) -> Result<(Option<Finished>, Attempt), Refused> {
        if let Some(wasm_offset) = self.frame_refused_at {
            return Err(Refused { refusal: Refusal::Stack, wasm_offset });
        }
        self.close_fuel();
        let zero_bytes = self.zero_end() - (self.header + HEADER_BYTES);
        let finished = self.retry.is_none().then(|| {
            let at = self.entry as usize - FRAME_UNITS + INDEX_UNITS;
            let [frame, zero] = [self.frame_bytes, zero_bytes];
            self.code[at] = self.param_bytes as u16;
            self.code[at + 1] = self.header as u16;
            crate::isa::encode::put32(self.code, at + 2, zero);
            crate::isa::encode::put32(self.code, at + 4, frame);
            Finished { entry: self.entry, frame_bytes: frame, cell_map: self.cell_map(), used_tables: self.used_tables }
        });
        let attempt = Attempt { is_valid: true, ..self.retry.unwrap_or(self.attempt) };
        self.stack.clear();
        self.locals.clear();
        self.control.clear();
        self.labels.clear();
        *buffers = Buffers { stack: self.stack, locals: self.locals, control: self.control, labels: self.labels };
        Ok((finished, attempt))
    }

    /// End of the bytes that are zeroed on entry: locals and homes of references.
    fn zero_end(&self) -> u32 {
        self.refs_base + 4 * self.attempt.refs_capacity
    }

    fn cell_map(&self) -> Vec<u8> {
        if self.attempt.refs_capacity == 0 && self.locals.iter().all(|local| local.ty != Ty::Ref) {
            return Vec::new();
        }
        let mut map = alloc::vec![0; (self.frame_bytes as usize / 4).div_ceil(8)];
        let mut mark = |offset: u32| {
            let cell = offset as usize / 4;
            map[cell / 8] |= 1 << (cell % 8);
        };
        self.locals.iter().filter(|local| local.ty == Ty::Ref).for_each(|local| mark(local.offset));
        (0..self.attempt.refs_capacity).for_each(|index| mark(self.refs_base + 4 * index));
        map
    }

    /// A slot field for a byte offset. A frame that is too large is refused when the function ends.
    #[inline]
    pub fn slot(&mut self, offset: u32) -> Field {
        if offset > u32::from(u16::MAX) {
            self.refuse_frame();
        }
        Field::slot(offset as u16)
    }

    #[cold]
    fn refuse_frame(&mut self) {
        self.frame_refused_at.get_or_insert(self.wasm_offset);
    }

    /// Slot field of a local.
    pub fn local_slot(&mut self, local: u32) -> Field {
        self.slot(self.locals[local as usize].offset)
    }

    /// How often a local is noted on the stack.
    pub fn noted(&self, local: u32) -> u32 {
        self.locals[local as usize].noted
    }

    /// The same, to change.
    pub fn noted_mut(&mut self, local: u32) -> &mut u32 {
        &mut self.locals[local as usize].noted
    }

    /// Notes the start of a basic block: code from elsewhere may arrive here.
    pub fn block_start(&mut self) -> Result<(), Refusal> {
        let at = self.code.len() as u32;
        if self.block_starts.last() != Some(&at) {
            push(self.block_starts, at)?;
        }
        self.seal();
        Ok(())
    }

    /// Checks that the homes of references suffice; if not, the function is translated again with more.
    pub fn check_refs(&mut self) {
        if self.refs_len > self.attempt.refs_capacity {
            let attempt = self.retry.get_or_insert(self.attempt);
            attempt.refs_capacity = attempt.refs_capacity.max((self.refs_len * 2).next_power_of_two().max(4));
        }
    }

    /// Asks for another attempt with wide branches.
    pub fn widen(&mut self) {
        self.retry.get_or_insert(self.attempt).wide = true;
    }

    /// Charges one operator: the charge stands at the start of the basic block.
    pub fn charge(&mut self) -> Result<(), Refusal> {
        if self.fuel_at.is_none() {
            self.fuel_at = Some(self.code.len());
            self.emit_mapped(Row::Fuel, &[Field::new(crate::isa::kind::IMM32, 0)])?;
            self.seal();
            self.fuel_count = 0;
        }
        self.fuel_count += 1;
        Ok(())
    }

    /// Ends the charged block: fills in its charge.
    pub fn close_fuel(&mut self) {
        if let Some(at) = self.fuel_at.take() {
            crate::isa::encode::put32(self.code, at + 1, self.fuel_count);
        }
    }

    // The operators of variables stand here because they are about the stack's places more than about instructions.

    fn local_type(&self, local: u32) -> Result<Ty, Refusal> {
        self.locals.get(local as usize).map(|local| local.ty).ok_or(Refusal::Unproven)
    }

    /// local.get
    pub fn local_get(&mut self, local: u32) -> Result<(), Refusal> {
        let ty = self.local_type(local)?;
        self.push(ty, Place::Local(local))
    }

    /// local.set
    pub fn local_set(&mut self, local: u32) -> Result<(), Refusal> {
        let entry = self.pop(self.local_type(local)?)?;
        if entry.place == Place::Local(local) {
            return Ok(());
        }
        self.preserve(local)?;
        let to = self.local_slot(local);
        let accumulator = super::emit::accumulator_of(entry.ty);
        if entry.ty == Ty::Ref {
            return self.store_at(&entry, self.locals[local as usize].offset);
        }
        match entry.place {
            Place::Accumulator => {
                self.store_accumulator(entry.ty, to)?;
                self.step()?;
                self.hold(accumulator, Held::Local(local));
            }
            Place::Local(_) if self.field_is_accumulator(&entry) => {
                self.emit(super::stack::copy_row(entry.ty), &[Field::REG, to])?;
                self.hold(accumulator, Held::Local(local));
            }
            Place::Const(bits) => {
                self.store_const(entry.ty, bits, to)?;
                if self.held(accumulator) == Held::Local(local) {
                    self.hold(accumulator, Held::Nothing);
                }
            }
            Place::Local(_) | Place::Home => {
                let from = self.slot_field(&entry)?;
                if matches!(self.held(accumulator), Held::Entry(_)) {
                    self.copy(entry.ty, from, to)?;
                } else {
                    let to = Field::new(crate::isa::kind::WRITE, to.value);
                    self.emit(super::stack::copy_row(entry.ty), &[from, to])?;
                    self.hold(accumulator, Held::Local(local));
                }
            }
        }
        Ok(())
    }

    /// local.tee
    pub fn local_tee(&mut self, local: u32) -> Result<(), Refusal> {
        self.local_set(local)?;
        self.local_get(local)
    }
}
