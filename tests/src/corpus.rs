//! Instructions as real programs have and execute them: the corpus of `cargo xtask profile`.
//!
//! Code is looked at in *runs*: instructions one behind the other, of which all but the last can be inside of a
//! superinstruction and none but the first begins a block. Only what stands in one run can become one. Translation is
//! without superinstructions, so that every instruction is seen.

use sheave::{Config, Engine, Error, Linker, Module, Store};
use sheave_interp::{
    image::{Image, OwnedImage},
    isa::{decode, row_of},
};

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
    program(name, &Module::new(&engine(), wasm)?, |_| 1)
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
    Ok((program(name, &module, |unit| counts[unit])?, result))
}

/// The runs of a module whose instruction at each unit has the count that is asked for; what has none is left out.
fn program(name: &str, module: &Module, count: impl Fn(usize) -> u64) -> Result<Program, Error> {
    let image = OwnedImage::new(module.image())?;
    let mut runs = runs(&image.parse()?, count);
    let instructions: u64 = runs.iter().flatten().map(|(_, count)| count).sum();
    let share = |count: u64| (u128::from(count) * u128::from(WEIGHT) / u128::from(instructions)) as u64;
    runs.iter_mut().flatten().for_each(|(_, count)| *count = share(*count));
    Ok(Program { name: name.to_owned(), instructions, runs })
}

fn runs(image: &Image<'_>, count: impl Fn(usize) -> u64) -> Vec<Run> {
    let (mut runs, mut run) = (Vec::new(), Run::new());
    for func in image.code_funcs() {
        let code = &image.code()[..func.end as usize];
        let mut at = func.entry as usize;
        while at < code.len() {
            let instruction = decode(code, at).expect("translated code is whole instructions");
            let count = count(at);
            if count > 0 {
                run.push((code[at], count));
            }
            at += instruction.len;
            let goes_on = instruction.row.get().shape.can_be_inside() && !func.block_starts.contains(at as u32);
            if !run.is_empty() && (count == 0 || !goes_on || at >= code.len()) {
                runs.push(std::mem::take(&mut run));
            }
        }
    }
    runs
}

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
