/* Ways to place n queens, with bit masks: recursion, i32 logic, data-dependent branches. */
#include "guest.h"

static u64 place(u32 all, u32 columns, u32 left, u32 right) {
    if (columns == all) return 1;
    u64 ways = 0;
    for (u32 free_squares = all & ~(columns | left | right); free_squares;) {
        u32 square = free_squares & -free_squares;
        free_squares ^= square;
        ways += place(all, columns | square, (left | square) << 1, (right | square) >> 1);
    }
    return ways;
}

RUN u64 run(i32 n) { return place((1u << n) - 1, 0, 0, 0); }
