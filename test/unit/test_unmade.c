/* SPDX-License-Identifier: MIT */
/* Objects that nobody has made, all zero: each call finds them empty, and writes nothing into them. */
#include "support.h"

static unsigned char block[64]; /* nobody's */

/* All zero, with zeroes behind. */
#define UNMADE(type, name)         \
    static union {                 \
        type object;               \
        unsigned char bytes[1024]; \
    } name##_memory;               \
    type *const name = &name##_memory.object

#define IS_UNTOUCHED(name) is_zero(name##_memory.bytes, sizeof name##_memory)

static bool is_zero(const void *place, size_t bytes)
{
    const unsigned char *byte = place;
    for (size_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

Test(unmade, pool)
{
    UNMADE(lfm_pool, pool);
    void *blocks[3] = {block, block + 16, block + 32};
    lfm_pool_stats_t stats;
    MUST(lfm_pool_attach(pool) == LFM_EINVAL && lfm_pool_check(pool) == LFM_EINVAL, "attach, check");
    MUST(lfm_pool_get(pool) == NULL && lfm_pool_get_many(pool, blocks, 3) == 0, "gets");
    MUST(!lfm_pool_owns(pool, block) && !lfm_pool_owns(pool, pool) && !lfm_pool_owns(pool, NULL), "owns");
    MUST(lfm_pool_put_many(pool, blocks, 0) == LFM_OK, "no block");
    if (LFM_CHECKS >= 1) {
        MUST(lfm_pool_put(pool, block) == LFM_EFOREIGN && lfm_pool_put(pool, NULL) == LFM_EINVAL, "puts");
        MUST(lfm_pool_put(pool, pool) == LFM_EFOREIGN, "a put of the pool");
        MUST(lfm_pool_put_many(pool, blocks, 3) == LFM_EFOREIGN, "puts of several");
    }
    lfm_pool_stats(pool, &stats);
    lfm_pool_fini(pool);
    MUST(is_zero(&stats, sizeof stats) && lfm_cache_count(pool) == 0, "statistics");
    MUST(IS_UNTOUCHED(pool), "the pool was written");
}

Test(unmade, cache)
{
    UNMADE(lfm_cache, cache);
    void *blocks[3] = {block, block + 16, block + 32};
    lfm_cache_stats_t stats;
    MUST(lfm_cache_get(cache) == NULL && lfm_cache_get_many(cache, blocks, 3) == 0, "gets");
    MUST(lfm_cache_put(cache, block) == LFM_EINVAL && lfm_cache_put(cache, cache) == LFM_EINVAL, "puts");
    MUST(lfm_cache_put_many(cache, blocks, 3) == LFM_EINVAL, "puts of several");
    MUST(lfm_cache_put_many(cache, blocks, 0) == LFM_OK, "no block");
    lfm_cache_flush(cache);
    lfm_cache_fini(cache);
    lfm_cache_stats(cache, &stats);
    MUST(is_zero(&stats, sizeof stats) && IS_UNTOUCHED(cache), "statistics, or the cache was written");
}

/* One that was made, in front of a pool that was not. */
Test(unmade, pool_of_a_cache)
{
    UNMADE(lfm_pool, pool);
    void *slots[4], *blocks[3] = {block, block + 16, block + 32};
    lfm_cache cache;
    lfm_cache_stats_t stats;
    MUST(lfm_cache_init(&cache, pool, slots, 4) == LFM_OK, "init");
    for (int round = 0; round < 2; round++) {
        MUST(lfm_cache_get(&cache) == NULL && lfm_cache_get_many(&cache, blocks, 3) == 0, "gets");
        if (LFM_CHECKS >= 1) {
            MUST(lfm_cache_put(&cache, block) == LFM_EFOREIGN && lfm_cache_put(&cache, NULL) == LFM_EINVAL, "puts");
            MUST(lfm_cache_put_many(&cache, blocks, 3) == LFM_EFOREIGN, "puts of several");
        }
        lfm_cache_flush(&cache);
    }
    lfm_cache_stats(&cache, &stats);
    MUST(stats.cached == 0 && IS_UNTOUCHED(pool), "%zu cached, or the pool was written", stats.cached);
}

Test(unmade, segment)
{
    UNMADE(lfm_segment, segment);
    lfm_segment_stats_t stats;
    MUST(lfm_segment_attach(segment) == LFM_EINVAL, "attach");
    for (size_t align = 1; align <= 4096; align *= 4) {
        MUST(lfm_segment_alloc(segment, 1, align) == NULL && lfm_segment_alloc_padded(segment, 1, align) == NULL,
             "alloc");
        MUST(lfm_segment_alloc(segment, SIZE_MAX, align) == NULL, "alloc of all");
        MUST(lfm_segment_alloc_padded(segment, SIZE_MAX, align) == NULL, "padded alloc of all");
        MUST(lfm_segment_remaining(segment, align) == 0, "remaining");
    }
    lfm_segment_reset(segment);
    lfm_segment_fini(segment);
    lfm_segment_stats(segment, &stats);
    MUST(is_zero(&stats, sizeof stats) && IS_UNTOUCHED(segment), "statistics, or the segment was written");
}

Test(unmade, dynpool)
{
    UNMADE(lfm_dynpool, pool);
    lfm_dynpool_stats_t stats;
    MUST(lfm_dynpool_attach(pool) == LFM_EINVAL && lfm_dynpool_check(pool) == LFM_EINVAL, "attach, check");
    MUST(lfm_dynpool_get(pool) == NULL && lfm_dynpool_get(pool) == NULL, "get");
    if (LFM_CHECKS >= 1) {
        MUST(lfm_dynpool_put(pool, block) == LFM_EFOREIGN && lfm_dynpool_put(pool, NULL) == LFM_EINVAL, "puts");
        MUST(lfm_dynpool_put(pool, pool) == LFM_EFOREIGN, "a put of the pool");
    }
    lfm_dynpool_stats(pool, &stats);
    lfm_dynpool_fini(pool);
    MUST(is_zero(&stats, sizeof stats) && IS_UNTOUCHED(pool), "statistics, or the pool was written");
}

/* A segment that nobody has made has no room for a pool. */
Test(unmade, segments_of_a_dynpool)
{
    UNMADE(lfm_segment, segment);
    static unsigned char memory[256];
    lfm_segment made;
    lfm_segment_stats_t stats;
    MUST(lfm_segment_init(&made, memory, sizeof memory, 1) == LFM_OK, "segment");
    for (int which = 0; which < 12; which++) {
        UNMADE(lfm_dynpool, pool);
        const lfm_dynpool_config config = {.block_size = 8,
                                           .align = 8,
                                           .initial = which % 2 == 0 ? 0 : 2,
                                           .maximum = which % 4 < 2 ? 4 : LFM_UNLIMITED,
                                           .padded = which >= 6,
                                           .metadata = which % 3 == 0 ? &made : NULL};
        const lfm_status status = lfm_dynpool_init(pool, segment, &config);
        if (config.initial == 0 && which % 3 == 0) { /* it needs room for roots only */
            MUST(status == LFM_OK && lfm_dynpool_get(pool) == NULL, "%d: %s", which, lfm_status_string(status));
            lfm_segment_reset(&made);
            memset((void *)pool, 0, sizeof *pool);
            continue;
        }
        MUST(status == LFM_ENOMEM && IS_UNTOUCHED(pool), "%d: %s", which, lfm_status_string(status));
        lfm_segment_stats(&made, &stats);
        MUST(stats.used == 0, "%zu bytes of the metadata were taken", stats.used);
    }
    MUST(IS_UNTOUCHED(segment), "the segment was written");
}

static void count_visit(void *place, size_t bytes, bool taken, void *arg)
{
    (void)place, (void)bytes, (void)taken;
    ++*(int *)arg;
}

static void use_unmade_heap(lfm_heap *heap)
{
    const size_t sizes[] = {0, 1, 15, 16, 17, 64, 100, 4096, (size_t)1 << 20, SIZE_MAX / 2, SIZE_MAX};
    lfm_heap_stats_t stats;
    int visits = 0;
    MUST(lfm_heap_attach(heap) == LFM_EINVAL && lfm_heap_check(heap) == LFM_EINVAL, "attach, check");
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        MUST(lfm_heap_alloc(heap, sizes[i]) == NULL && lfm_heap_calloc(heap, 1, sizes[i]) == NULL, "%zu", sizes[i]);
        MUST(lfm_heap_realloc(heap, NULL, sizes[i]) == NULL, "realloc of nothing to %zu", sizes[i]);
        MUST(lfm_heap_realloc(heap, block, sizes[i]) == NULL, "realloc to %zu", sizes[i]);
        for (size_t align = 1; align <= 1 << 20; align *= 2) {
            MUST(lfm_heap_alloc_aligned(heap, align, sizes[i]) == NULL, "%zu at %zu", sizes[i], align);
        }
    }
    MUST(lfm_heap_free(heap, block) == LFM_EFOREIGN && lfm_heap_free(heap, heap) == LFM_EFOREIGN, "free");
    MUST(lfm_heap_free(heap, NULL) == LFM_OK, "free of nothing");
    MUST(lfm_heap_usable_size(heap, block) == 0 && lfm_heap_usable_size(heap, heap) == 0, "usable size");
    lfm_heap_visit(heap, count_visit, &visits);
    lfm_heap_reset_peak(heap);
    lfm_heap_fini(heap);
    MUST(!lfm_heap_owns(heap, block) && !lfm_heap_owns(heap, heap), "owns");
    MUST(lfm_heap_realloc_aligned(heap, NULL, 8, 8) == NULL && lfm_heap_realloc_aligned(heap, block, 8, 8) == NULL,
         "realloc at an alignment");
    MUST(lfm_heap_used(heap) == 0 && lfm_heap_peak(heap) == 0, "used, peak");
    lfm_heap_stats(heap, &stats);
    MUST(is_zero(&stats, sizeof stats) && visits == 0, "statistics, or %d visits", visits);
}

Test(unmade, heap)
{
    UNMADE(lfm_heap, heap);
    use_unmade_heap(heap);
    MUST(IS_UNTOUCHED(heap), "the heap was written");
}

/* What an init refused is as it was. */
Test(unmade, failed_init)
{
    UNMADE(lfm_heap, heap);
    UNMADE(lfm_pool, pool);
    UNMADE(lfm_segment, segment);
    UNMADE(lfm_dynpool, dynpool);
    static _Alignas(16) unsigned char storage[32];
    const lfm_dynpool_config config = {.block_size = 64, .align = 8, .initial = 1, .maximum = 1};
    lfm_segment small;
    MUST(lfm_heap_init(heap, storage, 8, NULL) == LFM_ENOMEM, "heap");
    use_unmade_heap(heap);
    MUST(lfm_pool_init(pool, storage, sizeof storage, 4, 32, 8) == LFM_ENOMEM, "pool");
    MUST(lfm_segment_init(segment, storage, 0, 1) == LFM_EINVAL, "segment");
    MUST(lfm_segment_init(&small, storage, sizeof storage, 1) == LFM_OK, "small segment");
    MUST(lfm_dynpool_init(dynpool, &small, &config) == LFM_ENOMEM, "dynamic pool");
    MUST(lfm_pool_get(pool) == NULL && lfm_dynpool_get(dynpool) == NULL && lfm_segment_alloc(segment, 1, 1) == NULL,
         "something from nothing");
    MUST(IS_UNTOUCHED(heap) && IS_UNTOUCHED(pool) && IS_UNTOUCHED(segment) && IS_UNTOUCHED(dynpool), "written");
}
