/* SPDX-License-Identifier: MIT */
/* Zephyr's memory pools over heaps, and the list of pools.
 *
 * k_free() is not told the pool of a block, and blocks have no descriptor. So a pool is put on a list before it hands
 * out its first such block.
 *
 * While other contexts look, pools are only appended, by a compare-and-swap of the last link from NULL. A context that
 * loses goes on from the link that it finds. So appending is lock-free, and a pool gets on the list once, however many
 * contexts try at the same time. There is no ABA, since a link that was set is not NULL again. A context that frees has
 * the block from one that saw the pool on the list, so it sees the pool as well. */
#include "zephyr.h"

#include "../heap_units.h"
#include "../hooks.h"

lfm_zephyr_link lfm_zephyr_pools;

void lfm_zephyr_register(struct k_mem_pool *pool)
{
    lfm_zephyr_link *link = &lfm_zephyr_pools;
    LFM_ASSERT(!lfm_zephyr_is_void(pool));
    for (;;) {
        struct k_mem_pool *next = NULL;
        if (LFM_CAS(POOLS_CAS, POOLS_FAIL, link, &next, pool) || next == pool) {
            break;
        }
        LFM_ASSERT(next != NULL && next != pool);
        link = &next->next;
    }
    LFM_STORE(LISTED_SET, &pool->listed, 1);
}

static inline struct k_mem_pool *lfm_zephyr_follow(const lfm_zephyr_link *link)
{
    return LFM_LOAD(POOLS_LOAD, link);
}

void lfm_zephyr_pool_fini(struct k_mem_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    lfm_zephyr_link *before = &lfm_zephyr_pools;
    struct k_mem_pool *met = lfm_zephyr_follow(before);
    while (met != NULL && met != pool) {
        before = &met->next;
        met = lfm_zephyr_follow(before);
    }
    LFM_ASSERT(met == NULL || met == pool);
    if (met != NULL) {
        LFM_STORE(POOLS_RESET, before, lfm_zephyr_follow(&pool->next));
    }
    LFM_STORE(POOLS_RESET, &pool->next, NULL);
    LFM_STORE(POOLS_RESET, &pool->listed, 0);
    if (!lfm_zephyr_is_void(pool)) { /* free blocks are hidden from tools no longer */
        lfm_hook_open(lfm_heap_units(pool->heap), lfm_heap_bytes(pool->heap));
    }
}

struct k_mem_pool *lfm_zephyr_find(const void *block)
{
    struct k_mem_pool *pool = lfm_zephyr_follow(&lfm_zephyr_pools);
    while (pool != NULL && lfm_heap_usable_size(pool->heap, block) == 0) {
        LFM_ASSERT(!lfm_zephyr_is_void(pool));
        pool = lfm_zephyr_follow(&pool->next);
    }
    return pool;
}

const lfm_heap *lfm_zephyr_heap_for(struct k_mem_pool *pool, size_t size)
{
    if (pool == NULL || size > pool->max_size) {
        return NULL;
    }
    if (LFM_LOAD(LISTED_LOAD, &pool->listed) == 0) {
        if (lfm_zephyr_is_void(pool)) {
            return NULL;
        }
        lfm_zephyr_register(pool);
    }
    LFM_ASSERT(!lfm_zephyr_is_void(pool));
    return pool->heap;
}

void *k_mem_pool_malloc(struct k_mem_pool *pool, size_t size)
{
    return lfm_heap_alloc(lfm_zephyr_heap_for(pool, size), size);
}

lfm_status lfm_zephyr_free(void *block)
{
    if (block == NULL) {
        return LFM_OK;
    }
    lfm_status status = LFM_EFOREIGN;
    struct k_mem_pool *pool = lfm_zephyr_follow(&lfm_zephyr_pools);
    for (; pool != NULL && status == LFM_EFOREIGN; pool = lfm_zephyr_follow(&pool->next)) {
        LFM_ASSERT(!lfm_zephyr_is_void(pool));
        status = lfm_heap_free(pool->heap, block);
        if (status == LFM_OK) {
            lfm_zephyr_freed(pool->heap, &pool->waits);
        }
    }
    return status;
}

void k_free(void *block)
{
    (void)lfm_zephyr_free(block);
}

void k_mem_pool_free_id(struct k_mem_block_id *id)
{
    if (id != NULL && id->pool != NULL && id->data != NULL && lfm_heap_free(id->pool->heap, id->data) == LFM_OK) {
        lfm_zephyr_freed(id->pool->heap, &id->pool->waits);
    }
}

void k_mem_pool_free(struct k_mem_block *block)
{
    if (block != NULL) {
        k_mem_pool_free_id(&block->id);
    }
}
