/* SipHash-2-4 of keys from 1 to 64 bytes, n rounds of 64 keys: i64 add, rotate, xor; unaligned 64-bit loads. */
#include "guest.h"

static u64 rotate(u64 x, int by) { return x << by | x >> (64 - by); }

#define SIP_ROUND                                                       \
    do {                                                                \
        v0 += v1; v1 = rotate(v1, 13); v1 ^= v0; v0 = rotate(v0, 32);   \
        v2 += v3; v3 = rotate(v3, 16); v3 ^= v2;                        \
        v0 += v3; v3 = rotate(v3, 21); v3 ^= v0;                        \
        v2 += v1; v1 = rotate(v1, 17); v1 ^= v2; v2 = rotate(v2, 32);   \
    } while (0)

__attribute__((noinline)) static u64 siphash(const u8 *bytes, u32 length, u64 k0, u64 k1) {
    u64 v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du, v2 = k0 ^ 0x6c7967656e657261u, v3 = k1 ^ 0x7465646279746573u;
    u32 words = length / 8;
    for (u32 i = 0; i < words; i++) {
        u64 m;
        __builtin_memcpy(&m, bytes + 8 * i, 8);
        v3 ^= m;
        SIP_ROUND; SIP_ROUND;
        v0 ^= m;
    }
    u64 last = (u64)length << 56;
    for (u32 i = words * 8; i < length; i++) last |= (u64)bytes[i] << (8 * (i & 7));
    v3 ^= last;
    SIP_ROUND; SIP_ROUND;
    v0 ^= last;
    v2 ^= 255;
    SIP_ROUND; SIP_ROUND; SIP_ROUND; SIP_ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

RUN u64 run(i32 n) {
    u8 key[64];
    for (u32 i = 0; i < 64; i++) key[i] = (u8)i;
    u64 sum = 1;
    for (i32 round = 0; round < n; round++)
        for (u32 length = 1; length <= 64; length++) {
            sum ^= siphash(key, length, sum, sum >> 3);
            key[length - 1] = (u8)sum;
        }
    return sum;
}
