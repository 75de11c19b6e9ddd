/* SPDX-License-Identifier: MIT */
/* Arithmetic that several parts need: powers of two, and addresses in another mapping. An init finds functions here for
 * what lfmem/detail/layout.h has as constant expressions, which are long. */
#ifndef LFM_LIB_ARITH_H
#define LFM_LIB_ARITH_H

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

static inline bool lfm_is_power_of_two(size_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

/* The smallest multiple of `align`, a power of two, that is not smaller than `bytes`; modulo SIZE_MAX + 1. */
static inline size_t lfm_round_up(size_t bytes, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    return (bytes + (align - 1)) & ~(align - 1);
}

/* Bytes from an address to the next multiple of `align`, a power of two; 0 at one. */
static inline size_t lfm_gap(uintptr_t address, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    return ((uintptr_t)0 - address) & (align - 1);
}

/* Where an object's own memory lies in this mapping. The object says where both were in the mapping of its maker:
 * itself at `origin`, the memory at `address`. Everything is in one mapping, so the distance has not changed. */
static inline unsigned char *lfm_relocate(const void *object, const void *origin, const void *address)
{
    return (unsigned char *)((uintptr_t)object + ((uintptr_t)address - (uintptr_t)origin));
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
