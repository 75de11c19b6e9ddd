/* SPDX-License-Identifier: MIT */
#include "plan.h"
#include <stdlib.h>
#include <string.h>

enum {
    SIZES_PERCENT = 75, /* how full a mix keeps heaps of different sizes */
    BARE_NS = 900000    /* two runs of the bare pair, and waking the workers */
};

static const double slice_ns[] = {[SMOKE] = 100e3, [QUICK] = 1.5e6, [FULL] = 3e6};
static const double oversubscribed_ns[] = {
    [SMOKE] = 100e3, [QUICK] = 40e6, [FULL] = 100e6}; /* more threads than cores: the scheduler takes turns of ms */
static const unsigned rounds[] = {[SMOKE] = 1, [QUICK] = 25, [FULL] = 151};
static const unsigned oversubscribed_rounds[] = {[SMOKE] = 1, [QUICK] = 3, [FULL] = 15};
static const unsigned tail_rounds[] = {[SMOKE] = 1, [QUICK] = 3, [FULL] = 21};
static const unsigned tail_slices[] = {
    [SMOKE] = 1, [QUICK] = 5, [FULL] = 15}; /* several short ones, as few of them are disturbed */
static const unsigned by_size_rounds[] = {[SMOKE] = 1, [QUICK] = 3, [FULL] = 7};

static const double budgets[] = {[SMOKE] = 60e9, [QUICK] = 60e9, [FULL] = 540e9};

static const size_t pool_sizes[] = {100, 1000, 10000, 100000, 1000000};
static const size_t heap_sizes[] = {16 << 10, 64 << 10, 256 << 10, 1 << 20,        4 << 20,
                                    16 << 20, 64 << 20, 256 << 20, (size_t)1 << 30};

static const struct {
    const char *name;
    bool of_heaps;
} scenarios[SCENARIOS] = {
    [PING_PONG] = {"ping-pong", false},
    [BURST_32] = {"burst 32", false},
    [MANY_32] = {"many-call 32", false},
    [HANDOFF] = {"handoff", false},
    [GROW] = {"grow", false},
    [SWEEP] = {"sweep", false},
    [LATENCY] = {"latency", false},
    [SAME_SIZE] = {"same size 256 B", true},
    [BURST_64] = {"burst 32 x 64 B", true},
    [MIX] = {"mix", true},
    [MIX_LATENCY] = {"mix latency", true},
};

const char *scenario_name(scenario s)
{
    return scenarios[s].name;
}

bool scenario_of_heaps(scenario s)
{
    return scenarios[s].of_heaps;
}

static bool is_tail(scenario s)
{
    return s == LATENCY || s == MIX_LATENCY;
}

double plan_cost(const cell *c)
{
    return (c->length + BARE_NS) * c->slices;
}

static void *need(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static cell *add(plan *p, const contestant *who, scenario what, unsigned threads, effort how)
{
    p->cells = need(realloc(p->cells, (p->count + 1) * sizeof *p->cells));
    cell *const c = &p->cells[p->count++];
    const bool oversubscribed = threads > slice_cores();
    *c = (cell){.contestant = who,
                .scenario = what,
                .threads = threads,
                .slices = is_tail(what) ? tail_slices[how] : 1,
                .size = scenario_of_heaps(what) ? HEAP_BYTES
                        : what == GROW          ? threads * GROW_GETS
                                                : POOL_BLOCKS,
                .length = oversubscribed ? oversubscribed_ns[how] : slice_ns[how],
                .rounds = is_tail(what)    ? tail_rounds[how]
                          : oversubscribed ? oversubscribed_rounds[how]
                                           : rounds[how]};
    if (is_tail(what)) {
        c->latencies = need(calloc(1, sizeof *c->latencies));
    }
    return c;
}

/* A row of sizes, in one thread. A large heap takes long to fill, so each fill serves several slices. */
static void add_sizes(plan *p, const contestant *who, scenario what, const size_t *sizes, size_t count, effort how)
{
    for (size_t i = 0; i < count; i++) {
        if (who->most_size != 0 && sizes[i] > who->most_size) {
            break;
        }
        cell *const c = add(p, who, what, 1, how);
        c->size = sizes[i];
        c->rounds = by_size_rounds[how];
        c->slices = how == SMOKE ? 1 : 5;
        c->percent = SIZES_PERCENT;
        c->by_size = true;
    }
}

static void add_mixes(plan *p, const contestant *who, unsigned most, effort how)
{
    static const unsigned threads[] = {1, 2, 8}, percents[] = {7, 75};
    const unsigned most_percent = who->most_percent != 0 ? who->most_percent : 100;
    for (size_t i = 0; i < (how == QUICK ? 2 : 3) && threads[i] <= most; i++) {
        for (size_t k = 0; k < 2 && percents[k] <= most_percent; k++) {
            add(p, who, MIX, threads[i], how)->percent = percents[k];
        }
    }
    if (most_percent >= SIZES_PERCENT) {
        const size_t all = sizeof heap_sizes / sizeof *heap_sizes;
        add_sizes(p, who, MIX, heap_sizes, how == FULL ? all : how == QUICK ? 4 : 1, how);
    }
}

static void add_heap(plan *p, const contestant *who, scenario what, unsigned most, effort how)
{
    if (what == MIX) {
        add_mixes(p, who, most, how);
        return;
    }
    for (unsigned threads = 1; threads <= 2 && threads <= most; threads++) {
        add(p, who, what, threads, how)->percent = 75;
    }
}

static void add_pool(plan *p, const contestant *who, scenario what, unsigned most, effort how)
{
    const unsigned threads[] = {1, 2, 4, 8};
    if (what == HANDOFF) {
        add(p, who, what, 2, how);
        return;
    }
    if (what == SWEEP) {
        const size_t all = sizeof pool_sizes / sizeof *pool_sizes;
        if (who->kind != CACHING) { /* a cache would be a pool of another size in each thread */
            add_sizes(p, who, what, pool_sizes, how == FULL ? all : how == QUICK ? 3 : 1, how);
        }
        return;
    }
    const bool oversubscribes = what == PING_PONG || (what == BURST_32 && how == FULL);
    for (unsigned i = 0; i < (oversubscribes ? 4 : 2) && threads[i] <= most; i++) {
        add(p, who, what, threads[i], how);
    }
}

bool plan_is_named(const contestant *who, const char *only)
{
    return only == NULL || strcasestr(who->name, only) != NULL;
}

/* How many threads a contestant has in a scenario at most: its own limit if it is asked for, and that of the front-ends
 * which are asked for and have it as their core. 0: it does not take part. */
static unsigned threads_asked_for(const contestant *who, scenario what, const char *only)
{
    unsigned most = 0;
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *const asked = contestants[i];
        if ((asked == who || asked->core == who) && asked->loops[what] != NULL && plan_is_named(asked, only)) {
            const unsigned limit = asked->most_threads != 0 ? asked->most_threads : WORKERS_MAX;
            most = limit > most ? limit : most;
        }
    }
    return most;
}

void plan_make(plan *p, effort how, unsigned areas, const bool *available, const char *only)
{
    *p = (plan){.rounds = rounds[how], .budget = budgets[how], .fills = how == FULL ? 41 : how == QUICK ? 7 : 1};
    for (int what = 0; what < SCENARIOS; what++) {
        const bool of_heaps = scenario_of_heaps((scenario)what);
        for (size_t i = 0; i < contestant_count; i++) {
            const contestant *const who = contestants[i];
            const unsigned most = threads_asked_for(who, (scenario)what, only);
            if (available[i] && who->loops[what] != NULL && (areas & (of_heaps ? HEAPS : POOLS)) && most > 0) {
                (of_heaps ? add_heap : add_pool)(p, who, (scenario)what, most, how);
            }
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        cell *const c = &p->cells[i];
        const size_t most = (size_t)c->rounds * c->slices;
        c->ratios = need(calloc(most, sizeof(double)));
        c->times = need(calloc(most, sizeof(double)));
        c->fair = need(calloc(most, sizeof(double)));
    }
}
