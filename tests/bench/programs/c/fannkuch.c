/* Fannkuch of nine, n times: most flips over all permutations; short loops over a small array, reversals. */
#include "guest.h"

__attribute__((noinline)) static u64 fannkuch(i32 n) {
    i32 permutation[16], flipped[16], count[16];
    i32 most = 0, checksum = 0, r = n;
    u32 index = 0;
    for (i32 i = 0; i < n; i++) permutation[i] = i;
    for (;;) {
        for (; r != 1; r--) count[r - 1] = r;
        for (i32 i = 0; i < n; i++) flipped[i] = permutation[i];
        i32 flips = 0;
        for (i32 first = flipped[0]; first; first = flipped[0], flips++)
            for (i32 low = 0, high = first; low < high; low++, high--) {
                i32 t = flipped[low];
                flipped[low] = flipped[high];
                flipped[high] = t;
            }
        if (flips > most) most = flips;
        checksum += index & 1 ? -flips : flips;
        for (;; r++) {
            if (r == n) return ((u64)(u32)checksum << 32) | (u32)most;
            i32 first = permutation[0];
            for (i32 i = 0; i < r; i++) permutation[i] = permutation[i + 1];
            permutation[r] = first;
            if (--count[r] > 0) break;
        }
        index++;
    }
}

RUN u64 run(i32 n) {
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        i32 size = 9;
        __asm__ volatile("" : "+r"(size)); /* or the compiler does it once */
        sum = fold(sum, fannkuch(size));
    }
    return sum;
}
