/* SPDX-License-Identifier: MIT */
/** @file list.h
 * Free list: Treiber's stack of blocks, which it knows by their indices.
 *
 * Problem. Contexts take and give blocks at the same time, and each may stop for good at any instruction. So nobody can
 * lock the list: one compare-and-swap has to lead from one right state to the next. And a pop has to read the link of
 * the top block, which another context may have popped and written to by then.
 *
 * Solution. What must change together is one word, the head: top block, allocated count, tag (list_word.h). Links lie
 * in an array apart from the blocks, and are atomic. So reading an old one is no data race; it only has to come to
 * nothing. The tag sees to that (I3).
 *
 *     head { top 2, allocated 2, tag 9 }     of 5 blocks, 2 are taken
 *                |
 *                |         block:    0       1       2       3       4
 *                |         links: [ none ][taken ][  4   ][taken ][  0   ]
 *                +-------------------------------->  2 ----------->  4 -> 0 -> none
 *
 *     pop     head { top 4, allocated 3, tag 10 }, then link 2 says "taken"
 *     push 1  first link 1 says 2, then head { top 1, allocated 1, tag 9 }
 *
 * State. `head`: any context changes it, by compare-and-swap only. `links[i]`: written by the context that has block i
 * in hand. That is its owner, before the compare-and-swap of a push, or the context that has popped it, after that of
 * the pop. The most blocks that were allocated at once are `peak`. A push raises it, before its compare-and-swap.
 *
 * Invariants
 * I1  A block in a list belongs to the list; its link is not written. A block in no list belongs to one context, which
 *     alone writes its link. (A push by a context that does not own the block, a double free, breaks this. Hence
 *     lfm_list_check_put().)
 * I2  From the head's top, following links meets different blocks, all in the list, and ends with none. They are as
 *     many as the count says, unless a push was fooled (see ABA). Nothing but statistics goes by the count.
 * I3  A pop changes the tag. So if a compare-and-swap finds the head that was loaded before, the same top has stayed on
 *     the list in between. By I1 its link and those below it are then as they were read.
 * I4  A context that loads a head (acquire) sees every link that was stored before a push (release) up to that head.
 *     All changes of the head are compare-and-swaps, so each continues the release sequence of every push before it.
 *
 * Linearisation: pop and push at their successful compare-and-swap; an empty pop at its load of the head.
 *
 * ABA: I3, as long as the tag has not come round, which lib/README.md turns into times; lfm_head_pop() has the story.
 * If the tag has come round, a push still does right by its blocks, since its compare-and-swap finds the top that it
 * has linked to. Where the count is split, the push may leave a wrong count, until the list is empty.
 *
 * Some ports have load-linked and store-conditional (LFM_LINKED, atomic.h). Then I3 holds without a tag: no other
 * context has run between the two. The tag moves where something else goes by it, in a sharded pool (pool.c, I5) and
 * with a split count (lfm_list_free_count()).
 *
 * Progress: lock-free. A loop goes round only if the head has changed since it was loaded. (On some machines it does so
 * if the weak compare-and-swap failed by itself.) A context that stops for good keeps at most the blocks it has popped
 * or not yet pushed.
 *
 * Memory orders: atomic.h. */
#ifndef LFMEM_DETAIL_LIST_H
#define LFMEM_DETAIL_LIST_H

#include <lfmem/detail/assertion.h>
#include <lfmem/detail/atomic.h>
#include <lfmem/detail/list_word.h>

/* A list as its operations see it. */
typedef struct lfm_list {
    lfm_list_shape shape;
    uint8_t link_width; /* bits of an index that have links of this width, as LFM_LINK_BYTES_OF_() says */
    bool alone;         /* a constant: no other context runs meanwhile (LFM_SECTIONS) */
    uint32_t blocks;    /* how many exist: those of its range, or in a dynamic pool those that were created */
    _Atomic(lfm_word_) *head;
    _Atomic(uint32_t) *peak;
    void *links;
} lfm_list;

LFM_ALWAYS_INLINE uint32_t lfm_link_load(const lfm_list *list, uint32_t block)
{
    LFM_ASSERT(block < list->shape.count);
    if (LFM_SECTIONS && list->alone) {
        return LFM_LOAD_LINK(LFM_LOAD_ALONE, ALONE, list->link_width, list->links, block);
    }
    return LFM_LOAD_LINK(LFM_LOAD, LINK, list->link_width, list->links, block);
}

LFM_ALWAYS_INLINE void lfm_link_store(const lfm_list *list, uint32_t block, uint32_t link)
{
    LFM_ASSERT(block < list->shape.count);
    LFM_ASSERT(link <= UINT32_MAX >> (32 - 8 * LFM_LINK_BYTES_OF_(list->link_width)));
    if (LFM_SECTIONS && list->alone) {
        LFM_STORE_LINK(LFM_STORE_ALONE, ALONE, list->link_width, list->links, block, link);
    } else if (lfm_count_is_split(&list->shape)) {
        LFM_STORE_LINK(LFM_STORE, LINK_STORE, list->link_width, list->links, block, link);
    } else {
        LFM_STORE_LINK(LFM_STORE, LINK, list->link_width, list->links, block, link);
    }
}

/* The block below another. */
LFM_ALWAYS_INLINE uint32_t lfm_list_next(const lfm_list *list, uint32_t block)
{
    return lfm_link_next(&list->shape, block, lfm_link_load(list, block));
}

/* The allocated count at this head. If the count is split, the top's link is needed, too. If the head has changed by
 * now, the count may mean nothing (I3). A context that then loads the head again sees that, by STAT_LINK. */
LFM_ALWAYS_INLINE uint32_t lfm_list_allocated(const lfm_list *list, lfm_word_ head)
{
    if (!lfm_count_is_split(&list->shape)) {
        return lfm_head_count_high(&list->shape, head);
    }
    const uint32_t top = lfm_head_top(&list->shape, head);
    uint32_t link = 0;
    if (top != list->shape.count) {
        link = LFM_LOAD_LINK(LFM_LOAD, STAT_LINK, list->link_width, list->links, top);
    }
    return lfm_allocated_count(&list->shape, head, link);
}

/* Free blocks at an instant. If the count is split, the head must be the same before and after the link is read. The
 * top of a damaged head may be no block, and have no link. */
static inline uint32_t lfm_list_free_count(const lfm_list *list)
{
    lfm_word_ head, again = LFM_LOAD(STAT_LOAD, list->head);
    uint32_t allocated;
    do {
        head = again;
        if (lfm_head_top(&list->shape, head) > list->shape.count) {
            return 0;
        }
        allocated = lfm_list_allocated(list, head);
        again = lfm_count_is_split(&list->shape) ? LFM_LOAD(STAT_LOAD, list->head) : head;
    } while (again != head);
    return lfm_free_count(&list->shape, allocated);
}

/* Raises the peak to `in_use` > `peak`, how many blocks are allocated at *head. If the count is split, `in_use` may
 * mean nothing (I3). So the head is loaded again, and the peak is raised only if it has stayed the same. */
LFM_ALWAYS_INLINE void lfm_list_raise_peak(const lfm_list *list, uint32_t peak, uint32_t in_use, lfm_word_ *head)
{
    const lfm_word_ seen = *head;
    LFM_ASSERT(in_use > peak);
    if (lfm_count_is_split(&list->shape)) {
        *head = LFM_LOAD(PUSH_LOAD, list->head);
    }
    if (*head == seen) {
        (void)LFM_CAS_WEAK(PEAK, PEAK, list->peak, &peak, in_use); /* if not, the caller looks again */
    }
}

/* Two orders, each the weakest for its list. `sharded` is a constant: one list of several. */
LFM_ALWAYS_INLINE bool lfm_list_pop_cas(const lfm_list *list, bool sharded, lfm_word_ *head, lfm_word_ wanted)
{
    if (LFM_SECTIONS && list->alone) {
        LFM_STORE_ALONE(ALONE, list->head, wanted);
        return true;
    }
    return sharded ? LFM_STORE_CONDITIONAL(POP_SHARD_CAS, POP_FAIL, list->head, head, wanted)
                   : LFM_STORE_CONDITIONAL(POP_CAS, POP_FAIL, list->head, head, wanted);
}

/* What a pop or a push has left: the head, and the allocated count that goes with it. Both are known before the
 * compare-and-swap and hold if that succeeds (I3). If the count is split, it could not be read any more later. */
typedef struct lfm_list_result {
    lfm_word_ head;
    uint32_t allocated;
} lfm_list_result;

/* Pops up to n blocks at once; with load-linked n is 1. Returns how many: their indices come first in `indices`, the
 * uppermost in front, and what is beyond them means nothing. *after is the resulting state. 0: the list was empty, with
 * *tag. */
LFM_ALWAYS_INLINE uint32_t lfm_list_pop_many(const lfm_list *list, bool sharded, uint32_t n, void *indices[],
                                             lfm_word_ *tag, lfm_list_result *after)
{
    const lfm_list_shape *shape = &list->shape;
    lfm_word_ head = LFM_LOAD_LINKED(POP_LOAD, list->head);
    lfm_word_ wanted;
    uint32_t top, link, allocated, popped;
    LFM_ASSERT((sharded || !shape->sharded) && !(LFM_LINKED && n > 1));
    do {
        top = lfm_head_top(shape, head);
        if (top == shape->count) {
            *tag = lfm_head_tag(shape, head);
            return 0;
        }
        LFM_ASSERT(top < shape->count && n >= 1);
        link = lfm_link_load(list, top);
        uint32_t step = lfm_link_delta(shape, top, link);
        allocated = lfm_allocated_count(shape, head, link);
        popped = 1;
        if (n > 1) {
            uint32_t next = (top + 1) ^ step;
            for (; popped < n && next < shape->count; popped++) {
                indices[popped] = (void *)(uintptr_t)next;
                next = lfm_list_next(list, next);
            }
            step = next ^ (top + 1);
        }
        wanted = lfm_head_pop(shape, head, lfm_link_count_low(shape, top, link), popped, step);
        LFM_ASSERT(lfm_head_pop_agrees(shape, head, link, popped, wanted));
    } while (!lfm_list_pop_cas(list, sharded, &head, wanted));
    LFM_ASSERT(lfm_head_pop_was_allowed(shape, head, link, popped, wanted));
    LFM_ASSERT(popped <= n);
    indices[0] = (void *)(uintptr_t)top;
    after->head = wanted;
    after->allocated = allocated + popped;
    return popped;
}

/* The same with one block. */
LFM_ALWAYS_INLINE bool lfm_list_pop(const lfm_list *list, bool sharded, uint32_t *block, lfm_word_ *tag,
                                    lfm_list_result *after)
{
    void *index;
    if (lfm_list_pop_many(list, sharded, 1, &index, tag, after) == 0) {
        return false;
    }
    *block = (uint32_t)(uintptr_t)index;
    return true;
}

/* Marks a block in hand as taken. */
LFM_ALWAYS_INLINE void lfm_list_mark_taken(const lfm_list *list, uint32_t block)
{
    if (LFM_CHECKS >= 1) {
        lfm_link_store(list, block, LFM_LINK_TAKEN_(block));
    }
}

/* Marks a block in hand as in a cache. Its owner alone writes the link until the block is pushed, as I1 says of blocks
 * that are taken. */
LFM_ALWAYS_INLINE void lfm_list_mark_cached(const lfm_list *list, uint32_t block)
{
    if (LFM_CHECKS >= 1) {
        lfm_link_store(list, block, lfm_link_cached(&list->shape, block));
    }
}

LFM_ALWAYS_INLINE bool lfm_list_is_taken(const lfm_list *list, uint32_t block)
{
    return lfm_link_load(list, block) == LFM_LINK_TAKEN_(block);
}

LFM_ALWAYS_INLINE bool lfm_list_is_cached(const lfm_list *list, uint32_t block)
{
    return lfm_link_load(list, block) == lfm_link_cached(&list->shape, block);
}

/* The double-free check of a block that is about to be pushed. False: it is not marked as taken. Level 2 takes the
 * mark off at once, so that of two racing pushes one fails. Below, the link that is stored next does. */
LFM_ALWAYS_INLINE bool lfm_list_check_put(const lfm_list *list, uint32_t block)
{
    LFM_ASSERT(LFM_CHECKS == 0 || block < list->shape.count);
#if LFM_CHECKS >= 2
    uint32_t taken = LFM_LINK_TAKEN_(block);
    const uint32_t end = lfm_link_make(&list->shape, block, list->shape.count, 0);
    LFM_ASSERT(LFM_LINK_BYTES_OF_(list->link_width) == 4 && taken != end);
    return LFM_CAS(MARK, MARK, (_Atomic(uint32_t) *)list->links + block, &taken, end);
#else
    return LFM_CHECKS == 0 || (lfm_link_load(list, block) ^ block) == block + 1; /* LFM_LINK_TAKEN_() */
#endif
}

/* Puts `below`, or none, under a block that has passed the double-free check. */
LFM_ALWAYS_INLINE void lfm_list_link(const lfm_list *list, uint32_t block, uint32_t below)
{
    LFM_ASSERT(below <= list->shape.count && below != block);
    lfm_link_store(list, block, lfm_link_make(&list->shape, block, below, 0));
}

/* Where the count is split: notes in each block of a chain of n but the last how many are allocated while it is on top.
 */
LFM_ALWAYS_INLINE void lfm_list_count_chain(const lfm_list *list, uint32_t first, uint32_t n, uint32_t allocated)
{
    for (uint32_t block = first, left = n - 1; left > 0; left--) {
        const uint32_t next = lfm_list_next(list, block);
        LFM_ASSERT(next < list->shape.count && next != block);
        lfm_link_store(list, block, lfm_link_make(&list->shape, block, next, allocated - left - 1));
        block = next;
    }
}

/* Links n blocks, the first one uppermost, over `below`, while which is on top so many are allocated. */
LFM_ALWAYS_INLINE void lfm_list_link_many(const lfm_list *list, void *const indices[], uint32_t n, uint32_t below,
                                          uint32_t allocated)
{
    for (uint32_t i = n; i > 0; i--) {
        const uint32_t block = (uint32_t)(uintptr_t)indices[i - 1];
        LFM_ASSERT(below <= list->shape.count && below != block);
        allocated--;
        lfm_link_store(list, block, lfm_link_make(&list->shape, block, below, allocated));
        below = block;
    }
}

LFM_ALWAYS_INLINE lfm_word_ lfm_list_push_load(const lfm_list *list)
{
    return lfm_count_is_split(&list->shape) ? LFM_LOAD(PUSH_LOAD, list->head) : LFM_LOAD_LINKED(PUSH_PEEK, list->head);
}

/* Two orders, each the weakest for its count. A split count takes too long to be written for load-linked. */
LFM_ALWAYS_INLINE bool lfm_list_push_cas(const lfm_list *list, lfm_word_ *head, lfm_word_ wanted)
{
    if (LFM_SECTIONS && list->alone) {
        LFM_STORE_ALONE(ALONE, list->head, wanted);
        return true;
    }
    return lfm_count_is_split(&list->shape)
               ? LFM_CAS_WEAK(PUSH_CAS, PUSH_FAIL, list->head, head, wanted)
               : LFM_STORE_CONDITIONAL(PUSH_UNSPLIT_CAS, PUSH_PEEK, list->head, head, wanted);
}

/* Pushes n blocks that have passed the double-free check, by their indices or, without these, by links that lead from
 * `first` to `last` already. Returns the resulting state. Only a push makes the allocated count less, so the peak is
 * the larger of what is noted and what is allocated now. A new peak is noted first, and then all is looked at again.
 * Links that carry the count are late: made once it is known. */
LFM_ALWAYS_INLINE lfm_list_result lfm_list_push_chain(const lfm_list *list, uint32_t first, uint32_t last, uint32_t n,
                                                      void *const indices[])
{
    const lfm_list_shape *shape = &list->shape;
    const bool late = indices != NULL && lfm_count_is_split(shape);
    if (indices != NULL && !late) {
        lfm_list_link_many(list, indices, n, shape->count, 0);
    }
    lfm_word_ head = lfm_list_push_load(list);
    LFM_ASSERT(n >= 1 && n <= shape->count);
    LFM_ASSERT((n == 1) == (first == last));
    for (;;) {
        LFM_ASSERT(lfm_head_top(shape, head) <= shape->count);
        uint32_t allocated = lfm_list_allocated(list, head);
        const uint32_t peak = LFM_LOAD(PEAK, list->peak);
        const uint32_t in_use = lfm_allocated_of(shape, list->blocks, allocated);
        if (__builtin_expect(in_use > peak, 0)) {
            if (LFM_SECTIONS && list->alone) {
                LFM_STORE_ALONE(ALONE, list->peak, in_use);
            } else {
                lfm_list_raise_peak(list, peak, in_use, &head);
                head = LFM_LINKED ? lfm_list_push_load(list) : head; /* not linked any more */
                continue;
            }
        }
        if (lfm_count_is_split(shape)) {
            allocated =
                shape->sharded || allocated >= n ? allocated : n; /* a wrong count (ABA) does not fall below zero */
            if (!late) {
                lfm_list_count_chain(list, first, n, allocated);
            }
        }
        if (late) {
            lfm_list_link_many(list, indices, n, lfm_head_top(shape, head), allocated);
        } else {
            lfm_link_store(list, last, lfm_link_make(shape, last, lfm_head_top(shape, head), allocated - 1));
        }
        const lfm_word_ wanted = lfm_head_push(shape, head, allocated, n, first);
        LFM_ASSERT(lfm_head_push_agrees(shape, head, allocated, n, first, wanted));
        if (lfm_list_push_cas(list, &head, wanted)) {
            LFM_ASSERT(lfm_head_push_was_allowed(shape, head, n, first));
            const lfm_list_result result = {wanted, allocated - n};
            return result;
        }
    }
}

/* Pushes blocks whose links lead from `first` to `last`. */
LFM_ALWAYS_INLINE lfm_list_result lfm_list_push(const lfm_list *list, uint32_t first, uint32_t last, uint32_t n)
{
    return lfm_list_push_chain(list, first, last, n, NULL);
}

/* Pushes blocks that are not linked yet, the first one uppermost. */
LFM_ALWAYS_INLINE void lfm_list_push_many(const lfm_list *list, void *const indices[], uint32_t n)
{
    const uint32_t first = (uint32_t)(uintptr_t)indices[0], last = (uint32_t)(uintptr_t)indices[n - 1];
    (void)lfm_list_push_chain(list, first, last, n, indices);
}

#endif
