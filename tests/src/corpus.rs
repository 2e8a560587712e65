//! Instructions as real programs have and execute them: the corpus of `cargo xtask profile`.
//!
//! Code is looked at in *runs*: instructions one behind the other, of which all but the last can be inside of a
//! superinstruction. Only what stands in one run can become one. A run begins with a block and goes over one *joint*, a block start
//! or `br`, as far as a superinstruction may reach; who arrives there over a joint is counted in that run and no other.
//! Translation is without superinstructions, so that every instruction is seen.

use sheave::{Config, Engine, Error, Linker, Module, Store};
use sheave_interp::{
    image::{Func, Image, OwnedImage},
    isa::{Instruction, Level, Operand, Row, decode, first_of, kind, next, row_of},
    translate,
};
use std::collections::{BTreeMap, HashMap};

/// How much all weights of a program are together, about: integers, so that sums do not depend on their order.
pub const WEIGHT: u64 = 1 << 40;

/// Instructions in a row, by token, each with its share of [`WEIGHT`].
pub type Run = Vec<(u16, u64)>;

/// The runs of a program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Instructions executed, or in the code.
    pub instructions: u64,
    /// Runs, in the order of the code.
    pub runs: Vec<Run>,
}

/// Name of an instruction: `row:form`.
pub fn name(token: u16) -> String {
    let (row, form) = row_of(token).expect("a token of the table");
    format!("{}:{}", row.get().name, String::from_utf8_lossy(row.get().shape.form(form)))
}

fn engine() -> Engine {
    Engine::new(Config::default().superinstructions(false))
}

/// The instructions in the code of a module, each counted once.
///
/// # Errors
/// It is refused.
pub fn in_code(name: &str, wasm: &[u8]) -> Result<Program, Error> {
    program(name, Module::new(&engine(), wasm)?.image(), |_| 1)
}

/// The same, of code of level base.
///
/// # Errors
/// It is refused.
pub fn in_base_code(name: &str, wasm: &[u8]) -> Result<Program, Error> {
    let config = translate::Config { level: Level::Base, superinstructions: false, ..translate::Config::default() };
    program(name, &translate::translate(wasm, &config)?, |_| 1)
}

/// The instructions that a program executes in `run(n)`, and what that returns.
///
/// # Errors
/// It is refused, or traps; or this build cannot count.
pub fn executed(name: &str, wasm: &[u8], n: i32) -> Result<(Program, i64), Error> {
    let engine = engine();
    let module = Module::new(&engine, wasm)?;
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    let run = instance.get_typed_func::<i32, i64>(&store, "run")?;
    store.start_counting()?;
    let result = run.call(&mut store, n)?;
    let counts = store.execution_counts(instance).expect("begun above");
    Ok((program(name, module.image(), |unit| counts[unit])?, result))
}

/// The runs of an image whose instruction at each unit has the count that is asked for; what has none is left out.
fn program(name: &str, image: &[u8], count: impl Fn(usize) -> u64) -> Result<Program, Error> {
    let image = OwnedImage::new(image)?;
    let (mut runs, instructions) = runs(&image.parse()?, count);
    let share = |count: u64| (u128::from(count) * u128::from(WEIGHT) / u128::from(instructions)) as u64;
    runs.iter_mut().flatten().for_each(|(_, count)| *count = share(*count));
    Ok(Program { name: name.to_owned(), instructions, runs })
}

/// The runs of all functions, and how many instructions there are; `count` is asked for those at a unit.
fn runs(image: &Image<'_>, count: impl Fn(usize) -> u64) -> (Vec<Run>, u64) {
    let (mut runs, mut instructions) = (Vec::new(), 0);
    for func in image.code_funcs() {
        let flow = Flow::new(image.code(), func, &count);
        instructions += flow.instructions().map(|instruction| count(instruction.offset)).sum::<u64>();
        runs.extend(flow.runs());
    }
    (runs, instructions)
}

/// How control runs through a function.
struct Flow<'a, C> {
    code: &'a [u16],
    func: Func<'a>,
    count: C,
    /// How often, at least, control comes to a unit by a branch that is taken.
    taken: HashMap<usize, u64>,
}

impl<'a, C: Fn(usize) -> u64> Flow<'a, C> {
    fn new(code: &'a [u16], func: Func<'a>, count: C) -> Flow<'a, C> {
        let mut flow = Flow { code: &code[..func.end as usize], func, count, taken: HashMap::new() };
        for instruction in flow.instructions().filter(|instruction| instruction.row != Row::BrTable) {
            let is_target = |operand: &Operand| matches!(operand.kind, kind::REL16 | kind::REL32);
            let Some(target) = instruction.operands().find(is_target) else { continue };
            // Where control goes on if it is not taken is seen in what comes next, unless that is reached from elsewhere too.
            let (behind, executed) = (instruction.offset + instruction.len, (flow.count)(instruction.offset));
            let not_taken = match instruction.row.get().shape {
                shape if shape.ends_block => 0,
                _ if flow.begins_block(behind) => executed,
                _ => (flow.count)(behind),
            };
            *flow.taken.entry(target.value as usize).or_insert(0) += executed.saturating_sub(not_taken);
        }
        flow
    }

    fn instructions(&self) -> impl Iterator<Item = Instruction<'a>> + use<'a, C> {
        let code = self.code;
        let first = decode(code, self.func.entry as usize);
        std::iter::successors(first, move |last| decode(code, last.offset + last.len))
    }

    fn begins_block(&self, unit: usize) -> bool {
        self.func.block_starts.contains(unit as u32)
    }

    /// Where a superinstruction goes on behind an instruction, and how often that is.
    fn next(&self, instruction: &Instruction<'_>) -> Option<(usize, u64)> {
        let (executed, behind) = ((self.count)(instruction.offset), instruction.offset + instruction.len);
        let shape = instruction.row.get().shape;
        let element = first_of(self.code[instruction.offset]);
        let next = next(self.code, instruction.offset, element).filter(|_| shape.can_be_inside() && executed > 0)?;
        let others = if next == behind { self.taken.get(&next).copied().unwrap_or(0) } else { 0 };
        let flow = executed.min((self.count)(next).saturating_sub(others));
        (flow > 0).then_some((next, flow))
    }

    /// The runs of the function.
    fn runs(&self) -> Vec<Run> {
        let mut own: BTreeMap<usize, u64> = BTreeMap::new();
        let mut is_start = true;
        for instruction in self.instructions() {
            if is_start || self.begins_block(instruction.offset) {
                own.insert(instruction.offset, (self.count)(instruction.offset));
            }
            is_start = !instruction.row.get().shape.can_be_inside();
        }
        // What comes over a joint is counted in the run that it comes in; what goes back, here too.
        for instruction in self.instructions() {
            if let Some((next, flow)) = self.next(&instruction)
                && next > instruction.offset
                && let Some(own) = own.get_mut(&next)
            {
                *own = own.saturating_sub(flow);
            }
        }
        own.into_iter().filter(|(_, own)| *own > 0).map(|(start, own)| self.run(start, own)).collect()
    }

    fn run(&self, start: usize, own: u64) -> Run {
        let (mut run, mut at, mut weight, mut has_gone_back) = (Run::new(), start, own, false);
        while let Some(instruction) = decode(self.code, at).filter(|_| weight > 0) {
            run.push((self.code[at], weight));
            let Some((next, flow)) = self.next(&instruction) else { break };
            let is_joint = next < at || self.begins_block(next);
            if is_joint && (has_gone_back || run.len() > RUN_MAX) {
                break;
            }
            has_gone_back |= next < at;
            weight = (u128::from(weight) * u128::from(flow) / u128::from((self.count)(at))) as u64;
            at = next;
        }
        run
    }
}

/// Longer runs end at the next joint.
const RUN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"(module (func (export "run") (param i32) (result i64) (local i64)
        (loop $again
            (local.set 1 (i64.add (local.get 1) (i64.mul (local.get 1) (i64.const 3))))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

    fn names(program: &Program) -> Vec<Vec<String>> {
        program.runs.iter().map(|run| run.iter().map(|(token, _)| name(*token)).collect()).collect()
    }

    #[test]
    fn runs_end_where_blocks_begin() {
        let program = in_code("loop", &wat::parse_str(TEXT).unwrap()).unwrap();
        let names = names(&program);
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(names[0].last().unwrap().starts_with("loop.i32."), "{names:?}");
        assert_eq!(program.instructions, names.concat().len() as u64);
    }

    #[test]
    fn executed_instructions_have_their_counts() {
        let wasm = wat::parse_str(TEXT).unwrap();
        let (program, _) = match executed("loop", &wasm, 100) {
            Err(error) => return assert_eq!(error.to_string(), "this build of Sheave cannot observe: loop dispatch"),
            Ok(executed) => executed,
        };
        let turn = program.runs[0].len() as u64;
        assert_eq!(program.instructions, 100 * turn + 1);
        let expected = (100 * u128::from(WEIGHT) / u128::from(program.instructions)) as u64;
        assert!(program.runs[0].iter().all(|(_, weight)| *weight == expected));
        assert_eq!(names(&program), names(&in_code("loop", &wasm).unwrap()));
    }
}
