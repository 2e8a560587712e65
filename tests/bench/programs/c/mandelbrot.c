/* Mandelbrot set, n x n points, 64 iterations at most: f64 in locals, hardly any memory. */
#include "guest.h"

RUN u64 run(i32 n) {
    u64 sum = 0;
    for (i32 row = 0; row < n; row++)
        for (i32 column = 0; column < n; column++) {
            double cr = 3.0 * column / n - 2.0, ci = 2.4 * row / n - 1.2, zr = 0, zi = 0;
            u32 i = 0;
            while (i < 64) {
                double rr = zr * zr, ii = zi * zi;
                if (rr + ii > 4.0) break;
                zi = 2.0 * zr * zi + ci;
                zr = rr - ii + cr;
                i++;
            }
            sum = sum * 31 + i;
        }
    return sum;
}
