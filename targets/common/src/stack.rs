//! How much of the native stack a program has used: what is free is filled with a pattern, and later the pattern is looked for.
//!
//! The linker script (a board's memory.x) says where the stack is; it grows down from `_stack_start` to `_stack_end`.

use core::ptr;

const PATTERN: u32 = 0xa5a5_a5a5;
/// What the function that fills may itself use, and more.
const MARGIN_BYTES: usize = 256;

/// What the frame of [`measure`] may have below the variable it looks at.
const MEASURE_MARGIN_BYTES: usize = 96;

unsafe extern "C" {
    static mut _stack_end: u32;
    static _stack_start: u32;
}

/// The part of the stack that was free when it was filled.
pub struct Painted {
    words: usize,
}

/// Fills what is free of the stack.
#[inline(never)]
pub fn paint() -> Painted {
    let here = 0_u32;
    let end = (&raw mut _stack_end).addr();
    let words = (&raw const here).addr().saturating_sub(end + MARGIN_BYTES) / 4;
    for i in 0..words {
        // SAFETY: the word lies between the end of the stack and this function's frame, less a margin: nobody's.
        unsafe { ptr::write_volatile((&raw mut _stack_end).add(i), PATTERN) };
    }
    Painted { words }
}

impl Painted {
    /// The most bytes that the stack has held, from its start on.
    pub fn stack_bytes(&self) -> usize {
        // SAFETY: the words were filled by `paint`; what has become of them is a word again.
        let is_free = |i: &usize| unsafe { ptr::read_volatile((&raw const _stack_end).add(*i)) } == PATTERN;
        let free = (0..self.words).take_while(is_free).count();
        (&raw const _stack_start).addr() - (&raw const _stack_end).addr() - 4 * free
    }
}

/// The most bytes of native stack that `run` takes below the function that calls this.
#[inline(never)]
pub fn measure(run: impl FnOnce()) -> usize {
    let here = 0_u32;
    let end = (&raw mut _stack_end).addr();
    // From here on down nothing is in use but, while it runs, the frame of what fills: so the margin is small.
    let words = (&raw const here).addr().saturating_sub(end + MEASURE_MARGIN_BYTES) / 4;
    for i in 0..words {
        // SAFETY: the word lies between the end of the stack and this function's frame, less a margin: nobody's.
        unsafe { ptr::write_volatile((&raw mut _stack_end).add(i), PATTERN) };
    }
    apart(run);
    let painted = Painted { words };
    let base = (&raw const _stack_start).addr() - (&raw const here).addr();
    painted.stack_bytes().saturating_sub(base)
}

/// Not in [`measure`], in whose frame the locals of `run` would be above where measuring begins.
#[inline(never)]
fn apart(run: impl FnOnce()) {
    run();
}
