//! Arms of the match that several rows share, where it is optimised for size: see `src/exec/grouped.rs`.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    available::Available,
    handlers::handler,
    instructions, name,
    operations::{memory_type, rust, semantics},
    table::{Row, Ty, kind},
};

/// Rows of one shape and level, with the same types, whose tokens follow one another.
pub struct Group {
    first_token: usize,
    rows: Vec<&'static Row>,
    /// Numbers of the forms.
    forms: std::ops::Range<usize>,
}

/// All groups of rows that share their arms.
pub fn groups(available: &Available) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (token, (row, form)) in instructions().into_iter().enumerate() {
        let base = row.shape.base.len();
        let forms = if form < base { 0..base } else { base..row.shape.forms_count() };
        if form != forms.start || available.lack_of_features(row, form).is_some() {
            continue;
        }
        match groups.last_mut() {
            Some(group)
                if group.first_token + group.rows.len() * group.forms.len() == token
                    && group.forms == forms
                    && std::ptr::eq(group.rows[0].shape, row.shape)
                    && group.rows[0].types == row.types
                    && semantics_agree(group.rows[0], row) =>
            {
                group.rows.push(row);
            }
            _ => groups.push(Group { first_token: token, rows: vec![row], forms }),
        }
    }
    groups.retain(|group| {
        // What other threads may touch is touched in another way.
        group.rows[0].groups() & crate::table::group::THREADS == 0
            && group.rows.len() > 1
            && !group.numbers(available).is_empty()
            && is_groupable(group.rows[0].shape.handler)
    });
    groups
}

/// Whether two rows do what can be told by their semantic functions; constants and copies are not functions of their own.
fn semantics_agree(a: &Row, b: &Row) -> bool {
    let is_move = |row: &Row| semantics(row).starts_with("core::");
    !is_move(a) && !is_move(b)
}

fn is_groupable(handler: &str) -> bool {
    const GROUPABLE: [&str; 11] = [
        "Binary",
        "Unary",
        "Chain",
        "BranchIf2",
        "BranchUnless2",
        "LoopEdge",
        "Load",
        "LoadSum",
        "LoadFar",
        "Store",
        "StoreFar",
    ];
    GROUPABLE.contains(&handler)
}

/// Whether the operation of a row can trap: divisions of integers, truncations of floats to integers.
fn can_trap(row: &Row) -> bool {
    [".div_s", ".div_u", ".rem_s", ".rem_u"].iter().any(|part| row.name.ends_with(part))
        || row.name.contains(".trunc_f")
}

/// A type as groups pass it: floats as bits.
fn passed(ty: Ty) -> &'static str {
    match ty {
        Ty::F32 => "Bits32",
        Ty::F64 => "Bits64",
        ty => rust(ty),
    }
}

impl Group {
    /// The numbers of its rows that share arms.
    pub fn numbers(&self, available: &Available) -> Vec<usize> {
        let shares = |row: &Row| self.forms.clone().any(|form| available.shares(row, form));
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| shares(row)).map(|(number, _)| number).collect()
    }

    /// What its operations give of type `d`.
    fn outcome(&self, d: &str) -> String {
        format!("{}<{d}>", if self.rows.iter().any(|row| can_trap(row)) { "Perhaps" } else { "Surely" })
    }

    fn name(&self) -> String {
        format!("{}At{}", name(self.rows[0]), self.first_token)
    }

    /// The type that picks the row.
    pub fn text(&self) -> String {
        let forms = self.forms.len() as u32;
        let factor = 0x1_0000_u32.div_ceil(forms);
        for number in 0..self.rows.len() as u32 * forms {
            assert_eq!((number * factor) >> 16, number / forms, "a product does for a quotient");
        }
        let (first, types, handler) = (self.first_token, self.rows[0].types, self.rows[0].shape.handler);
        let row = format!("row::<{first}, {factor}>(token)");
        let (name, shared) = (self.name(), self.shared_name());
        let safety =
            "// SAFETY: the caller promises a token of this group, whose rows those of the shared operations are.";
        let signature = |numbered: &str, operands: &str, arguments: &str, associated: &str, result: &str| {
            format!(
                "pub struct {name};\nimpl Operations{numbered} for {name} {{\n    {associated}\n    #[inline(never)]\n    unsafe fn eval({operands}, token: u16) -> {result} {{\n        {safety}\n        unsafe {{ {shared}({arguments}, {row}) }}\n    }}\n}}\n"
            )
        };
        match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                let (a, b, d) = (passed(types[0]), passed(types[1]), types.get(2).map_or("i32", |ty| passed(*ty)));
                let associated =
                    format!("type A = {a}; type B = {b}; type D = {d}; type Outcome = {};", self.outcome(d));
                signature("2", &format!("a: {a}, b: {b}"), "a, b", &associated, &self.outcome(d))
            }
            "Unary" => {
                let (a, d) = (passed(types[0]), passed(types[1]));
                let associated = format!("type A = {a}; type D = {d}; type Outcome = {};", self.outcome(d));
                signature("1", &format!("a: {a}"), "a", &associated, &self.outcome(d))
            }
            "Chain" => {
                let t = passed(types[0]);
                signature("3", &format!("a: {t}, b: {t}, c: {t}"), "a, b, c", &format!("type T = {t};"), t)
            }
            _ => {
                let (address, value) = (rust(types[0]), passed(*types.last().expect("an access has a value")));
                format!(
                    "pub struct {name};\nimpl Accesses for {name} {{\n    type Address = {address};\n    type Value = {value};\n    #[inline(never)]\n    unsafe fn load(base: *mut u8, len: usize, start: usize, token: u16) -> Option<{value}> {{\n        {safety}\n        unsafe {{ {shared}_load(base, len, start, {row}) }}\n    }}\n    #[inline(never)]\n    unsafe fn store(base: *mut u8, len: usize, start: usize, value: {value}, token: u16) -> bool {{\n        {safety}\n        unsafe {{ {shared}_store(base, len, start, value, {row}) }}\n    }}\n}}\n"
                )
            }
        }
    }

    /// What the rows compute, by which groups share their code: comparisons are the same with a branch behind them and without.
    fn operations(&self) -> String {
        let handler = self.rows[0].shape.handler;
        let types: Vec<&str> = match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                self.rows[0].types[..2].iter().map(|ty| rust(*ty)).collect()
            }
            "Unary" | "Chain" => self.rows[0].types.iter().map(|ty| rust(*ty)).collect(),
            _ => vec![rust(*self.rows[0].types.last().expect("an access has a value"))],
        };
        let kind = match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => "binary",
            "Unary" => "unary",
            "Chain" => "chain",
            _ => "access",
        };
        let rows = self.rows.iter().map(|row| match kind {
            "chain" => row.name.to_owned(),
            "access" => memory_type(row).to_owned(),
            _ => semantics(row),
        });
        format!("{kind} {types:?} {:?}", rows.collect::<Vec<_>>())
    }

    /// Name of the functions that groups with the same operations share.
    pub fn shared_name(&self) -> String {
        let hash = self
            .operations()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("shared_{hash:016x}")
    }

    /// Those functions: each picks one of these rows by its number.
    pub fn shared_text(&self, numbers: &BTreeSet<usize>) -> String {
        let (types, handler, shared) = (self.rows[0].types, self.rows[0].shape.handler, self.shared_name());
        let arms = |arm: &dyn Fn(&str) -> String| -> String {
            let arms = self.rows.iter().enumerate().filter(|(number, _)| numbers.contains(number));
            arms.map(|(number, row)| format!("        {number} => {},\n", arm(&name(row)))).collect()
        };
        let function = |name: &str, operands: &str, result: &str, arms: String| {
            format!(
                "#[inline(never)]\nunsafe fn {name}({operands}, row: u32) -> {result} {{\n    // SAFETY: the caller promises the number of a row; for accesses, a memory of this length.\n    unsafe {{\n    match row {{\n{arms}        _ => core::hint::unreachable_unchecked(),\n    }}\n    }}\n}}\n"
            )
        };
        match handler {
            "Binary" | "BranchIf2" | "BranchUnless2" | "LoopEdge" => {
                let (a, b, d) = (passed(types[0]), passed(types[1]), types.get(2).map_or("i32", |ty| passed(*ty)));
                let arms = arms(&|name| format!("outcome(operation::{name}::eval(a.into(), b.into()))"));
                function(&shared, &format!("a: {a}, b: {b}"), &self.outcome(d), arms)
            }
            "Unary" => {
                let arms = arms(&|name| format!("outcome(operation::{name}::eval(a.into()))"));
                function(&shared, &format!("a: {}", passed(types[0])), &self.outcome(passed(types[1])), arms)
            }
            "Chain" => {
                let t = passed(types[0]);
                let arms = arms(&|name| format!("operation::{name}::eval(a.into(), b.into(), c.into()).into()"));
                function(&shared, &format!("a: {t}, b: {t}, c: {t}"), t, arms)
            }
            _ => {
                let value = passed(*types.last().expect("an access has a value"));
                let wide = rust(*types.last().expect("an access has a value"));
                let memory = |name: &str| format!("<operation::{name} as Access>::Memory");
                let load = arms(&|name| {
                    format!(
                        "Some(Scalar::<{wide}>::extend(inside::<{}>(base, len, start)?.read_unaligned()).into())",
                        memory(name)
                    )
                });
                let store = arms(&|name| {
                    format!(
                        "match inside::<{0}>(base, len, start) {{ Some(place) => {{ place.write_unaligned(Scalar::<{wide}>::wrap(value.into())); true }} None => false }}",
                        memory(name)
                    )
                });
                let place = "base: *mut u8, len: usize, start: usize";
                function(&format!("{shared}_load"), place, &format!("Option<{value}>"), load)
                    + &function(&format!("{shared}_store"), &format!("{place}, value: {value}"), "bool", store)
            }
        }
    }
}

/// `for_each_handler!` for a match: an arm for each form of a group, and one for each instruction of no group.
pub fn grouped_handlers(groups: &[Group], available: &Available) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut is_grouped = BTreeSet::new();
    for group in groups {
        for (number, form) in group.forms.clone().enumerate() {
            let tokens: Vec<usize> = (0..group.rows.len())
                .filter(|row| available.shares(group.rows[*row], form))
                .map(|row| group.first_token + row * group.forms.len() + number)
                .collect();
            if tokens.is_empty() {
                continue;
            }
            let row = group.rows[0];
            let handler = handler(row, row.shape.form(form));
            let operation = format!("operation::{}", name(row));
            let handler = handler.replacen(&operation, &format!("group::{}", group.name()), 1);
            let patterns: Vec<String> = tokens.iter().map(usize::to_string).collect();
            writeln!(text, "    {} => Grouped{handler};", patterns.join(" | ")).unwrap();
            is_grouped.extend(tokens);
        }
    }
    let instructions = instructions();
    for (token, &(row, form)) in instructions.iter().enumerate() {
        if available.lack(row, form).is_some() || !is_grouped.insert(token) {
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
            is_grouped.extend(tokens);
            continue;
        }
        writeln!(text, "    {token} => {};", handler(row, letters)).unwrap();
    }
    text + "} } }\n"
}
