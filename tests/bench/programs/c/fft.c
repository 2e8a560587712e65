/* Radix-2 FFT of 4096 complex f32 points, forwards and back, n times: f32 arithmetic, strided loads and stores. */
#include "guest.h"

enum { POINTS = 4096 };
static float re[POINTS], im[POINTS], twiddle_re[POINTS / 2], twiddle_im[POINTS / 2];

static void transform(float sign) {
    for (u32 i = 1, j = 0; i < POINTS; i++) {
        u32 bit = POINTS >> 1;
        for (; j & bit; bit >>= 1) j ^= bit;
        j ^= bit;
        if (i < j) {
            float t = re[i]; re[i] = re[j]; re[j] = t;
            t = im[i]; im[i] = im[j]; im[j] = t;
        }
    }
    for (u32 half = 1; half < POINTS; half <<= 1) {
        u32 stride = POINTS / (2 * half);
        for (u32 base = 0; base < POINTS; base += 2 * half)
            for (u32 k = 0; k < half; k++) {
                float wr = twiddle_re[k * stride], wi = sign * twiddle_im[k * stride];
                u32 low = base + k, high = low + half;
                float tr = re[high] * wr - im[high] * wi, ti = re[high] * wi + im[high] * wr;
                re[high] = re[low] - tr; im[high] = im[low] - ti;
                re[low] += tr; im[low] += ti;
            }
    }
}

RUN u64 run(i32 n) {
    /* cos and sin of 2*pi/POINTS from their series; the rest by rotation. */
    double angle = 6.283185307179586 / POINTS, step_re = 1 - angle * angle / 2 + angle * angle * angle * angle / 24;
    double step_im = angle - angle * angle * angle / 6, wr = 1, wi = 0;
    for (int k = 0; k < POINTS / 2; k++) {
        twiddle_re[k] = (float)wr;
        twiddle_im[k] = (float)wi;
        double next = wr * step_re - wi * step_im;
        wi = wr * step_im + wi * step_re;
        wr = next;
    }
    random_seed(9);
    for (int i = 0; i < POINTS; i++) {
        re[i] = (float)(random_next() >> 20) / 4096.0f;
        im[i] = 0;
    }
    u64 sum = 0;
    for (i32 round = 0; round < n; round++) {
        transform(1.0f);
        for (int i = 0; i < POINTS; i += 64) sum = fold(sum, (u64)(i64)(re[i] * 1024.0f));
        transform(-1.0f);
        for (int i = 0; i < POINTS; i++) {
            re[i] *= 1.0f / POINTS;
            im[i] *= 1.0f / POINTS;
        }
    }
    return sum;
}
