//! The verifier: one pass over the instructions of an image, after which running them cannot leave the image's sandbox.
//!
//! Sits between [`Image::parse`], which has made the records sound, and instantiation. The executor trusts its code; every
//! fact that it trusts is established here or in `check.rs`, whoever made the image. Works in constant memory and without
//! an allocator; time is linear in the image.
//!
//! Invariants it proves for each function: control stays on instruction boundaries of the function; slots lie in the frame,
//! clear of its header; cells that hold references get references only, from other such cells, null, `ref.func`, tables,
//! globals and calls; what a call overwrites holds no reference of the caller; indices are in range and fit in kind; code
//! that can run without end passes the polls and charges that the image's options promise.
//!
//! References that cross calls are moved in *runs*: `argument.ref` right before a call, `take.ref` right after it, `result.*`
//! right before `return`. Nothing jumps into a run, so that its memory is an offset and a count. What superinstructions say is to come
//! is carried along as a place in their list.
//!
//! Read [`verify`], `Verifier::body`, then the rules in the order of `Verifier::instruction`, which are in this folder by what they are
//! about; `plan.rs` is a shorter way to accept instructions that only compute, taken on 64-bit hosts.

mod available;
mod calls;
mod indices;
#[cfg(feature = "gc")]
mod objects;

pub use available::{available, for_each_instruction, needed_groups};

use super::{
    Func, Image, Options,
    broken::Broken,
    check::TYPES_MAX,
    plan::{self, Plan},
};
use crate::{
    error::{Error, ErrorKind, ImageErrorKind},
    isa::{self, HEADER_BYTES, Instruction, Level, Operand, Rest, Row, Ty, decode, kind},
    types::{
        CELL_BYTES, ElemIndex, ExternKind, FuncIndex, FuncType, MemoryIndex, MemoryType, RefType, TableIndex, TagIndex,
        TypeIndex, TypeSpace, ValType, ValTypes,
    },
};
use calls::Run;

/// The most bytes of a frame: what 16-bit slots reach, and the largest call window behind it.
const FRAME_BYTES_MAX: u32 = 0x2_0000;
const _: () = assert!(FRAME_BYTES_MAX >= 0x1_0000 + 2 * TYPES_MAX as u32 * 16);

/// Where a superinstruction goes on elsewhere.
const BR: u16 = Row::Br.token(0);
const NO_INSTRUCTION: &str = "no instruction, or one cut off";
const ABOVE_LEVEL: &str = "instruction above the image's level";
const OTHERS: &str = "superinstruction of others";
const NO_MEMORY: &str = "memory access without a memory of that kind";

/// What a rule says: nothing, or what breaks it.
type Rule<T = ()> = Result<T, Broken>;

/// Checks everything that running an image relies on and parsing does not see.
///
/// # Errors
/// `Image` with `Code` and the rule that an instruction breaks, the function's index and the byte offset in the image;
/// `Unsupported` with the name of what this version does not run.
pub fn verify(image: &Image<'_>) -> Result<(), Error> {
    available::module(image)?;
    let has_ref_types = operand_types(image).any(ValType::is_ref);
    for func in image.code_funcs() {
        let mut verifier = Verifier::new(image, func, has_ref_types);
        if let Err(rule) = verifier.body() {
            return Err(refusal(image, &func, verifier.at, rule));
        }
    }
    Ok(())
}

/// Types of the parameters and results of all function types.
fn operand_types(image: &Image<'_>) -> impl Iterator<Item = ValType> {
    let types = (0..image.types_count()).filter_map(|index| image.func_type(TypeIndex(index)));
    types.flat_map(|ty| ty.params().iter().chain(ty.results().iter()))
}

/// The error for a function with a broken rule: by the name of what this build lacks, if it is that.
#[cold]
fn refusal(image: &Image<'_>, func: &Func<'_>, unit: usize, rule: Broken) -> Error {
    match image.code().get(unit).and_then(|&token| isa::unavailable(isa::first_of(token))) {
        Some(name) => Error::new(ErrorKind::Unsupported(name)).in_func(func.index.0),
        None => error(image, func, unit, rule),
    }
}

#[cold]
fn error(image: &Image<'_>, func: &Func<'_>, unit: usize, rule: Broken) -> Error {
    let code = (image.code.as_ptr() as usize).wrapping_sub(image.bytes.as_ptr() as usize);
    Error::image(ImageErrorKind::Code(rule.words()), (code + 2 * unit) as u64).in_func(func.index.0)
}

/// Inlined, so that builds without messages do not have the words.
#[inline(always)]
fn require(condition: bool, rule: &'static str) -> Rule {
    if condition { Ok(()) } else { Err(rule.into()) }
}

struct Verifier<'a> {
    image: &'a Image<'a>,
    func: Func<'a>,
    /// The code up to the function's end: nothing behind is ever looked at.
    code: &'a [u16],
    /// The frame as plans see it.
    frame: plan::Frame,
    /// Flags of plans that this function may not have, or only by more rules than its slots.
    unplanned: u64,
    /// Bytes up to the end of the frame's last reference.
    refs_end: u32,
    /// Memory 0, if there is one.
    memory: Option<MemoryType>,
    /// Whether any function of the image has references among its parameters or results.
    has_ref_types: bool,
    /// Whether it computes a constant expression.
    is_hidden: bool,
    /// Whether the image's options promise polls or charges.
    is_metered: bool,
    /// Unit offset of the instruction looked at.
    at: usize,
    /// Whether control can arrive there from elsewhere.
    is_block_start: bool,
    run: Run<'a>,
    /// What has to come there and behind it, for a superinstruction before.
    rest: Rest,
}

impl<'a> Verifier<'a> {
    fn new(image: &'a Image<'a>, func: Func<'a>, has_ref_types: bool) -> Verifier<'a> {
        let memory = image.memory(MemoryIndex(0));
        let is_plain = |is_64| memory.is_some_and(|memory| !memory.is_shared && memory.is_memory64 == is_64);
        let is_hidden = image.is_hidden(func.index);
        let options = image.options();
        let flag = |is_set: bool, flag: u64| if is_set { flag } else { 0 };
        Verifier {
            image,
            func,
            code: image.code().get(..func.end as usize).unwrap_or(&[]),
            frame: plan::Frame::new(
                func.frame_cells(),
                u32::from(func.header_offset) / CELL_BYTES,
                func.cell_map.references(),
            ),
            unplanned: Plan::EXACT
                | flag(image.level() < Level::Full as u16, Plan::FULL)
                | flag(image.level() < Level::Host as u16, Plan::SUPER)
                | flag(!is_plain(false), Plan::MEMORY)
                | flag(!is_plain(true), Plan::MEMORY64)
                | flag(is_hidden || has_ref_types, Plan::CALL),
            refs_end: func.cell_map.references().map_or(0, |(_, end)| end * CELL_BYTES),
            memory,
            has_ref_types,
            is_hidden,
            is_metered: options.contains(Options::SIGNAL) || options.contains(Options::FUEL),
            at: func.entry as usize,
            is_block_start: true,
            run: Run::None,
            rest: Rest::NONE,
        }
    }

    /// The pass over the function. Each block start is met at the beginning of an instruction, or the function is refused. A
    /// branch seen before that relies on it.
    fn body(&mut self) -> Rule {
        self.frame()?;
        self.handlers()?;
        let mut next = self.at;
        loop {
            if plan::EXIST && matches!(self.run, Run::None) {
                next = self.plain(next);
            }
            if next >= self.code.len() {
                break;
            }
            self.at = next;
            self.superinstruction()?;
            require(isa::IS_COMPLETE || isa::unavailable(self.code[self.at]).is_none(), NO_INSTRUCTION)?;
            let instruction = decode(self.code, self.at).ok_or(NO_INSTRUCTION)?;
            let (at, len) = (self.at as u32, instruction.len);
            self.is_block_start = self.func.block_starts.contains(at);
            self.instruction(&instruction)?;
            require(self.func.block_starts.spare(at, len as u32), "block start inside an instruction")?;
            next += len;
        }
        // The last may have been longer than what `plain` has seen of it.
        require(next == self.code.len(), NO_INSTRUCTION)?;
        let ends_block = self.code.get(self.at).and_then(|&token| isa::ends_block(token)).ok_or(NO_INSTRUCTION)?;
        require(ends_block, "control runs off the end of the function")?;
        debug_assert!(self.rest.is_over(), "only `br` ends a block inside a superinstruction");
        Ok(())
    }

    /// What a superinstruction before says is here, is here; one that begins here says what is to come. The walk carries the rest of one
    /// along, in the order of the code. Where another begins, and at `br`, it looks ahead instead, over `ELEMENTS_MAX - 1` at most.
    fn superinstruction(&mut self) -> Rule {
        let token = self.code[self.at];
        let first = isa::first_of(token);
        self.rest = self.rest.behind(first).ok_or(OTHERS)?;
        if first != token {
            require(self.image.level() >= Level::Host as u16, ABOVE_LEVEL)?;
            self.ahead(first, self.rest)?;
            self.rest = Rest::NONE.behind(token).ok_or(OTHERS)?;
        }
        if first == BR {
            self.ahead(first, self.rest)?;
            self.rest = Rest::NONE;
        }
        Ok(())
    }

    /// The rest of a superinstruction comes behind the element here.
    fn ahead(&self, mut element: u16, mut rest: Rest) -> Rule {
        let mut at = self.at;
        while !rest.is_over() {
            at = isa::next(self.code, at, element).ok_or(NO_INSTRUCTION)?;
            element = isa::first_of(*self.code.get(at).ok_or(OTHERS)?);
            rest = rest.behind(element).ok_or(OTHERS)?;
        }
        Ok(())
    }

    /// Goes over instructions from `next` up to the first that needs a closer look, and gives its place. No run is open.
    ///
    /// A function of its own, so that what it works with is in registers.
    #[inline(never)]
    fn plain(&mut self, mut next: usize) -> usize {
        // The last few units of a function are looked at exactly.
        while let Some([token, a, b, c, d]) = self.code.get(next..).and_then(|code| code.first_chunk()) {
            let plan = plan::of(*token);
            self.at = next;
            next += plan.len();
            let Some(rest) = self.planned(*token, plan, plan::lanes([*a, *b, *c, *d]), next) else { return self.at };
            self.rest = rest;
        }
        next
    }

    /// What of a superinstruction is to come behind an instruction with a plan, which ends at `next`; `None` if it needs a closer look.
    #[inline(always)]
    fn planned(&self, token: u16, plan: Plan, units: u64, next: usize) -> Option<Rest> {
        let rest = self.rest.behind(token)?;
        if plan.has(self.unplanned)
            || !self.func.block_starts.spare(self.at as u32, plan.len() as u32)
            || !self.frame.admits(plan, units)
        {
            return None;
        }
        if plan.has(Plan::BRANCH | Plan::CALL) {
            self.leads_on(plan, units, next).ok()?;
            // It is `br`: nothing else that ends a block has anything to come behind.
            if plan.has(Plan::ENDS) & !rest.is_over() {
                self.ahead(BR, rest).ok()?;
                return Some(Rest::NONE);
            }
        }
        Some(rest)
    }

    /// An instruction that branches or calls, and ends at `next`, leads to where it may. A function of its own as well: 3 % less time.
    #[inline(never)]
    fn leads_on(&self, plan: Plan, units: u64, next: usize) -> Rule {
        if plan.has(Plan::BRANCH) {
            let field = next - 1;
            let offset = *self.code.get(field).ok_or(NO_INSTRUCTION)? as i16;
            return self.branch(field as i64 + i64::from(offset));
        }
        // Without references among parameters and results nothing but the window is left to check.
        let callee = self.callee((self.at as u32 + 1).wrapping_add(units as u32))?;
        self.window(u32::from((units >> 32) as u16), callee.header_offset)
    }

    /// What catches exceptions goes on at the start of a block, where guests can be stopped if that is in front; the payload has cells of its
    /// kinds.
    fn handlers(&self) -> Rule {
        // In most images there are none, and nothing is to be searched.
        if self.image.handlers_count() == 0 {
            return Ok(());
        }
        for handler in self.image.handlers_of(&self.func) {
            require(!self.is_hidden, "handler in a constant expression")?;
            require(self.func.block_starts.contains(handler.target), "handler at what is no block start")?;
            require(
                !self.is_metered || handler.target >= handler.range.1 || self.polls(handler.target as usize),
                "handler at a loop without the poll or charge of the image's options",
            )?;
            let (mut data, mut refs) = (handler.data, handler.refs);
            require(data.max(refs) <= FRAME_BYTES_MAX, "slot outside the frame")?;
            let ty = handler.tag.and_then(|tag| self.image.func_type(self.image.tag(tag)?));
            for param in ty.map_or(ValTypes::EMPTY, FuncType::params).iter() {
                let (offset, ty) = match param {
                    ValType::Ref(_) => (&mut refs, Ty::Ref),
                    ValType::I32 | ValType::F32 => (&mut data, Ty::I32),
                    ValType::I64 | ValType::F64 => (&mut data, Ty::I64),
                    ValType::V128 => (&mut data, Ty::V128),
                };
                self.slot(*offset, ty)?;
                *offset += param.bytes();
            }
            if handler.has_ref {
                self.slot(refs, Ty::Ref)?;
            }
        }
        Ok(())
    }

    /// The frame: parameters have the kind of cell that their type says; other references are where entry zeroes.
    fn frame(&self) -> Rule {
        let func = &self.func;
        require(func.frame_bytes <= FRAME_BYTES_MAX, "frame too large")?;
        for (param, first) in func.ty.params().layout() {
            let is_as_typed =
                (first..first + param.cells()).all(|cell| func.cell_map.is_reference(cell) == param.is_ref());
            require(is_as_typed, "cell map contradicts a parameter's type")?;
        }
        let params_end = u32::from(func.params_bytes) / CELL_BYTES;
        let header_end = u32::from(func.header_offset) + HEADER_BYTES;
        require(
            func.cell_map.is_data(params_end, header_end / CELL_BYTES - params_end),
            "reference cell before the end of the frame header",
        )?;
        require(self.refs_end <= header_end + func.zero_bytes, "reference cell that entry does not zero")
    }

    fn instruction(&mut self, instruction: &Instruction<'a>) -> Rule {
        let row = instruction.row;
        require(instruction.level as u16 <= self.image.level(), ABOVE_LEVEL)?;
        self.in_run(row)?;
        // The first operands by number; a branch table has more, which are all checked here.
        let (mut values, mut last) = ([0; 6], 0);
        for (i, operand) in instruction.operands().enumerate() {
            self.operand(instruction, &operand)?;
            last = operand.value as u32;
            if let Some(value) = values.get_mut(i) {
                *value = operand.value as u32;
            }
        }
        if cfg!(any(feature = "memory64", feature = "threads")) {
            self.indices(instruction)?;
        }
        match row {
            Row::ResultI32 | Row::ResultI64 | Row::ResultV128 | Row::ResultRef => {
                self.result(row, values[0], values[1])
            }
            Row::Return => self.return_(),
            Row::ReturnI32 => self.return_value(ValType::I32),
            Row::ReturnI64 => self.return_value(ValType::I64),
            Row::ReturnF32 => self.return_value(ValType::F32),
            Row::ReturnF64 => self.return_value(ValType::F64),
            Row::ReturnV128 => self.return_value(ValType::V128),
            Row::ArgumentRef => {
                if matches!(self.run, Run::None) {
                    self.run = Run::Arguments { first: self.at };
                }
                Ok(())
            }
            Row::TakeRef => self.take(values[0]),
            Row::Call | Row::ReturnCall => {
                let callee = self.callee(values[0])?.index;
                self.call(row, self.image.type_of_func(callee).ok_or("function index")?, last)
            }
            Row::CallImport | Row::ReturnCallImport => {
                require(values[0] < self.image.imported_count(ExternKind::Func), "call.import of no import")?;
                self.call(row, self.image.type_of_func(FuncIndex(values[0])).ok_or("function index")?, last)
            }
            Row::CallIndirect | Row::ReturnCallIndirect | Row::CallIndirectTable64 | Row::ReturnCallIndirectTable64 => {
                let element = self.element(values[1])?;
                require(
                    self.image.ref_matches(element, RefType::FUNC),
                    "indirect call through a table of no functions",
                )?;
                self.call(row, self.image.func_type(TypeIndex(values[2])).ok_or("type index out of range")?, last)
            }
            Row::CallRef | Row::ReturnCallRef => {
                self.call(row, self.image.func_type(TypeIndex(values[1])).ok_or("type index out of range")?, last)
            }
            Row::Throw => {
                let ty = self.image.tag(TagIndex(values[0])).and_then(|ty| self.image.func_type(ty));
                self.throw(ty.ok_or("tag index out of range")?, last)
            }
            Row::ThrowRef => require(!self.is_hidden, "throw in a constant expression"),
            Row::TableCopy | Row::TableCopyTable64 | Row::TableCopyTable64From32 | Row::TableCopyTable64To32 => {
                let [to, from] = [self.element(values[0])?, self.element(values[1])?];
                require(self.image.ref_matches(from, to), "table.copy between element types")
            }
            Row::TableInit | Row::TableInitTable64 => {
                let segment = self.image.elem(ElemIndex(values[1])).ok_or("element segment index out of range")?;
                let to = self.element(values[0])?;
                require(self.image.ref_matches(segment.element, to), "table.init with another element type")
            }
            #[cfg(feature = "gc")]
            _ if objects::is_gc(row) => self.object(instruction, values),
            Row::Fuel => require(self.image.options().contains(Options::FUEL), "fuel in an image without that option"),
            Row::Signal => {
                require(self.image.options().contains(Options::SIGNAL), "signal in an image without that option")
            }
            Row::Exit | Row::ReturnCross | Row::Lazy => Err("reserved instruction in a function".into()),
            _ if plan::accesses_memory(row as usize) => self.near(false, false),
            _ if plan::accesses_memory64(row as usize) => self.near(true, false),
            _ if plan::accesses_shared(row as usize) => self.near(false, true),
            _ => Ok(()),
        }
    }

    fn operand(&self, instruction: &Instruction<'a>, operand: &Operand) -> Rule {
        let value = operand.value;
        let index = |count: u32, rule| require(value < i64::from(count), rule);
        match operand.kind {
            kind::REG | kind::IMM16 | kind::IMM32 | kind::IMM64 => {
                require(operand.ty != Some(Ty::Ref), "reference outside a slot")
            }
            kind::NONE | kind::OFF16 | kind::OFF32 | kind::OFF64 => Ok(()),
            kind::SLOT | kind::WRITE => self.slot(value as u32, operand.ty.ok_or("slot without a type")?),
            kind::REL16 | kind::REL32 => self.branch(value),
            kind::HEADER | b'0'..=kind::HEADER_MAX => {
                require(value == i64::from(self.func.header_offset), "another frame's header offset")
            }
            kind::FUNC => index(self.image.count(ExternKind::Func), "function index out of range"),
            kind::TYPE => index(self.image.types_count(), "type index out of range"),
            kind::REF_TYPE => {
                let ty = u32::try_from(value).ok().and_then(RefType::from_word).ok_or("coding of no reference type")?;
                let is_there = ty.concrete().is_none_or(|index| index.0 < self.image.types_count());
                require(is_there, "type index out of range")
            }
            kind::TAG => index(self.image.count(ExternKind::Tag), "tag index out of range"),
            kind::TABLE => {
                index(self.image.count(ExternKind::Table), "table index out of range")?;
                let spares = matches!(instruction.row, Row::CallIndirect | Row::ReturnCallIndirect | Row::TableSize);
                let is_fixed = self.image.is_fixed_table(TableIndex(value as u32));
                require(spares || !is_fixed, "fixed table in what is no call and no table.size")
            }
            kind::MEMORY => index(self.image.count(ExternKind::Memory), "memory index out of range"),
            kind::DATA => index(self.image.data_count(), "data segment index out of range"),
            kind::ELEM => index(self.image.elems_count(), "element segment index out of range"),
            kind::GLOBAL => {
                let imported = self.image.imported_count(ExternKind::Global);
                self.global(instruction, imported.checked_add(value as u32).ok_or("global index out of range")?)
            }
            kind::GLOBAL32 => self.global(instruction, value as u32),
            // Checked with the call or run that they belong to.
            kind::ENTRY | kind::DELTA | kind::RESULT | kind::WINDOW => Ok(()),
            _ => Err("operand kind that is not run".into()),
        }
    }

    /// A slot lies in the frame beside its header, and all its cells are of the kind of its type.
    fn slot(&self, offset: u32, ty: Ty) -> Rule {
        let (end, header) = (offset + ty.bytes(), u32::from(self.func.header_offset));
        require(offset.is_multiple_of(CELL_BYTES), "slot not aligned")?;
        require(end <= self.func.frame_bytes, "slot outside the frame")?;
        require(end <= header || offset >= header + HEADER_BYTES, "slot in the frame header")?;
        let (cell, map) = (offset / CELL_BYTES, self.func.cell_map);
        if ty == Ty::Ref {
            require(map.is_reference(cell), "data cell used as a reference")
        } else {
            let is_data = offset >= self.refs_end || map.is_data(cell, ty.bytes() / CELL_BYTES);
            require(is_data, "reference cell used as data")
        }
    }

    /// A branch goes to the start of a block of this function; back only to where guests can be stopped.
    #[cfg_attr(not(compact), inline)]
    fn branch(&self, target: i64) -> Rule {
        let is_start = u32::try_from(target).is_ok_and(|target| self.func.block_starts.contains(target));
        require(is_start, "branch to what is no block start of the function")?;
        require(!self.is_hidden, "branch in a constant expression")?;
        let is_back = target <= self.at as i64;
        require(
            !self.is_metered || !is_back || self.polls(target as usize),
            "loop without the poll or charge of the image's options",
        )
    }

    /// Whether the code at an instruction begins with what the image's options say about loop heads and entries.
    fn polls(&self, mut at: usize) -> bool {
        let options = self.image.options();
        if options.contains(Options::SIGNAL) {
            if self.code.get(at) != Some(&Row::Signal.token(0)) {
                return false;
            }
            at += 1;
        }
        let fuel = self.code.get(at..at + 3);
        !options.contains(Options::FUEL)
            || fuel.is_some_and(|fuel| fuel[0] == Row::Fuel.token(0) && (fuel[1], fuel[2]) != (0, 0))
    }
}
