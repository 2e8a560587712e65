//! The handlers' machine code, looked at: none that is hot saves a register on the native stack or calls anything.
//!
//! Compiles the core with tail dispatch to assembly text, for x86-64 and AArch64, finds each handler through the handler
//! table's symbols, and reads its instructions. Handlers that call by nature stand in [`EXPECTED`] with the reason; one that no
//! longer does is an error as well. Writes `docs/handlers.md`: instruction counts of the hottest handlers.
//!
//! Names of instructions come from docs/isa.md, which is generated, and from the list of superinstructions.

use crate::error::{Error, Result};
use crate::process::{cargo, output, root, target_dir};
use crate::sysroot::Toolchain;
use crate::tally::Tally;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// An architecture whose handlers are looked at.
struct Architecture {
    triple: &'static str,
    name: &'static str,
    /// Options of the compiler: machines with an operating system, such as iOS, allow unaligned access.
    options: &'static [&'static str],
    /// Whether an instruction calls, or touches the native stack.
    is_offence: fn(&str) -> bool,
}

static ARCHITECTURES: [Architecture; 2] = [
    Architecture { triple: "x86_64-unknown-linux-gnu", name: "x86-64", options: &[], is_offence: x86_64_offence },
    Architecture {
        triple: "aarch64-unknown-none",
        name: "AArch64",
        options: &["-C", "target-feature=-strict-align"],
        is_offence: aarch64_offence,
    },
];

/// Rows, by the beginning of their names, or by a part of them if that begins with a point, whose handlers, and superinstructions with them, may save registers or call; why; where.
const EXPECTED: &[(&str, &str, &[&str])] = &[
    ("memory.fill", "calls memset", BOTH),
    ("memory.copy", "calls memmove", BOTH),
    ("memory.init", "calls memmove", BOTH),
    ("table.copy", "calls memmove", BOTH),
    ("table.init", "calls memmove", BOTH),
    ("table.fill", "loops over a range of a table", X86_64),
    (".far", "looks a memory up: seldom executed", X86_64),
    (".atomic.", "looks a memory up", BOTH),
    ("ref.cast", "walks up supertypes of functions", X86_64),
    ("struct.new", "allocates", X86_64),
    (".array.new", "calls memset", BOTH),
    (".array.fill", "calls memset", BOTH),
    ("array.", "calls memset, memmove", BOTH),
    (".extract_lane", "picks the lane in memory", BOTH),
    ("i8x16.swizzle", "calls what the processor has for it", X86_64),
    ("i8x16.shuffle", "calls what the processor has for it", X86_64),
    ("v128.load8x8_u", "a register more than is free", X86_64),
];
const BOTH: &[&str] = &["x86-64", "AArch64"];
const X86_64: &[&str] = &["x86-64"];

/// Rows of vectors, and what a handler of each, whatever its form, has to have among its instructions, by architecture: one of its vector
/// instructions for that, and no loop over lanes.
const VECTORS: &[(&str, [&str; 2])] = &[
    ("i8x16.add_sat_u", ["paddusb", "uqadd"]),
    ("i8x16.avgr_u", ["pavgb", "urhadd"]),
    ("i8x16.eq", ["pcmpeqb", "cmeq"]),
    ("i8x16.shuffle", ["pshufb", "tbl"]),
    ("i8x16.swizzle", ["pshufb", "tbl"]),
    ("i16x8.mul", ["pmullw", "mul"]),
    ("i32x4.add", ["paddd", "add"]),
    ("i32x4.dot_i16x8_s", ["pmaddwd", "smull"]),
    ("i64x2.sub", ["psubq", "sub"]),
    ("f32x4.add", ["addps", "fadd"]),
    ("f32x4.mul", ["mulps", "fmul"]),
    ("f32x4.sqrt", ["sqrtps", "fsqrt"]),
    ("f64x2.div", ["divpd", "fdiv"]),
];

/// Handlers that docs/handlers.md lists.
const HOT: &[&str] = &[
    "i32.add:rsr",
    "i32.add:ssr",
    "i32.add:sir",
    "i32.add:siw",
    "i32.add:ssw",
    "i32.step:si",
    "i32.mul:ssr",
    "i32.and:sir",
    "i32.shl:sir",
    "i32.shl+add:sisr",
    "i32.xor+rotl:rsiw",
    "i32.select:rssr",
    "i64.add:rsw",
    "i64.xor:ssr",
    "i64.mul:rqr",
    "f64.add:rsr",
    "f64.mul:ssr",
    "f64.mul+add:srsw",
    "i32.const:is",
    "i32.copy:ss",
    "i32.copy:rs",
    "i32.load:sor",
    "i32.load:row",
    "i32.load.sum:ssor",
    "i32.load8_u:sor",
    "i64.load:sow",
    "f64.load:sor",
    "i32.store:sor",
    "i32.store:sos",
    "i32.store8:ros",
    "i32.eq:ssr",
    "br_if.i32.lt_u:ssb",
    "br_if.i32.eq:rib",
    "br_unless.i32.eqz:rb",
    "loop.i32.ne:siib",
    "loop.i32.lt_u:sisb",
    "br:b",
    "br_table:rt",
    "call:fd",
    "call_indirect:rTYd",
    "return:2",
    "return:h",
    "return.i32:s2",
    "i32.global.get:gr",
    "v128.load:sor",
    "i8x16.eq:ssr",
    "i8x16.shuffle:ssqqr",
    "i32x4.add:ssr",
    "f32x4.mul:ssr",
];

/// A handler: how many instructions, and those that offend.
#[derive(Clone, Default)]
struct Handler {
    instructions: usize,
    offences: Vec<String>,
    /// Operations of its instructions on vector registers.
    vectors: Vec<String>,
}

/// Checks all handlers on both architectures; writes the page, or with `check` only judges.
///
/// # Errors
/// A compiler is missing, the core does not compile, the assembly is not understood, the page cannot be written.
pub fn run(check: bool) -> Result<Tally> {
    let names = names()?;
    let mut all: Vec<(&Architecture, Vec<Handler>)> = Vec::new();
    let (mut passed, mut failed) = (0, 0);
    for architecture in &ARCHITECTURES {
        let handlers = handlers(architecture, &compile(architecture)?)?;
        if handlers.len() != names.len() {
            return Err(Error::new(format!("{} handlers, but {} names", handlers.len(), names.len())));
        }
        let mut problems = judge(architecture, &names, &handlers);
        problems.extend(judge_vectors(architecture, &names, &handlers));
        for problem in &problems {
            println!("{}: {problem}", architecture.name);
        }
        failed += problems.len() as u64;
        passed += handlers.len() as u64 - problems.len() as u64;
        println!("{}: {} handlers, {} problems", architecture.name, handlers.len(), problems.len());
        all.push((architecture, handlers));
    }
    if !check {
        let path = root().join("docs/handlers.md");
        std::fs::write(&path, page(&names, &all)).map_err(|error| Error::new(format!("docs/handlers.md: {error}")))?;
        println!("docs/handlers.md: written");
    }
    println!("{passed} passed, {failed} failed");
    Ok(Tally::new(passed, failed))
}

/// What is wrong with the handlers of an architecture, a line each.
fn judge(architecture: &Architecture, names: &[String], handlers: &[Handler]) -> Vec<String> {
    let expected: Vec<&str> =
        EXPECTED.iter().filter(|(_, _, on)| on.contains(&architecture.name)).map(|(row, _, _)| *row).collect();
    let mut seen = vec![false; expected.len()];
    let mut problems = Vec::new();
    for (name, handler) in names.iter().zip(handlers).filter(|(_, handler)| !handler.offences.is_empty()) {
        let is_of = |row: &&&str| {
            let is_named =
                |element: &str| if row.starts_with('.') { element.contains(**row) } else { element.starts_with(**row) };
            name.split(' ').any(is_named)
        };
        match expected.iter().filter(is_of).count() {
            1.. => expected.iter().zip(&mut seen).filter(|(row, _)| is_of(row)).for_each(|(_, seen)| *seen = true),
            0 => problems.push(format!("{name}: {}", handler.offences.join("; "))),
        }
    }
    for (row, _) in expected.iter().zip(seen).filter(|(_, seen)| !seen) {
        problems.push(format!("{row} is expected to call and does not: strike it off in xtask/src/asm.rs"));
    }
    problems
}

/// The handlers of [`VECTORS`] that do without the vector instruction that they are for, a line each; and rows without a handler.
fn judge_vectors(architecture: &Architecture, names: &[String], handlers: &[Handler]) -> Vec<String> {
    let mut problems = Vec::new();
    for (row, operations) in VECTORS {
        let operation = operations[usize::from(architecture.name != X86_64[0])];
        let is_of =
            |name: &str| name.strip_prefix(row).is_some_and(|form| form.starts_with(':') && !form.contains(' '));
        let mut found = names.iter().zip(handlers).filter(|(name, _)| is_of(name)).peekable();
        if found.peek().is_none() {
            problems.push(format!("{row} has no handler: see VECTORS in xtask/src/asm.rs"));
        }
        for (name, _) in found.filter(|(_, handler)| !handler.vectors.iter().any(|vector| vector == operation)) {
            problems.push(format!("{name}: no {operation}"));
        }
    }
    problems
}

/// Compiles the core and gives the assembly text.
fn compile(architecture: &Architecture) -> Result<String> {
    let toolchain = Toolchain::find(architecture.triple)?;
    let folder = target_dir().join("asm");
    let mut command = cargo(&["rustc", "--quiet", "--lib", "--package", "sheave-interp", "--no-default-features"]);
    command.args([
        "--features",
        "exec,complete,superinstructions,observe",
        "--profile",
        "quick",
        "--target",
        architecture.triple,
    ]);
    command.arg("--target-dir").arg(&folder);
    command.args(["--", "--emit", "asm", "-C", "codegen-units=1"]);
    command.args(architecture.options);
    toolchain.apply(&mut command);
    output(&mut command)?;
    let deps = folder.join(architecture.triple).join("quick/deps");
    let file = newest(&deps)?;
    std::fs::read_to_string(&file).map_err(|error| Error::new(format!("{}: {error}", file.display())))
}

/// The newest assembly file of the core in a folder.
fn newest(folder: &Path) -> Result<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::new(format!("{}: {error}", folder.display())))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let assembly = paths.filter(|path| {
        path.extension().is_some_and(|extension| extension == "s")
            && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sheave_interp"))
    });
    assembly
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok())
        .ok_or_else(|| Error::new(format!("no assembly in {}", folder.display())))
}

/// The handlers in the order of their tokens, from assembly text.
fn handlers(architecture: &Architecture, text: &str) -> Result<Vec<Handler>> {
    let (mut table, mut in_table) = (Vec::new(), false);
    let (mut functions, mut current): (BTreeMap<&str, Handler>, Option<&str>) = (BTreeMap::new(), None);
    for line in text.lines() {
        if let Some(label) = line.strip_suffix(':').filter(|label| !label.starts_with(['.', '\t', ' '])) {
            in_table = label.contains("8dispatch5TABLE");
            current = Some(label).filter(|label| label.contains("8dispatch4step"));
            continue;
        }
        let line = line.trim();
        if in_table && let Some(symbol) = line.strip_prefix(".quad").or_else(|| line.strip_prefix(".xword")) {
            table.push(symbol.trim());
        }
        if line.starts_with(".cfi_endproc") {
            current = None;
        }
        let (Some(function), false) = (current, line.is_empty() || line.starts_with(['.', '#', ';', '/'])) else {
            continue;
        };
        if line.ends_with(':') {
            continue;
        }
        let handler = functions.entry(function).or_default();
        handler.instructions += 1;
        if line.contains("%xmm") || line.contains("\tv") {
            handler.vectors.extend(line.split_whitespace().next().map(str::to_owned));
        }
        if (architecture.is_offence)(line) {
            handler.offences.push(line.replace('\t', " "));
        }
    }
    // Handlers with the same code share a function.
    let handlers: Option<Vec<Handler>> = table.iter().map(|symbol| functions.get(symbol).cloned()).collect();
    handlers.filter(|handlers| !handlers.is_empty()).ok_or_else(|| Error::new("no handler table in the assembly"))
}

fn x86_64_offence(line: &str) -> bool {
    let operation = line.split_whitespace().next().unwrap_or("");
    operation.starts_with("push")
        || (operation.starts_with("pop") && !operation.starts_with("popcnt"))
        || operation.starts_with("call")
        || line.contains("(%rsp")
}

fn aarch64_offence(line: &str) -> bool {
    let operation = line.split_whitespace().next().unwrap_or("");
    matches!(operation, "bl" | "blr") || line.contains("[sp")
}

/// Names of all instructions, `row:form`, and of the superinstructions, by token.
fn names() -> Result<Vec<String>> {
    let read =
        |path: &str| std::fs::read_to_string(root().join(path)).map_err(|error| Error::new(format!("{path}: {error}")));
    let mut by_token = BTreeMap::new();
    for line in read("docs/isa.md")?.lines() {
        names_in_row(line, &mut by_token);
    }
    let is_whole = by_token.keys().copied().eq(0..by_token.len());
    let mut names: Vec<String> = by_token.into_values().collect();
    if !is_whole || names.is_empty() {
        return Err(Error::new("docs/isa.md does not name the instruction of each token").hint("cargo xtask gen"));
    }
    let list = read("interp/src/isa/superinstructions.txt")?;
    names.extend(list.lines().filter(|line| !line.starts_with('#')).map(str::to_owned));
    Ok(names)
}

/// The instructions in a row of the table in docs/isa.md, by token:
/// `| 30, 1010 | `i32.add` | group | types | base forms | full forms | meaning |`, with the first token of the forms of each level.
fn names_in_row(line: &str, names: &mut BTreeMap<usize, String>) {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, tokens, row, _, _, base, full, ..] = cells[..] else { return };
    let firsts: Vec<Option<usize>> = tokens.split(", ").map(|token| token.parse().ok()).collect();
    for (forms, first) in [base, full].iter().zip(firsts) {
        let Some(first) = first else { continue };
        for (number, form) in forms.split(' ').filter(|form| !form.is_empty()).enumerate() {
            names.insert(first + number, format!("{}:{}", row.trim_matches('`'), form.trim_matches('`')));
        }
    }
}

/// docs/handlers.md.
fn page(names: &[String], all: &[(&Architecture, Vec<Handler>)]) -> String {
    let mut page = String::from(
        "<!-- Generated by `cargo xtask asm`; counts depend on the compiler. -->\n# Handlers in machine code\n\n\
         `cargo xtask asm` compiles the core with tail dispatch for both architectures and reads the assembly of every handler: \
         none saves a register on the native\nstack and none calls anything, but for those listed below. It is a step of the test command, and \
         looks too for the\nvector instruction that a handler of vectors is for, in all forms of some rows.\n\n\
         Instructions of hot handlers, decoding of operands and dispatch included, cold paths (traps) too:\n\n| handler |",
    );
    for (architecture, _) in all {
        let _ = write!(page, " {} |", architecture.name);
    }
    page += "\n|---|---:|---:|\n";
    for name in HOT {
        let Some(token) = names.iter().position(|found| found == name) else { continue };
        let _ = write!(page, "| `{name}` |");
        for (_, handlers) in all {
            let _ = write!(page, " {} |", handlers[token].instructions);
        }
        page.push('\n');
    }
    page += "\n| | handlers | instructions in sum |\n|---|---:|---:|\n";
    for (architecture, handlers) in all {
        let sum: usize = handlers.iter().map(|handler| handler.instructions).sum();
        let _ = writeln!(page, "| {} | {} | {sum} |", architecture.name, handlers.len());
    }
    page += "\n| may call or save registers | why | where |\n|---|---|---|\n";
    for (row, why, on) in EXPECTED {
        let _ = writeln!(page, "| `{row}` | {why} | {} |", on.join(", "));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offences_are_told_from_harmless_instructions() {
        assert!(
            x86_64_offence("pushq\t%rbx") && x86_64_offence("callq\t*%rax") && x86_64_offence("movq\t%rax, 8(%rsp)")
        );
        assert!(!x86_64_offence("popcntl\t%eax, %eax") && !x86_64_offence("jmpq\t*(%r9,%rax,8)"));
        assert!(aarch64_offence("bl\tmemmove") && aarch64_offence("stp\tx29, x30, [sp, #-16]!"));
        assert!(!aarch64_offence("br\tx8") && !aarch64_offence("b\t.LBB0_1"));
    }

    #[test]
    fn handlers_are_found_through_the_table() {
        let text = "_ZN8dispatch4step1aE:\n\t.cfi_startproc\n\tmovl\t%eax, %ecx\n\tjmpq\t*%rax\n\t.cfi_endproc\n\
                    _ZN8dispatch4step1bE:\n\tpushq\t%rbx\n.LBB1_1:\n\tjmp\t.LBB1_1\n\t.cfi_endproc\n\
                    _ZN8dispatch5TABLE1cE:\n\t.quad\t_ZN8dispatch4step1bE\n\t.quad\t_ZN8dispatch4step1aE\n";
        let found = handlers(&ARCHITECTURES[0], text).unwrap();
        assert_eq!(found.iter().map(|handler| handler.instructions).collect::<Vec<_>>(), [2, 2]);
        assert_eq!((found[0].offences.len(), found[1].offences.len()), (1, 0));
        let names = ["x".to_owned(), "y".to_owned()];
        // One that must not call does, and those that are expected to do not.
        assert_eq!(judge(&ARCHITECTURES[0], &names, &found).len(), 1 + EXPECTED.len());
        let names = [format!("i32.copy:ss {}:", EXPECTED[0].0), "y".to_owned()];
        assert_eq!(judge(&ARCHITECTURES[0], &names, &found).len(), EXPECTED.len() - 1);
    }

    #[test]
    fn instructions_are_named_from_the_table_of_the_page() {
        let mut names = BTreeMap::new();
        names_in_row("| 16, 90 | `return.i32` | | i32 | `sh` `ih` | `s0` | load r0, return |", &mut names);
        names_in_row("| –, 95 | `i32.or+or` | | i32 | | `rssr` | or, then or |", &mut names);
        names_in_row("| letter | kind | units |", &mut names);
        let expected = [(16, "return.i32:sh"), (17, "return.i32:ih"), (90, "return.i32:s0"), (95, "i32.or+or:rssr")];
        assert!(names.iter().map(|(token, name)| (*token, name.as_str())).eq(expected));
    }
}
