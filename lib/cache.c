/* SPDX-License-Identifier: MIT */
/* Cache: a stack of block indices in front of a pool, which one owner uses without a compare-and-swap.
 *
 * Problem. An owner that gets and puts in turn at the edge of a full or an empty cache would go to the pool each time.
 * Solution. The pair of magazines of Bonwick and Adams, previous and current. They lie end to end in the slots:
 *
 *     slots    [ previous: older blocks | current: newer blocks ... ]
 *                                                    ^ top
 *
 * An empty cache is filled to a half. A full one gives its older half to the pool, and the newer half moves down. Up to
 * half of the slots full, there is only the current magazine. */
#define LFM_CACHE_FUNCTIONS
#include "pool_list.h"
#include <lfmem/cache.h>

_Static_assert(sizeof(lfm_cache) <= 96, "a control block is at most 96 bytes");

lfm_status lfm_cache_init(lfm_cache *cache, const lfm_pool *pool, void **slots, size_t slot_count)
{
    if (cache == NULL || pool == NULL || slots == NULL || slot_count < LFM_CACHE_MIN_SLOTS ||
        slot_count > LFM_POOL_MAX_COUNT) {
        return LFM_EINVAL;
    }
    LFM_ASSERT((uintptr_t)slots % sizeof *slots == 0);
    const lfm_cache made = {
        .top = slots,
        .floor = slots,
        .ceiling = slots,
        .slots = slots,
        .pool = pool,
        .slot_count = (uint32_t)slot_count,
    };
    memcpy(cache, &made, sizeof *cache);
    return LFM_OK;
}

/* Blocks that are in the cache. */
static inline uint32_t lfm_cache_held(const lfm_cache *cache)
{
    const size_t held = (size_t)(cache->top - cache->slots);
    LFM_ASSERT(held <= cache->slot_count);
    return (uint32_t)held;
}

/* The larger half of the slots. */
static inline uint32_t lfm_cache_half(const lfm_cache *cache)
{
    return cache->slot_count - cache->slot_count / 2;
}

/* Sets up the list whose marks are to be read and written and, at the first call, what the inline functions need of the
 * pool. They know marks of 2 bytes and no tools. Where that is not enough, the cache looks empty and full to them, so
 * that they call the library. */
static void lfm_cache_set_up(lfm_cache *cache, lfm_list *list)
{
    lfm_pool_list(cache->pool, LFM_LIST_ANY, 0, list);
    if (cache->run.count == 0) {
        const bool open = LFM_CHECKS <= 1 && !LFM_HOOKS && (LFM_CHECKS == 0 || !list->wide);
        cache->floor = cache->slots + (open ? 0 : cache->slot_count);
        cache->ceiling = cache->slots + (open ? cache->slot_count : 0);
        cache->links = list->links;
        cache->run = lfm_pool_run(cache->pool);
    }
    LFM_ASSERT(cache->run.count == list->shape.count && cache->links == list->links);
    LFM_ASSERT(cache->floor >= cache->slots && cache->ceiling <= cache->slots + cache->slot_count);
}

/* Fills half of the slots of an empty cache. False: the pool was empty. */
static bool lfm_cache_refill(lfm_cache *cache)
{
    LFM_ASSERT(lfm_cache_held(cache) == 0);
    const uint32_t n = lfm_pool_pop_indices(cache->pool, cache->slots, lfm_cache_half(cache));
    LFM_ASSERT(n <= lfm_cache_half(cache));
    cache->top = cache->slots + n;
    cache->refills++;
    return n != 0;
}

/* Gives n > 0 blocks to the pool, those that have been in the cache longest: half of the slots or all that it holds. */
static void lfm_cache_give(lfm_cache *cache, uint32_t n)
{
    lfm_list list;
    LFM_ASSERT(n >= 1 && n <= lfm_cache_held(cache));
    lfm_pool_list(cache->pool, LFM_LIST_ANY, lfm_pool_home(cache->pool), &list);
    const uint32_t first = (uint32_t)(uintptr_t)cache->slots[0];
    uint32_t last = first;
    for (uint32_t i = 1; i < n; i++) {
        const uint32_t index = (uint32_t)(uintptr_t)cache->slots[i];
        lfm_list_link(&list, last, index);
        last = index;
    }
    lfm_list_push(&list, first, last, n);
    const uint32_t left = lfm_cache_held(cache) - n;
    LFM_ASSERT(left <= n);                                               /* so that the two stretches do not overlap */
    memcpy(cache->slots, cache->slots + n, left * sizeof *cache->slots); /* left <= n */
    cache->top = cache->slots + left;
    cache->flushes++;
}

/* Takes up to n blocks that are in the cache, the newest first. Returns how many. */
static size_t lfm_cache_pop_many(lfm_cache *cache, const lfm_list *list, void *blocks[], size_t n)
{
    const lfm_run_ run = cache->run;
    const lfm_list own = *list; /* atomic accesses do not make a compiler load it again */
    void **const top = cache->top;
    const size_t held = lfm_cache_held(cache), popped = held < n ? held : n;
    for (size_t i = 0; i < popped; i++) {
        const uint32_t index = (uint32_t)(uintptr_t)top[-1 - (ptrdiff_t)i];
        LFM_ASSERT(index < run.count);
        blocks[i] = run.first + (size_t)index * run.stride;
        lfm_list_mark_taken(&own, index);
        lfm_hook_get(cache->pool, blocks[i], cache->pool->block_size, run.stride);
    }
    cache->top = top - popped;
    return popped;
}

size_t lfm_cache_get_many(lfm_cache *cache, void *blocks[], size_t n)
{
    if ((LFM_CHECKS >= 1 && (cache == NULL || blocks == NULL)) || cache->pool == NULL) {
        return 0;
    }
    lfm_list list;
    lfm_cache_set_up(cache, &list);
    size_t got = lfm_cache_pop_many(cache, &list, blocks, n);
    while (got < n && n - got < lfm_cache_half(cache) && lfm_cache_refill(cache)) {
        got += lfm_cache_pop_many(cache, &list, blocks + got, n - got);
    }
    if (n - got >= lfm_cache_half(cache)) {
        LFM_ASSERT(lfm_cache_held(cache) == 0);
        cache->refills++;
        got += lfm_pool_get_many(cache->pool, blocks + got, n - got);
    }
    return got;
}

/* Marks n blocks that are to be put as cached, and writes their indices, unless `indices` is NULL. If one fails its
 * check, returns what is wrong with it and leaves all as they were. */
static lfm_status lfm_cache_mark_many(const lfm_cache *cache, const lfm_list *list, void *const blocks[], size_t n,
                                      void **indices)
{
    const lfm_run_ run = cache->run;
    const lfm_list own = *list; /* as in lfm_cache_pop_many() */
    for (size_t i = 0; i < n; i++) {
        uint32_t index;
        const lfm_status status = lfm_run_check_put(&run, &own, blocks[i], &index);
        if (status != LFM_OK) {
            while (i > 0) {
                const bool found = lfm_run_index(&run, blocks[--i], &index); /* as in the check */
                LFM_ASSERT(found);
                if (found) {
                    lfm_list_mark_taken(list, index);
                }
            }
            return status;
        }
        lfm_list_mark_cached(&own, index); /* named again, it is a double free */
        if (indices != NULL) {
            indices[i] = (void *)(uintptr_t)index;
        }
    }
    return LFM_OK;
}

/* Puts n blocks that are marked already. There is too little room for them, so that older ones go to the pool. */
static void lfm_cache_push_many(lfm_cache *cache, void *const blocks[], size_t n)
{
    const lfm_run_ run = cache->run;
    void **const end = cache->slots + cache->slot_count;
    for (size_t done = 0; done < n;) {
        if (cache->top == end) {
            lfm_cache_give(cache, lfm_cache_half(cache));
        }
        LFM_ASSERT(cache->top < end);
        void **top = cache->top;
        for (; done < n && top != end; done++) {
            uint32_t index;
            const bool found = lfm_run_index(&run, blocks[done], &index); /* as in the check */
            LFM_ASSERT(found);
            if (found) {
                *top++ = (void *)(uintptr_t)index;
            }
        }
        cache->top = top;
    }
}

lfm_status lfm_cache_put_many(lfm_cache *cache, void *const blocks[], size_t n)
{
    if ((LFM_CHECKS >= 1 && (cache == NULL || (blocks == NULL && n > 0))) || (cache->pool == NULL && n > 0)) {
        return LFM_EINVAL;
    }
    if (n == 0) {
        return LFM_OK;
    }
    lfm_list list;
    lfm_cache_set_up(cache, &list);
    const bool fits = n <= cache->slot_count - lfm_cache_held(cache);
    const lfm_status status = lfm_cache_mark_many(cache, &list, blocks, n, fits ? cache->top : NULL);
    if (status != LFM_OK) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        lfm_hook_put(cache->pool, blocks[i], cache->pool->block_size, cache->pool->stride);
    }
    if (fits) {
        LFM_ASSERT(cache->top + n <= cache->slots + cache->slot_count);
        cache->top += n;
    } else {
        lfm_cache_push_many(cache, blocks, n);
    }
    return LFM_OK;
}

void *lfm_cache_get_other_(lfm_cache *cache)
{
    void *block;
    return lfm_cache_get_many(cache, &block, 1) == 1 ? block : NULL;
}

lfm_status lfm_cache_put_other_(lfm_cache *cache, void *block)
{
    return lfm_cache_put_many(cache, &block, 1);
}

void *lfm_cache_get(lfm_cache *cache)
{
    return lfm_cache_get_inline_(cache);
}

lfm_status lfm_cache_put(lfm_cache *cache, void *block)
{
    return lfm_cache_put_inline_(cache, block);
}

void lfm_cache_flush(lfm_cache *cache)
{
    if (cache != NULL && cache->top != cache->slots) {
        lfm_cache_give(cache, lfm_cache_held(cache));
    }
}

void lfm_cache_fini(lfm_cache *cache)
{
    if (cache != NULL) {
        lfm_cache_flush(cache);
        memset(cache, 0, sizeof *cache);
    }
}

void lfm_cache_stats(const lfm_cache *cache, lfm_cache_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    out->slot_count = cache != NULL ? cache->slot_count : 0;
    out->cached = cache != NULL ? lfm_cache_held(cache) : 0;
    out->refills = cache != NULL ? cache->refills : 0;
    out->flushes = cache != NULL ? cache->flushes : 0;
}

size_t lfm_cache_count(const lfm_pool *pool)
{
    size_t cached = 0;
    if (pool != NULL && LFM_CHECKS >= 1) {
        lfm_list list;
        lfm_pool_list(pool, LFM_LIST_ANY, 0, &list);
        for (uint32_t block = 0; block < pool->count; block++) {
            cached += lfm_list_is_cached(&list, block);
        }
    }
    return cached;
}
