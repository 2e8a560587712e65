//! A calculator with a stack and words that can be defined: a small Forth. Stack, words and their names live on a heap (crate `alloc`) of
//! 1.5 KiB; what is defined anew is freed. The exit code is the number of lines with an error.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::fmt::Write;
use linked_list_allocator::LockedHeap;
use small_guests::Console;

/// What is computed, line by line.
const PROGRAM: &str = "\
: square dup * ;
: cube dup square * ;
12 cube 3 square + .
: squares 1 begin dup 9 < while dup square . 1 + repeat drop ;
squares
: gcd begin dup while swap over mod repeat drop ;
1071 462 gcd .
: fib dup 2 < if else dup 1 - fib swap 2 - fib + then ;
20 fib .
: square drop 0 ;
12 cube .
1 0 /
+
: endless endless 1 + ; endless
frob
";
const HEAP_BYTES: usize = 1536;
/// How deep words may call words.
const DEPTH_MAX: usize = 30;

#[global_allocator]
static HEAP: LockedHeap = LockedHeap::empty();

#[derive(Clone, Copy)]
enum Op {
    Push(i32),
    /// A word of the dictionary.
    Call(u16),
    /// A place in `BUILTINS`.
    Builtin(u8),
    Jump(u16),
    JumpIfZero(u16),
}

const BUILTINS: [&str; 11] = ["+", "-", "*", "/", "mod", "<", "dup", "drop", "swap", "over", "."];

struct Word {
    name: String,
    code: Rc<[Op]>,
}

enum Problem {
    Empty,
    Unknown,
    Unfinished,
    Division,
    Deep,
}

impl Problem {
    fn text(&self) -> &'static str {
        match self {
            Problem::Empty => "the stack is empty",
            Problem::Unknown => "unknown word",
            Problem::Unfinished => "unfinished definition",
            Problem::Division => "division by zero",
            Problem::Deep => "words call each other too deeply",
        }
    }
}

#[derive(Default)]
struct Calculator {
    stack: Vec<i32>,
    words: Vec<Word>,
    /// Who called what is being executed, and where to go on. Its capacity is there from the start: a vector that grows leaves holes.
    calls: Vec<(Rc<[Op]>, usize)>,
    /// Whether a line of output is begun.
    has_printed: bool,
}

impl Calculator {
    fn line(&mut self, line: &str) -> Result<(), Problem> {
        let mut tokens = line.split_ascii_whitespace();
        while let Some(token) = tokens.next() {
            if token == ":" {
                let name = tokens.next().ok_or(Problem::Unfinished)?;
                let index = self.index(name).unwrap_or_else(|| {
                    self.words.push(Word { name: name.into(), code: Rc::new([]) });
                    self.words.len() - 1
                });
                self.words[index].code = self.compile(&mut tokens)?;
            } else {
                let op = self.op(token)?;
                self.execute(Rc::new([op]))?;
            }
        }
        Ok(())
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.words.iter().position(|word| word.name == name)
    }

    /// A word that is no keyword.
    fn op(&self, token: &str) -> Result<Op, Problem> {
        if let Some(index) = self.index(token) {
            return Ok(Op::Call(index as u16));
        }
        if let Some(index) = BUILTINS.iter().position(|name| *name == token) {
            return Ok(Op::Builtin(index as u8));
        }
        token.parse().map(Op::Push).map_err(|_| Problem::Unknown)
    }

    /// Up to the semicolon.
    fn compile<'a>(&self, tokens: &mut impl Iterator<Item = &'a str>) -> Result<Rc<[Op]>, Problem> {
        let (mut code, mut open) = (Vec::new(), Vec::new());
        for token in tokens {
            let here = code.len();
            match token {
                ";" => return Ok(code.into()),
                "if" | "while" => {
                    open.push(here);
                    code.push(Op::JumpIfZero(0));
                }
                "else" => {
                    let start = open.pop().ok_or(Problem::Unfinished)?;
                    code.push(Op::Jump(0));
                    code[start] = Op::JumpIfZero(here as u16 + 1);
                    open.push(here);
                }
                "then" => {
                    let start: usize = open.pop().ok_or(Problem::Unfinished)?;
                    code[start] = match code[start] {
                        Op::Jump(_) => Op::Jump(here as u16),
                        _ => Op::JumpIfZero(here as u16),
                    };
                }
                "begin" => open.push(here),
                "repeat" => {
                    let start = open.pop().ok_or(Problem::Unfinished)?;
                    let begin = open.pop().ok_or(Problem::Unfinished)?;
                    code[start] = Op::JumpIfZero(here as u16 + 1);
                    code.push(Op::Jump(begin as u16));
                }
                token => code.push(self.op(token)?),
            }
        }
        Err(Problem::Unfinished)
    }

    fn execute(&mut self, code: Rc<[Op]>) -> Result<(), Problem> {
        let (mut code, mut at) = (code, 0);
        loop {
            let Some(op) = code.get(at) else {
                let Some(caller) = self.calls.pop() else { return Ok(()) };
                (code, at) = caller;
                continue;
            };
            at += 1;
            match *op {
                Op::Push(number) => self.stack.push(number),
                Op::Builtin(index) => self.builtin(BUILTINS[usize::from(index)])?,
                Op::Jump(to) => at = to.into(),
                Op::JumpIfZero(to) => {
                    if self.pop()? == 0 {
                        at = to.into();
                    }
                }
                Op::Call(index) => {
                    if self.calls.len() == DEPTH_MAX {
                        return Err(Problem::Deep);
                    }
                    let callee = Rc::clone(&self.words[usize::from(index)].code);
                    self.calls.push((core::mem::replace(&mut code, callee), at));
                    at = 0;
                }
            }
        }
    }

    fn pop(&mut self) -> Result<i32, Problem> {
        self.stack.pop().ok_or(Problem::Empty)
    }

    fn builtin(&mut self, name: &str) -> Result<(), Problem> {
        let b = self.pop()?;
        match name {
            "dup" => self.stack.extend([b, b]),
            "drop" => {}
            "." => {
                let _ = write!(Console, "{b} ");
                self.has_printed = true;
            }
            _ => {
                let a = self.pop()?;
                match name {
                    "+" => self.stack.push(a.wrapping_add(b)),
                    "-" => self.stack.push(a.wrapping_sub(b)),
                    "*" => self.stack.push(a.wrapping_mul(b)),
                    "/" => self.stack.push(a.checked_div(b).ok_or(Problem::Division)?),
                    "mod" => self.stack.push(a.checked_rem(b).ok_or(Problem::Division)?),
                    "<" => self.stack.push((a < b).into()),
                    "swap" => self.stack.extend([b, a]),
                    _ => self.stack.extend([a, b, a]),
                }
            }
        }
        Ok(())
    }
}

#[unsafe(no_mangle)]
extern "C" fn run() -> i32 {
    static mut BYTES: [u8; HEAP_BYTES] = [0; HEAP_BYTES];
    // SAFETY: `run` is called once, before anything is allocated, and nothing else names these bytes.
    unsafe { HEAP.lock().init((&raw mut BYTES).cast(), HEAP_BYTES) };
    let mut calculator = Calculator { calls: Vec::with_capacity(DEPTH_MAX), ..Calculator::default() };
    let mut problems = 0;
    for line in PROGRAM.lines() {
        let done = calculator.line(line);
        if let Err(problem) = done {
            problems += 1;
            calculator.stack.clear();
            calculator.calls.clear();
            let _ = writeln!(Console, "{line}: {}", problem.text());
        } else if core::mem::take(&mut calculator.has_printed) {
            let _ = writeln!(Console);
        }
    }
    let heap = HEAP.lock();
    let _ = writeln!(Console, "{} words, {} of {HEAP_BYTES} bytes of heap in use", calculator.words.len(), heap.used());
    problems
}
