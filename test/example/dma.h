/* SPDX-License-Identifier: MIT */
/* Cache maintenance for memory that a device reads or writes by itself. A host does none: its devices see the caches,
 * and this one is a thread. The calls are where they have to be; a port puts the instructions of its processor here
 * (with CMSIS for a Cortex-M7: SCB_CleanDCache_by_Addr and SCB_InvalidateDCache_by_Addr).
 *
 * They work on whole cache lines. So the memory must begin with a line, and share its last one with nothing: to
 * invalidate a shared line is to undo what a neighbour wrote to it. Padded blocks are such memory. */
#ifndef LFM_EXAMPLE_DMA_H
#define LFM_EXAMPLE_DMA_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define DMA_LINE 64u /* bytes of a cache line, or a multiple of that */

/* What a device reads or writes of a block of so many bytes: whole lines. */
static inline size_t dma_bytes(size_t bytes)
{
    return (bytes + DMA_LINE - 1) / DMA_LINE * DMA_LINE;
}

/* Before a device reads: what the processor wrote goes from the cache to memory. */
static inline void dma_clean(const void *block, size_t bytes)
{
    assert((uintptr_t)block % DMA_LINE == 0 && bytes % DMA_LINE == 0);
    (void)block, (void)bytes;
}

/* Before a device writes: no line that is in the cache may be written back over what the device wrote. Once more before
 * the processor reads that: it may have fetched old lines meanwhile, unasked. */
static inline void dma_invalidate(void *block, size_t bytes)
{
    assert((uintptr_t)block % DMA_LINE == 0 && bytes % DMA_LINE == 0);
    (void)block, (void)bytes;
}

#endif
