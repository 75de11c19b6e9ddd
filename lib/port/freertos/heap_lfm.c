/* SPDX-License-Identifier: MIT */
/* FreeRTOS's heap over lfmem's: in place of the kernel's heap_1.c ... heap_5.c.
 *
 * No call suspends the scheduler. So each takes a bounded time while no other context interferes, and interrupt
 * handlers may allocate and free as tasks do. Blocks are units of configLFM_MIN_BLOCK bytes (32; a power of two from 16
 * up). Bad frees run into configASSERT. If lfmem is built with a port header (LFM_PORT_HEADER), this file has to be,
 * too; ../README.md has the whole recipe.
 *
 * The heap has configTOTAL_HEAP_SIZE bytes for blocks, and its metadata beside them. With
 * configAPPLICATION_ALLOCATED_HEAP both lie in the application's ucHeap, at any alignment. That array has to be zero at
 * the start, as C's variables are. Where the start-up code does not clear its section, vPortHeapResetState() does,
 * before the first allocation. The core's compare-and-swap has to work there.
 *
 * Not used: configENABLE_HEAP_PROTECTOR, since no block holds a pointer of the heap's. */
#if !defined(__STDC_VERSION__) || __STDC_VERSION__ < 201112L
#error "heap_lfm.c is C11, the kernel's target may be older: link lfmem_freertos_heap instead (lib/port/README.md)"
#endif

/* As the kernel's own files: no calls that go through its MPU wrappers. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include "../../atomic.h"
#include "FreeRTOS.h"
#include "task.h" /* what configASSERT() uses */
#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE
#include <lfmem/heap.h>

#if configSUPPORT_DYNAMIC_ALLOCATION == 0
#error "this file is of use only with configSUPPORT_DYNAMIC_ALLOCATION"
#endif
#ifndef configLFM_MIN_BLOCK
#define configLFM_MIN_BLOCK 32
#endif
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
#define configHEAP_CLEAR_MEMORY_ON_FREE 0
#endif
#ifndef configAPPLICATION_ALLOCATED_HEAP
#define configAPPLICATION_ALLOCATED_HEAP 0
#endif
#if portBYTE_ALIGNMENT > configLFM_MIN_BLOCK
#error "configLFM_MIN_BLOCK is less than portBYTE_ALIGNMENT"
#endif
#if portBYTE_ALIGNMENT > 16
#define HEAP_ALIGNMENT portBYTE_ALIGNMENT
#else
#define HEAP_ALIGNMENT 16 /* lfm_heap_init() */
#endif

#define HEAP_BYTES(units) LFM_HEAP_END_(units, configLFM_MIN_BLOCK)
_Static_assert(configLFM_MIN_BLOCK >= 16 && (configLFM_MIN_BLOCK & (configLFM_MIN_BLOCK - 1)) == 0,
               "configLFM_MIN_BLOCK is a power of two from 16 up");

#if configAPPLICATION_ALLOCATED_HEAP == 1
extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
/* Units that are left beside the metadata of so many. Metadata never shrink with the number of units. So from too many
 * on this gives in turn too few and too many, ever nearer. After an odd number of steps the units fit. */
#define HEAP_ROOM (configTOTAL_HEAP_SIZE - (HEAP_ALIGNMENT - 1))
#define HEAP_BESIDE(units) \
    ((HEAP_ROOM - (HEAP_BYTES(units) - LFM_HEAP_WORDS_AT_(units, configLFM_MIN_BLOCK))) / configLFM_MIN_BLOCK)
_Static_assert(configTOTAL_HEAP_SIZE >= 256 + 2 * configLFM_MIN_BLOCK, "configTOTAL_HEAP_SIZE is too small");
enum {
    UNITS_0 = HEAP_ROOM / configLFM_MIN_BLOCK,
    UNITS_1 = HEAP_BESIDE(UNITS_0),
    UNITS_2 = HEAP_BESIDE(UNITS_1),
    UNITS_3 = HEAP_BESIDE(UNITS_2),
    UNITS_4 = HEAP_BESIDE(UNITS_3),
    UNITS = HEAP_BESIDE(UNITS_4)
};
_Static_assert(UNITS > 0 && HEAP_BYTES(UNITS) <= HEAP_ROOM, "the heap fits into its array");
#else
enum {
    UNITS = configTOTAL_HEAP_SIZE / configLFM_MIN_BLOCK
};
_Static_assert(configTOTAL_HEAP_SIZE >= configLFM_MIN_BLOCK, "configTOTAL_HEAP_SIZE is too small");
static _Alignas(HEAP_ALIGNMENT) uint8_t ucHeap[HEAP_BYTES(UNITS)];
#endif
#define HEAP_TOTAL ((size_t)UNITS * configLFM_MIN_BLOCK)

/* In no header before FreeRTOS 10.5, 11.1 and 11.2. */
void *pvPortCalloc(size_t n, size_t bytes);
void vPortHeapResetState(void);
void xPortResetHeapMinimumEverFreeHeapSize(void);

/* As LFM_HEAP_DEFINE_PEAK makes it, on an array that may be the application's. Where that array lies is for the first
 * call to find out, so the heap is constant in the other case alone. */
#if configAPPLICATION_ALLOCATED_HEAP == 1
static lfm_heap heap[1] = {{
    .state = &heap->own,
#else
static lfm_heap_state_ heap_state;
static const lfm_heap heap[1] = {{
    .state = &heap_state,
#endif
    .unit_shift = LFM_HEAP_UNIT_SHIFT_(configLFM_MIN_BLOCK),
    .fit = LFM_FIT_TRIMMED,
    .top_level = LFM_HEAP_TOP_LEVEL_(UNITS),
    .counts = 1,
    .blocks = ucHeap,
    .origin = heap,
    .units = UNITS,
    .words = ucHeap + HEAP_TOTAL,
    .hints = LFM_HEAP_HINTS_AT_(UNITS),
    .full = LFM_HEAP_FULL_(UNITS),
    .first = {LFM_HEAP_FIRST_(UNITS)},
}};

/* Since the start; they wrap around. */
static _Atomic(size_t) allocations, frees;

/* Numbers of calls, no more. */
#define LFM_MO_CALLS memory_order_relaxed

#if configAPPLICATION_ALLOCATED_HEAP == 1
static unsigned char *storage(void)
{
    return (unsigned char *)(((uintptr_t)ucHeap + (HEAP_ALIGNMENT - 1)) / HEAP_ALIGNMENT * HEAP_ALIGNMENT);
}

/* Acquires the address from the call that moved it; pairs with MOVE_CAS. */
#define LFM_MO_MOVE_LOAD memory_order_acquire
/* Releases it to the calls that read it. Acquires for C11, since MOVE_LOAD does: 7.17.7.4. */
#define LFM_MO_MOVE_CAS memory_order_acq_rel

/* Moves one of the heap's addresses from where the linker laid it. Of several first calls one changes it, and each has
 * seen that before it goes on. So no context writes it any more when the library reads it. */
static void move(unsigned char **address, unsigned char *from)
{
    _Atomic(uintptr_t) *const field = (_Atomic(uintptr_t) *)(void *)address;
    uintptr_t found = LFM_LOAD(MOVE_LOAD, field);
    if (found == (uintptr_t)from) {
        LFM_CAS(MOVE_CAS, MOVE_LOAD, field, &found, (uintptr_t)(from + (storage() - ucHeap)));
    }
}
#endif

/* The heap. The linker lays it from the beginning of the application's array on, which need not be aligned: then the
 * first call moves it. */
static const lfm_heap *ready(void)
{
#if configAPPLICATION_ALLOCATED_HEAP == 1
    if (storage() != ucHeap && heap->origin == (const void *)heap) { /* as the linker left it, not made anew */
        move(&heap->words, ucHeap + HEAP_TOTAL);
        move(&heap->blocks, ucHeap);
    }
#endif
    return heap;
}

static void *allocated(void *block, size_t bytes)
{
    (void)bytes; /* traceMALLOC() may be empty */
    traceMALLOC(block, bytes);
    if (block != NULL) {
        LFM_FETCH_ADD(CALLS, &allocations, 1);
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
    return allocated(bytes != 0 ? lfm_heap_alloc(ready(), bytes) : NULL, bytes);
}

void *pvPortCalloc(size_t n, size_t bytes)
{
    return allocated(n != 0 && bytes != 0 ? lfm_heap_calloc(ready(), n, bytes) : NULL, n * bytes);
}

void vPortFree(void *block)
{
    if (block == NULL) {
        return;
    }
    traceFREE(block, lfm_heap_usable_size(ready(), block));
#if configHEAP_CLEAR_MEMORY_ON_FREE == 1
    memset(block, 0, lfm_heap_usable_size(ready(), block)); /* 0 bytes unless it is a block */
#endif
    const lfm_status status = lfm_heap_free(ready(), block);
    configASSERT(status == LFM_OK);
    if (status == LFM_OK) {
        LFM_FETCH_ADD(CALLS, &frees, 1);
    }
}

/* portable.h declares it: an application may set up a heap by it before its first allocation. This heap is ready since
 * the program was linked, and no call is needed. */
void vPortInitialiseBlocks(void)
{
}

/* For a program that starts the scheduler again: all blocks are void, and no other context may be in a call. */
void vPortHeapResetState(void)
{
#if configAPPLICATION_ALLOCATED_HEAP == 1
    const lfm_heap_config config = {.min_block = configLFM_MIN_BLOCK, .fit = LFM_FIT_TRIMMED, .peak = true};
    const lfm_status status = lfm_heap_init(heap, storage(), HEAP_BYTES(UNITS), &config);
    configASSERT(status == LFM_OK);
    (void)status; /* configASSERT() may be empty */
#else
    memset(ucHeap + HEAP_TOTAL, 0, sizeof ucHeap - HEAP_TOTAL);
    memset(&heap_state, 0, sizeof heap_state);
#endif
    LFM_STORE(CALLS, &allocations, 0);
    LFM_STORE(CALLS, &frees, 0);
}

/* Free and minimum-ever size are counted: no walk, and hardly any stack. */
size_t xPortGetFreeHeapSize(void)
{
    return HEAP_TOTAL - lfm_heap_used(heap);
}

size_t xPortGetMinimumEverFreeHeapSize(void)
{
    return HEAP_TOTAL - lfm_heap_peak(heap);
}

void xPortResetHeapMinimumEverFreeHeapSize(void)
{
    lfm_heap_reset_peak(heap);
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

/* Walks the heap: time in proportion to its size, and stack to the logarithm of that. Figures may disagree with each
 * other while others allocate and free. */
void vPortGetHeapStats(HeapStats_t *out)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(ready(), &stats);
    out->xAvailableHeapSpaceInBytes = stats.free;
    out->xSizeOfLargestFreeBlockInBytes = stats.largest_free;
    out->xSizeOfSmallestFreeBlockInBytes = SIZE_MAX;
    out->xNumberOfFreeBlocks = 0;
    out->xMinimumEverFreeBytesRemaining = stats.total - stats.peak;
    out->xNumberOfSuccessfulAllocations = LFM_LOAD(CALLS, &allocations);
    out->xNumberOfSuccessfulFrees = LFM_LOAD(CALLS, &frees);
    lfm_heap_visit(ready(), count_free, out);
    if (out->xNumberOfFreeBlocks == 0) {
        out->xSizeOfSmallestFreeBlockInBytes = 0;
    }
}
