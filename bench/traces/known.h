/* SPDX-License-Identifier: MIT */
/* What the program known.c allocates, from which roundtrip.c knows what its trace must be. */
#ifndef LFM_BENCH_TRACES_KNOWN_H
#define LFM_BENCH_TRACES_KNOWN_H

#include "rng.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    KNOWN_DELIMITER = 98765, /* bytes of a block that is allocated and freed before the steps, and after them */
    KNOWN_STEPS = 20000,
    KNOWN_SLOTS = 64,
    KNOWN_CHILD = 777, /* bytes of a block that a forked child allocates and frees */
    KNOWN_AGAIN = 888, /* bytes of a block that the program allocates when it is executed again, and leaves */
    KNOWN_HANDED = 100000
};

typedef enum known_call {
    KNOWN_MALLOC,
    KNOWN_CALLOC,
    KNOWN_ALIGNED_ALLOC,
    KNOWN_POSIX_MEMALIGN,
    KNOWN_MEMALIGN,
    KNOWN_REALLOC_NULL,
    KNOWN_ALLOCS, /* those before allocate */
    KNOWN_REALLOC,
    KNOWN_REALLOCARRAY,
    KNOWN_REALLOC_0,
    KNOWN_FREE
} known_call;

typedef struct known_step {
    known_call call;
    uint32_t slot;
    size_t bytes;
    unsigned align; /* log2 */
} known_step;

/* The next step; `held` tells which slots have a block, and is brought up to date. */
static inline known_step known_next(rng *random, bool held[KNOWN_SLOTS])
{
    known_step s = {.slot = rng_below(random, KNOWN_SLOTS)};
    s.bytes = (size_t)1 << rng_below(random, 18);
    s.bytes += rng_below(random, (uint32_t)s.bytes);
    s.align = 4 + rng_below(random, 9);
    if (!held[s.slot]) {
        s.call = (known_call)rng_below(random, KNOWN_ALLOCS);
        s.bytes -= s.call == KNOWN_MALLOC && rng_below(random, 8) == 0 ? s.bytes : 0;
    } else {
        s.call = (known_call)(KNOWN_REALLOC + rng_below(random, 4));
    }
    held[s.slot] = s.call < KNOWN_REALLOC_0;
    return s;
}

/* Bytes of the n-th block that one thread allocates and another one frees. They are too many for glibc's caches of each
 * thread, so the same addresses come again and again. */
static inline size_t known_handed(uint32_t n)
{
    return 1100 + n % 7 * 16;
}

#endif
