/* Dense f64 matrix product, 120 x 120, n times: f64 loads, multiply-add, address arithmetic. */
#include "guest.h"

enum { SIZE = 120 };
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

RUN u64 run(i32 n) {
    random_seed(3);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (double)(random_next() & 1023) / 1024.0;
            b[i][j] = (double)(random_next() & 1023) / 512.0 - 1.0;
        }
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        for (int i = 0; i < SIZE; i++)
            for (int j = 0; j < SIZE; j++) {
                double dot = 0.0;
                for (int k = 0; k < SIZE; k++) dot += a[i][k] * b[k][j];
                c[i][j] = dot;
            }
        for (int i = 0; i < SIZE; i++) {
            sum = fold(sum, double_bits(c[i][(i * 7 + round) % SIZE]));
            a[i][i] = c[i][SIZE - 1 - i] / 64.0;
        }
    }
    return sum;
}
