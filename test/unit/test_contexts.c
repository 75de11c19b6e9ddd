/* SPDX-License-Identifier: MIT */
/* Contexts that run at the same time get lists of their own, as far as there are enough. */
#include "../../lib/port.h"
#include "support.h"
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
