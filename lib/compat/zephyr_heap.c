/* SPDX-License-Identifier: MIT */
/* Zephyr's heap memory pool. With a heap of 0 bytes this file is left out, and programs that use it do not link. */
#include "zephyr.h"

/* The alignment up to which k_aligned_alloc() can have blocks. */
#define ALIGN(bytes) ((bytes) >= 4096 ? 4096 : (bytes) >= 1024 ? 1024 : (bytes) >= 256 ? 256 : 64)
LFM_HEAP_DEFINE_ALIGNED(lfm_zephyr_units, CONFIG_HEAP_MEM_POOL_SIZE, CONFIG_HEAP_MEM_POOL_MIN_SIZE, LFM_FIT_BUDDY4,
                        ALIGN(CONFIG_HEAP_MEM_POOL_SIZE));
static struct k_mem_pool lfm_zephyr_heap_pool = {lfm_zephyr_units, CONFIG_HEAP_MEM_POOL_SIZE, NULL, 0, 0};

/* Returns the heap, which is on the list of pools then, so that k_free() finds it. */
static inline const lfm_heap *lfm_zephyr_known_heap(void)
{
    if (LFM_LOAD(LISTED_LOAD, &lfm_zephyr_heap_pool.listed) == 0) {
        lfm_zephyr_register(&lfm_zephyr_heap_pool);
    }
    LFM_ASSERT(!lfm_zephyr_is_void(&lfm_zephyr_heap_pool) && lfm_zephyr_heap_pool.heap == lfm_zephyr_units);
    return lfm_zephyr_units;
}

void *k_malloc(size_t size)
{
    return lfm_heap_alloc(lfm_zephyr_known_heap(), size);
}

void *k_calloc(size_t n, size_t size)
{
    return lfm_heap_calloc(lfm_zephyr_known_heap(), n, size);
}

void *k_aligned_alloc(size_t align, size_t size)
{
    return lfm_heap_alloc_aligned(lfm_zephyr_known_heap(), align, size);
}

void *k_realloc(void *block, size_t size)
{
    if (size == 0) {
        k_free(block);
        return NULL;
    }
    if (block == NULL) {
        return k_malloc(size);
    }
    struct k_mem_pool *const pool = lfm_zephyr_find(block);
    if (pool == NULL || size > pool->max_size) {
        return NULL;
    }
    LFM_ASSERT(!lfm_zephyr_is_void(pool));
    void *const resized = lfm_heap_realloc(pool->heap, block, size);
    if (resized != NULL) {
        lfm_zephyr_freed(pool->heap, &pool->waits); /* of the old block, of its end, or of nothing */
    }
    return resized;
}

void k_thread_system_pool_assign(struct k_thread *thread)
{
    k_thread_resource_pool_assign(thread, &lfm_zephyr_heap_pool);
}

const lfm_heap *lfm_zephyr_heap(void)
{
    return lfm_zephyr_units;
}
