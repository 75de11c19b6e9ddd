/* SPDX-License-Identifier: MIT */
/* What a fault test works on: a pool of either kind or a heap as it is, or for a control with a spin lock around each
 * call. */
#ifndef LFM_TEST_FAULTS_SUBJECT_H
#define LFM_TEST_FAULTS_SUBJECT_H

#include <lfmem/dynpool.h>
#include <lfmem/heap.h>

/* Pointers as they are in this process. */
typedef struct subject {
    _Atomic(uint32_t) *lock; /* zero at first, in memory that all contexts share; NULL: no lock */
    lfm_pool *pool;          /* NULL: it is dynamic */
    lfm_dynpool *dynpool;
    lfm_segment *segment; /* of the dynamic pool's blocks */
    lfm_heap *heap;
} subject;

void *subject_get(const subject *s);
lfm_status subject_put(const subject *s, void *block);

/* Not for dynamic pools. */
size_t subject_get_many(const subject *s, void *blocks[], size_t n);
lfm_status subject_put_many(const subject *s, void *const blocks[], size_t n);

/* Straight from the segment, for dynamic pools. */
void *subject_alloc(const subject *s, size_t bytes, size_t align);

/* For heaps. */
void *subject_heap_alloc(const subject *s, size_t bytes);
void *subject_heap_realloc(const subject *s, void *block, size_t bytes);
lfm_status subject_heap_free(const subject *s, void *block);

#endif
