/* SPDX-License-Identifier: MIT */
/* Hints: where an allocation looks first. They are read and written without order, often stale, never trusted: the word
 * that a hint names tells whether there is room. */
#ifndef LFM_LIB_HEAP_HINTS_H
#define LFM_LIB_HEAP_HINTS_H

#include "arith.h"
#include "context.h"
#include "heap_full.h"

/* The hints of a stripe for blocks of a level and an order. They are indices of words in which such a block was last
 * freed or found. (A free goes by the size of its block, not by the alignment that was asked for.) They are fields of
 * one number, each an index plus one, the latest lowest; 0: no more. A free pushes one, an allocation pops those
 * without room. Two contexts that do so at the same time lose hints, nothing else. */
static inline _Atomic(lfm_word_) *lfm_heap_hints(const lfm_heap *heap, unsigned stripe, unsigned level, unsigned order)
{
    LFM_ASSERT(stripe < LFM_HEAP_STRIPES_(heap->units) && level <= heap->top_level + 1u &&
               order <= LFM_WORD_UNITS_SHIFT_);
    const size_t orders = (heap->top_level + 1u) * (LFM_WORD_UNITS_SHIFT_ + 1u);
    return (_Atomic(lfm_word_) *)(void *)(lfm_heap_metadata(heap) + heap->hints) +
           stripe * LFM_ROUND_UP_(orders + 1, 16) + level * (LFM_WORD_UNITS_SHIFT_ + 1u) + order;
}

/* Bits of a hint: a quarter of a word if all indices fit in that, else half of one, else 32. */
static inline unsigned lfm_hint_bits(const lfm_heap *heap)
{
    const unsigned few = LFM_WORD_BITS / 4, many = LFM_WORD_BITS / 2;
    const size_t words = heap->units >> LFM_WORD_UNITS_SHIFT_;
    return words >> (few - 1) == 0 ? few : words >> (many - 1) == 0 ? many : 32;
}

static inline size_t lfm_hint_latest(lfm_word_ hints, unsigned bits)
{
    LFM_ASSERT(bits >= 1 && bits <= LFM_WORD_BITS);
    return (size_t)(hints & (lfm_word_)-1 >> (LFM_WORD_BITS - bits)) - 1;
}

static inline lfm_word_ lfm_hint_pop(lfm_word_ hints, unsigned bits)
{
    LFM_ASSERT(bits >= 1 && bits <= LFM_WORD_BITS);
    return hints >> 1 >> (bits - 1);
}

static inline void lfm_hint_push(_Atomic(lfm_word_) *hints, size_t index, unsigned bits)
{
    const lfm_word_ seen = LFM_LOAD(HINT, hints);
    LFM_ASSERT(((lfm_word_)(index + 1) >> 1 >> (bits - 1)) == 0);
    if (lfm_hint_latest(seen, bits) != index) {
        LFM_STORE(HINT, hints, seen << 1 << (bits - 1) | (lfm_word_)(index + 1));
    }
}

/* The stripe of the context that runs. */
static inline unsigned lfm_heap_stripe(const lfm_heap *heap)
{
    const uint32_t stripes = LFM_HEAP_STRIPES_(heap->units);
    LFM_ASSERT(stripes >= 1);
    return stripes == 1 ? 0 : lfm_context_pick((uint32_t)LFM_PORT_CONTEXT(), stripes);
}

/* The same, if it is known without a call (context.h). */
LFM_ALWAYS_INLINE bool lfm_heap_knows_stripe(const lfm_heap *heap, unsigned *stripe)
{
    const uint32_t stripes = LFM_HEAP_STRIPES_(heap->units);
    uint32_t context = 0;
    const bool known = stripes == 1 || lfm_context_known(&context);
    *stripe = stripes == 1 ? 0 : lfm_context_pick(context, stripes);
    return known;
}

/* The word of a level where a stripe's first search begins. Stripes that follow each other begin far apart. That is
 * because a few words of the upper levels, in one cache line, tell of a large part of the heap. */
static inline size_t lfm_heap_region(const lfm_heap *heap, size_t words, unsigned stripe)
{
    const unsigned stripes = LFM_HEAP_STRIPES_(heap->units);
    LFM_ASSERT(stripe < stripes && lfm_is_power_of_two(stripes));
    return words / stripes * (7 * stripe & (stripes - 1));
}

/* Groups that a search of a large heap looks at before it goes far. With fewer it is faster, but small blocks then
 * divide more of the units that large blocks need. */
#define LFM_HEAP_NEAR 8u

/* The search of a large heap, by its full-summary. It looks near the latest hint first. Much around there may be full.
 * So it then goes where the last search that went far has found room for any block. False proves nothing. */
static bool lfm_heap_search_large(const lfm_heap *heap, lfm_request *request, size_t latest, unsigned stripe,
                                  lfm_location *location)
{
    const unsigned shift = LFM_WORD_UNITS_SHIFT_ * request->level;
    const size_t words = lfm_heap_level_words(heap, request->level);
    /* behind the hints of all levels: one number, a unit of level 0 / LFM_WORD_UNITS plus one */
    _Atomic(lfm_word_) *const far = lfm_heap_hints(heap, stripe, heap->top_level + 1u, 0);
    size_t near = LFM_HEAP_NEAR, all = SIZE_MAX;
    if (latest < words) {
        const bool found = lfm_heap_search_by_full(heap, request, latest, &near, location);
        LFM_ASSERT(near <= LFM_HEAP_NEAR);
        if (found || near > 0) {
            return found;
        }
    }
    const size_t hint = lfm_hint_latest(LFM_LOAD(HINT, far), LFM_WORD_BITS) >> shift;
    const size_t start = hint < words ? hint : lfm_heap_region(heap, words, stripe);
    if (!lfm_heap_search_by_full(heap, request, start, &all, location)) {
        return false;
    }
    LFM_ASSERT(location->index < words);
    LFM_STORE(HINT, far, (lfm_word_)((location->index << shift) + 1));
    return true;
}

#endif
