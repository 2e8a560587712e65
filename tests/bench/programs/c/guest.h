/* What every C program of the benchmark starts from: integer names, a small allocator, memcpy and friends, a random
 * generator. No libc and no imports, so each engine runs the modules in the same way. Compiled for the host
 * (`build.sh check`) the C library's functions are used and `main` prints the checksum.
 * Rule for programs: the checksum may not depend on addresses or on the size of a pointer. */
#ifndef GUEST_H
#define GUEST_H
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#ifdef __wasm__
#define RUN __attribute__((export_name("run")))

static inline void *memcpy(void *to, const void *from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
static inline void *memmove(void *to, const void *from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
static inline void *memset(void *to, int byte, size_t bytes) { return __builtin_memset(to, byte, bytes); }

/* Allocator: power-of-two classes from 16 bytes up, one free list a class, fresh blocks cut from the end of memory.
 * The class is kept in the eight bytes before the block. */
extern u8 __heap_base;
static uintptr_t heap_end;
static void *free_lists[32];

static inline void *cut(size_t bytes) {
    if (!heap_end) heap_end = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
    uintptr_t start = heap_end;
    heap_end += bytes;
    uintptr_t limit = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
    if (heap_end > limit && __builtin_wasm_memory_grow(0, (heap_end - limit + 0xffff) >> 16) == (size_t)-1) __builtin_trap();
    return (void *)start;
}

static inline void *malloc(size_t bytes) {
    u32 class = bytes <= 8 ? 4 : 32 - (u32)__builtin_clz((u32)bytes + 7);
    void *block = free_lists[class];
    if (block) free_lists[class] = *(void **)((u8 *)block + 8);
    else block = cut((size_t)1 << class);
    *(u32 *)block = class;
    return (u8 *)block + 8;
}

static inline void free(void *pointer) {
    if (!pointer) return;
    u8 *block = (u8 *)pointer - 8;
    u32 class = *(u32 *)block;
    *(void **)pointer = free_lists[class];
    free_lists[class] = block;
}
#else
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define RUN
u64 run(i32 n);
int main(int argc, char **argv) {
    (void)argc;
    printf("%lld\n", (long long)run(atoi(argv[1])));
    return 0;
}
#endif

/* xorshift32, seeded the same way in every run. */
static u32 random_state;
static inline void random_seed(u32 seed) { random_state = seed * 2654435761u | 1; }
static inline u32 random_next(void) {
    u32 x = random_state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return random_state = x;
}

/* Folds a value into a checksum. */
static inline u64 fold(u64 sum, u64 value) { return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29); }
static inline u64 double_bits(double value) {
    u64 bits;
    __builtin_memcpy(&bits, &value, 8);
    return bits;
}
#endif
