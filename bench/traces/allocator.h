/* SPDX-License-Identifier: MIT */
/* What serves a trace: a heap of lfmem, the C library, or another allocator that is loaded beside it. The latter has
 * the names malloc, calloc, realloc, aligned_alloc and free. All are called through one pointer. */
#ifndef LFM_BENCH_TRACES_ALLOCATOR_H
#define LFM_BENCH_TRACES_ALLOCATOR_H

#include <lfmem/heap.h>

typedef struct allocator allocator;

struct allocator {
    void *(*alloc)(allocator *a, size_t bytes);
    void *(*calloc)(allocator *a, size_t bytes);
    void *(*aligned)(allocator *a, size_t align, size_t bytes);
    void *(*realloc)(allocator *a, void *block, size_t bytes);
    bool (*free)(allocator *a, void *block); /* false: it is no block */

    lfm_heap heap; /* of lfmem */
    void *storage;
    size_t storage_bytes;

    void *(*peer_malloc)(size_t bytes); /* of a peer */
    void *(*peer_calloc)(size_t n, size_t bytes);
    void *(*peer_aligned)(size_t align, size_t bytes);
    void *(*peer_realloc)(void *block, size_t bytes);
    void (*peer_free)(void *block);
};

/* A heap in fresh memory of so many bytes, metadata included. false: there is no memory, or too little for a heap. */
bool allocator_heap(allocator *a, const lfm_heap_config *config, size_t storage_bytes);

/* The allocator of a library, or of the C library (NULL). Returns NULL, or why there is none. */
const char *allocator_peer(allocator *a, const char *library);

/* Gives back the memory of a heap. */
void allocator_end(allocator *a);

#endif
