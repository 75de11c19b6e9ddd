/* SPDX-License-Identifier: MIT */
/* A clock for histories. It must be common to all cores and must not drift into the call that it times. */
#ifndef LFM_TEST_CLOCK_H
#define LFM_TEST_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>

/* Whether the cycle counter goes at one rate at all times (CPUID 80000007H, EDX
 * bit 8), as it does to be in step. */
static inline bool clock_has_counter(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;
}

static inline uint64_t clock_counter(void)
{
    unsigned core;
    _mm_lfence();
    const uint64_t cycles = __rdtscp(&core);
    _mm_lfence();
    return cycles;
}
#else
static inline bool clock_has_counter(void)
{
    return false;
}

static inline uint64_t clock_counter(void)
{
    return 0;
}
#endif

static bool clock_uses_counter; /* constant while threads run */

static inline void clock_begin(void)
{
    clock_uses_counter = clock_has_counter();
}

static inline uint64_t clock_now(void)
{
    if (clock_uses_counter) {
        return clock_counter();
    }
    struct timespec time;
    atomic_signal_fence(memory_order_seq_cst);
    clock_gettime(CLOCK_MONOTONIC, &time);
    atomic_signal_fence(memory_order_seq_cst);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif
