/* SPDX-License-Identifier: MIT */
/** @file list_word.h
 * The two values that a free list is made of: the head, one word for each list, and the link, one for each block. First
 * what they say, as structs of plain numbers, and the steps between them, which refuse what is illegal: the
 * specification. Then the same steps on packed words, as free lists take them. test/unit/test_list_word.c shows that
 * both agree on every value of small lists. There are no atomics here.
 *
 * A list holds blocks 0 ... count-1. Index `count` means "none", `count` + 1 means "in a cache". The range of a list is
 * the blocks start ... start + size - 1, which it has at first. The only list of a pool has all: start = 0, size =
 * count.
 *
 * The allocated count is `size` minus the free blocks of the list. With i = index_bits and s = split_bits:
 *
 *          top bit of the word      2i-s              i             0
 *          +------------------------+-----------------+-------------+
 *     head | tag: pops so far       | allocated count | index of    |
 *          |                        | without s bits  | the top     |
 *          +------------------------+-----------------+-------------+
 *                                   i+s               i             0
 *                                   +-----------------+-------------+
 *     link, 1, 2 or 4 bytes         | low s bits of   | index of    |
 *                                   | allocated count | the next    |
 *                                   +-----------------+-------------+
 *
 * Zero means "as at first": a head of 0 over links of 0 is the whole range in order. So each field is stored xor its
 * value in the list in order. For the top that is `start`, for the next the block after this one, for the low bits the
 * block's distance from `start`. Xor rather than minus, since a pop that has loaded the link then needs one instruction
 * more.
 *
 * Split count. Where many blocks leave too little room for the tag (lfmem/detail/layout.h), low bits of the allocated
 * count give way. They stand in the link of the top block instead: while that block is on top, the count is always the
 * same.
 *
 * Several lists. Each can have more blocks than its range, so its allocated count can be negative. It is stored modulo
 * 2^i. What it borrows must not reach the tag, or a push could undo what a pop did to the tag. Nothing but statistics
 * goes by the count: where a list ends, its links say. */
#ifndef LFMEM_DETAIL_LIST_WORD_H
#define LFMEM_DETAIL_LIST_WORD_H

#include <lfmem/detail/assertion.h>
#include <lfmem/detail/port.h>
#include <lfmem/layout.h>

/* What the fields mean in one list. Constant. */
typedef struct lfm_list_shape {
    uint32_t count, start, size;
    uint8_t index_bits, split_bits;
    bool split;   /* low bits of the count may be in the links: lfm_count_is_split() */
    bool sharded; /* one list of several; if not, 0 <= allocated <= count */
} lfm_list_shape;

LFM_ALWAYS_INLINE unsigned lfm_tag_shift(const lfm_list_shape *shape)
{
    return 2u * shape->index_bits - shape->split_bits;
}

/* How much a pop adds to the tag. With load-linked only those tags move that others than pops go by (list.h). */
LFM_ALWAYS_INLINE lfm_word_ lfm_tag_step(const lfm_list_shape *shape)
{
    return !LFM_LINKED || shape->sharded || shape->split;
}

/* Specification */

/* What a head says. */
typedef struct lfm_head_value {
    uint32_t top;      /* `count`: none */
    int64_t allocated; /* size - free blocks; negative: the list has more blocks than its range */
    lfm_word_ tag;     /* pops so far, modulo what its field holds */
} lfm_head_value;

/* What the link of a block says. */
typedef struct lfm_link_value {
    uint32_t next; /* block below; `count`: none. Marks: the block itself is taken, `count` + 1 is cached */
    uint32_t low;  /* low bits of the allocated count while this block is on top; 0 in a mark */
} lfm_link_value;

static inline uint64_t lfm_two_to(unsigned exponent)
{
    return (uint64_t)1 << exponent;
}

/* A number, which may be negative, modulo 2^bits. */
static inline uint32_t lfm_modulo(int64_t number, unsigned bits)
{
    LFM_ASSERT(bits < 32);
    const int64_t modulus = (int64_t)lfm_two_to(bits);
    return (uint32_t)((number % modulus + modulus) % modulus);
}

static inline bool lfm_is_end_of_range(const lfm_list_shape *shape, uint32_t block)
{
    return shape->sharded && block == shape->start + shape->size - 1;
}

static inline bool lfm_next_is_mark(const lfm_list_shape *shape, uint32_t block, uint32_t next)
{
    return next == block || next == shape->count + 1;
}

static inline lfm_word_ lfm_head_encode(const lfm_list_shape *shape, lfm_head_value value)
{
    LFM_ASSERT(value.top <= shape->count);
    const uint64_t index = value.top ^ shape->start;
    const uint64_t high = lfm_modulo(value.allocated, shape->index_bits) / lfm_two_to(shape->split_bits);
    const uint64_t counted = index + high * lfm_two_to(shape->index_bits);
    return (lfm_word_)(counted + value.tag * lfm_two_to(lfm_tag_shift(shape)));
}

/* `low`: from the link of the top block, if there is one. */
static inline lfm_head_value lfm_head_decode(const lfm_list_shape *shape, lfm_word_ head, uint32_t low)
{
    LFM_ASSERT(low < lfm_two_to(shape->split_bits));
    const uint64_t counted = head % lfm_two_to(lfm_tag_shift(shape));
    const uint64_t high = counted / lfm_two_to(shape->index_bits);
    const int64_t stored = (int64_t)(high * lfm_two_to(shape->split_bits) + low);
    lfm_head_value value = {shape->count, shape->size, (lfm_word_)(head / lfm_two_to(lfm_tag_shift(shape)))};
    value.top = (uint32_t)(counted % lfm_two_to(shape->index_bits)) ^ shape->start;
    if (value.top != shape->count) {
        value.allocated = (int64_t)shape->size - lfm_modulo((int64_t)shape->size - stored, shape->index_bits);
    }
    return value;
}

/* A link of 0 leads to the next block in order, but at the end of one range of several to none. There, the codes for
 * "none" and "next in order" are exchanged. */
static inline uint32_t lfm_link_encode(const lfm_list_shape *shape, uint32_t block, lfm_link_value value)
{
    LFM_ASSERT(block < shape->count && value.next <= shape->count + 1);
    const uint32_t in_order = lfm_modulo((int64_t)block - shape->start, shape->split_bits);
    uint64_t index = value.next ^ (block + 1), low = value.low ^ in_order;
    if (lfm_is_end_of_range(shape, block)) {
        index = value.next == shape->count ? 0 : value.next == block + 1 ? shape->count ^ (block + 1) : index;
    }
    if (lfm_next_is_mark(shape, block, value.next)) {
        low = 0;
    }
    return (uint32_t)(index + low * lfm_two_to(shape->index_bits));
}

static inline lfm_link_value lfm_link_decode(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    LFM_ASSERT(block < shape->count);
    const uint32_t index = (uint32_t)(link % lfm_two_to(shape->index_bits));
    const uint32_t in_order = lfm_modulo((int64_t)block - shape->start, shape->split_bits);
    lfm_link_value value = {index ^ (block + 1), 0};
    if (lfm_is_end_of_range(shape, block)) {
        value.next = index == 0 ? shape->count : value.next == shape->count ? block + 1 : value.next;
    }
    if (!lfm_next_is_mark(shape, block, value.next)) {
        value.low = (uint32_t)(link / lfm_two_to(shape->index_bits) % lfm_two_to(shape->split_bits)) ^ in_order;
    }
    return value;
}

/* Pops n blocks, so that `next` is on top. Refuses to pop none, or more than there are, and a `next` that is no other
 * block, or that is none although some are left. Refuses a list with more blocks than all: a head and a link that do
 * not belong together can say so. */
static inline bool lfm_value_pop(const lfm_list_shape *shape, lfm_head_value *value, uint32_t n, uint32_t next)
{
    const int64_t free = (int64_t)shape->size - value->allocated;
    if (n == 0 || value->top == shape->count || (int64_t)n > free || free > (int64_t)shape->count ||
        next == value->top || next > shape->count || (next == shape->count) != ((int64_t)n == free)) {
        return false;
    }
    value->top = next;
    value->allocated += n;
    value->tag = (lfm_word_)((value->tag + lfm_tag_step(shape)) % lfm_two_to(LFM_WORD_BITS - lfm_tag_shift(shape)));
    return true;
}

/* Pushes n blocks, of which `top` is the uppermost. Refuses to push none, or more than the list could have lost, and
 * what is no block or on top already. The tag stays. */
static inline bool lfm_value_push(const lfm_list_shape *shape, lfm_head_value *value, uint32_t n, uint32_t top)
{
    const int64_t free = (int64_t)shape->size - value->allocated;
    if (n == 0 || free + n > (int64_t)shape->count || top >= shape->count || top == value->top) {
        return false;
    }
    value->top = top;
    value->allocated -= n;
    return true;
}

/* The same on packed words. Where one context has changed the list already, another one may still read the old head
 * and a new link. What comes out then means nothing, and the compare-and-swap fails (list.h, I3). */

LFM_ALWAYS_INLINE uint32_t lfm_index_mask(const lfm_list_shape *shape)
{
    return ((uint32_t)1 << shape->index_bits) - 1;
}

LFM_ALWAYS_INLINE uint32_t lfm_split_mask(const lfm_list_shape *shape)
{
    return ((uint32_t)1 << shape->split_bits) - 1;
}

/* Whether low bits of the count may be in the links. With 32-bit words that is yes unless compilers know better. What
 * is right for a split count is right for any, and one path is less code. */
LFM_ALWAYS_INLINE bool lfm_count_is_split(const lfm_list_shape *shape)
{
    return (LFM_WORD_BITS == 32 && !__builtin_constant_p(shape->split)) || shape->split;
}

/* Top block of a head, or none. */
LFM_ALWAYS_INLINE uint32_t lfm_head_top(const lfm_list_shape *shape, lfm_word_ head)
{
    return ((uint32_t)head & lfm_index_mask(shape)) ^ shape->start;
}

/* Pops so far. */
LFM_ALWAYS_INLINE lfm_word_ lfm_head_tag(const lfm_list_shape *shape, lfm_word_ head)
{
    return head >> lfm_tag_shift(shape);
}

/* Of one list of several: from the index in a block's link to the block below, xor the next block in order, and back.
 * Both are the same, but at the end of the range. There, the next block in order begins another range, so it changes
 * places with none. */
LFM_ALWAYS_INLINE uint32_t lfm_link_swap_end(const lfm_list_shape *shape, uint32_t block, uint32_t step)
{
    LFM_ASSERT(shape->sharded);
    if (block + 1 == shape->start + shape->size) {
        const uint32_t none = shape->count ^ (block + 1);
        return step == 0 || step == none ? step ^ none : step;
    }
    return step;
}

/* The block below `block`, as in lfm_link_next(), xor the next block in order. */
LFM_ALWAYS_INLINE uint32_t lfm_link_delta(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    const uint32_t step = lfm_count_is_split(shape) ? link & lfm_index_mask(shape) : link;
    return shape->sharded ? lfm_link_swap_end(shape, block, step) : step;
}

/* Block below `block`, none, or of a mark: `block` itself if it is taken, else `count` + 1. */
LFM_ALWAYS_INLINE uint32_t lfm_link_next(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    return lfm_link_delta(shape, block, link) ^ (block + 1);
}

/* Low bits of the allocated count while `block` is on top. */
LFM_ALWAYS_INLINE uint32_t lfm_link_count_low(const lfm_list_shape *shape, uint32_t block, uint32_t link)
{
    return ((link >> shape->index_bits) ^ (block - shape->start)) & lfm_split_mask(shape);
}

LFM_ALWAYS_INLINE uint32_t lfm_link_make(const lfm_list_shape *shape, uint32_t block, uint32_t next, uint32_t allocated)
{
    LFM_ASSERT(block < shape->count);
    LFM_ASSERT(next <= lfm_index_mask(shape));
    const uint32_t step = next ^ (block + 1);
    const uint32_t index = shape->sharded ? lfm_link_swap_end(shape, block, step) : step;
    if (!lfm_count_is_split(shape)) {
        return index;
    }
    const uint32_t low = (allocated ^ (block - shape->start)) & lfm_split_mask(shape);
    return index | low << shape->index_bits; /* an index has at most 26 bits */
}

/* The mark of a block that is in a cache. */
LFM_ALWAYS_INLINE uint32_t lfm_link_cached(const lfm_list_shape *shape, uint32_t block)
{
    return LFM_LINK_CACHED_(shape->count, block);
}

/* The bits of the allocated count that are in the head. */
LFM_ALWAYS_INLINE uint32_t lfm_head_count_high(const lfm_list_shape *shape, lfm_word_ head)
{
    if (LFM_LINKED && __builtin_constant_p(shape->split) && lfm_tag_step(shape) == 0) {
        return (uint32_t)(head >> shape->index_bits); /* no tag above it */
    }
    return (uint32_t)(head >> shape->index_bits) & (lfm_index_mask(shape) >> shape->split_bits);
}

/* The allocated count of a list with this head, whose top block, if it has one, has this link. */
LFM_ALWAYS_INLINE uint32_t lfm_allocated_count(const lfm_list_shape *shape, lfm_word_ head, uint32_t link)
{
    const uint32_t top = lfm_head_top(shape, head);
    if (top == shape->count) {
        return shape->size;
    }
    return lfm_head_count_high(shape, head) << shape->split_bits | lfm_link_count_low(shape, top, link);
}

LFM_ALWAYS_INLINE uint32_t lfm_free_count(const lfm_list_shape *shape, uint32_t allocated)
{
    return (shape->size - allocated) & lfm_index_mask(shape);
}

/* Of so many blocks, those that are not in the list; 0 if it has as many or more. A dynamic pool's list has indices
 * without a block, which are allocated for good. */
LFM_ALWAYS_INLINE uint32_t lfm_allocated_of(const lfm_list_shape *shape, uint32_t blocks, uint32_t allocated)
{
    if (shape->sharded) {
        const uint32_t free = lfm_free_count(shape, allocated);
        return free < blocks ? blocks - free : 0;
    }
    const uint32_t never = shape->size - blocks;
    return allocated > never ? allocated - never : 0;
}

/* `head` with another top block. */
LFM_ALWAYS_INLINE lfm_word_ lfm_head_with_top(const lfm_list_shape *shape, lfm_word_ head, uint32_t top)
{
    return head ^ (lfm_head_top(shape, head) ^ top);
}

/* `head` + `sum`, in which index and tag stay as they are. What the count of one list of several carries or borrows
 * goes no further. The count of a single list carries nothing, unless a split count is wrong. It also may if a pop of
 * several blocks has read links that have changed meanwhile: more of them than there are (list.h, I3). */
LFM_ALWAYS_INLINE lfm_word_ lfm_head_add_count(const lfm_list_shape *shape, lfm_word_ head, lfm_word_ sum)
{
    const lfm_word_ below_tag = ((lfm_word_)1 << lfm_tag_shift(shape)) - 1;
    LFM_ASSERT((sum & lfm_index_mask(shape)) == 0);
    return shape->sharded ? (head & ~below_tag) | ((head + sum) & below_tag) : head + sum;
}

/* The head once `popped` blocks are gone from a list with this allocated count, of which the low bits are enough.
 * The block that is then on top, xor the one that comes after the present top in order, is `step`. If one block is
 * popped, that is what the top's link says.
 *
 * The head has a new tag (list.h, I3), unless load-linked does without. Without either (ABA), with A on B on C:
 *
 *         context 1                        context 2        list     head {top, tag}
 *     1   loads the head                                    A B C    A 0
 *     2   reads A's link: B is below                        A B C    A 0
 *     3                                    pops A           B C      B 1
 *     4                                    pops B           C        C 2
 *     5                                    pushes A         A C      A 2
 *     6   compares: the top is A again                      A C      A 2
 *     7   no tag: swaps the top to B                        B ?      context 2 has B, too, and C is lost
 *     8   tag: 0 is not 2, looks again                      A C      A 2 */
LFM_ALWAYS_INLINE lfm_word_ lfm_head_pop(const lfm_list_shape *shape, lfm_word_ head, uint32_t allocated,
                                         uint32_t popped, uint32_t step)
{
    const lfm_word_ tag = lfm_tag_step(shape) << lfm_tag_shift(shape);
    const uint32_t top = lfm_head_top(shape, head);
    LFM_ASSERT(top < shape->count && popped >= 1);
    LFM_ASSERT(step <= lfm_index_mask(shape));
    const lfm_word_ next = shape->start == 0 && !shape->sharded ? head + 1 : head ^ (top ^ (top + 1));
    const lfm_word_ carry = ((allocated & lfm_split_mask(shape)) + popped) >> shape->split_bits;
    return lfm_head_add_count(shape, next + tag, carry << shape->index_bits) ^ step;
}

/* The head once `pushed` blocks, of which `top` is the uppermost, lie on a list with this allocated count. As many are
 * allocated at least, unless it is one of several. A split count is set anew. So one which is wrong (lib/README.md,
 * ABA) does not reach the tag here, and is right again once the list was empty. In a pop it may reach the tag, which
 * then moves by two. */
LFM_ALWAYS_INLINE lfm_word_ lfm_head_push(const lfm_list_shape *shape, lfm_word_ head, uint32_t allocated,
                                          uint32_t pushed, uint32_t top)
{
    LFM_ASSERT(top < shape->count && pushed >= 1);
    LFM_ASSERT(shape->sharded || allocated >= pushed);
    if ((!LFM_SMALL || __builtin_constant_p(shape->split)) && !lfm_count_is_split(shape)) { /* faster */
        const lfm_word_ borrow = (lfm_word_)pushed << shape->index_bits;
        if (!shape->sharded) { /* start == 0: two steps from the head, of which one is ready before */
            return head + (top - borrow) - lfm_head_top(shape, head);
        }
        return lfm_head_add_count(shape, lfm_head_with_top(shape, head, top), (lfm_word_)0 - borrow);
    }
    const uint32_t left = shape->sharded ? (allocated - pushed) & lfm_index_mask(shape) : allocated - pushed;
    const lfm_word_ high = left >> shape->split_bits;
    const unsigned shift = lfm_tag_shift(shape);
    return head >> shift << shift | high << shape->index_bits | (top ^ shape->start);
}

/* For assertions: whether a packed step is what the specification says */

/* Where the specification allows a pop, `wanted` is what it says. It may allow none: the link of a head that has
 * changed meanwhile can be anything. */
static inline bool lfm_head_pop_agrees(const lfm_list_shape *shape, lfm_word_ head, uint32_t link, uint32_t popped,
                                       lfm_word_ wanted)
{
    const uint32_t top = lfm_head_top(shape, head);
    const lfm_link_value below = lfm_link_decode(shape, top, link);
    lfm_head_value value = lfm_head_decode(shape, head, below.low);
    return lfm_next_is_mark(shape, top, below.next) ||
           !lfm_value_pop(shape, &value, popped, popped == 1 ? below.next : lfm_head_top(shape, wanted)) ||
           lfm_head_encode(shape, value) == wanted;
}

/* A pop that has succeeded was allowed (list.h, I3). A split count may be a wrong one, so it is not asked for. */
static inline bool lfm_head_pop_was_allowed(const lfm_list_shape *shape, lfm_word_ head, uint32_t link, uint32_t popped,
                                            lfm_word_ wanted)
{
    const uint32_t top = lfm_head_top(shape, head), next = lfm_head_top(shape, wanted);
    const lfm_link_value below = lfm_link_decode(shape, top, link);
    lfm_head_value value = lfm_head_decode(shape, head, below.low);
    return !lfm_next_is_mark(shape, top, below.next) &&
           (shape->split ? next <= shape->count && next != top : lfm_value_pop(shape, &value, popped, next));
}

/* Where the specification allows a push, `wanted` is what it says. */
static inline bool lfm_head_push_agrees(const lfm_list_shape *shape, lfm_word_ head, uint32_t allocated, uint32_t n,
                                        uint32_t first, lfm_word_ wanted)
{
    lfm_head_value value = lfm_head_decode(shape, head, 0);
    value.allocated = (int64_t)shape->size - lfm_free_count(shape, allocated);
    return !lfm_value_push(shape, &value, n, first) || lfm_head_encode(shape, value) == wanted;
}

/* A push that has succeeded was allowed. A split count may be a wrong one. */
static inline bool lfm_head_push_was_allowed(const lfm_list_shape *shape, lfm_word_ head, uint32_t n, uint32_t first)
{
    lfm_head_value value = lfm_head_decode(shape, head, 0);
    return lfm_count_is_split(shape) ? first != value.top : lfm_value_push(shape, &value, n, first);
}

#endif
