/* A byte-code interpreter that counts Collatz steps, for starts below n: a switch that becomes br_table, a value stack in memory. */
#include "guest.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, SHR, AND, LESS, JUMP, JUMP_IF_ZERO, HALT, DUP, SWAP, DROP, EQUAL };

/* for start in 1..limit { x = start; while x != 1 { x = x odd ? 3x+1 : x/2; steps += 1 } }   0: start 1: x 2: steps 3: limit */
static const u8 code[] = {
    PUSH, 1, STORE, 0,
    /* 4 */ LOAD, 0, LOAD, 3, LESS, JUMP_IF_ZERO, 60,
    /* 11 */ LOAD, 0, STORE, 1,
    /* 15 */ LOAD, 1, PUSH, 1, EQUAL, PUSH, 0, EQUAL, JUMP_IF_ZERO, 51,
    /* 25 */ LOAD, 1, DUP, PUSH, 1, AND, JUMP_IF_ZERO, 39,
    /* 33 */ PUSH, 3, MUL, PUSH, 1, ADD, /* 39: falls through into the shift, an odd step and a half step in one */ PUSH, 1, SHR, STORE, 1,
    /* 44 */ LOAD, 2, PUSH, 1, ADD, STORE, 2, /* 51 is reached by the loop's end as well */
    /* 51 */ LOAD, 1, PUSH, 2, LESS, JUMP_IF_ZERO, 15,
    /* 58 */ JUMP, 61,
    /* 60 */ HALT,
    /* 61 */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 4,
};

__attribute__((noinline)) static u32 interpret(const u8 *program, u32 *locals) {
    u32 stack[64], *top = stack, executed = 0;
    const u8 *at = program;
    for (;;) {
        executed++;
        switch (*at++) {
            case PUSH: *top++ = *at++; break;
            case LOAD: *top++ = locals[*at++]; break;
            case STORE: locals[*at++] = *--top; break;
            case ADD: top--; top[-1] += top[0]; break;
            case SUB: top--; top[-1] -= top[0]; break;
            case MUL: top--; top[-1] *= top[0]; break;
            case SHR: top--; top[-1] >>= top[0] & 31; break;
            case AND: top--; top[-1] &= top[0]; break;
            case LESS: top--; top[-1] = top[-1] < top[0]; break;
            case EQUAL: top--; top[-1] = top[-1] == top[0]; break;
            case JUMP: at = program + *at; break;
            case JUMP_IF_ZERO: top--; at = *top ? at + 1 : program + *at; break;
            case DUP: *top = top[-1]; top++; break;
            case SWAP: { u32 t = top[-1]; top[-1] = top[-2]; top[-2] = t; break; }
            case DROP: top--; break;
            default: return executed;
        }
    }
}

RUN u64 run(i32 n) {
    u32 locals[4] = {0, 0, 0, (u32)n};
    u32 executed = interpret(code, locals);
    return ((u64)executed << 32) | locals[2];
}
