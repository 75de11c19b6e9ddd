/* SPDX-License-Identifier: MIT */
/* Self-check of free lists, while nobody changes them. G4 per block: a free block is in a list, once, and any other one
 * is marked as taken. So the set of blocks met in the lists is the set of blocks without a mark. */
#ifndef LFM_LIB_LIST_CHECK_H
#define LFM_LIB_LIST_CHECK_H

#include <lfmem/detail/list.h>

/* Adding up a mixed index for each block tells two sets of blocks apart: of 2^64 different sets about one has the
 * same sum. */
typedef struct lfm_block_set {
    uint32_t count;
    uint64_t print;
} lfm_block_set;

/* The finaliser of D. Stafford's variant 13 of MurmurHash3. */
static inline void lfm_block_set_add(lfm_block_set *set, uint32_t block)
{
    LFM_ASSERT(set->count < UINT32_MAX);
    uint64_t mixed = block + UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    set->print += mixed ^ mixed >> 31;
    set->count++;
}

/* Walks one list, adding the blocks met. False: it is damaged, or would make them more than `most`. */
static inline bool lfm_list_check_walk(const lfm_list *list, uint32_t most, lfm_block_set *met)
{
    const lfm_list_shape *shape = &list->shape;
    LFM_ASSERT(met->count <= most);
    const lfm_word_ head = LFM_LOAD(POP_LOAD, list->head);
    uint32_t block = lfm_head_top(shape, head);
    const uint32_t free = lfm_list_free_count(list);
    if ((free == 0) != (block == shape->count) || free > most - met->count) {
        return false;
    }
    LFM_ASSERT(free <= most);
    for (uint32_t left = free; left > 0; left--) {
        if (block >= shape->count) {
            return false;
        }
        const uint32_t link = lfm_link_load(list, block);
        const uint32_t allocated = shape->size - left;
        if (((allocated ^ lfm_link_count_low(shape, block, link)) & lfm_split_mask(shape)) != 0) {
            return false;
        }
        lfm_block_set_add(met, block);
        block = lfm_link_next(shape, block, link);
    }
    if (free == 0) { /* a split count is set anew by the next push, and may be a wrong one (lib/README.md, ABA) */
        return shape->split_bits != 0 || lfm_head_count_high(shape, head) == shape->size >> shape->split_bits;
    }
    return block == shape->count;
}

/* Adds a block unless it is marked as taken. */
static inline void lfm_list_check_block(const lfm_list *list, uint32_t block, lfm_block_set *unmarked)
{
    LFM_ASSERT(block < list->shape.count);
    if (!lfm_list_is_taken(list, block)) {
        lfm_block_set_add(unmarked, block);
    }
}

/* At checks level 0 nothing is marked. */
static inline bool lfm_list_check_agrees(const lfm_block_set *met, const lfm_block_set *unmarked)
{
    return LFM_CHECKS == 0 || (met->count == unmarked->count && met->print == unmarked->print);
}

#endif
