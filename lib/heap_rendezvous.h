/* SPDX-License-Identifier: MIT */
/* The rendezvous of a thread that is going to sleep until something is freed with every free of a heap, without a
 * fence.
 *
 * Problem. The thread says that it sleeps and then looks at the heap once more; a free changes the heap and then looks
 * for sleepers. One of them must see the other, or the thread sleeps for ever.
 *
 * Rule. The thread adds 0 to every word of the heap in between. Words are changed by read-modify-writes only, and these
 * are in one order for each word. If the free's compare-and-swap comes first, the thread sees it when it looks. If it
 * comes later, it acquires what the thread did before, and the freeing context sees the sleeper. The thread pays for
 * all of it, once for each word, and a free for nothing. (No value changes, and no tag, so no compare-and-swap fails by
 * it.) */
#ifndef LFM_LIB_HEAP_RENDEZVOUS_H
#define LFM_LIB_HEAP_RENDEZVOUS_H

#include "atomic.h"
#include "heap_units.h"
#include <lfmem/detail/assertion.h>

static inline void lfm_heap_rendezvous(const lfm_heap *heap)
{
    _Atomic(lfm_word_) *const words = (_Atomic(lfm_word_) *)(void *)lfm_heap_metadata(heap);
    LFM_ASSERT(heap->hints % sizeof *words == 0);
    for (size_t left = heap->hints / sizeof *words; left > 0; left--) {
        LFM_FETCH_ADD(HEAP_RENDEZVOUS, &words[left - 1], 0);
    }
}

#endif
