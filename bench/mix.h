/* SPDX-License-Identifier: MIT */
/* What is asked of heaps: 64 to 4095 bytes, each octave as often as any other. The sequences are drawn beforehand. */
#ifndef LFM_BENCH_MIX_H
#define LFM_BENCH_MIX_H

#include "../test/common/rng.h"
#include "bench.h"
#include <stdlib.h>

/* 64, 128 ... or 2048 bytes and as much again less a byte at most. */
static inline uint32_t mix_bytes(rng *r)
{
    const uint32_t least = (uint32_t)HEAP_UNIT << rng_below(r, 6);
    return least + rng_below(r, least);
}

/* An array of another length; ends the program if there is no room. */
static inline void *resized(void *old, size_t count, size_t size)
{
    void *const array = realloc(old, count * size);
    if (array == NULL) {
        abort();
    }
    return array;
}

/* Draws for each worker the sizes of the blocks that it begins with (`order`), and its steps. Together these blocks
 * keep a heap of so many bytes so many per cent full. A block counts as whole units of 64 bytes, or of 1024 bytes if it
 * needs more than 15 of those. */
void mix_draw(worker *workers, unsigned threads, size_t bytes, unsigned percent, rng *r);

#endif
