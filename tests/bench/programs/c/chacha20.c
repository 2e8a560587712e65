/* ChaCha20 key stream xored over 16 KiB, n times: i32 add, xor, rotate, sixteen live values. */
#include "guest.h"

static u8 text[16384];
static u32 rotate(u32 x, int by) { return x << by | x >> (32 - by); }

#define QUARTER(a, b, c, d)                              \
    do {                                                 \
        a += b; d = rotate(d ^ a, 16); c += d; b = rotate(b ^ c, 12); \
        a += b; d = rotate(d ^ a, 8); c += d; b = rotate(b ^ c, 7);   \
    } while (0)

static void block(const u32 in[16], u32 out[16]) {
    u32 x[16];
    for (int i = 0; i < 16; i++) x[i] = in[i];
    for (int round = 0; round < 10; round++) {
        QUARTER(x[0], x[4], x[8], x[12]); QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]); QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]); QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]); QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++) out[i] = x[i] + in[i];
}

RUN u64 run(i32 n) {
    u32 state[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, stream[16];
    for (u32 i = 4; i < 12; i++) state[i] = i * 0x01010101u;
    for (i32 round = 0; round < n; round++)
        for (u32 at = 0; at < sizeof text; at += 64) {
            block(state, stream);
            state[12]++;
            for (u32 i = 0; i < 16; i++) {
                u32 word;
                __builtin_memcpy(&word, text + at + 4 * i, 4);
                word ^= stream[i];
                __builtin_memcpy(text + at + 4 * i, &word, 4);
            }
        }
    u64 sum = 0;
    for (u32 i = 0; i < sizeof text; i++) sum = sum * 257 + text[i];
    return sum;
}
