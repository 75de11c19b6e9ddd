/* SPDX-License-Identifier: MIT */
/* Threads take and give blocks at random and note when each call began and
 * ended; afterwards the whole history must make sense (history.h). That finds
 * what no owner can see: a get that failed although a block was free. */
#define _POSIX_C_SOURCE 200809L
#include "clock.h"
#include "history.h"
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

typedef struct worker {
    rng random;
    uint32_t holding;
    uint64_t noted;
    history_op *notes;              /* room for ops + STRESS_MAX_MANY + 1 */
    uint64_t held[STRESS_MAX_HELD]; /* notes of the blocks in hand */
    uint64_t puts;
} worker;

typedef struct run {
    stress_options options;
    stress_pool pool;
    worker workers[STRESS_MAX_THREADS];
} run;

static uint32_t how_many(run *r, worker *w, uint32_t most)
{
    const uint32_t n = 1 + rng_below(&w->random, r->options.many);
    return n < most ? n : most;
}

static void note_get(worker *w, uint64_t invoke, uint64_t end, uint32_t block)
{
    if (block != HISTORY_NONE) {
        w->held[w->holding++] = w->noted;
    }
    w->notes[w->noted++] = (history_op){invoke, end, HISTORY_NEVER, HISTORY_NEVER, block};
}

static void take(run *r, worker *w)
{
    void *blocks[STRESS_MAX_MANY];
    const size_t wanted = how_many(r, w, r->options.held - w->holding);
    size_t got;
    const uint64_t invoke = clock_now();
    if (r->options.many == 1) {
        blocks[0] = stress_get(&r->pool);
        got = blocks[0] != NULL;
    } else {
        got = lfm_pool_get_many(r->pool.pool, blocks, wanted);
    }
    const uint64_t end = clock_now();
    MUST(got <= wanted, "%zu blocks instead of %zu", got, wanted);
    for (size_t i = 0; i < got; i++) {
        note_get(w, invoke, end, stress_index(&r->pool, blocks[i]));
    }
    if (got < wanted) {
        note_get(w, invoke, end, HISTORY_NONE);
    }
}

static void give(run *r, worker *w)
{
    void *blocks[STRESS_MAX_MANY];
    history_op *ops[STRESS_MAX_MANY];
    const uint32_t n = how_many(r, w, w->holding);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t chosen = rng_below(&w->random, w->holding);
        ops[i] = &w->notes[w->held[chosen]];
        blocks[i] = r->pool.storage + (size_t)ops[i]->block * STRESS_BLOCK_BYTES;
        w->held[chosen] = w->held[--w->holding];
    }
    const uint64_t invoke = clock_now();
    const lfm_status status =
        r->options.many == 1 ? stress_put(&r->pool, blocks[0]) : lfm_pool_put_many(r->pool.pool, blocks, n);
    const uint64_t end = clock_now();
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
    for (uint32_t i = 0; i < n; i++) {
        ops[i]->put_invoke = invoke;
        ops[i]->put_return = end;
    }
    w->puts += n;
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    w->random.state = r->options.seed + number * UINT64_C(0xd1342543de82ef95);
    w->notes = malloc((r->options.ops + STRESS_MAX_MANY + 1) * sizeof *w->notes);
    NEED(w->notes != NULL, "no memory");
    while (w->noted < r->options.ops) {
        if (w->holding == 0 || (w->holding < r->options.held && rng_below(&w->random, 2) == 0)) {
            take(r, w);
        } else {
            give(r, w);
        }
        if (rng_below(&w->random, 16) == 0) {
            sched_yield(); /* more threads than cores: let the others in often, not
                              only every few milliseconds */
        }
    }
    while (w->holding > 0) {
        give(r, w);
    }
}

/* Checks what all threads have noted, and tells how many gets and puts there
 * were. */
static uint64_t check(run *r, history_report *report)
{
    size_t n = 0;
    uint64_t puts = 0;
    for (uint32_t i = 0; i < r->options.threads; i++) {
        n += r->workers[i].noted;
    }
    history_op *const all = malloc((n + 1) * sizeof *all);
    NEED(all != NULL, "no memory");
    n = 0;
    for (uint32_t i = 0; i < r->options.threads; i++) {
        const worker *const w = &r->workers[i];
        for (size_t k = 0; k < w->noted; k++) {
            all[n++] = w->notes[k];
        }
        puts += w->puts;
        free(w->notes);
    }
    /* growth by several has blocks in hand that it may not return */
    const bool hands = r->options.grow > 1 || r->options.doubling;
    if (!(hands ? history_check_hands : history_check)(all, n, r->pool.count, report)) {
        history_print(report);
        MUST(report->result == HISTORY_RIGHT, "%s", history_result_string(report->result));
    }
    free(all);
    return n + puts;
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 200000, .blocks = 3, .shards = 1, .held = 2, .many = 1}};
    history_report report;
    uint64_t ops = 0, failures = 0;
    double seconds = 0;
    clock_begin();
    stress_parse(argc, argv, &r.options);
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        memset(r.workers, 0, sizeof r.workers);
        stress_pool_make(&r.pool, &r.options);
        seconds += stress_run(&r.options, work, &r);
        ops += check(&r, &report);
        failures += report.failures;
        stress_account(&r.pool);
        stress_pool_end(&r.pool);
    }
    stress_report(ops, failures, seconds);
    return 0;
}
