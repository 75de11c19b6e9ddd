/* SPDX-License-Identifier: MIT */
/* What Zephyr's names cost on top of the heap: an allocation and a free with a store between them, in one thread, as a
 * ratio to the same calls of the core on a heap of the same shape. */
#include "measure.h"
#include <kernel.h>

enum {
    PAIRS = 20000
};

LFM_HEAP_DEFINE(core, CONFIG_HEAP_MEM_POOL_SIZE, CONFIG_HEAP_MEM_POOL_MIN_SIZE, LFM_FIT_BUDDY4);
K_MEM_POOL_DEFINE(pool, 64, 4096, 4, 4);

/* A small size and a large one in turns. */
static size_t mixed(int i)
{
    return i % 2 == 0 ? 50 : 1000;
}

static void *core_get(void *heap)
{
    return lfm_heap_alloc(heap, 64);
}

static void core_put(void *heap, void *block)
{
    lfm_heap_free(heap, block);
}

static void *heap_get(void *from)
{
    (void)from;
    return k_malloc(64);
}

static void heap_put(void *from, void *block)
{
    (void)from;
    k_free(block);
}

static void core_pairs(void)
{
    ping_pong(PAIRS, core_get, core_put, core);
}

static void heap_pairs(void)
{
    ping_pong(PAIRS, heap_get, heap_put, NULL);
}

static void core_burst(void)
{
    burst(PAIRS, core_get, core_put, core);
}

static void heap_burst(void)
{
    burst(PAIRS, heap_get, heap_put, NULL);
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

int main(void)
{
    static const rivals all[] = {
        {"k_malloc, k_free", core_pairs, heap_pairs},
        {"k_malloc, k_free, burst of 32", core_burst, heap_burst},
        {"k_malloc, k_free, 50 and 1000 bytes", core_mixed, heap_mixed},
        {"k_mem_pool_alloc, k_mem_pool_free", core_pairs, pool_pairs},
    };
    printf("one thread, %d-bit words; Zephyr's names\n", LFM_WORD_BITS);
    compare(all, sizeof all / sizeof *all, PAIRS);
    return 0;
}
