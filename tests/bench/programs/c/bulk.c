/* Blocks of 8 bytes to 32 KiB copied, moved and filled inside 1 MiB, n times: memory.copy and memory.fill, short and long. */
#include "guest.h"

enum { BYTES = 1 << 20 };
static u8 arena[BYTES];

RUN u64 run(i32 n) {
    random_seed(19);
    for (u32 i = 0; i < BYTES; i += 4) {
        u32 word = random_next();
        __builtin_memcpy(arena + i, &word, 4);
    }
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        u32 bytes = 8u << (random_next() % 13);
        bytes -= random_next() % 8;
        u32 from = random_next() % (BYTES - 32768), to = random_next() % (BYTES - 32768);
        switch (random_next() % 8) {
            case 0: memset(arena + to, (int)(random_next() & 255), bytes); break;
            case 1: memmove(arena + from + 5, arena + from, bytes); break; /* overlaps */
            default: memmove(arena + to, arena + from, bytes); break;
        }
        for (u32 k = 0; k < 16; k++) { /* many short ones between the long ones, as programs have them */
            u32 at = (to + k * 1024) & (BYTES - 64);
            memmove(arena + at, arena + at + 24, 16 + k);
        }
        sum = fold(sum, arena[to] | (u32)arena[(to + bytes / 2) & (BYTES - 1)] << 8);
    }
    return sum;
}
