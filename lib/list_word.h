/* SPDX-License-Identifier: MIT */
/* The two values that a free list is made of, and every step between them, as plain functions without an atomic. They
 * are always inline: what a caller knows of the shape saves more than a copy costs.
 *
 * A list holds blocks 0 ... count-1; "none" is index `count`, "in a cache" is `count` + 1. Its range is the blocks
 * start ... start + size - 1 that it has at first (start = 0, size = count in a pool of one list).
 *
 *     head, from bit 0:  index   index_bits                top block, or none; xor start
 *                        allocated index_bits - split_bits   high bits of (size - free blocks)
 *                        tag     the rest                  pops so far
 *     link, from bit 0:  index   index_bits                block below; xor the next block in order (lfm_link_swap_end)
 *                        allocated split_bits                low bits of (size - free blocks) while this block is on
 * top; xor the same of the list in order
 *
 * "allocated" counts modulo 2^index_bits: one list of several can have more blocks than its range. What that borrows
 * must not reach the tag, or a push could undo what a pop did to it. Nothing but statistics goes by it: where a list
 * ends, its links say. Split bits are those that would leave the tag too narrow (layout.h); they may be all of the
 * count. Everything is relative so that zero means "as at first": a head of 0 over links of 0 is the whole range in
 * order. Exclusive or, since a pop that has loaded the link has one instruction left then: to xor it to the head that
 * is right for the next block in order. */
#ifndef LFM_LIB_LIST_WORD_H
#define LFM_LIB_LIST_WORD_H

#include "port.h"
#include <lfmem/layout.h>

/* What the fields mean in one list. Constant. */
typedef struct lfm_list_shape {
    uint32_t count, start, size;
    uint8_t index_bits, split_bits;
    bool part; /* one list of several; if not, 0 <= allocated <= count */
} lfm_list_shape;

LFM_INLINE uint32_t lfm_index_mask(const lfm_list_shape *shape)
{
    return ((uint32_t)1 << shape->index_bits) - 1;
}

LFM_INLINE uint32_t lfm_split_mask(const lfm_list_shape *shape)
{
    return ((uint32_t)1 << shape->split_bits) - 1;
}

/* Whether low bits of the count are in the links: always, with 32-bit words. */
LFM_INLINE bool lfm_count_is_split(const lfm_list_shape *shape)
{
    return LFM_WORD_BITS == 32 || shape->split_bits != 0;
}

LFM_INLINE unsigned lfm_tag_shift(const lfm_list_shape *shape)
{
    return 2u * shape->index_bits - shape->split_bits;
}

/* Top block of a head, or none. */
LFM_INLINE uint32_t lfm_head_top(const lfm_list_shape *shape, lfm_word_ head)
{
    return ((uint32_t)head & lfm_index_mask(shape)) ^ shape->start;
}

/* Pops so far. */
LFM_INLINE lfm_word_ lfm_head_tag(const lfm_list_shape *shape, lfm_word_ head)
{
    return head >> lfm_tag_shift(shape);
}

/* Between the index in a block's link and the block below, xor the next block in order: they are the same, but for the
 * last block of one range of several. Below that is none at first, where the next one in order begins another range; so
 * these two change places. */
LFM_INLINE uint32_t lfm_link_swap_end(const lfm_list_shape *shape, uint32_t block, uint32_t step)
{
    if (shape->part && block + 1 == shape->start + shape->size) {
        const uint32_t none = shape->count ^ (block + 1);
        return step == 0 || step == none ? step ^ none : step;
    }
    return step;
}

/* The block below `block`, as in lfm_link_next(), xor the next block in order. */
LFM_INLINE uint32_t lfm_link_delta(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    return lfm_link_swap_end(shape, block, lfm_count_is_split(shape) ? link & lfm_index_mask(shape) : link);
}

/* Block below `block`, none, or of a mark: `block` itself if it is taken, else `count` + 1. */
LFM_INLINE uint32_t lfm_link_next(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    return lfm_link_delta(shape, block, link) ^ (block + 1);
}

/* Low bits of "allocated" while `block` is on top. */
LFM_INLINE uint32_t lfm_link_count_low(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    return ((link >> shape->index_bits) ^ (block - shape->start)) & lfm_split_mask(shape);
}

LFM_INLINE uint32_t lfm_link_make(const lfm_list_shape *shape, uint32_t block, uint32_t next, uint32_t allocated)
{
    const uint32_t index = lfm_link_swap_end(shape, block, next ^ (block + 1));
    const uint32_t low = (allocated ^ (block - shape->start)) & lfm_split_mask(shape);
    /* a split of 0 bits beside an index of 32 never occurs: an index has at most 26 */
    return index | low << shape->index_bits;
}

/* The mark of a block that is in a cache. */
LFM_INLINE uint32_t lfm_link_cached(const lfm_list_shape *shape, uint32_t block)
{
    return LFM_LINK_CACHED_(shape->count, block);
}

/* The bits of "allocated" that are in the head. */
LFM_INLINE uint32_t lfm_head_count_high(const lfm_list_shape *shape, lfm_word_ head)
{
    return (uint32_t)(head >> shape->index_bits) & (lfm_index_mask(shape) >> shape->split_bits);
}

/* "allocated" in a list with this head, whose top block, if it has one, has this link. */
LFM_INLINE uint32_t lfm_allocated_count(const lfm_list_shape *shape, lfm_word_ head, uint32_t link)
{
    const uint32_t top = lfm_head_top(shape, head);
    if (top == shape->count) {
        return shape->size;
    }
    return lfm_head_count_high(shape, head) << shape->split_bits | lfm_link_count_low(shape, top, link);
}

LFM_INLINE uint32_t lfm_free_count(const lfm_list_shape *shape, uint32_t allocated)
{
    return (shape->size - allocated) & lfm_index_mask(shape);
}

/* Of so many blocks, those that are not in the list; 0 if it has as many or more. A dynamic pool's list has numbers
 * without a block, which are allocated for good. */
LFM_INLINE uint32_t lfm_allocated_of(const lfm_list_shape *shape, uint32_t blocks, uint32_t allocated)
{
    if (shape->part) {
        const uint32_t free = lfm_free_count(shape, allocated);
        return free < blocks ? blocks - free : 0;
    }
    const uint32_t never = shape->size - blocks;
    return allocated > never ? allocated - never : 0;
}

/* `head` with another top block. */
LFM_INLINE lfm_word_ lfm_head_with_top(const lfm_list_shape *shape, lfm_word_ head, uint32_t top)
{
    return (head & ~(lfm_word_)lfm_index_mask(shape)) + (top ^ shape->start);
}

/* `head` + `sum`, in which index and tag stay as they are. */
LFM_INLINE lfm_word_ lfm_head_add_count(const lfm_list_shape *shape, lfm_word_ head, lfm_word_ sum)
{
    const lfm_word_ below_tag = ((lfm_word_)1 << lfm_tag_shift(shape)) - 1;
    return shape->part ? (head & ~below_tag) | ((head + sum) & below_tag) : head + sum;
}

/* The head once `popped` blocks are gone from a list that missed `allocated`, of which the low bits are enough. `step`
 * is the block that is then on top, xor the one that comes after the present top in order: what the top's link says if
 * one is popped. The head has a new tag: for an old head to come back, its top block must have been popped, and tags
 * must have come round (I3). */
LFM_INLINE lfm_word_ lfm_head_pop(const lfm_list_shape *shape, lfm_word_ head, uint32_t allocated, uint32_t popped,
                                  uint32_t step)
{
    const lfm_word_ tag = (lfm_word_)1 << lfm_tag_shift(shape);
    const uint32_t top = lfm_head_top(shape, head);
    const lfm_word_ next = shape->start == 0 && !shape->part ? head + 1 : head ^ (top ^ (top + 1));
    const lfm_word_ carry = ((allocated & lfm_split_mask(shape)) + popped) >> shape->split_bits;
    return lfm_head_add_count(shape, next + tag, carry << shape->index_bits) ^ step;
}

/* The head once `pushed` blocks, of which `top` is the uppermost, lie on a list that missed `allocated`: as many at
 * least, unless it is one of several. A split count is set anew, so that one which is wrong (lib/README.md, ABA)
 * does not reach the tag here (in a pop it may, which then moves the tag by two), and is right again once the list was
 * empty. */
LFM_INLINE lfm_word_ lfm_head_push(const lfm_list_shape *shape, lfm_word_ head, uint32_t allocated, uint32_t pushed,
                                   uint32_t top)
{
    if (!LFM_SMALL && !lfm_count_is_split(shape)) { /* faster */
        const lfm_word_ borrow = (lfm_word_)pushed << shape->index_bits;
        return lfm_head_add_count(shape, lfm_head_with_top(shape, head, top), (lfm_word_)0 - borrow);
    }
    const uint32_t left = shape->part ? (allocated - pushed) & lfm_index_mask(shape) : allocated - pushed;
    const lfm_word_ high = left >> shape->split_bits;
    const unsigned shift = lfm_tag_shift(shape);
    return head >> shift << shift | high << shape->index_bits | (top ^ shape->start);
}

#endif
