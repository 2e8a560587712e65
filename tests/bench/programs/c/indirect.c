/* Figures behind a table of functions, n sweeps over 1,000 objects: call_indirect with data-dependent targets. */
#include "guest.h"

typedef struct Figure Figure;
struct Figure {
    u32 (*area)(const Figure *);
    void (*grow)(Figure *, u32);
    u32 width, height;
};

static u32 square_area(const Figure *f) { return f->width * f->width; }
static u32 box_area(const Figure *f) { return f->width * f->height; }
static u32 triangle_area(const Figure *f) { return f->width * f->height / 2; }
static u32 frame_area(const Figure *f) { return 2 * (f->width + f->height) - 4; }
static void grow_wide(Figure *f, u32 by) { f->width = (f->width + by) & 0x3fff; }
static void grow_high(Figure *f, u32 by) { f->height = (f->height + by) & 0x3fff; }
static void grow_both(Figure *f, u32 by) { grow_wide(f, by); grow_high(f, by + 1); }

static u32 (*const areas[])(const Figure *) = {square_area, box_area, triangle_area, frame_area};
static void (*const grows[])(Figure *, u32) = {grow_wide, grow_high, grow_both};
static Figure figures[1000];

RUN u64 run(i32 n) {
    random_seed(13);
    for (int i = 0; i < 1000; i++)
        figures[i] = (Figure){areas[random_next() % 4], grows[random_next() % 3], 1 + random_next() % 100, 1 + random_next() % 100};
    u64 sum = 0;
    for (i32 sweep = 0; sweep < n; sweep++) {
        u32 total = 0;
        for (int i = 0; i < 1000; i++) {
            u32 area = figures[i].area(&figures[i]);
            total += area;
            figures[i].grow(&figures[i], area & 15);
        }
        sum = fold(sum, total);
    }
    return sum;
}
