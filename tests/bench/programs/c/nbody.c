/* Sun and planets, n steps of 0.01: f64 arithmetic with square roots and divisions on structs in memory. */
#include "guest.h"

typedef struct { double x, y, z, vx, vy, vz, mass; } Body;
enum { BODIES = 5 };
static Body bodies[BODIES];

static void advance(double dt) {
    for (int i = 0; i < BODIES; i++) {
        Body *p = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            Body *q = &bodies[j];
            double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
            double squared = dx * dx + dy * dy + dz * dz;
            double magnitude = dt / (squared * __builtin_sqrt(squared));
            p->vx -= dx * q->mass * magnitude; p->vy -= dy * q->mass * magnitude; p->vz -= dz * q->mass * magnitude;
            q->vx += dx * p->mass * magnitude; q->vy += dy * p->mass * magnitude; q->vz += dz * p->mass * magnitude;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        Body *p = &bodies[i];
        p->x += dt * p->vx; p->y += dt * p->vy; p->z += dt * p->vz;
    }
}

RUN u64 run(i32 n) {
    /* Rounded, invented orbits: a heavy centre and four bodies with about circular speeds. */
    static const double start[BODIES][5] = {
        {0, 0, 0, 0, 39.5}, {5.2, 0.1, 0, 2.75, 0.037}, {-9.5, 0.3, 0.2, -2.04, 0.011}, {19.2, -0.4, 0.1, 1.43, 0.0017}, {-30.1, 0, -0.3, -1.14, 0.002},
    };
    for (int i = 0; i < BODIES; i++)
        bodies[i] = (Body){start[i][0], start[i][1], start[i][2], 0.01 * i, start[i][3], 0.001 * i, start[i][4]};
    for (i32 step = 0; step < n; step++) advance(0.01);
    u64 sum = 0;
    for (int i = 0; i < BODIES; i++) sum = fold(fold(fold(sum, double_bits(bodies[i].x)), double_bits(bodies[i].y)), double_bits(bodies[i].vz));
    return sum;
}
