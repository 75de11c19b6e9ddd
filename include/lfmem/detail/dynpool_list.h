/* SPDX-License-Identifier: MIT */
/** @file dynpool_list.h
 * The free list of a dynamic pool, from an index to a block, and a get and a put on the list. The library has them, and
 * programs (dynpool_inline.h). What they leave out is growth, and from the address of a created block to its index
 * (lib/dynpool.c). Private. */
#ifndef LFMEM_DETAIL_DYNPOOL_LIST_H
#define LFMEM_DETAIL_DYNPOOL_LIST_H

#include <lfmem/detail/bump.h>
#include <lfmem/detail/dynpool_object.h>
#include <lfmem/detail/pool_list.h>

typedef struct lfm_dynpool lfm_dynpool;

/* What a get and a put tell tools of a block: lib/hooks.h. */
#ifndef LFM_DYNPOOL_SHOW_
#define LFM_DYNPOOL_SHOW_(pool, block) ((void)0)
#define LFM_DYNPOOL_HIDE_(pool, block) ((void)0)
#endif

/* What changes. A pool of all zero bytes has it in itself, and all of it is zero. */
LFM_ALWAYS_INLINE lfm_dynpool_state_ *lfm_dynpool_state(const lfm_dynpool *pool)
{
    return (void *)lfm_relocate(pool, pool->origin, pool->state);
}

LFM_ALWAYS_INLINE _Atomic(uint32_t) *lfm_dynpool_created(const lfm_dynpool *pool)
{
    return &lfm_dynpool_state(pool)->created;
}

/* The initial blocks in this mapping. */
LFM_ALWAYS_INLINE lfm_run_ lfm_dynpool_run(const lfm_dynpool *pool)
{
    const lfm_run_ run = {lfm_relocate(pool, pool->origin, pool->blocks), pool->inverse, pool->stride, pool->initial,
                          pool->stride_shift};
    return run;
}

LFM_ALWAYS_INLINE const lfm_segment *lfm_dynpool_segment(const lfm_dynpool *pool)
{
    return (const lfm_segment *)(const void *)lfm_relocate(pool, pool->origin, pool->segment);
}

/* The list. `wide` and `split` say of it what a copy of a function knows: they are constants there, or read from the
 * pool. */
LFM_ALWAYS_INLINE void lfm_dynpool_list(const lfm_dynpool *pool, bool wide, bool split, lfm_list *list)
{
    LFM_ASSERT(wide == pool->wide && split == (pool->split_bits != 0));
    list->shape.count = list->shape.size = pool->cells;
    list->shape.index_bits = pool->index_bits;
    list->shape.split_bits = split ? pool->split_bits : 0;
    list->shape.split = split;
    list->shape.start = 0;
    list->shape.sharded = false;
    list->link_width = wide ? 32 : LFM_LINK_2_BITS_;
    list->blocks = 0;
    list->alone = false;
    list->head = &lfm_dynpool_state(pool)->head;
    list->peak = &lfm_dynpool_state(pool)->peak;
    list->links = (void *)((uintptr_t)lfm_dynpool_run(pool).first + pool->links);
}

/* Offsets of created blocks count from here, which is a multiple of their alignment in the mapping where the segment
 * was made. */
LFM_ALWAYS_INLINE uintptr_t lfm_dynpool_origin(const lfm_dynpool *pool)
{
    const lfm_segment *segment = lfm_dynpool_segment(pool);
    const size_t beyond = (uintptr_t)segment->base & (((size_t)1 << pool->offset_shift) - 1);
    return (uintptr_t)lfm_segment_base(segment) - beyond;
}

/* Of the block of a record (lib/dynpool_tree.h), in multiples of the alignment. */
LFM_ALWAYS_INLINE uint32_t lfm_record_offset(const lfm_list *list, uint32_t record)
{
    return LFM_LOAD_LINK(LFM_LOAD, RECORD, list->link_width, list->links, record + 1);
}

/* The block with this index, where the initial ones begin at `first`. */
LFM_ALWAYS_INLINE unsigned char *lfm_dynpool_block_at(const lfm_dynpool *pool, const lfm_list *list,
                                                      unsigned char *first, uint32_t index)
{
    LFM_ASSERT(index < list->shape.count);
    const uint32_t place = index - pool->first;
    if (place < pool->initial) {
        return first + (size_t)place * pool->stride;
    }
    LFM_ASSERT(pool->initial < pool->maximum);
    return (unsigned char *)(lfm_dynpool_origin(pool) + ((size_t)lfm_record_offset(list, index) << pool->offset_shift));
}

LFM_ALWAYS_INLINE unsigned char *lfm_dynpool_block(const lfm_dynpool *pool, const lfm_list *list, uint32_t index)
{
    return lfm_dynpool_block_at(pool, list, lfm_dynpool_run(pool).first, index);
}

/* Takes a free block; false: there is none. */
LFM_ALWAYS_INLINE bool lfm_dynpool_take(const lfm_dynpool *pool, const lfm_list *list, void **block)
{
    unsigned char *const first = lfm_dynpool_run(pool).first;
    uint32_t index;
    lfm_list_result after;
    if (!lfm_list_take(list, false, &index, &after)) {
        return false;
    }
    *block = lfm_dynpool_block_at(pool, list, first, index);
    LFM_DYNPOOL_SHOW_(pool, *block);
    return true;
}

/* The index of an initial block; false: it is none. */
LFM_ALWAYS_INLINE bool lfm_dynpool_index(const lfm_dynpool *pool, const void *block, uint32_t *index)
{
    const lfm_run_ run = lfm_dynpool_run(pool);
    uint32_t place;
    const bool found = lfm_run_index(&run, block, &place);
    *index = pool->first + place;
    return found;
}

/* Pushes a block in hand that has passed the double-free check. */
LFM_ALWAYS_INLINE void lfm_dynpool_push(const lfm_dynpool *pool, const lfm_list *list, void *block, uint32_t index)
{
    lfm_dynpool_state_ *const state = (void *)list->head; /* its first field; the pool would be read again */
    lfm_list own = *list;
    LFM_ASSERT(state == lfm_dynpool_state(pool));
    LFM_DYNPOOL_HIDE_(pool, block);
    own.blocks = LFM_LOAD(QUOTA_STAT, &state->created);
    LFM_ASSERT(own.blocks >= 1 && own.blocks <= pool->maximum); /* dynpool_view.h, D1 */
    (void)block;
    lfm_list_push(&own, index, index, 1);
}

/* Gives a block that has this index to the list. */
LFM_ALWAYS_INLINE lfm_status lfm_dynpool_give(const lfm_dynpool *pool, const lfm_list *list, void *block,
                                              uint32_t index)
{
    lfm_list own = *list;
    LFM_ASSERT(lfm_dynpool_block(pool, list, index) == block);
    own.alone = LFM_SECTIONS;
    const uint32_t section = LFM_SECTION_ENTER();
    const bool taken = lfm_list_check_put(&own, index);
    if (taken) {
        lfm_dynpool_push(pool, &own, block, index);
    }
    LFM_SECTION_LEAVE(section);
    return taken ? LFM_OK : LFM_EDOUBLEFREE;
}

#endif
