/* SPDX-License-Identifier: MIT */
/* lfmem's caches: 32 slots for each worker, before a pool with one list. */
#include "../loops.h"
#include "peers.h"
#include <lfmem/cache.h>

enum {
    SLOTS = 32
};

static _Alignas(128) lfm_pool pool;

static struct {
    _Alignas(128) lfm_cache cache;
    _Alignas(128) void *slots[SLOTS];
} caches[WORKERS_MAX];

static inline lfm_cache *own(void *from)
{
    return &caches[((worker *)from)->index].cache;
}

static void cache_make(size_t count, size_t unit)
{
    static void *storage;
    const size_t bytes = LFM_POOL_STORAGE_BYTES(count, unit, BLOCK_BYTES);
    storage = remake(storage, bytes);
    if (lfm_pool_init(&pool, storage, bytes, count, unit, BLOCK_BYTES) != LFM_OK) {
        abort();
    }
    for (int i = 0; i < WORKERS_MAX; i++) {
        if (lfm_cache_init(&caches[i].cache, &pool, caches[i].slots, SLOTS) != LFM_OK) {
            abort();
        }
    }
}

static void cache_leave(worker *w)
{
    lfm_cache_flush(own(w));
}

static inline void *cache_get(void *from)
{
    return lfm_cache_get(own(from));
}

static inline void cache_put(void *from, void *block)
{
    lfm_cache_put(own(from), block);
}

static inline size_t cache_get_many(void *from, void **blocks, size_t n)
{
    return lfm_cache_get_many(own(from), blocks, n);
}

static inline void cache_put_many(void *from, void **blocks, size_t n)
{
    lfm_cache_put_many(own(from), blocks, n);
}

POOL_LOOPS(cache)
LOOP(cache, many, cache_get_many, cache_put_many)

const peer peer_lfmem_cache = {.name = "lfmem cache of 32",
                               .kind = LFMEM,
                               .make = cache_make,
                               .leave = cache_leave,
                               .loops = {[PING_PONG] = cache_ping_pong,
                                         [BURST_32] = cache_burst,
                                         [MANY_32] = cache_many,
                                         [LATENCY] = cache_latency,
                                         [HANDOFF] = HANDOFF_OF(cache)}};
