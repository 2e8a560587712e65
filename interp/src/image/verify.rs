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
//! Read [`verify`], `Verifier::body`, then the rules in the order of `Verifier::instruction`; `plan.rs` is a shorter way to
//! accept instructions that only compute, taken on 64-bit hosts.

use super::{
    ConstExpr, Func, Image, Options,
    broken::Broken,
    check::TYPES_MAX,
    func::Callee,
    plan::{self, Plan},
};
use crate::{
    error::{Error, ErrorKind, ImageErrorKind},
    isa::{self, HEADER_BYTES, Instruction, Level, Operand, Rest, Row, Ty, decode, kind},
    types::{
        CELL_BYTES, ElemIndex, ExternKind, FuncIndex, FuncType, GlobalIndex, MemoryIndex, MemoryType, RefType,
        TableIndex, TagIndex, TypeIndex, TypeSpace, ValType, ValTypes,
    },
};

#[cfg(feature = "gc")]
use crate::{
    gc::layout::{HEADER_BYTES as OBJECT_HEADER_BYTES, OBJECT_ALIGN, Storage},
    types::rec::{CompositeType, StorageType},
};

/// The most bytes of a frame: what 16-bit slots reach, and the largest call window behind it.
const FRAME_BYTES_MAX: u32 = 0x2_0000;
const _: () = assert!(FRAME_BYTES_MAX >= 0x1_0000 + 2 * TYPES_MAX as u32 * 16);

/// Where a superinstruction goes on elsewhere.
const BR: u16 = Row::Br.token(0);
const NO_INSTRUCTION: &str = "no instruction, or one cut off";
const ABOVE_LEVEL: &str = "instruction above the image's level";
const OTHERS: &str = "superinstruction of others";
const NO_MEMORY: &str = "memory access without a memory of that kind";
const ANOTHER_SHARING: &str = "plain access to a shared memory, or the other way round";
const ANOTHER_INDEX: &str = "memory or table with addresses or indices of another type";

/// What a rule says: nothing, or what breaks it.
type Rule<T = ()> = Result<T, Broken>;

/// Checks everything that running an image relies on and parsing does not see.
///
/// # Errors
/// `Image` with `Code` and the rule that an instruction breaks, the function's index and the byte offset in the image;
/// `Unsupported` with the name of what this version does not run.
pub fn verify(image: &Image<'_>) -> Result<(), Error> {
    module(image)?;
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

/// Refuses what the format can express and this version does not run.
fn module(image: &Image<'_>) -> Result<(), Error> {
    let unsupported = |name| Err(Error::new(ErrorKind::Unsupported(name)));
    lacking(image)?;
    if image.options().contains(Options::LAZY) {
        return unsupported("image whose functions are yet to be translated: make one with eager compilation");
    }
    Ok(())
}

/// What the records of an image, beside its instructions, need of a build: bits of [`isa::table::group`].
pub fn needed_groups(image: &Image<'_>) -> u32 {
    let is_null = |index| image.table(TableIndex(index)).is_none_or(|table| table.init == ConstExpr::Zero);
    let has_refs = image.elem_exprs.len() != 0 || !(0..image.count(ExternKind::Table)).all(is_null);
    let memories = || (0..image.count(ExternKind::Memory)).map_while(|index| image.memory(MemoryIndex(index)));
    let has_64 = memories().any(|memory| memory.is_memory64)
        || (0..image.count(ExternKind::Table)).any(|index| is_table64(image, index) == Some(true));
    let memory64 = if has_64 { isa::table::group::MEMORY64 } else { 0 };
    let threads = if memories().any(|memory| memory.is_shared) { isa::table::group::THREADS } else { 0 };
    let refs = if has_refs { isa::table::group::REFERENCE_TYPES } else { 0 };
    let is_vector = |index| image.global(GlobalIndex(index)).is_some_and(|global| global.ty.content == ValType::V128);
    let has_vectors =
        operand_types(image).any(|ty| ty == ValType::V128) || (0..image.count(ExternKind::Global)).any(is_vector);
    let refs = refs | if has_vectors { isa::table::group::SIMD } else { 0 };
    refs | memory64 | threads | if image.hidden_funcs_count() != 0 { isa::table::group::EXTENDED_CONST } else { 0 }
}

/// What a row may do with the memories that it names.
#[derive(PartialEq, Eq)]
enum Sharing {
    /// Plain accesses, of memories that are not shared.
    Plain,
    /// Those of shared memories.
    Shared,
    /// Accesses that any memory allows.
    Any,
}

fn sharing(row: Row) -> Sharing {
    let is_in = |first: Row, last: Row| (first as usize..=last as usize).contains(&(row as usize));
    if is_in(Row::I32LoadShared, Row::MemoryInitSharedMemory64) {
        Sharing::Shared
    } else if is_in(Row::MemoryCopyShared, LAST_ATOMIC) {
        Sharing::Any
    } else {
        Sharing::Plain
    }
}

const LAST_ATOMIC: Row = Row::I64AtomicRmw32CmpxchgU;

/// Whether a row takes addresses of 64 bits, whatever the memory has.
fn has_wide_address(row: Row) -> bool {
    let is_in = |first: Row, last: Row| (first as usize..=last as usize).contains(&(row as usize));
    is_in(Row::I32LoadSharedFar, Row::I64StoreSharedFar) || is_in(Row::AtomicFence, LAST_ATOMIC)
}

/// Whether a table has 64-bit indices, if there is such a table.
fn is_table64(image: &Image<'_>, index: u32) -> Option<bool> {
    image.table(TableIndex(index)).map(|table| table.ty.is_table64)
}

/// Refuses an image whose records this build cannot instantiate, by the name of what it needs.
fn lacking(image: &Image<'_>) -> Result<(), Error> {
    const ALL: u32 = isa::table::group::REFERENCE_TYPES
        | isa::table::group::EXTENDED_CONST
        | isa::table::group::EXCEPTIONS
        | isa::table::group::MEMORY64
        | isa::table::group::THREADS
        | isa::table::group::SIMD;
    if isa::GROUPS & ALL == ALL {
        return Ok(());
    }
    let lacking = needed_groups(image) & !isa::GROUPS;
    match isa::table::group::NAMES.get(lacking.trailing_zeros() as usize) {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name))),
        None => Ok(()),
    }
}

/// Refuses an image with an instruction that this build has no handler for, by the name of what it needs. In builds that have them
/// all there is nothing to look at. [`verify`] refuses those too.
///
/// # Errors
/// `Unsupported` with that name; `Image` with `Code` if there is no instruction where one should be.
pub fn available(image: &Image<'_>) -> Result<(), Error> {
    if isa::IS_COMPLETE {
        return Ok(());
    }
    lacking(image)?;
    for_each_instruction(image, |func, token| match isa::unavailable(token) {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name)).in_func(func.index.0)),
        None => Ok(()),
    })
}

/// Calls `visit` with the token of each instruction of each function, in the order of the code; what superinstructions stand for, in their
/// place.
///
/// # Errors
/// Those of `visit`; `Image` with `Code` if there is no instruction where one should be.
pub fn for_each_instruction<'a>(
    image: &Image<'a>,
    mut visit: impl FnMut(&Func<'a>, u16) -> Result<(), Error>,
) -> Result<(), Error> {
    for func in image.code_funcs() {
        let code = image.code().get(..func.end as usize).unwrap_or(&[]);
        let mut at = func.entry as usize;
        while let Some(&token) = code.get(at) {
            let token = isa::first_of(token);
            visit(&func, token)?;
            at += isa::length(code, at, token).ok_or_else(|| error(image, &func, at, NO_INSTRUCTION.into()))?;
        }
    }
    Ok(())
}

/// Moves that belong together and to the instruction behind, or before, them.
#[derive(Clone, Copy)]
enum Run<'a> {
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
            _ if is_gc(row) => self.object(row, values),
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

    /// Memory 0 is of this kind.
    fn near(&self, is_64: bool, is_shared: bool) -> Rule {
        let is_so = |memory: MemoryType| memory.is_memory64 == is_64 && memory.is_shared == is_shared;
        require(self.memory.is_some_and(is_so), NO_MEMORY)
    }

    /// Memories and tables have addresses and indices of the instruction's types: operands of integers in the order of those. Shared memories are
    /// named by the rows for them, and by no others.
    fn indices(&self, instruction: &Instruction<'a>) -> Rule {
        let (sharing, is_wide) = (sharing(instruction.row), has_wide_address(instruction.row));
        let mut types = instruction.operands().filter_map(|operand| operand.ty).filter(|ty| *ty != Ty::Ref);
        for operand in instruction.operands() {
            let is_64 = match operand.kind {
                kind::MEMORY => {
                    let memory = self.image.memory(MemoryIndex(operand.value as u32)).ok_or(NO_MEMORY)?;
                    let is_so = sharing == Sharing::Any || memory.is_shared == (sharing == Sharing::Shared);
                    require(is_so, ANOTHER_SHARING)?;
                    Some(if is_wide { true } else { memory.is_memory64 })
                }
                kind::TABLE => is_table64(self.image, operand.value as u32),
                _ => continue,
            };
            require(is_64 == types.next().map(|ty| ty == Ty::I64), ANOTHER_INDEX)?;
        }
        Ok(())
    }

    /// An open run goes on with what belongs to it, and nothing arrives in its middle.
    fn in_run(&self, row: Row) -> Rule {
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

    /// A global holds what the row moves: a reference, or data of that width; it is mutable if it is set.
    fn global(&self, instruction: &Instruction<'_>, index: u32) -> Rule {
        let global = self.image.global(GlobalIndex(index)).ok_or("global index out of range")?;
        let ty = instruction.first_ty().ok_or("global without a type")?;
        let (content, is_ref) = (global.ty.content, ty == Ty::Ref);
        require(content.is_ref() == is_ref && content.bytes() == ty.bytes(), "global of another kind or width")?;
        let is_read = matches!(
            instruction.row,
            Row::I32GlobalGet
                | Row::I64GlobalGet
                | Row::F32GlobalGet
                | Row::F64GlobalGet
                | Row::I32GlobalGetFar
                | Row::I64GlobalGetFar
                | Row::RefGlobalGetFar
                | Row::V128GlobalGet
        );
        require(is_read || global.ty.is_mutable, "immutable global set")
    }

    /// Element type of a table.
    fn element(&self, index: u32) -> Rule<RefType> {
        Ok(self.image.table(TableIndex(index)).ok_or("table index out of range")?.ty.element)
    }

    /// Instructions on objects: the type is of the kind, the field of the width, the cells are there.
    #[cfg(feature = "gc")]
    #[inline(never)]
    fn object(&self, row: Row, values: [u32; 6]) -> Rule {
        const NO_STRUCT: &str = "type of no structure";
        const NO_ARRAY: &str = "type of no array";
        let composite = |index| self.image.sub_type(TypeIndex(index)).map(|ty| ty.composite);
        let structure = |index| match composite(index) {
            Some(CompositeType::Struct(fields)) => Ok(fields),
            _ => Err(Broken::from(NO_STRUCT)),
        };
        let element = |index| match composite(index) {
            Some(CompositeType::Array(fields)) => fields.get(0).ok_or(Broken::from(NO_ARRAY)),
            _ => Err(Broken::from(NO_ARRAY)),
        };
        let types = row.get().types;
        match row {
            Row::StructNewDefault => structure(values[0]).map(drop),
            Row::StructNew => {
                let fields = structure(values[0])?;
                let (words, refs) = fields.last().map_or((0, 0), |last| {
                    let storage = Storage::from(last.ty.storage);
                    let end = (u32::from(last.offset) + storage.bytes()).next_multiple_of(OBJECT_ALIGN);
                    ((end - OBJECT_HEADER_BYTES) / CELL_BYTES, u32::from(last.refs) + u32::from(last.is_ref()))
                });
                require(words <= 32, "structure of more than 32 words")?;
                self.data_cells(values[1], words - refs)?;
                self.ref_cells(values[2], refs)
            }
            Row::ArrayNewDefault => element(values[1]).map(drop),
            Row::ArrayNewFixed | Row::RefArrayNewFixed => {
                let element = element(values[0])?;
                require(element.is_ref() == (row == Row::RefArrayNewFixed), "array of another kind")?;
                let cells = values[1] * element.ty.storage.unpacked().cells();
                if element.is_ref() { self.ref_cells(values[2], cells) } else { self.data_cells(values[2], cells) }
            }
            Row::ArrayNewData | Row::ArrayNewElem => {
                let is_ref = element(values[2])?.is_ref();
                require(is_ref == (row == Row::ArrayNewElem), "array of another kind")
            }
            Row::I32ArrayNew | Row::I64ArrayNew | Row::V128ArrayNew | Row::RefArrayNew => {
                let found = element(values[2])?.ty.storage.unpacked();
                let [ty, ..] = *types else { return Err(NO_ARRAY.into()) };
                require(found.bytes() == ty.bytes() && found.is_ref() == (ty == Ty::Ref), "array of another kind")
            }
            _ => {
                // Fields: structure, type, offset.
                let field = structure(values[1])?;
                let field = u16::try_from(values[2]).ok().and_then(|offset| field.at_offset(offset));
                let storage = field.ok_or("no field at that offset")?.ty.storage;
                let is_as_typed = match row {
                    Row::I8StructGetS | Row::I8StructGetU | Row::I8StructSet => storage == StorageType::I8,
                    Row::I16StructGetS | Row::I16StructGetU | Row::I16StructSet => storage == StorageType::I16,
                    _ => match (storage, types) {
                        (StorageType::Val(found), [_, ty]) => {
                            found.bytes() == ty.bytes() && found.is_ref() == (*ty == Ty::Ref)
                        }
                        _ => false,
                    },
                };
                require(is_as_typed, "field of another kind or width")
            }
        }
    }

    /// So many cells of data from here on, above all references.
    #[cfg(feature = "gc")]
    fn data_cells(&self, offset: u32, count: u32) -> Rule {
        require(offset.is_multiple_of(CELL_BYTES), "slot not aligned")?;
        require(count == 0 || offset >= self.refs_end, "reference cell used as data")?;
        let is_behind = offset >= u32::from(self.func.header_offset) + HEADER_BYTES;
        require(count == 0 || is_behind, "slot in the frame header")?;
        require(offset + count * CELL_BYTES <= self.func.frame_bytes, "slot outside the frame")
    }

    /// So many cells of references from here on.
    #[cfg(feature = "gc")]
    fn ref_cells(&self, offset: u32, count: u32) -> Rule {
        require(offset.is_multiple_of(CELL_BYTES), "slot not aligned")?;
        require(offset + count * CELL_BYTES <= self.func.frame_bytes, "slot outside the frame")?;
        let first = offset / CELL_BYTES;
        let are_refs = (first..first + count).all(|cell| self.func.cell_map.is_reference(cell));
        require(are_refs, "data cell used as a reference")
    }

    /// What a direct call names.
    #[cfg_attr(not(compact), inline)]
    fn callee(&self, entry: u32) -> Rule<Callee> {
        Callee::read(self.image, entry).ok_or("call of what is no function's entry".into())
    }

    /// A callee's frame that begins at `delta`, with its header at `header_offset`, overwrites nothing of this one's that counts.
    #[cfg_attr(not(compact), inline)]
    fn window(&self, delta: u32, header_offset: u32) -> Rule {
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
    fn call(&mut self, row: Row, ty: FuncType<'a>, delta: u32) -> Rule {
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
    fn throw(&mut self, ty: FuncType<'a>, delta: u32) -> Rule {
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
    fn take(&mut self, cell: u32) -> Rule {
        let Run::Takes { rest, offset } = self.run else {
            return Err("take.ref not right behind a call with a reference result".into());
        };
        require(cell == offset, "take.ref of another cell")?;
        self.run = Run::takes(rest, offset + CELL_BYTES);
        Ok(())
    }

    /// `result.*` puts the next result in its place. A reference is not read from a cell that an earlier one has written.
    fn result(&mut self, row: Row, source: u32, cell: u32) -> Rule {
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
    fn return_(&mut self) -> Rule {
        let results = self.func.ty.results();
        let is_whole = match self.run {
            Run::Results { rest, .. } => rest.is_empty(),
            _ => is_in_accumulator(results) || results.is_empty(),
        };
        self.run = Run::None;
        require(is_whole, "return without all results in place")
    }

    fn return_value(&self, ty: ValType) -> Rule {
        let results = self.func.ty.results();
        require(results.single() == Some(ty), "return of a value of another type")
    }
}

/// Whether a single result is a number, which comes back in an accumulator.
fn is_in_accumulator(results: ValTypes<'_>) -> bool {
    results.single().is_some_and(|ty| !ty.is_ref())
}

/// Whether an instruction names a type of structures or arrays.
#[cfg(feature = "gc")]
fn is_gc(row: Row) -> bool {
    matches!(
        row,
        Row::StructNew
            | Row::StructNewDefault
            | Row::I32StructGet
            | Row::I64StructGet
            | Row::F32StructGet
            | Row::F64StructGet
            | Row::V128StructGet
            | Row::RefStructGet
            | Row::I8StructGetS
            | Row::I8StructGetU
            | Row::I16StructGetS
            | Row::I16StructGetU
            | Row::I32StructSet
            | Row::I64StructSet
            | Row::F32StructSet
            | Row::F64StructSet
            | Row::V128StructSet
            | Row::RefStructSet
            | Row::I8StructSet
            | Row::I16StructSet
            | Row::I32ArrayNew
            | Row::I64ArrayNew
            | Row::V128ArrayNew
            | Row::RefArrayNew
            | Row::ArrayNewDefault
            | Row::ArrayNewFixed
            | Row::RefArrayNewFixed
            | Row::ArrayNewData
            | Row::ArrayNewElem
    )
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
