/* SPDX-License-Identifier: MIT */
/* Threads take and give the blocks of a static pool and of a static dynamic pool that grows, and take pieces of a
 * static segment. Half of them have the calls in line, where the compiler knows the objects. The others call the
 * library, so that both forms meet. Each fills what it has, and finds it as it was. There are enough blocks for all, so
 * no get may fail. */
#include "check.h"
#include "rng.h"
#include <lfmem/lfmem.h>
#include <pthread.h>
#include <stdint.h>

enum {
    THREADS = 4,
    HELD = 3,
    OPS = 100000,
    PIECES = 200, /* of each thread */
    WORDS = 4,
    BLOCKS = THREADS * HELD
};

LFM_POOL_DEFINE(pool, BLOCKS, WORDS * sizeof(uint64_t), 8);
LFM_SEGMENT_DEFINE(ram, (BLOCKS + THREADS * PIECES) * WORDS * sizeof(uint64_t), 64);
LFM_DYNPOOL_DEFINE(dynpool, ram, 2, BLOCKS, 1, WORDS * sizeof(uint64_t), 8);

/* As the library has them: the compiler does not know what these point to. */
static void *(*volatile const pool_get)(const lfm_pool *) = lfm_pool_get;
static lfm_status (*volatile const pool_put)(const lfm_pool *, void *) = lfm_pool_put;
static void *(*volatile const dynpool_get)(const lfm_dynpool *) = lfm_dynpool_get;
static lfm_status (*volatile const dynpool_put)(const lfm_dynpool *, void *) = lfm_dynpool_put;
static void *(*volatile const alloc)(const lfm_segment *, size_t, size_t) = lfm_segment_alloc;

static void *take(bool in_line, unsigned kind)
{
    if (kind == 0) {
        return in_line ? lfm_pool_get(pool) : pool_get(pool);
    }
    return in_line ? lfm_dynpool_get(dynpool) : dynpool_get(dynpool);
}

static lfm_status give(bool in_line, unsigned kind, void *block)
{
    if (kind == 0) {
        return in_line ? lfm_pool_put(pool, block) : pool_put(pool, block);
    }
    return in_line ? lfm_dynpool_put(dynpool, block) : dynpool_put(dynpool, block);
}

static void fill(uint64_t *block, uint64_t stamp)
{
    for (unsigned i = 0; i < WORDS; i++) {
        block[i] = stamp + i;
    }
}

static void look(const uint64_t *block, uint64_t stamp)
{
    for (unsigned i = 0; i < WORDS; i++) {
        MUST(block[i] == stamp + i, "word %u of a block is somebody else's", i);
    }
}

static void *work(void *argument)
{
    const uintptr_t me = (uintptr_t)argument;
    const bool in_line = me % 2 == 0;
    uint64_t *held[2][HELD], *pieces[PIECES], stamp = (uint64_t)me << 32;
    unsigned n[2] = {0, 0}, taken = 0;
    rng random = {me};
    for (unsigned op = 0; op < OPS; op++) {
        const unsigned kind = rng_below(&random, 2);
        if (n[kind] == 0 || (n[kind] < HELD && rng_below(&random, 2) == 0)) {
            uint64_t *const block = take(in_line, kind);
            MUST(block != NULL, "no block, though there are enough for all");
            fill(block, stamp + (uintptr_t)block);
            held[kind][n[kind]++] = block;
        } else {
            const unsigned which = rng_below(&random, n[kind]);
            uint64_t *const block = held[kind][which];
            look(block, stamp + (uintptr_t)block);
            held[kind][which] = held[kind][--n[kind]];
            MUST(give(in_line, kind, block) == LFM_OK, "a put");
        }
        if (op % (OPS / PIECES) == 0) {
            const size_t bytes = WORDS * sizeof(uint64_t);
            pieces[taken] = in_line ? lfm_segment_alloc(ram, bytes, 8) : alloc(ram, bytes, 8);
            MUST(pieces[taken] != NULL, "piece %u", taken);
            fill(pieces[taken], stamp + taken);
            taken++;
        }
    }
    for (unsigned i = 0; i < taken; i++) {
        look(pieces[i], stamp + i);
    }
    for (unsigned kind = 0; kind < 2; kind++) {
        while (n[kind] > 0) {
            MUST(give(in_line, kind, held[kind][--n[kind]]) == LFM_OK, "a put");
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    lfm_dynpool_stats_t stats;
    for (uintptr_t i = 0; i < THREADS; i++) {
        NEED(pthread_create(&threads[i], NULL, work, (void *)i) == 0, "no thread");
    }
    for (unsigned i = 0; i < THREADS; i++) {
        NEED(pthread_join(threads[i], NULL) == 0, "no end");
    }
    lfm_dynpool_stats(dynpool, &stats);
    MUST(lfm_pool_check(pool) == LFM_OK && lfm_dynpool_check(dynpool) == LFM_OK, "whole");
    MUST(stats.free == stats.created && stats.created > 2, "%zu of %zu blocks are free", stats.free, stats.created);
    return 0;
}
