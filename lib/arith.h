/* SPDX-License-Identifier: MIT */
/* Powers of two, and what layout.h has as constant expressions, which are long, as functions for an init. */
#ifndef LFM_LIB_ARITH_H
#define LFM_LIB_ARITH_H

#include <lfmem/layout.h>

/* Of a number other than 0, rounded down. */
static inline uint8_t lfm_log2(size_t x)
{
    uint8_t bits = 0;
    for (; x > 1; x >>= 1) {
        bits++;
    }
    return bits;
}

static inline bool lfm_is_power_of_two(size_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

/* `align` is a power of two. */
static inline size_t lfm_round_up(size_t bytes, size_t align)
{
    return (bytes + (align - 1)) & ~(align - 1);
}

/* As LFM_INDEX_BITS_. */
static inline uint8_t lfm_index_bits(size_t count)
{
    return (uint8_t)(lfm_log2(count + 1) + 1);
}

/* As LFM_INVERSE_. */
static inline size_t lfm_inverse(size_t odd)
{
    size_t inverse = LFM_INVERSE_5_(odd);
    for (unsigned right = 5; right < sizeof(size_t) * 8; right *= 2) {
        inverse = LFM_INVERSE_STEP_(odd, inverse);
    }
    return inverse;
}

#endif
