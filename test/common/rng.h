/* SPDX-License-Identifier: MIT */
/* Random numbers: one generator for each thread, from a seed that is printed (splitmix64 of G. Steele, D. Lea and
 * C. Flood, OOPSLA 2014). */
#ifndef LFM_TEST_RNG_H
#define LFM_TEST_RNG_H

#include <stdint.h>

typedef struct rng {
    uint64_t state;
} rng;

static inline uint64_t rng_next(rng *r)
{
    uint64_t mixed = r->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* 0 ... n - 1, for 0 < n < 2^32 */
static inline uint32_t rng_below(rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

#endif
