/* SPDX-License-Identifier: MIT */
/* What stress programs of heaps share: a heap, contents of blocks that owners can check, and what must be true when all
 * is free again. Two options have another meaning than with pools: -b is the heap's units, -g the fit (1: BUDDY4, 2:
 * BUDDY2, none: TRIMMED). */
#ifndef LFM_TEST_HEAP_COMMON_H
#define LFM_TEST_HEAP_COMMON_H

#include "rng.h"
#include "stress.h"
#include <lfmem/heap.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAP_BASE = 65536 /* the storage's alignment */
};

typedef struct stress_heap {
    lfm_heap heap;
    unsigned char *storage;
    size_t unit, units, bytes;
    uint64_t failures; /* that were seen so far; set while no thread runs */
} stress_heap;

static inline void stress_heap_make(stress_heap *h, const stress_options *options, size_t unit)
{
    const lfm_heap_config config = {
        .min_block = unit, .fit = (lfm_heap_fit)options->grow, .peak = options->threads == 4};
    h->unit = unit;
    h->units = options->blocks;
    h->bytes = h->units * unit;
    const size_t bytes = LFM_HEAP_STORAGE_BYTES(h->bytes, unit);
    h->storage = aligned_alloc(HEAP_BASE, LFM_ROUND_UP_(bytes, HEAP_BASE));
    NEED(h->storage != NULL, "no memory for %zu bytes", bytes);
    const lfm_status status = lfm_heap_init(&h->heap, h->storage, bytes, &config);
    MUST(status == LFM_OK, "%zu units of %zu bytes: %s", h->units, unit, lfm_status_string(status));
    h->failures = 0;
}

static inline void stress_heap_end(stress_heap *h)
{
    free(h->storage);
}

static inline void stress_heap_free(stress_heap *h, void *block)
{
    const lfm_status status = lfm_heap_free(&h->heap, block);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
}

/* The size of a block that was handed out. Fails unless it lies as heap.h says. */
static inline size_t stress_heap_size(const stress_heap *h, const void *block, size_t bytes)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)h->storage);
    const size_t usable = lfm_heap_usable_size(&h->heap, block);
    MUST(offset < h->bytes && usable <= h->bytes - offset, "%zu bytes at %zu", usable, offset);
    MUST(usable >= bytes && usable >= h->unit && usable % h->unit == 0, "%zu bytes for %zu", usable, bytes);
    size_t power = h->unit;
    while (power < usable) {
        power *= 2;
    }
    MUST(offset % power == 0, "%zu bytes at %zu", usable, offset);
    return usable;
}

/* A block begins with its stamp and its size, which fit into a unit. The words after them follow from these, but not
 * from the address. It is plain memory, so that ThreadSanitizer sees every byte handed over. */
static inline uint64_t stress_heap_word(uint64_t mixed, size_t bytes, uint64_t stamp, size_t i)
{
    return i == 0 ? stamp : i == 1 ? bytes : mixed + i * UINT64_C(0xd1342543de82ef95);
}

static inline void stress_heap_fill(void *block, size_t bytes, uint64_t stamp)
{
    uint64_t *const words = block;
    rng mixer = {stamp};
    const uint64_t mixed = rng_next(&mixer);
    for (size_t i = 0; i < bytes / sizeof *words; i++) {
        words[i] = stress_heap_word(mixed, bytes, stamp, i);
    }
}

/* The first `part` bytes of a block that had `bytes` are as they were left. */
static inline void stress_heap_verify(const void *block, size_t part, size_t bytes, uint64_t stamp)
{
    const uint64_t *const words = block;
    rng mixer = {stamp};
    const uint64_t mixed = rng_next(&mixer);
    const size_t n = part / sizeof *words;
    for (size_t i = 0; i < n; i++) {
        MUST(words[i] == stress_heap_word(mixed, bytes, stamp, i), "word %zu of %zu bytes is somebody else's: %llx", i,
             bytes, (unsigned long long)words[i]);
    }
    const uint64_t last = stress_heap_word(mixed, bytes, stamp, n);
    MUST(memcmp(&words[n], &last, part % sizeof *words) == 0, "the last of %zu bytes of %zu", part, bytes);
}

/* A whole block is as its last owner left it. Returns its size. */
static inline size_t stress_heap_verify_own(const stress_heap *h, const void *block)
{
    const uint64_t *const words = block;
    const size_t bytes = lfm_heap_usable_size(&h->heap, block);
    MUST(bytes == words[1], "%zu bytes, its owner had %llu", bytes, (unsigned long long)words[1]);
    stress_heap_verify(block, bytes, bytes, words[0]);
    return bytes;
}

static inline void stress_heap_is_empty(const stress_heap *h, lfm_heap_stats_t *stats)
{
    lfm_heap_stats(&h->heap, stats);
    MUST(stats->used == 0 && stats->blocks == 0 && stats->free == h->bytes && stats->total == h->bytes,
         "%zu bytes in %zu blocks are not free, of %zu", stats->used, stats->blocks, stats->total);
    MUST(h->heap.own.used == 0 && stats->peak <= h->bytes, "%zu bytes are counted, %zu at most",
         (size_t)h->heap.own.used, stats->peak);
    MUST(stats->failures == (uint32_t)h->failures, "%zu failures, not %llu", stats->failures,
         (unsigned long long)h->failures);
    const lfm_status status = lfm_heap_check(&h->heap);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
}

/* The largest free block can be had, and no larger one. */
static inline void stress_heap_take_largest(stress_heap *h)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(&h->heap, &stats);
    const size_t largest = stats.largest_free;
    void *const block = largest == 0 ? NULL : lfm_heap_alloc(&h->heap, largest);
    if (largest != 0) {
        MUST(block != NULL, "no block of %zu bytes, of %zu", largest, stats.free);
        MUST(stress_heap_size(h, block, largest) == largest, "not %zu bytes", largest);
        stress_heap_free(h, block);
    }
    MUST(lfm_heap_alloc(&h->heap, largest + 1) == NULL, "a block of more than %zu bytes", largest);
    h->failures++;
}

/* At rest, with all given back: everything is free, and can be had as one block, and as units, each once. */
static inline void stress_heap_account(stress_heap *h, uint64_t seed)
{
    lfm_heap_stats_t stats;
    rng random = {seed};
    void **const blocks = malloc(h->units * sizeof *blocks);
    NEED(blocks != NULL, "no memory");
    stress_heap_is_empty(h, &stats);
    MUST(stats.largest_free > h->bytes / 4, "%zu bytes at most, of %zu", stats.largest_free, h->bytes);
    MUST(stats.largest_free == h->bytes || (h->units & (h->units - 1)) != 0 || h->heap.fit == LFM_FIT_BUDDY4,
         "%zu bytes at most, of %zu", stats.largest_free, h->bytes);
    stress_heap_take_largest(h);
    for (size_t i = 0; i < h->units; i++) {
        blocks[i] = lfm_heap_alloc(&h->heap, h->unit);
        MUST(blocks[i] != NULL, "%zu of %zu units are lost", h->units - i, h->units);
        stress_heap_fill(blocks[i], stress_heap_size(h, blocks[i], h->unit), i);
    }
    MUST(lfm_heap_alloc(&h->heap, 1) == NULL, "more units than there are");
    h->failures++;
    for (size_t i = h->units; i-- > 0;) {
        const size_t at = rng_below(&random, (uint32_t)i + 1);
        stress_heap_verify_own(h, blocks[at]);
        stress_heap_free(h, blocks[at]);
        blocks[at] = blocks[i];
    }
    stress_heap_is_empty(h, &stats);
    stress_heap_take_largest(h);
    stress_heap_is_empty(h, &stats);
    free(blocks);
}

#endif
