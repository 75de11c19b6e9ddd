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

LFM_POOL_DEFINE(plain, 5, 24, 8);
LFM_POOL_DEFINE_TYPE(messages, 3, message);
LFM_POOL_DEFINE_SHARDED(lists, 9, 20, 16, 3);

static_assert(sizeof(lfm_pool) <= 64, "as in C");
static_assert(alignof(lfm_pool) >= alignof(lfm_word_), "as in C");
static_assert(std::is_trivially_copyable<lfm_pool>::value, "may lie in shared memory");
static_assert(LFM_POOL_STORAGE_BYTES(5, 24, 8) >= 5 * 24, "a constant expression");

/* Takes all blocks of a fresh pool and puts them back, one by one and all at once. */
void use(lfm_pool *pool, std::size_t count, std::size_t size, std::size_t align)
{
    void *blocks[16];
    lfm_pool_stats_t stats;
    CHECK(lfm_pool_get_many(pool, blocks, 16) == count, "%zu blocks", count);
    CHECK(lfm_pool_get(pool) == nullptr, "all are taken");
    for (std::size_t i = 0; i < count; i++) {
        CHECK(reinterpret_cast<std::uintptr_t>(blocks[i]) % align == 0, "block %zu", i);
        CHECK(lfm_pool_owns(pool, blocks[i]), "block %zu", i);
        std::memset(blocks[i], static_cast<int>(i), size);
    }
    for (std::size_t i = 0; i < count; i++) {
        CHECK(static_cast<unsigned char *>(blocks[i])[size - 1] == i, "block %zu was written by another", i);
    }
    CHECK(lfm_pool_put(pool, blocks[0]) == LFM_OK, "the first");
    CHECK(lfm_pool_put_many(pool, blocks + 1, count - 1) == LFM_OK, "the others");
    CHECK(LFM_CHECKS == 0 || lfm_pool_put(pool, blocks[0]) == LFM_EDOUBLEFREE, "once more");
    lfm_pool_stats(pool, &stats);
    CHECK(stats.count == count && stats.free == count && stats.min_free == 0, "%zu free", stats.free);
    CHECK(stats.block_size == size, "%zu bytes", stats.block_size);
    CHECK(lfm_pool_check(pool) == LFM_OK, "whole");
}

} // namespace

int main()
{
    use(plain, 5, 24, 8);
    use(messages, 3, sizeof(message), alignof(message));
    use(lists, 9, 20, 16);

    alignas(8) static unsigned char storage[LFM_POOL_STORAGE_BYTES(7, 3, 1)];
    alignas(64) static unsigned char sharded[LFM_POOL_STORAGE_BYTES_SHARDED(7, 64, 64, 2)];
    static lfm_pool pool;
    CHECK(lfm_pool_init(&pool, storage, sizeof storage, 7, 3, 1) == LFM_OK, "init");
    use(&pool, 7, 3, 1);
    CHECK(lfm_pool_init_sharded(&pool, sharded, sizeof sharded, 7, 64, 64, 2) == LFM_OK, "init");
    use(&pool, 7, 64, 64);
    CHECK(lfm_pool_init(&pool, storage, sizeof storage, 7, 3, 3) == LFM_EINVAL, "no power of two");
    CHECK(std::strcmp(lfm_status_string(LFM_OK), "ok") == 0, "text");
    return 0;
}
