/* SPDX-License-Identifier: MIT */
/* For a thread that is going to sleep until something is freed: puts it in order with every free of a heap, without a
 * fence.
 *
 * Each word is changed by read-modify-writes only, and one that changes nothing has its place among them. A free whose
 * compare-and-swap comes before it is seen by what the caller does next; one that comes later acquires what the caller
 * did before, so that the freeing context sees that. All of it is paid here, once for each word; a free pays nothing.
 * (The value stays, tag and all, so it is no change to those who compare.) */
#ifndef LFM_LIB_HEAP_RENDEZVOUS_H
#define LFM_LIB_HEAP_RENDEZVOUS_H

#include "atomic.h"
#include "heap_units.h"

static inline void lfm_heap_rendezvous(lfm_heap *heap)
{
    _Atomic(lfm_word_) *const words = (_Atomic(lfm_word_) *)(void *)lfm_heap_metadata(heap);
    for (size_t left = heap->hints / sizeof *words; left > 0; left--) {
        LFM_FETCH_ADD(HEAP_RENDEZVOUS, &words[left - 1], 0);
    }
}

#endif
