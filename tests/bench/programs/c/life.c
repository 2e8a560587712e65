/* Conway's life on a 128 x 128 torus, n generations: byte loads around a cell, wrap-around arithmetic, selects. */
#include "guest.h"

enum { SIDE = 128 };
static u8 worlds[2][SIDE][SIDE];

RUN u64 run(i32 n) {
    random_seed(23);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) worlds[0][y][x] = random_next() % 3 == 0;
    for (i32 generation = 0; generation < n; generation++) {
        u8(*now)[SIDE] = worlds[generation & 1], (*next)[SIDE] = worlds[~generation & 1];
        for (u32 y = 0; y < SIDE; y++) {
            const u8 *above = now[(y - 1) % SIDE], *here = now[y], *below = now[(y + 1) % SIDE];
            for (u32 x = 0; x < SIDE; x++) {
                u32 west = (x - 1) % SIDE, east = (x + 1) % SIDE;
                u32 around = above[west] + above[x] + above[east] + here[west] + here[east] + below[west] + below[x] + below[east];
                next[y][x] = around == 3 || (around == 2 && here[x]);
            }
        }
    }
    u64 sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) sum = sum * 3 + worlds[n & 1][y][x];
    return sum;
}
