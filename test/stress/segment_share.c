/* SPDX-License-Identifier: MIT */
/* Dynamic pools and direct allocations share one segment, from many threads, until it is full. No byte has two owners.
 * What is left at the end is too short for any pool. All blocks can be put and taken again without growth. A watcher
 * looks at statistics meanwhile. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOLS = 3,
    GRANULE = 8 /* all sizes are multiples of it */
};

typedef struct run {
    stress_options options;
    lfm_segment segment, metadata;
    lfm_dynpool pools[POOLS];
    unsigned char *memory, *records;
    size_t bytes;
    bool apart;                  /* metadata in a segment of its own */
    _Atomic(unsigned char) *had; /* of each granule: somebody has it */
    void **blocks[STRESS_MAX_THREADS];
    unsigned char *pool_of[STRESS_MAX_THREADS];
    size_t held[STRESS_MAX_THREADS];
    size_t maximum; /* of pool 1 */
    _Atomic(uint64_t) ops;
} run;

static const size_t sizes[POOLS] = {24, 64, 40};

static size_t stride_of(int pool)
{
    return pool == 2 ? 64 : sizes[pool]; /* pool 2 is padded */
}

/* Marks granules as had, or as not. */
static void mark(run *r, const void *block, size_t bytes, bool had)
{
    const size_t start = (size_t)((const unsigned char *)block - r->memory);
    MUST(start % GRANULE == 0 && start < r->bytes && bytes <= r->bytes - start, "%p is not in the segment", block);
    for (size_t i = start / GRANULE; i < (start + bytes) / GRANULE; i++) {
        const unsigned char before = atomic_exchange_explicit(&r->had[i], had, memory_order_relaxed);
        MUST(before != had, "granule %zu is had by two", i);
    }
}

static void make(run *r)
{
    const size_t records = r->apart ? 16 * r->bytes / 8 : 64;
    r->memory = aligned_alloc(64, LFM_ROUND_UP_(r->bytes, 64));
    r->records = aligned_alloc(64, LFM_ROUND_UP_(records, 64));
    r->had = calloc(r->bytes / GRANULE + 1, 1);
    NEED(r->memory != NULL && r->records != NULL && r->had != NULL, "no memory");
    MUST(lfm_segment_init(&r->segment, r->memory, r->bytes, 64) == LFM_OK, "no segment");
    MUST(lfm_segment_init(&r->metadata, r->records, records, 1) == LFM_OK, "no segment");
    for (int i = 0; i < POOLS; i++) {
        const lfm_dynpool_config config = {
            .block_size = sizes[i],
            .align = 8,
            .initial = (size_t)i,
            .maximum = i == 1 ? r->maximum : LFM_UNLIMITED,
            .grow = i == 1 ? r->options.grow : 1,
            .padded = i == 2,
            .metadata = r->apart ? &r->metadata : NULL,
        };
        const lfm_status status = lfm_dynpool_init(&r->pools[i], &r->segment, &config);
        MUST(status == LFM_OK, "%s", lfm_status_string(status));
    }
}

static void watch(run *r)
{
    for (int i = 0; i < POOLS; i++) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&r->pools[i], &stats);
        MUST(stats.created <= stats.maximum && stats.free + stats.in_use == stats.created &&
                 stats.peak <= stats.created && stats.peak >= stats.in_use,
             "pool %d: %zu created, %zu free, %zu in use, peak %zu", i, stats.created, stats.free, stats.in_use,
             stats.peak);
    }
    lfm_segment_stats_t stats;
    lfm_segment_stats(&r->segment, &stats);
    MUST(stats.used + stats.free == stats.bytes && stats.bytes == r->bytes, "segment: %zu used, %zu free", stats.used,
         stats.free);
}

/* Takes from all pools in turn, and now and then from the segment, until nothing is left. */
static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    uint64_t ops = 0;
    for (unsigned empty = 0; empty != (1u << POOLS) - 1; ops++) {
        const int pool = (int)rng_below(&random, POOLS);
        unsigned char *block = lfm_dynpool_get(&r->pools[pool]);
        if (block == NULL) {
            empty |= 1u << pool;
            continue;
        }
        mark(r, block, stride_of(pool), true);
        memset(block, (int)number, sizes[pool]);
        if (rng_below(&random, 3) == 0) {
            mark(r, block, stride_of(pool), false);
            const lfm_status status = lfm_dynpool_put(&r->pools[pool], block);
            MUST(status == LFM_OK, "%s", lfm_status_string(status));
            empty &= ~(1u << pool); /* what was put may be taken by others meanwhile, or not */
        } else {
            r->pool_of[number][r->held[number]] = (unsigned char)pool;
            r->blocks[number][r->held[number]++] = block;
        }
        if (rng_below(&random, 16) == 0) {
            const size_t bytes = GRANULE * (1 + rng_below(&random, 8));
            const bool padded = rng_below(&random, 2) == 0;
            block = padded ? lfm_segment_alloc_padded(&r->segment, bytes, 8) : lfm_segment_alloc(&r->segment, bytes, 8);
            if (block != NULL) {
                mark(r, block, padded ? 64 : bytes, true);
            }
            watch(r);
        }
    }
    atomic_fetch_add_explicit(&r->ops, ops, memory_order_relaxed);
}

/* Whether one more block could be made. */
static bool has_room(const run *r, int pool)
{
    const size_t room = lfm_segment_remaining(&r->segment, pool == 2 ? 64 : 8);
    return room >= stride_of(pool) + (r->apart ? 0 : LFM_WORD_BITS == 64 && LFM_CHECKS < 2 ? 8 : 16);
}

/* Everything is put and taken again, and the segment does not notice. */
static void settle(run *r)
{
    lfm_segment_stats_t before, after;
    size_t held[POOLS] = {0};
    lfm_segment_stats(&r->segment, &before);
    for (uint32_t t = 0; t < r->options.threads; t++) {
        for (size_t i = 0; i < r->held[t]; i++) {
            const int pool = r->pool_of[t][i];
            for (size_t k = 0; k < sizes[pool]; k++) {
                MUST(((unsigned char *)r->blocks[t][i])[k] == t, "byte %zu of a block was overwritten", k);
            }
            MUST(lfm_dynpool_put(&r->pools[pool], r->blocks[t][i]) == LFM_OK, "a put failed");
            held[pool]++;
        }
    }
    for (int i = 0; i < POOLS; i++) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&r->pools[i], &stats);
        MUST(stats.free == stats.created && stats.created >= held[i], "pool %d: %zu of %zu blocks are free", i,
             stats.free, stats.created);
        MUST(stats.created == stats.maximum || !has_room(r, i), "pool %d: room was left", i);
        MUST(lfm_dynpool_check(&r->pools[i]) == LFM_OK, "pool %d is damaged", i);
        for (size_t k = 0; k < stats.created; k++) {
            MUST(lfm_dynpool_get(&r->pools[i]) != NULL, "pool %d: %zu of %zu blocks", i, k, stats.created);
        }
        MUST(lfm_dynpool_get(&r->pools[i]) == NULL, "pool %d grew", i);
    }
    lfm_segment_stats(&r->segment, &after);
    MUST(before.used == after.used, "the segment went from %zu to %zu bytes", before.used, after.used);
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 1, .blocks = 2000, .shards = 1, .held = 1, .many = 1, .grow = 3}};
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    for (uint32_t i = 0; i < r.options.threads; i++) {
        r.blocks[i] = malloc(((size_t)r.options.blocks * 64 / 24 + 1) * sizeof(void *));
        r.pool_of[i] = malloc((size_t)r.options.blocks * 64 / 24 + 1);
        NEED(r.blocks[i] != NULL && r.pool_of[i] != NULL, "no memory");
    }
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        r.bytes = (size_t)r.options.blocks * 64 - GRANULE * (round % 8);
        r.apart = round % 2 == 1;
        r.maximum = r.options.blocks / (round % 3 == 0 ? 8 : 1);
        memset(r.held, 0, sizeof r.held);
        make(&r);
        seconds += stress_run(&r.options, work, &r);
        settle(&r);
        free(r.memory);
        free(r.records);
        free(r.had);
    }
    stress_report(atomic_load(&r.ops), 0, seconds);
    for (uint32_t i = 0; i < r.options.threads; i++) {
        free(r.blocks[i]);
        free(r.pool_of[i]);
    }
    return 0;
}
