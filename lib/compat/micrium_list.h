/* SPDX-License-Identifier: MIT */
/* The list of segments of Micrium uC/LIB, and for each segment the list of its uses: what Mem_OutputUsage() tells.
 *
 * Two contexts may make segments that overlap, at the same time. One of them has to be refused, and no lock may decide.
 * So a context compares its segment with the list, and puts it in front by a compare-and-swap. If that fails, it
 * compares again, but only with the segments that are new.
 *
 * State:
 *
 *     lfm_micrium_registry  first of the list of segments; the last one is the heap. Changed by compare-and-swap when a
 *                           segment is added, and by Mem_Init() when no other context is there.
 *     NextPtr               of a segment: constant once it is in the list.
 *     UsesPtr               of a segment: first of the list of its uses. It is changed as the registry is.
 *     next, name, pool      of a use: constant once it is in the list.
 *     bytes                 of a use: every context adds to it.
 *
 * Invariants
 * M1  A segment is in the list from its compare-and-swap until Mem_Init(). Its bounds and NextPtr stay as they were
 *     before that.
 * M2  No two segments of the list have a byte in common. When the compare-and-swap that adds one succeeds, its context
 *     has compared it with all others. Those are the ones seen at first, and after each failure those in front of them.
 * M3  A segment has one use for a name, by the same argument.
 *
 * Linearisation: Mem_SegCreate() at its compare-and-swap; if another segment is in its way, at the load that found that
 * one in the list.
 *
 * ABA: none. A list only grows, so a head that comes back has not been away.
 *
 * Progress: lock-free. A loop goes round only if another context has added a segment or use, and then it looks at the
 * new ones only. (Or the weak compare-and-swap has failed by itself.) A context that stops delays no other. */
#ifndef LFM_LIB_COMPAT_MICRIUM_LIST_H
#define LFM_LIB_COMPAT_MICRIUM_LIST_H

#include "../atomic.h"
#include "micrium.h"

/* Acquires a segment or use as it was added; pairs with LIST_CAS. */
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
/* No other context is there. */
#define LFM_MO_LIST_RESET memory_order_relaxed
/* A number, of which any value was right at an instant. */
#define LFM_MO_USE_BYTES memory_order_relaxed

/* What was taken from one segment under one name, or by one dynamic pool. */
typedef struct mem_use {
    struct mem_use *next;
    const CPU_CHAR *name;
    const MEM_DYN_POOL *pool; /* counts this pool's blocks, as long as its UsePtr says so; NULL: allocations */
    _Atomic(size_t) bytes;
} mem_use;

extern LFM_MICRIUM_PRIVATE MEM_SEG lfm_micrium_heap;

/* Returns the segment that a caller means: NULL is the heap. */
static inline MEM_SEG *lfm_micrium_segment(MEM_SEG *seg)
{
    return seg != NULL ? seg : &lfm_micrium_heap;
}

/* Tells what is in the way of a segment of these bytes, and which segment that is. The MEM_SEG to be made is `seg`;
 * NULL: none yet. */
LFM_MICRIUM_PRIVATE LIB_ERR lfm_micrium_find_clash(const MEM_SEG *seg, CPU_ADDR base, CPU_ADDR end, MEM_SEG **clash);

/* Makes a segment and adds it to the list, or tells what is wrong. */
LFM_MICRIUM_PRIVATE LIB_ERR lfm_micrium_create_segment(const CPU_CHAR *name, MEM_SEG *seg, CPU_ADDR base,
                                                       CPU_SIZE_T bytes, CPU_SIZE_T padding);

/* By how many bytes a segment is too short for `bytes` at a multiple of `align`, as it stands; saturates. */
LFM_MICRIUM_PRIVATE size_t lfm_micrium_segment_shortfall(const MEM_SEG *seg, size_t bytes, size_t align);

/* Adds a complete pool to the uses of its segment. */
LFM_MICRIUM_PRIVATE void lfm_micrium_register_pool(MEM_DYN_POOL *pool, const CPU_CHAR *name);

/* Adds bytes that were taken to the use with this name. */
LFM_MICRIUM_PRIVATE void lfm_micrium_count_bytes(MEM_SEG *seg, const CPU_CHAR *name, size_t bytes);

/* Empties the list of uses of a segment. */
LFM_MICRIUM_PRIVATE void lfm_micrium_clear_uses(MEM_SEG *seg);

/* Returns the first use of a segment. */
LFM_MICRIUM_PRIVATE const mem_use *lfm_micrium_first_use(const MEM_SEG *seg);

#endif
