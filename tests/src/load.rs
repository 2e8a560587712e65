//! Large modules made in memory, and loading with a bound on what that may take.

use crate::allocator::bounded;
use sheave::{Engine, Error, Instance, Module, Store};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, TypeSection, ValType,
};

/// Bytes of a mebibyte.
pub const MIB: usize = 1 << 20;

/// A module of one function `run` with this type and code.
pub fn single(params: &[ValType], results: &[ValType], locals: &[(u32, ValType)], code: &[Instruction<'_>]) -> Vec<u8> {
    let mut function = Function::new(locals.iter().copied());
    for instruction in code {
        function.instruction(instruction);
    }
    function.instruction(&Instruction::End);
    let (mut types, mut functions, mut exports, mut codes) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    types.ty().function(params.iter().copied(), results.iter().copied());
    functions.function(0);
    exports.export("run", ExportKind::Func, 0);
    codes.function(&function);
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&exports).section(&codes);
    module.finish()
}

/// Loads a module with so much memory, reloads its image, instantiates it, and calls `run` if there is one without parameters.
///
/// # Errors
/// Whatever refuses or stops it.
///
/// # Panics
/// If it took more memory, or the image is refused.
pub fn load_and_run(wasm: &[u8], max_bytes: usize) -> Result<(), Error> {
    let (result, peak) = bounded(max_bytes, || {
        let engine = Engine::default();
        let module = Module::new(&engine, wasm)?;
        let reloaded = Module::from_image(&engine, module.image());
        assert!(reloaded.is_ok(), "an image of our own is refused: {reloaded:?}");
        drop(module);
        run(&reloaded?, &engine)
    });
    assert!(peak <= max_bytes, "{peak} bytes");
    result
}

fn run(module: &Module, engine: &Engine) -> Result<(), Error> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    match instance.get_typed_func::<(), ()>(&store, "run") {
        Ok(run) => run.call(&mut store, ()),
        Err(_) => Ok(()),
    }
}
