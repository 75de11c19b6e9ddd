/* SPDX-License-Identifier: MIT */
/* Arithmetic that several parts of the library need, and programs do not (lfmem/detail/address.h). An init finds
 * functions here for what lfmem/detail/layout.h has as constant expressions, which are long. */
#ifndef LFM_LIB_ARITH_H
#define LFM_LIB_ARITH_H

#include <lfmem/detail/address.h>
#include <lfmem/detail/assertion.h>
#include <lfmem/layout.h>

/* The exponent of the largest power of two that is not larger than x. 0 has none, and gives 0. */
static inline uint8_t lfm_log2(size_t x)
{
    uint8_t bits = 0;
    for (; x > 1; x >>= 1) {
        bits++;
    }
    return bits;
}

/* The exponent of the smallest power of two that is at least n >= 1. */
static inline unsigned lfm_log2_up(size_t n)
{
    return n <= 1 ? 0 : (unsigned)(sizeof(unsigned long long) * 8) - (unsigned)__builtin_clzll(n - 1);
}

/* As LFM_INDEX_BITS_. */
static inline uint8_t lfm_index_bits(size_t count)
{
    LFM_ASSERT(count < SIZE_MAX);
    return (uint8_t)(lfm_log2(count + 1) + 1);
}

/* As LFM_INVERSE_. */
static inline size_t lfm_inverse(size_t odd)
{
    LFM_ASSERT(odd % 2 != 0);
    size_t inverse = LFM_INVERSE_5_(odd);
    for (unsigned right = 5; right < sizeof(size_t) * 8; right *= 2) {
        inverse = LFM_INVERSE_STEP_(odd, inverse);
    }
    LFM_ASSERT(inverse * odd == 1);
    return inverse;
}

#endif
