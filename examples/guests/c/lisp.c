// lisp [-e EXPR | FILE] [ARG...]: a small Lisp: integers, symbols, strings, pairs, closures with lexical scope, tail calls in constant
// space, and a mark-and-sweep collector over a fixed heap of cells. Without a file it reads the program from stdin.
//
// Special forms: quote if define set! lambda let begin while cond and or. `args` holds the command line's strings.
//
// The collector finds its roots in the explicit `roots` stack: whatever an evaluation still needs across an allocation is pushed there.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_COUNT = 200000, ROOT_COUNT = 60000, DEPTH_MAX = 1000, TOKEN_MAX = 256 };

typedef enum { FREE, NIL, NUMBER, SYMBOL, STRING, PAIR, CLOSURE, PRIMITIVE } Kind;

typedef struct Cell Cell;
typedef Cell *(*Primitive)(Cell *arguments);

struct Cell {
    uint8_t kind;
    uint8_t marked;
    union {
        int64_t number;
        char *text;
        Primitive primitive;
        struct { Cell *head, *tail; };                  // PAIR; CLOSURE: head = (parameters . body), tail = scope
    };
};

static Cell cells[CELL_COUNT];
static Cell *free_cells;
static Cell *roots[ROOT_COUNT];
static int root_count;
static int depth;
static int64_t collections;

static Cell nil_cell = {.kind = NIL};
#define nil (&nil_cell)
static Cell *symbols = nil;         // every symbol, so that equal names are one cell
static Cell *globals = nil;         // a list of (symbol . value)
static Cell *truth, *s_quote, *s_if, *s_define, *s_set, *s_lambda, *s_let, *s_begin, *s_while, *s_cond, *s_and, *s_or, *s_else;

static const char *source;          // what the reader still has to read
static int line_number = 1;

_Noreturn static void fail(const char *format, ...) {
    va_list list;
    va_start(list, format);
    printf("error: ");
    vprintf(format, list);
    printf("\n");
    va_end(list);
    exit(1);
}

// ---- memory ----

// Marks what `cell` reaches. A cell waits in `pending` at most once, so that the array is large enough for any graph.
static void mark(Cell *cell) {
    static Cell *pending[CELL_COUNT];
    int count = 0;
    for (;;) {
        while (cell != nil && !cell->marked) {
            cell->marked = 1;
            if (cell->kind != PAIR && cell->kind != CLOSURE) break;
            pending[count++] = cell;
            cell = cell->head;
        }
        if (count == 0) return;
        cell = pending[--count]->tail;
    }
}

static void collect(void) {
    mark(symbols);
    mark(globals);
    for (int i = 0; i < root_count; i++) mark(roots[i]);
    free_cells = NULL;
    for (int i = CELL_COUNT - 1; i >= 0; i--) {
        Cell *cell = &cells[i];
        if (!cell->marked) {
            if (cell->kind == SYMBOL || cell->kind == STRING) free(cell->text);
            cell->kind = FREE;
            cell->tail = free_cells;
            free_cells = cell;
        }
        cell->marked = 0;
    }
    collections++;
    if (!free_cells) fail("out of memory");
}

static void push_root(Cell *cell) {
    if (root_count == ROOT_COUNT) fail("expression too deep");
    roots[root_count++] = cell;
}

// Takes a free cell; what `first` and `second` reach survives.
static Cell *allocate(Kind kind, Cell *first, Cell *second) {
    if (!free_cells) {
        push_root(first);
        push_root(second);
        collect();
        root_count -= 2;
    }
    Cell *cell = free_cells;
    free_cells = cell->tail;
    cell->kind = (uint8_t)kind;
    cell->head = first;
    cell->tail = second;
    return cell;
}

static Cell *cons(Cell *head, Cell *tail) { return allocate(PAIR, head, tail); }

static Cell *make_number(int64_t number) {
    Cell *cell = allocate(NUMBER, nil, nil);
    cell->number = number;
    return cell;
}

static Cell *make_text(Kind kind, const char *text, size_t length) {
    Cell *cell = allocate(kind, nil, nil);
    cell->text = malloc(length + 1);
    if (!cell->text) fail("out of memory");
    memcpy(cell->text, text, length);
    cell->text[length] = 0;
    return cell;
}

static Cell *symbol(const char *name) {
    for (Cell *list = symbols; list != nil; list = list->tail)
        if (!strcmp(list->head->text, name)) return list->head;
    Cell *cell = make_text(SYMBOL, name, strlen(name));
    symbols = cons(cell, symbols);
    return cell;
}

// ---- reader ----

static void skip_blanks(void) {
    for (;; source++) {
        if (*source == ';') while (source[1] && source[1] != '\n') source++;
        else if (*source == '\n') line_number++;
        else if (*source != ' ' && *source != '\t' && *source != '\r') return;
    }
}

static Cell *read_string(void) {
    char text[TOKEN_MAX];
    size_t length = 0;
    for (source++; *source != '"'; source++) {
        if (!*source || length == TOKEN_MAX - 1) fail("line %d: string too long or not ended", line_number);
        if (*source == '\\' && source[1]) source++, text[length++] = *source == 'n' ? '\n' : *source;
        else text[length++] = *source;
    }
    source++;
    return make_text(STRING, text, length);
}

static Cell *read_atom(void) {
    char text[TOKEN_MAX];
    size_t length = strcspn(source, " \t\r\n();\"'");
    if (length >= TOKEN_MAX) fail("line %d: name too long", line_number);
    memcpy(text, source, length);
    text[length] = 0;
    source += length;
    char *end;
    int64_t number = strtoll(text, &end, 10);
    return *end ? symbol(text) : make_number(number);
}

static Cell *read_expression(void) {
    skip_blanks();
    if (!*source) fail("line %d: expression expected", line_number);
    if (++depth > DEPTH_MAX) fail("line %d: too deep", line_number);
    Cell *result;
    int base = root_count;
    if (*source == '\'') {
        source++;
        result = cons(s_quote, cons(read_expression(), nil));
    } else if (*source == '(') {
        source++;
        Cell *first = nil, *last = nil;
        for (skip_blanks(); *source != ')'; skip_blanks()) {
            Cell *cell = cons(read_expression(), nil);
            if (first == nil) push_root(first = cell);
            else last->tail = cell;
            last = cell;
        }
        source++;
        result = first;
    } else if (*source == ')') {
        fail("line %d: unexpected )", line_number);
    } else {
        result = *source == '"' ? read_string() : read_atom();
    }
    root_count = base;
    depth--;
    return result;
}

// ---- printer ----

static void print(Cell *cell, int quoted) {
    switch (cell->kind) {
    case NIL: printf("()"); break;
    case NUMBER: printf("%lld", (long long)cell->number); break;
    case SYMBOL: printf("%s", cell->text); break;
    case STRING: printf(quoted ? "\"%s\"" : "%s", cell->text); break;
    case CLOSURE: printf("<lambda>"); break;
    case PRIMITIVE: printf("<primitive>"); break;
    case PAIR:
        printf("(");
        for (; cell->kind == PAIR; cell = cell->tail) {
            print(cell->head, quoted);
            if (cell->tail->kind == PAIR) printf(" ");
        }
        if (cell != nil) printf(" . "), print(cell, quoted);
        printf(")");
        break;
    }
}

// ---- evaluation ----

static Cell *expect(Cell *cell, Kind kind, const char *name) {
    if (cell->kind == kind) return cell;
    printf("error: %s expected, found ", name);
    print(cell, 1);
    printf("\n");
    exit(1);
}

static Cell *head(Cell *cell) { return expect(cell, PAIR, "pair")->head; }
static Cell *tail(Cell *cell) { return expect(cell, PAIR, "pair")->tail; }
static int64_t number(Cell *cell) { return expect(cell, NUMBER, "number")->number; }

// The (symbol . value) pair of a name in the scope or among the globals.
static Cell *find_binding(Cell *name, Cell *scope) {
    for (; scope != nil; scope = scope->tail)
        if (scope->head->head == name) return scope->head;
    for (Cell *list = globals; list != nil; list = list->tail)
        if (list->head->head == name) return list->head;
    return NULL;
}

static void define(Cell *name, Cell *value) {
    Cell *binding = find_binding(name, nil);
    if (binding) binding->tail = value;
    else globals = cons(cons(name, value), globals);
}

// Puts the parameters, bound to the values, before `scope`. The caller holds all three as roots.
static Cell *bind(Cell *names, Cell *values, Cell *scope) {
    for (; names->kind == PAIR; names = names->tail, values = values->tail) {
        if (values == nil) fail("too few arguments");
        scope = cons(cons(names->head, values->head), scope);
        roots[root_count - 1] = scope;
    }
    if (names != nil) return cons(cons(names, values), scope);
    if (values != nil) fail("too many arguments");
    return scope;
}

static Cell *eval(Cell *expression, Cell *scope);

static Cell *eval_list(Cell *list, Cell *scope) {
    int base = root_count;
    Cell *first = nil, *last = nil;
    for (; list != nil; list = tail(list)) {
        Cell *cell = cons(eval(list->head, scope), nil);
        if (first == nil) push_root(first = cell);
        else last->tail = cell;
        last = cell;
    }
    root_count = base;
    return first;
}

// Evaluates all but the last expression of a body and returns the last, for the caller to go on with.
static Cell *eval_body(Cell *body, Cell *scope) {
    if (body == nil) return nil;
    for (; tail(body) != nil; body = body->tail) eval(body->head, scope);
    return body->head;
}

static Cell *eval_let(Cell *form, Cell *scope) {
    Cell *inner = scope;
    push_root(inner);
    for (Cell *list = head(form); list != nil; list = tail(list)) {
        Cell *value = eval(head(tail(list->head)), inner);
        inner = cons(cons(head(list->head), value), inner);
        roots[root_count - 1] = inner;
    }
    return inner;
}

static Cell *eval_define(Cell *form, Cell *scope) {
    Cell *name = head(form), *value;
    if (name->kind == PAIR) {                           // (define (name parameter...) body...)
        value = allocate(CLOSURE, cons(name->tail, tail(form)), scope);
        name = name->head;
    } else {
        value = eval(head(tail(form)), scope);
    }
    push_root(value);
    define(expect(name, SYMBOL, "symbol"), value);
    return name;
}

// One step of a special form. True: `*expression` and `*scope` say what to go on with; false: `*result` is the value.
static int eval_special(Cell **expression, Cell **scope, Cell **result) {
    Cell *operator = (*expression)->head, *form = (*expression)->tail;
    if (operator == s_quote) return *result = head(form), 0;
    if (operator == s_define) return *result = eval_define(form, *scope), 0;
    if (operator == s_lambda) return *result = allocate(CLOSURE, form, *scope), 0;
    if (operator == s_set) {
        Cell *binding = find_binding(head(form), *scope);
        if (!binding) fail("%s is not defined", expect(head(form), SYMBOL, "symbol")->text);
        *result = binding->tail = eval(head(tail(form)), *scope);
        return 0;
    }
    if (operator == s_while) {
        while (eval(head(form), *scope) != nil)
            for (Cell *body = tail(form); body != nil; body = tail(body)) eval(body->head, *scope);
        return *result = nil, 0;
    }
    if (operator == s_if) {
        Cell *branches = tail(form);
        if (eval(head(form), *scope) == nil) branches = tail(branches);
        if (branches == nil) return *result = nil, 0;
        *expression = head(branches);
    } else if (operator == s_let) {
        *scope = eval_let(form, *scope);
        *expression = eval_body(tail(form), *scope);
    } else if (operator == s_begin) {
        *expression = eval_body(form, *scope);
    } else if (operator == s_cond) {
        for (; form != nil; form = tail(form))
            if (head(form->head) == s_else || eval(head(form->head), *scope) != nil) break;
        if (form == nil) return *result = nil, 0;
        *expression = eval_body(tail(form->head), *scope);
    } else {                                            // and, or
        *result = operator == s_and ? truth : nil;
        if (form == nil) return 0;
        for (; tail(form) != nil; form = form->tail) {
            *result = eval(form->head, *scope);
            if ((*result == nil) == (operator == s_and)) return 0;
        }
        *expression = form->head;
    }
    return 1;
}

static int is_special(Cell *cell) {
    return cell == s_quote || cell == s_if || cell == s_define || cell == s_set || cell == s_lambda || cell == s_let || cell == s_begin ||
           cell == s_while || cell == s_cond || cell == s_and || cell == s_or;
}

static Cell *eval(Cell *expression, Cell *scope) {
    if (++depth > DEPTH_MAX) fail("recursion too deep");
    int base = root_count;
    Cell *result = nil;
    for (;;) {
        root_count = base;
        push_root(expression);
        push_root(scope);
        if (expression->kind == SYMBOL) {
            Cell *binding = find_binding(expression, scope);
            if (!binding) fail("%s is not defined", expression->text);
            result = binding->tail;
            break;
        }
        if (expression->kind != PAIR) {
            result = expression;
            break;
        }
        if (is_special(expression->head)) {
            if (!eval_special(&expression, &scope, &result)) break;
            continue;
        }
        Cell *function = eval(expression->head, scope);
        push_root(function);
        Cell *arguments = eval_list(expression->tail, scope);
        push_root(arguments);
        if (function->kind == PRIMITIVE) {
            result = function->primitive(arguments);
            break;
        }
        expect(function, CLOSURE, "function");
        push_root(function->tail);
        scope = bind(head(function->head), arguments, function->tail);
        push_root(scope);
        expression = eval_body(tail(function->head), scope);
    }
    root_count = base;
    depth--;
    return result;
}

// ---- primitives ----

static Cell *boolean(int value) { return value ? truth : nil; }
static Cell *second(Cell *list) { return head(tail(list)); }

static Cell *p_add(Cell *list) {
    uint64_t sum = 0;
    for (; list != nil; list = list->tail) sum += (uint64_t)number(list->head);
    return make_number((int64_t)sum);
}

static Cell *p_multiply(Cell *list) {
    uint64_t product = 1;
    for (; list != nil; list = list->tail) product *= (uint64_t)number(list->head);
    return make_number((int64_t)product);
}

static Cell *p_subtract(Cell *list) {
    uint64_t first = (uint64_t)number(head(list));
    if (list->tail == nil) return make_number((int64_t)(0 - first));
    for (list = list->tail; list != nil; list = list->tail) first -= (uint64_t)number(list->head);
    return make_number((int64_t)first);
}

static int64_t divisor(Cell *list) {
    int64_t value = number(second(list));
    if (value == 0) fail("division by zero");
    return value;
}

// Division by -1 is negation, which wraps; the machine's division would trap.
static Cell *p_divide(Cell *list) {
    int64_t by = divisor(list), value = number(head(list));
    return make_number(by == -1 ? (int64_t)(0 - (uint64_t)value) : value / by);
}

static Cell *p_remainder(Cell *list) {
    int64_t by = divisor(list), value = number(head(list));
    return make_number(by == -1 ? 0 : value % by);
}

static Cell *p_less(Cell *list) { return boolean(number(head(list)) < number(second(list))); }
static Cell *p_greater(Cell *list) { return boolean(number(head(list)) > number(second(list))); }

static Cell *p_equal(Cell *list) {
    Cell *a = head(list), *b = second(list);
    if (a->kind == NUMBER && b->kind == NUMBER) return boolean(a->number == b->number);
    if (a->kind == STRING && b->kind == STRING) return boolean(!strcmp(a->text, b->text));
    return boolean(a == b);
}

static Cell *p_cons(Cell *list) { return cons(head(list), second(list)); }
static Cell *p_head(Cell *list) { return head(head(list)); }
static Cell *p_tail(Cell *list) { return tail(head(list)); }
static Cell *p_list(Cell *list) { return list; }
static Cell *p_not(Cell *list) { return boolean(head(list) == nil); }
static Cell *p_is_pair(Cell *list) { return boolean(head(list)->kind == PAIR); }
static Cell *p_is_symbol(Cell *list) { return boolean(head(list)->kind == SYMBOL); }
static Cell *p_is_number(Cell *list) { return boolean(head(list)->kind == NUMBER); }
static Cell *p_collections(Cell *list) { return (void)list, make_number(collections); }

static Cell *p_to_number(Cell *list) {
    return make_number(strtoll(expect(head(list), STRING, "string")->text, NULL, 10));
}

static Cell *p_set_head(Cell *list) { return expect(head(list), PAIR, "pair")->head = second(list); }
static Cell *p_set_tail(Cell *list) { return expect(head(list), PAIR, "pair")->tail = second(list); }

static Cell *p_print(Cell *list) {
    for (; list != nil; list = list->tail) print(list->head, 0);
    return nil;
}

static Cell *p_print_line(Cell *list) {
    p_print(list);
    printf("\n");
    return nil;
}

static const struct { const char *name; Primitive primitive; } primitives[] = {
    {"+", p_add}, {"-", p_subtract}, {"*", p_multiply}, {"/", p_divide}, {"%", p_remainder}, {"<", p_less}, {">", p_greater}, {"=", p_equal},
    {"cons", p_cons}, {"head", p_head}, {"tail", p_tail}, {"list", p_list}, {"not", p_not}, {"null?", p_not}, {"pair?", p_is_pair},
    {"symbol?", p_is_symbol}, {"number?", p_is_number}, {"number", p_to_number}, {"set-head!", p_set_head}, {"set-tail!", p_set_tail},
    {"print", p_print}, {"println", p_print_line}, {"collections", p_collections},
};

static void start(void) {
    for (int i = CELL_COUNT - 1; i >= 0; i--) {
        cells[i].tail = free_cells;
        free_cells = &cells[i];
    }
    static const struct { const char *name; Cell **place; } names[] = {
        {"t", &truth}, {"quote", &s_quote}, {"if", &s_if}, {"define", &s_define}, {"set!", &s_set}, {"lambda", &s_lambda}, {"let", &s_let},
        {"begin", &s_begin}, {"while", &s_while}, {"cond", &s_cond}, {"and", &s_and}, {"or", &s_or}, {"else", &s_else},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) *names[i].place = symbol(names[i].name);
    define(truth, truth);
    define(symbol("nil"), nil);
    for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++) {
        Cell *cell = allocate(PRIMITIVE, nil, nil);
        cell->primitive = primitives[i].primitive;
        define(symbol(primitives[i].name), cell);
    }
}

static char *read_all(FILE *file) {
    size_t length = 0, room = 4096;
    char *text = malloc(room);
    while (text) {
        length += fread(text + length, 1, room - length - 1, file);
        if (length < room - 1) {
            text[length] = 0;
            return text;
        }
        char *larger = realloc(text, room *= 2);
        if (!larger) break;
        text = larger;
    }
    fail("out of memory");
}

int main(int argc, char **argv) {
    start();
    int next = 1, is_expression = argc > 2 && !strcmp(argv[1], "-e");
    if (is_expression) {
        source = argv[2];
        next = 3;
    } else if (argc > 1) {
        FILE *file = fopen(argv[1], "r");
        if (!file) fail("cannot open %s", argv[1]);
        source = read_all(file);
        next = 2;
    } else {
        source = read_all(stdin);
    }
    Cell *args = nil;
    for (int i = argc - 1; i >= next; i--) args = cons(make_text(STRING, argv[i], strlen(argv[i])), args);
    define(symbol("args"), args);
    for (skip_blanks(); *source; skip_blanks()) {
        Cell *expression = read_expression();
        Cell *result = eval(expression, nil);
        if (is_expression) print(result, 1), printf("\n");
    }
    return 0;
}
