//! A way around a fault of wasmi 2.0.0: where `i32.eqz`, or `i32.eq` with zero, is the condition of a `select`,
//! it always takes the first value. wasmi gets modules in which such a condition is computed by `lt_u`; Sheave gets
//! them as they are.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Function, Instruction, Module, RawSection};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// The module with other instructions for the conditions that wasmi gets wrong.
///
/// # Panics
/// If the module is not well-formed.
pub fn around_faults(wasm: &[u8]) -> Vec<u8> {
    let mut module = Module::new();
    let (mut code, mut bodies_count) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a well-formed module") {
            Payload::CodeSectionStart { count, .. } => bodies_count = count,
            Payload::CodeSectionEntry(body) => {
                code.function(&function(&body).expect("a well-formed body"));
                if code.len() == bodies_count {
                    module.section(&code);
                }
            }
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    module.section(&RawSection { id, data: &wasm[range.start as usize..range.end as usize] });
                }
            }
        }
    }
    module.finish()
}

fn function(body: &FunctionBody<'_>) -> wasmparser::Result<Function> {
    let locals: Vec<_> = body.get_locals_reader()?.into_iter().collect::<wasmparser::Result<_>>()?;
    let known = "a type or operator that wasm-encoder knows";
    let locals = locals.into_iter().map(|(count, ty)| (count, RoundtripReencoder.val_type(ty).expect(known)));
    let mut function = Function::new(locals);
    let mut operators = body.get_operators_reader()?.into_iter().peekable();
    while let Some(operator) = operators.next() {
        let operator = operator?;
        let is_condition = matches!(
            operators.peek(),
            Some(Ok(Operator::Select | Operator::TypedSelect { .. } | Operator::TypedSelectMulti { .. }))
        );
        let detour: &[Instruction<'_>] = match operator {
            Operator::I32Eqz if is_condition => &[Instruction::I32Const(1), Instruction::I32LtU],
            Operator::I32Eq if is_condition => &[Instruction::I32Xor, Instruction::I32Const(1), Instruction::I32LtU],
            _ => &[],
        };
        for instruction in detour {
            function.instruction(instruction);
        }
        if detour.is_empty() {
            function.instruction(&RoundtripReencoder.instruction(operator).expect(known));
        }
    }
    Ok(function)
}

#[cfg(test)]
mod tests {
    use super::around_faults;
    use wasmi::{Engine, Linker, Module, Store};

    fn call(wasm: &[u8]) -> i32 {
        let mut store = Store::new(&Engine::default(), ());
        let module = Module::new(store.engine(), wasm).unwrap();
        let instance = Linker::new(store.engine()).instantiate_and_start(&mut store, &module).unwrap();
        instance.get_typed_func::<i32, i32>(&store, "f").unwrap().call(&mut store, 5).unwrap()
    }

    /// Fails when wasmi is mended: then this file can go.
    #[test]
    fn wasmi_needs_the_detour_and_it_helps() {
        for condition in ["i32.eqz (local.get 0)", "i32.eq (local.get 0) (i32.const 0)"] {
            let text = format!(
                r#"(module (func (export "f") (param i32) (result i32) (select (i32.const 1) (local.get 0) ({condition}))))"#
            );
            let wasm = wat::parse_str(text).unwrap();
            assert_eq!((call(&wasm), call(&around_faults(&wasm))), (1, 5), "{condition}");
        }
    }
}
