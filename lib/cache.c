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

_Static_assert(sizeof(lfm_cache) <= 80, "a control block is at most 80 bytes");

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
        .ceiling = slots + slot_count,
        .pool = pool,
    };
    memcpy(cache, &made, sizeof *cache);
    return LFM_OK;
}

/* The first slot, and the end of the slots. They are floor and ceiling, or these exchanged (lfm_cache_set_up()). */
LFM_ALWAYS_INLINE void **lfm_cache_slots(const lfm_cache *cache)
{
    return cache->floor < cache->ceiling ? cache->floor : cache->ceiling;
}

LFM_ALWAYS_INLINE void **lfm_cache_end(const lfm_cache *cache)
{
    return cache->floor < cache->ceiling ? cache->ceiling : cache->floor;
}

LFM_ALWAYS_INLINE uint32_t lfm_cache_slot_count(const lfm_cache *cache)
{
    return (uint32_t)(lfm_cache_end(cache) - lfm_cache_slots(cache));
}

/* Blocks that are in the cache. */
static inline uint32_t lfm_cache_held(const lfm_cache *cache)
{
    const size_t held = (size_t)(cache->top - lfm_cache_slots(cache));
    LFM_ASSERT(held <= lfm_cache_slot_count(cache));
    return (uint32_t)held;
}

/* The larger half of the slots. */
LFM_ALWAYS_INLINE uint32_t lfm_cache_half(const lfm_cache *cache)
{
    return (lfm_cache_slot_count(cache) + 1) / 2;
}

/* Sets up what the inline functions need of the pool, if that is not done. They know the links of lists that are not
 * split, and no tools. Where that is not enough, floor and ceiling are exchanged. Then the cache looks empty and full
 * to them, so that they call the library. False: there is no cache, or it has no pool. */
static bool lfm_cache_set_up(lfm_cache *cache)
{
    if ((LFM_CHECKS >= 1 && cache == NULL) || cache->pool == NULL) {
        return false;
    }
    if (cache->run.count == 0) {
        lfm_list list;
        lfm_pool_list(cache->pool, LFM_LIST_ANY, 0, &list);
        const bool open = LFM_CHECKS <= 1 && !LFM_HOOKS &&
                          (LFM_CHECKS == 0 || LFM_LINK_BYTES_OF_(list.link_width) == sizeof(lfm_mark_));
        if (!open && cache->floor < cache->ceiling) {
            void **const slots = cache->floor;
            cache->floor = cache->ceiling;
            cache->ceiling = slots;
        }
        cache->links = list.links;
        cache->run = lfm_pool_run(cache->pool);
    }
    LFM_ASSERT(cache->run.count == cache->pool->count);
    LFM_ASSERT(cache->top >= lfm_cache_slots(cache) && cache->top <= lfm_cache_end(cache));
    return true;
}

/* The pool's list, as far as marks are read and written by it. */
LFM_ALWAYS_INLINE lfm_list lfm_cache_marks(const lfm_cache *cache)
{
    lfm_list list;
    lfm_pool_list(cache->pool, LFM_LIST_ANY, 0, &list);
    LFM_ASSERT(cache->links == list.links);
    list.links = cache->links; /* less code than to find them again */
    return list;
}

/* Fills half of the slots of an empty cache. False: the pool was empty. */
LFM_ALWAYS_INLINE bool lfm_cache_refill(lfm_cache *cache)
{
    LFM_ASSERT(lfm_cache_held(cache) == 0);
    const uint32_t n = lfm_pool_pop_indices(cache->pool, cache->top, lfm_cache_half(cache));
    LFM_ASSERT(n <= lfm_cache_half(cache));
    cache->top += n;
    cache->refills++;
    return n != 0;
}

/* Gives n > 0 blocks to the pool, those that have been in the cache longest: half of the slots or all that it holds. */
LFM_NOINLINE void lfm_cache_give(lfm_cache *cache, uint32_t n)
{
    void **const slots = lfm_cache_slots(cache);
    lfm_list list;
    LFM_ASSERT(n >= 1 && n <= lfm_cache_held(cache));
    lfm_pool_list(cache->pool, LFM_LIST_ANY, lfm_pool_home(cache->pool), &list);
    lfm_list_push_many(&list, slots, n);
    const uint32_t left = (uint32_t)(cache->top - slots) - n;
    LFM_ASSERT(left <= n);                          /* so that the two stretches do not overlap */
    memcpy(slots, slots + n, left * sizeof *slots); /* left <= n */
    cache->top = slots + left;
    cache->flushes++;
}

/* Takes n blocks that are in the cache, the newest first. */
LFM_ALWAYS_INLINE void lfm_cache_pop(lfm_cache *cache, void *blocks[], size_t n)
{
    const lfm_run_ run = cache->run; /* atomic accesses do not make a compiler load copies again */
    const lfm_list list = lfm_cache_marks(cache);
    void **const top = cache->top;
    LFM_ASSERT(n <= lfm_cache_held(cache));
    for (size_t i = 0; i < n; i++) {
        const uint32_t index = (uint32_t)(uintptr_t)top[-1 - (ptrdiff_t)i];
        LFM_ASSERT(index < run.count);
        blocks[i] = run.first + (size_t)index * run.stride;
        lfm_list_mark_taken(&list, index);
        lfm_hook_get(cache->pool, blocks[i], cache->pool->block_size, run.stride);
    }
    cache->top = top - n;
}

void *lfm_cache_get_other_(lfm_cache *cache)
{
    void *block;
    if (!lfm_cache_set_up(cache) || (cache->top == lfm_cache_slots(cache) && !lfm_cache_refill(cache))) {
        return NULL;
    }
    lfm_cache_pop(cache, &block, 1);
    return block;
}

size_t lfm_cache_get_many(lfm_cache *cache, void *blocks[], size_t n)
{
    if (!lfm_cache_set_up(cache) || (LFM_CHECKS >= 1 && blocks == NULL)) {
        return 0;
    }
    for (size_t got = 0;;) {
        const size_t held = lfm_cache_held(cache), popped = held < n - got ? held : n - got;
        lfm_cache_pop(cache, blocks + got, popped);
        got += popped;
        if (got < n && n - got >= lfm_cache_half(cache)) {
            LFM_ASSERT(lfm_cache_held(cache) == 0);
            cache->refills++;
            return got + lfm_pool_get_many(cache->pool, blocks + got, n - got);
        }
        if (got == n || !lfm_cache_refill(cache)) {
            return got;
        }
    }
}

/* Puts a block that has its mark already. */
static inline void lfm_cache_push(lfm_cache *cache, uint32_t index)
{
    if (cache->top == lfm_cache_end(cache)) {
        lfm_cache_give(cache, lfm_cache_half(cache));
    }
    *cache->top++ = (void *)(uintptr_t)index;
}

lfm_status lfm_cache_put_other_(lfm_cache *cache, void *block)
{
    if (!lfm_cache_set_up(cache)) {
        return LFM_EINVAL;
    }
    const lfm_list list = lfm_cache_marks(cache);
    uint32_t index;
    const lfm_status status = lfm_run_check_put(&cache->run, &list, block, &index);
    if (status == LFM_OK) {
        lfm_list_mark_cached(&list, index);
        lfm_hook_put(cache->pool, block, cache->pool->block_size, cache->run.stride);
        lfm_cache_push(cache, index);
    }
    return status;
}

/* Marks n blocks that are to be put as cached, and writes their indices, unless `indices` is NULL. If one fails its
 * check, returns what is wrong with it and leaves all as they were. */
static lfm_status lfm_cache_mark_many(const lfm_cache *cache, void *const blocks[], size_t n, void **indices)
{
    const lfm_run_ run = cache->run; /* as in lfm_cache_pop() */
    const lfm_list list = lfm_cache_marks(cache);
    for (size_t i = 0; i < n; i++) {
        uint32_t index;
        const lfm_status status = lfm_run_check_put(&run, &list, blocks[i], &index);
        if (status != LFM_OK) {
            lfm_pool_undo_check(cache->pool, blocks, i);
            return status;
        }
        lfm_list_mark_cached(&list, index); /* named again, it is a double free */
        if (indices != NULL) {
            indices[i] = (void *)(uintptr_t)index;
        }
    }
    return LFM_OK;
}

lfm_status lfm_cache_put_many(lfm_cache *cache, void *const blocks[], size_t n)
{
    if (n == 0 && (LFM_CHECKS == 0 || cache != NULL)) {
        return LFM_OK;
    }
    if (!lfm_cache_set_up(cache) || (LFM_CHECKS >= 1 && blocks == NULL)) {
        return LFM_EINVAL;
    }
    const bool fits = n <= (size_t)(lfm_cache_end(cache) - cache->top);
    const lfm_status status = lfm_cache_mark_many(cache, blocks, n, fits ? cache->top : NULL);
    if (status != LFM_OK) {
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        lfm_hook_put(cache->pool, blocks[i], cache->pool->block_size, cache->run.stride);
    }
    if (fits) {
        cache->top += n;
    } else { /* older ones go to the pool */
        for (size_t i = 0; i < n; i++) {
            uint32_t index;
            const bool found = lfm_run_index(&cache->run, blocks[i], &index); /* as in the check */
            LFM_ASSERT(found);
            if (found) {
                lfm_cache_push(cache, index);
            }
        }
    }
    return LFM_OK;
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
    if (cache != NULL && cache->top != lfm_cache_slots(cache)) {
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
    out->slot_count = cache != NULL ? lfm_cache_slot_count(cache) : 0;
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
