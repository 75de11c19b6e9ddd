/* SPDX-License-Identifier: MIT */
/* Contexts that run at the same time get lists of their own, as far as there are enough. */
#include "../../lib/pool_list.h"
#include "support.h"
#include <lfmem/cache.h>
#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#endif

Test(contexts, places)
{
    for (uint32_t n = 1; n <= 255; n++) {
        for (uint32_t first = 0; first < 1000; first++) {
            MUST(lfm_context_pick(first, n) < n, "%u of %u", first, n);
            for (uint32_t i = 1; i < n; i++) {
                MUST(lfm_context_pick(first, n) != lfm_context_pick(first + i, n), "%u and %u of %u", first, first + i,
                     n);
            }
        }
        for (uint32_t core = 0; core < n; core++) {
            MUST(lfm_context_pick(core, n) == core, "core %u of %u", core, n);
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
    lfm_list list;
    lfm_pool_list(pool, LFM_LIST_ANY, shard, &list);
    return lfm_list_free_count(&list);
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

enum {
    SHARDS_OF_FEW = 4,
    SHORT_THREADS = 1000 / SUPPORT_SHARE,
    MANY_THREADS = 280 /* with 256 numbers to give back */
};

static pthread_key_t leaving;

static void leave(void *unused)
{
    (void)unused;
    lfm_thread_leave();
}

/* As lfmem/thread.h has it: a thread that leaves when it ends. */
static void *home_and_leave(void *list)
{
    MUST(pthread_setspecific(leaving, &leaving) == 0, "no value");
    return home(list);
}

static void make_few(void)
{
    MUST(lfm_pool_init_sharded(&of.pool, of.storage, sizeof of.storage, SHARDS_OF_FEW * EACH, 16, 16, SHARDS_OF_FEW) ==
             LFM_OK,
         "no pool");
}

static size_t first_list_of(void *thread_main(void *list))
{
    pthread_t thread;
    size_t list;
    MUST(pthread_create(&thread, NULL, thread_main, &list) == 0, "no thread");
    pthread_join(thread, NULL);
    make_few(); /* a put would give the caller a number */
    return list;
}

/* Threads that come and go one after the other begin at one list, since each takes the number that the one before it
 * gave back. One that does not leave keeps its number. */
Test(contexts, numbers_are_given_back)
{
    make_few();
    lfm_thread_leave();
    MUST(pthread_key_create(&leaving, leave) == 0, "no key");
    const size_t list = first_list_of(home_and_leave);
    for (size_t i = 0; i < SHORT_THREADS; i++) {
        const size_t other = first_list_of(home_and_leave);
        MUST(other == list, "thread %zu begins at list %zu, not %zu", i, other, list);
    }
    first_list_of(home);
    MUST(first_list_of(home_and_leave) == (list + 1) % SHARDS_OF_FEW, "a number that was kept is taken again");
    pthread_key_delete(leaving);
}

/* In one thread: no number is lost, whatever others have, and leaving twice gives back nothing that is another's. */
Test(contexts, leave_and_come_again)
{
    make_few();
    const size_t other = first_list_of(home); /* stays taken */
    size_t list, again;
    home(&list);
    MUST(list != other, "list %zu is another thread's", list);
    for (size_t i = 0; i < SHORT_THREADS; i++) {
        lfm_thread_leave();
        lfm_thread_leave();
        make_few();
        home(&again);
        MUST(again == list, "time %zu: list %zu, not %zu", i, again, list);
    }
}

static _Atomic(uint32_t) numbered;

/* Has a number at the same time as all the others. */
static void *together(void *unused)
{
    void *const block = lfm_pool_get(&of.pool);
    (void)unused;
    MUST(block == NULL || lfm_pool_put(&of.pool, block) == LFM_OK, "put");
    atomic_fetch_add(&numbered, 1);
    while (atomic_load(&numbered) < MANY_THREADS) {
        sched_yield();
    }
    lfm_thread_leave();
    return NULL;
}

/* More threads than there are numbers to give back: some get others, and then all is as it was. */
Test(contexts, more_threads_than_numbers)
{
    static pthread_t thread[MANY_THREADS];
    size_t list;
    make_few();
    lfm_thread_leave();
    home(&list);
    lfm_thread_leave();
    make_few();
    for (size_t i = 0; i < MANY_THREADS; i++) {
        MUST(pthread_create(&thread[i], NULL, together, NULL) == 0, "no thread");
    }
    for (size_t i = 0; i < MANY_THREADS; i++) {
        pthread_join(thread[i], NULL);
    }
    make_few();
    for (size_t i = 0; i < SHARDS_OF_FEW; i++) {
        MUST(first_list_of(home) == (list + i) % SHARDS_OF_FEW, "thread %zu of those that came later", i);
    }
}
#endif
