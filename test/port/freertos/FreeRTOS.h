/* SPDX-License-Identifier: MIT */
/* Of FreeRTOS's interface what heap_lfm.c uses, for a test without the kernel. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stddef.h>
#include <stdint.h>

#define configSUPPORT_DYNAMIC_ALLOCATION 1
#define configUSE_MALLOC_FAILED_HOOK     1
#ifndef configTOTAL_HEAP_SIZE /* the tests try several */
#define configTOTAL_HEAP_SIZE ((size_t)(4 * 1024))
#endif
#ifndef configAPPLICATION_ALLOCATED_HEAP
#define configAPPLICATION_ALLOCATED_HEAP 0
#endif
#define portBYTE_ALIGNMENT        8
#define configASSERT(condition)   ((condition) ? (void)0 : taskDISABLE_INTERRUPTS())
#define traceMALLOC(block, bytes) ((void)(block))
#define traceFREE(block, bytes)   freed_bytes += (bytes)

#ifdef SEVERAL_CORES
#define configNUMBER_OF_CORES 2
unsigned current_core(void);
#define portGET_CORE_ID() current_core()
#else
#define portGET_CORE_ID() 0
#endif

typedef struct HeapStats {
    size_t xAvailableHeapSpaceInBytes, xSizeOfLargestFreeBlockInBytes, xSizeOfSmallestFreeBlockInBytes,
        xNumberOfFreeBlocks, xMinimumEverFreeBytesRemaining, xNumberOfSuccessfulAllocations, xNumberOfSuccessfulFrees;
} HeapStats_t;

void *pvPortMalloc(size_t bytes);
void *pvPortCalloc(size_t n, size_t bytes);
void vPortFree(void *block);
void vPortInitialiseBlocks(void);
size_t xPortGetFreeHeapSize(void);
size_t xPortGetMinimumEverFreeHeapSize(void);
void vPortGetHeapStats(HeapStats_t *out);

void vPortHeapResetState(void);
void xPortResetHeapMinimumEverFreeHeapSize(void);

/* The test's own. */
extern size_t freed_bytes;
void disable_interrupts(void);

#endif
