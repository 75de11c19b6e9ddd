/* SPDX-License-Identifier: MIT */
/* What a get and a put cost through Mynewt's names, against the pool itself: in one thread, with a store into the block
 * between them. The two take turns in one process; medians and quartiles of the ratio. */
#include <lfmem/pool.h>
#include <os/mynewt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS = 101,
    PAIRS = 40000,
    BURST = 32,
    BLOCKS = 64,
    SIZE = 64
};

LFM_POOL_DEFINE(pool, BLOCKS, SIZE, OS_ALIGNMENT);
static struct os_mempool mempool;
static os_membuf_t buffer[OS_MEMPOOL_SIZE(BLOCKS, SIZE)];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void touch(void *block, int i)
{
    ((volatile uint64_t *)block)[1] = (uint64_t)i;
}

static void pool_ping_pong(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = lfm_pool_get(pool);
        touch(block, i);
        lfm_pool_put(pool, block);
    }
}

static void mempool_ping_pong(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = os_memblock_get(&mempool);
        touch(block, i);
        os_memblock_put(&mempool, block);
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

static void mempool_burst(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = os_memblock_get(&mempool), i);
        }
        for (int k = 0; k < BURST; k++) {
            os_memblock_put(&mempool, blocks[k]);
        }
    }
}

static const struct {
    const char *name;
    void (*pool)(void);
    void (*mempool)(void);
} pairs[] = {
    {"ping-pong", pool_ping_pong, mempool_ping_pong},
    {"burst of 32", pool_burst, mempool_burst},
};

static double measure(void (*run)(void))
{
    const double began = now();
    run();
    return (now() - began) / PAIRS;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    if (os_mempool_init(&mempool, BLOCKS, SIZE, buffer, "bench") != OS_OK) {
        return 1;
    }
    printf("one thread, %d-bit words, checks level %d\n", LFM_WORD_BITS, LFM_CHECKS);
    printf("%-12s %8s %8s %6s   quartiles\n", "get and put", "pool, ns", "mempool", "ratio");
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        static double ratios[ROUNDS], plain[ROUNDS], front[ROUNDS];
        double before = measure(pairs[p].pool);
        for (int round = 0; round < ROUNDS; round++) {
            front[round] = measure(pairs[p].mempool);
            plain[round] = measure(pairs[p].pool);
            ratios[round] = front[round] / ((before + plain[round]) / 2);
            before = plain[round];
        }
        qsort(ratios, ROUNDS, sizeof *ratios, ascending);
        qsort(plain, ROUNDS, sizeof *plain, ascending);
        qsort(front, ROUNDS, sizeof *front, ascending);
        printf("%-12s %8.1f %8.1f %6.2f   %.2f ... %.2f\n", pairs[p].name, plain[ROUNDS / 2], front[ROUNDS / 2],
               ratios[ROUNDS / 2], ratios[ROUNDS / 4], ratios[ROUNDS * 3 / 4]);
    }
    return 0;
}
