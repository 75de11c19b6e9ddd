/* SPDX-License-Identifier: MIT */
/* The words of a heap, level by level: where they are, and where a block is that they tell of. */
#ifndef LFM_LIB_HEAP_LEVEL_H
#define LFM_LIB_HEAP_LEVEL_H

#include "assertion.h"
#include "atomic.h"
#include "heap_units.h"
#include "heap_word.h"

static inline _Atomic(lfm_word_) *lfm_heap_word_at(const lfm_heap *heap, unsigned level, size_t index)
{
    return (_Atomic(lfm_word_) *)(void *)lfm_heap_metadata(heap) + heap->first[level] + index;
}

static inline lfm_word_ lfm_heap_load(const lfm_heap *heap, unsigned level, size_t index)
{
    return LFM_LOAD(HEAP_LOAD, lfm_heap_word_at(heap, level, index));
}

/* Words of a level. */
static inline size_t lfm_heap_level_words(const lfm_heap *heap, unsigned level)
{
    return ((heap->units - 1) >> LFM_WORD_UNITS_SHIFT_ * level >> LFM_WORD_UNITS_SHIFT_) + 1;
}

/* The unit of a level that has no place in the heap, or only in part, counts as busy, and so do those behind it. */
static inline uint32_t lfm_heap_out_of_range(const lfm_heap *heap, unsigned level, size_t index)
{
    const size_t whole = heap->units >> LFM_WORD_UNITS_SHIFT_ * level;
    return index < whole >> LFM_WORD_UNITS_SHIFT_ ? 0 : lfm_heap_word_from((unsigned)(whole & (LFM_WORD_UNITS - 1)));
}

/* Where a block is, or is to be. */
typedef struct lfm_location {
    unsigned level, unit, n;
    size_t index; /* of its word in the level */
} lfm_location;

static inline void lfm_location_set(lfm_location *location, unsigned level, size_t index, unsigned unit, unsigned n)
{
    location->level = level;
    location->index = index;
    location->unit = unit;
    location->n = n;
}

/* Bytes from the first unit. */
static inline size_t lfm_location_offset(const lfm_heap *heap, const lfm_location *location)
{
    return (location->index * LFM_WORD_UNITS + location->unit)
           << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

static inline size_t lfm_location_bytes(const lfm_heap *heap, const lfm_location *location)
{
    return (size_t)location->n << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

#endif
