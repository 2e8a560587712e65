/* Quicksort of 50,000 integers, n times, insertion sort for short ranges: compares, swaps, recursion. */
#include "guest.h"

enum { COUNT = 50000 };
static i32 values[COUNT];

static void sort(i32 *low, i32 *high) {
    while (high - low > 12) {
        i32 *middle = low + (high - low) / 2;
        i32 a = *low, b = *middle, c = *high, pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
        i32 *left = low, *right = high;
        while (left <= right) {
            while (*left < pivot) left++;
            while (pivot < *right) right--;
            if (left <= right) {
                i32 t = *left;
                *left++ = *right;
                *right-- = t;
            }
        }
        if (right - low < high - left) { sort(low, right); low = left; }
        else { sort(left, high); high = right; }
    }
    for (i32 *i = low + 1; i <= high; i++) {
        i32 value = *i, *j = i;
        for (; j > low && j[-1] > value; j--) *j = j[-1];
        *j = value;
    }
}

RUN u64 run(i32 n) {
    u64 sum = 0;
    random_seed(5);
    for (i32 round = 0; round < n; round++) {
        for (int i = 0; i < COUNT; i++) values[i] = (i32)random_next();
        sort(values, values + COUNT - 1);
        for (int i = 1; i < COUNT; i++)
            if (values[i - 1] > values[i]) return 0;
        for (int i = 0; i < COUNT; i += 997) sum = fold(sum, (u32)values[i]);
    }
    return sum;
}
