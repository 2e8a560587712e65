// brainfuck FILE: runs a Brainfuck program, which reads stdin and writes stdout. Runs of + - < > become one instruction, as do [-] and
// the copy loops like [->+>++<<]; brackets are resolved before the run. Cells are bytes that wrap; the end of input gives 0.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CODE_MAX = 1 << 16, TAPE_LENGTH = 1 << 16 };

typedef enum { ADD, MOVE, CLEAR, MULTIPLY, OUTPUT, INPUT, OPEN, CLOSE, STOP } Operation;

// `offset` is relative to the pointer; `value` is the addend, the distance, the factor, or the index of the other bracket.
typedef struct {
    Operation operation;
    int offset;
    int value;
} Instruction;

static Instruction code[CODE_MAX];
static int count;
static uint8_t tape[TAPE_LENGTH];

_Noreturn static void fail(const char *message) {
    printf("error: %s\n", message);
    exit(1);
}

static void emit(Operation operation, int offset, int value) {
    if (count == CODE_MAX) fail("program too long");
    code[count++] = (Instruction){operation, offset, value};
}

// Adds to the last instruction if it is of the same kind.
static void accumulate(Operation operation, int value) {
    if (count && code[count - 1].operation == operation) code[count - 1].value += value;
    else emit(operation, 0, value);
}

// A loop of ADD and MOVE only, which comes back to where it began and takes one from its own cell there, is a set of multiplications.
static int simplify(int open) {
    int position = 0, own = 0;
    for (int i = open + 1; i < count; i++) {
        if (code[i].operation == MOVE) position += code[i].value;
        else if (code[i].operation == ADD && position == 0) own += code[i].value;
        else if (code[i].operation != ADD) return 0;
    }
    if (position != 0 || own != -1) return 0;
    int end = count, next = open;
    for (int i = open + 1; i < end; i++) {              // each ADD takes one place at or before its own
        Instruction instruction = code[i];
        if (instruction.operation == MOVE) position += instruction.value;
        else if (position != 0) code[next++] = (Instruction){MULTIPLY, position, instruction.value};
    }
    count = next;
    emit(CLEAR, 0, 0);
    return 1;
}

static void compile(FILE *file) {
    static int open[CODE_MAX];
    int depth = 0;
    for (int c = getc(file); c != EOF; c = getc(file)) {
        switch (c) {
        case '+': accumulate(ADD, 1); break;
        case '-': accumulate(ADD, -1); break;
        case '>': accumulate(MOVE, 1); break;
        case '<': accumulate(MOVE, -1); break;
        case '.': emit(OUTPUT, 0, 0); break;
        case ',': emit(INPUT, 0, 0); break;
        case '[':
            open[depth++] = count;                      // no deeper than instructions
            emit(OPEN, 0, 0);
            break;
        case ']':
            if (depth == 0) fail("] without [");
            depth--;
            if (!simplify(open[depth])) {
                code[open[depth]].value = count;
                emit(CLOSE, 0, open[depth]);
            }
            break;
        }
    }
    if (depth) fail("[ without ]");
    emit(STOP, 0, 0);
}

static uint8_t *at(int position) {
    if (position < 0 || position >= TAPE_LENGTH) fail("the pointer left the tape");
    return &tape[position];
}

static void run(void) {
    int pointer = 0;
    for (const Instruction *next = code;; next++) {
        switch (next->operation) {
        case ADD: *at(pointer) += (uint8_t)next->value; break;
        case MOVE: pointer += next->value; break;
        case CLEAR: *at(pointer) = 0; break;
        case MULTIPLY:
            if (*at(pointer)) *at(pointer + next->offset) += (uint8_t)(*at(pointer) * next->value);
            break;
        case OUTPUT: putchar(*at(pointer)); break;
        case INPUT: {
            int c = getchar();
            *at(pointer) = c == EOF ? 0 : (uint8_t)c;
            break;
        }
        case OPEN:
            if (!*at(pointer)) next = code + next->value;
            break;
        case CLOSE:
            if (*at(pointer)) next = code + next->value;
            break;
        case STOP: return;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 2) fail("usage: brainfuck FILE");
    FILE *file = fopen(argv[1], "r");
    if (!file) fail("cannot open the program");
    compile(file);
    fclose(file);
    run();
    return 0;
}
