/* SPDX-License-Identifier: MIT */
/* Threads take and free blocks at random and note when each call began and ended; afterwards the whole history must
 * make sense. A call takes effect at one instant between its ends, ends included.
 *
 * G4  A unit has one owner at a time: the intervals [alloc's return, free's invocation] of its blocks do not overlap.
 * G3  An allocation fails only if at some instant of it each place that could have served it was overlapped: by a block
 *     from its alloc's return to its free's return, or by what another allocation under way had in hand, one block
 * each. Calls that begin cover more, calls that return cover less, so the instants to look at are those at which one
 *     begins.
 *
 * Sizes are powers of two, so places are known: the multiples of a size. -b: units of the heap, at most 256; -h: blocks
 * that a thread holds at most; -g: the fit, or none for trimmed. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"
#include "heap_common.h"
#include <sched.h>

enum {
    UNIT = 16,
    UNITS_MAX = 256,
    ORDERS_MAX = 9
};

/* One ownership, or an allocation that failed, which has no place and is never freed. */
typedef struct note {
    uint64_t alloc_invoke, alloc_return, free_invoke, free_return;
    uint16_t first, order; /* unit, of 2^order units; that was asked for */
    bool failed, justified;
} note;

typedef struct worker {
    rng random;
    note *notes; /* room for all its allocations */
    uint64_t noted;
    uint32_t holding;
    void *blocks[STRESS_MAX_HELD];
    note *held[STRESS_MAX_HELD];
} worker;

typedef struct run {
    stress_options options;
    stress_heap heap;
    uint32_t orders; /* of the largest block, plus one */
    worker workers[STRESS_MAX_THREADS];
} run;

static void take(run *r, worker *w)
{
    const uint32_t step = r->options.grow == LFM_FIT_BUDDY4 ? 2 : 1;
    const uint32_t order = rng_below(&w->random, (r->orders + step - 1) / step) * step;
    note *const n = &w->notes[w->noted++];
    const uint64_t invoke = clock_now();
    void *const block = lfm_heap_alloc(&r->heap.heap, (size_t)UNIT << order);
    *n = (note){invoke, clock_now(), UINT64_MAX, UINT64_MAX, 0, (uint16_t)order, block == NULL, false};
    if (block != NULL) {
        MUST(stress_heap_size(&r->heap, block, (size_t)UNIT << order) == (size_t)UNIT << order, "another size");
        n->first = (uint16_t)((size_t)((unsigned char *)block - r->heap.storage) / UNIT);
        w->blocks[w->holding] = block;
        w->held[w->holding++] = n;
    }
}

static void give(run *r, worker *w)
{
    const uint32_t chosen = rng_below(&w->random, w->holding);
    note *const n = w->held[chosen];
    n->free_invoke = clock_now();
    stress_heap_free(&r->heap, w->blocks[chosen]);
    n->free_return = clock_now();
    w->held[chosen] = w->held[--w->holding];
    w->blocks[chosen] = w->blocks[w->holding];
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    w->random.state = r->options.seed + number * UINT64_C(0xd1342543de82ef95);
    while (w->noted < r->options.ops) {
        if (w->holding == 0 || (w->holding < r->options.held && rng_below(&w->random, 2) == 0)) {
            take(r, w);
        } else {
            give(r, w);
        }
        if (rng_below(&w->random, 16) == 0) {
            sched_yield(); /* more threads than cores: let the others in often */
        }
    }
    while (w->holding > 0) {
        give(r, w);
    }
}

/* What a sweep through all instants knows. */
typedef struct sweep {
    uint32_t orders, units;
    uint32_t users[UNITS_MAX];            /* of a unit: blocks that are not surely free */
    uint32_t used[ORDERS_MAX][UNITS_MAX]; /* of a place: units of it that have users */
    uint32_t open[ORDERS_MAX];            /* places that have none */
    const note *owner[UNITS_MAX];         /* the last one to get it */
    note *under_way[STRESS_MAX_THREADS];  /* allocations, NULL: none */
} sweep;

typedef struct event {
    uint64_t time;
    enum {
        BEGINS,
        RETURNS,
        FREED
    } kind;
    note *of;
    uint32_t thread;
} event;

/* At one instant all that begins comes first, since calls take effect at their ends as well. */
static int by_time(const void *left, const void *right)
{
    const event *const a = left, *const b = right;
    return a->time != b->time ? (a->time > b->time) - (a->time < b->time) : (a->kind > b->kind) - (a->kind < b->kind);
}

static void use(sweep *s, const note *n, bool begins)
{
    for (uint32_t unit = n->first; unit < n->first + (1u << n->order); unit++) {
        const bool changes = begins ? s->users[unit]++ == 0 : --s->users[unit] == 0;
        for (uint32_t order = 0; changes && order < s->orders; order++) {
            uint32_t *const used = &s->used[order][unit >> order];
            if (begins) {
                s->open[order] -= (*used)++ == 0;
            } else {
                s->open[order] += --*used == 0;
            }
        }
    }
}

/* Which of the failing allocations under way could see at this instant that nothing is to be had? */
static void judge(sweep *s)
{
    for (uint32_t i = 0; i < STRESS_MAX_THREADS; i++) {
        note *const n = s->under_way[i];
        uint32_t hands = 0;
        for (uint32_t j = 0; n != NULL && j < STRESS_MAX_THREADS; j++) {
            const note *const other = s->under_way[j];
            hands += other == NULL || j == i ? 0 : other->order > n->order ? 1u << (other->order - n->order) : 1;
        }
        if (n != NULL) {
            n->justified = n->justified || s->open[n->order] <= hands;
        }
    }
}

/* Returns what is wrong, or NULL. */
static const char *step(sweep *s, const event *e)
{
    note *const n = e->of;
    if (e->kind == BEGINS) {
        s->under_way[e->thread] = n;
        judge(s);
    } else if (e->kind == FREED) {
        use(s, n, false);
    } else {
        s->under_way[e->thread] = NULL;
        if (!n->failed) {
            use(s, n, true);
        }
        if (n->failed && !n->justified) {
            return "an allocation failed, though there was a place all the time";
        }
        for (uint32_t unit = n->first; !n->failed && unit < n->first + (1u << n->order); unit++) {
            const note *const last = s->owner[unit];
            if (last != NULL && last->free_invoke > n->alloc_return) {
                return "a unit has two owners";
            }
            s->owner[unit] = n;
        }
    }
    return NULL;
}

/* Goes through what all threads have noted; *failures: how many allocations failed. Returns what is wrong, or NULL. */
static const char *check(run *r, uint64_t *failures)
{
    static sweep s;
    size_t n = 0;
    const char *wrong = NULL;
    *failures = 0;
    event *const events = malloc(3 * (r->options.ops + 1) * r->options.threads * sizeof *events);
    NEED(events != NULL, "no memory");
    memset(&s, 0, sizeof s);
    s.orders = r->orders;
    s.units = r->options.blocks;
    for (uint32_t order = 0; order < s.orders; order++) {
        s.open[order] = s.units >> order;
    }
    for (uint32_t i = 0; i < r->options.threads; i++) {
        for (size_t k = 0; k < r->workers[i].noted; k++) {
            note *const of = &r->workers[i].notes[k];
            events[n++] = (event){of->alloc_invoke, BEGINS, of, i};
            events[n++] = (event){of->alloc_return, RETURNS, of, i};
            if (of->failed) {
                ++*failures;
            } else {
                events[n++] = (event){of->free_return, FREED, of, i};
            }
        }
    }
    qsort(events, n, sizeof *events, by_time);
    for (size_t i = 0; i < n && wrong == NULL; i++) {
        wrong = step(&s, &events[i]);
    }
    free(events);
    return wrong;
}

/* Two threads on a heap of two units: what may be, and what may not. */
static void check_the_check(void)
{
    static const struct {
        bool right;
        /* one of each thread: alloc_invoke, alloc_return, free_invoke, free_return, first, order, failed, justified */
        note notes[2];
    } cases[] = {
        {true, {{1, 2, 3, 4, 0, 0, false, false}, {3, 5, 6, 7, 0, 0, false, false}}},
        {false, {{1, 2, 6, 7, 0, 0, false, false}, {3, 5, 8, 9, 0, 0, false, false}}}, /* two owners */
        {true, {{1, 2, 8, 9, 0, 1, false, false}, {3, 4, 0, 0, 0, 0, true, false}}},
        {true, {{1, 2, 8, 9, 0, 0, false, false}, {3, 4, 0, 0, 0, 1, true, false}}},
        {false, {{1, 2, 8, 9, 0, 0, false, false}, {3, 4, 0, 0, 0, 0, true, false}}}, /* unit 1 was free */
        {false, {{1, 2, 3, 4, 0, 1, false, false}, {5, 6, 0, 0, 0, 1, true, false}}}, /* all was free again */
        {true, {{1, 2, 3, 4, 0, 1, false, false}, {4, 6, 0, 0, 0, 1, true, false}}},
        {true, {{3, 9, 10, 11, 0, 0, false, false}, {4, 5, 0, 0, 0, 1, true, false}}},  /* in hand */
        {false, {{3, 9, 10, 11, 0, 0, false, false}, {4, 5, 0, 0, 0, 0, true, false}}}, /* one hand, two places */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static run r;
        note notes[2];
        uint64_t failures;
        memcpy(notes, cases[i].notes, sizeof notes);
        memset(&r, 0, sizeof r);
        r.options = (stress_options){.threads = 2, .ops = 1, .blocks = 2};
        r.orders = 2;
        for (uint32_t thread = 0; thread < 2; thread++) {
            r.workers[thread].notes = &notes[thread];
            r.workers[thread].noted = 1;
        }
        const char *const wrong = check(&r, &failures);
        MUST((wrong == NULL) == cases[i].right, "history %zu: %s", i, wrong == NULL ? "right" : wrong);
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 50000, .blocks = 64, .held = 4, .rounds = 1}};
    uint64_t failures = 0, ops = 0;
    double seconds = 0;
    clock_begin();
    stress_parse(argc, argv, &r.options);
    check_the_check();
    NEED(r.options.blocks <= UNITS_MAX && (r.options.blocks & (r.options.blocks - 1)) == 0, "no such heap");
    while (r.options.blocks >> r.orders != 0) {
        r.orders++;
    }
    for (uint32_t i = 0; i < r.options.threads; i++) {
        r.workers[i].notes = malloc((r.options.ops + 1) * sizeof *r.workers[i].notes);
        NEED(r.workers[i].notes != NULL, "no memory");
    }
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        stress_heap_make(&r.heap, &r.options, UNIT);
        seconds += stress_run(&r.options, work, &r);
        uint64_t failed;
        const char *const wrong = check(&r, &failed);
        MUST(wrong == NULL, "%s", wrong);
        for (uint32_t i = 0; i < r.options.threads; i++) {
            ops += r.workers[i].noted;
            r.workers[i].noted = 0;
        }
        r.heap.failures = failed;
        failures += failed;
        stress_heap_account(&r.heap, r.options.seed);
        stress_heap_end(&r.heap);
    }
    MUST(failures > 0, "the heap was never short");
    stress_report(ops, failures, seconds);
    for (uint32_t i = 0; i < r.options.threads; i++) {
        free(r.workers[i].notes);
    }
    return 0;
}
