/* SPDX-License-Identifier: MIT */
/* heap.h as one thread sees it: sizes, fits, places, contents, bad input. */
#include "support.h"
#include <stdatomic.h>

enum {
    BYTES = 16384,
    UNIT = 64,
    UNITS = BYTES / UNIT
};

LFM_HEAP_DEFINE(ready, BYTES, UNIT, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_PEAK(tiny, 256, 64, LFM_FIT_BUDDY4);
LFM_HEAP_DEFINE(odd, 1000, 16, LFM_FIT_BUDDY2);
LFM_HEAP_DEFINE_ALIGNED(pages, BYTES, UNIT, LFM_FIT_TRIMMED, 8192);
LFM_HEAP_DEFINE_ALIGNED(loose, BYTES, UNIT, LFM_FIT_TRIMMED, 16);
LFM_HEAP_DEFINE(eights, 1000, 8, LFM_FIT_BUDDY2);

/* As memory that nobody clears. */
static _Alignas(16) unsigned char dirty[2048] = {[0 ... 2047] = 0xff};
LFM_HEAP_DEFINE_OVER_(apart, dirty, sizeof dirty, 8, LFM_FIT_TRIMMED);

/* A heap with its storage, which can be copied. */
typedef struct world {
    _Alignas(4096) lfm_heap heap;
    _Alignas(4096) unsigned char storage[LFM_HEAP_STORAGE_BYTES(BYTES, UNIT)];
} world;

static world here, there;

static lfm_heap *make(lfm_heap_fit fit)
{
    const lfm_heap_config config = {.min_block = UNIT, .fit = fit};
    MUST(lfm_heap_init(&here.heap, here.storage, sizeof here.storage, &config) == LFM_OK, "init");
    return &here.heap;
}

static lfm_heap_stats_t stats_of(const lfm_heap *heap)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    MUST(stats.used + stats.free == stats.total, "%zu + %zu, not %zu", stats.used, stats.free, stats.total);
    MUST(lfm_heap_check(heap) == LFM_OK, "check");
    return stats;
}

/* All is free, and can be had as one block. */
static void check_whole(const lfm_heap *heap, size_t bytes)
{
    const lfm_heap_stats_t stats = stats_of(heap);
    MUST(stats.used == 0 && stats.blocks == 0 && stats.largest_free == bytes, "%zu used, %zu at once", stats.used,
         stats.largest_free);
    void *whole = lfm_heap_alloc(heap, bytes);
    MUST(whole != NULL && lfm_heap_usable_size(heap, whole) == bytes, "%zu bytes at once", bytes);
    MUST(lfm_heap_free(heap, whole) == LFM_OK, "free");
}

static void shuffle(void *blocks[], size_t n, rng *random)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = rng_below(random, (uint32_t)i);
        void *const block = blocks[k];
        blocks[k] = blocks[i - 1];
        blocks[i - 1] = block;
    }
}

static void check_size(lfm_heap *heap, size_t bytes, rng *random)
{
    static void *blocks[UNITS];
    const size_t n = BYTES / bytes;
    for (size_t i = 0; i < n; i++) {
        blocks[i] = lfm_heap_alloc(heap, bytes);
        MUST(blocks[i] != NULL, "block %zu of %zu bytes", i, bytes);
        MUST((uintptr_t)blocks[i] % (bytes < 4096 ? bytes : 4096) == 0, "%p", blocks[i]);
        memset(blocks[i], (int)i, bytes);
    }
    MUST(lfm_heap_alloc(heap, 1) == NULL && lfm_heap_alloc(heap, bytes) == NULL, "more than there is");
    const lfm_heap_stats_t stats = stats_of(heap);
    MUST(stats.blocks == n && stats.free == 0 && stats.largest_free == 0, "%zu blocks", stats.blocks);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < bytes; k++) {
            MUST(((unsigned char *)blocks[i])[k] == (unsigned char)i, "byte %zu of block %zu", k, i);
        }
    }
    shuffle(blocks, n, random);
    for (size_t i = 0; i < n; i++) {
        MUST(lfm_heap_free(heap, blocks[i]) == LFM_OK, "free");
    }
}

Test(heap, sizes_one_after_the_other)
{
    rng random = support_seed("heap sizes");
    for (int fit = LFM_FIT_TRIMMED; fit <= LFM_FIT_BUDDY2; fit++) {
        lfm_heap *heap = make((lfm_heap_fit)fit);
        for (int round = 0; round < 20; round++) {
            static const size_t sizes[] = {64, 256, 1024, 4096, 16384};
            check_size(heap, sizes[rng_below(&random, LENGTH(sizes))], &random);
            check_whole(heap, BYTES);
        }
    }
}

/* Where memory is small, a heap leaves no hole in front of it, unless it is told to. */
Test(heap, defined_aligned)
{
    MUST(__alignof__(ready_lfm_storage) == (sizeof(void *) > 4 ? 4096 : 16), "%zu",
         (size_t) __alignof__(ready_lfm_storage));
    MUST(__alignof__(tiny_lfm_storage) == (sizeof(void *) > 4 ? 256 : 16), "%zu",
         (size_t) __alignof__(tiny_lfm_storage));
    MUST(__alignof__(pages_lfm_storage) == 8192 && __alignof__(loose_lfm_storage) == 16, "as told");
    for (size_t bytes = UNIT; bytes <= BYTES; bytes *= 2) {
        void *blocks[UNITS];
        for (size_t i = 0; i < BYTES / bytes; i++) {
            blocks[i] = lfm_heap_alloc(pages, bytes);
            MUST(blocks[i] != NULL && (uintptr_t)blocks[i] % (bytes < 8192 ? bytes : 8192) == 0, "%p", blocks[i]);
        }
        for (size_t i = 0; i < BYTES / bytes; i++) {
            MUST(lfm_heap_free(pages, blocks[i]) == LFM_OK, "block %zu", i);
        }
        void *const aligned = lfm_heap_alloc_aligned(pages, bytes < 8192 ? bytes : 8192, 1);
        MUST(aligned != NULL && lfm_heap_free(pages, aligned) == LFM_OK, "at a multiple of %zu", bytes);
    }
    check_whole(pages, BYTES);
    void *const block = lfm_heap_alloc_aligned(loose, 16, BYTES);
    MUST(block == loose_lfm_storage && lfm_heap_free(loose, block) == LFM_OK, "16");
}

Test(heap, defined)
{
    void *block = lfm_heap_alloc(ready, 4096);
    MUST(block != NULL && (uintptr_t)block % (sizeof(void *) > 4 ? 4096 : 16) == 0, "%p", block);
    MUST(lfm_heap_free(ready, block) == LFM_OK, "free");
    check_whole(ready, BYTES);
    void *blocks[4];
    for (size_t i = 0; i < 4; i++) {
        blocks[i] = lfm_heap_alloc(tiny, i * 16);
        MUST(blocks[i] != NULL && (i == 0 || (uintptr_t)blocks[i] > (uintptr_t)blocks[i - 1]), "block %zu", i);
    }
    MUST(lfm_heap_alloc(tiny, 0) == NULL, "a fifth");
    for (size_t i = 0; i < 4; i++) {
        MUST(lfm_heap_free(tiny, blocks[i]) == LFM_OK, "free");
    }
    MUST((blocks[0] = lfm_heap_alloc(tiny, 150)) != NULL && lfm_heap_alloc(tiny, 16) == NULL, "a class of 256");
    MUST(lfm_heap_free(tiny, blocks[0]) == LFM_OK, "free");
    MUST(stats_of(tiny).peak == 256 && stats_of(tiny).used == 0 && stats_of(ready).peak == 0, "high-water marks");
    MUST(stats_of(odd).total == 992 && stats_of(odd).largest_free == 512, "62 units");
}

/* What the counters tell, and that the walk and nothing else looks at the words. */
static void check_counters(lfm_heap *heap, size_t used, size_t peak)
{
    MUST(stats_of(heap).used == used && stats_of(heap).peak == peak, "%zu used, at most %zu", stats_of(heap).used,
         stats_of(heap).peak);
    unsigned char words[sizeof here.storage - BYTES];
    memcpy(words, here.storage + BYTES, sizeof words);
    memset(here.storage + BYTES, 0x55, sizeof words); /* all is taken */
    MUST(lfm_heap_used(heap) == used && lfm_heap_peak(heap) == peak, "%zu used, at most %zu, without a walk",
         lfm_heap_used(heap), lfm_heap_peak(heap));
    memcpy(here.storage + BYTES, words, sizeof words);
}

Test(heap, counters)
{
    const lfm_heap_config config = {.min_block = UNIT, .peak = true};
    lfm_heap *const heap = &here.heap;
    MUST(lfm_heap_init(heap, here.storage, sizeof here.storage, &config) == LFM_OK, "init");
    check_counters(heap, 0, 0);
    void *const one = lfm_heap_alloc(heap, 1), *const ten = lfm_heap_alloc(heap, 10 * UNIT);
    MUST(one != NULL && ten != NULL, "alloc");
    const size_t rounded = lfm_heap_usable_size(heap, ten);
    check_counters(heap, UNIT + rounded, UNIT + rounded);
    MUST(lfm_heap_free(heap, ten) == LFM_OK && lfm_heap_free(heap, ten) == LFM_EDOUBLEFREE, "free");
    check_counters(heap, UNIT, UNIT + rounded);
    MUST(lfm_heap_realloc(heap, one, 2 * UNIT) == one && lfm_heap_alloc(heap, BYTES) == NULL, "realloc");
    check_counters(heap, 2 * UNIT, UNIT + rounded);
    lfm_heap_reset_peak(heap);
    check_counters(heap, 2 * UNIT, 2 * UNIT);
    MUST(lfm_heap_realloc(heap, one, 3 * UNIT) == one && lfm_heap_realloc(heap, one, UNIT) == one, "realloc");
    check_counters(heap, UNIT, 3 * UNIT);
    MUST(lfm_heap_free(heap, one) == LFM_OK, "free");
    lfm_heap_reset_peak(heap);
    check_counters(heap, 0, 0);
    atomic_store_explicit((_Atomic(size_t) *)&heap->own.used, BYTES + UNIT,
                          memory_order_relaxed); /* as overlapping calls may */
    MUST(lfm_heap_used(heap) == BYTES && lfm_heap_peak(heap) == BYTES, "more than all");
    MUST(lfm_heap_used(ready) == 0 && lfm_heap_peak(ready) == 0, "a heap that keeps no counters");
}

static size_t rounded(lfm_heap_fit fit, size_t units)
{
    size_t unit = 1;
    while (fit == LFM_FIT_TRIMMED && units > 15 * unit && LFM_WORD_BITS == 64) {
        unit *= 16;
    }
    while (fit == LFM_FIT_TRIMMED && units > 3 * unit && LFM_WORD_BITS == 32) {
        unit *= 4;
    }
    size_t size = 1;
    while (fit != LFM_FIT_TRIMMED && size < units) {
        size *= fit == LFM_FIT_BUDDY4 ? 4 : 2;
    }
    return fit == LFM_FIT_TRIMMED ? (units + unit - 1) / unit * unit : size;
}

Test(heap, fits)
{
    for (int fit = LFM_FIT_TRIMMED; fit <= LFM_FIT_BUDDY2; fit++) {
        lfm_heap *heap = make((lfm_heap_fit)fit);
        for (size_t bytes = 0; bytes <= BYTES; bytes++) {
            const size_t units = bytes == 0 ? 1 : (bytes + UNIT - 1) / UNIT;
            void *block = lfm_heap_alloc(heap, bytes);
            MUST(block != NULL, "%zu bytes", bytes);
            MUST(lfm_heap_usable_size(heap, block) == UNIT * rounded((lfm_heap_fit)fit, units), "%zu bytes: %zu", bytes,
                 lfm_heap_usable_size(heap, block));
            MUST(lfm_heap_free(heap, block) == LFM_OK, "free");
        }
        check_whole(heap, BYTES);
    }
}

Test(heap, any_number_of_units)
{
    static _Alignas(64) unsigned char storage[70000];
    for (size_t units = 1; units < 600; units++) {
        const lfm_heap_config config = {.min_block = 64, .fit = LFM_FIT_BUDDY2};
        lfm_heap heap;
        const size_t bytes = LFM_HEAP_STORAGE_BYTES(units * 64, 64);
        MUST(lfm_heap_init(&heap, storage, bytes, &config) == LFM_OK, "%zu units", units);
        MUST(stats_of(&heap).total == units * 64, "%zu, not %zu", stats_of(&heap).total, units * 64);
        void *blocks[600];
        for (size_t i = 0; i < units; i++) {
            MUST((blocks[i] = lfm_heap_alloc(&heap, 64)) == storage + 64 * i, "unit %zu of %zu", i, units);
        }
        MUST(lfm_heap_alloc(&heap, 1) == NULL, "one more than %zu", units);
        for (size_t i = 0; i < units; i++) {
            MUST(lfm_heap_free(&heap, blocks[i]) == LFM_OK, "free");
        }
        size_t half = 64;
        while (half * 2 <= units * 64) {
            half *= 2;
        }
        check_whole(&heap, half);
        MUST(lfm_heap_init(&heap, storage, bytes - 1, &config) == (units > 1 ? LFM_OK : LFM_ENOMEM), "a byte less");
    }
}

/* Takes and frees all of a heap in its smallest blocks, each at its place, and writes every byte of them. */
static void check_units_of_8(const lfm_heap *heap, unsigned char *storage, size_t units)
{
    unsigned char *blocks[256];
    for (size_t i = 0; i < units; i++) {
        blocks[i] = lfm_heap_alloc(heap, i % 9);
        MUST(blocks[i] == storage + 8 * i && lfm_heap_usable_size(heap, blocks[i]) == 8, "unit %zu: %p", i,
             (void *)blocks[i]);
        memset(blocks[i], (int)i, 8);
    }
    MUST(lfm_heap_alloc(heap, 1) == NULL && stats_of(heap).blocks == units, "more than all");
    for (size_t i = 0; i < units; i++) {
        for (size_t k = 0; k < 8; k++) {
            MUST(blocks[i][k] == (unsigned char)i, "byte %zu of unit %zu", k, i);
        }
        if (i < units - 1) {
            MUST(lfm_heap_free(heap, blocks[i] + 4) == LFM_EINTERIOR, "inside a block");
        }
        MUST(lfm_heap_free(heap, blocks[i]) == LFM_OK && lfm_heap_free(heap, blocks[i]) == LFM_EDOUBLEFREE, "free");
    }
    MUST(lfm_heap_free(heap, storage + 8 * units) == LFM_EFOREIGN, "behind the last unit");
    void *block = lfm_heap_alloc(heap, 8);
    if (units > 1) {
        block = lfm_heap_realloc(heap, block, 9);
        MUST(block != NULL && lfm_heap_usable_size(heap, block) == 16, "a second unit");
    }
    MUST(lfm_heap_free(heap, block) == LFM_OK && stats_of(heap).used == 0, "nothing is left");
}

Test(heap, units_of_8)
{
    check_units_of_8(eights, eights_lfm_storage, 125);
    for (size_t units = 1; units <= 256; units += 1 + units / 4) {
        static _Alignas(16) unsigned char storage[4096];
        const lfm_heap_config config = {.min_block = 8, .fit = LFM_FIT_TRIMMED};
        lfm_heap heap;
        const size_t bytes = LFM_HEAP_STORAGE_BYTES(8 * units, 8);
        support_show(storage, sizeof storage);
        memset(storage, 0xff, sizeof storage);
        MUST(lfm_heap_init(&heap, storage, bytes, &config) == LFM_OK && lfm_heap_attach(&heap) == LFM_OK, "init");
        check_units_of_8(&heap, storage, units);
        for (size_t i = bytes; i < sizeof storage; i++) {
            MUST(storage[i] == 0xff, "%zu units: byte %zu behind the storage", units, i - bytes);
        }
    }
}

/* Metadata of a heap over the program's memory are elsewhere: what is in that memory does not matter, and stays. */
Test(heap, metadata_apart)
{
    MUST(lfm_heap_attach(apart) == LFM_OK && stats_of(apart).total == sizeof dirty, "ready at the start");
    unsigned char *const block = lfm_heap_alloc(apart, sizeof dirty);
    MUST(block == dirty, "all of it is blocks");
    for (size_t i = 0; i < sizeof dirty; i++) {
        MUST(block[i] == 0xff, "byte %zu", i);
    }
    MUST(lfm_heap_free(apart, block) == LFM_OK, "free");
    check_units_of_8(apart, dirty, sizeof dirty / 8);
    check_whole(apart, sizeof dirty);
    lfm_heap copy;
    memcpy((void *)&copy, apart, sizeof copy);
    MUST(lfm_heap_attach(&copy) == LFM_EMISMATCH, "a copy is another heap's");
    lfm_heap_fini(apart);
    MUST(lfm_heap_alloc(apart, 1) == NULL, "it is empty");
}

Test(heap, aligned)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    for (size_t align = 1; align <= 4096; align *= 2) {
        for (size_t bytes = 1; bytes <= 4096; bytes += 333) {
            void *other = lfm_heap_alloc(heap, 100), *block = lfm_heap_alloc_aligned(heap, align, bytes);
            MUST(block != NULL && (uintptr_t)block % align == 0, "%zu bytes at %zu: %p", bytes, align, block);
            MUST(lfm_heap_usable_size(heap, block) >= bytes, "too small");
            MUST(lfm_heap_free(heap, block) == LFM_OK && lfm_heap_free(heap, other) == LFM_OK, "free");
        }
    }
    static const size_t bad[] = {0, 48, SIZE_MAX / 2 + 1}; /* compilers warn of constants */
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_heap_alloc_aligned(heap, bad[i], 1) == NULL, "no power of two, or beyond the heap: %zu", bad[i]);
    }
    check_whole(heap, BYTES);
}

Test(heap, calloc_and_overflow)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    support_show(here.storage, BYTES);
    memset(here.storage, 0xff, BYTES);
    unsigned char *block = lfm_heap_calloc(heap, 10, 33);
    for (size_t i = 0; i < 330; i++) {
        MUST(block != NULL && block[i] == 0, "byte %zu", i);
    }
    MUST(lfm_heap_free(heap, block) == LFM_OK, "free");
    MUST(lfm_heap_calloc(heap, SIZE_MAX / 2 + 2, 2) == NULL && lfm_heap_calloc(heap, 2, SIZE_MAX / 2 + 2) == NULL,
         "overflow");
    for (size_t bytes = SIZE_MAX - 100; bytes != 0; bytes++) {
        MUST(lfm_heap_alloc(heap, bytes) == NULL, "%zu bytes", bytes);
    }
    MUST(lfm_heap_alloc(heap, BYTES + 1) == NULL, "more than the heap");
    MUST(stats_of(heap).failures == 2 + 101 + 1 - 0, "%zu failures", stats_of(heap).failures);
    check_whole(heap, BYTES);
}

static void fill(unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        block[i] = (unsigned char)(i * 7 + 1);
    }
}

static void check_contents(const unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        MUST(block[i] == (unsigned char)(i * 7 + 1), "byte %zu of %zu", i, bytes);
    }
}

Test(heap, realloc_in_place_and_elsewhere)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    unsigned char *block = lfm_heap_realloc(heap, NULL, 100);
    MUST(block != NULL, "as alloc");
    fill(block, 100);
    MUST(lfm_heap_realloc(heap, block, 192) == block && lfm_heap_usable_size(heap, block) == 192, "grows in place");
    check_contents(block, 100);
    MUST(lfm_heap_realloc(heap, block, 1) == block && lfm_heap_usable_size(heap, block) == 64, "shrinks in place");
    check_contents(block, 64);
    void *behind = lfm_heap_alloc(heap, 1);
    MUST(behind == block + 64, "the units given back");
    unsigned char *moved = lfm_heap_realloc(heap, block, 5000);
    MUST(moved != NULL && moved != block, "moves");
    check_contents(moved, 64);
    MUST(lfm_heap_free(heap, block) == LFM_EDOUBLEFREE, "the old place is free");
    fill(moved, 5000);
    MUST(lfm_heap_realloc(heap, moved, 2000) == moved, "shrinks");
    check_contents(moved, 2000);
    MUST(lfm_heap_realloc(heap, moved, BYTES) == NULL, "no room");
    check_contents(moved, 2000);
    MUST(lfm_heap_realloc(heap, moved, SIZE_MAX) == NULL, "overflow");
    MUST(lfm_heap_realloc(heap, moved + 64, 10) == NULL && lfm_heap_realloc(heap, &heap, 10) == NULL, "no block");
    MUST(lfm_heap_realloc(heap, moved, 0) == NULL && lfm_heap_free(heap, moved) == LFM_EDOUBLEFREE, "frees");
    MUST(lfm_heap_free(heap, behind) == LFM_OK, "free");
    check_whole(heap, BYTES);
}

/* In place only where the block is aligned already. */
Test(heap, realloc_aligned)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    unsigned char *block = lfm_heap_realloc_aligned(heap, NULL, 256, 100);
    MUST(block != NULL && (uintptr_t)block % 256 == 0 && lfm_heap_usable_size(heap, block) == 128, "alloc");
    MUST(lfm_heap_realloc_aligned(heap, block, 128, 192) == block, "an aligned block grows in place");
    MUST(lfm_heap_realloc_aligned(heap, block, 256, 64) == block, "and shrinks");
    unsigned char *other = lfm_heap_alloc(heap, 64);
    MUST(other == block + 64, "the next unit");
    memset(other, 0x42, 64);
    unsigned char *moved = lfm_heap_realloc_aligned(heap, other, 256, 130);
    MUST(moved != NULL && moved != other && (uintptr_t)moved % 256 == 0 && !lfm_heap_owns(heap, other), "moves");
    for (size_t i = 0; i < 64; i++) {
        MUST(moved[i] == 0x42, "byte %zu", i);
    }
    other = lfm_heap_realloc(heap, moved, 64);
    MUST(lfm_heap_realloc_aligned(heap, other, 1, 0) == NULL && !lfm_heap_owns(heap, other), "frees");
    const size_t failures = stats_of(heap).failures;
    static const size_t bad[] = {0, 3, 48, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_heap_realloc_aligned(heap, block, bad[i], 100) == NULL, "align %zu", bad[i]);
        MUST(lfm_heap_realloc_aligned(heap, block, bad[i], 0) == NULL, "align %zu", bad[i]);
        MUST(lfm_heap_realloc_aligned(heap, NULL, bad[i], 100) == NULL, "align %zu", bad[i]);
    }
    MUST(lfm_heap_usable_size(heap, block) == 64 && stats_of(heap).blocks == 1, "nothing has changed");
    MUST(lfm_heap_realloc_aligned(heap, block, 64, BYTES) == NULL && lfm_heap_owns(heap, block), "no room beside it");
    MUST(lfm_heap_realloc_aligned(heap, block + 64, 64, 1) == NULL, "no block");
    MUST(lfm_heap_realloc_aligned(NULL, block, 64, 1) == NULL && lfm_heap_realloc_aligned(NULL, NULL, 64, 1) == NULL,
         "no heap");
    MUST(stats_of(heap).failures == failures + 1, "failures");
    MUST(lfm_heap_free(heap, block) == LFM_OK, "free");
    check_whole(heap, BYTES);
}

Test(heap, owns)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    unsigned char *block = lfm_heap_alloc(heap, 3 * UNIT);
    for (unsigned char *at = here.storage; at < here.storage + sizeof here.storage; at++) {
        MUST(lfm_heap_owns(heap, at) == (at == block), "byte %td", at - here.storage);
    }
    MUST(!lfm_heap_owns(heap, NULL) && !lfm_heap_owns(heap, &block) && !lfm_heap_owns(NULL, block), "no block");
    MUST(lfm_heap_free(heap, block) == LFM_OK && !lfm_heap_owns(heap, block), "free");
}

Test(heap, bad_frees)
{
    static world before;
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    unsigned char *small = lfm_heap_alloc(heap, 192), *large = lfm_heap_alloc(heap, 4096);
    MUST(small != NULL && large != NULL, "blocks");
    support_show(&here, sizeof here);
    memcpy(&before, &here, sizeof here);
    MUST(lfm_heap_free(heap, NULL) == LFM_OK, "nothing to do");
    MUST(lfm_heap_free(NULL, small) == LFM_EINVAL, "no heap");
    for (size_t i = 1; i < 4096; i++) {
        MUST(lfm_heap_free(heap, large + i) == LFM_EINTERIOR, "byte %zu", i);
        MUST(i >= 192 || lfm_heap_free(heap, small + i) == LFM_EINTERIOR, "byte %zu", i);
    }
    MUST(lfm_heap_free(heap, small + 192) == LFM_EDOUBLEFREE, "free memory");
    MUST(lfm_heap_free(heap, (unsigned char *)&here + sizeof here.heap) == LFM_EFOREIGN, "between heap and storage");
    MUST(lfm_heap_free(heap, here.storage + BYTES) == LFM_EFOREIGN, "the metadata");
    MUST(lfm_heap_free(heap, &before) == LFM_EFOREIGN, "elsewhere");
    MUST(lfm_heap_usable_size(heap, small + 1) == 0 && lfm_heap_usable_size(heap, NULL) == 0, "no block");
    MUST(memcmp(&before, &here, sizeof here) == 0, "something has changed");
    MUST(lfm_heap_free(heap, small) == LFM_OK && lfm_heap_free(heap, small) == LFM_EDOUBLEFREE, "twice");
    MUST(lfm_heap_free(heap, large) == LFM_OK && lfm_heap_free(heap, large) == LFM_EDOUBLEFREE, "twice");
    check_whole(heap, BYTES);
}

Test(heap, bad_init)
{
    lfm_heap heap;
    lfm_heap_config config = {.min_block = 0};
    unsigned char *const storage = here.storage;
    MUST(lfm_heap_init(&heap, storage, sizeof here.storage, NULL) == LFM_OK && stats_of(&heap).total == BYTES, "NULL");
    MUST(lfm_heap_init(&heap, storage, sizeof here.storage, &config) == LFM_OK, "zero");
    MUST(lfm_heap_init(NULL, storage, sizeof here.storage, NULL) == LFM_EINVAL, "no heap");
    MUST(lfm_heap_init(&heap, NULL, sizeof here.storage, NULL) == LFM_EINVAL, "no storage");
    MUST(lfm_heap_init(&heap, storage + 8, 1000, NULL) == LFM_EINVAL, "alignment");
    MUST(lfm_heap_init(&heap, storage, SIZE_MAX, NULL) == LFM_EINVAL, "over the end");
    MUST(lfm_heap_init(&heap, storage, 0, NULL) == LFM_ENOMEM && lfm_heap_init(&heap, storage, 64, NULL) == LFM_ENOMEM,
         "no room");
    static const size_t bad[] = {1, 4, 24, 100, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        config.min_block = bad[i];
        MUST(lfm_heap_init(&heap, storage, sizeof here.storage, &config) == LFM_EINVAL, "%zu", bad[i]);
    }
    config = (lfm_heap_config){.min_block = 64, .fit = (lfm_heap_fit)3};
    MUST(lfm_heap_init(&heap, storage, sizeof here.storage, &config) == LFM_EINVAL, "no such fit");
    MUST(lfm_heap_check(NULL) == LFM_EINVAL && lfm_heap_alloc(NULL, 1) == NULL, "no heap");
}

static void add_up(void *block, size_t bytes, bool taken, void *arg)
{
    size_t *const sums = arg;
    MUST(block == here.storage + sums[0] + sums[1], "by address, without a gap");
    sums[taken] += bytes;
    sums[2]++;
}

Test(heap, visit_and_another_address)
{
    lfm_heap *heap = make(LFM_FIT_TRIMMED);
    void *blocks[5];
    for (size_t i = 0; i < 5; i++) {
        MUST((blocks[i] = lfm_heap_alloc(heap, i * 700 + 1)) != NULL, "block %zu", i);
    }
    MUST(lfm_heap_free(heap, blocks[2]) == LFM_OK, "free");
    size_t sums[3] = {0, 0, 0};
    lfm_heap_visit(heap, add_up, sums);
    MUST(sums[0] + sums[1] == BYTES && sums[1] == stats_of(heap).used && sums[2] >= 5, "%zu + %zu", sums[0], sums[1]);
    support_show(&here, sizeof here);
    memcpy(&there, &here, sizeof here);
    memset(&here, 0xff, sizeof here);
    for (size_t i = 0; i < 5; i++) {
        unsigned char *const block = there.storage + ((unsigned char *)blocks[i] - here.storage);
        MUST(lfm_heap_free(&there.heap, block) == (i == 2 ? LFM_EDOUBLEFREE : LFM_OK), "block %zu", i);
    }
    check_whole(&there.heap, BYTES);
}
