/* SPDX-License-Identifier: MIT */
/* Free list: Treiber's stack of block numbers, with the links out of band and everything that must change together
 * in one word, the head (list_word.h).
 *
 * State. `head`: written by everybody, by compare-and-swap only. `links[i]`: written by whoever has block i in hand:
 * the owner that pushes it, before its CAS, or the one that has popped it, after its CAS. `peak`: raised by whoever
 * pushes, before its CAS.
 *
 * Invariants
 * I1  A block in a list belongs to the list; its link is not written. A block in no list belongs to one context, which
 *     alone writes its link. (A push that nobody owns, a double free, breaks this; claim() is there to see it.)
 * I2  From the head's top, following links meets different blocks, all in the list, and ends with none. They are as
 *     many as the count says, unless a push was fooled (see ABA); nothing but statistics goes by it.
 * I3  A pop changes the tag. So if a CAS finds the head that was loaded before, the same top has stayed on the list in
 *     between, and by I1 its link and those below it are as they were read.
 * I4  Who loads a head (acquire) sees every link that was stored before a push (release) up to that head: all changes
 *     of the head are CAS, so each continues the release sequence of every push before it.
 *
 * Linearisation: pop and push at their successful CAS; an empty pop at its load of the head.
 * ABA: I3, as long as the tag has not come round, which lib/README.md turns into times. If it has, a push still does
 * right by its blocks, since its CAS finds the top that it has linked to. Where the count is split it may leave a wrong
 * one, until the list is empty.
 * Progress: lock-free: a loop goes round only if the head has changed since it was loaded (or, on some machines, if the
 * weak CAS failed by itself). A context that stops for good keeps at most the blocks it has popped or not yet pushed.
 *
 * Memory orders: atomic.h. */
#ifndef LFM_LIB_LIST_H
#define LFM_LIB_LIST_H

#include "assertion.h"
#include "atomic.h"
#include "list_word.h"

/* A list as its operations see it. */
typedef struct lfm_list {
    lfm_list_shape shape;
    bool wide;       /* links of 4 bytes */
    uint32_t blocks; /* that there are: those of its range, or in a dynamic pool those that were created */
    _Atomic(lfm_word_) *head;
    _Atomic(uint32_t) *peak;
    void *links;
} lfm_list;

LFM_INLINE uint32_t lfm_link_load(const lfm_list *list, uint32_t block)
{
    return list->wide ? LFM_LOAD(LINK, (_Atomic(uint32_t) *)list->links + block)
                      : LFM_LOAD(LINK, (_Atomic(uint16_t) *)list->links + block);
}

LFM_INLINE void lfm_link_store(const lfm_list *list, uint32_t block, uint32_t link)
{
    if (list->wide) {
        LFM_STORE(LINK_STORE, (_Atomic(uint32_t) *)list->links + block, link);
    } else {
        LFM_STORE(NARROW_STORE, (_Atomic(uint16_t) *)list->links + block, (uint16_t)link);
    }
}

/* The block below another. */
LFM_INLINE uint32_t lfm_list_next(const lfm_list *list, uint32_t block)
{
    return lfm_link_next(&list->shape, block, lfm_link_load(list, block));
}

/* "allocated" at this head; the top's link is needed only if the count is split. Then the number may mean nothing if
 * the head has changed already (I3); who loads the head again sees that, by STAT_LINK. */
LFM_INLINE uint32_t lfm_list_allocated(const lfm_list *list, lfm_word_ head)
{
    const uint32_t top = lfm_head_top(&list->shape, head);
    uint32_t link = 0;
    if (lfm_count_is_split(&list->shape) && top != list->shape.count) {
        link = list->wide ? LFM_LOAD(STAT_LINK, (_Atomic(uint32_t) *)list->links + top)
                          : LFM_LOAD(STAT_LINK, (_Atomic(uint16_t) *)list->links + top);
    }
    return lfm_allocated_count(&list->shape, head, link);
}

/* Free blocks at an instant. If the count is split, that is when the head is the same before and after the link. */
static inline uint32_t lfm_list_free_count(const lfm_list *list)
{
    lfm_word_ head, again = LFM_LOAD(STAT_LOAD, list->head);
    uint32_t allocated;
    do {
        head = again;
        allocated = lfm_list_allocated(list, head);
        again = lfm_count_is_split(&list->shape) ? LFM_LOAD(STAT_LOAD, list->head) : head;
    } while (again != head);
    return lfm_free_count(&list->shape, allocated);
}

/* "allocated" at a head that a push is about to change. Only a push makes that less, so the peak is the larger of what
 * is noted and what is allocated now. What looks like a new peak is noted if the head is still the same, since else it
 * may mean nothing (I3), and then all is looked at again, at *head. */
LFM_INLINE uint32_t lfm_list_raise_peak(const lfm_list *list, lfm_word_ *head)
{
    for (;;) {
        const uint32_t allocated = lfm_list_allocated(list, *head);
        const uint32_t gone = lfm_allocated_of(&list->shape, list->blocks, allocated);
        uint32_t peak = LFM_LOAD(PEAK, list->peak);
        if (gone <= peak) {
            return allocated;
        }
        const lfm_word_ seen = *head;
        if (lfm_count_is_split(&list->shape)) {
            *head = LFM_LOAD(PUSH_LOAD, list->head);
        }
        if (*head == seen) {
            (void)LFM_CAS_WEAK(PEAK, PEAK, list->peak, &peak, gone); /* or again */
        }
    }
}

/* Two orders, each the weakest for its list; `sharded` is a constant. */
LFM_INLINE bool lfm_list_pop_cas(const lfm_list *list, bool sharded, lfm_word_ *head, lfm_word_ wanted)
{
    return sharded ? LFM_CAS_WEAK(POP_SHARD_CAS, POP_FAIL, list->head, head, wanted)
                   : LFM_CAS_WEAK(POP_CAS, POP_FAIL, list->head, head, wanted);
}

/* What a pop or a push has left: the head, and the "allocated" that goes with it. It is known before the
 * compare-and-swap and holds if that succeeds (I3); later it could not be read any more, if the count is split. */
typedef struct lfm_list_result {
    lfm_word_ head;
    uint32_t allocated;
} lfm_list_result;

/* Pops up to n blocks at once. Returns how many: *first and those that lfm_list_next() finds below it, and *after is
 * the resulting state. 0: the list was empty, with *tag. */
LFM_INLINE uint32_t lfm_list_pop(const lfm_list *list, bool sharded, uint32_t n, uint32_t *first, lfm_word_ *tag,
                                 lfm_list_result *after)
{
    const lfm_list_shape *shape = &list->shape;
    lfm_word_ head = LFM_LOAD(POP_LOAD, list->head);
    lfm_word_ wanted;
    uint32_t allocated, popped;
    do {
        const uint32_t top = lfm_head_top(shape, head);
        if (top == shape->count) {
            *tag = lfm_head_tag(shape, head);
            return 0;
        }
        const uint32_t link = lfm_link_load(list, top);
        uint32_t step = lfm_link_delta(shape, top, link);
        allocated = lfm_allocated_count(shape, head, link);
        popped = 1;
        if (n > 1) {
            uint32_t next = (top + 1) ^ step;
            for (; popped < n && next < shape->count; popped++) {
                next = lfm_list_next(list, next);
            }
            step = next ^ (top + 1);
        }
        *first = top;
        wanted = lfm_head_pop(shape, head, lfm_link_count_low(shape, top, link), popped, step);
    } while (!lfm_list_pop_cas(list, sharded, &head, wanted));
    after->head = wanted;
    after->allocated = allocated + popped;
    return popped;
}

/* Marks a block in hand as taken. */
LFM_INLINE void lfm_list_mark_taken(const lfm_list *list, uint32_t block)
{
    if (LFM_CHECKS >= 1) {
        lfm_link_store(list, block, LFM_LINK_TAKEN_(block));
    }
}

/* Marks a block in hand as in a cache. Its owner alone writes the link until the block is pushed, as I1 says of blocks
 * that are taken. */
LFM_INLINE void lfm_list_mark_cached(const lfm_list *list, uint32_t block)
{
    if (LFM_CHECKS >= 1) {
        lfm_link_store(list, block, lfm_link_cached(&list->shape, block));
    }
}

LFM_INLINE bool lfm_list_is_taken(const lfm_list *list, uint32_t block)
{
    return lfm_link_load(list, block) == LFM_LINK_TAKEN_(block);
}

LFM_INLINE bool lfm_list_is_cached(const lfm_list *list, uint32_t block)
{
    return lfm_link_load(list, block) == lfm_link_cached(&list->shape, block);
}

/* Tells whether a block that is about to be pushed is marked; false: it is free already. Level 2 takes the mark off at
 * once, so that of two racing pushes one fails; below, the link that is stored next does. */
LFM_INLINE bool lfm_list_check_put(const lfm_list *list, uint32_t block)
{
#if LFM_CHECKS >= 2
    uint32_t taken = LFM_LINK_TAKEN_(block);
    const uint32_t end = lfm_link_make(&list->shape, block, list->shape.count, 0);
    return LFM_CAS(MARK, MARK, (_Atomic(uint32_t) *)list->links + block, &taken, end);
#else
    return LFM_CHECKS == 0 || lfm_list_is_taken(list, block);
#endif
}

/* Puts `below`, or none, under a claimed block. */
LFM_INLINE void lfm_list_link(const lfm_list *list, uint32_t block, uint32_t below)
{
    lfm_link_store(list, block, lfm_link_make(&list->shape, block, below, 0));
}

/* Pushes n claimed blocks whose links lead from `first` to `last`. Returns the resulting state. */
LFM_INLINE lfm_list_result lfm_list_push(const lfm_list *list, uint32_t first, uint32_t last, uint32_t n)
{
    const lfm_list_shape *shape = &list->shape;
    lfm_word_ head = LFM_LOAD(PUSH_LOAD, list->head);
    lfm_word_ wanted;
    uint32_t allocated;
    do {
        allocated = lfm_list_raise_peak(list, &head);
        if (lfm_count_is_split(shape)) {
            allocated = shape->part || allocated >= n ? allocated : n; /* a wrong count */
            for (uint32_t block = first, left = n - 1; left > 0; left--) {
                const uint32_t next = lfm_list_next(list, block);
                lfm_link_store(list, block, lfm_link_make(shape, block, next, allocated - left - 1));
                block = next;
            }
        }
        lfm_link_store(list, last, lfm_link_make(shape, last, lfm_head_top(shape, head), allocated - 1));
        wanted = lfm_head_push(shape, head, allocated, n, first);
    } while (!LFM_CAS_WEAK(PUSH_CAS, PUSH_FAIL, list->head, &head, wanted));
    const lfm_list_result result = {wanted, allocated - n};
    return result;
}

#endif
