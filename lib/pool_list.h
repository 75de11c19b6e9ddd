/* SPDX-License-Identifier: MIT */
/* The free lists of a pool, and a get and a put on one list: for the pool itself, and for front-ends that tell their
 * users of the list's head. */
#ifndef LFM_LIB_POOL_LIST_H
#define LFM_LIB_POOL_LIST_H

#include "freelist.h"
#include "hooks.h"
#include <lfmem/pool.h>

static inline unsigned char *lfm_pool_blocks(const lfm_pool *pool)
{
    return (unsigned char *)((uintptr_t)pool + ((uintptr_t)pool->blocks - (uintptr_t)pool->origin));
}

/* The links may lie below the blocks: an address that wraps is one, a pointer that does is none. */
static inline unsigned char *lfm_pool_links(const lfm_pool *pool)
{
    return (unsigned char *)((uintptr_t)lfm_pool_blocks(pool) + pool->links);
}

static inline lfm_run_ lfm_pool_run(const lfm_pool *pool)
{
    const lfm_run_ run = {lfm_pool_blocks(pool), pool->inverse, pool->stride, pool->count, pool->stride_shift};
    return run;
}

static inline bool lfm_pool_index(const lfm_pool *pool, const void *block, uint32_t *index)
{
    const lfm_run_ run = lfm_pool_run(pool);
    return lfm_run_index_(&run, block, index);
}

static inline void lfm_pool_list(const lfm_pool *pool, uint32_t shard, lfm_freelist *list)
{
    unsigned char *links = lfm_pool_links(pool);
    list->shape.count = pool->count;
    list->shape.index_bits = pool->index_bits;
    list->shape.spill_bits = pool->spill_bits;
    list->shape.part = pool->shards > 1;
    list->wide = LFM_LINK_IS_WIDE_(pool->index_bits);
    list->links = links;
    if (pool->shards == 1) {
        list->shape.start = 0;
        list->shape.size = pool->count;
        list->head = (_Atomic(lfm_word_) *)&pool->head;
        list->peak = (_Atomic(uint32_t) *)&pool->peak;
    } else {
        lfm_list_ *own = (lfm_list_ *)(void *)(links - (size_t)(pool->shards - shard) * LFM_LIST_STRIDE_);
        list->shape.start = shard * pool->shard_count;
        list->shape.size = shard + 1u == pool->shards ? pool->count - list->shape.start : pool->shard_count;
        list->head = &own->head;
        list->peak = &own->peak;
    }
    list->blocks = list->shape.size;
}

/* A pool with one list whose count does not spill: most pools with 64-bit words. Telling the compiler so is worth the
 * second copy of get and put there; with 32-bit words, where flash is scarce, most pools spill anyway. */
static inline bool lfm_pool_is_plain(const lfm_pool *pool)
{
    return LFM_WORD_BITS == 64 && pool->shards == 1 && pool->spill_bits == 0;
}

static inline void lfm_pool_plain_list(const lfm_pool *pool, lfm_freelist *list)
{
    list->shape.count = list->shape.size = list->blocks = pool->count;
    list->shape.start = 0;
    list->shape.index_bits = pool->index_bits;
    list->shape.spill_bits = 0;
    list->shape.part = false;
    list->wide = LFM_CHECKS >= 2;
    list->links = lfm_pool_links(pool);
    list->head = (_Atomic(lfm_word_) *)&pool->head;
    list->peak = (_Atomic(uint32_t) *)&pool->peak;
}

/* The list that the running context begins at. */
static inline uint32_t lfm_pool_home(const lfm_pool *pool)
{
    return pool->shards == 1 ? 0 : lfm_port_spread(LFM_PORT_CONTEXT(), pool->shards);
}

/* Takes up to n blocks for the pool's user, or, as numbers, for a cache: from one list after another until there are
 * `enough`, and fewer only if at one instant no further block was free. */
uint32_t lfm_pool_pop_many(lfm_pool *pool, void *blocks[], uint32_t n, uint32_t enough, bool cached);

/* Finds the number of a block of a pool's run that is about to be put, and takes its mark off. */
static inline lfm_status lfm_run_claim(const lfm_run_ *run, const lfm_freelist *list, void *block, uint32_t *index)
{
    const bool found = lfm_run_index_(run, block, index);
    if (LFM_CHECKS >= 1 && !found) {
        const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)run->first);
        return block == NULL ? LFM_EINVAL : offset < (size_t)run->stride * run->count ? LFM_EINTERIOR : LFM_EFOREIGN;
    }
    return lfm_freelist_claim(list, *index) ? LFM_OK : LFM_EDOUBLEFREE;
}

static inline lfm_status lfm_pool_claim(const lfm_pool *pool, const lfm_freelist *list, void *block, uint32_t *index)
{
    const lfm_run_ run = lfm_pool_run(pool);
    return lfm_run_claim(&run, list, block, index);
}

/* Takes a block from the only list; NULL: it was empty. *left is what this left. */
LFM_INLINE void *lfm_pool_take(lfm_pool *pool, const lfm_freelist *list, lfm_left *left)
{
    uint32_t index;
    lfm_word_ tag;
    if (lfm_freelist_pop(list, false, 1, &index, &tag, left) == 0) {
        return NULL;
    }
    lfm_freelist_mark(list, index);
    void *const block = lfm_pool_blocks(pool) + (size_t)index * pool->stride;
    lfm_hook_get(pool, block, pool->block_size);
    return block;
}

/* Gives a block to the only list; *left is what this left, if LFM_OK. */
LFM_INLINE lfm_status lfm_pool_give(lfm_pool *pool, const lfm_freelist *list, void *block, lfm_left *left)
{
    uint32_t index;
    const lfm_status status = lfm_pool_claim(pool, list, block, &index);
    if (status == LFM_OK) {
        lfm_hook_put(pool, block, pool->block_size);
        *left = lfm_freelist_push(list, index, index, 1);
    }
    return status;
}

#endif
