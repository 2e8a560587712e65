//! What the one arm of the match needs that serves every instruction without an arm of its own, where the match is optimised for
//! size: see `src/exec/general.rs`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    ops::Range,
};

use crate::{
    available::{Available, are_memories_shared},
    handlers::handler,
    instructions,
    operations::{memory_type, rust, semantics},
    table::{Role, Row, Ty, group, kind},
};

/// Instructions of rows of one shape and level, with the same types, whose tokens follow one another.
struct Run {
    first_token: usize,
    rows: Vec<&'static Row>,
    /// Numbers of the forms.
    forms: Range<usize>,
}

/// What a letter means to the decoder; numbers as in `src/exec/general.rs`.
#[derive(Clone, Copy)]
enum Letter {
    Accumulator = 1,
    Slot = 2,
    Global = 3,
    Nothing = 4,
    ToAccumulator = 5,
    ToSlot = 6,
    ToGlobal = 7,
    Immediate16 = 8,
    Immediate32 = 9,
    ToBoth = 10,
    Immediate64 = 11,
    Offset = 12,
    Far = 13,
    Step = 14,
    Branch = 15,
}

/// What is to be done; numbers as in `src/exec/general.rs`. Functions of operations come behind these.
const MOVE: usize = 0;
const SELECT: usize = 1;
const LOAD: usize = 2;
const STORE: usize = 3;
const FIELD_GET: usize = 4;
const FIELD_SET: usize = 5;
const ELEMENT_GET: usize = 6;
const ELEMENT_SET: usize = 7;
const FIRST_FUNCTION: usize = 8;
/// The branch is taken if the operation gives 0.
const UNLESS: usize = 0x80;

/// Operations of one signature.
#[derive(Default)]
struct Function {
    /// What they compute.
    operations: Vec<String>,
    /// Rows that compute it.
    rows: BTreeMap<usize, &'static Row>,
}

/// Fewer instructions than these get arms of their own: in builds with a list.
const FEW: usize = 40;
/// Tokens for each of which a run is looked up at once.
const STRIDE: usize = 16;

fn is_general(handler: &str) -> bool {
    const GENERAL: [&str; 18] = [
        "Binary",
        "Unary",
        "Chain",
        "Select",
        "BranchIf1",
        "BranchUnless1",
        "BranchIf2",
        "BranchUnless2",
        "LoopEdge",
        "Step",
        "StepTwo",
        "GlobalGet",
        "GlobalSet",
        "Load",
        "LoadSum",
        "LoadFar",
        "Store",
        "StoreFar",
    ];
    GENERAL.contains(&handler) || of_object(handler).is_some()
}

/// What is done with a field of a structure or an element of an array, and how that is extended.
fn of_object(handler: &str) -> Option<(usize, &str)> {
    let what = |(name, what)| Some((what, handler.strip_prefix(name)?));
    [("StructGet", FIELD_GET), ("StructSet", FIELD_SET), ("ArrayGet", ELEMENT_GET), ("ArraySet", ELEMENT_SET)]
        .into_iter()
        .find_map(what)
}

fn is_move(row: &Row) -> bool {
    matches!(row.shape.handler, "Step" | "StepTwo" | "GlobalGet" | "GlobalSet")
        || semantics(row).starts_with("core::") && row.shape.handler == "Unary"
}

/// The instructions that share the arm, by runs; with `has_rodata` also those of accesses to memory that have arms of their own, which come here if these do not
/// find their place.
fn runs(available: &Available, has_rodata: bool) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (token, (row, form)) in instructions().into_iter().enumerate() {
        let base = row.shape.base.len();
        let forms = if form < base { 0..base } else { base..row.shape.forms_count() };
        // Vectors are wider than what the arm passes; what other threads may touch, where there are any, is touched in another way.
        let is_other = row.groups() & group::SIMD != 0 || row.groups() & group::THREADS != 0 && are_memories_shared();
        if form != forms.start || is_other || !is_general(row.shape.handler) {
            continue;
        }
        match runs.last_mut() {
            Some(run)
                if run.first_token + run.rows.len() * run.forms.len() == token
                    && run.forms == forms
                    && std::ptr::eq(run.rows[0].shape, row.shape)
                    && run.rows[0].types == row.types
                    && !is_move(row) =>
            {
                run.rows.push(row);
            }
            _ => runs.push(Run { first_token: token, rows: vec![row], forms }),
        }
    }
    let is_few = runs.iter().map(|run| run.tokens(available).len()).sum::<usize>() < FEW;
    let is_access = |run: &Run| {
        matches!(run.rows[0].shape.handler, "Load" | "LoadSum" | "LoadFar" | "Store" | "StoreFar")
            && run.rows.iter().any(|row| available.any(row, run.forms.clone()))
    };
    runs.retain(|run| !is_few && !run.tokens(available).is_empty() || has_rodata && is_access(run));
    runs
}

impl Run {
    /// Those that share the arm, as numbers of row and form.
    fn shared(&self, available: &Available) -> Vec<(usize, usize)> {
        let all = (0..self.rows.len()).flat_map(|row| self.forms.clone().map(move |form| (row, form)));
        all.filter(|(row, form)| available.shares(self.rows[*row], *form)).collect()
    }

    fn tokens(&self, available: &Available) -> Vec<usize> {
        let token = |(row, form)| self.first_token + row * self.forms.len() + form - self.forms.start;
        self.shared(available).into_iter().map(token).collect()
    }

    /// The letters of a form for the decoder, the first in the lowest four bits.
    fn letters(&self, form: usize) -> usize {
        let row = self.rows[0];
        let mut letters = Vec::new();
        let pairs: Vec<(Role, u8)> =
            row.shape.roles.iter().copied().zip(row.shape.form(form).iter().copied()).collect();
        for (index, (role, letter)) in pairs.iter().enumerate() {
            letters.push(match (role, *letter) {
                // The step, and the offset in a memory that is named, belong to the letter before.
                (Role::Aux, kind::IMM16 | kind::OFF32 | kind::OFF64) => continue,
                (Role::InOut, kind::SLOT) => Letter::Step,
                (Role::In, kind::REG) => Letter::Accumulator,
                (Role::In, kind::SLOT) => Letter::Slot,
                (Role::In, kind::IMM16) => Letter::Immediate16,
                (Role::In, kind::IMM32) => Letter::Immediate32,
                (Role::In, kind::IMM64) => Letter::Immediate64,
                (Role::Out, kind::REG) => Letter::ToAccumulator,
                (Role::Out, kind::SLOT) => Letter::ToSlot,
                (Role::Out, kind::WRITE) => Letter::ToBoth,
                // The type of a structure, and the offset of a field in it.
                (Role::Aux, kind::TYPE) => Letter::Immediate32,
                (Role::Aux, kind::OFF16) if pairs[index - 1].1 == kind::TYPE => Letter::Immediate16,
                (Role::Aux, kind::OFF16) => Letter::Offset,
                (Role::Aux, kind::NONE) => Letter::Nothing,
                (Role::Aux, kind::MEMORY) => Letter::Far,
                (Role::Aux, kind::REL16) => Letter::Branch,
                (Role::Aux, kind::GLOBAL) if pairs[index + 1].0 == Role::Out => Letter::Global,
                (Role::Aux, kind::GLOBAL) => Letter::ToGlobal,
                other => panic!("{}: {other:?} is nothing that the general arm decodes", row.name),
            });
        }
        assert!(letters.len() <= 4, "{}: a form has at most four letters there", row.name);
        letters.iter().enumerate().fold(0, |packed, (index, letter)| packed | (*letter as usize) << (4 * index))
    }

    /// Per letter whether its operand is of 64 bits, in the lower four bits, and whether it is a float, above.
    fn types(&self) -> usize {
        let row = self.rows[0];
        let mut types = row.types.iter();
        let (mut mask, mut place) = (0, 0);
        for (index, role) in row.shape.roles.iter().enumerate() {
            let mut set = |ty: Ty| {
                mask |= usize::from(ty.bytes() == 8) << place;
                mask |= usize::from(matches!(ty, Ty::F32 | Ty::F64)) << (4 + place);
            };
            match (row.shape.form(self.forms.start)[index], role) {
                (kind::IMM16 | kind::OFF32 | kind::OFF64, Role::Aux) => continue,
                // A global is of the type of what is read from it or written to it.
                (kind::GLOBAL, Role::Aux) => set(row.types[0]),
                (_, Role::Aux) => {}
                _ => set(*types.next().expect("a type for each typed role")),
            }
            place += 1;
        }
        mask
    }
}

/// A list in which sequences are found again.
fn place_of<T: PartialEq + Clone>(list: &mut Vec<T>, wanted: &[T]) -> usize {
    list.windows(wanted.len()).position(|found| found == wanted).unwrap_or_else(|| {
        list.extend_from_slice(wanted);
        list.len() - wanted.len()
    })
}

/// An access to memory in a byte: log2 of its bytes, and 4 if it is extended by its sign.
fn access(row: &Row) -> usize {
    match memory_type(row) {
        "u8" => 0,
        "i8" => 4,
        "u16" => 1,
        "i16" => 5,
        "u32" | "f32" => 2,
        "i32" => 6,
        "i64" | "f64" => 3,
        other => panic!("unknown access {other}"),
    }
}

/// An access to an object in a byte: the lower four bits as above, what is held in the upper, as [`crate::gc::layout::Storage`] numbers it.
fn object_access(row: &Row, extension: &str) -> usize {
    match (extension, *row.types.last().expect("it has a value")) {
        ("I8" | "I8U", _) => 0,
        ("I8S", _) => 4,
        ("I16" | "I16U", _) => 0x11,
        ("I16S", _) => 0x15,
        (_, Ty::I32) => 0x22,
        (_, Ty::I64) => 0x33,
        (_, Ty::F32) => 0x42,
        (_, Ty::F64) => 0x53,
        (_, Ty::Ref) => 0x72,
        (_, Ty::V128) => panic!("{}: vectors do not come to the general arm", row.name),
    }
}

/// Types of operands and result of a row that computes.
fn signature(row: &Row) -> Option<Vec<&'static str>> {
    let operands = match row.shape.handler {
        _ if is_move(row) => return None,
        "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => 2,
        "Unary" | "BranchIf1" | "BranchUnless1" => 1,
        "Chain" => 3,
        _ => return None,
    };
    let mut types: Vec<&str> = row.types[..operands].iter().map(|ty| rust(*ty)).collect();
    // Branches ask whether a comparison holds.
    types.push(row.types.get(operands).map_or("i32", |ty| rust(*ty)));
    Some(types)
}

/// Operations by their signature.
type Functions = BTreeMap<Vec<&'static str>, Function>;

/// `for_each_handler!` for a match with a general arm, and that arm's tables and operations.
pub fn general(available: &Available, has_rodata: bool) -> (String, String) {
    let runs = runs(available, has_rodata);
    let mut functions: Functions =
        runs.iter().filter_map(|run| Some((signature(run.rows[0])?, Function::default()))).collect();
    let numbers: Vec<_> = functions.keys().cloned().collect();
    let (mut letters, mut accesses, mut table) = (Vec::new(), Vec::new(), String::new());
    for run in &runs {
        let row = run.rows[0];
        let (what, first) = if let Some(types) = signature(row) {
            let function = functions.get_mut(&types).expect("it was put there");
            let wanted: Vec<String> = run.rows.iter().map(|row| computation(row)).collect();
            let first = place_of(&mut function.operations, &wanted);
            function.rows.extend(run.shared(available).iter().map(|(number, _)| (first + number, run.rows[*number])));
            let number = numbers.iter().position(|known| *known == types).expect("it was put there");
            let unless = if row.shape.handler.starts_with("BranchUnless") { UNLESS } else { 0 };
            ((FIRST_FUNCTION + number) | unless, first)
        } else {
            let accessed = || run.rows.iter().map(|row| access(row)).collect::<Vec<_>>();
            match row.shape.handler {
                handler if let Some((what, extension)) = of_object(handler) => {
                    let wanted: Vec<usize> = run.rows.iter().map(|row| object_access(row, extension)).collect();
                    (what, place_of(&mut accesses, &wanted))
                }
                "Load" | "LoadSum" | "LoadFar" => (LOAD, place_of(&mut accesses, &accessed())),
                "Store" | "StoreFar" => (STORE, place_of(&mut accesses, &accessed())),
                "Select" => (SELECT, 0),
                _ => (MOVE, 0),
            }
        };
        let forms: Vec<usize> = run.forms.clone().map(|form| run.letters(form)).collect();
        let (token, at, count, types) = (run.first_token, place_of(&mut letters, &forms), forms.len(), run.types());
        writeln!(table, "    Run {{ token: {token}, letters: {at}, forms: {count}, types: {types:#x}, what: {what:#x}, first: {first} }},").unwrap();
    }
    let mut tokens: BTreeSet<usize> = runs.iter().flat_map(|run| run.tokens(available)).collect();
    if tokens.len() < FEW {
        tokens.clear();
    }
    // For every so many tokens the run that the first of them belongs to, or the one before.
    let last = runs.last().map_or(0, |run| (run.first_token + run.rows.len() * run.forms.len()) / STRIDE);
    let starts: Vec<usize> =
        (0..=last).map(|part| runs.iter().rposition(|run| run.first_token <= part * STRIDE).unwrap_or(0)).collect();
    let mut text = format!(
        "/// Tokens for each of which the run is looked up at once.\nconst STRIDE: u16 = {STRIDE};\n/// For each {STRIDE} tokens, the last run that begins not behind the first of them.\nstatic STARTS: [u8; {}] = {starts:?};\n/// The runs in the order of tokens.\nstatic RUNS: [Run; {}] = [\n{table}    Run {{ token: u16::MAX, letters: 0, forms: 1, types: 0, what: 0, first: 0 }},\n];\n/// Letters of forms, four bits each.\nstatic LETTERS: [u16; {}] = {letters:?};\n/// Log2 of the number of bytes, and 4 for those extended by their sign.\nstatic ACCESSES: [u8; {}] = {accesses:?};\n",
        starts.len(),
        runs.len() + 1,
        letters.len(),
        accesses.len(),
    );
    text += &operate(&functions);
    (handlers(&tokens, available), text)
}

/// What a row computes, by which rows share their code: comparisons are the same with a branch behind them and without.
fn computation(row: &Row) -> String {
    if row.shape.handler == "Chain" { row.name.into() } else { semantics(row) }
}

/// The functions of operations, and one that picks among them.
fn operate(functions: &Functions) -> String {
    let (mut text, mut calls) = (String::new(), String::new());
    for (index, (types, function)) in functions.iter().enumerate() {
        let (name, operands) = (format!("operate_{}", types.join("_")), types.len() - 1);
        let read: Vec<String> =
            (0..operands).map(|index| format!("<{} as Bits>::of(values[{index}])", types[index])).collect();
        let names = &["a", "b", "c"][..operands];
        let names = names.join(", ");
        writeln!(text, "#[inline(never)]\nunsafe fn {name}(number: u32, values: &mut Values) -> u32 {{\n    let ({names},) = ({},);\n    let result: Result<{}, Trap> = match number {{", read.join(", "), types[operands]).unwrap();
        for (number, row) in &function.rows {
            let eval = format!("operation::{}::eval({names})", crate::name(row));
            let eval = if row.shape.handler == "Chain" { format!("Ok({eval})") } else { eval };
            writeln!(text, "        {number} => {eval},").unwrap();
        }
        writeln!(
            text,
            "        // SAFETY: the caller promises the number of an operation.\n        _ => unsafe {{ core::hint::unreachable_unchecked() }},\n    }};\n    finish(values, result)\n}}"
        )
        .unwrap();
        writeln!(calls, "            {} => {name}(number, values),", FIRST_FUNCTION + index).unwrap();
    }
    format!(
        "{text}/// Does operation `number` of function `what` to the values; the first becomes the result. 0, or the trap.\n#[inline(always)]\nunsafe fn operate(what: u8, number: u32, values: &mut Values) -> u32 {{\n    // SAFETY: as the caller promises.\n    unsafe {{\n        match what {{\n{calls}            _ => core::hint::unreachable_unchecked(),\n        }}\n    }}\n}}\n"
    )
}

/// Whether an instruction is a function of its own: those on vectors, on what other threads may touch, and on objects; all that only go on, trap, or wait for room.
fn is_apart(row: &Row) -> bool {
    const LEAVE: [&str; 4] = ["AtomicWait", "AtomicNotify", "MemoryGrow", "ReturnValue"];
    // No longer than a call is.
    const SHORT: [&str; 5] = ["RefI31", "I31GetS", "I31GetU", "RefEq", "ArrayLen"];
    // One function for all of them where there are no other threads.
    const SHARE: [&str; 4] = ["AtomicLoad", "AtomicStore", "AtomicRmw", "AtomicCmpxchg"];
    row.groups() & (group::SIMD | group::THREADS | group::GC) != 0
        && !SHORT.contains(&row.shape.handler)
        && !LEAVE.contains(&row.shape.handler)
        && (are_memories_shared() || !SHARE.contains(&row.shape.handler))
}

/// The forms of an operation on vectors alone, four bits each: which operands are slots, and in the fourth whether the result goes to one too. None if
/// the row is no such operation.
fn vector_forms(row: &Row, forms: &[usize]) -> Option<u32> {
    let is_known = ["Unary", "Binary", "Chain"].contains(&row.shape.handler) && forms.len() <= 8;
    if !is_known || row.types.iter().any(|ty| *ty != Ty::V128) {
        return None;
    }
    forms.iter().rev().try_fold(0, |bits, form| {
        let letters = row.shape.form(*form);
        let mut of_form = 0;
        for (index, letter) in letters.iter().enumerate() {
            of_form |= match (letter, index == letters.len() - 1) {
                (&kind::REG, _) => 0,
                (&kind::SLOT, false) => 1 << index,
                (&kind::WRITE, true) => 8,
                _ => return None,
            };
        }
        Some(bits << 4 | of_form)
    })
}

/// The arms: one for each instruction of its own, one for all others.
fn handlers(general: &BTreeSet<usize>, available: &Available) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    // Where hot instructions have arms, one jump table over all tokens finds them at once.
    if available.is_for_speed() && !general.is_empty() {
        let patterns: Vec<String> = general.iter().map(usize::to_string).collect();
        writeln!(text, "    {} => General;", patterns.join(" | ")).unwrap();
    }
    let mut is_done = general.clone();
    let instructions = instructions();
    for (token, &(row, form)) in instructions.iter().enumerate() {
        if available.lack(row, form).is_some() || !is_done.insert(token) {
            continue;
        }
        // Returns to a header in one of the first cells: one arm for all cells, which follow one another.
        let letters = row.shape.form(form);
        let cells = usize::from(kind::HEADER_MAX - b'0') + 1;
        if letters.last() == Some(&b'0') {
            let tokens: Vec<usize> = (token..token + cells).collect();
            let patterns: Vec<String> = tokens.iter().map(usize::to_string).collect();
            let by_token = format!("HeaderByToken<{token}, {}>", letters.len());
            let handler = handler(row, letters).replace("HeaderAt<0>", &by_token);
            writeln!(text, "    {} => {handler};", patterns.join(" | ")).unwrap();
            is_done.extend(tokens);
            continue;
        }
        // One arm for an operation on vectors, whatever its form.
        let tokens: Vec<usize> = (token..instructions.len())
            .take_while(|token| {
                core::ptr::eq(instructions[*token].0, row) && available.lack(row, instructions[*token].1).is_none()
            })
            .collect();
        let forms: Vec<usize> = tokens.iter().map(|token| instructions[*token].1).collect();
        if is_apart(row)
            && let Some(bits) = vector_forms(row, &forms)
        {
            let patterns: Vec<String> = tokens.iter().map(usize::to_string).collect();
            let (operation, operands) = (crate::name(row), row.types.len() - 1);
            writeln!(
                text,
                "    {} => VectorByForm<Vector{operands}<operation::{operation}>, {token}, {bits:#x}>;",
                patterns.join(" | ")
            )
            .unwrap();
            is_done.extend(tokens);
            continue;
        }
        let handler = handler(row, letters);
        let handler = if is_apart(row) { format!("Apart<{handler}>") } else { handler };
        writeln!(text, "    {token} => {handler};").unwrap();
    }
    if !available.is_for_speed() && !general.is_empty() {
        text += "    _ => General;\n";
    }
    text + "} } }\n"
}
