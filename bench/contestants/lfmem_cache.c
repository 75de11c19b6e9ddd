/* SPDX-License-Identifier: MIT */
/* lfmem's caches, one for each worker, before a pool with one list. One size is small, the other one that of DPDK's. */
#include "../loops.h"
#include "adapter.h"
#include <lfmem/cache.h>

enum {
    SLOTS_MOST = 256
};

typedef struct cached_pool {
    _Alignas(128) lfm_pool pool;
    struct {
        _Alignas(128) lfm_cache cache;
        _Alignas(128) void *slots[SLOTS_MOST];
    } workers[WORKERS_MAX];
} cached_pool;

static void make(cached_pool *cached, size_t slots, void *storage, size_t count, size_t unit)
{
    if (lfm_pool_init(&cached->pool, storage, LFM_POOL_STORAGE_BYTES(count, unit, BLOCK_BYTES), count, unit,
                      BLOCK_BYTES) != LFM_OK) {
        abort();
    }
    for (int i = 0; i < WORKERS_MAX; i++) {
        if (lfm_cache_init(&cached->workers[i].cache, &cached->pool, cached->workers[i].slots, slots) != LFM_OK) {
            abort();
        }
    }
}

/* A contestant with so many slots for each worker. */
#define CACHE(id, slots)                                                              \
    static cached_pool id##_pool;                                                     \
                                                                                      \
    static inline lfm_cache *id##_own(worker *w)                                      \
    {                                                                                 \
        return &id##_pool.workers[w->index].cache;                                    \
    }                                                                                 \
    static void id##_make(size_t count, size_t unit)                                  \
    {                                                                                 \
        static void *storage;                                                         \
        storage = remake(storage, LFM_POOL_STORAGE_BYTES(count, unit, BLOCK_BYTES));  \
        make(&id##_pool, slots, storage, count, unit);                                \
    }                                                                                 \
    static void id##_leave(worker *w)                                                 \
    {                                                                                 \
        lfm_cache_flush(id##_own(w));                                                 \
    }                                                                                 \
    static inline void *id##_get(worker *w)                                           \
    {                                                                                 \
        return lfm_cache_get(id##_own(w));                                            \
    }                                                                                 \
    static inline void id##_put(worker *w, void *block)                               \
    {                                                                                 \
        lfm_cache_put(id##_own(w), block);                                            \
    }                                                                                 \
    static inline size_t id##_get_many(worker *w, void **blocks, size_t n)            \
    {                                                                                 \
        return lfm_cache_get_many(id##_own(w), blocks, n);                            \
    }                                                                                 \
    static inline void id##_put_many(worker *w, void **blocks, size_t n)              \
    {                                                                                 \
        lfm_cache_put_many(id##_own(w), blocks, n);                                   \
    }                                                                                 \
    POOL_LOOPS(id)                                                                    \
    LOOP(id, many, id##_get_many, id##_put_many)                                      \
                                                                                      \
    const contestant contestant_lfmem_##id = {.name = "lfmem cache of " #slots,       \
                                              .kind = LFMEM,                          \
                                              .make = id##_make,                      \
                                              .leave = id##_leave,                    \
                                              .loops = {[PING_PONG] = id##_ping_pong, \
                                                        [BURST_32] = id##_burst,      \
                                                        [MANY_32] = id##_many,        \
                                                        [LATENCY] = id##_latency,     \
                                                        [HANDOFF] = HANDOFF_OF(id)}}

CACHE(cache, 32);
CACHE(cache_256, 256);
