/* A plugin for QEMU 7.2 and 8 (plugin API 1): writes how many guest instructions were executed between two marks, one line of
 * decimal digits for each pair, to the file named by the argument `out`. The marks themselves are not counted. With `symbols=1` a
 * line `symbol COUNT NAME` follows for each function that was executed in between.
 *
 * Marks are instructions that change nothing and that no compiler emits (targets/common/src/bench.rs):
 *            begin              end
 *   Thumb     mov r10, r10       mov r11, r11
 *   RISC-V    slti x0, x0, 1     slti x0, x0, 2
 *
 * What of QEMU's interface is used is declared here, so that no header has to be installed. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct info {
    const char *target_name;
    /* More follows, which is not read. */
};
enum { NO_REGISTERS = 0, ADD = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);

EXPORT int qemu_plugin_version = 1;

/* Instructions executed so far, and at the last mark that began. */
static uint64_t executed, begun;
static bool is_riscv, is_inside;
static FILE *out;

enum { SYMBOLS_MAX = 4096 };
static bool wants_symbols;
static size_t symbols_count;
static struct {
    const char *name;
    uint64_t executed, begun, inside;
} symbols[SYMBOLS_MAX];

/* Marks are not counted: `translated` leaves them out. */
static void begin(unsigned cpu, void *unused) {
    (void)cpu, (void)unused;
    is_inside = true;
    begun = executed;
    for (size_t i = 0; i < symbols_count; i++) symbols[i].begun = symbols[i].executed;
}

static void end(unsigned cpu, void *unused) {
    (void)cpu, (void)unused;
    if (!is_inside) return;
    is_inside = false;
    fprintf(out, "%llu\n", (unsigned long long)(executed - begun));
    for (size_t i = 0; i < symbols_count; i++) symbols[i].inside += symbols[i].executed - symbols[i].begun;
}

/* Counter of the function that an instruction belongs to. QEMU keeps the names. */
static uint64_t *symbol(const struct qemu_plugin_insn *insn) {
    const char *name = qemu_plugin_insn_symbol(insn);
    if (!name) name = "?";
    size_t i = 0;
    while (i < symbols_count && strcmp(symbols[i].name, name) != 0) i++;
    if (i == SYMBOLS_MAX) return &symbols[SYMBOLS_MAX - 1].executed;
    if (i == symbols_count) symbols[symbols_count++].name = name;
    return &symbols[i].executed;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const size_t size = qemu_plugin_insn_size(insn);
        const uint8_t *bytes = qemu_plugin_insn_data(insn);
        uint32_t word = 0;
        for (size_t k = 0; k < size && k < 4; k++) word |= (uint32_t)bytes[k] << (8 * k);
        const bool begins = is_riscv ? size == 4 && word == 0x00102013 : size == 2 && word == 0x46d2;
        const bool ends = is_riscv ? size == 4 && word == 0x00202013 : size == 2 && word == 0x46db;
        if (begins || ends) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, begins ? begin : end, NO_REGISTERS, NULL);
            continue;
        }
        qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD, &executed, 1);
        if (wants_symbols) qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD, symbol(insn), 1);
    }
}

static void finish(plugin_id id, void *unused) {
    (void)id, (void)unused;
    for (size_t i = 0; i < symbols_count; i++)
        if (symbols[i].inside) fprintf(out, "symbol %llu %s\n", (unsigned long long)symbols[i].inside, symbols[i].name);
    fclose(out);
}

EXPORT int qemu_plugin_install(plugin_id id, const struct info *info, int argc, char **argv) {
    is_riscv = strncmp(info->target_name, "riscv", 5) == 0;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) out = fopen(argv[i] + 4, "w");
        if (strcmp(argv[i], "symbols=1") == 0 || strcmp(argv[i], "symbols=on") == 0) wants_symbols = true;
    }
    if (!out) {
        fputs("counter: no file `out=FILE` to write to\n", stderr);
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
