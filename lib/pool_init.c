/* SPDX-License-Identifier: MIT */
/* The layout of a pool: an init makes it, an attach compares it, a fini gives it up.
 *
 *     one list        | blocks | links |                      its head is in the control block
 *     several lists   | blocks | head, peak | ... | links |   a pair of cache lines for each list
 *
 * Heads and links are all 0 at first: every block is free (list_word.h). */
#include "arith.h"
#include "attach.h"
#include "hooks.h"
#include "pool_list.h"

_Static_assert(sizeof(lfm_pool) <= 72, "a control block is at most 72 bytes");
_Static_assert(sizeof(_Atomic(lfm_word_)) == sizeof(lfm_word_), "C++ sees atomics as plain words");
_Static_assert(sizeof(lfm_list_state_) <= LFM_LIST_STRIDE_, "one list for each pair of cache lines");
_Static_assert(LFM_TAG_BITS_(LFM_POOL_MAX_COUNT) >= LFM_TAG_BITS_MIN_, "the largest pool still has a tag");

#define LFM_POOL_MAX_BLOCK ((size_t)UINT32_MAX / 2)

static inline size_t lfm_link_bytes(unsigned index_bits)
{
    (void)index_bits; /* of no use at checks level 2 */
    LFM_ASSERT(index_bits <= 26);
    return LFM_LINK_BYTES_OF_(index_bits);
}

/* Places lists and links behind the blocks of storage that begins at this address. Returns the bytes that
 * LFM_POOL_STORAGE_BYTES_SHARDED tells, or SIZE_MAX if they overflow. */
static size_t lfm_pool_lay_out(lfm_pool *pool, uintptr_t storage, size_t align)
{
    LFM_ASSERT(pool->shards >= 1 && pool->count >= pool->shards && pool->stride % align == 0);
    const size_t link_bytes = lfm_link_bytes(pool->index_bits);
    const size_t tail_align = pool->shards > 1 ? LFM_LIST_STRIDE_ : link_bytes;
    const size_t lists = pool->shards > 1 ? (size_t)pool->shards * LFM_LIST_STRIDE_ : 0;
    const size_t tail = lists + link_bytes * pool->count; /* < 2^29 by the range of both */
    if (pool->stride > (SIZE_MAX - tail - 2 * tail_align) / pool->count) {
        return SIZE_MAX;
    }
    const size_t blocks = (size_t)pool->stride * pool->count;
    const size_t misaligned = (size_t)(storage + blocks) & (tail_align - 1);
    pool->links = blocks + (misaligned != 0 ? tail_align - misaligned : 0) + lists;
    LFM_ASSERT((storage + pool->links) % link_bytes == 0);
    LFM_ASSERT((storage + pool->links - lists) % tail_align == 0);
    return LFM_ROUND_UP_(blocks, tail_align) + tail + (tail_align > align ? tail_align - align : 0);
}

/* Tells whether what a pool is to be is in range. */
static bool lfm_pool_accepts(const lfm_pool *pool, const void *blocks, size_t count, size_t block_size, size_t align)
{
    return pool != NULL && blocks != NULL && count >= 1 && count <= LFM_POOL_MAX_COUNT && block_size >= 1 &&
           block_size <= LFM_POOL_MAX_BLOCK && align >= 1 && align <= LFM_POOL_MAX_BLOCK &&
           lfm_is_power_of_two(align) && (uintptr_t)blocks % align == 0;
}

/* The control block, but for the place of the links. The list is its own, at its beginning. */
static lfm_pool lfm_pool_make(const lfm_pool *pool, const void *blocks, size_t count, size_t block_size, size_t align,
                              size_t shards)
{
    const size_t stride = lfm_round_up(block_size, align);
    const uint8_t stride_shift = lfm_log2(LFM_LOW_BIT_(stride)), index_bits = lfm_index_bits(count);
    const lfm_pool made = {
        .count = (uint32_t)count,
        .blocks = (unsigned char *)((uintptr_t)blocks - (uintptr_t)pool - LFM_POOL_ORIGIN_AT_ +
                                    LFM_SIGNATURE_(LFM_OBJECT_POOL_)),
        .state = (void *)((uintptr_t)LFM_SIGNATURE_(LFM_OBJECT_POOL_) - LFM_POOL_ORIGIN_AT_),
        .origin = LFM_SIGNED(LFM_OBJECT_POOL_),
        .inverse = lfm_inverse(stride >> stride_shift),
        .stride = (uint32_t)stride,
        .block_size = (uint32_t)block_size,
        .shard_count = (uint32_t)(count / shards),
        .shards = (uint8_t)shards,
        .index_bits = index_bits,
        .split_bits = (uint8_t)LFM_SPLIT_(index_bits, (int)lfm_link_bytes(index_bits) * 8),
        .stride_shift = stride_shift,
    };
    LFM_ASSERT(made.stride >= block_size && made.stride % align == 0);
    LFM_ASSERT(made.shard_count >= 1 && made.index_bits > 0 && made.split_bits <= made.index_bits);
    LFM_ASSERT(lfm_run_agrees(made.block_size, made.stride, made.stride_shift, made.inverse));
    return made;
}

lfm_status lfm_pool_init_sharded(lfm_pool *pool, void *storage, size_t storage_bytes, size_t count, size_t block_size,
                                 size_t align, size_t shards)
{
    if (!lfm_pool_accepts(pool, storage, count, block_size, align) || shards < 1 || shards > LFM_POOL_MAX_SHARDS ||
        shards > count) {
        return LFM_EINVAL;
    }
    lfm_pool made = lfm_pool_make(pool, storage, count, block_size, align, shards);
    const size_t needed = lfm_pool_lay_out(&made, (uintptr_t)storage, align);
    if (needed == SIZE_MAX || needed > storage_bytes) {
        return LFM_ENOMEM;
    }
    memcpy(pool, &made, sizeof *pool);
    LFM_ASSERT(lfm_pool_run(pool).first == storage);
    const size_t lists = shards > 1 ? shards * LFM_LIST_STRIDE_ : 0;
    lfm_hook_reuse(storage, needed);
    LFM_ASSERT(made.links >= lists && made.links + count * lfm_link_bytes(made.index_bits) <= storage_bytes);
    memset((unsigned char *)storage + made.links - lists, 0, lists + count * lfm_link_bytes(pool->index_bits));
    lfm_hook_init(pool, storage, made.stride, count);
    return LFM_OK;
}

lfm_status lfm_pool_init(lfm_pool *pool, void *storage, size_t storage_bytes, size_t count, size_t block_size,
                         size_t align)
{
    return lfm_pool_init_sharded(pool, storage, storage_bytes, count, block_size, align, 1);
}

lfm_status lfm_pool_init_apart(lfm_pool *pool, void *blocks, size_t blocks_bytes, void *links, size_t links_bytes,
                               size_t count, size_t block_size, size_t align)
{
    if (!lfm_pool_accepts(pool, blocks, count, block_size, align) || links == NULL || (uintptr_t)links % 4 != 0) {
        return LFM_EINVAL;
    }
    lfm_pool made = lfm_pool_make(pool, blocks, count, block_size, align, 1);
    const size_t needed = count * lfm_link_bytes(made.index_bits);
    if (made.stride > blocks_bytes / count || links_bytes < needed) {
        return LFM_ENOMEM;
    }
    made.links = (uintptr_t)links - (uintptr_t)blocks;
    LFM_ASSERT((uintptr_t)blocks + made.links == (uintptr_t)links);
    LFM_ASSERT(made.shards == 1 && made.shard_count == count);
    memcpy(pool, &made, sizeof *pool);
    LFM_ASSERT(lfm_pool_run(pool).first == blocks);
    lfm_hook_reuse(blocks, made.stride * count);
    memset(links, 0, needed);
    lfm_hook_init(pool, blocks, made.stride, count);
    return LFM_OK;
}

lfm_status lfm_pool_attach(const lfm_pool *pool)
{
    if (pool == NULL) {
        return LFM_EINVAL;
    }
    const lfm_status status = lfm_attach((const unsigned char *)pool + LFM_POOL_ORIGIN_AT_, &pool->count, pool + 1,
                                         pool->origin, LFM_SIGNATURE_(LFM_OBJECT_POOL_));
    if (status != LFM_OK) {
        return status;
    }
    /* only a definer puts the list elsewhere than into the pool */
    const bool placed = pool->origin == LFM_POOL_ORIGIN_(pool) || (const void *)lfm_pool_state(pool) == pool;
    const bool agrees = placed && pool->count >= 1 && pool->count <= LFM_POOL_MAX_COUNT &&
                        pool->shards - 1u < LFM_POOL_MAX_SHARDS && pool->shard_count == pool->count / pool->shards &&
                        pool->index_bits == lfm_index_bits(pool->count) &&
                        pool->split_bits == LFM_SPLIT_(pool->index_bits, (int)lfm_link_bytes(pool->index_bits) * 8) &&
                        lfm_run_agrees(pool->block_size, pool->stride, pool->stride_shift, pool->inverse);
    return agrees ? LFM_OK : LFM_ECORRUPT;
}

/* Leaves a static pool without a block: its lists are empty, and no link is a mark. */
static void lfm_pool_empty(const lfm_pool *pool)
{
    lfm_list list;
    lfm_pool_list(pool, LFM_LIST_ANY, 0, &list);
    for (uint32_t shard = 0; shard < pool->shards; shard++) {
        lfm_pool_list(pool, LFM_LIST_ANY, shard, &list);
        const lfm_word_ allocated = (lfm_word_)(list.shape.size >> list.shape.split_bits) << list.shape.index_bits;
        LFM_STORE(LINK, list.head, lfm_head_with_top(&list.shape, allocated, list.shape.count));
        LFM_ASSERT(lfm_list_free_count(&list) == 0);
    }
    memset(list.links, 0, lfm_link_bytes(pool->index_bits) * pool->count);
}

void lfm_pool_fini(const lfm_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    lfm_hook_fini(pool, lfm_pool_run(pool).first, (size_t)pool->stride * pool->count);
    if (pool->origin == LFM_POOL_ORIGIN_(pool)) {
        lfm_pool_empty(pool);
    } else {
        memset((void *)(uintptr_t)pool, 0, sizeof *pool);
    }
}
