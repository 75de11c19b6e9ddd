/* SPDX-License-Identifier: MIT */
/* Threads take and give the blocks of a dynamic pool. Its maximum, or its segment to the last byte, is just enough for
 * them. One more thread looks at statistics all the time. Often the pool is made anew, so that most of the time it
 * grows. From round to round the pools differ: initial blocks, padding, place of the metadata.
 *
 * A block is at one of the places that the pool uses when undisturbed.
 * While all threads together may hold no more blocks than there can be, no get
 * may fail (G3). */
#define _POSIX_C_SOURCE 200809L
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef struct worker {
    rng random;
    uint32_t holding;
    void *blocks[STRESS_MAX_HELD];
    uint64_t filled[STRESS_MAX_HELD]; /* the stamp that is in each block */
    uint64_t ops, nulls;
} worker;

typedef struct run {
    stress_options options;
    lfm_dynpool_config config;
    lfm_segment segment, metadata;
    lfm_dynpool pool;
    unsigned char *memory, *records;
    size_t room;       /* bytes at `memory` */
    uintptr_t *places; /* of the blocks, in order */
    bool *seen;
    bool strict;                        /* no get may fail */
    _Atomic(uint32_t) held, most, busy; /* blocks between calls, now and at most;
                                           threads that are not done */
    worker workers[STRESS_MAX_THREADS];
} run;

static int by_place(const void *left, const void *right)
{
    const uintptr_t a = *(const uintptr_t *)left, b = *(const uintptr_t *)right;
    return (a > b) - (a < b);
}

static uint32_t index_of(const run *r, const void *block)
{
    const uintptr_t place = (uintptr_t)block;
    const uintptr_t *const found = bsearch(&place, r->places, r->options.blocks, sizeof place, by_place);
    MUST(found != NULL, "a get returned what is no block: %p", block);
    return (uint32_t)(found - r->places);
}

/* The pool on a segment of so many bytes, at an address that is a multiple of
 * nothing. */
static void make(run *r, size_t bytes)
{
    const size_t records = LFM_DYNPOOL_METADATA_BYTES(r->config.initial, r->options.blocks - r->config.initial);
    MUST(lfm_segment_init(&r->segment, r->memory + 1, bytes, STRESS_BLOCK_BYTES) == LFM_OK, "no segment");
    MUST(lfm_segment_init(&r->metadata, r->records + 1, records, 1) == LFM_OK, "no segment");
    const lfm_status status = lfm_dynpool_init(&r->pool, &r->segment, &r->config);
    if (status != LFM_OK) { /* too small a segment; see below */
        MUST(status == LFM_ENOMEM, "%s", lfm_status_string(status));
        memset(&r->pool, 0, sizeof r->pool);
    }
}

/* How many blocks a pool on so many bytes gives, of which `places` is told; at
 * most one more than it should. */
static uint32_t capacity(run *r, size_t bytes)
{
    uint32_t n = 0;
    make(r, bytes);
    for (void *block; r->pool.stride != 0 && n <= r->options.blocks && (block = lfm_dynpool_get(&r->pool)) != NULL;) {
        r->places[n++] = (uintptr_t)block;
    }
    return n;
}

/* Makes the pool of this round, on a segment that is just long enough unless
 * the pool has a maximum. */
static void begin(run *r, uint32_t round)
{
    static const uint32_t parts[] = {0, 4, 1000000, 2};
    const uint32_t part = parts[round / 4 % 4];
    const lfm_dynpool_config config = {
        .block_size = STRESS_BLOCK_BYTES,
        .align = 8,
        .initial = part == 0 ? 0 : 1 + (r->options.blocks - 1) / part,
        .maximum = r->options.unlimited ? LFM_UNLIMITED : r->options.blocks,
        .grow = r->options.doubling ? 0 : r->options.grow,
        .padded = round / 2 % 2 == 1,
        .metadata = round % 2 == 1 ? &r->metadata : NULL,
    };
    size_t low = 1, high = r->room; /* too short; long enough */
    r->config = config;
    while (r->options.unlimited && high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        *(capacity(r, middle) < r->options.blocks ? &low : &high) = middle;
    }
    const uint32_t n = capacity(r, high);
    MUST(n == r->options.blocks, "%" PRIu32 " blocks in %zu bytes", n, high);
    qsort(r->places, n, sizeof *r->places, by_place);
    make(r, high);
    atomic_store_explicit(&r->most, 0, memory_order_relaxed);
    atomic_store_explicit(&r->busy, r->options.threads, memory_order_relaxed);
}

static void take(run *r, worker *w, uint32_t number)
{
    void *const block = lfm_dynpool_get(&r->pool);
    w->ops++;
    if (block == NULL) {
        MUST(!r->strict, "no block, although there can be enough for all");
        w->nulls++;
        return;
    }
    const uint32_t held = atomic_fetch_add_explicit(&r->held, 1, memory_order_relaxed) + 1;
    MUST(held <= r->options.blocks, "%" PRIu32 " blocks are held at once", held);
    uint32_t most = atomic_load_explicit(&r->most, memory_order_relaxed);
    while (held > most &&
           !atomic_compare_exchange_weak_explicit(&r->most, &most, held, memory_order_release, memory_order_relaxed)) {
    }
    index_of(r, block);
    w->filled[w->holding] = stress_stamp(number, w->ops);
    stress_fill(block, w->filled[w->holding]);
    w->blocks[w->holding++] = block;
}

static void give(run *r, worker *w, uint32_t number)
{
    const uint32_t i = rng_below(&w->random, w->holding);
    void *const block = w->blocks[i];
    const uint64_t stamp = stress_verify(block);
    MUST(stamp == w->filled[i], "thread %" PRIu32 " owns a block that %016" PRIx64 " wrote to", number, stamp);
    w->holding--;
    w->blocks[i] = w->blocks[w->holding];
    w->filled[i] = w->filled[w->holding];
    atomic_fetch_sub_explicit(&r->held, 1, memory_order_relaxed);
    const lfm_status status = lfm_dynpool_put(&r->pool, block);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
    w->ops++;
}

/* What holds at every look. All threads together have no more than they may
 * hold, calls included. */
static void look(const run *r, lfm_dynpool_stats_t *stats)
{
    const size_t all = (size_t)r->options.threads * r->options.held;
    const uint32_t most = atomic_load_explicit(&r->most, memory_order_acquire);
    lfm_dynpool_stats(&r->pool, stats);
    MUST(stats->created <= stats->maximum, "%zu blocks were created", stats->created);
    MUST(stats->created == stats->free + stats->in_use && stats->free <= stats->created,
         "%zu blocks created, %zu free, %zu in use", stats->created, stats->free, stats->in_use);
    MUST(stats->in_use <= all && stats->peak <= all && stats->peak >= stats->in_use,
         "%zu in use, peak %zu, but all may hold %zu", stats->in_use, stats->peak, all);
    MUST(stats->peak >= most, "peak %zu, after %" PRIu32 " blocks were held at once", stats->peak, most);
}

static void watch(run *r)
{
    while (atomic_load_explicit(&r->busy, memory_order_acquire) != 0) {
        lfm_dynpool_stats_t stats;
        lfm_segment_stats_t room;
        look(r, &stats);
        lfm_segment_stats(&r->segment, &room);
        MUST(room.used + room.free == room.bytes, "%zu bytes used, %zu free", room.used, room.free);
        sched_yield();
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    if (number == r->options.threads) {
        watch(r);
        return;
    }
    w->random.state = r->options.seed + number * UINT64_C(0xd1342543de82ef95);
    for (uint64_t i = 0; i < r->options.ops; i++) {
        if (w->holding == 0 || (w->holding < r->options.held && rng_below(&w->random, 2) == 0)) {
            take(r, w, number);
        } else {
            give(r, w, number);
        }
        if (rng_below(&w->random, 8) == 0) {
            sched_yield(); /* more threads than cores: let the others in often, while the pool is young */
        }
    }
    while (w->holding > 0) {
        give(r, w, number);
    }
    atomic_fetch_sub_explicit(&r->busy, 1, memory_order_release);
}

static void require_free(const run *r, size_t least)
{
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(&r->pool, &stats);
    MUST(stats.in_use == 0 && stats.free == stats.created && stats.created >= least, "%zu of %zu blocks are free",
         stats.free, stats.created);
    const lfm_status status = lfm_dynpool_check(&r->pool);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
}

/* At rest: what was created can be taken without growth, the rest with it, each
 * block once. */
static void account(run *r)
{
    lfm_dynpool_stats_t stats;
    lfm_segment_stats_t before, after;
    look(r, &stats);
    require_free(r, stats.peak > r->config.initial ? stats.peak : r->config.initial);
    lfm_segment_stats(&r->segment, &before);
    memset(r->seen, 0, r->options.blocks * sizeof *r->seen);
    for (uint32_t i = 0; i < r->options.blocks; i++) {
        const void *const block = lfm_dynpool_get(&r->pool);
        MUST(block != NULL, "%" PRIu32 " of %" PRIu32 " blocks are lost", r->options.blocks - i, r->options.blocks);
        MUST(!r->seen[index_of(r, block)], "a block came twice");
        r->seen[index_of(r, block)] = true;
        lfm_segment_stats(&r->segment, &after);
        MUST((after.used == before.used) == (i < stats.created), "%zu bytes used instead of %zu", after.used,
             before.used);
    }
    MUST(lfm_dynpool_get(&r->pool) == NULL, "more blocks than there can be");
    for (uint32_t i = 0; i < r->options.blocks; i++) {
        MUST(lfm_dynpool_put(&r->pool, (void *)r->places[i]) == LFM_OK, "a put failed");
        MUST(LFM_CHECKS < 1 || lfm_dynpool_put(&r->pool, (void *)r->places[i]) == LFM_EDOUBLEFREE, "and again");
    }
    require_free(r, r->options.blocks);
}

static void *allocate(size_t bytes)
{
    void *const memory = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(bytes, STRESS_BLOCK_BYTES));
    NEED(memory != NULL, "no memory: %zu bytes", bytes);
    return memory;
}

int main(int argc, char **argv)
{
    static run r = {
        .options = {
            .threads = 4, .ops = 200000, .blocks = 64, .shards = 1, .held = 8, .many = 1, .grow = 1, .rounds = 100}};
    uint64_t ops = 0, nulls = 0;
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    NEED(r.options.threads < STRESS_MAX_THREADS, "one thread is the watcher");
    r.room = (size_t)r.options.blocks * 2 * STRESS_BLOCK_BYTES + 1024;
    r.memory = allocate(r.room + 1);
    r.records = allocate(LFM_DYNPOOL_METADATA_BYTES(r.options.blocks, r.options.blocks) + 1);
    r.places = allocate((r.options.blocks + 1) * sizeof *r.places);
    r.seen = allocate(r.options.blocks * sizeof *r.seen);
    r.strict = (uint64_t)r.options.threads * r.options.held <= r.options.blocks;
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        stress_options options = r.options;
        options.threads++; /* the watcher */
        begin(&r, round);
        seconds += stress_run(&options, work, &r);
        account(&r);
    }
    for (uint32_t i = 0; i < r.options.threads; i++) {
        ops += r.workers[i].ops;
        nulls += r.workers[i].nulls;
    }
    stress_report(ops, nulls, seconds);
    free(r.seen);
    free(r.places);
    free(r.records);
    free(r.memory);
    return 0;
}
