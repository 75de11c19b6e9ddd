/* SPDX-License-Identifier: MIT */
/* Contexts that run at the same time get lists of their own, as far as there are enough. */
#include "../../lib/pool_list.h"
#include "support.h"
#include <lfmem/cache.h>
#ifdef __linux__
#include <pthread.h>
#endif

Test(contexts, places)
{
    for (uint32_t n = 1; n <= 255; n++) {
        for (uint32_t first = 0; first < 1000; first++) {
            MUST(lfm_port_place(first, n) < n, "%u of %u", first, n);
            for (uint32_t i = 1; i < n; i++) {
                MUST(lfm_port_place(first, n) != lfm_port_place(first + i, n), "%u and %u of %u", first, first + i, n);
            }
        }
        for (uint32_t core = 0; core < n; core++) {
            MUST(lfm_port_place(core, n) == core, "core %u of %u", core, n);
        }
    }
}

/* A pool that nobody has initialised has no blocks. */
Test(contexts, no_lists)
{
    static lfm_pool pool;
    void *block = &pool;
    MUST(lfm_pool_get(&pool) == NULL, "get");
    MUST(lfm_pool_get_many(&pool, &block, 1) == 0, "get many");
    MUST(LFM_CHECKS == 0 || lfm_pool_put(&pool, block) == LFM_EFOREIGN, "put");
}

#if defined(__linux__) && LFM_POOL_MAX_SHARDS > 1
enum {
    THREADS = 16,
    EACH = 4 /* blocks of a list */
};

static struct {
    lfm_pool pool;
    _Alignas(16) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(THREADS * EACH, 16, 16, THREADS)];
} of;

/* Which list a thread begins at. */
static void *home(void *list)
{
    *(size_t *)list = (size_t)((unsigned char *)lfm_pool_get(&of.pool) - of.storage) / 16 / EACH;
    return NULL;
}

/* Blocks of a list that are free. */
static size_t free_in(const lfm_pool *pool, uint32_t shard)
{
    lfm_freelist list;
    lfm_pool_list(pool, shard, &list);
    return lfm_freelist_free(&list);
}

/* The first list that has not so many. */
static uint32_t list_without(size_t n)
{
    uint32_t shard = 0;
    while (shard < of.pool.shards && free_in(&of.pool, shard) == n) {
        shard++;
    }
    return shard;
}

/* A cache flushes into the list that its refills come from. */
static void *cached(void *unused)
{
    lfm_cache cache;
    void *slots[EACH];
    (void)unused;
    MUST(lfm_cache_init(&cache, &of.pool, slots, EACH) == LFM_OK, "no cache");
    void *const block = lfm_cache_get(&cache);
    const uint32_t from = list_without(EACH);
    MUST(block != NULL && lfm_cache_put(&cache, block) == LFM_OK, "get and put");
    lfm_cache_flush(&cache);
    MUST(list_without(EACH) == of.pool.shards, "a cache refilled from list %u flushed into another", from);
    return NULL;
}

/* Whatever others called before: here every other thread never has a cache. */
Test(contexts, caches)
{
    MUST(lfm_pool_init_sharded(&of.pool, of.storage, sizeof of.storage, THREADS * EACH, 16, 16, THREADS) == LFM_OK,
         "no pool");
    for (size_t i = 0; i < THREADS; i++) {
        pthread_t thread;
        size_t list;
        MUST(pthread_create(&thread, NULL, cached, NULL) == 0, "no thread");
        pthread_join(thread, NULL);
        MUST(pthread_create(&thread, NULL, home, &list) == 0, "no thread");
        pthread_join(thread, NULL);
        MUST(lfm_pool_put(&of.pool, of.storage + list * EACH * 16) == LFM_OK, "put");
        MUST(lfm_pool_init_sharded(&of.pool, of.storage, sizeof of.storage, THREADS * EACH, 16, 16, THREADS) == LFM_OK,
             "no pool");
    }
}

/* Threads that are made one after the other: as many lists as threads, whatever came before. */
Test(contexts, threads)
{
    for (size_t n = 2; n <= THREADS; n++) {
        size_t lists[THREADS] = {0};
        MUST(lfm_pool_init_sharded(&of.pool, of.storage, sizeof of.storage, n * EACH, 16, 16, n) == LFM_OK,
             "no pool of %zu lists", n);
        for (size_t i = 0; i < n; i++) {
            pthread_t thread;
            MUST(pthread_create(&thread, NULL, home, &lists[i]) == 0, "no thread");
            pthread_join(thread, NULL);
            for (size_t k = 0; k < i; k++) {
                MUST(lists[i] != lists[k], "threads %zu and %zu of %zu begin at list %zu", k, i, n, lists[i]);
            }
        }
    }
}
#endif
