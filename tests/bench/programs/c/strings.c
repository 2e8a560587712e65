/* Words split, lower-cased, compared, searched, counted in an open hash table, numbers printed and read: C strings, n times. */
#include "guest.h"

static const char *const vocabulary[] = {
    "Rope", "runs", "over", "the", "sheave", "and", "a", "load", "hangs", "from", "its", "hook", "Pulley", "blocks", "share", "weight",
    "between", "Many", "lines", "so", "that", "one", "hand", "can", "lift", "what", "ten", "could", "not", "before", "Tackle", "wheel",
};
enum { WORDS = 4096, SLOTS = 256 };
static char text[WORDS * 10];
static struct { const char *word; u32 length, count; } slots[SLOTS];

static u32 text_length(const char *s) {
    u32 length = 0;
    while (s[length]) length++;
    return length;
}
static int same(const char *a, const char *b, u32 length) {
    for (u32 i = 0; i < length; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}
static u32 print_number(u32 value, char *to) {
    char digits[10];
    u32 length = 0;
    do digits[length++] = (char)('0' + value % 10);
    while (value /= 10);
    for (u32 i = 0; i < length; i++) to[i] = digits[length - 1 - i];
    return length;
}
static u32 find(const char *in, const char *what) {
    u32 hits = 0;
    for (; *in; in++) {
        u32 i = 0;
        while (what[i] && in[i] == what[i]) i++;
        if (!what[i]) hits++;
    }
    return hits;
}

static u32 make_text(void) {
    u32 length = 0;
    for (u32 i = 0; i < WORDS; i++) {
        if (random_next() % 8 == 0) length += print_number(random_next() % 10000, text + length);
        else for (const char *word = vocabulary[random_next() % 32]; *word; word++) text[length++] = *word;
        text[length++] = random_next() % 6 ? ' ' : '\n';
    }
    text[length] = 0;
    return length;
}

RUN u64 run(i32 n) {
    u64 sum = 0;
    random_seed(29);
    for (i32 round = 0; round < n; round++) {
        u32 length = make_text(), numbers = 0;
        for (u32 i = 0; i < SLOTS; i++) slots[i].word = 0;
        for (u32 i = 0; i < length; i++)
            if (text[i] >= 'A' && text[i] <= 'Z') text[i] = (char)(text[i] + 32);
        for (u32 start = 0, end = 0; start < length; start = ++end) {
            u32 hash = 2166136261u;
            for (end = start; text[end] > ' '; end++) hash = (hash ^ (u8)text[end]) * 16777619u;
            if (text[start] >= '0' && text[start] <= '9') {
                u32 value = 0;
                for (u32 i = start; i < end; i++) value = value * 10 + (u32)(text[i] - '0');
                numbers += value;
                continue;
            }
            u32 slot = hash % SLOTS;
            while (slots[slot].word && !(slots[slot].length == end - start && same(slots[slot].word, text + start, end - start))) slot = (slot + 1) % SLOTS;
            if (!slots[slot].word) {
                slots[slot].word = text + start;
                slots[slot].length = end - start;
                slots[slot].count = 0;
            }
            slots[slot].count++;
        }
        sum = fold(sum, numbers + find(text, "the sheave") * 3 + find(text, "load\nhangs"));
        for (u32 i = 0; i < SLOTS; i++)
            if (slots[i].word) sum = fold(sum, slots[i].count * (u32)slots[i].word[0] + slots[i].length);
        sum += text_length(text);
    }
    return sum;
}
