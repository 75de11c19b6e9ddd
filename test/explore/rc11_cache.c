/* SPDX-License-Identifier: MIT */
/* Caches under a weak memory model, as rc11.c. */
#include "rc11.h"

#define LFM_PORT_CONTEXT() 0u /* one list */

#define LFM_CACHE_FUNCTIONS
#ifdef LFM_MO_MARK_STORE
#define LFM_MARK_ORDER_ LFM_MO_MARK_STORE
#endif
#include <lfmem/detail/port.h>
/* GenMC does not know memcpy of a size that is no constant: here it is for slots. */
static inline void copy_slots(void **to, void **from, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof *to; i++) {
        to[i] = from[i];
    }
}
#define memcpy(to, from, bytes) copy_slots((void **)(to), (void **)(from), bytes)
#include "../../lib/cache.c"
#include "../../lib/pool.c"
#include "../../lib/pool_init.c"

#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifdef HANDED
#define THREADS 3
#else
#define THREADS 2
#endif

LFM_POOL_DEFINE(pool, BLOCKS, 8, 8);
LFM_CACHE_DEFINE(first, pool, 2);
LFM_CACHE_DEFINE(second, pool, 2);
static lfm_cache *const caches[] = {first, second};
static long contents[BLOCKS]; /* plain: written by a block's owner, so a missing order is a data race */

static long *contents_of(const void *block)
{
    return &contents[(unsigned long)((const unsigned char *)block - pool_lfm_storage) / 8];
}

/* One block at most is missing. The list is in such an order that a link read at another time than the head would tell
 * of more. */
static void ask(void)
{
    static lfm_pool_stats_t stats;
    lfm_pool_stats(pool, &stats);
    assert(stats.free + 1 == BLOCKS || stats.free == BLOCKS);
}

#ifdef HANDED
static _Atomic(void *) handed;

/* Thread 0 takes a block and hands it to thread 1, which puts it into a cache of its own. Thread 2 asks meanwhile. */
static void *work(void *argument)
{
    const long me = (long)argument;
    if (me == 0) {
        atomic_store_explicit(&handed, lfm_cache_get(caches[0]), memory_order_release);
    } else if (me == 1) {
        void *const block = atomic_load_explicit(&handed, memory_order_acquire);
        assert(block == NULL || lfm_cache_put(caches[1], block) == LFM_OK);
    } else {
        ask();
    }
    return NULL;
}
#else
/* Each takes a block, writes to it and puts it back, twice: by the pool, and from the cache; then the other one may
 * have it. */
static void *work(void *argument)
{
    const long me = (long)argument;
    for (int round = 0; round < 2; round++) {
        void *const block = lfm_cache_get(caches[me]);
        if (block != NULL) {
            *contents_of(block) = me;
            assert(lfm_cache_put(caches[me], block) == LFM_OK);
        }
    }
    lfm_cache_flush(caches[me]);
    return NULL;
}
#endif

int main(void)
{
    pthread_t threads[THREADS];
    void *all[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        all[i] = lfm_pool_get(pool);
    }
    for (int i = 0; i < BLOCKS; i++) {
        assert(lfm_pool_put(pool, all[i]) == LFM_OK);
    }
    for (int i = 0; i < 2; i++) {
        assert(lfm_cache_get_many(caches[i], all, 0) == 0); /* from here on its puts and gets are the inline ones */
    }
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)i);
    }
    for (long i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < 2; i++) {
        lfm_cache_flush(caches[i]);
    }
    ask();
    return 0;
}
