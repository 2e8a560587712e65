/* Ackermann(2, n) and a mutual recursion with many parameters: deep call stacks, argument passing. */
#include "guest.h"

__attribute__((noinline)) static u32 ackermann(u32 m, u32 n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    u32 inner = ackermann(m, n - 1);
    __asm__ volatile("" : "+r"(inner));
    return ackermann(m - 1, inner);
}

static u64 odd(u32 depth, u64 a, u32 b, u64 c, u32 d, u32 e);
__attribute__((noinline)) static u64 even(u32 depth, u64 a, u32 b, u64 c, u32 d, u32 e) {
    if (depth == 0) return a ^ c ^ b ^ d ^ e;
    return odd(depth - 1, a + b, b ^ e, c * 3 + d, d + 1, e - b) + 1;
}
__attribute__((noinline)) static u64 odd(u32 depth, u64 a, u32 b, u64 c, u32 d, u32 e) {
    if (depth == 0) return a + c + b + d + e;
    return even(depth - 1, a ^ c, b + 7, c - a, d ^ b, e + d) ^ 5;
}

RUN u64 run(i32 n) {
    u64 sum = 0;
    for (i32 i = 0; i < n; i++) {
        sum = fold(sum, ackermann(2, 100 + (i & 7)));
        for (u32 k = 0; k < 20; k++) sum = fold(sum, even(500 + k, sum, k, sum >> 7, (u32)i, 3));
    }
    return sum;
}
