/* SPDX-License-Identifier: MIT */
/* What the parts of the front-end of Micrium uC/LIB share: its state, and the lists in it.
 *
 * State
 *   registry   lfm_micrium_registry: first of the list of segments; its last is the heap. Changed by compare-and-swap
 *              when one is added, and by Mem_Init(), when nobody else is there.
 *   NextPtr    of a segment: constant from then on.
 *   UsesPtr    of a segment: first of the list of its uses, likewise; next, name, pool of a use: constant likewise.
 *   bytes      of a use: added to by everybody.
 *
 * Invariants
 * M1  A segment is in the list from the CAS that puts it in front until Mem_Init(), with its bounds and NextPtr as they
 *     were before that CAS.
 * M2  No two segments of the list have a byte in common. A context that adds one has compared it with all
 *     segments that were in the list when its CAS succeeded: those seen at first, and after each CAS that failed those
 *     in front of them.
 * M3  A segment has one use for a name, by the same argument.
 *
 * Linearisation: Mem_SegCreate() at its CAS; one that fails because of a segment at the load that met it in the list.
 * ABA: none. A list only grows, so a head that is back has not been away.
 * Progress: lock-free: a loop goes round only if somebody else has added something (or the weak CAS failed by itself),
 * and looks at what is new only. A context that stops for good is in nobody's way. */
#ifndef LFM_LIB_COMPAT_MICRIUM_H
#define LFM_LIB_COMPAT_MICRIUM_H

#include "../atomic.h"
#include <lib_mem.h>

#ifndef LFMEM_COMPAT_MICRIUM_LIB_MEM_H
#error "lfmem: the lib_mem.h on the search path is uC/LIB's; take it out of the project"
#endif

_Static_assert(
    LFM_MICRIUM_HEAP_SIZE >= 64 && LFM_MICRIUM_HEAP_SIZE <= LFM_DYNPOOL_METADATA_MAX,
    "LIB_MEM_CFG_HEAP_SIZE (-Dmicrium_heap_size): at least 64 bytes, since links of pools lie there; at most "
    "256 KiB with 32-bit words, 256 MiB with 64-bit words");

/* A context that meets a segment or a use sees it as it was added; pairs with LIST_CAS. */
#ifndef LFM_MO_LIST_LOAD
#define LFM_MO_LIST_LOAD memory_order_acquire
#endif
/* As LIST_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_LIST_FAIL
#define LFM_MO_LIST_FAIL memory_order_acquire
#endif
/* Releases the segment or use that is added; pairs with LIST_LOAD. Those behind it come along, since all changes are
 * read-modify-writes. Acquires for C11, since LIST_FAIL does: 7.17.7.4. */
#ifndef LFM_MO_LIST_CAS
#define LFM_MO_LIST_CAS memory_order_acq_rel
#endif
/* Nobody else is there. */
#define LFM_MO_LIST_RESET memory_order_relaxed
/* A number, of which any value was right at an instant. */
#define LFM_MO_USE_BYTES memory_order_relaxed

/* Marks in a MEM_DYN_POOL and a MEM_POOL that are in use: numbers that memory seldom holds by chance. */
#define LFM_MICRIUM_DYN_POOL ((LIB_MEM_TYPE)0x6c66dd9b)
#define LFM_MICRIUM_POOL     ((LIB_MEM_TYPE)0x6c6650a1)

/* What was taken from one segment under one name, or by one dynamic pool. */
typedef struct mem_use {
    struct mem_use *next;
    const CPU_CHAR *name;
    const MEM_DYN_POOL *pool; /* this pool's blocks, as long as its UsePtr says so; NULL: allocations */
    _Atomic(size_t) bytes;
} mem_use;

/* Private to the library. */
#define LFM_MICRIUM_PRIVATE __attribute__((visibility("hidden")))
extern LFM_MICRIUM_PRIVATE MEM_SEG lfm_micrium_heap;

/* Adds a segment whose bounds are set, or says what is in its way. */
LFM_MICRIUM_PRIVATE LIB_ERR lfm_micrium_register_segment(MEM_SEG *seg);

/* Says what is in the way of a segment of these bytes in a MEM_SEG, or one yet to be found (NULL); *clash is set to the
 * segment that is. */
LFM_MICRIUM_PRIVATE LIB_ERR lfm_micrium_find_clash(const MEM_SEG *seg, CPU_ADDR base, CPU_ADDR end, MEM_SEG **clash);

/* Makes a segment and adds it, or says what is wrong. */
LFM_MICRIUM_PRIVATE LIB_ERR lfm_micrium_create_segment(const CPU_CHAR *name, MEM_SEG *seg, CPU_ADDR base,
                                                       CPU_SIZE_T bytes, CPU_SIZE_T padding);

/* Lists a pool, which is complete, as one that takes from its segment. */
LFM_MICRIUM_PRIVATE void lfm_micrium_register_pool(MEM_DYN_POOL *pool, const CPU_CHAR *name);

/* Counts bytes taken under a name. */
LFM_MICRIUM_PRIVATE void lfm_micrium_count_bytes(MEM_SEG *seg, const CPU_CHAR *name, size_t bytes);

/* Forgets what was taken from a segment. */
LFM_MICRIUM_PRIVATE void lfm_micrium_clear_uses(MEM_SEG *seg);

/* First of the uses of a segment. */
LFM_MICRIUM_PRIVATE const mem_use *lfm_micrium_first_use(const MEM_SEG *seg);

/* By how many bytes a segment is too short for `bytes` at a multiple of `align`, as it stands; saturates. */
LFM_MICRIUM_PRIVATE size_t lfm_micrium_segment_shortfall(const MEM_SEG *seg, size_t bytes, size_t align);

/* Step: where the next piece of memory begins, of which so much is used, in bytes from its base; saturates. */
static inline size_t lfm_micrium_next_start(const void *base, size_t used, size_t align)
{
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

static inline bool lfm_micrium_is_power_of_two(size_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

static inline MEM_SEG *lfm_micrium_segment(MEM_SEG *seg)
{
    return seg != NULL ? seg : &lfm_micrium_heap;
}

/* What the core says of a block that is given back. */
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
