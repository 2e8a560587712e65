//! Kernel `interpreter`: a byte-code machine with a stack of values, as scripts on small devices have one, and a program for it.

const PUSH: u8 = 0;
const LOAD: u8 = 1;
const STORE: u8 = 2;
const ADD: u8 = 3;
const MUL: u8 = 4;
const SHR: u8 = 5;
const AND: u8 = 6;
const LESS: u8 = 7;
const JUMP: u8 = 8;
const JUMP_IF_ZERO: u8 = 9;
const HALT: u8 = 10;

/// Counts the steps to 1 of `x = x odd ? 3x + 1 : x / 2`. Locals: start, x, steps, limit of starts. Jumps are to the index in front.
#[rustfmt::skip]
static PROGRAM: [u8; 65] = [
    PUSH, 1, STORE, 0,
    /* 4 */ LOAD, 0, LOAD, 3, LESS, JUMP_IF_ZERO, 64, LOAD, 0, STORE, 1,
    /* 15 */ PUSH, 1, LOAD, 1, LESS, JUMP_IF_ZERO, 55,
    LOAD, 1, PUSH, 1, AND, JUMP_IF_ZERO, 39, LOAD, 1, PUSH, 3, MUL, PUSH, 1, ADD, JUMP, 44,
    /* 39 */ LOAD, 1, PUSH, 1, SHR,
    /* 44 */ STORE, 1, LOAD, 2, PUSH, 1, ADD, STORE, 2, JUMP, 15,
    /* 55 */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 4,
    /* 64 */ HALT,
];

/// Steps of all starts below `limit`, and how many instructions they took.
pub fn collatz(limit: u32) -> u32 {
    let mut locals = [0, 0, 0, limit];
    let executed = execute(&PROGRAM, &mut locals);
    executed ^ locals[2].rotate_left(16)
}

/// Runs a program; gives how many instructions it took.
fn execute(program: &[u8], locals: &mut [u32; 4]) -> u32 {
    let (mut stack, mut top, mut at, mut executed) = ([0_u32; 16], 0, 0, 0);
    loop {
        let (operation, operand) = (program[at], *program.get(at + 1).unwrap_or(&0));
        (at, executed) = (at + 1, executed + 1);
        match operation {
            PUSH | LOAD => {
                stack[top & 15] = if operation == PUSH { operand.into() } else { locals[usize::from(operand & 3)] };
                (top, at) = (top + 1, at + 1);
            }
            STORE => {
                (top, at) = (top - 1, at + 1);
                locals[usize::from(operand & 3)] = stack[top & 15];
            }
            ADD | MUL | SHR | AND | LESS => {
                top -= 1;
                let (a, b) = (stack[(top - 1) & 15], stack[top & 15]);
                stack[(top - 1) & 15] = match operation {
                    ADD => a.wrapping_add(b),
                    MUL => a.wrapping_mul(b),
                    SHR => a >> (b & 31),
                    AND => a & b,
                    _ => (a < b).into(),
                };
            }
            JUMP => at = operand.into(),
            JUMP_IF_ZERO => {
                top -= 1;
                at = if stack[top & 15] == 0 { operand.into() } else { at + 1 };
            }
            _ => return executed,
        }
    }
}
