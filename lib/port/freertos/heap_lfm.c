/* SPDX-License-Identifier: MIT */
/* FreeRTOS's heap over lfmem's: in place of the kernel's heap_1.c ... heap_5.c.
 *
 * What is gained: no call suspends the scheduler, so each takes a bounded time while nobody interferes, and interrupt
 * handlers may allocate and free as tasks do. The heap has configTOTAL_HEAP_SIZE bytes for blocks, in units of
 * configLFM_MIN_BLOCK bytes (32; a power of two from 16 up), and its metadata beside them. Bad frees run into
 * configASSERT. If lfmem is built with a port header (LFM_PORT_HEADER), this file has to be, too.
 *
 * Left out: configAPPLICATION_ALLOCATED_HEAP, xPortResetHeapMinimumEverFreeHeapSize(), vPortHeapResetState(). */
#include "../../port.h"
#include "FreeRTOS.h"
#include "task.h" /* what configASSERT() uses */
#include <lfmem/heap.h>

#if configSUPPORT_DYNAMIC_ALLOCATION == 0
#error "this file is of use only with configSUPPORT_DYNAMIC_ALLOCATION"
#endif
#ifndef configLFM_MIN_BLOCK
#define configLFM_MIN_BLOCK 32
#endif
#if portBYTE_ALIGNMENT > configLFM_MIN_BLOCK
#error "configLFM_MIN_BLOCK is less than portBYTE_ALIGNMENT"
#endif

LFM_HEAP_DEFINE_PEAK(heap, configTOTAL_HEAP_SIZE, configLFM_MIN_BLOCK, LFM_FIT_TRIMMED);

/* Since the start; they wrap around. */
static _Atomic(size_t) allocations, frees;

static void *allocated(void *block, size_t bytes)
{
    (void)bytes; /* traceMALLOC() may be empty */
    traceMALLOC(block, bytes);
    if (block != NULL) {
        atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); /* a number, no more */
    }
#if configUSE_MALLOC_FAILED_HOOK == 1
    if (block == NULL) {
        extern void vApplicationMallocFailedHook(void); /* in no header before FreeRTOS 11 */
        vApplicationMallocFailedHook();
    }
#endif
    return block;
}

void *pvPortMalloc(size_t bytes)
{
    return allocated(bytes != 0 ? lfm_heap_alloc(heap, bytes) : NULL, bytes);
}

void *pvPortCalloc(size_t n, size_t bytes)
{
    return allocated(n != 0 && bytes != 0 ? lfm_heap_calloc(heap, n, bytes) : NULL, n * bytes);
}

void vPortFree(void *block)
{
    if (block != NULL) {
        traceFREE(block, lfm_heap_usable_size(heap, block));
        const lfm_status status = lfm_heap_free(heap, block);
        configASSERT(status == LFM_OK);
        if (status == LFM_OK) {
            atomic_fetch_add_explicit(&frees, 1, memory_order_relaxed); /* a number, no more */
        }
    }
}

/* The kernel calls it before its first allocation. The heap is ready since the program was linked. */
void vPortInitialiseBlocks(void)
{
}

/* Walks the heap: time in proportion to its size. */
size_t xPortGetFreeHeapSize(void)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    return stats.free;
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    return stats.total - stats.peak;
}

static void count_free(void *block, size_t bytes, bool taken, void *arg)
{
    HeapStats_t *const out = arg;
    (void)block;
    if (!taken) {
        out->xNumberOfFreeBlocks++;
        out->xSizeOfSmallestFreeBlockInBytes =
            bytes < out->xSizeOfSmallestFreeBlockInBytes ? bytes : out->xSizeOfSmallestFreeBlockInBytes;
    }
}

/* Figures may disagree with each other while others allocate and free. */
void vPortGetHeapStats(HeapStats_t *out)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    out->xAvailableHeapSpaceInBytes = stats.free;
    out->xSizeOfLargestFreeBlockInBytes = stats.largest_free;
    out->xSizeOfSmallestFreeBlockInBytes = SIZE_MAX;
    out->xNumberOfFreeBlocks = 0;
    out->xMinimumEverFreeBytesRemaining = stats.total - stats.peak;
    out->xNumberOfSuccessfulAllocations = atomic_load_explicit(&allocations, memory_order_relaxed);
    out->xNumberOfSuccessfulFrees = atomic_load_explicit(&frees, memory_order_relaxed);
    lfm_heap_visit(heap, count_free, out);
    if (out->xNumberOfFreeBlocks == 0) {
        out->xSizeOfSmallestFreeBlockInBytes = 0;
    }
}
