/* SPDX-License-Identifier: MIT */
/* Quick figures of the pools in one thread: a get and a put with a store between them, or a get alone that takes a new
 * block from a segment, as R, the ratio to the bare pair of compare-and-swaps (measure.h); medians and quartiles. */
#include "measure.h"
#include <lfmem/cache.h>
#include <lfmem/dynpool.h>
#include <lfmem/pool.h>

enum {
    ROUNDS = 101,
    PAIRS = 40000,
    BLOCKS = 64,
    GROWN = 1000
};

/* The textbook: links in the blocks, {index, tag}, no count, no checks. What such a stack costs on this machine. */
typedef struct node {
    _Atomic uint32_t next;
    uint32_t contents[15];
} node;

static node nodes[BLOCKS];
static _Alignas(128) _Atomic uint64_t top;

__attribute__((noinline)) static void *textbook_get(void *from)
{
    (void)from;
    uint64_t head = atomic_load_explicit(&top, memory_order_acquire), wanted;
    do {
        if ((uint32_t)head == UINT32_MAX) {
            return NULL;
        }
        const uint32_t next = atomic_load_explicit(&nodes[(uint32_t)head].next, memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | next;
    } while (!atomic_compare_exchange_weak_explicit(&top, &head, wanted, memory_order_acquire, memory_order_acquire));
    return &nodes[(uint32_t)head];
}

__attribute__((noinline)) static void textbook_put(void *from, void *block)
{
    (void)from;
    node *n = block;
    uint64_t head = atomic_load_explicit(&top, memory_order_relaxed), wanted;
    do {
        atomic_store_explicit(&n->next, (uint32_t)head, memory_order_relaxed);
        wanted = head >> 32 << 32 | (uint32_t)(n - nodes);
    } while (!atomic_compare_exchange_weak_explicit(&top, &head, wanted, memory_order_release, memory_order_relaxed));
}

static void textbook_init(void)
{
    for (uint32_t i = 0; i < BLOCKS; i++) {
        atomic_store_explicit(&nodes[i].next, i + 1 < BLOCKS ? i + 1 : UINT32_MAX, memory_order_relaxed);
    }
}

LFM_POOL_DEFINE(pool, BLOCKS, 64, 64);

static void *pool_get(void *from)
{
    return lfm_pool_get(from);
}

static void pool_put(void *from, void *block)
{
    lfm_pool_put(from, block);
}

static void textbook_ping_pong(void)
{
    ping_pong(PAIRS, textbook_get, textbook_put, NULL);
}

static void pool_ping_pong(void)
{
    ping_pong(PAIRS, pool_get, pool_put, pool);
}

static void textbook_burst(void)
{
    burst(PAIRS, textbook_get, textbook_put, NULL);
}

static void pool_burst(void)
{
    burst(PAIRS, pool_get, pool_put, pool);
}

static void pool_many(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        const size_t n = lfm_pool_get_many(pool, blocks, BURST);
        for (size_t k = 0; k < n; k++) {
            touch(blocks[k], i);
        }
        lfm_pool_put_many(pool, blocks, n);
    }
}

LFM_POOL_DEFINE(behind, BLOCKS, 64, 64);
LFM_CACHE_DEFINE(cache, behind, BURST);

static void *cache_get(void *from)
{
    return lfm_cache_get(from);
}

static void cache_put(void *from, void *block)
{
    lfm_cache_put(from, block);
}

static void cache_ping_pong(void)
{
    ping_pong(PAIRS, cache_get, cache_put, cache);
}

static void cache_burst(void)
{
    burst(PAIRS, cache_get, cache_put, cache);
}

static void cache_many(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        const size_t n = lfm_cache_get_many(cache, blocks, BURST);
        for (size_t k = 0; k < n; k++) {
            touch(blocks[k], i);
        }
        lfm_cache_put_many(cache, blocks, n);
    }
}

LFM_SEGMENT_DEFINE(ram, PAIRS * 64, 64);
LFM_SEGMENT_DEFINE(records, LFM_DYNPOOL_METADATA_BYTES(BLOCKS, GROWN), 64);

/* A pool alone on the segments. */
static lfm_dynpool *make_dynpool(size_t initial)
{
    static lfm_dynpool dynpool;
    const lfm_dynpool_config config = {
        .block_size = 64, .align = 64, .initial = initial, .maximum = LFM_UNLIMITED, .grow = 1, .metadata = records};
    lfm_segment_reset(ram);
    lfm_segment_reset(records);
    if (lfm_dynpool_init(&dynpool, ram, &config) != LFM_OK) {
        abort();
    }
    return &dynpool;
}

static void *dynpool_get(void *from)
{
    return lfm_dynpool_get(from);
}

static void dynpool_put(void *from, void *block)
{
    lfm_dynpool_put(from, block);
}

static void dynpool_ping_pong(void)
{
    ping_pong(PAIRS, dynpool_get, dynpool_put, make_dynpool(BLOCKS));
}

/* Each get takes a new block. */
static void grow_one_by_one(void)
{
    lfm_dynpool *dynpool = make_dynpool(0);
    for (int i = 0; i < PAIRS / GROWN; i++) {
        for (int k = 0; k < GROWN; k++) {
            touch(lfm_dynpool_get(dynpool), i);
        }
        dynpool = make_dynpool(0);
    }
}

static void dynpool_grown_ping_pong(void)
{
    lfm_dynpool *dynpool = make_dynpool(0);
    void *block = NULL;
    for (int k = 0; k < GROWN; k++) {
        block = lfm_dynpool_get(dynpool);
    }
    lfm_dynpool_put(dynpool, block);
    ping_pong(PAIRS, dynpool_get, dynpool_put, dynpool);
}

static void segment_alloc(void)
{
    lfm_segment_reset(ram);
    for (int i = 0; i < PAIRS; i++) {
        touch(lfm_segment_alloc(ram, 64, 64), i);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} contestants[] = {
    {"textbook stack, ping-pong", textbook_ping_pong},
    {"pool, ping-pong", pool_ping_pong},
    {"textbook stack, burst of 32", textbook_burst},
    {"pool, burst of 32", pool_burst},
    {"pool, get_many and put_many of 32", pool_many},
    {"cache of 32, ping-pong", cache_ping_pong},
    {"cache of 32, burst of 32", cache_burst},
    {"cache of 32, many of 32", cache_many},
    {"dynpool, ping-pong", dynpool_ping_pong},
    {"dynpool, ping-pong, one grown of 1000", dynpool_grown_ping_pong},
    {"segment, alloc only", segment_alloc},
    {"dynpool, get only, growing by 1", grow_one_by_one},
};
enum {
    CONTESTANTS = sizeof contestants / sizeof contestants[0]
};

int main(void)
{
    static double ratios[CONTESTANTS][ROUNDS], bare[ROUNDS];
    textbook_init();
    for (int round = 0; round < ROUNDS; round++) {
        double before = bare[round] = bare_pair(PAIRS);
        for (int c = 0; c < CONTESTANTS; c++) {
            const double taken = time_of(contestants[c].run, PAIRS);
            const double after = bare_pair(PAIRS);
            ratios[c][round] = taken / ((before + after) / 2);
            before = after;
        }
    }
    printf("one thread, %d-bit words, checks level %d; R = ratio to a bare pair of compare-and-swaps, here %.1f ns\n",
           LFM_WORD_BITS, LFM_CHECKS, median(bare, ROUNDS));
    printf("%-38s %6s   quartiles\n", "a get and a put", "R");
    for (int c = 0; c < CONTESTANTS; c++) {
        print_ratio(contestants[c].name, ratios[c], ROUNDS);
        putchar('\n');
    }
    return 0;
}
