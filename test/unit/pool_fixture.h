/* SPDX-License-Identifier: MIT */
/* The fixture for pools: one in storage between guard bytes, which show every write outside of it. */
#ifndef LFM_TEST_POOL_FIXTURE_H
#define LFM_TEST_POOL_FIXTURE_H

#include "support.h"

/* What a pool is made from. */
typedef struct pool_plan {
    size_t count, block_size, align, shards;
} pool_plan;

/* The storage has the alignment that was asked for, and no more. */
typedef struct pool_fixture {
    pool_plan plan;
    size_t stride, bytes; /* of the storage */
    size_t home;          /* the shard that this thread begins at */
    unsigned char *memory, *storage;
    size_t memory_bytes;
    lfm_pool *pool; /* allocated: a pool may not move without its storage, but this struct may */
} pool_fixture;

static inline void pool_fixture_init(pool_fixture *f)
{
    const pool_plan p = f->plan;
    const lfm_status status =
        lfm_pool_init_sharded(f->pool, f->storage, f->bytes, p.count, p.block_size, p.align, p.shards);
    MUST(status == LFM_OK, "%zu blocks of %zu, align %zu, %zu shards: %s", p.count, p.block_size, p.align, p.shards,
         lfm_status_string(status));
}

static inline pool_fixture pool_fixture_make(pool_plan p)
{
    pool_fixture f = {.plan = p, .stride = round_up(p.block_size, p.align)};
    const size_t base = p.align > 64 ? 2 * p.align : 128;
    const size_t front = round_up(GUARD_BYTES, base) + p.align;
    f.bytes = LFM_POOL_STORAGE_BYTES_SHARDED(p.count, p.block_size, p.align, p.shards);
    f.memory_bytes = round_up(front + f.bytes + GUARD_BYTES, base);
    f.memory = aligned_alloc(base, f.memory_bytes);
    f.pool = malloc(sizeof *f.pool);
    MUST(f.memory != NULL && f.pool != NULL, "no memory for the test");
    f.storage = f.memory + front;
    memset(f.memory, GUARD_BYTE, f.memory_bytes);
    memset(f.storage, FILL_BYTE, f.bytes);
    pool_fixture_init(&f);
    if (p.shards > 1) {
        const unsigned char *first = lfm_pool_get(f.pool);
        f.home = (size_t)(first - f.storage) / f.stride / (p.count / p.shards);
        pool_fixture_init(&f);
    }
    return f;
}

/* Checks the guard bytes and frees all. */
static inline void pool_fixture_free(pool_fixture *f)
{
    const size_t front = (size_t)(f->storage - f->memory);
    for (size_t i = 0; i < f->memory_bytes; i++) {
        if (i == front) {
            i += f->bytes;
        }
        MUST(i >= f->memory_bytes || f->memory[i] == GUARD_BYTE, "byte %zu from the storage was written", i - front);
    }
    free(f->memory);
    free(f->pool);
}

static inline unsigned char *pool_fixture_block(const pool_fixture *f, size_t index)
{
    return f->storage + index * f->stride;
}

/* Index of a block that a get returned. Fails if it is no block. */
static inline size_t pool_fixture_index(const pool_fixture *f, const void *block)
{
    MUST(block != NULL, "no block");
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)f->storage);
    MUST(offset % f->stride == 0 && offset / f->stride < f->plan.count, "offset %zu is not that of a block", offset);
    MUST((uintptr_t)block % f->plan.align == 0, "%p is not aligned to %zu", block, f->plan.align);
    return offset / f->stride;
}

/* Copies control block and storage, into `copy` unless that is NULL. */
static inline unsigned char *pool_fixture_save(const pool_fixture *f, unsigned char *copy)
{
    if (copy == NULL) {
        copy = malloc(sizeof *f->pool + f->bytes);
        MUST(copy != NULL, "no memory for the test");
    }
    support_show(f->storage, f->bytes);
    memcpy(copy, f->pool, sizeof *f->pool);
    memcpy(copy + sizeof *f->pool, f->storage, f->bytes);
    return copy;
}

static inline bool pool_fixture_is_same(const pool_fixture *f, const unsigned char *copy)
{
    support_show(f->storage, f->bytes);
    return memcmp(copy, f->pool, sizeof *f->pool) == 0 && memcmp(copy + sizeof *f->pool, f->storage, f->bytes) == 0;
}

static inline size_t pool_fixture_free_count(const pool_fixture *f)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(f->pool, &stats);
    return stats.free;
}

#endif
