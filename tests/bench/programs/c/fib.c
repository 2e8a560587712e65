/* Naive Fibonacci of n: direct calls and returns, little else. */
#include "guest.h"

__attribute__((noinline)) static u32 fib(u32 n) {
    if (n < 2) return n;
    u32 left = fib(n - 1);
    __asm__ volatile("" : "+r"(left)); /* keep both calls: no recursion turned into a loop */
    return left + fib(n - 2);
}

RUN u64 run(i32 n) { return fib((u32)n); }
