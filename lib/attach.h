/* SPDX-License-Identifier: MIT */
/* Whether an object that another program made can be used here. Its signature tells, and constants that must follow
 * from each other. */
#ifndef LFM_LIB_ATTACH_H
#define LFM_LIB_ATTACH_H

#include "arith.h"
#include <lfmem/detail/assertion.h>
#include <lfmem/status.h>

/* What an object made at run time has where a static one has its own address. */
#define LFM_SIGNED(type) ((unsigned char *)(uintptr_t)LFM_SIGNATURE_(type))

/* Whether the constants of an object, from `first` to its end, are all zero, so that it was never made. */
static inline bool lfm_is_unmade(const void *first, const void *end)
{
    const unsigned char *byte = first;
    LFM_ASSERT((uintptr_t)first <= (uintptr_t)end);
    while (byte != (const unsigned char *)end && *byte == 0) {
        byte++;
    }
    return byte == (const unsigned char *)end;
}

/* The status of a pool or a heap: LFM_OK if an init of a library like this one made it, or the linker, and the object
 * is where it was then. The linker sets the origin to `own`. */
static inline lfm_status lfm_attach(const void *own, const void *first, const void *end, const unsigned char *origin,
                                    uint32_t signature)
{
    LFM_ASSERT(signature % 2 == 1); /* no object that holds a pointer has such an address */
    if (lfm_is_unmade(first, end)) {
        return LFM_EINVAL;
    }
    return (uintptr_t)origin == signature || origin == (const unsigned char *)own ? LFM_OK : LFM_EMISMATCH;
}

/* Whether the numbers of a run of blocks belong together. */
static inline bool lfm_run_agrees(uint32_t block_size, uint32_t stride, uint8_t stride_shift, size_t inverse)
{
    return block_size >= 1 && block_size <= stride && stride_shift == lfm_log2(LFM_LOW_BIT_(stride)) &&
           inverse * ((size_t)stride >> stride_shift) == 1;
}

#endif
