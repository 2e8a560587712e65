// words [-n N] [-s] [FILE...]: counts lines, words and bytes as wc does, and lists the N most frequent words (10) with a bar each; with
// `-s` it prints the sorted lines of the input instead. Words are runs of ASCII letters, digits, ' and -, in lower case.
//
// Words are kept in an open-addressing hash table over an arena of text; sorting is a merge sort, so equal counts keep the order
// the comparison gives them on every system.
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *text;
    size_t length;
    long count;
} Word;

static Word *table;
static size_t capacity, used;

_Noreturn static void fail(const char *message) {
    printf("words: %s\n", message);
    exit(2);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) fail("out of memory");
    return memory;
}

static uint32_t hash(const char *text, size_t length) {
    uint32_t value = 2166136261u;                       // FNV-1a
    for (size_t i = 0; i < length; i++) value = (value ^ (uint8_t)text[i]) * 16777619u;
    return value;
}

static Word *find(const char *text, size_t length) {
    for (size_t i = hash(text, length);; i++) {
        Word *word = &table[i & (capacity - 1)];
        if (!word->text || (word->length == length && !memcmp(word->text, text, length))) return word;
    }
}

// Doubles the table when it is three quarters full; the capacity stays a power of two.
static void reserve(void) {
    if (used * 4 < capacity * 3) return;
    Word *old = table;
    size_t old_capacity = capacity;
    capacity = capacity ? capacity * 2 : 256;
    table = allocate(capacity, sizeof *table);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].text) *find(old[i].text, old[i].length) = old[i];
    free(old);
}

static void count_word(const char *text, size_t length) {
    reserve();
    Word *word = find(text, length);
    if (!word->text) *word = (Word){text, length, 0}, used++;
    word->count++;
}

static int compare_text(const Word *a, const Word *b) {
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_count(const Word *a, const Word *b) {
    return a->count != b->count ? (a->count < b->count) - (a->count > b->count) : compare_text(a, b);
}

// Sorts `words`; `spare` has room for as many.
static void sort(Word *words, Word *spare, size_t count, int (*compare)(const Word *, const Word *)) {
    if (count < 2) return;
    size_t half = count / 2, left = 0, right = half;
    sort(words, spare, half, compare);
    sort(words + half, spare, count - half, compare);
    for (size_t i = 0; i < count; i++) {
        int take_left = right == count || (left < half && compare(&words[left], &words[right]) <= 0);
        spare[i] = words[take_left ? left++ : right++];
    }
    memcpy(words, spare, count * sizeof *words);
}

static char *read_all(FILE *file, size_t *length) {
    size_t room = 1 << 16;
    char *text = allocate(room, 1);
    *length = 0;
    for (size_t got; (got = fread(text + *length, 1, room - *length, file)) > 0;) {
        *length += got;
        if (*length < room) continue;
        char *larger = realloc(text, room *= 2);
        if (!larger) fail("out of memory");
        text = larger;
    }
    return text;
}

static int is_word(char c) { return isalnum((unsigned char)c) || c == '\'' || c == '-'; }

static void count_words(char *text, size_t length, const char *name) {
    long lines = 0, words = 0;
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n';
        words += !isspace((unsigned char)text[i]) && (i == 0 || isspace((unsigned char)text[i - 1]));
    }
    for (size_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && is_word(text[end]); end++) text[end] = (char)tolower((unsigned char)text[end]);
        if (end > start && isalnum((unsigned char)text[start])) count_word(text + start, end - start);
    }
    printf("%7ld %7ld %7zu %s\n", lines, words, length, name);
}

static void print_top(size_t limit) {
    Word *words = allocate(used, sizeof *words), *spare = allocate(used, sizeof *spare);
    size_t count = 0;
    for (size_t i = 0; i < capacity; i++)
        if (table[i].text) words[count++] = table[i];
    sort(words, spare, count, compare_count);
    printf("%zu different words\n", count);
    for (size_t i = 0; i < count && i < limit; i++) {
        printf("%7ld %-16.*s ", words[i].count, (int)words[i].length, words[i].text);
        for (long bar = words[i].count * 40 / words[0].count; bar > 0; bar--) printf("█");
        printf("\n");
    }
}

static void print_sorted(const char *text, size_t length) {
    size_t lines = 0, line = 0;
    for (size_t i = 0; i < length; i++) lines += text[i] == '\n' || i + 1 == length;
    Word *list = allocate(lines, sizeof *list), *spare = allocate(lines, sizeof *spare);
    for (size_t start = 0, end; start < length; start = end + 1) {
        for (end = start; end < length && text[end] != '\n';) end++;
        list[line++] = (Word){text + start, end - start, 0};
    }
    sort(list, spare, line, compare_text);
    for (size_t i = 0; i < line; i++) printf("%.*s\n", (int)list[i].length, list[i].text);
}

int main(int argc, char **argv) {
    int next = 1, sorted = 0;
    size_t limit = 10;
    for (; next < argc && argv[next][0] == '-'; next++) {
        if (!strcmp(argv[next], "-s")) sorted = 1;
        else if (!strcmp(argv[next], "-n") && next + 1 < argc) limit = (size_t)strtoul(argv[++next], NULL, 10);
        else fail("usage: words [-n N] [-s] [FILE...]");
    }
    int file_count = argc - next;
    for (int i = 0; i < (file_count ? file_count : 1); i++) {
        const char *name = file_count ? argv[next + i] : "stdin";
        FILE *file = file_count ? fopen(name, "rb") : stdin;
        if (!file) fail("cannot open a file");
        size_t length;
        char *text = read_all(file, &length);           // kept: the table points into it
        if (sorted) print_sorted(text, length);
        else count_words(text, length, name);
    }
    if (!sorted) print_top(limit);
    return 0;
}
