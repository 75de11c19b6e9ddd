/* SPDX-License-Identifier: MIT */
/* FreeRTOS's heap over lfmem, without FreeRTOS: what the kernel's functions give back, tell, and call. */
#include "check.h"
#include <FreeRTOS.h>
#include <string.h>

#define IS(condition) CHECK(condition, "not so")

size_t freed_bytes;
static int asserts, hooks;

void vApplicationMallocFailedHook(void);

void disable_interrupts(void)
{
    asserts++;
}

void vApplicationMallocFailedHook(void)
{
    hooks++;
}

int main(void)
{
    HeapStats_t stats;
    vPortInitialiseBlocks();
    IS(xPortGetFreeHeapSize() == 4096 && xPortGetMinimumEverFreeHeapSize() == 4096);

    unsigned char *const a = pvPortMalloc(100), *const b = pvPortCalloc(8, 8);
    IS(a != NULL && b != NULL && (uintptr_t)a % 8 == 0 && (uintptr_t)b % 8 == 0);
    for (size_t i = 0; i < 64; i++) {
        IS(b[i] == 0);
    }
    memset(a, 1, 100);
    memset(b, 2, 64);
    IS(a[99] == 1 && xPortGetFreeHeapSize() == 4096 - 128 - 64);

    IS(hooks == 0 && pvPortMalloc(4096) == NULL && hooks == 1);
    IS(pvPortMalloc(0) == NULL && hooks == 2);
    IS(pvPortCalloc(SIZE_MAX / 2, 4) == NULL && hooks == 3);

    vPortFree(NULL);
    vPortFree(a);
    IS(asserts == 0 && freed_bytes == 128 && xPortGetMinimumEverFreeHeapSize() == 4096 - 192);
    vPortFree(a);
    IS(asserts == 1);

    vPortGetHeapStats(&stats);
    IS(stats.xAvailableHeapSpaceInBytes == 4096 - 64 && stats.xMinimumEverFreeBytesRemaining == 4096 - 192);
    IS(stats.xNumberOfSuccessfulAllocations == 2 && stats.xNumberOfSuccessfulFrees == 1);
    IS(stats.xNumberOfFreeBlocks == 2 && stats.xSizeOfSmallestFreeBlockInBytes == 128);
    IS(stats.xSizeOfLargestFreeBlockInBytes == 2048);

    void *blocks[128];
    size_t n = 0;
    while ((blocks[n] = pvPortMalloc(32)) != NULL) {
        n++;
    }
    vPortGetHeapStats(&stats);
    IS(n == 126 && hooks == 4 && stats.xNumberOfFreeBlocks == 0 && stats.xSizeOfSmallestFreeBlockInBytes == 0);
    while (n > 0) {
        vPortFree(blocks[--n]);
    }
    vPortFree(b);
    IS(xPortGetFreeHeapSize() == 4096 && xPortGetMinimumEverFreeHeapSize() == 0 && asserts == 1);
    return 0;
}
