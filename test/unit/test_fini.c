/* SPDX-License-Identifier: MIT */
/* What fini leaves: an object that is empty, as one of all zero bytes is, and memory that is anybody's to use. */
#include "support.h"

enum {
    COUNT = 12,
    SIZE = 20,
    ALIGN = 8
};

static bool is_zero(const void *object, size_t bytes)
{
    const unsigned char *const byte = object;
    for (size_t i = 0; i < bytes; i++) {
        if (byte[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Every byte can be written and read again; under AddressSanitizer and Valgrind that is the point. */
static void use(unsigned char *memory, size_t bytes)
{
    memset(memory, 0x3D, bytes);
    for (size_t i = 0; i < bytes; i++) {
        MUST(((volatile unsigned char *)memory)[i] == 0x3D, "byte %zu", i);
    }
}

static void end_pool(size_t shards)
{
    static lfm_pool pool;
    static _Alignas(8) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(COUNT, SIZE, ALIGN, SHARDS(3))];
    void *block;
    for (size_t taken = 0; taken <= COUNT; taken += 3) {
        MUST(lfm_pool_init_sharded(&pool, storage, sizeof storage, COUNT, SIZE, ALIGN, shards) == LFM_OK, "init");
        for (size_t i = 0; i < taken; i++) {
            block = lfm_pool_get(&pool);
            MUST(block != NULL && (i % 2 == 0 || lfm_pool_put(&pool, block) == LFM_OK), "block %zu", i);
        }
        lfm_pool_fini(&pool);
        MUST(is_zero(&pool, sizeof pool), "%zu taken, %zu shards", taken, shards);
        use(storage, sizeof storage);
        MUST(lfm_pool_get(&pool) == NULL && lfm_pool_get_many(&pool, &block, 1) == 0, "get");
        MUST(LFM_CHECKS == 0 || lfm_pool_put(&pool, storage) != LFM_OK, "put");
        MUST(!lfm_pool_owns(&pool, storage), "owns");
        lfm_pool_fini(&pool);
        MUST(is_zero(&pool, sizeof pool), "again");
    }
}

Test(fini, pool)
{
    end_pool(1);
    end_pool(SHARDS(3));
    lfm_pool_fini(NULL);
}

LFM_POOL_DEFINE(defined, COUNT, SIZE, ALIGN);
LFM_POOL_DEFINE_SHARDED(defined_lists, COUNT, SIZE, ALIGN, SHARDS(3));

static void end_defined(const lfm_pool *pool)
{
    lfm_pool_stats_t stats;
    unsigned char *const block = lfm_pool_get(pool), *const out = lfm_pool_get(pool);
    MUST(block != NULL && out != NULL && lfm_pool_put(pool, block) == LFM_OK, "get and put");
    lfm_pool_fini(pool);
    lfm_pool_stats(pool, &stats);
    MUST(lfm_pool_get(pool) == NULL && stats.free == 0 && stats.count == COUNT, "%zu are free", stats.free);
    MUST(LFM_CHECKS == 0 || lfm_pool_put(pool, block) == LFM_EDOUBLEFREE, "one that was free");
    MUST(LFM_CHECKS == 0 || lfm_pool_put(pool, out) == LFM_EDOUBLEFREE, "one that was taken");
    MUST(lfm_pool_check(pool) == (LFM_CHECKS == 0 ? LFM_OK : LFM_ECORRUPT), "of blocks without a mark, none is free");
    use(block, SIZE);
    lfm_pool_fini(pool);
    MUST(lfm_pool_get(pool) == NULL, "again");
}

/* A pool of a definer can end. Its control block is constant, so that it stays empty. */
Test(fini, defined_pool)
{
    end_defined(defined);
    end_defined(defined_lists);
}

/* What is in a cache goes back to its pool. */
Test(fini, cache)
{
    static lfm_pool pool;
    static _Alignas(8) unsigned char storage[LFM_POOL_STORAGE_BYTES(COUNT, SIZE, ALIGN)];
    lfm_pool_stats_t stats;
    lfm_cache cache;
    void *slots[4];
    MUST(lfm_pool_init(&pool, storage, sizeof storage, COUNT, SIZE, ALIGN) == LFM_OK, "init");
    MUST(lfm_cache_init(&cache, &pool, slots, LENGTH(slots)) == LFM_OK, "init");
    void *const block = lfm_cache_get(&cache);
    MUST(block != NULL && lfm_cache_put(&cache, block) == LFM_OK, "get and put");
    lfm_pool_stats(&pool, &stats);
    MUST(stats.free < COUNT, "nothing is in the cache");
    lfm_cache_fini(&cache);
    lfm_pool_stats(&pool, &stats);
    MUST(stats.free == COUNT && lfm_pool_check(&pool) == LFM_OK, "%zu of %d are back", stats.free, COUNT);
    MUST(is_zero(&cache, sizeof cache), "the cache is not empty");
    MUST(lfm_cache_get(&cache) == NULL && lfm_cache_put(&cache, block) != LFM_OK, "get and put");
    lfm_cache_fini(&cache);
    MUST(is_zero(&cache, sizeof cache), "again");
    lfm_cache_fini(NULL);
    lfm_pool_fini(&pool);
}

Test(fini, segment)
{
    static lfm_segment segment;
    static unsigned char memory[256];
    lfm_dynpool pool;
    const lfm_dynpool_config config = {.block_size = SIZE, .align = 4, .initial = 2, .maximum = LFM_UNLIMITED};
    MUST(lfm_segment_init(&segment, memory, sizeof memory, 1) == LFM_OK, "init");
    MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "pool");
    lfm_segment_fini(&segment);
    MUST(is_zero(&segment, sizeof segment), "not empty");
    use(memory, sizeof memory);
    MUST(lfm_segment_alloc(&segment, 1, 1) == NULL && lfm_segment_alloc_padded(&segment, 1, 1) == NULL, "alloc");
    MUST(lfm_segment_remaining(&segment, 1) == 0, "remaining");
    lfm_segment_fini(&segment);
    lfm_segment_fini(NULL);
    MUST(is_zero(&segment, sizeof segment), "again");
}

LFM_SEGMENT_DEFINE(defined_ram, 256, 4);

/* A static segment is constant. So its end leaves it without a byte, and a reset makes it anew. */
Test(fini, defined_segment)
{
    static const unsigned char *const memory = defined_ram_lfm_storage;
    const lfm_dynpool_config config = {.block_size = SIZE, .align = 4, .initial = 2, .maximum = LFM_UNLIMITED};
    lfm_segment_stats_t stats;
    lfm_dynpool pool;
    MUST(lfm_segment_alloc(defined_ram, 1, 1) == memory && lfm_segment_remaining(defined_ram, 1) == 255, "alloc");
    MUST(lfm_dynpool_init(&pool, defined_ram, &config) == LFM_OK, "pool");
    for (int i = 0; i < 2; i++) {
        lfm_segment_fini(defined_ram);
        use(defined_ram_lfm_storage, sizeof defined_ram_lfm_storage);
        MUST(lfm_segment_alloc(defined_ram, 1, 1) == NULL && lfm_segment_alloc_padded(defined_ram, 1, 1) == NULL,
             "end");
        MUST(lfm_segment_remaining(defined_ram, 1) == 0 && lfm_segment_attach(defined_ram) == LFM_OK, "end");
        lfm_segment_stats(defined_ram, &stats);
        MUST(stats.bytes == 256 && stats.used == 256 && stats.free == 0, "%zu used", stats.used);
    }
    lfm_segment_reset(defined_ram);
    MUST(lfm_segment_alloc(defined_ram, 256, 4) == memory && lfm_segment_attach(defined_ram) == LFM_OK, "made anew");
}

/* Blocks of the pool may be used again, initial and created ones, free or taken; the segment's other memory and other
 * pools are as they were. */
static void end_dynpool(size_t initial, size_t grow)
{
    static lfm_segment segment;
    static _Alignas(64) unsigned char memory[4096];
    lfm_dynpool pool, other;
    const lfm_dynpool_config config = {
        .block_size = SIZE, .align = 4, .initial = initial, .maximum = LFM_UNLIMITED, .grow = grow};
    unsigned char *blocks[32];
    MUST(lfm_segment_init(&segment, memory, sizeof memory, 1) == LFM_OK, "init");
    MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "init");
    MUST(lfm_dynpool_init(&other, &segment, &config) == LFM_OK, "init");
    void *const theirs = lfm_dynpool_get(&other);
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        blocks[i] = lfm_dynpool_get(&pool);
        MUST(blocks[i] != NULL, "block %zu", i);
    }
    for (size_t i = 0; i < LENGTH(blocks); i += 2) {
        MUST(lfm_dynpool_put(&pool, blocks[i]) == LFM_OK, "block %zu", i);
    }
    const size_t left = lfm_segment_remaining(&segment, 1);
    lfm_dynpool_fini(&pool);
    MUST(is_zero(&pool, sizeof pool), "not empty");
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        use(blocks[i], SIZE);
    }
    MUST(lfm_segment_remaining(&segment, 1) == left, "the segment has changed");
    MUST(lfm_dynpool_get(&pool) == NULL, "get");
    MUST(LFM_CHECKS == 0 || lfm_dynpool_put(&pool, blocks[0]) == LFM_EFOREIGN, "put");
    MUST(lfm_dynpool_put(&other, theirs) == LFM_OK && lfm_dynpool_check(&other) == LFM_OK, "the other pool");
    lfm_dynpool_fini(&pool);
    MUST(is_zero(&pool, sizeof pool), "again");
    lfm_dynpool_fini(&other);
}

LFM_SEGMENT_DEFINE(dynpool_ram, 1024, 4);
LFM_DYNPOOL_DEFINE(defined_dynpool, dynpool_ram, 3, 20, 1, SIZE, 4);

/* A static pool is constant. So its end leaves it without a block, and it cannot grow. */
Test(fini, defined_dynpool)
{
    unsigned char *blocks[6];
    lfm_dynpool_stats_t stats;
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        blocks[i] = lfm_dynpool_get(defined_dynpool);
        MUST(blocks[i] != NULL, "block %zu", i);
    }
    MUST(lfm_dynpool_put(defined_dynpool, blocks[0]) == LFM_OK, "an initial one");
    MUST(lfm_dynpool_put(defined_dynpool, blocks[5]) == LFM_OK, "a created one");
    for (int round = 0; round < 2; round++) {
        lfm_dynpool_fini(defined_dynpool);
        lfm_dynpool_stats(defined_dynpool, &stats);
        MUST(stats.free == 0 && stats.created == 20 && stats.in_use == 20, "%zu are free", stats.free);
        MUST(lfm_dynpool_get(defined_dynpool) == NULL, "get");
        for (size_t i = 0; i < LENGTH(blocks); i++) {
            use(blocks[i], SIZE);
            MUST(LFM_CHECKS == 0 ||
                     lfm_dynpool_put(defined_dynpool, blocks[i]) == (i < 3 ? LFM_EDOUBLEFREE : LFM_EFOREIGN),
                 "block %zu", i);
        }
        MUST(lfm_dynpool_check(defined_dynpool) == LFM_ECORRUPT, "check");
    }
}

Test(fini, dynpool)
{
    end_dynpool(0, 1);
    end_dynpool(5, 3);
    end_dynpool(32, 1);
    lfm_dynpool_fini(NULL);
}

Test(fini, heap)
{
    static lfm_heap heap;
    static _Alignas(64) unsigned char storage[LFM_HEAP_STORAGE_BYTES(2048, 16)];
    MUST(lfm_heap_init(&heap, storage, sizeof storage, &(lfm_heap_config){.min_block = 16}) == LFM_OK, "init");
    void *const block = lfm_heap_alloc(&heap, 100), *const other = lfm_heap_alloc(&heap, 16);
    MUST(block != NULL && other != NULL && lfm_heap_free(&heap, block) == LFM_OK, "alloc and free");
    lfm_heap_fini(&heap);
    MUST(is_zero(&heap, sizeof heap), "not empty");
    use(storage, sizeof storage);
    MUST(!lfm_heap_owns(&heap, other) && lfm_heap_usable_size(&heap, other) == 0, "owns");
    MUST(lfm_heap_free(&heap, other) == LFM_EFOREIGN, "free");
    MUST(lfm_heap_alloc(&heap, 1) == NULL && lfm_heap_realloc(&heap, NULL, 1) == NULL, "alloc");
    MUST(lfm_heap_check(&heap) == LFM_EINVAL, "check");
    lfm_heap_fini(&heap);
    MUST(is_zero(&heap, sizeof heap), "again");
    lfm_heap_fini(NULL);
}

LFM_HEAP_DEFINE(defined_heap, 2048, 16, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_PEAK(odd_heap, 1000, 8, LFM_FIT_BUDDY2); /* its end cuts a unit of the top word */
LFM_HEAP_DEFINE(small_heap, 64, 64, LFM_FIT_BUDDY4);

/* A static heap is constant. So its end leaves it without a unit that is free, or a block. */
static void end_heap(const lfm_heap *heap, unsigned char *storage, size_t units_bytes, bool peak)
{
    void *blocks[8];
    lfm_heap_stats_t stats;
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        blocks[i] = lfm_heap_alloc(heap, 16 * i);
        MUST(i % 3 != 2 || lfm_heap_free(heap, blocks[i]) == LFM_OK, "block %zu", i);
    }
    MUST(lfm_heap_check(heap) == LFM_OK, "whole");
    for (int i = 0; i < 2; i++) {
        lfm_heap_fini(heap);
        use(storage, units_bytes);
        for (size_t bytes = 0; bytes <= 2 * units_bytes; bytes = bytes * 2 + 1) {
            MUST(lfm_heap_alloc(heap, bytes) == NULL, "%zu bytes", bytes);
        }
        for (size_t at = 0; at < units_bytes; at++) {
            MUST(lfm_heap_free(heap, storage + at) == LFM_EINTERIOR && !lfm_heap_owns(heap, storage + at), "%zu", at);
        }
        MUST(lfm_heap_realloc(heap, storage, 1) == NULL && lfm_heap_calloc(heap, 1, 1) == NULL, "alloc");
        MUST(lfm_heap_free(heap, storage + units_bytes) == LFM_EFOREIGN, "foreign");
        MUST(lfm_heap_check(heap) == LFM_EINVAL && lfm_heap_attach(heap) == LFM_EINVAL, "check");
        lfm_heap_stats(heap, &stats);
        MUST(stats.total == units_bytes && stats.used == units_bytes && stats.free == 0, "%zu used", stats.used);
        MUST(stats.largest_free == 0 && stats.blocks == 1, "%zu blocks", stats.blocks);
        MUST(lfm_heap_used(heap) == (peak ? units_bytes : 0) && lfm_heap_peak(heap) == lfm_heap_used(heap), "counts");
    }
}

Test(fini, defined_heap)
{
    end_heap(defined_heap, defined_heap_lfm_storage, 2048, false);
    end_heap(odd_heap, odd_heap_lfm_storage, 1000, true);
    end_heap(small_heap, small_heap_lfm_storage, 64, false);
}
