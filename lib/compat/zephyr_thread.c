/* SPDX-License-Identifier: MIT */
/* Allocations from the pool of the calling thread. A file of their own, so that a program without them need not define
 * k_current_get(). */
#include "zephyr.h"

static struct k_mem_pool *lfm_zephyr_own_pool(void)
{
    const struct k_thread *const thread = k_current_get();
    return thread == NULL ? NULL : LFM_LOAD(THREAD_POOL_LOAD, &thread->resource_pool);
}

void *z_thread_malloc(size_t size)
{
    return k_mem_pool_malloc(lfm_zephyr_own_pool(), size);
}

void *z_thread_aligned_alloc(size_t align, size_t size)
{
    return lfm_heap_alloc_aligned(lfm_zephyr_heap_for(lfm_zephyr_own_pool(), size), align == 0 ? 1 : align, size);
}
