/* Edit distance of two 600-letter strings, n times: dynamic programming, minima, row buffers. */
#include "guest.h"

enum { LENGTH = 600 };
static u8 left[LENGTH], right[LENGTH];
static i32 row[LENGTH + 1];

static i32 distance(void) {
    for (i32 j = 0; j <= LENGTH; j++) row[j] = j;
    for (i32 i = 1; i <= LENGTH; i++) {
        i32 diagonal = row[0];
        row[0] = i;
        for (i32 j = 1; j <= LENGTH; j++) {
            i32 above = row[j], best = diagonal + (left[i - 1] != right[j - 1]);
            if (above + 1 < best) best = above + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[LENGTH];
}

RUN u64 run(i32 n) {
    random_seed(11);
    for (int i = 0; i < LENGTH; i++) {
        left[i] = (u8)('a' + random_next() % 6);
        right[i] = random_next() % 3 ? left[i] : (u8)('a' + random_next() % 6);
    }
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        sum = fold(sum, (u32)distance());
        left[(round * 37) % LENGTH] ^= 1;
    }
    return sum;
}
