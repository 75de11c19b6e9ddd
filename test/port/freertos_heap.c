/* SPDX-License-Identifier: MIT */
/* FreeRTOS's heap over lfmem, without FreeRTOS: what the kernel's functions give back, tell, and call. Built for
 * several configurations. */
#include "check.h"
#include <FreeRTOS.h>
#include <string.h>

#ifdef configLFM_MIN_BLOCK
#define UNIT configLFM_MIN_BLOCK
#else
#define UNIT 32
#endif
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif
/* MAY_LOOK: no tool objects to who looks into free blocks, and nothing but a clearing free changes them. */
enum {
    SIZE = configTOTAL_HEAP_SIZE
};

/* With configAPPLICATION_ALLOCATED_HEAP: an array that begins so many bytes behind a multiple of 64. */
#if configAPPLICATION_ALLOCATED_HEAP
#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
extern uint8_t area[64 + configTOTAL_HEAP_SIZE + 64];
_Alignas(64) uint8_t area[64 + configTOTAL_HEAP_SIZE + 64];
__asm__(".globl ucHeap\n.set ucHeap, area + 64 + " TEXT(MISALIGNED));
#endif

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

/* How large the heap is, and where. */
static size_t total(void)
{
    const size_t bytes = xPortGetFreeHeapSize();
    MUST(xPortGetMinimumEverFreeHeapSize() == bytes, "all %zu bytes are free at first", bytes);
#if configAPPLICATION_ALLOCATED_HEAP
    /* 64-bit words: a unit costs 4.3 bits, and a heap 48 to 200 bytes; 32-bit: 10.7 bits, and less; 15 for alignment */
    MUST(bytes < SIZE && bytes % UNIT == 0 && bytes + bytes / UNIT * 11 / 8 + 200 + 15 + UNIT > SIZE,
         "%zu bytes of %zu", bytes, (size_t)SIZE);
#else
    MUST(bytes == SIZE / UNIT * UNIT, "%zu bytes of %zu", bytes, (size_t)SIZE);
#endif
    return bytes;
}

/* Free and minimum-ever size are known without a look at the heap's metadata. */
static void check_sizes(size_t all, size_t used, size_t peak)
{
#if configAPPLICATION_ALLOCATED_HEAP
    uint8_t kept[SIZE];
    uint8_t *const metadata = ucHeap + all + 15;
    memcpy(kept, metadata, SIZE - all - 15);
    memset(metadata, 0x55, SIZE - all - 15);
#endif
    const size_t free_now = xPortGetFreeHeapSize(), least = xPortGetMinimumEverFreeHeapSize();
    MUST(free_now == all - used && least == all - peak, "%zu free, at least %zu", free_now, least);
#if configAPPLICATION_ALLOCATED_HEAP
    memcpy(metadata, kept, SIZE - all - 15);
#endif
}

static void check_place(const unsigned char *block, size_t bytes)
{
    MUST(block != NULL && (uintptr_t)block % portBYTE_ALIGNMENT == 0, "aligned");
#if configAPPLICATION_ALLOCATED_HEAP
    MUST(block >= ucHeap && block + bytes <= ucHeap + SIZE, "inside the heap");
#else
    (void)bytes;
#endif
}

/* Blocks go and come. */
static void check_calls(size_t all)
{
    const size_t most = 3 * UNIT - 5, both = 4 * UNIT;
    unsigned char *const a = pvPortMalloc(most), *const b = pvPortCalloc(UNIT / 4, 4);
    check_place(a, most);
    check_place(b, UNIT);
    for (size_t i = 0; i < UNIT; i++) {
        MUST(b[i] == 0, "byte %zu is zero", i);
    }
    memset(a, 1, most);
    memset(b, 2, UNIT);
    check_sizes(all, both, both);

    MUST(hooks == 0 && pvPortMalloc(SIZE) == NULL && hooks == 1, "more than there is");
    MUST(pvPortMalloc(0) == NULL && hooks == 2, "no bytes");
    MUST(pvPortCalloc(SIZE_MAX / 2, 4) == NULL && hooks == 3, "the product overflows");

    vPortFree(NULL);
    vPortFree(a);
    MUST(asserts == 0 && freed_bytes == 3 * UNIT, "%zu bytes were freed", freed_bytes);
    check_sizes(all, UNIT, both);
    if (MAY_LOOK) {
        for (size_t i = 0; i < most; i++) { /* the heap itself leaves it alone */
            MUST(a[i] == !configHEAP_CLEAR_MEMORY_ON_FREE, "byte %zu is cleared iff the heap is configured to", i);
        }
        memset(a, 3, most);
    }
    vPortFree(a);
    vPortFree(a + 1);
    vPortFree(&asserts);
    MUST(asserts == 3 && (!MAY_LOOK || a[0] == 3),
         "three frees of no block"); /* what is no block is not cleared either */
    asserts = 0;
    xPortResetHeapMinimumEverFreeHeapSize();
    check_sizes(all, UNIT, UNIT);
    vPortFree(b);
}

static size_t fill(void *blocks[], size_t all)
{
    size_t n = 0;
    while ((blocks[n] = pvPortMalloc(UNIT)) != NULL) {
        check_place(blocks[n], UNIT);
        memset(blocks[n], (int)n, UNIT);
        n++;
    }
    MUST(n == all / UNIT, "%zu blocks of %zu bytes", n, all);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *const block = blocks[i];
        MUST(block[0] == (unsigned char)i && block[UNIT - 1] == (unsigned char)i, "block %zu keeps its contents", i);
    }
    return n;
}

/* Everything is taken, and given back or void. */
static void check_whole(size_t all)
{
    static void *blocks[SIZE / UNIT + 1];
    HeapStats_t stats;
    size_t n = fill(blocks, all);
    vPortGetHeapStats(&stats);
    MUST(stats.xAvailableHeapSpaceInBytes == 0 && stats.xNumberOfFreeBlocks == 0, "all is taken");
    MUST(stats.xSizeOfSmallestFreeBlockInBytes == 0 && stats.xMinimumEverFreeBytesRemaining == 0, "all was taken");
    while (n > 1) {
        vPortFree(blocks[--n]);
    }
    check_sizes(all, UNIT, all);
    vPortGetHeapStats(&stats);
    MUST(stats.xAvailableHeapSpaceInBytes == all - UNIT && stats.xNumberOfFreeBlocks == 1, "one unit is taken");
    MUST(stats.xSizeOfSmallestFreeBlockInBytes == all - UNIT && stats.xSizeOfLargestFreeBlockInBytes >= all / 4,
         "the rest is free");
    MUST(stats.xNumberOfSuccessfulAllocations == all / UNIT + 2 && stats.xNumberOfSuccessfulFrees == all / UNIT + 1,
         "%zu units were allocated", all / UNIT);

    n = fill(blocks + 1, all - UNIT);
#if configAPPLICATION_ALLOCATED_HEAP
    if (MAY_LOOK) {
        memset(ucHeap, 0xee, SIZE); /* as it is where nobody clears it */
    }
#endif
    vPortHeapResetState();
    check_sizes(all, 0, 0);
    vPortGetHeapStats(&stats);
    MUST(stats.xAvailableHeapSpaceInBytes == all && stats.xMinimumEverFreeBytesRemaining == all, "all is free again");
    MUST(stats.xNumberOfSuccessfulAllocations == 0 && stats.xNumberOfSuccessfulFrees == 0, "counts begin anew");
    n = fill(blocks, all);
    while (n > 0) {
        vPortFree(blocks[--n]);
    }
    check_sizes(all, 0, all);
}

int main(void)
{
    vPortInitialiseBlocks();
    const size_t all = total();
    check_calls(all);
    check_whole(all);
    MUST(asserts == 0, "%d assertions failed", asserts);
    return 0;
}
