/* SPDX-License-Identifier: MIT */
/* What the parts of the front-end of Micrium uC/LIB share, without state: arithmetic and error codes.
 *
 * The files, each above those that come later:
 *
 *     micrium.c              segments, the heap
 *     micrium_dynpool.c      dynamic pools
 *     micrium_pool.c         static pools
 *     micrium_usage.c        Mem_OutputUsage()
 *     micrium_blocks.h       the numbers that pools are made of
 *     micrium_list.c, .h     the lists of segments and uses, with their invariants
 *     micrium_bytes.c        Mem_Set(), Mem_Copy() and the like, by themselves
 *     micrium.h */
#ifndef LFM_LIB_COMPAT_MICRIUM_H
#define LFM_LIB_COMPAT_MICRIUM_H

#include "../arith.h"
#include <lfmem/detail/assertion.h>
#include <lfmem/detail/port.h>
#include <lib_mem.h>

#ifndef LFMEM_COMPAT_MICRIUM_LIB_MEM_H
#error "lfmem: the lib_mem.h on the search path is uC/LIB's; take it out of the project"
#endif

_Static_assert(
    LFM_MICRIUM_HEAP_SIZE >= 64 && LFM_MICRIUM_HEAP_SIZE <= LFM_DYNPOOL_METADATA_MAX,
    "LIB_MEM_CFG_HEAP_SIZE (-Dmicrium_heap_size): at least 64 bytes, since links of pools lie there; at most "
    "256 KiB with 32-bit words, 256 MiB with 64-bit words");

/* `Type` of a MEM_DYN_POOL and a MEM_POOL that are in use: numbers that memory seldom holds by chance. */
#define LFM_MICRIUM_DYN_POOL ((LIB_MEM_TYPE)0x6c66dd9b)
#define LFM_MICRIUM_POOL     ((LIB_MEM_TYPE)0x6c6650a1)

/* Private to the library. */
#define LFM_MICRIUM_PRIVATE __attribute__((visibility("hidden")))

/* Step: where the next piece of memory begins, of which so much is used, in bytes from its base; saturates. */
static inline size_t lfm_micrium_next_start(const void *base, size_t used, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    const size_t gap = ((uintptr_t)0 - ((uintptr_t)base + used)) & (align - 1);
    return gap <= SIZE_MAX - used ? used + gap : SIZE_MAX;
}

/* Step: by how many bytes memory is too short for a piece that begins there; saturates. */
static inline size_t lfm_micrium_shortfall(size_t memory_bytes, size_t start, size_t bytes)
{
    if (start > memory_bytes) {
        const size_t beyond = start - memory_bytes;
        return bytes <= SIZE_MAX - beyond ? bytes + beyond : SIZE_MAX;
    }
    return bytes > memory_bytes - start ? bytes - (memory_bytes - start) : 0;
}

/* The error of a free, given the status of the core's put. */
static inline LIB_ERR lfm_micrium_put_error(lfm_status status)
{
    switch (status) {
    case LFM_OK:
        return LIB_MEM_ERR_NONE;
    case LFM_EDOUBLEFREE:
        return LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL;
    case LFM_EINVAL:
        return LIB_MEM_ERR_NULL_PTR;
    case LFM_EFOREIGN:
    case LFM_EINTERIOR:
    case LFM_ENOMEM:
    case LFM_ECORRUPT:
    case LFM_EMISMATCH:
        break;
    }
    return LIB_MEM_ERR_INVALID_BLK_ADDR;
}

#endif
