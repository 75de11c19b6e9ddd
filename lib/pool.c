/* SPDX-License-Identifier: MIT */
/* Pool: blocks of one size over free lists (list.h has the algorithm and its proof).
 *
 * I5  Empty over several lists. A get may fail only if all lists were empty at one instant. But it looks at them one
 *     after the other, and a block may move from a list that it has not seen yet to one that it has left:
 *
 *         a get        | other context             | list 0 | list 1
 *         0 is empty   |                           |        | A
 *                      | gets A, puts it into 0    | A      |
 *         1 is empty   |                           | A      |             yet there was a block at each instant
 *
 *     So it goes round twice. If both rounds meet only empty heads, with the same tags, no list has changed between its
 *     two loads: to become empty again a list must be popped, which moves its tag. Then all were empty between the
 *     rounds.
 *     Tags come round, so that a sum of them says nothing. They are compared as a digest (digest.h). No difference in
 *     one list is lost in it, and differences in several are lost only with a chance of 2^-64.
 *     On machines with weak order "between" is a cut through what has happened before the first round's loads. A list
 *     that a pop had emptied brings along, by that pop's release, whatever its context had pushed elsewhere before. So
 *     the second round sees it. */
#include "digest.h"
#include "hooks.h"
#include "list_check.h"
#include "pool_list.h"

/* Takes up to n blocks from one list. Returns how many; 0, with its tag, if the list is empty. What is in `blocks`
 * beyond them means nothing. `sharded` is a constant: one list of several. A cache gets indices, and its blocks stay
 * hidden from tools. */
LFM_ALWAYS_INLINE uint32_t lfm_pool_pop(const lfm_pool *pool, const lfm_list *list, bool sharded, void *blocks[],
                                        uint32_t n, bool cached, lfm_word_ *tag)
{
    unsigned char *const first = lfm_pool_run(pool).first;
    const size_t stride = pool->stride;
    lfm_list_result after;
    const uint32_t popped = lfm_list_pop_many(list, sharded, n, blocks, tag, &after);
    for (uint32_t i = 0; i < popped; i++) {
        const uint32_t index = (uint32_t)(uintptr_t)blocks[i];
        LFM_ASSERT(index < pool->count);
        if (cached) {
            lfm_list_mark_cached(list, index);
        } else {
            blocks[i] = first + index * stride;
            lfm_list_mark_taken(list, index);
            lfm_hook_get(pool, blocks[i], pool->block_size, stride);
        }
    }
    return popped;
}

/* Goes round the lists until it has enough or two rounds in a row have proved them all empty (I5). */
LFM_ALWAYS_INLINE uint32_t lfm_pool_pop_round(const lfm_pool *pool, void *blocks[], uint32_t n, uint32_t enough,
                                              bool cached)
{
    const uint32_t home = lfm_pool_home(pool);
    LFM_ASSERT(enough <= n && (enough >= 1 || pool->count == 0)); /* a pool of all zero bytes is empty */
    LFM_ASSERT(home < pool->shards || pool->count == 0);
    uint64_t last_tags = 0;
    uint32_t popped = 0;
    for (bool last_empty = false;;) {
        const uint32_t before = popped;
        uint64_t tags = 0;
        for (uint32_t i = 0; i < pool->shards; i++) {
            const uint32_t shard = home + i < pool->shards ? home + i : home + i - pool->shards;
            LFM_ASSERT(shard < pool->shards && popped < enough);
            lfm_list list;
            lfm_word_ tag = 0;
            lfm_pool_list(pool, LFM_LIST_ANY, shard, &list);
            popped += lfm_pool_pop(pool, &list, true, blocks + popped, n - popped, cached, &tag);
            LFM_ASSERT(popped <= n);
            if (popped >= enough) {
                return popped;
            }
            tags = lfm_digest_step(tags, tag);
        }
        const bool empty = popped == before;
        if (empty && last_empty && tags == last_tags) {
            return popped;
        }
        last_empty = empty;
        last_tags = tags;
    }
}

/* Takes up to n blocks from a pool of any kind: `enough`, and fewer only if at one instant no further block was free.
 */
LFM_ALWAYS_INLINE uint32_t lfm_pool_pop_other(const lfm_pool *pool, void *blocks[], uint32_t n, uint32_t enough,
                                              bool cached)
{
    if (LFM_POOL_MAX_SHARDS > 1) {
        return lfm_pool_pop_round(pool, blocks, n, enough, cached);
    }
    lfm_list list;
    lfm_word_ tag;
    lfm_pool_list(pool, LFM_LIST_ANY, 0, &list);
    return lfm_pool_pop(pool, &list, false, blocks, n, cached, &tag);
}

/* The same, faster for a single list. */
LFM_ALWAYS_INLINE uint32_t lfm_pool_pop_at_once(const lfm_pool *pool, void *blocks[], uint32_t n, uint32_t enough,
                                                bool cached)
{
    if (lfm_pool_kind(pool) != LFM_LIST_SINGLE) {
        return lfm_pool_pop_other(pool, blocks, n, enough, cached);
    }
    lfm_list list;
    lfm_word_ tag;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_pop(pool, &list, false, blocks, n, cached, &tag);
}

/* The same. Between load-linked and store-conditional there is no time for many: they are popped one by one. */
LFM_ALWAYS_INLINE uint32_t lfm_pool_pop_any(const lfm_pool *pool, void *blocks[], uint32_t n, uint32_t enough,
                                            bool cached)
{
    if (!LFM_LINKED) {
        return lfm_pool_pop_at_once(pool, blocks, n, enough, cached);
    }
    uint32_t popped = 0;
    while (popped < n && lfm_pool_pop_at_once(pool, blocks + popped, 1, 1, cached) == 1) {
        popped++;
    }
    return popped;
}

uint32_t lfm_pool_pop_indices(const lfm_pool *pool, void *indices[], uint32_t n)
{
    return lfm_pool_pop_any(pool, indices, n, 1, true);
}

size_t lfm_pool_get_many(const lfm_pool *pool, void *blocks[], size_t n)
{
    if ((LFM_CHECKS >= 1 && (pool == NULL || blocks == NULL)) || n == 0) {
        return 0;
    }
    const uint32_t most = n < pool->count ? (uint32_t)n : pool->count;
    const uint32_t got = lfm_pool_pop_any(pool, blocks, most, most, false);
    LFM_ASSERT(got <= most);
    return got;
}

LFM_NOINLINE void *lfm_pool_get_any(const lfm_pool *pool)
{
    void *block;
    const uint32_t popped = lfm_pool_pop_other(pool, &block, 1, 1, false);
    LFM_ASSERT(popped <= 1);
    return popped != 0 ? block : NULL;
}

/* From the context's own list, if it has a block. */
LFM_NOINLINE void *lfm_pool_get_shard(const lfm_pool *pool)
{
    uint32_t context;
    if (!lfm_context_known(&context)) {
        return lfm_pool_get_any(pool);
    }
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SHARD, lfm_context_pick(context, pool->shards), &list);
    void *const block = lfm_pool_take(pool, &list, true, &after);
    return block != NULL ? block : lfm_pool_get_any(pool);
}

void *(lfm_pool_get)(const lfm_pool *pool) /* no macro */
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return NULL;
    }
    const lfm_list_kind kind = lfm_pool_kind(pool);
    if (kind != LFM_LIST_SINGLE) {
        return kind == LFM_LIST_SHARD ? lfm_pool_get_shard(pool) : lfm_pool_get_any(pool);
    }
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_take(pool, &list, false, &after);
}

__attribute__((noinline)) void lfm_pool_undo_check(const lfm_pool *pool, void *const blocks[], size_t n)
{
    lfm_list list;
    lfm_pool_list(pool, LFM_LIST_ANY, 0, &list);
    for (size_t i = 0; i < n; i++) {
        uint32_t index;
        const bool found = lfm_pool_index(pool, blocks[i], &index); /* as in the check */
        LFM_ASSERT(found);
        if (found) {
            lfm_list_mark_taken(&list, index);
        }
    }
}

/* Gives n > 0 blocks to one list. */
LFM_ALWAYS_INLINE lfm_status lfm_pool_give_many(const lfm_pool *pool, const lfm_list *list, void *const blocks[],
                                                size_t n)
{
    uint32_t first = 0, last = 0;
    for (size_t i = 0; i < n; i++) {
        const lfm_run_ run = lfm_pool_run(pool);
        uint32_t index;
        const lfm_status status = lfm_run_check_put(&run, list, blocks[i], &index);
        LFM_ASSERT(status != LFM_OK || index < pool->count);
        if (status != LFM_OK) {
            lfm_pool_undo_check(pool, blocks, i);
            return status;
        }
        lfm_list_link(list, index, pool->count); /* no mark: named again, it is a double free */
        if (i == 0) {
            first = index;
        } else {
            lfm_list_link(list, last, index);
        }
        last = index;
    }
    LFM_ASSERT(n <= pool->count); /* no block passes twice */
    for (size_t i = 0; i < n; i++) {
        lfm_hook_put(pool, blocks[i], pool->block_size, pool->stride);
    }
    lfm_list_push(list, first, last, (uint32_t)n);
    return LFM_OK;
}

LFM_NOINLINE lfm_status lfm_pool_put_many_any(const lfm_pool *pool, void *const blocks[], size_t n)
{
    lfm_list list;
    lfm_pool_list(pool, LFM_LIST_ANY, lfm_pool_home(pool), &list);
    return lfm_pool_give_many(pool, &list, blocks, n);
}

lfm_status lfm_pool_put_many(const lfm_pool *pool, void *const blocks[], size_t n)
{
    if (LFM_CHECKS >= 1 && (pool == NULL || (blocks == NULL && n > 0))) {
        return LFM_EINVAL;
    }
    if (n == 0) {
        return LFM_OK;
    }
    if (lfm_pool_kind(pool) != LFM_LIST_SINGLE) {
        return lfm_pool_put_many_any(pool, blocks, n);
    }
    lfm_list list;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_give_many(pool, &list, blocks, n);
}

LFM_NOINLINE lfm_status lfm_pool_put_any(const lfm_pool *pool, void *block)
{
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_ANY, lfm_pool_home(pool), &list);
    return lfm_pool_give(pool, &list, block, &after);
}

LFM_NOINLINE lfm_status lfm_pool_put_shard(const lfm_pool *pool, void *block)
{
    uint32_t context;
    if (!lfm_context_known(&context)) {
        return lfm_pool_put_any(pool, block);
    }
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SHARD, lfm_context_pick(context, pool->shards), &list);
    return lfm_pool_give(pool, &list, block, &after);
}

lfm_status(lfm_pool_put)(const lfm_pool *pool, void *block)
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return LFM_EINVAL;
    }
    const lfm_list_kind kind = lfm_pool_kind(pool);
    if (kind != LFM_LIST_SINGLE) {
        return kind == LFM_LIST_SHARD ? lfm_pool_put_shard(pool, block) : lfm_pool_put_any(pool, block);
    }
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_give(pool, &list, block, &after);
}

bool lfm_pool_owns(const lfm_pool *pool, const void *p)
{
    uint32_t index;
    return pool != NULL && lfm_pool_index(pool, p, &index);
}

void lfm_pool_stats(const lfm_pool *pool, lfm_pool_stats_t *out)
{
    size_t free = 0, min_free = 0;
    if (out == NULL) {
        return;
    }
    for (uint32_t shard = 0; pool != NULL && shard < pool->shards; shard++) {
        lfm_list list;
        lfm_pool_list(pool, LFM_LIST_ANY, shard, &list);
        const uint32_t now = lfm_list_free_count(&list);
        const uint32_t peak = LFM_LOAD(PEAK, list.peak);
        const uint32_t low = peak < list.shape.size ? list.shape.size - peak : 0; /* more: it was a wrong count */
        free += now;
        min_free += now < low ? now : low; /* what is allocated now is noted by the next put */
        LFM_ASSERT(low <= list.shape.size);
    }
    free = pool != NULL && free > pool->count ? pool->count : free; /* a block was counted in two lists */
    LFM_ASSERT(pool != NULL || (free == 0 && min_free == 0));
    out->count = pool != NULL ? pool->count : 0;
    out->free = free;
    out->min_free = min_free;
    out->block_size = pool != NULL ? pool->block_size : 0;
    out->stride = pool != NULL ? pool->stride : 0;
}

lfm_status lfm_pool_check(const lfm_pool *pool)
{
    const lfm_status status = lfm_pool_attach(pool);
    if (status != LFM_OK) {
        return status;
    }
    lfm_list list;
    lfm_block_set met = {0, 0}, unmarked = {0, 0};
    lfm_pool_list(pool, LFM_LIST_ANY, 0, &list);
    for (uint32_t shard = 0; shard < pool->shards; shard++) {
        lfm_pool_list(pool, LFM_LIST_ANY, shard, &list);
        if ((list.shape.split_bits == 0 && LFM_LOAD(PEAK, list.peak) > list.shape.size) ||
            !lfm_list_check_walk(&list, pool->count, &met)) {
            return LFM_ECORRUPT;
        }
    }
    for (uint32_t block = 0; block < pool->count; block++) {
        LFM_ASSERT(met.count <= pool->count);
        if (!lfm_list_is_cached(&list, block)) {
            lfm_list_check_block(&list, block, &unmarked);
        }
    }
    return lfm_list_check_agrees(&met, &unmarked) ? LFM_OK : LFM_ECORRUPT;
}
