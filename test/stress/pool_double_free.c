/* SPDX-License-Identifier: MIT */
/* All threads put the same blocks at the same time, in orders of their own. Of the puts of each block exactly one
 * succeeds and the others are double frees (checks level 2). Nobody gets meanwhile: a block that has been handed out
 * again is right to put. */
#define _POSIX_C_SOURCE 200809L
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>

typedef struct run {
    stress_options options;
    stress_pool pool;
    void *shared[STRESS_MAX_HELD];               /* blocks of this round; thread 0 changes them between rounds */
    _Atomic(uint32_t) accepted[STRESS_MAX_HELD]; /* puts of each that succeeded */
    _Atomic(uint32_t) refused;                   /* puts that did not */
    _Atomic(uint32_t) waiting, turn;
} run;

/* All threads wait for each other, spinning, so that they come out of it as close together as can be. */
static void meet(run *r)
{
    const uint32_t turn = atomic_load_explicit(&r->turn, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&r->waiting, 1, memory_order_acq_rel) + 1 == r->options.threads) {
        atomic_store_explicit(&r->waiting, 0, memory_order_relaxed);
        atomic_store_explicit(&r->turn, turn + 1, memory_order_release);
        return;
    }
    for (uint32_t spins = 0; atomic_load_explicit(&r->turn, memory_order_acquire) == turn; spins++) {
        if (spins % 1024 == 1023) {
            sched_yield();
        }
    }
}

static void begin_round(run *r)
{
    for (uint32_t i = 0; i < r->options.held; i++) {
        r->shared[i] = stress_get(&r->pool);
        MUST(r->shared[i] != NULL, "no block %" PRIu32, i);
        atomic_store_explicit(&r->accepted[i], 0, memory_order_relaxed);
    }
    atomic_store_explicit(&r->refused, 0, memory_order_relaxed);
}

static void end_round(run *r)
{
    for (uint32_t i = 0; i < r->options.held; i++) {
        const uint32_t accepted = atomic_load_explicit(&r->accepted[i], memory_order_relaxed);
        MUST(accepted == 1, "%" PRIu32 " puts of one block succeeded", accepted);
    }
    const uint32_t refused = atomic_load_explicit(&r->refused, memory_order_relaxed);
    MUST(refused == r->options.held * (r->options.threads - 1), "%" PRIu32 " puts were refused", refused);
}

/* Puts every block once, beginning at one by chance. */
static void race(run *r, rng *random)
{
    const uint32_t first = rng_below(random, r->options.held);
    for (uint32_t k = 0; k < r->options.held; k++) {
        const uint32_t i = (first + k) % r->options.held;
        const bool many = !r->pool.dynamic && rng_below(random, 2) == 0;
        const lfm_status status =
            many ? lfm_pool_put_many(r->pool.pool, &r->shared[i], 1) : stress_put(&r->pool, r->shared[i]);
        if (status == LFM_OK) {
            atomic_fetch_add_explicit(&r->accepted[i], 1, memory_order_relaxed);
        } else {
            MUST(status == LFM_EDOUBLEFREE, "%s", lfm_status_string(status));
            atomic_fetch_add_explicit(&r->refused, 1, memory_order_relaxed);
        }
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t round = 0; round < r->options.ops; round++) {
        if (number == 0) {
            begin_round(r);
        }
        meet(r);
        race(r, &random);
        meet(r);
        if (number == 0) {
            end_round(r);
        }
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 2, .ops = 20000, .blocks = 8, .shards = 1, .held = 2, .many = 1}};
    if (LFM_CHECKS < 2) {
        SKIP("double frees that race are seen at checks level 2 only");
    }
    stress_parse(argc, argv, &r.options);
    NEED(r.options.held <= r.options.blocks, "more blocks held than there are");
    stress_pool_make(&r.pool, &r.options);
    const double seconds = stress_run(&r.options, work, &r);
    stress_account(&r.pool);
    stress_pool_end(&r.pool);
    stress_report(r.options.ops * r.options.held * r.options.threads, 0, seconds);
    return 0;
}
