/* SPDX-License-Identifier: MIT */
/* Where the units and the metadata of a heap are in this mapping: for heap_level.h, and for front-ends that do without
 * it. */
#ifndef LFM_LIB_HEAP_UNITS_H
#define LFM_LIB_HEAP_UNITS_H

#include "arith.h"
#include <lfmem/heap.h>

static inline unsigned char *lfm_heap_units(const lfm_heap *heap)
{
    return lfm_relocate(heap, heap->origin, heap->blocks);
}

/* Counts: in the heap, or beside a static one. */
static inline lfm_heap_state_ *lfm_heap_state(const lfm_heap *heap)
{
    return (void *)lfm_relocate(heap, heap->origin, heap->state);
}

/* First come the words, then the hints and the full-summary. */
static inline unsigned char *lfm_heap_metadata(const lfm_heap *heap)
{
    return (unsigned char *)((uintptr_t)heap + ((uintptr_t)heap->words - (uintptr_t)heap->origin));
}

/* Bytes of all units. */
static inline size_t lfm_heap_bytes(const lfm_heap *heap)
{
    return heap->units << heap->unit_shift;
}

#endif
