/* SPDX-License-Identifier: MIT */
/* lfmem's heaps: trimmed fit, and the fit of Zephyr's front-end. */
#include "../loops.h"
#include "adapter.h"
#include <lfmem/heap.h>

/* A heap, and its memory, which lasts until one of another size is made. */
typedef struct made_heap {
    _Alignas(128) lfm_heap heap;
    void *storage;
    size_t size;
} made_heap;

static void make(made_heap *made, size_t bytes, size_t unit, lfm_heap_fit fit)
{
    const lfm_heap_config config = {.min_block = unit, .fit = fit};
    const size_t needed = LFM_HEAP_STORAGE_BYTES(bytes, unit);
    if (made->size != needed) {
        made->storage = remake(made->storage, needed);
        made->size = needed;
    }
    if (lfm_heap_init(&made->heap, made->storage, needed, &config) != LFM_OK) {
        abort();
    }
}

static double heap_metadata(void)
{
    return beside(LFM_HEAP_STORAGE_BYTES(HEAP_BYTES, HEAP_UNIT) + sizeof(lfm_heap), HEAP_BYTES / HEAP_UNIT);
}

/* The calls of a heap, and its loops. */
#define LFM_HEAP_CALLS(id, fit)                             \
    static made_heap id;                                    \
                                                            \
    static void id##_make(size_t bytes, size_t unit)        \
    {                                                       \
        make(&id, bytes, unit, fit);                        \
    }                                                       \
    static inline void *id##_alloc(worker *w, size_t bytes) \
    {                                                       \
        (void)w;                                            \
        return lfm_heap_alloc(&id.heap, bytes);             \
    }                                                       \
    static inline void id##_put(worker *w, void *block)     \
    {                                                       \
        (void)w;                                            \
        lfm_heap_free(&id.heap, block);                     \
    }                                                       \
    HEAP_LOOPS(id)

LFM_HEAP_CALLS(trimmed, LFM_FIT_TRIMMED)

const contestant contestant_lfmem_heap = {.name = "lfmem heap",
                                          .kind = LFMEM,
                                          .make = trimmed_make,
                                          .loops = {HEAP_LOOPS_OF(trimmed)},
                                          .arena = true,
                                          .alloc = trimmed_alloc,
                                          .put = trimmed_put,
                                          .metadata = heap_metadata};

LFM_HEAP_CALLS(buddy4, LFM_FIT_BUDDY4)

/* The core of Zephyr's front-end, and measured as that is. A block takes 64, 256, 1024 or 4096 bytes. So there is no
 * room for a mix that keeps a heap of another fit 75 % full. */
const contestant contestant_lfmem_buddy4 = {
    .name = "lfmem heap, buddy4",
    .kind = LFMEM,
    .most_threads = 1,
    .most_percent = 7,
    .make = buddy4_make,
    .loops = {[SAME_SIZE] = buddy4_same_size, [BURST_64] = buddy4_burst, [MIX] = buddy4_mix},
    .alloc = buddy4_alloc,
    .put = buddy4_put};
