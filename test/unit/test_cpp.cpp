/* SPDX-License-Identifier: MIT */
/* The library from C++17: the definers, the init, and every function through its C linkage. */
#include "check.h"
#include <cstdint>
#include <cstring>
#include <lfmem/lfmem.h>
#include <type_traits>

namespace
{

struct message {
    double value;
    char text[21];
};

struct derived : message {
};

LFM_POOL_DEFINE(plain, 5, 24, 8);
LFM_POOL_DEFINE_TYPE(messages, 3, message);
LFM_POOL_DEFINE_SHARDED(lists, 9, 20, 16, LFM_SHARDS ? 3 : 1);
LFM_CACHE_DEFINE(cache, plain, 4);
LFM_SEGMENT_DEFINE(ram, 4096, 32);

static_assert(sizeof(lfm_pool) <= 72, "as in C");
static_assert(alignof(lfm_pool) >= alignof(lfm_word_), "as in C");
static_assert(std::is_trivially_copyable<lfm_pool>::value, "may lie in shared memory");
static_assert(sizeof(lfm_segment) <= 48 && sizeof(lfm_dynpool) <= 112, "as in C");
static_assert(sizeof(lfm_cache) <= 96, "as in C");
static_assert(std::is_trivially_copyable<lfm_segment>::value, "may lie in shared memory");
static_assert(std::is_trivially_copyable<lfm_dynpool>::value, "may lie in shared memory");
static_assert(LFM_DYNPOOL_METADATA_BYTES(3, 5) >= 3 * 2 + 5 * 8, "a constant expression");
static_assert(LFM_POOL_STORAGE_BYTES(5, 24, 8) >= 5 * 24, "a constant expression");

/* Takes all blocks of a fresh pool and puts them back, one by one and all at once. */
void use(const lfm_pool *pool, std::size_t count, std::size_t size, std::size_t align)
{
    void *blocks[16];
    lfm_pool_stats_t stats;
    MUST(lfm_pool_get_many(pool, blocks, 16) == count, "%zu blocks", count);
    MUST(lfm_pool_get(pool) == nullptr, "all are taken");
    for (std::size_t i = 0; i < count; i++) {
        MUST(reinterpret_cast<std::uintptr_t>(blocks[i]) % align == 0, "block %zu", i);
        MUST(lfm_pool_owns(pool, blocks[i]), "block %zu", i);
        std::memset(blocks[i], static_cast<int>(i), size);
    }
    for (std::size_t i = 0; i < count; i++) {
        MUST(static_cast<unsigned char *>(blocks[i])[size - 1] == i, "block %zu was written by another", i);
    }
    MUST(lfm_pool_put(pool, blocks[0]) == LFM_OK, "the first");
    MUST(lfm_pool_put_many(pool, blocks + 1, count - 1) == LFM_OK, "the others");
    MUST(LFM_CHECKS == 0 || lfm_pool_put(pool, blocks[0]) == LFM_EDOUBLEFREE, "once more");
    lfm_pool_stats(pool, &stats);
    MUST(stats.count == count && stats.free == count && stats.min_free == 0, "%zu free", stats.free);
    MUST(stats.block_size == size, "%zu bytes", stats.block_size);
    MUST(lfm_pool_check(pool) == LFM_OK, "whole");
}

/* The calls that the header has inline, in this language. */
void use_cache(const lfm_pool *pool, lfm_cache *own, std::size_t count)
{
    void *blocks[16], *more[2];
    lfm_cache_stats_t stats;
    for (std::size_t i = 0; i < count; i++) {
        blocks[i] = lfm_cache_get(own);
        MUST(lfm_pool_owns(pool, blocks[i]), "block %zu", i);
    }
    MUST(lfm_cache_get(own) == nullptr, "all are taken");
    for (std::size_t i = 0; i < count; i++) {
        MUST(lfm_cache_put(own, blocks[i]) == LFM_OK, "block %zu", i);
        MUST(LFM_CHECKS == 0 || lfm_cache_put(own, blocks[i]) == LFM_EDOUBLEFREE, "block %zu", i);
    }
    MUST(LFM_CHECKS == 0 || lfm_cache_put(own, own) == LFM_EFOREIGN, "no block");
    lfm_cache_stats(own, &stats);
    MUST(stats.cached > 0 && stats.flushes > 0, "%zu in the cache", stats.cached);
    MUST(LFM_CHECKS == 0 || lfm_cache_count(pool) == stats.cached, "%zu marked", lfm_cache_count(pool));
    MUST(lfm_cache_get_many(own, more, 2) == 2 && lfm_cache_put_many(own, more, 2) == LFM_OK, "two");
    lfm_cache_flush(own);
    MUST(lfm_pool_check(pool) == LFM_OK, "whole");
}

/* The control blocks' functions, each once. */
void use_segment()
{
    static unsigned char memory[LFM_DYNPOOL_METADATA_BYTES(2, 3)];
    static lfm_segment notes;
    static lfm_dynpool pool;
    lfm_segment_stats_t segment_stats;
    lfm_dynpool_stats_t stats;
    void *blocks[5];
    MUST(lfm_segment_init(&notes, memory, sizeof memory, 1) == LFM_OK, "init");
    MUST(lfm_segment_alloc(ram, 5, 1) != nullptr && lfm_segment_alloc_padded(ram, 5, 1) != nullptr, "alloc");
    MUST(lfm_segment_remaining(ram, 32) == 4096 - 64, "remaining");
    lfm_segment_reset(ram);
    lfm_segment_stats(ram, &segment_stats);
    MUST(segment_stats.free == 4096 && segment_stats.padding == 32, "%zu free", segment_stats.free);
    lfm_dynpool_config config = {};
    config.block_size = 20;
    config.align = 8;
    config.initial = 2;
    config.maximum = 5;
    config.padded = true;
    config.metadata = &notes;
    MUST(lfm_dynpool_init(&pool, ram, &config) == LFM_OK, "init");
    for (void *&block : blocks) {
        block = lfm_dynpool_get(&pool);
        MUST(block != nullptr && reinterpret_cast<std::uintptr_t>(block) % 32 == 0, "get");
    }
    MUST(lfm_dynpool_get(&pool) == nullptr, "the maximum");
    for (void *block : blocks) {
        MUST(lfm_dynpool_put(&pool, block) == LFM_OK, "put");
    }
    MUST(lfm_dynpool_put(&pool, &pool) == LFM_EFOREIGN, "no block");
    lfm_dynpool_stats(&pool, &stats);
    MUST(stats.created == 5 && stats.free == 5 && stats.peak == 5 && stats.stride == 32, "%zu free", stats.free);
    MUST(lfm_dynpool_check(&pool) == LFM_OK, "whole");
    config.maximum = LFM_UNLIMITED;
    config.block_size = 0;
    MUST(lfm_dynpool_init(&pool, ram, &config) == LFM_EINVAL, "no size");
}

} // namespace

int main()
{
    use(plain, 5, 24, 8);
    use_cache(plain, cache, 5);
    use(messages, 3, sizeof(message), alignof(message));
    use(lists, 9, 20, 16);
    use_segment();
    message *const typed = LFM_POOL_GET(messages);
    MUST(typed != nullptr && LFM_POOL_PUT(messages, typed) == LFM_OK, "typed");
    derived also = {};
    MUST(LFM_CHECKS == 0 || LFM_POOL_PUT(messages, &also) == LFM_EFOREIGN, "converts");

    alignas(8) static unsigned char storage[LFM_POOL_STORAGE_BYTES(7, 3, 1)];
    alignas(64) static unsigned char sharded[LFM_POOL_STORAGE_BYTES_SHARDED(7, 64, 64, LFM_SHARDS ? 2 : 1)];
    static lfm_pool pool;
    MUST(lfm_pool_init(&pool, storage, sizeof storage, 7, 3, 1) == LFM_OK, "init");
    use(&pool, 7, 3, 1);
    MUST(lfm_pool_init_sharded(&pool, sharded, sizeof sharded, 7, 64, 64, LFM_SHARDS ? 2 : 1) == LFM_OK, "init");
    use(&pool, 7, 64, 64);
    MUST(lfm_pool_init(&pool, storage, sizeof storage, 7, 3, 3) == LFM_EINVAL, "no power of two");
    MUST(std::strcmp(lfm_status_string(LFM_OK), "ok") == 0, "text");
    return 0;
}
