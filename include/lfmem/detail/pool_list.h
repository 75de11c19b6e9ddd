/* SPDX-License-Identifier: MIT */
/** @file pool_list.h
 * The free lists of a pool, and a get and a put on one list. The library has them, and programs (pool_inline.h). So
 * have front-ends that tell their users how the list stands after a call. Private. */
#ifndef LFMEM_DETAIL_POOL_LIST_H
#define LFMEM_DETAIL_POOL_LIST_H

#include <lfmem/detail/list.h>
#include <lfmem/detail/pool_object.h>
#include <lfmem/status.h>

typedef struct lfm_pool lfm_pool;

/* What a get and a put tell tools of a block: lib/hooks.h. */
#ifndef LFM_POOL_SHOW_
#define LFM_POOL_SHOW_(pool, block) ((void)0)
#define LFM_POOL_HIDE_(pool, block) ((void)0)
#endif

/* The blocks of a pool in this mapping. */
LFM_ALWAYS_INLINE lfm_run_ lfm_pool_run(const lfm_pool *pool)
{
    const uintptr_t first = (uintptr_t)pool + LFM_POOL_ORIGIN_AT_ + ((uintptr_t)pool->blocks - (uintptr_t)pool->origin);
    const lfm_run_ run = {(unsigned char *)first, pool->inverse, pool->stride, pool->count, pool->stride_shift};
    return run;
}

/* The list of a pool that is not sharded. A pool of all zero bytes has its own, in which nothing is. */
LFM_ALWAYS_INLINE lfm_list_state_ *lfm_pool_state(const lfm_pool *pool)
{
    return (void *)((uintptr_t)pool + LFM_POOL_ORIGIN_AT_ + ((uintptr_t)pool->state - (uintptr_t)pool->origin));
}

/* From the address of a block to its index; false: it is no block. A multiple of the stride, divided by it exactly,
 * gives the block's index. Multiplying by an inverse and rotating map numbers one to one (Granlund and Montgomery, PLDI
 * 1994, section 9). So every other distance gives a number >= count. What a cache has of this in programs is in
 * lfmem/detail/cache_inline.h. */
LFM_ALWAYS_INLINE bool lfm_run_index(const lfm_run_ *run, const void *block, uint32_t *index)
{
    const unsigned bits = sizeof(size_t) * 8;
    const size_t product = ((uintptr_t)block - (uintptr_t)run->first) * run->inverse;
    const size_t quotient = product >> run->stride_shift | product << ((bits - run->stride_shift) % bits);
    *index = (uint32_t)quotient;
    return quotient < run->count;
}

LFM_ALWAYS_INLINE bool lfm_pool_index(const lfm_pool *pool, const void *block, uint32_t *index)
{
    const lfm_run_ run = lfm_pool_run(pool);
    return lfm_run_index(&run, block, index);
}

/* What a copy of a function knows of the lists of a pool. A constant in each copy, so that compilers leave out what it
 * rules out. */
typedef enum lfm_list_kind {
    LFM_LIST_ANY,    /* nothing: all of it is read from the pool */
    LFM_LIST_SINGLE, /* one list, whose count is not split: most pools */
    LFM_LIST_SHARD   /* one of several, likewise */
} lfm_list_kind;

/* A pool of all zero bytes is not: its head is in the pool itself, where it is aligned. */
LFM_ALWAYS_INLINE bool lfm_pool_is_sharded(const lfm_pool *pool)
{
    return LFM_SHARDS && pool->shards > 1;
}

/* The width of all links of lists that are not split. */
#define LFM_LINK_UNSPLIT_ (LFM_CHECKS >= 2 ? 32 : LFM_WORD_BITS == 64 ? LFM_LINK_2_BITS_ : LFM_LINK_1_BITS_)

/* The kind that fits a pool. Where code is to be small, there are no copies. */
LFM_ALWAYS_INLINE lfm_list_kind lfm_pool_kind(const lfm_pool *pool)
{
    if (LFM_SMALL || pool->split_bits != 0) {
        return LFM_LIST_ANY;
    }
    return lfm_pool_is_sharded(pool) ? LFM_LIST_SHARD : LFM_LIST_SINGLE;
}

/* A list of a pool: number `shard` of several, or the only one. */
LFM_ALWAYS_INLINE void lfm_pool_list(const lfm_pool *pool, lfm_list_kind kind, uint32_t shard, lfm_list *list)
{
    const bool unsplit = kind != LFM_LIST_ANY;
    LFM_ASSERT(!unsplit || (pool->split_bits == 0 && (kind == LFM_LIST_SHARD) == lfm_pool_is_sharded(pool)));
    LFM_ASSERT(shard < pool->shards || pool->count == 0); /* a pool of all zero bytes is empty */
    list->shape.count = pool->count;
    list->shape.index_bits = pool->index_bits;
    list->shape.split_bits = unsplit ? 0 : pool->split_bits;
    list->shape.split = !unsplit && pool->split_bits != 0;
    list->link_width = unsplit ? LFM_LINK_UNSPLIT_ : pool->index_bits;
    /* links may lie below the blocks: an address that wraps is one, a pointer that does is none */
    list->links = (void *)((uintptr_t)lfm_pool_run(pool).first + pool->links);
    if (kind == LFM_LIST_SINGLE || (kind == LFM_LIST_ANY && !lfm_pool_is_sharded(pool))) {
        list->shape.sharded = false;
        list->shape.start = 0;
        list->shape.size = pool->count;
        list->head = &lfm_pool_state(pool)->head;
        list->peak = &lfm_pool_state(pool)->peak;
    } else {
        unsigned char *const lists = (unsigned char *)list->links - (size_t)pool->shards * LFM_LIST_STRIDE_;
        lfm_list_state_ *const own = (lfm_list_state_ *)(void *)(lists + (size_t)shard * LFM_LIST_STRIDE_);
        list->shape.sharded = true;
        list->shape.start = shard * pool->shard_count;
        list->shape.size = shard + 1u == pool->shards ? pool->count - list->shape.start : pool->shard_count;
        list->head = &own->head;
        list->peak = &own->peak;
    }
    list->blocks = list->shape.size;
    list->alone = false;
    LFM_ASSERT(LFM_LINK_BYTES_OF_(list->link_width) == LFM_LINK_BYTES_OF_(pool->index_bits) || pool->count == 0);
    LFM_ASSERT(list->shape.start + list->shape.size <= pool->count);
}

/* Finds the index of a block that is about to be put. */
LFM_ALWAYS_INLINE lfm_status lfm_run_find(const lfm_run_ *run, void *block, uint32_t *index)
{
    const bool found = lfm_run_index(run, block, index);
    if (LFM_CHECKS >= 1 && !found) {
        const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)run->first);
        return block == NULL ? LFM_EINVAL : offset < (size_t)run->stride * run->count ? LFM_EINTERIOR : LFM_EFOREIGN;
    }
    LFM_ASSERT(!found || (*index < run->count && run->first + (size_t)*index * run->stride == block));
    return LFM_OK;
}

/* The same, and makes the double-free check. */
LFM_ALWAYS_INLINE lfm_status lfm_run_check_put(const lfm_run_ *run, const lfm_list *list, void *block, uint32_t *index)
{
    const lfm_status status = lfm_run_find(run, block, index);
    LFM_ASSERT(run->count == list->shape.count);
    return status != LFM_OK ? status : lfm_list_check_put(list, *index) ? LFM_OK : LFM_EDOUBLEFREE;
}

/* Takes the top block of a list, and marks it as taken; false: the list was empty. *after is the resulting state.
 * `sharded` is a constant: one list of several. */
LFM_ALWAYS_INLINE bool lfm_list_take(const lfm_list *list, bool sharded, uint32_t *index, lfm_list_result *after)
{
    lfm_list own = *list;
    lfm_word_ tag;
    own.alone = LFM_SECTIONS;
    const uint32_t section = LFM_SECTION_ENTER();
    const bool popped = lfm_list_pop(&own, sharded, index, &tag, after);
    if (popped) {
        LFM_ASSERT(*index < list->shape.count);
        lfm_list_mark_taken(&own, *index);
    }
    LFM_SECTION_LEAVE(section);
    return popped;
}

/* Takes a block from a list; NULL: it was empty. *after is the resulting state. `sharded` is a constant, as above. */
LFM_ALWAYS_INLINE void *lfm_pool_take(const lfm_pool *pool, const lfm_list *list, bool sharded, lfm_list_result *after)
{
    unsigned char *const first = lfm_pool_run(pool).first;
    uint32_t index;
    if (!lfm_list_take(list, sharded, &index, after)) {
        return NULL;
    }
    void *const block = first + (size_t)index * pool->stride;
    LFM_POOL_SHOW_(pool, block);
    return block;
}

/* Gives a block to a list; *after is the resulting state, if LFM_OK. */
LFM_ALWAYS_INLINE lfm_status lfm_pool_give(const lfm_pool *pool, const lfm_list *list, void *block,
                                           lfm_list_result *after)
{
    const lfm_run_ run = lfm_pool_run(pool);
    lfm_list own = *list;
    uint32_t index;
    const lfm_status status = lfm_run_find(&run, block, &index);
    if (status != LFM_OK) {
        return status;
    }
    own.alone = LFM_SECTIONS;
    const uint32_t section = LFM_SECTION_ENTER();
    const bool taken = lfm_list_check_put(&own, index);
    if (taken) {
        LFM_POOL_HIDE_(pool, block);
        *after = lfm_list_push(&own, index, index, 1);
    }
    LFM_SECTION_LEAVE(section);
    return taken ? LFM_OK : LFM_EDOUBLEFREE;
}

#endif
