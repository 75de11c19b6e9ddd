/* SPDX-License-Identifier: MIT */
/* What the library alone knows of a pool's lists (lfmem/detail/pool_list.h): tools, and contexts. */
#ifndef LFM_LIB_POOL_LIST_H
#define LFM_LIB_POOL_LIST_H

#include "context.h"
#include "hooks.h"
#include <lfmem/detail/pool_list.h>
#include <lfmem/pool.h>

/* The list that the running context begins at. */
LFM_ALWAYS_INLINE uint32_t lfm_pool_home(const lfm_pool *pool)
{
    return lfm_pool_is_sharded(pool) ? lfm_context_pick(lfm_context_number(), pool->shards) : 0;
}

/* Takes up to n blocks for a cache, as indices, from the first list that has any. Returns how many; 0 only if at one
 * instant no block was free. */
uint32_t lfm_pool_pop_indices(const lfm_pool *pool, void *indices[], uint32_t n);

/* Undoes n double-free checks: the blocks are their owner's again. */
void lfm_pool_undo_check(const lfm_pool *pool, void *const blocks[], size_t n);

#endif
