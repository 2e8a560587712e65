//! The body of `bench`: runs the kernels of `sheave-kernels` as native code, by Sheave at both levels, and, with feature `wasmi`, by
//! wasmi. Instructions that put no value anywhere stand around each run; the emulator counts what is executed between them
//! (`cargo xtask board bench`), so that the board needs no clock and a count is the same in every run.
//!
//! A run is one call by the host: finding the export and checking arguments is counted, loading is not. Each prints a line,
//! `bench ENGINE KERNEL CHECKSUM`, in the order of the counts.

use crate::{Board, EXIT_TRAP, Write, exit};
use core::{arch::asm, hint::black_box};
use sheave::arena::{Error, Limits, Module, Store, Val};
use sheave_kernels::KERNELS;

/// Guest stack of Sheave: no kernel needs more, and the board with the least RAM has no more.
const GUEST_STACK_BYTES: usize = 768;

/// An image of the kernels, and how its engine is called.
pub struct Program {
    /// As in the tables.
    pub engine: &'static str,
    /// The image, aligned as `sheave::include_image!` does.
    pub image: &'static [u8],
}

/// Runs all kernels by all engines.
pub fn run<C: Write>(board: Board<C>, programs: &[Program]) -> ! {
    let Board { mut console, arena, .. } = board;
    native(&mut console);
    for program in programs {
        if let Err(error) = sheave(&mut console, arena, program) {
            let _ = writeln!(console, "error: {}: {error}", program.engine);
            exit(EXIT_TRAP)
        }
    }
    #[cfg(feature = "wasmi")]
    if let Err(error) = wasmi(&mut console, arena) {
        let _ = writeln!(console, "error: wasmi: {error}");
        exit(EXIT_TRAP)
    }
    exit(0)
}

/// Runs the kernels as they were compiled for the board. They use most of the smallest board's stack: no frame of another part may be there.
#[inline(never)]
fn native<C: Write>(console: &mut C) {
    for kernel in KERNELS {
        let n = black_box(kernel.n);
        report(console, "native", kernel.name, counted(|| (kernel.run)(n)));
    }
}

/// Runs the kernels in an image.
#[inline(never)]
fn sheave<C: Write>(console: &mut C, arena: &mut [u8], program: &Program) -> Result<(), Error> {
    let module = Module::from_image(program.image)?;
    let limits = Limits { stack_bytes: GUEST_STACK_BYTES, ..Limits::default() };
    let mut store = Store::new(arena, limits, &[], ())?;
    let instance = store.instantiate(&module)?;
    for kernel in KERNELS {
        let mut results = [Val::I32(0)];
        counted(|| store.call(instance, kernel.name, &[Val::I32(kernel.n as i32)], &mut results))?;
        if let [Val::I32(checksum)] = results {
            report(console, program.engine, kernel.name, checksum as u32);
        }
    }
    Ok(())
}

/// Runs the kernels by wasmi, which translates them first. The module is known to be valid, and this build of wasmi does not check it.
#[cfg(feature = "wasmi")]
fn wasmi<C: Write>(console: &mut C, arena: &'static mut [u8]) -> Result<(), wasmi::Error> {
    crate::heap::init(arena);
    let engine = wasmi::Engine::default();
    // SAFETY: valid, as `sheave compile` has found when it made the images of the same module.
    let module = unsafe { wasmi::Module::new_unchecked(&engine, include_bytes!("../kernels/kernels.wasm"))? };
    let mut store = wasmi::Store::new(&engine, ());
    let instance = <wasmi::Linker<()>>::new(&engine).instantiate_and_start(&mut store, &module)?;
    for kernel in KERNELS {
        let run = instance.get_typed_func::<u32, u32>(&store, kernel.name)?;
        let checksum = counted(|| run.call(&mut store, kernel.n))?;
        report(console, "wasmi", kernel.name, checksum);
    }
    Ok(())
}

fn report<C: Write>(console: &mut C, engine: &str, kernel: &str, checksum: u32) {
    // A console that fails leaves a line out, and the host, which counts them, says so.
    let _ = writeln!(console, "bench {engine} {kernel} {checksum:08x}");
}

/// Does `work` between the two marks that `xtask/src/board/counter.c` looks for.
#[inline(always)]
fn counted<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "arm")]
    // SAFETY: moves a register to itself.
    unsafe {
        asm!("mov r10, r10", options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: writes the register that is always 0.
    unsafe {
        asm!("slti x0, x0, 1", options(nostack, preserves_flags));
    }
    let result = black_box(work());
    #[cfg(target_arch = "arm")]
    // SAFETY: as above.
    unsafe {
        asm!("mov r11, r11", options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above.
    unsafe {
        asm!("slti x0, x0, 2", options(nostack, preserves_flags));
    }
    result
}
