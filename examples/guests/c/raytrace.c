// raytrace [--colour | --ppm] [--width N] [--height N]: traces a small scene, spheres over a chessboard with shadows and mirrors, and draws it in the
// terminal: as characters, with `--colour` as half blocks in 24-bit colour, or as a PPM file on stdout.
//
// Only + - * / and sqrt on doubles, which IEEE 754 rounds exactly: the picture is the same on every machine.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BOUNCES_MAX = 4, SAMPLES = 3, SIDE_MAX = 4096 };

typedef struct { double x, y, z; } Vector;
typedef struct { Vector center; double radius; Vector colour; double mirror; } Sphere;
typedef struct { double distance; Vector point, normal, colour; double mirror; } Hit;

static const Sphere spheres[] = {
    {{0.0, 1.0, 0.0}, 1.0, {0.95, 0.35, 0.25}, 0.25},
    {{-2.1, 0.8, 0.6}, 0.8, {0.25, 0.60, 0.95}, 0.30},
    {{2.0, 0.7, 0.2}, 0.7, {0.95, 0.80, 0.25}, 0.25},
    {{0.9, 0.4, -1.5}, 0.4, {0.40, 0.85, 0.45}, 0.20},
    {{-0.9, 0.35, -1.6}, 0.35, {0.90, 0.90, 0.95}, 0.70},
    {{0.4, 2.4, 1.8}, 0.9, {0.75, 0.45, 0.90}, 0.35},
};
enum { SPHERE_COUNT = sizeof spheres / sizeof *spheres };

static const Vector eye = {0.0, 1.7, -6.0};
static const Vector light = {-4.0, 7.0, -5.0};

static Vector add(Vector a, Vector b) { return (Vector){a.x + b.x, a.y + b.y, a.z + b.z}; }
static Vector subtract(Vector a, Vector b) { return (Vector){a.x - b.x, a.y - b.y, a.z - b.z}; }
static Vector scale(Vector a, double by) { return (Vector){a.x * by, a.y * by, a.z * by}; }
static Vector mix(Vector a, Vector b, double part) { return add(scale(a, 1.0 - part), scale(b, part)); }
static double dot(Vector a, Vector b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static Vector normalize(Vector a) { return scale(a, 1.0 / sqrt(dot(a, a))); }

// The distance along a ray to a sphere's front, or 0 if it misses. `direction` has length 1.
static double hit_sphere(const Sphere *sphere, Vector origin, Vector direction) {
    Vector to_center = subtract(sphere->center, origin);
    double along = dot(to_center, direction);
    double square = sphere->radius * sphere->radius - dot(to_center, to_center) + along * along;
    if (square < 0.0) return 0.0;
    double distance = along - sqrt(square);
    return distance > 1e-4 ? distance : 0.0;
}

static int find_hit(Vector origin, Vector direction, Hit *hit) {
    hit->distance = 1e9;
    for (int i = 0; i < SPHERE_COUNT; i++) {
        double distance = hit_sphere(&spheres[i], origin, direction);
        if (distance == 0.0 || distance >= hit->distance) continue;
        Vector point = add(origin, scale(direction, distance));
        Vector normal = scale(subtract(point, spheres[i].center), 1.0 / spheres[i].radius);
        *hit = (Hit){distance, point, normal, spheres[i].colour, spheres[i].mirror};
    }
    double floor_distance = direction.y < 0.0 ? -origin.y / direction.y : 0.0;
    if (floor_distance > 1e-4 && floor_distance < hit->distance && floor_distance < 40.0) {
        Vector point = add(origin, scale(direction, floor_distance));
        int odd = ((int)(point.x + 1000.0) + (int)(point.z + 1000.0)) & 1;
        Vector colour = odd ? (Vector){0.85, 0.85, 0.80} : (Vector){0.22, 0.24, 0.30};
        *hit = (Hit){floor_distance, point, {0.0, 1.0, 0.0}, colour, 0.12};
    }
    return hit->distance < 1e9;
}

static Vector sky(Vector direction) {
    double height = direction.y < 0.0 ? 0.0 : direction.y > 1.0 ? 1.0 : direction.y;
    return mix((Vector){0.62, 0.42, 0.40}, (Vector){0.03, 0.05, 0.16}, sqrt(height));
}

static int in_shadow(Vector point, Vector to_light, double light_distance) {
    for (int i = 0; i < SPHERE_COUNT; i++) {
        double distance = hit_sphere(&spheres[i], point, to_light);
        if (distance > 0.0 && distance < light_distance) return 1;
    }
    return 0;
}

static Vector shade(const Hit *hit, Vector direction) {
    Vector to_light = subtract(light, hit->point);
    double light_distance = sqrt(dot(to_light, to_light));
    to_light = scale(to_light, 1.0 / light_distance);
    double diffuse = dot(hit->normal, to_light);
    if (diffuse <= 0.0 || in_shadow(hit->point, to_light, light_distance)) return scale(hit->colour, 0.22);
    Vector half = normalize(subtract(to_light, direction));
    double shine = dot(hit->normal, half);
    for (int i = 0; i < 5; i++) shine *= shine;         // to the power of 32
    double highlight = hit->mirror > 0.15 ? 0.6 * shine : 0.0;
    return add(scale(hit->colour, 0.22 + 0.78 * diffuse), (Vector){highlight, highlight, highlight});
}

static Vector trace(Vector origin, Vector direction) {
    Vector sum = {0.0, 0.0, 0.0};
    double weight = 1.0;
    for (int bounce = 0; bounce < BOUNCES_MAX; bounce++) {
        Hit hit;
        if (!find_hit(origin, direction, &hit)) return add(sum, scale(sky(direction), weight));
        Vector haze = sky((Vector){direction.x, 0.0, direction.z});
        double far = hit.distance / 40.0;
        Vector colour = mix(shade(&hit, direction), haze, far * far);
        sum = add(sum, scale(colour, weight * (1.0 - hit.mirror)));
        weight *= hit.mirror;
        origin = hit.point;
        direction = subtract(direction, scale(hit.normal, 2.0 * dot(direction, hit.normal)));
    }
    return sum;
}

static unsigned char to_byte(double value) {
    return (unsigned char)((value < 0.0 ? 0.0 : value > 1.0 ? 1.0 : value) * 255.0 + 0.5);
}

// The mean over SAMPLES × SAMPLES rays through one pixel; pixels are square.
static void render_pixel(int column, int row, int width, int height, unsigned char *rgb) {
    Vector sum = {0.0, 0.0, 0.0};
    double unit = 1.05 / (width * 0.5 < height * 0.8 ? width * 0.5 : height * 0.8);
    for (int sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        double x = column + (sample % SAMPLES + 0.5) / SAMPLES - width * 0.5;
        double y = height * 0.5 - row - (sample / SAMPLES + 0.5) / SAMPLES;
        Vector direction = normalize((Vector){x * unit * 0.62, y * unit * 0.62 - 0.09, 1.0});
        sum = add(sum, trace(eye, direction));
    }
    rgb[0] = to_byte(sum.x / (SAMPLES * SAMPLES));
    rgb[1] = to_byte(sum.y / (SAMPLES * SAMPLES));
    rgb[2] = to_byte(sum.z / (SAMPLES * SAMPLES));
}

static void draw_blocks(const unsigned char *pixels, int width, int height) {
    for (int row = 0; row + 1 < height; row += 2) {
        for (int column = 0; column < width; column++) {
            const unsigned char *upper = pixels + 3 * (row * width + column), *lower = upper + 3 * width;
            printf("\x1b[38;2;%d;%d;%d;48;2;%d;%d;%dm▀", upper[0], upper[1], upper[2], lower[0], lower[1], lower[2]);
        }
        printf("\x1b[0m\n");
    }
}

static void draw_characters(const unsigned char *pixels, int width, int height) {
    static const char ramp[] = " .:-=+*#%@";
    for (int row = 0; row + 1 < height; row += 2) {
        for (int column = 0; column < width; column++) {
            const unsigned char *upper = pixels + 3 * (row * width + column), *lower = upper + 3 * width;
            int light_sum = 3 * (upper[0] + lower[0]) + 6 * (upper[1] + lower[1]) + upper[2] + lower[2];
            putchar(ramp[light_sum * 10 / (20 * 256)]);
        }
        putchar('\n');
    }
}

static int option(int argc, char **argv, const char *name, int otherwise) {
    for (int i = 1; i + 1 < argc; i++) {
        int value = strcmp(argv[i], name) ? 0 : atoi(argv[i + 1]);
        if (value > 0 && value <= SIDE_MAX) return value;
    }
    return otherwise;
}

static int has(int argc, char **argv, const char *name) {
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name)) return 1;
    return 0;
}

int main(int argc, char **argv) {
    int ppm = has(argc, argv, "--ppm"), colour = has(argc, argv, "--colour") || has(argc, argv, "--color");
    int width = option(argc, argv, "--width", ppm ? 320 : 80);
    int height = option(argc, argv, "--height", ppm ? width * 5 / 8 : width * 5 / 8 / 2 * 2);
    unsigned char *pixels = malloc((size_t)width * (size_t)height * 3);
    if (!pixels) return puts("out of memory"), 2;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) render_pixel(column, row, width, height, pixels + 3 * (row * width + column));
    if (ppm) {
        printf("P6\n%d %d\n255\n", width, height);
        fwrite(pixels, 3, (size_t)width * (size_t)height, stdout);
    } else if (colour) {
        draw_blocks(pixels, width, height);
    } else {
        draw_characters(pixels, width, height);
    }
    free(pixels);
    return 0;
}
