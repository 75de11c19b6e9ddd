/* SPDX-License-Identifier: MIT */
/* Dynamic pool: get, put and growth. dynpool_view.h has the proof. */
#include "dynpool_view.h"
#include "hooks.h"
#include "pool_list.h"

_Static_assert(sizeof(lfm_dynpool) <= 96, "a control block is at most 96 bytes");

/* The kind that fits a pool, as pool_list.h says of pools. */
LFM_ALWAYS_INLINE lfm_list_kind lfm_dynpool_kind(const lfm_dynpool *pool)
{
    const bool usual = pool->split_bits == 0 && pool->wide == (LFM_CHECKS >= 2);
    return !LFM_SMALL && usual ? LFM_LIST_SINGLE : LFM_LIST_ANY;
}

LFM_ALWAYS_INLINE void lfm_dynpool_view_of(const lfm_dynpool *pool, lfm_list_kind kind, lfm_dynpool_view *view)
{
    lfm_list *list = &view->list;
    const bool usual = kind == LFM_LIST_SINGLE;
    list->shape.count = list->shape.size = pool->cells;
    list->shape.index_bits = pool->index_bits;
    list->shape.split_bits = usual ? 0 : pool->split_bits;
    list->shape.split = !usual && pool->split_bits != 0;
    list->shape.start = 0;
    if (!usual && pool->split_bits != 0) { /* a head that is not split has no use for it */
        list->shape.start = (pool->initial - pool->cells) & lfm_index_mask(&list->shape);
    }
    list->shape.sharded = false;
    list->wide = usual ? LFM_CHECKS >= 2 : pool->wide;
    list->blocks = 0;
    list->alone = false;
    list->head = (_Atomic(lfm_word_) *)&pool->head;
    list->peak = (_Atomic(uint32_t) *)&pool->peak;
    list->links = lfm_dynpool_at(pool, pool->links);
    view->run.first = lfm_dynpool_at(pool, pool->blocks);
    view->run.inverse = pool->inverse;
    view->run.stride = pool->stride;
    view->run.count = pool->initial;
    view->run.stride_shift = pool->stride_shift;
}

void lfm_dynpool_view_init(const lfm_dynpool *pool, lfm_dynpool_view *view)
{
    lfm_dynpool_view_of(pool, LFM_LIST_ANY, view);
}

/* The same, in line where code is to be fast. */
LFM_ALWAYS_INLINE void lfm_dynpool_view_any(const lfm_dynpool *pool, lfm_dynpool_view *view)
{
    if (LFM_SMALL) {
        lfm_dynpool_view_init(pool, view);
    } else {
        lfm_dynpool_view_of(pool, LFM_LIST_ANY, view);
    }
}

/* Takes a free block. NULL: there is none. */
LFM_ALWAYS_INLINE void *lfm_dynpool_pop(lfm_dynpool *pool, const lfm_dynpool_view *view)
{
    uint32_t index = 0;
    lfm_word_ tag;
    lfm_list_result after;
    if (!lfm_list_pop(&view->list, false, &index, &tag, &after)) {
        return NULL;
    }
    LFM_ASSERT(index < pool->cells);
    lfm_list_mark_taken(&view->list, index);
    void *const block = lfm_dynpool_block(pool, view, index);
    lfm_hook_show(block, pool->stride);
    return block;
}

/* Pushes a block in hand. */
LFM_ALWAYS_INLINE void lfm_dynpool_push(lfm_dynpool *pool, lfm_dynpool_view *view, void *block, uint32_t index)
{
    lfm_hook_hide(block, pool->stride);
    view->list.blocks = LFM_LOAD(QUOTA_STAT, lfm_dynpool_created(pool));
    LFM_ASSERT(view->list.blocks >= 1 && view->list.blocks <= pool->maximum); /* D1 */
    LFM_ASSERT(index < pool->initial || view->list.blocks > pool->initial);
    lfm_list_push(&view->list, index, index, 1);
}

/* The same for any kind of pool, apart, so that the fast path saves no registers for them. */
LFM_NOINLINE void *lfm_dynpool_pop_any(lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_any(pool, &view);
    return lfm_dynpool_pop(pool, &view);
}

LFM_NOINLINE void lfm_dynpool_push_any(lfm_dynpool *pool, void *block, uint32_t index)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_any(pool, &view);
    lfm_dynpool_push(pool, &view, block, index);
}

bool lfm_dynpool_take(const lfm_segment *segment, const lfm_segment *metadata, lfm_piece blocks, lfm_piece records,
                      unsigned char **block, unsigned char **record)
{
    size_t block_start = 0, record_start = 0;
    const bool done = metadata == segment
                          ? lfm_bump(segment, blocks, records, &block_start, &record_start)
                          : lfm_bump_has_room(segment, blocks) && lfm_bump_one(metadata, records, &record_start) &&
                                lfm_bump_one(segment, blocks, &block_start);
    LFM_ASSERT(!done || blocks.bytes <= segment->bytes - block_start);
    LFM_ASSERT(!done || records.bytes <= metadata->bytes - record_start);
    LFM_ASSERT(!done || metadata != segment || record_start >= block_start + blocks.bytes); /* D4 */
    *block = lfm_segment_base(segment) + block_start;
    *record = lfm_segment_base(metadata) + record_start;
    return done;
}

/* Makes a block, which is then in hand. It has no mark of a taken block, since no program can put it yet. NULL: there
 * are as many as there can be. */
static void *lfm_dynpool_create(lfm_dynpool *pool, uint32_t *index)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const lfm_list *list = &view.list;
    const size_t link_bytes = lfm_dynpool_link_bytes(pool);
    unsigned char *block, *record;
    if (!lfm_dynpool_reserve(pool)) {
        return NULL;
    }
    LFM_ASSERT(lfm_dynpool_grows(pool));
    const lfm_piece blocks = {pool->stride, (size_t)1 << pool->offset_shift};
    const lfm_piece records = {LFM_RECORD_CELLS * link_bytes, 4};
    if (!lfm_dynpool_take(lfm_dynpool_segment(pool), lfm_dynpool_metadata(pool), blocks, records, &block, &record)) {
        lfm_dynpool_give_back(pool);
        return NULL;
    }
    const lfm_tree tree = lfm_dynpool_tree(pool, list);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    const uint32_t offset = (uint32_t)(distance >> pool->offset_shift);
    *index = (uint32_t)((size_t)(record - (unsigned char *)list->links) >> lfm_dynpool_link_shift(pool));
    LFM_ASSERT((size_t)offset << pool->offset_shift == distance);
    LFM_ASSERT(*index > pool->initial);
    lfm_record_init(&tree, *index, offset);
    lfm_list_link(list, *index, pool->cells);
    lfm_tree_add(&tree, *index, offset);
    lfm_hook_show(block, pool->stride);
    return block;
}

/* Grows by a step: makes blocks and, but for the last one, puts each into the list before it makes the next (D3).
 * Returns the last one. */
LFM_NOINLINE void *lfm_dynpool_grow(lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    uint32_t index = 0, step = pool->grow;
    void *block = NULL;
    if (step == 0) {
        step = LFM_LOAD(QUOTA_STAT, lfm_dynpool_created(pool));
    }
    do {
        if (block != NULL) {
            lfm_dynpool_push_any(pool, block, index);
        }
        block = lfm_dynpool_create(pool, &index);
    } while (block != NULL && step-- > 1);
    if (block == NULL) {
        return lfm_dynpool_pop_any(pool); /* D2 */
    }
    LFM_ASSERT(index > pool->initial);
    lfm_dynpool_view_init(pool, &view);
    lfm_list_mark_taken(&view.list, index);
    return block;
}

void *lfm_dynpool_get(lfm_dynpool *pool)
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return NULL;
    }
    lfm_dynpool_view view;
    lfm_dynpool_view_of(pool, LFM_LIST_SINGLE, &view);
    void *const block =
        lfm_dynpool_kind(pool) == LFM_LIST_SINGLE ? lfm_dynpool_pop(pool, &view) : lfm_dynpool_pop_any(pool);
    return block != NULL ? block : lfm_dynpool_grow(pool);
}

/* lfm_dynpool_record() for a put of a block that was created later. gcc inlines it as long as no other file calls it.
 */
static inline uint32_t lfm_dynpool_lookup(const lfm_dynpool *pool, const lfm_list *list, size_t offset)
{
    const lfm_tree tree = lfm_dynpool_tree(pool, list);
    const bool possible = lfm_dynpool_grows(pool) && offset <= UINT32_MAX;
    return possible ? lfm_tree_find(&tree, (uint32_t)offset) : LFM_RECORD_NONE;
}

uint32_t lfm_dynpool_record(const lfm_dynpool *pool, const lfm_list *list, size_t offset)
{
    return lfm_dynpool_lookup(pool, list, offset);
}

/* Finds the index of a block that was created later. */
LFM_NOINLINE bool lfm_dynpool_find(const lfm_dynpool *pool, const void *block, uint32_t *index)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    const size_t offset = distance >> pool->offset_shift;
    *index = lfm_dynpool_lookup(pool, &view.list, offset);
    LFM_ASSERT(*index == LFM_RECORD_NONE || (*index > pool->initial && *index < pool->cells));
    return *index != LFM_RECORD_NONE && offset << pool->offset_shift == distance &&
           lfm_record_offset(&view.list, *index) == offset;
}

/* What is wrong with an address that is no block. A block has less than two powers of two of its key, so the key of one
 * that covers the address is at most two below the address's own. */
LFM_NOINLINE lfm_status lfm_dynpool_blame(const lfm_dynpool *pool, const void *block)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    if (block == NULL) {
        return LFM_EINVAL;
    }
    if ((uintptr_t)block - (uintptr_t)view.run.first < (size_t)view.run.stride * view.run.count) {
        return LFM_EINTERIOR;
    }
    for (size_t back = 0; back <= 2; back++) {
        const size_t start = distance - (back << pool->key_shift);
        const uint32_t record = lfm_dynpool_lookup(pool, &view.list, start >> pool->offset_shift);
        if (record != LFM_RECORD_NONE && start <= distance &&
            distance - ((size_t)lfm_record_offset(&view.list, record) << pool->offset_shift) < pool->stride) {
            return LFM_EINTERIOR;
        }
    }
    return LFM_EFOREIGN;
}

LFM_ALWAYS_INLINE lfm_status lfm_dynpool_put_to(lfm_dynpool *pool, lfm_dynpool_view *view, void *block)
{
    uint32_t index;
    if (!lfm_run_index(&view->run, block, &index)) {
        uint32_t grown;
        if (!lfm_dynpool_find(pool, block, &grown)) {
            return lfm_dynpool_blame(pool, block);
        }
        index = grown;
    }
    LFM_ASSERT(index < view->list.shape.count);
    LFM_ASSERT(index >= view->run.count || lfm_dynpool_block(pool, view, index) == block);
    if (!lfm_list_check_put(&view->list, index)) {
        return LFM_EDOUBLEFREE;
    }
    lfm_dynpool_push(pool, view, block, index);
    return LFM_OK;
}

LFM_NOINLINE lfm_status lfm_dynpool_put_any(lfm_dynpool *pool, void *block)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_any(pool, &view);
    return lfm_dynpool_put_to(pool, &view, block);
}

lfm_status lfm_dynpool_put(lfm_dynpool *pool, void *block)
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return LFM_EINVAL;
    }
    if (lfm_dynpool_kind(pool) != LFM_LIST_SINGLE) {
        return lfm_dynpool_put_any(pool, block);
    }
    lfm_dynpool_view view;
    lfm_dynpool_view_of(pool, LFM_LIST_SINGLE, &view);
    return lfm_dynpool_put_to(pool, &view, block);
}
