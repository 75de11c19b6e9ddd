/* SPDX-License-Identifier: MIT */
/* lfmem's pools: with one list and with eight, static, and dynamic pools with initial blocks or grown ones. */
#include "../loops.h"
#include "adapter.h"
#include <lfmem/dynpool.h>
#include <lfmem/pool.h>

enum {
    SHARDS = 8
};

static void need(lfm_status status)
{
    if (status != LFM_OK) {
        abort();
    }
}

static double pool_metadata(void)
{
    return beside(LFM_POOL_STORAGE_BYTES(POOL_BLOCKS, BLOCK_BYTES, BLOCK_BYTES) + sizeof(lfm_pool), POOL_BLOCKS);
}

static double sharded_metadata(void)
{
    return beside(LFM_POOL_STORAGE_BYTES_SHARDED(POOL_BLOCKS, BLOCK_BYTES, BLOCK_BYTES, SHARDS) + sizeof(lfm_pool),
                  POOL_BLOCKS);
}

#define LFM_POOL_CONTESTANT(id, shown, lists)                                                      \
    static _Alignas(128) lfm_pool id[1];                                                           \
    static void id##_make(size_t count, size_t unit)                                               \
    {                                                                                              \
        static void *storage;                                                                      \
        const size_t bytes = LFM_POOL_STORAGE_BYTES_SHARDED(count, unit, BLOCK_BYTES, lists);      \
        storage = remake(storage, bytes);                                                          \
        need(lfm_pool_init_sharded(id, storage, bytes, count, unit, BLOCK_BYTES, lists));          \
    }                                                                                              \
    static inline void *id##_get(worker *w)                                                        \
    {                                                                                              \
        (void)w;                                                                                   \
        return lfm_pool_get(id);                                                                   \
    }                                                                                              \
    static inline void id##_put(worker *w, void *block)                                            \
    {                                                                                              \
        (void)w;                                                                                   \
        lfm_pool_put(id, block);                                                                   \
    }                                                                                              \
    static inline size_t id##_get_many(worker *w, void **blocks, size_t n)                         \
    {                                                                                              \
        (void)w;                                                                                   \
        return lfm_pool_get_many(id, blocks, n);                                                   \
    }                                                                                              \
    static inline void id##_put_many(worker *w, void **blocks, size_t n)                           \
    {                                                                                              \
        (void)w;                                                                                   \
        lfm_pool_put_many(id, blocks, n);                                                          \
    }                                                                                              \
    POOL_LOOPS(id)                                                                                 \
    LOOP(id, many, id##_get_many, id##_put_many)                                                   \
    const contestant contestant_lfmem_##id = {.name = (shown),                                     \
                                              .kind = LFMEM,                                       \
                                              .most_size = LFM_POOL_MAX_COUNT,                     \
                                              .make = id##_make,                                   \
                                              .loops = {POOL_LOOPS_OF(id), [MANY_32] = id##_many}, \
                                              .metadata = id##_metadata}

LFM_POOL_CONTESTANT(pool, "lfmem pool", 1);
LFM_POOL_CONTESTANT(sharded, "lfmem pool, 8 shards", SHARDS);

/* A static pool, whose get and put are in line. */
LFM_POOL_DEFINE(fixed, POOL_BLOCKS, BLOCK_BYTES, BLOCK_BYTES);

/* All zero bytes are a new pool. */
static void fixed_make(size_t count, size_t unit)
{
    if (count != POOL_BLOCKS || unit != BLOCK_BYTES) {
        abort();
    }
    memset(&fixed_lfm_state, 0, sizeof fixed_lfm_state);
    memset(fixed_lfm_storage, 0, sizeof fixed_lfm_storage);
}

static inline void *fixed_get(worker *w)
{
    (void)w;
    return lfm_pool_get(fixed);
}

static inline void fixed_put(worker *w, void *block)
{
    (void)w;
    lfm_pool_put(fixed, block);
}

POOL_LOOPS(fixed)

const contestant contestant_lfmem_fixed = {.name = "lfmem static pool",
                                           .kind = LFMEM,
                                           .most_size = 1, /* no row of sizes: it has one */
                                           .make = fixed_make,
                                           .loops = {POOL_LOOPS_OF(fixed)},
                                           .metadata = pool_metadata};

/* A dynamic pool on segments of its own. It is made with `initial` blocks; others are made `grow` at a time, when they
 * are needed. */
typedef struct dynamic {
    _Alignas(128) lfm_dynpool pool;
    lfm_segment ram, records;
    void *blocks, *links;
    size_t count;
} dynamic;

static void dynamic_make(dynamic *d, size_t count, size_t initial, size_t grow)
{
    const size_t bytes = count * BLOCK_BYTES, metadata = LFM_DYNPOOL_METADATA_BYTES(initial, count - initial);
    if (d->count != count) {
        d->blocks = remake(d->blocks, bytes);
        d->links = remake(d->links, metadata);
        d->count = count;
    }
    const lfm_dynpool_config config = {.block_size = BLOCK_BYTES,
                                       .align = BLOCK_BYTES,
                                       .initial = initial,
                                       .maximum = LFM_UNLIMITED,
                                       .grow = grow,
                                       .metadata = &d->records};
    need(lfm_segment_init(&d->ram, d->blocks, bytes, BLOCK_BYTES));
    need(lfm_segment_init(&d->records, d->links, metadata, BLOCK_BYTES));
    need(lfm_dynpool_init(&d->pool, &d->ram, &config));
}

static dynamic initial, grown, by_1, by_16;

static void initial_make(size_t count, size_t unit)
{
    (void)unit;
    dynamic_make(&initial, count, count, 1);
}

static inline void *initial_get(worker *w)
{
    (void)w;
    return lfm_dynpool_get(&initial.pool);
}

static inline void initial_put(worker *w, void *block)
{
    (void)w;
    lfm_dynpool_put(&initial.pool, block);
}

POOL_LOOPS(initial)

const contestant contestant_lfmem_dynpool = {.name = "lfmem dynpool",
                                             .kind = LFMEM,
                                             .most_size = LFM_DYNPOOL_METADATA_MAX / 32,
                                             .make = initial_make,
                                             .loops = {POOL_LOOPS_OF(initial)}};

/* A get creates each block, and all are put back. */
static void grown_make(size_t count, size_t unit)
{
    (void)unit;
    dynamic_make(&grown, count, 0, 1);
    void **const blocks = malloc(count * sizeof *blocks);
    size_t n = 0;
    while (blocks != NULL && n < count && (blocks[n] = lfm_dynpool_get(&grown.pool)) != NULL) {
        n++;
    }
    while (n > 0) {
        lfm_dynpool_put(&grown.pool, blocks[--n]);
    }
    free(blocks);
}

static inline void *grown_get(worker *w)
{
    (void)w;
    return lfm_dynpool_get(&grown.pool);
}

static inline void grown_put(worker *w, void *block)
{
    (void)w;
    lfm_dynpool_put(&grown.pool, block);
}

POOL_LOOPS(grown)

const contestant contestant_lfmem_grown = {
    .name = "lfmem dynpool, grown",
    .kind = LFMEM,
    .make = grown_make,
    .loops = {[PING_PONG] = grown_ping_pong, [BURST_32] = grown_burst, [LATENCY] = grown_latency}};

static void by_1_make(size_t count, size_t unit)
{
    (void)unit;
    dynamic_make(&by_1, count, 0, 1);
}

static inline void *by_1_get(worker *w)
{
    (void)w;
    return lfm_dynpool_get(&by_1.pool);
}

LOOP(by_1, grow, by_1_get, NULL)

const contestant contestant_lfmem_by_1 = {
    .name = "lfmem dynpool, by 1", .kind = LFMEM, .make = by_1_make, .loops = {[GROW] = by_1_grow}};

static void by_16_make(size_t count, size_t unit)
{
    (void)unit;
    dynamic_make(&by_16, count, 0, 16);
}

static inline void *by_16_get(worker *w)
{
    (void)w;
    return lfm_dynpool_get(&by_16.pool);
}

LOOP(by_16, grow, by_16_get, NULL)

const contestant contestant_lfmem_by_16 = {
    .name = "lfmem dynpool, by 16", .kind = LFMEM, .make = by_16_make, .loops = {[GROW] = by_16_grow}};

/* A segment alone. */
static lfm_segment segment;

static void segment_make(size_t count, size_t unit)
{
    static void *memory;
    static size_t made;
    if (made != count * unit) {
        made = count * unit;
        memory = remake(memory, made);
    }
    need(lfm_segment_init(&segment, memory, made, unit));
}

static inline void *segment_get(worker *w)
{
    (void)w;
    return lfm_segment_alloc(&segment, BLOCK_BYTES, BLOCK_BYTES);
}

LOOP(segment, grow, segment_get, NULL)

const contestant contestant_lfmem_segment = {
    .name = "lfmem segment", .kind = LFMEM, .make = segment_make, .loops = {[GROW] = segment_grow}};
