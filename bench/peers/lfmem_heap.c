/* SPDX-License-Identifier: MIT */
/* lfmem's heap, trimmed fit. */
#include "../loops.h"
#include "peers.h"
#include <lfmem/heap.h>

static _Alignas(128) lfm_heap heap;

static void heap_make(size_t bytes, size_t unit)
{
    static void *storage;
    static size_t size;
    const lfm_heap_config config = {.min_block = unit};
    const size_t needed = LFM_HEAP_STORAGE_BYTES(bytes, unit);
    if (size != needed) {
        storage = remake(storage, needed);
        size = needed;
    }
    if (lfm_heap_init(&heap, storage, needed, &config) != LFM_OK) {
        abort();
    }
}

static inline void *heap_alloc(void *from, size_t bytes)
{
    (void)from;
    return lfm_heap_alloc(&heap, bytes);
}

static inline void heap_put(void *from, void *block)
{
    (void)from;
    lfm_heap_free(&heap, block);
}

static double heap_metadata(void)
{
    return beside(LFM_HEAP_STORAGE_BYTES(HEAP_BYTES, HEAP_UNIT) + sizeof(lfm_heap), HEAP_BYTES / HEAP_UNIT);
}

HEAP_LOOPS(heap)

const peer peer_lfmem_heap = {
    .name = "lfmem heap",
    .kind = LFMEM,
    .make = heap_make,
    .loops =
        {[SAME_SIZE] = heap_same_size, [BURST_64] = heap_burst, [MIX] = heap_mix, [MIX_LATENCY] = heap_mix_latency},
    .arena = true,
    .alloc = heap_alloc,
    .put = heap_put,
    .metadata = heap_metadata};
