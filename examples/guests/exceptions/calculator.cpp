// A calculator whose errors are exceptions, thrown deep in its recursion: C++ without its runtime library, which the wasi
// packages of Debian lack. What the compiler asks of it is below.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Failure {
    const char *what;
    int place;
};

static Failure *caught;
static Failure failure;

extern "C" void *__cxa_begin_catch(void *exception) { return caught = (Failure *)exception; }
extern "C" void __cxa_end_catch() {}
extern "C" void __cxa_rethrow() { __builtin_wasm_throw(0, caught); }
namespace std { void terminate() noexcept { abort(); } }

[[noreturn]] __attribute__((noinline)) static void fail(const char *what, int place) {
    failure = {what, place};
    __builtin_wasm_throw(0, &failure);
}

struct Depth {
    static int now, most, left;
    Depth() { if (++now > most) most = now; }
    ~Depth() { now--; left++; }
};
int Depth::now, Depth::most, Depth::left;

struct Parser {
    const char *text, *at;
    int place() { return (int)(at - text); }
    void skip() { while (*at == ' ') at++; }
    double atom() {
        Depth depth;
        skip();
        if (*at == '(') {
            at++;
            double value = sum();
            skip();
            if (*at != ')') fail("expected )", place());
            at++;
            return value;
        }
        if (*at == '-') { at++; return -atom(); }
        if (*at < '0' || *at > '9') fail("expected a number", place());
        char *end;
        double value = strtod(at, &end);
        at = end;
        return value;
    }
    double product() {
        double value = atom();
        for (skip(); *at == '*' || *at == '/'; skip()) {
            int where = place();
            if (*at++ == '*') value *= atom();
            else {
                double by = atom();
                if (by == 0) fail("division by zero", where);
                value /= by;
            }
        }
        return value;
    }
    double sum() {
        double value = product();
        for (skip(); *at == '+' || *at == '-'; skip()) value = *at++ == '+' ? value + product() : value - product();
        return value;
    }
};

static int failures;

__attribute__((noinline)) static double evaluate(const char *line) {
    Parser parser = {line, line};
    double value = parser.sum();
    parser.skip();
    if (*parser.at) fail("unexpected character", parser.place());
    return value;
}

__attribute__((noinline)) static double counted(const char *line) {
    try {
        return evaluate(line);
    } catch (...) {
        failures++;
        throw;
    }
}

__attribute__((noinline)) static void line_of(const char *line) {
    try {
        printf("%g\n", counted(line));
    } catch (...) {
        printf("%*s^ %s\n", caught->place, "", caught->what);
    }
}

int main() {
    char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        line_of(line);
    }
    printf("%d failures, at most %d deep, %d at the end, %d left\n", failures, Depth::most, Depth::now, Depth::left);
}
