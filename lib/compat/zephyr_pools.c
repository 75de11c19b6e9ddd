/* SPDX-License-Identifier: MIT */
/* Zephyr's system memory pools, whose blocks k_free() finds, and the pools of threads. */
#include "zephyr.h"

#include <sys/mempool.h>

void *sys_mem_pool_alloc(struct sys_mem_pool *pool, size_t size)
{
    return pool == NULL ? NULL : k_mem_pool_malloc(&pool->pool, size);
}

void sys_mem_pool_free(void *block)
{
    k_free(block);
}

size_t sys_mem_pool_try_expand_inplace(void *block, size_t new_size)
{
    const struct k_mem_pool *const pool = lfm_zephyr_find(block);
    LFM_ASSERT(pool == NULL || !lfm_zephyr_is_void(pool));
    const size_t bytes = pool == NULL ? 0 : lfm_heap_usable_size(pool->heap, block);
    return new_size <= bytes ? 0 : bytes;
}

void k_thread_resource_pool_assign(struct k_thread *thread, struct k_mem_pool *pool)
{
    if (thread != NULL) {
        LFM_STORE(THREAD_POOL_SET, &thread->resource_pool, pool);
    }
}
