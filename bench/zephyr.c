/* SPDX-License-Identifier: MIT */
/* What Zephyr's names cost on top of the heap: an allocation and a free with a store between them, in one thread, as a
 * ratio to the same calls of the core on a heap of the same shape. Both take turns in one process; medians and
 * quartiles of the ratios. */
#include "measure.h"
#include <kernel.h>
#include <stdio.h>

enum {
    ROUNDS = 101,
    PAIRS = 20000,
    BURST = 32
};

LFM_HEAP_DEFINE(core, CONFIG_HEAP_MEM_POOL_SIZE, CONFIG_HEAP_MEM_POOL_MIN_SIZE, LFM_FIT_BUDDY4);
K_MEM_POOL_DEFINE(pool, 64, 4096, 4, 4);

/* A small size and a large one in turns. */
static size_t mixed(int i)
{
    return i % 2 == 0 ? 50 : 1000;
}

static void core_pairs(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *const block = lfm_heap_alloc(core, 64);
        touch(block, i);
        lfm_heap_free(core, block);
    }
}

static void heap_pairs(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *const block = k_malloc(64);
        touch(block, i);
        k_free(block);
    }
}

static void pool_pairs(void)
{
    for (int i = 0; i < PAIRS; i++) {
        struct k_mem_block block;
        k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT);
        touch(block.data, i);
        k_mem_pool_free(&block);
    }
}

static void core_burst(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = lfm_heap_alloc(core, 64), i);
        }
        for (int k = 0; k < BURST; k++) {
            lfm_heap_free(core, blocks[k]);
        }
    }
}

static void heap_burst(void)
{
    void *blocks[BURST];
    for (int i = 0; i < PAIRS / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = k_malloc(64), i);
        }
        for (int k = 0; k < BURST; k++) {
            k_free(blocks[k]);
        }
    }
}

static void core_mixed(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *const block = lfm_heap_alloc(core, mixed(i));
        touch(block, i);
        lfm_heap_free(core, block);
    }
}

static void heap_mixed(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *const block = k_malloc(mixed(i));
        touch(block, i);
        k_free(block);
    }
}

static const struct {
    const char *name;
    void (*core)(void), (*front_end)(void);
} contestants[] = {
    {"k_malloc, k_free", core_pairs, heap_pairs},
    {"k_malloc, k_free, burst of 32", core_burst, heap_burst},
    {"k_malloc, k_free, 50 and 1000 bytes", core_mixed, heap_mixed},
    {"k_mem_pool_alloc, k_mem_pool_free", core_pairs, pool_pairs},
};
enum {
    CONTESTANTS = sizeof contestants / sizeof contestants[0]
};

/* Nanoseconds for each pair. */
static double measure(void (*run)(void))
{
    const double began = now();
    run();
    return (now() - began) / PAIRS;
}

int main(void)
{
    static double ratios[CONTESTANTS][ROUNDS], cores[CONTESTANTS][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int c = 0; c < CONTESTANTS; c++) {
            const double before = measure(contestants[c].core), taken = measure(contestants[c].front_end);
            const double after = measure(contestants[c].core);
            cores[c][round] = before < after ? before : after; /* the one that nobody disturbed */
            ratios[c][round] = taken / cores[c][round];
        }
    }
    printf("one thread, %d-bit words; ratio to lfm_heap_alloc and lfm_heap_free\n%-38s %6s   quartiles   the core's\n",
           LFM_WORD_BITS, "", "ratio");
    for (int c = 0; c < CONTESTANTS; c++) {
        double *const r = ratios[c];
        const double middle = median(r, ROUNDS);
        printf("%-38s %6.2f   %.2f ... %.2f   %.1f ns\n", contestants[c].name, middle, r[ROUNDS / 4], r[ROUNDS * 3 / 4],
               median(cores[c], ROUNDS));
    }
    return 0;
}
