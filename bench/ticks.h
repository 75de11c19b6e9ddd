/* SPDX-License-Identifier: MIT */
/* The finest clock of the machine, for latencies of single calls: reading the other one takes as long as a call. */
#ifndef LFM_BENCH_TICKS_H
#define LFM_BENCH_TICKS_H

#include "measure.h"

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>

/* Waits for the loads before it; so the call that is timed has its results when the clock is read. */
static inline uint64_t ticks(void)
{
    unsigned core;
    return __rdtscp(&core);
}
#else
static inline uint64_t ticks(void)
{
    return (uint64_t)now();
}
#endif

/* Nanoseconds of a tick, by watching both clocks for 20 ms. */
static inline double tick_length(void)
{
    const double began = now();
    const uint64_t first = ticks();
    while (now() - began < 20e6)
        ;
    return (now() - began) / (double)(ticks() - first);
}

#endif
