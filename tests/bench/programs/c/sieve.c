/* Sieve of Eratosthenes up to n: byte stores with a stride, byte loads, counting. */
#include "guest.h"

RUN u64 run(i32 n) {
    u8 *composite = malloc((size_t)n + 1);
    memset(composite, 0, (size_t)n + 1);
    u32 count = 0, last = 0;
    for (u32 i = 2; i <= (u32)n; i++) {
        if (composite[i]) continue;
        count++;
        last = i;
        if ((u64)i * i > (u64)n) continue;
        for (u32 j = i * i; j <= (u32)n; j += i) composite[j] = 1;
    }
    free(composite);
    return ((u64)count << 32) | last;
}
