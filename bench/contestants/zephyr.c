/* SPDX-License-Identifier: MIT */
/* Zephyr's heap memory pool, and a memory pool. Both are as large as the other heaps. */
#include "../loops.h"
#include "adapter.h"
#include <kernel.h>

_Static_assert(CONFIG_HEAP_MEM_POOL_SIZE == HEAP_BYTES && CONFIG_HEAP_MEM_POOL_MIN_SIZE == HEAP_UNIT,
               "k_malloc has another heap than its core");

/* A mix asks for less than 4096 bytes. */
K_MEM_POOL_DEFINE(pool, HEAP_UNIT, 4096, HEAP_BYTES / 4096, 4096);

static inline void *heap_alloc(worker *w, size_t bytes)
{
    (void)w;
    return k_malloc(bytes);
}

static inline void heap_put(worker *w, void *block)
{
    (void)w;
    k_free(block);
}

HEAP_LOOPS(heap)

extern const contestant contestant_lfmem_buddy4;

const contestant contestant_zephyr_heap = {
    .name = "Zephyr k_malloc",
    .kind = FRONT_END,
    .most_threads = 1,
    .most_percent = 7,
    .loops = {[SAME_SIZE] = heap_same_size, [BURST_64] = heap_burst, [MIX] = heap_mix},
    .alloc = heap_alloc,
    .put = heap_put,
    .core = &contestant_lfmem_buddy4};

static inline void *pool_alloc(worker *w, size_t bytes)
{
    (void)w;
    struct k_mem_block block;
    k_mem_pool_alloc(&pool, &block, bytes, K_NO_WAIT);
    return block.data; /* NULL if there is none */
}

/* A program keeps the descriptor that k_mem_pool_alloc() has written. The loops keep addresses only, so it is written
 * once more. */
static inline void pool_put(worker *w, void *block)
{
    (void)w;
    struct k_mem_block taken = {block, {&pool, block}};
    k_mem_pool_free(&taken);
}

HEAP_LOOPS(pool)

const contestant contestant_zephyr_pool = {
    .name = "Zephyr k_mem_pool",
    .kind = FRONT_END,
    .most_threads = 1,
    .most_percent = 7,
    .loops = {[SAME_SIZE] = pool_same_size, [BURST_64] = pool_burst, [MIX] = pool_mix},
    .alloc = pool_alloc,
    .put = pool_put,
    .core = &contestant_lfmem_buddy4};
