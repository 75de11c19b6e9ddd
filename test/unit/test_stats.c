/* SPDX-License-Identifier: MIT */
/* Statistics and the check only read: a monitor may map a pool so that it cannot be written. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "support.h"
#include <sys/mman.h>

static void look_at_read_only(size_t count, size_t shards)
{
    const size_t storage_bytes = LFM_POOL_STORAGE_BYTES_SHARDED(count, 8, 8, shards), bytes = storage_bytes + 4096;
    unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(memory != MAP_FAILED, "%zu bytes", bytes);
    lfm_pool *pool = (lfm_pool *)(void *)memory;
    MUST(lfm_pool_init_sharded(pool, memory + 4096, storage_bytes, count, 8, 8, shards) == LFM_OK, "%zu", count);
    void *one = lfm_pool_get(pool), *other = lfm_pool_get(pool);
    MUST(one != NULL && other != NULL && lfm_pool_put(pool, one) == LFM_OK, "%zu blocks", count);
    MUST(mprotect(memory, bytes, PROT_READ) == 0, "%zu bytes", bytes);
    lfm_pool_stats_t stats;
    lfm_pool_stats(pool, &stats);
    MUST(stats.free == count - 1 && stats.min_free == count - 2, "%zu blocks: %zu free, at least %zu", count,
         stats.free, stats.min_free);
    MUST(lfm_pool_check(pool) == LFM_OK && lfm_pool_owns(pool, other), "%zu blocks", count);
    munmap(memory, bytes);
}

Test(stats, read_only_mapping)
{
    const size_t counts[] = {2, 1000, 2000, 65534, 70000};
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= LFM_POOL_MAX_COUNT; i++) {
        look_at_read_only(counts[i], 1);
        look_at_read_only(counts[i], SHARDS(2));
    }
}

/* Memory that served a pool serves another one of another shape, tools that hide free blocks included. */
Test(stats, storage_serves_again)
{
    static unsigned char storage[LFM_POOL_STORAGE_BYTES(100, 64, 1) + 64];
    const size_t sizes[] = {64, 128, 12, 8, 100, 1};
    lfm_pool pool;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        const size_t count = 6400 / (sizes[i] + 4);
        MUST(lfm_pool_init(&pool, storage, sizeof storage, count, sizes[i], 1) == LFM_OK, "%zu bytes", sizes[i]);
        void *block;
        size_t got = 0;
        while ((block = lfm_pool_get(&pool)) != NULL) {
            memset(block, (int)i, sizes[i]);
            got++;
        }
        MUST(got == count, "%zu of %zu blocks", got, count);
        MUST(lfm_pool_put(&pool, storage) == LFM_OK, "the first block");
    }
    while (lfm_pool_get(&pool) != NULL) {
    }
}

/* An empty list says how many blocks it misses, and the next put builds on that. */
Test(stats, count_of_an_empty_list)
{
    static unsigned char storage[LFM_POOL_STORAGE_BYTES(4, 8, 8) + 64];
    lfm_pool pool;
    MUST(lfm_pool_init(&pool, (void *)(((uintptr_t)storage + 7) / 8 * 8), sizeof storage - 8, 4, 8, 8) == LFM_OK,
         "init");
    while (lfm_pool_get(&pool) != NULL) {
    }
    MUST(lfm_pool_check(&pool) == LFM_OK, "nothing is wrong yet");
    for (int bit = pool.index_bits; bit < 2 * pool.index_bits - pool.split_bits; bit++) {
        lfm_word_ head;
        memcpy(&head, &pool, sizeof head);
        head ^= (lfm_word_)1 << bit;
        memcpy(&pool, &head, sizeof head);
        MUST(lfm_pool_check(&pool) == LFM_ECORRUPT, "bit %d", bit);
        head ^= (lfm_word_)1 << bit;
        memcpy(&pool, &head, sizeof head);
    }
}
