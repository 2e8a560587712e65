/* Base64 and back over 48 KiB, with a UTF-8 decoder over the result, n times: byte shuffling, table look-ups, branches. */
#include "guest.h"

enum { BYTES = 49152 };
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static u8 plain[BYTES], coded[BYTES / 3 * 4], back[BYTES], reverse[256];

static u64 count_utf8(const u8 *bytes, u32 length) {
    u64 sum = 0;
    u32 i = 0;
    while (i < length) {
        u32 lead = bytes[i], extra = lead < 0x80 ? 0 : lead < 0xc2 ? 9 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 9;
        if (extra == 9 || i + extra >= length) { sum += 3; i++; continue; }
        u32 point = extra ? lead & (63u >> extra) : lead, k = 1;
        for (; k <= extra && (bytes[i + k] & 0xc0) == 0x80; k++) point = point << 6 | (bytes[i + k] & 63);
        if (k <= extra) { sum += 5; i += k; continue; }
        sum += point;
        i += extra + 1;
    }
    return sum;
}

RUN u64 run(i32 n) {
    random_seed(31);
    for (u32 i = 0; i < BYTES; i++) plain[i] = (u8)(random_next() % 5 ? 32 + random_next() % 90 : random_next() >> 24);
    for (u32 i = 0; i < 64; i++) reverse[(u8)alphabet[i]] = (u8)i;
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        for (u32 i = 0, j = 0; i < BYTES; i += 3, j += 4) {
            u32 three = (u32)plain[i] << 16 | (u32)plain[i + 1] << 8 | plain[i + 2];
            coded[j] = (u8)alphabet[three >> 18];
            coded[j + 1] = (u8)alphabet[three >> 12 & 63];
            coded[j + 2] = (u8)alphabet[three >> 6 & 63];
            coded[j + 3] = (u8)alphabet[three & 63];
        }
        for (u32 i = 0, j = 0; i < BYTES; i += 3, j += 4) {
            u32 three = (u32)reverse[coded[j]] << 18 | (u32)reverse[coded[j + 1]] << 12 | (u32)reverse[coded[j + 2]] << 6 | reverse[coded[j + 3]];
            back[i] = (u8)(three >> 16);
            back[i + 1] = (u8)(three >> 8);
            back[i + 2] = (u8)three;
        }
        for (u32 i = 0; i < BYTES; i++)
            if (plain[i] != back[i]) return 0;
        sum = fold(sum, count_utf8(back, BYTES));
        plain[(u32)round * 7919 % BYTES] ^= 0x55;
    }
    return sum;
}
