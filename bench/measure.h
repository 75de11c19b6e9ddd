/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: the clock, the unit of R, and the median.
 *
 * The unit is the bare pair: a load and a compare-and-swap, twice, on a line of its own in one thread. No lock-free
 * allocator that counts its blocks can do with less. Each contestant is timed between two runs of the pair. */
#ifndef LFM_BENCH_MEASURE_H
#define LFM_BENCH_MEASURE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
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
