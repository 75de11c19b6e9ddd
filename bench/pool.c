/* SPDX-License-Identifier: MIT */
/* Quick figures of the pools in one thread: a get and a put with a store between them, or a get alone that takes a new
 * block from a segment, as R, the ratio to the bare pair of compare-and-swaps (measure.h); medians and quartiles. */
#include "measure.h"
#include <lfmem/dynpool.h>
#include <lfmem/pool.h>
#include <stdio.h>

enum {
    ROUNDS = 101,
    PAIRS = 40000,
    BURST = 32,
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

__attribute__((noinline)) static void *textbook_get(void)
{
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

__attribute__((noinline)) static void textbook_put(void *block)
{
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

static void textbook_ping_pong(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = textbook_get();
        touch(block, i);
        textbook_put(block);
    }
}

static void pool_ping_pong(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = lfm_pool_get(pool);
        touch(block, i);
        lfm_pool_put(pool, block);
    }
}

static void textbook_burst(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = textbook_get(), i);
        }
        for (int k = 0; k < BURST; k++) {
            textbook_put(blocks[k]);
        }
    }
}

static void pool_burst(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = lfm_pool_get(pool), i);
        }
        for (int k = 0; k < BURST; k++) {
            lfm_pool_put(pool, blocks[k]);
        }
    }
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

static void dynpool_pairs(lfm_dynpool *dynpool)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = lfm_dynpool_get(dynpool);
        touch(block, i);
        lfm_dynpool_put(dynpool, block);
    }
}

static void dynpool_ping_pong(void)
{
    dynpool_pairs(make_dynpool(BLOCKS));
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
    dynpool_pairs(dynpool);
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
            const double began = now();
            contestants[c].run();
            const double taken = (now() - began) / PAIRS;
            const double after = bare_pair(PAIRS);
            ratios[c][round] = taken / ((before + after) / 2);
            before = after;
        }
    }
    printf("one thread, %d-bit words, checks level %d; R = ratio to a bare pair of compare-and-swaps, here %.1f ns\n",
           LFM_WORD_BITS, LFM_CHECKS, median(bare, ROUNDS));
    printf("%-38s %6s   quartiles\n", "a get and a put", "R");
    for (int c = 0; c < CONTESTANTS; c++) {
        double *r = ratios[c];
        const double middle = median(r, ROUNDS);
        printf("%-38s %6.2f   %.2f ... %.2f\n", contestants[c].name, middle, r[ROUNDS / 4], r[ROUNDS * 3 / 4]);
    }
    return 0;
}
