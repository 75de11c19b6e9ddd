/* SPDX-License-Identifier: MIT */
/* The allocator under test: a fixed pool, a dynamic one or a heap. A control puts a spin lock around each call. */
#ifndef LFM_TEST_FAULTS_ALLOCATOR_H
#define LFM_TEST_FAULTS_ALLOCATOR_H

#include <lfmem/dynpool.h>
#include <lfmem/heap.h>

/* Pointers are those of this process. */
typedef struct allocator {
    _Atomic(uint32_t) *lock; /* zero at first, in memory that all contexts share; NULL: no lock */
    const lfm_pool *pool;    /* NULL: it is dynamic */
    bool in_line;            /* the pool is one of in_line.h, and gets and puts are in line */
    lfm_dynpool *dynpool;
    lfm_segment *segment; /* of the dynamic pool's blocks */
    lfm_heap *heap;
} allocator;

/* Makes a pool in line, as if it were new. Processes that are forked later share its memory. Sets all of *s but the
 * lock, and returns the first block. */
unsigned char *allocator_make_in_line(allocator *s, uint32_t blocks, size_t bytes);

void *allocator_get(const allocator *s);
lfm_status allocator_put(const allocator *s, void *block);

/* Not for dynamic pools. */
size_t allocator_get_many(const allocator *s, void *blocks[], size_t n);
lfm_status allocator_put_many(const allocator *s, void *const blocks[], size_t n);

/* Straight from the segment, for dynamic pools. */
void *allocator_alloc(const allocator *s, size_t bytes, size_t align);

/* For heaps. */
void *allocator_heap_alloc(const allocator *s, size_t bytes);
void *allocator_heap_realloc(const allocator *s, void *block, size_t bytes);
lfm_status allocator_heap_free(const allocator *s, void *block);

#endif
