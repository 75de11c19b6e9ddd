/* SPDX-License-Identifier: MIT */
/** @file address.h
 * Arithmetic of addresses: alignments, and addresses in another mapping. Private. */
#ifndef LFMEM_DETAIL_ADDRESS_H
#define LFMEM_DETAIL_ADDRESS_H

#include <lfmem/detail/assertion.h>
#include <lfmem/detail/port.h>

LFM_ALWAYS_INLINE bool lfm_is_power_of_two(size_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

/* The smallest multiple of `align`, a power of two, that is not smaller than `bytes`; modulo SIZE_MAX + 1. */
LFM_ALWAYS_INLINE size_t lfm_round_up(size_t bytes, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    return (bytes + (align - 1)) & ~(align - 1);
}

/* Bytes from an address to the next multiple of `align`, a power of two; 0 at one. */
LFM_ALWAYS_INLINE size_t lfm_gap(uintptr_t address, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    return ((uintptr_t)0 - address) & (align - 1);
}

/* Where an object's own memory lies in this mapping. The object says where both were in the mapping of its maker:
 * itself at `origin`, the memory at `address`. Everything is in one mapping, so the distance has not changed. */
LFM_ALWAYS_INLINE unsigned char *lfm_relocate(const void *object, const void *origin, const void *address)
{
    return (unsigned char *)((uintptr_t)address + ((uintptr_t)object - (uintptr_t)origin));
}

#endif
