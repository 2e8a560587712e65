/* CRC-32 with the byte table over a 64 KiB buffer, n passes: byte loads, table loads, xor and shift in a tight loop. */
#include "guest.h"

static u32 table[256];
static u8 buffer[65536];

RUN u64 run(i32 n) {
    for (u32 i = 0; i < 256; i++) {
        u32 c = i;
        for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    random_seed(1);
    for (u32 i = 0; i < sizeof buffer; i++) buffer[i] = (u8)(random_next() >> 24);
    u32 crc = 0xffffffffu;
    for (i32 pass = 0; pass < n; pass++)
        for (u32 i = 0; i < sizeof buffer; i++) crc = table[(crc ^ buffer[i]) & 255] ^ (crc >> 8);
    return crc ^ 0xffffffffu;
}
