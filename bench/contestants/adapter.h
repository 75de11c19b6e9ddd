/* SPDX-License-Identifier: MIT */
/* What adapters share: blocks with a link, fresh memory, and metadata for each block. */
#ifndef LFM_BENCH_CONTESTANTS_ADAPTER_H
#define LFM_BENCH_CONTESTANTS_ADAPTER_H

#include "../bench.h"
#include <stdlib.h>
#include <string.h>

/* A block of a list that keeps its links in free blocks. */
typedef struct node {
    _Alignas(BLOCK_BYTES) void *next;
} node;

/* Frees the old memory and returns so many bytes, or ends the program. They have been written to, so that a slice meets
 * no page for the first time. */
static inline void *remake(void *old, size_t bytes)
{
    const size_t rounded = (bytes + 4095) / 4096 * 4096;
    free(old);
    void *const memory = aligned_alloc(4096, rounded);
    if (memory == NULL) {
        abort();
    }
    memset(memory, 0, rounded);
    return memory;
}

/* Bytes of metadata for each block of 64, when so many bytes hold so many blocks. */
static inline double beside(size_t bytes, size_t count)
{
    return (double)bytes / (double)count - BLOCK_BYTES;
}

#endif
