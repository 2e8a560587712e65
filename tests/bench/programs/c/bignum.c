/* Factorial of n in base 2^32, then its decimal digits: 64-bit multiply with carry, 64-bit division and remainder. */
#include "guest.h"

RUN u64 run(i32 n) {
    u32 capacity = (u32)n * 2 + 16, length = 1;
    u32 *digits = malloc(capacity * sizeof(u32));
    digits[0] = 1;
    for (u32 factor = 2; factor <= (u32)n; factor++) {
        u64 carry = 0;
        for (u32 i = 0; i < length; i++) {
            carry += (u64)digits[i] * factor;
            digits[i] = (u32)carry;
            carry >>= 32;
        }
        if (carry) digits[length++] = (u32)carry;
    }
    u64 sum = 0;
    while (length) { /* nine decimal digits at a time */
        u64 rest = 0;
        for (u32 i = length; i-- > 0;) {
            rest = rest << 32 | digits[i];
            digits[i] = (u32)(rest / 1000000000u);
            rest %= 1000000000u;
        }
        while (length && !digits[length - 1]) length--;
        sum = fold(sum, rest);
    }
    free(digits);
    return sum;
}
