/* SPDX-License-Identifier: MIT */
/* Dynamic pool: get, put and growth. dynpool_view.h has the proof. */
#include "dynpool_view.h"
#include "hooks.h"
#include "pool_list.h"

_Static_assert(sizeof(lfm_dynpool) <= 112, "a control block is at most 112 bytes");

/* Whether the list is of the usual kind: its links have the usual width, and its count is not split. Where code is to
 * be small, there is no copy for that. */
LFM_ALWAYS_INLINE bool lfm_dynpool_is_usual(const lfm_dynpool *pool)
{
    return !LFM_SMALL && pool->split_bits == 0 && pool->wide == (LFM_CHECKS >= 2);
}

LFM_ALWAYS_INLINE void lfm_dynpool_list_any(const lfm_dynpool *pool, lfm_list *list)
{
    lfm_dynpool_list(pool, pool->wide, pool->split_bits != 0, list);
}

void lfm_dynpool_list_init(const lfm_dynpool *pool, lfm_list *list)
{
    lfm_dynpool_list_any(pool, list);
}

/* For any kind of list, apart, so that the usual one saves no registers for it. */
LFM_NOINLINE void *lfm_dynpool_take_any(const lfm_dynpool *pool)
{
    lfm_list list;
    void *block;
    lfm_dynpool_list_any(pool, &list);
    return lfm_dynpool_take(pool, &list, &block) ? block : NULL;
}

/* Takes a free block. False: there is none. */
LFM_ALWAYS_INLINE bool lfm_dynpool_take_free(const lfm_dynpool *pool, void **block)
{
    lfm_list list;
    if (LFM_SMALL) {
        lfm_dynpool_list_any(pool, &list);
    } else if (lfm_dynpool_is_usual(pool)) {
        lfm_dynpool_list(pool, LFM_CHECKS >= 2, false, &list);
    } else {
        *block = lfm_dynpool_take_any(pool);
        return *block != NULL;
    }
    return lfm_dynpool_take(pool, &list, block);
}

/* Takes a piece and another one behind it, or one. */
static bool lfm_dynpool_bump(const lfm_segment *segment, lfm_piece piece, lfm_piece piece2, size_t *start,
                             size_t *start2)
{
    return lfm_bump(segment, piece, piece2, start, start2);
}

bool lfm_dynpool_room(const lfm_segment *segment, const lfm_segment *metadata, lfm_piece blocks, lfm_piece records,
                      unsigned char **block, unsigned char **record)
{
    const lfm_piece nothing = {0, 1};
    size_t block_start = 0, record_start = 0, end;
    const bool done = metadata == segment ? lfm_dynpool_bump(segment, blocks, records, &block_start, &record_start)
                                          : lfm_bump_has_room(segment, blocks) &&
                                                lfm_dynpool_bump(metadata, records, nothing, &record_start, &end) &&
                                                lfm_dynpool_bump(segment, blocks, nothing, &block_start, &end);
    LFM_ASSERT(!done || blocks.bytes <= segment->bytes - block_start);
    LFM_ASSERT(!done || records.bytes <= metadata->bytes - record_start);
    LFM_ASSERT(!done || metadata != segment || record_start >= block_start + blocks.bytes); /* D4 */
    *block = lfm_segment_base(segment) + block_start;
    *record = lfm_segment_base(metadata) + record_start;
    return done;
}

/* Makes a block, which is then in hand. It has no mark of a taken block, since no program can put it yet. NULL: there
 * are as many as there can be. */
static void *lfm_dynpool_create(const lfm_dynpool *pool, uint32_t *index)
{
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const size_t link_bytes = lfm_dynpool_link_bytes(pool);
    unsigned char *block, *record;
    if (!lfm_dynpool_reserve(pool)) {
        return NULL;
    }
    LFM_ASSERT(lfm_dynpool_grows(pool));
    const lfm_piece blocks = {pool->stride, (size_t)1 << pool->offset_shift};
    const lfm_piece records = {LFM_RECORD_CELLS_ * link_bytes, 4};
    if (!lfm_dynpool_reaches(pool) ||
        !lfm_dynpool_room(lfm_dynpool_segment(pool), lfm_dynpool_metadata(pool), blocks, records, &block, &record)) {
        lfm_dynpool_give_back(pool);
        return NULL;
    }
    const lfm_tree tree = lfm_dynpool_tree(pool, &list);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    const uint32_t offset = (uint32_t)(distance >> pool->offset_shift);
    *index = (uint32_t)((size_t)(record - (unsigned char *)list.links) >> lfm_dynpool_link_shift(pool));
    LFM_ASSERT((size_t)offset << pool->offset_shift == distance);
    lfm_record_init(&tree, *index, offset);
    lfm_list_link(&list, *index, pool->cells);
    lfm_tree_add(&tree, *index, offset);
    LFM_DYNPOOL_SHOW_(pool, block);
    return block;
}

/* Pushes a block that was just made. */
LFM_NOINLINE void lfm_dynpool_push_any(const lfm_dynpool *pool, void *block, uint32_t index)
{
    lfm_list list;
    lfm_dynpool_list_any(pool, &list);
    lfm_dynpool_push(pool, &list, block, index);
}

/* Grows by a step: makes blocks and, but for the last one, puts each into the list before it makes the next (D3).
 * Returns the last one; NULL: there are as many as there can be. */
LFM_NOINLINE void *lfm_dynpool_grow(const lfm_dynpool *pool)
{
    lfm_list list;
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
        return NULL;
    }
    lfm_dynpool_list_init(pool, &list);
    lfm_list_mark_taken(&list, index);
    return block;
}

void *(lfm_dynpool_get)(const lfm_dynpool *pool) /* no macro */
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return NULL;
    }
    void *block;
    for (bool last = false; !lfm_dynpool_take_free(pool, &block); last = true) { /* D2 */
        block = last ? NULL : lfm_dynpool_grow(pool);
        if (last || block != NULL) {
            return block;
        }
    }
    return block;
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
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    const size_t offset = distance >> pool->offset_shift;
    *index = lfm_dynpool_lookup(pool, &list, offset);
    LFM_ASSERT(*index == LFM_RECORD_NONE || *index < pool->cells);
    return *index != LFM_RECORD_NONE && offset << pool->offset_shift == distance &&
           lfm_record_offset(&list, *index) == offset;
}

/* What is wrong with an address that is no block. A block has less than two powers of two of its key, so the key of one
 * that covers the address is at most two below the address's own. */
LFM_NOINLINE lfm_status lfm_dynpool_blame(const lfm_dynpool *pool, const void *block)
{
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const size_t distance = (uintptr_t)block - lfm_dynpool_origin(pool);
    if (block == NULL) {
        return LFM_EINVAL;
    }
    const lfm_run_ run = lfm_dynpool_run(pool);
    if ((uintptr_t)block - (uintptr_t)run.first < (size_t)run.stride * run.count) {
        return LFM_EINTERIOR;
    }
    for (size_t back = 0; back <= 2; back++) {
        const size_t start = distance - (back << pool->key_shift);
        const uint32_t record = lfm_dynpool_lookup(pool, &list, start >> pool->offset_shift);
        if (record != LFM_RECORD_NONE && start <= distance &&
            distance - ((size_t)lfm_record_offset(&list, record) << pool->offset_shift) < pool->stride) {
            return LFM_EINTERIOR;
        }
    }
    return LFM_EFOREIGN;
}

LFM_ALWAYS_INLINE lfm_status lfm_dynpool_put_to(const lfm_dynpool *pool, const lfm_list *list, void *block)
{
    uint32_t index;
    if (!lfm_dynpool_index(pool, block, &index)) {
        uint32_t grown;
        if (!lfm_dynpool_find(pool, block, &grown)) {
            return lfm_dynpool_blame(pool, block);
        }
        index = grown;
    }
    LFM_ASSERT(index < pool->cells);
    return lfm_dynpool_give(pool, list, block, index);
}

LFM_NOINLINE lfm_status lfm_dynpool_put_any(const lfm_dynpool *pool, void *block)
{
    lfm_list list;
    lfm_dynpool_list_any(pool, &list);
    return lfm_dynpool_put_to(pool, &list, block);
}

lfm_status(lfm_dynpool_put)(const lfm_dynpool *pool, void *block)
{
    lfm_list list;
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return LFM_EINVAL;
    }
    if (LFM_SMALL) {
        lfm_dynpool_list_any(pool, &list);
    } else if (lfm_dynpool_is_usual(pool)) {
        lfm_dynpool_list(pool, LFM_CHECKS >= 2, false, &list);
    } else {
        return lfm_dynpool_put_any(pool, block);
    }
    return lfm_dynpool_put_to(pool, &list, block);
}
