/* Reads sentences of a satellite receiver (NMEA 0183, GGA): checks their sums, and prints time, place in decimal degrees, satellites and
 * height. The exit code is the number of sentences that were refused.
 *
 * Freestanding C: no libc, no floats, no heap; 1-byte pages and a stack of 256 bytes. How it is built: ../../build.sh, docs/small-memories.md. */

__attribute__((import_module("board"), import_name("print"))) void print(const char *bytes, unsigned length);

static const char *const SENTENCES[] = {
    "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
    "$GPGGA,092204.999,4250.5589,S,14718.5084,E,1,04,24.4,19.7,M,,,,0000*1F",
    "$GPGGA,123520,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
    "$GPGSV,1,1,00*79",
    "$GPGGA,002153.000,3342.6618,N,11751.3858,W,1,10,1.2,27.0,M,-34.2,M,,0000*5E",
    "$GPGGA,1235",
};

/* A line that is being put together. */
static char line[96];
static unsigned length;

static void put(char byte) {
    if (length < sizeof line) line[length++] = byte;
}

static void put_text(const char *text) {
    while (*text) put(*text++);
}

/* At least `digits` digits. */
static void put_number(unsigned number, unsigned digits) {
    char reversed[10];
    unsigned count = 0;
    do {
        reversed[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number || count < digits);
    while (count) put(reversed[--count]);
}

static void end_line(void) {
    put('\n');
    print(line, length);
    length = 0;
}

static int is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static int hex_digit(char byte) { return is_digit(byte) ? byte - '0' : byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1; }

/* The sum of what stands between `$` and `*` is the number behind. */
static int has_right_sum(const char *sentence) {
    int sum = 0;
    if (*sentence++ != '$') return 0;
    for (; *sentence != '*'; sentence++) {
        if (!*sentence) return 0;
        sum ^= *sentence;
    }
    return hex_digit(sentence[1]) >= 0 && hex_digit(sentence[2]) >= 0 && sum == hex_digit(sentence[1]) * 16 + hex_digit(sentence[2]);
}

/* The field of this number: what stands behind so many commas, up to the next. */
static const char *field(const char *sentence, unsigned number) {
    while (number) number -= *sentence++ == ',';
    return sentence;
}

/* A number with `places` digits behind its point, as many of them as it has. */
static unsigned scaled(const char *text, unsigned places) {
    unsigned number = 0, has_point = 0;
    for (; is_digit(*text) || *text == '.'; text++) {
        if (*text == '.') {
            has_point = 1;
            continue;
        }
        if (has_point && !places) break;
        number = number * 10 + (unsigned)(*text - '0');
        places -= has_point;
    }
    for (; places; places--) number *= 10;
    return number;
}

/* `ddmm.mmmm` in degrees, with five decimals. */
static void put_degrees(const char *text, const char *side) {
    unsigned all = scaled(text, 4), degrees = all / 1000000, minutes = all % 1000000;
    put_number(degrees, 1);
    put('.');
    put_number(minutes / 6, 5);
    put(' ');
    put(*side);
}

static void put_fix(const char *sentence) {
    const char *time = field(sentence, 1);
    for (int i = 0; i < 6; i++) {
        put(time[i]);
        if (i & 1) put(i < 5 ? ':' : ' ');
    }
    put_degrees(field(sentence, 2), field(sentence, 3));
    put_text(", ");
    put_degrees(field(sentence, 4), field(sentence, 5));
    unsigned height = scaled(field(sentence, 9), 1);
    put_text(", ");
    put_number(scaled(field(sentence, 7), 0), 1);
    put_text(" satellites, ");
    put_number(height / 10, 1);
    put('.');
    put_number(height % 10, 1);
    put_text(" m");
}

/* As `text` begins. */
static int begins(const char *text, const char *with) {
    while (*with)
        if (*text++ != *with++) return 0;
    return 1;
}

__attribute__((export_name("run"))) int run(void) {
    int refused = 0;
    for (unsigned i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
        const char *sentence = SENTENCES[i];
        if (!has_right_sum(sentence)) {
            refused++;
            put_text("wrong sum");
        } else if (!begins(sentence, "$GPGGA,")) {
            put_text("no fix");
        } else {
            put_fix(sentence);
        }
        end_line();
    }
    return refused;
}
