/* SPDX-License-Identifier: MIT */
/* The words of a heap, level by level, and where a block is that they tell of. A unit of level 0 is the heap's smallest
 * block. Unit i of level l + 1 is all that word i of level l tells of. The top level is one word. */
#ifndef LFM_LIB_HEAP_LEVEL_H
#define LFM_LIB_HEAP_LEVEL_H

#include "atomic.h"
#include "heap_units.h"
#include "heap_word.h"
#include <lfmem/detail/assertion.h>

/* Words of a level. */
static inline size_t lfm_heap_level_words(const lfm_heap *heap, unsigned level)
{
    LFM_ASSERT(level <= heap->top_level);
    return ((heap->units - 1) >> LFM_WORD_UNITS_SHIFT_ * level >> LFM_WORD_UNITS_SHIFT_) + 1;
}

static inline _Atomic(lfm_word_) *lfm_heap_word_at(const lfm_heap *heap, unsigned level, size_t index)
{
    LFM_ASSERT(level <= heap->top_level && index < lfm_heap_level_words(heap, level));
    LFM_ASSERT((uintptr_t)lfm_heap_metadata(heap) % sizeof(lfm_word_) == 0);
    return (_Atomic(lfm_word_) *)(void *)lfm_heap_metadata(heap) + heap->first[level] + index;
}

static inline lfm_word_ lfm_heap_load(const lfm_heap *heap, unsigned level, size_t index)
{
    return LFM_LOAD(HEAP_LOAD, lfm_heap_word_at(heap, level, index));
}

/* The units of a word that the heap's end cuts, and those beyond it: no block of this level begins there. */
static inline uint32_t lfm_heap_out_of_range(const lfm_heap *heap, unsigned level, size_t index)
{
    const size_t whole = heap->units >> LFM_WORD_UNITS_SHIFT_ * level;
    LFM_ASSERT(index < lfm_heap_level_words(heap, level));
    return index < whole >> LFM_WORD_UNITS_SHIFT_ ? 0 : lfm_heap_word_from((unsigned)(whole & (LFM_WORD_UNITS - 1)));
}

/* Where a block is, or is to be: n units of a level, from `unit` of word `index` on. */
typedef struct lfm_location {
    unsigned level, unit, n;
    size_t index;
} lfm_location;

static inline void lfm_location_set(lfm_location *location, unsigned level, size_t index, unsigned unit, unsigned n)
{
    LFM_ASSERT(level < LFM_HEAP_LEVELS_ && n >= 1 && n <= LFM_WORD_UNITS);
    location->level = level;
    location->index = index;
    location->unit = unit;
    location->n = n;
}

/* Bytes from the first unit of the heap. */
static inline size_t lfm_location_offset(const lfm_heap *heap, const lfm_location *location)
{
    LFM_ASSERT(location->unit + location->n <= LFM_WORD_UNITS);
    return (location->index * LFM_WORD_UNITS + location->unit)
           << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

static inline size_t lfm_location_bytes(const lfm_heap *heap, const lfm_location *location)
{
    LFM_ASSERT(location->level <= heap->top_level && location->n >= 1 && location->n <= LFM_WORD_UNITS);
    return (size_t)location->n << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

#endif
