/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: the clock, the bare pair of compare-and-swaps that is the unit of R, what is done with
 * blocks, quartiles, and how a front-end is compared with lfmem's own calls.
 *
 * The pair is a load and a compare-and-swap, twice, on a line of its own in one thread: what no lock-free allocator
 * that counts its blocks can do without. Contestants take turns in one process, each between two runs of the pair. */
#ifndef LFM_BENCH_MEASURE_H
#define LFM_BENCH_MEASURE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Nanoseconds. */
static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline void bare_cas(_Atomic uint64_t *word)
{
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    atomic_compare_exchange_strong_explicit(word, &seen, seen + 1, memory_order_acquire, memory_order_relaxed);
}

static inline double bare_pair(int pairs)
{
    static _Alignas(128) _Atomic uint64_t word;
    const double began = now();
    for (int i = 0; i < pairs; i++) {
        bare_cas(&word);
        bare_cas(&word);
    }
    return (now() - began) / pairs;
}

/* Every block is written to, as a program would. */
static inline void touch(void *block, int i)
{
    ((volatile uint64_t *)block)[1] = (uint64_t)i;
}

/* So many pairs of a get and a put. The compiler is to see which they are, so that the calls are direct ones. */
__attribute__((always_inline)) static inline void ping_pong(int pairs, void *(*get)(void *from),
                                                            void (*put)(void *from, void *block), void *from)
{
    for (int i = 0; i < pairs; i++) {
        void *const block = get(from);
        touch(block, i);
        put(from, block);
    }
}

#define BURST 32

/* The same in bursts: as many gets, and then the puts. */
__attribute__((always_inline)) static inline void burst(int pairs, void *(*get)(void *from),
                                                        void (*put)(void *from, void *block), void *from)
{
    void *blocks[BURST];
    for (int i = 0; i < pairs / BURST; i++) {
        for (int k = 0; k < BURST; k++) {
            touch(blocks[k] = get(from), i);
        }
        for (int k = 0; k < BURST; k++) {
            put(from, blocks[k]);
        }
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts, and returns the median. */
static inline double median(double *values, size_t n)
{
    qsort(values, n, sizeof values[0], ascending);
    return values[n / 2];
}

#endif
